//! What a server or the network said when something did not work, in the words of this program. Never
//! guesses: what is not in the error is not in the problem.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};

use crate::timeline::event::Problem;

/// Errors that are answers: a schema, table, column or function that is not there.
const MISSING: [&SqlState; 4] =
    [&SqlState::INVALID_SCHEMA_NAME, &SqlState::UNDEFINED_TABLE, &SqlState::UNDEFINED_COLUMN, &SqlState::UNDEFINED_FUNCTION];

/// Whether the server says that something a question is about does not exist.
pub(super) fn is_missing(error: &Error) -> bool {
    error.code().is_some_and(|code| MISSING.contains(&code))
}

/// Whether the server ended a statement because its time was up.
pub(super) fn is_timeout(error: &Error) -> bool {
    error.code() == Some(&SqlState::QUERY_CANCELED)
}

/// Whether a lock was not to be had in time.
pub(super) fn is_lock_timeout(error: &Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}

/// Whether nothing more will come over this connection.
pub(super) fn is_lost(error: &Error) -> bool {
    error.is_closed()
        || error.as_db_error().map_or_else(
            || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>),
            |said| matches!(said.severity(), "FATAL" | "PANIC"),
        )
}

/// One sentence: `ERROR 42P01: relation "t" does not exist`, or what the network said.
pub(super) fn sentence(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        let hint = said.hint().map_or_else(String::new, |hint| format!(" ({hint})"));
        return format!("{} {}: {}{hint}", said.severity(), said.code().code(), said.message());
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_words = inner.to_string();
        if !words.contains(&inner_words) {
            words = format!("{words}: {inner_words}");
        }
        cause = inner.source();
    }
    words
}

/// The same with everything the server said beside it.
pub(super) fn problem(error: &Error, statement: Option<usize>) -> Problem {
    let Some(said) = error.as_db_error() else {
        return Problem { message: sentence(error), statement, ..Problem::default() };
    };
    Problem {
        message: said.message().to_owned(),
        statement,
        sqlstate: Some(said.code().code().to_owned()),
        position: position(said),
        detail: said.detail().map(str::to_owned),
        hint: said.hint().map(str::to_owned),
        ..Problem::default()
    }
}

/// Where in the statement, in characters from 1; not where it is inside a function the statement called.
fn position(said: &DbError) -> Option<u32> {
    match said.position() {
        Some(ErrorPosition::Original(position)) => Some(*position),
        Some(ErrorPosition::Internal { .. }) | None => None,
    }
}
