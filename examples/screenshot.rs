//! Draws the real screen of a recorded incident as an SVG picture, for the README. Never a mock-up: the
//! picture is what `tui::draw` puts into a terminal's cells.
//!
//! `cargo run --example screenshot -- INCIDENT_FOLDER [ENTRIES] > assets/screen.svg`, where the folder holds an
//! incident's `journal.jsonl` and `runbook.yaml`, and ENTRIES says after how many entries the picture is taken.

#![expect(clippy::print_stdout, reason = "standard output is where the picture goes")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use fracas::base::stamp::Stamp;
use fracas::engine::Session;
use fracas::runbook::yaml;
use fracas::timeline::{Incident, wire};
use fracas::tui::{Theme, Ui, draw};

/// The size of the terminal in cells: wide enough for every pane, small enough to be read in a README.
const SIZE: (u16, u16) = (120, 38);
/// The size of a cell in pixels, at a font size of 14: the advance of common monospaced fonts is 0.6 em.
const CELL: (f64, f64) = (8.4, 18.0);
/// Space around the screen, in pixels.
const MARGIN: f64 = 12.0;
/// How long after its last entry the picture is taken.
const AFTERWARDS: Duration = Duration::from_secs(2);

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d8dbe2";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("say which incident's folder is to be drawn")?;
    let entries = arguments.next().map_or(Ok(usize::MAX), |entries| entries.parse())?;
    let (session, now) = replayed(Path::new(&folder), entries)?;
    let mut ui = Ui::new(Theme { color: true, ascii: false });
    let mut terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1))?;
    terminal.draw(|frame| draw(&session, &mut ui, now, frame))?;
    println!("{}", svg(terminal.backend().buffer(), &session.runbook.title));
    Ok(())
}

/// The session as it was after so many entries, and a moment shortly afterwards.
fn replayed(folder: &Path, entries: usize) -> Result<(Session, Stamp), Box<dyn Error>> {
    let journal = std::fs::read_to_string(folder.join("journal.jsonl"))?;
    let bytes = std::fs::read(folder.join("runbook.yaml"))?;
    let problems =
        |problems: Vec<fracas::runbook::problem::Problem>| problems.iter().map(|problem| problem.line() + "\n").collect::<String>();
    let runbook = yaml::read("runbook.yaml", &bytes).map_err(problems)?;
    let read: Result<Vec<_>, String> = journal.lines().take(entries).map(|line| wire::read(line).map(|read| read.entry)).collect();
    let incident = Incident::replay(read?);
    let opened = incident.opened().ok_or("the journal is empty")?;
    let last = incident.entries().last().ok_or("the journal is empty")?.at;
    let now = Stamp { wall: last.wall + AFTERWARDS, elapsed: last.elapsed + AFTERWARDS };
    let (inputs, lead) = (opened.inputs.clone(), incident.lead.clone());
    Ok((Session::new(Arc::new(runbook), incident, inputs, lead), now))
}

/// The cells as a picture: backgrounds first, then runs of letters that look alike.
fn svg(buffer: &Buffer, title: &str) -> String {
    let (width, height) = (f64::from(SIZE.0) * CELL.0 + 2.0 * MARGIN, f64::from(SIZE.1) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" aria-label=\"{}\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n",
        escaped(title)
    );
    for y in 0..SIZE.1 {
        let row: Vec<&Cell> = (0..SIZE.0).filter_map(|x| buffer.cell((x, y))).collect();
        let mut column = 0;
        for run in row.chunk_by(|one, next| look(one) == look(next)) {
            let _ = draw_run(&mut svg, run, column, y);
            column += run.len();
        }
    }
    svg.push_str("</svg>");
    svg
}

/// What tells cells apart: colours and attributes.
fn look(cell: &Cell) -> (&'static str, &'static str, Modifier) {
    let (fore, back) = (color(cell.fg, FOREGROUND), color(cell.bg, BACKGROUND));
    if cell.modifier.contains(Modifier::REVERSED) { (back, fore, cell.modifier) } else { (fore, back, cell.modifier) }
}

fn draw_run(svg: &mut String, run: &[&Cell], column: usize, row: u16) -> std::fmt::Result {
    let Some((fore, back, modifier)) = run.first().map(|cell| look(cell)) else {
        return Ok(());
    };
    let x = MARGIN + f64::from(u32::try_from(column).unwrap_or(0)) * CELL.0;
    let y = MARGIN + f64::from(row) * CELL.1;
    let width = f64::from(u32::try_from(run.len()).unwrap_or(0)) * CELL.0;
    if back != BACKGROUND {
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{back}\"/>", CELL.1)?;
    }
    let text: String = run.iter().map(|cell| cell.symbol()).collect();
    if text.trim().is_empty() {
        return Ok(());
    }
    let bold = if modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let dim = if modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
    let line = if modifier.contains(Modifier::UNDERLINED) { " text-decoration=\"underline\"" } else { "" };
    // The length is given so that a viewer with another font keeps the columns.
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fore}\"{bold}{dim}{line}>{}</text>",
        y + CELL.1 * 0.75,
        escaped(&text)
    )
}

/// The colours of a dark terminal, for the few that the screen uses.
fn color(color: Color, otherwise: &'static str) -> &'static str {
    match color {
        Color::Black => "#16181d",
        Color::Red | Color::LightRed => "#f2696e",
        Color::Green | Color::LightGreen => "#7fcf7f",
        Color::Yellow | Color::LightYellow => "#e6c15c",
        Color::Blue | Color::LightBlue => "#5b8def",
        Color::Magenta | Color::LightMagenta => "#b46fd6",
        Color::Cyan | Color::LightCyan => "#5fc7c9",
        Color::Gray => "#a7adba",
        Color::DarkGray => "#6b7280",
        Color::White => "#ffffff",
        _ => otherwise,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
