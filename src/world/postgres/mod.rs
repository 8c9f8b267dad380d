//! PostgreSQL: connections, questions and changes. Everything is asked by unnamed statements inside a
//! transaction with settings of its own, so that nothing is left behind, pooler or not. Never leaves a
//! query running on the server that nobody waits for.

mod backend_key;
mod blockers;
mod cancel;
pub mod certain;
pub mod client_certificate;
mod connection_string;
pub mod conninfo;
mod failure;
mod identity;
pub mod ladder;
mod left_behind;
mod parameter;
mod pool;
pub mod query;
pub mod remedy;
pub mod schema;
mod sources;
pub mod table;
pub mod tls;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::{AsyncMessage, Client, Connection as Wire};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::runbook::model::Connection;

use super::stop::{GaveUp, Stop};
use conninfo::Resolved;
use ladder::{Climb, Unreached};
use pool::Pool;
use tls::Tls;

/// How long a cancelled query may take to say that it has ended, and the request itself to arrive.
const CANCELLING: Duration = Duration::from_secs(2);

/// A server with what is needed to connect to it.
pub struct Server {
    /// How it is reached.
    pub resolved: Resolved,
    tls: Tls,
    pool: Pool,
}

/// Where a connection leads.
#[derive(Clone, Debug)]
enum Place {
    /// The file of a Unix socket.
    Socket(PathBuf),
    /// An address, and the name that a certificate must bear.
    Tcp { name: String, address: SocketAddr },
}

/// One connection. Dropping it closes it.
pub(super) struct Session {
    pub(super) client: Client,
    tls: MakeRustlsConnect,
    place: Place,
    notices: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Works out how to reach a server, without reaching for it.
    ///
    /// # Errors
    /// What is missing or wrong, in one sentence without a secret.
    pub fn resolve(connection: &Connection, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let resolved = Resolved::of(connection, variable)?;
        let tls = Tls::new(&resolved)?;
        Ok(Self { resolved, tls, pool: Pool::default() })
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> Result<Session, Unreached> {
        ladder::connect(self, &mut Climb::default()).await
    }
}

impl Session {
    fn over<S, T>(client: Client, mut wire: Wire<S, T>, tls: MakeRustlsConnect, place: Place) -> Self
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
        Self { client, tls, place, notices }
    }

    /// What the server remarked since this was last asked.
    pub(super) fn notices(&self) -> Vec<String> {
        std::mem::take(&mut self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the server to end what it does for this connection.
    pub(super) async fn cancel(&self) {
        let tls = self.tls.clone();
        let _ = tokio::time::timeout(CANCELLING, cancel::send(&self.client, tls, &self.place)).await;
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
