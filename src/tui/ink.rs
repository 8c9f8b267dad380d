//! Putting words into cells: harmless, measured, cut and wrapped. Everything that came from outside goes
//! through here. Never shortens without an ellipsis.

use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::base::text;
use crate::present::{Mark, Symbols};

/// A harmless span.
pub(super) fn span(words: impl AsRef<str>, style: Style) -> Span<'static> {
    Span::styled(text::line(words.as_ref()).into_owned(), style)
}

/// The columns a text takes.
pub(super) fn width(words: &str) -> usize {
    words.width()
}

/// A harmless text in at most `columns`, with an ellipsis where it was cut.
pub(super) fn fit(words: &str, columns: usize) -> String {
    let clean = text::line(words);
    if clean.width() <= columns {
        return clean.into_owned();
    }
    let mut cut = String::new();
    let mut taken = 0;
    for grapheme in clean.graphemes(true) {
        taken += grapheme.width();
        if taken + 1 > columns {
            break;
        }
        cut.push_str(grapheme);
    }
    if columns > 0 {
        cut.push('…');
    }
    cut
}

/// A harmless text in lines of at most `columns`, broken between words where possible.
pub(super) fn wrap(words: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in words.split('\n') {
        let clean = text::line(paragraph.strip_suffix('\r').unwrap_or(paragraph));
        wrap_paragraph(&clean, columns, &mut lines);
    }
    lines
}

fn wrap_paragraph(paragraph: &str, columns: usize, lines: &mut Vec<String>) {
    // Indented lines (SQL, output) keep their indent on the first line.
    let mut line = String::new();
    let mut taken = 0;
    for word in pieces(paragraph) {
        let wide = word.width();
        if taken + wide <= columns {
            line.push_str(word);
            taken += wide;
        } else if word.trim().is_empty() {
            // A blank at the border is the border.
            lines.push(std::mem::take(&mut line));
            taken = 0;
        } else if wide <= columns {
            lines.push(line.trim_end().to_owned());
            word.clone_into(&mut line);
            taken = wide;
        } else {
            for grapheme in word.graphemes(true) {
                if taken + grapheme.width() > columns {
                    lines.push(std::mem::take(&mut line));
                    taken = 0;
                }
                line.push_str(grapheme);
                taken += grapheme.width();
            }
        }
    }
    lines.push(line);
}

/// A text as its words and the blanks between them. A full stop stays with its word.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let blank = rest.chars().next()?.is_whitespace();
        let end = rest.find(|c: char| c.is_whitespace() != blank).unwrap_or(rest.len());
        let (piece, more) = rest.split_at(end);
        rest = more;
        Some(piece)
    })
}

/// A harmless text in pieces of at most `columns` that together are the whole of it, broken after a blank where
/// that leaves a piece more than half full: for text whose every character counts.
pub(super) fn chunks(words: &str, columns: usize) -> Vec<String> {
    let mut chunks = vec![String::new()];
    let mut taken = 0;
    for grapheme in text::line(words).graphemes(true) {
        if taken + grapheme.width() > columns.max(1) {
            let rest = chunks.last_mut().and_then(|full| {
                let after = full.rfind(' ')? + 1;
                (after > full.len() / 2).then(|| full.split_off(after))
            });
            taken = rest.as_deref().map_or(0, width);
            chunks.push(rest.unwrap_or_default());
        }
        taken += grapheme.width();
        if let Some(chunk) = chunks.last_mut() {
            chunk.push_str(grapheme);
        }
    }
    chunks
}

/// A line with `left`, and `right` at the far end if there is room for both.
pub(super) fn justified(mut left: Vec<Span<'static>>, right: Vec<Span<'static>>, columns: usize) -> Line<'static> {
    let taken: usize = left.iter().map(Span::width).sum();
    let wanted: usize = right.iter().map(Span::width).sum();
    if wanted > 0 && taken + wanted < columns {
        left.push(Span::raw(" ".repeat(columns - taken - wanted)));
        left.extend(right);
    }
    Line::from(left)
}

/// Replaces what a terminal without UTF-8 cannot show, after everything is drawn.
pub(super) fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            cell.set_symbol(ascii(cell.symbol()));
        }
    }
}

/// The nearest thing ASCII has. Meaning never rests on a symbol alone, so a `?` loses none.
fn ascii(symbol: &str) -> &'static str {
    if let Some(mark) = Mark::ALL.iter().find(|mark| mark.symbol(Symbols::Unicode) == symbol) {
        return mark.symbol(Symbols::Ascii);
    }
    match symbol {
        "→" | "›" => ">",
        "⠋" | "⠸" | "⠇" => "/",
        "⠹" | "⠴" | "⠧" => "\\",
        "—" | "⠙" | "⠼" | "⠏" | "─" | "━" => "-",
        "│" | "┃" | "⠦" => "|",
        "█" | "▓" | "▆" => "#",
        "…" | "░" | "▁" | "▂" => ".",
        "“" | "”" | "„" => "\"",
        "‘" | "’" => "'",
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
        "↓" => "v",
        "←" => "<",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_and_wrapped_by_columns() {
        assert_eq!(fit("数据库 is gone", 6), "数据…");
        assert_eq!(fit("short", 5), "short");
        assert_eq!(fit("x", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one two.", 7), ["one", "two."]);
        assert_eq!(wrap("  indented", 20), ["  indented"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(chunks("SET SCHEMA upload", 12), ["SET SCHEMA ", "upload"]);
        assert_eq!(chunks("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb\u{1b}[2J", 20), ["a", "", "b<U+001B>[2J"]);
    }
}
