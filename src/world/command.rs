//! Programs: run in a session of their own, without input, with a limit on time and output. Never leaves
//! anything behind but what a remediation started as a daemon.

mod capture;
mod connections;
mod group;
mod guard;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::runbook::model::Program;
use crate::world::clock::Stopwatch;
use crate::world::stop::{GaveUp, Stop};
use capture::Captured;
pub use capture::{Part, Stream};
pub use connections::is_connection;
use group::Group;
use guard::Lifeline;

/// How long what was asked to end may take to do so: when its time has run out, and when somebody waits.
const GRACE: Duration = Duration::from_secs(5);
const SHORT_GRACE: Duration = Duration::from_secs(2);

/// Who has heard enough gives the program this long to end by itself, so that how it ends is known of one that was
/// about to: a tool that says why it failed does so right before it exits.
const LINGER: Duration = Duration::from_millis(500);

/// How many parts of what is printed wait to be heard, before the program has to.
const PARTS: usize = 16;

/// What is left to read after a program has ended arrives at once; only somebody who escaped its group can
/// hold the pipe open longer.
const LAST_WORDS: Duration = Duration::from_millis(500);

static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// Names the binary that can guard a program. Without one, programs get a process group of their own but no session:
/// they could still write to the terminal by opening `/dev/tty`, and what leaves their group outlives them.
pub fn launch_through(binary: PathBuf) {
    let _ = LAUNCHER.set(binary);
}

/// For the command line, before it reads anything: becomes the guardian of a program, or takes note that this very binary
/// can. Returns how that ended, if it did become one.
#[must_use]
pub fn hidden(arguments: &[OsString]) -> Option<ExitCode> {
    match arguments {
        [first, program, rest @ ..] if first == guard::GUARD => Some(guard::main(program, rest, false)),
        [first, program, rest @ ..] if first == guard::GUARD_LEAVING_DAEMONS => Some(guard::main(program, rest, true)),
        _ => {
            if let Ok(binary) = std::env::current_exe() {
                launch_through(binary);
            }
            None
        }
    }
}

/// What is run.
pub struct Job<'j> {
    /// A line for the shell, or words.
    pub program: &'j Program,
    /// Variables on top of this process's own, of which it gets none that leads to a database.
    pub env: BTreeMap<String, String>,
    /// More variables of this process that it does not get.
    pub withheld: BTreeSet<String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Whether what it starts in a session of its own stays: a remediation may be there to start a daemon.
    pub leaves_daemons: bool,
}

/// What became of a program.
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// What it wrote to standard output.
    pub stdout: Captured,
    /// What it wrote to standard error.
    pub stderr: Captured,
    /// How long it took.
    pub duration: Duration,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// With this code.
    Exit(i32),
    /// By this signal, which was not ours.
    Signal(i32),
    /// It was ended by us.
    GaveUp(GaveUp),
    /// It was ended by us because what it had printed was enough.
    HeardEnough,
    /// It could not be started; why.
    NotStarted(String),
}

/// Runs it to its end, in `dir` if one is named. What is left of its process group is ended with it.
pub async fn run(job: &Job<'_>, dir: Option<&Path>, stop: Stop) -> Ran {
    run_heard(job, dir, stop, None).await
}

/// As [`run`], and hands over what it prints as it comes. `heard` says when that is enough: then it is ended, unless
/// it ends by itself in that moment.
pub async fn follow(job: &Job<'_>, dir: Option<&Path>, stop: Stop, heard: &mut Heard<'_>) -> Ran {
    run_heard(job, dir, stop, Some(heard)).await
}

/// Takes a part of what a program prints, and says whether it has heard enough.
pub type Heard<'h> = dyn FnMut(&Part) -> bool + Send + 'h;

async fn run_heard(job: &Job<'_>, dir: Option<&Path>, mut stop: Stop, heard: Option<&mut Heard<'_>>) -> Ran {
    let watch = Stopwatch::start();
    let not_started = |why: String| Ran {
        end: End::NotStarted(why),
        stdout: Captured::default(),
        stderr: Captured::default(),
        duration: watch.elapsed(),
    };
    if let Some((name, _)) = job.env.iter().find(|(name, value)| name.contains(['=', '\0']) || name.is_empty() || value.contains('\0')) {
        return not_started(format!("the variable {name:?} cannot be passed on: it has a NUL character or no usable name"));
    }
    let mut child = match command(job, dir).spawn() {
        Ok(child) => child,
        Err(error) => return not_started(error.to_string()),
    };
    let mut hold = Hold::on(&mut child);
    let (tell, parts) = mpsc::channel(PARTS);
    let tell = heard.is_some().then_some(tell);
    let stdout = capture::start(child.stdout.take(), Stream::Stdout, tell.clone());
    let stderr = capture::start(child.stderr.take(), Stream::Stderr, tell);
    let end = tokio::select! {
        status = child.wait() => {
            hold.end(&mut child, SHORT_GRACE).await;
            match status {
                Ok(status) => status.code().map_or_else(|| End::Signal(status.signal().unwrap_or_default()), End::Exit),
                Err(error) => End::NotStarted(error.to_string()),
            }
        }
        why = stop.or_after(job.timeout) => {
            hold.end(&mut child, if why == GaveUp::Stopped { SHORT_GRACE } else { GRACE }).await;
            End::GaveUp(why)
        }
        () = enough(parts, heard) => {
            hold.end(&mut child, SHORT_GRACE).await;
            End::HeardEnough
        }
    };
    let duration = watch.elapsed();
    Ran { end, stdout: stdout.finish(LAST_WORDS).await, stderr: stderr.finish(LAST_WORDS).await, duration }
}

/// What keeps hold of a program and everything it begins.
enum Hold {
    Guarded(Lifeline),
    Alone(Group),
}

impl Hold {
    fn on(child: &mut Child) -> Self {
        match child.stdin.take() {
            Some(line) => Self::Guarded(Lifeline::of(line)),
            None => Self::Alone(Group::of(child)),
        }
    }

    /// Ends what is left of it, and returns when that is done.
    async fn end(&mut self, child: &mut Child, grace: Duration) {
        match self {
            Self::Guarded(line) => line.end(child, grace).await,
            Self::Alone(group) => drop(tokio::join!(group.end(grace), child.wait())),
        }
    }
}

/// Ends when whoever listens has heard enough of a program that then goes on.
async fn enough(mut parts: mpsc::Receiver<Part>, heard: Option<&mut Heard<'_>>) {
    let Some(heard) = heard else { return std::future::pending().await };
    loop {
        match parts.recv().await {
            Some(part) if heard(&part) => break,
            Some(_) => {}
            None => return std::future::pending().await,
        }
    }
    let rest = async {
        while let Some(part) = parts.recv().await {
            heard(&part);
        }
        std::future::pending::<()>().await;
    };
    let _ = tokio::time::timeout(LINGER, rest).await;
}

fn command(job: &Job<'_>, dir: Option<&Path>) -> Command {
    let shell = ["/bin/sh".to_owned(), "-c".to_owned()];
    let words: Vec<&OsStr> = match job.program {
        Program::Shell(line) => shell.iter().chain([line]).map(OsStr::new).collect(),
        Program::Words(words) => words.iter().map(OsStr::new).collect(),
    };
    let guard = if job.leaves_daemons { guard::GUARD_LEAVING_DAEMONS } else { guard::GUARD };
    let launcher = LAUNCHER.get().map(|binary| [binary.as_os_str(), OsStr::new(guard)]);
    let mut words = launcher.iter().flatten().copied().chain(words);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).envs(&job.env).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in std::env::vars_os() {
        let (known, leads) = (name.to_string_lossy(), value.to_string_lossy());
        let is_withheld = job.withheld.contains(&*known) || is_connection(&known, &leads);
        if is_withheld && !job.env.contains_key(&*known) {
            command.env_remove(&name);
        }
    }
    if launcher.is_some() {
        // The program itself gets an empty one; this is the guardian's, who must outlive whoever lets go of it.
        command.stdin(Stdio::piped());
    } else {
        command.stdin(Stdio::null()).process_group(0).kill_on_drop(true);
    }
    if let Some(dir) = dir {
        command.current_dir(dir);
    }
    command
}
