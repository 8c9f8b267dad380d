//! One frame. Changes nothing but what the screen remembers, works on any backend, and never does work that
//! grows with the length of the timeline.

mod calls;
mod dialogs;
mod footer;
mod header;
mod over;
mod record;
mod step;
mod steps;
mod timeline;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;

use crate::base::stamp::Stamp;
use crate::engine::Session;

use super::hits::Target;
use super::ink;
use super::keymap::Context;
use super::popup::Popup;
use super::popup::frame::put;
use super::theme::Tone;
use super::ui::{Pane, Ui};

/// The smallest terminal that shows an incident.
const SMALLEST: (u16, u16) = (40, 12);
/// From this width on, the steps stand beside the step.
const TWO_PANES: u16 = 72;
/// Columns that either side of the divider keeps.
const NARROWEST: u16 = 16;
/// From this height on, the timeline is shown beneath.
const WITH_TIMELINE: u16 = 20;

/// Draws the incident and what lies on top of it.
pub fn draw(session: &Session, ui: &mut Ui, now: Stamp, frame: &mut Frame<'_>) {
    ui.learn(session);
    ui.hits.clear();
    let screen = frame.area();
    let buffer = frame.buffer_mut();
    buffer.set_style(screen, ui.theme.ground());
    if screen.width < SMALLEST.0 || screen.height < SMALLEST.1 {
        too_small(buffer, screen);
    } else {
        incident(session, ui, now, buffer, screen);
        let mut popups = std::mem::take(&mut ui.popups);
        if let Some(popup) = popups.last_mut() {
            ui.hits.clear();
            // What says that nothing is live is never covered.
            let above = u16::from(ui.replay.is_some());
            let below = Rect { y: screen.y + above, height: screen.height - above, ..screen };
            draw_popup(popup, session, ui, now, buffer, below);
        }
        ui.popups = popups;
        footer::say(ui, buffer, screen);
    }
    if ui.theme.ascii {
        ink::to_ascii(buffer);
    }
}

fn too_small(buffer: &mut Buffer, screen: Rect) {
    let (columns, rows) = SMALLEST;
    let words = format!(
        "fracas needs {columns}x{rows} characters; this terminal has {}x{}. Make it larger; nothing is lost.",
        screen.width, screen.height
    );
    for (row, line) in ink::wrap(&words, usize::from(screen.width)).into_iter().enumerate() {
        put(buffer, screen, row, &Line::raw(line));
    }
}

fn incident(session: &Session, ui: &mut Ui, now: Stamp, buffer: &mut Buffer, screen: Rect) {
    let head = header::lines(session, ui, now, usize::from(screen.width), screen.height);
    let mut rest = screen;
    for (row, line) in head.iter().enumerate() {
        put(buffer, screen, row, line);
    }
    let taken = u16::try_from(head.len()).unwrap_or(0).min(rest.height);
    rest.y += taken;
    rest.height -= taken;
    let taken = footer::ROWS.min(rest.height);
    rest.height -= taken;
    footer::draw(session, ui, now, buffer, Rect { y: rest.bottom(), height: taken, ..rest });
    if session.incident.resolved.is_some() && ui.shown.is_none() {
        over::draw(session, ui, buffer, rest.inner(Margin { horizontal: 1, vertical: 0 }));
        return;
    }
    ui.has_timeline = screen.height >= WITH_TIMELINE;
    if !ui.has_timeline && ui.pane == Pane::Timeline {
        ui.pane = Pane::Step;
    }
    if ui.has_timeline {
        // A fifth of the screen: the work needs the rest.
        let height = (screen.height / 5).max(4).min(rest.height / 2);
        rest.height -= height;
        let area = Rect { y: rest.bottom(), height, ..rest };
        ui.hits.add(area, Target::Pane(Pane::Timeline));
        timeline::draw(session, ui, now, buffer, area);
    }
    if screen.width >= TWO_PANES {
        // Wherever it is dragged to, both sides keep room for a few words.
        let width = ui.divider.map_or((screen.width / 3).clamp(26, 44), |column| (column + 1).clamp(NARROWEST, screen.width - NARROWEST));
        ui.width = width;
        let beside = Rect { x: rest.x + width, width: rest.width - width, ..rest };
        let list = Rect { width: width - 1, ..rest };
        ui.hits.add(list, Target::Pane(Pane::Steps));
        ui.hits.add(beside, Target::Pane(Pane::Step));
        steps::draw(session, ui, now, buffer, list);
        ui.hits.add(Rect { x: beside.x - 1, width: 1, ..beside }, Target::Divider);
        for row in rest.top()..rest.bottom() {
            let rule = Rect { x: beside.x - 1, y: row, width: 1, height: 1 };
            put(buffer, rule, 0, &Line::styled("│", ui.theme.style(Tone::Dim)));
        }
        let inner = Rect { x: beside.x + 1, width: beside.width - 1, ..beside };
        step::draw(session, ui, now, buffer, inner);
    } else if ui.pane == Pane::Steps {
        ui.hits.add(rest, Target::Pane(Pane::Steps));
        steps::draw(session, ui, now, buffer, rest);
    } else {
        ui.hits.add(rest, Target::Pane(Pane::Step));
        step::draw(session, ui, now, buffer, rest);
    }
}

fn draw_popup(popup: &mut Popup, session: &Session, ui: &Ui, now: Stamp, buffer: &mut Buffer, screen: Rect) {
    match popup {
        Popup::Plan(plan) => plan.draw(buffer, screen, ui, session, now),
        Popup::Prompt(prompt) => prompt.draw(buffer, screen, ui),
        Popup::Reader(reader) => reader.draw(buffer, screen, ui, Context::Reader),
        Popup::Judge(_, reader) => reader.draw(buffer, screen, ui, Context::Judge),
        Popup::Criteria(list) => dialogs::criteria(list, session, ui, buffer, screen),
        Popup::Related(list) => dialogs::related(list, session, ui, buffer, screen),
        Popup::Join(view) => view.draw(session, ui, buffer, screen),
        Popup::Joining(_, reader) => reader.draw(buffer, screen, ui, Context::Join),
        Popup::Timeline(list) => timeline::draw_all(list, session, ui, now, buffer, screen),
        Popup::Roles(list) => record::roles(list, session, ui, buffer, screen),
        Popup::Report(list) => record::report(list, session, ui, buffer, screen),
        Popup::Brief(reader) => reader.draw(buffer, screen, ui, Context::Brief),
        Popup::Help(find) => find.draw_help(ui, buffer, screen),
        Popup::Palette(find) => find.draw_palette(session, ui, now, buffer, screen),
        Popup::Calls(list) => calls::draw(list, session, ui, now, buffer, screen),
        Popup::Quit => dialogs::quit(session, ui, buffer, screen),
    }
}
