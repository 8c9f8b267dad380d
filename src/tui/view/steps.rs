//! Phases and steps with their state. Never a step that belongs to another choice of input.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::engine::session::StepState;
use crate::present::{Mark, Symbols, words};
use crate::tui::facts::{TreeRow, state_of};
use crate::tui::hits::Target;
use crate::tui::ink::{self, span};
use crate::tui::popup::frame::put;
use crate::tui::theme::Tone;
use crate::tui::ui::{Filter, Pane, Ui};

/// Draws the list of steps, with the shown one in sight.
pub(super) fn draw(session: &Session, ui: &mut Ui, now: Stamp, buffer: &mut Buffer, area: Rect) {
    let only = match ui.filter {
        Filter::All => "",
        Filter::Open => " only what is open ",
        Filter::Red => " only what is red ",
    };
    let foot = Rect { y: area.bottom().saturating_sub(1), height: 1, ..area };
    // It has a row of its own, as every name of a step is wanted.
    let area = if only.is_empty() { area } else { Rect { height: area.height.saturating_sub(1), ..area } };
    let height = usize::from(area.height);
    let shown = ui.shown_step(session).map(|step| step.id.clone());
    let tree = ui.tree(session);
    let place = tree.iter().position(|row| matches!(row, TreeRow::Step { id, .. } if Some(id) == shown.as_ref())).unwrap_or(0);
    let length = tree.len();
    // The row above is wanted too: it may be the phase of the first step.
    let mut top = ui.tree_top.min(place.saturating_sub(1)).min(length.saturating_sub(height));
    if place >= top + height {
        top = place + 1 - height;
    }
    let columns = usize::from(area.width);
    for (row, item) in tree.iter().enumerate().skip(top).take(height) {
        if let (TreeRow::Step { id, .. }, Ok(y)) = (item, u16::try_from(row - top)) {
            ui.hits.add(Rect { y: area.y + y, height: 1, ..area }, Target::Step(id.clone()));
        }
        let line = match item {
            TreeRow::Phase(phase) => phase_line(session, ui, now, *phase, columns),
            TreeRow::Step { id, place } => {
                let title = session.runbook.phases[place.0].steps[place.1].title.as_str();
                let current = session.incident.current_step.as_ref() == Some(id);
                step_line(ui, title, state_of(session, *place), current, Some(id) == shown.as_ref(), columns)
            }
        };
        put(buffer, area, row - top, &line);
    }
    put(buffer, foot, 0, &Line::from(span(ink::fit(only, columns), ui.theme.style(Tone::Caution))));
    ui.tree_top = top;
}

fn phase_line(session: &Session, ui: &Ui, now: Stamp, phase: usize, columns: usize) -> Line<'static> {
    let Some(phase) = session.runbook.phases.get(phase) else {
        return Line::default();
    };
    let spent = session.phase_spent(phase, now);
    let over = phase.budget.is_some_and(|budget| spent > budget);
    let time = phase.budget.map(|budget| format!(" {}", words::exactly(budget))).unwrap_or_default();
    let left = vec![span(ink::fit(&phase.title, columns.saturating_sub(ink::width(&time) + 1)), ui.theme.style(Tone::Strong))];
    let tone = if over { Tone::Bad } else { Tone::Dim };
    ink::justified(left, vec![span(time, ui.theme.style(tone))], columns)
}

fn step_line(ui: &Ui, title: &str, state: StepState, current: bool, shown: bool, columns: usize) -> Line<'static> {
    let theme = ui.theme;
    let mark = words::step_state(state).mark;
    let pointer = if current { Mark::Current.symbol(Symbols::Unicode) } else { " " };
    let words = ink::fill(title, columns.saturating_sub(4));
    let mut style = theme.style(match (state, current) {
        (StepState::NotNeeded | StepState::Skipped, _) => Tone::Dim,
        (_, true) => Tone::Strong,
        (_, false) => Tone::Plain,
    });
    if shown && (ui.pane == Pane::Steps || !current) {
        style = style.patch(theme.style(Tone::Selected));
    }
    Line::from(vec![
        span(format!("{pointer} "), theme.style(Tone::Key)),
        span(format!("{} ", mark.symbol(Symbols::Unicode)), theme.style(mark.tone().into())),
        span(words, style),
    ])
}
