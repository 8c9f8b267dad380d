//! Programs as checks run them: how they end, what is left of them, and what they cannot do. Never waits for
//! a fixed time, and never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fracas::runbook::model::Program;
use fracas::world::command::{End, Job, Ran, launch_through, run};
use fracas::world::prober::{Stop, Stopper};
use fracas::world::stop::GaveUp;

async fn ran(line: &str, env: &[(&str, &str)], timeout: Option<Duration>, stop: Stop) -> Ran {
    ran_leaving(false, line, env, timeout, stop).await
}

async fn ran_leaving(leaves_daemons: bool, line: &str, env: &[(&str, &str)], timeout: Option<Duration>, stop: Stop) -> Ran {
    launch_through(PathBuf::from(env!("CARGO_BIN_EXE_fracas")));
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>();
    run(&Job { program: &Program::Shell(line.to_owned()), env, withheld: BTreeSet::new(), timeout, leaves_daemons }, None, stop).await
}

/// Whether a process exists and is more than a name in a table.
fn lives(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_ends_as_it_ends() {
    let nothing = ran("cat; printf out; printf err >&2; exit 3", &[], None, Stop::never()).await;
    assert_eq!((nothing.end, nothing.stdout.bytes, nothing.stderr.bytes), (End::Exit(3), b"out".to_vec(), b"err".to_vec()));
    assert_eq!(ran("no-such-program-anywhere", &[], None, Stop::never()).await.end, End::Exit(127));
    assert_eq!(ran("kill -9 $$", &[], None, Stop::never()).await.end, End::Signal(9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_stay_values() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("m");
    let hostile = format!("'; touch {0};\n$(touch {0})`touch {0}`", mark.display());
    let ran = ran("printf %s \"$name\"", &[("name", &hostile)], None, Stop::never()).await;
    assert_eq!(String::from_utf8(ran.stdout.bytes).unwrap(), hostile);
    assert!(!mark.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_cut() {
    let ran = ran("head -c 5000000 /dev/zero", &[], None, Stop::never()).await;
    // A line without an end: so much is taken from its cut end that half a secret cannot be there.
    let kept = (1 << 20) - (16 << 10);
    assert_eq!((ran.end, ran.stdout.bytes.len(), ran.stdout.dropped), (End::Exit(0), kept, 5_000_000 - kept));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_ends_at_a_line() {
    let ran = ran("yes 123456789 | head -c 2000000", &[], None, Stop::never()).await;
    assert!(ran.stdout.bytes.len() == (1 << 20) / 10 * 10 && ran.stdout.bytes.ends_with(b"123456789\n"), "{}", ran.stdout.bytes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_its_group_is_left() {
    // It exits by itself and leaves a child that holds its output open.
    let left = ran("sleep 600 & echo $!", &[], None, Stop::never()).await;
    assert_eq!(left.end, End::Exit(0));
    assert!(!lives(std::str::from_utf8(&left.stdout.bytes).unwrap()));

    // It ignores the request to end, and so does its child.
    let (stopper, stop) = Stopper::pair();
    let folder = tempfile::tempdir().unwrap();
    let ready = folder.path().join("ready");
    let line = format!("trap '' TERM; sleep 600 & echo $!; touch {}; wait", ready.display());
    let running = tokio::spawn(async move { ran(&line, &[], None, stop).await });
    while !Path::new(&ready).exists() {
        tokio::task::yield_now().await;
    }
    stopper.stop();
    let ended = running.await.unwrap();
    assert_eq!(ended.end, End::GaveUp(GaveUp::Stopped));
    assert!(!lives(std::str::from_utf8(&ended.stdout.bytes).unwrap()));

    let late = ran("sleep 600", &[], Some(Duration::from_millis(100)), Stop::never()).await;
    assert_eq!(late.end, End::GaveUp(GaveUp::TimedOut));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_has_a_session_of_its_own_and_no_terminal() {
    // Asked of `ps`, which also answers where the leader of this session is out of sight, as in a container.
    let mine = std::process::id().to_string();
    let line = "session() { ps -o sid= -p \"$1\" | tr -d ' '; }
        test \"$(session $$)\" != \"$(session \"$mine\")\" && test \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$ && ! (: > /dev/tty) 2>/dev/null";
    assert_eq!(ran(line, &[("mine", &mine)], None, Stop::never()).await.end, End::Exit(0));
}

/// A daemon in the making: it forks twice, has a session of its own, closes what it was given, and is deaf. Prints its
/// number once it is there.
const DAEMON: &str = "(setsid sh -c 'trap \"\" TERM HUP; echo $$ > \"$pid\"; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 &)
    while ! test -s \"$pid\"; do sleep 0.01; done; cat \"$pid\"";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_even_a_daemon_is_left_of_a_check() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid").display().to_string();
    let left = ran(DAEMON, &[("pid", &pid)], None, Stop::never()).await;
    assert_eq!(left.end, End::Exit(0));
    assert!(!lives(std::str::from_utf8(&left.stdout.bytes).unwrap()));

    // Nor of one that nobody waits for any more.
    let abandoned = folder.path().join("abandoned").display().to_string();
    let line = format!("{DAEMON}; sleep 600");
    let env = [("pid", abandoned.as_str())];
    tokio::select! {
        _ = ran(&line, &env, None, Stop::never()) => unreachable!("it takes ten minutes"),
        () = async { while !Path::new(&abandoned).exists() { tokio::task::yield_now().await; } } => {}
    }
    let mut number = String::new();
    while number.is_empty() || lives(&number) {
        number = std::fs::read_to_string(&abandoned).unwrap();
        tokio::task::yield_now().await;
    }
}

/// A remediation may be there to start one; the rest of its group is ended all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daemon_that_a_remediation_starts_stays() {
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid").display().to_string();
    let line = format!("sleep 600 & echo $!; {DAEMON}");
    let started = ran_leaving(true, &line, &[("pid", &pid)], None, Stop::never()).await;
    let pids = String::from_utf8(started.stdout.bytes).unwrap();
    let (of_the_group, daemon) = pids.trim().split_once('\n').unwrap();
    assert_eq!((started.end, lives(of_the_group), lives(daemon)), (End::Exit(0), false, true));
    let daemon = rustix::process::Pid::from_raw(daemon.parse().unwrap()).unwrap();
    rustix::process::kill_process(daemon, rustix::process::Signal::KILL).unwrap();
}
