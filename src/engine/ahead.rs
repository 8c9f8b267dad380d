//! What a good deputy will say next, and when: one rule for what is due now and for when to look again. Never records
//! anything, and never says twice what a call on the timeline has said.

use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::runbook::webhook::Occasion;
use crate::timeline::calls::{CallRecord, Subject};
use crate::timeline::event::Call;

use super::notify;
use super::session::Session;

/// What is left of a budget when it is said that it runs down: time for another attempt, and time to call for help. Greatest
/// first.
const LEFT: [Duration; 2] = [Duration::from_mins(10), Duration::from_mins(2)];

/// How much of a budget is spent at least when it is said to run down: a warning that comes when the work has hardly begun is
/// noise. So 15 minutes are called at 10 and at 2, 5 at 2, and 3 not at all.
const HARDLY_BEGUN: Duration = Duration::from_mins(3);

/// After this long without an entry by a person, somebody asks: a third of the half hour for which stakeholders of a grave
/// incident are left without news, so that a responder who is stuck is found out before the next update.
const SILENCE: Duration = Duration::from_mins(10);

/// How often stakeholders should hear something where the severities do not say it: half an hour for a grave incident, and
/// less for the gravest, as is usual among those who publish how they do it.
const UPDATES: [(&[&str], Duration); 2] = [
    (&["p0", "sev0", "sev1", "sev-0", "sev-1", "critical"], Duration::from_mins(20)),
    (&["p1", "sev2", "sev-2", "high"], Duration::from_mins(30)),
];

/// A call to come.
pub(super) struct Coming {
    /// In how long; zero if it is due.
    pub(super) within: Duration,
    /// The call; the text of an update is still to be written.
    pub(super) call: Call,
}

/// The next call of each kind.
pub(super) fn ahead(session: &Session, now: Stamp) -> Vec<Coming> {
    let Some(opened) = session.incident.opened() else { return Vec::new() };
    // Nobody is to be called where the ideal responder plays, or where somebody only looks on.
    if opened.read_only || opened.drill.as_ref().is_some_and(|drill| drill.rehearsal) || session.incident.resolved.is_some() {
        return Vec::new();
    }
    let whole = session.runbook.resolve_within.and_then(|budget| running_down(session, None, budget, session.incident.clock(now)));
    let phase = session.current().and_then(|(phase, _)| {
        let spent = session.phase_spent(phase, now);
        let coming = running_down(session, Some(&phase.id), phase.budget?, spent)?;
        // Its clock stands.
        (session.incident.paused.is_none() || coming.within.is_zero()).then_some(coming)
    });
    let mut ahead: Vec<Coming> = [whole, phase, update(session, now), silence(session, now)].into_iter().flatten().collect();
    ahead.extend(red_again(session).map(|check| Coming { within: Duration::ZERO, call: Call::RedAgain { check: check.clone() } }));
    ahead
}

/// The next time that it is to be said how little of a budget is left. What passed while nobody was there is said once.
fn running_down(session: &Session, phase: Option<&Id>, budget: Duration, spent: Duration) -> Option<Coming> {
    let remaining = budget.checked_sub(spent).filter(|remaining| !remaining.is_zero())?;
    let said = session.incident.calls.iter().filter_map(|(_, record)| match &record.about {
        Subject::Called(Call::BudgetLeft { phase: of, left }) if of.as_ref() == phase => Some(*left),
        _ => None,
    });
    let said = said.min().unwrap_or(Duration::MAX);
    let open: Vec<Duration> = LEFT.into_iter().filter(|left| budget >= *left + HARDLY_BEGUN && said > *left).collect();
    let (left, within) = match open.iter().rev().find(|left| remaining <= **left) {
        Some(_) => (Duration::from_mins(remaining.as_millis().div_ceil(60_000).try_into().unwrap_or(u64::MAX)), Duration::ZERO),
        None => open.first().map(|left| (*left, remaining.saturating_sub(*left)))?,
    };
    Some(Coming { within, call: Call::BudgetLeft { phase: phase.cloned(), left } })
}

/// The next update: counted from the last one, however it was given. While one is called for, it waits for an answer.
fn update(session: &Session, now: Stamp) -> Option<Coming> {
    let incident = &session.incident;
    let waits =
        |(_, record): (u64, &CallRecord)| matches!(record.about, Subject::Called(Call::UpdateDue { .. })) && record.acknowledged.is_none();
    if notify::updates_by_itself(session) || incident.calls.iter().any(waits) {
        return None;
    }
    let every = update_every(session)?;
    let hears_updates = |channel: &String| {
        session.runbook.webhooks.iter().any(|webhook| webhook.name == *channel && webhook.occasions.contains(&Occasion::Update))
    };
    let sent = incident.messages.values().filter(|record| hears_updates(&record.channel)).map(|record| record.due);
    let last = sent.chain(incident.calls.told()).chain(incident.opened_at()).max_by_key(|at| at.elapsed)?;
    Some(Coming { within: every.saturating_sub(now.since(last)), call: Call::UpdateDue { every, text: String::new() } })
}

/// How often stakeholders should hear how it stands: as the severities say, or as is usual.
pub(super) fn update_every(session: &Session) -> Option<Duration> {
    let usual = || {
        let severity = session.incident.severity.as_ref()?.to_lowercase();
        UPDATES.iter().find(|(names, _)| names.contains(&severity.as_str())).map(|(_, every)| *every)
    };
    notify::severity(session).and_then(|severity| severity.update_every).or_else(usual)
}

/// When it has been silent for too long in the step that is worked on. Not while a change runs, which has a clock of its own.
fn silence(session: &Session, now: Stamp) -> Option<Coming> {
    let incident = &session.incident;
    let step = incident.current_step.clone().filter(|_| incident.paused.is_none() && session.running().is_none())?;
    let is_said = incident
        .calls
        .iter()
        .any(|(entry, record)| entry > incident.calls.last_deed() && matches!(record.about, Subject::Called(Call::Silent { .. })));
    let lasted = now.since(incident.calls.heard()?);
    (!is_said).then(|| Coming { within: SILENCE.saturating_sub(lasted), call: Call::Silent { step, lasted: lasted.max(SILENCE) } })
}

/// Checks that are red again, and were not called.
fn red_again(session: &Session) -> impl Iterator<Item = &Id> {
    let found = session.incident.checks.iter().filter_map(|(check, record)| Some((check, record.red_again?)));
    found
        .filter(|(check, found)| {
            let is_called = session.incident.calls.iter().any(|(entry, record)| {
                entry > *found && matches!(&record.about, Subject::Called(Call::RedAgain { check: of }) if of == *check)
            });
            session.is_not_green(check) && !is_called && session.runbook.check(check).is_some()
        })
        .map(|(check, _)| check)
}
