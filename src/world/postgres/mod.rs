//! PostgreSQL: connections, questions and changes. Everything is asked by unnamed statements inside a
//! transaction with settings of its own, so that nothing is left behind, pooler or not. Never leaves a
//! query running on the server that nobody waits for.

mod backend_key;
mod blockers;
mod cancel;
pub mod certain;
pub mod conninfo;
mod failure;
mod identity;
pub mod ladder;
mod parameter;
mod pool;
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

use tokio_postgres::{AsyncMessage, Client, Connection as Wire, Error};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::runbook::model::Connection;

use super::stop::{GaveUp, Stop};
use conninfo::{Host, Resolved};
use pool::Pool;

/// How long a cancelled query may take to say that it has ended, and the request itself to arrive.
const CANCELLING: Duration = Duration::from_secs(2);

/// A server with what is needed to connect to it.
pub struct Server {
    /// How it is reached.
    pub resolved: Resolved,
    tls: MakeRustlsConnect,
    pool: Pool,
}

/// One connection. Dropping it closes it.
pub(super) struct Session {
    pub(super) client: Client,
    tls: MakeRustlsConnect,
    /// Where it leads, if only one host was to be tried.
    address: Option<(Host, u16)>,
    notices: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Works out how to reach a server, without reaching for it.
    ///
    /// # Errors
    /// What is missing or wrong, in one sentence without a secret.
    pub fn resolve(connection: &Connection, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let resolved = Resolved::of(connection, variable)?;
        let (tls, _) = tls::connector(resolved.mode, resolved.authorities.as_deref())?;
        Ok(Self { resolved, tls, pool: Pool::default() })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Session, Error> {
        // As in libpq there is no TLS over a Unix socket, whatever the mode.
        let is_local = self.resolved.hosts.iter().all(|(host, _)| matches!(host, Host::Folder(_)));
        let mode = if is_local { tls::Mode::Disable } else { self.resolved.mode };
        let mut attempts = mode.attempts().iter();
        loop {
            let mut config = self.resolved.config.clone();
            if let Some(mode) = attempts.next() {
                config.ssl_mode(*mode);
            }
            match config.connect(self.tls.clone()).await {
                Ok((client, wire)) => {
                    let address = if let [address] = &self.resolved.hosts[..] { Some(address.clone()) } else { None };
                    return Ok(Session { address, ..Session::over(client, wire, self.tls.clone()) });
                }
                // A wrong password does not get better without TLS; a refused handshake may.
                Err(error) if attempts.len() > 0 && (error.as_db_error().is_none() || needs_tls(&error)) => {}
                Err(error) => return Err(error),
            }
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
        Self { client, tls, address: None, notices }
    }

    /// What the server remarked since this was last asked.
    pub(super) fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the server to end what it does for this connection.
    pub(super) async fn cancel(&self) {
        let tls = self.tls.clone();
        let sent = async {
            match &self.address {
                Some((host, port)) => cancel::send(&self.client, tls, host, *port).await,
                None => _ = self.client.cancel_token().cancel_query(tls).await,
            }
        };
        let _ = tokio::time::timeout(CANCELLING, sent).await;
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
                self.cancel().await;
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
