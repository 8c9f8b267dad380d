//! Lists of what people say about the incident: roles, and what the report asks for. Never anything that is typed into.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::base::text;
use crate::engine::Session;
use crate::present::{Mark, Symbols, Tone as Meaning, directory, questions, words};
use crate::tui::ink::{self, span};
use crate::tui::keymap::Context;
use crate::tui::popup::frame::{self, put, put_item};
use crate::tui::popup::list::List;
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;

/// Every role, with who has it.
pub(super) fn roles(list: &mut List, session: &Session, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let rows = directory::roles(&session.runbook, &session.incident);
    let rows = rows.into_iter().map(|role| {
        let usually = role.usually.map(|who| format!("usually {who}")).unwrap_or_default();
        match role.holder {
            Some(holder) => (Mark::Passed, format!("{}: {holder}", role.title), usually),
            None => (Mark::Unticked, format!("{}: nobody", role.title), usually),
        }
    });
    draw("Roles", &rows.collect::<Vec<_>>(), list, ui, buffer, screen);
}

/// Every question with its answer, and the follow-up work.
pub(super) fn report(list: &mut List, session: &Session, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let mut rows: Vec<(Mark, String, String)> = questions::of(&session.runbook)
        .into_iter()
        .map(|question| match session.incident.answers.get(&question.text) {
            Some(answer) => (Mark::Passed, question.text, text::first_line(answer).to_owned()),
            None => (Mark::Unticked, question.text, "not answered yet".to_owned()),
        })
        .collect();
    let open = rows.iter().filter(|(mark, ..)| *mark == Mark::Unticked).count();
    rows.extend(directory::actions(&session.runbook, &session.incident).into_iter().map(|action| {
        let owner = action.owner.unwrap_or_else(|| "nobody yet".to_owned());
        (Mark::Note, format!("Follow-up: {}", action.title), format!("{}, {owner}", words::action_state(action.state)))
    }));
    rows.push((Mark::Ahead, "Note more follow-up work".to_owned(), String::new()));
    let title = format!("For the report: {} open", words::count(open as u64, "question", "questions"));
    draw(&title, &rows, list, ui, buffer, screen);
}

/// Two lines a row: a mark with what it is, and what is known of it.
fn draw(title: &str, rows: &[(Mark, String, String)], list: &mut List, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let theme = ui.theme;
    let inner = frame::draw(buffer, frame::large(screen), ui, title, Tone::Lively, Context::List);
    let page = usize::from(inner.height) / 2;
    let columns = usize::from(inner.width);
    let top = list.fit(rows.len(), page);
    for (row, (mark, what, more)) in rows.iter().enumerate().skip(top).take(page) {
        let style = theme.style(if row == list.selected { Tone::Selected } else { Tone::Plain });
        let first = Line::from(vec![
            span(format!("{} ", mark.symbol(Symbols::Unicode)), theme.style(Meaning::into(mark.tone()))),
            span(ink::fit(&text::line(what), columns.saturating_sub(2)), style),
        ]);
        put_item(buffer, inner, (row - top) * 2, 2, ui, row, &first);
        let more = format!("  {}", text::line(more));
        put(buffer, inner, (row - top) * 2 + 1, &Line::from(span(ink::fit(&more, columns), theme.style(Tone::Dim))));
    }
}
