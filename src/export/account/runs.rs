//! Every remediation that ran, put together from its entries; the ones that failed too. Never a plan that was not
//! consented to.

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
    let begun = entries.iter().filter_map(|entry| match &entry.event {
        Event::RemediationIntended { remediation, attempt, typed } => {
            let from = case.incident.since_began(entry.at);
            let run = Run {
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
            };
            Some(gather(case, *attempt, run))
        }
        _ => None,
    });
    begun.collect()
}

fn gather<'a>(case: Case<'a>, wanted: AttemptId, mut run: Run<'a>) -> Run<'a> {
    for entry in case.incident.entries() {
        match &entry.event {
            Event::RemediationPlanned(planned) if planned.attempt == wanted => run.planned = Some(planned),
            Event::RemediationRehearsed(rehearsed) if rehearsed.attempt == wanted => run.rehearsed = Some(rehearsed),
            Event::RehearsalSkipped { attempt, reason, .. } if *attempt == wanted => run.rehearsal_skipped = Some(reason),
            Event::RemediationApproved { attempt, .. } if *attempt == wanted => run.approved.push(entry),
            Event::RemediationSettled(settled) if settled.attempt == wanted => {
                run.settled = Some((entry, settled));
                run.to = case.incident.since_began(entry.at);
            }
            Event::Interrupted { attempt, .. } if *attempt == wanted => run.to = case.incident.since_began(entry.at),
            _ => {}
        }
    }
    run
}
