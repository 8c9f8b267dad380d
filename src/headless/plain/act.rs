//! What each word does. Never does anything that the gate refuses, and never consents: see `question`.

use std::time::Duration;

use crate::base::id::Id;
use crate::engine::next::{Move, next_move};
use crate::engine::{Command, Ending, Session};
use crate::present::{directory, resolving};
use crate::runbook::model::Evidence;
use crate::runtime::Runtime;
use crate::timeline::event::Verdict;

use super::question::Purpose;
use super::tell::Row;
use super::vocabulary::{self, Word};
use super::{Plain, Then, beside, people, plan, tell};

/// Entries that are said where nobody says how many.
const LAST_ENTRIES: usize = 10;

const EVIDENCE: &str = "Evidence: a link, a number, a line of output.";
const EVIDENCE_IF_ANY: &str = "Evidence, if there is any: a link, a number, a line of output.";

impl Plain {
    /// Does what a line says.
    pub(super) fn obey(&mut self, runtime: &mut Runtime, line: &str) -> Option<Ending> {
        if line.trim().is_empty() {
            return self.go_on(runtime);
        }
        match vocabulary::understand(line) {
            Ok((word, rest)) => self.act(runtime, word, rest),
            Err(why) => {
                self.say(&why);
                None
            }
        }
    }

    /// What Enter does on the screen.
    fn go_on(&mut self, runtime: &mut Runtime) -> Option<Ending> {
        let now = runtime.now();
        let session = runtime.session();
        let next = next_move(session);
        match &next {
            Move::Wait | Move::WaitFor(_) => {
                let sentence = plan::running_for(session, now).unwrap_or_else(|| still_asked(session, now));
                self.say(&sentence);
                return None;
            }
            Move::Judge(check) => {
                self.say_all(&tell::seen(session, check));
                self.say("Is this good? The word good says yes, bad says no.");
                return None;
            }
            Move::Plan(remediation) => return self.plan(runtime, &remediation.clone()),
            Move::Decide(remediation) => {
                let remediation = remediation.clone();
                self.read_plan(session, now, &remediation);
                return None;
            }
            Move::Tick(task) => return self.tick(runtime, &task.clone(), ""),
            Move::TickCriterion(criterion) => {
                let purpose = Purpose::Tick(criterion.clone());
                return self.ask_for(runtime, purpose, "", &["How do you know that this holds? It may stay empty."]);
            }
            Move::Resolve => return self.resolve(runtime, ""),
            Move::Stuck(_) | Move::AskSuccess => self.then = Some(Then::Criteria),
            Move::Continue | Move::Enter(_) | Move::Ask(_) | Move::Probe(_) | Move::Guard(_) | Move::Return { .. } | Move::Leave => {}
        }
        next.command().and_then(|command| self.ask(runtime, command))
    }

    #[expect(clippy::too_many_lines, reason = "one arm a word, so that a new word cannot be forgotten")]
    fn act(&mut self, runtime: &mut Runtime, word: Word, rest: &str) -> Option<Ending> {
        let now = runtime.now();
        let session = runtime.session();
        let current = session.current().map(|(_, step)| step.id.clone());
        match word {
            Word::Help => self.say_all(&vocabulary::help()),
            Word::Next => return self.go_on(runtime),
            Word::Status => {
                let sentences = tell::status(session, now);
                let running = plan::running_for(session, now);
                self.say_all(&sentences);
                if let Some(sentence) = running {
                    self.say(&sentence);
                }
            }
            Word::Step => match step_meant(session, rest).and_then(|step| session.runbook.step(&step)) {
                Some((_, step)) => self.say_all(&tell::step(session, step, now)),
                None => self.say("No such step. The word steps says all of them."),
            },
            Word::Steps => self.say_all(&tell::all_steps(session)),
            Word::Go => match step_meant(session, rest).filter(|_| !rest.is_empty()) {
                Some(step) => return self.ask(runtime, Command::EnterStep(step)),
                None => self.say("Go to which step? The word steps says all of them, with their numbers."),
            },
            Word::Ask if rest.is_empty() || rest == "all" => match current {
                Some(step) => return self.ask(runtime, Command::RunStep(step)),
                None => self.say("No step has begun. An empty line turns to the first."),
            },
            Word::Ask => {
                if let Some(check) = self.check(session, rest) {
                    return self.ask(runtime, Command::RunCheck(check));
                }
            }
            // Without a number it is what was asked last beside the runbook; that has none.
            Word::Read if rest.is_empty() && session.questions().next().is_some() => {
                let last = session.questions().next_back().map(|(record, _)| tell::seen(session, &record.question.check));
                self.say_all(&last.unwrap_or_default());
            }
            Word::Read => match self.row(session, rest) {
                Some(Row::Check(check)) => self.say_all(&tell::seen(session, &check)),
                Some(Row::Remediation(remediation)) => self.say_all(&plan::read(session, &remediation)),
                Some(Row::Task(_)) => self.say("That is a task. The word step says all there is to it."),
                None => {}
            },
            Word::Good | Word::Bad => {
                let waits = |check: &Id| session.incident.checks.get(check).is_some_and(|record| record.verdict == Verdict::NeedsPerson);
                let meant = match next_move(session) {
                    Move::Judge(check) if rest.is_empty() => Some(check),
                    _ if rest.is_empty() => session.runbook.checks().map(|(_, check)| check.id.clone()).find(waits),
                    _ => self.check(session, rest),
                };
                match meant {
                    Some(check) => return self.ask(runtime, Command::Judge { check, passed: word == Word::Good }),
                    None if rest.is_empty() => self.say("No answer waits for a person's judgement."),
                    None => {}
                }
            }
            Word::Override => {
                let (which, reason) = split(rest);
                if let Some(check) = self.check(session, which) {
                    return self.ask_for(runtime, Purpose::Override(check), reason, &["Why is it accepted as it is?"]);
                }
            }
            Word::Do => match self.row(session, rest) {
                Some(Row::Remediation(remediation)) => return self.plan(runtime, &remediation),
                Some(_) => self.say("That is no remediation."),
                None => {}
            },
            Word::Run => {
                self.say("There is nothing to consent to: no plan was just read to you. An empty line reads the one that is next.");
            }
            Word::Again | Word::Unrehearsed | Word::Aside => {
                let Some(open) = session.open_plan().cloned() else {
                    self.say("No plan is open.");
                    return None;
                };
                match word {
                    Word::Again => return self.plan(runtime, &open),
                    Word::Aside => return self.ask(runtime, Command::Abandon(open)),
                    _ => {
                        self.then = Some(Then::Plan(open.clone()));
                        let purpose = Purpose::Unrehearsed(open);
                        return self.ask_for(runtime, purpose, rest, &["Why without a rehearsal? Nobody has tried whether it works."]);
                    }
                }
            }
            Word::Stop => {
                if !rest.is_empty() {
                    let meant = self.row(session, rest)?;
                    let (Row::Check(id) | Row::Remediation(id) | Row::Task(id)) = meant;
                    return self.ask(runtime, Command::Cancel(id));
                }
                let under_way = match session.running() {
                    Some(running) => vec![running.remediation.clone()],
                    None => beside::being_asked(session).map(|check| check.id.clone()).collect(),
                };
                if under_way.is_empty() {
                    self.say("Nothing is running.");
                }
                return under_way.into_iter().find_map(|id| self.ask(runtime, Command::Cancel(id)));
            }
            Word::Tick | Word::Untick => {
                let (which, evidence) = split(rest);
                match self.row(session, which) {
                    Some(Row::Task(task)) if word == Word::Tick => return self.tick(runtime, &task, evidence),
                    Some(Row::Task(task)) => return self.ask(runtime, Command::Untick(task)),
                    Some(_) => self.say("That is no task."),
                    None => {}
                }
            }
            Word::Skip => match current {
                Some(step) => return self.ask_for(runtime, Purpose::Skip(step), rest, &["Why is this step left out?"]),
                None => self.say("No step has begun."),
            },
            Word::Success => return self.success(runtime, rest),
            Word::Note => {
                let ask = "What happened? For something earlier, begin with @12m or @14:05.";
                return self.ask_for(runtime, Purpose::Note, rest, &[ask]);
            }
            Word::Decide => {
                let asks =
                    ["What was decided?", "What else was considered? It may stay empty.", "Who objected, and why? It may stay empty."];
                return self.ask_for(runtime, Purpose::Decide, rest, &asks);
            }
            Word::Attach => return self.ask_for(runtime, Purpose::Attach, rest, &["Which file?"]),
            Word::Undo => return self.ask(runtime, Command::Undo),
            Word::Timeline => {
                let last = if rest.is_empty() { Some(LAST_ENTRIES) } else { rest.parse().ok() };
                match last {
                    Some(last) => self.say_all(&tell::timeline(session, last, &session.names())),
                    None => self.say("How many entries? A number."),
                }
            }
            Word::Contacts => {
                let page = directory::page(&session.runbook, &session.incident, session.current().map(|(_, step)| step), &session.names());
                page.lines().filter(|line| !line.trim().is_empty()).for_each(|line| self.say(line));
            }
            Word::Due => self.say_due(session, now),
            Word::Done | Word::Later => return self.answer_call(runtime, word, rest),
            Word::Update => return self.update(runtime, rest),
            Word::Sql => return self.ask_sql(runtime, rest),
            Word::Shell => return self.run_line(runtime, rest),
            Word::Keep => return self.keep(runtime, rest),
            Word::Roles => self.say_all(&people::roles(session)),
            Word::Role => return self.give_role(runtime, rest),
            Word::Report => self.say_all(&people::report(session)),
            Word::Answer => return self.answer_for_report(runtime, rest),
            Word::Todo => return self.note_follow_up(runtime, rest),
            Word::Related => return self.go_on_elsewhere(runtime, rest),
            Word::Join => return self.join(runtime, rest),
            Word::Correct => return self.correct(runtime, rest),
            Word::Pause => {
                return self.ask_for(runtime, Purpose::Pause, rest, &["Why? The phase's clock stands still; escalations do not."]);
            }
            Word::Continue => return self.ask(runtime, Command::Continue),
            Word::Severity => {
                let (severity, reason) = split(rest);
                if severity.is_empty() {
                    self.say("Which severity, and why? Such as: severity P1 all uploads stand still.");
                } else {
                    return self.ask_for(runtime, Purpose::Severity(severity.to_owned()), reason, &["Why?"]);
                }
            }
            Word::HandOver => return self.ask_for(runtime, Purpose::HandOver, rest, &["Who leads from here?"]),
            Word::Accept => return self.ask(runtime, Command::AcceptHandover),
            Word::Resolve => return self.resolve(runtime, rest),
            Word::Quit => return self.ask(runtime, Command::Leave),
        }
        None
    }

    /// Lays out a remediation; its plan is read as soon as it has been tried.
    fn plan(&mut self, runtime: &mut Runtime, remediation: &Id) -> Option<Ending> {
        self.then = Some(Then::Plan(remediation.clone()));
        self.ask(runtime, Command::Plan(remediation.clone()))
    }

    fn tick(&mut self, runtime: &mut Runtime, task: &Id, evidence: &str) -> Option<Ending> {
        let (_, item) = runtime.session().runbook.task(task)?;
        let asks: &[&str] = match item.evidence {
            Evidence::None => &[],
            Evidence::Optional => &[EVIDENCE_IF_ANY],
            Evidence::Required => &[EVIDENCE],
        };
        self.ask_for(runtime, Purpose::Tick(task.clone()), evidence, asks)
    }

    fn resolve(&mut self, runtime: &mut Runtime, summary: &str) -> Option<Ending> {
        for line in resolving::before(runtime.session()) {
            self.say(&line);
        }
        self.ask_for(runtime, Purpose::Resolve, summary, &["In a sentence: what was it? It may stay empty."])
    }

    fn success(&mut self, runtime: &mut Runtime, rest: &str) -> Option<Ending> {
        let (which, evidence) = split(rest);
        if which.is_empty() {
            self.say_all(&tell::criteria(runtime.session()));
            return None;
        }
        let criterion = which.parse::<usize>().ok().and_then(|n| runtime.session().criteria().into_iter().nth(n.checked_sub(1)?));
        match criterion {
            None => self.say("No such criterion. The word success says all of them, with their numbers."),
            Some(criterion) if criterion.check.is_some() => {
                self.say("A check decides about that one. The word override accepts a check as it is.");
            }
            Some(criterion) => {
                let ask = "How do you know that this holds? It may stay empty.";
                return self.ask_for(runtime, Purpose::Tick(criterion.id), evidence, &[ask]);
            }
        }
        None
    }

    /// The row of the current step with this number; says so if there is none.
    fn row(&mut self, session: &Session, number: &str) -> Option<Row> {
        let Some((_, step)) = session.current() else {
            self.say("No step has begun. An empty line turns to the first.");
            return None;
        };
        let rows = tell::rows(session, step);
        let row = number.parse::<usize>().ok().and_then(|n| rows.get(n.checked_sub(1)?)).cloned();
        if row.is_none() {
            self.say(&format!("Which one? This step has the numbers 1 to {}; the word step says them.", rows.len()));
        }
        row
    }

    /// The same for a check.
    fn check(&mut self, session: &Session, number: &str) -> Option<Id> {
        match self.row(session, number)? {
            Row::Check(check) => Some(check),
            Row::Remediation(_) | Row::Task(_) => {
                self.say("That is no check.");
                None
            }
        }
    }
}

/// The step with this number; the current one where none is given.
fn step_meant(session: &Session, number: &str) -> Option<Id> {
    if number.is_empty() {
        return session.current().map(|(_, step)| step.id.clone());
    }
    let place = number.parse::<usize>().ok()?.checked_sub(1)?;
    tell::steps(session).get(place).map(|(_, step)| step.id.clone())
}

/// The first word, and the rest.
pub(super) fn split(rest: &str) -> (&str, &str) {
    let (first, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    (first, rest.trim())
}

/// Which questions are still under way, and for how long.
fn still_asked(session: &Session, now: crate::base::stamp::Stamp) -> String {
    let asked = beside::being_asked(session).filter_map(|check| Some((check, session.live(&check.id)?.asking?)));
    let mut longest = Duration::ZERO;
    let titles: Vec<&str> = asked
        .map(|(check, asking)| {
            longest = longest.max(now.since(asking.since));
            check.title.as_str()
        })
        .collect();
    if titles.is_empty() {
        "An answer is about to be asked for again; nothing is to be done.".to_owned()
    } else {
        format!("Still waiting, for {}: {}.", tell::time(longest), titles.join("; "))
    }
}
