//! Times and counts measured from a timeline: how long it took to see, to act, to mitigate and to resolve,
//! and what each phase and check cost. Never an opinion: every figure follows from the entries alone, and an entry that was
//! corrected counts for nothing.

mod cost;
mod item;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::Stamp;
use crate::base::{Value, Values};
use crate::runbook::Runbook;
use crate::runbook::model::{Success, Urgency};

use super::event::{Entry, Event, Outcome, Verdict};
use super::incident::Incident;

use cost::measure_phase;
pub use cost::{Cost, PhaseMeasure, StepMeasure};
pub use item::{CheckMeasure, Exception, RemediationMeasure, SeverityMeasure};

/// What can be measured of one incident. Moments are times since it began, by the clock that never runs backwards; the time
/// from one to another is their difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Time to detect (TTD in Google's "Site Reliability Engineering" books: from the beginning of the harm until it is
    /// noticed). Who opens an incident that began earlier has noticed it by then. Where nobody said when it began, it began
    /// when it was opened, and was noticed by the first answer that was not green.
    pub detected: Option<Duration>,
    /// The first answer that was not green: a failed check, or one that could not be asked.
    pub first_red: Option<Duration>,
    /// Time to acknowledge (MTTA as `PagerDuty` has it: until a responder takes it up): the first thing that a person did
    /// or wrote down after it was opened.
    pub acknowledged: Option<Duration>,
    /// The first consent to a remediation.
    pub first_action: Option<Duration>,
    /// Time to mitigate (TTM in Google's books: until users are no longer harmed; what DORA calls the recovery of a failed
    /// deployment): since this moment, after something had been red, every immediate criterion that a check proves has
    /// held without a break up to the end. In a runbook without such a criterion, the last remediation that was committed.
    /// None while something immediate is red, or if nothing ever was.
    pub mitigated: Option<Duration>,
    /// Time to resolve (TTR, the R that means resolve): the responder closed it.
    pub resolved: Option<Duration>,
    /// From its beginning to its resolution, or to the end of the measurement while it is open.
    pub lasted: Duration,
    /// The time to resolution that the runbook promises.
    pub promised: Option<Duration>,
    /// Time in each severity, in the order in which it first had them. Together they last as long as it did.
    pub severities: Vec<SeverityMeasure>,
    /// Each phase of the runbook, in order.
    pub phases: Vec<PhaseMeasure>,
    /// Each check that was answered, by id.
    pub checks: BTreeMap<Id, CheckMeasure>,
    /// Each remediation that was laid out, by id.
    pub remediations: BTreeMap<Id, RemediationMeasure>,
    /// Steps that were left out, in order.
    pub skipped: Vec<Exception>,
    /// Checks that were accepted although they were not green, in order.
    pub overridden: Vec<Exception>,
    /// How often things happened.
    pub counts: Counts,
}

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Steps left out.
    pub skipped: u64,
    /// Checks accepted although they were not green.
    pub overridden: u64,
    /// Rehearsals left out.
    pub rehearsals_skipped: u64,
    /// Remediations that took effect.
    pub committed: u64,
    /// Remediations of which nothing took effect.
    pub rolled_back: u64,
    /// Remediations that failed half-way.
    pub failed: u64,
    /// Remediations of which nobody knows whether they took effect.
    pub unknown: u64,
    /// Calls for help that fell due.
    pub escalations: u64,
    /// Notes.
    pub notes: u64,
    /// Entries that were corrected, and so count for nothing else.
    pub corrected: u64,
}

impl Measures {
    /// Measures an incident up to a moment: its last entry for a finished one, now for an open one.
    #[must_use]
    pub fn of(incident: &Incident, runbook: &Runbook, until: Stamp) -> Self {
        let mut so_far = SoFar::new(incident);
        let mut last_commit = None;
        for entry in incident.entries() {
            if incident.corrected_by(entry.seq).is_some() {
                so_far.measures.counts.corrected += 1;
                continue;
            }
            let at = incident.since_began(entry.at);
            so_far.count(entry, at);
            so_far.state.take(entry);
            if matches!(&entry.event, Event::RemediationSettled(settled) if settled.outcome == Outcome::Committed) {
                last_commit = Some(at);
            }
            if may_end_harm(&entry.event) {
                so_far.measures.mitigated = match harm_is_over(&so_far.state, runbook) {
                    Some(true) if so_far.measures.first_red.is_some() => so_far.measures.mitigated.or(Some(at)),
                    Some(_) => None,
                    None => last_commit,
                };
            }
        }
        let end = incident.resolved.as_ref().map_or(until, |(at, _)| *at);
        let (mut measures, entered) = so_far.end(incident.since_began(end));
        measures.resolved = incident.resolved.as_ref().map(|(at, _)| incident.since_began(*at));
        measures.promised = runbook.resolve_within;
        measures.phases = runbook.phases.iter().map(|phase| measure_phase(incident, phase, &entered, until)).collect();
        measures
    }
}

/// A measurement on its way through the entries that hold.
struct SoFar<'i> {
    incident: &'i Incident,
    measures: Measures,
    state: Incident,
    entered: BTreeMap<Id, Duration>,
    /// Of each attempt the last word counts: what was unknown may have been found out.
    outcomes: BTreeMap<AttemptId, (Id, Outcome)>,
    /// Place of the severity that it has, and since when.
    severity: Option<(usize, Duration)>,
}

impl<'i> SoFar<'i> {
    fn new(incident: &'i Incident) -> Self {
        Self {
            incident,
            measures: Measures::default(),
            state: Incident::default(),
            entered: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            severity: None,
        }
    }

    fn count(&mut self, entry: &Entry, at: Duration) {
        let measures = &mut self.measures;
        if is_taking_up(&entry.event) {
            measures.acknowledged.get_or_insert(at);
        }
        match &entry.event {
            Event::Opened(opened) => {
                measures.detected = opened.began.map(|_| at);
                self.enter_severity(opened.severity.clone(), Duration::ZERO);
            }
            Event::SeverityChanged { severity, .. } => self.enter_severity(Some(severity.clone()), at),
            Event::CheckSettled(settled) => self.answered(&settled.check, |check| check.answered(settled.verdict, at), settled.verdict, at),
            Event::Judged { check, passed, .. } => {
                let verdict = if *passed { Verdict::Passed } else { Verdict::Failed };
                self.answered(check, |check| check.judged(verdict, at), verdict, at);
            }
            Event::StepEntered { step } => {
                self.entered.entry(step.clone()).or_insert(at);
                Exception::end(&mut measures.skipped, step);
            }
            Event::RemediationPlanned(planned) => measures.remediations.entry(planned.remediation.clone()).or_default().planned += 1,
            Event::RemediationIntended { remediation, .. } => {
                measures.remediations.entry(remediation.clone()).or_default().tried += 1;
                measures.first_action.get_or_insert(at);
            }
            Event::RemediationSettled(settled) => {
                self.outcomes.insert(settled.attempt, (settled.remediation.clone(), settled.outcome));
            }
            Event::Interrupted { applying: true, attempt, remediation } => {
                self.outcomes.insert(*attempt, (remediation.clone(), Outcome::Unknown));
            }
            Event::RehearsalSkipped { .. } => measures.counts.rehearsals_skipped += 1,
            Event::Skipped { step, reason } => {
                measures.counts.skipped += 1;
                measures.skipped.push(Exception::new(step, reason, entry, at));
            }
            Event::Overridden { check, reason } => {
                measures.counts.overridden += 1;
                measures.overridden.push(Exception::new(check, reason, entry, at));
            }
            Event::EscalationDue { .. } => measures.counts.escalations += 1,
            Event::Note { .. } => measures.counts.notes += 1,
            Event::Resumed { .. }
            | Event::Left { .. }
            | Event::Interrupted { applying: false, .. }
            | Event::Repaired { .. }
            | Event::Rebuilt { .. }
            | Event::Applies { .. }
            | Event::QuestionAsked(_)
            | Event::RunbookJoined(_)
            | Event::QuestionKept(_)
            | Event::RemediationOffered(_)
            | Event::RemediationRehearsed(_)
            | Event::RemediationApproved { .. }
            | Event::RemediationAbandoned { .. }
            | Event::RemediationCommitting(_)
            | Event::TaskTicked { .. }
            | Event::TaskUnticked { .. }
            | Event::Corrected { .. }
            | Event::Decided(_)
            | Event::Attached { .. }
            | Event::RoleAssigned { .. }
            | Event::QuestionAnswered { .. }
            | Event::ActionNoted { .. }
            | Event::MessageDue { .. }
            | Event::MessageSent { .. }
            | Event::MessageLost { .. }
            | Event::HandoverAccepted
            | Event::OverBudget { .. }
            | Event::EscalationAcknowledged { .. }
            | Event::Called { .. }
            | Event::CallAcknowledged { .. }
            | Event::CallSnoozed { .. }
            | Event::UpdateGiven { .. }
            | Event::Paused { .. }
            | Event::Continued
            | Event::HandedOver { .. }
            | Event::Resolved(_)
            | Event::Unknown { .. } => {}
        }
    }

    fn answered(&mut self, check: &Id, take: impl FnOnce(&mut CheckMeasure), verdict: Verdict, at: Duration) {
        // What somebody only asked says nothing of what should be.
        if self.incident.questions.iter().any(|record| record.question.check == *check && record.kept.is_none()) {
            return;
        }
        let measures = &mut self.measures;
        take(measures.checks.entry(check.clone()).or_default());
        if verdict == Verdict::Failed || verdict.is_inconclusive() {
            measures.first_red.get_or_insert(at);
            if self.incident.opened().is_some_and(|opened| opened.began.is_none()) {
                measures.detected.get_or_insert(at);
            }
        }
        // As the incident has it: an acceptance lasts as long as the verdict that was accepted.
        if self.state.checks.get(check).is_some_and(|before| before.verdict != verdict) {
            Exception::end(&mut measures.overridden, check);
        }
    }

    fn enter_severity(&mut self, severity: Option<String>, at: Duration) {
        self.leave_severity(at);
        let severities = &mut self.measures.severities;
        let place = severities.iter().position(|known| known.severity == severity).unwrap_or_else(|| {
            severities.push(SeverityMeasure { severity, since: at, lasted: Duration::ZERO });
            severities.len() - 1
        });
        self.severity = Some((place, at));
    }

    fn leave_severity(&mut self, at: Duration) {
        if let Some((place, since)) = self.severity.take() {
            self.measures.severities[place].lasted += at.saturating_sub(since);
        }
    }

    /// The measures, and when each step was first turned to.
    fn end(mut self, at: Duration) -> (Measures, BTreeMap<Id, Duration>) {
        self.leave_severity(at);
        let mut measures = self.measures;
        measures.lasted = at;
        for (remediation, outcome) in self.outcomes.into_values() {
            measures.counts.settle(outcome);
            measures.remediations.entry(remediation).or_default().settle(outcome);
        }
        for check in measures.checks.values_mut() {
            check.end(at);
        }
        (measures, self.entered)
    }
}

impl Counts {
    fn settle(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Committed => &mut self.committed,
            Outcome::RolledBack => &mut self.rolled_back,
            Outcome::Failed => &mut self.failed,
            Outcome::Unknown => &mut self.unknown,
        } += 1;
    }
}

/// Whether somebody who does this has taken the incident up. Opening it is not among it: that may be done by whoever noticed,
/// to call for somebody else. Nor is what follows by itself, or leaving.
fn is_taking_up(event: &Event) -> bool {
    let begins = matches!(
        event,
        Event::StepEntered { .. }
            | Event::QuestionAsked(_)
            | Event::RemediationPlanned(_)
            | Event::UpdateGiven { .. }
            | Event::HandoverAccepted
            | Event::Resolved(_)
    );
    begins || event.may_be_corrected()
}

/// Whether an event can make harm end, or begin anew, by the criteria of success.
fn may_end_harm(event: &Event) -> bool {
    matches!(
        event,
        Event::Opened(_)
            | Event::CheckSettled(_)
            | Event::Judged { .. }
            | Event::Overridden { .. }
            | Event::Applies { .. }
            | Event::SeverityChanged { .. }
            | Event::RemediationSettled(_)
    )
}

/// Whether every immediate criterion that a check proves holds; nothing where there is no such criterion.
fn harm_is_over(incident: &Incident, runbook: &Runbook) -> Option<bool> {
    let mut over = None;
    let immediate = runbook.success.iter().filter(|success| success.urgency == Urgency::Immediate && applies(incident, success));
    for check in immediate.filter_map(|success| success.check.as_ref()) {
        let held = incident.checks.get(check).is_some_and(|record| record.verdict == Verdict::Passed || record.overridden.is_some());
        over = Some(over.unwrap_or(true) && held);
    }
    over
}

/// As the engine has it: by the timeline, or by the inputs alone.
fn applies(incident: &Incident, success: &Success) -> bool {
    success.when.as_ref().is_none_or(|when| incident.applies.contains(&success.id) || when.holds(&names(incident)).unwrap_or(false))
}

fn names(incident: &Incident) -> Values {
    let mut names: Values = incident.inputs().into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    names.insert("severity".to_owned(), Value::from(incident.severity.as_deref().unwrap_or_default()));
    names.insert("drill".to_owned(), Value::from(incident.is_drill()));
    names
}
