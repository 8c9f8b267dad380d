//! Opening another runbook inside the incident: which there are, what one adds, the answers it needs, and the word that opens
//! it. Never opens one that was not said first.

use std::collections::{BTreeMap, VecDeque};

use crate::base::id::Id;
use crate::engine::joined::{answered, fits};
use crate::engine::{Command, Ending, Session};
use crate::present::{directory, joining};
use crate::runbook::model::Input;
use crate::runbook::search;
use crate::runtime::Runtime;

use super::inputs::usual;
use super::question::{NOTHING, Question};
use super::tell::spoken_inside;
use super::{Plain, Then};

/// The word that opens what was just said.
const OPEN: &str = "open";

/// What is still to be answered before a runbook is opened inside the incident.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    runbook: Id,
    answers: BTreeMap<String, String>,
    missing: VecDeque<Input>,
}

impl Plain {
    /// Begins to open the runbook with this number, or looks which there are for these words.
    pub(super) fn join(&mut self, runtime: &mut Runtime, rest: &str) -> Option<Ending> {
        let numbered = rest.parse::<usize>().ok().and_then(|n| self.listed.get(n.checked_sub(1)?)).cloned();
        if let Some(runbook) = numbered {
            self.begin_to_open(runtime.session(), runbook);
            return None;
        }
        self.then = Some(Then::Runbooks(rest.to_owned()));
        self.ask(runtime, Command::FindRunbooks)
    }

    /// Says which runbooks fit these words, or all of them, those that one goes to from here first.
    pub(super) fn say_runbooks(&mut self, session: &Session, words: &str) {
        let books = session.runbooks_at_hand().unwrap_or_default();
        let mut found: Vec<_> = if words.is_empty() {
            books.iter().collect()
        } else {
            let runbooks: Vec<_> = books.iter().map(|shelved| shelved.runbook.as_ref()).collect();
            search::rank(words, &runbooks).into_iter().map(|hit| &books[hit.index]).collect()
        };
        let known = session.incident.checks.values().flat_map(|record| &record.known_errors);
        let related = directory::related(&session.runbook, session.current().map(|(_, step)| step), known);
        if words.is_empty() {
            let place = |id: &Id| related.iter().position(|other| other.runbook == *id).unwrap_or(usize::MAX);
            found.sort_by_key(|shelved| (place(&shelved.runbook.id), fits(session, shelved).is_err()));
        }
        self.listed = found.iter().map(|shelved| shelved.runbook.id.clone()).collect();
        for (place, shelved) in found.iter().enumerate() {
            let why = fits(session, shelved).err().map(|why| format!(" Not now: {}.", spoken_inside(&why)));
            self.say(&format!("{}. {}.{}", place + 1, shelved.runbook.title, why.unwrap_or_default()));
        }
        self.say(if found.is_empty() {
            "No runbook fits. The word join alone says all of them."
        } else {
            "The word join and a number says what that one adds, and opens it inside this incident."
        });
    }

    fn begin_to_open(&mut self, session: &Session, runbook: Id) {
        let Some(shelved) = session.shelved(&runbook) else { return };
        if let Err(why) = fits(session, shelved) {
            return self.refuse(&why);
        }
        self.say(&format!("{}.", shelved.runbook.title));
        joining::page(session, shelved).split("\n\n").map(str::trim).filter(|part| !part.is_empty()).for_each(|part| self.say(part));
        let answers = answered(session, shelved);
        let missing = shelved.runbook.inputs.iter().filter(|input| !answers.contains_key(&input.name)).cloned().collect();
        self.go_on_opening(Opening { runbook, answers, missing });
    }

    fn go_on_opening(&mut self, opening: Opening) {
        match opening.missing.front() {
            Some(input) => {
                self.say(&format!("{} A dot alone leaves this.", input.ask));
                self.say_what_is_usual(input);
                self.hushed = if input.secret { self.ears.hush() } else { None };
            }
            None => self.say(&format!("To open it inside this incident, type the word {OPEN}. Anything else leaves it.")),
        }
        self.question = Some(Question::Open(opening));
    }

    /// Takes a line for the next answer, or for the word that opens it.
    pub(super) fn hear_for_opening(&mut self, runtime: &mut Runtime, mut opening: Opening, line: &str) -> Option<Ending> {
        self.hushed = None;
        let Some(input) = opening.missing.pop_front().filter(|_| line.trim() != NOTHING) else {
            if line.trim() != OPEN || !opening.missing.is_empty() {
                self.said_next.clear();
                self.say("Nothing was opened.");
                return None;
            }
            let ending = self.ask(runtime, Command::JoinRunbook { runbook: opening.runbook, answers: opening.answers });
            self.names = runtime.session().names();
            return ending;
        };
        let value = if line.is_empty() { usual(&input).unwrap_or_default() } else { line.to_owned() };
        match input.accept(&value) {
            Ok(()) => _ = opening.answers.insert(input.name.clone(), value),
            Err(why) => {
                self.say(&format!("Not taken: {why}."));
                opening.missing.push_front(input);
            }
        }
        self.go_on_opening(opening);
        None
    }
}
