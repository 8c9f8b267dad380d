//! What reaches an incident from outside its screen: a note, or another person's consent. Never takes the same letter
//! twice, however often it is delivered.

use chrono::{DateTime, Utc};

use crate::base::id::{AttemptId, Id};
use crate::base::text;
use crate::timeline::Event;

use super::gate;
use super::turn::Turn;

/// A letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its name, unlike that of any other; letters are opened in the order of their names.
    pub token: String,
    /// Who wrote it.
    pub by: String,
    /// What they want.
    pub wish: Wish,
}

/// What a letter asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// To be kept on the timeline.
    Note {
        /// What.
        text: String,
        /// When it happened, if that was earlier.
        happened_at: Option<DateTime<Utc>>,
    },
    /// That a plan may run.
    Approve {
        /// The remediation.
        remediation: Id,
        /// The plan's attempt.
        attempt: AttemptId,
        /// SHA-256 of what was read; see [`crate::timeline::event::Planned::digest`].
        plan: String,
    },
}

/// Takes a letter in. One that cannot be granted is answered with a sentence and leaves no entry.
pub(super) fn open(turn: &mut Turn<'_>, letter: Letter) {
    let Letter { token, by, wish } = letter;
    if turn.session.incident.letters.contains(&token) {
        return;
    }
    let by = text::line(by.trim()).into_owned();
    match wish {
        Wish::Note { text, .. } if text.trim().is_empty() => turn.say("an empty note is not kept".to_owned()),
        Wish::Note { text, happened_at } => turn.record(&by, Event::Note { text, happened_at, letter: Some(token) }),
        Wish::Approve { remediation, attempt, plan } => match gate::may_approve(turn.session, &by, &remediation, attempt, &plan) {
            Ok(()) => turn.record(&by, Event::RemediationApproved { remediation, attempt, plan, letter: token }),
            Err(why) => turn.say(format!("the approval of {by} does not count: {why}")),
        },
    }
}
