//! The kinds of checks: each is one function that turns what the author wrote into an answer, and one row
//! of [`ask`]. Never a verdict by `expect`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::base::Values;
use crate::base::id::Id;
use crate::base::stamp::milliseconds;
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::model::{Ask, Check, CommandLine};
use crate::runbook::sql;
use crate::world::command::{self, End, Ran};
use crate::world::postgres::{Server, ladder, query};
use crate::world::stop::{GaveUp, Stop};

use super::Inner;

/// Asks by kind.
pub(super) async fn ask(inner: &Inner, check: &Check, stop: Stop) -> Answer {
    let answer = match &check.ask {
        Ask::Sql(text) => sql(inner, check, text, stop).await,
        Ask::Probe(text) => probe(inner, check, text, stop).await,
        Ask::Connect(target) => connect(inner, check, target, stop).await,
        Ask::Command(line) => run(inner, check, line, stop).await,
    };
    answer.unwrap_or_else(|why| Answer::inconclusive(why, Duration::ZERO))
}

async fn sql(inner: &Inner, check: &Check, text: &str, stop: Stop) -> Result<Answer, String> {
    let statement = sql::question(text, &inner.surroundings.inputs, &inner.secret)?;
    put(inner, check, &[statement], true, stop).await
}

async fn probe(inner: &Inner, check: &Check, text: &str, stop: Stop) -> Result<Answer, String> {
    let statements = sql::prepare(text, &inner.surroundings.inputs, &inner.secret).map_err(|problem| problem.to_string())?;
    if let Some(statement) = statements.iter().find(|statement| statement.needs_no_transaction) {
        return Err(format!("{} cannot be rolled back, so it cannot be a probe", statement.what));
    }
    if let Some(what) = statements.iter().find_map(|statement| statement.outlives_rollback.as_ref()) {
        return Err(format!("a rollback does not take back {what}, so it cannot be a probe"));
    }
    put(inner, check, &statements, false, stop).await
}

async fn put(inner: &Inner, check: &Check, statements: &[sql::Statement], read_only: bool, stop: Stop) -> Result<Answer, String> {
    let target = check.on.as_ref().ok_or("it names no target")?;
    let server: Arc<Server> = inner.server(target)?;
    let role = inner.target(target)?.check_role.as_deref();
    let question = query::Question { statements, read_only, role, timeout: check.timeout };
    Ok(query::ask(&server, &question, stop).await)
}

async fn connect(inner: &Inner, check: &Check, target: &Id, stop: Stop) -> Result<Answer, String> {
    let server = inner.server(target)?;
    Ok(ladder::ask(&server, &inner.target(target)?.alternatives, check.timeout, stop).await)
}

async fn run(inner: &Inner, check: &Check, line: &CommandLine, stop: Stop) -> Result<Answer, String> {
    let (job, dir) = inner.job(line, Some(check.timeout))?;
    let ran = command::run(&job, dir.as_deref(), stop).await;
    let (values, seen) = command_values(&ran);
    let finding = match &ran.end {
        End::GaveUp(GaveUp::Stopped) => Finding::Cancelled,
        End::GaveUp(GaveUp::TimedOut) => Finding::TimedOut(ending(&ran.end, job.timeout)),
        End::Exit(126 | 127) | End::Signal(_) | End::NotStarted(_) => {
            let said = String::from_utf8_lossy(&ran.stderr.bytes);
            let said = crate::base::text::first_line(&said);
            let why = ending(&ran.end, job.timeout);
            Finding::Inconclusive(if said.is_empty() { why } else { format!("{why}: {said}") })
        }
        End::Exit(_) if ran.stdout.dropped + ran.stderr.dropped > 0 => Finding::Inconclusive("the output was cut at 1 MiB".to_owned()),
        End::Exit(code) => Finding::Answered { own: Some(*code == 0), summary: ending(&End::Exit(*code), None) },
    };
    Ok(Answer { finding, values, seen, duration: ran.duration })
}

/// What expressions see of a command, and what people do.
pub(super) fn command_values(ran: &Ran) -> (Values, String) {
    let stdout = String::from_utf8_lossy(&ran.stdout.bytes).into_owned();
    let stderr = String::from_utf8_lossy(&ran.stderr.bytes).into_owned();
    let mut seen = stdout.clone();
    if !stderr.is_empty() {
        if !seen.is_empty() && !seen.ends_with('\n') {
            seen.push('\n');
        }
        seen.push_str(&stderr);
    }
    let dropped = ran.stdout.dropped + ran.stderr.dropped;
    if dropped > 0 {
        _ = write!(seen, "\n… cut at 1 MiB; {dropped} more bytes were dropped");
    }
    let mut values = Values::new();
    if let End::Exit(code) = ran.end {
        values.insert("exit".to_owned(), code.into());
    }
    values.insert("stdout".to_owned(), stdout.into());
    values.insert("stderr".to_owned(), stderr.into());
    values.insert("ms".to_owned(), milliseconds(ran.duration).into());
    (values, seen)
}

/// How a command ended, in words.
pub(super) fn ending(end: &End, timeout: Option<Duration>) -> String {
    match end {
        End::Exit(126) => "exit 126: it cannot be executed".to_owned(),
        End::Exit(127) => "exit 127: there is no such program".to_owned(),
        End::Exit(code) => format!("exit {code}"),
        End::Signal(signal) => format!("ended by signal {signal}"),
        End::GaveUp(GaveUp::Stopped) => "given up; its processes were ended".to_owned(),
        End::GaveUp(GaveUp::TimedOut) => format!("not done within {:?}; its processes were ended", timeout.unwrap_or_default()),
        End::NotStarted(why) => format!("it could not be started: {why}"),
    }
}
