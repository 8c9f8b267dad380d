//! Whether what a runbook asks only asks: a short list of words and shapes that change, destroy, block or wait for a person, drawn
//! up without a look at the importer's own. It may be too strict for a fixture, never too lax; by name it allows nothing but what no
//! word behind it can make act.

use serde_yaml::Value;

/// Words of SQL that change something or hold something up.
const SQL: &[&str] = &[
    "insert",
    "update",
    "delete",
    "merge",
    "truncate",
    "drop",
    "alter",
    "create",
    "grant",
    "revoke",
    "copy",
    "call",
    "do",
    "vacuum",
    "reindex",
    "cluster",
    "refresh",
    "lock",
    "set",
    "reset",
    "comment",
    "notify",
    "listen",
    "begin",
    "commit",
    "rollback",
    "into",
    "prepare",
    "execute",
    "checkpoint",
    "discard",
    "setval",
    "nextval",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_drop_replication_slot",
    "pg_reload_conf",
    "pg_promote",
    "pg_switch_wal",
    "pg_advisory_lock",
    "pg_sleep",
    "lo_unlink",
    "lo_import",
    "lo_export",
    "dblink_exec",
    "set_config",
    "pg_create_restore_point",
    "pg_rotate_logfile",
    "pg_stat_reset",
    "pg_logical_slot_get_changes",
    "pg_wal_replay_pause",
];

/// Words of a command line that change something, or wait for a person.
const WORDS: &[&str] = &[
    "rm",
    "rmdir",
    "mv",
    "cp",
    "dd",
    "mkfs",
    "truncate",
    "shred",
    "unlink",
    "kill",
    "pkill",
    "killall",
    "sudo",
    "su",
    "doas",
    "tee",
    "chmod",
    "chown",
    "ln",
    "mkdir",
    "touch",
    "restart",
    "stop",
    "start",
    "reload",
    "delete",
    "apply",
    "create",
    "patch",
    "edit",
    "scale",
    "drain",
    "cordon",
    "uncordon",
    "taint",
    "push",
    "pull",
    "checkout",
    "merge",
    "reset",
    "install",
    "upgrade",
    "uninstall",
    "up",
    "down",
    "prune",
    "vi",
    "vim",
    "nano",
    "emacs",
    "less",
    "more",
    "top",
    "htop",
    "watch",
    "read",
    "reboot",
    "shutdown",
    "poweroff",
    "halt",
    "mkswap",
    "fsck",
    "mount",
    "umount",
    "iptables",
    "nohup",
    "screen",
    "tmux",
    "ssh",
    "scp",
    "rsync",
    "crontab",
    "useradd",
    "userdel",
    "passwd",
    "eval",
    "source",
    "xargs",
    "pg_restore",
    "pg_dump",
    "dropdb",
    "createdb",
    "flushall",
    "flushdb",
    "shutdown",
    "failover",
    "promote",
    "replace",
    "set",
    "unset",
    "attach",
    "debug",
    "port-forward",
    "proxy",
    "cancel",
    "enable",
    "disable",
    "mask",
    "annotate",
    "label",
    "expose",
    "rollback",
    "sleep",
    "wait",
    "vacuumdb",
    "reindexdb",
];

/// Programs, and commands of programs, that do the same whatever words stand behind them: a file of that name, a host of that name, a
/// text to show.
const INERT: &[&str] = &[
    "cat",
    "curl",
    "df",
    "dig",
    "du",
    "echo",
    "egrep",
    "fgrep",
    "free",
    "grep",
    "head",
    "host",
    "ls",
    "lsof",
    "netstat",
    "nslookup",
    "pg_isready",
    "pgrep",
    "ping",
    "ps",
    "ss",
    "stat",
    "tail",
    "uptime",
    "wc",
    "wget",
    "which",
    "zgrep",
    "docker images",
    "docker inspect",
    "docker logs",
    "docker ps",
    "docker version",
    "git log",
    "git status",
    "helm list",
    "helm status",
    "kubectl describe",
    "kubectl get",
    "kubectl logs",
    "kubectl version",
    "systemctl is-active",
    "systemctl status",
];

/// Words that follow a rollout, a history, a migration, and change something.
const PAIRS: &[(&str, &str)] =
    &[("rollout", "undo"), ("rollout", "pause"), ("rollout", "resume"), ("alembic", "stamp"), ("sed", "-i"), ("find", "-delete")];

/// Words that an address does not only ask with.
const ADDRESSES: &[&str] = &[
    "leave",
    "quit",
    "migrate",
    "reindex",
    "vacuum",
    "toggle",
    "trigger",
    "exec",
    "enable",
    "disable",
    "logout",
    "unsubscribe",
    "approve",
    "rotate",
    "backup",
    "register",
    "webhooks",
    "hooks.slack.com",
    "hc-ping.com",
];

/// Names of variables whose values nobody should read on a screen.
const SECRETS: &[&str] = &["password", "passwd", "secret", "token", "api_key", "database_url"];

/// Programs whose quoted words are code themselves.
const INTERPRETERS: &[&str] =
    &["psql", "mysql", "sqlite3", "sh", "bash", "zsh", "python", "python3", "node", "ruby", "perl", "mongosh", "redis-cli"];

/// What is wrong with the questions of a runbook: nothing, where each only asks.
pub(crate) fn faults(yaml: &str) -> Vec<String> {
    let root: Value = serde_yaml::from_str(yaml).unwrap();
    let mut faults = Vec::new();
    let checks = all(&root, "phases").flat_map(|phase| all(phase, "steps")).flat_map(|step| all(step, "checks"));
    for check in checks {
        if let Some(sql) = check.get("sql").and_then(Value::as_str) {
            faults.extend(sql_fault(sql).map(|fault| format!("a question with {fault}: {sql:?}")));
        }
        let command = match check.get("command") {
            Some(Value::Sequence(words)) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Some(line) => line.as_str().unwrap_or_default().to_owned(),
            None => continue,
        };
        faults.extend(command_fault(&command).map(|fault| format!("a question with {fault}: {command:?}")));
    }
    faults
}

fn all<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_sequence).map(Vec::as_slice).unwrap_or_default().iter()
}

/// What of a statement does more than ask.
pub(crate) fn sql_fault(sql: &str) -> Option<String> {
    let bare = without_quoted(&without_comments(sql), &['\'', '"']);
    let words = bare.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_lowercase);
    // A column may have the name of a function.
    let is_called = |word: &str| {
        let lower = bare.to_lowercase();
        lower.match_indices(word).any(|(at, _)| lower[at + word.len()..].trim_start().starts_with('('))
    };
    let is_function = |word: &str| word.contains('_') || ["setval", "nextval"].contains(&word);
    let word = words.into_iter().find(|word| SQL.contains(&word.as_str()) && (!is_function(word) || is_called(word)));
    let is_more = bare.trim().trim_end_matches(';').contains(';');
    let locks = bare.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let shape = ["for share", "for no key", "for key share", "analyze"].into_iter().find(|shape| locks.contains(shape));
    word.or_else(|| shape.map(str::to_owned)).or_else(|| is_more.then(|| "a second statement".to_owned()))
}

/// What of a command line does more than ask.
pub(crate) fn command_fault(line: &str) -> Option<String> {
    let uncommented: String = line.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    let bare = without_quoted(&uncommented, &['\'', '"']);
    let bare: String = bare.lines().map(|line| line.split_once(" #").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n");
    // Words that are sought, thrown away or a part of a name.
    let bare = bare.replace("-o /dev/null", " ").replace("date -d ", "date ").replace("kubectl top ", "kubectl ");
    let shown = bare
        .replace("2>&1", " ")
        .replace("2>/dev/null", " ")
        .replace("2> /dev/null", " ")
        .replace(">/dev/null", " ")
        .replace("> /dev/null", " ");
    if let Some(shape) = [">", "<<"].into_iter().find(|shape| shown.contains(shape)) {
        return Some(shape.to_owned());
    }
    // What stands in quotes may be run as well: by a shell it is put in, or by the program it is for.
    let inside: String = if uncommented.contains("$(") || uncommented.contains('`') {
        uncommented.replace("date -d ", "date ").replace(['"', '\''], " ").replace(['(', ')', '`'], "\n")
    } else {
        bare.clone()
    };
    let words: Vec<&str> = inside.split(|c: char| c.is_whitespace() || "|;&()".contains(c)).filter(|word| !word.is_empty()).collect();
    let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_lowercase();
    for command in inside.split(|c: char| "|;&()`\n".contains(c)) {
        let mut words = command.split_whitespace();
        let first: Vec<String> = words.clone().take(2).map(name).collect();
        let is_inert = INERT.contains(&first.join(" ").as_str()) || first.first().is_some_and(|first| INERT.contains(&first.as_str()));
        if let Some(word) = words.find(|word| WORDS.contains(&name(word).as_str())).filter(|_| !is_inert) {
            return Some(word.to_owned());
        }
    }
    let has = |word: &str| words.iter().any(|other| name(other) == word);
    if let Some((first, second)) = PAIRS.iter().find(|(first, second)| has(first) && words.iter().any(|word| word.starts_with(second))) {
        return Some(format!("{first} {second}"));
    }
    if let Some(word) =
        words.iter().find(|word| ["-it", "-ti", "-i", "--tty", "--interactive"].contains(word)).filter(|_| has("exec") || has("run"))
    {
        return Some((*word).to_owned());
    }
    let follows = ["logs", "tail", "journalctl"].into_iter().find_map(|program| {
        let behind = words.iter().skip_while(|word| name(word) != program).skip(1);
        behind.copied().find(|word| ["-f", "-F", "--follow", "-fn", "-xef", "-fu", "-xefu"].contains(word) || word.starts_with("--follow"))
    });
    if let Some(word) = follows.or_else(|| words.iter().copied().find(|word| ["--watch", "-w"].contains(word) && has("kubectl"))) {
        return Some(word.to_owned());
    }
    // A program that waits for what nobody types.
    if ["cat", "sort", "-", "}", "{", ")"].contains(&line.trim()) {
        return Some(line.trim().to_owned());
    }
    if let Some(word) = secret_shown(&uncommented) {
        return Some(word);
    }
    if has("curl") || has("wget") {
        let path = |word: &str| word.split('?').next().unwrap_or_default().to_lowercase();
        let addressed = words.iter().map(|word| path(word)).filter(|word| word.contains('/') && !word.starts_with('/'));
        let acts = |path: &String| ADDRESSES.iter().find(|word| path.split('/').any(|part| part == **word));
        if let Some(word) = addressed.into_iter().find_map(|path| acts(&path)) {
            return Some((*word).to_owned());
        }
        let asks = |word: &str| ["GET", "HEAD", "get", "head"].contains(&word);
        for pair in words.windows(2) {
            if ["-X", "--request"].contains(&pair[0]) && !asks(pair[1]) {
                return Some(format!("{} {}", pair[0], pair[1]));
            }
        }
        let sends = [
            "-d",
            "-F",
            "-T",
            "-o",
            "-O",
            "-XPOST",
            "-XPUT",
            "-XDELETE",
            "-XPATCH",
            "--data",
            "--form",
            "--upload-file",
            "--output",
            "--json",
        ];
        if let Some(word) = words.iter().find(|word| sends.contains(word) || word.starts_with("--data") || word.starts_with("--request=")) {
            return Some((*word).to_owned());
        }
    }
    if INTERPRETERS.iter().any(|program| has(program)) {
        if has("psql")
            && !uncommented.contains("-c")
            && !uncommented.contains("-l")
            && !uncommented.contains("--command")
            && !uncommented.contains("--version")
        {
            return Some("a prompt".to_owned());
        }
        let quoted = quoted(&uncommented).join(" ");
        let words = quoted.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').map(str::to_lowercase);
        return words
            .into_iter()
            .find(|word| SQL.contains(&word.as_str()) || ["rm", "kill", "restart", "write", "unlink", "system"].contains(&word.as_str()));
    }
    None
}

/// A secret that is written in a command, or that it prints.
fn secret_shown(line: &str) -> Option<String> {
    if let Some((name, _)) = line.split_once('=').filter(|(name, value)| {
        let name = name.to_lowercase();
        SECRETS.iter().any(|secret| name.ends_with(secret)) && value.starts_with(|c: char| c.is_alphanumeric())
    }) {
        return Some(format!("{name}="));
    }
    for part in line.split(['|', ';', '&', '\n']).map(str::trim) {
        let shows_all = part.starts_with("printenv ");
        let named = part.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').map(str::to_lowercase);
        let is_shown = |word: &String| (word.starts_with('$') || shows_all) && SECRETS.iter().any(|secret| word.ends_with(secret));
        if let Some(word) = named.into_iter().filter(|_| shows_all || part.starts_with("echo ")).find(is_shown) {
            return Some(word);
        }
    }
    None
}

fn without_comments(sql: &str) -> String {
    sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n")
}

/// The text with what stands in quotes taken out.
fn without_quoted(text: &str, quotes: &[char]) -> String {
    let mut open: Option<char> = None;
    let mut kept = String::new();
    for c in text.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => {}
            None if quotes.contains(&c) => {
                open = Some(c);
                kept.push(' ');
            }
            None => kept.push(c),
        }
    }
    kept
}

/// What stands in quotes.
fn quoted(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut open: Option<char> = None;
    for c in text.chars() {
        match open {
            Some(quote) if c == quote => open = None,
            Some(_) => found.last_mut().unwrap().push(c),
            None if ['\'', '"'].contains(&c) => {
                open = Some(c);
                found.push(String::new());
            }
            None => {}
        }
    }
    found
}
