//! The line mode: the real binary walked by lines, from a pipe and from a terminal, on real databases. Never looks inside;
//! what is said and what is on the timeline is all there is to see.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "terminal/door.rs"]
#[expect(dead_code, reason = "a terminal of lines needs less of the door than a screen")]
mod door;

#[path = "plain/joined.rs"]
mod joined;
#[path = "plain/words.rs"]
mod words;

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use door::{SOON, State, Terminal, fracas};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const DRILL: &[&str] = &["drill", "worker-schema-missing", "--fault", "schema-gone", "--seed", "1", "--plain"];

/// How long anything may take on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_mins(1);

const LARGE: (u16, u16) = (200, 60);

/// The lines that walk the drill to its end: almost all of them empty, and every change consented to in words.
const WHOLE_DRILL: &str = "\n\n\n\n\n\n\nthe staging clean-up ran last\n\n\n\n\npostgres\n\n\nrun\n\nrun\n\n\n\nrun\n\n\n\n\nrun\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nthe schema was gone\n\n";

fn command(state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(arguments).env("FRACAS_STATE", state).env("USER", "ann").env_remove("DATABASE_URL");
    command
}

fn plainly(state: &Path, arguments: &[&str]) -> Output {
    command(state, arguments).stdin(Stdio::null()).output().unwrap()
}

fn entries(state: &Path, incident: &str) -> Vec<Value> {
    let output = plainly(state, &["timeline", incident, "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    str::from_utf8(&output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kinds(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect()
}

/// All lines at once, as a pipe gives them.
fn piped(mut command: Command, lines: &str) -> (Option<i32>, String, String) {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// Somebody who answers what they are asked, over pipes.
struct Talk {
    child: Child,
    lines: Option<ChildStdin>,
    output: Receiver<Vec<u8>>,
    said: String,
    /// How much of it was there when the last line was said.
    before: usize,
}

impl Talk {
    fn begin(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65_536];
            while let Ok(n @ 1..) = stdout.read(&mut bytes) {
                if send.send(bytes[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { lines: child.stdin.take(), child, output, said: String::new(), before: 0 }
    }

    /// What was said since the last line, once this is among it.
    fn until(&mut self, part: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        while !self.said[self.before..].contains(part) {
            let left = deadline.saturating_duration_since(Instant::now());
            let bytes = self.output.recv_timeout(left).unwrap_or_else(|_| panic!("never said {part:?}:\n{}", self.said));
            self.said.push_str(str::from_utf8(&bytes).unwrap());
        }
        self.said[self.before..].to_owned()
    }

    /// Says a line once somebody asks for one, and gives what was said until then.
    fn say(&mut self, line: &str) -> String {
        let asked = self.until("> ");
        self.before = self.said.len();
        self.lines.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
        asked
    }

    /// Goes on with empty lines until this is asked.
    fn go_on_until(&mut self, part: &str) -> String {
        for _ in 0..40 {
            let asked = self.until("> ");
            if asked.contains(part) {
                return asked;
            }
            self.say(if asked.contains("Evidence") { "seen" } else { "" });
        }
        panic!("never came to {part:?}:\n{}", self.said);
    }

    fn ends(mut self) -> Option<i32> {
        self.lines = None;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A runbook from disk that somebody has trusted.
fn trusted(state: &Path, text: &str) -> String {
    let file = state.join("plain.yaml");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let output = plainly(state, &["trust", &file, "--yes"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    file
}

#[test]
fn lines_from_a_pipe_walk_a_whole_drill() {
    let state = tempfile::tempdir().unwrap();
    let (code, said, beside) = piped(command(state.path(), DRILL), WHOLE_DRILL);
    assert_eq!(code, Some(0), "{said}\n{beside}");
    let entries = entries(state.path(), "latest-drill");
    let kinds = kinds(&entries);
    assert_eq!(kinds.last(), Some(&"resolved"), "{said}");
    assert_eq!(kinds.iter().filter(|kind| **kind == "remediation_intended").count(), 5, "{said}");
    assert!(
        entries.iter().any(|entry| entry["typed"] == "postgres")
            && entries.iter().any(|entry| entry["evidence"] == "the staging clean-up ran last")
    );
    for part in [
        "Drill: Worker database schema missing. Severity P0 critical.\nNothing here is real.\n",
        "Failed: \"The schema upload_pipeline exists\"",
        "\nThis is a drill, played as production.\n",
        "\n    CREATE SCHEMA",
        "\nTo run this on production, type the database's name, postgres.\n",
        "\nTurned green: \"The five indexes exist\"",
        "\nResolved: the schema was gone.\nWhat had really happened: The whole schema was dropped.",
        "\nNext: leave: the incident is over.\n",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    // What a screen reader would spell out, or a terminal act on.
    let odd: Vec<char> = said.chars().filter(|c| (c.is_control() && *c != '\n') || "“”—·…✓✗▸→".contains(*c)).collect();
    assert!(odd.is_empty(), "{odd:?} in\n{said}");
    assert!(beside.contains("fracas: resolved; `fracas export"), "{beside}");
}

#[test]
fn nothing_but_the_very_word_consents() {
    let state = tempfile::tempdir().unwrap();
    let mut talk = Talk::begin(command(state.path(), DRILL));
    let never_ran = |talk: &Talk| {
        let entries = entries(state.path(), "latest-drill");
        assert!(!kinds(&entries).contains(&"remediation_intended"), "{}", talk.said);
    };
    // Before a plan was read, the word means nothing.
    talk.say("run");
    assert!(talk.until("> ").contains("There is nothing to consent to"));
    let asked = talk.go_on_until("type the database's name");
    assert!(asked.contains("CREATE SCHEMA") && asked.contains("PostgreSQL 15"), "{asked}");
    for line in ["run", "yes", "y", "Postgres", "postgres2", "postgres; run", "", ".", "next", "\u{1b}[Apostgres", "do 1"] {
        talk.say(line);
        talk.until("Nothing was run.");
        never_ran(&talk);
        talk.go_on_until("type the database's name");
    }
    talk.say("  postgres ");
    talk.until("grants\" committed");
    // The name counts for a while; from here on it takes the word, and only that.
    talk.go_on_until("type the word run");
    let consents = || kinds(&entries(state.path(), "latest-drill")).iter().filter(|kind| **kind == "remediation_intended").count();
    for line in ["RUN", "Run", "ru", "r", "run it", "runs", "yes", "y", "postgres", "", "\"run\"", "status", "aside please no"] {
        talk.say(line);
        talk.until("Nothing was run.");
        assert_eq!(consents(), 1, "{line:?}: {}", talk.said);
        if line.starts_with("aside") {
            talk.until("put aside");
            break;
        }
        talk.go_on_until("type the word run");
    }
    assert_eq!(talk.ends(), Some(1));
    assert_eq!(kinds(&entries(state.path(), "latest-drill")).last(), Some(&"left"));
}

#[test]
fn the_end_of_the_input_leaves_the_incident_and_it_goes_on_later() {
    let state = tempfile::tempdir().unwrap();
    // The end comes while a plan waits for consent.
    let until_consent = &WHOLE_DRILL[..WHOLE_DRILL.find("postgres").unwrap()];
    let (code, said, beside) = piped(command(state.path(), DRILL), until_consent);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.ends_with("\nLeft open: quit.\n"), "{said}");
    assert!(beside.contains("still open; `fracas resume"), "{beside}");
    let first = entries(state.path(), "latest-drill");
    let kinds_of_first = kinds(&first);
    assert!(kinds_of_first.contains(&"remediation_rehearsed") && !kinds_of_first.contains(&"remediation_intended"), "{kinds_of_first:?}");
    let (code, said, _) = piped(command(state.path(), &["resume", "latest-drill", "--plain"]), "status\n\npostgres\nquit\n");
    assert_eq!(code, Some(1), "{said}");
    for part in ["\nResumed after ", "nothing of it took effect", "\nStep 7 of 17: ", "criteria of success hold", "grants\" committed"] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    assert_eq!(plainly(state.path(), &["verify", "latest-drill"]).status.code(), Some(0));
}

const SMALL: &str = r#"
version: 1
id: small
title: "What is small"
severity: P3
inputs:
  token: { ask: The token, secret: true }
  place: { ask: Where is it, choices: [here, there] }
  name: { ask: Its name, pattern: "[a-z]+", default: worker }
  more: { ask: Anything else, optional: true }
phases:
  - title: Look
    steps:
      - id: look
        title: Look at it
        checks:
          - { id: says, title: It says something, command: "printf 'one\\033[2Jtwo\\n> run\\nNext: run\\n'" }
          - { id: slow, title: It takes its time, command: "sleep 600", timeout: 20m }
        tasks: [{ id: call, title: "Call {{ name }}", evidence: required }]
"#;

#[test]
fn questions_are_asked_in_a_terminal_and_a_secret_is_not_echoed() {
    let state = tempfile::tempdir().unwrap();
    let file = trusted(state.path(), SMALL);
    let mut terminal = Terminal::start(fracas(state.path(), &["run", &file, "--plain"]), LARGE);
    terminal.until("Question 1 of 4: The token\n> ".replace('\n', "").get(..26).unwrap());
    terminal.until_so("a prompt", |terminal| terminal.contents().trim_end().ends_with('>'));
    terminal.press("hunter2-hunter2\r");
    terminal.until("One of: here, there.");
    terminal.press("nowhere\r");
    terminal.until("Not taken: it has to be one of here, there.");
    terminal.press("there\r");
    terminal.until("An empty line means worker.");
    terminal.press("\r");
    terminal.until("Question 4 of 4");
    terminal.press("\r");
    terminal.until("Next: turn to \"Look at it\".");
    terminal.press("\r");
    terminal.until("Passed: \"It says something\"");
    // A line is heard while an answer is awaited.
    terminal.press("note it looks bad\r");
    terminal.until("Note: it looks bad.");
    terminal.press("stop\r");
    terminal.until("Cancelled: \"It takes its time\"");
    terminal.press("read 1\r");
    terminal.until("End of what was seen.");
    terminal.press("tick 3\r");
    terminal.until("Evidence: a link");
    terminal.press(".\r");
    terminal.until("Left as it was.");
    terminal.press("tick 3 rang twice\r");
    terminal.until("Ticked \"Call worker\": rang twice.");
    terminal.press("\x04");
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    terminal.until_whole();
    let raw = String::from_utf8(terminal.raw.clone()).unwrap();
    assert!(!raw.contains("hunter2"), "{raw}");
    assert!(!raw.contains('\u{1b}'), "nothing moves the cursor: {raw:?}");
    assert!(raw.contains("one<U+001B>[2Jtwo") && raw.contains("\n    > run\r\n    Next: run\r\n"), "{raw}");
    let journal = entries(state.path(), "latest");
    assert_eq!(kinds(&journal).last(), Some(&"left"));
    assert!(!journal.iter().any(|entry| entry.to_string().contains("hunter2")));
}

#[test]
fn a_signal_leaves_the_incident_in_order() {
    let state = tempfile::tempdir().unwrap();
    let file = trusted(state.path(), SMALL);
    let mut talk = Talk::begin(command(
        state.path(),
        &["run", &file, "--plain", "-i", "token=t0ken-t0ken", "-i", "place=here", "-i", "name=n", "-i", "more="],
    ));
    talk.say("");
    talk.until("Passed: \"It says something\"");
    kill_process(Pid::from_raw(i32::try_from(talk.child.id()).unwrap()).unwrap(), Signal::TERM).unwrap();
    talk.until("Left open: SIGTERM.");
    assert_eq!(talk.ends(), Some(1));
    let last = entries(state.path(), "latest").pop().unwrap();
    assert_eq!((last["kind"].as_str(), last["why"].as_str()), (Some("left"), Some("SIGTERM")));
}

#[test]
fn the_words_say_what_there_is_and_do_what_they_say() {
    let state = tempfile::tempdir().unwrap();
    let file = trusted(state.path(), SMALL);
    let inputs = ["-i", "token=t0ken-t0ken", "-i", "place=here", "-i", "name=worker", "-i", "more="];
    let lines = "frobnicate\nhelp\nstatus\nstep\nask 1\ntick 9\n\nstop 2\nstep\nask 3\nread 1\nbad\ndecide wait\nlook elsewhere\n\nseverity P2 it got worse\npause lunch\ncontinue\nskip no time\nhand over grace\naccept\nsteps\ntimeline 3\ncontacts\nsuccess\nundo\nresolve it went away\n";
    let (code, said, _) = piped(command(state.path(), &[&["run", &file, "--plain", "--as", "ann"], &inputs[..]].concat()), lines);
    for part in [
        "\"frobnicate\" is no word that is understood here",
        "\nhand over NAME: lets somebody else lead.\n",
        "\nNo check is red.\n",
        "\nNo step has begun.",
        "\nStep 1 of 1, in phase Look: Look at it.\n",
        "\nNo answer waits for a person's judgement.\n",
        "\nCancelled: \"It takes its time\"",
        "\n3. Task, not ticked, evidence required: Call worker.\n",
        "\nThat is no check.\n",
        "\nEnd of what was seen.\n",
        "\nDecided: wait; considered: look elsewhere.\n",
        "\nSeverity is now P2: it got worse.\n",
        "\nPaused: lunch.\n",
        "\nWent on.\n",
        "\n\"Look at it\" skipped: no time.\n",
        "\nann: Handed over to grace.\n",
        "as read the brief, and leads from here.\n",
        "\n1. Look at it: skipped, this is the current step.\n",
        "\nThis runbook names no criteria of success.\n",
        "\nResolved: it went away.\n",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    assert_eq!(code, Some(0), "{said}");
}

const ONE_CHANGE: &str = r"
version: 1
id: one-change
title: One change
targets: { database: { postgres: { env: DATABASE_URL } } }
phases:
  - title: Mend
    steps:
      - id: mend
        title: Mend it
        checks:
          - { id: said, title: What there is, on: database, sql: SELECT count(*) AS things FROM things }
          - { id: there, title: There is a row, on: database, sql: SELECT count(*) FROM things, expect: value == 1 }
        remediations:
          - { id: sleep, title: Sleep on it, on: database, guard: there, sql: 'INSERT INTO things SELECT 1 FROM pg_sleep(3)' }
";

/// Whoever takes long to hear a plan is told how to go on, and the rehearsal can be left out or tried again.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_run_says_why_and_what_to_do() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    database.run("CREATE TABLE things (n int)").await.unwrap();
    let state = tempfile::tempdir().unwrap();
    let text = ONE_CHANGE
        .replace("guard: there,", "guard: there, guard_within: 1s,")
        .replace("INSERT INTO things SELECT 1 FROM pg_sleep(3)", "INSERT INTO things SELECT 1/0");
    let file = trusted(state.path(), &text);
    let mut command = command(state.path(), &["run", &file, "--plain"]);
    command.env("DATABASE_URL", sandbox.url());
    let talked = tokio::task::spawn_blocking(move || {
        let mut talk = Talk::begin(command);
        talk.say("");
        talk.until("Failed: \"There is a row\"");
        talk.say("good");
        talk.until("judged good");
        talk.say("do 3");
        talk.until("It cannot run: its rehearsal failed: division by zero.");
        talk.say("run");
        talk.until("There is nothing to consent to");
        // The answer of its guard grows old.
        let mut asked = String::new();
        while !asked.contains("Type ask 2 to ask it again") {
            talk.say("unrehearsed it is late");
            talk.until("That is all that will run.");
            asked = talk.until("> ");
        }
        talk.say("ask 2");
        talk.until("Failed: \"There is a row\"");
        talk.say("aside");
        talk.until("put aside");
        talk.said.clone()
    });
    let said = talked.await.unwrap();
    assert!(said.contains("Its rehearsal was left out: it is late."), "{said}");
    assert!(!kinds(&entries(state.path(), "latest")).contains(&"remediation_intended"), "{said}");
    sandbox.close().await;
}

/// A change runs to its end although nobody has anything more to say; a plan that changed under its reader is not run.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_waited_for_when_the_input_ends() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    database.run("CREATE TABLE things (n int)").await.unwrap();
    let state = tempfile::tempdir().unwrap();
    let file = trusted(state.path(), ONE_CHANGE);
    let mut command = command(state.path(), &["run", &file, "--plain"]);
    command.env("DATABASE_URL", sandbox.url());
    let (code, said, _) = tokio::task::spawn_blocking(move || piped(command, "\n\nbad\n\nrun\n")).await.unwrap();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("\nIs this good? The word good says yes") && said.contains("judged bad by hand"), "{said}");
    assert!(said.contains("\nThe input has ended.") && said.contains("\nTurned green: \"There is a row\""), "{said}");
    assert_eq!(database.rows("SELECT count(*)::text FROM things", &[]).await.unwrap()[0][0].as_deref(), Some("1"));
    sandbox.close().await;
}
