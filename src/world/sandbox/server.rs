//! A throwaway PostgreSQL server: initialised, started, ended. Listens on a Unix socket in its folder and
//! nowhere else. Never used for data that matters: it does not wait for the disk.

use std::fs::File;
use std::io;
use std::path::Path;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::base::text;

use super::folder::Account;
use super::problem::SandboxProblem;

/// The socket's name in the folder: the one libpq looks for at the default port.
pub(super) const SOCKET: &str = ".s.PGSQL.5432";

/// The file that says how far a starting server is; its first line is the server's process id.
const PID_FILE: &str = "data/postmaster.pid";

/// Where a server says what it has to say.
const LOG: &str = "postgres.log";

/// How often a starting server is looked at: a tenth of what the start takes would be felt.
const LOOK: Duration = Duration::from_millis(10);

/// A start takes well under a second; a machine a hundred times slower still gets its chance.
const TIME_TO_START: Duration = Duration::from_mins(1);

/// SIGQUIT ends a server in 0.1 s; the server itself gives its children five seconds before it kills them.
const TIME_TO_END: Duration = Duration::from_secs(6);

/// What makes a throwaway server quick: nothing it writes has to survive a crash.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=16MB",
    "log_min_messages=warning",
];

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
}

impl Server {
    /// Initialises and starts a server in `folder`, with the programs in `bin`; returns when it takes connections,
    /// or with none when it was given up and what had been started has ended.
    ///
    /// # Errors
    ///
    /// [`SandboxProblem::Failed`] with what `initdb` or `postgres` said.
    pub(super) async fn start(
        folder: &Path,
        bin: &Path,
        account: Option<Account>,
        given_up: impl Future<Output = ()>,
    ) -> Result<Option<Self>, SandboxProblem> {
        let mut given_up = pin!(given_up);
        let log = File::create(folder.join(LOG)).map_err(|error| SandboxProblem::folder("cannot write in", folder, &error))?;
        let data = folder.join("data");
        let program = |name: &str| -> io::Result<Command> {
            let mut command = Command::new(bin.join(name));
            for (variable, _) in std::env::vars_os() {
                // PGDATA, PGPORT and the like are the responder's, and not meant for this server.
                if variable.as_encoded_bytes().starts_with(b"PG") {
                    command.env_remove(variable);
                }
            }
            // A named time zone saves initdb from comparing every zone file there is with the system's.
            command.env("TZ", "UTC").env("LC_ALL", "C").arg("-D").arg(&data);
            command.current_dir(folder).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?).kill_on_drop(true);
            if let Some(Account { uid, gid }) = account {
                command.uid(uid).gid(gid);
            }
            Ok(command)
        };
        let failed = |what: &str| {
            let said = std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
            let said: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
            SandboxProblem::failed(what, &said[said.len().saturating_sub(3)..].join(" "))
        };
        let cannot_run =
            |error: io::Error| SandboxProblem::failed(format!("cannot run PostgreSQL's programs in {}", bin.display()), &error);

        let mut initdb = program("initdb").map_err(cannot_run)?;
        initdb.args(["--no-sync", "--wal-segsize=1", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]);
        let mut initdb = initdb.spawn().map_err(cannot_run)?;
        tokio::select! {
            biased;
            () = &mut given_up => {
                let _ = initdb.kill().await;
                return Ok(None);
            }
            ended = initdb.wait() => if !ended.map_err(cannot_run)?.success() {
                return Err(failed("initdb failed"));
            }
        }

        let mut postgres = program("postgres").map_err(cannot_run)?;
        postgres.arg("-k").arg(folder);
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        let mut server = Self { process: postgres.spawn().map_err(cannot_run)? };
        let ready = tokio::select! {
            biased;
            () = &mut given_up => None,
            ready = timeout(TIME_TO_START, server.is_ready(folder)) => Some(ready),
        };
        if let Some(Ok(true)) = ready {
            return Ok(Some(server));
        }
        server.end().await;
        match ready {
            None => Ok(None),
            Some(Ok(_)) => Err(failed("postgres ended while starting")),
            Some(Err(_)) => Err(failed("postgres did not start within a minute")),
        }
    }

    /// Waits until it takes connections; false if it ended instead.
    async fn is_ready(&mut self, folder: &Path) -> bool {
        loop {
            let says = std::fs::read_to_string(folder.join(PID_FILE)).unwrap_or_default();
            // Since release 10 the eighth line says how far it is.
            if says.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
                return true;
            }
            if !matches!(self.process.try_wait(), Ok(None)) {
                return false;
            }
            sleep(LOOK).await;
        }
    }

    /// Ends it at once, without a farewell to its clients.
    pub(super) async fn end(mut self) {
        if let Some(pid) = self.process.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = kill_process(pid, Signal::QUIT);
        }
        if timeout(TIME_TO_END, self.process.wait()).await.is_err() {
            let _ = self.process.kill().await;
        }
    }
}

/// The URL of the database `postgres` of the server in `folder`.
///
/// It leaves nothing open that a variable such as `PGPORT` or `PGSSLMODE` could fill in.
pub(super) fn url(folder: &Path) -> String {
    format!("postgresql://postgres@{}:5432/postgres?sslmode=disable", text::percent_encoded(&folder.to_string_lossy()))
}

/// Ends a server whose keeper died without ending it.
///
/// Its process id may be somebody else's by now, so it is asked whether it works for this folder.
pub(super) fn end_orphan(folder: &Path) {
    let says = std::fs::read_to_string(folder.join(PID_FILE)).unwrap_or_default();
    let Some(pid) = says.lines().next().and_then(|pid| Pid::from_raw(pid.trim().parse().ok()?)) else { return };
    if !works_for(pid, folder) {
        return;
    }
    let _ = kill_process(pid, Signal::QUIT);
    for _ in 0..TIME_TO_END.as_millis() / LOOK.as_millis() {
        if !works_for(pid, folder) {
            return;
        }
        std::thread::sleep(LOOK);
    }
}

/// Whether a living process has a folder in its command line.
fn works_for(pid: Pid, folder: &Path) -> bool {
    let pid = pid.as_raw_pid().to_string();
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_else(|_| {
        let ps = std::process::Command::new("ps").args(["-ww", "-o", "args=", "-p", &pid]).stderr(Stdio::null()).output();
        ps.map(|said| said.stdout).unwrap_or_default()
    });
    String::from_utf8_lossy(&arguments).contains(&*folder.to_string_lossy())
}
