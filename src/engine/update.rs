//! One message in, entries and effects out. Pure: no clock, no waiting, no errors.

use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::timeline::Event;
use crate::timeline::event::{Asked, Resolved};
use crate::timeline::incident::RemediationRecord;

use super::effect::{Effect, Effects, Ending};
use super::joined::Shelf;
use super::msg::{Command, Msg, Resumption};
use super::session::{Leaving, Session};
use super::turn::Turn;
use super::{asked, calls, checks, deputy, gate, handover, joined, notify, record, remedy};

/// How long a signal waits for a remediation to be cancelled and its outcome to be written.
const GRACE: Duration = Duration::from_secs(5);

/// Takes one message into account.
///
/// Entries come before the acts they announce; whoever performs the effects must keep their order and
/// must not start an act whose entry could not be written.
pub fn update(session: &mut Session, at: Stamp, msg: Msg) -> Effects {
    let first_entry = session.incident.next_seq();
    let mut turn = Turn::new(session, at);
    match msg {
        Msg::Opened { by, opened } => turn.record(&by, Event::Opened(opened)),
        Msg::Resumed { by, resumption } => resumed(&mut turn, &by, resumption),
        Msg::Asked { by, command } => match gate::may(turn.session, at, &command) {
            Ok(()) => asked(&mut turn, &by, command),
            Err(why) => turn.say(why),
        },
        Msg::Letter(letter) => super::letter::open(&mut turn, letter),
        Msg::Check { attempt, answer } => checks::answered(&mut turn, attempt, answer),
        Msg::Fetched { by, name, about, size, content } => record::fetched(&mut turn, &by, name, about, size, content),
        Msg::RunbooksFound(shelf) => turn.session.shelf = Shelf::Seen(shelf.into()),
        Msg::Remediation { attempt, news } => remedy::news(&mut turn, attempt, news),
        Msg::Message { message, news } => notify::news(&mut turn, message, news),
        Msg::JournalFailed(why) => turn.session.degraded = Some(why),
        Msg::JournalWrites => turn.session.degraded = None,
        Msg::Woke => checks::ask_what_is_due(&mut turn),
        Msg::Told(signal) => leave(&mut turn, signal.name().to_owned(), None),
    }
    // Whether a condition holds follows from the entries alone.
    if turn.session.incident.next_seq() > first_entry {
        checks::note_what_applies(&mut turn);
    }
    deputy::look(&mut turn);
    notify::look(&mut turn, first_entry);
    end_if_leaving(&mut turn);
    turn.effects()
}

fn resumed(turn: &mut Turn<'_>, by: &str, resumption: Resumption) {
    let Resumption { away, repaired, reapplied } = resumption;
    if let Some((bytes, kept_as)) = repaired {
        turn.record(by, Event::Repaired { bytes, kept_as });
    }
    turn.record(by, Event::Resumed { away });
    let interrupted: Vec<_> = turn
        .session
        .incident
        .remediations
        .iter()
        .filter(|(_, record)| record.intended.is_some() || record.open)
        .filter_map(|(id, record)| Some((id.clone(), record.planned.as_ref()?.attempt, record.intended.is_some())))
        .collect();
    for (remediation, attempt, applying) in interrupted {
        turn.record(by, Event::Interrupted { remediation, attempt, applying });
    }
    let is_another_world = reapplied.is_some();
    if let Some(reapplied) = reapplied {
        turn.record(by, Event::Rebuilt { reapplied });
    }
    if turn.session.incident.resolved.is_some() {
        return;
    }
    if !is_another_world {
        remedy::find_outcomes(turn);
    }
    let runbook = turn.session.runbook.clone();
    let in_doubt: Vec<&Id> = runbook
        .remediations()
        .filter(|(_, remediation)| turn.session.incident.remediations.get(&remediation.id).is_some_and(RemediationRecord::is_unknown))
        .flat_map(|(_, remediation)| remediation.guard.iter().chain(&remediation.verify))
        .collect();
    for (step, check) in runbook.checks() {
        let here = turn.session.incident.current_step.as_ref() == Some(&step.id);
        let known = turn.session.incident.checks.contains_key(&check.id);
        let wanted = in_doubt.contains(&&check.id) || (known && (here || check.every.is_some()));
        if wanted && turn.session.may_ask_along(check) {
            turn.ask(&check.id, Asked::ByTheClock);
        }
    }
}

fn asked(turn: &mut Turn<'_>, by: &str, command: Command) {
    match command {
        Command::EnterStep(step) => {
            turn.record(by, Event::StepEntered { step: step.clone() });
            checks::note_what_applies(turn);
            ask_step(turn, &step, |_, _| true);
        }
        Command::RunCheck(check) => {
            turn.session.asked_here.insert(check.clone());
            turn.ask(&check, Asked::ByHand);
        }
        Command::RunStep(step) => ask_step(turn, &step, |_, _| true),
        Command::RunUnanswered(step) => ask_step(turn, &step, |session, check| !session.incident.checks.contains_key(check)),
        Command::RunAll => {
            let steps: Vec<Id> = turn.session.applicable_steps().map(|(_, step)| step.id.clone()).collect();
            for step in steps {
                ask_step(turn, &step, |_, _| true);
            }
        }
        Command::RunSuccess => {
            for check in turn.session.criteria().into_iter().filter_map(|criterion| criterion.check) {
                turn.ask(&check, Asked::ByHand);
            }
        }
        Command::Judge { check, passed } => {
            if let Some(attempt) = turn.session.incident.checks.get(&check).map(|record| record.attempt) {
                turn.record(by, Event::Judged { check, passed, attempt });
            }
        }
        Command::Cancel(id) => cancel(turn, &id),
        Command::Plan(remediation) => remedy::plan(turn, by, &remediation),
        Command::SkipRehearsal { remediation, reason } => remedy::skip_rehearsal(turn, by, remediation, reason),
        Command::Confirm { remediation, typed } => remedy::confirm(turn, by, &remediation, &typed),
        Command::Abandon(remediation) => remedy::abandon(turn, by, remediation),
        Command::Tick { task, evidence } => {
            let evidence = Some(evidence.trim().to_owned()).filter(|evidence| !evidence.is_empty());
            turn.record(by, Event::TaskTicked { task, evidence });
        }
        Command::Untick(task) => turn.record(by, Event::TaskUnticked { task }),
        command @ (Command::Note(_)
        | Command::NoteLate { .. }
        | Command::Decide { .. }
        | Command::Correct { .. }
        | Command::Undo
        | Command::AssignRole { .. }
        | Command::AcceptHandover
        | Command::Answer { .. }
        | Command::NoteAction { .. }
        | Command::Attach { .. }) => record::write(turn, by, command),
        Command::Skip { step, reason } => turn.record(by, Event::Skipped { step, reason }),
        Command::Override { check, reason } => turn.record(by, Event::Overridden { check, reason }),
        Command::AcknowledgeEscalation(escalation) => turn.record(by, Event::EscalationAcknowledged { escalation }),
        command @ (Command::AcknowledgeCall(_) | Command::SnoozeCall { .. } | Command::GiveUpdate { .. }) => {
            calls::answer(turn, by, command);
        }
        command @ (Command::AskSql { .. } | Command::RunOnce { .. } | Command::KeepQuestion { .. }) => asked::ask(turn, by, command),
        Command::FindRunbooks => {
            turn.session.shelf = Shelf::Looking;
            turn.push(Effect::FindRunbooks);
        }
        Command::JoinRunbook { runbook, answers } => {
            if let Some(step) = joined::join(turn, by, &runbook, &answers) {
                asked(turn, by, Command::EnterStep(step));
            }
        }
        Command::SetSeverity { severity, reason } => turn.record(by, Event::SeverityChanged { severity, reason }),
        Command::Pause(reason) => turn.record(by, Event::Paused { reason }),
        Command::Continue => turn.record(by, Event::Continued),
        Command::HandOver { to, word } => {
            let brief = handover::brief(turn.session, turn.at, &word);
            turn.record(by, Event::HandedOver { to: to.clone(), brief });
            turn.session.responder = to;
            // A production database is named by each person anew.
            turn.session.armed.clear();
        }
        Command::Resolve { summary } => {
            let success = turn.session.criteria_for_the_record();
            turn.record(by, Event::Resolved(Resolved { summary, success }));
            stop_asking(turn);
        }
        Command::Leave => leave(turn, "quit".to_owned(), None),
        Command::LeaveFor(runbook) => leave(turn, format!("went on with the runbook {runbook}"), Some(runbook)),
    }
}

/// Asks those checks of a step that apply and are wanted, but not the probes, which write.
fn ask_step(turn: &mut Turn<'_>, step: &Id, wanted: impl Fn(&Session, &Id) -> bool) {
    let runbook = turn.session.runbook.clone();
    let Some((_, step)) = runbook.step(step) else {
        return;
    };
    let checks: Vec<Id> = turn
        .session
        .applicable_checks(step)
        .filter(|check| turn.session.may_ask_along(check) && wanted(turn.session, &check.id))
        .map(|check| check.id.clone())
        .collect();
    for check in checks {
        turn.ask(&check, Asked::ByHand);
    }
}

fn cancel(turn: &mut Turn<'_>, id: &Id) {
    if let Some(running) = &mut turn.session.running
        && running.remediation == *id
    {
        running.cancelling = true;
        let attempt = running.attempt;
        turn.push(Effect::Cancel(attempt));
    } else if let Some(asking) = turn.session.live.get(id).and_then(|live| live.asking) {
        turn.push(Effect::Cancel(asking.attempt));
    }
}

/// Gives up on every question under way and forgets what was to be asked again.
fn stop_asking(turn: &mut Turn<'_>) {
    let mut under_way = Vec::new();
    for live in turn.session.live.values_mut() {
        live.due = None;
        under_way.extend(live.asking.take().map(|asking| asking.attempt));
    }
    for attempt in under_way {
        turn.push(Effect::Cancel(attempt));
    }
}

/// Begins to end: what runs is given up first, so that its outcome is still written.
fn leave(turn: &mut Turn<'_>, why: String, onward: Option<Id>) {
    if turn.session.leaving.is_some() {
        return;
    }
    turn.session.leaving = Some(Leaving { since: turn.at, why, onward });
    stop_asking(turn);
    if let Some(running) = &mut turn.session.running {
        running.cancelling = true;
        let attempt = running.attempt;
        turn.push(Effect::Cancel(attempt));
    }
}

/// How long an end waits for what is under way.
fn patience(session: &Session) -> Duration {
    match session.running {
        Some(_) => GRACE,
        None if notify::may_arrive(session) => notify::GRACE,
        None => Duration::ZERO,
    }
}

/// Ends once nothing runs any more, or when patience is over.
fn end_if_leaving(turn: &mut Turn<'_>) {
    // A rehearsal as well: given up, it is cancelled on its server, which takes a moment.
    let (patience, at) = (patience(turn.session), turn.at);
    let Some(leaving) = turn.session.leaving.take_if(|leaving| at.since(leaving.since) >= patience) else {
        return;
    };
    let resolved = turn.session.incident.resolved.is_some();
    if !resolved && turn.session.incident.opened().is_some() {
        let by = turn.session.responder.clone();
        turn.record(&by, Event::Left { why: leaving.why });
    }
    turn.push(Effect::Finish(match leaving.onward {
        Some(runbook) => Ending::Onward(runbook),
        None if resolved => Ending::Resolved,
        None => Ending::Open,
    }));
}

impl Session {
    /// When the engine wants to hear [`Msg::Woke`], as time since the incident was opened.
    #[must_use]
    pub fn next_wake(&self) -> Option<Duration> {
        let questions = self.live.values().filter(|live| live.asking.is_none()).filter_map(|live| live.due.map(|due| due.at)).min();
        let leaving = self.leaving.as_ref().map(|leaving| leaving.since.elapsed + patience(self));
        [questions, leaving, deputy::next_look(self), notify::next_look(self)].into_iter().flatten().min()
    }
}
