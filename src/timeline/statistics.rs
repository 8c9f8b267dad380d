//! What many incidents of a runbook tell together: how long its steps take people, which they leave out, which checks they
//! did not believe, which remediations worked. Never mixes what people did for real with what they practised, nor either
//! with what the ideal responder played.

mod spread;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::Id;
use crate::runbook::Runbook;
use crate::runbook::asked::is_asked;

use super::Incident;
use super::measure::{Cost, Exception, Measures, RemediationMeasure};

pub use spread::Spread;

/// One incident with what was measured of it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Its state.
    pub incident: &'a Incident,
    /// Its runbook as it was then.
    pub runbook: &'a Runbook,
    /// Its figures.
    pub measures: &'a Measures,
}

/// How real an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It happened.
    Incident,
    /// People practised.
    Drill,
    /// The ideal responder played it, without a person.
    Rehearsal,
}

impl Kind {
    /// How real this one is.
    #[must_use]
    pub fn of(incident: &Incident) -> Self {
        match incident.opened().and_then(|opened| opened.drill.as_ref()) {
            None => Self::Incident,
            Some(drill) if drill.rehearsal => Self::Rehearsal,
            Some(_) => Self::Drill,
        }
    }
}

/// What the incidents of one kind of one runbook tell together. Times are taken of those that were resolved, everything
/// else of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// The runbook.
    pub runbook: Id,
    /// Its title, as the latest of them has it.
    pub title: String,
    /// How real they are.
    pub kind: Kind,
    /// How many.
    pub number: usize,
    /// How many of them are open.
    pub open: usize,
    /// From the beginning until it was noticed; see [`Measures`] for this and the following.
    pub detected: Option<Spread>,
    /// Until somebody took it up.
    pub acknowledged: Option<Spread>,
    /// Until the first consent to a remediation.
    pub first_action: Option<Spread>,
    /// Until the harm was over.
    pub mitigated: Option<Spread>,
    /// Until it was closed.
    pub resolved: Option<Spread>,
    /// What the latest runbook promises for that.
    pub promised: Option<Duration>,
    /// How many took longer than their runbook promised.
    pub over_promise: usize,
    /// Each phase of the latest runbook, in order.
    pub phases: Vec<PhaseStatistics>,
    /// Steps that were left out for good, the most often first.
    pub skipped: Vec<Skips>,
    /// Checks that cannot have been right, or gave no answer, the most often first.
    pub doubted: Vec<Doubts>,
    /// Remediations that were laid out, the most often tried first.
    pub remediations: Vec<Remedy>,
}

/// What phases cost.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseStatistics {
    /// The phase.
    pub phase: Id,
    /// Its title.
    pub title: String,
    /// Its figures.
    pub cost: Costs,
    /// Each of its steps, in order.
    pub steps: Vec<StepStatistics>,
}

/// What steps cost.
#[derive(Clone, Debug, PartialEq)]
pub struct StepStatistics {
    /// The step.
    pub step: Id,
    /// Its title.
    pub title: String,
    /// Its figures.
    pub cost: Costs,
}

/// Time spent against time allowed, where it was turned to at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Costs {
    /// Time worked on it.
    pub spent: Option<Spread>,
    /// Time allowed, by the latest runbook.
    pub budget: Option<Duration>,
    /// How many times more was needed than was allowed then.
    pub over: usize,
}

/// A step that people leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skips {
    /// The step.
    pub step: Id,
    /// Its title.
    pub title: String,
    /// In how many incidents it was left out, and not turned to later.
    pub skipped: usize,
    /// In how many it was turned to or left out.
    pub of: usize,
    /// Why, in the responders' words, the most common first.
    pub reasons: Vec<(String, usize)>,
}

/// A check that may be wrong, with the number of incidents that say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubts {
    /// The check.
    pub check: String,
    /// Its title.
    pub title: String,
    /// In how many incidents it was answered.
    pub answered: usize,
    /// It was accepted although it was not green.
    pub overridden: usize,
    /// A person said the opposite of what it had found.
    pub judged_against: usize,
    /// It was red when the incident was resolved.
    pub red_at_the_end: usize,
    /// It could not be asked.
    pub inconclusive: usize,
    /// Why it was accepted, the most common first.
    pub reasons: Vec<(String, usize)>,
}

/// What became of a remediation, added up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// The remediation.
    pub remediation: Id,
    /// Its title.
    pub title: String,
    /// In how many incidents it was laid out.
    pub planned_in: usize,
    /// What became of it in all of them.
    pub total: RemediationMeasure,
}

/// What these incidents tell, apart by runbook and kind: runbooks by id, and of each what happened before what was practised.
/// `cases` come oldest first: the last one says what things are called.
#[must_use]
pub fn of<'a>(cases: impl IntoIterator<Item = Case<'a>>) -> Vec<Statistics> {
    let mut apart: BTreeMap<(&Id, Kind), Vec<Case<'a>>> = BTreeMap::new();
    for case in cases {
        apart.entry((&case.runbook.id, Kind::of(case.incident))).or_default().push(case);
    }
    apart.into_iter().filter_map(|((_, kind), cases)| Some(of_one_kind(kind, &cases, cases.last()?.runbook))).collect()
}

fn of_one_kind(kind: Kind, cases: &[Case<'_>], latest: &Runbook) -> Statistics {
    let over: Vec<&Measures> = cases.iter().filter(|case| case.incident.resolved.is_some()).map(|case| case.measures).collect();
    let spread = |time: fn(&Measures) -> Option<Duration>| Spread::of(over.iter().filter_map(|measures| time(measures)));
    Statistics {
        runbook: latest.id.clone(),
        title: latest.title.clone(),
        kind,
        number: cases.len(),
        open: cases.len() - over.len(),
        detected: spread(|measures| measures.detected),
        acknowledged: spread(|measures| measures.acknowledged),
        first_action: spread(|measures| measures.first_action),
        mitigated: spread(|measures| measures.mitigated),
        resolved: spread(|measures| measures.resolved),
        promised: latest.resolve_within,
        over_promise: over.iter().filter(|measures| measures.resolved > measures.promised && measures.promised.is_some()).count(),
        phases: phases(&over, latest),
        skipped: skipped(cases),
        doubted: doubted(cases),
        remediations: remediations(cases),
    }
}

fn phases(over: &[&Measures], latest: &Runbook) -> Vec<PhaseStatistics> {
    let all = || over.iter().flat_map(|measures| &measures.phases);
    latest
        .phases
        .iter()
        .map(|phase| {
            let steps = phase.steps.iter().map(|step| {
                let costs = all().flat_map(|phase| &phase.steps).filter(|measure| measure.step == step.id).map(|measure| measure.cost);
                StepStatistics { step: step.id.clone(), title: step.title.clone(), cost: Costs::of(costs, step.budget) }
            });
            let steps = steps.collect();
            let costs = all().filter(|measure| measure.phase == phase.id).map(|measure| measure.cost);
            PhaseStatistics { phase: phase.id.clone(), title: phase.title.clone(), cost: Costs::of(costs, phase.budget), steps }
        })
        .collect()
}

impl Costs {
    fn of(costs: impl Iterator<Item = Cost>, budget: Option<Duration>) -> Self {
        let entered: Vec<Cost> = costs.filter(|cost| cost.entered.is_some()).collect();
        let over = entered.iter().filter(|cost| cost.over_by().is_some()).count();
        Self { spent: Spread::of(entered.iter().map(|cost| cost.spent)), budget, over }
    }
}

fn skipped(cases: &[Case<'_>]) -> Vec<Skips> {
    let mut skips: BTreeMap<Id, Skips> = BTreeMap::new();
    for case in cases {
        for (step, why) in standing(&case.measures.skipped) {
            let known = skips.entry(step.clone()).or_insert_with(|| Skips {
                step: step.clone(),
                title: String::new(),
                skipped: 0,
                of: 0,
                reasons: Vec::new(),
            });
            known.skipped += 1;
            known.title = case.runbook.step(step).map_or_else(|| step.to_string(), |(_, step)| step.title.clone());
            count_reason(&mut known.reasons, why);
        }
    }
    let mut skips: Vec<Skips> = skips.into_values().collect();
    for known in &mut skips {
        let met = |case: &&Case<'_>| case.incident.entered(&known.step) || standing(&case.measures.skipped).contains_key(&known.step);
        known.of = cases.iter().filter(met).count();
        most_common_first(&mut known.reasons);
    }
    skips.sort_by_key(|known| std::cmp::Reverse(known.skipped));
    skips
}

fn doubted(cases: &[Case<'_>]) -> Vec<Doubts> {
    let mut doubts: BTreeMap<Id, Doubts> = BTreeMap::new();
    for case in cases {
        let accepted: BTreeMap<&Id, &str> = case.measures.overridden.iter().map(|one| (&one.id, one.reason.as_str())).collect();
        let is_over = case.incident.resolved.is_some();
        // What was asked in one incident is another question than what was in the next.
        for (id, measure) in case.measures.checks.iter().filter(|(id, _)| !is_asked(id)) {
            let known = doubts.entry(id.clone()).or_default();
            known.check = id.to_string();
            known.title = case.runbook.check(id).map_or_else(|| id.to_string(), |(_, check)| check.title.clone());
            known.answered += 1;
            known.judged_against += usize::from(measure.judged_against > 0);
            known.red_at_the_end += usize::from(is_over && measure.red_at_the_end);
            known.inconclusive += usize::from(measure.inconclusive > 0);
            if let Some(why) = accepted.get(id) {
                known.overridden += 1;
                count_reason(&mut known.reasons, why);
            }
        }
    }
    let weight = |known: &Doubts| known.overridden + known.judged_against + known.red_at_the_end + known.inconclusive;
    let mut doubts: Vec<Doubts> = doubts.into_values().filter(|known| weight(known) > 0).collect();
    for known in &mut doubts {
        most_common_first(&mut known.reasons);
    }
    doubts.sort_by_key(|known| std::cmp::Reverse(weight(known)));
    doubts
}

fn remediations(cases: &[Case<'_>]) -> Vec<Remedy> {
    let mut remedies: BTreeMap<Id, Remedy> = BTreeMap::new();
    for case in cases {
        for (id, measure) in &case.measures.remediations {
            let known = remedies.entry(id.clone()).or_insert_with(|| Remedy {
                remediation: id.clone(),
                title: String::new(),
                planned_in: 0,
                total: RemediationMeasure::default(),
            });
            known.title = case.runbook.remediation(id).map_or_else(|| id.to_string(), |(_, remediation)| remediation.title.clone());
            known.planned_in += 1;
            known.total.add(*measure);
        }
    }
    let mut remedies: Vec<Remedy> = remedies.into_values().collect();
    remedies.sort_by_key(|known| std::cmp::Reverse((known.total.tried, known.planned_in)));
    remedies
}

/// What was excepted to the end, each with the last reason.
fn standing(exceptions: &[Exception]) -> BTreeMap<&Id, &str> {
    exceptions.iter().filter(|one| !one.ended).map(|one| (&one.id, one.reason.as_str())).collect()
}

/// Reasons that differ only in their case and the spaces around them are one.
fn count_reason(reasons: &mut Vec<(String, usize)>, why: &str) {
    let why = why.trim();
    match reasons.iter_mut().find(|(known, _)| known.to_lowercase() == why.to_lowercase()) {
        Some((_, times)) => *times += 1,
        None => reasons.push((why.to_owned(), 1)),
    }
}

fn most_common_first(reasons: &mut [(String, usize)]) {
    reasons.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
}
