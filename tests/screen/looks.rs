//! Every view at four sizes and in four themes. The text is kept as it is; of the themes, what has which style.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use fracas::tui::{Palette, Theme};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::play::Play;

/// The smallest there is, the usual one, a large one and a whole monitor.
const SIZES: [(u16, u16); 4] = [(40, 12), (80, 24), (120, 40), (200, 60)];

/// A view and how one gets there.
type View = (&'static str, fn(&mut Play));

const VIEWS: &[View] = &[
    ("opened", |_| {}),
    ("red", red),
    ("open_steps", |play| {
        red(play);
        play.press("f");
    }),
    ("proposed", |play| _ = play.go_on_until("rehearse ", 20)),
    ("plan", plan),
    ("plan_failed", |play| {
        play.problem = Some(fracas::timeline::event::Problem {
            message: "permission denied for database app".to_owned(),
            statement: Some(0),
            sqlstate: Some("42501".to_owned()),
            position: Some(15),
            ..Default::default()
        });
        plan(play);
    }),
    ("typed", |play| {
        plan(play);
        play.press("app");
    }),
    ("committed", committed),
    ("criteria", |play| {
        committed(play);
        play.press("Enter c");
    }),
    ("timeline", |play| {
        committed(play);
        play.press("Enter t");
    }),
    ("help", |play| _ = play.press("?")),
    ("help_found", |play| _ = play.press("? note")),
    ("palette", |play| _ = play.press(":")),
    ("palette_found", |play| _ = play.press(": sev")),
    ("due", |play| {
        late(play);
        play.press("e");
    }),
    ("banner", late),
    ("update", |play| {
        late(play);
        play.press("T");
    }),
    ("ask", |play| {
        red(play);
        play.press("d");
    }),
    ("answer", |play| {
        red(play);
        play.press("d SELECT Space 1 Enter Enter");
    }),
    ("keep", |play| {
        red(play);
        play.press("d SELECT Space 1 Enter Enter K");
    }),
    ("command", |play| {
        red(play);
        play.press("$");
    }),
    ("read", |play| {
        red(play);
        play.press("v");
    }),
    ("contacts", |play| _ = play.press("i")),
    ("roles", |play| _ = play.press("m")),
    ("report", |play| _ = play.press("F")),
    ("decision", |play| _ = play.press("D")),
    ("note", |play| _ = play.press("n")),
    ("hand_over", |play| _ = play.press("H")),
    ("join", |play| {
        red(play);
        play.press("J");
    }),
    ("joining", |play| {
        red(play);
        play.press("J connection Space refused Enter");
    }),
    ("leave", |play| _ = play.press("q")),
];

fn red(play: &mut Play) {
    play.press("Enter").later(Duration::from_secs(3));
    play.press("Enter Enter").later(Duration::from_secs(61));
}

fn plan(play: &mut Play) {
    play.go_on_until("rehearse ", 20).press("Enter");
}

fn committed(play: &mut Play) {
    plan(play);
    play.press("app");
    for mended in ["schema-exists", "schema-owner"] {
        play.red.remove(mended);
    }
    play.press("Enter");
}

/// Nobody has done anything for an hour.
fn late(play: &mut Play) {
    red(play);
    for _ in 0..6 {
        play.later(Duration::from_mins(11));
    }
}

fn at(view: &View, palette: Palette) -> Play {
    let mut play = Play::schema_gone_in(Theme { palette, ascii: false });
    (view.1)(&mut play);
    play
}

#[test]
fn each_view_looks_as_it_did_at_every_size() {
    for view in VIEWS {
        let mut play = at(view, Palette::Dark);
        let mut text = String::new();
        for (columns, rows) in SIZES {
            _ = write!(text, "{columns}x{rows}\n{}\n", play.text(columns, rows));
        }
        insta::assert_snapshot!(format!("view_{}", view.0), text);
    }
}

#[test]
fn each_theme_looks_as_it_did_and_says_the_same_words() {
    let mut looks = Palette::ALL.map(|palette| (palette, String::new()));
    for view in VIEWS {
        let mut words: Option<Vec<String>> = None;
        for (palette, looks) in &mut looks {
            let mut play = at(view, *palette);
            let drawn: Vec<Buffer> = SIZES.iter().map(|(columns, rows)| play.drawn(*columns, *rows)).collect();
            for buffer in &drawn {
                holds(*palette, buffer);
            }
            _ = write!(looks, "{}\n{}\n", view.0, styles(&drawn[1]));
            let said: Vec<String> = drawn.iter().map(|buffer| buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()).collect();
            assert_eq!(words.get_or_insert_with(|| said.clone()), &said, "{} in {}", view.0, palette.name());
        }
    }
    for (palette, looks) in looks {
        insta::assert_snapshot!(format!("theme_{}", palette.name()), looks);
    }
}

/// What is true of every cell in a theme.
fn holds(palette: Palette, buffer: &Buffer) {
    for cell in &buffer.content {
        match palette {
            Palette::None => assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "a colour where none is wanted"),
            Palette::HighContrast => {
                assert!(cell.fg != Color::Reset && cell.bg != Color::Reset, "{cell:?} leaves its contrast to the terminal");
                assert!(!cell.modifier.contains(Modifier::DIM), "{cell:?} is dim");
            }
            Palette::Light => assert!(
                !matches!(cell.fg, Color::Yellow | Color::Cyan | Color::Green | Color::White),
                "{cell:?} cannot be read on a light background"
            ),
            Palette::Dark => {}
        }
    }
}

/// The styles of a screen as letters, and what the letters mean. A full stop is the ordinary one.
fn styles(buffer: &Buffer) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let mut grid = String::new();
    for row in 0..buffer.area.height {
        let mut line = String::new();
        for column in 0..buffer.area.width {
            let cell = &buffer[(column, row)];
            let style = format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier);
            let next = char::from(b'a' + u8::try_from(letters.len()).unwrap());
            let is_ordinary = cell.fg == Color::Reset && cell.bg == Color::Reset && cell.modifier.is_empty();
            line.push(if is_ordinary { '.' } else { *letters.entry(style).or_insert(next) });
        }
        _ = writeln!(grid, "{}", line.trim_end_matches('.'));
    }
    let mut legend: Vec<(char, String)> = letters.into_iter().map(|(style, letter)| (letter, style)).collect();
    legend.sort_unstable();
    for (letter, style) in legend {
        _ = writeln!(grid, "{letter} {style}");
    }
    grid
}

#[test]
fn nothing_but_ascii_is_shown_where_that_is_wanted() {
    for view in VIEWS {
        let mut play = Play::schema_gone_in(Theme { palette: Palette::Dark, ascii: true });
        (view.1)(&mut play);
        for (columns, rows) in SIZES {
            let text = play.text(columns, rows);
            let strange: Vec<char> = text.chars().filter(|c| !c.is_ascii()).collect();
            assert!(strange.is_empty(), "{}: {strange:?}\n{text}", view.0);
        }
    }
}
