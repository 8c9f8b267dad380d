//! What a journal survives: torn ends, damage, two writers, a full disk, a clock that steps back. Real files, a
//! real small disk, real processes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it missed by failing")]

#[path = "journal/altered.rs"]
mod altered;
#[path = "journal/bundles.rs"]
mod bundles;
#[path = "support/disk.rs"]
mod disk;
#[path = "journal/evidence.rs"]
mod evidence;
#[path = "journal/killed.rs"]
mod killed;
#[path = "journal/power.rs"]
mod power;
#[path = "journal/signed.rs"]
mod signed;
#[path = "journal/versions.rs"]
mod versions;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use disk::Disk;
use fracas::base::hash::sha256;
use fracas::base::id::{Id, IncidentId};
use fracas::base::redact::MASK;
use fracas::base::stamp::Stamp;
use fracas::engine::msg::Command as Request;
use fracas::engine::{Msg, Session};
use fracas::runbook::yaml;
use fracas::runtime::Runtime;
use fracas::timeline::Incident;
use fracas::timeline::chain;
use fracas::timeline::event::{Entry, Event, Opened};
use fracas::timeline::wire;
use fracas::world::clock::Clock;
use fracas::world::journal::{self, Journal, OpenProblem, TakenUp};
use fracas::world::prober::{Prober, Surroundings};
use serde_json::Value;
use tempfile::TempDir;

const V1: &str = include_str!("journals/v1/journal.jsonl");
const KEPT: &str = include_str!("journals/v1/runbook.yaml");

fn id() -> IncidentId {
    IncidentId::new("20261121-1033-recorded-0001")
}

/// A state folder that holds the recorded incident with this journal.
fn state_with(journal: &[u8]) -> (TempDir, PathBuf) {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("incidents").join(id().as_str());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(journal::FILE), journal).unwrap();
    std::fs::write(folder.join(journal::RUNBOOK), KEPT).unwrap();
    (state, folder)
}

fn fracas(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(arguments).env("FRACAS_STATE", state).env("USER", "ann").env("RUST_BACKTRACE", "1").stdin(Stdio::null());
    command
}

fn run(state: &Path, arguments: &[&str]) -> Output {
    let output = fracas(state, arguments).output().unwrap();
    assert!(!told(&output).contains("backtrace"), "{}", told(&output));
    output
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn kept(folder: &Path) -> String {
    std::fs::read_to_string(folder.join(journal::FILE)).unwrap()
}

/// The entries of a recorded incident that is still open: all but the one that resolved it.
fn open_journal() -> String {
    V1.split_inclusive('\n').take_while(|line| !line.contains(r#""kind":"resolved""#)).collect()
}

fn at(milliseconds: u64) -> Stamp {
    let wall = "2026-11-21T10:33:07Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    Stamp { wall, elapsed: Duration::from_millis(milliseconds) }
}

fn opened() -> Event {
    Event::Opened(Opened {
        format: 1,
        program: "test".to_owned(),
        runbook: Id::new("queue-table-missing"),
        title: "A title".to_owned(),
        runbook_hash: sha256(KEPT),
        pulled_in: BTreeMap::new(),
        severity: None,
        inputs: BTreeMap::new(),
        targets: Vec::new(),
        drill: None,
        read_only: false,
        began: None,
        after: None,
    })
}

fn note(seq: u64, text: &str) -> Entry {
    Entry { seq, at: at(seq), by: "ann".to_owned(), event: Event::Note { text: text.to_owned(), happened_at: None, letter: None } }
}

#[test]
fn the_first_versions_journal_still_opens() {
    let (state, folder) = state_with(V1.as_bytes());
    let TakenUp { journal, stored, repaired } = Journal::resume(&folder, id(), "desk").unwrap();
    assert_eq!((stored.incident.entries().len(), repaired, journal.is_behind()), (V1.lines().count(), None, false));
    assert!(stored.incident.resolved.is_some());
    drop(journal);
    let verified = run(state.path(), &["verify", "latest"]);
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
    assert!(told(&verified).contains("unanchored"));
    assert_eq!(run(state.path(), &["timeline", "latest", "--json"]).stdout, V1.as_bytes());
    for line in V1.lines() {
        let fields: Vec<String> = serde_json::from_str::<Value>(line).unwrap().as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields[..6], ["seq", "at", "since_ms", "by", "host", "kind"]);
        assert_eq!(fields.last().unwrap(), "prev");
    }
}

#[test]
fn a_torn_last_line_is_set_aside_and_noted() {
    let whole = open_journal();
    let torn = r#"{"seq":99,"at":"2026-11-21T10:3"#;
    let (state, folder) = state_with(format!("{whole}{torn}").as_bytes());
    let verified = run(state.path(), &["verify", "latest"]);
    assert_eq!(verified.status.code(), Some(1));
    assert!(told(&verified).contains(&format!("line {}: torn", whole.lines().count() + 1)), "{}", told(&verified));
    let read = run(state.path(), &["timeline", "latest", "--json"]);
    assert_eq!((read.status.code(), read.stdout), (Some(0), whole.clone().into_bytes()), "reading repairs nothing");

    let noted = run(state.path(), &["note", "latest", "all is well", "--as", "bob"]);
    assert_eq!(noted.status.code(), Some(0), "{}", told(&noted));
    assert_eq!(std::fs::read_to_string(folder.join("journal.jsonl.1.broken")).unwrap(), torn);
    let after = kept(&folder);
    let added: Vec<Value> = after.strip_prefix(&whole).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((added[0]["kind"].as_str(), added[0]["bytes"].as_u64()), (Some("repaired"), Some(torn.len() as u64)));
    assert_eq!(
        (added[1]["kind"].as_str(), added[1]["by"].as_str(), added[1]["text"].as_str()),
        (Some("note"), Some("bob"), Some("all is well"))
    );
    assert_eq!(run(state.path(), &["verify", "latest"]).status.code(), Some(0));
}

#[test]
fn damage_is_found_and_the_first_bad_line_is_named() {
    let lines: Vec<&str> = V1.split_inclusive('\n').collect();
    let (fifth, sixth) = (lines[4], lines[5]);
    let with = |changed: &[&str]| [&lines[..4], changed, &lines[6..]].concat().concat().into_bytes();
    let altered = fifth.replacen("\"by\":\"", "\"by\":\"x", 1);
    let rechained = sixth.replacen("\"prev\":\"", "\"prev\":\"0", 1);
    let mut not_text = with(&[fifth, sixth]);
    let place = lines[..4].concat().len() + fifth.find("\"by\":\"").unwrap() + 6;
    not_text[place] = 0xFF;
    let cases = [
        ("a changed byte", with(&[&altered, sixth]), 5),
        ("a changed hash", with(&[fifth, &rechained]), 6),
        ("no UTF-8", not_text, 5),
        ("no JSON", with(&[&fifth[1..], sixth]), 5),
        ("a removed line", with(&[sixth]), 5),
        ("swapped lines", with(&[sixth, fifth]), 5),
        ("an inserted line", with(&[fifth, fifth, sixth]), 6),
        ("the first line removed", lines[1..].concat().into_bytes(), 1),
    ];
    for (damage, journal, line) in cases {
        let (state, folder) = state_with(&journal);
        for name in [id().as_str(), "latest"] {
            let verified = run(state.path(), &["verify", name]);
            if name == "latest" && verified.status.code() == Some(2) {
                continue; // A journal that cannot be read at all is found by its name only.
            }
            assert_eq!(verified.status.code(), Some(1), "{damage}: {}", told(&verified));
            assert!(told(&verified).contains(&format!("not whole: line {line}:")), "{damage}: {}", told(&verified));
        }
        match Journal::resume(&folder, id(), "desk") {
            Err(OpenProblem::Broken { line: found, .. }) => assert_eq!(found, line, "{damage}"),
            other => panic!("{damage}: {other:?}"),
        }
        assert_eq!(std::fs::read(folder.join(journal::FILE)).unwrap(), journal, "nothing is written to it");
        assert_eq!(run(state.path(), &["note", id().as_str(), "more"]).status.code(), Some(1), "{damage}");
    }
}

#[test]
fn a_shorter_journal_is_whole_but_unanchored() {
    let lines: Vec<&str> = V1.split_inclusive('\n').collect();
    let (state, _) = state_with(lines[..7].concat().as_bytes());
    let verified = run(state.path(), &["verify", "latest"]);
    assert_eq!(verified.status.code(), Some(0));
    assert!(told(&verified).contains("7 entries") && told(&verified).contains("unanchored"), "{}", told(&verified));
}

#[test]
fn an_altered_runbook_is_read_but_nothing_runs_from_it() {
    let (state, folder) = state_with(open_journal().as_bytes());
    std::fs::write(folder.join(journal::RUNBOOK), KEPT.replace("title:", "title :")).unwrap();
    let verified = run(state.path(), &["verify", "latest"]);
    assert!(verified.status.code() == Some(1) && told(&verified).contains("runbook.yaml was altered"), "{}", told(&verified));
    assert_eq!(run(state.path(), &["timeline", "latest"]).status.code(), Some(0));
}

#[test]
fn one_writes_and_others_read() {
    let (state, folder) = state_with(open_journal().as_bytes());
    let TakenUp { mut journal, stored, .. } = Journal::resume(&folder, id(), "desk").unwrap();
    let refused = run(state.path(), &["note", "latest", "me too"]);
    assert_eq!(refused.status.code(), Some(1));
    let last = wire::read(stored.lines.last().unwrap()).unwrap();
    let who = format!("{} on {} has {} open", last.entry.by, last.host, id());
    assert!(told(&refused).contains(&who) && told(&refused).contains("does not answer"), "{}", told(&refused));
    assert_eq!(std::fs::read_dir(folder.join("inbox")).unwrap().count(), 0, "a letter nobody took is taken back");
    assert!(matches!(Journal::resume(&folder, id(), "desk"), Err(OpenProblem::Locked { .. })));

    let mut follower = fracas(state.path(), &["timeline", "latest", "--json", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    let mut heard: Vec<String> = lines.by_ref().take(stored.lines.len()).map(Result::unwrap).collect();
    assert_eq!(heard, stored.lines);
    let seq = stored.incident.entries().len() as u64;
    for n in 1..=3 {
        let written = journal.append(&note(seq + n, "go on")).unwrap();
        heard.push(lines.next().unwrap().unwrap());
        assert_eq!(heard.last(), written.last(), "a reader sees what is on disk");
    }
    follower.kill().unwrap();
    follower.wait().unwrap();

    let mut second = fracas(state.path(), &["resume", "latest"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(second.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("This is read-only and follows"), "{said}");
    let mut lines = BufReader::new(second.stdout.take().unwrap()).lines();
    let before = lines.by_ref().take(heard.len()).map(Result::unwrap).count();
    journal.append(&note(seq + 4, "somebody looks on")).unwrap();
    assert_eq!((before, lines.next().unwrap().unwrap().contains("somebody looks on")), (heard.len(), true));
    second.kill().unwrap();
    second.wait().unwrap();
    assert_eq!(kept(&folder).lines().count(), heard.len() + 1, "who looks on writes nothing");
}

const TELLS: &str = r#"version: 1
id: tells
title: Tells
targets:
  database: { postgres: { env: DATABASE_URL } }
phases:
  - title: Look
    steps:
      - title: Ask
        checks:
          - { id: answers, title: It answers, connect: database }
          - { id: tells, title: It tells all, command: 'echo "$url"; echo "$url" >&2; exit 1', env: { url: target.database } }
success:
  - { title: It answers, check: answers }
"#;

#[tokio::test]
async fn a_password_reaches_neither_journal_nor_export() {
    let (secret, encoded) = ("s3cret/of the house", "s3cret%2Fof%20the%20house");
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("incidents").join(id().as_str());
    let runbook = Arc::new(yaml::read("tells.yaml", TELLS.as_bytes()).unwrap());
    // Port 1 of this machine: nobody listens there.
    let url = format!("postgres://ann:{encoded}@127.0.0.1:1/app?sslmode=disable");
    let env = BTreeMap::from([("DATABASE_URL".to_owned(), url)]);
    let surroundings = Surroundings { runbook: runbook.clone(), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: None };
    let journal = Journal::create(&folder, id(), TELLS, "desk").unwrap();
    let session = Session::new(runbook, Incident::default(), BTreeMap::new(), "ann");
    let mut runtime = Runtime::new(session, Some(journal), Prober::new(surroundings), Clock::start()).unwrap();
    let Event::Opened(opened) = opened() else { panic!("it is") };
    runtime.step(Msg::Opened { by: "ann".to_owned(), opened: Opened { runbook_hash: sha256(TELLS), ..opened } });
    runtime.step(Msg::Asked { by: "ann".to_owned(), command: Request::RunAll });
    while runtime.session().incident.checks.len() < 2 {
        let msg = runtime.next().await;
        runtime.step(msg);
    }
    drop(runtime);
    let mut said = kept(&folder);
    assert!(said.contains(MASK), "what was told was masked: {said}");
    for format in ["markdown", "json", "csv"] {
        let exported = run(state.path(), &["export", "latest", "--format", format]);
        assert_eq!(exported.status.code(), Some(0), "{}", told(&exported));
        said.push_str(&told(&exported));
    }
    said.push_str(&told(&run(state.path(), &["timeline", "latest"])));
    for form in [secret, encoded, "s3cret"] {
        assert!(!said.contains(form), "{said}");
    }
}

#[test]
fn a_full_disk_keeps_entries_waiting_and_takes_them_when_there_is_room() {
    let place = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mounted_at(&place.path().join("small"), "size=64k") else { return };
    let folder = disk.0.join("incidents").join(id().as_str());
    let mut journal = Journal::create(&folder, id(), KEPT, "desk").unwrap();
    let mut written = journal.append(&Entry { seq: 1, at: at(0), by: "ann".to_owned(), event: opened() }).unwrap();
    let filler = disk.0.join("filler");
    let _ = std::fs::write(&filler, vec![0; 1024 * 1024]);

    let long = "a line that does not fit ".repeat(100);
    let mut seq = 1;
    // What is left of the journal's last block still takes some.
    while !journal.is_behind() {
        seq += 1;
        written.extend(journal.append(&note(seq, &long)).unwrap_or_default());
        assert!(seq < 100, "the disk never was full");
    }
    assert!(journal.append(&note(seq + 1, &long)).is_err() && journal.flush().is_err(), "it is still full");
    // Another process sees whole lines only.
    let read = journal::read(&folder, id()).unwrap();
    assert_eq!(read.lines, written);
    std::fs::remove_file(&filler).unwrap();
    written.extend(journal.flush().unwrap());
    written.extend(journal.append(&note(seq + 2, "there is room again")).unwrap());
    assert!(!journal.is_behind());
    let text = kept(&folder);
    assert_eq!(text.lines().collect::<Vec<_>>(), written, "each line was told once, in order");
    assert_eq!(chain::verify(&text).unwrap().0, seq + 2);

    let Some(full) = Disk::mounted_at(&place.path().join("full"), "size=8k") else { return };
    let unborn = full.0.join("incident");
    assert!(Journal::create(&unborn, id(), &long.repeat(10), "desk").is_err());
    assert!(!unborn.exists(), "what could not be opened leaves nothing");
}

#[test]
fn a_wall_clock_that_steps_back_makes_no_negative_duration() {
    let now = Clock::start().now().wall;
    let hour = chrono::Duration::hours(1);
    // The journal was written by a clock that was an hour ahead: now is before its first entry.
    let ahead = |elapsed| Stamp { wall: now + hour, elapsed };
    let (first, last) = (ahead(Duration::ZERO), ahead(Duration::from_mins(10)));
    let mut clock = Clock::resume(first, last);
    let (one, two) = (clock.now(), clock.now());
    assert!(one.elapsed >= last.elapsed && two.elapsed >= one.elapsed, "{one:?} {two:?}");
    assert!(one.wall < last.wall && one.since(last) < Duration::from_secs(5));
    assert_eq!(last.since(one), Duration::ZERO);

    let (state, folder) = state_with(b"");
    std::fs::remove_dir_all(&folder).unwrap();
    let mut journal = Journal::create(&folder, id(), KEPT, "desk").unwrap();
    journal.append(&Entry { seq: 1, at: first, by: "ann".to_owned(), event: opened() }).unwrap();
    journal.append(&Entry { at: one, ..note(2, "the clock was set back") }).unwrap();
    drop(journal);
    assert_eq!(run(state.path(), &["verify", "latest"]).status.code(), Some(0));
    let report = run(state.path(), &["export", "latest"]);
    assert_eq!(report.status.code(), Some(0), "{}", told(&report));
    let rows = run(state.path(), &["incidents", "--json"]);
    let row: Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert!(row["duration_ms"].as_u64().unwrap() >= 600_000, "{row}");
}

#[test]
fn a_hundred_thousand_entries_are_read() {
    let mut text = String::new();
    let mut prev = chain::GENESIS.to_owned();
    for seq in 1..=100_000 {
        let entry = if seq == 1 { Entry { seq, at: at(0), by: "ann".to_owned(), event: opened() } } else { note(seq, "and on it goes") };
        let line = wire::write(&entry, "desk", &prev);
        prev = chain::hash(&line);
        text.push_str(&line);
        text.push('\n');
    }
    let (_state, folder) = state_with(text.as_bytes());
    let TakenUp { mut journal, stored, .. } = Journal::resume(&folder, id(), "desk").unwrap();
    assert_eq!(stored.lines.len(), 100_000);
    journal.append(&note(100_001, "one more")).unwrap();
    assert_eq!(kept(&folder).lines().count(), 100_001);
}
