//! Every remediation that ran, put together from its entries; the ones that failed too. Never a plan that was not
//! consented to.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::{AttemptId, Id};
use crate::timeline::event::{Entry, Event, Outcome, Planned, Rehearsed, Settled};

use super::Case;

/// One remediation that ran.
pub(in crate::export) struct Run<'a> {
    pub(in crate::export) remediation: &'a Id,
    /// The entry of its consent.
    pub(in crate::export) begun: &'a Entry,
    /// What was typed to confirm.
    pub(in crate::export) typed: Option<&'a str>,
    pub(in crate::export) planned: Option<&'a Planned>,
    pub(in crate::export) rehearsed: Option<&'a Rehearsed>,
    pub(in crate::export) rehearsal_skipped: Option<&'a str>,
    /// Entries of others who agreed.
    pub(in crate::export) approved: Vec<&'a Entry>,
    /// Nothing for one that was cut off.
    pub(in crate::export) settled: Option<(&'a Entry, &'a Settled)>,
    /// When it began and when it was over, on the incident's clock; for one that was cut off when that was found.
    pub(in crate::export) from: Duration,
    pub(in crate::export) to: Duration,
}

impl Run<'_> {
    pub(in crate::export) fn outcome(&self) -> Outcome {
        self.settled.map_or(Outcome::Unknown, |(_, settled)| settled.outcome)
    }
}

pub(super) fn of(case: Case<'_>) -> Vec<Run<'_>> {
    let entries = case.incident.entries();
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    for entry in entries {
        if let Event::RemediationIntended { remediation, attempt, typed } = &entry.event {
            places.insert(*attempt, runs.len());
            let from = case.incident.since_began(entry.at);
            runs.push(Run {
                remediation,
                begun: entry,
                typed: typed.as_deref(),
                planned: None,
                rehearsed: None,
                rehearsal_skipped: None,
                approved: Vec::new(),
                settled: None,
                from,
                to: from,
            });
        }
    }
    for entry in entries {
        if let Some(run) = of_attempt(&entry.event).and_then(|attempt| runs.get_mut(*places.get(&attempt)?)) {
            gather(case, run, entry);
        }
    }
    runs
}

/// The attempt that an entry tells of.
fn of_attempt(event: &Event) -> Option<AttemptId> {
    match event {
        Event::RemediationPlanned(planned) => Some(planned.attempt),
        Event::RemediationRehearsed(rehearsed) => Some(rehearsed.attempt),
        Event::RemediationSettled(settled) => Some(settled.attempt),
        Event::RehearsalSkipped { attempt, .. } | Event::RemediationApproved { attempt, .. } | Event::Interrupted { attempt, .. } => {
            Some(*attempt)
        }
        _ => None,
    }
}

fn gather<'a>(case: Case<'a>, run: &mut Run<'a>, entry: &'a Entry) {
    match &entry.event {
        Event::RemediationPlanned(planned) => run.planned = Some(planned),
        Event::RemediationRehearsed(rehearsed) => run.rehearsed = Some(rehearsed),
        Event::RehearsalSkipped { reason, .. } => run.rehearsal_skipped = Some(reason),
        Event::RemediationApproved { .. } => run.approved.push(entry),
        Event::RemediationSettled(settled) => {
            run.settled = Some((entry, settled));
            run.to = case.incident.since_began(entry.at);
        }
        Event::Interrupted { .. } => run.to = case.incident.since_began(entry.at),
        _ => {}
    }
}
