//! Draws what a terminal showed as an SVG picture, for the README. Never a mock-up: it is given the screen of a
//! drill that was really played, as tmux captured it.
//!
//! `tmux capture-pane -e -p | cargo run --example screenshot -- TITLE > assets/screen.svg`

#![expect(clippy::print_stdout, reason = "standard output is where the picture goes")]

use std::error::Error;
use std::fmt::Write as _;
use std::io::Read as _;
use std::num::NonZeroU16;

use vt100::{Cell, Color, Screen};

/// The size of a cell in pixels, at a font size of 14: the advance of common monospaced fonts is 0.6 em.
const CELL: (f64, f64) = (8.4, 18.0);
/// Space around the screen, in pixels.
const MARGIN: f64 = 12.0;
/// Columns of the widest terminal.
const WIDEST: NonZeroU16 = NonZeroU16::new(300).unwrap();

const BACKGROUND: &str = "#16181d";
const FOREGROUND: &str = "#d8dbe2";

/// The sixteen colours of a dark terminal.
const COLORS: [&str; 16] = [
    "#16181d", "#f2696e", "#7fcf7f", "#e6c15c", "#5b8def", "#b46fd6", "#5fc7c9", "#a7adba", //
    "#6b7280", "#f2696e", "#7fcf7f", "#e6c15c", "#5b8def", "#b46fd6", "#5fc7c9", "#ffffff",
];

fn main() -> Result<(), Box<dyn Error>> {
    let title = std::env::args().nth(1).ok_or("say what the picture shows")?;
    let mut captured = String::new();
    std::io::stdin().read_to_string(&mut captured)?;
    let lines = captured.trim_end().replace('\n', "\r\n");
    let rows = NonZeroU16::try_from(u16::try_from(lines.lines().count())?)?;
    let mut terminal = vt100::Parser::new(rows, WIDEST, 0);
    terminal.process(lines.as_bytes());
    println!("{}", svg(terminal.screen(), &title)?);
    Ok(())
}

/// The cells as a picture: runs of letters that look alike, each on its background.
fn svg(screen: &Screen, title: &str) -> Result<String, std::fmt::Error> {
    let rows = screen.size().0.get();
    let columns = screen.rows(0, WIDEST.get()).map(|row| row.trim_end().chars().count()).max().unwrap_or(0);
    let columns = u16::try_from(columns).unwrap_or(WIDEST.get());
    let (width, height) = (f64::from(columns) * CELL.0 + 2.0 * MARGIN, f64::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" aria-label=\"{}\" font-family=\"'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{BACKGROUND}\"/>\n",
        escaped(title)
    );
    for y in 0..rows {
        let row: Vec<&Cell> = (0..columns).filter_map(|x| screen.cell(y, x)).collect();
        let mut column = 0;
        for run in row.chunk_by(|one, next| look(one) == look(next)) {
            draw_run(&mut svg, run, column, y)?;
            column += run.len();
        }
    }
    svg.push_str("</svg>");
    Ok(svg)
}

/// What tells cells apart: the colours of letter and ground; bold, dim, underlined.
fn look(cell: &Cell) -> (&'static str, &'static str, [bool; 3]) {
    let (fore, back) = (color(cell.fgcolor(), FOREGROUND), color(cell.bgcolor(), BACKGROUND));
    let (fore, back) = if cell.inverse() { (back, fore) } else { (fore, back) };
    (fore, back, [cell.bold(), cell.dim(), cell.underline()])
}

fn color(color: Color, otherwise: &'static str) -> &'static str {
    match color {
        Color::Idx(index) => COLORS.get(usize::from(index)).copied().unwrap_or(otherwise),
        Color::Default | Color::Rgb(..) => otherwise,
    }
}

fn draw_run(svg: &mut String, run: &[&Cell], column: usize, row: u16) -> std::fmt::Result {
    let Some((fore, back, [bold, dim, underlined])) = run.first().map(|cell| look(cell)) else {
        return Ok(());
    };
    let cells = |number: usize| f64::from(u16::try_from(number).unwrap_or(WIDEST.get())) * CELL.0;
    let (x, y, width) = (MARGIN + cells(column), MARGIN + f64::from(row) * CELL.1, cells(run.len()));
    if back != BACKGROUND {
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{back}\"/>", CELL.1)?;
    }
    let text: String = run.iter().map(|cell| if cell.has_contents() { cell.contents() } else { " " }).collect();
    if text.trim().is_empty() {
        return Ok(());
    }
    let bold = if bold { " font-weight=\"bold\"" } else { "" };
    let dim = if dim { " opacity=\"0.6\"" } else { "" };
    let line = if underlined { " text-decoration=\"underline\"" } else { "" };
    // A blank that is one of several is left out by browsers, and the rest drawn out to the whole length; this one is kept.
    let text = text.replace(' ', "\u{a0}");
    // The length is given so that a viewer with another font keeps the columns.
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fore}\"{bold}{dim}{line}>{}</text>",
        y + CELL.1 * 0.75,
        escaped(&text)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
