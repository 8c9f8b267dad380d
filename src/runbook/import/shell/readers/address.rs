//! Addresses that are asked for: whether one says that asking for it does something.
//! Never takes a path for harmless because GET should be: what a server does when asked is its own affair.

use super::super::words::HOLE;

/// Whether nothing in an address says that asking for it does something.
pub(super) fn address_reads(address: &str) -> bool {
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    // `gopher://` and `telnet://` send what the address says.
    if !matches!(scheme.to_ascii_lowercase().as_str(), "" | "http" | "https" | "ftp" | "file") && !scheme.starts_with(HOLE) {
        return false;
    }
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    // A bare word is more often one of a sentence than the name of a host.
    if scheme.is_empty() && rest != "localhost" && !rest.trim_end_matches(['.', ':']).contains(['.', ':', '/', HOLE]) {
        return false;
    }
    let host_ends = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, rest) = rest.split_at(host_ends);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let acts = |text: &str, verbs: &[&str]| words(text).iter().any(|word| verbs.contains(&word.as_str()));
    let segment_acts = |segment: &str| {
        let begins = words(segment).first().is_some_and(|word| ACTING_FIRST.contains(&word.as_str()));
        let is_report = REPORTS.contains(&segment.replace(['-', '_'], "").to_ascii_lowercase().as_str());
        !is_report && (begins || acts(segment, ACTING) || acts(segment, ACTING_IN_PATHS))
    };
    let is_taken = TAKING_HOSTS.iter().any(|taking| host == *taking || host.ends_with(&format!(".{taking}")))
        || words(host).iter().any(|word| word.starts_with("webhook") || word == "hooks");
    // `query_range?start=…` asks for a time.
    !is_taken && !path.split('/').any(segment_acts) && !acts(query, ACTING)
}

/// The words of an address in small letters, cut at signs and at the humps of `safeRestart`.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && was_small {
            words.push(String::new());
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Words of an address that say it does something when asked, wherever they stand.
const ACTING: &[&str] = &[
    "abort",
    "approve",
    "cancel",
    "clear",
    "delete",
    "demote",
    "deploy",
    "deregister",
    "destroy",
    "disable",
    "drain",
    "drop",
    "enable",
    "evict",
    "exec",
    "execute",
    "failover",
    "flush",
    "invalidate",
    "invoke",
    "kill",
    "logout",
    "promote",
    "purge",
    "quit",
    "quitquitquit",
    "reboot",
    "reload",
    "remove",
    "replay",
    "reset",
    "restart",
    "restore",
    "revoke",
    "rollback",
    "rotate",
    "shutdown",
    "stop",
    "switchover",
    "terminate",
    "toggle",
    "trigger",
    "truncate",
    "unregister",
    "unsubscribe",
    "wipe",
];

/// The same, where they are not the name or the value of a parameter.
const ACTING_IN_PATHS: &[&str] = &[
    "accept",
    "ack",
    "acknowledge",
    "activate",
    "add",
    "allow",
    "apply",
    "ban",
    "build",
    "checkpoint",
    "clean",
    "cleanup",
    "close",
    "compact",
    "confirm",
    "copy",
    "cordon",
    "crash",
    "create",
    "deactivate",
    "defragment",
    "deny",
    "disconnect",
    "eject",
    "evacuate",
    "exit",
    "expire",
    "forcemerge",
    "freeze",
    "grant",
    "import",
    "insert",
    "install",
    "join",
    "leave",
    "migrate",
    "move",
    "mute",
    "notify",
    "optimize",
    "pause",
    "prune",
    "publish",
    "push",
    "quiet",
    "rebalance",
    "rebuild",
    "reconnect",
    "recover",
    "refresh",
    "register",
    "reindex",
    "rejoin",
    "rename",
    "reopen",
    "repair",
    "replace",
    "reroute",
    "rerun",
    "resolve",
    "resume",
    "resync",
    "retry",
    "rollover",
    "run",
    "save",
    "scale",
    "seal",
    "seed",
    "send",
    "silence",
    "start",
    "stepdown",
    "submit",
    "subscribe",
    "suspend",
    "switch",
    "sync",
    "uncordon",
    "undeploy",
    "undo",
    "uninstall",
    "unlock",
    "unmute",
    "unseal",
    "update",
    "upgrade",
    "upload",
    "vacuum",
    "warmup",
    "webhook",
    "webhooks",
    "write",
];

/// Words that name a thing as often as they command, and command where a part of the path begins with them: `/backup`, not
/// `_snapshot/my_backup`.
const ACTING_FIRST: &[&str] = &["backup", "cron", "gc", "lock", "set"];

/// Parts of paths that tell of what a word in them means, without the signs between their words.
const REPORTS: &[&str] =
    &["buildinfo", "buildstatus", "syncstatus", "syncing", "runstatus", "backupstatus", "updatestatus", "replicationstatus"];

/// Services for which asking is telling: a heartbeat that is awaited, a message to a channel.
const TAKING_HOSTS: &[&str] = &[
    "api.telegram.org",
    "cronhub.io",
    "cronitor.link",
    "events.pagerduty.com",
    "hc-ping.com",
    "hchk.io",
    "heartbeat.uptimerobot.com",
    "maker.ifttt.com",
    "nosnch.in",
];
