//! What Enter will do next, as a sentence for the footer. Never decides what comes next; `engine::next` does.

use crate::base::id::Id;
use crate::base::text;
use crate::engine::effect::Stage;
use crate::engine::next::Move;
use crate::engine::session::Session;
use crate::runbook::model::{Act, Transaction};

use super::words::quoted;

/// What Enter does, in lower case and without a full stop: `rehearse “Create the schema and its grants”`.
#[must_use]
pub fn next_move(next: &Move, session: &Session) -> String {
    let sentence = match next {
        Move::Continue => "go on after the pause".to_owned(),
        Move::Enter(step) => format!("turn to {}", step_title(session, step)),
        Move::Ask(step) => format!("ask the checks of {}", step_title(session, step)),
        Move::Probe(check) => format!("ask {} (it writes, and is always rolled back)", check_title(session, check)),
        Move::Wait => "wait: checks are being asked".to_owned(),
        Move::Judge(check) => format!("say whether the answer to {} is good", check_title(session, check)),
        Move::Guard(check) => format!("ask {} again: its answer guards the next remediation", check_title(session, check)),
        Move::Plan(remediation) => format!("{} {}", plan_verb(session, remediation), remediation_title(session, remediation)),
        Move::WaitFor(remediation) => {
            let applying = session.running().is_some_and(|running| running.stage == Stage::Apply);
            let what = if applying { "applied" } else { "rehearsed" };
            format!("wait: {} is being {what}", remediation_title(session, remediation))
        }
        Move::Decide(remediation) => format!("read the plan of {} and decide", remediation_title(session, remediation)),
        Move::Tick(task) => format!("tick {}", task_title(session, task)),
        Move::AskSuccess => "ask once more what success depends on".to_owned(),
        Move::TickCriterion(criterion) => format!("tick the criterion {}", criterion_title(session, criterion)),
        Move::Return { step, check } => {
            format!("go back to {}: {} is red", step_title(session, step), check_title(session, check))
        }
        Move::Stuck(check) => format!("ask once more: success depends on {}, which is red", check_title(session, check)),
        Move::Resolve => "resolve the incident: every criterion holds".to_owned(),
        Move::Leave => "leave: the incident is over".to_owned(),
    };
    text::line(&sentence).into_owned()
}

/// Commands and statements outside a transaction cannot be rehearsed; a footer must not promise it.
fn plan_verb(session: &Session, remediation: &Id) -> &'static str {
    match session.runbook.remediation(remediation) {
        Some((_, remediation)) if matches!(remediation.act, Act::Sql(_)) && remediation.transaction == Transaction::One => "rehearse",
        _ => "look at the plan of",
    }
}

fn step_title(session: &Session, step: &Id) -> String {
    quoted(session.runbook.step(step).map_or(step.as_str(), |(_, step)| &step.title))
}

fn check_title(session: &Session, check: &Id) -> String {
    quoted(session.runbook.check(check).map_or(check.as_str(), |(_, check)| &check.title))
}

fn remediation_title(session: &Session, remediation: &Id) -> String {
    quoted(session.runbook.remediation(remediation).map_or(remediation.as_str(), |(_, remediation)| &remediation.title))
}

fn task_title(session: &Session, task: &Id) -> String {
    quoted(&session.runbook.task(task).map_or_else(|| task.to_string(), |(_, task)| session.text(&task.title)))
}

fn criterion_title(session: &Session, criterion: &Id) -> String {
    quoted(session.runbook.success.iter().find(|success| success.id == *criterion).map_or(criterion.as_str(), |success| &success.title))
}
