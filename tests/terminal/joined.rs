//! Another runbook inside the same incident, by keys in a real drill: found by an error, read, answered, opened, walked, and
//! there again after the program was killed.

use rustix::process::Signal;
use serde_json::Value;

use super::door::{SOON, State, Terminal, fracas};
use super::{ENTER, LARGE, drill_begun, entries, plainly};

const OTHER: &str = "database-connection-errors";

fn of_kind<'e>(entries: &'e [Value], kind: &str) -> Vec<&'e Value> {
    entries.iter().filter(|entry| entry["kind"] == kind).collect()
}

#[test]
fn another_runbook_is_opened_inside_a_drill_and_outlives_the_program() {
    let state = tempfile::tempdir().unwrap();
    let mut terminal = drill_begun(state.path());

    terminal.press("J");
    terminal.until("API answers with 500");
    terminal.press("connection refused");
    terminal.until("› Database connection errors");
    terminal.press(ENTER);
    terminal.until("It adds these phases");
    assert!(terminal.shows("database, production: ") && terminal.shows("check, command · "), "{}", terminal.contents());
    terminal.press(ENTER);
    terminal.until("Which role does the application use?");
    terminal.press(&format!("{ENTER}{ENTER}"));
    terminal.until_so("work goes on there", |terminal| {
        terminal.contents().lines().any(|line| line.starts_with('▸') && line.contains("1.1 The database's container"))
    });
    let settled = |check: &str| {
        let id = format!("{OTHER}/{check}");
        entries(state.path(), "latest-drill").into_iter().rev().find(|entry| entry["kind"] == "check_settled" && entry["check"] == *id)
    };
    terminal.until_so("the database of the drill answers it", |_| {
        settled("database-answers").is_some_and(|entry| entry["verdict"] == "passed")
    });
    // A drill's world has stand-ins for its own runbook only.
    terminal.until_so("nothing real is asked", |_| {
        settled("db-runs").is_some_and(|entry| entry["verdict"] == "inconclusive" && entry["reason"].to_string().contains("nothing real"))
    });
    terminal.signal(Signal::KILL);
    assert_eq!(terminal.ends(SOON), State::Killed(Signal::KILL.as_raw()));

    let before = entries(state.path(), "latest-drill");
    let joined = of_kind(&before, "runbook_joined");
    assert_eq!((joined.len(), &joined[0]["runbook"], &joined[0]["by"]), (1, &OTHER.into(), &"ann".into()));
    assert_eq!(joined[0]["inputs"]["db_name"], "app");

    let mut terminal = Terminal::start(fracas(state.path(), &["resume", "latest-drill", "--as", "bob"]), LARGE);
    terminal.until_so("all of it is there again", |terminal| {
        terminal.contents().lines().any(|line| line.starts_with('▸') && line.contains("1.1 The database's container"))
    });
    assert!(terminal.shows("Diagnosis · Database connection"), "{}", terminal.contents());
    let asked = of_kind(&before, "check_settled").len();
    terminal.press("R");
    terminal.until_so("its checks are asked again", |terminal| terminal.shows("The database answers from here"));
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    assert!(of_kind(&entries(state.path(), "latest-drill"), "check_settled").len() >= asked);

    let told = |arguments: &[&str]| {
        let output = plainly(state.path(), arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(told(&["timeline", "latest-drill"]).contains("opened “Database connection errors” inside this incident"));
    assert!(told(&["export", "latest-drill"]).contains("Database connection errors"));
    assert!(told(&["verify", "latest-drill"]).contains("all there and unaltered"));
    // Its file travels with the incident.
    let bundle = state.path().join("packed.fracas");
    let bundle = bundle.to_str().unwrap();
    told(&["bundle", "latest-drill", "-o", bundle]);
    assert!(told(&["verify", bundle]).contains("all there and unaltered"));
}
