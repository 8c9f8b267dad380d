//! The guardian of a command: a process between this program and the command that outlives both, so that nothing the
//! command began is left, even what made itself a session of its own, and even if this program is killed. Never decides how
//! long a command may take; it is told.

use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, setsid, test_kill_process_group, waitpid};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;

use crate::world::clock::Stopwatch;

use super::SHORT_GRACE;

/// The hidden subcommands under which this binary guards a program: one that nothing may outlive, and one whose daemons
/// stay, for a remediation may well be there to start one.
pub(super) const GUARD: &str = "__guard";
pub(super) const GUARD_LEAVING_DAEMONS: &str = "__guard-leaving-daemons";

/// How often it is looked whether everything has ended; nothing tells.
const LOOK: Duration = Duration::from_millis(10);

/// A killed process needs a moment; nobody waits for ever.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// What ties a guardian to this program: it ends what it guards when it is told to, or when nobody holds the other end.
pub(super) struct Lifeline(Option<ChildStdin>);

impl Lifeline {
    pub(super) fn of(stdin: ChildStdin) -> Self {
        Self(Some(stdin))
    }

    /// Has everything asked to end, and made to end after `grace`, in whole seconds; returns when the guardian has ended.
    pub(super) async fn end(&mut self, guardian: &mut Child, grace: Duration) {
        if let Some(mut line) = self.0.take() {
            let seconds = u8::try_from(grace.as_secs()).unwrap_or(u8::MAX);
            let _ = line.write_all(&[seconds]).await;
        }
        if tokio::time::timeout(grace + 2 * AFTER_KILL, guardian.wait()).await.is_err() {
            let _ = guardian.start_kill();
        }
    }
}

/// The guardian's whole life. Ends as the program did.
pub(super) fn main(program: &OsString, rest: &[OsString], leaves_daemons: bool) -> ExitCode {
    // Fails only for the leader of a group, which this is not: its parent has just forked it.
    let _ = setsid();
    #[cfg(target_os = "linux")]
    if !leaves_daemons {
        // Whoever loses its parent comes to this process, whatever group or session it is in.
        let _ = rustix::process::set_child_subreaper(Some(getpid()));
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return ExitCode::from(126) };
    runtime.block_on(guard(program, rest, leaves_daemons))
}

async fn guard(program: &OsString, rest: &[OsString], leaves_daemons: bool) -> ExitCode {
    let mut child = match Command::new(program).args(rest).stdin(Stdio::null()).process_group(0).spawn() {
        Ok(child) => child,
        Err(error) => {
            eprintln!("{}: {error}", program.to_string_lossy());
            return ExitCode::from(if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 });
        }
    };
    let Some(leader) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else { return ExitCode::from(126) };
    let mut told = listen(leaves_daemons);
    let status = tokio::select! {
        status = child.wait() => {
            end(leader, SHORT_GRACE, leaves_daemons).await;
            status
        }
        Ok(grace) = &mut told => tokio::join!(end(leader, grace, leaves_daemons), child.wait()).1,
    };
    status.map_or(ExitCode::from(126), end_like)
}

/// How long everything gets to end, once somebody says so, or nobody is left who could. A remediation is not broken off
/// because this program was killed: it goes on to its end.
fn listen(goes_on_alone: bool) -> oneshot::Receiver<Duration> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let mut grace = [0];
        match std::io::stdin().read_exact(&mut grace) {
            Ok(()) => drop(tell.send(Duration::from_secs(u64::from(grace[0])))),
            Err(_) if goes_on_alone => std::mem::forget(tell),
            Err(_) => drop(tell.send(SHORT_GRACE)),
        }
    });
    told
}

/// Asks everything to end that the program has begun, and makes it end after `grace`.
async fn end(leader: Pid, grace: Duration, leaves_daemons: bool) {
    let watch = Stopwatch::start();
    let (mut group_lives, mut is_told) = (true, false);
    while watch.elapsed() < grace + AFTER_KILL {
        // A group that was seen empty may be somebody else's by now.
        group_lives = group_lives && test_kill_process_group(leader).is_ok();
        let others = if leaves_daemons { Vec::new() } else { descendants(leader) };
        if !group_lives && others.is_empty() {
            return;
        }
        let is_late = watch.elapsed() >= grace;
        if is_late || !is_told {
            let signal = if is_late { Signal::KILL } else { Signal::TERM };
            if group_lives {
                let _ = kill_process_group(leader, signal);
            }
            for other in others {
                let _ = kill_process(other, signal);
            }
            is_told = true;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Everything below this process but the leader, whom somebody else waits for; what has ended is fetched.
fn descendants(leader: Pid) -> Vec<Pid> {
    let mut found = children(getpid());
    found.retain(|child| *child != leader && !matches!(waitpid(Some(*child), WaitOptions::NOHANG), Ok(Some(_))));
    found.extend(children(leader));
    let mut looked_at = 0;
    while let Some(parent) = found.get(looked_at) {
        let more = children(*parent);
        found.extend(more);
        looked_at += 1;
    }
    found
}

/// The children of a process, where the system says. Elsewhere only the process group is known.
fn children(parent: Pid) -> Vec<Pid> {
    let threads = fs::read_dir(format!("/proc/{}/task", parent.as_raw_nonzero())).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect::<Vec<_>>()).collect()
}

/// Ends as a program did: with its code, or by its signal, so that whoever started it sees what happened.
fn end_like(status: ExitStatus) -> ExitCode {
    let Some(number) = status.signal() else {
        return ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX));
    };
    // The program has left its own core, if any.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    if let Some(signal) = Signal::from_named_raw(number) {
        let _ = kill_process(getpid(), signal);
    }
    // As a shell says it.
    ExitCode::from(u8::try_from(128 + number).unwrap_or(u8::MAX))
}
