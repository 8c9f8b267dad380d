//! Questions that an incident has beside its runbook's own: a person typed them off the path. What they may be is said here;
//! when they are asked, elsewhere. Never a part of a runbook that was read from a file.

use std::time::Duration;

use crate::base::id::Id;

use super::ask::{Ask, COMMAND_NAMES, CommandLine, Program, ROWS};
use super::expression::Expression;
use super::model::Check;

/// The beginning of their ids. What an author calls something holds no colon.
const PREFIX: &str = "asked:";

/// How long a question waits for its answer: one that is made up in the middle of an incident may read more than an author's
/// would, and who asked sees that it runs and can end it.
const SQL_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a line for a shell may run: more than a look at something takes, such as waiting for a rollout; a `tail -f` that
/// was forgotten ends all the same.
const COMMAND_TIMEOUT: Duration = Duration::from_mins(5);

/// Characters of what was typed that are its title as long as it has none.
const TITLE: usize = 60;

/// A question with the step it was asked in.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The step.
    pub step: Id,
    /// As a check: without an expectation, and asked once.
    pub check: Check,
}

/// The id of the question with this number, from 1.
#[must_use]
pub fn id(number: usize) -> Id {
    Id::new(format!("{PREFIX}{number}"))
}

/// Whether a check was typed by a person, and not written by an author.
#[must_use]
pub fn is_asked(check: &Id) -> bool {
    check.as_str().starts_with(PREFIX)
}

/// Whether a check is a line for a shell that a person typed.
#[must_use]
pub fn is_typed_command(check: &Check) -> bool {
    is_asked(&check.id) && matches!(check.ask, Ask::Command(_))
}

/// One statement, as a check.
#[must_use]
pub fn sql(id: Id, target: Id, text: &str) -> Check {
    check(id, Ask::Sql(text.to_owned()), text, Some(target), SQL_TIMEOUT)
}

/// A line for a shell, as a check.
#[must_use]
pub fn command(id: Id, line: &str) -> Check {
    let ask = Ask::Command(CommandLine { program: Program::Shell(line.to_owned()), dir: None, env: Vec::new() });
    check(id, ask, line, None, COMMAND_TIMEOUT)
}

fn check(id: Id, ask: Ask, typed: &str, on: Option<Id>, timeout: Duration) -> Check {
    let words = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = match words.char_indices().nth(TITLE) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    };
    Check { id, title, ask, expect: None, on, timeout, every: None, retry: None, show: None, why: None, when: None }
}

/// The expectation that a person typed for a question of this kind.
///
/// # Errors
/// Why it cannot be used.
pub fn expectation(check: &Check, source: &str) -> Result<Expression, String> {
    let known = if matches!(check.ask, Ask::Sql(_)) { ROWS } else { COMMAND_NAMES };
    let expression = Expression::parse(source)?;
    match expression.names().iter().find(|name| !known.contains(&name.as_str())) {
        Some(strange) => Err(format!("the answer has no `{strange}`; it has {}", known.join(", "))),
        None => Ok(expression),
    }
}
