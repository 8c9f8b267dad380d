//! The one way to a server, rung by rung from a name to an answered query, for checks and remediations as for the ladder
//! that is shown. Never goes on to another host after one that answers, and never to less TLS than was asked for.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream, UnixStream, lookup_host};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_postgres::config::{LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use crate::world::postgres::conninfo::Host;
use crate::world::postgres::{Place, Server, Session, backend_key};

use super::{Climb, Last};

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

/// Goes up. The first host that answers decides; the ladder of the last one is shown if none does. `last` says whether the
/// last rung is wanted.
pub(super) async fn climb(server: &Server, way: &mut Climb, last: Last) -> Option<Session> {
    let mut notes = Vec::new();
    let mut hosts: Vec<&(Host, u16)> = server.resolved.hosts.iter().collect();
    if server.resolved.config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        hosts.sort_by_cached_key(|_| uuid::Uuid::new_v4());
    }
    for (host, port) in hosts {
        let mut attempts = server.resolved.mode.attempts().iter().peekable();
        while let Some(mode) = attempts.next() {
            *way = Climb::default();
            let goes_on = match climb_to(server, host, *port, *mode, way, last).await {
                Ok(session) => {
                    way.notes.extend(notes);
                    return Some(session);
                }
                Err(Broken { other_mode }) => other_mode,
            };
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
    None
}

/// The ladder says where it broke.
struct Broken {
    /// Whether another mode of TLS may get further.
    other_mode: bool,
}

/// A breakage that is the same with and without TLS.
const FINALLY: Broken = Broken { other_mode: false };

fn named(host: &Host, port: u16) -> String {
    match host {
        Host::Tcp(name) => format!("{name}:{port}"),
        Host::Folder(folder) => format!("{}:{port}", folder.display()),
    }
}

async fn climb_to(server: &Server, host: &Host, port: u16, mode: SslMode, way: &mut Climb, last: Last) -> Result<Session, Broken> {
    let limit = limit(server);
    match host {
        Host::Folder(folder) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            way.begin("socket");
            match UnixStream::connect(&path).await {
                Err(error) => {
                    way.broke("socket", format!("{}: {error}", path.display()));
                    Err(FINALLY)
                }
                Ok(stream) => {
                    way.held("socket", path.display().to_string());
                    // As in libpq there is no TLS over a Unix socket, whatever the mode.
                    enter(server, way, stream, Place::Socket(path), SslMode::Disable, last).await.map_err(|_| FINALLY)
                }
            }
        }
        Host::Tcp(name) => {
            let addresses = addresses(server, name, port, way).await.ok_or(FINALLY)?;
            let mut errors = Vec::new();
            for address in addresses {
                match timeout(limit, dial(address)).await {
                    Err(_) => errors.push(format!("{address}: no answer within {limit:?}")),
                    Ok(Err(refused)) => errors.push(format!("{address}: {refused}")),
                    Ok(Ok(stream)) => {
                        way.held("tcp", address.to_string());
                        return enter(server, way, stream, Place::Tcp { name: name.clone(), address }, mode, last).await;
                    }
                }
            }
            way.broke("tcp", if errors.is_empty() { "the name has no address".to_owned() } else { errors.join("; ") });
            Err(FINALLY)
        }
    }
}

/// Where a name leads: to what `hostaddr` says, else to what the system says.
async fn addresses(server: &Server, name: &str, port: u16, way: &mut Climb) -> Option<Vec<SocketAddr>> {
    way.begin("name");
    let place = server.resolved.hosts.iter().position(|(host, at)| *host == Host::Tcp(name.to_owned()) && *at == port);
    let given = place.and_then(|place| server.resolved.config.get_hostaddrs().get(place));
    let (addresses, remark) = match given {
        Some(address) => (vec![SocketAddr::new(*address, port)], format!("{address}, as hostaddr says")),
        None => match lookup_host((name, port)).await {
            Ok(found) => {
                let found: Vec<SocketAddr> = found.collect();
                let shown: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
                (found, shown.join(", "))
            }
            Err(error) => {
                way.broke("name", format!("{name}: {error}"));
                return None;
            }
        },
    };
    way.went_on("name", remark, "tcp");
    Some(addresses)
}

async fn dial(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As in libpq: a connection whose other end has vanished is noticed in the end.
    socket.set_keepalive(true)?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn limit(server: &Server) -> Duration {
    server.resolved.config.get_connect_timeout().copied().unwrap_or(PATIENCE)
}

/// From an open stream to an answered query.
async fn enter<S>(server: &Server, way: &mut Climb, stream: S, place: Place, mode: SslMode, last: Last) -> Result<Session, Broken>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (resolved, limit) = (&server.resolved, limit(server));
    let name = if let Place::Tcp { name, .. } = &place { name.as_str() } else { "" };
    way.begin(if mode == SslMode::Disable { "authenticated" } else { "tls" });
    let (mut tls, negotiated) = server.tls.connector();
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
            return Err(Broken { other_mode: true });
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
            return Err(FINALLY);
        }
        Ok(Err(error)) => {
            // The server spoke: what it refuses is the login, with TLS or without.
            way.broke_by(if error.as_db_error().is_some() { "authenticated" } else { rung }, &error);
            return Err(Broken { other_mode: error.as_db_error().is_none() || needs_tls(&error) });
        }
        Ok(Ok(connected)) => connected,
    };
    way.went_on("authenticated", if way.tls.is_some() { "" } else { "without TLS" }, "query");
    let session = Session::over(client, wire, tls, place);
    let wants = resolved.config.get_target_session_attrs();
    if last == Last::IfNeeded && wants == TargetSessionAttrs::Any {
        return Ok(session);
    }
    match session.client.query_typed(LAST, &[]).await.and_then(|rows| rows.first().map(arrived).transpose()) {
        Err(error) => way.broke_by("query", &error),
        Ok(None) => way.broke("query", "no row came back"),
        Ok(Some((mut arrived, answering))) => {
            arrived.pooler = backend_key::process(&session.client).await.is_some_and(|promised| promised != answering);
            let remark = format!("{}, {}", arrived.remark(), arrived.rights());
            match (wants, arrived.read_only()) {
                (TargetSessionAttrs::ReadWrite, true) | (TargetSessionAttrs::ReadOnly, false) => {
                    way.broke("query", format!("{remark}, which is not what target_session_attrs asks for"));
                }
                _ => {
                    way.held("query", remark);
                    way.arrived = Some(arrived);
                    return Ok(session);
                }
            }
        }
    }
    Err(FINALLY)
}

/// `pg_hba.conf` turned down a connection without TLS.
fn needs_tls(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&tokio_postgres::error::SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
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
