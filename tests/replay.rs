//! A recorded incident in the same screen as it went: at every entry it shows what was there then, its gaps are shortened
//! and say so, every frame says that it is a replay, and no key can do anything. The recorded journal is that of
//! `tests/journals`; the terminal is a real one.
#![expect(clippy::unwrap_used, reason = "tests")]

#[expect(dead_code, reason = "its other half is for tests/terminal.rs")]
#[path = "terminal/door.rs"]
mod door;

use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use door::{SOON, State, Terminal, fracas};
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::{Entry, Event, Incident, wire};
use fracas::tui::replay::{Player, Recording, Wish, press};
use fracas::tui::{Palette, Theme, Ui, draw};
use ratatui::Terminal as Drawing;
use ratatui::backend::TestBackend;
use tempfile::TempDir;

const JOURNAL: &str = include_str!("journals/v1/journal.jsonl");
const RUNBOOK: &str = include_str!("journals/v1/runbook.yaml");
const ID: &str = "20261121-1033-queue-table-missing-7f3a";

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| JOURNAL.lines().map(|line| wire::read(line).unwrap().entry).collect());
static READ: LazyLock<Arc<Runbook>> = LazyLock::new(|| Arc::new(yaml::read("runbook.yaml", RUNBOOK.as_bytes()).unwrap()));

fn entries() -> Vec<Entry> {
    ENTRIES.clone()
}

fn recording(entries: Vec<Entry>) -> Recording {
    let runbook = READ.clone();
    let inputs = Incident::replay(entries.clone()).opened().unwrap().inputs.clone();
    Recording { runbook, inputs, entries }
}

/// The recorded incident in a state folder of its own, and its folder in there.
fn stored() -> (TempDir, PathBuf) {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("incidents").join(ID);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("journal.jsonl"), JOURNAL).unwrap();
    fs::write(folder.join("runbook.yaml"), RUNBOOK).unwrap();
    (state, folder)
}

/// A replay with a screen, watched without a clock.
struct Watch {
    player: Player,
    ui: Ui,
    drawing: Drawing<TestBackend>,
}

impl Watch {
    fn new(entries: Vec<Entry>, (columns, rows): (u16, u16)) -> Self {
        let drawing = Drawing::new(TestBackend::new(columns, rows)).unwrap();
        let mut watch =
            Self { player: Player::new(recording(entries)), ui: Ui::new(Theme { palette: Palette::None, ascii: false }), drawing };
        watch.see();
        watch
    }

    /// The next frame, as text.
    fn see(&mut self) -> String {
        if self.player.settle() {
            self.ui.session_changed();
        }
        self.player.tell(&mut self.ui);
        let now = self.player.now();
        let Self { player, ui, drawing } = self;
        drawing.draw(|frame| draw(player.session(), ui, now, frame)).unwrap();
        let buffer = drawing.backend().buffer();
        let row = |row: u16| (0..buffer.area.width).map(|column| buffer[(column, row)].symbol()).collect::<String>();
        (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
    }

    fn key(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Wish {
        press(&mut self.ui, &mut self.player, &Input::Key(KeyEvent::new(code, modifiers)))
    }

    /// Presses keys without a modifier, and shows what comes of it.
    fn press(&mut self, keys: &[KeyCode]) -> String {
        for key in keys {
            assert_eq!(self.key(*key, KeyModifiers::NONE), Wish::None);
        }
        self.see()
    }

    fn wait(&mut self, millis: u32) -> String {
        // In frames, as they come.
        for _ in 0..millis / 100 {
            self.player.advance(Duration::from_millis(100));
        }
        self.see()
    }

    fn taken(&self) -> usize {
        self.player.session().incident.entries().len()
    }
}

const SPACE: KeyCode = KeyCode::Char(' ');

#[test]
fn at_every_entry_it_shows_what_was_there_then() {
    let entries = entries();
    let mut watch = Watch::new(entries.clone(), (80, 24));
    watch.press(&[SPACE]);
    let mut there = Vec::new();
    for n in 1..=entries.len() {
        assert_eq!(watch.taken(), n);
        assert!(watch.player.session().incident == Incident::replay(entries[..n].to_vec()), "{n}");
        assert_eq!(watch.player.now(), entries[n - 1].at);
        let seen = watch.see();
        assert!(seen.contains(&format!("entry {n} of {}", entries.len())), "{seen}");
        there.push(seen);
        watch.press(&[KeyCode::Right]);
    }
    // And back again, one by one and in one leap; what an incident added to its runbook is gone again.
    for n in (1..entries.len()).rev() {
        assert_eq!(watch.press(&[KeyCode::Left]), there[n - 1], "back at {n}");
    }
    watch.press(&[KeyCode::End]);
    assert_eq!(watch.taken(), entries.len());
    assert_eq!(watch.press(&[KeyCode::Home]), there[0]);
    // Keys that come at once lead where they lead one by one.
    assert_eq!(watch.press(&[KeyCode::Right; 7]), there[7]);
}

#[test]
fn a_correction_holds_from_its_own_moment_on() {
    let mut entries = entries();
    let wrong = entries.iter().find(|entry| matches!(entry.event, Event::Skipped { .. })).unwrap().seq;
    let resolved = entries.iter().position(|entry| matches!(entry.event, Event::Resolved(_))).unwrap();
    entries.truncate(resolved);
    let event = Event::Corrected { entry: wrong, reason: "the wrong step".to_owned(), instead: None };
    entries.push(Entry { seq: entries.len() as u64 + 1, event, ..entries[resolved - 1].clone() });
    let skipped = |watch: &Watch| !watch.player.session().incident.skipped.is_empty();
    let mut watch = Watch::new(entries, (80, 24));
    watch.press(&[KeyCode::End]);
    assert!(!skipped(&watch));
    watch.press(&[KeyCode::Left]);
    assert!(skipped(&watch));
    watch.press(&[KeyCode::Right]);
    assert!(!skipped(&watch));
}

#[test]
fn time_runs_as_fast_as_it_is_told_to_and_gaps_are_shortened() {
    let mut watch = Watch::new(entries(), (80, 24));
    // Six minutes begin at five times their pace: a minute is not too long to watch.
    assert!(watch.see().contains("playing 5x"), "{}", watch.see());
    watch.press(&[KeyCode::Char('-'); 9]);
    assert!(watch.see().contains("playing 1x"));
    // Five entries in the first 360 ms, then nothing for a minute: it is shown for 2.5 s, and again before the next entry.
    let seen = watch.wait(1_000);
    assert_eq!((watch.taken(), seen.contains("left out")), (5, false));
    let seen = watch.wait(2_000);
    assert!(seen.contains("55s without an entry were left out"), "{seen}");
    assert!(seen.contains("00:02:58"), "the clock is that of the incident, which began two minutes earlier:\n{seen}");
    assert_eq!(watch.taken(), 5);
    assert_eq!(watch.wait(2_500).matches("left out").count(), 0);
    assert_eq!(watch.taken(), 6);
    // Nothing passes while it is paused, and the moment is kept.
    let paused = watch.press(&[SPACE]);
    assert!(paused.contains("paused, 1x"), "{paused}");
    assert_eq!(watch.wait(60_000), paused);
    watch.press(&[SPACE]);
    // A hundred times as fast, it is soon over; then it stands still, and can be seen again.
    watch.press(&[KeyCode::Char('+'); 9]);
    assert!(watch.see().contains("playing 100x"));
    let seen = watch.wait(4_000);
    assert!(seen.contains("entry 46 of 46 · the end"), "{seen}");
    assert!(seen.contains("Space  play it again from the beginning"), "{seen}");
    assert!(!watch.player.is_playing());
    let again = watch.press(&[SPACE]);
    assert!(watch.player.is_playing() && again.contains("entry 1 of 46"), "{again}");
}

#[test]
fn it_leaps_from_phase_to_phase() {
    let mut watch = Watch::new(entries(), (120, 40));
    let mut places = Vec::new();
    for _ in 0..5 {
        watch.press(&[KeyCode::Char(']')]);
        places.push(watch.taken());
    }
    // To the first step of each phase, to the resolution, and to the end.
    assert_eq!(places, [2, 8, 45, 46, 46]);
    watch.press(&[KeyCode::Char('['); 2]);
    assert_eq!(watch.taken(), 8);
    watch.press(&[KeyCode::Char('['); 9]);
    assert_eq!(watch.taken(), 1);
}

#[test]
fn every_frame_says_that_it_is_a_replay() {
    for size in [(40, 12), (60, 20), (80, 24), (120, 40)] {
        let mut watch = Watch::new(entries(), size);
        watch.press(&[SPACE]);
        for _ in 0..46 {
            let seen = watch.press(&[KeyCode::Right]);
            assert!(seen.lines().next().unwrap().starts_with(" REPLAY"), "{size:?}\n{seen}");
            assert!(!seen.contains(" Enter "), "Enter means nothing here\n{seen}");
        }
        let help = watch.press(&[KeyCode::Char('?')]);
        assert!(help.starts_with(" REPLAY") && help.contains("A replay"), "{help}");
        assert!(!help.contains("Plan and rehearse"), "only keys that mean something here:\n{help}");
    }
    assert!(Watch::new(entries(), (80, 24)).see().contains("REPLAY, nothing is live · 2026-11-21 10:33 UTC · entry 1 of 46"));
}

#[test]
fn no_key_can_do_anything() {
    let every: Vec<(KeyCode, KeyModifiers)> = (' '..='~')
        .map(KeyCode::Char)
        .chain([KeyCode::Enter, KeyCode::Tab, KeyCode::Backspace, KeyCode::Up, KeyCode::Down, KeyCode::Delete, KeyCode::F(1)])
        .flat_map(|code| [KeyModifiers::NONE, KeyModifiers::CONTROL].map(|modifiers| (code, modifiers)))
        .collect();
    // On the screen itself, and on everything that can lie on top of it.
    let on_top: [&[KeyCode]; 5] =
        [&[], &[KeyCode::Char('t')], &[KeyCode::Char('t'), KeyCode::Enter], &[KeyCode::Char('c')], &[KeyCode::Char('v')]];
    let mut said = 0;
    // A plan is rehearsed and waits for consent: the moment at which a live incident has most to lose.
    let (place, there) = (10, Incident::replay(entries()[..10].to_vec()));
    assert!(there.remediations.values().any(|record| record.open && record.rehearsed.is_some()));
    for below in on_top {
        for (code, modifiers) in &every {
            let mut watch = Watch::new(entries(), (80, 24));
            watch.press(&[SPACE]);
            watch.press(&vec![KeyCode::Right; place - 1]);
            watch.press(below);
            watch.key(*code, *modifiers);
            // Whatever can be typed into or agreed to would show.
            let seen = watch.press(&[KeyCode::Char('y'), KeyCode::Enter]);
            said += seen.matches("this is a replay: nothing can be done in it").count();
            let here = watch.taken();
            let incident = &watch.player.session().incident;
            assert!(if here == place { *incident == there } else { *incident == Incident::replay(entries()[..here].to_vec()) }, "{code:?}");
            assert!(watch.player.session().running().is_none() && !watch.player.session().is_busy());
        }
    }
    assert!(said > 0, "nothing was refused: the keys never reached anything");
}

#[test]
fn a_long_recording_is_leapt_through_without_a_wait_for_each_entry() {
    // Half a day of an incident: what was recorded, again and again, every note corrected.
    let short: Vec<Entry> = entries().into_iter().filter(|entry| !matches!(entry.event, Event::Resolved(_))).collect();
    let lasted = short.last().unwrap().at.elapsed;
    let mut long: Vec<Entry> = vec![short[0].clone()];
    for round in 0..50 {
        for entry in short.iter().skip(1) {
            let mut entry = entry.clone();
            entry.seq = long.len() as u64 + 1;
            entry.at.elapsed += lasted * round;
            long.push(entry);
            let last = long.last().unwrap().clone();
            if matches!(last.event, Event::Note { .. }) {
                let event = Event::Corrected { entry: last.seq, reason: String::new(), instead: None };
                long.push(Entry { seq: last.seq + 1, event, ..last });
            }
        }
    }
    let mut watch = Watch::new(long.clone(), (80, 24));
    watch.press(&[SPACE, KeyCode::End]);
    assert!(watch.player.session().incident == Incident::replay(long.clone()));
    watch.press(&[KeyCode::Left; 40]);
    assert!(watch.player.session().incident == Incident::replay(long[..long.len() - 40].to_vec()));
    watch.press(&[KeyCode::Home]);
    watch.press(&[KeyCode::Right; 40]);
    assert!(watch.player.session().incident == Incident::replay(long[..41].to_vec()));
}

#[test]
fn in_a_real_terminal_it_plays_and_leaves_nothing_behind() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let (state, folder) = stored();
        // Somebody works on it: whoever only watches needs no lock.
        let held = File::open(folder.join("journal.jsonl")).unwrap();
        held.lock().unwrap();
        let mut terminal = Terminal::start(fracas(state.path(), &["replay", "latest"]), (columns, rows));
        terminal.until("REPLAY, nothing is live · 2026-11-21 10:33 UTC");
        terminal.until("entry 5 of 46 · playing 5x");
        terminal.press(" ");
        terminal.until("paused, 5x");
        terminal.press("]");
        terminal.until("entry 8 of 46");
        terminal.press("nn");
        terminal.until("entry 10 of 46");
        terminal.press("\x1b[D");
        terminal.until("entry 9 of 46");
        // Keys that act in a live incident.
        for key in ["r", "A", "x", "s", "o", "Z", "\r", "p", "H", "S", "u", "e"] {
            terminal.press(key);
        }
        terminal.press("G");
        terminal.until("entry 46 of 46 · the end");
        terminal.resize((columns, rows + 3));
        terminal.press("t");
        terminal.until("Timeline, 46 entries");
        terminal.press("\x1b");
        terminal.until_so("the timeline is closed", |terminal| !terminal.shows("Timeline, 46 entries"));
        terminal.press("q");
        assert_eq!(terminal.ends(SOON), State::Exited(0));
        terminal.until_whole();
        assert_eq!(fs::read_to_string(folder.join("journal.jsonl")).unwrap(), JOURNAL);
        let mut left: Vec<String> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        left.sort();
        assert_eq!(left, ["journal.jsonl", "runbook.yaml"]);
    }
}

#[test]
fn a_signal_and_a_lost_terminal_end_it() {
    let (state, _) = stored();
    let mut told = Terminal::start(fracas(state.path(), &["replay", ID]), (80, 24));
    told.until("REPLAY");
    told.signal(rustix::process::Signal::TERM);
    assert_eq!(told.ends(SOON), State::Exited(0));
    told.until_whole();
    let mut lost = Terminal::start(fracas(state.path(), &["replay", ID]), (80, 24));
    lost.until("REPLAY");
    lost.go_away();
    assert!(matches!(lost.ends(SOON), State::Exited(_)));
}

#[test]
fn without_a_terminal_or_an_incident_it_says_what_to_do() {
    let state = tempfile::tempdir().unwrap();
    let replay = |incident: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_fracas"));
        let output =
            command.args(["replay", incident]).env("FRACAS_STATE", state.path()).stdin(std::process::Stdio::null()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = replay("latest");
    assert!(code == Some(2) && said.contains("no incident yet"), "{said}");
    let folder = state.path().join("incidents").join(ID);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("journal.jsonl"), JOURNAL).unwrap();
    let (code, said) = replay(ID);
    assert!(code == Some(1) && said.contains("runbook.yaml"), "{said}");
    fs::write(folder.join("runbook.yaml"), RUNBOOK).unwrap();
    let (code, said) = replay(ID);
    assert!(code == Some(2) && said.contains("needs a terminal") && said.contains("fracas timeline"), "{said}");
}

#[test]
fn a_key_that_comes_together_with_a_new_size_is_heard() {
    let (state, _) = stored();
    let mut terminal = Terminal::start(fracas(state.path(), &["replay", ID]), (80, 24));
    terminal.until("REPLAY");
    terminal.press(" g");
    terminal.until("entry 1 of 46 · paused");
    // Both are news at the same moment in about one round of a hundred.
    for _ in 0..6 {
        for entry in 2..=46 {
            terminal.resize((80 + entry % 2, 24));
            terminal.press("n");
            terminal.until(&format!("entry {entry} of 46"));
        }
        terminal.press("g");
        terminal.until("entry 1 of 46");
    }
}
