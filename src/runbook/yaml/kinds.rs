//! The kinds of checks in one table: what each is called, how long it may take, and what `expect` may name.
//! Never more than one row for a kind.

use std::time::Duration;

/// One kind of check.
pub(super) struct Kind {
    /// The key that says it.
    pub(super) key: &'static str,
    /// What `expect` and `show` may name.
    pub(super) names: &'static [&'static str],
    /// How long it may take unless the author says otherwise.
    pub(super) timeout: Duration,
    /// Whether this version can ask it.
    pub(super) asked: bool,
}

const ROWS: &[&str] = &["rows", "row_count", "value", "ms"];
const FINDINGS: &[&str] = &["missing", "different", "extra", "ok"];

/// The format's defaults: an answer from a database that takes longer than 5 s is news by itself; the
/// rest talk to machines further away.
const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(30);

const fn kind(key: &'static str, names: &'static [&'static str], timeout: Duration, asked: bool) -> Kind {
    Kind { key, names, timeout, asked }
}

/// Every kind of the format.
pub(super) const KINDS: &[Kind] = &[
    kind("sql", ROWS, SHORT, true),
    kind("probe", ROWS, LONG, true),
    kind("connect", &["reached", "tls", "server_version", "pooler", "read_only", "works", "ms"], LONG, true),
    kind("command", COMMAND_NAMES, LONG, true),
    kind("schema", FINDINGS, LONG, false),
    kind("http", &["status", "body", "json", "headers", "ms"], LONG, false),
    kind("env", &["missing", "different", "invalid", "ok"], LONG, false),
    kind("log", &["matched", "missing", "ok"], LONG, false),
    kind("migrations", &["problems", "ok"], LONG, false),
];

/// What the `expect` of a command may name, in checks and in remediations.
pub(super) const COMMAND_NAMES: &[&str] = &["exit", "stdout", "stderr", "ms"];
