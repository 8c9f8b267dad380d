//! Containers and clusters: `docker`, `docker compose`, `kubectl`, and what they run inside.
//! Never trusts what runs inside a container more than the same command outside of it.

use super::super::nature::{Command, FED, HIDDEN, Nature, PERSON, UNKNOWN, changes_what_runs};
use super::super::options::{Options, subcommand};
use super::super::secrets::SECRET;
use super::super::words::{Piece, Token, Word};
use super::{FOLLOWS, RESTARTS};
use Nature::{Acts, Reads, Waits};

const CONTAINERS: Nature = Acts("changes containers");
const CLUSTER: Nature = Acts("changes the cluster");

/// `docker`, `podman`, `nerdctl`.
pub(super) fn docker(command: &Command<'_, '_>) -> Nature {
    let valued =
        "-H --host -c --context --config -l --log-level --tlscacert --tlscert --tlskey -n --namespace -a --address --connection --url";
    let Some((name, words)) = behind_options(command, valued, "-D --debug --tls --tlsverify -r --remote") else { return HIDDEN };
    let inner = command.with(words);
    match &*name.text {
        "compose" => compose(&inner),
        "container"
            if words.first().is_some_and(|word| matches!(&*word.text, "exec" | "logs" | "stats" | "attach" | "top" | "port" | "diff")) =>
        {
            docker_command(&words[0].text, &command.with(&words[1..]))
        }
        "image" | "container" | "volume" | "network" | "system" | "context" | "node" | "service" | "stack" | "config" | "secret"
        | "manifest" | "plugin" | "pod" | "buildx" | "builder" | "swarm" => {
            let Some((verb, rest)) = words.split_first() else { return if command.has_more { HIDDEN } else { Reads } };
            match &*verb.text {
                "ls" | "list" | "ps" | "history" | "df" | "info" | "show" | "services" | "du" | "exists" => Reads,
                "inspect" if matches!(&*name.text, "container" | "service" | "pod" | "config") => inspect(&command.with(rest)),
                "inspect" if name.text != "buildx" => Reads,
                "logs" | "events" => docker_command(&verb.text, &command.with(rest)),
                _ => CONTAINERS,
            }
        }
        name => docker_command(name, &inner),
    }
}

/// What `docker NAME` and `docker container NAME` have in common.
fn docker_command(name: &str, command: &Command<'_, '_>) -> Nature {
    match name {
        "inspect" => inspect(command),
        "ps" | "images" | "version" | "info" | "top" | "port" | "history" | "diff" | "search" | "-v" => Reads,
        "logs" => follows(command, "-n --tail --since --until", "-f --follow"),
        "stats" => {
            if Options::anywhere(command.words, "--format").has("--no-stream") && !command.hides_words() {
                Reads
            } else {
                FOLLOWS
            }
        }
        "events" => {
            if Options::anywhere(command.words, "").has("--until") && !command.hides_words() {
                Reads
            } else {
                FOLLOWS
            }
        }
        "exec" => exec(command, "-u --user -e --env -w --workdir --env-file --detach-keys"),
        "attach" | "login" => PERSON,
        "run" | "create" => {
            let options = Options::leading(
                command.words,
                "-e --env -v --volume -p --publish --name --network --env-file -w --workdir -u --user --entrypoint -h --hostname -m --memory --mount --rm-after",
            );
            if options.has("-t --tty -i --interactive") { if command.is_fed { FED } else { PERSON } } else { Acts("starts a container") }
        }
        "restart" | "stop" | "start" | "kill" | "pause" | "unpause" => RESTARTS,
        "wait" => Waits("waits for something"),
        _ => CONTAINERS,
    }
}

/// `docker inspect`, which shows the variables a container was started with, unless its form asks for something else.
fn inspect(command: &Command<'_, '_>) -> Nature {
    let options = Options::anywhere(command.words, "-f --format --type");
    let shows_part = |form: &str| {
        form.contains("{{") && !["Env", "json .}", "json . ", ".Config}", ".Config ", "Spec"].iter().any(|all| form.contains(all))
    };
    let is_part = options.values("-f --format").any(shows_part);
    if command.hides_words() {
        HIDDEN
    } else if is_part || options.values("--type").any(|kind| matches!(kind, "volume" | "network" | "image")) {
        Reads
    } else {
        SECRET
    }
}

/// `docker compose`, `docker-compose`.
pub(super) fn compose(command: &Command<'_, '_>) -> Nature {
    let valued = "-f --file -p --project-name --profile --env-file --project-directory --ansi --parallel --progress";
    let Some((name, words)) = behind_options(command, valued, "--verbose --all-resources --compatibility --dry-run --no-ansi") else {
        return HIDDEN;
    };
    let inner = command.with(words);
    match &*name.text {
        "ps" | "images" | "ls" | "top" | "port" | "version" => Reads,
        "config" => {
            let options = Options::anywhere(words, "-o --output --format --hash");
            if options.has("-o --output --lock-image-digests") || inner.hides_words() { Acts("writes a file") } else { Reads }
        }
        "logs" => follows(&inner, "-n --tail --since --until --index", "-f --follow"),
        "stats" => {
            if Options::anywhere(words, "--format").has("--no-stream") && !inner.hides_words() {
                Reads
            } else {
                FOLLOWS
            }
        }
        "exec" => {
            let valued = "-u --user -e --env -w --workdir --index";
            // Without it a terminal is asked for, and there is none.
            if Options::leading(words, valued).has("-T --no-TTY --no-tty") { exec(&inner, valued) } else { terminal(exec(&inner, valued)) }
        }
        "attach" | "watch" => FOLLOWS,
        "restart" | "stop" | "start" | "kill" | "down" | "up" | "pause" | "unpause" => RESTARTS,
        "wait" => Waits("waits for something"),
        _ => CONTAINERS,
    }
}

/// The subcommand and its words, behind options that are all known; nothing if something may hide there.
fn behind_options<'c, 'a>(command: &Command<'c, 'a>, valued: &str, flags: &str) -> Option<(&'c Word<'a>, &'c [&'c Word<'a>])> {
    let at = subcommand(command.words, valued, flags)?;
    if command.hides_words_before(at) {
        return None;
    }
    let (first, rest) = command.words.get(at..)?.split_first()?;
    Some((first, rest))
}

/// Whether the first words ask for a terminal.
fn asks_for_person(words: &[&Word<'_>]) -> bool {
    words.iter().take_while(|word| word.text.starts_with('-')).any(|word| matches!(&*word.text, "-it" | "-ti" | "-t" | "--tty"))
}

/// What would read if it did not ask for a terminal.
fn terminal(inner: Nature) -> Nature {
    Acts("asks for a terminal").and(if inner == Reads { Reads } else { inner })
}

/// A reader unless it follows.
fn follows(command: &Command<'_, '_>, valued: &str, following: &str) -> Nature {
    let options = Options::anywhere(command.words, valued);
    // A value that hides an option could make it follow, and do no harm else.
    if options.has(following) || options.is_hidden { FOLLOWS } else { Reads }
}

/// `exec CONTAINER program …`.
fn exec(command: &Command<'_, '_>, valued: &str) -> Nature {
    let flags = "-i --interactive -t --tty -d --detach -T --no-TTY --no-tty --privileged -it -ti -dit -itd -td -dt -iT -Ti";
    let Some(container) = subcommand(command.words, valued, flags) else {
        return if asks_for_person(command.words) { PERSON } else { HIDDEN };
    };
    let options = Options::leading(command.words.get(..container).unwrap_or_default(), valued);
    let own = command.words.get(..=container).unwrap_or_default();
    if options.is_hidden || own.iter().any(|word| command.setting.may_be_several(word) && !names_one_thing(word)) || own.len() <= container
    {
        return HIDDEN;
    }
    if options.values("-e --env").any(|set| changes_what_runs(set.split('=').next().unwrap_or_default())) {
        return Acts("changes which program runs");
    }
    let asks = options.has("-t --tty") || options.has("-i --interactive") && !command.is_fed;
    if asks {
        return PERSON;
    }
    if options.has("-d --detach") {
        return Acts("goes on in the background");
    }
    command.inner(container + 1, command.is_fed && options.has("-i --interactive"))
}

/// Whether a word is `$(kubectl get pods … -o name)` or `$(docker ps -q …)`: what comes out is names, and nothing the author can choose.
fn names_one_thing(word: &Word<'_>) -> bool {
    let [Piece::Substitution { tokens, .. }] = word.pieces.as_slice() else { return false };
    let words: Vec<&Word<'_>> = tokens.iter().filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect();
    let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    let is_alone = words.len() == tokens.len();
    let begins = matches!(texts.as_slice(), ["kubectl" | "oc", ..] if texts.contains(&"get"))
        || matches!(texts.as_slice(), ["docker" | "podman", "ps", ..])
        || matches!(texts.as_slice(), ["docker", "compose", ..] if texts.contains(&"ps"));
    let is_path = |form: &str| {
        form.starts_with('{')
            && form.ends_with('}')
            && form.matches('{').count() == 1
            && form.matches('}').count() == 1
            && !form.contains([' ', '"', '\''])
    };
    let is_name = |text: &str| !text.starts_with('{') && !text.contains(' ');
    let form_is_fixed = texts.iter().all(|text| match text.split_once('=').filter(|(name, _)| name.contains("jsonpath")) {
        Some((_, path)) => is_path(path),
        None => {
            is_name(text)
                && !["go-template", "custom-columns", "template", "--format", "jsonpath-file", "=jsonpath"]
                    .iter()
                    .any(|form| text.contains(form))
        }
    });
    is_alone && begins && form_is_fixed
}

const KUBECTL_GLOBAL: &str = "-n --namespace --context --cluster --user --kubeconfig -s --server --token --as --as-group --request-timeout --cache-dir --certificate-authority --client-certificate --client-key --tls-server-name -v --v";

/// `kubectl`, `oc`.
pub(super) fn kubectl(command: &Command<'_, '_>) -> Nature {
    let flags = "--insecure-skip-tls-verify --match-server-version --warnings-as-errors";
    let Some((name, words)) = behind_options(command, KUBECTL_GLOBAL, flags)
        .filter(|_| !Options::anywhere(command.words, KUBECTL_GLOBAL).has("--profile --profile-output"))
    else {
        return HIDDEN;
    };
    let inner = command.with(words);
    let first = words.first().map_or("", |word| &*word.text);
    match &*name.text {
        "get" => kubectl_get(&inner),
        "describe" | "top" | "version" | "explain" | "api-resources" | "api-versions" => Reads,
        "logs" => follows(
            &inner,
            &format!("{KUBECTL_GLOBAL} -c --container -l --selector --since --since-time --tail --limit-bytes --max-log-requests"),
            "-f --follow",
        ),
        "cluster-info" if first != "dump" => Reads,
        "events" => follows(&inner, &format!("{KUBECTL_GLOBAL} --for --types -o --output"), "-w --watch"),
        "rollout" if first == "history" => Reads,
        "rollout" if first == "status" => {
            let options = Options::anywhere(words, KUBECTL_GLOBAL);
            let ends = options.values("-w --watch").any(|value| value == "false") || options.has("--timeout");
            if ends && !inner.hides_words() { Reads } else { Waits("waits until a rollout is done") }
        }
        "rollout" if matches!(first, "restart" | "undo") => RESTARTS,
        "auth" if matches!(first, "can-i" | "whoami") => Reads,
        "whoami" | "status" | "projects" => {
            if inner.hides_words() || words.iter().any(|word| word.text.starts_with("-t") || word.text.starts_with("--show-token")) {
                UNKNOWN
            } else {
                Reads
            }
        }
        "config" if matches!(first, "current-context" | "get-contexts" | "get-clusters" | "get-users") => Reads,
        "config" if first == "view" => {
            if words.iter().any(|word| word.text.starts_with("--r")) || inner.hides_words() {
                Acts("shows secrets")
            } else {
                Reads
            }
        }
        "exec" | "rsh" => kubectl_exec(&inner),
        "edit" | "attach" | "debug" => PERSON,
        "port-forward" | "proxy" => Waits("goes on until it is stopped"),
        "wait" => Waits("waits for something"),
        "run"
            if Options::leading(words, "").has("-i --stdin -t --tty")
                || words.iter().any(|word| matches!(&*word.text, "-it" | "-ti" | "-i" | "-t" | "--tty" | "--stdin")) =>
        {
            PERSON
        }
        _ => CLUSTER,
    }
}

fn kubectl_get(command: &Command<'_, '_>) -> Nature {
    let valued = format!(
        "{KUBECTL_GLOBAL} -o --output -l --selector -f --filename --field-selector --sort-by -L --label-columns --template --raw --chunk-size -k --kustomize --subresource"
    );
    let options = Options::anywhere(command.words, &valued);
    let is_off = options.values("-w --watch").all(|value| value == "false") && options.values("-w --watch").next().is_some();
    if options.is_hidden || options.has("-w --watch --watch-only") && !is_off {
        return Waits("follows what comes");
    }
    if options.operands.first().is_some_and(|word| command.setting.may_be_several(word)) || command.has_more && options.operands.is_empty()
    {
        return HIDDEN;
    }
    let names_secret = |text: &str| {
        text.to_lowercase().split([',', '/', '.', ' ']).any(|name| matches!(name, "secret" | "secrets" | "sealedsecret" | "sealedsecrets"))
    };
    let is_secret = options.operands.iter().any(|word| names_secret(&word.text)) || options.values("--raw").any(names_secret);
    let shows_all = options.given.iter().any(|given| match given.name.as_str() {
        "-o" | "--output" => !matches!(given.value.as_deref(), Some("name" | "wide" | "=name" | "=wide")),
        "--raw" | "--template" => true,
        _ => false,
    });
    if is_secret && (shows_all || command.hides_words()) { Acts("shows secrets") } else { Reads }
}

/// `kubectl exec POD … -- program …`.
fn kubectl_exec(command: &Command<'_, '_>) -> Nature {
    let Some(dashes) = command.words.iter().position(|word| word.text == "--") else {
        let options = Options::anywhere(command.words, &format!("{KUBECTL_GLOBAL} -c --container"));
        return if options.has("-i --stdin -t --tty") { PERSON } else { UNKNOWN };
    };
    let own = &command.words[..dashes];
    let options = Options::anywhere(own, &format!("{KUBECTL_GLOBAL} -c --container -f --filename --pod-running-timeout"));
    if options.is_hidden
        || own.iter().any(|word| command.setting.may_be_several(word) && !names_one_thing(word))
        || options.operands.len() != 1
    {
        return HIDDEN;
    }
    if options.has("-t --tty") || options.has("-i --stdin") && !command.is_fed {
        return PERSON;
    }
    command.inner(dashes + 1, command.is_fed && options.has("-i --stdin"))
}
