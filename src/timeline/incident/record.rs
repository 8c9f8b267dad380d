//! What the fold of an incident holds of each thing: a check, a remediation, a question, a message. Never how it came to be so.

use crate::base::Values;
use crate::base::id::AttemptId;
use crate::base::stamp::Stamp;
use crate::runbook::model::ActionState;
use crate::timeline::event::{Committing, Kept, Outcome, Planned, Question, Rehearsed, Settled, Verdict};

/// What is known of one check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRecord {
    /// The last verdict; a responder's judgement replaces `NeedsPerson`.
    pub verdict: Verdict,
    /// The sentence a person would read.
    pub reason: String,
    /// The end of what was seen.
    pub seen: String,
    /// What expressions may name.
    pub values: Values,
    /// Titles of known errors that matched.
    pub known_errors: Vec<String>,
    /// When it got this verdict.
    pub since: Stamp,
    /// When it was last on the timeline.
    pub at: Stamp,
    /// The attempt of the last answer.
    pub attempt: AttemptId,
    /// When it was first not green.
    pub first_red: Option<Stamp>,
    /// The entry by which the clock found it red after it had been green, as long as it is red.
    pub red_again: Option<u64>,
    /// Why it was accepted although it is not green. Gone as soon as the verdict changes.
    pub overridden: Option<String>,
}

/// A question that stands in no runbook.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionRecord {
    /// As it was asked.
    pub question: Question,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Stamp,
    /// How it is a check of the incident, if it is kept as one.
    pub kept: Option<Kept>,
}

/// How far a remediation got.
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub struct RemediationRecord {
    /// The last plan.
    pub planned: Option<Planned>,
    /// The last plan's rehearsal.
    pub rehearsed: Option<Rehearsed>,
    /// Why the last plan's rehearsal was left out.
    pub rehearsal_skipped: Option<String>,
    /// Others who have read the last plan and agree.
    pub approved: Vec<String>,
    /// Consent was given and no outcome is known yet.
    pub intended: Option<Stamp>,
    /// The last transaction that was about to be committed.
    pub committing: Option<Committing>,
    /// How the last attempt that ran ended.
    pub settled: Option<Settled>,
    /// When it ended, or was found to have been interrupted.
    pub settled_at: Option<Stamp>,
    /// Whether any attempt was committed, and none since has taken it back.
    pub committed: bool,
    /// Whether it was committed and then taken back by its `rollback`.
    pub taken_back: bool,
    /// Whether a plan waits for a decision.
    pub open: bool,
    /// Whether the last plan was put aside by a person: it is not proposed again.
    pub put_aside: bool,
}

impl RemediationRecord {
    /// Whether nobody knows if its last attempt is in effect.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.settled.as_ref().is_some_and(|settled| settled.outcome == Outcome::Unknown)
    }

    /// The transaction by which a server can say whether the last attempt is in effect, where nobody knows.
    #[must_use]
    pub fn in_question(&self) -> Option<&Committing> {
        let settled = self.settled.as_ref().filter(|settled| settled.outcome == Outcome::Unknown)?;
        self.committing.as_ref().filter(|committing| committing.attempt == settled.attempt)
    }
}

/// A tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When.
    pub at: Stamp,
    /// By whom.
    pub by: String,
    /// What the responder gave as evidence.
    pub evidence: Option<String>,
}

/// A change of the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// When.
    pub at: Stamp,
    /// Who led before.
    pub from: String,
    /// Who is to lead.
    pub to: String,
    /// What they were told.
    pub brief: String,
    /// When they said to have read it.
    pub accepted: Option<Stamp>,
}

/// Follow-up work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRecord {
    /// One line.
    pub title: String,
    /// How far it is.
    pub state: ActionState,
    /// Who does it.
    pub owner: Option<String>,
}

/// A message to a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// When it fell due.
    pub due: Stamp,
    /// The channel's name.
    pub channel: String,
    /// What it reads.
    pub text: String,
    /// Whether it was sent, or given up.
    pub settled: bool,
}

/// An escalation that has fallen due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationRecord {
    /// When.
    pub due: Stamp,
    /// Whom to call, with where they are reached.
    pub to: Vec<String>,
    /// What to tell them.
    pub message: Option<String>,
    /// When the responder said to have called.
    pub acknowledged: Option<Stamp>,
}
