//! Journals of every version there was, of versions there are not yet, and files that are none of ours: what can be read of
//! them is, and everything else is said in a sentence.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fracas::base::hash::sha256;
use fracas::timeline::event::Event;
use fracas::timeline::{chain, wire};
use fracas::world::journal::{self, Journal, TakenUp};

use super::{V1, at, fracas, id, kept, note, open_journal, run, state_with, told};

/// Every kind of event there is.
const V2: &str = include_str!("../journals/v2/journal.jsonl");

fn of_version_2() -> (tempfile::TempDir, PathBuf) {
    let (state, folder) = state_with(V2.as_bytes());
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/journals/v2");
    let copied = Command::new("cp").arg("-r").arg(recorded.join("evidence")).arg(&folder).output().unwrap();
    assert!(copied.status.success(), "{}", told(&copied));
    (state, folder)
}

/// The kinds that this version reads, as it says itself when it is asked for another one.
fn kinds() -> Vec<String> {
    let error = serde_json::from_str::<Event>(r#"{"kind":"-"}"#).unwrap_err().to_string();
    error.split('`').skip(1).step_by(2).filter(|kind| *kind != "-").map(str::to_owned).collect()
}

#[test]
fn a_journal_with_every_kind_is_read_and_spelled_as_it_was() {
    let (state, folder) = of_version_2();
    for kind in kinds() {
        assert!(V2.contains(&format!("\"kind\":\"{kind}\"")), "the recorded journal has no `{kind}`; add one at its end");
    }
    for line in V2.lines() {
        let read = wire::read(line).unwrap();
        assert!(!matches!(read.entry.event, Event::Unknown { .. }), "{line}");
        assert_eq!(wire::write(&read.entry, &read.host, &read.prev), line);
    }
    let verified = run(state.path(), &["verify", "latest"]);
    assert!(verified.status.success() && told(&verified).contains("evidence: 5 cited, all there"), "{}", told(&verified));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_journal.py");
    assert!(Command::new("python3").arg(script).arg(&folder).output().unwrap().status.success());
    let told_of = run(state.path(), &["timeline", "latest"]);
    assert_eq!(String::from_utf8(told_of.stdout).unwrap().lines().count(), V2.lines().count());
    for format in ["markdown", "json", "csv", "html", "svg"] {
        let exported = run(state.path(), &["export", "latest", "--format", format]);
        assert!(exported.status.success(), "{format}: {}", told(&exported));
    }
}

/// The journal with one more line, as a program of another time would write it.
fn with_a_line(journal: &str, middle: &str) -> String {
    let seq = journal.lines().count() + 1;
    let prev = journal.lines().last().map_or(chain::GENESIS.to_owned(), chain::hash);
    let body =
        format!(r#"{{"seq":{seq},"at":"2031-01-01T00:00:00.000Z","since_ms":700000,"by":"zoe","host":"desk",{middle},"prev":"{prev}""#);
    format!("{journal}{body},\"sum\":\"{}\"}}\n", sha256(&body))
}

#[test]
fn what_a_newer_version_wrote_is_kept_and_shown_by_its_name() {
    let journal = with_a_line(&open_journal(), r#""kind":"robot_called","model":{"name":"R2"},"why":["a","b"]"#);
    let journal = with_a_line(&journal, r#""kind":"note","text":"with a mood","mood":"calm""#);
    let (state, folder) = state_with(journal.as_bytes());
    let verified = run(state.path(), &["verify", "latest"]);
    assert!(verified.status.success(), "{}", told(&verified));
    let shown = told(&run(state.path(), &["timeline", "latest"]));
    assert!(shown.contains("robot called: an entry of a newer version") && shown.contains("with a mood"), "{shown}");
    for arguments in [&["export", "latest"][..], &["export", "latest", "--format", "json"], &["export", "latest", "--format", "csv"]] {
        assert!(run(state.path(), arguments).status.success(), "{arguments:?}");
    }
    let json = told(&run(state.path(), &["export", "latest", "--format", "json"]));
    let json = json.replace(": ", ":");
    assert!(json.contains("\"mood\":\"calm\"") && json.contains("\"R2\""), "nothing of it is lost: {json}");
    // This version goes on with it, and touches none of its lines.
    assert!(run(state.path(), &["note", "latest", "now"]).status.success());
    assert!(kept(&folder).starts_with(&journal));
    assert!(run(state.path(), &["verify", "latest"]).status.success());
    // A word that no version has where this one knows all of them: no guess is made.
    let strange = with_a_line(&open_journal(), r#""kind":"judged","check":"recent","passed":"perhaps","attempt":1"#);
    let (state, _) = state_with(strange.as_bytes());
    let verified = run(state.path(), &["verify", id().as_str()]);
    assert!(verified.status.code() == Some(1) && told(&verified).contains("not an entry"), "{}", told(&verified));
}

#[test]
fn what_the_first_version_wrote_is_gone_on_with_by_lines_that_have_sums() {
    let (state, folder) = state_with(open_journal().as_bytes());
    let TakenUp { mut journal, stored, .. } = Journal::resume(&folder, id(), "desk").unwrap();
    journal.append(&note(stored.lines.len() as u64 + 1, "from here on")).unwrap();
    drop(journal);
    let text = kept(&folder);
    assert!(!text.lines().next().unwrap().contains("\"sum\"") && text.lines().last().unwrap().contains("\"sum\""));
    assert!(run(state.path(), &["verify", "latest"]).status.success());
    // A line without one is none that could follow.
    let entry = wire::read(text.lines().last().unwrap()).unwrap().entry;
    let line = wire::write(
        &fracas::timeline::Entry { seq: entry.seq + 1, at: at(9), ..entry },
        "desk",
        &chain::hash(text.lines().last().unwrap()),
    );
    let without = format!("{}}}\n", &line[..line.rfind(",\"sum\"").unwrap()]);
    assert!(journal::verify(format!("{text}{line}\n")).is_ok());
    assert_eq!(journal::verify(format!("{text}{without}")).unwrap_err().line, text.lines().count() + 1);
}

/// Runs every command that reads an incident; all of them end, and none of them by a crash.
fn readers(state: &Path) -> Vec<(String, Output)> {
    let incident = id();
    let commands = [
        &["verify", incident.as_str()][..],
        &["timeline", incident.as_str()],
        &["export", incident.as_str()],
        &["bundle", incident.as_str(), "-o", "-"],
        &["note", incident.as_str(), "x"],
        &["resume", incident.as_str()],
        &["incidents"],
    ];
    commands.iter().map(|arguments| (arguments[0].to_owned(), run(state, arguments))).collect()
}

#[test]
fn a_journal_that_is_none_is_said_to_be_none() {
    type Make = fn(&Path);
    let make: [(&str, Make); 9] = [
        ("nothing", |_| ()),
        ("an empty file", |file| std::fs::write(file, "").unwrap()),
        ("a picture", |file| std::fs::write(file, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n").unwrap()),
        ("zeros", |file| std::fs::write(file, vec![0; 4096]).unwrap()),
        ("a log", |file| std::fs::write(file, "one\ntwo\n").unwrap()),
        ("other JSON lines", |file| std::fs::write(file, "{\"a\":1}\n[]\n").unwrap()),
        ("a folder", |file| std::fs::create_dir(file).unwrap()),
        ("a pipe", |file| {
            rustix::fs::mknodat(rustix::fs::CWD, file, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        }),
        ("a file without an end", |file| symlink("/dev/zero", file).unwrap()),
    ];
    for (what, make) in make {
        let (state, folder) = state_with(b"");
        std::fs::remove_file(folder.join(journal::FILE)).unwrap();
        make(&folder.join(journal::FILE));
        for (command, output) in readers(state.path()) {
            let code = output.status.code();
            // An empty journal is whole: nobody got to write to it. Zeros are the torn end of one.
            let is_empty = what == "an empty file" || (what == "zeros" && command != "verify");
            let is_fine = matches!(code, Some(1 | 2)) || command == "incidents" || is_empty;
            assert!(is_fine && code.is_some() && code != Some(70), "{what}: {command}: {code:?} {}", told(&output));
        }
    }
}

#[test]
fn without_its_runbook_an_incident_is_still_read() {
    for damage in ["missing", "no runbook", "not UTF-8"] {
        let (state, folder) = state_with(V1.as_bytes());
        let runbook = folder.join(journal::RUNBOOK);
        match damage {
            "missing" => std::fs::remove_file(&runbook).unwrap(),
            "no runbook" => std::fs::write(&runbook, "- a\n- b\n").unwrap(),
            _ => std::fs::write(&runbook, b"\xff\xfe").unwrap(),
        }
        let verified = run(state.path(), &["verify", "latest"]);
        assert!(verified.status.code() == Some(1) && told(&verified).contains("runbook.yaml"), "{damage}: {}", told(&verified));
        let timeline = run(state.path(), &["timeline", "latest"]);
        assert_eq!(timeline.status.code(), Some(0), "{damage}: {}", told(&timeline));
        assert_eq!(String::from_utf8(timeline.stdout.clone()).unwrap().lines().count(), V1.lines().count());
        assert!(told(&timeline).contains("has ids where titles were"), "{damage}: {}", told(&timeline));
        for format in ["markdown", "json", "csv", "html", "svg"] {
            let exported = run(state.path(), &["export", "latest", "--format", format]);
            assert!(exported.status.success() && !exported.stdout.is_empty(), "{damage}: {format}: {}", told(&exported));
        }
        let packed = run(state.path(), &["bundle", "latest", "-o", "-"]);
        assert!(packed.status.code() == Some(1) && packed.stdout.is_empty(), "{damage}: {}", told(&packed));
    }
}

#[test]
fn a_journal_far_larger_than_any_incident_is_not_read() {
    let (state, folder) = state_with(b"");
    // Takes no room on the disk.
    std::fs::File::options().write(true).open(folder.join(journal::FILE)).unwrap().set_len(2 << 30).unwrap();
    let mut verify = fracas(state.path(), &["verify", id().as_str()]);
    let output = verify.stdout(Stdio::piped()).output().unwrap();
    assert!(output.status.code() == Some(1) && told(&output).contains("larger than"), "{}", told(&output));
}
