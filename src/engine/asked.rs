//! Off the runbook's path: questions and lines for a shell that a person types in the middle of an incident. Each becomes a
//! check that the incident has beside the author's own, so that whatever asks, judges, masks and keeps a check does the same
//! with it; only kept, it is one of its step's. Never asks what somebody typed elsewhere unless a person here asks for it.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::id::Id;
use crate::base::redact::MASK;
use crate::base::text;
use crate::runbook::Runbook;
use crate::runbook::asked::{self, Asked as Beside};
use crate::runbook::model::Check;
use crate::runbook::sql;
use crate::timeline::event::{Asked, Kept, Question, Typed};
use crate::timeline::incident::{CheckRecord, QuestionRecord};
use crate::timeline::{Event, Incident};

use super::gate::{Why, may_change};
use super::msg::Command;
use super::session::Session;
use super::turn::Turn;

/// Longest line for a shell, in bytes: what is longer is a script, and belongs into a file. As SQL is bounded.
const LONGEST: usize = 64 * 1024;

/// Asking more often than this would be a load test; the runbook format's rule.
const SHORTEST_EVERY: Duration = Duration::from_secs(1);

/// Whether it may be asked, or kept.
///
/// # Errors
/// Why not.
pub(super) fn may(session: &Session, command: &Command) -> Result<(), Why> {
    match command {
        Command::AskSql { target, sql } => {
            if session.runbook.target(target).is_none() {
                return Err(format!("this runbook has no target `{target}`"));
            }
            readable(sql, "say what is to be asked")?;
            let secret: BTreeSet<String> =
                session.runbook.inputs.iter().filter(|input| input.secret).map(|input| input.name.clone()).collect();
            sql::question(sql, session.inputs(), &secret).map(|_| ())
        }
        Command::RunOnce { line } => {
            // Nobody knows what a line does before it has run.
            may_change(session)?;
            readable(line, "say what is to run")?;
            if line.len() > LONGEST { Err(format!("the line has {} bytes; make a file of it", line.len())) } else { Ok(()) }
        }
        Command::KeepQuestion { check, title, expect, every } => {
            let Some(record) = session.incident.questions.iter().find(|record| record.question.check == *check) else {
                return Err("only what was asked in this incident can be kept as a check of it".to_owned());
            };
            readable(title, "say what should be true")?;
            if every.is_some_and(|every| every < SHORTEST_EVERY) {
                return Err("it can be asked once in a second at most".to_owned());
            }
            match expect.as_deref().map(str::trim).filter(|expect| !expect.is_empty()) {
                Some(expect) => {
                    readable(expect, "")?;
                    asked::expectation(&as_check(record), expect).map(|_| ())
                }
                None => Ok(()),
            }
        }
        // Every other wish is the gate's.
        _ => Ok(()),
    }
}

/// Whether a person can read what they typed, and whoever comes after them. Secrets were masked before it came here.
fn readable(typed: &str, empty: &str) -> Result<(), Why> {
    if typed.trim().is_empty() {
        return Err(empty.to_owned());
    }
    if text::holds_mark(&text::lines(typed)) {
        return Err("it holds invisible or bidirectional characters, so nobody can read what it does".to_owned());
    }
    if typed.contains(MASK) {
        return Err("it holds a secret, which would be written down: name the input instead, as :'name' in SQL and \"$name\" for a shell"
            .to_owned());
    }
    Ok(())
}

/// Writes it down and asks; [`may`] has let it pass.
pub(super) fn ask(turn: &mut Turn<'_>, by: &str, command: Command) {
    match command {
        Command::AskSql { target, sql } => put(turn, by, Typed::Sql { target, text: sql.trim().to_owned() }),
        Command::RunOnce { line } => put(turn, by, Typed::Command { line: line.trim().to_owned() }),
        Command::KeepQuestion { check, title, expect, every } => {
            let expect = expect.map(|expect| expect.trim().to_owned()).filter(|expect| !expect.is_empty());
            let needs_answer = expect.is_some() || every.is_some();
            turn.record(by, Event::QuestionKept(Kept { check: check.clone(), title: title.trim().to_owned(), expect, every }));
            turn.session.asked_here.insert(check.clone());
            if needs_answer {
                turn.ask(&check, Asked::ByHand);
            }
        }
        _ => {}
    }
}

fn put(turn: &mut Turn<'_>, by: &str, ask: Typed) {
    let session = &*turn.session;
    // Before any step was turned to, it belongs to where the way begins.
    let step = session.incident.current_step.clone().or_else(|| session.runbook.steps().next().map(|(_, step)| step.id.clone()));
    let Some(step) = step else { return };
    let check = asked::id(session.incident.questions.len() + 1);
    turn.record(by, Event::QuestionAsked(Question { check: check.clone(), step, ask }));
    turn.session.asked_here.insert(check.clone());
    turn.ask(&check, Asked::ByHand);
}

/// Puts an incident's questions into its runbook: those that were kept into their steps, behind the author's own checks, and
/// the others beside them.
pub(super) fn put_in(runbook: &mut Runbook, incident: &Incident) {
    for step in runbook.phases.iter_mut().flat_map(|phase| &mut phase.steps) {
        step.checks.retain(|check| !asked::is_asked(&check.id));
        for record in incident.questions.iter().filter(|record| record.question.step == step.id && record.kept.is_some()) {
            step.checks.push(as_check(record));
        }
    }
    let beside = |record: &QuestionRecord| Beside { step: record.question.step.clone(), check: as_check(record) };
    runbook.asked = incident.questions.iter().filter(|record| record.kept.is_none()).map(beside).collect();
}

/// A question that is kept no longer is not asked by the clock any more.
pub(super) fn forget_what_is_not_kept(session: &mut Session) {
    for asked in &session.runbook.asked {
        if let Some(live) = session.live.get_mut(&asked.check.id) {
            live.due = None;
        }
    }
}

fn as_check(record: &QuestionRecord) -> Check {
    let id = record.question.check.clone();
    let check = match &record.question.ask {
        Typed::Sql { target, text } => asked::sql(id, target.clone(), text),
        Typed::Command { line } => asked::command(id, line),
    };
    let Some(kept) = &record.kept else { return check };
    let expect = kept.expect.as_ref().and_then(|expect| asked::expectation(&check, expect).ok());
    Check { title: text::line(&kept.title).into_owned(), expect, every: kept.every.filter(|every| *every >= SHORTEST_EVERY), ..check }
}

impl Session {
    /// Whether a check may be asked along with its step, with others, or by the clock: not a probe, which writes. Nor a line
    /// for a shell that somebody typed in another run of the program, perhaps on another machine, until a person here has
    /// asked for it: to trust a runbook says nothing about what its incidents bring along.
    #[must_use]
    pub fn may_ask_along(&self, check: &Check) -> bool {
        check.ask.may_repeat() && (!asked::is_typed_command(check) || self.asked_here.contains(&check.id))
    }

    /// What was asked beside the runbook, in order, with its answer if there is one yet.
    #[must_use]
    pub fn questions(&self) -> impl DoubleEndedIterator<Item = (&QuestionRecord, Option<&CheckRecord>)> {
        self.incident.questions.iter().map(|record| (record, self.incident.checks.get(&record.question.check)))
    }
}

/// Whether this id is that of a question which was asked and is nobody's row.
#[must_use]
pub fn is_beside(runbook: &Runbook, check: &Id) -> bool {
    runbook.asked.iter().any(|asked| asked.check.id == *check)
}
