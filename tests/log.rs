//! `log` checks against real files and programs: what is found, in which order, and what becomes of everything
//! that is no log. Never waits for a fixed time, and never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fracas::base::{Value, json};
use fracas::engine::attempt::Answer;
use fracas::engine::checks::judge;
use fracas::runbook::yaml;
use fracas::timeline::event::Verdict;
use fracas::world::command::launch_through;
use fracas::world::prober::{Prober, Stop, Stopper, Surroundings};
use tempfile::TempDir;

/// A folder with logs, and one check asked in it.
struct Logs {
    folder: TempDir,
}

impl Logs {
    fn new() -> Self {
        launch_through(PathBuf::from(env!("CARGO_BIN_EXE_fracas")));
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn with(text: impl AsRef<[u8]>) -> Self {
        let logs = Self::new();
        fs::write(logs.path("app.log"), text).unwrap();
        logs
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn ask_until(&self, log: &str, more: &str, inputs: &[(&str, &str)], stop: Stop) -> (Verdict, String, Answer) {
        let asked: String = inputs.iter().map(|(name, _)| format!("  {name}: {{ secret: true }}\n")).collect();
        let asked = if asked.is_empty() { String::new() } else { format!("inputs:\n{asked}") };
        let text = format!(
            "version: 1\nid: t\ntitle: t\n{asked}phases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n          \
             - {{ title: c, log: {{ {log} }}{more} }}\n"
        );
        let runbook = Arc::new(yaml::read("t", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}")));
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let dir = Some(self.folder.path().to_owned());
        let surroundings = Surroundings { runbook: Arc::clone(&runbook), inputs, targets: BTreeMap::new(), env: BTreeMap::new(), dir };
        let (_, check) = runbook.checks().next().unwrap();
        let answer = Prober::new(surroundings).ask(check, stop).await;
        let (verdict, reason) = judge(check, &answer);
        (verdict, reason, answer)
    }

    async fn ask(&self, log: &str) -> (Verdict, String) {
        let (verdict, reason, _) = self.ask_until(log, "", &[], Stop::never()).await;
        (verdict, reason)
    }
}

fn passed(reason: &str) -> (Verdict, String) {
    (Verdict::Passed, reason.to_owned())
}

fn failed(reason: &str) -> (Verdict, String) {
    (Verdict::Failed, reason.to_owned())
}

fn inconclusive(reason: &str) -> (Verdict, String) {
    (Verdict::Inconclusive, reason.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_are_found_or_not() {
    let logs = Logs::with("start\r\nERROR one\nready\nERROR two");
    for (log, expected) in [
        ("none_of: [FATAL, PANIC]", passed("nothing forbidden in 4 lines")),
        ("none_of: [FATAL, ERROR]", failed("line 4 may not be there: ERROR two (2 such lines, the first is line 2)")),
        ("none_of: ['one$']", failed("line 2 may not be there: ERROR one")),
        ("all_of: ['^ready$', '^start$']", passed("2 found in 4 lines")),
        ("all_of: [ready, gone]", failed("no line matches `gone`")),
        ("in_order: [start, ready, two]", passed("3 lines in order in 4 lines")),
        ("in_order: [start, two, ready]", failed("no line matches `ready` after line 4")),
        ("in_order: [gone, ready]", failed("no line matches `gone`")),
        // One line is one of them, however many patterns it matches.
        ("in_order: [ERROR, ERROR]", passed("2 lines in order in 4 lines")),
        ("in_order: [ERROR, ERROR, ERROR]", failed("no line matches `ERROR` after line 4")),
        (
            "none_of: [one], all_of: [gone], in_order: [ready, start]",
            failed("line 2 may not be there: ERROR one; no line matches `gone`; no line matches `start` after line 3"),
        ),
    ] {
        assert_eq!(logs.ask(&format!("file: app.log, {log}")).await, expected, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_expectation_sees_the_lines() {
    let logs = Logs::with("ERROR one\nready\nERROR two\n");
    let asked = |expect: &'static str| logs.ask_until("file: app.log, all_of: [ERROR, gone]", expect, &[], Stop::never());
    let (verdict, _, answer) = asked(", expect: 'matched | length == 2 and not ok and missing == [\"gone\"]'").await;
    assert_eq!(verdict, Verdict::Passed);
    assert_eq!(Value::Object(answer.values), json!({"matched": ["ERROR one", "ERROR two"], "missing": ["gone"], "ok": false}));
    assert_eq!(answer.seen, "found     ERROR  line 1: ERROR one\nmissing   gone  \n3 lines read\n  ERROR one\n  ERROR two");
    assert_eq!(asked(", expect: 'matched | length < 2'").await.0, Verdict::Failed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_one_request_are_told_from_those_of_others() {
    let question = r"in_order: [received, queued, sent], same: 'id=(\w+)'";
    let order = |text: &'static str| async move { Logs::with(text).ask(&format!("file: app.log, {question}")).await };
    // Each of three requests has only two of the lines; together they have all.
    let mixed = "received id=a\nreceived id=b\nqueued id=b\nqueued id=c\nsent id=c\nsent id=a\n";
    assert_eq!(order(mixed).await, failed("no line of `b` matches `sent` after line 3"));
    // One of them is whole, between and around the others, after a false start and with lines of its own between.
    let whole =
        "sent id=b\nreceived id=a\nreceived id=b\nqueued id=a\nsent id=c\nqueued id=b\nid=b again\nreceived id=b\nsent id=b\nsent\n";
    assert_eq!(order(whole).await, passed("3 lines in order of `b` in 10 lines"));
    // A line belongs to each that it names, and to none if it names none.
    assert_eq!(order("received id=a id=b\nqueued id=c id=b\nsent id=b").await, passed("3 lines in order of `b` in 3 lines"));
    assert_eq!(order("received\nqueued\nsent").await, failed(r"no line with `id=(\w+)` matches `received`"));
    // Ids that begin alike are not the same.
    assert_eq!(order("received id=a\nqueued id=ab\nsent id=a").await, failed("no line of `a` matches `queued` after line 1"));
    // Two spellings of the same thing.
    let logs = Logs::with("received id=7\nsent (request 7)\n");
    let asked = logs.ask(r"file: app.log, in_order: [received, sent], same: 'id=(\d+)|request (\d+)'").await;
    assert_eq!(asked, passed("2 lines in order of `7` in 2 lines"));
}

/// Every way to mix three requests of three lines each, of which one lacks its last line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_interleaving_is_read_alike() {
    let logs = Logs::new();
    let mut orders = vec![(String::new(), [0_usize; 3])];
    for _ in 0..8 {
        let step = |(text, done): &(String, [usize; 3])| {
            let next = |who: usize| {
                let (mut text, mut done) = (text.clone(), *done);
                _ = writeln!(text, "{} id={who}", ["received", "queued", "sent"][done[who]]);
                done[who] += 1;
                (text, done)
            };
            // Requests 0 and 1 never get to `sent` before 2 does, so that only 2 can be named.
            (0..3).filter(|who| done[*who] < if *who == 2 { 3 } else { 2 }).map(next).collect::<Vec<_>>()
        };
        let next: Vec<_> = orders.iter().flat_map(step).collect();
        if next.is_empty() {
            break;
        }
        orders = next;
    }
    assert_eq!(orders.len(), 210, "7! / (2! 2! 3!)");
    for (text, _) in orders {
        fs::write(logs.path("app.log"), &text).unwrap();
        let asked = logs.ask(r"file: app.log, in_order: [received, queued, sent], same: 'id=(\w+)'").await;
        assert_eq!(asked, passed("3 lines in order of `2` in 7 lines"), "{text}");
        fs::write(logs.path("app.log"), text.replace("sent", "lost")).unwrap();
        let (verdict, reason) = logs.ask(r"file: app.log, in_order: [received, queued, sent], same: 'id=(\w+)'").await;
        assert!(verdict == Verdict::Failed && reason.contains("matches `sent` after line"), "{reason}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_log_is_inconclusive_and_says_so() {
    let logs = Logs::new();
    fs::create_dir(logs.path("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, logs.path("pipe"), rustix::fs::Mode::RWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(logs.path("socket")).unwrap();
    fs::write(logs.path("app.log.gz"), b"\x1f\x8b\x08\0\0\0").unwrap();
    fs::write(logs.path("app.utf16"), b"\xff\xfeE\0").unwrap();
    fs::write(logs.path("garbage"), b"a\nb\0c\n").unwrap();
    for (file, expected) in [
        ("gone.log", "gone.log is not there"),
        ("folder", "folder is a folder"),
        ("pipe", "pipe is a pipe (FIFO)"),
        ("socket", "socket is a socket, not a file"),
        ("/dev/null", "/dev/null is a device, not a file"),
        ("pipe/app.log", "pipe/app.log is not there: a part of its path is a file"),
        ("app.log.gz", "app.log.gz is compressed (gzip), not lines of text"),
        ("app.utf16", "app.utf16 is UTF-16, not lines of text"),
        ("garbage", "it is no text: line 2 holds a NUL character"),
    ] {
        assert_eq!(logs.ask(&format!("file: {file}, none_of: [ERROR]")).await, inconclusive(expected), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_may_not_be_read_is_inconclusive() {
    let logs = Logs::with("ERROR\n");
    fs::set_permissions(logs.path("app.log"), fs::Permissions::from_mode(0o000)).unwrap();
    let (verdict, reason) = logs.ask("file: app.log, none_of: [ERROR]").await;
    // Nothing is forbidden to root, who then reads it.
    if rustix::process::geteuid().is_root() {
        assert_eq!((verdict, reason), failed("line 1 may not be there: ERROR"));
    } else {
        assert_eq!((verdict, reason), inconclusive("app.log may not be read by this user: permission denied"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_texts_are_read_as_well_as_they_can_be() {
    let empty = Logs::with("");
    assert_eq!(empty.ask("file: app.log, none_of: [ERROR]").await, passed("nothing forbidden in an empty log"));
    assert_eq!(empty.ask("file: app.log, all_of: [ready]").await, failed("no line matches `ready`"));
    // Emptied under its writer: a hole, then lines.
    let hole = Logs::with([vec![0; 300_000], b"ready\n".to_vec()].concat());
    assert_eq!(hole.ask("file: app.log, none_of: [ERROR], all_of: ['^ready$']").await, passed("1 found, nothing forbidden in 1 line"));
    let latin = Logs::with(b"caf\xe9 ERROR\n");
    let (verdict, reason, answer) = latin.ask_until("file: app.log, none_of: [ERROR]", "", &[], Stop::never()).await;
    assert_eq!((verdict, reason), failed("line 1 may not be there: caf\u{fffd} ERROR"));
    assert!(answer.seen.contains("1 line read; 1 line with bytes that are not UTF-8, read as \u{fffd}\n"), "{}", answer.seen);
    // What a terminal could act on is made visible, and a long line short.
    let hostile = Logs::with(format!("\u{1b}]52;c;x\u{7} ERROR {}\n", "x".repeat(5_000)));
    let (_, reason) = hostile.ask("file: app.log, none_of: [ERROR]").await;
    assert!(reason.starts_with("line 1 may not be there: <U+001B>]52;c;x<U+0007> ERROR xxx"), "{reason}");
    assert!(reason.ends_with("xxx…") && reason.chars().count() < 250, "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_masked_before_lines_are_shortened() {
    // The secret lies across the place where the line is cut.
    let secret = "correct-horse-battery-staple";
    let logs = Logs::with(format!("ERROR {}{secret}\n", "x".repeat(140)));
    let (_, reason, answer) = logs.ask_until("file: app.log, none_of: [ERROR]", "", &[("token", secret)], Stop::never()).await;
    let all = format!("{reason}{}{}", answer.seen, Value::Object(answer.values));
    assert!(!all.contains("correct") && all.contains("••••••"), "{all}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_enormous_log_is_judged_by_its_end_and_only_as_far_as_that_goes() {
    let logs = Logs::new();
    // 70 MiB, of which the first six and a half are not read.
    let mut file = File::create(logs.path("app.log")).unwrap();
    writeln!(file, "in the beginning").unwrap();
    let line = format!("{}\n", "x".repeat((1 << 20) - 1));
    for _ in 0..70 {
        file.write_all(line.as_bytes()).unwrap();
    }
    writeln!(file, "in the end").unwrap();
    drop(file);
    for (log, expected) in [
        ("none_of: ['the end']", failed("line 64 of its last 64 MiB may not be there: in the end")),
        ("all_of: ['the end']", passed("1 found in 64 lines")),
        ("none_of: [ERROR]", inconclusive("it has 70 MiB; only its last 64 MiB were read")),
        ("all_of: [beginning]", inconclusive("it has 70 MiB; only its last 64 MiB were read; in that, no line matches `beginning`")),
    ] {
        assert_eq!(logs.ask(&format!("file: app.log, {log}")).await, expected, "{log}");
    }
    // One line without an end, and a file that is mostly a hole.
    fs::write(logs.path("app.log"), "x".repeat(3 << 20)).unwrap();
    let asked = logs.ask("file: app.log, none_of: [ERROR]").await;
    assert_eq!(asked, inconclusive("line 1 has more than 1 MiB; the rest of it was not looked at"));
    File::create(logs.path("app.log")).unwrap().set_len(1 << 40).unwrap();
    let (verdict, reason) = logs.ask("file: app.log, none_of: [ERROR]").await;
    assert!(verdict == Verdict::Inconclusive && reason.starts_with("it has 1048576 MiB"), "{reason}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_matches_than_are_kept_matter_only_where_they_are_named() {
    let logs = Logs::with("ready\n".repeat(10_001));
    assert_eq!(logs.ask("file: app.log, all_of: [ready]").await, passed("1 found in 10001 lines"));
    let (verdict, reason, answer) =
        logs.ask_until("file: app.log, all_of: [ready]", ", expect: matched | length > 3", &[], Stop::never()).await;
    assert_eq!((verdict, reason), inconclusive("too many lines matched: `matched` holds 10000 of them, and 960 KiB"));
    assert_eq!(answer.values["matched"].as_array().unwrap().len(), 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_log_is_simply_read_again() {
    let logs = Logs::with("received\nERROR\n");
    let question = "file: app.log, none_of: [ERROR], all_of: [received]";
    assert_eq!(logs.ask(question).await.0, Verdict::Failed);
    fs::rename(logs.path("app.log"), logs.path("app.log.1")).unwrap();
    assert_eq!(logs.ask(question).await, inconclusive("app.log is not there"));
    fs::write(logs.path("app.log"), "received\n").unwrap();
    assert_eq!(logs.ask(question).await.0, Verdict::Passed);
    File::create(logs.path("app.log")).unwrap();
    assert_eq!(logs.ask(question).await, failed("no line matches `received`"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_a_log_too() {
    let logs = Logs::new();
    for (log, expected) in [
        (r#"command: "printf 'one\ntwo'; echo three >&2", in_order: [one, two, three]"#, passed("3 lines in order in 3 lines")),
        ("command: [printf, 'one two'], none_of: [two]", failed("line 1 may not be there: one two")),
        ("command: 'echo no such pod >&2; exit 1', none_of: [ERROR]", inconclusive("exit 1: no such pod")),
        ("command: 'exit 3', none_of: [ERROR]", inconclusive("exit 3")),
        ("command: 'kill -9 $$', none_of: [ERROR]", inconclusive("ended by signal 9")),
        (
            "command: [no-such-program], none_of: [ERROR]",
            inconclusive("exit 127: there is no such program: no-such-program: No such file or directory (os error 2)"),
        ),
        ("command: \"yes | head -c 2000000\", none_of: [ERROR]", inconclusive("the output was cut at 1 MiB")),
        ("command: \"printf '\\\\037\\\\213'\", none_of: [ERROR]", inconclusive("the output is compressed (gzip), not lines of text")),
    ] {
        assert_eq!(logs.ask(log).await, expected, "{log}");
    }
    let (verdict, _, answer) =
        logs.ask_until("command: 'echo \"$token\"', none_of: [secret]", "", &[("token", "a secret thing")], Stop::never()).await;
    assert_eq!((verdict, answer.values["matched"].to_string()), (Verdict::Failed, "[\"••••••\"]".to_owned()));
}

/// A program that never ends is answered as soon as its lines decide, and nothing of it is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_follows_is_judged_as_its_lines_come() {
    let logs = Logs::with("received id=7\nERROR one\n");
    let goes_on = "echo $$ > pid; exec tail -n +1 -F app.log";
    for (log, expected) in [
        ("all_of: [received, ERROR]", passed("2 found in 2 lines")),
        ("in_order: [received, ERROR]", passed("2 lines in order in 2 lines")),
        ("none_of: [ERROR]", failed("line 2 may not be there: ERROR one")),
        ("none_of: [ERROR], all_of: [gone]", failed("line 2 may not be there: ERROR one; no line matches `gone`")),
    ] {
        let asked = logs.ask_until(&format!("command: '{goes_on}', {log}"), ", timeout: 60s", &[], Stop::never()).await;
        assert_eq!((asked.0, asked.1), expected, "{log}");
        assert!(asked.2.duration < Duration::from_secs(30), "{:?}", asked.2.duration);
        let pid = fs::read_to_string(logs.path("pid")).unwrap();
        assert!(!PathBuf::from(format!("/proc/{}", pid.trim())).exists(), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_appended_while_it_follows_is_seen() {
    let logs = Logs::with("received id=7\n");
    let question = "command: 'touch follows; exec tail -n +1 -F app.log', in_order: [received, queued, sent], same: 'id=(\\d+)'";
    let asking = logs.ask_until(question, ", timeout: 60s", &[], Stop::never());
    let writing = async {
        while !logs.path("follows").exists() {
            tokio::task::yield_now().await;
        }
        let mut log = File::options().append(true).open(logs.path("app.log")).unwrap();
        // In pieces that end within a line.
        for piece in ["queued id=9\nque", "ued i", "d=7\nsent id=", "7\n"] {
            log.write_all(piece.as_bytes()).unwrap();
            tokio::task::yield_now().await;
        }
    };
    let (asked, ()) = tokio::join!(asking, writing);
    assert_eq!((asked.0, asked.1), passed("3 lines in order of `7` in 4 lines"));
}

/// What was seen when the time is up: a line that did not come is missed; that none has come is no promise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_goes_on_says_no_more_than_was_seen() {
    let logs = Logs::with("received\nqueued\n");
    let until = |log: &'static str| {
        let log = format!("command: 'cat app.log; printf sent; exec sleep 600', {log}");
        let logs = &logs;
        async move {
            let (verdict, reason, _) = logs.ask_until(&log, ", timeout: 2s", &[], Stop::never()).await;
            (verdict, reason)
        }
    };
    // What has no end yet is no line.
    let (order, all, none, both) = tokio::join!(
        until("in_order: [received, sent]"),
        until("all_of: [gone], none_of: [ERROR]"),
        until("none_of: [ERROR]"),
        until("none_of: [ERROR], all_of: [queued]")
    );
    assert_eq!(order, failed("no line matches `sent` after line 1 within 2s"));
    assert_eq!(all, failed("no line matches `gone` within 2s"));
    let open = "it still went on after 2s, so a line that may not be there can yet come; until then, ";
    assert_eq!(none, inconclusive(&format!("{open}nothing forbidden in 2 lines")));
    assert_eq!(both, inconclusive(&format!("{open}1 found, nothing forbidden in 2 lines")));
    // What the author expects of all lines, only one that ends can answer.
    let asked =
        logs.ask_until("command: 'cat app.log; exec sleep 600', all_of: [queued]", ", expect: ok, timeout: 100ms", &[], Stop::never());
    assert_eq!(asked.await.0, Verdict::TimedOut);
}

/// A tool that cannot follow says so right before it ends, perhaps in words that a pattern matches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_it_ends_counts_more_than_what_it_said() {
    let logs = Logs::new();
    let asked = logs.ask("command: 'echo \"Error: no such container\" >&2; exit 1', none_of: [Error]").await;
    assert_eq!(asked, inconclusive("exit 1: Error: no such container"));
    let asked = logs.ask("command: 'echo ready; exit 3', all_of: [ready]").await;
    assert_eq!(asked, inconclusive("exit 3"));
}

/// It is read as it comes, far beyond what is kept of it, and not for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_without_end_ends() {
    let logs = Logs::new();
    let late = "command: 'yes | head -c 3000000; echo ready; exec sleep 600', all_of: [ready]";
    assert_eq!(logs.ask(late).await, passed("1 found in 1500001 lines"));
    let (verdict, reason) = logs.ask("command: 'yes \"$(head -c 1000 /dev/zero | tr \\\\0 x)\"', all_of: [ready]").await;
    assert_eq!((verdict, reason), inconclusive("only its first 64 MiB were read; in that, no line matches `ready`"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_one_is_given_up() {
    let logs = Logs::new();
    let (verdict, reason, _) = logs.ask_until("command: sleep 600, none_of: [x]", ", timeout: 100ms", &[], Stop::never()).await;
    assert_eq!((verdict, reason.as_str()), (Verdict::TimedOut, "not done within 100ms; its processes were ended"));
    let (stopper, stop) = Stopper::pair();
    stopper.stop();
    let (verdict, ..) = logs.ask_until("command: sleep 600, none_of: [x]", "", &[], stop).await;
    assert_eq!(verdict, Verdict::Cancelled);
}
