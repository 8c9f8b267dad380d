//! What a check asks: one variant for each kind. Never knows how it was written down, nor how it is asked.

mod env;
mod http;
mod log;
mod migrations;
pub mod schema;

use std::fmt;

use crate::base::id::Id;

pub use env::{Must, Requirement, Source, Variables};
pub use http::{Address, Filled, HttpRequest, Method, Slotted};
pub use log::{Log, LogSource};
pub use migrations::{MigrationTool, Migrations};
use schema::Schema;

/// What the `expect` of SQL may name.
pub const ROWS: &[&str] = &["rows", "row_count", "value", "ms"];

/// What the `expect` of a command may name, in checks and in remediations.
pub const COMMAND_NAMES: &[&str] = &["exit", "stdout", "stderr", "ms"];

/// What a check asks: one variant for each kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// One read-only statement. Answers `rows`, `row_count`, `value`, `ms`.
    Sql(String),
    /// Statements that write, in a transaction that is always rolled back; only when a person asks.
    Probe(String),
    /// The ladder of a connection to a target. Answers `reached`, `tls`, `server_version`, `pooler`,
    /// `read_only`, `works`, `ms`.
    Connect(Id),
    /// The structure of a database. Answers `missing`, `different`, `extra`, `ok`.
    Schema(Schema),
    /// A program. Answers `exit`, `stdout`, `stderr`, `ms`.
    Command(CommandLine),
    /// One request. Answers `status`, `body`, `json`, `headers`, `ms`.
    Http(HttpRequest),
    /// Variables. Answers `missing`, `different`, `invalid`, `ok`.
    Env(Variables),
    /// Lines of a log. Answers `matched`, `missing`, `ok`.
    Log(Log),
    /// Files that change a schema. Answers `problems`, `ok`.
    Migrations(Migrations),
}

impl Ask {
    /// The key that names this kind in a runbook.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sql(_) => "sql",
            Self::Probe(_) => "probe",
            Self::Connect(_) => "connect",
            Self::Schema(_) => "schema",
            Self::Command(_) => "command",
            Self::Http(_) => "http",
            Self::Env(_) => "env",
            Self::Log(_) => "log",
            Self::Migrations(_) => "migrations",
        }
    }

    /// What it asks, for people who read the runbook or are asked to trust it.
    #[must_use]
    pub fn spelled(&self) -> Spelled {
        match self {
            Self::Sql(sql) => Spelled::new("read-only SQL", "sql", sql),
            Self::Probe(sql) => Spelled::new("SQL that is rolled back", "sql", sql),
            Self::Connect(target) => Spelled { needs_trust: false, ..Spelled::new("connection", "", format!("connect to {target}")) },
            Self::Schema(schema) => schema.spelled(),
            Self::Command(line) => line.spelled(),
            Self::Http(request) => request.spelled(),
            Self::Env(variables) => variables.spelled(),
            Self::Log(log) => log.spelled(),
            Self::Migrations(migrations) => migrations.spelled(),
        }
    }

    /// Whether `every` and the asking of a whole step may ask this: all but probes, which write.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        !matches!(self, Self::Probe(_))
    }
}

/// A program and what it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// What is run.
    pub program: Program,
    /// The folder it runs in.
    pub dir: Option<String>,
    /// Environment variables beside the inputs.
    pub env: Vec<(String, EnvValue)>,
}

impl CommandLine {
    /// What it runs, for people.
    #[must_use]
    pub fn spelled(&self) -> Spelled {
        Spelled::new("command", "sh", self.program.to_string())
    }
}

/// A line for a shell, or words for no shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// For `/bin/sh -c`.
    Shell(String),
    /// A program and its arguments.
    Words(Vec<String>),
}

impl Program {
    /// Whether it evidently prints a log and goes on with what comes, as `tail -f` does, and nothing ends it.
    #[must_use]
    pub fn follows_a_log(&self) -> bool {
        let line = self.to_string();
        let ends_it = |word: &str| matches!(word, "timeout" | "head" | "-m1" | "--max-count=1");
        if line.split_whitespace().any(ends_it) {
            return false;
        }
        line.split(['|', ';', '&', '\n']).any(|command| {
            let mut words = command.split_whitespace().skip_while(|word| !matches!(*word, "logs" | "tail" | "journalctl"));
            let is_tail = words.next() == Some("tail");
            // Short flags may stand together: `tail -fn 100`.
            let follows = |word: &str| is_tail && word.starts_with('-') && !word.starts_with("--") && word.contains(['f', 'F']);
            words.any(|word| matches!(word, "-f" | "-F" | "--follow" | "--follow=true" | "--follow=name") || follows(word))
        })
    }
}

impl fmt::Display for Program {
    /// As it would be typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => f.write_str(line),
            Self::Words(words) => f.write_str(&words.join(" ")),
        }
    }
}

/// The value of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvValue {
    /// As it stands.
    Text(String),
    /// The connection of a target, masked wherever it would appear: written `target.NAME`.
    Target(Id),
}

/// A question or a change in words: what it is, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelled {
    /// What it is: `read-only SQL`, `command`.
    pub what: &'static str,
    /// The language of the text, as Markdown names it; empty where it is plain words.
    pub language: &'static str,
    /// The text.
    pub text: String,
    /// Whether it may do harm if its author is not trusted: SQL, commands and requests do.
    pub needs_trust: bool,
}

impl Spelled {
    /// Something that needs trust.
    pub(super) fn new(what: &'static str, language: &'static str, text: impl Into<String>) -> Self {
        Self { what, language, text: text.into(), needs_trust: true }
    }
}
