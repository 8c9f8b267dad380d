//! The readers by their subcommand: a table of them, and the command lines of clouds and of Redis.
//! Never looks for a subcommand behind an option it does not know, whose value it could be.

use super::super::nature::{Command, HIDDEN, Nature, PERSON, UNKNOWN};
use super::super::options::{Options, subcommand};
use super::super::secrets::SECRET;
use super::FOLLOWS;
use Nature::{Acts, Reads, Waits};

/// A program, options that take a value before its subcommand, the subcommands that read, and the options these must not have.
struct Subcommands {
    programs: &'static str,
    valued: &'static str,
    /// Between commas; a `*` at the end stands for any rest.
    reading: &'static str,
    acting: &'static str,
    waiting: &'static str,
}

const fn sub(
    programs: &'static str,
    valued: &'static str,
    reading: &'static str,
    acting: &'static str,
    waiting: &'static str,
) -> Subcommands {
    Subcommands { programs, valued, reading, acting, waiting }
}

const SUBCOMMANDS: &[Subcommands] = &[
    sub(
        "helm",
        "-n --namespace --kube-context --kubeconfig",
        "list,ls,status,history,get notes,get metadata,version,show,search repo,repo list,dependency list",
        "--post-renderer --output-dir",
        "",
    ),
    sub("alembic", "-c --config -n --name -x", "current,history,heads,show,branches,check", "-i --indicate-current-write", ""),
    sub("npm", "--prefix -w --workspace", "ls,list,view,outdated,audit,why,ping,whoami", "--fix", ""),
    sub("yarn pnpm", "-C --dir --cwd", "list,ls,info,outdated,audit,why", "--fix", ""),
    sub("pip pip3", "", "list,show,freeze,check", "-o --output", ""),
    sub("rabbitmqctl", "-n --node -p --vhost -t --timeout", "list_*,status,cluster_status,ping,version", "", ""),
    sub("rabbitmq-diagnostics", "-n --node", "ping,status,check_*,list_*,cluster_status,memory_breakdown,listeners,alarms", "", ""),
    sub(
        "etcdctl",
        "--endpoints --cacert --cert --key --user --command-timeout --dial-timeout",
        "endpoint health,endpoint status,member list,alarm list,get,version",
        "",
        "",
    ),
    sub("consul", "", "members,info,catalog services,catalog nodes,catalog datacenters,operator raft list-peers,version", "", ""),
    sub(
        "nomad",
        "-address -region -namespace",
        "status,node status,job status,server members,deployment status,alloc status,version",
        "",
        "-monitor",
    ),
    sub("vault", "", "status,version", "", ""),
    sub(
        "crictl",
        "-r --runtime-endpoint -c --config -i --image-endpoint -t --timeout",
        "ps,images,logs,inspect,inspectp,inspecti,pods,stats,statsp,version,info,imagefsinfo",
        "",
        "-f --follow -w --watch",
    ),
    sub(
        "virsh",
        "-c --connect",
        "list,dominfo,domstate,domblklist,domiflist,net-list,pool-list,vol-list,nodeinfo,domifaddr,version",
        "",
        "",
    ),
    sub("terraform tofu", "", "output,state list,version,validate,providers,workspace list,workspace show", "-json -raw -j -r -a -w", ""),
    sub("ufw", "", "status,version", "", ""),
    sub("nft", "", "list", "", ""),
    sub("chronyc", "-h -p", "tracking,sources,sourcestats,activity,ntpdata", "", ""),
    sub("caddy", "", "validate,version,list-modules", "", ""),
    sub("zpool", "-T -o -t", "status,list,get,history,iostat", "", ""),
    sub("zfs", "", "list,get", "", ""),
    sub(
        "btrfs",
        "",
        "filesystem show,filesystem df,filesystem usage,fi show,fi df,fi usage,subvolume list,subvolume show,scrub status,balance status",
        "",
        "",
    ),
    sub("timedatectl", "", "status,show,timesync-status,list-timezones", "", "--monitor"),
    sub("hostnamectl localectl", "", "status", "", ""),
    sub("loginctl", "", "list-sessions,list-users,session-status,user-status", "", ""),
    sub("resolvectl", "", "status,query,dns,statistics", "--flush", ""),
    sub("supervisorctl", "-c -s -u -p", "status,version,avail", "", ""),
    sub("pm2", "", "list,ls,status,show,describe", "", "--watch"),
    sub(
        "argocd",
        "--server --auth-token",
        "app list,app get,app history,app diff,cluster list,version,proj list,repo list",
        "--refresh --hard-refresh",
        "",
    ),
    sub("flux", "-n --namespace --context", "get,check,version,stats", "", "-w --watch"),
    sub("linkerd", "-n --namespace", "check,version,stat", "", "--wait"),
    sub(
        "velero",
        "-n --namespace",
        "get,describe,backup get,backup describe,restore get,restore describe,schedule get,version,backup logs,restore logs",
        "",
        "",
    ),
    sub(
        "gh",
        "",
        "run list,run view,pr list,pr view,pr status,pr checks,pr diff,issue list,issue view,workflow list,release list,release view,repo view",
        "--web",
        "--watch",
    ),
    sub("patronictl", "-c --config-file -d --dcs-url", "list,topology,history,show-config,version", "", "-w -W --watch"),
    sub("pgbackrest", "--stanza --repo --config", "info,version", "", ""),
    sub("barman", "-c", "list-*,show-*,status,check", "", ""),
    sub("repmgr", "-f --config-file", "cluster show,node status,cluster crosscheck", "", ""),
    sub("dpkg-query apt-cache", "", "show,policy,search,-l,-s,depends", "", ""),
    sub("apt", "", "list,show,search,policy", "", ""),
];

/// What shows everything it was given, passwords too, where one might look for less.
const SHOWS_SECRETS: &[(&str, &str)] = &[
    ("helm", "get values"),
    ("helm", "get all"),
    ("helm", "get manifest"),
    ("helm", "get hooks"),
    ("terraform", "show"),
    ("tofu", "show"),
    ("terraform", "state show"),
    ("tofu", "state show"),
    ("terraform", "state pull"),
    ("tofu", "state pull"),
    ("pm2", "env"),
    ("pm2", "jlist"),
];

/// Whether this table describes the program.
pub(super) fn knows(program: &str) -> bool {
    SUBCOMMANDS.iter().any(|row| row.programs.split(' ').any(|name| name == program))
}

/// A program whose subcommand reads, if it is one of them.
pub(super) fn by_subcommand(program: &str, command: &Command<'_, '_>) -> Option<Nature> {
    if matches!(program.trim_end_matches(".sh"), "kafka-topics" | "kafka-consumer-groups") {
        return Some(kafka(command));
    }
    let row = SUBCOMMANDS.iter().find(|row| row.programs.split(' ').any(|name| name == program))?;
    let known = "--no-pager --debug --quiet -q --verbose -v --json --silent -s --no-cli-pager";
    let Some(at) = subcommand(command.words, row.valued, known).filter(|at| !command.hides_words_before(*at)) else { return Some(HIDDEN) };
    let words = command.words.get(at..).unwrap_or_default();
    let texts: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    if texts.is_empty()
        && matches!(program, "timedatectl" | "hostnamectl" | "localectl" | "loginctl" | "resolvectl")
        && command.words.iter().all(|word| word.text == "--no-pager")
    {
        return Some(Reads);
    }
    let is_path = |path: &str| {
        let names: Vec<&str> = path.split(' ').collect();
        names.len() <= texts.len()
            && names.iter().zip(&texts).all(|(name, text)| name.strip_suffix('*').map_or(name == text, |start| text.starts_with(start)))
    };
    if SHOWS_SECRETS.iter().any(|(name, path)| *name == program && is_path(path)) {
        return Some(SECRET);
    }
    if !row.reading.split(',').any(is_path) {
        return matches!(texts.as_slice(), ["logs" | "monitor" | "tail" | "watch", ..] | ["run", "watch", ..]).then_some(FOLLOWS);
    }
    let options = Options::anywhere(words, row.valued);
    let is_listed = |names: &str| !names.is_empty() && options.has(names);
    let single_dashed = |names: &str| {
        texts.iter().any(|text| names.split(' ').any(|name| name == *text || name.len() > 2 && text.starts_with(&format!("{name}="))))
    };
    // `zpool status 5` goes on every five seconds.
    if program == "zpool" && options.operands.iter().any(|word| word.text.parse::<f64>().is_ok()) {
        return Some(FOLLOWS);
    }
    Some(if (!row.acting.is_empty() || !row.waiting.is_empty()) && (options.is_hidden || command.hides_words()) {
        HIDDEN
    } else if is_listed(row.waiting) || single_dashed(row.waiting) {
        FOLLOWS
    } else if program != "terraform" && program != "tofu" && is_listed(row.acting)
        || single_dashed(row.acting)
        || program == "npm" && texts.contains(&"fix")
        || program == "pnpm" && texts.contains(&"fix")
    {
        Acts("writes or sets something")
    } else {
        Reads
    })
}

fn kafka(command: &Command<'_, '_>) -> Nature {
    let options = Options::anywhere(command.words, "--bootstrap-server --zookeeper --topic --group --command-config --timeout");
    let known = "--list --describe --bootstrap-server --zookeeper --topic --group --command-config --timeout --all-groups --members --verbose --offsets --state --under-replicated-partitions --unavailable-partitions --exclude-internal";
    if command.hides_words() {
        HIDDEN
    } else if options.has_only(known) && options.has("--list --describe") {
        Reads
    } else {
        UNKNOWN
    }
}

/// `redis-cli` with a command that shows.
pub(super) fn redis(command: &Command<'_, '_>) -> Nature {
    let options = Options::leading(command.words, "-h -p -a -n -u --user --pass -s --cacert --cert --key -t --sni");
    let words: Vec<String> = command.words.get(options.read..).unwrap_or_default().iter().map(|word| word.text.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if options.has("--stat --latency --latency-history --monitor --bigkeys --memkeys --hotkeys -r -i --askpass") {
        return FOLLOWS;
    }
    if command.hides_words() || !options.has_only("-h -p -a -n -u --user --pass -s --tls --insecure --no-auth-warning --raw --no-raw --csv --json -c --cacert --cert --key -3 -2 -t --sni") {
        return HIDDEN;
    }
    match words.as_slice() {
        [] => {
            if command.is_fed {
                super::FED
            } else {
                PERSON
            }
        }
        [
            "ping" | "info" | "get" | "llen" | "dbsize" | "ttl" | "pttl" | "exists" | "type" | "scard" | "zcard" | "hlen" | "strlen"
            | "role" | "time" | "lastsave" | "zscore" | "zcount" | "zrank" | "zrange" | "zrevrange" | "lrange" | "hexists" | "hget"
            | "sismember" | "xlen" | "xinfo",
            ..,
        ]
        | ["slowlog", "get" | "len", ..]
        | ["client", "list" | "info", ..]
        | ["memory", "usage" | "stats" | "doctor", ..]
        | ["latency", "doctor" | "latest" | "history", ..]
        | ["cluster", "info" | "nodes" | "slots" | "shards", ..]
        | ["object", "encoding" | "idletime" | "freq" | "refcount", ..]
        | ["sentinel", "masters" | "master" | "replicas" | "slaves" | "get-master-addr-by-name" | "ckquorum", ..] => Reads,
        ["config", "get", name]
            if !name.contains('*')
                && !name.contains("pass")
                && !name.contains("auth")
                && !name.contains('?')
                && !name.contains('[')
                && !name.contains(super::HOLE) =>
        {
            Reads
        }
        ["config", "get", ..] => Acts("shows secrets"),
        ["monitor" | "subscribe" | "psubscribe" | "blpop" | "brpop" | "wait", ..] => FOLLOWS,
        _ => UNKNOWN,
    }
}

/// `aws SERVICE describe-…`, `list-…`, `get-…`.
pub(super) fn aws(command: &Command<'_, '_>) -> Nature {
    let valued = "--region --profile --output --query --endpoint-url --color --ca-bundle --cli-read-timeout --cli-connect-timeout";
    let at = subcommand(command.words, valued, "--no-cli-pager --debug --no-verify-ssl --no-paginate --no-sign-request");
    let Some(at) = at.filter(|_| !command.hides_words()) else { return HIDDEN };
    let words: Vec<&str> = command.words.get(at..).unwrap_or_default().iter().map(|word| &*word.text).collect();
    let [service, verb, rest @ ..] = words.as_slice() else { return UNKNOWN };
    let has =
        |option: &str| rest.iter().any(|word| word.len() > 3 && (option.starts_with(word) || word.starts_with(&format!("{option}="))));
    let is_secret = ["secret-value", "password", "token", "credential", "login", "private-key", "get-key-pair", "get-export", "get-sdk"]
        .iter()
        .any(|part| verb.contains(part))
        || has("--with-decryption");
    // A word of its own behind an option's value is a file to write, for a verb that gets something.
    let is_outfile = |pair: &[&str]| !pair[0].starts_with('-') && !pair[1].starts_with('-');
    let writes = verb.starts_with("get-")
        && (rest.first().is_some_and(|word| !word.starts_with('-'))
            || rest.windows(2).any(is_outfile)
            || *service != "s3api" && matches!(*verb, "get-object" | "get-job-output" | "get-media"));
    match (*service, *verb) {
        (_, "wait") => Waits("waits for something"),
        ("logs", "tail") => {
            if has("--follow") {
                FOLLOWS
            } else {
                Reads
            }
        }
        ("ssm", "start-session") | ("ecs", "execute-command") => PERSON,
        _ if is_secret => Acts("shows secrets"),
        // The variables that these run with.
        ("lambda", "get-function" | "get-function-configuration" | "list-functions") | ("ecs", "describe-task-definition") => SECRET,
        _ if writes => Acts("writes a file"),
        ("s3", "ls")
        | ("sts", "get-caller-identity")
        | ("logs", "filter-log-events")
        | ("s3api", "head-object" | "head-bucket")
        | ("configure", "list") => Reads,
        ("s3api", "get-object" | "get-object-torrent") => Acts("writes a file"),
        (_, verb) if ["describe-", "list-", "get-"].iter().any(|start| verb.starts_with(start)) => Reads,
        _ => UNKNOWN,
    }
}

/// `gcloud … describe NAME`, `az … show`: groups, and then the verb.
pub(super) fn by_verb(program: &str, command: &Command<'_, '_>) -> Nature {
    let at = subcommand(
        command.words,
        "--project --account --configuration --format --zone --region --subscription -o --output",
        "--quiet -q --verbose --debug",
    );
    let Some(at) = at.filter(|_| !command.hides_words()) else { return HIDDEN };
    let words = command.words.get(at..).unwrap_or_default();
    let path: Vec<&str> = words.iter().map(|word| &*word.text).take_while(|text| !text.starts_with('-')).collect();
    let verb = if program == "az" {
        path.len().checked_sub(1)
    } else {
        path.iter().position(|word| matches!(*word, "list" | "describe" | "read"))
    };
    let Some(verb) = verb else { return UNKNOWN };
    let is_secret = |word: &&&str| {
        ["secret", "auth", "key", "credential", "token", "connection-string", "password", "publishing"]
            .iter()
            .any(|part| word.contains(part))
    };
    if path[..verb].iter().any(|word| is_secret(&word)) || words.iter().any(|word| word.text.contains("token")) {
        return Acts("shows secrets");
    }
    let mutates = |word: &&str| {
        [
            "delete",
            "create",
            "update",
            "add",
            "remove",
            "set",
            "ssh",
            "start",
            "stop",
            "reset",
            "restart",
            "deploy",
            "import",
            "export",
            "patch",
            "resize",
            "run",
            "submit",
            "invoke",
            "call",
            "scp",
            "enable",
            "disable",
            "failover",
            "restore",
            "clone",
            "promote",
            "get-credentials",
            "execute",
            "signal",
            "kill",
            "cancel",
            "purge",
            "undelete",
            "move",
            "copy",
            "cp",
            "rm",
            "mv",
            "rsync",
            "publish",
            "pull",
            "ack",
            "seek",
            "login",
            "init",
        ]
        .contains(word)
    };
    let is_reading = match program {
        "az" => matches!(path[verb], "list" | "show"),
        _ => path[verb] != "read" || path[..verb] == ["logging"],
    };
    // Behind the verb stands at most the thing's name.
    let names_kind = program == "az" || verb > 0 && (path[verb - 1].ends_with('s') || matches!(path[verb - 1], "logging" | "config"));
    let is_short = verb > 0 && names_kind && (path.len() <= verb + 2 || path[verb] == "read");
    if is_reading && is_short && !path[..verb].iter().any(mutates) { Reads } else { UNKNOWN }
}
