//! The smaller things that lie on top: success, related runbooks, leaving. Never anything that is typed into.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::engine::Session;
use crate::present::{Symbols, words};
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::popup::frame::{self, KeyLabel, put, put_item};
use crate::tui::popup::list::List;
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;

/// The criteria of success, each with what it rests on.
pub(super) fn criteria(list: &mut List, session: &Session, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let theme = ui.theme;
    let (held, of) = ui.facts().criteria;
    let title = format!("Success: {held} of {of} hold");
    let keys = ui.keymap.of(Context::List).filter_map(|binding| match binding.cmd {
        Cmd::RunStep | Cmd::Resolve if ui.replay.is_some() || session.incident.resolved.is_some() => None,
        Cmd::RunStep => Some(KeyLabel::saying(ui, binding, "ask again")),
        Cmd::Resolve => Some(KeyLabel::saying(ui, binding, "resolve")),
        _ => (!binding.label.is_empty()).then(|| KeyLabel::new(ui, binding)),
    });
    let inner = frame::draw_with(buffer, frame::large(screen), ui, &title, Tone::Lively, &keys.collect::<Vec<_>>());
    let criteria = session.criteria();
    let page = usize::from(inner.height) / 2;
    let columns = usize::from(inner.width);
    let top = list.fit(criteria.len(), page);
    for (row, criterion) in criteria.iter().enumerate().skip(top).take(page) {
        let word = words::criterion(criterion);
        let style = theme.style(if row == list.selected { Tone::Selected } else { Tone::Plain });
        let first = Line::from(vec![
            span(format!("{} ", word.mark.symbol(Symbols::Unicode)), theme.style(word.mark.tone().into())),
            span(ink::fit(&criterion.title, columns.saturating_sub(2)), style),
        ]);
        put_item(buffer, inner, (row - top) * 2, 2, ui, row, &first);
        let because = Some(criterion.because.as_str()).filter(|because| !because.starts_with(word.name));
        let because = because.map(|because| format!(" · {because}")).unwrap_or_default();
        let because = format!("  {} · {}{because}", word.name, words::urgency(criterion.urgency));
        put(buffer, inner, (row - top) * 2 + 1, &Line::from(span(ink::fit(&because, columns), theme.style(Tone::Dim))));
    }
}

/// Runbooks to go on with, each with the reason.
pub(super) fn related(list: &mut List, session: &Session, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let theme = ui.theme;
    let related = ui.related(session);
    let inner = frame::draw(buffer, frame::large(screen), ui, "Go on with another runbook", Tone::Lively, Context::List);
    let columns = usize::from(inner.width);
    let about = if session.incident.is_drill() {
        "From a drill nothing real is opened: practise the other with `fracas drill ID`."
    } else {
        "This incident stays open, and its timeline says where you went. Answers to the same questions are taken along."
    };
    let about = ink::wrap(about, columns);
    for (row, line) in about.iter().enumerate() {
        put(buffer, inner, row, &Line::from(span(line.clone(), theme.style(Tone::Dim))));
    }
    let head = about.len() + 1;
    let page = usize::from(inner.height).saturating_sub(head) / 2;
    let top = list.fit(related.len(), page);
    for (row, other) in related.iter().enumerate().skip(top).take(page) {
        let style = theme.style(if row == list.selected { Tone::Selected } else { Tone::Strong });
        let at = head + (row - top) * 2;
        put_item(buffer, inner, at, 2, ui, row, &Line::from(span(ink::fit(other.runbook.as_str(), columns), style)));
        let why = format!("  {}", other.why.as_deref().unwrap_or_default());
        put(buffer, inner, at + 1, &Line::from(span(ink::fit(&why, columns), theme.style(Tone::Plain))));
    }
}

/// What happens to the incident when one leaves.
pub(super) fn quit(session: &Session, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let said = if session.incident.resolved.is_some() {
        vec!["The incident is resolved. Leave?".to_owned()]
    } else {
        vec![
            "Leave? The incident stays open, and everything so far is kept.".to_owned(),
            String::new(),
            "Go on later with:".to_owned(),
            format!("  fracas resume {}", ui.background.name),
        ]
    };
    question("Leave", Tone::Warn, &said, ui, buffer, screen);
}

fn question(title: &str, tone: Tone, said: &[String], ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let columns = screen.width.saturating_sub(6).min(64);
    let lines: Vec<String> = said.iter().flat_map(|line| ink::wrap(line, usize::from(columns))).collect();
    let area = frame::middle(screen, columns, u16::try_from(lines.len()).unwrap_or(u16::MAX));
    let inner = frame::draw(buffer, area, ui, title, tone, Context::Question);
    for (row, line) in lines.into_iter().enumerate() {
        put(buffer, inner, row, &Line::raw(line));
    }
}
