//! The brief for whoever leads next, written from what was really done. Never from what was planned.

use std::time::Duration;

use crate::base::stamp::Stamp;
use crate::runbook::model::Remediation;
use crate::timeline::calls::Subject;
use crate::timeline::event::Call;
use crate::timeline::incident::RemediationRecord;

use super::ahead::ahead;
use super::effect::Stage;
use super::session::Session;

/// What a successor must know, a line for each: where it stands, what is under way, how much time is left, what is open,
/// what was changed, and what must not be touched.
pub(super) fn brief(session: &Session, at: Stamp, word: &str) -> String {
    let mut lines = vec![word.trim().to_owned(), state(session, at)];
    lines.extend(session.current().map(|(phase, step)| {
        let spent = session.phase_spent(phase, at);
        let left = phase.budget.map(|budget| format!(", {}", left(budget, spent))).unwrap_or_default();
        format!("At “{}” of phase “{}”{left}.", step.title, phase.title)
    }));
    let titles = |wanted: &dyn Fn(&RemediationRecord) -> bool| {
        let of = |remediation: &Remediation| session.incident.remediations.get(&remediation.id).is_some_and(wanted);
        session.runbook.remediations().filter(|(_, one)| of(one)).map(|(_, one)| one.title.clone()).collect::<Vec<_>>()
    };
    lines.push(named("In progress", &in_progress(session), "nothing"));
    lines.push(named("Red", &session.red().map(|check| check.title.clone()).collect::<Vec<_>>(), "nothing"));
    lines.push(named("Could not be asked", &session.unclear().map(|check| check.title.clone()).collect::<Vec<_>>(), ""));
    lines.push(named("Changed", &titles(&|record| record.committed), "nothing"));
    lines.push(named("Open tasks", &open_tasks(session), "none"));
    let criteria = session.criteria().into_iter().filter(|criterion| !criterion.held).map(|criterion| criterion.title);
    lines.push(named("Not yet true", &criteria.collect::<Vec<_>>(), "every criterion of success holds"));
    let names = session.names();
    let mut untouchable: Vec<String> = session.runbook.never.iter().map(|warning| warning.render(&names)).collect();
    let unknown = titles(&|record| record.is_unknown());
    untouchable.extend(unknown.iter().map(|title| format!("do not repeat “{title}”: nobody knows whether it is in effect")));
    lines.push(named("Not to be touched", &untouchable, ""));
    lines.push(session.next_escalation(at).map(|(_, left)| format!("Next call for help in {}.", minutes(left))).unwrap_or_default());
    lines.push(update(session, at));
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

/// When stakeholders should hear something next, where a person has to tell them.
fn update(session: &Session, at: Stamp) -> String {
    let is_update = |call: &Call| matches!(call, Call::UpdateDue { .. });
    let waits = session.open_calls(at).iter().any(|(_, record)| matches!(&record.about, Subject::Called(call) if is_update(call)));
    let coming = ahead(session, at).into_iter().find(|coming| is_update(&coming.call)).map(|coming| coming.within);
    match coming {
        _ if waits => "Stakeholders wait for an update.".to_owned(),
        Some(within) => format!("Next update for stakeholders in {}.", minutes(within)),
        None => String::new(),
    }
}

fn state(session: &Session, at: Stamp) -> String {
    let clock = session.incident.clock(at);
    let severity = session.incident.severity.as_ref().map(|severity| format!("{severity}, ")).unwrap_or_default();
    let promised =
        session.runbook.resolve_within.map(|within| format!(", to be resolved within {}: {}", minutes(within), left(within, clock)));
    let paused = session.incident.paused.as_ref().map(|(_, why)| format!(" Paused: {why}.")).unwrap_or_default();
    format!("{severity}{} since it began{}.{paused}", minutes(clock), promised.unwrap_or_default())
}

fn in_progress(session: &Session) -> Vec<String> {
    let title = |id| session.runbook.remediation(id).map_or_else(|| id.to_string(), |(_, one)| one.title.clone());
    let running = session.running().map(|running| {
        let stage = if running.stage == Stage::Apply { "being applied" } else { "being rehearsed" };
        format!("{} ({stage})", title(&running.remediation))
    });
    let open = session.open_plan().filter(|_| running.is_none()).map(|id| format!("{} (planned, waits for a decision)", title(id)));
    let checks = session.runbook.checks().map(|(_, check)| check).chain(session.runbook.asked.iter().map(|asked| &asked.check));
    let asked = checks.filter(|check| session.is_asking(&check.id)).map(|check| check.title.clone());
    running.into_iter().chain(open).chain(asked).collect()
}

/// Tasks of the steps that were begun and are neither done nor left out.
fn open_tasks(session: &Session) -> Vec<String> {
    let names = session.names();
    let is_open = |id| session.incident.entered(id) && !session.incident.skipped.contains_key(id);
    let tasks = session.runbook.tasks().filter(|(step, task)| {
        is_open(&step.id) && !session.incident.ticks.contains_key(&task.id) && session.applies(&task.id, task.when.as_ref())
    });
    tasks.map(|(_, task)| task.title.render(&names)).collect()
}

fn named(what: &str, items: &[String], none: &str) -> String {
    match (items, none) {
        ([], "") => String::new(),
        ([], none) => format!("{what}: {none}."),
        ([one], _) => format!("{what}: {}.", one.trim_end_matches('.')),
        (many, _) => format!("{what}:\n{}", many.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n")),
    }
}

fn left(budget: Duration, spent: Duration) -> String {
    match budget.checked_sub(spent) {
        Some(left) => format!("{} left", minutes(left)),
        None => format!("{} over", minutes(spent.saturating_sub(budget))),
    }
}

fn minutes(time: Duration) -> String {
    match time.as_secs() / 60 {
        0 => "less than a minute".to_owned(),
        minutes @ 1..60 => format!("{minutes} min"),
        minutes => format!("{} h {:02} min", minutes / 60, minutes % 60),
    }
}
