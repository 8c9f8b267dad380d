//! What Enter does next: the single way through an incident that a tired person can follow with one key.
//! Never does anything itself; it only proposes.

use std::time::Duration;

use crate::base::id::Id;
use crate::runbook::model::{Phase, Step, Urgency};
use crate::timeline::event::{Asked, Verdict};

use super::effect::Stage;
use super::gate::is_proposed;
use super::msg::Command;
use super::session::{CriterionState, Session, StepState};

/// How old the answers may be on which an incident is resolved.
const FRESH_ENOUGH_TO_RESOLVE: Duration = Duration::from_mins(2);

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Work stands still: go on.
    Continue,
    /// Turn to this step; its checks are asked at once.
    Enter(Id),
    /// Ask the checks of this step that have no answer yet.
    Ask(Id),
    /// Ask a check that only a person may start: a probe.
    Probe(Id),
    /// Checks are being asked; there is nothing to do but wait or look around.
    Wait,
    /// Say whether the answer to this check is good.
    Judge(Id),
    /// Ask a check on which a remediation depends, and whose answer is missing or too old.
    Guard(Id),
    /// Lay out and rehearse this remediation.
    Plan(Id),
    /// It is being rehearsed or applied.
    WaitFor(Id),
    /// Read the plan of this remediation, and consent or put it aside.
    Decide(Id),
    /// Do this task and tick it.
    Tick(Id),
    /// Ask what success depends on once more.
    AskSuccess,
    /// Tick this criterion of success.
    TickCriterion(Id),
    /// Every step is behind us and a criterion is red: go back to the step that can mend this check.
    Return {
        /// Where to go.
        step: Id,
        /// The check that is red.
        check: Id,
    },
    /// Every step is behind us and this check, which success depends on, is red: ask again, look closer.
    Stuck(Id),
    /// Every criterion holds: close the incident.
    Resolve,
    /// It is over: leave.
    Leave,
}

impl Move {
    /// The command it stands for, or none if it takes a person's word: a judgement, a consent, evidence.
    #[must_use]
    pub fn command(&self) -> Option<Command> {
        match self {
            Self::Continue => Some(Command::Continue),
            Self::Enter(step) | Self::Return { step, .. } => Some(Command::EnterStep(step.clone())),
            Self::Ask(step) => Some(Command::RunUnanswered(step.clone())),
            Self::Probe(check) | Self::Guard(check) => Some(Command::RunCheck(check.clone())),
            Self::Plan(remediation) => Some(Command::Plan(remediation.clone())),
            Self::AskSuccess | Self::Stuck(_) => Some(Command::RunSuccess),
            Self::Leave => Some(Command::Leave),
            Self::Wait | Self::Judge(_) | Self::WaitFor(_) | Self::Decide(_) | Self::Tick(_) | Self::TickCriterion(_) | Self::Resolve => {
                None
            }
        }
    }
}

/// What comes next for this session.
#[must_use]
pub fn next_move(session: &Session) -> Move {
    if session.incident.resolved.is_some() {
        return Move::Leave;
    }
    if let Some(running) = session.running() {
        return Move::WaitFor(running.remediation.clone());
    }
    if let Some(open) = session.open_plan() {
        return Move::Decide(open.clone());
    }
    if session.incident.paused.is_some() {
        return Move::Continue;
    }
    if let Some((_, step)) = session.current()
        && !session.incident.skipped.contains_key(&step.id)
        && let Some(open) = first_open(session, step)
    {
        return open;
    }
    match next_step(session) {
        Some(step) => Move::Enter(step),
        None => ending(session),
    }
}

/// The first thing in a step that is still to do.
#[must_use]
pub fn first_open(session: &Session, step: &Step) -> Option<Move> {
    let answer = |check: &Id| session.incident.checks.get(check);
    let in_this_step = |remediation: &Id| step.remediations.iter().any(|other| other.id == *remediation);
    if let Some(running) = session.running().filter(|running| in_this_step(&running.remediation)) {
        return Some(Move::WaitFor(running.remediation.clone()));
    }
    if let Some(open) = session.open_plan().filter(|open| in_this_step(open)) {
        return Some(Move::Decide(open.clone()));
    }
    let checks = || session.applicable_checks(step);
    let unanswered = || checks().filter(|check| session.may_ask_along(check) && answer(&check.id).is_none());
    if unanswered().any(|check| !session.is_awaited(&check.id)) {
        return Some(Move::Ask(step.id.clone()));
    }
    let verified = || checks().map(|check| &check.id).chain(step.remediations.iter().flat_map(|remediation| &remediation.verify));
    if unanswered().next().is_some() || verified().any(|check| session.is_being_verified(check)) {
        return Some(Move::Wait);
    }
    if let Some(check) = checks().find(|check| answer(&check.id).is_some_and(|record| record.verdict == Verdict::NeedsPerson)) {
        return Some(Move::Judge(check.id.clone()));
    }
    if let Some(check) = in_doubt(session, step) {
        return Some(if session.is_awaited(check) { Move::Wait } else { Move::Guard(check.clone()) });
    }
    if let Some(remediation) = step.remediations.iter().find(|remediation| is_proposed(session, remediation)) {
        let stale = |guard: &&Id| !session.is_fresh(guard, session.seen_at, remediation.guard_within);
        // What it depends on may be answered in a moment.
        let mut related = remediation.guard.iter().chain(&remediation.verify);
        let guard = remediation.guard.as_ref().filter(stale);
        let awaited = guard.is_some_and(|guard| session.is_awaited(guard));
        if awaited || related.any(|check| answer(check).is_none() && session.is_awaited(check)) {
            return Some(Move::Wait);
        }
        return Some(guard.map_or_else(|| Move::Plan(remediation.id.clone()), |guard| Move::Guard(guard.clone())));
    }
    if let Some(probe) = checks().find(|check| !session.may_ask_along(check) && answer(&check.id).is_none()) {
        return Some(if session.is_asking(&probe.id) { Move::Wait } else { Move::Probe(probe.id.clone()) });
    }
    step.tasks
        .iter()
        .find(|task| session.applies(&task.id, task.when.as_ref()) && !session.incident.ticks.contains_key(&task.id))
        .map(|task| Move::Tick(task.id.clone()))
}

/// A check that has to be asked before anything else: it tells whether a remediation of this step, whose
/// outcome nobody knows, is in effect.
fn in_doubt<'a>(session: &Session, step: &'a Step) -> Option<&'a Id> {
    step.remediations.iter().find_map(|remediation| {
        let record = session.incident.remediations.get(&remediation.id).filter(|record| record.is_unknown() && !record.put_aside)?;
        let heard = |check: &Id| session.live(check).and_then(|live| live.heard);
        let unheard = |check: &&Id| heard(check).is_none_or(|heard| record.settled_at.is_some_and(|at| heard.elapsed < at.elapsed));
        remediation.guard.iter().chain(&remediation.verify).find(unheard)
    })
}

/// The step to turn to: the next one after the current that has something to do, else the first such.
fn next_step(session: &Session) -> Option<Id> {
    let current = session.incident.current_step.as_ref();
    let is_here = |(_, step): &(&Phase, &Step)| Some(&step.id) == current;
    let to_do = |(phase, step): &(&Phase, &Step)| matches!(session.step_state(phase, step), StepState::Ahead | StepState::Open);
    // Of a long runbook no more is looked at than it takes.
    let after = session.runbook.steps().skip_while(|at| current.is_some() && !is_here(at)).skip(usize::from(current.is_some())).find(to_do);
    after.or_else(|| session.runbook.steps().take_while(|at| !is_here(at)).find(to_do)).map(|(_, step)| step.id.clone())
}

/// Every step is behind us: is it over?
fn ending(session: &Session) -> Move {
    let criteria: Vec<CriterionState> =
        session.criteria().into_iter().filter(|criterion| criterion.urgency == Urgency::Immediate).collect();
    let checks = || criteria.iter().filter_map(|criterion| criterion.check.as_ref().map(|check| (criterion, check)));
    if checks().any(|(_, check)| session.is_asking(check) && !session.is_fresh(check, session.seen_at, FRESH_ENOUGH_TO_RESOLVE)) {
        return Move::Wait;
    }
    if checks().any(|(_, check)| !session.is_fresh(check, session.seen_at, FRESH_ENOUGH_TO_RESOLVE)) {
        return Move::AskSuccess;
    }
    if let Some((_, check)) = checks().find(|(criterion, _)| !criterion.held) {
        return match step_that_mends(session, check) {
            Some(step) if session.incident.current_step.as_ref() != Some(&step) => Move::Return { step, check: check.clone() },
            _ => Move::Stuck(check.clone()),
        };
    }
    match criteria.iter().find(|criterion| !criterion.held) {
        Some(criterion) => Move::TickCriterion(criterion.id.clone()),
        None => Move::Resolve,
    }
}

/// The step with a remediation that is worth proposing and that is verified by this check.
fn step_that_mends(session: &Session, check: &Id) -> Option<Id> {
    session
        .runbook
        .remediations()
        .find(|(_, remediation)| remediation.verify.contains(check) && is_proposed(session, remediation))
        .map(|(step, _)| step.id.clone())
}

impl Session {
    /// Whether a check is being asked, or will be tried again, because of a change that has just been made.
    #[must_use]
    pub fn is_being_verified(&self, check: &Id) -> bool {
        self.live(check).is_some_and(|live| {
            let now = live.asking.is_some_and(|asking| asking.asked == Asked::ToVerify);
            now || live.due.is_some_and(|due| due.retry && due.asked == Asked::ToVerify)
        })
    }

    /// Whether a remediation is being applied right now.
    #[must_use]
    pub fn is_applying(&self) -> bool {
        self.running().is_some_and(|running| running.stage == Stage::Apply)
    }
}
