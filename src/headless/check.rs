//! Every question of a runbook asked once, for CI and cron. Changes nothing and keeps nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::id::Id;
use crate::engine::msg::Command;
use crate::engine::{Ending, Msg, Session};
use crate::report::check::{CheckRow, MatchedError, RowVerdict};
use crate::runbook::model::{Check, Phase, Step};
use crate::runtime::Runtime;
use crate::timeline::event::Verdict;

/// Which questions are asked.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only those of this phase.
    pub phase: Option<Id>,
    /// Only these; empty for all.
    pub only: BTreeSet<Id>,
    /// Probes, too.
    pub probe: bool,
}

/// How often it is told how far a run is while nothing happens.
const TOLD_AGAIN: Duration = Duration::from_millis(100);

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Checks that have their verdict.
    pub answered: usize,
    /// Checks known to be asked. It may grow: what a `when` lets in is learnt on the way.
    pub asked: usize,
}

/// Asks the selected checks that apply, each once with its retries, and gives a row for each that was selected.
///
/// Checks that a `when` depends on are asked first, even when they are not selected. `progress` hears of every
/// answer, and now and then in between. `None` when a signal ended it.
pub async fn check(runtime: &mut Runtime, selection: &Selection, mut progress: impl FnMut(Progress)) -> Option<Vec<CheckRow>> {
    let runbook = runtime.session().runbook.clone();
    let mut asked: BTreeSet<Id> = BTreeSet::new();
    loop {
        let session = runtime.session();
        let mut wanted: Vec<Id> = needed(session, selection).into_iter().filter(|check| !asked.contains(check)).collect();
        if wanted.is_empty() {
            wanted = runbook
                .steps()
                .flat_map(|(phase, step)| step.checks.iter().map(move |check| (phase, step, check)))
                .filter(|(phase, step, check)| {
                    selection.takes(phase, check)
                        && (check.ask.may_repeat() || selection.probe)
                        && applies(session, phase, step, check)
                        && !asked.contains(&check.id)
                })
                .map(|(_, _, check)| check.id.clone())
                .collect();
        }
        if wanted.is_empty() {
            break;
        }
        for check in &wanted {
            let by = runtime.session().responder.clone();
            runtime.step(Msg::Asked { by, command: Command::RunCheck(check.clone()) });
        }
        asked.extend(wanted.iter().cloned());
        // One at a time from the end: to look through all of them after each answer would take longer than to ask.
        while let Some(check) = wanted.last() {
            let session = runtime.session();
            progress(Progress { answered: session.incident.checks.len(), asked: asked.len() });
            if session.incident.checks.contains_key(check) || !session.is_awaited(check) {
                wanted.pop();
                continue;
            }
            let msg = tokio::select! {
                msg = runtime.next() => msg,
                () = tokio::time::sleep(TOLD_AGAIN) => continue,
            };
            if runtime.step(msg).ending == Some(Ending::Open) {
                return None;
            }
        }
    }
    let session = runtime.session();
    let rows = runbook.steps().flat_map(|(phase, step)| step.checks.iter().map(move |check| (phase, step, check)));
    Some(
        rows.filter(|(phase, _, check)| selection.takes(phase, check))
            .map(|(phase, step, check)| row(session, phase, step, check))
            .collect(),
    )
}

impl Selection {
    fn takes(&self, phase: &Phase, check: &Check) -> bool {
        self.phase.as_ref().is_none_or(|wanted| *wanted == phase.id) && (self.only.is_empty() || self.only.contains(&check.id))
    }
}

/// The checks that some `when` of the selected ones depends on, and theirs in turn.
fn needed(session: &Session, selection: &Selection) -> BTreeSet<Id> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<Id> = Vec::new();
    let of = |phase: &Phase, step: &Step, check: &Check| -> Vec<Id> {
        [&phase.when, &step.when, &check.when]
            .into_iter()
            .flatten()
            .flat_map(crate::runbook::expression::Expression::checks)
            .cloned()
            .collect()
    };
    for (phase, step) in session.runbook.steps() {
        for check in step.checks.iter().filter(|check| selection.takes(phase, check)) {
            open.extend(of(phase, step, check));
        }
    }
    while let Some(id) = open.pop() {
        let Some((phase, step, check)) = find(session, &id) else { continue };
        if check.ask.may_repeat() && needed.insert(id) {
            open.extend(of(phase, step, check));
        }
    }
    // What is itself under a `when` is asked only once that holds.
    needed.retain(|id| find(session, id).is_some_and(|(phase, step, check)| applies(session, phase, step, check)));
    needed
}

fn find<'s>(session: &'s Session, id: &Id) -> Option<(&'s Phase, &'s Step, &'s Check)> {
    let all = session.runbook.steps().flat_map(|(phase, step)| step.checks.iter().map(move |check| (phase, step, check)));
    all.into_iter().find(|(_, _, check)| check.id == *id)
}

fn applies(session: &Session, phase: &Phase, step: &Step, check: &Check) -> bool {
    session.step_applies(phase, step) && session.applies(&check.id, check.when.as_ref())
}

fn row(session: &Session, phase: &Phase, step: &Step, check: &Check) -> CheckRow {
    let record = session.incident.checks.get(&check.id);
    let live = session.live(&check.id);
    let (verdict, reason) = match record {
        None if !check.ask.may_repeat() => (RowVerdict::Skipped, "writes, so it is asked only with --probe".to_owned()),
        None => (RowVerdict::Skipped, "its `when` does not hold".to_owned()),
        Some(record) if record.verdict == Verdict::NeedsPerson => (RowVerdict::Skipped, format!("needs a person: {}", record.reason)),
        Some(record) => (record.verdict.into(), record.reason.clone()),
    };
    let known_errors = record
        .map(|record| &record.known_errors[..])
        .unwrap_or_default()
        .iter()
        .map(|title| MatchedError {
            title: title.clone(),
            advice: session.runbook.known_error(title).and_then(|known| known.advice.clone()),
        })
        .collect();
    CheckRow {
        id: check.id.clone(),
        phase: phase.id.clone(),
        step: step.id.clone(),
        title: check.title.clone(),
        kind: check.ask.kind(),
        verdict,
        reason,
        expect: check.expect.as_ref().map(|expect| expect.source().to_owned()),
        values: live.map(|live| live.values.clone()).unwrap_or_default(),
        attempts: live.map_or(0, |live| live.tries),
        duration: live.map(|live| live.took).unwrap_or_default(),
        known_errors,
    }
}
