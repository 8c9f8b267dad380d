//! What the responder is called to, in words: a sentence for each call that stands, and the text that is ready to be used.
//! Never a word about a call whose cause has gone; the engine leaves those out.

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::base::text;
use crate::engine::Session;
use crate::engine::notify::update_text;
use crate::timeline::calls::{CallRecord, Subject};
use crate::timeline::event::Call;

use super::mark::Mark;
use super::words::{self, quoted};

/// For how long a call is quiet that is to come again: long enough to finish a thought, short enough to be the same one.
pub const QUIET_MINUTES: u32 = 5;

/// A call as it is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    /// The sign in front.
    pub mark: Mark,
    /// One sentence on one line, without a full stop.
    pub sentence: String,
    /// What can be told to others as it is: the message of an escalation, an update for stakeholders. May have several lines.
    pub prepared: Option<String>,
}

/// What stands before the responder at this moment, by the numbers of the entries, most urgent first.
#[must_use]
pub fn open(session: &Session, now: Stamp) -> Vec<(u64, Say)> {
    session.open_calls(now).into_iter().map(|(entry, record)| (entry, say(session, record, now))).collect()
}

/// A call in words, as it stands at this moment.
#[must_use]
pub fn say(session: &Session, record: &CallRecord, now: Stamp) -> Say {
    let (mark, sentence, prepared) = match &record.about {
        Subject::Escalation(place) => {
            let due = session.incident.escalations.get(place);
            let to = due.map(|due| due.to.join(", ")).unwrap_or_default();
            let message = due.and_then(|due| due.message.clone());
            let reason = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            (Mark::Escalation, format!("call {to}{reason}"), message.as_deref().map(text::lines))
        }
        Subject::OverBudget { phase: Some(phase), budget } => {
            let spent = session.runbook.phases.iter().find(|known| known.id == *phase).map(|known| session.phase_spent(known, now));
            let over = words::budget(spent.unwrap_or(*budget), *budget);
            (Mark::Warning, format!("{} has used up its {}, {over}", title(session, phase), words::exactly(*budget)), None)
        }
        Subject::OverBudget { phase: None, budget } => {
            let over = words::budget(session.incident.clock(now), *budget);
            (Mark::Warning, format!("not resolved within {}, {over}", words::exactly(*budget)), None)
        }
        Subject::Called(Call::RedAgain { check }) => {
            let known = session.runbook.check(check).map_or(check.as_str(), |(_, known)| &known.title);
            let reason = session.incident.checks.get(check).map(|record| format!(": {}", text::first_line(&record.reason)));
            (Mark::Failed, format!("{} is red again{}", quoted(known), reason.unwrap_or_default()), None)
        }
        Subject::Called(Call::BudgetLeft { phase, left }) => {
            let known = phase.as_ref().and_then(|phase| session.runbook.phases.iter().find(|known| known.id == *phase));
            let left = match (known, phase, session.runbook.resolve_within) {
                (Some(known), ..) => known.budget.map(|budget| budget.saturating_sub(session.phase_spent(known, now))),
                (None, None, Some(budget)) => Some(budget.saturating_sub(session.incident.clock(now))),
                _ => None,
            }
            .unwrap_or(*left);
            let sentence = match phase {
                Some(phase) => format!("{} has {} left", title(session, phase), words::rough(left)),
                None => format!("{} left to resolve it", words::rough(left)),
            };
            (Mark::Warning, sentence, None)
        }
        Subject::Called(Call::UpdateDue { .. }) => {
            let sentence = format!("stakeholders should hear how it stands, due {}", words::ago(now.since(record.at)));
            (Mark::Message, sentence, Some(update_text(session, now)))
        }
        Subject::Called(Call::Silent { lasted, .. }) => {
            let lasted = *lasted + now.since(record.at);
            let sentence = format!("nothing written down for {}: a note of what is being tried, or call somebody", words::rough(lasted));
            (Mark::Warning, sentence, None)
        }
    };
    Say { mark, sentence: text::line(&sentence.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned(), prepared }
}

fn title(session: &Session, phase: &Id) -> String {
    quoted(session.runbook.phases.iter().find(|known| known.id == *phase).map_or(phase.as_str(), |known| &known.title))
}
