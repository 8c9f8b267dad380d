//! Rows as a table for people. Never the form that expressions see.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr as _;

use crate::base::redact::Masker;
use crate::base::{Value, Values, text};

/// Rows shown; the rest is counted. Nobody reads more on a screen, and expressions see them all.
const SHOWN: usize = 200;

/// Characters of a cell that are shown: wider ones push the next column out of every window.
const WIDEST: usize = 200;

/// The rows as aligned columns under their names, masked and cleaned.
#[must_use]
pub fn draw(rows: &[Values], masker: &Masker) -> String {
    let Some(first) = rows.first() else { return "(no rows)".to_owned() };
    let names: Vec<String> = first.keys().map(|name| text::line(name).into_owned()).collect();
    let cells: Vec<Vec<String>> = rows.iter().take(SHOWN).map(|row| row.values().map(|value| cell(value, masker)).collect()).collect();
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(n, name)| cells.iter().filter_map(|row| row.get(n)).map(|cell| cell.width()).max().unwrap_or(0).max(name.width()))
        .collect();
    let mut drawn = line(&names, &widths);
    drawn.push('\n');
    drawn.push_str(&widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("─┼─"));
    for row in &cells {
        drawn.push('\n');
        drawn.push_str(&line(row, &widths));
    }
    if rows.len() > SHOWN {
        _ = write!(drawn, "\n… and {} more rows", rows.len() - SHOWN);
    }
    drawn
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> =
        cells.iter().zip(widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))).collect();
    padded.join(" │ ").trim_end().to_owned()
}

/// Masked before it is shortened: half a secret would be recognised by nobody.
fn cell(value: &Value, masker: &Masker) -> String {
    let words = match value {
        Value::Null => "NULL".to_owned(),
        Value::String(words) => words.clone(),
        other => other.to_string(),
    };
    let words = masker.mask(&words);
    let words = text::line(&words);
    match words.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let rows: Vec<Values> = [("数", Value::from(1)), ("b\u{1b}", Value::Null)]
            .into_iter()
            .map(|(name, n)| Values::from_iter([("name".to_owned(), Value::from(name)), ("n".to_owned(), n)]))
            .collect();
        assert_eq!(draw(&rows, &Masker::default()), "name      │ n\n──────────┼─────\n数        │ 1\nb<U+001B> │ NULL");
        assert_eq!(draw(&[], &Masker::default()), "(no rows)");
    }
}
