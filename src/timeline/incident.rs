//! The state of an incident: a fold over its entries, and nothing else. Never asks the runbook what an
//! entry means; `engine` does that.

mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::Stamp;
use crate::runbook::asked;
use crate::runbook::rollback::takes_back;

pub use record::{ActionRecord, CheckRecord, EscalationRecord, Handover, MessageRecord, QuestionRecord, RemediationRecord, Tick};

use super::calls::Calls;
use super::event::{Asked, CheckSettled, Entry, Event, Offered, Opened, OpenedTarget, Outcome, Resolved, RunbookJoined, Settled, Verdict};

/// Everything that follows from the entries of one incident.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incident {
    entries: Vec<Entry>,
    opened: Option<Opened>,
    /// The step being worked on.
    pub current_step: Option<Id>,
    /// Whose `when` has become true.
    pub applies: BTreeSet<Id>,
    /// The last answer to each check.
    pub checks: BTreeMap<Id, CheckRecord>,
    /// What was asked beside the runbook, in order.
    pub questions: Vec<QuestionRecord>,
    /// Runbooks that were opened inside it, in order, each with the moment.
    pub joined: Vec<(Stamp, RunbookJoined)>,
    /// Remediations that came from answers to checks, the latest of each.
    pub offered: BTreeMap<Id, Offered>,
    /// Letters from outside the screen that were taken in.
    pub letters: BTreeSet<String>,
    /// How far each remediation got.
    pub remediations: BTreeMap<Id, RemediationRecord>,
    /// Ticked tasks and criteria.
    pub ticks: BTreeMap<Id, Tick>,
    /// Skipped steps, with the reason.
    pub skipped: BTreeMap<Id, String>,
    /// Escalations that have fallen due, by their place in the runbook.
    pub escalations: BTreeMap<usize, EscalationRecord>,
    /// Phases that have used up their budget; none is the whole incident.
    pub over_budget: BTreeSet<Option<Id>>,
    /// Severity as it stands.
    pub severity: Option<String>,
    /// Since when and why work stands still.
    pub paused: Option<(Stamp, String)>,
    /// When and how it ended.
    pub resolved: Option<(Stamp, Resolved)>,
    /// Who leads.
    pub lead: String,
    /// The last time the lead changed hands.
    pub handover: Option<Handover>,
    /// Who has which other role.
    pub roles: BTreeMap<Id, String>,
    /// Answers to the questions of the report.
    pub answers: BTreeMap<String, String>,
    /// Follow-up work that was noted or got further, by its title, in the order in which it came up.
    pub actions: Vec<ActionRecord>,
    /// Messages to channels, by the entry that said they were due.
    pub messages: BTreeMap<u64, MessageRecord>,
    /// What the responder was called to.
    pub calls: Calls,
    /// Entries that do not hold any more, with the entry that says so.
    withdrawn: BTreeMap<u64, u64>,
    spent: BTreeMap<Id, Duration>,
    working_since: Option<Stamp>,
    last_attempt: u64,
}

impl Incident {
    /// The state after these entries.
    #[must_use]
    pub fn replay(entries: impl IntoIterator<Item = Entry>) -> Self {
        let entries: Vec<Entry> = entries.into_iter().collect();
        let mut incident = Self { withdrawn: withdrawn(&entries), ..Self::default() };
        for entry in &entries {
            if !incident.withdrawn.contains_key(&entry.seq) {
                incident.take(entry);
            }
        }
        incident.entries = entries;
        incident
    }

    /// Every entry, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries alone.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// The entry that says that this one does not hold any more.
    #[must_use]
    pub fn corrected_by(&self, seq: u64) -> Option<&Entry> {
        self.entry(*self.withdrawn.get(&seq)?)
    }

    /// The entry with this sequence number.
    #[must_use]
    pub fn entry(&self, seq: u64) -> Option<&Entry> {
        let place = usize::try_from(seq).ok()?.checked_sub(1)?;
        self.entries.get(place).filter(|entry| entry.seq == seq)
    }

    /// How it was opened; none only for a timeline without entries.
    #[must_use]
    pub fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    /// The answers to its questions, but for the secret ones.
    #[must_use]
    pub fn inputs(&self) -> BTreeMap<String, String> {
        let joined = self.joined.iter().flat_map(|(_, joined)| &joined.inputs);
        let opened = self.opened.iter().flat_map(|opened| &opened.inputs);
        opened.chain(joined).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The databases it works on.
    pub fn targets(&self) -> impl Iterator<Item = &OpenedTarget> {
        let joined = self.joined.iter().flat_map(|(_, joined)| &joined.targets);
        self.opened.iter().flat_map(|opened| &opened.targets).chain(joined)
    }

    /// Whether nothing of this is real.
    #[must_use]
    pub fn is_drill(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.drill.is_some())
    }

    /// The sequence number the next entry gets.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.entries.len() as u64 + 1
    }

    /// The attempt number that comes next.
    #[must_use]
    pub fn next_attempt(&self) -> AttemptId {
        AttemptId(self.last_attempt + 1)
    }

    /// When it was opened.
    #[must_use]
    pub fn opened_at(&self) -> Option<Stamp> {
        self.entries.first().map(|entry| entry.at)
    }

    /// When it really began: before it was opened, if somebody said so.
    #[must_use]
    pub fn began(&self) -> Option<DateTime<Utc>> {
        let opened_at = self.opened_at()?.wall;
        Some(self.opened.as_ref().and_then(|opened| opened.began).map_or(opened_at, |began| began.min(opened_at)))
    }

    /// The time since it began: what every clock of the incident shows and escalations go by.
    #[must_use]
    pub fn clock(&self, now: Stamp) -> Duration {
        self.since_began(self.resolved.as_ref().map_or(now, |(at, _)| *at))
    }

    /// What the incident's clock showed at a moment of its timeline.
    #[must_use]
    pub fn since_began(&self, at: Stamp) -> Duration {
        let head_start = self.opened_at().zip(self.began()).and_then(|(opened, began)| (opened.wall - began).to_std().ok());
        at.elapsed + head_start.unwrap_or_default()
    }

    /// The time worked on a step so far; pauses do not count.
    #[must_use]
    pub fn spent(&self, step: &Id, now: Stamp) -> Duration {
        let current = match self.working_since {
            Some(since) if self.current_step.as_ref() == Some(step) => now.since(since),
            _ => Duration::ZERO,
        };
        self.spent.get(step).copied().unwrap_or_default() + current
    }

    /// Whether a step was ever entered.
    #[must_use]
    pub fn entered(&self, step: &Id) -> bool {
        self.spent.contains_key(step)
    }

    /// Takes one more entry into account. One that corrects another is taken by going through all of them again without
    /// that other: no state needs to know how it is undone.
    pub fn apply(&mut self, entry: Entry) {
        if matches!(entry.event, Event::Corrected { .. }) {
            let mut entries = std::mem::take(&mut self.entries);
            entries.push(entry);
            *self = Self::replay(entries);
        } else {
            self.take(&entry);
            self.entries.push(entry);
        }
    }

    /// What an entry changes, without keeping it: for who only goes through entries that are kept elsewhere.
    #[expect(clippy::too_many_lines, reason = "one arm an event, so that a new event cannot be forgotten")]
    pub(super) fn take(&mut self, entry: &Entry) {
        let at = entry.at;
        self.calls.take(entry);
        match &entry.event {
            Event::Opened(opened) => {
                self.severity.clone_from(&opened.severity);
                self.lead.clone_from(&entry.by);
                self.opened = Some(opened.clone());
            }
            Event::StepEntered { step } => {
                self.stop_working(at);
                self.spent.entry(step.clone()).or_default();
                self.skipped.remove(step);
                self.current_step = Some(step.clone());
                self.working_since = self.paused.is_none().then_some(at);
            }
            Event::Applies { id } => {
                self.applies.insert(id.clone());
            }
            Event::CheckSettled(settled) => self.settle_check(entry, settled),
            Event::Judged { check, passed, .. } => {
                if let Some(record) = self.checks.get_mut(check) {
                    record.verdict = if *passed { Verdict::Passed } else { Verdict::Failed };
                    record.reason = format!("judged by {}", entry.by);
                    record.since = at;
                    record.at = at;
                    if !passed {
                        record.first_red.get_or_insert(at);
                    }
                }
            }
            // An id that no person's question could have would be another check's.
            Event::QuestionAsked(question) if question.check == asked::id(self.questions.len() + 1) => {
                self.questions.push(QuestionRecord { question: question.clone(), by: entry.by.clone(), at, kept: None });
            }
            Event::QuestionKept(kept) => {
                if let Some(record) = self.questions.iter_mut().find(|record| record.question.check == kept.check) {
                    record.kept = Some(kept.clone());
                }
            }
            Event::RunbookJoined(joined) => self.joined.push((at, joined.clone())),
            Event::RemediationOffered(offered) => {
                self.offered.insert(offered.remediation.clone(), offered.clone());
            }
            Event::RemediationPlanned(planned) => {
                self.note_attempt(planned.attempt);
                let record = self.remediations.entry(planned.remediation.clone()).or_default();
                record.planned = Some(planned.clone());
                record.rehearsed = None;
                record.rehearsal_skipped = None;
                record.approved.clear();
                record.open = true;
                record.put_aside = false;
            }
            Event::RemediationRehearsed(rehearsed) => {
                self.remediations.entry(rehearsed.remediation.clone()).or_default().rehearsed = Some(rehearsed.clone());
            }
            Event::RehearsalSkipped { remediation, reason, .. } => {
                self.remediations.entry(remediation.clone()).or_default().rehearsal_skipped = Some(reason.clone());
            }
            Event::RemediationAbandoned { remediation, .. } => {
                let record = self.remediations.entry(remediation.clone()).or_default();
                record.open = false;
                record.put_aside = true;
            }
            Event::RemediationApproved { remediation, letter, .. } => {
                self.letters.insert(letter.clone());
                self.remediations.entry(remediation.clone()).or_default().approved.push(entry.by.clone());
            }
            Event::Note { letter, .. } => self.letters.extend(letter.clone()),
            Event::RemediationIntended { remediation, .. } => {
                self.remediations.entry(remediation.clone()).or_default().intended = Some(at);
            }
            Event::RemediationCommitting(committing) => {
                self.remediations.entry(committing.remediation.clone()).or_default().committing = Some(committing.clone());
            }
            Event::RemediationSettled(settled) => {
                let record = self.remediations.entry(settled.remediation.clone()).or_default();
                record.committed |= settled.outcome == Outcome::Committed;
                record.taken_back &= settled.outcome != Outcome::Committed;
                record.settled = Some(settled.clone());
                record.settled_at = Some(at);
                record.intended = None;
                record.open = false;
                if settled.outcome == Outcome::Committed
                    && let Some(record) = takes_back(&settled.remediation).and_then(|id| self.remediations.get_mut(&id))
                {
                    // Nor is it proposed again: a person has just decided against it.
                    (record.committed, record.taken_back, record.put_aside) = (false, true, true);
                }
            }
            Event::Interrupted { remediation, attempt, applying } => {
                let record = self.remediations.entry(remediation.clone()).or_default();
                record.intended = None;
                record.open = false;
                if *applying {
                    record.settled_at = Some(at);
                    record.settled = Some(Settled {
                        remediation: remediation.clone(),
                        attempt: *attempt,
                        outcome: Outcome::Unknown,
                        results: Vec::new(),
                        problem: None,
                        transaction: record.committing.as_ref().filter(|of| of.attempt == *attempt).map(|of| of.transaction.clone()),
                        exit: None,
                        seen: String::new(),
                        known_errors: Vec::new(),
                        evidence: None,
                        duration: Duration::ZERO,
                    });
                }
            }
            Event::TaskTicked { task, evidence } => {
                self.ticks.insert(task.clone(), Tick { at, by: entry.by.clone(), evidence: evidence.clone() });
            }
            Event::TaskUnticked { task } => {
                self.ticks.remove(task);
            }
            Event::Skipped { step, reason } => {
                self.skipped.insert(step.clone(), reason.clone());
            }
            Event::Overridden { check, reason } => {
                if let Some(record) = self.checks.get_mut(check) {
                    record.overridden = Some(reason.clone());
                }
            }
            Event::OverBudget { phase, .. } => {
                self.over_budget.insert(phase.clone());
            }
            Event::EscalationDue { escalation, to, message } => {
                let record = EscalationRecord { due: at, to: to.clone(), message: message.clone(), acknowledged: None };
                self.escalations.insert(*escalation, record);
            }
            Event::EscalationAcknowledged { escalation } => {
                if let Some(record) = self.escalations.get_mut(escalation) {
                    record.acknowledged = Some(at);
                }
            }
            Event::SeverityChanged { severity, .. } => self.severity = Some(severity.clone()),
            Event::Paused { reason } => {
                self.stop_working(at);
                self.paused = Some((at, reason.clone()));
            }
            Event::Continued => {
                self.paused = None;
                self.working_since = self.current_step.is_some().then_some(at);
            }
            Event::HandedOver { to, brief } => {
                let from = std::mem::replace(&mut self.lead, to.clone());
                self.handover = Some(Handover { at, from, to: to.clone(), brief: brief.clone(), accepted: None });
            }
            Event::HandoverAccepted => {
                if let Some(handover) = &mut self.handover {
                    handover.accepted.get_or_insert(at);
                }
            }
            Event::RoleAssigned { role, to } if to.is_empty() => _ = self.roles.remove(role),
            Event::RoleAssigned { role, to } => _ = self.roles.insert(role.clone(), to.clone()),
            Event::QuestionAnswered { question, answer } => _ = self.answers.insert(question.clone(), answer.clone()),
            Event::ActionNoted { title, state, owner } => {
                let action = ActionRecord { title: title.clone(), state: *state, owner: owner.clone() };
                match self.actions.iter_mut().find(|known| known.title == *title) {
                    Some(known) => *known = action,
                    None => self.actions.push(action),
                }
            }
            Event::MessageDue { channel, text } => {
                let message = MessageRecord { due: at, channel: channel.clone(), text: text.clone(), settled: false };
                self.messages.insert(entry.seq, message);
            }
            Event::MessageSent { message, .. } | Event::MessageLost { message, .. } => {
                if let Some(message) = self.messages.get_mut(message) {
                    message.settled = true;
                }
            }
            Event::Resolved(resolved) => {
                self.stop_working(at);
                self.resolved = Some((at, resolved.clone()));
            }
            Event::QuestionAsked(_)
            | Event::Called { .. }
            | Event::CallAcknowledged { .. }
            | Event::CallSnoozed { .. }
            | Event::UpdateGiven { .. }
            | Event::Resumed { .. }
            | Event::Left { .. }
            | Event::Repaired { .. }
            | Event::Rebuilt { .. }
            | Event::Corrected { .. }
            | Event::Decided(_)
            | Event::Attached { .. }
            | Event::Unknown { .. } => {}
        }
    }

    fn settle_check(&mut self, entry: &Entry, settled: &CheckSettled) {
        let at = entry.at;
        self.note_attempt(settled.attempt);
        let before = self.checks.get(&settled.check);
        let same = before.filter(|before| before.verdict == settled.verdict);
        let red = matches!(settled.verdict, Verdict::Failed) || settled.verdict.is_inconclusive();
        let was_green = before.is_some_and(|before| before.verdict == Verdict::Passed);
        let turns_red = was_green && settled.asked == Asked::ByTheClock && settled.verdict != Verdict::Cancelled;
        let record = CheckRecord {
            verdict: settled.verdict,
            reason: settled.reason.clone(),
            seen: settled.seen.clone(),
            values: settled.values.clone(),
            known_errors: settled.known_errors.clone(),
            since: same.map_or(at, |same| same.since),
            at,
            attempt: settled.attempt,
            first_red: before.and_then(|before| before.first_red).or(red.then_some(at)),
            red_again: turns_red.then_some(entry.seq).or(before.and_then(|before| before.red_again)).filter(|_| red),
            overridden: same.and_then(|same| same.overridden.clone()),
        };
        self.checks.insert(settled.check.clone(), record);
    }

    fn note_attempt(&mut self, attempt: AttemptId) {
        self.last_attempt = self.last_attempt.max(attempt.0);
    }

    fn stop_working(&mut self, at: Stamp) {
        if let (Some(since), Some(step)) = (self.working_since.take(), &self.current_step) {
            *self.spent.entry(step.clone()).or_default() += at.since(since);
        }
    }
}

/// Which entries do not hold any more, each with the one that says so. Of corrections the later one counts, also about
/// an earlier correction: what that took back then holds again.
fn withdrawn(entries: &[Entry]) -> BTreeMap<u64, u64> {
    let by_seq: BTreeMap<u64, &Entry> = if entries.iter().any(|entry| matches!(entry.event, Event::Corrected { .. })) {
        entries.iter().map(|entry| (entry.seq, entry)).collect()
    } else {
        BTreeMap::new()
    };
    let mut withdrawn = BTreeMap::new();
    for (seq, entry) in by_seq.iter().rev() {
        if let Event::Corrected { entry: wrong, .. } = &entry.event
            && !withdrawn.contains_key(seq)
            && wrong < seq
            && by_seq.get(wrong).is_some_and(|wrong| wrong.event.may_be_corrected())
        {
            withdrawn.insert(*wrong, *seq);
        }
    }
    withdrawn
}
