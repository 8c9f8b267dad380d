//! The home screen as data through one door: rows, keys, and the text that is then on the screen; and once the real program
//! over real journals. Never a row that no program would give.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "terminal/door.rs"]
#[expect(dead_code, reason = "the first screen needs less of the door than an incident")]
mod door;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use door::{SOON, State, Terminal, fracas};
use fracas::base::id::{Id, IncidentId};
use fracas::runbook::{Runbook, shipped, yaml};
use fracas::tui::home::{Choice, Done, HomeRow, HomeView, Ticking};
use fracas::tui::{Palette, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

const LIGHT: Theme = Theme { palette: Palette::Light, ascii: false };
const BARE: Theme = Theme { palette: Palette::None, ascii: true };
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

fn row(choice: Choice, group: &'static str, title: &str, detail: &str) -> HomeRow {
    let (title, detail) = (title.to_owned(), detail.to_owned());
    HomeRow { choice, group, title, severity: None, detail, about: Vec::new(), clock: None, runbook: None }
}

/// What somebody has who has used the program for a while: the shipped runbooks, an incident that is open, one that is over.
fn rows() -> Vec<HomeRow> {
    let mut rows = vec![HomeRow {
        severity: Some("P0".to_owned()),
        clock: Some(Ticking(Arc::new(|| Duration::from_secs(843)))),
        about: vec![("Incident", "20261121-1000-worker-7f3a".to_owned()), ("Led by", "ann".to_owned())],
        ..row(
            Choice::Resume(IncidentId::new("20261121-1000-worker-7f3a")),
            "Open incidents",
            "Worker database schema missing",
            "led by ann · at 2.1 Database schema investigation",
        )
    }];
    for (file, text) in shipped() {
        let runbook: Arc<Runbook> = Arc::new(yaml::read_again(file, text.as_bytes()).unwrap());
        rows.push(HomeRow {
            severity: runbook.severity.clone(),
            about: vec![("Owner", "platform".to_owned()), ("Last used", "3d ago, resolved in 12m 04s".to_owned())],
            runbook: Some(runbook.clone()),
            ..row(Choice::Run(runbook.id.clone()), "Runbooks", &runbook.title, "platform · used 3d ago · never rehearsed here")
        });
    }
    let past = Choice::Read(IncidentId::new("20261120-0900-email-11aa"));
    rows.push(row(past, "Past incidents", "E-mail is not sent", "resolved in 12m 04s · 1d ago · grace"));
    rows
}

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn control(letter: char) -> Event {
    Event::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
}

fn typing(view: &mut HomeView, words: &str) {
    for letter in words.chars() {
        assert_eq!(view.take(&key(KeyCode::Char(letter))), Done::NotYet);
    }
}

fn drawn(view: &mut HomeView, (columns, rows): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut buffer = Buffer::empty(area);
    view.draw(&mut buffer, area);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
}

fn shown(view: &mut HomeView, size: (u16, u16)) -> String {
    text(&drawn(view, size))
}

/// The line with the row that is chosen.
fn chosen(screen: &str) -> &str {
    screen.lines().find_map(|line| line.trim_start().strip_prefix("› ").or(line.trim_start().strip_prefix("> "))).unwrap_or_default()
}

#[test]
fn it_looks_like_this() {
    for size in SIZES {
        let mut view = HomeView::new(rows(), LIGHT);
        let empty = shown(&mut view, size);
        typing(&mut view, "relation does not exist");
        let asked = shown(&mut view, size);
        insta::assert_snapshot!(format!("home_{}x{}", size.0, size.1), format!("{empty}\n{}\n{asked}", "=".repeat(usize::from(size.0))));
    }
}

#[test]
fn a_pasted_stack_trace_finds_its_runbook_and_says_why() {
    let mut view = HomeView::new(rows(), LIGHT);
    let trace = "Traceback (most recent call last):\r\n  File \"worker.py\", line 12\r\nasyncpg.exceptions.UndefinedTableError: relation \"upload_pipeline.upload_jobs\" does not exist\r\n";
    view.take(&Event::Paste(trace.to_owned()));
    let screen = shown(&mut view, (80, 24));
    assert!(chosen(&screen).starts_with("Worker database schema missing"), "{screen}");
    assert!(screen.contains("(3 lines)") && screen.contains("known error: "), "{screen}");
    assert!(screen.contains("open an incident with this runbook"), "{screen}");
    assert_eq!(view.take(&key(KeyCode::Enter)), Done::Chosen(Choice::Run(Id::new("worker-schema-missing"))));
}

#[test]
fn what_matched_is_marked_without_colour_too() {
    for theme in [LIGHT, BARE] {
        let mut view = HomeView::new(rows(), theme);
        typing(&mut view, "schema");
        let buffer = drawn(&mut view, (80, 24));
        let marked: String =
            buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED)).map(ratatui::buffer::Cell::symbol).collect();
        assert!(marked.to_lowercase().starts_with("schema"), "{marked}\n{}", text(&buffer));
    }
}

#[test]
fn every_key_does_what_it_says() {
    let mut view = HomeView::new(rows(), LIGHT);
    let screen = shown(&mut view, (80, 24));
    assert!(screen.contains("00:14:03") && screen.contains("go on with this incident"), "{screen}");
    view.take(&key(KeyCode::End));
    let screen = shown(&mut view, (80, 24));
    assert!(chosen(&screen).starts_with("E-mail is not sent") && screen.contains("read it as it went"), "{screen}");
    assert_eq!(view.take(&key(KeyCode::Enter)), Done::Chosen(Choice::Read(IncidentId::new("20261120-0900-email-11aa"))));
    for (go, lands) in [(KeyCode::Home, 0), (KeyCode::PageDown, 8), (KeyCode::PageUp, 0), (KeyCode::Down, 1), (KeyCode::Up, 0)] {
        view.take(&key(go));
        let screen = shown(&mut view, (80, 24));
        let title = rows()[lands].title.clone();
        assert!(chosen(&screen).starts_with(&title), "{go:?} should land on {title}\n{screen}");
    }
    // The preview takes the list's place on a small screen, and can be read to its end.
    view.take(&key(KeyCode::Down));
    view.take(&key(KeyCode::Tab));
    let screen = shown(&mut view, (40, 12));
    assert!(screen.contains("more") && screen.contains("Owner: platform"), "{screen}");
    view.take(&key(KeyCode::End));
    let screen = shown(&mut view, (40, 12));
    assert!(!screen.contains(" more") && screen.contains("It may run on"), "{screen}");
    view.take(&key(KeyCode::Esc));
    assert!(shown(&mut view, (40, 12)).contains("Runbooks"));
    view.take(&key(KeyCode::Char('?')));
    assert!(shown(&mut view, (80, 24)).contains("paste an error"));
    view.take(&key(KeyCode::Esc));
    typing(&mut view, "what now?");
    assert!(shown(&mut view, (80, 24)).contains("What is wrong? what now?"));
    view.take(&control('w'));
    assert!(shown(&mut view, (80, 24)).lines().nth(1).unwrap().trim_end().ends_with("wrong? what"));
    view.take(&control('u'));
    assert!(chosen(&shown(&mut view, (80, 24))).starts_with("Worker database schema missing"));
    typing(&mut view, "zzzzzz");
    assert!(shown(&mut view, (80, 24)).contains("Nothing matches"));
    assert_eq!(view.take(&key(KeyCode::Enter)), Done::NotYet);
    assert_eq!(view.take(&key(KeyCode::Esc)), Done::NotYet);
    assert_eq!(view.take(&control('z')), Done::Suspend);
    assert_eq!(view.take(&key(KeyCode::Esc)), Done::Left);
}

#[test]
fn any_size_any_text_and_any_terminal() {
    let hostile = ["\u{1b}[2J\u{202e}evil\nsecond", "数据库不可用 数据库", "قاعدة البيانات", "e\u{301}\u{200b}x", ""];
    for theme in [LIGHT, BARE] {
        let mut all = rows();
        for title in hostile {
            all.insert(0, HomeRow { about: vec![("About", title.to_owned())], ..row(Choice::Run(Id::new("x")), "Runbooks", title, title) });
        }
        let mut view = HomeView::new(all, theme);
        for typed in ["", "数据", "e", "\u{1b}[2J"] {
            view.take(&control('u'));
            typing(&mut view, typed);
            for _ in 0..7 {
                for size in [(1, 1), (5, 3), (40, 12), (99, 5), (100, 30), (500, 100)] {
                    let buffer = drawn(&mut view, size);
                    for cell in &buffer.content {
                        assert!(!cell.symbol().chars().any(fracas::base::text::is_deceptive), "{:?}", cell.symbol());
                        assert!(!theme.ascii || cell.symbol().is_ascii(), "{:?}", cell.symbol());
                        assert!(theme.palette != Palette::None || (cell.fg, cell.bg) == Default::default(), "{cell:?}");
                    }
                }
                view.take(&key(KeyCode::Down));
                view.take(&key(KeyCode::Tab));
            }
        }
    }
}

#[test]
fn a_click_chooses_a_row_and_a_second_one_opens_it() {
    let mut view = HomeView::new(rows(), LIGHT);
    let screen = drawn(&mut view, (80, 24));
    let find = |text: &str| {
        let line = |row: u16| (0..80).map(|column| screen[(column, row)].symbol()).collect::<String>();
        (0..24).find(|row| line(*row).contains(text)).unwrap()
    };
    let at = |kind: MouseEventKind, row: u16| Event::Mouse(MouseEvent { kind, column: 10, row, modifiers: KeyModifiers::NONE });
    let click = MouseEventKind::Down(MouseButton::Left);
    let row = find("Application does not start");
    assert_eq!(view.take(&at(click, row)), Done::NotYet, "the first only chooses");
    drawn(&mut view, (80, 24));
    let Done::Chosen(chosen) = view.take(&at(click, row)) else { panic!("the second opens it") };
    // The wheel goes on, and the last line is Enter.
    view.take(&at(MouseEventKind::ScrollDown, 12));
    drawn(&mut view, (80, 24));
    let Done::Chosen(next) = view.take(&at(click, 23)) else { panic!("the last line is Enter") };
    assert_ne!(chosen, next);
}

#[test]
fn the_program_lists_what_is_in_its_journals() {
    let state = tempfile::tempdir().unwrap();
    // At the first start there is nothing but an offer.
    let mut terminal = Terminal::start(fracas(state.path(), &[]), (80, 24));
    terminal.until("Begin with a drill");
    assert!(terminal.shows("nothing real is touched") && terminal.shows("start this drill: nothing in it is real"));
    terminal.press("\x1b");
    assert_eq!(terminal.ends(SOON), State::Exited(0));
    let inputs = ["-i", "platform=docker", "-i", "worker=worker", "-i", "test_document=00000000-0000-4000-8000-000000000001"];
    let mut run = Command::new(env!("CARGO_BIN_EXE_fracas"));
    run.args(["run", "worker-schema-missing", "--plain", "--as", "ada"]).args(inputs).env("FRACAS_STATE", state.path());
    let output = run.env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere").stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let mut terminal = Terminal::start(fracas(state.path(), &[]), (120, 40));
    terminal.until("Open incidents");
    assert!(terminal.shows("led by ada · not begun") && !terminal.shows("Begin with a drill"), "{}", terminal.contents());
    assert!(terminal.shows("never rehearsed"), "{}", terminal.contents());
    // Its clock runs, although nobody presses a key.
    let clock = |terminal: &Terminal| terminal.contents().split("00:00:").nth(1).map(|rest| rest[..2].to_owned());
    let before = clock(&terminal);
    assert!(before.is_some(), "{}", terminal.contents());
    terminal.until_so("a later second", |terminal| clock(terminal) != before);
    terminal.press("\r");
    terminal.until("turn to “1.1 System status”");
}
