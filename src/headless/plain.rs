//! The line mode: the incident of the screen as sentences and prompts, for screen readers and for terminals that can draw
//! nothing. Nothing is painted twice, nothing moves, and every change is said once. Never runs a remediation but on the very
//! word that its plan asked for, right after that plan was read.

mod act;
mod beside;
mod call;
mod ears;
mod inputs;
mod join;
mod people;
mod plan;
mod question;
mod tell;
mod vocabulary;

use std::collections::BTreeSet;

use crate::base::Values;
use crate::base::id::Id;
use crate::base::text;
use crate::engine::next::{Move, next_move};
use crate::engine::{Command, Ending, Msg, gate};
use crate::present::moves;
use crate::runtime::{Runtime, Stepped};
use crate::timeline::Event;

use ears::{Ears, Hushed, Typed};
use question::Question;
use tell::spoken;

/// Says something to the person; `false` once nobody can hear it any more.
pub type Voice = Box<dyn FnMut(&str) -> bool + Send>;

/// Messages taken in one go before a line gets its turn.
const AT_ONCE: usize = 256;

/// Whether there are lines to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    /// There may be.
    Open,
    /// There will be none.
    Ended,
    /// And that was taken for the wish to leave.
    Left,
}

/// What a person asked to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Then {
    /// The plan of this remediation, as soon as it was tried.
    Plan(Id),
    /// The criteria of success, as soon as they were asked.
    Criteria,
    /// The runbooks that fit these words, as soon as they were looked for.
    Runbooks(String),
}

/// A conversation by lines: one for the questions before an incident, and the incident itself.
pub struct Plain {
    voice: Voice,
    ears: Ears,
    /// Whether anybody still hears.
    is_heard: bool,
    /// Whether a prompt stands at the end of what was said, and nothing after it.
    is_prompted: bool,
    /// A line that waits for answers to come in first.
    held: Option<Typed>,
    lines: Lines,
    question: Option<Question>,
    /// Checks whose answers a person waits for.
    awaited: BTreeSet<Id>,
    /// What is said once the answers are in.
    then: Option<Then>,
    /// Entries that were said.
    told: usize,
    /// What was said last of what is no entry, so that it is said once.
    said_next: String,
    said_progress: Option<String>,
    said_degraded: Option<String>,
    names: Values,
    /// The runbooks that numbers mean, as they were said last.
    listed: Vec<Id>,
    /// Keeps the terminal from showing a secret while one is asked for.
    hushed: Option<Hushed>,
    /// Calls that stood when it was last looked.
    standing: BTreeSet<u64>,
    /// The calls that numbers mean, as they were said last.
    numbered: Vec<u64>,
}

impl Plain {
    /// Begins to listen to standard input. Needs a tokio runtime.
    ///
    /// # Errors
    /// What the operating system refused.
    pub fn open(voice: Voice) -> std::io::Result<Self> {
        Ok(Self {
            voice,
            ears: Ears::open()?,
            is_heard: true,
            is_prompted: false,
            held: None,
            lines: Lines::Open,
            question: None,
            awaited: BTreeSet::new(),
            then: None,
            told: 0,
            said_next: String::new(),
            said_progress: None,
            said_degraded: None,
            names: Values::new(),
            listed: Vec::new(),
            hushed: None,
            standing: BTreeSet::new(),
            numbered: Vec::new(),
        })
    }

    /// Says a sentence. Further lines of it stand further in, so that nothing from outside can pass for a sentence of ours.
    pub fn say(&mut self, sentence: &str) {
        let begin = if std::mem::take(&mut self.is_prompted) { "\n" } else { "" };
        let clean = text::lines(sentence.trim_end()).replace('\n', "\n    ");
        self.is_heard &= (self.voice)(&format!("{begin}{clean}\n"));
    }

    fn say_all(&mut self, sentences: &[String]) {
        for sentence in sentences {
            self.say(sentence);
        }
    }

    fn prompt(&mut self) {
        if !self.is_prompted {
            self.is_heard &= (self.voice)("> ");
            self.is_prompted = true;
        }
    }

    /// Works on an incident until the program is to end. `truth` is what had really happened, said once it is over.
    pub async fn walk(&mut self, runtime: &mut Runtime, truth: Option<&str>) -> Ending {
        self.begin(runtime);
        if let Some(told) = self.ears.missed()
            && let Some(ending) = self.step(runtime, Msg::Told(told))
        {
            return ending;
        }
        let mut truth = truth;
        loop {
            self.catch_up(runtime);
            if runtime.session().incident.resolved.is_some()
                && let Some(truth) = truth.take()
            {
                self.say(&format!("What had really happened: {truth}"));
            }
            if !self.is_heard {
                return runtime.hang_up().await;
            }
            self.invite(runtime);
            if let Some(typed) = self.held.take_if(|typed| may_be_taken(typed, self.ears.is_terminal, is_waiting(&self.awaited, runtime))) {
                if let Some(ending) = self.hear(runtime, typed) {
                    return ending;
                }
                continue;
            }
            // Whoever has closed the input has nothing more to say; a change that runs is waited for.
            let may_leave = self.ears.is_terminal || !is_waiting(&self.awaited, runtime);
            if self.lines == Lines::Ended && may_leave && !runtime.session().is_applying() {
                self.lines = Lines::Left;
                if let Some(ending) = self.ask(runtime, Command::Leave) {
                    return ending;
                }
                continue;
            }
            let msg = tokio::select! {
                biased;
                typed = self.ears.next(), if self.held.is_none() && self.lines == Lines::Open => {
                    self.held = Some(typed);
                    continue;
                }
                msg = runtime.next() => msg,
            };
            let mut ending = self.step(runtime, msg);
            for _ in 0..AT_ONCE {
                let Some(msg) = runtime.ready().filter(|_| ending.is_none()) else { break };
                ending = self.step(runtime, msg);
            }
            if let Some(ending) = ending {
                return ending;
            }
        }
    }

    /// What it is, and where one is.
    fn begin(&mut self, runtime: &mut Runtime) {
        let now = runtime.now();
        let session = runtime.session();
        self.names = session.names();
        self.say_all(&tell::incident(session, now));
        // What was found when it was taken up is news; what was known before is on the timeline.
        let entries = session.incident.entries();
        let resumed = entries.iter().rposition(|entry| matches!(entry.event, Event::Resumed { .. }));
        self.told = resumed.unwrap_or(entries.len().min(1));
        if let Some((_, step)) = session.current() {
            self.say_all(&tell::step_head(session, &step.id));
        }
        if let Some(handover) = session.incident.handover.as_ref().filter(|handover| handover.accepted.is_none()) {
            self.say(&format!("Handed over to {}, who has not accepted it yet.", handover.to));
            self.say(&format!("The brief:\n{}", handover.brief));
            self.say("The word accept says that it was read.");
        }
        self.say("An empty line does what is next. The word help says what else there is.");
        self.expect_answers(runtime);
    }

    /// Has a message taken into account; the ending, if it is over.
    fn step(&mut self, runtime: &mut Runtime, msg: Msg) -> Option<Ending> {
        let Stepped { said, ending, .. } = runtime.step(msg);
        if ending.is_some() {
            self.catch_up(runtime);
        }
        for sentence in &said {
            self.say(&spoken(sentence));
        }
        ending
    }

    /// A wish, or the reason why it is not possible.
    fn ask(&mut self, runtime: &mut Runtime, command: Command) -> Option<Ending> {
        let now = runtime.now();
        if let Err(why) = gate::may(runtime.session(), now, &command) {
            self.refuse(&why);
            return None;
        }
        self.said_next.clear();
        let by = runtime.session().responder.clone();
        let ending = self.step(runtime, Msg::Asked { by, command });
        self.expect_answers(runtime);
        ending
    }

    fn refuse(&mut self, why: &str) {
        self.say(&format!("Not now: {}.", tell::spoken_inside(why)));
    }

    /// From here on, what is being asked now is waited for.
    fn expect_answers(&mut self, runtime: &Runtime) {
        let session = runtime.session();
        self.awaited.extend(beside::being_asked(session).map(|check| check.id.clone()));
    }

    /// Says what is new, each thing once.
    fn catch_up(&mut self, runtime: &mut Runtime) {
        let now = runtime.now();
        let session = runtime.session();
        self.awaited.retain(|check| session.is_awaited(check));
        let entries = session.incident.entries();
        let mut sentences: Vec<String> = Vec::new();
        // A correction leaves the entries as they are, and adds one.
        for entry in entries.iter().skip(self.told) {
            sentences.extend(tell::entry(session, entry, &self.names));
        }
        self.told = entries.len();
        sentences.extend(self.new_calls(session, now));
        if session.degraded != self.said_degraded {
            sentences.push(match &session.degraded {
                Some(why) => format!("NOT RECORDED: {why}. Changes are refused until the journal writes again."),
                None => "It is recorded again, with everything that was waiting.".to_owned(),
            });
            self.said_degraded.clone_from(&session.degraded);
        }
        let progress = plan::progress(session, now);
        if progress != self.said_progress {
            sentences.extend(progress.clone());
            self.said_progress = progress;
        }
        self.say_all(&sentences);
        let session = runtime.session();
        match self.then.take() {
            Some(Then::Plan(remediation)) if session.open_plan() != Some(&remediation) => {}
            Some(Then::Plan(remediation)) if session.running().is_none() && self.question.is_none() => {
                self.read_plan(session, now, &remediation);
            }
            Some(Then::Runbooks(words)) if !session.is_looking() => self.say_runbooks(session, &words),
            Some(Then::Criteria) if !is_waiting(&self.awaited, runtime) => self.say_all(&tell::criteria(session)),
            later => self.then = later,
        }
    }

    /// Says what comes next, if that is something else than before, and asks for a line.
    fn invite(&mut self, runtime: &mut Runtime) {
        if self.lines != Lines::Open {
            return;
        }
        let session = runtime.session();
        if self.question.is_none() {
            let waits = is_waiting(&self.awaited, runtime);
            let next = next_move(session);
            let words = if waits { String::new() } else { tell::spoken_inside(&moves::next_move(&next, session)) };
            if words != self.said_next {
                if !words.is_empty() {
                    self.say(&format!("Next: {words}."));
                }
                self.said_next = words;
            }
            if waits && !self.ears.is_terminal {
                return;
            }
        }
        self.prompt();
    }

    /// Takes a line into account.
    fn hear(&mut self, runtime: &mut Runtime, typed: Typed) -> Option<Ending> {
        // A terminal has moved on to the next line by itself.
        if self.ears.is_terminal {
            self.is_prompted = false;
        }
        match typed {
            Typed::End => {
                self.lines = Lines::Ended;
                if runtime.session().is_applying() {
                    self.say("The input has ended. The incident is left once it is known what became of the change.");
                }
                None
            }
            Typed::TooLong => {
                self.say("That line is too long, and was not taken.");
                None
            }
            Typed::Line(line) => {
                let line = text::line(&line).into_owned();
                match self.question.take() {
                    Some(question) => self.answer(runtime, question, &line),
                    None => self.obey(runtime, &line),
                }
            }
        }
    }
}

/// Whether answers are on their way that decide what comes next.
fn is_waiting(awaited: &BTreeSet<Id>, runtime: &Runtime) -> bool {
    let session = runtime.session();
    session.running().is_some()
        || session.is_looking()
        || awaited.iter().any(|check| session.is_awaited(check))
        || matches!(next_move(session), Move::Wait | Move::WaitFor(_))
}

/// Whether a line is taken now. What somebody types is heard at once; lines that were written before anything was asked wait
/// until the answers are in, unless they have nothing to do with them.
fn may_be_taken(typed: &Typed, is_terminal: bool, waits: bool) -> bool {
    match typed {
        _ if is_terminal || !waits => true,
        Typed::Line(line) => vocabulary::understand(line).is_ok_and(|(word, rest)| word.is_heard_meanwhile(rest)),
        Typed::TooLong | Typed::End => true,
    }
}
