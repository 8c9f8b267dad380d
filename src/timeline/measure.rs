//! Times and counts measured from a timeline: how long it took to see, to act, to mitigate and to resolve,
//! and what each phase and check cost. Never an opinion: every figure follows from the entries alone.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::base::{Value, Values};
use crate::runbook::Runbook;
use crate::runbook::model::{Phase, Step, Success, Urgency};

use super::event::{Event, Outcome, Verdict};
use super::incident::Incident;

/// What can be measured of one incident. Moments are times since it began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// The first answer that was not green: a failed check, or one that could not be asked.
    pub first_red: Option<Duration>,
    /// The first consent to a remediation.
    pub first_action: Option<Duration>,
    /// The harm is over: since this moment, after something had been red, every immediate criterion that a
    /// check proves has held without a break up to the end. In a runbook without such a criterion, the
    /// last remediation that was committed. None while something immediate is red, or if nothing ever was.
    pub mitigated: Option<Duration>,
    /// The responder closed it.
    pub resolved: Option<Duration>,
    /// From its beginning to its resolution, or to the end of the measurement while it is open.
    pub lasted: Duration,
    /// The time to resolution that the runbook promises.
    pub promised: Option<Duration>,
    /// Each phase of the runbook, in order.
    pub phases: Vec<PhaseMeasure>,
    /// Each check that was answered, by id.
    pub checks: BTreeMap<Id, CheckMeasure>,
    /// How often things happened.
    pub counts: Counts,
}

/// What a phase cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseMeasure {
    /// The phase.
    pub phase: Id,
    /// Its own figures, those of its steps added up.
    pub cost: Cost,
    /// Each of its steps, in order.
    pub steps: Vec<StepMeasure>,
}

/// What a step cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepMeasure {
    /// The step.
    pub step: Id,
    /// Its figures.
    pub cost: Cost,
}

/// Time spent against time allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// When it was first turned to.
    pub entered: Option<Duration>,
    /// Time worked on it; pauses do not count.
    pub spent: Duration,
    /// Time allowed.
    pub budget: Option<Duration>,
}

impl Cost {
    /// How much more was spent than allowed.
    #[must_use]
    pub fn over_by(&self) -> Option<Duration> {
        self.budget.and_then(|budget| self.spent.checked_sub(budget)).filter(|over| !over.is_zero())
    }
}

/// What is known of one check over the whole incident.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckMeasure {
    /// Answers on the timeline; repeats that changed nothing are not on it.
    pub answers: u64,
    /// How often it turned red.
    pub turned_red: u64,
    /// How long it was red in all.
    pub red_for: Duration,
    red_since: Option<Duration>,
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
}

impl Measures {
    /// Measures an incident up to a moment: its last entry for a finished one, now for an open one.
    #[must_use]
    pub fn of(incident: &Incident, runbook: &Runbook, until: Stamp) -> Self {
        let since_began = |at: Stamp| incident.since_began(at);
        let end = incident.resolved.as_ref().map_or(until, |(at, _)| *at);
        let mut measures = Self {
            resolved: incident.resolved.as_ref().map(|(at, _)| since_began(*at)),
            lasted: since_began(end),
            promised: runbook.resolve_within,
            ..Self::default()
        };
        let mut entered = BTreeMap::new();
        let mut last_commit = None;
        // Of each attempt the last word counts: what was unknown may have been found out.
        let mut outcomes = BTreeMap::new();
        let mut so_far = Incident::default();
        for entry in incident.entries() {
            let at = since_began(entry.at);
            so_far.apply(entry.clone());
            match &entry.event {
                Event::CheckSettled(settled) => measures.check(&settled.check, settled.verdict, at),
                Event::Judged { check, passed, .. } => {
                    measures.check(check, if *passed { Verdict::Passed } else { Verdict::Failed }, at);
                }
                Event::StepEntered { step } => {
                    entered.entry(step.clone()).or_insert(at);
                }
                Event::RemediationIntended { .. } => {
                    measures.first_action.get_or_insert(at);
                }
                Event::RemediationSettled(settled) => {
                    outcomes.insert(settled.attempt, settled.outcome);
                    if settled.outcome == Outcome::Committed {
                        last_commit = Some(at);
                    }
                }
                Event::Interrupted { applying: true, attempt, .. } => _ = outcomes.insert(*attempt, Outcome::Unknown),
                Event::RehearsalSkipped { .. } => measures.counts.rehearsals_skipped += 1,
                Event::Skipped { .. } => measures.counts.skipped += 1,
                Event::Overridden { .. } => measures.counts.overridden += 1,
                Event::EscalationDue { .. } => measures.counts.escalations += 1,
                Event::Note { .. } => measures.counts.notes += 1,
                Event::Opened(_)
                | Event::Resumed { .. }
                | Event::Left { .. }
                | Event::Interrupted { applying: false, .. }
                | Event::Repaired { .. }
                | Event::Rebuilt { .. }
                | Event::Applies { .. }
                | Event::RemediationOffered(_)
                | Event::RemediationPlanned(_)
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
                | Event::SeverityChanged { .. }
                | Event::Paused { .. }
                | Event::Continued
                | Event::HandedOver { .. }
                | Event::Resolved(_)
                | Event::Unknown { .. } => {}
            }
            measures.mitigated = match harm_is_over(&so_far, runbook) {
                Some(true) if measures.first_red.is_some() => measures.mitigated.or(Some(at)),
                Some(_) => None,
                None => last_commit,
            };
        }
        for outcome in outcomes.into_values() {
            measures.counts.settle(outcome);
        }
        for check in measures.checks.values_mut() {
            check.stop_being_red(measures.lasted);
        }
        measures.phases = runbook.phases.iter().map(|phase| measure_phase(incident, phase, &entered, until)).collect();
        measures
    }

    fn check(&mut self, check: &Id, verdict: Verdict, at: Duration) {
        let measure = self.checks.entry(check.clone()).or_default();
        measure.answers += 1;
        if verdict == Verdict::Failed || verdict.is_inconclusive() {
            self.first_red.get_or_insert(at);
            if measure.red_since.is_none() {
                measure.turned_red += 1;
                measure.red_since = Some(at);
            }
        } else {
            measure.stop_being_red(at);
        }
    }
}

impl CheckMeasure {
    fn stop_being_red(&mut self, at: Duration) {
        if let Some(since) = self.red_since.take() {
            self.red_for += at.saturating_sub(since);
        }
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
    let inputs = incident.opened().into_iter().flat_map(|opened| &opened.inputs);
    let mut names: Values = inputs.map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    names.insert("severity".to_owned(), Value::from(incident.severity.as_deref().unwrap_or_default()));
    names.insert("drill".to_owned(), Value::from(incident.is_drill()));
    names
}

fn measure_phase(incident: &Incident, phase: &Phase, entered: &BTreeMap<Id, Duration>, until: Stamp) -> PhaseMeasure {
    let measure = |step: &Step| {
        let cost = Cost { entered: entered.get(&step.id).copied(), spent: incident.spent(&step.id, until), budget: step.budget };
        StepMeasure { step: step.id.clone(), cost }
    };
    let steps: Vec<StepMeasure> = phase.steps.iter().map(measure).collect();
    let cost = Cost {
        entered: steps.iter().filter_map(|step| step.cost.entered).min(),
        spent: steps.iter().map(|step| step.cost.spent).sum(),
        budget: phase.budget,
    };
    PhaseMeasure { phase: phase.id.clone(), cost, steps }
}
