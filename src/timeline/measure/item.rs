//! What happened to single checks, remediations and steps over a whole incident. Never a verdict of its own: a check that
//! was red was red, whoever was right.

use std::time::Duration;

use crate::base::id::Id;
use crate::timeline::event::{Entry, Outcome, Verdict};

/// What is known of one check over the whole incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckMeasure {
    /// Answers on the timeline, a person's judgements among them; repeats that changed nothing are not on it.
    pub answers: u64,
    /// How often it could not be asked.
    pub inconclusive: u64,
    /// How often it turned red.
    pub turned_red: u64,
    /// How long it was red in all.
    pub red_for: Duration,
    /// Whether it was red when the incident was resolved, or is now.
    pub red_at_the_end: bool,
    /// How often a person said the opposite of what it had found by itself.
    pub judged_against: u64,
    red_since: Option<Duration>,
    found: Option<Verdict>,
}

impl CheckMeasure {
    pub(super) fn answered(&mut self, verdict: Verdict, at: Duration) {
        self.found = Some(verdict);
        self.inconclusive += u64::from(verdict.is_inconclusive());
        self.turn(verdict, at);
    }

    pub(super) fn judged(&mut self, verdict: Verdict, at: Duration) {
        let by_itself = self.found.filter(|found| matches!(found, Verdict::Passed | Verdict::Failed));
        self.judged_against += u64::from(by_itself.is_some_and(|found| found != verdict));
        self.turn(verdict, at);
    }

    fn turn(&mut self, verdict: Verdict, at: Duration) {
        self.answers += 1;
        if verdict == Verdict::Failed || verdict.is_inconclusive() {
            if self.red_since.is_none() {
                self.turned_red += 1;
                self.red_since = Some(at);
            }
        } else {
            self.stop_being_red(at);
        }
    }

    pub(super) fn end(&mut self, at: Duration) {
        self.red_at_the_end = self.red_since.is_some();
        self.stop_being_red(at);
    }

    fn stop_being_red(&mut self, at: Duration) {
        if let Some(since) = self.red_since.take() {
            self.red_for += at.saturating_sub(since);
        }
    }
}

/// What became of one remediation over the whole incident. Of each attempt the last word counts: what was unknown may have
/// been found out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemediationMeasure {
    /// How often it was laid out.
    pub planned: u64,
    /// How often somebody consented to it.
    pub tried: u64,
    /// How often it took effect.
    pub committed: u64,
    /// How often nothing of it took effect.
    pub rolled_back: u64,
    /// How often it failed half-way.
    pub failed: u64,
    /// How often nobody knows whether it took effect.
    pub unknown: u64,
}

impl RemediationMeasure {
    /// Adds what became of it in another incident.
    pub fn add(&mut self, other: Self) {
        self.planned += other.planned;
        self.tried += other.tried;
        self.committed += other.committed;
        self.rolled_back += other.rolled_back;
        self.failed += other.failed;
        self.unknown += other.unknown;
    }

    pub(super) fn settle(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Committed => &mut self.committed,
            Outcome::RolledBack => &mut self.rolled_back,
            Outcome::Failed => &mut self.failed,
            Outcome::Unknown => &mut self.unknown,
        } += 1;
    }
}

/// A step that was left out, or a check that was accepted although it was not green: what, why, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The step or the check.
    pub id: Id,
    /// In the responder's words.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When, as time since the incident began.
    pub at: Duration,
    /// Whether it does not hold any more: the step was turned to later, or the check got another answer.
    pub ended: bool,
}

impl Exception {
    pub(super) fn new(id: &Id, reason: &str, entry: &Entry, at: Duration) -> Self {
        Self { id: id.clone(), reason: reason.to_owned(), by: entry.by.clone(), at, ended: false }
    }

    pub(super) fn end(exceptions: &mut [Self], id: &Id) {
        exceptions.iter_mut().filter(|exception| exception.id == *id).for_each(|exception| exception.ended = true);
    }
}

/// Time in one severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityMeasure {
    /// Its name; none for an incident that began without one.
    pub severity: Option<String>,
    /// When the incident first had it.
    pub since: Duration,
    /// How long in all.
    pub lasted: Duration,
}
