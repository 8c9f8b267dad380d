//! The timeline as it grows, newest last. Only entries that are seen are told.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Line;

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::present::{Symbols, story, words};
use crate::timeline::{Entry, order};
use crate::tui::ink::{self, span};
use crate::tui::keymap::Context;
use crate::tui::popup::frame::{self, put, put_item};
use crate::tui::popup::list::List;
use crate::tui::theme::Tone;
use crate::tui::ui::{Pane, Ui};

/// Draws the last entries under a rule.
pub(super) fn draw(session: &Session, ui: &mut Ui, now: Stamp, buffer: &mut Buffer, area: Rect) {
    let entries = session.incident.entries();
    let rows = usize::from(area.height.saturating_sub(1));
    ui.back = ui.back.min(entries.len().saturating_sub(rows));
    let columns = usize::from(area.width);
    let tone = if ui.pane == Pane::Timeline { Tone::Key } else { Tone::Dim };
    let back = if ui.back > 0 { format!(" · {} newer below", ui.back) } else { String::new() };
    let head = format!("── Timeline · {}{back} ", words::count(entries.len() as u64, "entry", "entries"));
    let rule = "─".repeat(columns.saturating_sub(ink::width(&head)));
    put(buffer, area, 0, &Line::from(span(ink::fit(&format!("{head}{rule}"), columns), ui.theme.style(tone))));
    let end = entries.len() - ui.back;
    for (row, entry) in entries[end.saturating_sub(rows)..end].iter().enumerate() {
        put(buffer, area, row + 1, &line(entry, session, ui, now, columns, false));
    }
}

/// Draws the whole timeline on top of everything.
pub(super) fn draw_all(list: &mut List, session: &Session, ui: &Ui, now: Stamp, buffer: &mut Buffer, screen: Rect) {
    let entries = order::as_it_happened(&session.incident);
    let title = format!("Timeline, {}", words::count(entries.len() as u64, "entry", "entries"));
    // A replay can be read, and not be added to.
    let context = if ui.replay.is_some() { Context::List } else { Context::Timeline };
    let inner = frame::draw(buffer, frame::large(screen), ui, &title, Tone::Lively, context);
    let page = usize::from(inner.height.saturating_sub(3));
    let columns = usize::from(inner.width);
    let top = list.fit(entries.len(), page);
    for (row, placed) in entries.iter().enumerate().skip(top).take(page) {
        put_item(buffer, inner, row - top, 1, ui, row, &line(placed.entry, session, ui, now, columns, row == list.selected));
    }
    // The selected entry in full, as far as three rows hold it; Enter reads the rest.
    if let Some(entry) = entries.get(list.selected).map(|placed| placed.entry) {
        let told = story::line(entry, session.incident.entries(), &session.runbook, &ui.facts().names).text;
        let told = format!("{} · {} · {told}", entry.at.wall.format("%H:%M:%S UTC"), entry.by);
        for (row, words) in ink::wrap(&told, columns).into_iter().take(3).enumerate() {
            put(buffer, inner, page + row, &Line::styled(words, ui.theme.style(Tone::Dim)));
        }
    }
}

fn line(entry: &Entry, session: &Session, ui: &Ui, now: Stamp, columns: usize, selected: bool) -> Line<'static> {
    let theme = ui.theme;
    let told = story::line(entry, session.incident.entries(), &session.runbook, &ui.facts().names);
    let happened = entry.event.happened_at().map(|at| (now.wall - at).to_std().unwrap_or_default());
    let ago = format!("{:>11} ", words::ago(happened.unwrap_or_else(|| now.since(entry.at))));
    let withdrawn = session.incident.corrected_by(entry.seq).is_some();
    let by = if entry.by == "fracas" || columns < 72 { String::new() } else { format!("  {}", entry.by) };
    let room = columns.saturating_sub(ink::width(&ago) + ink::width(&by) + 2);
    let style = theme.style(if selected { Tone::Selected } else { Tone::Plain });
    // Without colour and attributes the word still says it.
    let (style, text) = if withdrawn {
        (style.add_modifier(Modifier::CROSSED_OUT | Modifier::DIM), format!("taken back: {}", told.text))
    } else {
        (style, told.text.clone())
    };
    let left = vec![
        span(ago, theme.style(Tone::Dim)),
        span(format!("{} ", told.mark.symbol(Symbols::Unicode)), theme.style(told.tone().into())),
        span(ink::fit(&text, room), style),
    ];
    ink::justified(left, vec![span(by, theme.style(Tone::Dim))], columns)
}
