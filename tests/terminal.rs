//! The program as a person has it: the real binary in a real terminal, real keys, real signals, and for
//! drills a real database. Never looks inside; `tests/screen.rs` does that.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/chance.rs"]
mod chance;
#[path = "terminal/clipboard.rs"]
mod clipboard;
#[path = "terminal/door.rs"]
mod door;
#[path = "terminal/failing_disk.rs"]
mod failing_disk;
#[path = "terminal/joined.rs"]
mod joined;
#[path = "terminal/monkey.rs"]
mod monkey;
#[path = "terminal/mouse.rs"]
mod mouse;
#[path = "terminal/off_the_path.rs"]
mod off_the_path;
#[path = "terminal/settings.rs"]
mod settings;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use door::{SOON, State, Terminal, dress, fracas};
use portable_pty::CommandBuilder;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::Signal;
use serde_json::Value;

const RUNBOOK: &str = "worker-schema-missing";
const LARGE: (u16, u16) = (120, 40);
const USUAL: (u16, u16) = (80, 24);

const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const PAGE_DOWN: &str = "\x1b[6~";

/// Keys in which a drill is over: three times what it takes.
const ENOUGH: usize = 300;

/// A key whose effect is not seen in this time is pressed again: the screen was about to change under it.
const AGAIN: Duration = Duration::from_secs(2);

/// An incident on a database where nobody listens: its checks end at once.
fn incident(state: &Path) -> CommandBuilder {
    let mut command = fracas(state, &["run", RUNBOOK, "-i", "platform=docker", "-i", "worker=worker", "-i", &test_document(1)]);
    command.env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere");
    command
}

fn test_document(n: u32) -> String {
    format!("test_document=00000000-0000-4000-8000-{n:012}")
}

/// The program without a terminal.
fn plainly(state: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fracas")).args(arguments).env("FRACAS_STATE", state).stdin(Stdio::null()).output().unwrap()
}

fn entries(state: &Path, incident: &str) -> Vec<Value> {
    let output = plainly(state, &["timeline", incident, "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    str::from_utf8(&output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a person who reads the screen presses now; none while there is only to wait. The first is what the
/// decision was made on: once it changes, the key had its effect.
fn next_key(terminal: &Terminal, database: &str) -> Option<(String, String)> {
    let on_top = [
        ("you can consent", PAGE_DOWN.to_owned()),
        ("type the database's name", format!("{database}{ENTER}")),
        ("y  run this now", "y".to_owned()),
        ("Enter  close", ENTER.to_owned()),
        ("Evidence", format!("seen by ann{ENTER}")),
        ("How do you know?", format!("looked at it{ENTER}")),
        ("In a sentence:", format!("the tables were not there{ENTER}")),
        ("Is this good?", "y".to_owned()),
        (" hold ──", ESC.to_owned()),
    ];
    assert!(!terminal.shows("It cannot run"), "{}", terminal.contents());
    if terminal.shows("Ctrl-x stops it") {
        return None;
    }
    if let Some((says, keys)) = on_top.into_iter().find(|(says, _)| terminal.shows(says)) {
        // How much is left to read, and of which plan, is what changes.
        let line = terminal.contents().lines().find(|line| line.contains(says)).map(str::to_owned).unwrap_or_default();
        return Some((line, keys));
    }
    // A frame is seen half drawn at times; one without the line stays so, and is found by the deadline.
    let words = terminal.enter()?;
    (!words.starts_with("wait")).then(|| (words, ENTER.to_owned()))
}

/// Plays a drill by doing what the screen says, until it is over and left.
fn play(terminal: &mut Terminal) {
    terminal.until_so("the drill's world", |terminal| terminal.shows("DRILL") && terminal.enter().is_some());
    let contents = terminal.contents();
    let database = contents.split_once("database: ").unwrap().1.split_once('@').unwrap().0.to_owned();
    let mut before = String::new();
    for _ in 0..ENOUGH {
        let pressed = Instant::now();
        let mut found = None;
        terminal.until_so("something to do", |terminal| {
            found = next_key(terminal, &database).filter(|(says, _)| *says != before || pressed.elapsed() > AGAIN);
            found.is_some()
        });
        let (says, keys) = found.unwrap();
        let over = says.starts_with("leave");
        if over {
            for part in ["Resolved in", "What had really happened", "fracas export 20"] {
                assert!(terminal.shows(part), "no {part} in\n{}", terminal.contents());
            }
        }
        terminal.press(&keys);
        if over {
            return;
        }
        before = says;
    }
    panic!("{ENOUGH} keys were not enough:\n{}", terminal.contents());
}

/// A drill that ann has just begun, with its first step in sight.
fn drill_begun(state: &Path) -> Terminal {
    let mut terminal = Terminal::start(fracas(state, &["drill", RUNBOOK, "--fault", "schema-gone", "--seed", "1", "--as", "ann"]), LARGE);
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("▸");
    terminal
}

fn drill_from_red_to_the_report(fault: &str, size: (u16, u16)) -> String {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(fracas(state.path(), &["drill", RUNBOOK, "--fault", fault, "--seed", "1", "--as", "ann"]), size);
    play(&mut terminal);
    assert_eq!(terminal.ends(Duration::from_secs(10)), State::Exited(0));
    terminal.until_whole();
    assert_eq!(entries(state.path(), "latest-drill").last().unwrap()["kind"], "resolved");
    let report = plainly(state.path(), &["export", "latest-drill"]);
    assert!(report.status.success());
    String::from_utf8(report.stdout).unwrap()
}

#[test]
fn a_drill_by_keys_alone_from_red_to_the_report() {
    let report = drill_from_red_to_the_report("schema-gone", LARGE);
    for part in ["DRILL", "CREATE SCHEMA", "CREATE TABLE", "row", "Success Criteria", "RESOLVED", "ann"] {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
}

#[test]
fn a_drill_on_the_smallest_usual_terminal() {
    let report = drill_from_red_to_the_report("wrong-schema", USUAL);
    for part in ["DRILL", "SET SCHEMA upload_pipeline", "row", "RESOLVED"] {
        assert!(report.contains(part), "no {part} in\n{report}");
    }
}

#[test]
fn however_it_ends_the_terminal_is_whole_and_the_incident_waits() {
    let state = tempfile::tempdir().unwrap();
    for (why, signal) in [("quit", None), ("SIGTERM", Some(Signal::TERM)), ("SIGHUP", Some(Signal::HUP)), ("SIGINT", Some(Signal::INT))] {
        let mut terminal = Terminal::start(incident(state.path()), USUAL);
        terminal.until("turn to “1.1 System status”");
        assert!(terminal.is_raw());
        terminal.press(ENTER);
        terminal.until("▸");
        if let Some(signal) = signal {
            terminal.signal(signal);
        } else {
            terminal.press("q");
            terminal.until("fracas resume 20");
            terminal.press(ENTER);
        }
        assert_eq!(terminal.ends(SOON), State::Exited(1), "{why}");
        terminal.until_whole();
        let last = entries(state.path(), "latest").pop().unwrap();
        assert_eq!((last["kind"].as_str(), last["why"].as_str()), (Some("left"), Some(why)));
    }
    let mut terminal = Terminal::start(resume(state.path()), USUAL);
    terminal.until("▸");
    assert!(terminal.contents().lines().any(|line| line.starts_with('▸') && line.contains("1.1")), "{}", terminal.contents());
}

#[test]
fn a_pasted_line_of_a_log_finds_its_runbook_on_the_first_screen() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(fracas(state.path(), &[]), USUAL);
    terminal.until("What is wrong?");
    let line = r#"2026-11-21 03:12:09 ERROR worker failed: relation "upload_pipeline.upload_jobs" does not exist at character 15"#;
    terminal.press(&format!("\x1b[200~{line}\x1b[201~"));
    terminal.until_so("the right one first", |terminal| {
        terminal
            .contents()
            .lines()
            .find(|line| line.starts_with(" › ") || line.starts_with("› "))
            .is_some_and(|row| row.contains("Worker database schema"))
    });
    assert!(terminal.contents().contains("open an incident with this runbook"), "{}", terminal.contents());
    terminal.press(ESC);
    terminal.until_so("nothing asked", |terminal| !terminal.contents().contains("ERROR"));
    terminal.press("drill");
    terminal.until("in a throwaway world");
    terminal.press(ESC);
    terminal.until_so("nothing asked", |terminal| !terminal.contents().contains("? drill"));
    terminal.press(ESC);
    assert_eq!(terminal.ends(SOON), State::Exited(0));
}

const FOR_TWO: &str = r"
version: 1
id: for-two
title: What takes two
phases:
  - title: Mend
    steps:
      - title: Mend it
        remediations:
          - { id: mend, title: Mend it, command: echo mended > mended, approvals: 2 }
";

/// Another person at a terminal of their own reads the plan and types this.
fn approve(state: &Path, name: &str, typed: &str) -> (State, String) {
    let mut other = Terminal::start(fracas(state, &["approve", "latest", "--as", name]), USUAL);
    other.until("Type yes to agree");
    assert!(other.shows("echo mended > mended"), "{}", other.contents());
    other.press(&format!("{typed}{ENTER}"));
    let ended = other.ends(Duration::from_secs(10));
    (ended, other.contents())
}

#[test]
fn a_second_person_agrees_from_a_terminal_of_their_own() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("for-two.yaml"), FOR_TWO).unwrap();
    let trusted = Command::new(env!("CARGO_BIN_EXE_fracas"))
        .args(["trust", "runbooks/for-two.yaml", "--yes"])
        .current_dir(state.path())
        .env("FRACAS_STATE", state.path())
        .output()
        .unwrap();
    assert!(trusted.status.success(), "{trusted:?}");
    let mut terminal = Terminal::start(fracas(state.path(), &["run", "for-two", "--as", "ann"]), USUAL);
    terminal.until("turn to");
    assert_eq!(plainly(state.path(), &["approve", "latest", "--as", "bob"]).status.code(), Some(2), "there is no plan yet");
    terminal.press(ENTER);
    terminal.until("plan");
    terminal.press(ENTER);
    terminal.until("fracas approve");
    terminal.press("y");
    terminal.until("another person has to read this plan");
    assert!(!state.path().join("mended").exists());

    let own = plainly(state.path(), &["approve", "latest", "--as", "Ann"]);
    assert!(own.status.code() == Some(2) && String::from_utf8_lossy(&own.stderr).contains("somebody else"), "{own:?}");
    assert_eq!(approve(state.path(), "bob", "no").0, State::Exited(2));
    assert_eq!(approve(state.path(), "bob", "yes").0, State::Exited(0));
    terminal.until("y  run this now");
    terminal.press("y");
    terminal.until("done in");
    assert_eq!(std::fs::read_to_string(state.path().join("mended")).unwrap(), "mended\n");
    let kinds: Vec<(String, String)> = entries(state.path(), "latest")
        .iter()
        .map(|entry| (entry["kind"].as_str().unwrap().to_owned(), entry["by"].as_str().unwrap().to_owned()))
        .filter(|(kind, _)| kind.starts_with("remediation_"))
        .collect();
    let told: Vec<(&str, &str)> = kinds.iter().map(|(kind, by)| (kind.as_str(), by.as_str())).collect();
    let expected =
        [("remediation_planned", "ann"), ("remediation_approved", "bob"), ("remediation_intended", "ann"), ("remediation_settled", "ann")];
    assert_eq!(told, expected);
}

#[test]
fn a_note_from_another_terminal_reaches_the_screen_that_is_open() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(incident(state.path()), LARGE);
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("▸");
    let note = plainly(state.path(), &["note", "latest", "the pager said so", "--as", "bob", "--at", "5m"]);
    assert!(note.status.success(), "{note:?}");
    terminal.until("the pager said so");
    let notes: Vec<Value> = entries(state.path(), "latest").into_iter().filter(|entry| entry["kind"] == "note").collect();
    assert_eq!(notes.len(), 1);
    assert_eq!((notes[0]["by"].as_str(), notes[0]["text"].as_str()), (Some("bob"), Some("the pager said so")));
    // What is no letter is answered too, and harms nobody.
    let incidents = std::fs::read_dir(state.path().join("incidents")).unwrap();
    let inbox = incidents.map(|entry| entry.unwrap().path()).next().unwrap().join("inbox");
    std::fs::write(inbox.join("1.json"), "{").unwrap();
    assert!(Command::new("mkfifo").arg(inbox.join("2.json")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", inbox.join("3.json")).unwrap();
    terminal.until_so("every one is answered", |_| ["1", "2", "3"].iter().all(|name| inbox.join(format!("{name}.refused")).exists()));
    terminal.press("q");
    terminal.until("Leave?");
}

#[test]
fn ones_own_editor_has_the_terminal_and_its_text_is_taken_over() {
    let state = tempfile::tempdir().unwrap();
    let editor = state.path().join("editor");
    // It asks its person something: the keys are all its own.
    let script = "#!/bin/sh\nprintf 'editing %s? ' \"$1\"\nread answer\nprintf ' and **%s**\\n\\n' \"$answer\" >>\"$2\"\n";
    std::fs::write(&editor, script).unwrap();
    std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let mut command = incident(state.path());
    command.env("VISUAL", format!("{} this", editor.display()));
    let mut terminal = Terminal::start(command, LARGE);
    terminal.until("turn to");
    terminal.press("n");
    terminal.until("What happened?");
    terminal.press("It was slow\u{f}");
    terminal.until("editing this?");
    assert!(!terminal.is_raw());
    terminal.press("then it stopped\n");
    terminal.until("It was slow and **then it stopped**");
    assert!(terminal.is_raw());
    terminal.press(ENTER);
    terminal.until("¶ It was slow");
    let note = entries(state.path(), "latest").into_iter().find(|entry| entry["kind"] == "note").unwrap();
    assert_eq!(note["text"], "It was slow and **then it stopped**");

    // One that fails takes nothing over, and says so.
    std::fs::write(&editor, "#!/bin/sh\nexit 3\n").unwrap();
    terminal.press("n");
    terminal.until("What happened?");
    terminal.press("mine\u{f}");
    terminal.until("exit status: 3; nothing was taken over");
    assert!(terminal.shows("mine"));
}

/// One of two runbooks that name each other, with a question in common and one of its own.
fn one_of_two(id: &str, other: &str, own: &str) -> String {
    format!(
        "version: 1\nid: {id}\ntitle: The {id} one\nrelated: [{{ id: {other}, why: It was the {other} one }}]\n\
         inputs: {{ region: {{ ask: Which region? }}, {own} }}\n\
         phases: [{{ title: Look, steps: [{{ title: Look around, tasks: [\"Look at {{{{ region }}}}\"] }}] }}]\n"
    )
}

#[test]
fn a_related_runbook_is_gone_on_with_and_both_timelines_say_so() {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("first.yaml"), one_of_two("first", "second", "pin: { ask: Pin, secret: true, optional: true }")).unwrap();
    std::fs::write(folder.join("second.yaml"), one_of_two("second", "first", "pin: { ask: Which pin? }")).unwrap();
    let arguments = ["run", "first", "--read-only", "--as", "bea", "-i", "region=north-7", "-i", "pin=hunter22"];
    let mut terminal = Terminal::start(fracas(state.path(), &arguments), USUAL);
    terminal.until("Look at north-7");
    terminal.press("b");
    terminal.until("It was the second one");
    terminal.press(ENTER);
    // The answer to a question of the same name comes along, a secret one never does.
    terminal.until("Which pin?");
    assert!(!terminal.contents().contains("hunter22"), "{}", terminal.contents());
    terminal.press(&format!("blue{ENTER}"));
    terminal.until("Look at north-7");
    terminal.until("The second one");
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    terminal.until_whole();

    let second = entries(state.path(), "latest");
    let first = second[0]["after"].as_str().unwrap().to_owned();
    assert!(first.contains("first"), "{first}");
    assert_eq!((&second[0]["by"], &second[0]["read_only"], &second[0]["inputs"]["pin"]), (&"bea".into(), &true.into(), &"blue".into()));
    assert_eq!(entries(state.path(), &first).pop().unwrap()["why"], "went on with the runbook second");
}

fn resume(state: &Path) -> CommandBuilder {
    let mut command = fracas(state, &["resume"]);
    command.env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere");
    command
}

#[test]
fn stopped_and_continued() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(incident(state.path()), USUAL);
    terminal.until("turn to");
    for keys in [None, Some("\x1a")] {
        match keys {
            None => terminal.signal(Signal::TSTP),
            Some(keys) => terminal.press(keys),
        }
        assert_eq!(terminal.ends(SOON), State::Stopped);
        terminal.until_whole();
        terminal.signal(Signal::CONT);
        terminal.until("turn to");
        terminal.until_so("raw again", Terminal::is_raw);
        terminal.until_so("the mouse again", Terminal::hears_the_mouse);
    }
    terminal.press("q");
    terminal.until("Leave?");
}

#[test]
fn a_terminal_that_goes_away_without_a_word() {
    let state = tempfile::tempdir().unwrap();
    // The shell leads the session, so that it alone hears SIGHUP, and it ignores it.
    let mut command = CommandBuilder::new("/bin/sh");
    let line = format!("trap '' HUP; '{}' \"$@\"; exit $?", env!("CARGO_BIN_EXE_fracas"));
    command.args(["-c", &line, "sh", "run", RUNBOOK, "-i", "platform=docker", "-i", "worker=worker", "-i", &test_document(1)]);
    dress(&mut command, state.path());
    let mut terminal = Terminal::start(command, USUAL);
    terminal.until("turn to");
    terminal.go_away();
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    assert_eq!(entries(state.path(), "latest").pop().unwrap()["kind"], "left");
}

/// A remediation that takes as long as the test wants: it reads from a pipe that nobody writes to.
const LENGTHY: &str = "
version: 1
id: lengthy
title: Something lengthy
phases:
  - id: mend
    title: Mend
    steps:
      - id: restart
        title: Restart it
        remediations:
          - id: restart-it
            title: Restart the service
            command: touch begun; exec cat pipe
            timeout: 60s
";

#[test]
fn killed_in_the_middle_of_a_remediation() {
    let state = tempfile::tempdir().unwrap();
    let book = state.path().join("lengthy.yaml");
    std::fs::write(&book, LENGTHY).unwrap();
    assert!(Command::new("mkfifo").arg(state.path().join("pipe")).status().unwrap().success());
    let book = book.to_str().unwrap();
    let trusted = plainly(state.path(), &["trust", book, "--yes"]);
    assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
    let mut terminal = Terminal::start(fracas(state.path(), &["run", book]), LARGE);
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("look at the plan of");
    terminal.press(ENTER);
    terminal.until("y  run this now");
    terminal.press("y");
    terminal.until("APPLYING");
    terminal.until_so("the remediation has begun", |_| state.path().join("begun").exists());
    terminal.signal(Signal::KILL);
    assert_eq!(terminal.ends(SOON), State::Killed(Signal::KILL.as_raw()));
    let mut terminal = Terminal::start(resume(state.path()), LARGE);
    terminal.until("nobody knows whether it took effect");
    let contents = terminal.contents();
    assert!(contents.lines().any(|line| line.starts_with('▸') && line.contains("Restart it")), "{contents}");
    assert!(contents.contains("outcome unknown"), "{contents}");
    // What a remediation began outlives the program: a writer who comes and goes ends it.
    let pipe = state.path().join("pipe");
    let comes_and_goes = || open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()).is_ok();
    terminal.until_so("the remediation reads from the pipe", |_| comes_and_goes());
}

#[test]
fn every_size() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(fracas(state.path(), &["drill", RUNBOOK, "--seed", "2"]), LARGE);
    terminal.until("turn to");
    terminal.resize((39, 11));
    terminal.until("fracas needs 40x12");
    terminal.resize((40, 12));
    terminal.until("Enter");
    let mut chance: u32 = 1;
    let mut next = |below: u16| {
        chance ^= chance << 13;
        chance ^= chance >> 17;
        chance ^= chance << 5;
        u16::try_from(chance % u32::from(below)).unwrap()
    };
    let keys = [ENTER, "\t", "j", "?", ESC, "c", ESC, "t", "]"];
    for n in 0..200 {
        terminal.resize((1 + next(200), 1 + next(60)));
        if n % 5 == 0 {
            terminal.press(keys[n / 5 % keys.len()]);
            terminal.until_so("a paint", {
                let before = terminal.raw.len();
                move |terminal| terminal.raw.len() > before
            });
        }
    }
    terminal.resize(LARGE);
    while !terminal.shows("Leave?") {
        // Ctrl-C asks from wherever the keys have led.
        terminal.press("\x03");
        terminal.take_in(AGAIN);
    }
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(Duration::from_secs(10)), State::Exited(1));
    terminal.until_whole();
}

#[test]
fn without_a_terminal_it_says_so() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(incident(state.path()), USUAL);
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("▸");
    drop(terminal);
    for arguments in [&[][..], &["run", RUNBOOK], &["resume"], &["drill"]] {
        let output = plainly(state.path(), arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty() && said.lines().count() == 1 && said.contains("needs a terminal"), "{arguments:?}: {said}");
    }
}

/// The parameters of every SGR sequence in what was written.
fn styles(raw: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(raw);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    sequences.flat_map(|parameters| parameters.split(';').map(|one| one.parse().unwrap_or(0)).collect::<Vec<_>>()).collect()
}

#[test]
fn colours_and_letters_as_the_environment_wants() {
    let state = tempfile::tempdir().unwrap();
    let is_colour = |style: &u16| matches!(style, 30..=38 | 40..=48 | 58 | 90..=107);
    for (name, value) in [("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("LANG", "C")] {
        let mut command = incident(state.path());
        command.env(name, value);
        let mut terminal = Terminal::start(command, USUAL);
        terminal.until("turn to");
        terminal.press(ENTER);
        terminal.until("1.2");
        terminal.press("q");
        terminal.until("Leave?");
        assert_eq!(styles(&terminal.raw).iter().any(is_colour), name != "NO_COLOR", "{name}={value}");
        assert_eq!(terminal.raw.is_ascii(), name == "LANG", "{name}={value}");
    }
}

#[test]
fn typing_never_waits_for_a_check() {
    let state = tempfile::tempdir().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = incident(state.path());
    command.env("DATABASE_URL", format!("postgresql://nobody@{}/nowhere", silent.local_addr().unwrap()));
    let mut terminal = Terminal::start(command, USUAL);
    terminal.until("turn to “1.1");
    terminal.press(ENTER);
    terminal.until("turn to “1.2");
    terminal.press(ENTER);
    // It connects, and then hears nothing.
    let held = silent.accept().unwrap();
    terminal.until("wait: checks are being asked");
    terminal.press("n");
    terminal.until("What happened?");
    for typed in ["c", "ca", "can", "cann", "canno", "cannot"] {
        terminal.press(&typed[typed.len() - 1..]);
        terminal.until(typed);
    }
    terminal.press(ESC);
    terminal.until_so("the note is put away", |terminal| !terminal.shows("What happened?"));
    terminal.press("?");
    terminal.until("Type to find one.");
    terminal.press(ESC);
    terminal.until_so("the help is put away", |terminal| !terminal.shows("Type to find one."));
    terminal.until("wait: checks are being asked");
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    terminal.until_whole();
    drop(held);
}
