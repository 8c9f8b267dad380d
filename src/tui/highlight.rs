//! Text with colours: statements, shell lines, and what checks saw, by the marks it begins its lines with. Never changes a
//! text, and never is the only one to say what it means.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::runbook::model::Spelled;
use crate::runbook::sql::words::{Word, words};

use super::theme::{Theme, Tone};

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Words.
    Plain,
    /// SQL.
    Sql,
    /// A line for a shell.
    Shell,
    /// What a check saw: its lines say by their first sign or word how they are meant.
    Answer,
}

impl Language {
    /// That in which what a runbook asks or does is spelled.
    pub(super) fn of(spelled: &Spelled) -> Self {
        match spelled.language {
            "sql" => Self::Sql,
            "sh" => Self::Shell,
            _ => Self::Plain,
        }
    }
}

/// The parts of a text that do not look ordinary, in order.
pub(super) fn tones(language: Language, text: &str) -> Vec<(Range<usize>, Tone)> {
    match language {
        Language::Plain => Vec::new(),
        Language::Sql => words(text).into_iter().map(|(range, word)| (range, of_word(word))).collect(),
        Language::Shell => shell(text),
        Language::Answer => answer(text),
    }
}

fn of_word(word: Word) -> Tone {
    match word {
        Word::Keyword => Tone::Keyword,
        Word::Literal => Tone::Quoted,
        Word::Comment => Tone::Dim,
    }
}

/// A part of a text as a line, in its tones; the rest of it has this style.
pub(super) fn line(text: &str, part: Range<usize>, tones: &[(Range<usize>, Tone)], theme: Theme, rest: Style) -> Line<'static> {
    let mut spans = Vec::new();
    let mut at = part.start;
    for (range, tone) in tones.iter().filter(|(range, _)| range.start < part.end && range.end > part.start) {
        let (from, to) = (range.start.max(at), range.end.min(part.end));
        if from < to {
            spans.push(Span::styled(text[at..from].to_owned(), rest));
            spans.push(Span::styled(text[from..to].to_owned(), rest.patch(theme.style(*tone))));
            at = to;
        }
    }
    spans.push(Span::styled(text[at..part.end].to_owned(), rest));
    spans.retain(|span| !span.content.is_empty());
    Line::from(spans)
}

/// The first word of each command, quoted texts, variables and comments.
fn shell(text: &str) -> Vec<(Range<usize>, Tone)> {
    let mut found = Vec::new();
    let mut is_first = true;
    let mut rest = text.char_indices().peekable();
    while let Some((from, c)) = rest.next() {
        let mut until = |end: &dyn Fn(char) -> bool| {
            while let Some((at, _)) = rest.peek().copied().filter(|(_, c)| !end(*c)) {
                rest.next();
                debug_assert!(at > from);
            }
            rest.peek().map_or(text.len(), |(at, _)| *at)
        };
        match c {
            '\'' | '"' => {
                let end = until(&|other| other == c);
                rest.next();
                found.push((from..(end + 1).min(text.len()), Tone::Quoted));
                is_first = false;
            }
            '#' if text[..from].chars().next_back().is_none_or(char::is_whitespace) => {
                found.push((from..until(&|c| c == '\n'), Tone::Dim));
            }
            '$' => {
                let end = until(&|c| !(c.is_alphanumeric() || matches!(c, '_' | '{' | '}')));
                found.push((from..end, Tone::Lively));
                is_first = false;
            }
            '|' | ';' | '&' | '\n' | '(' => is_first = true,
            c if c.is_whitespace() => {}
            _ => {
                let end = until(&|c| c.is_whitespace() || matches!(c, '|' | ';' | '&' | '(' | ')' | '\'' | '"' | '$'));
                // An assignment before a command is not it.
                if is_first && !text[from..end].contains('=') {
                    found.push((from..end, Tone::Keyword));
                    is_first = false;
                }
            }
        }
    }
    found
}

/// How the lines of an answer begin that are not as expected, or are.
const BEGINNINGS: &[(&str, Tone)] = &[
    ("✓", Tone::Good),
    ("├─✓", Tone::Good),
    ("└─✓", Tone::Good),
    ("✗", Tone::Bad),
    ("├─✗", Tone::Bad),
    ("└─✗", Tone::Bad),
    ("! ", Tone::Warn),
    ("- ", Tone::Bad),
    ("+ ", Tone::Warn),
    ("~ ", Tone::Warn),
    ("missing ", Tone::Bad),
    ("different ", Tone::Warn),
    ("invalid ", Tone::Bad),
    ("extra ", Tone::Dim),
    ("as expected", Tone::Good),
];

fn answer(text: &str) -> Vec<(Range<usize>, Tone)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim_start();
        let from = at + line.len() - words.len();
        if let Some((beginning, tone)) = BEGINNINGS.iter().find(|(beginning, _)| words.starts_with(beginning)) {
            // What is wrong is coloured whole; of what is right the mark is enough.
            let end = if matches!(tone, Tone::Good) { from + beginning.len() } else { at + line.trim_end().len() };
            found.push((from..end, *tone));
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_line_shows_its_commands_texts_and_variables() {
        let text = "LANG=C kubectl logs \"$pod\" | grep -c 'no such' # count\nexit $n";
        let found: Vec<(&str, Tone)> = tones(Language::Shell, text).into_iter().map(|(range, tone)| (&text[range], tone)).collect();
        assert_eq!(
            found,
            [
                ("kubectl", Tone::Keyword),
                ("\"$pod\"", Tone::Quoted),
                ("grep", Tone::Keyword),
                ("'no such'", Tone::Quoted),
                ("# count", Tone::Dim),
                ("exit", Tone::Keyword),
                ("$n", Tone::Lively),
            ]
        );
        for unfinished in ["'", "\"", "$", "#", "echo 'ü", "é$é'ü"] {
            let _ = tones(Language::Shell, unfinished);
        }
    }

    #[test]
    fn a_part_of_a_text_keeps_its_tones() {
        let theme = Theme { palette: crate::tui::theme::Palette::None, ascii: false };
        let text = "SELECT 'ab' x";
        let drawn = line(text, 3..11, &tones(Language::Sql, text), theme, Style::new());
        assert_eq!(drawn.spans.iter().map(|span| span.content.as_ref()).collect::<Vec<_>>(), ["ECT", " ", "'ab'"]);
    }
}
