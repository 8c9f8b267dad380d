//! What the line mode asks of a person: a reason, evidence, a summary, and consent. A question is answered by lines. Never
//! takes anything for consent but the very word that was asked for, by somebody to whom the whole plan was read as it stands.

use std::collections::VecDeque;

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::{Stamp, lasting};
use crate::engine::{Command, Ending, Session, gate};
use crate::present;
use crate::runbook::model::ActionState;
use crate::runtime::Runtime;

use super::join::Opening;
use super::{Plain, plan, tell, vocabulary};

/// The word that is consent where no database's name is asked for.
pub(super) const CONSENT: &str = "run";

/// What leaves a question without an answer.
pub(super) const NOTHING: &str = ".";

/// An open question.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// Consent to the plan that was just read.
    Consent(Consent),
    /// What another runbook needs to know, and the word that opens it.
    Open(Opening),
    /// Words, one line each.
    Words {
        /// What is still to be asked.
        asks: VecDeque<&'static str>,
        /// What was answered.
        given: Vec<String>,
        /// What it is for.
        purpose: Purpose,
    },
}

/// Which plan was read, and what consents to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Consent {
    remediation: Id,
    attempt: AttemptId,
    /// Whether it had been rehearsed, or the rehearsal left out.
    is_tried: bool,
    /// The name of the production database that it changes, where that is to be typed.
    database: Option<String>,
}

impl Consent {
    /// To the plan as it stands; none where there is no open one.
    fn to(session: &Session, remediation: &Id, now: Stamp) -> Option<Self> {
        let record = session.incident.remediations.get(remediation).filter(|record| record.open)?;
        Some(Self {
            remediation: remediation.clone(),
            attempt: record.planned.as_ref()?.attempt,
            is_tried: record.rehearsed.is_some() || record.rehearsal_skipped.is_some(),
            database: present::plan::name_to_type(session, remediation, now),
        })
    }
}

/// What words are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Note,
    Decide,
    Attach,
    Tick(Id),
    Skip(Id),
    Override(Id),
    Unrehearsed(Id),
    Pause,
    Severity(String),
    HandOver,
    Resolve,
    /// An update; the draft that an empty line takes.
    Update(String),
    Shell,
    Keep(Id),
    Role(Id),
    /// A question of the report.
    Answer(String),
    FollowUp,
    /// The number of an entry.
    Correct(u64),
}

impl Purpose {
    /// What was answered, as a command.
    ///
    /// # Errors
    /// Why it means nothing.
    fn command(&self, given: &[String]) -> Result<Command, String> {
        let word = |place: usize| given.get(place).cloned().unwrap_or_default();
        let if_any = |place: usize| Some(word(place)).filter(|word| !word.is_empty());
        Ok(match self.clone() {
            Self::Note => note(&word(0)),
            Self::Decide => Command::Decide { decision: word(0), considered: word(1), objections: word(2) },
            Self::Attach => Command::Attach { path: word(0), about: None },
            Self::Tick(task) => Command::Tick { task, evidence: word(0) },
            Self::Skip(step) => Command::Skip { step, reason: word(0) },
            Self::Override(check) => Command::Override { check, reason: word(0) },
            Self::Unrehearsed(remediation) => Command::SkipRehearsal { remediation, reason: word(0) },
            Self::Pause => Command::Pause(word(0)),
            Self::Severity(severity) => Command::SetSeverity { severity, reason: word(0) },
            Self::HandOver => Command::HandOver { to: word(0), word: String::new() },
            Self::Resolve => Command::Resolve { summary: word(0) },
            Self::Update(draft) => Command::GiveUpdate { text: if_any(0).unwrap_or(draft) },
            Self::Shell => Command::RunOnce { line: word(0) },
            Self::Keep(check) => {
                let every = if_any(2).map(|said| lasting(&said)).transpose()?;
                Command::KeepQuestion { check, title: word(0), expect: if_any(1), every }
            }
            Self::Role(role) => Command::AssignRole { role, to: word(0) },
            Self::Answer(question) => Command::Answer { question, answer: word(0) },
            Self::FollowUp => Command::NoteAction { title: word(0), owner: word(1), state: state(&word(2)) },
            Self::Correct(entry) => Command::Correct { entry, reason: word(0), instead: word(1) },
        })
    }

    /// Why the last answer is asked for again: what has several parts is not lost by a slip in one of them.
    fn refuses(&self, session: &Session, now: Stamp, given: &[String]) -> Option<String> {
        matches!(self, Self::Keep(_)).then(|| self.command(given).and_then(|command| gate::may(session, now, &command)).err())?
    }
}

fn state(said: &str) -> ActionState {
    match said.chars().next().map(|first| first.to_ascii_lowercase()) {
        Some('d') => ActionState::Done,
        Some('o') => ActionState::Ongoing,
        _ => ActionState::Future,
    }
}

/// A note that begins with `@14:05` or `@12m` tells of something earlier.
fn note(text: &str) -> Command {
    let late = text.strip_prefix('@').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match late.and_then(|rest| rest.split_once(char::is_whitespace)) {
        Some((when, text)) => Command::NoteLate { text: text.trim().to_owned(), when: when.to_owned() },
        None => Command::Note(text.to_owned()),
    }
}

impl Plain {
    /// Asks for words, of which the first may be given already.
    pub(super) fn ask_for(&mut self, runtime: &mut Runtime, purpose: Purpose, first: &str, asks: &[&'static str]) -> Option<Ending> {
        let given: Vec<String> = if first.is_empty() { Vec::new() } else { vec![first.to_owned()] };
        let asks: VecDeque<&'static str> = asks.iter().skip(given.len()).copied().collect();
        self.go_on_asking(runtime, asks, given, purpose)
    }

    fn go_on_asking(
        &mut self,
        runtime: &mut Runtime,
        asks: VecDeque<&'static str>,
        given: Vec<String>,
        purpose: Purpose,
    ) -> Option<Ending> {
        match asks.front() {
            Some(ask) => {
                self.say(&format!("{ask} A dot alone leaves this."));
                self.question = Some(Question::Words { asks, given, purpose });
                None
            }
            None => match purpose.command(&given) {
                Ok(command) => self.ask(runtime, command),
                Err(why) => {
                    self.refuse(&why);
                    None
                }
            },
        }
    }

    /// Takes a line as the answer to a question.
    pub(super) fn answer(&mut self, runtime: &mut Runtime, question: Question, line: &str) -> Option<Ending> {
        match question {
            Question::Consent(consent) => self.consent(runtime, &consent, line),
            Question::Open(opening) => self.hear_for_opening(runtime, opening, line),
            Question::Words { .. } if line.trim() == NOTHING => {
                self.say("Left as it was.");
                self.said_next.clear();
                None
            }
            Question::Words { mut asks, mut given, purpose } => {
                given.push(line.trim().to_owned());
                let now = runtime.now();
                if let Some(why) = purpose.refuses(runtime.session(), now, &given) {
                    self.say(&format!("Not taken: {}.", tell::spoken_inside(&why)));
                    given.pop();
                } else {
                    asks.pop_front();
                }
                self.go_on_asking(runtime, asks, given, purpose)
            }
        }
    }

    /// Reads the plan of a remediation as it stands, and asks for consent where that is possible.
    pub(super) fn read_plan(&mut self, session: &Session, now: Stamp, remediation: &Id) {
        self.say_all(&plan::read(session, remediation));
        self.said_next.clear();
        let Some(consent) = Consent::to(session, remediation, now) else { return };
        let typed = consent.database.clone().unwrap_or_default();
        match gate::may(session, now, &Command::Confirm { remediation: remediation.clone(), typed }) {
            Ok(()) => {
                self.say(&match &consent.database {
                    Some(database) => format!("To run this on production, type the database's name, {database}."),
                    None => format!("To run this, type the word {CONSENT}."),
                });
                self.say("Anything else runs nothing. An empty line leaves it for later, and the word aside puts it aside.");
                self.question = Some(Question::Consent(consent));
            }
            Err(why) => {
                self.say(&format!("It cannot run: {}.", tell::spoken_inside(&why)));
                self.say_how_to_ask_its_guard(session, now, remediation);
                self.say("The word again plans it once more, unrehearsed REASON goes on without a rehearsal, aside puts it aside.");
            }
        }
    }

    fn consent(&mut self, runtime: &mut Runtime, consent: &Consent, line: &str) -> Option<Ending> {
        let now = runtime.now();
        let typed = line.trim();
        let wanted = consent.database.as_deref().unwrap_or(CONSENT);
        if typed != wanted {
            self.said_next.clear();
            self.say("Nothing was run. The plan stays open.");
            // Another word means what it always does, but for the one that is too near to consent.
            return match vocabulary::understand(typed) {
                Ok((word, _)) if word != vocabulary::Word::Run => self.obey(runtime, line),
                _ => None,
            };
        }
        if Consent::to(runtime.session(), &consent.remediation, now).as_ref() != Some(consent) {
            self.say("Nothing was run: the plan has changed since it was read.");
            self.read_plan(runtime.session(), now, &consent.remediation);
            return None;
        }
        let typed = consent.database.clone().unwrap_or_default();
        let ending = self.ask(runtime, Command::Confirm { remediation: consent.remediation.clone(), typed });
        if runtime.session().running().is_none() {
            self.say_how_to_ask_its_guard(runtime.session(), now, &consent.remediation);
        }
        ending
    }

    /// A plan takes longer to hear than to read, and the answer that it rests on may have grown old meanwhile.
    fn say_how_to_ask_its_guard(&mut self, session: &Session, now: Stamp, remediation: &Id) {
        let Some((step, remediation)) = session.runbook.remediation(remediation) else { return };
        let stale = remediation.guard.as_ref().filter(|guard| !session.is_fresh(guard, now, remediation.guard_within));
        let place = stale.and_then(|guard| tell::rows(session, step).iter().position(|row| *row == tell::Row::Check(guard.clone())));
        if let Some(place) = place.filter(|_| session.current().is_some_and(|(_, current)| current.id == step.id)) {
            self.say(&format!("Type ask {} to ask it again, and then an empty line.", place + 1));
        }
    }
}
