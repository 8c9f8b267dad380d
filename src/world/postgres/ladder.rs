//! The `connect` check: rung by rung from a name to an answered query, each with its time and its error. A
//! rung that breaks is an answer, not an error. Never goes further than a harmless query.

use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

use crate::base::Values;
use crate::engine::attempt::{Answer, Finding};
use crate::world::clock::Stopwatch;
use crate::world::stop::{GaveUp, Stop};

use super::conninfo::Host;
use super::tls::connector;
use super::{Server, Session, failure};

/// What the last rung asks, all in one. A backend older than the connection to it was there before: that is
/// a pooler's. So is one that is spoken to over a socket while we came over TCP, or the other way round.
const LAST: &str = "SELECT current_setting('server_version'), pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', \
     coalesce((SELECT extract(epoch FROM clock_timestamp() - backend_start) FROM pg_stat_activity WHERE pid = pg_backend_pid()), 0)::float8, \
     inet_client_addr() IS NOT NULL";

/// How much older than our connection a backend must look before it counts as a pooler's.
const OLDER: f64 = 0.25;

/// A way up.
#[derive(Default)]
struct Climb {
    rungs: Vec<Rung>,
    /// The last rung that held: `nothing`, `name`, `tcp` (or `socket`), `tls`, `authenticated`, `query`.
    reached: Option<&'static str>,
    tls: Option<&'static str>,
    server_version: String,
    pooler: bool,
    read_only: bool,
}

struct Rung {
    name: &'static str,
    took: Duration,
    held: Result<String, String>,
}

impl Climb {
    fn held(&mut self, name: &'static str, took: Duration, remark: impl Into<String>) {
        self.reached = Some(name);
        self.rungs.push(Rung { name, took, held: Ok(remark.into()) });
    }

    fn broke(&mut self, name: &'static str, took: Duration, error: impl Into<String>) {
        self.rungs.push(Rung { name, took, held: Err(error.into()) });
    }

    fn works(&self) -> bool {
        self.reached == Some("query")
    }

    fn breakage(&self) -> Option<(&'static str, &str)> {
        self.rungs.iter().find_map(|rung| rung.held.as_ref().err().map(|error| (rung.name, error.as_str())))
    }

    fn draw(&self) -> String {
        let lines: Vec<String> = self
            .rungs
            .iter()
            .map(|rung| {
                let (mark, remark) = match &rung.held {
                    Ok(remark) => ('✓', remark),
                    Err(error) => ('✗', error),
                };
                format!("{mark} {:<13} {:>5} ms  {remark}", rung.name, rung.took.as_millis()).trim_end().to_owned()
            })
            .collect();
        lines.join("\n")
    }
}

/// Climbs to a server, and to each of its alternatives, given by name.
///
/// Values: `reached`, `tls` (a version or `none`), `server_version`, `pooler`, `read_only`, `works` (the
/// alternatives that answered), `ms`.
pub async fn ask(server: &Server, alternatives: &[(String, Result<Arc<Server>, String>)], timeout: Duration, mut stop: Stop) -> Answer {
    let watch = Stopwatch::start();
    let main = match limited(server, timeout, &mut stop).await {
        Ok(climb) => climb,
        Err(GaveUp::Stopped) => return Answer { finding: Finding::Cancelled, ..Answer::inconclusive("", watch.elapsed()) },
        Err(GaveUp::TimedOut) => {
            let finding = Finding::TimedOut(format!("no answer from {} within {timeout:?}", server.resolved.shown));
            return Answer { finding, ..Answer::inconclusive("", watch.elapsed()) };
        }
    };
    let mut seen = format!("{}\n{}", server.resolved.shown, main.draw());
    for note in &server.resolved.notes {
        _ = write!(seen, "\n! {note}");
    }
    let mut works = Vec::new();
    for (name, alternative) in alternatives {
        match alternative {
            Err(why) => _ = write!(seen, "\n\n{name}: {why}"),
            Ok(alternative) => match limited(alternative, timeout, &mut stop).await {
                Ok(climb) => {
                    _ = write!(seen, "\n\n{name}: {}\n{}", alternative.resolved.shown, climb.draw());
                    if climb.works() {
                        works.push(name.clone());
                    }
                }
                Err(_) => _ = write!(seen, "\n\n{name}: no answer within {timeout:?}"),
            },
        }
    }
    let duration = watch.elapsed();
    let summary = match main.breakage() {
        Some((rung, error)) => format!("{rung}: {error}"),
        None => format!("PostgreSQL {} answered after {} ms", main.server_version, duration.as_millis()),
    };
    let mut values = Values::new();
    values.insert("reached".to_owned(), main.reached.unwrap_or("nothing").into());
    values.insert("tls".to_owned(), main.tls.unwrap_or("none").into());
    values.insert("server_version".to_owned(), main.server_version.clone().into());
    values.insert("pooler".to_owned(), main.pooler.into());
    values.insert("read_only".to_owned(), main.read_only.into());
    values.insert("works".to_owned(), works.into());
    values.insert("ms".to_owned(), crate::base::stamp::milliseconds(duration).into());
    Answer { finding: Finding::Answered { own: Some(main.works()), summary }, values, seen, duration }
}

async fn limited(server: &Server, timeout: Duration, stop: &mut Stop) -> Result<Climb, GaveUp> {
    tokio::select! {
        climb = climb(server) => Ok(climb),
        why = stop.or_after(Some(timeout)) => Err(why),
    }
}

/// The first host that answers decides; the ladder of the last one is shown if none does.
async fn climb(server: &Server) -> Climb {
    let mut last = Climb::default();
    for (host, port) in &server.resolved.hosts {
        last = climb_to(server, host, *port).await;
        if last.works() {
            break;
        }
    }
    last
}

async fn climb_to(server: &Server, host: &Host, port: u16) -> Climb {
    let mut climb = Climb::default();
    let limit = server.resolved.config.get_connect_timeout().copied().unwrap_or(Duration::from_secs(10));
    let began = Stopwatch::start();
    match host {
        Host::Folder(folder) => {
            let path = folder.join(format!(".s.PGSQL.{port}"));
            match UnixStream::connect(&path).await {
                Err(error) => climb.broke("socket", began.elapsed(), format!("{}: {error}", path.display())),
                Ok(stream) => {
                    climb.held("socket", began.elapsed(), path.display().to_string());
                    enter(server, &mut climb, stream, "", false, &began).await;
                }
            }
        }
        Host::Tcp(name) => {
            let addresses: Vec<_> = match lookup_host((name.as_str(), port)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    climb.broke("name", began.elapsed(), format!("{name}: {error}"));
                    return climb;
                }
            };
            let shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            climb.held("name", began.elapsed(), shown.join(", "));
            let began = Stopwatch::start();
            let mut error = "no address".to_owned();
            for address in addresses {
                match tokio::time::timeout(limit, TcpStream::connect(address)).await {
                    Err(_) => error = format!("{address}: no answer within {limit:?}"),
                    Ok(Err(refused)) => error = format!("{address}: {refused}"),
                    Ok(Ok(stream)) => {
                        let _ = stream.set_nodelay(true);
                        climb.held("tcp", began.elapsed(), address.to_string());
                        enter(server, &mut climb, stream, name, true, &began).await;
                        return climb;
                    }
                }
            }
            climb.broke("tcp", began.elapsed(), error);
        }
    }
    climb
}

/// From an open stream to an answered query.
async fn enter<S>(server: &Server, climb: &mut Climb, stream: S, name: &str, tcp: bool, since: &Stopwatch)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let began = Stopwatch::start();
    let resolved = &server.resolved;
    let (mut tls, negotiated) = match connector(resolved.mode, resolved.authorities.as_deref()) {
        Ok(made) => made,
        Err(error) => return climb.broke("tls", began.elapsed(), error),
    };
    let Ok(connect) = MakeTlsConnect::<S>::make_tls_connect(&mut tls, name);
    let handshake = Handshake::default();
    let recorder = Recorder { inner: connect, began, handshake: Arc::clone(&handshake) };
    let mut config = resolved.config.clone();
    config.ssl_mode(if tcp { resolved.mode.attempts().first().copied().unwrap_or(SslMode::Require) } else { SslMode::Disable });
    let connected = config.connect_raw(stream, recorder).await;
    let took = began.elapsed();
    let shaken = handshake.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (shaken, &connected) {
        (Some((after, None)), _) => {
            climb.tls = negotiated.get().copied();
            climb.held("tls", after, format!("{} ({})", climb.tls.unwrap_or("TLS"), resolved.mode.word()));
        }
        (Some((after, Some(error))), _) => return climb.broke("tls", after, error),
        (None, Err(error)) if error.as_db_error().is_none() && error.to_string().contains("TLS") => {
            return climb.broke("tls", took, failure::sentence(error));
        }
        (None, _) => {}
    }
    let (client, wire) = match connected {
        Ok(connected) => connected,
        Err(error) => return climb.broke("authenticated", took, failure::sentence(&error)),
    };
    climb.held("authenticated", took, if climb.tls.is_some() { String::new() } else { "without TLS".to_owned() });
    let session = Session::over(client, wire, tls);
    let began = Stopwatch::start();
    match session.client.query_typed(LAST, &[]).await.and_then(|rows| rows.first().map_or(Ok((String::new(), false, 0.0, tcp)), facts)) {
        Err(error) => climb.broke("query", began.elapsed(), failure::sentence(&error)),
        Ok((version, read_only, age, over_tcp)) => {
            climb.held("query", began.elapsed(), format!("PostgreSQL {version}"));
            climb.pooler = age > since.elapsed().as_secs_f64() + OLDER || over_tcp != tcp;
            climb.server_version = version;
            climb.read_only = read_only;
        }
    }
}

fn facts(row: &tokio_postgres::Row) -> Result<(String, bool, f64, bool), tokio_postgres::Error> {
    Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
}

/// When the handshake ended, and its error.
type Handshake = Arc<Mutex<Option<(Duration, Option<String>)>>>;

/// Hands a TLS handshake on and notes how it went: the client itself only says that it failed.
struct Recorder<T> {
    inner: T,
    began: Stopwatch,
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
        let Self { inner, began, handshake } = self;
        let connecting = inner.connect(stream);
        Box::pin(async move {
            let connected = connecting.await;
            let error = connected.as_ref().err().map(ToString::to_string);
            *handshake.lock().unwrap_or_else(PoisonError::into_inner) = Some((began.elapsed(), error));
            connected
        })
    }
}
