//! The kinds of checks in one table: what each is called, how long it may take, what `expect` may name, and
//! who reads it. Never more than one row for a kind, and each is read in a file of its own.

mod command;
mod connect;
mod env;
mod http;
mod log;
mod migrations;
pub(super) mod schema;
mod sql;

use std::time::Duration;

use super::Builder;
use crate::runbook::ask::{Ask, COMMAND_NAMES, ROWS};
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

/// One kind of check.
pub(super) struct Kind {
    /// The key that says it.
    pub(super) key: &'static str,
    /// What `expect` and `show` may name.
    pub(super) names: &'static [&'static str],
    /// How long it may take unless the author says otherwise.
    pub(super) timeout: Duration,
    /// Whether it is asked of a target, which `on` names.
    pub(super) on: bool,
    /// Reads what stands under the key, and reports what is wrong with it.
    pub(super) build: Build,
}

type Build = fn(&mut Builder<'_>, &Node, wire::Check) -> Option<Ask>;

const FINDINGS: &[&str] = &["missing", "different", "extra", "ok"];

/// The same of a request.
pub(super) const HTTP_NAMES: &[&str] = &["status", "body", "json", "headers", "ms"];

/// The format's defaults: an answer from a database that takes longer than 5 s is news by itself; the
/// rest talk to machines further away.
const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(30);

/// Every kind of the format.
pub(super) const KINDS: &[Kind] = &[
    Kind { key: "sql", names: ROWS, timeout: SHORT, on: true, build: sql::question },
    Kind { key: "probe", names: ROWS, timeout: LONG, on: true, build: sql::probe },
    Kind {
        key: "connect",
        names: &["reached", "tls", "server_version", "pooler", "read_only", "works", "ms"],
        timeout: LONG,
        on: false,
        build: connect::read,
    },
    Kind { key: "command", names: COMMAND_NAMES, timeout: LONG, on: false, build: command::read },
    Kind { key: "schema", names: FINDINGS, timeout: LONG, on: true, build: schema::read },
    Kind { key: "http", names: HTTP_NAMES, timeout: LONG, on: false, build: http::read },
    Kind { key: "env", names: &["missing", "different", "invalid", "ok"], timeout: LONG, on: false, build: env::read },
    Kind { key: "log", names: &["matched", "missing", "ok"], timeout: LONG, on: false, build: log::read },
    Kind { key: "migrations", names: &["problems", "ok"], timeout: LONG, on: false, build: migrations::read },
];
