//! Anything at all in a real terminal: keys, reports of the mouse, pastes, sizes, in any order. Nothing ends the program but
//! leaving it, and there is a way out from anywhere. `FRACAS_TEST_EVENTS` says how many.

use std::path::Path;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::door::{SOON, State, Terminal, fracas};
use super::{ENTER, ESC, USUAL, plainly};

/// Nothing in it can run, and it is only looked at, so that nothing that is typed can run either.
const HARMLESS: &str = "
version: 1
id: harmless
title: What harms nobody
severity: P1
resolve_within: 60m
never: [Do not panic.]
contacts: { lead: { name: Lena Lead, reach: '#leads' } }
roles: { scribe: { title: Scribe, who: whoever writes } }
escalation: [{ after: 1s, to: [lead], message: Come and help }]
phases:
  - title: Look
    budget: 15m
    steps:
      - { title: Look around, why: 数据库 and é, tasks: [Look left., { title: Look right., evidence: required }] }
      - { title: Look again, tasks: [Look up.] }
success: [{ title: All is well, task: true }]
report: { questions: [Root cause] }
";

/// Events between two looks at the screen.
const AT_ONCE: u32 = 5;

/// A key whose effect is not seen in this time is pressed again.
const AGAIN: Duration = Duration::from_millis(500);

/// How long to wait for output before looking whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Times that a key is pressed until it must have been heard.
const TRIES: usize = 40;

/// Every character but `/`, with which a path could lead out of the test's folder, and those that terminals send for other keys.
/// Not among them is Ctrl-Z: who is stopped hears no keys.
const KEYS: &[&str] = &[
    ENTER, ENTER, ENTER, "\t", "\x1b[Z", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~", "\x7f",
    "\x1bOP", "\x1b\r", "\x01", "\x02", "\x03", "\x06", "\x0a", "\x0c", "\x0f", "\x10", "\x12", "\x13", "\x18", "é", "数", "\u{202e}",
];

impl Chance {
    fn number(&mut self, end: usize) -> u16 {
        u16::try_from(self.below(end)).unwrap() + 1
    }
}

fn act(terminal: &mut Terminal, chance: &mut Chance) -> Option<State> {
    match chance.below(20) {
        0 => {
            let pasted = ["a\nb", "\x1b[2J\u{202e}", "SELECT 1; DROP TABLE t", "app\n", "数据库"][chance.below(5)];
            terminal.press(&format!("\x1b[200~{pasted}\x1b[201~"));
        }
        1 => terminal.resize(match chance.below(8) {
            0 => (chance.number(300), chance.number(100)),
            1 | 2 => (40, 12),
            _ => USUAL,
        }),
        2..=5 => {
            let (button, end) =
                [("0", 'M'), ("0", 'M'), ("0", 'm'), ("32", 'M'), ("64", 'M'), ("65", 'M'), ("2", 'M'), ("35", 'M')][chance.below(8)];
            terminal.press(&format!("\x1b[<{button};{};{}{end}", chance.number(90), chance.number(30)));
        }
        6 => return escape(terminal),
        7..=10 => terminal.press(KEYS[chance.below(KEYS.len())]),
        _ => {
            let printable: Vec<char> = (' '..='~').filter(|c| *c != '/').collect();
            terminal.press(printable[chance.below(printable.len())].encode_utf8(&mut [0; 4]));
        }
    }
    None
}

fn start(state: &Path) -> Terminal {
    let mut command = fracas(state, &["run", "harmless", "--read-only"]);
    command.env("HOME", state);
    command.env("VISUAL", "true");
    let mut terminal = Terminal::start(command, USUAL);
    terminal.until("turn to");
    terminal
}

/// The terminal is whole, and so is the timeline.
fn left_in_order(terminal: &mut Terminal, ended: State, state: &Path) {
    assert!(matches!(ended, State::Exited(0 | 1)), "{ended:?}\n{}", terminal.contents());
    terminal.until_whole();
    let verified = plainly(state, &["verify", "latest"]);
    assert!(verified.status.success(), "{verified:?}");
}

/// Waits until everything that was pressed has had its effect, which ends with drawing everything anew; with what the program
/// ended, if that was to leave.
fn settles(terminal: &mut Terminal) -> Option<State> {
    // An escape right before it may swallow the key, and so may the editor that somebody began.
    for _ in 0..TRIES {
        terminal.raw.clear();
        terminal.press("\x0c");
        let pressed = Instant::now();
        while pressed.elapsed() < AGAIN {
            terminal.take_in(LOOK);
            let state = terminal.has_ended();
            if state.is_some() || terminal.raw.windows(4).any(|part| part == b"\x1b[2J") {
                return state;
            }
        }
    }
    panic!("it hears no key any more:\n{}", terminal.contents());
}

/// Presses Esc so that it is not taken for the beginning of another key.
fn escape(terminal: &mut Terminal) -> Option<State> {
    let state = settles(terminal);
    if state.is_none() {
        terminal.press(ESC);
        terminal.take_in(AGAIN);
    }
    state
}

#[test]
fn a_monkey_at_the_terminal_always_finds_the_way_out() {
    let events: u32 = std::env::var("FRACAS_TEST_EVENTS").ok().map_or(3_000, |count| count.parse().unwrap());
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("harmless.yaml"), HARMLESS).unwrap();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut terminal = start(state.path());
    let begun = Instant::now();
    let mut left = 0;
    for _ in 0..events / AT_ONCE {
        let ended = (0..AT_ONCE).find_map(|_| act(&mut terminal, &mut chance));
        if let Some(ended) = ended.or_else(|| settles(&mut terminal)) {
            left_in_order(&mut terminal, ended, state.path());
            left += 1;
            terminal = start(state.path());
        }
    }
    let took = begun.elapsed();
    eprintln!("{events} events in {took:.1?}, {:.0} a second; left {left} times", f64::from(events) / took.as_secs_f64());

    // What was pressed last may have been to leave.
    terminal.resize(USUAL);
    while let Some(ended) = (0..8).find_map(|_| escape(&mut terminal)).or_else(|| settles(&mut terminal)) {
        left_in_order(&mut terminal, ended, state.path());
        terminal = start(state.path());
    }
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    let ended = terminal.ends(SOON);
    left_in_order(&mut terminal, ended, state.path());
}
