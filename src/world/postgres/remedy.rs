//! Remediations in SQL: rehearsed in a transaction that is rolled back, applied in one that is committed.
//! Never repeats anything by itself, and never says "committed" or "rolled back" without knowing.

use std::fmt::Write as _;
use std::time::Duration;

use tokio_postgres::Error;

use crate::base::stamp::milliseconds;
use crate::engine::attempt::RemediationNews;
use crate::runbook::model::{Remediation, Transaction};
use crate::runbook::sql::Statement;
use crate::timeline::event::{Outcome, Problem, ServerFacts, StatementResult};
use crate::world::clock::Stopwatch;
use crate::world::stop::{GaveUp, Stop};

use super::blockers::Blockers;
use super::parameter::{TextParameter, untyped};
use super::{Server, Session, failure, left_behind};

/// Locks a rehearsal may wait for: it blocks whoever queues up behind it.
const REHEARSAL_LOCKS: Duration = Duration::from_secs(2);

/// How long the outcome of a commit whose answer was lost is asked for.
const ASKING_FOR_OUTCOME: Duration = Duration::from_secs(10);

/// What a remediation works with.
pub struct Remedy<'r> {
    /// Where.
    pub server: &'r Server,
    /// How.
    pub remediation: &'r Remediation,
    /// What, in order.
    pub statements: &'r [Statement],
    /// Told which statement has begun, from 0.
    pub progress: &'r (dyn Fn(usize) + Send + Sync),
}

/// What became of the statements, and what of the transaction.
#[derive(Default)]
struct Course {
    server: Option<ServerFacts>,
    results: Vec<StatementResult>,
    problem: Option<Problem>,
    transaction: Option<String>,
    notices: Vec<String>,
}

/// A connection and what its server says of itself.
struct Open {
    session: Session,
    facts: ServerFacts,
    pid: i32,
    /// Before PostgreSQL 13 the functions for transaction ids had other names.
    modern: bool,
}

impl Remedy<'_> {
    /// Runs it and takes it back.
    pub async fn rehearse(&self, mut stop: Stop) -> RemediationNews {
        let watch = Stopwatch::start();
        let mut course = Course::default();
        match self.open(&mut stop).await {
            Err(problem) => course.problem = Some(problem),
            Ok(open) => {
                course.problem = self.not_to_be_rehearsed();
                if course.problem.is_none() {
                    let locks = self.remediation.lock_timeout.min(REHEARSAL_LOCKS);
                    course.problem = self.in_transaction(&open, locks, &mut course, &watch, &mut stop).await.err();
                    // Closing the connection takes it back as well, should this not arrive.
                    let _ = tokio::time::timeout(super::CANCELLING, open.session.client.batch_execute("ROLLBACK")).await;
                }
                course.server = Some(open.facts);
            }
        }
        RemediationNews::Rehearsed { server: course.server, results: course.results, problem: course.problem, duration: watch.elapsed() }
    }

    /// Runs it for good, on this database and no other.
    pub async fn apply(&self, database: Option<&str>, mut stop: Stop) -> RemediationNews {
        let watch = Stopwatch::start();
        let mut course = Course::default();
        let outcome = match self.open(&mut stop).await {
            Err(problem) => {
                course.problem = Some(problem);
                Outcome::RolledBack
            }
            Ok(open) => {
                let outcome = match refusal(&open.facts, database) {
                    Some(problem) => {
                        course.problem = Some(problem);
                        Outcome::RolledBack
                    }
                    None if self.remediation.transaction == Transaction::None => {
                        self.one_by_one(&open, &mut course, &watch, &mut stop).await
                    }
                    None => self.commit(&open, &mut course, &watch, &mut stop).await,
                };
                course.notices.extend(open.session.notices());
                outcome
            }
        };
        let (results, problem, transaction) = (course.results, course.problem, course.transaction);
        let seen = course.notices.join("\n");
        RemediationNews::Settled { outcome, results, problem, transaction, exit: None, seen, duration: watch.elapsed() }
    }

    /// Why only the server is asked who it is: what a rollback would not take back must not run before consent.
    fn not_to_be_rehearsed(&self) -> Option<Problem> {
        if self.remediation.transaction == Transaction::None {
            return Some(said("it cannot be rehearsed: its statements run outside a transaction"));
        }
        let (n, what) = self.statements.iter().enumerate().find_map(|(n, one)| Some((n, one.outlives_rollback.as_ref()?)))?;
        let message = format!("it cannot be rehearsed: a rollback does not take back {what}");
        Some(Problem { statement: Some(n), ..said(&message) })
    }

    async fn open(&self, stop: &mut Stop) -> Result<Open, Problem> {
        let opening = async {
            let session = self.server.connect().await?;
            let row = session
                .client
                .query_typed(
                    "SELECT current_database()::text, current_user::text, current_setting('server_version'), pg_is_in_recovery(), \
                     pg_backend_pid(), current_setting('server_version_num')::int >= 130000",
                    &[],
                )
                .await?;
            let row = row.first().map(|row| {
                let facts = ServerFacts {
                    database: row.try_get(0)?,
                    role: row.try_get(1)?,
                    version: row.try_get(2)?,
                    in_recovery: row.try_get(3)?,
                };
                Ok::<_, Error>((facts, row.try_get(4)?, row.try_get(5)?))
            });
            Ok::<_, Error>((session, row.transpose()?))
        };
        tokio::select! {
            opened = opening => match opened {
                Ok((session, Some((facts, pid, modern)))) => Ok(Open { session, facts, pid, modern }),
                Ok((_, None)) => Err(said("the server does not say who it is")),
                Err(error) => Err(failure::problem(&error, None)),
            },
            why = stop.or_after(self.remediation.timeout) => Err(gave_up(why, None, self.remediation.timeout)),
        }
    }

    /// Everything up to the point where it could be committed.
    async fn in_transaction(
        &self,
        open: &Open,
        locks: Duration,
        course: &mut Course,
        watch: &Stopwatch,
        stop: &mut Stop,
    ) -> Result<(), Problem> {
        let mut begin = format!("BEGIN; SET LOCAL lock_timeout = {}; SET LOCAL standard_conforming_strings = on", limit(locks));
        if let Some(timeout) = self.remediation.timeout {
            _ = write!(begin, "; SET LOCAL statement_timeout = {}", limit(timeout));
        }
        open.session.client.batch_execute(&begin).await.map_err(|error| failure::problem(&error, None))?;
        for (n, statement) in self.statements.iter().enumerate() {
            let result = self.run(open, n, statement, watch, stop).await?;
            let rows = result.rows;
            course.results.push(result);
            let expected = self.remediation.expect_rows.filter(|_| statement.writes_need_expect_rows);
            if let Some(range) = expected.filter(|range| rows < range.least || rows > range.most) {
                let message = format!(
                    "statement {} ({}) changed {rows} rows where {}..{} were expected; everything is rolled back",
                    n + 1,
                    statement.what,
                    range.least,
                    range.most
                );
                return Err(Problem { message, statement: Some(n), ..Problem::default() });
            }
        }
        // What is deferred to the commit must show now, not after it was called good.
        let settle = open.session.client.batch_execute("SET CONSTRAINTS ALL IMMEDIATE");
        match open.session.unless_given_up(stop, self.left(watch), settle).await {
            Ok(settled) => settled.map_err(|error| failure::problem(&error, None)),
            Err(why) => Err(gave_up(why, None, self.remediation.timeout)),
        }
    }

    /// One statement. Rows that a cascade changed count: the server's own tag does not tell of them.
    async fn run(
        &self,
        open: &Open,
        n: usize,
        statement: &Statement,
        watch: &Stopwatch,
        stop: &mut Stop,
    ) -> Result<StatementResult, Problem> {
        (self.progress)(n);
        let counted =
            self.remediation.expect_rows.is_some() && statement.writes_need_expect_rows && self.remediation.transaction == Transaction::One;
        let before = if counted { touched(&open.session).await } else { 0 };
        let began = Stopwatch::start();
        let values: Vec<TextParameter<'_>> = statement.parameters.iter().map(|value| TextParameter(value)).collect();
        let parameters = untyped(&values);
        let blockers = Blockers::default();
        let work = open.session.client.execute_typed(&statement.text, &parameters);
        let done = open.session.unless_given_up(stop, self.left(watch), blockers.watched(self.server, open.pid, work)).await;
        match done {
            Ok(Ok(rows)) => {
                let duration = began.elapsed();
                let rows = if counted { rows.max(touched(&open.session).await.saturating_sub(before)) } else { rows };
                Ok(StatementResult { rows, duration })
            }
            Ok(Err(error)) => {
                let mut problem = failure::problem(&error, Some(n));
                if failure::is_lock_timeout(&error) {
                    problem.blocked_by = blockers.seen();
                }
                Err(problem)
            }
            Err(why) => Err(Problem { blocked_by: blockers.seen(), ..gave_up(why, Some(n), self.remediation.timeout) }),
        }
    }

    fn left(&self, watch: &Stopwatch) -> Option<Duration> {
        self.remediation.timeout.map(|timeout| timeout.saturating_sub(watch.elapsed()))
    }

    async fn commit(&self, open: &Open, course: &mut Course, watch: &Stopwatch, stop: &mut Stop) -> Outcome {
        let client = &open.session.client;
        if let Err(problem) = self.in_transaction(open, self.remediation.lock_timeout, course, watch, stop).await {
            // Nothing asked for a commit, so whatever happens to the connection there is none.
            let _ = tokio::time::timeout(super::CANCELLING, client.batch_execute("ROLLBACK")).await;
            course.problem = Some(problem);
            return Outcome::RolledBack;
        }
        let ask = if open.modern { "SELECT pg_current_xact_id()::text" } else { "SELECT txid_current()::text" };
        let id: Result<Option<String>, Error> =
            client.query_typed(ask, &[]).await.and_then(|rows| rows.first().map(|row| row.try_get(0)).transpose());
        match id {
            Ok(id) => course.transaction = id,
            Err(error) => {
                course.problem = Some(failure::problem(&error, None));
                return Outcome::RolledBack;
            }
        }
        match client.batch_execute("COMMIT").await {
            Ok(()) => Outcome::Committed,
            Err(error) if failure::is_lost(&error) => {
                let outcome = self.outcome(open.modern, course.transaction.as_deref()).await;
                if outcome != Outcome::Committed {
                    course.problem = Some(failure::problem(&error, None));
                }
                outcome
            }
            Err(error) => {
                course.problem = Some(failure::problem(&error, None));
                Outcome::RolledBack
            }
        }
    }

    /// What became of a transaction whose commit was not answered, asked over new connections.
    async fn outcome(&self, modern: bool, transaction: Option<&str>) -> Outcome {
        let Some(transaction) = transaction else { return Outcome::Unknown };
        let ask = if modern { "SELECT pg_xact_status($1::text::xid8)" } else { "SELECT txid_status($1::text::bigint)" };
        let asking = async {
            loop {
                if let Ok(session) = self.server.connect().await {
                    let parameter = [TextParameter(transaction)];
                    let status: Option<Option<String>> = match session.client.query_typed(ask, &untyped(&parameter)).await {
                        Ok(rows) => rows.first().and_then(|row| row.try_get(0).ok()),
                        Err(_) => None,
                    };
                    match status.as_ref().map(Option::as_deref) {
                        Some(Some("committed")) => return Outcome::Committed,
                        Some(Some("aborted")) => return Outcome::RolledBack,
                        // Too long ago for the server to remember.
                        Some(None) => return Outcome::Unknown,
                        Some(Some(_)) | None => {}
                    }
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(ASKING_FOR_OUTCOME, asking).await.unwrap_or(Outcome::Unknown)
    }

    /// Statements that cannot run in a transaction, each for itself.
    async fn one_by_one(&self, open: &Open, course: &mut Course, watch: &Stopwatch, stop: &mut Stop) -> Outcome {
        let mut settings = format!("SET lock_timeout = {}; SET standard_conforming_strings = on", limit(self.remediation.lock_timeout));
        if let Some(timeout) = self.remediation.timeout {
            _ = write!(settings, "; SET statement_timeout = {}", limit(timeout));
        }
        if let Err(error) = open.session.client.batch_execute(&settings).await {
            course.problem = Some(failure::problem(&error, None));
            return Outcome::RolledBack;
        }
        for (n, statement) in self.statements.iter().enumerate() {
            let before = left_behind::look(&open.session).await;
            match self.run(open, n, statement, watch, stop).await {
                Ok(result) => course.results.push(result),
                Err(problem) => {
                    // Without a word of the server it may have come to its end after all.
                    let refused = problem.sqlstate.is_some();
                    course.problem = Some(left_behind::named(self.server, before, problem).await);
                    return if refused { Outcome::Failed } else { Outcome::Unknown };
                }
            }
        }
        Outcome::Committed
    }
}

/// Why this server is not the one to change.
fn refusal(facts: &ServerFacts, database: Option<&str>) -> Option<Problem> {
    if facts.in_recovery {
        return Some(said("the server is in recovery: a standby takes no changes"));
    }
    let expected = database.filter(|expected| *expected != facts.database)?;
    Some(said(&format!("this is the database {:?}, the plan was made for {expected:?}; nothing was run", facts.database)))
}

/// Rows updated and deleted so far in this transaction, whichever way.
async fn touched(session: &Session) -> u64 {
    let ask = "SELECT coalesce(sum(n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables";
    let counted: Option<i64> =
        session.client.query_typed(ask, &[]).await.ok().and_then(|rows| rows.first().and_then(|row| row.try_get(0).ok()));
    counted.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0)
}

fn said(message: &str) -> Problem {
    Problem { message: message.to_owned(), ..Problem::default() }
}

fn gave_up(why: GaveUp, statement: Option<usize>, timeout: Option<Duration>) -> Problem {
    let message = match why {
        GaveUp::Stopped => "given up, and cancelled on the server".to_owned(),
        GaveUp::TimedOut => format!("not done within {:?}, and cancelled on the server", timeout.unwrap_or_default()),
    };
    Problem { statement, ..said(&message) }
}

/// A time as PostgreSQL's settings take it: milliseconds, of which 0 would mean no limit.
fn limit(time: Duration) -> u64 {
    milliseconds(time).clamp(1, 2_000_000_000)
}
