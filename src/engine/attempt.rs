//! What comes back from the world: answers to checks, and how rehearsals and remediations went. Everything
//! in here is already masked and clean. Never a verdict by `expect`; the engine gives that.

use std::time::Duration;

use crate::base::Values;
use crate::timeline::event::{Outcome, Problem, ServerFacts, StatementResult};

/// An answer to a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What kind of answer it is.
    pub finding: Finding,
    /// What `expect` may name.
    pub values: Values,
    /// What a person reads: rows as a table, output, rungs. At most 1 MiB; clean and masked.
    pub seen: String,
    /// How long it took.
    pub duration: Duration,
}

/// What kind of answer it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was answered. `expect` decides; without one, the kind's own verdict.
    Answered {
        /// The kind's own verdict, if it has one.
        own: Option<bool>,
        /// One sentence on what was found: `3 rows`, `exit 0`, `TCP: connection refused`.
        summary: String,
    },
    /// An answer that is a failure whatever is expected: a missing table, schema, column or function.
    Failed(String),
    /// It could not be asked, or its answer was cut by a cap; why.
    Inconclusive(String),
    /// No answer in time; what was waited for.
    TimedOut(String),
    /// It was given up.
    Cancelled,
    /// A defect of this program.
    Crashed(String),
}

impl Answer {
    /// An answer that is none, for this reason.
    #[must_use]
    pub fn inconclusive(reason: impl Into<String>, duration: Duration) -> Self {
        Self { finding: Finding::Inconclusive(reason.into()), values: Values::new(), seen: String::new(), duration }
    }
}

/// How far a rehearsal or a remediation got.
#[derive(Clone, Debug, PartialEq)]
pub enum RemediationNews {
    /// A statement has begun, or waits for somebody; not journalled.
    Progress {
        /// Its place in the plan, from 0.
        statement: usize,
        /// Who holds the lock it waits for, in words.
        waits_for: Option<String>,
    },
    /// Everything ran and can be committed, which waits for [`super::Effect::Commit`].
    Committing {
        /// The server's id of the transaction.
        transaction: String,
        /// The server it is on.
        server: ServerFacts,
    },
    /// The rehearsal is over; nothing of it remains.
    Rehearsed {
        /// What the server says of itself.
        server: Option<ServerFacts>,
        /// What each statement did; ends where one failed.
        results: Vec<StatementResult>,
        /// Why it cannot run as planned.
        problem: Option<Problem>,
        /// How long it took.
        duration: Duration,
    },
    /// It ran.
    Settled {
        /// In one word.
        outcome: Outcome,
        /// What each statement did; ends where one failed.
        results: Vec<StatementResult>,
        /// Why it did not work.
        problem: Option<Problem>,
        /// The server's id of the transaction.
        transaction: Option<String>,
        /// A command's exit code.
        exit: Option<i32>,
        /// What a command printed; clean and masked.
        seen: String,
        /// How long it took.
        duration: Duration,
    },
}
