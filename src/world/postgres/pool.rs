//! The connections that checks share: few, kept from one check to the next, and clean whenever they change hands.
//! Never lends one of which it is not known that nothing of an earlier check is left on it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

use super::ladder::{self, Climb, Unreached};
use super::{Server, Session, backend_key};

/// Connections that checks hold to one target at a time: a database in trouble is often one that has run out of
/// them. A second one shortens a run of many checks; a third costs more to open than it saves.
const CONNECTIONS: usize = 2;

/// The connections of one target.
pub(super) struct Pool {
    permits: Semaphore,
    idle: Mutex<Vec<Lent>>,
}

impl Default for Pool {
    fn default() -> Self {
        Self { permits: Semaphore::new(CONNECTIONS), idle: Mutex::default() }
    }
}

impl Pool {
    fn idle(&self) -> MutexGuard<'_, Vec<Lent>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection on loan. Dropping it closes it: whatever goes wrong on it stays with it.
pub(super) struct Lent {
    pub(super) session: Session,
    /// Whether it has served before, so that finding it broken means little.
    pub(super) was_idle: bool,
    /// Whether the backend is this connection's own. What a pooler lends is other people's as well.
    is_direct: bool,
}

impl Server {
    /// The right to one of the connections that checks may hold.
    pub(super) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.pool.permits.acquire().await.ok()
    }

    /// A connection outside any transaction: one that was given back and still stands, or a new one.
    pub(super) async fn lend(&self, way: &mut Climb) -> Result<Lent, Unreached> {
        let idle = {
            let mut idle = self.pool.idle();
            idle.retain(|lent| !lent.session.client.is_closed());
            idle.pop()
        };
        if let Some(lent) = idle {
            return Ok(Lent { was_idle: true, ..lent });
        }
        let session = ladder::connect(self, way).await?;
        let is_direct = is_direct(&session.client).await.map_err(|error| Unreached::by("query", &error))?;
        Ok(Lent { session, was_idle: false, is_direct })
    }

    /// Takes back a connection on which [`Lent::tidy`] has succeeded.
    pub(super) fn take_back(&self, lent: Lent) {
        self.pool.idle().push(lent);
    }
}

impl Lent {
    /// Ends the transaction without a trace, and then what no rollback ends: prepared statements, advisory locks,
    /// the memory of sequences. On a pooler's connection there is only the rollback: a session that is lent for a
    /// transaction is not ours to tidy, and to discard what is in it would pull statements and locks from under others.
    ///
    /// All is sent at once, so that it can follow a question without waiting for its answer.
    pub(super) async fn tidy(&self) -> Result<(), Error> {
        let rollback = self.session.client.batch_execute("ROLLBACK");
        if self.is_direct {
            // Two messages: what is sent as one is one transaction, which this must not be in.
            tokio::try_join!(biased; rollback, self.session.client.batch_execute("DISCARD ALL")).map(|_| ())
        } else {
            rollback.await
        }
    }
}

/// Whether the process that answers is the one that the connection was made to.
async fn is_direct(client: &Client) -> Result<bool, Error> {
    let rows = client.query_typed("SELECT pg_backend_pid()", &[] as &[(&(dyn tokio_postgres::types::ToSql + Sync), Type)]).await?;
    let answering: Option<i32> = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(answering.is_some() && answering == backend_key::process(client).await)
}
