//! A remediation on its way: planned, rehearsed, consented to, applied, verified. Never runs anything by
//! itself, and nothing without an entry that says so first.

use std::collections::BTreeSet;

use crate::base::id::{AttemptId, Id};
use crate::base::redact::Masker;
use crate::base::text;
use crate::runbook::model::{Act, Program, Remediation};
use crate::runbook::sql;
use crate::timeline::Event;
use crate::timeline::event::{Asked, Committing, Outcome, Planned, PlannedStep, Problem, Rehearsed, ServerFacts, Settled};

use super::attempt::RemediationNews;
use super::checks::known_errors;
use super::effect::{Effect, Stage};
use super::session::{Running, Session};
use super::turn::Turn;

/// Lays out what a remediation would do, and has SQL tried in a transaction that is rolled back.
pub(super) fn plan(turn: &mut Turn<'_>, by: &str, id: &Id) {
    let runbook = turn.session.runbook.clone();
    let Some((_, remediation)) = runbook.remediation(id) else {
        return;
    };
    let (steps, can_rehearse) = match lay_out(turn.session, remediation) {
        Ok(plan) => plan,
        Err(why) => return turn.say(format!("“{}” cannot be planned: {why}", remediation.title)),
    };
    let attempt = turn.attempt();
    let target = target(turn.session, remediation);
    let production = target.as_ref().is_some_and(|(_, production)| *production);
    let planned = Planned {
        remediation: id.clone(),
        attempt,
        target: target.map(|(target, _)| target),
        production,
        steps: steps.clone(),
        can_rehearse,
    };
    turn.record(by, Event::RemediationPlanned(planned));
    // Statements that cannot be rehearsed are sent all the same: the server then says who it is.
    if matches!(remediation.act, Act::Sql(_)) {
        start(turn, attempt, id.clone(), Stage::Rehearse, steps, None);
    }
}

/// What will run, in order, and whether it can be tried first.
///
/// # Errors
/// Why it cannot be laid out, in one line.
pub fn lay_out(session: &Session, remediation: &Remediation) -> Result<(Vec<PlannedStep>, bool), String> {
    let secret: BTreeSet<String> = session.runbook.inputs.iter().filter(|input| input.secret).map(|input| input.name.clone()).collect();
    match &remediation.act {
        Act::Sql(source) => {
            let statements = sql::prepare(source, session.inputs(), &secret).map_err(|problem| problem.to_string())?;
            let can_rehearse = remediation.transaction == crate::runbook::model::Transaction::One
                && !statements.iter().any(|statement| statement.needs_no_transaction || statement.outlives_rollback.is_some());
            let steps = statements
                .into_iter()
                .map(|statement| PlannedStep {
                    text: text::lines(&statement.shown),
                    what: statement.what,
                    // The names of tables in them may come from an input.
                    lock: statement.lock.map(|lock| text::line(&lock).into_owned()),
                    cautions: statement.cautions,
                })
                .collect();
            Ok((steps, can_rehearse))
        }
        Act::Command(line) => {
            let masker = Masker::new(secret.iter().filter_map(|name| session.input(name)));
            let text = match &line.program {
                Program::Shell(line) => line.trim_end().to_owned(),
                Program::Words(words) => words.join(" "),
            };
            let mut cautions = Vec::new();
            for (name, value) in session.inputs() {
                if text.contains(&format!("${name}")) || text.contains(&format!("${{{name}}}")) {
                    cautions.push(format!(
                        "${name} is {}",
                        if secret.contains(name) { "secret".to_owned() } else { text::line(&masker.mask(value)).into_owned() }
                    ));
                }
            }
            let step = PlannedStep { text: text::lines(&text), what: "command".to_owned(), lock: None, cautions };
            Ok((vec![step], false))
        }
        Act::Http(request) => {
            let filled = request.fill(session.inputs(), &secret)?;
            let step = PlannedStep { text: text::lines(&filled.shown), what: "HTTP request".to_owned(), lock: None, cautions: Vec::new() };
            Ok((vec![step], false))
        }
    }
}

/// The target a remediation changes, and whether its production guards are armed: the one it names, else
/// the only one there is.
fn target(session: &Session, remediation: &Remediation) -> Option<(Id, bool)> {
    let runbook = &session.runbook;
    let target = match (&remediation.on, &remediation.act) {
        (Some(on), _) => runbook.target(on)?,
        (None, Act::Sql(_)) => runbook.targets.first()?,
        (None, Act::Command(_) | Act::Http(_)) => return None,
    };
    Some((target.name.clone(), target.production))
}

fn start(turn: &mut Turn<'_>, attempt: AttemptId, remediation: Id, stage: Stage, steps: Vec<PlannedStep>, server: Option<ServerFacts>) {
    let (remediation_id, since) = (remediation.clone(), turn.at);
    turn.session.running =
        Some(Running { remediation: remediation_id, attempt, stage, since, statement: 0, waits_for: None, cancelling: false });
    turn.push(Effect::StartRemediation { attempt, remediation, stage, steps, server });
}

/// Goes on without a rehearsal.
pub(super) fn skip_rehearsal(turn: &mut Turn<'_>, by: &str, remediation: Id, reason: String) {
    let Some(attempt) = planned_attempt(turn.session, &remediation) else {
        return;
    };
    if turn.session.running.as_ref().is_some_and(|running| running.attempt == attempt) {
        turn.session.running = None;
        turn.push(Effect::Cancel(attempt));
    }
    turn.record(by, Event::RehearsalSkipped { remediation, attempt, reason });
}

/// Writes down the consent, then has it run.
pub(super) fn confirm(turn: &mut Turn<'_>, by: &str, id: &Id, typed: &str) {
    let Some(record) = turn.session.incident.remediations.get(id) else {
        return;
    };
    let Some(planned) = record.planned.clone() else {
        return;
    };
    let server = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.clone());
    let typed = Some(typed.trim().to_owned()).filter(|typed| !typed.is_empty() && planned.production);
    if let (Some(_), Some(target)) = (&typed, &planned.target) {
        turn.session.armed.insert(target.clone(), turn.at);
    }
    turn.record(by, Event::RemediationIntended { remediation: id.clone(), attempt: planned.attempt, typed });
    start(turn, planned.attempt, id.clone(), Stage::Apply, planned.steps, server);
}

/// Puts a plan aside.
pub(super) fn abandon(turn: &mut Turn<'_>, by: &str, remediation: Id) {
    let Some(attempt) = planned_attempt(turn.session, &remediation) else {
        return;
    };
    if turn.session.running.as_ref().is_some_and(|running| running.attempt == attempt) {
        turn.session.running = None;
        turn.push(Effect::Cancel(attempt));
    }
    turn.record(by, Event::RemediationAbandoned { remediation, attempt });
}

fn planned_attempt(session: &Session, remediation: &Id) -> Option<AttemptId> {
    Some(session.incident.remediations.get(remediation)?.planned.as_ref()?.attempt)
}

/// Takes news of a rehearsal or a remediation into account, unless it was given up.
pub(super) fn news(turn: &mut Turn<'_>, attempt: AttemptId, news: RemediationNews) {
    let by = turn.session.responder.clone();
    if matches!(news, RemediationNews::Settled { .. })
        && let Some(remediation) = turn.session.in_question.remove(&attempt)
    {
        return settle(turn, &by, &remediation, attempt, news);
    }
    let Some(running) = turn.session.running.clone().filter(|running| running.attempt == attempt && is_of(&news, running.stage)) else {
        return;
    };
    match news {
        RemediationNews::Progress { statement, waits_for } => {
            if let Some(running) = &mut turn.session.running {
                running.statement = statement;
                running.waits_for = waits_for;
            }
        }
        RemediationNews::Committing { .. } if running.cancelling => {}
        RemediationNews::Committing { transaction, server } => {
            turn.record(&by, Event::RemediationCommitting(Committing { remediation: running.remediation, attempt, transaction, server }));
            turn.push(Effect::Commit(attempt));
        }
        RemediationNews::Rehearsed { server, results, problem, duration } => {
            turn.session.running = None;
            let problem = problem.map(|problem| with_advice(turn.session, problem));
            let rehearsed = Rehearsed { remediation: running.remediation, attempt, server, results, problem, duration };
            turn.record(&by, Event::RemediationRehearsed(rehearsed));
        }
        settled @ RemediationNews::Settled { .. } => {
            turn.session.running = None;
            settle(turn, &by, &running.remediation, attempt, settled);
        }
    }
}

/// Writes down how a remediation ended, and asks again what it was meant to mend.
fn settle(turn: &mut Turn<'_>, by: &str, id: &Id, attempt: AttemptId, news: RemediationNews) {
    let RemediationNews::Settled { outcome, results, problem, transaction, exit, seen, duration } = news else {
        return;
    };
    let problem = problem.map(|problem| with_advice(turn.session, problem));
    let mut known = problem.as_ref().map(|problem| problem.known_errors.clone()).unwrap_or_default();
    known.extend(known_errors(&turn.session.runbook, &seen).into_iter().filter(|title| !known.contains(title)).collect::<Vec<_>>());
    let (seen, evidence) = turn.excerpt(&seen);
    let settled = Settled {
        remediation: id.clone(),
        attempt,
        outcome,
        results,
        problem,
        transaction,
        exit,
        seen,
        duration,
        known_errors: known,
        evidence,
    };
    turn.record(by, Event::RemediationSettled(settled));
    if outcome != Outcome::RolledBack && turn.session.leaving.is_none() && turn.session.incident.resolved.is_none() {
        verify(turn, id);
    }
}

/// Asks the servers what became of the transactions whose outcome nobody knows. Repeats nothing.
pub(super) fn find_outcomes(turn: &mut Turn<'_>) {
    let in_question: Vec<Committing> =
        turn.session.incident.remediations.values().filter_map(|record| record.in_question().cloned()).collect();
    for committing in in_question {
        turn.session.in_question.insert(committing.attempt, committing.remediation.clone());
        turn.push(Effect::FindOutcome(committing));
    }
}

/// Whether news can be of this stage. One attempt has both: a rehearsal that was skipped may still report when
/// what it tried is being applied, and must not be taken for its end.
fn is_of(news: &RemediationNews, stage: Stage) -> bool {
    match news {
        RemediationNews::Progress { .. } => true,
        RemediationNews::Rehearsed { .. } => stage == Stage::Rehearse,
        RemediationNews::Committing { .. } | RemediationNews::Settled { .. } => stage == Stage::Apply,
    }
}

/// Asks again what a remediation was meant to mend.
fn verify(turn: &mut Turn<'_>, id: &Id) {
    let checks: Vec<Id> = turn.session.runbook.remediation(id).map(|(_, remediation)| remediation.verify.clone()).unwrap_or_default();
    for check in checks {
        // An answer that was asked for before the change says nothing about it.
        if let Some(stale) = turn.session.live.get_mut(&check).and_then(|live| live.asking.take()) {
            turn.push(Effect::Cancel(stale.attempt));
        }
        turn.ask(&check, Asked::ToVerify);
    }
}

fn with_advice(session: &Session, mut problem: Problem) -> Problem {
    let said = [Some(&problem.message), problem.detail.as_ref(), problem.hint.as_ref()].into_iter().flatten().cloned().collect::<Vec<_>>();
    problem.known_errors = known_errors(&session.runbook, &said.join("\n"));
    problem
}
