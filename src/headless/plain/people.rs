//! What people say about the incident beside notes: who has which role, what the report asks, which entry does not hold, where
//! they go on. Never what they do to a system.

use crate::base::id::Id;
use crate::base::text;
use crate::engine::{Command, Ending, Session, gate};
use crate::present::{directory, questions, story, words};
use crate::runbook::model::Related;
use crate::runtime::Runtime;
use crate::timeline::Event;

use super::Plain;
use super::act::split;
use super::question::Purpose;
use super::tell::{spoken, spoken_inside};

/// Every role, with who has it.
pub(super) fn roles(session: &Session) -> Vec<String> {
    let rows = directory::roles(&session.runbook, &session.incident).into_iter().map(|role| {
        let usually = role.usually.map(|who| format!(", usually {who}")).unwrap_or_default();
        // What it is given by, where its title is another word.
        let by = if role.title.eq_ignore_ascii_case(role.id.as_str()) { String::new() } else { format!(" ({})", role.id) };
        format!("{}{by}: {}{usually}.", role.title, role.holder.as_deref().unwrap_or("nobody"))
    });
    rows.chain(["The word role gives one to somebody, such as: role scribe ann.".to_owned()]).collect()
}

/// What the report asks, numbered, and the follow-up work.
pub(super) fn report(session: &Session) -> Vec<String> {
    let asked = questions::of(&session.runbook);
    let told = asked.iter().enumerate().map(|(place, question)| {
        let answer = session.incident.answers.get(&question.text).map_or("not answered yet", |answer| text::first_line(answer));
        let colon = if question.text.ends_with(['?', ':']) { "" } else { ":" };
        format!("{}. {}{colon} {}.", place + 1, question.text, answer.trim_end_matches('.'))
    });
    let follow_up = directory::actions(&session.runbook, &session.incident).into_iter().map(|action| {
        let owner = action.owner.unwrap_or_else(|| "nobody yet".to_owned());
        format!("Follow-up, {}, {owner}: {}.", words::action_state(action.state), action.title)
    });
    let how = "The word answer and a number answers a question, and todo notes follow-up work.".to_owned();
    told.chain(follow_up).chain([how]).collect()
}

/// Other runbooks that step, known errors and runbook name.
fn related(session: &Session) -> Vec<Related> {
    let known = session.incident.checks.values().flat_map(|record| &record.known_errors);
    directory::related(&session.runbook, session.current().map(|(_, step)| step), known)
}

impl Plain {
    /// Gives somebody a role; the lead goes on with a brief.
    pub(super) fn give_role(&mut self, runtime: &mut Runtime, rest: &str) -> Option<Ending> {
        let (name, person) = split(rest);
        let rows = directory::roles(&runtime.session().runbook, &runtime.session().incident);
        let role = rows.iter().find(|role| role.id.as_str().eq_ignore_ascii_case(name)).map(|role| role.id.clone());
        match role {
            None => {
                let names: Vec<&str> = rows.iter().map(|role| role.id.as_str()).collect();
                self.say(&format!("Which role? Roles: {}.", names.join(", ")));
                None
            }
            Some(role) if role == Id::new("lead") => self.ask_for(runtime, Purpose::HandOver, person, &["Who leads from here?"]),
            Some(role) => self.ask_for(runtime, Purpose::Role(role), person, &["Who? An empty line means nobody any more."]),
        }
    }

    /// Answers a question of the report.
    pub(super) fn answer_for_report(&mut self, runtime: &mut Runtime, rest: &str) -> Option<Ending> {
        let (which, words) = split(rest);
        let asked = questions::of(&runtime.session().runbook);
        let Some(question) = which.parse::<usize>().ok().and_then(|n| asked.into_iter().nth(n.checked_sub(1)?)) else {
            self.say("Which question? The word report says them, with their numbers.");
            return None;
        };
        self.say(&question.text);
        self.ask_for(runtime, Purpose::Answer(question.text), words, &["The answer."])
    }

    /// Notes follow-up work.
    pub(super) fn note_follow_up(&mut self, runtime: &mut Runtime, title: &str) -> Option<Ending> {
        let asks = [
            "What is to be done?",
            "Who does it? It may stay empty.",
            "How far is it: done, ongoing or future? An empty line means future.",
        ];
        self.ask_for(runtime, Purpose::FollowUp, title, &asks)
    }

    /// Says that an entry does not hold, and what a note or a decision should have said.
    pub(super) fn correct(&mut self, runtime: &mut Runtime, rest: &str) -> Option<Ending> {
        let (which, reason) = split(rest);
        let Ok(number) = which.parse::<u64>() else {
            self.say("Correct which entry? The word timeline says the last ones, with their numbers.");
            return None;
        };
        let now = runtime.now();
        let session = runtime.session();
        // Whether it can be corrected at all is said before anything is asked for.
        let possible = Command::Correct { entry: number, reason: "because".to_owned(), instead: String::new() };
        if let Err(why) = gate::may(session, now, &possible) {
            self.refuse(&why);
            return None;
        }
        let entry = session.incident.entry(number)?;
        let told = story::line(entry, session.incident.entries(), &session.runbook, &self.names).text;
        let may_be_reworded = matches!(entry.event, Event::Note { .. } | Event::Decided(_));
        self.say(&format!("Entry {number}: {}", spoken(&told)));
        let asks = ["Why does it not hold? It may stay empty where it is your own.", "What should it say? An empty line takes it back."];
        let asks = if may_be_reworded { &asks[..] } else { &asks[..1] };
        self.ask_for(runtime, Purpose::Correct(number), reason, asks)
    }

    /// Names other runbooks, or goes on with one of them.
    pub(super) fn go_on_elsewhere(&mut self, runtime: &mut Runtime, number: &str) -> Option<Ending> {
        let session = runtime.session();
        let related = related(session);
        let meant = number.parse::<usize>().ok().and_then(|n| related.get(n.checked_sub(1)?)).map(|other| other.runbook.clone());
        if let Some(runbook) = meant {
            return self.ask(runtime, Command::LeaveFor(runbook));
        }
        if related.is_empty() {
            self.say("No other runbook is named here.");
            return None;
        }
        let is_drill = session.incident.is_drill();
        for (place, other) in related.iter().enumerate() {
            let why = other.why.as_ref().map(|why| format!(": {}", spoken_inside(why.trim_end_matches('.')))).unwrap_or_default();
            self.say(&format!("{}. {}{why}.", place + 1, other.runbook));
        }
        self.say(if is_drill {
            "From a drill nothing real is opened: leave, and practise the other with fracas drill and its name."
        } else {
            "The word related and a number goes on with that one. This incident stays open, its timeline says where you went, and \
             answers to the same questions are taken along."
        });
        None
    }
}
