//! The mouse as a terminal reports it (SGR, mode 1006): clicks, double clicks, the wheel, the divider.

use std::fmt::Write as _;
use std::path::Path;

use super::door::{SOON, State, Terminal, fracas};
use super::{ENTER, LARGE, entries};

/// Two steps, of which the first has more rows than a screen.
fn runbook(state: &Path) {
    let folder = state.join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    let mut text =
        "version: 1\nid: many\ntitle: Many things\nphases:\n  - title: Do\n    steps:\n      - title: First step\n        tasks:\n"
            .to_owned();
    for n in 1..=60 {
        writeln!(text, "          - Do thing {n}.").unwrap();
    }
    text += "      - { title: Second step, tasks: [Do the last thing.] }\n";
    std::fs::write(folder.join("many.yaml"), text).unwrap();
}

fn place_of(terminal: &Terminal, text: &str) -> (u16, u16) {
    terminal.place_of(text).unwrap_or_else(|| panic!("no {text} in\n{}", terminal.contents()))
}

/// The columns of the line between the list of steps and the step.
fn divider(terminal: &Terminal) -> u16 {
    let line = terminal.contents().lines().find(|line| line.contains("Second step")).unwrap_or_default().to_owned();
    u16::try_from(line.chars().position(|c| c == '│').unwrap_or_else(|| panic!("{}", terminal.contents()))).unwrap() + 1
}

#[test]
fn everything_that_is_seen_can_be_clicked() {
    let state = tempfile::tempdir().unwrap();
    runbook(state.path());
    let mut terminal = Terminal::start(fracas(state.path(), &["run", "many"]), LARGE);
    terminal.until("turn to “First step”");
    assert!(terminal.hears_the_mouse());

    // What Enter does stands in the footer, and can be clicked there.
    let place = place_of(&terminal, "turn to “First step”");
    terminal.click(place);
    terminal.until("tick “Do thing 1.”");

    // A step is shown by one click, without turning to it.
    let place = place_of(&terminal, "Second step");
    terminal.click(place);
    terminal.until("Do the last thing.");
    assert!(terminal.shows("Esc goes back"), "{}", terminal.contents());
    let place = place_of(&terminal, "First step");
    terminal.click(place);
    terminal.until("Do thing 2.");

    // A row is selected by one click, and acted on by two.
    let place = place_of(&terminal, "Do thing 2.");
    terminal.click(place);
    terminal.click(place);
    terminal.until_so("the second thing is ticked", |_| entries(state.path(), "latest").iter().any(|entry| entry["kind"] == "task_ticked"));
    let ticked = entries(state.path(), "latest").into_iter().find(|entry| entry["kind"] == "task_ticked").unwrap();
    assert_eq!(ticked["task"], "do-thing-2");

    // The wheel scrolls what it is over.
    let (column, row) = place_of(&terminal, "Do thing 5.");
    while !terminal.shows("Do thing 50.") {
        terminal.press(&format!("\x1b[<65;{column};{row}M"));
        terminal.until_so("it is scrolled", {
            let before = terminal.contents();
            move |terminal| terminal.contents() != before
        });
    }
    assert!(!terminal.shows("[ ] Do thing 1."), "{}", terminal.contents());
    terminal.press(&format!("\x1b[<64;{column};{row}M").repeat(30));
    terminal.until("[ ] Do thing 1.");

    // The line between the two is taken along.
    let (before, row) = (divider(&terminal), place_of(&terminal, "Second step").1);
    let after = before + 9;
    terminal.press(&format!("\x1b[<0;{before};{row}M\x1b[<32;{after};{row}M\x1b[<0;{after};{row}m"));
    terminal.until_so("the divider has moved", |terminal| divider(terminal) == after);

    // The keys of the footer can be clicked as well.
    let place = place_of(&terminal, "q quit");
    terminal.click(place);
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    terminal.until_whole();
}
