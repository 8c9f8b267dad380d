//! One way up, from a name to an answered query, as the client's own connections go it: the same modes of TLS, in the
//! same order. Never leaves a connection behind.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use crate::world::postgres::conninfo::Host;
use crate::world::postgres::tls::connector;
use crate::world::postgres::{Server, Session, backend_key, failure, needs_tls};

use super::Climb;

/// What the last rung asks, all in one.
const LAST: &str = "SELECT current_setting('server_version'), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', \
     pg_backend_pid()";

/// Where a connection has no limit of its own.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found at the top.
pub(super) struct Arrived {
    pub(super) version: String,
    /// The process that answers is not the one the connection was promised.
    pub(super) pooler: bool,
    standby: bool,
    read_only: bool,
}

impl Arrived {
    pub(super) fn read_only(&self) -> bool {
        self.standby || self.read_only
    }

    /// The server, and how it was reached.
    pub(super) fn remark(&self) -> String {
        // What a distribution adds to the version says nothing here.
        let version = self.version.split(' ').next().unwrap_or_default();
        format!("PostgreSQL {version} {}", if self.pooler { "through a pooler" } else { "directly" })
    }

    fn rights(&self) -> &'static str {
        match (self.standby, self.read_only) {
            (true, _) => "read-only: a standby",
            (false, true) => "read-only",
            (false, false) => "read-write",
        }
    }
}

/// The first host that answers decides; the ladder of the last one is shown if none does.
pub(super) async fn climb(server: &Server, way: &mut Climb) {
    let mut notes = Vec::new();
    for (host, port) in &server.resolved.hosts {
        let mut attempts = server.resolved.mode.attempts().iter().peekable();
        while let Some(mode) = attempts.next() {
            *way = Climb::default();
            let goes_on = climb_to(server, host, *port, *mode, way).await;
            if way.works() {
                way.notes.extend(notes);
                return;
            }
            let Some((rung, error)) = way.breakage() else { break };
            // A wrong password does not get better without TLS; a refused handshake may.
            let words = match (mode, attempts.peek()) {
                (_, None) => None,
                (SslMode::Disable, _) => Some("without TLS"),
                _ => Some("with TLS"),
            };
            match words {
                Some(words) if goes_on => notes.push(format!("{words} it broke at {rung}: {error}")),
                _ => {
                    notes.push(format!("{} broke at {rung}: {error}", named(host, *port)));
                    break;
                }
            }
        }
    }
    // The last breakage is on the ladder that is shown.
    notes.pop();
    way.notes.extend(notes);
}

fn named(host: &Host, port: u16) -> String {
    match host {
        Host::Tcp(name) => format!("{name}:{port}"),
        Host::Folder(folder) => format!("{}:{port}", folder.display()),
    }
}

/// Whether another mode of TLS may get further.
async fn climb_to(server: &Server, host: &Host, port: u16, mode: SslMode, way: &mut Climb) -> bool {
    let limit = server.resolved.config.get_connect_timeout().copied().unwrap_or(PATIENCE);
    match host {
        Host::Folder(folder) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            way.begin("socket");
            match UnixStream::connect(&path).await {
                Err(error) => way.broke("socket", format!("{}: {error}", path.display())),
                Ok(stream) => {
                    way.held("socket", path.display().to_string());
                    enter(server, way, stream, "", SslMode::Disable, limit).await;
                }
            }
            false
        }
        Host::Tcp(name) => {
            way.begin("name");
            let addresses: Vec<_> = match lookup_host((name.as_str(), port)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    way.broke("name", format!("{name}: {error}"));
                    return false;
                }
            };
            let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            way.went_on("name", shown.join(", "), "tcp");
            let mut errors = Vec::new();
            for address in addresses {
                match timeout(limit, TcpStream::connect(address)).await {
                    Err(_) => errors.push(format!("{address}: no answer within {limit:?}")),
                    Ok(Err(refused)) => errors.push(format!("{address}: {refused}")),
                    Ok(Ok(stream)) => {
                        let _ = stream.set_nodelay(true);
                        way.held("tcp", address.to_string());
                        return enter(server, way, stream, name, mode, limit).await;
                    }
                }
            }
            way.broke("tcp", if errors.is_empty() { "the name has no address".to_owned() } else { errors.join("; ") });
            false
        }
    }
}

/// From an open stream to an answered query. Whether another mode of TLS may get further.
async fn enter<S>(server: &Server, way: &mut Climb, stream: S, name: &str, mode: SslMode, limit: Duration) -> bool
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let resolved = &server.resolved;
    way.begin(if mode == SslMode::Disable { "authenticated" } else { "tls" });
    let (mut tls, negotiated) = match connector(resolved.mode, resolved.authorities.as_deref()) {
        Ok(connector) => connector,
        Err(error) => {
            way.broke("tls", error);
            return false;
        }
    };
    let Ok(connect) = MakeTlsConnect::<S>::make_tls_connect(&mut tls, name);
    let handshake = Handshake::default();
    let recorder = Recorder { inner: connect, handshake: handshake.clone() };
    let mut config = resolved.config.clone();
    config.ssl_mode(mode);
    let connecting = config.connect_raw(stream, recorder);
    let mut connecting = std::pin::pin!(timeout(limit, connecting));
    // The handshake is one rung and what comes after it another, although the client does both in one.
    let early = tokio::select! {
        biased;
        () = handshake.done() => None,
        connected = &mut connecting => Some(connected),
    };
    match handshake.taken() {
        Some(Ok(())) => {
            way.tls = negotiated.get().copied();
            way.went_on("tls", format!("{} ({})", way.tls.unwrap_or("TLS"), resolved.mode.word()), "authenticated");
        }
        Some(Err(error)) => {
            way.broke("tls", error);
            return true;
        }
        None => {}
    }
    let connected = match early {
        Some(connected) => connected,
        None => connecting.await,
    };
    let rung = way.at.as_ref().map_or("authenticated", |(rung, _)| rung);
    let (client, wire) = match connected {
        Err(_) => {
            way.broke(rung, format!("no answer within {limit:?}"));
            return false;
        }
        Ok(Err(error)) => {
            // The server spoke: what it refuses is the login, with TLS or without.
            way.broke(if error.as_db_error().is_some() { "authenticated" } else { rung }, failure::sentence(&error));
            return error.as_db_error().is_none() || needs_tls(&error);
        }
        Ok(Ok(connected)) => connected,
    };
    way.went_on("authenticated", if way.tls.is_some() { "" } else { "without TLS" }, "query");
    let session = Session::over(client, wire, tls);
    match session.client.query_typed(LAST, &[]).await.and_then(|rows| rows.first().map(arrived).transpose()) {
        Err(error) => way.broke("query", failure::sentence(&error)),
        Ok(None) => way.broke("query", "no row came back"),
        Ok(Some((mut arrived, answering))) => {
            arrived.pooler = backend_key::process(&session.client).await.is_some_and(|promised| promised != answering);
            let remark = format!("{}, {}", arrived.remark(), arrived.rights());
            match (resolved.config.get_target_session_attrs(), arrived.read_only()) {
                (TargetSessionAttrs::ReadWrite, true) | (TargetSessionAttrs::ReadOnly, false) => {
                    way.broke("query", format!("{remark}, which is not what target_session_attrs asks for"));
                }
                _ => {
                    way.held("query", remark);
                    way.arrived = Some(arrived);
                }
            }
        }
    }
    false
}

/// What the server said, and the process that said it.
fn arrived(row: &tokio_postgres::Row) -> Result<(Arrived, i32), tokio_postgres::Error> {
    Ok((Arrived { version: row.try_get(0)?, standby: row.try_get(1)?, read_only: row.try_get(2)?, pooler: false }, row.try_get(3)?))
}

/// How a handshake ended, once it has.
#[derive(Clone, Default)]
struct Handshake(Arc<Ended>);

#[derive(Default)]
struct Ended {
    how: Mutex<Option<Result<(), String>>>,
    told: Notify,
}

impl Handshake {
    fn ended(&self, how: Result<(), String>) {
        *self.0.how.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
        self.0.told.notify_one();
    }

    fn taken(&self) -> Option<Result<(), String>> {
        self.0.how.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn done(&self) {
        self.0.told.notified().await;
    }
}

/// Hands a TLS handshake on and notes how it went: the client itself only says that it failed.
struct Recorder<T> {
    inner: T,
    handshake: Handshake,
}

impl<S, T> TlsConnect<S> for Recorder<T>
where
    T: TlsConnect<S>,
    T::Error: std::fmt::Display,
    T::Future: Send + 'static,
{
    type Stream = T::Stream;
    type Error = T::Error;
    type Future = Pin<Box<dyn Future<Output = Result<T::Stream, T::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { inner, handshake } = self;
        let connecting = inner.connect(stream);
        Box::pin(async move {
            let connected = connecting.await;
            handshake.ended(connected.as_ref().map(drop).map_err(ToString::to_string));
            connected
        })
    }
}
