//! Keeping a service running the way a container platform does: started, started again with growing pauses
//! when it ends by itself, replaced on request. Never decides whether what it runs is healthy: it believes
//! the service's word.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Sleep, sleep};

use super::service::{Phase, Status, Wish, log_file};
use crate::world::clock;

/// The pause before the first restart; it doubles from one to the next. A platform begins at ten seconds,
/// which a drill need not last.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// A service and what is known of it.
pub(super) struct Supervisor {
    folder: PathBuf,
    name: String,
    command: Vec<String>,
    url: String,
    status: Status,
    running: Option<Running>,
    pause: Option<Pin<Box<Sleep>>>,
    next_pause: Duration,
}

/// One run of the service.
struct Running {
    process: Child,
    /// Closed once the service has said that it is ready: it writes one line to its standard output.
    readiness: Option<ChildStdout>,
    /// Held open: the service ends when it is closed, so that it does not outlive a keeper that was killed.
    _lifeline: Option<ChildStdin>,
}

impl Supervisor {
    /// Starts a service with `DATABASE_URL` in its environment; it logs to its standard error.
    pub(super) fn start(folder: &Path, name: String, command: Vec<String>, env: BTreeMap<String, String>, url: String) -> io::Result<Self> {
        let at = clock::wall();
        let status = Status {
            phase: Phase::ContainerCreating,
            replaced: 0,
            since_first: at,
            since: at,
            started: at,
            ended: None,
            exit: None,
            restarts: 0,
            run: 0,
            pid: None,
            env,
        };
        let mut supervisor =
            Self { folder: folder.to_owned(), name, command, url, status, running: None, pause: None, next_pause: FIRST_PAUSE };
        supervisor.run()?;
        Ok(supervisor)
    }

    /// Grants a wish.
    pub(super) async fn grant(&mut self, wish: Wish) -> io::Result<&Status> {
        match wish {
            Wish::Status => {}
            Wish::Start { command, env } => {
                let is_unchanged = command == self.command && env == self.status.env && self.status.phase != Phase::Completed;
                if !is_unchanged {
                    self.command = command;
                    self.status.env = env;
                    self.replace().await?;
                }
            }
            Wish::Restart => self.replace().await?,
            Wish::Stop => {
                self.end().await;
                self.status.phase = Phase::Completed;
            }
        }
        Ok(&self.status)
    }

    async fn replace(&mut self) -> io::Result<()> {
        self.end().await;
        self.status.phase = Phase::ContainerCreating;
        self.status.replaced += 1;
        self.status.since = clock::wall();
        self.status.restarts = 0;
        self.next_pause = FIRST_PAUSE;
        self.run()
    }

    /// Waits for the next thing that happens to the service, and sees to it. Safe to drop while waiting.
    pub(super) async fn attend(&mut self) {
        let (exited, ready) = match &mut self.running {
            Some(Running { process, readiness, .. }) => (Some(process), readiness.as_mut()),
            None => (None, None),
        };
        tokio::select! {
            exit = async { match exited { Some(process) => process.wait().await, None => std::future::pending().await } } => {
                self.has_ended(exit.ok().and_then(|exit| exit.code()));
            }
            is_ready = async { match ready { Some(pipe) => pipe.read_u8().await.is_ok(), None => std::future::pending().await } } => {
                if let Some(running) = &mut self.running {
                    running.readiness = None;
                }
                if is_ready {
                    self.status.phase = Phase::Running;
                    self.next_pause = FIRST_PAUSE;
                }
            }
            () = async { match &mut self.pause { Some(pause) => pause.await, None => std::future::pending().await } } => {
                self.status.restarts += 1;
                if self.run().is_err() {
                    self.has_ended(None);
                }
            }
        }
    }

    /// Ends it, if it runs.
    pub(super) async fn end(&mut self) {
        self.pause = None;
        if let Some(mut running) = self.running.take() {
            let _ = running.process.kill().await;
            self.status.ended = Some(clock::wall());
            self.status.pid = None;
        }
    }

    fn run(&mut self) -> io::Result<()> {
        self.pause = None;
        self.status.run += 1;
        let log = File::create(log_file(&self.folder, &self.name, self.status.run))?;
        let mut process = Command::new(&self.command[0])
            .args(&self.command[1..])
            .env("DATABASE_URL", &self.url)
            .envs(&self.status.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        self.status.started = clock::wall();
        self.status.ended = None;
        self.status.exit = None;
        self.status.pid = process.id();
        self.running = Some(Running { readiness: process.stdout.take(), _lifeline: process.stdin.take(), process });
        Ok(())
    }

    /// It ended by itself: it will be started again after a pause. Until it says that it is ready it counts as broken.
    fn has_ended(&mut self, exit: Option<i32>) {
        self.running = None;
        self.status.ended = Some(clock::wall());
        self.status.exit = exit;
        self.status.pid = None;
        self.status.phase = match self.status.phase {
            Phase::Error | Phase::CrashLoopBackOff => Phase::CrashLoopBackOff,
            Phase::ContainerCreating | Phase::Running | Phase::Completed => Phase::Error,
        };
        self.pause = Some(Box::pin(sleep(self.next_pause)));
        self.next_pause = (self.next_pause * 2).min(LONGEST_PAUSE);
    }
}
