//! Who stands in the way of a statement: asked over a second connection while it waits. Never ends anybody's
//! transaction.

use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use super::Server;
use super::parameter::{TextParameter, untyped};

/// A statement that takes longer than this may be waiting for somebody; most never do.
const PATIENCE: Duration = Duration::from_millis(300);

/// Those who hold the lock, with how long their transaction is open and what they last ran.
const HOLDERS: &str = "(SELECT format('pid %s (%s%s), %s for %s: %s', pid, usename, \
     CASE WHEN application_name <> '' THEN ', ' || application_name ELSE '' END, state, \
     date_trunc('second', coalesce(clock_timestamp() - xact_start, interval '0')), left(regexp_replace(query, '\\s+', ' ', 'g'), 200)) \
     FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1::int)) ORDER BY xact_start) \
     UNION ALL SELECT format('a prepared transaction, by all there are one of: %s', string_agg(format('%s (%s, %s old)', gid, owner, \
     date_trunc('second', clock_timestamp() - prepared)), ', ')) FROM pg_prepared_xacts WHERE 0 = ANY (pg_blocking_pids($1::int)) HAVING count(*) > 0";

/// Whom a statement was last seen waiting for.
#[derive(Default)]
pub(super) struct Blockers(Mutex<Option<String>>);

impl Blockers {
    /// In words, if anybody was seen.
    pub(super) fn seen(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Does the work, looking from time to time for who blocks the backend `pid`; `tell` hears of every change.
    pub(super) async fn watched<T>(
        &self,
        server: &Server,
        pid: i32,
        tell: &(dyn Fn(Option<String>) + Send + Sync),
        work: impl Future<Output = T>,
    ) -> T {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => done,
            never = self.look(server, pid, tell) => match never {},
        }
    }

    async fn look(&self, server: &Server, pid: i32, tell: &(dyn Fn(Option<String>) + Send + Sync)) -> std::convert::Infallible {
        tokio::time::sleep(PATIENCE).await;
        let pid = pid.to_string();
        let mut told = None;
        loop {
            if let Ok(session) = server.connect().await {
                let parameter = [TextParameter(&pid)];
                while let Ok(rows) = session.client.query_typed(HOLDERS, &untyped(&parameter)).await {
                    let holders: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
                    let holders = Some(holders.join("; ")).filter(|holders| !holders.is_empty());
                    if holders.is_some() {
                        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&holders);
                    }
                    if holders != told {
                        tell(holders.clone());
                        told = holders;
                    }
                    tokio::time::sleep(PATIENCE).await;
                }
            }
            tokio::time::sleep(PATIENCE).await;
        }
    }
}
