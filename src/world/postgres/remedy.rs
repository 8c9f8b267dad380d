//! Remediations in SQL: rehearsed in a transaction that is rolled back, applied in one that is committed, or outside of one
//! on a connection of their own. Never repeats anything by itself, and leaves no setting behind.

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
use super::identity::{refusal, who};
use super::ladder::Unreached;
use super::parameter::{TextParameter, untyped};
use super::{Server, Session, backend_key, certain, failure, left_behind};

/// Locks a rehearsal may wait for: it blocks whoever queues up behind it.
const REHEARSAL_LOCKS: Duration = Duration::from_secs(2);

/// What a remediation works with.
pub struct Remedy<'r> {
    /// Where.
    pub server: &'r Server,
    /// How.
    pub remediation: &'r Remediation,
    /// What, in order.
    pub statements: &'r [Statement],
    /// Told how far it is, and the transaction that is about to be committed.
    pub tell: &'r (dyn Fn(RemediationNews) + Send + Sync),
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
    modern: bool,
}

impl Remedy<'_> {
    /// Runs it and takes it back.
    pub async fn rehearse(&self, mut stop: Stop) -> RemediationNews {
        let watch = Stopwatch::start();
        let mut course = Course::default();
        let why_not = self.not_to_be_rehearsed();
        let locks = self.remediation.lock_timeout.min(REHEARSAL_LOCKS);
        match self.open(why_not.is_none().then_some(locks), &mut stop).await {
            Err(problem) => course.problem = Some(problem),
            Ok(open) => {
                course.problem = match why_not {
                    Some(mut problem) => {
                        if let Some(why) = self.needs_another_way(&open).await {
                            problem.message = format!("{}; and {why}", problem.message);
                        }
                        Some(problem)
                    }
                    None => self.in_transaction(&open, &mut course, &watch, &mut stop).await.err(),
                };
                // Closing the connection takes it back as well, should this not arrive.
                let _ = tokio::time::timeout(super::CANCELLING, open.session.client.batch_execute("ROLLBACK")).await;
                course.server = Some(open.facts);
            }
        }
        RemediationNews::Rehearsed { server: course.server, results: course.results, problem: course.problem, duration: watch.elapsed() }
    }

    /// Runs it for good, on the server it was planned on and no other.
    pub async fn apply(&self, planned_on: Option<&ServerFacts>, mut stop: Stop) -> RemediationNews {
        let watch = Stopwatch::start();
        let mut course = Course::default();
        let in_transaction = self.remediation.transaction == Transaction::One;
        let outcome = match self.open(in_transaction.then_some(self.remediation.lock_timeout), &mut stop).await {
            Err(problem) => {
                course.problem = Some(problem);
                Outcome::RolledBack
            }
            Ok(open) => {
                let outcome = match refusal(&open.facts, planned_on) {
                    Some(problem) => {
                        course.problem = Some(problem);
                        Outcome::RolledBack
                    }
                    None if in_transaction => self.commit(&open, &mut course, &watch, &mut stop).await,
                    None => self.one_by_one(&open, &mut course, &watch, &mut stop).await,
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

    /// Why what runs outside a transaction cannot run on this connection: a pooler's belongs to others as well, who would be
    /// left with what is set on it.
    async fn needs_another_way(&self, open: &Open) -> Option<String> {
        if self.remediation.transaction == Transaction::One || backend_key::process(&open.session.client).await == Some(open.pid) {
            return None;
        }
        Some("what runs outside a transaction needs a direct connection, and this one goes through a pooler".to_owned())
    }

    /// A connection, in a transaction where a limit for its locks is given. Who answers is asked within it: before, a pooler
    /// may have lent another server's connection.
    async fn open(&self, locks: Option<Duration>, stop: &mut Stop) -> Result<Open, Problem> {
        let opening = async {
            let session = self.server.connect().await.map_err(Unreached::into_problem)?;
            let asking = async {
                if let Some(locks) = locks {
                    session.client.batch_execute(&format!("BEGIN; {}", self.settings("SET LOCAL", locks))).await?;
                }
                who(&session.client).await
            };
            let who = asking.await.map_err(|error| failure::problem(&error, None))?;
            Ok((session, who))
        };
        tokio::select! {
            opened = opening => match opened {
                Ok((session, Some(who))) => Ok(Open { session, facts: who.facts, pid: who.pid, modern: who.modern }),
                Ok((_, None)) => Err(said("the server does not say who it is")),
                Err(problem) => Err(problem),
            },
            why = stop.or_after(self.remediation.timeout) => Err(gave_up(why, None, self.remediation.timeout)),
        }
    }

    fn settings(&self, set: &str, locks: Duration) -> String {
        let mut settings = format!("{set} lock_timeout = {}; {set} standard_conforming_strings = on", limit(locks));
        if let Some(timeout) = self.remediation.timeout {
            _ = write!(settings, "; {set} statement_timeout = {}", limit(timeout));
        }
        settings
    }

    /// Everything up to the point where it could be committed.
    async fn in_transaction(&self, open: &Open, course: &mut Course, watch: &Stopwatch, stop: &mut Stop) -> Result<(), Problem> {
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
        let progress = |waits_for| (self.tell)(RemediationNews::Progress { statement: n, waits_for });
        progress(None);
        let counted =
            self.remediation.expect_rows.is_some() && statement.writes_need_expect_rows && self.remediation.transaction == Transaction::One;
        let before = if counted { touched(&open.session).await } else { 0 };
        let began = Stopwatch::start();
        let values: Vec<TextParameter<'_>> = statement.parameters.iter().map(|value| TextParameter(value)).collect();
        let parameters = untyped(&values);
        let blockers = Blockers::default();
        let work = open.session.client.execute_typed(&statement.text, &parameters);
        let done = open.session.unless_given_up(stop, self.left(watch), blockers.watched(self.server, open.pid, &progress, work)).await;
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

    /// Runs it, has its transaction recorded, and commits it.
    async fn commit(&self, open: &Open, course: &mut Course, watch: &Stopwatch, stop: &mut Stop) -> Outcome {
        let transaction = match self.up_to_commit(open, course, watch, stop).await {
            Ok(transaction) => transaction,
            Err(problem) => {
                // Nothing asked for a commit, so whatever happens to the connection there is none.
                let _ = tokio::time::timeout(super::CANCELLING, open.session.client.batch_execute("ROLLBACK")).await;
                course.problem = Some(problem);
                return Outcome::RolledBack;
            }
        };
        let (outcome, problem) = certain::commit(&open.session, self.server, &transaction, &open.facts, stop).await;
        course.problem = problem;
        course.transaction = Some(transaction);
        outcome
    }

    /// Everything before the commit, until it may begin. The transaction's id.
    async fn up_to_commit(&self, open: &Open, course: &mut Course, watch: &Stopwatch, stop: &mut Stop) -> Result<String, Problem> {
        self.in_transaction(open, course, watch, stop).await?;
        let ask = if open.modern { "SELECT pg_current_xact_id()::text" } else { "SELECT txid_current()::text" };
        let asked = open.session.client.query_typed(ask, &[]).await;
        let id: Result<Option<String>, Error> = asked.and_then(|rows| rows.first().map(|row| row.try_get(0)).transpose());
        let transaction = id.map_err(|error| failure::problem(&error, None))?.ok_or_else(|| said("the server gives no transaction id"))?;
        (self.tell)(RemediationNews::Committing { transaction: transaction.clone(), server: open.facts.clone() });
        stop.commit().await.map_err(|why| said(&why))?;
        Ok(transaction)
    }

    /// Statements that cannot run in a transaction, each for itself.
    async fn one_by_one(&self, open: &Open, course: &mut Course, watch: &Stopwatch, stop: &mut Stop) -> Outcome {
        if let Some(why) = self.needs_another_way(open).await {
            course.problem = Some(said(&format!("{why}; nothing was run")));
            return Outcome::RolledBack;
        }
        // For the session, which nobody else is lent, and which ends with this.
        let settings = self.settings("SET", self.remediation.lock_timeout);
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
