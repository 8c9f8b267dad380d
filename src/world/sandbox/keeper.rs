//! The keeper: a process of its own that owns a sandbox — folder, server, services — and clears it away when
//! the program that asked for it is gone, however that ended. Never reads the terminal: it has a session of
//! its own, so that neither Ctrl-C nor a closed window reaches it.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::select_all;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe::Receiver;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::database::Tenancy;
use super::folder::{Account, Folder, sweep};
use super::problem::SandboxProblem;
use super::server::{self, Server};
use super::service::{CONTROL, Request, Wish};
use super::supervise::Supervisor;

/// Whoever connects to the control socket says at once what it wants; nobody may hold up the keeper.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a keeper is to keep; the first line of its standard input, as JSON. The input then stays open for as
/// long as the sandbox is wanted.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    /// Where the folder is made.
    pub(super) parent: PathBuf,
    /// What the database is on.
    pub(super) ground: Ground,
}

/// What a sandbox's database is on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Ground {
    /// A server of its own, from the programs in this folder.
    OwnServer(PathBuf),
    /// A database of its own on somebody's server.
    Tenancy(Tenancy),
}

/// The keeper's answer: one line of JSON on its standard output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// The database takes connections.
    Ready {
        /// The sandbox's folder.
        folder: PathBuf,
        /// The database's URL.
        url: String,
    },
    /// It could not be built, and nothing of it is left.
    Problem(SandboxProblem),
}

/// The keeper's whole life: the hidden subcommand `__keeper`.
#[must_use]
pub fn main() -> ExitCode {
    // It fails only for the leader of a process group, which a child of ours is not.
    let _ = rustix::process::setsid();
    let kept = tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| runtime.block_on(keep()));
    if matches!(kept, Ok(Some(()))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Builds, keeps and clears away one sandbox; none if it was not built.
async fn keep() -> Option<()> {
    let mut holder = Holder::new().ok()?;
    let order = holder.order().await?;
    let account = Account::for_server();
    let folder = match Folder::make(&order.parent, account) {
        Ok(folder) => folder,
        Err(problem) => return refuse(problem),
    };
    std::thread::spawn(move || sweep(&order.parent));

    let built = match order.ground {
        Ground::OwnServer(bin) => {
            let started = Server::start(folder.path(), &bin, account, holder.gone()).await;
            started.map(|server| server.map(Database::Own))
        }
        // Creating a database cannot be broken off half-way without leaving one behind.
        Ground::Tenancy(tenancy) => tenancy.create().await.map(|()| Some(Database::Tenant(tenancy))),
    };
    let kept = match built {
        Ok(Some(database)) => {
            serve(&mut holder, folder.path(), &database).await;
            database.end().await;
            Some(())
        }
        Err(problem) => refuse(problem),
        Ok(None) => None,
    };
    folder.remove();
    kept
}

/// The database of a sandbox.
enum Database {
    Own(Server),
    Tenant(Tenancy),
}

impl Database {
    fn url(&self, folder: &Path) -> String {
        match self {
            Self::Own(_) => server::url(folder),
            Self::Tenant(tenancy) => tenancy.url(),
        }
    }

    async fn end(self) {
        match self {
            Self::Own(server) => server.end().await,
            Self::Tenant(tenancy) => {
                let _ = tenancy.drop_database().await;
            }
        }
    }
}

/// Says that the database is there, then grants wishes until the holder is gone.
async fn serve(holder: &mut Holder, folder: &Path, database: &Database) {
    let control = match UnixListener::bind(folder.join(CONTROL)) {
        Ok(control) => control,
        Err(error) => {
            refuse(SandboxProblem::folder("cannot listen in", folder, &error));
            return;
        }
    };
    let url = database.url(folder);
    say(&Answer::Ready { folder: folder.to_owned(), url: url.clone() });
    let mut services = BTreeMap::new();
    loop {
        tokio::select! {
            biased;
            () = holder.gone() => break,
            Ok((client, _)) = control.accept() => {
                let _ = timeout(PATIENCE, grant(client, &mut services, folder, &url)).await;
            }
            () = attend(&mut services) => {}
        }
    }
    for service in services.values_mut() {
        service.end().await;
    }
}

/// Waits for the next thing that happens to any service, and sees to it. Safe to drop while waiting.
async fn attend(services: &mut BTreeMap<String, Supervisor>) {
    if services.is_empty() {
        pending::<()>().await;
    }
    select_all(services.values_mut().map(|service| Box::pin(service.attend()))).await;
}

/// Reads one wish, grants it and answers with how the service is.
async fn grant(client: UnixStream, services: &mut BTreeMap<String, Supervisor>, folder: &Path, url: &str) -> Option<()> {
    let mut client = BufReader::new(client);
    let mut line = String::new();
    client.read_line(&mut line).await.ok()?;
    let Request { service: name, wish } = serde_json::from_str(&line).ok()?;
    if let (Wish::Start { command, env }, false) = (&wish, services.contains_key(&name)) {
        let service = Supervisor::start(folder, name.clone(), command.clone(), env.clone(), url.to_owned()).ok()?;
        services.insert(name.clone(), service);
    }
    let status = services.get_mut(&name)?.grant(wish).await.ok()?;
    let mut answer = serde_json::to_string(status).ok()?;
    answer.push('\n');
    client.write_all(answer.as_bytes()).await.ok()
}

fn refuse(problem: SandboxProblem) -> Option<()> {
    say(&Answer::Problem(problem));
    None
}

/// Answers the holder. One that is gone already hears nothing, and is noticed next.
fn say(answer: &Answer) {
    if let Ok(line) = serde_json::to_string(answer) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// The program that wants the sandbox: alive as long as it holds our standard input open.
struct Holder {
    input: BufReader<Receiver>,
    asked_to_end: [Signal; 3],
}

impl Holder {
    fn new() -> std::io::Result<Self> {
        let input = std::io::stdin().as_fd().try_clone_to_owned()?;
        let on = |kind| signal(kind);
        Ok(Self {
            input: BufReader::new(Receiver::from_owned_fd(input)?),
            asked_to_end: [on(SignalKind::terminate())?, on(SignalKind::interrupt())?, on(SignalKind::hangup())?],
        })
    }

    async fn order(&mut self) -> Option<Order> {
        let mut line = String::new();
        self.input.read_line(&mut line).await.ok()?;
        serde_json::from_str(&line).ok()
    }

    /// Returns when the holder is gone, or the keeper is told to end. Safe to drop while waiting.
    async fn gone(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.asked_to_end;
        let closed = async { while self.input.read_u8().await.is_ok() {} };
        tokio::select! {
            () = closed => {}
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
