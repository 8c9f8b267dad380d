//! The kinds of checks: each is a file that turns what the author wrote into an answer, and one row of
//! [`ask`]. Never a verdict by `expect`.

pub(super) mod command;
mod connect;
mod env;
pub(super) mod http;
mod log;
mod migrations;
mod schema;
mod sql;

use std::future::Future;
use std::time::Duration;

use crate::engine::attempt::Answer;
use crate::runbook::model::{Ask, Check};
use crate::world::stop::Stop;

use super::Inner;

/// One kind of question.
trait Question {
    /// Asks it, for `check.timeout` at most and until it is stopped; what it began is ended then.
    ///
    /// # Errors
    /// Why it cannot be asked at all: what it needs is not there or not valid.
    fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> impl Future<Output = Result<Answer, String>> + Send;
}

/// Asks by kind.
pub(super) async fn ask(inner: &Inner, check: &Check, stop: Stop) -> Answer {
    let answer = match &check.ask {
        Ask::Sql(text) => sql::Read(text).ask(inner, check, stop).await,
        Ask::Probe(text) => sql::Probe(text).ask(inner, check, stop).await,
        Ask::Connect(target) => target.ask(inner, check, stop).await,
        Ask::Schema(schema) => schema.ask(inner, check, stop).await,
        Ask::Command(line) => line.ask(inner, check, stop).await,
        Ask::Http(request) => request.ask(inner, check, stop).await,
        Ask::Env(variables) => variables.ask(inner, check, stop).await,
        Ask::Log(log) => log.ask(inner, check, stop).await,
        Ask::Migrations(migrations) => migrations.ask(inner, check, stop).await,
    };
    answer.unwrap_or_else(|why| Answer::inconclusive(why, Duration::ZERO))
}
