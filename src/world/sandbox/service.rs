//! The service that runs in a sandbox — its worker — seen from outside: how it is, what it logged, and the
//! wishes its keeper grants. Never starts or ends a process itself.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The socket at which the keeper grants wishes.
pub(super) const CONTROL: &str = "control";

/// A keeper answers in a millisecond; it is given up on when it is as good as dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can be asked of the keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wish {
    /// Start this program, with these arguments, as the sandbox's service.
    Start(Vec<String>),
    /// How it is.
    Status,
    /// Replace it by a new one: a new pod.
    Restart,
    /// End it, and leave it ended.
    Stop,
}

/// How the service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// In one word, as a container platform has it.
    pub phase: Phase,
    /// How many times it was replaced on request. Two different numbers are two different pods.
    pub replaced: u32,
    /// When the very first one was made: a container's age.
    pub since_first: DateTime<Utc>,
    /// When this one was made: a pod's age.
    pub since: DateTime<Utc>,
    /// When its last run began.
    pub started: DateTime<Utc>,
    /// When its last run ended, if it did.
    pub ended: Option<DateTime<Utc>>,
    /// How its last run ended, if it did.
    pub exit: Option<i32>,
    /// How many times it was started again after it had ended by itself.
    pub restarts: u32,
    /// Number of its last run, from 1, over all that were ever made. Each run has its own log.
    pub run: u32,
    /// Process id, while it runs.
    pub pid: Option<u32>,
}

/// How the service is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Started for the first time and not ready yet.
    ContainerCreating,
    /// It says that it is ready.
    Running,
    /// It ended once by itself, and is started again shortly.
    Error,
    /// It ended again and again; the pauses between starts grow.
    CrashLoopBackOff,
    /// It was ended on request.
    Completed,
}

impl Phase {
    /// Whether the platform has said all it will say about a start: it runs, or it broke.
    #[must_use]
    pub fn is_decided(self) -> bool {
        self != Self::ContainerCreating
    }
}

/// The service of the sandbox in a folder.
#[derive(Debug, Clone)]
pub struct Service {
    folder: PathBuf,
}

impl Service {
    /// The service of the sandbox in `folder`.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Starts a program, the first word, with its arguments.
    ///
    /// It gets `DATABASE_URL`, logs to its standard error, writes one line to its standard output when it is
    /// ready, and ends when its standard input is closed.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or its keeper does not answer.
    pub fn start(&self, command: Vec<String>) -> io::Result<Status> {
        self.ask(&Wish::Start(command))
    }

    /// How it is now.
    ///
    /// # Errors
    ///
    /// When its keeper does not answer.
    pub fn status(&self) -> io::Result<Status> {
        self.ask(&Wish::Status)
    }

    /// Replaces it by a new one, which has been started when this returns.
    ///
    /// # Errors
    ///
    /// When its keeper does not answer.
    pub fn restart(&self) -> io::Result<Status> {
        self.ask(&Wish::Restart)
    }

    /// Ends it; only [`Service::restart`] brings it back.
    ///
    /// # Errors
    ///
    /// When its keeper does not answer.
    pub fn stop(&self) -> io::Result<Status> {
        self.ask(&Wish::Stop)
    }

    /// What one run logged so far; empty if there is no such run.
    #[must_use]
    pub fn log(&self, run: u32) -> String {
        std::fs::read(log_file(&self.folder, run)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn ask(&self, wish: &Wish) -> io::Result<Status> {
        let mut keeper = UnixStream::connect(self.folder.join(CONTROL))?;
        keeper.set_read_timeout(Some(PATIENCE))?;
        writeln!(keeper, "{}", serde_json::to_string(wish)?)?;
        let mut answer = String::new();
        BufReader::new(keeper).read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// Where a run logs to.
pub(super) fn log_file(folder: &Path, run: u32) -> PathBuf {
    folder.join(format!("service-{run}.log"))
}
