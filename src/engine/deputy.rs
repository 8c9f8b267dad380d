//! What falls due by the clock: escalations, used-up budgets, and whatever else a good deputy says in time
//! ([`super::ahead`]). Never nags: each is said once.

use std::time::Duration;

use crate::runbook::model::{Escalation, Trigger};
use crate::timeline::Event;
use crate::timeline::event::Call;

use super::ahead::Coming;
use super::notify;
use super::session::Session;
use super::turn::{CLOCK, Turn};

/// Records what has fallen due since the last look.
pub(super) fn look(turn: &mut Turn<'_>) {
    if turn.session.incident.opened().is_none() || turn.session.incident.resolved.is_some() {
        return;
    }
    escalate(turn);
    let at = turn.at;
    let mut over = Vec::new();
    if let Some(budget) = turn.session.runbook.resolve_within
        && turn.session.incident.clock(at) >= budget
    {
        over.push((None, budget));
    }
    if let Some((phase, _)) = turn.session.current()
        && let Some(budget) = phase.budget
        && turn.session.phase_spent(phase, at) >= budget
    {
        over.push((Some(phase.id.clone()), budget));
    }
    for (phase, budget) in over {
        if !turn.session.incident.over_budget.contains(&phase) {
            turn.record(CLOCK, Event::OverBudget { phase, budget });
        }
    }
    call(turn);
}

/// Calls the responder to what is due besides.
fn call(turn: &mut Turn<'_>) {
    let due: Vec<Coming> = super::ahead::ahead(turn.session, turn.at).into_iter().filter(|coming| coming.within.is_zero()).collect();
    for coming in due {
        let about = match coming.call {
            // Only now: it says how it stands at this moment.
            Call::UpdateDue { every, .. } => Call::UpdateDue { every, text: notify::update_text(turn.session, turn.at) },
            other => other,
        };
        turn.record(CLOCK, Event::Called { about });
    }
}

fn escalate(turn: &mut Turn<'_>) {
    let runbook = turn.session.runbook.clone();
    let clock = turn.session.incident.clock(turn.at);
    for (n, escalation) in runbook.escalation.iter().enumerate() {
        if turn.session.incident.escalations.contains_key(&n) {
            continue;
        }
        let due = match &escalation.trigger {
            Trigger::After(after) => clock >= *after,
            Trigger::When(when) => when.holds(&turn.session.condition_names(when)) == Ok(true),
            Trigger::ByHand => false,
        };
        if due {
            let event = Event::EscalationDue {
                escalation: n,
                to: whom(turn.session, escalation),
                message: escalation.message.as_ref().map(|message| turn.session.text(message)),
            };
            turn.record(CLOCK, event);
        }
    }
}

/// Contacts as people read them: `Database Team Lead (#db-oncall)`.
fn whom(session: &Session, escalation: &Escalation) -> Vec<String> {
    escalation
        .to
        .iter()
        .map(|id| match session.runbook.contact(id) {
            Some(contact) => contact.reach.as_ref().map_or_else(|| contact.name.clone(), |reach| format!("{} ({reach})", contact.name)),
            None => id.to_string(),
        })
        .collect()
}

/// When something may fall due next, as time since the incident was opened.
pub(super) fn next_look(session: &Session) -> Option<Duration> {
    if session.incident.opened().is_none() || session.incident.resolved.is_some() {
        return None;
    }
    let now = session.seen_at;
    let clock = session.incident.clock(now);
    let escalation = session.next_escalation(now).map(|(_, left)| left);
    let whole =
        session.runbook.resolve_within.filter(|_| !session.incident.over_budget.contains(&None)).map(|budget| budget.saturating_sub(clock));
    let phase = session
        .current()
        .filter(|(phase, _)| session.incident.paused.is_none() && !session.incident.over_budget.contains(&Some(phase.id.clone())))
        .and_then(|(phase, _)| Some(phase.budget?.saturating_sub(session.phase_spent(phase, now))));
    let calls = super::ahead::ahead(session, now).into_iter().map(|coming| coming.within);
    let quiet = super::calls::quiet_ends(session, now);
    calls.chain([escalation, whole, phase, quiet].into_iter().flatten()).min().map(|left| now.elapsed + left)
}
