//! What no runbook asks, by keys in a real drill: a question to the database, kept as a check, and a line for a shell.

use std::time::Duration;

use super::door::State;
use super::{ENTER, ESC, drill_begun, entries, plainly};

#[test]
fn questions_of_ones_own_are_asked_kept_and_on_the_timeline() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = drill_begun(state.path());

    terminal.press("d");
    terminal.until("Ask a database");
    // The second Enter is for the target, which is proposed.
    terminal.press(&format!("DROP TABLE nothing{ENTER}{ENTER}"));
    terminal
        .until_so("it is refused in the prompt", |terminal| terminal.shows("DROP TABLE nothing") && terminal.shows("a check only reads"));
    terminal.press(ESC);
    terminal.until_so("the prompt is put away", |terminal| !terminal.shows("Ask a database"));

    terminal.press("d");
    terminal.until("Ask a database");
    terminal.press(&format!("SELECT 40 + 2 AS answer, 'whole' AS how{ENTER}{ENTER}"));
    terminal.until("The answer");
    terminal.until_so("the row", |terminal| terminal.contents().lines().any(|line| line.contains("42") && line.contains("whole")));
    terminal.press("K");
    terminal.until("What should be true?");
    terminal.press(&format!("The sum is right{ENTER}value == 42{ENTER}{ENTER}"));
    terminal.until_so("it is kept", |_| entries(state.path(), "latest-drill").iter().any(|entry| entry["kind"] == "question_kept"));
    terminal.until_so("back to the answer", |terminal| !terminal.shows("What should be true?"));
    terminal.press(ESC);
    terminal.until_so("it is a row of the step", |terminal| !terminal.shows("The answer") && terminal.shows("The sum is right"));

    terminal.press("$");
    terminal.until("Run a command");
    terminal.press(&format!("echo hello, $((40 + 3)) times{ENTER}"));
    terminal.until("hello, 43 times");
    terminal.press(ESC);
    terminal.until_so("the answer is put away", |terminal| !terminal.shows("The answer"));

    // A file that was kept is read where the timeline tells of it.
    let log = state.path().join("worker.log");
    std::fs::write(&log, "first line\nthe worker could not find its schema\n").unwrap();
    terminal.press("a");
    terminal.until("Which file?");
    terminal.press(&format!("{}{ENTER}", log.display()));
    terminal.until_so("it is kept", |_| entries(state.path(), "latest-drill").iter().any(|entry| entry["kind"] == "attached"));
    terminal.press("t");
    terminal.until("Enter read");
    terminal.press("G");
    terminal.press(ENTER);
    terminal.until("the worker could not find its schema");
    terminal.press(ESC);
    terminal.until_so("the entry is put away", |terminal| !terminal.shows("could not find its schema"));
    terminal.press(ESC);
    terminal.until_so("the timeline is put away", |terminal| !terminal.shows("Enter read"));
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(Duration::from_secs(10)), State::Exited(1));
    terminal.until_whole();

    let entries = entries(state.path(), "latest-drill");
    let asked: Vec<String> = entries.iter().filter(|entry| entry["kind"] == "question_asked").map(ToString::to_string).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("SELECT 40 + 2") && asked[1].contains("echo hello"), "{asked:?}");
    let kept = entries.iter().find(|entry| entry["kind"] == "question_kept").unwrap();
    assert_eq!((&kept["title"], &kept["by"]), (&"The sum is right".into(), &"ann".into()));
    assert!(
        entries
            .iter()
            .any(|entry| entry["kind"] == "check_settled" && entry["seen"].as_str().is_some_and(|seen| seen.contains("hello, 43 times")))
    );
    assert!(plainly(state.path(), &["verify", "latest-drill"]).status.success());
}
