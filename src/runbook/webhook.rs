//! Channels of a team that hear of its incidents: what each is told, and where it is. Never holds a secret: an address that
//! is one stays in the environment, or in a file of its owner.

use std::fmt;
use std::net::IpAddr;

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Unique among the team's; what the timeline calls it.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// What it hears of; at least one.
    pub occasions: Vec<Occasion>,
    /// Whether it hears of drills, too. Nobody is paged by a drill that they did not ask to hear of.
    pub drills: bool,
}

/// Something a channel may hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// An incident was opened.
    Opened,
    /// Its severity changed.
    Severity,
    /// It is time to call for help.
    Escalation,
    /// Somebody else leads.
    Handover,
    /// A remediation ended, one way or another.
    Change,
    /// How it stands, as often as the severity's `update_every` says.
    Update,
    /// It is over.
    Resolved,
}

impl Occasion {
    /// All there are: what a channel hears of that does not say.
    pub const ALL: [Self; 7] = [Self::Opened, Self::Severity, Self::Escalation, Self::Handover, Self::Change, Self::Update, Self::Resolved];

    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Severity => "severity",
            Self::Escalation => "escalation",
            Self::Handover => "handover",
            Self::Change => "change",
            Self::Update => "update",
            Self::Resolved => "resolved",
        }
    }
}

/// Where a channel is. Shown as it is written, which is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In this variable.
    Env(String),
    /// In this file, which only its owner may read.
    File(String),
    /// Here.
    Literal(String),
}

/// Why something is no address of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// It holds what is most likely a secret, and settings are copied beside each journal.
    Secret,
    /// Anything else, in words that follow "it".
    Unfit(&'static str),
}

impl Address {
    /// Reads one as it is written: `env:NAME`, `file:/PATH`, or the address itself where nothing in it is a secret.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(written: &str) -> Result<Self, NoAddress> {
        if let Some(name) = written.strip_prefix("env:") {
            let is_name = !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            return if is_name { Ok(Self::Env(name.to_owned())) } else { Err(NoAddress::Unfit("names no variable")) };
        }
        if let Some(path) = written.strip_prefix("file:") {
            let is_whole = path.starts_with('/') || path.starts_with("~/");
            return if is_whole { Ok(Self::File(path.to_owned())) } else { Err(NoAddress::Unfit("names no file by its whole path")) };
        }
        let path = judge(written).map_err(NoAddress::Unfit)?;
        if holds_secret(path) { Err(NoAddress::Secret) } else { Ok(Self::Literal(written.to_owned())) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Literal(url) => f.write_str(url),
        }
    }
}

/// Judges an address, wherever it is from, and gives what stands in it behind the host. What is told of an incident goes over
/// an encrypted connection, or does not leave this machine.
///
/// # Errors
/// Why it is none, in words that follow "it" and hold nothing of it.
pub fn judge(url: &str) -> Result<&str, &'static str> {
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains(['\\', '#', '"', '<', '>']) {
        return Err("holds what no address may hold");
    }
    let (scheme, rest) = url.split_once("://").ok_or("is no address: it begins with neither https:// nor http://")?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("holds a name or a password before the host, which no channel asks for");
    }
    let host = match authority.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    match scheme {
        _ if host.is_empty() => Err("names no host"),
        "https" => Ok(path),
        "http" if host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) => Ok(path),
        "http" => Err("is not encrypted: http:// is for this machine only"),
        _ => Err("is no address: it begins with neither https:// nor http://"),
    }
}

/// Whether a path and its query look like those that whoever knows them may post to: channels have no other lock. A word of
/// letters and digits, or one that is longer than words are, is taken for a secret; so is every query.
fn holds_secret(path: &str) -> bool {
    let is_secret = |word: &str| {
        let has_digits = word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        word.len() >= 16 || (word.len() >= 6 && has_digits)
    };
    path.contains('?') || path.split(['/', '-', '_', '.']).any(is_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_variable_in_a_file_or_no_secret() {
        for good in [
            "env:SLACK_WEBHOOK_URL",
            "file:/etc/fracas/channel",
            "file:~/.config/fracas/channel",
            "https://alerts.example.com/hooks/incidents",
            "https://alerts.example.com:8443",
            "http://127.0.0.1:9000/tell",
            "http://[::1]:9000/tell",
            "http://localhost/v1/incident-channel",
        ] {
            assert_eq!(Address::parse(good).map(|address| address.to_string()), Ok(good.to_owned()));
        }
        for secret in [
            "https://hooks.slack.com/services/T024BE7LD/B024BE7LD/abcdefghijklmnopqrstuvwx",
            "https://chat.example.com/hooks/xyz1yz2zx3",
            "https://example.com/5d2f1c3e-aaaa-bbbb-cccc-dddddddddddd",
            "https://example.com/tell?key=a",
            "http://localhost/abcdefghijklmnopqrst",
        ] {
            assert_eq!(Address::parse(secret), Err(NoAddress::Secret), "{secret}");
        }
        for (unfit, why) in [
            ("env:", "names no variable"),
            ("env:A B", "names no variable"),
            ("file:channel", "names no file by its whole path"),
            ("http://alerts.example.com/", "is not encrypted: http:// is for this machine only"),
            ("http://127.0.0.1.example.com/", "is not encrypted: http:// is for this machine only"),
            ("https://u:p@example.com/", "holds a name or a password before the host, which no channel asks for"),
            ("https:///x", "names no host"),
            ("SLACK_WEBHOOK_URL", "is no address: it begins with neither https:// nor http://"),
            ("ftp://example.com/", "is no address: it begins with neither https:// nor http://"),
            ("https://example.com/\u{202e}", "holds what no address may hold"),
        ] {
            assert_eq!(Address::parse(unfit), Err(NoAddress::Unfit(why)), "{unfit}");
        }
    }
}
