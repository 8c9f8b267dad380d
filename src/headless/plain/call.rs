//! What is due by the clock: each call said once when it begins to stand, and answered by a word. Never tells stakeholders
//! anything that the person has not read or heard here.

use crate::base::stamp::Stamp;
use crate::engine::notify::{update_channels, update_text};
use crate::engine::{Command, Ending, Session, gate};
use crate::present::Mark;
use crate::present::calls::{self, QUIET_MINUTES, Say};
use crate::runtime::Runtime;

use super::Plain;
use super::question::Purpose;
use super::tell::{self, spoken};
use super::vocabulary::Word;

/// A call as a sentence, with what answers it.
pub(super) fn due(say: &Say) -> String {
    let answers = if say.mark == Mark::Message { "update or later" } else { "done or later" };
    format!("{} The word {answers} answers it.", spoken(&format!("due: {}", say.sentence)))
}

impl Plain {
    /// The calls that have begun to stand since the last look, or that were quiet until now.
    pub(super) fn new_calls(&mut self, session: &Session, now: Stamp) -> Vec<String> {
        let open = session.open_calls(now);
        let new = open.iter().filter(|(entry, _)| !self.standing.contains(entry));
        let sentences = new.map(|(_, record)| due(&calls::say(session, record, now))).collect();
        self.standing = open.iter().map(|(entry, _)| *entry).collect();
        sentences
    }

    /// Says all that is due, numbered. The numbers mean these calls until they are said again, whatever comes up meanwhile.
    pub(super) fn say_due(&mut self, session: &Session, now: Stamp) {
        let open = calls::open(session, now);
        if open.is_empty() {
            self.say("Nothing is due.");
        }
        for (place, (_, say)) in open.iter().enumerate() {
            self.say(&format!("{}. {}", place + 1, spoken(&say.sentence)));
            match &say.prepared {
                Some(_) if say.mark == Mark::Message => self.say("The word update reads a draft of it."),
                Some(prepared) => self.say(&format!("Prepared, to be told as it is:\n{prepared}")),
                None => {}
            }
        }
        self.numbered = open.into_iter().map(|(entry, _)| entry).collect();
        if let Some((_, left)) = session.next_escalation(now).filter(|_| session.incident.resolved.is_none()) {
            self.say(&format!("The next escalation is due in {}.", tell::time(left)));
        }
    }

    /// Says that a call is seen to, or has it come again.
    pub(super) fn answer_call(&mut self, runtime: &mut Runtime, word: Word, number: &str) -> Option<Ending> {
        let now = runtime.now();
        let session = runtime.session();
        let open: Vec<u64> = session.open_calls(now).into_iter().map(|(entry, _)| entry).collect();
        let numbered = if self.numbered.is_empty() { &open } else { &self.numbered };
        let meant = match (number, open.as_slice()) {
            ("", &[only]) => Some(only),
            ("", _) => None,
            (number, _) => number.parse::<usize>().ok().and_then(|n| numbered.get(n.checked_sub(1)?)).copied(),
        };
        let Some(call) = meant else {
            self.say_due(session, now);
            if !open.is_empty() {
                self.say("Which one? Say its number, too.");
            }
            return None;
        };
        if word == Word::Later {
            return self.ask(runtime, Command::SnoozeCall { call, minutes: QUIET_MINUTES });
        }
        let is_update = calls::open(session, now).iter().any(|(entry, say)| *entry == call && say.mark == Mark::Message);
        // An update is seen to by giving it.
        if is_update { self.update(runtime, "") } else { self.ask(runtime, Command::AcknowledgeCall(call)) }
    }

    /// Gives an update; without words it reads a draft and asks for them.
    pub(super) fn update(&mut self, runtime: &mut Runtime, words: &str) -> Option<Ending> {
        if !words.is_empty() {
            return self.ask(runtime, Command::GiveUpdate { text: words.to_owned() });
        }
        let now = runtime.now();
        let session = runtime.session();
        let draft = update_text(session, now);
        if let Err(why) = gate::may(session, now, &Command::GiveUpdate { text: draft.clone() }) {
            self.refuse(&why);
            return None;
        }
        self.say(&format!("The draft:\n{draft}"));
        self.say(&match update_channels(session).as_slice() {
            [] => "No channel of the team's settings takes updates: tell them yourself, and what you told is kept here.".to_owned(),
            names => format!("It is sent to {}, and kept.", names.join(", ")),
        });
        self.ask_for(runtime, Purpose::Update(draft), "", &["How does it stand? An empty line takes the draft as it was read."])
    }
}
