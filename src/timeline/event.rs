//! What can happen in an incident. Types here are for ever: an old journal must open in every later
//! version, so variants and fields are only added, and added fields have a default.

mod call;
mod check;
mod joined;
mod question;
mod remediation;
mod time;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::hash::sha256;
use crate::base::id::{AttemptId, Id, IncidentId};
use crate::base::stamp::{Stamp, milliseconds};
use crate::runbook::model::ActionState;

pub use call::Call;
pub use check::{Asked, CheckSettled, Verdict};
pub use joined::RunbookJoined;
pub use question::{Kept, Question, Typed};
pub use remediation::{Committing, Offered, Outcome, Planned, PlannedStep, Problem, Rehearsed, ServerFacts, Settled, StatementResult};
use time::{maybe_ms, ms};

/// The author of entries that nobody caused: what happens by the clock.
pub const CLOCK: &str = "fracas";

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
    /// Somebody asked what stands in no runbook.
    QuestionAsked(Question),
    /// Such a question is a check of the incident from here on. The last word on it counts.
    QuestionKept(Kept),
    /// Another runbook was opened inside the same incident.
    RunbookJoined(RunbookJoined),
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
    /// An earlier entry does not hold: it was ticked, skipped, judged, decided or written by mistake. It stays where it is
    /// and has no effect any more; see [`Event::may_be_corrected`].
    Corrected {
        /// Its sequence number.
        entry: u64,
        /// Why; empty where it was simply taken back.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        /// What a note or a decision should have said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<String>,
    },
    /// People settled on a way, and on what they left.
    Decided(Decided),
    /// A file was kept as evidence.
    Attached {
        /// Its name, without its folder.
        name: String,
        /// What it is evidence for: a step, a check, a task; none for the incident as a whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        about: Option<Id>,
        /// Where it is kept.
        evidence: Evidence,
    },
    /// Somebody has a role from here on.
    RoleAssigned {
        /// The role: `lead` and `scribe` are everywhere, others are the runbook's or the team's.
        role: Id,
        /// Their name; empty if nobody has it any more.
        to: String,
    },
    /// A question of the report was answered. The last answer counts.
    QuestionAnswered {
        /// The question, as the runbook asks it.
        question: String,
        /// In the responder's words; Markdown.
        answer: String,
    },
    /// Follow-up work was noted, or got further. The last word on a title counts.
    ActionNoted {
        /// One line.
        title: String,
        /// How far it is.
        state: ActionState,
        /// Who does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
    },
    /// Something is to be told to a channel of the team.
    MessageDue {
        /// The channel's name.
        channel: String,
        /// What it will read.
        text: String,
    },
    /// It was told.
    MessageSent {
        /// Sequence number of the entry that said it was due.
        message: u64,
        /// How long after it was due, where that is too long to be called at once.
        #[serde(default, skip_serializing_if = "Option::is_none", with = "maybe_ms", rename = "late_ms")]
        late: Option<Duration>,
    },
    /// It was not told, and will not be.
    MessageLost {
        /// Sequence number of the entry that said it was due.
        message: u64,
        /// Why.
        why: String,
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
    /// The responder is called to something.
    Called {
        /// To what.
        about: Call,
    },
    /// Somebody has seen a call, and it need not be made again. An escalation is acknowledged by an event of its own.
    CallAcknowledged {
        /// Sequence number of the call's entry.
        entry: u64,
    },
    /// A call is to be quiet for a while.
    CallSnoozed {
        /// Sequence number of the call's entry.
        entry: u64,
        /// For how long.
        #[serde(with = "ms", rename = "for_ms")]
        lasting: Duration,
    },
    /// Stakeholders are told how it stands.
    UpdateGiven {
        /// What they read.
        text: String,
        /// The channels it goes to; none where somebody tells them in another way.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        channels: Vec<String>,
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
    /// Who was to lead has read the brief, and does.
    HandoverAccepted,
    /// It is over.
    Resolved(Resolved),
    /// Written by a newer version: kept, shown by its name, without effect here.
    #[serde(skip_deserializing)]
    Unknown {
        /// What it is called there.
        #[serde(rename = "was")]
        kind: String,
    },
}

impl Event {
    /// Whether a later entry may say that this one does not hold: it is a person's word about something, which nothing
    /// outside followed from.
    #[must_use]
    pub fn may_be_corrected(&self) -> bool {
        match self {
            Self::Judged { .. }
            | Self::TaskTicked { .. }
            | Self::TaskUnticked { .. }
            | Self::Note { .. }
            | Self::Corrected { .. }
            | Self::Decided(_)
            | Self::Attached { .. }
            | Self::RoleAssigned { .. }
            | Self::QuestionAnswered { .. }
            | Self::ActionNoted { .. }
            | Self::Skipped { .. }
            | Self::Overridden { .. }
            | Self::QuestionKept(_)
            | Self::EscalationAcknowledged { .. }
            | Self::CallAcknowledged { .. }
            | Self::CallSnoozed { .. }
            | Self::SeverityChanged { .. } => true,
            Self::Opened(_)
            | Self::Resumed { .. }
            | Self::Left { .. }
            | Self::Interrupted { .. }
            | Self::Repaired { .. }
            | Self::Rebuilt { .. }
            | Self::StepEntered { .. }
            | Self::Applies { .. }
            | Self::CheckSettled(_)
            | Self::QuestionAsked(_)
            | Self::RunbookJoined(_)
            | Self::RemediationOffered(_)
            | Self::RemediationPlanned(_)
            | Self::RemediationRehearsed(_)
            | Self::RehearsalSkipped { .. }
            | Self::RemediationAbandoned { .. }
            | Self::RemediationApproved { .. }
            | Self::RemediationIntended { .. }
            | Self::RemediationCommitting(_)
            | Self::RemediationSettled(_)
            | Self::MessageDue { .. }
            | Self::MessageSent { .. }
            | Self::MessageLost { .. }
            | Self::OverBudget { .. }
            | Self::Called { .. }
            | Self::UpdateGiven { .. }
            | Self::EscalationDue { .. }
            | Self::Paused { .. }
            | Self::Continued
            | Self::HandedOver { .. }
            | Self::HandoverAccepted
            | Self::Resolved(_)
            | Self::Unknown { .. } => false,
        }
    }

    /// The same as a journal keeps it: durations in whole milliseconds.
    #[must_use]
    pub fn as_kept(mut self) -> Self {
        let whole = |duration: &mut Duration| *duration = Duration::from_millis(milliseconds(*duration));
        let each = |results: &mut Vec<StatementResult>| results.iter_mut().for_each(|result| whole(&mut result.duration));
        match &mut self {
            Self::CheckSettled(settled) => whole(&mut settled.duration),
            Self::RemediationRehearsed(rehearsed) => {
                whole(&mut rehearsed.duration);
                each(&mut rehearsed.results);
            }
            Self::RemediationSettled(settled) => {
                whole(&mut settled.duration);
                each(&mut settled.results);
            }
            Self::Resumed { away: duration }
            | Self::OverBudget { budget: duration, .. }
            | Self::CallSnoozed { lasting: duration, .. }
            | Self::QuestionKept(Kept { every: Some(duration), .. })
            | Self::MessageSent { late: Some(duration), .. } => {
                whole(duration);
            }
            Self::Called { about } => about.keep(whole),
            _ => {}
        }
        self
    }

    /// When it happened, where somebody wrote it down later.
    #[must_use]
    pub fn happened_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Note { happened_at, .. } => *happened_at,
            Self::Decided(decided) => decided.happened_at,
            _ => None,
        }
    }

    /// What this entry cites of the evidence that is kept beside the journal.
    #[must_use]
    pub fn evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Attached { evidence, .. } => Some(evidence),
            Self::RunbookJoined(joined) => Some(&joined.file),
            Self::CheckSettled(settled) => settled.evidence.as_ref(),
            Self::RemediationSettled(settled) => settled.evidence.as_ref(),
            _ => None,
        }
    }
}

/// Something that is kept beside the journal, under the hash of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// SHA-256 of what is kept, before it is compressed.
    pub sha256: String,
    /// How many bytes are kept.
    pub bytes: u64,
    /// How many bytes there were, if that is more: what is kept is then the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
}

impl Evidence {
    /// What an entry cites for this content, which is the end of so many bytes.
    #[must_use]
    pub fn of(content: &[u8], all: u64) -> Self {
        let bytes = content.len() as u64;
        Self { sha256: sha256(content), bytes, of: (bytes < all).then_some(all) }
    }
}

/// A decision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// What was decided.
    pub decision: String,
    /// What else was considered, and why it was left.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub considered: String,
    /// Who objected, and why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub objections: String,
    /// When it was taken, if that was earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened_at: Option<DateTime<Utc>>,
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
