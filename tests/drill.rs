//! Drills from end to end, without a screen: every fault is mended by the ideal responder, and killing the
//! program at any moment loses nothing it had acknowledged. Real PostgreSQL, real worker, real signals.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use fracas::base::id::Id;
use fracas::drill::{Fault, scenario, scenarios};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;
use serde_json::Value;

const RUNBOOK: &str = "worker-schema-missing";

/// Kills in the test that everybody runs, in under a minute; `FRACAS_TEST_KILLS=200` asks for as many.
const KILLS: usize = 16;

/// Kills of one drill before it is let run to its end.
const KILLS_A_DRILL: usize = 8;

fn fracas(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(arguments).env("FRACAS_STATE", state).env("USER", "ann").stdin(Stdio::null());
    command
}

fn run(state: &Path, arguments: &[&str]) -> Output {
    fracas(state, arguments).output().unwrap()
}

fn lines(output: &[u8]) -> Vec<Value> {
    str::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Rehearses one fault, and looks at all that is left of it.
fn mends(runbook: &str, fault: &Fault, seed: usize, input: Option<&str>) {
    let state = tempfile::tempdir().unwrap();
    let seed = seed.to_string();
    let input: Vec<&str> = input.into_iter().flat_map(|input| ["-i", input]).collect();
    let output =
        run(state.path(), &[&["drill", runbook, "--rehearse", "--json", "--fault", fault.name, "--seed", &seed], &input[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{runbook}, {} {input:?}:\n{}", fault.name, told(&output));
    let mut lines = lines(&output.stdout);
    let result = lines.pop().unwrap();
    assert_eq!((result["result"].as_str(), result["fault"].as_str()), (Some("resolved"), Some(fault.name)));
    for criterion in result["success"].as_array().unwrap() {
        // The exit code says that what may not wait does hold; what a person ticks in the weeks after may wait.
        assert!(criterion["held"] == true || criterion["because"] == "not ticked yet", "{runbook}, {}: {criterion}", fault.name);
    }
    let committed: Vec<&str> = lines
        .iter()
        .filter(|line| line["kind"] == "remediation_settled" && line["outcome"] == "committed")
        .map(|line| line["remediation"].as_str().unwrap())
        .collect();
    let mended: Vec<&str> = committed.iter().copied().filter(|id| fault.expected.contains(id)).collect();
    assert_eq!(mended, fault.expected, "{runbook}, {} {input:?}: {committed:?}", fault.name);
    let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"opened"), Some(&"resolved")));
    let journal = run(state.path(), &["timeline", "latest-drill", "--json"]);
    assert_eq!(self::lines(&journal.stdout), lines, "what was printed is what is on disk");
    assert_eq!(run(state.path(), &["verify", "latest-drill"]).status.code(), Some(0));
    let report = run(state.path(), &["export", "latest-drill"]);
    assert_eq!(report.status.code(), Some(0));
    let report = String::from_utf8(report.stdout).unwrap();
    assert!(report.lines().next().unwrap().contains("DRILL"), "{report}");
}

#[test]
fn the_ideal_responder_mends_every_fault_of_every_drill() {
    // What a drill takes is mostly waiting.
    const AT_ONCE: usize = 4;
    let faults = scenarios().iter().flat_map(|scenario| scenario.faults.iter().map(|fault| (scenario.runbook, fault)));
    let faults: Mutex<Vec<_>> = Mutex::new(faults.collect());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = faults.lock().unwrap().pop();
                    let Some((runbook, fault)) = next else { break };
                    mends(runbook, fault, fault.name.len(), None);
                }
            });
        }
    });
}

#[test]
fn the_ideal_responder_mends_a_worker_wherever_it_runs() {
    for (n, fault) in scenario(&Id::new(RUNBOOK)).unwrap().faults.iter().enumerate() {
        mends(RUNBOOK, fault, n, Some("platform=docker"));
    }
}

/// A rehearsal that is read line by line and can be killed.
struct Rehearsal {
    child: Child,
    lines: Receiver<String>,
    read: Vec<String>,
}

impl Rehearsal {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = child.stdout.take().unwrap();
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines, read: Vec::new() }
    }

    /// Reads this many lines, and then on for a moment; whether the program is still at work.
    fn read_until(&mut self, lines: usize, moment: Duration) -> bool {
        while self.read.len() < lines {
            match self.lines.recv_timeout(Duration::from_mins(2)) {
                Ok(line) => self.read.push(line),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("nothing for two minutes after {:?}", self.read.last()),
            }
        }
        loop {
            match self.lines.recv_timeout(moment) {
                Ok(line) => self.read.push(line),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => return true,
            }
        }
    }

    /// Kills it, and gives every line it had printed.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.read.extend(self.lines.iter());
        self.read
    }
}

/// Numbers that are the same in every run: a linear congruential generator (Knuth's MMIX constants).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

#[test]
fn killing_it_at_any_moment_loses_nothing_it_had_acknowledged() {
    let kills = std::env::var("FRACAS_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let scenario = scenario(&Id::new(RUNBOOK)).unwrap();
    let mut chance = Chance(20_261_121);
    let mut killed = 0;
    let mut drill = 0;
    while killed < kills {
        let state = tempfile::tempdir().unwrap();
        let fault = scenario.faults[drill % scenario.faults.len()].name;
        drill += 1;
        let start = ["drill", RUNBOOK, "--rehearse", "--json", "--fault", fault, "--seed", "1"];
        let mut rehearsal = Rehearsal::start(fracas(state.path(), &start));
        let mut acknowledged: Vec<String> = Vec::new();
        // Until it ends by itself, or is killed after the incident was resolved: then there is nothing to go on with.
        let mut status = None;
        for n in 0.. {
            let at_work = n < KILLS_A_DRILL && {
                let moment = Duration::from_micros(chance.below(120_000));
                rehearsal.read_until(usize::try_from(chance.below(25)).unwrap(), moment)
            };
            if !at_work {
                while rehearsal.read_until(rehearsal.read.len() + 1, Duration::ZERO) {}
                acknowledged.extend(rehearsal.read.iter().filter(|line| !line.contains("\"result\":")).cloned());
                status = Some(rehearsal.child.wait().unwrap());
                break;
            }
            acknowledged.extend(rehearsal.kill().into_iter().filter(|line| !line.contains("\"result\":")));
            killed += 1;
            if acknowledged.is_empty() {
                // Killed before it was opened: there is nothing to lose, and nothing to go on with.
                rehearsal = Rehearsal::start(fracas(state.path(), &start));
                continue;
            }
            let journal = run(state.path(), &["timeline", "latest-drill", "--json"]);
            let kept: Vec<String> = String::from_utf8(journal.stdout).unwrap().lines().map(str::to_owned).collect();
            assert!(kept.starts_with(&acknowledged), "after kill {killed}: {} acknowledged, {} kept", acknowledged.len(), kept.len());
            // What was written and not yet printed counts from now on as well.
            acknowledged = kept;
            if acknowledged.last().is_some_and(|line| line.contains("\"kind\":\"resolved\"")) {
                break;
            }
            rehearsal = Rehearsal::start(fracas(state.path(), &["resume", "latest-drill", "--rehearse", "--json"]));
        }
        let end = run(state.path(), &["timeline", "latest-drill", "--json"]);
        let kept: Vec<String> = String::from_utf8(end.stdout).unwrap().lines().map(str::to_owned).collect();
        assert_eq!(kept, acknowledged, "every entry is there once, in order");
        if let Some(status) = status {
            assert_eq!(status.code(), Some(0), "the drill of {fault} was resolved after all:\n{}", kept.join("\n"));
        }
        assert_eq!(run(state.path(), &["verify", "latest-drill"]).status.code(), Some(0));
    }
}

/// Without a PostgreSQL of its own to start, a drill that was given a server goes on there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drill_on_a_server_goes_on_there_and_leaves_it_as_it_was() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    let state = tempfile::tempdir().unwrap();
    let nowhere = |arguments: &[&str]| {
        let mut command = fracas(state.path(), arguments);
        command.env("FRACAS_PG_BIN", "/nowhere");
        command
    };
    let mut rehearsal = Rehearsal::start(nowhere(&["drill", RUNBOOK, "--rehearse", "--json", "--seed", "1", "--server", sandbox.url()]));
    assert!(rehearsal.read_until(3, Duration::ZERO), "killed while at work");
    rehearsal.kill();
    let resumed = nowhere(&["resume", "latest-drill", "--rehearse", "--json"]).output().unwrap();
    assert_eq!(resumed.status.code(), Some(0), "{}", told(&resumed));
    let gone = async {
        while !database.rows("SELECT 1::text FROM pg_database WHERE datname LIKE 'fracas_drill_%'", &[]).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
    sandbox.close().await;
}

/// A secret is never stored, so that a drill that goes on has to get it from its world again.
#[test]
fn a_drill_with_a_secret_goes_on() {
    let state = tempfile::tempdir().unwrap();
    let start = ["drill", "fm-030-worker-outage", "--rehearse", "--json", "--fault", "variables-lost", "--seed", "1"];
    let mut rehearsal = Rehearsal::start(fracas(state.path(), &start));
    assert!(rehearsal.read_until(30, Duration::ZERO), "killed while at work");
    let printed = rehearsal.kill().join("\n");
    let resumed = run(state.path(), &["resume", "latest-drill", "--rehearse", "--json"]);
    assert_eq!(resumed.status.code(), Some(0), "{}", told(&resumed));
    assert!(!printed.contains("rnd_drill_") && !told(&resumed).contains("rnd_drill_"), "the secret is nowhere on the timeline");
}
