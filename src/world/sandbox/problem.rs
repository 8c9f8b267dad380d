//! Why there is no sandbox, in words a responder can act on. Never shows a password.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Why a sandbox could not be built. Each reads as one complete message: what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum SandboxProblem {
    /// No usable PostgreSQL server program is on this machine.
    #[error(
        "{why}. A drill starts a throwaway PostgreSQL of its own: install it with `{install}`, set FRACAS_PG_BIN to the folder \
         that holds `initdb` and `postgres`, or name a server to make a throwaway database on with `--server URL`"
    )]
    NoPostgres {
        /// What was looked for, and where.
        why: String,
        /// The command that installs it on this system.
        install: String,
    },
    /// The URL of `--server` cannot be used.
    #[error("--server: {0}")]
    Server(String),
    /// A folder or file of the sandbox could not be made.
    #[error("{what}: {why}. Set FRACAS_DRILL_DIR to a folder with a short name in which files can be made and programs can run")]
    Folder {
        /// What could not be done, with its path.
        what: String,
        /// What the system said.
        why: String,
    },
    /// A part of the sandbox did not start or broke off.
    #[error("{what}: {why}")]
    Failed {
        /// Which part.
        what: String,
        /// What it said.
        why: String,
    },
}

impl SandboxProblem {
    /// A folder or file that could not be made.
    pub(super) fn folder(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::Folder { what: format!("{what} {}", path.display()), why: error.to_string() }
    }

    /// A part that did not start or broke off.
    pub fn failed(what: impl Into<String>, why: &dyn std::fmt::Display) -> Self {
        Self::Failed { what: what.into(), why: why.to_string() }
    }
}
