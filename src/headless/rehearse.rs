//! The ideal responder: does what Enter would do, again and again, and consents to every plan whose
//! rehearsal worked. Used on drills only, and never on anything real.

use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::msg::Command;
use crate::engine::next::{Move, next_move};
use crate::engine::{Ending, Msg};
use crate::runtime::Runtime;
use crate::timeline::Event;
use crate::timeline::event::Outcome;

/// How long a red criterion may stay red at the end before the responder gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a disk that takes no entries is waited for.
const PATIENCE_WITH_DISK: Duration = Duration::from_secs(10);

/// How often a remediation that fails, in rehearsal or for real, is tried.
const TRIES: usize = 2;

/// How long is waited before a criterion that is red is asked again.
const AGAIN: Duration = Duration::from_secs(1);

/// More moves than any runbook needs: a walk in circles is a defect, and must end.
const MOVES: usize = 2_000;

/// Plays until the incident ends, or until nothing more can be done.
///
/// `heard` gets every line that is on disk, as it stands in the journal, and every sentence that is none.
/// Gives how it ended; an incident that could not be resolved is left open.
pub async fn play(runtime: &mut Runtime, mut heard: impl FnMut(Heard<'_>)) -> Ending {
    let mut stuck_since: Option<Stamp> = None;
    let mut asked_again: Option<Stamp> = None;
    let mut moves = 0;
    let mut unrecorded_since: Option<Stamp> = None;
    loop {
        let now = runtime.now();
        match (runtime.session().degraded.as_deref(), unrecorded_since) {
            (Some(why), None) => {
                heard(Heard::Said(&format!("NOT RECORDED: {why}; nothing is changed until the journal writes again")));
                unrecorded_since = Some(now);
            }
            (None, Some(_)) => {
                heard(Heard::Said("recorded again, with everything that was waiting"));
                unrecorded_since = None;
            }
            _ => {}
        }
        let lost_patience = unrecorded_since.is_some_and(|since| now.since(since) > PATIENCE_WITH_DISK);
        let next = next_move(runtime.session());
        let stuck = matches!(next, Move::Stuck(_));
        if !stuck && !matches!(next, Move::Wait) {
            stuck_since = None;
        }
        let gave_up = stuck && now.since(*stuck_since.get_or_insert(now)) > PATIENCE;
        moves += usize::from(!stuck);
        let command = if lost_patience {
            heard(Heard::Said("the disk takes nothing; what was not recorded is lost, free some space and resume"));
            Some(Command::Leave)
        } else if unrecorded_since.is_some() {
            None
        } else if gave_up || moves > MOVES {
            heard(Heard::Said("nothing more can be done: a criterion of success stays red"));
            Some(Command::Leave)
        } else if stuck && (runtime.session().is_busy() || asked_again.is_some_and(|at| now.since(at) < AGAIN)) {
            None
        } else {
            asked_again = stuck.then_some(now);
            decide(runtime, &next)
        };
        let msg = match command {
            Some(command) => Msg::Asked { by: runtime.session().responder.clone(), command },
            None if stuck => tokio::time::timeout(AGAIN, runtime.next()).await.unwrap_or(Msg::Woke),
            None => runtime.next().await,
        };
        let stepped = runtime.step(msg);
        for line in &stepped.lines {
            heard(Heard::Line(line));
        }
        for sentence in &stepped.said {
            heard(Heard::Said(sentence));
        }
        if let Some(ending) = stepped.ending {
            return ending;
        }
        if !stepped.said.is_empty() && !runtime.session().is_busy() {
            // A refused wish would be refused again at once: give up rather than spin.
            moves += MOVES / 20;
        }
    }
}

fn failed(event: &Event, remediation: &Id) -> bool {
    match event {
        Event::RemediationRehearsed(rehearsed) => rehearsed.remediation == *remediation && rehearsed.problem.is_some(),
        Event::RemediationSettled(settled) => settled.remediation == *remediation && settled.outcome != Outcome::Committed,
        _ => false,
    }
}

/// What a listener hears.
#[derive(Clone, Copy, Debug)]
pub enum Heard<'h> {
    /// A line that is on disk, as it stands in the journal.
    Line(&'h str),
    /// A sentence that is no entry.
    Said(&'h str),
}

/// What the ideal responder wants now; none if there is only to wait.
fn decide(runtime: &Runtime, next: &Move) -> Option<Command> {
    let session = runtime.session();
    let record = |id| session.incident.remediations.get(id);
    match next {
        Move::Wait | Move::WaitFor(_) => None,
        Move::Judge(check) => Some(Command::Judge { check: check.clone(), passed: true }),
        Move::Decide(id) => {
            let rehearsed = record(id).and_then(|record| record.rehearsed.as_ref());
            let database = rehearsed.and_then(|rehearsed| rehearsed.server.as_ref()).map(|server| server.database.clone());
            let failures = session.incident.entries().iter().filter(|entry| failed(&entry.event, id)).count();
            if failures >= TRIES {
                return Some(Command::Abandon(id.clone()));
            }
            if rehearsed.is_some_and(|rehearsed| rehearsed.problem.is_some()) {
                return Some(Command::Plan(id.clone()));
            }
            Some(Command::Confirm { remediation: id.clone(), typed: database.unwrap_or_default() })
        }
        Move::Tick(task) | Move::TickCriterion(task) => {
            Some(Command::Tick { task: task.clone(), evidence: "done by the ideal responder".to_owned() })
        }
        Move::Resolve => Some(Command::Resolve { summary: "Mended by the ideal responder.".to_owned() }),
        other => other.command(),
    }
}
