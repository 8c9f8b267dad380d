//! One turn of the engine: the session, the moment, and the effects so far. The only way to change an
//! incident is [`Turn::record`]. Never decides what to record.

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::Stamp;
use crate::base::text;
use crate::timeline::event::{Asked, Evidence};
use crate::timeline::{Entry, Event};

pub(super) use crate::timeline::event::CLOCK;

use super::effect::{Effect, Effects};
use super::session::{Asking, Session};
use super::{asked, offers};

/// How much of what was seen goes into an entry, in bytes: two screens full.
const SEEN_LIMIT: usize = 4096;

/// One turn of the engine.
pub(super) struct Turn<'s> {
    pub(super) session: &'s mut Session,
    pub(super) at: Stamp,
    effects: Effects,
}

impl<'s> Turn<'s> {
    pub(super) fn new(session: &'s mut Session, at: Stamp) -> Self {
        // As it will be read again: whoever goes on with the incident must not find another moment than was acted on.
        let at = at.as_kept();
        session.seen_at = at;
        Self { session, at, effects: Vec::new() }
    }

    pub(super) fn effects(self) -> Effects {
        self.effects
    }

    /// Makes an entry, applies it to the incident and asks for it to be written, in this order, always.
    pub(super) fn record(&mut self, by: &str, event: Event) {
        let entry = Entry { seq: self.session.incident.next_seq(), at: self.at, by: by.to_owned(), event: event.as_kept() };
        self.session.incident.apply(entry.clone());
        if matches!(
            entry.event,
            Event::RemediationOffered(_)
                | Event::RemediationSettled(_)
                | Event::QuestionAsked(_)
                | Event::RunbookJoined(_)
                | Event::QuestionKept(_)
                | Event::Corrected { .. }
        ) {
            self.session.runbook = offers::of_incident(self.session.runbook.clone(), &self.session.incident, &self.session.inputs);
            asked::forget_what_is_not_kept(self.session);
        }
        self.effects.push(Effect::Append(entry));
    }

    /// What goes into an entry of a text that was seen: its end. All of it is kept as evidence if that is more.
    pub(super) fn excerpt(&mut self, seen: &str) -> (String, Option<Evidence>) {
        let (tail, left_out) = text::tail(seen, SEEN_LIMIT);
        if left_out == 0 {
            return (tail.to_owned(), None);
        }
        let evidence = Evidence::of(seen.as_bytes(), seen.len() as u64);
        self.effects.push(Effect::Keep { evidence: evidence.clone(), content: seen.as_bytes().to_vec() });
        (format!("… {left_out} bytes before this\n{tail}"), Some(evidence))
    }

    pub(super) fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn say(&mut self, sentence: impl Into<String>) {
        self.effects.push(Effect::Say(sentence.into()));
    }

    /// Hands out the number of a new attempt.
    pub(super) fn attempt(&mut self) -> AttemptId {
        self.session.last_attempt += 1;
        AttemptId(self.session.last_attempt)
    }

    /// Asks a check, unless it is being asked already.
    pub(super) fn ask(&mut self, check: &Id, asked: Asked) {
        self.ask_with(check, asked, false);
    }

    /// Asks a check; `retry` says that this is another try of the same question.
    pub(super) fn ask_with(&mut self, check: &Id, asked: Asked, retry: bool) {
        if self.session.is_asking(check) {
            return;
        }
        let Some(retries) = self.session.runbook.check(check).map(|(_, check)| check.retry.map_or(0, |retry| retry.times)) else {
            return;
        };
        let attempt = self.attempt();
        let at = self.at;
        let live = self.session.live.entry(check.clone()).or_default();
        live.asking = Some(Asking { attempt, since: at, asked });
        live.due = None;
        if retry {
            live.tries += 1;
        } else {
            live.tries = 1;
            live.retries = retries;
        }
        if asked == Asked::ByHand {
            live.turned_red = false;
        }
        self.effects.push(Effect::StartCheck { attempt, check: check.clone() });
    }
}
