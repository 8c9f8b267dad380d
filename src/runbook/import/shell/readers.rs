//! The programs that are known to read, each with what it must not be given.
//! Never trusts an option it does not know where an unknown one could change something.

use super::nature::{Command, FED, HIDDEN, Nature, PERSON, UNKNOWN, changes_what_runs};
use super::options::Options;
use super::psql;
use super::secrets::{self, SECRET};
use super::words::HOLE;

mod address;
mod cluster;
mod files;
mod network;
mod subcommands;
mod table;

use Nature::{Acts, Reads, Waits};

pub(super) const FOLLOWS: Nature = Waits("follows what comes");
const CHANGES: Nature = Acts("destroys or changes files");
const RESTARTS: Nature = Acts("restarts or stops something");

/// The nature of a program, by its name as it was written, with its words.
pub(super) fn nature(program: &str, command: &Command<'_, '_>) -> Nature {
    if program.contains('/') {
        return Acts("runs a program by its path");
    }
    if let Some(nature) = only_shows_itself(program, command) {
        return nature;
    }
    if table::reads_terminal(program, command) {
        return Waits("waits for what is typed into it");
    }
    match program {
        "sudo" | "doas" | "su" | "pkexec" | "runuser" => as_root(program, command),
        "timeout" | "nice" => through(
            command,
            if program == "timeout" { "-k --kill-after -s --signal" } else { "-n --adjustment" },
            usize::from(program == "timeout"),
        ),
        "xargs" => xargs(command),
        "bash" | "sh" | "zsh" | "dash" | "ksh" | "fish" if command.words.is_empty() => {
            if command.is_fed {
                FED
            } else {
                PERSON
            }
        }
        "docker" | "podman" | "nerdctl" => cluster::docker(command),
        "docker-compose" | "podman-compose" => cluster::compose(command),
        "kubectl" | "oc" => cluster::kubectl(command),
        "psql" => psql::nature(command),
        "curl" => network::curl(command),
        "wget" => network::wget(command),
        "http" | "https" => network::httpie(command),
        "ping" | "ping6" | "nc" | "ncat" | "netcat" | "mtr" | "dig" | "host" | "nslookup" | "ip" | "openssl" | "ssh" => {
            network::tool(program, command)
        }
        "git" => files::git(command),
        "find" => files::find(command),
        "sed" => files::sed(command),
        "awk" | "gawk" | "mawk" => files::awk(command),
        "tar" => files::tar(command),
        "systemctl" | "service" => service(program, command),
        "redis-cli" | "valkey-cli" => subcommands::redis(command),
        "aws" => subcommands::aws(command),
        "gcloud" | "az" => subcommands::by_verb(program, command),
        _ => builtin(program, command)
            .or_else(|| table::plain(program, command))
            .or_else(|| subcommands::by_subcommand(program, command))
            .unwrap_or_else(|| unknown(program, command)),
    }
}

/// Whether this is a program one knows, so that its `--version` is what it says.
fn is_known(program: &str) -> bool {
    let more =
        ["bun", "dotnet", "gcc", "java", "lua", "mariadb", "mongo", "perl", "php", "ruby", "rustc", "zsh", "ansible", "packer", "vagrant"];
    let is_named = |list: &str| list.contains(&format!(" {program} "));
    is_named(super::PROGRAMS)
        || is_named(super::AMBIGUOUS)
        || table::knows(program)
        || subcommands::knows(program)
        || more.contains(&program)
}

/// `--version` and the like, which almost every program has and answers with nothing but words.
fn only_shows_itself(program: &str, command: &Command<'_, '_>) -> Option<Nature> {
    let [word] = command.words else { return None };
    if command.has_more || !word.is_literal() {
        return None;
    }
    let is_odd = matches!(
        program,
        "su" | "eval"
            | "exec"
            | "source"
            | "."
            | "reboot"
            | "halt"
            | "poweroff"
            | "shutdown"
            | "killall5"
            | "env"
            | "printenv"
            | "xargs"
            | "echo"
            | "printf"
    );
    let has_version = matches!(
        program,
        "docker"
            | "docker-compose"
            | "podman"
            | "kubectl"
            | "oc"
            | "helm"
            | "terraform"
            | "go"
            | "git"
            | "npm"
            | "gcloud"
            | "az"
            | "gh"
            | "nomad"
            | "vault"
            | "consul"
            | "openssl"
            | "argocd"
            | "flux"
            | "istioctl"
            | "caddy"
            | "etcdctl"
            | "crictl"
    );
    let short = matches!(
        program,
        "python"
            | "python3"
            | "node"
            | "npm"
            | "psql"
            | "ssh"
            | "nginx"
            | "java"
            | "ruby"
            | "perl"
            | "php"
            | "pip"
            | "pip3"
            | "uv"
            | "gcc"
            | "curl"
            | "apachectl"
            | "haproxy"
            | "httpd"
            | "apache2"
    );
    let is_shown = match &*word.text {
        "--version" | "--help" => !is_odd && is_known(program),
        "version" | "help" => has_version,
        "-V" => short && program != "perl",
        "-v" => short && !matches!(program, "psql" | "python" | "python3" | "ssh" | "curl" | "pip" | "pip3" | "uv" | "gcc"),
        "-version" => matches!(program, "java" | "terraform"),
        _ => false,
    };
    is_shown.then_some(Reads)
}

/// What is run as another person: waiting is said, as that cannot be run unattended at all.
fn as_root(program: &str, command: &Command<'_, '_>) -> Nature {
    let valued = "-u --user -g --group -C -p --prompt -h --host -r -t -T -U -D";
    let options = Options::leading(command.words, valued);
    if program == "sudo" && options.has("-i --login -s --shell -e --edit")
        || command.words.len() == options.read
        || program == "su" && !command.words.iter().any(|word| word.text == "-c")
    {
        return if command.is_fed { FED } else { PERSON };
    }
    let inner = if program == "su" { Reads } else { command.inner(options.read, command.is_fed) };
    Acts("runs as root").and(if let Waits(_) = inner { inner } else { Reads })
}

/// A program that starts another, after its options and some operands.
fn through(command: &Command<'_, '_>, valued: &str, operands: usize) -> Nature {
    let options = Options::leading(command.words, valued);
    let own = command.words.get(..options.read + operands).unwrap_or_default();
    let known = "-k --kill-after -s --signal -n --adjustment --foreground --preserve-status -v --verbose";
    if !options.has_only(known) || command.with(own).hides_words() {
        return HIDDEN;
    }
    command.inner(options.read + operands, command.is_fed)
}

/// `xargs`: its program gets words that nobody can see here.
fn xargs(command: &Command<'_, '_>) -> Nature {
    let options =
        Options::leading(command.words, "-n --max-args -L --max-lines -I -P --max-procs -d --delimiter -a --arg-file -E -s --max-chars");
    if options.has("-p --interactive -o --open-tty") {
        return PERSON;
    }
    if !options.has_only("-0 --null -r --no-run-if-empty -t --verbose -n --max-args -L --max-lines -I -P --max-procs -d --delimiter -a --arg-file -E -s --max-chars -x --exit") {
        return UNKNOWN;
    }
    if command.hides_words_before(options.read) {
        return HIDDEN;
    }
    // What it puts in must not stand for a word of the command itself, as in `xargs -I get kubectl get`.
    if options.values("-I").any(|mark| mark.chars().any(char::is_alphanumeric)) {
        return UNKNOWN;
    }
    if options.read == command.words.len() {
        return Reads;
    }
    Command { has_more: true, ..*command }.inner(options.read, false)
}

/// What the shell does itself.
fn builtin(program: &str, command: &Command<'_, '_>) -> Option<Nature> {
    let words = command.words;
    let first = words.first().map_or("", |word| &*word.text);
    Some(match program {
        "printf" | "test" | "[" | "[[" if command.has_more => HIDDEN,
        // `[ -v 'a[$(rm x)]' ]` and `printf -v` run what is between the brackets.
        "printf" | "test" | "[" | "[[" if words.iter().any(|word| word.text.contains("$(") || word.text.contains('`')) => {
            Acts("cannot be read without running it")
        }
        // A box of a list, not a test.
        "[" if words.last().is_none_or(|word| word.text != "]") => UNKNOWN,
        "echo" | "printf" if words.iter().any(|word| secrets::shows(word)) => SECRET,
        "printf" => {
            if first == "-v" {
                Acts("sets a variable")
            } else {
                Reads
            }
        }
        "true" | "false" | ":" if words.is_empty() => Reads,
        "echo" | "seq" | "which" | "type" | "whereis" | "pwd" | "test" | "[" | "[[" => Reads,
        "command" if matches!(first, "-v" | "-V") => Reads,
        "env" | "printenv" | "set" | "export" | "declare" | "typeset" if words.is_empty() || first == "-p" => {
            Acts("shows every variable, secrets too")
        }
        "printenv" if words.len() == 1 && !first.starts_with('-') => {
            if secrets::is_secret_variable(first) {
                SECRET
            } else {
                Reads
            }
        }
        "export" => {
            let is_safe = |text: &str| text.split_once('=').is_none_or(|(name, _)| !changes_what_runs(name)) && !text.starts_with('-');
            if command.hides_words() && words.iter().any(|word| word.text.starts_with(HOLE)) {
                HIDDEN
            } else if words.iter().all(|word| is_safe(&word.text)) {
                Reads
            } else {
                Acts("changes which program runs")
            }
        }
        "set"
            if words.iter().all(|word| {
                matches!(&*word.text, "-e" | "-u" | "-x" | "-eu" | "-ex" | "-eux" | "-euo" | "-euxo" | "-o" | "pipefail" | "+e" | "+x")
            }) =>
        {
            Reads
        }
        "date" => date(command),
        "cd" if words.len() <= 1 && !first.starts_with('-') => Reads,
        "sleep" => {
            if words.len() == 1 && first.trim_end_matches('s').parse::<f64>().is_ok_and(|seconds| seconds <= 30.0) {
                Reads
            } else {
                Waits("waits for time to pass")
            }
        }
        "wait" => Waits("waits for something"),
        "read" | "passwd" | "login" | "select" | "visudo" | "htop" | "btop" | "less" | "more" | "most" | "man" | "vim" | "vi" | "nvim"
        | "nano" | "emacs" | "mc" | "screen" | "tmux" | "ftp" | "sftp" | "telnet" | "k9s" | "irb" | "ipython" | "dialog" => PERSON,
        "watch" | "tcpdump" | "tshark" | "strace" | "iotop" | "iftop" | "nethogs" | "yes" | "stern" | "kubetail" | "multitail"
        | "inotifywait" | "script" => FOLLOWS,
        "eval" | "source" | "." | "exec" | "bash" | "sh" | "zsh" | "dash" | "ksh" => Acts("runs a script"),
        _ => return None,
    })
}

/// `date`, unless it sets the time.
fn date(command: &Command<'_, '_>) -> Nature {
    // The letters behind `-I` are its value.
    let words: Vec<_> = command.words.iter().filter(|word| !word.text.starts_with("-I")).copied().collect();
    let options = Options::anywhere(&words, "-d --date -r --reference -f --file -v");
    let is_form = options.operands.iter().all(|word| word.text.starts_with('+'));
    if command.hides_words() || options.is_hidden {
        HIDDEN
    } else if options.has("-s --set") || !is_form {
        Acts("writes or sets something")
    } else {
        Reads
    }
}

/// `systemctl` and `service`.
fn service(program: &str, command: &Command<'_, '_>) -> Nature {
    if program == "service" {
        let words: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
        return match words.as_slice() {
            [name, "status"] if !name.starts_with('-') && !command.hides_words() => Reads,
            ["--status-all"] => Reads,
            _ => RESTARTS,
        };
    }
    let options = Options::anywhere(
        command.words,
        "-H --host -M --machine -n --lines -o --output -p --property -t --type -s --signal --state --root -P --value-of",
    );
    let known = "-H --host -M --machine -n --lines -o --output -p --property -t --type --state -P -l --full -a --all --no-pager --failed --user --system -q \
        --quiet --no-legend --plain --wait -r --recursive --reverse --show-types --value";
    if command.hides_words() {
        return HIDDEN;
    }
    if options.values("-p --property -P --value-of").any(|name| name.contains("Environment")) {
        return SECRET;
    }
    match options.operand(0) {
        // The value of an option one does not know could pass for the verb.
        _ if !options.has_only(known) => RESTARTS,
        "status" | "is-active" | "is-enabled" | "is-failed" | "list-units" | "list-timers" | "list-sockets" | "list-unit-files"
        | "list-dependencies" | "list-jobs" | "show" | "cat" | "get-default" | "" => Reads,
        "is-system-running" => {
            if options.has("--wait") {
                Waits("waits for something")
            } else {
                Reads
            }
        }
        "edit" => PERSON,
        _ => RESTARTS,
    }
}

/// Why a program that is none of the readers is none, where one can say.
fn unknown(program: &str, command: &Command<'_, '_>) -> Nature {
    let has_words = !command.words.is_empty();
    match program {
        "rm" | "rmdir" | "mv" | "cp" | "chmod" | "chown" | "chgrp" | "ln" | "mkdir" | "touch" | "truncate" | "dd" | "shred" | "rsync"
        | "install" | "unlink" | "mkfs" | "wipefs" | "scp" | "fallocate" | "patch" | "gzip" | "gunzip" | "unzip" | "split" => CHANGES,
        "tee" | "sponge" => Acts("writes a file"),
        "kill" | "pkill" | "killall" | "reboot" | "shutdown" | "halt" | "poweroff" | "init" | "supervisorctl" | "pm2" | "systemd-run" => {
            RESTARTS
        }
        "mysql" | "mariadb" | "mongosh" | "mongo" | "sqlite3" | "cqlsh" | "sqlplus" | "clickhouse-client" | "sqlcmd" | "influx" => {
            match (command.is_fed, takes_text(program, command)) {
                (true, _) => FED,
                (false, true) => Acts("runs a query that nobody can judge"),
                (false, false) => PERSON,
            }
        }
        "python" | "python3" | "node" | "ruby" | "perl" | "php" | "lua" => {
            if has_words || command.is_fed {
                Acts("runs a script")
            } else {
                PERSON
            }
        }
        "npm" | "yarn" | "pnpm" | "npx" | "make" | "just" | "uv" | "poetry" => Acts("runs a script of the project"),
        "apt" | "apt-get" | "yum" | "dnf" | "apk" | "brew" | "pip" | "pip3" | "dpkg" | "rpm" | "snap" => Acts("changes what is installed"),
        "nohup" | "setsid" | "disown" => Acts("goes on in the background"),
        "crontab" if command.words.iter().any(|word| word.text == "-e") => PERSON,
        "top" | "vmstat" | "iostat" | "mpstat" | "pidstat" | "sar" => FOLLOWS,
        _ => UNKNOWN,
    }
}

/// Whether a database's program is given what to run.
fn takes_text(program: &str, command: &Command<'_, '_>) -> bool {
    let options =
        Options::anywhere(command.words, "-h --host -u --user -P --port -p --db -e --eval --execute -q --query -Q -c --database -D -d -S");
    options.has("-e --execute --eval -q --query -Q -c -f --file") || program == "sqlite3" && options.operands.len() > 1
}
