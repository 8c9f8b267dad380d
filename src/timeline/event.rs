//! What can happen in an incident. Types here are for ever: an old journal must open in every later
//! version, so variants and fields are only added, and added fields have a default.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::Values;
use crate::base::hash::sha256;
use crate::base::id::{AttemptId, Id, IncidentId};
use crate::base::stamp::Stamp;

/// One entry of a timeline: an event with its place, its time and its author.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// From 1, without gaps.
    pub seq: u64,
    /// When it was recorded.
    pub at: Stamp,
    /// Who caused it: the responder's name, or `fracas` for what happens by the clock.
    pub by: String,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The incident was opened. Always the first entry, and only there.
    Opened(Opened),
    /// Somebody went on with it after the program had ended.
    Resumed {
        /// How long nobody was there, by the wall clock.
        #[serde(with = "ms", rename = "away_ms")]
        away: Duration,
    },
    /// The program ended without the incident being resolved.
    Left {
        /// `quit`, or the signal's name.
        why: String,
    },
    /// What was under way when the program was killed. It is never repeated by itself.
    Interrupted {
        /// The remediation.
        remediation: Id,
        /// Its attempt.
        attempt: AttemptId,
        /// Whether it was already being applied, so that it may have taken effect.
        applying: bool,
    },
    /// A torn or unreadable end of the journal was set aside.
    Repaired {
        /// Bytes set aside.
        bytes: u64,
        /// Where they are kept, as a file name beside the journal.
        kept_as: String,
    },
    /// A drill's world was built again from its seed, and what had been committed was applied again.
    Rebuilt {
        /// Remediations applied again, in order.
        reapplied: Vec<Id>,
    },
    /// Work turned to a step.
    StepEntered {
        /// The step.
        step: Id,
    },
    /// A `when` became true; it stays true for this incident.
    Applies {
        /// The phase, step, check, remediation, task or criterion.
        id: Id,
    },
    /// A check has an answer that differs from the one before, or that somebody asked for.
    CheckSettled(CheckSettled),
    /// The responder judged an answer that has no expectation of its own.
    Judged {
        /// The check.
        check: Id,
        /// The responder's word.
        passed: bool,
        /// The attempt whose answer was judged.
        attempt: AttemptId,
    },
    /// A check proposed what would mend what it found: a remediation of this incident from here on, which nothing but a
    /// person starts.
    RemediationOffered(Offered),
    /// What a remediation would do was laid out.
    RemediationPlanned(Planned),
    /// It was tried in a transaction that was rolled back.
    RemediationRehearsed(Rehearsed),
    /// The rehearsal was left out.
    RehearsalSkipped {
        /// The remediation.
        remediation: Id,
        /// The attempt.
        attempt: AttemptId,
        /// The responder's reason.
        reason: String,
    },
    /// A plan was put aside without running it.
    RemediationAbandoned {
        /// The remediation.
        remediation: Id,
        /// The attempt.
        attempt: AttemptId,
    },
    /// Another person has read the plan, and agrees that it may run.
    RemediationApproved {
        /// The remediation.
        remediation: Id,
        /// The attempt.
        attempt: AttemptId,
        /// SHA-256 of what they read; see [`Planned::digest`].
        plan: String,
        /// The letter it came in.
        letter: String,
    },
    /// The responder consented; it is about to run.
    RemediationIntended {
        /// The remediation.
        remediation: Id,
        /// The attempt.
        attempt: AttemptId,
        /// What was typed to confirm: the database's name where the target is production.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        typed: Option<String>,
    },
    /// All its statements ran in a transaction that is about to be committed. Should nothing follow, the server can still
    /// be asked by this what became of it.
    RemediationCommitting(Committing),
    /// It ended, one way or another.
    RemediationSettled(Settled),
    /// A task or a criterion of success was ticked.
    TaskTicked {
        /// The task or criterion.
        task: Id,
        /// The responder's evidence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<String>,
    },
    /// A tick was taken back.
    TaskUnticked {
        /// The task or criterion.
        task: Id,
    },
    /// Somebody wrote something down.
    Note {
        /// What.
        text: String,
        /// When it happened, if that was earlier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        happened_at: Option<DateTime<Utc>>,
        /// The letter it came in, if it was written outside the screen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        letter: Option<String>,
    },
    /// A step was left out.
    Skipped {
        /// The step.
        step: Id,
        /// Why.
        reason: String,
    },
    /// A check that is not green was accepted all the same.
    Overridden {
        /// The check.
        check: Id,
        /// Why.
        reason: String,
    },
    /// A phase or the whole incident has used up its time.
    OverBudget {
        /// The phase; none for `resolve_within` of the whole incident.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Id>,
        /// What was allowed.
        #[serde(with = "ms", rename = "budget_ms")]
        budget: Duration,
    },
    /// It is time to call for help.
    EscalationDue {
        /// Its place in the runbook, from 0.
        escalation: usize,
        /// Contacts, by name and where they are reached.
        to: Vec<String>,
        /// What to tell them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The responder has seen an escalation, and called.
    EscalationAcknowledged {
        /// Its place in the runbook, from 0.
        escalation: usize,
    },
    /// The severity changed.
    SeverityChanged {
        /// The new one.
        severity: String,
        /// Why.
        reason: String,
    },
    /// Work stands still on purpose.
    Paused {
        /// Why.
        reason: String,
    },
    /// Work goes on.
    Continued,
    /// Somebody else leads from here.
    HandedOver {
        /// Their name.
        to: String,
        /// The state in words, as the successor was told.
        brief: String,
    },
    /// It is over.
    Resolved(Resolved),
    /// Written by a newer version: kept, shown by its name, without effect here.
    #[serde(other)]
    Unknown,
}

/// How an incident was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Version of the journal's format; 1.
    pub format: u32,
    /// Version of the program.
    pub program: String,
    /// The runbook's id.
    pub runbook: Id,
    /// The runbook's title.
    pub title: String,
    /// SHA-256 of the runbook's file, which is kept beside the journal.
    pub runbook_hash: String,
    /// The files it pulls in, by the names it gives them: where each was and the hash of its bytes. What differs when it
    /// is to run is not run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pulled_in: BTreeMap<String, String>,
    /// Such as `P0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// Answers to the runbook's questions; secret ones are not among them.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// The databases it works on.
    #[serde(default)]
    pub targets: Vec<OpenedTarget>,
    /// Present when nothing of this is real.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<Drill>,
    /// Changes are refused.
    #[serde(default)]
    pub read_only: bool,
    /// When it really began, if that was before it was opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<DateTime<Utc>>,
    /// The incident that was left open for this one, when somebody went on with a related runbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<IncidentId>,
}

/// A database of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedTarget {
    /// Its name in the runbook.
    pub name: Id,
    /// Where it is, for people: `postgres@db.example.com:5432/app`, without a password.
    pub shown: String,
    /// Whether the production guards are armed.
    pub production: bool,
}

/// What makes an incident a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// The injected fault. Not shown before the end.
    pub fault: String,
    /// The number its world is built from.
    pub seed: u64,
    /// Whether the ideal responder played it, without a person.
    #[serde(default)]
    pub rehearsal: bool,
    /// The server its throwaway database is on, as it was given and without a password; none if it had its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckSettled {
    /// The check.
    pub check: Id,
    /// Which try it was.
    pub attempt: AttemptId,
    /// The answer in one word.
    pub verdict: Verdict,
    /// The sentence a person would read.
    pub reason: String,
    /// The end of what was seen, capped, clean and masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen: String,
    /// SHA-256 of all that was seen, before it was capped; empty if nothing was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen_hash: String,
    /// What expressions may name, as far as it is small.
    #[serde(default)]
    pub values: Values,
    /// How long it took.
    #[serde(with = "ms", rename = "duration_ms")]
    pub duration: Duration,
    /// Why it was asked.
    #[serde(default)]
    pub asked: Asked,
    /// Titles of the known errors that matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_errors: Vec<String>,
}

/// Why a check was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A person asked, or entered its step.
    #[default]
    ByHand,
    /// Its `every` came round.
    ByTheClock,
    /// A remediation had just run.
    ToVerify,
}

/// The answer to a check in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Answered, and not as expected.
    Failed,
    /// It could not be asked.
    Inconclusive,
    /// Answered; a person has to say whether that is good.
    NeedsPerson,
    /// No answer in time: inconclusive.
    TimedOut,
    /// Given up: inconclusive.
    Cancelled,
    /// A defect of this program: inconclusive.
    Crashed,
}

impl Verdict {
    /// Whether it could not be asked, for whatever reason.
    #[must_use]
    pub fn is_inconclusive(self) -> bool {
        matches!(self, Self::Inconclusive | Self::TimedOut | Self::Cancelled | Self::Crashed)
    }
}

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

/// The end of an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The responder's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// The criteria as they stood.
    #[serde(default)]
    pub success: Vec<Criterion>,
}

/// A criterion of success as it stood at the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    /// Its id.
    pub id: Id,
    /// One line.
    pub title: String,
    /// Whether it held.
    pub held: bool,
    /// What it rests on, in words.
    pub because: String,
}

/// Durations as whole milliseconds.
mod ms {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::base::stamp::milliseconds;

    pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(milliseconds(*duration))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}
