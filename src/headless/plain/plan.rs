//! The plan of a remediation read aloud like a contract: what it runs on, every statement as it will run, what the rehearsal
//! did, what to be careful about. Never leaves anything out, for consent follows.

use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::{Session, Stage};
use crate::present::plan::{self, Tried};
use crate::present::{advice, words};
use crate::runbook::model::Act;
use crate::timeline::event::{Planned, Problem};
use crate::timeline::incident::RemediationRecord;

use super::tell::{spoken, spoken_inside, time};

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
    let Tried { outcome, results, problem } = plan::tried(record, planned);
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
    told.push(match plan::standing(record, planned, Some(&remediation.act)) {
        Some(standing) => spoken(&standing.text),
        None => "It was not rehearsed.".to_owned(),
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
    told.push(match plan::target(session, planned) {
        Some((name, Some(shown))) => format!("It runs on {name}, {shown}."),
        Some((name, None)) => format!("It runs on {name}."),
        None => "It runs on this machine.".to_owned(),
    });
    let server = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref());
    told.extend(server.map(|server| spoken(&plan::server(server))));
    told
}

fn trouble(session: &Session, problem: &Problem) -> Vec<String> {
    let code = problem.sqlstate.as_ref().map(|code| format!(", SQLSTATE {code}")).unwrap_or_default();
    let mut told = vec![format!("It failed: {}{code}.", problem.message)];
    told.extend(plan::said_beside(problem).map(|(label, words)| spoken(&format!("{label}: {words}"))));
    told.extend(problem.position.map(|position| format!("At character {position} of the statement.")));
    for known in advice::on(&session.runbook, &problem.known_errors) {
        told.push(format!("Known error, {}: {}", known.title, known.advice));
    }
    told
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
