//! Which calls stand before the responder, and how they are answered. A call whose cause has gone is open no longer, which
//! follows from the incident as it is. Never makes one; that is the deputy's business.

use std::time::Duration;

use crate::base::stamp::Stamp;
use crate::base::text;
use crate::timeline::Event;
use crate::timeline::calls::{CallRecord, Subject};
use crate::timeline::event::Call;

use super::ahead;
use super::gate::Why;
use super::msg::Command;
use super::notify;
use super::session::Session;
use super::turn::{CLOCK, Turn};

/// Longest quiet, in minutes: a day. Who wants more has seen the call.
const LONGEST_QUIET: u32 = 24 * 60;

/// Characters of an update, so that it arrives whole: the shortest limit of a channel is 2,000.
const LONGEST_UPDATE: usize = 1_800;

impl Session {
    /// What the responder is called to at this moment, by the numbers of the entries, most urgent first and of the same
    /// urgency oldest first.
    #[must_use]
    pub fn open_calls(&self, now: Stamp) -> Vec<(u64, &CallRecord)> {
        let mut open: Vec<_> = self.standing_calls().filter(|(_, record)| quiet_for(record, now).is_none()).collect();
        open.sort_by_key(|(entry, record)| (urgency(&record.about), *entry));
        open
    }

    /// What somebody asked to be told of again later, with how long that is, soonest first.
    #[must_use]
    pub fn quiet_calls(&self, now: Stamp) -> Vec<(Duration, &CallRecord)> {
        let mut quiet: Vec<_> = self.standing_calls().filter_map(|(_, record)| Some((quiet_for(record, now)?, record))).collect();
        quiet.sort_by_key(|(left, _)| *left);
        quiet
    }

    fn standing_calls(&self) -> impl Iterator<Item = (u64, &CallRecord)> {
        let calls = self.incident.calls.iter();
        calls.filter(|(entry, record)| record.acknowledged.is_none() && still_stands(self, *entry, record))
    }
}

/// How long a call is still to be quiet.
fn quiet_for(record: &CallRecord, now: Stamp) -> Option<Duration> {
    record.snoozed_until.and_then(|until| until.elapsed.checked_sub(now.elapsed)).filter(|left| !left.is_zero())
}

/// Smaller is more urgent.
fn urgency(about: &Subject) -> u8 {
    match about {
        Subject::Escalation(_) => 0,
        Subject::OverBudget { .. } => 1,
        Subject::Called(Call::RedAgain { .. }) => 2,
        Subject::Called(Call::BudgetLeft { .. }) => 3,
        Subject::Called(Call::UpdateDue { .. }) => 4,
        Subject::Called(Call::Silent { .. }) => 5,
    }
}

/// Whether what a call was about is still so.
fn still_stands(session: &Session, entry: u64, record: &CallRecord) -> bool {
    let incident = &session.incident;
    let is_there =
        |phase: &Option<_>| phase.as_ref().is_none_or(|phase| session.current().is_some_and(|(current, _)| current.id == *phase));
    // Said again since, and later words count.
    let is_last = |is_alike: &dyn Fn(&Call) -> bool| {
        !incident.calls.iter().any(|(later, record)| later > entry && matches!(&record.about, Subject::Called(call) if is_alike(call)))
    };
    if incident.resolved.is_some() {
        return false;
    }
    match &record.about {
        Subject::Escalation(_) => true,
        Subject::OverBudget { phase, .. } => is_there(phase),
        Subject::Called(Call::RedAgain { check }) => {
            session.is_not_green(check) && is_last(&|call| matches!(call, Call::RedAgain { check: of } if of == check))
        }
        Subject::Called(Call::BudgetLeft { phase, .. }) => {
            let is_alike = |call: &Call| matches!(call, Call::BudgetLeft { phase: of, .. } if of == phase);
            is_there(phase) && !incident.over_budget.contains(phase) && is_last(&is_alike)
        }
        Subject::Called(Call::UpdateDue { .. }) => !notify::updates_by_itself(session) && ahead::update_every(session).is_some(),
        Subject::Called(Call::Silent { .. }) => incident.paused.is_none() && incident.calls.last_deed() < entry,
    }
}

/// In how long the first call that was to be quiet speaks again.
pub(super) fn quiet_ends(session: &Session, now: Stamp) -> Option<Duration> {
    let ends =
        session.incident.calls.iter().filter(|(_, record)| record.acknowledged.is_none()).filter_map(|(_, record)| record.snoozed_until);
    ends.filter_map(|until| until.elapsed.checked_sub(now.elapsed)).filter(|left| !left.is_zero()).min()
}

/// Whether a call may be answered so.
///
/// # Errors
/// Why not.
pub(super) fn may(session: &Session, now: Stamp, command: &Command) -> Result<(), Why> {
    let open = |call: u64| match session.incident.calls.get(call) {
        None => Err("there is no such call".to_owned()),
        Some(record) if record.acknowledged.is_some() => Err("it is acknowledged already".to_owned()),
        Some(record) if !still_stands(session, call, record) => Err("what it was about has passed".to_owned()),
        Some(record) => Ok(record),
    };
    match command {
        Command::AcknowledgeCall(call) => open(*call).map(|_| ()),
        Command::SnoozeCall { minutes, .. } if *minutes == 0 || *minutes > LONGEST_QUIET => {
            Err("a call can be quiet for a minute up to a day; acknowledge it where that is not enough".to_owned())
        }
        Command::SnoozeCall { call, .. } => match open(*call)?.snoozed_until.filter(|until| now.elapsed < until.elapsed) {
            Some(_) => Err("it is quiet already".to_owned()),
            None => Ok(()),
        },
        Command::GiveUpdate { text } if text.trim().is_empty() => Err("say what they are to hear".to_owned()),
        Command::GiveUpdate { text } if text.chars().count() > LONGEST_UPDATE => {
            Err(format!("an update of more than {LONGEST_UPDATE} characters would not arrive whole in every channel; say less"))
        }
        // Every other wish is the gate's.
        _ => Ok(()),
    }
}

/// Writes the answer down; [`may`] has let it pass.
pub(super) fn answer(turn: &mut Turn<'_>, by: &str, command: Command) {
    match command {
        Command::AcknowledgeCall(call) => {
            let about = turn.session.incident.calls.get(call).map(|record| &record.about);
            let event = match about {
                Some(Subject::Escalation(escalation)) => Event::EscalationAcknowledged { escalation: *escalation },
                _ => Event::CallAcknowledged { entry: call },
            };
            turn.record(by, event);
        }
        Command::SnoozeCall { call, minutes } => {
            turn.record(by, Event::CallSnoozed { entry: call, lasting: Duration::from_mins(minutes.into()) });
        }
        Command::GiveUpdate { text: said } => {
            let channels = notify::update_channels(turn.session);
            let said = text::lines(said.trim());
            turn.record(by, Event::UpdateGiven { text: said.clone(), channels: channels.clone() });
            for channel in channels {
                turn.record(CLOCK, Event::MessageDue { channel, text: said.clone() });
            }
        }
        _ => {}
    }
}
