//! A service that runs in a sandbox — a worker, a container — seen from outside: how it is, what it logged, and
//! the wishes its keeper grants. Never starts or ends a process itself.

use std::collections::BTreeMap;
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

/// What is asked of the keeper, and of which service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) service: String,
    pub(super) wish: Wish,
}

/// What can be asked of the keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wish {
    /// See to it that this program runs, with these arguments and these variables: one that does so already is left
    /// alone, one that was started differently or was ended is replaced.
    Start { command: Vec<String>, env: BTreeMap<String, String> },
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
    /// The variables it was made with.
    pub env: BTreeMap<String, String>,
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

/// A service of the sandbox in a folder.
#[derive(Debug, Clone)]
pub struct Service {
    folder: PathBuf,
    name: String,
}

impl Service {
    /// The service of this name in the sandbox in `folder`: letters and hyphens, because its logs are named after it.
    #[must_use]
    pub fn of(folder: &Path, name: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned() }
    }

    /// Sees to it that a program, the first word, runs with its arguments and variables; a service that was started
    /// with others, or was ended, is replaced.
    ///
    /// It gets `DATABASE_URL`, logs to its standard error, writes one line to its standard output when it is
    /// ready, and ends when its standard input is closed.
    ///
    /// # Errors
    ///
    /// When it cannot be started, or its keeper does not answer.
    pub fn start(&self, command: Vec<String>, env: BTreeMap<String, String>) -> io::Result<Status> {
        self.ask(Wish::Start { command, env })
    }

    /// How it is now.
    ///
    /// # Errors
    ///
    /// When its keeper does not answer.
    pub fn status(&self) -> io::Result<Status> {
        self.ask(Wish::Status)
    }

    /// Replaces it by a new one, which has been started when this returns.
    ///
    /// # Errors
    ///
    /// When its keeper does not answer.
    pub fn restart(&self) -> io::Result<Status> {
        self.ask(Wish::Restart)
    }

    /// Ends it; only [`Service::restart`] brings it back.
    ///
    /// # Errors
    ///
    /// When its keeper does not answer.
    pub fn stop(&self) -> io::Result<Status> {
        self.ask(Wish::Stop)
    }

    /// What one run logged so far; empty if there is no such run.
    #[must_use]
    pub fn log(&self, run: u32) -> String {
        std::fs::read(log_file(&self.folder, &self.name, run)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn ask(&self, wish: Wish) -> io::Result<Status> {
        let request = Request { service: self.name.clone(), wish };
        let mut keeper = UnixStream::connect(self.folder.join(CONTROL))?;
        keeper.set_read_timeout(Some(PATIENCE))?;
        writeln!(keeper, "{}", serde_json::to_string(&request)?)?;
        let mut answer = String::new();
        BufReader::new(keeper).read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

/// Where a run logs to.
pub(super) fn log_file(folder: &Path, name: &str, run: u32) -> PathBuf {
    folder.join(format!("{name}-{run}.log"))
}
