//! What entries hold of a remediation on its way: plan, rehearsal, commit, outcome. For ever, like everything of an event.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::hash::sha256;
use crate::base::id::{AttemptId, Id};

use super::Evidence;
use super::time::ms;

/// What a remediation would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// The remediation.
    pub remediation: Id,
    /// The attempt that a rehearsal, an intent and an outcome refer to.
    pub attempt: AttemptId,
    /// The target's name; none for a command without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Id>,
    /// Whether the database's name must be typed.
    pub production: bool,
    /// What will run, in order.
    pub steps: Vec<PlannedStep>,
    /// Whether it can be tried in a transaction first.
    pub can_rehearse: bool,
}

impl Planned {
    /// SHA-256 of what somebody reads who reads the plan: the target's name and each statement, a line feed after each.
    #[must_use]
    pub fn digest(&self) -> String {
        let target = self.target.as_ref().map_or("", Id::as_str);
        let read: String =
            std::iter::once(target).chain(self.steps.iter().map(|step| step.text.as_str())).map(|text| format!("{text}\n")).collect();
        sha256(read.as_bytes())
    }
}

/// One statement or command of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// As it will run, with the values of inputs filled in as they would be typed.
    pub text: String,
    /// `CREATE TABLE`, `UPDATE`, `command`.
    pub what: String,
    /// The lock it takes and what that blocks, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<String>,
    /// What to be careful about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cautions: Vec<String>,
}

/// The outcome of a rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// The remediation.
    pub remediation: Id,
    /// The attempt.
    pub attempt: AttemptId,
    /// The server it was tried on, as the server says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerFacts>,
    /// What each statement did before it was rolled back; ends where one failed.
    pub results: Vec<StatementResult>,
    /// Why it cannot run as planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// How long it took.
    #[serde(with = "ms", rename = "duration_ms")]
    pub duration: Duration,
}

/// What a server says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerFacts {
    /// `current_database()`.
    pub database: String,
    /// `current_user`.
    pub role: String,
    /// `server_version`.
    pub version: String,
    /// `pg_is_in_recovery()`: a standby that takes no changes.
    pub in_recovery: bool,
    /// `pg_control_system()`'s identifier; for a role that may not ask for it `started …`, the moment it was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The timeline of its write-ahead log, as its files are named: another one after a standby took over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_timeline: Option<String>,
}

/// A transaction that is about to be committed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committing {
    /// The remediation.
    pub remediation: Id,
    /// The attempt.
    pub attempt: AttemptId,
    /// The server's id of the transaction, epoch included.
    pub transaction: String,
    /// The server it is on.
    pub server: ServerFacts,
}

/// A remediation that is not the runbook's, but comes from the answer to a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// The id it has from here on.
    pub remediation: Id,
    /// One line, phrased as what it does.
    pub title: String,
    /// The check whose answer it comes from: its guard, and what verifies it.
    pub check: Id,
    /// The target it would change.
    pub target: Id,
    /// The statements.
    pub sql: String,
}

/// What one statement did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementResult {
    /// Rows it changed or returned.
    pub rows: u64,
    /// How long it took.
    #[serde(with = "ms", rename = "duration_ms")]
    pub duration: Duration,
}

/// Why something went wrong, as precisely as the server said it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// One sentence.
    pub message: String,
    /// Place of the failing statement in its plan, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
    /// The five characters of PostgreSQL's error codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    /// Character position within the statement, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
    /// More from the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The server's advice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Who stood in the way: the holder of a lock, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<String>,
    /// Titles of the known errors that matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_errors: Vec<String>,
}

/// How a remediation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// The remediation.
    pub remediation: Id,
    /// The attempt.
    pub attempt: AttemptId,
    /// In one word.
    pub outcome: Outcome,
    /// What each statement did; ends where one failed. After a roll-back none of it holds.
    pub results: Vec<StatementResult>,
    /// Why it did not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// The server's id of the transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// A command's exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// The end of what a command printed, capped, clean and masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen: String,
    /// How long it took.
    #[serde(with = "ms", rename = "duration_ms")]
    pub duration: Duration,
    /// Titles of the known errors that what went wrong and what was printed matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_errors: Vec<String>,
    /// All that was printed, where that is more than stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// How a remediation ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// SQL: in effect. Commands: ended as expected.
    Committed,
    /// SQL: nothing of it is in effect.
    RolledBack,
    /// A command that did not end as expected, or statements outside a transaction of which one failed;
    /// what ran before it is in effect.
    Failed,
    /// Nobody knows whether it is in effect.
    Unknown,
}
