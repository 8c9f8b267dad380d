//! The one gate: may this be done now, and if not, why not? Asked by keys, footer and headless alike, so
//! that a greyed-out action and a refused one always give the same reason. Never changes anything.

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::Stamp;
use crate::base::text;
use crate::runbook::asked::is_typed_command;
use crate::runbook::model::{Act, Evidence, Remediation, Urgency};
use crate::runbook::rollback::takes_back;
use crate::timeline::event::Verdict;
use crate::timeline::incident::RemediationRecord;

use super::effect::Stage;
use super::msg::Command;
use super::record;
use super::session::Session;
use super::{asked, calls, joined};

/// Why something cannot be done now, and what to do instead; one sentence.
pub type Why = String;

/// Whether a command is possible now.
///
/// # Errors
/// Why it is not.
pub fn may(session: &Session, now: Stamp, command: &Command) -> Result<(), Why> {
    if session.leaving.is_some() {
        return Err("fracas is about to end".to_owned());
    }
    if session.incident.resolved.is_some() && !matches!(command, Command::Leave | Command::LeaveFor(_)) && !record::looks_back(command) {
        return Err("the incident is resolved; notes, corrections and what the report asks for can still be added".to_owned());
    }
    match command {
        Command::EnterStep(step) => enter(session, step),
        Command::RunCheck(id) => match session.runbook.check(id) {
            Some((_, check)) if is_typed_command(check) => may_change(session),
            check => known(check.is_some(), "check", id),
        },
        Command::RunStep(step) | Command::RunUnanswered(step) => known(session.runbook.step(step).is_some(), "step", step),
        Command::Judge { check, .. } => match session.incident.checks.get(check) {
            None => Err("it has no answer to judge yet".to_owned()),
            Some(_) if session.runbook.check(check).is_some_and(|(_, check)| check.expect.is_some()) => {
                Err("its answer is judged by its expectation; override it with a reason instead".to_owned())
            }
            Some(record) if record.verdict.is_inconclusive() => Err("it could not be asked, so there is no answer to judge".to_owned()),
            Some(_) => Ok(()),
        },
        Command::Cancel(id) => {
            let runs = session.is_asking(id) || session.running().is_some_and(|running| running.remediation == *id);
            if runs { Ok(()) } else { Err("it is not running".to_owned()) }
        }
        Command::Plan(id) => plan(session, now, id),
        Command::SkipRehearsal { remediation, reason } => {
            open_plan(session, remediation)?;
            if session.running().is_some_and(|running| running.stage == Stage::Apply) {
                return Err("it is already being applied".to_owned());
            }
            reasoned(reason, "going on without a rehearsal")
        }
        Command::Confirm { remediation, typed } => confirm(session, now, remediation, typed),
        Command::Abandon(id) => {
            open_plan(session, id)?;
            if session.running().is_some_and(|running| running.stage == Stage::Apply) {
                return Err("it is being applied; cancel it instead".to_owned());
            }
            Ok(())
        }
        Command::Tick { task, evidence } => tick(session, task, evidence),
        Command::Untick(task) => {
            if session.incident.ticks.contains_key(task) {
                Ok(())
            } else {
                Err("it is not ticked".to_owned())
            }
        }
        Command::Skip { step, reason } => {
            known(session.runbook.step(step).is_some(), "step", step)?;
            reasoned(reason, "skipping a step")
        }
        Command::Override { check, reason } => {
            match session.incident.checks.get(check) {
                None => return Err("it has not been asked yet".to_owned()),
                Some(record) if record.verdict == Verdict::Passed => return Err("it is green; there is nothing to override".to_owned()),
                Some(_) => {}
            }
            reasoned(reason, "overriding a check")
        }
        Command::AcknowledgeEscalation(n) => match session.incident.escalations.get(n) {
            None => Err("it is not due yet".to_owned()),
            Some(record) if record.acknowledged.is_some() => Err("it is acknowledged already".to_owned()),
            Some(_) => Ok(()),
        },
        Command::AcknowledgeCall(_) | Command::SnoozeCall { .. } | Command::GiveUpdate { .. } => calls::may(session, now, command),
        Command::AskSql { .. } | Command::RunOnce { .. } | Command::KeepQuestion { .. } => asked::may(session, command),
        Command::JoinRunbook { runbook, answers } => joined::may(session, runbook, answers),
        Command::SetSeverity { reason, .. } => reasoned(reason, "changing the severity"),
        Command::Pause(_) if session.incident.paused.is_some() => Err("it is paused already".to_owned()),
        Command::Continue if session.incident.paused.is_none() => Err("it is not paused".to_owned()),
        Command::HandOver { to, .. } if to.trim().is_empty() => Err("say who takes over".to_owned()),
        Command::Resolve { .. } => resolve(session),
        Command::LeaveFor(runbook) if session.incident.is_drill() => {
            Err(format!("this is a drill, from which nothing real is opened; `fracas drill {runbook}` practises the other"))
        }
        Command::Leave | Command::LeaveFor(_) if session.running().is_some_and(|running| running.stage == Stage::Apply) => {
            Err("a remediation is being applied; wait for it or cancel it".to_owned())
        }
        Command::Note(_)
        | Command::NoteLate { .. }
        | Command::Decide { .. }
        | Command::Correct { .. }
        | Command::Undo
        | Command::AssignRole { .. }
        | Command::AcceptHandover
        | Command::Answer { .. }
        | Command::NoteAction { .. }
        | Command::Attach { .. } => record::may(session, now, command),
        Command::RunAll
        | Command::RunSuccess
        | Command::FindRunbooks
        | Command::Pause(_)
        | Command::Continue
        | Command::HandOver { .. }
        | Command::Leave
        | Command::LeaveFor(_) => Ok(()),
    }
}

fn known(is: bool, what: &str, id: &Id) -> Result<(), Why> {
    if is { Ok(()) } else { Err(format!("this runbook has no {what} `{id}`")) }
}

fn reasoned(reason: &str, what: &str) -> Result<(), Why> {
    if reason.trim().is_empty() { Err(format!("{what} needs a reason")) } else { Ok(()) }
}

fn enter(session: &Session, id: &Id) -> Result<(), Why> {
    let Some((phase, step)) = session.runbook.step(id) else {
        return known(false, "step", id);
    };
    if session.is_out_of_the_question(step.when.as_ref()) || session.is_out_of_the_question(phase.when.as_ref()) {
        return Err("this step belongs to another choice of input".to_owned());
    }
    Ok(())
}

fn plan(session: &Session, now: Stamp, id: &Id) -> Result<(), Why> {
    let Some((_, remediation)) = session.runbook.remediation(id) else {
        return known(false, "remediation", id);
    };
    may_change(session)?;
    is_in_effect(session, id)?;
    if let Some(running) = session.running() {
        let other = session.runbook.remediation(&running.remediation).map_or("another remediation", |(_, other)| other.title.as_str());
        return Err(format!("“{other}” is under way; one change at a time"));
    }
    if let Some(open) = session.open_plan().filter(|open| *open != id) {
        return Err(format!("the plan of `{open}` is open; run it or put it aside first"));
    }
    guard(session, now, remediation)
}

/// Whether there is something to take back, for what takes something back.
fn is_in_effect(session: &Session, id: &Id) -> Result<(), Why> {
    match takes_back(id).and_then(|taken_back| session.incident.remediations.get(&taken_back)) {
        Some(record) if !record.committed => Err("what it takes back is not in effect".to_owned()),
        Some(_) | None => Ok(()),
    }
}

/// Whether changes are possible at all.
pub(super) fn may_change(session: &Session) -> Result<(), Why> {
    if session.incident.opened().is_some_and(|opened| opened.read_only) {
        return Err("this incident was opened read-only".to_owned());
    }
    if let Some(why) = &session.degraded {
        return Err(format!("nothing is being recorded ({why}), and what is not recorded is not run"));
    }
    Ok(())
}

fn guard(session: &Session, now: Stamp, remediation: &Remediation) -> Result<(), Why> {
    let Some(guard) = &remediation.guard else {
        return Ok(());
    };
    let title = session.runbook.check(guard).map_or(guard.as_str(), |(_, check)| check.title.as_str());
    match session.incident.checks.get(guard) {
        None => Err(format!("its guard “{title}” has not been asked yet")),
        Some(record) if record.verdict == Verdict::Passed => Err(format!("its guard “{title}” is green: there is nothing to mend")),
        Some(record) if record.verdict != Verdict::Failed => Err(format!("its guard “{title}” has no clear answer: {}", record.reason)),
        Some(_) if !session.is_fresh(guard, now, remediation.guard_within) => {
            let within = remediation.guard_within.as_secs();
            Err(format!("the answer of its guard “{title}” is older than {within} s; ask it again"))
        }
        Some(_) => Ok(()),
    }
}

fn open_plan(session: &Session, id: &Id) -> Result<(), Why> {
    if session.open_plan() == Some(id) { Ok(()) } else { Err("it has no open plan".to_owned()) }
}

fn confirm(session: &Session, now: Stamp, id: &Id, typed: &str) -> Result<(), Why> {
    open_plan(session, id)?;
    may_change(session)?;
    let Some((_, remediation)) = session.runbook.remediation(id) else {
        return known(false, "remediation", id);
    };
    if session.running().is_some() {
        return Err("its rehearsal is still under way".to_owned());
    }
    guard(session, now, remediation)?;
    is_in_effect(session, id)?;
    let Some((record, planned)) =
        session.incident.remediations.get(id).and_then(|record| record.planned.as_ref().map(|planned| (record, planned)))
    else {
        return Err("it has no plan".to_owned());
    };
    if planned.steps.iter().any(|step| text::holds_mark(&step.text)) {
        return Err("its text holds invisible or bidirectional characters, so nobody can read what it does".to_owned());
    }
    if matches!(remediation.act, Act::Sql(_)) {
        let rehearsed = record.rehearsed.as_ref().ok_or("it has not been rehearsed; wait, or skip the rehearsal with a reason");
        if record.rehearsal_skipped.is_none()
            && let Some(problem) = &rehearsed?.problem
        {
            return Err(format!("its rehearsal failed: {}", problem.message));
        }
        if planned.production && !planned.target.as_ref().is_some_and(|target| session.is_armed(target, now)) {
            let server = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref());
            let Some(server) = server else {
                return Err("the server has not said which database this is; rehearse it again".to_owned());
            };
            if typed.trim() != server.database {
                return Err(format!("this is production: type the database's name, {}, to confirm", server.database));
            }
        }
    }
    others(session, remediation)
}

/// Whether enough other people agree. Whoever runs it is one of those it takes.
fn others(session: &Session, remediation: &Remediation) -> Result<(), Why> {
    let missing = missing_approvals(session, remediation);
    let people = match missing {
        0 => return Ok(()),
        1 => "another person has".to_owned(),
        more => format!("{more} other people have"),
    };
    let name = if session.incident.is_drill() { "latest-drill" } else { "latest" };
    Err(format!("{people} to read this plan and agree first: `fracas approve {name}`, in a terminal of their own"))
}

/// How many other people still have to agree to the open plan of a remediation.
#[must_use]
pub fn missing_approvals(session: &Session, remediation: &Remediation) -> usize {
    let approved = session.incident.remediations.get(&remediation.id).map(|record| record.approved.as_slice()).unwrap_or_default();
    let others = approved.iter().filter(|name| !is_same_person(name, &session.responder)).count();
    (remediation.approvals as usize).saturating_sub(1 + others)
}

/// Whether the consent of `by`, who has read the plan with this digest, counts now.
///
/// # Errors
/// Why it does not.
pub fn may_approve(session: &Session, by: &str, id: &Id, attempt: AttemptId, digest: &str) -> Result<(), Why> {
    if by.is_empty() {
        return Err("it does not say who agrees".to_owned());
    }
    let Some((_, remediation)) = session.runbook.remediation(id) else {
        return known(false, "remediation", id);
    };
    let record = session.incident.remediations.get(id).filter(|record| record.open);
    let Some((record, planned)) = record.and_then(|record| Some((record, record.planned.as_ref()?))) else {
        return Err("its plan is not open any more".to_owned());
    };
    if planned.attempt != attempt || planned.digest() != digest {
        return Err("another plan was laid out since; read that one".to_owned());
    }
    if remediation.approvals < 2 {
        return Err("it takes nobody beside the one who runs it".to_owned());
    }
    let is_tried = record.rehearsed.is_some() || record.rehearsal_skipped.is_some() || !matches!(remediation.act, Act::Sql(_));
    if !is_tried {
        return Err("its rehearsal is still under way".to_owned());
    }
    if is_same_person(by, &session.responder) {
        return Err(format!("{by} is the one who runs it; it has to be somebody else"));
    }
    if record.approved.iter().any(|name| is_same_person(name, by)) {
        return Err(format!("{by} has agreed already"));
    }
    Ok(())
}

fn is_same_person(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn tick(session: &Session, id: &Id, evidence: &str) -> Result<(), Why> {
    let needs_evidence = match session.runbook.task(id) {
        Some((_, task)) => task.evidence == Evidence::Required,
        None if session.runbook.success.iter().any(|success| success.id == *id && success.check.is_none()) => false,
        None => return known(false, "task", id),
    };
    if needs_evidence && evidence.trim().is_empty() {
        return Err("this task asks for evidence: a link, a number, a line of output".to_owned());
    }
    Ok(())
}

fn resolve(session: &Session) -> Result<(), Why> {
    if session.running().is_some() {
        return Err("a remediation is under way".to_owned());
    }
    let open: Vec<String> = session
        .criteria()
        .into_iter()
        .filter(|criterion| criterion.urgency == Urgency::Immediate && !criterion.held)
        .map(|criterion| criterion.title)
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    // What can be done about it comes first: a line may be too short for the rest.
    Err(format!("not yet: accept a check with a reason, or tick a criterion, if you know better. Open: {}", open.join("; ")))
}

/// Whether a remediation is worth proposing: it applies, has not been committed or put aside, and what it
/// is meant to mend is red. What was only offered, by the answer to a check, and what takes something back are a person's
/// to choose.
#[must_use]
pub fn is_proposed(session: &Session, remediation: &Remediation) -> bool {
    if !session.applies(&remediation.id, remediation.when.as_ref()) || session.incident.opened().is_some_and(|opened| opened.read_only) {
        return false;
    }
    if session.incident.offered.contains_key(&remediation.id) || takes_back(&remediation.id).is_some() {
        return false;
    }
    let record = session.incident.remediations.get(&remediation.id);
    if record.is_some_and(|record| record.committed || record.put_aside) {
        return false;
    }
    if record.is_some_and(RemediationRecord::is_unknown) && !is_disproved(session, remediation) {
        return false;
    }
    let verdict = |check: &Id| session.incident.checks.get(check).map(|record| record.verdict);
    match &remediation.guard {
        Some(guard) => matches!(verdict(guard), None | Some(Verdict::Failed)),
        None => remediation.verify.is_empty() || remediation.verify.iter().any(|check| verdict(check) != Some(Verdict::Passed)),
    }
}

/// Whether a remediation with an unknown outcome has evidently not taken effect: what it was to mend has been
/// asked since, and is red. Then it may be proposed again, and is rehearsed and consented to like the first time.
fn is_disproved(session: &Session, remediation: &Remediation) -> bool {
    let Some(settled_at) = session.incident.remediations.get(&remediation.id).and_then(|record| record.settled_at) else {
        return false;
    };
    remediation.guard.iter().chain(&remediation.verify).any(|check| {
        let heard = session.live(check).and_then(|live| live.heard);
        let red = session.incident.checks.get(check).is_some_and(|record| record.verdict == Verdict::Failed);
        red && heard.is_some_and(|heard| heard.elapsed >= settled_at.elapsed)
    })
}
