//! What Enter does next: the single way through an incident that a tired person can follow with one key.
//! Never decides anything itself; it only proposes.

use crate::base::id::Id;
use crate::runbook::model::Step;

use super::session::Session;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Work stands still: go on.
    Continue,
    /// An escalation is due and nobody has acknowledged it.
    Escalate(usize),
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
    /// Every step is behind us and criteria are red: go back to the step that can mend this check.
    Return {
        /// Where to go.
        step: Id,
        /// The check that is red.
        check: Id,
    },
    /// Every step is behind us and this criterion is red: nothing more to propose than to look at it.
    Stuck(Id),
    /// Every criterion holds: close the incident.
    Resolve,
    /// It is over: leave.
    Leave,
}

/// What comes next for this session.
#[must_use]
pub fn next_move(_session: &Session) -> Move {
    Move::Leave
}

/// The first thing in a step that is still to do.
#[must_use]
pub fn first_open(_session: &Session, _step: &Step) -> Option<Move> {
    None
}
