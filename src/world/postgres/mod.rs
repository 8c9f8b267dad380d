//! PostgreSQL: connections, questions and changes. Everything is asked by unnamed statements inside a
//! transaction with settings of its own, so that nothing is left behind, pooler or not. Never leaves a
//! query running on the server that nobody waits for.

mod blockers;
pub mod conninfo;
mod failure;
pub mod ladder;
mod parameter;
pub mod query;
pub mod remedy;
pub mod schema;
mod sources;
pub mod table;
pub mod tls;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_postgres::{AsyncMessage, Client, Connection as Wire, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::runbook::model::Connection;

use super::stop::{GaveUp, Stop};
use conninfo::Resolved;

/// Connections that checks hold to one target at a time: a database in trouble is often one that has run
/// out of them.
const CONNECTIONS: usize = 2;

/// How long a cancelled query may take to say that it has ended, and the request itself to arrive.
const CANCELLING: Duration = Duration::from_secs(2);

/// A server with what is needed to connect to it.
pub struct Server {
    /// How it is reached.
    pub resolved: Resolved,
    tls: MakeRustlsConnect,
    permits: Semaphore,
    idle: Mutex<Vec<Session>>,
}

/// One connection. Dropping it closes it.
pub(super) struct Session {
    pub(super) client: Client,
    tls: MakeRustlsConnect,
    notices: Arc<Mutex<Vec<String>>>,
}

/// The right to a connection.
pub(super) type Permit<'s> = SemaphorePermit<'s>;

impl Server {
    /// Works out how to reach a server, without reaching for it.
    ///
    /// # Errors
    /// What is missing or wrong, in one sentence without a secret.
    pub fn resolve(connection: &Connection, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let resolved = Resolved::of(connection, variable)?;
        let (tls, _) = tls::connector(resolved.mode, resolved.authorities.as_deref())?;
        Ok(Self { resolved, tls, permits: Semaphore::new(CONNECTIONS), idle: Mutex::default() })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Session, Error> {
        let mut attempts = self.resolved.mode.attempts().iter();
        loop {
            let mut config = self.resolved.config.clone();
            if let Some(mode) = attempts.next() {
                config.ssl_mode(*mode);
            }
            match config.connect(self.tls.clone()).await {
                Ok((client, wire)) => return Ok(Session::over(client, wire, self.tls.clone())),
                // A wrong password does not get better without TLS; a refused handshake may.
                Err(error) if attempts.len() > 0 && (error.as_db_error().is_none() || needs_tls(&error)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The right to one of the connections that checks may hold.
    pub(super) async fn permit(&self) -> Option<Permit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// A connection that was given back, if there is one that still stands.
    fn idle(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|session| !session.client.is_closed());
        idle.pop()
    }

    /// Keeps a connection that is outside any transaction for the next question.
    fn give_back(&self, session: Session) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }

    /// A connection on which this has begun a transaction: an idle one, or a new one if that is gone.
    pub(super) async fn begin(&self, begin: &str) -> Result<Session, Error> {
        if let Some(session) = self.idle() {
            match session.client.batch_execute(begin).await {
                Ok(()) => return Ok(session),
                Err(error) if failure::is_lost(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let session = self.connect().await?;
        session.client.batch_execute(begin).await?;
        Ok(session)
    }

    /// Ends a transaction without a trace and keeps the connection for later.
    pub(super) async fn roll_back(&self, session: Session) {
        if session.client.batch_execute("ROLLBACK").await.is_ok() {
            self.give_back(session);
        }
    }
}

/// `pg_hba.conf` turned down a connection without TLS.
fn needs_tls(error: &Error) -> bool {
    error.code() == Some(&tokio_postgres::error::SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

impl Session {
    pub(super) fn over<S, T>(client: Client, mut wire: Wire<S, T>, tls: MakeRustlsConnect) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
        T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notices);
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| wire.poll_message(context)).await {
                if let AsyncMessage::Notice(notice) = message {
                    let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                    // A function that raises a notice for each row should not fill the memory.
                    if heard.len() < 1000 {
                        heard.push(format!("{}: {}", notice.severity(), notice.message()));
                    }
                }
            }
        });
        Self { client, tls, notices }
    }

    /// What the server remarked since this was last asked.
    pub(super) fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for work on this connection, or cancels it on the server when it is given up.
    pub(super) async fn unless_given_up<T>(
        &self,
        stop: &mut Stop,
        limit: Option<Duration>,
        work: impl Future<Output = T>,
    ) -> Result<T, GaveUp> {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => Ok(done),
            why = stop.or_after(limit) => {
                let cancel = self.client.cancel_token();
                let _ = tokio::time::timeout(CANCELLING, cancel.cancel_query(self.tls.clone())).await;
                // Until it has ended it could still hold its locks.
                let _ = tokio::time::timeout(CANCELLING, work).await;
                Err(why)
            }
        }
    }
}

/// A name as an identifier of SQL.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
