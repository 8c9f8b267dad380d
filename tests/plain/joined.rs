//! Another runbook from disk inside the same incident, by lines: only once it is trusted, with its script held against what
//! was trusted, after its file is gone, and on another machine only once somebody there has read it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::{command, entries, piped, trusted};

const FIRST: &str = "
version: 1
id: first
title: The house is dark
phases:
  - title: Look
    steps:
      - title: From outside
        checks: [{ id: door, title: There is a door, command: 'true' }]
";

const OTHER: &str = "
version: 1
id: lamp
title: A lamp has fallen
inputs:
  room: { ask: In which room? }
  token: { ask: Which token opens it?, secret: true }
phases:
  - title: Light
    steps:
      - title: In the {{ room }}
        checks: [{ id: lamp, title: The lamp lies there, command: ./look.sh, expect: stdout is containing(\"attic\") }]
success:
  - { id: light, title: There is light, check: lamp }
";

const TOKEN: &str = "opens-7-doors";

/// In a folder with the other runbook in it.
fn here(folder: &Path, state: &Path, arguments: &[&str]) -> Command {
    let mut command = command(state, arguments);
    command.current_dir(folder).env("XDG_CONFIG_HOME", state);
    command
}

fn script(folder: &Path, text: &str) {
    let place = folder.join("look.sh");
    fs::write(&place, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn another_runbook_from_disk_is_opened_once_it_is_trusted_and_then_belongs_to_the_incident() {
    let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (folder, state) = (folder.path(), state.path());
    let first = trusted(state, FIRST);
    fs::create_dir(folder.join("runbooks")).unwrap();
    fs::write(folder.join("runbooks/lamp.yaml"), OTHER).unwrap();
    script(folder, "echo \"it is in the $room\"");

    let (_, said, _) = piped(here(folder, state, &["run", &first, "--plain"]), "\njoin fallen lamp\njoin 1\nquit\n");
    assert!(
        said.contains("1. A lamp has fallen. Not now: it is not trusted") && said.contains("fracas trust runbooks/lamp.yaml"),
        "{said}"
    );
    let (code, _, beside) = piped(here(folder, state, &["trust", "runbooks/lamp.yaml", "--yes"]), "");
    assert_eq!(code, Some(0), "{beside}");

    // Said, and not opened.
    let (_, said, _) = piped(here(folder, state, &["run", &first, "--plain"]), "\njoin fallen lamp\njoin 1\n.\nquit\n");
    assert!(said.contains("It may run all of this") && said.contains("./look.sh") && said.contains("Nothing was opened."), "{said}");
    let lines = format!("\njoin fallen lamp\njoin 1\nattic\n{TOKEN}\nopen\nquit\n");
    let (_, said, _) = piped(here(folder, state, &["run", &first, "--plain"]), &lines);
    assert!(
        said.contains("Opened \"A lamp has fallen\" inside this incident") && said.contains("Passed: \"The lamp lies there\""),
        "{said}"
    );
    let written = entries(state, "latest");
    let joined = written.iter().find(|entry| entry["kind"] == "runbook_joined").unwrap();
    assert_eq!((&joined["runbook"], &joined["inputs"]["room"]), (&"lamp".into(), &"attic".into()));
    assert!(joined["pulled_in"]["./look.sh"].as_str().unwrap().contains("sha256:"), "{joined}");
    assert!(!format!("{written:?}").contains(TOKEN));

    // The file is gone, and the script is another one: the secret is asked again, and nothing is run.
    fs::remove_file(folder.join("runbooks/lamp.yaml")).unwrap();
    script(folder, "touch mark; echo attic");
    let (_, said, beside) = piped(here(folder, state, &["resume", "latest", "--plain"]), &format!("{TOKEN}\nask all\nquit\n"));
    assert!(said.contains("Which token opens it?") && said.contains("In the attic"), "{said}\n{beside}");
    assert!(said.contains("./look.sh is not what it was when this runbook was trusted"), "{said}");
    assert!(!folder.join("mark").exists());

    let packed = state.join("packed.fracas").display().to_string();
    assert_eq!(piped(here(folder, state, &["bundle", "latest", "-o", &packed]), "").0, Some(0));
    let elsewhere = tempfile::tempdir().unwrap();
    let resume = || piped(here(folder, elsewhere.path(), &["resume", &packed, "--plain"]), &format!("{TOKEN}\nquit\n"));
    for what in ["runbook.yaml", ".yaml"] {
        let (code, _, beside) = resume();
        let file = beside.split_whitespace().find(|word| word.ends_with(what)).unwrap_or_else(|| panic!("{what}: {beside}"));
        assert_eq!(code, Some(3), "{beside}");
        assert_eq!(piped(here(folder, elsewhere.path(), &["trust", file, "--yes"]), "").0, Some(0));
    }
    let (code, said, beside) = resume();
    assert_eq!(code, Some(1), "{beside}");
    assert!(said.contains("In the attic"), "{said}");
}
