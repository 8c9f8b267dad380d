//! The plan of a remediation read aloud like a contract: what it runs on, every statement as it will run, what the rehearsal
//! did, what to be careful about. Never leaves anything out, for consent follows.

use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::{Session, Stage};
use crate::present::{advice, words};
use crate::runbook::model::Act;
use crate::timeline::event::{Planned, Problem};
use crate::timeline::incident::RemediationRecord;

use super::tell::{spoken_inside, time};

/// The plan in full.
pub(super) fn read(session: &Session, id: &Id) -> Vec<String> {
    let Some((_, remediation)) = session.runbook.remediation(id) else { return Vec::new() };
    let record = session.incident.remediations.get(id);
    let Some((record, planned)) = record.and_then(|record| Some((record, record.planned.as_ref()?))) else {
        return vec![format!("There is no plan of \"{}\" yet.", remediation.title)];
    };
    let mut told = vec![format!("The plan of \"{}\".", remediation.title)];
    told.extend(remediation.why.iter().map(|why| session.text(why)));
    told.extend(place(session, record, planned));
    let outcome = record.settled.as_ref().filter(|settled| settled.attempt == planned.attempt);
    let (results, problem) = match (outcome, &record.rehearsed) {
        (Some(settled), _) => (settled.results.as_slice(), settled.problem.as_ref()),
        (None, Some(rehearsed)) => (rehearsed.results.as_slice(), rehearsed.problem.as_ref()),
        (None, None) => (&[][..], None),
    };
    let noun = if matches!(remediation.act, Act::Sql(_)) { "Statement" } else { "Part" };
    for (n, step) in planned.steps.iter().enumerate() {
        told.push(format!("{noun} {} of {}, {}:\n{}", n + 1, planned.steps.len(), step.what, step.text));
        told.extend(step.lock.iter().map(|lock| format!("Lock: {}.", spoken_inside(lock))));
        told.extend(step.cautions.iter().map(|caution| format!("Caution: {}.", spoken_inside(caution))));
        if let Some(result) = results.get(n) {
            let did = if outcome.is_some() { "It ran" } else { "Rehearsed" };
            told.push(format!("{did}: {} in {}.", words::count(result.rows, "row", "rows"), words::duration(result.duration)));
        }
        told.extend(problem.filter(|problem| problem.statement == Some(n)).into_iter().flat_map(|problem| trouble(session, problem)));
    }
    told.push("That is all that will run.".to_owned());
    told.extend(problem.filter(|problem| problem.statement.is_none()).into_iter().flat_map(|problem| trouble(session, problem)));
    told.push(match (outcome, &record.rehearsed) {
        (Some(settled), _) => {
            let exit = settled.exit.map(|exit| format!(", exit {exit}")).unwrap_or_default();
            format!("It was {}{exit}.", words::outcome(settled.outcome, Some(&remediation.act)).name)
        }
        (None, _) if !planned.can_rehearse => "It cannot be rehearsed. Read it twice.".to_owned(),
        (None, Some(rehearsed)) if rehearsed.problem.is_none() => "It was rehearsed and rolled back: nothing has changed yet.".to_owned(),
        (None, Some(_)) => "Its rehearsal failed: nothing has changed.".to_owned(),
        (None, None) => "It was not rehearsed.".to_owned(),
    });
    if let Some(settled) = outcome.filter(|settled| !settled.seen.is_empty()) {
        told.extend([format!("It printed:\n{}", settled.seen), "End of what it printed.".to_owned()]);
    }
    told.extend(record.rehearsal_skipped.iter().map(|reason| format!("Its rehearsal was left out: {reason}.")));
    told.extend((!record.approved.is_empty()).then(|| format!("Agreed by {}.", record.approved.join(", "))));
    told
}

fn place(session: &Session, record: &RemediationRecord, planned: &Planned) -> Vec<String> {
    let mut told = Vec::new();
    match (session.incident.is_drill(), planned.production) {
        (true, true) => told.push("This is a drill, played as production.".to_owned()),
        (true, false) => told.push("This is a drill.".to_owned()),
        (false, true) => told.push("This is PRODUCTION.".to_owned()),
        (false, false) => {}
    }
    let opened = session.incident.opened();
    let shown = opened.and_then(|opened| opened.targets.iter().find(|target| Some(&target.name) == planned.target.as_ref()));
    told.push(match (&planned.target, shown) {
        (Some(name), Some(shown)) => format!("It runs on {name}, {}.", shown.shown),
        (Some(name), None) => format!("It runs on {name}."),
        (None, _) => "It runs on this machine.".to_owned(),
    });
    if let Some(server) = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref()) {
        let standby = if server.in_recovery { ", a STANDBY that takes no changes" } else { "" };
        let system = server.system.as_ref().map(|system| format!(", server {system}")).unwrap_or_default();
        told.push(format!("Database {} as {}, PostgreSQL {}{system}{standby}.", server.database, server.role, server.version));
    }
    told
}

fn trouble(session: &Session, problem: &Problem) -> Vec<String> {
    let code = problem.sqlstate.as_ref().map(|code| format!(", SQLSTATE {code}")).unwrap_or_default();
    let mut told = vec![format!("It failed: {}{code}.", problem.message)];
    let more = [("Detail", &problem.detail), ("Hint", &problem.hint), ("Blocked by", &problem.blocked_by)];
    told.extend(more.into_iter().filter_map(|(label, words)| words.as_ref().map(|words| format!("{label}: {words}"))));
    told.extend(problem.position.map(|position| format!("At character {position} of the statement.")));
    for known in advice::on(&session.runbook, &problem.known_errors) {
        told.push(format!("Known error, {}: {}", known.title, known.advice));
    }
    told
}

/// The database whose name is the consent to the open plan, if one has to be typed.
pub(super) fn name_to_type(session: &Session, id: &Id, now: Stamp) -> Option<String> {
    let record = session.incident.remediations.get(id).filter(|record| record.open)?;
    let planned = record.planned.as_ref().filter(|planned| planned.production)?;
    if planned.target.as_ref().is_some_and(|target| session.is_armed(target, now)) {
        return None;
    }
    record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref()).map(|server| server.database.clone())
}

/// A change that takes no longer has ended before one has heard how far it is.
const WORTH_SAYING: Duration = Duration::from_secs(2);

/// How far the remediation is that runs now: told whenever it is another sentence than before.
pub(super) fn progress(session: &Session, now: Stamp) -> Option<String> {
    let running = session.running()?;
    let title =
        session.runbook.remediation(&running.remediation).map_or(running.remediation.as_str(), |(_, remediation)| &remediation.title);
    let planned = session.incident.remediations.get(&running.remediation).and_then(|record| record.planned.as_ref());
    let of = planned.map_or(0, |planned| planned.steps.len());
    let waits = running.waits_for.as_ref().map(|holder| format!(" It waits for {holder}.")).unwrap_or_default();
    Some(match (running.cancelling, running.stage) {
        (true, _) => format!("Stopping \"{title}\".{waits}"),
        (false, Stage::Rehearse) => format!("Rehearsing \"{title}\"; everything is rolled back.{waits}"),
        // The entry has said that it is being applied; what runs on is worth another word.
        (false, Stage::Apply) if now.since(running.since) < WORTH_SAYING && waits.is_empty() => return None,
        (false, Stage::Apply) => {
            format!("Applying \"{title}\", part {} of {of}.{waits} The word stop stops it.", running.statement + 1)
        }
    })
}

/// How long it has been running, for who asks.
pub(super) fn running_for(session: &Session, now: Stamp) -> Option<String> {
    let running = session.running()?;
    let title =
        session.runbook.remediation(&running.remediation).map_or(running.remediation.as_str(), |(_, remediation)| &remediation.title);
    let doing = if running.stage == Stage::Apply { "applied" } else { "rehearsed" };
    let sentence = progress(session, now).unwrap_or_else(|| format!("\"{title}\" is being {doing}."));
    Some(format!("{sentence} It has taken {} so far.", time(now.since(running.since))))
}
