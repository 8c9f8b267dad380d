//! A disk that does not sync: strace makes the system say so to the real program, in front of somebody at a real screen.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::Duration;

use portable_pty::CommandBuilder;

use super::door::{State, Terminal, dress};
use super::{ENTER, LARGE, entries, plainly};

const MENDING: &str = "
version: 1
id: mending
title: What is mended
phases:
  - title: Mend
    steps:
      - title: Mend it
        remediations:
          - { id: mend, title: Mend it, command: echo mended > mended }
";

/// The third and the next eleven syncs of the journal fail; it tries once a second.
const FAULT: &str = "inject=fdatasync:error=EIO:when=3..14";

#[test]
fn while_nothing_is_recorded_it_says_so_and_changes_nothing() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("mending.yaml"), MENDING).unwrap();
    let mut trust = Command::new(env!("CARGO_BIN_EXE_fracas"));
    trust.args(["trust", "runbooks/mending.yaml", "--yes"]).current_dir(state.path()).env("FRACAS_STATE", state.path());
    assert!(trust.output().unwrap().status.success());

    let mut command = CommandBuilder::new("strace");
    command.args(["-f", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", FAULT, env!("CARGO_BIN_EXE_fracas"), "run", "mending"]);
    dress(&mut command, state.path());
    let mut terminal = Terminal::start(command, LARGE);
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("plan");
    let incidents = std::fs::read_dir(state.path().join("incidents")).unwrap();
    let journal = incidents.map(|entry| entry.unwrap().path()).next().unwrap().join("journal.jsonl");
    let (before, inode) = (std::fs::read_to_string(&journal).unwrap(), journal.metadata().unwrap().ino());

    terminal.press("n");
    terminal.until("note");
    terminal.press(&format!("written while the disk failed{ENTER}"));
    terminal.until("NOT RECORDED");
    assert!(terminal.shows("Input/output error"), "{}", terminal.contents());
    terminal.press(" ");
    terminal.until("nothing is being recorded");
    assert!(!state.path().join("mended").exists());
    assert!(before.lines().count() == 2, "{before}");

    terminal.until_so("it is recorded again", |terminal| !terminal.shows("NOT RECORDED"));
    assert_ne!(journal.metadata().unwrap().ino(), inode, "the descriptor that failed is not tried again");
    let after = std::fs::read_to_string(&journal).unwrap();
    assert!(after.starts_with(&before) && after.matches("written while the disk failed").count() == 1, "{after}");
    terminal.press(ENTER);
    terminal.until("y  run this now");
    terminal.press("y");
    terminal.until("“Mend it” done");
    assert_eq!(std::fs::read_to_string(state.path().join("mended")).unwrap(), "mended\n");
    // The first may close what the remediation printed.
    while !terminal.shows("Leave?") {
        terminal.press("q");
        terminal.take_in(Duration::from_secs(1));
    }
    terminal.press(ENTER);
    assert_eq!(terminal.ends(Duration::from_secs(10)), State::Exited(1));
    assert!(plainly(state.path(), &["verify", "latest"]).status.success());
    let notes: Vec<_> = entries(state.path(), "latest").into_iter().filter(|entry| entry["kind"] == "note").collect();
    assert_eq!(notes.len(), 1);
}
