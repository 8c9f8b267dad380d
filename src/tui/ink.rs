//! Putting words into cells: harmless, measured, cut and wrapped. Everything that came from outside goes
//! through here. Never shortens without an ellipsis.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::base::text;
use crate::present::{Mark, Symbols};

/// A harmless span.
pub(super) fn span(words: impl AsRef<str>, style: Style) -> Span<'static> {
    Span::styled(text::line(words.as_ref()).into_owned(), style)
}

/// A text with some of it in bold, in colour where there is one, and underlined: seen without colour, too.
pub(super) fn marked(words: &str, places: Vec<Range<usize>>, style: Style) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut at = 0;
    for range in places {
        spans.push(span(&words[at..range.start], style));
        spans.push(span(&words[range.clone()], style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED).remove_modifier(Modifier::DIM)));
        at = range.end;
    }
    spans.push(span(&words[at..], style));
    spans
}

/// The columns a text takes.
pub(super) fn width(words: &str) -> usize {
    words.width()
}

/// As [`fit`], with blanks up to `columns`, whatever the width of its letters.
pub(super) fn fill(words: &str, columns: usize) -> String {
    let mut filled = fit(words, columns);
    let blanks = columns.saturating_sub(width(&filled));
    filled.extend(std::iter::repeat_n(' ', blanks));
    filled
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
    let mut lines = Vec::new();
    for paragraph in words.split('\n') {
        let clean = text::line(paragraph.strip_suffix('\r').unwrap_or(paragraph));
        lines.extend(breaks(&clean, columns).into_iter().map(|line| clean[line].to_owned()));
    }
    lines
}

/// Where one line of text is broken so that each part takes at most `columns`: the parts, without the blanks between them.
/// An indent (of SQL, of output) stays on the first.
pub(super) fn breaks(line: &str, columns: usize) -> Vec<Range<usize>> {
    let columns = columns.max(1);
    let mut parts = Vec::new();
    // The part that is being filled, the columns it takes, and where it ends without blanks.
    let (mut from, mut taken, mut at) = (0, 0, 0);
    let trimmed = |range: Range<usize>| range.start..range.start + line[range.clone()].trim_end().len();
    for word in pieces(line) {
        let wide = word.width();
        let end = at + word.len();
        if taken + wide <= columns {
            taken += wide;
        } else if word.trim().is_empty() {
            // A blank at the border is the border.
            parts.push(from..at);
            (from, taken) = (end, 0);
        } else if wide <= columns {
            parts.push(trimmed(from..at));
            (from, taken) = (at, wide);
        } else {
            let mut place = at;
            for grapheme in word.graphemes(true) {
                if taken + grapheme.width() > columns && place > from {
                    parts.push(from..place);
                    (from, taken) = (place, 0);
                }
                taken += grapheme.width();
                place += grapheme.len();
            }
        }
        at = end;
    }
    parts.push(from..line.len());
    parts
}

/// What of a line is seen through a window of `columns` that begins `left` columns in. A wide character that is cut in half
/// is a blank.
pub(super) fn window(line: &str, left: usize, columns: usize) -> String {
    let mut seen = String::new();
    let mut at = 0;
    for grapheme in line.graphemes(true) {
        let (from, to) = (at, at + grapheme.width());
        at = to;
        if to <= left && to > from {
            continue;
        }
        if to > left + columns {
            break;
        }
        if from < left {
            seen.push_str(&" ".repeat(to - left));
        } else {
            seen.push_str(grapheme);
        }
    }
    seen
}

/// Whether a line goes on behind so many columns. A line of a megabyte costs no more than a short one.
pub(super) fn is_wider(line: &str, columns: usize) -> bool {
    let mut taken = 0;
    line.graphemes(true).any(|grapheme| {
        taken += grapheme.width();
        taken > columns
    })
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
        "▄" => "=",
        "…" | "░" | "▁" | "▂" => ".",
        "“" | "”" | "„" => "\"",
        "‘" | "’" => "'",
        "╭" | "╮" | "╰" | "╯" | "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
        "↓" => "v",
        "↑" => "^",
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
        assert_eq!(window("数据库 is gone", 2, 6), "据库 i");
        assert_eq!(window("数据库 is gone", 1, 4), " 据");
        assert_eq!(window("short", 9, 4), "");
        assert!(is_wider("数据库", 5) && !is_wider("数据库", 6));
        assert_eq!(chunks("SET SCHEMA upload", 12), ["SET SCHEMA ", "upload"]);
        assert_eq!(chunks("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb\u{1b}[2J", 20), ["a", "", "b<U+001B>[2J"]);
    }
}
