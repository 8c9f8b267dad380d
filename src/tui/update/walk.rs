//! Moving around: which step is shown, which row is selected, where the arrow keys work. Never changes the incident.

use crate::base::id::Id;
use crate::engine::Session;
use crate::tui::facts::TreeRow;
use crate::tui::keymap::Cmd;
use crate::tui::ui::{Filter, Pane, Ui};

/// Columns that the divider goes at a time.
const STRIDE: u16 = 4;

/// The part of the screen after or before another one; a low screen has no timeline.
fn beside(pane: Pane, next: bool, has_timeline: bool) -> Pane {
    match (pane, next) {
        (Pane::Step, true) | (Pane::Steps, false) if has_timeline => Pane::Timeline,
        (Pane::Step, _) | (Pane::Timeline, true) => Pane::Steps,
        (Pane::Steps, _) | (Pane::Timeline, false) => Pane::Step,
    }
}

/// Shows the step before or after without turning to it.
fn browse(ui: &mut Ui, session: &Session, by: isize) {
    let Some(shown) = ui.shown_step(session).map(|step| step.id.clone()) else {
        return;
    };
    let steps: Vec<&Id> = ui
        .tree(session)
        .into_iter()
        .filter_map(|row| match row {
            TreeRow::Step { id, .. } => Some(id),
            TreeRow::Phase(_) => None,
        })
        .collect();
    let Some(place) = steps.iter().position(|id| **id == shown) else {
        return;
    };
    let there = place.saturating_add_signed(by).min(steps.len() - 1);
    let step = steps[there].clone();
    // From the page that says how it ended, every step is another page.
    if there != place || (session.incident.resolved.is_some() && ui.shown.is_none()) {
        ui.browse_to(step);
    }
}

/// Moving around: what is shown and selected, and in which part of the screen the arrow keys work.
pub(super) fn go(ui: &mut Ui, session: &Session, cmd: Cmd) {
    let page = isize::try_from(ui.page).unwrap_or(isize::MAX);
    match (ui.pane, cmd) {
        (_, Cmd::Back) => ui.follow_the_work(),
        (here, Cmd::Next) => ui.pane = beside(here, true, ui.has_timeline),
        (here, Cmd::Previous) => ui.pane = beside(here, false, ui.has_timeline),
        (_, Cmd::Filter) => {
            ui.filter = match ui.filter {
                Filter::All => Filter::Open,
                Filter::Open => Filter::Red,
                Filter::Red => Filter::All,
            };
            ui.pane = Pane::Steps;
        }
        (_, Cmd::Wider) => ui.divider = Some(ui.width.saturating_add(STRIDE)),
        (_, Cmd::Narrower) => ui.divider = Some(ui.width.saturating_sub(STRIDE + 2)),
        (_, Cmd::Left) | (Pane::Steps, Cmd::Up) => browse(ui, session, -1),
        (_, Cmd::Right) | (Pane::Steps, Cmd::Down) => browse(ui, session, 1),
        (Pane::Steps, Cmd::PageUp | Cmd::Top) => browse(ui, session, if cmd == Cmd::Top { isize::MIN } else { -page }),
        (Pane::Steps, Cmd::PageDown | Cmd::Bottom) => browse(ui, session, if cmd == Cmd::Bottom { isize::MAX } else { page }),
        (Pane::Timeline, Cmd::Up) => ui.back += 1,
        (Pane::Timeline, Cmd::Down) => ui.back = ui.back.saturating_sub(1),
        (Pane::Timeline, Cmd::PageUp) => ui.back += 10,
        (Pane::Timeline, Cmd::PageDown) => ui.back = ui.back.saturating_sub(10),
        (Pane::Timeline, Cmd::Top) => ui.back = session.incident.entries().len(),
        (Pane::Timeline, Cmd::Bottom) => ui.back = 0,
        (Pane::Step, Cmd::PageUp) => {
            ui.follow = false;
            ui.scroll = ui.scroll.saturating_sub(ui.page);
        }
        (Pane::Step, Cmd::PageDown) => {
            ui.follow = false;
            ui.scroll += ui.page;
        }
        (Pane::Step, Cmd::Up) => select(ui, session, -1),
        (Pane::Step, Cmd::Down) => select(ui, session, 1),
        (Pane::Step, Cmd::Top) => select(ui, session, isize::MIN),
        (Pane::Step, Cmd::Bottom) => select(ui, session, isize::MAX),
        _ => {}
    }
}

fn select(ui: &mut Ui, session: &Session, by: isize) {
    let rows = ui.rows(session);
    let here = ui.row(session).and_then(|row| rows.iter().position(|other| *other == row)).unwrap_or(0);
    let there = here.saturating_add_signed(by).min(rows.len().saturating_sub(1));
    ui.selected = rows.get(there).cloned();
    ui.follow = true;
}
