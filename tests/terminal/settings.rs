//! What the team's settings say of the screen: theme, keys, bell, title, mouse.

use std::path::Path;
use std::process::{Command, Stdio};

use portable_pty::CommandBuilder;
use rustix::process::Signal;

use super::door::{SOON, State, Terminal, fracas};
use super::{ENTER, ESC, LARGE, styles};

const CALLING: &str = "
version: 1
id: calling
title: What calls
severity: P1
contacts: { lead: { name: Lena Lead, reach: '#leads' } }
escalation: [{ after: 1s, to: [lead], message: Come and help }]
phases: [{ title: Look, steps: [{ title: Look around, tasks: [Look at it.] }] }]
";

const SETTINGS: &str = "
theme: high-contrast
keys: { note: N, skip: q }
screen: { bell: true, title: true, mouse: false }
";

fn prepare(state: &Path, settings: &str) {
    for (folder, file, text) in [("runbooks", "calling.yaml", CALLING), ("fracas", "config.yaml", settings)] {
        std::fs::create_dir(state.join(folder)).unwrap();
        std::fs::write(state.join(folder).join(file), text).unwrap();
    }
}

fn calling(state: &Path) -> CommandBuilder {
    let mut command = fracas(state, &["run", "calling"]);
    command.env("XDG_CONFIG_HOME", state);
    command
}

fn leave(mut terminal: Terminal) -> Terminal {
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    terminal.until_whole();
    terminal
}

fn titles(terminal: &Terminal) -> Vec<String> {
    let told = terminal.told();
    told.commands
        .iter()
        .filter_map(|command| command.strip_prefix("0;").or_else(|| command.strip_prefix("2;")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_screen_is_as_the_settings_have_it() {
    let state = tempfile::tempdir().unwrap();
    prepare(state.path(), SETTINGS);
    let conflict = "keys: skip: q already means quit (incident); skip keeps s";
    let mut terminal = Terminal::start(calling(state.path()), LARGE);
    terminal.until(&format!("config.yaml: {conflict}"));
    assert!(!terminal.hears_the_mouse());

    let mut doctor = Command::new(env!("CARGO_BIN_EXE_fracas"));
    let doctor = doctor.arg("doctor").current_dir(state.path()).env("FRACAS_STATE", state.path()).env("XDG_CONFIG_HOME", state.path());
    let said = doctor.stdin(Stdio::null()).output().unwrap();
    let said = [said.stdout, said.stderr].concat();
    assert!(String::from_utf8_lossy(&said).split_whitespace().collect::<Vec<_>>().join(" ").contains(conflict));

    // The key is the one of the settings, and its own no longer.
    terminal.press("n");
    terminal.press("N");
    terminal.until("What happened?");
    terminal.press(&format!("by another key{ENTER}"));
    terminal.until("by another key");

    // Once it is due the bell rings, and not again while it stands.
    terminal.until_so("it is due", |terminal| terminal.told().bells > 0);
    terminal.press("\x1a");
    assert_eq!(terminal.ends(SOON), State::Stopped);
    terminal.until_whole();
    assert_eq!(terminal.told().bells, 1);
    terminal.raw.clear();
    terminal.signal(Signal::CONT);
    terminal.until_so("the title again", |terminal| titles(terminal) == ["P1 What calls"]);
    terminal.press("e");
    terminal.until("Come and help");
    terminal.press(ENTER);
    terminal.until("Nothing is due.");
    terminal.press(ESC);
    terminal.until_so("it is closed", |terminal| !terminal.shows("Nothing is due."));
    let terminal = leave(terminal);
    assert_eq!(terminal.told().bells, 0);
    let raw = String::from_utf8_lossy(&terminal.raw);
    assert!(raw.rfind("\x1b[23;2t") > raw.rfind("\x1b]0;"), "the title is put back last");
    assert!(!raw.contains("\x1b[?1000h"));
}

#[test]
fn a_theme_has_colours_of_its_own() {
    let themes = ["theme: high-contrast", "theme: light", "theme: none"].map(|theme| {
        let state = tempfile::tempdir().unwrap();
        prepare(state.path(), theme);
        let mut terminal = Terminal::start(calling(state.path()), LARGE);
        terminal.until("turn to");
        styles(&leave(terminal).raw)
    });
    let is_colour = |style: &u16| matches!(style, 30..=38 | 40..=48 | 58 | 90..=107);
    assert!(!themes[2].iter().any(is_colour));
    assert!(themes[0].iter().any(is_colour) && themes[0] != themes[1]);
}

#[test]
fn without_the_settings_there_is_neither_bell_nor_title() {
    let state = tempfile::tempdir().unwrap();
    prepare(state.path(), "contacts: {}\n");
    let mut terminal = Terminal::start(calling(state.path()), LARGE);
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("Lena Lead");
    assert!(terminal.hears_the_mouse());
    let told = leave(terminal).told();
    assert!(told.bells == 0 && told.commands.is_empty(), "{told:?}");
}
