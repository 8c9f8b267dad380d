//! How the home screen is drawn: the question, the rows that are seen, the preview, and what Enter does. Never looks at more
//! rows than fit.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::base::text;
use crate::present::words;
use crate::runbook::search::{Why, marks};
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::popup::frame::put;
use crate::tui::theme::{Theme, Tone};

use super::{Choice, FOOT, HomeRow, HomeView, Over, preview};

/// From this width on, the preview stands beside the list.
const TWO_PANES: u16 = 100;

/// Columns of the keys, beside which stands what they do.
const KEY_COLUMNS: usize = 15;

/// What is typed is text, whatever the settings say of keys.
const TYPING: &[(&str, &str)] = &[
    ("any letters", "Look for a symptom, a name, a word; paste an error or a whole stack trace"),
    ("Ctrl-w Ctrl-u", "Take back a word, or all that was typed"),
];

pub(super) fn draw(view: &mut HomeView, buffer: &mut Buffer, screen: Rect) {
    let theme = view.theme;
    let area = screen.inner(Margin { horizontal: u16::from(screen.width > 60), vertical: 0 });
    put(buffer, area, 0, &Line::from(span("fracas", theme.style(Tone::Strong))));
    put(buffer, area, 1, &question(view, usize::from(area.width)));
    if let Some(said) = &view.said {
        let words = ink::fit(&format!("! {}", text::line(said)), usize::from(area.width));
        put(buffer, area, 2, &Line::from(span(words, theme.style(Tone::Warn))));
    }
    let body = Rect { y: area.y + 3.min(area.height), height: area.height.saturating_sub(4), ..area };
    match view.over {
        Over::Keys => keys(view, buffer, body),
        Over::Preview(from) => {
            let lines = view.selected().map(|row| preview::lines(row, &view.typed, theme, usize::from(body.width))).unwrap_or_default();
            let from = from.min(lines.len().saturating_sub(usize::from(body.height)));
            view.over = Over::Preview(from);
            beside(buffer, body, theme, &lines, from);
        }
        Over::Nothing if screen.width >= TWO_PANES => {
            // The list needs no more than a title; the rest is for reading.
            let left = (body.width * 11 / 20).min(90);
            rows(view, buffer, Rect { width: left, ..body });
            let right = Rect { x: body.x + left + 2, width: (body.width - left).saturating_sub(2).min(100), ..body };
            let rule = Line::styled("│", theme.style(Tone::Dim));
            for row in 0..usize::from(body.height) {
                put(buffer, Rect { x: body.x + left, width: 1, ..body }, row, &rule);
            }
            if let Some(row) = view.selected() {
                let lines = preview::lines(row, &view.typed, theme, usize::from(right.width));
                beside(buffer, right, theme, &lines, 0);
            }
        }
        Over::Nothing => rows(view, buffer, body),
    }
    foot(view, buffer, screen);
    if theme.ascii {
        ink::to_ascii(buffer);
    }
}

fn question(view: &HomeView, columns: usize) -> Line<'static> {
    const ASKS: &str = "What is wrong? ";
    let theme = view.theme;
    let lines = view.typed.lines().count();
    let more = if lines > 1 { format!(" ({lines} lines)") } else { String::new() };
    let room = columns.saturating_sub(ASKS.len() + 1 + more.len());
    let clean = text::line(if view.is_pasted { text::first_line(&view.typed) } else { &view.typed }).into_owned();
    let fitting = ink::fit(&clean, room);
    let mut shown = if view.is_pasted { fitting.as_str() } else { clean.as_str() };
    while ink::width(shown) > room {
        let mut letters = shown.chars();
        letters.next();
        shown = letters.as_str();
    }
    let mut line =
        Line::from(vec![span(ASKS, theme.style(Tone::Key)), span(shown, theme.style(Tone::Strong)), span(more, theme.style(Tone::Dim))]);
    line.push_span(span(" ", theme.style(Tone::Selected)));
    if view.typed.is_empty() {
        let hint = " a symptom, or paste an error";
        if ASKS.len() + 1 + hint.len() <= columns {
            line.push_span(span(hint, theme.style(Tone::Dim)));
        }
    }
    line
}

/// The rows from the first that is seen to the last; each takes two lines, and each group a heading.
fn rows(view: &mut HomeView, buffer: &mut Buffer, body: Rect) {
    let theme = view.theme;
    let height = usize::from(body.height);
    let mut groups = 0;
    let mut before = None;
    for found in &view.found {
        groups += usize::from(before.replace(view.rows[found.row].group) != Some(view.rows[found.row].group));
    }
    // However it is scrolled, at most so many headings are seen.
    let page = (height.saturating_sub(groups.min(height / 3)) / 2).max(1);
    let top = view.list.fit(view.found.len(), page);
    let mut line = 0;
    let mut group = None;
    for (place, found) in view.found.iter().enumerate().skip(top) {
        if line >= height {
            break;
        }
        let row = &view.rows[found.row];
        if group.replace(row.group) != Some(row.group) {
            put(buffer, body, line, &Line::from(span(row.group, theme.style(Tone::Dim))));
            line += 1;
        }
        let (first, second) = row_lines(row, found.why, view, place == view.list.selected, usize::from(body.width));
        put(buffer, body, line, &first);
        put(buffer, body, line + 1, &second);
        if let Ok(down) = u16::try_from(line) {
            view.seen.push((Rect { y: body.y + down, height: 2.min(body.height - down), ..body }, place));
        }
        line += 2;
    }
    if view.found.is_empty() {
        let words = "Nothing matches. Backspace takes a letter back, Esc all of them.";
        for (row, line) in ink::wrap(words, usize::from(body.width)).into_iter().enumerate() {
            put(buffer, body, row, &Line::styled(line, theme.style(Tone::Plain)));
        }
    }
}

fn row_lines(row: &HomeRow, why: Why, view: &HomeView, selected: bool, columns: usize) -> (Line<'static>, Line<'static>) {
    let theme = view.theme;
    let style = theme.style(if selected { Tone::Selected } else { Tone::Strong });
    let clock: Vec<Span<'static>> =
        row.clock.iter().map(|clock| span(format!(" {}", words::clock((clock.0)())), theme.style(Tone::Warn))).collect();
    let room = columns.saturating_sub(2 + clock.iter().map(Span::width).sum::<usize>() + usize::from(!clock.is_empty()));
    let mut first = vec![span(if selected { "› " } else { "  " }, theme.style(Tone::Key))];
    first.extend(marked(&ink::fit(&row.title, room), &view.typed, style));
    let first = ink::justified(first, clock, columns);
    let severity = row.severity.as_deref().map(words::severity).unwrap_or_default();
    let told = row.runbook.as_deref().and_then(|runbook| why.told(runbook));
    let below = match told {
        // Why it is here is worth more than how old it is.
        Some((label, "")) => [severity.as_str(), label].join(" · "),
        Some((label, words)) => {
            [severity.as_str(), &format!("{label}: {}", words.split_whitespace().collect::<Vec<_>>().join(" "))].join(" · ")
        }
        None => [severity.as_str(), &row.detail].join(" · "),
    };
    let below = ink::fit(below.strip_prefix(" · ").unwrap_or(&below), columns.saturating_sub(4));
    let mut second = vec![Span::raw("    ")];
    second.extend(if told.is_some() {
        marked(&below, &view.typed, theme.style(Tone::Dim))
    } else {
        vec![span(below, theme.style(Tone::Dim))]
    });
    (first, Line::from(second))
}

/// A text with the words that were typed marked.
pub(super) fn marked(words: &str, typed: &str, style: Style) -> Vec<Span<'static>> {
    ink::marked(words, marks(typed, words), style)
}

/// Lines, and how many are left out.
fn beside(buffer: &mut Buffer, area: Rect, theme: Theme, lines: &[Line<'static>], from: usize) {
    let height = usize::from(area.height);
    for (row, line) in lines.iter().skip(from).take(height).enumerate() {
        put(buffer, area, row, line);
    }
    let below = lines.len().saturating_sub(from + height);
    if below > 0 && height > 1 {
        let more = Line::from(span(ink::fill(&format!("↓ {below} more"), usize::from(area.width)), theme.style(Tone::Key)));
        put(buffer, area, height - 1, &more);
    }
}

fn keys(view: &HomeView, buffer: &mut Buffer, area: Rect) {
    let theme = view.theme;
    let columns = usize::from(area.width).saturating_sub(2).max(1);
    let typing = TYPING.iter().map(|(key, does)| ((*key).to_owned(), *does));
    let bound = view.keymap.of(Context::Home).chain(view.keymap.of(Context::Always));
    let mut lines = Vec::new();
    for (key, does) in typing.chain(bound.map(|binding| (binding.keys.join(" "), binding.help))) {
        let mut words = ink::wrap(does, columns.saturating_sub(KEY_COLUMNS)).into_iter();
        let key = span(format!("{key:KEY_COLUMNS$}"), theme.style(Tone::Key));
        lines.push(Line::from(vec![key, span(words.next().unwrap_or_default(), theme.style(Tone::Plain))]));
        lines.extend(words.map(|line| Line::from(span(format!("{:KEY_COLUMNS$}{line}", ""), theme.style(Tone::Plain)))));
    }
    beside(buffer, area, theme, &lines, 0);
}

fn foot(view: &mut HomeView, buffer: &mut Buffer, screen: Rect) {
    let theme = view.theme;
    let does = match view.selected().map(|row| &row.choice) {
        _ if view.over == Over::Keys => "any key goes back",
        Some(Choice::Resume(_)) => "go on with this incident",
        Some(Choice::Read(_)) => "read it as it went",
        Some(Choice::Run(_)) => "open an incident with this runbook",
        Some(Choice::Drill(_)) => "start this drill: nothing in it is real",
        None => "nothing is chosen",
    };
    let columns = usize::from(screen.width);
    let key = |cmd| view.keymap.key_of(Context::Home, cmd);
    let badge = format!(" {} ", key(Cmd::Accept));
    let mut foot = Line::from(vec![
        span(&badge, theme.style(Tone::Badge)),
        span(format!(" {}", ink::fit(does, columns.saturating_sub(badge.len() + 1))), theme.style(Tone::Strong)),
    ]);
    let esc = if view.over != Over::Nothing {
        "list"
    } else if view.typed.is_empty() {
        "leave"
    } else {
        "clear"
    };
    let choose = format!("{} choose", [key(Cmd::Up), key(Cmd::Down)].join(" ").replace("Up Down", "↑↓"));
    let preview = format!("{} {}", key(Cmd::Next), if view.over == Over::Nothing { "preview" } else { "list" });
    let keys = if view.typed.is_empty() { "? keys".to_owned() } else { format!("{} keys", key(Cmd::Help)) };
    for hint in [choose, preview, format!("{} {esc}", key(Cmd::Back)), keys] {
        let hint = span(format!("   {hint}"), theme.style(Tone::Dim));
        if foot.width() + hint.width() <= columns {
            foot.push_span(hint);
        }
    }
    put(buffer, screen, usize::from(screen.height.saturating_sub(1)), &foot);
    view.seen.push((Rect { y: screen.bottom().saturating_sub(1), height: 1, ..screen }, FOOT));
}
