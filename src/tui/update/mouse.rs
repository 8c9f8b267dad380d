//! The mouse: a click is the key that would do the same, or chooses what it points at; a second one at once acts on it. The
//! wheel scrolls what it is over. Never consents to anything that its key would not.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::tui::hits::Target;
use crate::tui::keymap::Cmd;
use crate::tui::popup::Popup;
use crate::tui::ui::{Click, Pane, Ui};

use super::{Act, incident, press, walk};

/// Two clicks within this time are one double click: what desktops have as their default.
const DOUBLE: Duration = Duration::from_millis(500);

/// Rows that one notch of the wheel scrolls: as most terminals do.
const NOTCH: usize = 3;

pub(super) fn point(ui: &mut Ui, session: &Session, now: Stamp, mouse: MouseEvent) -> Vec<Act> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => {
            ui.said = None;
            click(ui, session, now, mouse)
        }
        MouseEventKind::Drag(MouseButton::Left) if ui.is_dragging => {
            ui.divider = Some(mouse.column);
            Vec::new()
        }
        MouseEventKind::Up(MouseButton::Left) => {
            ui.is_dragging = false;
            Vec::new()
        }
        MouseEventKind::ScrollUp => scroll(ui, session, now, mouse, true),
        MouseEventKind::ScrollDown => scroll(ui, session, now, mouse, false),
        _ => Vec::new(),
    }
}

fn click(ui: &mut Ui, session: &Session, now: Stamp, mouse: MouseEvent) -> Vec<Act> {
    let Some(target) = ui.hits.at(mouse.column, mouse.row).into_iter().next() else { return Vec::new() };
    let click = Click { at: now, target: target.clone() };
    let last = ui.click.replace(click);
    let is_double = last.is_some_and(|last| last.target == target && now.since(last.at) <= DOUBLE);
    if is_double {
        ui.click = None;
    }
    match target {
        Target::Key(key) => return press(ui, session, now, &key),
        Target::Pane(pane) => ui.pane = pane,
        Target::Divider => ui.is_dragging = true,
        Target::Step(step) => {
            if is_double {
                return incident(ui, session, now, Cmd::GoToStep);
            }
            ui.browse_to(step);
            ui.pane = Pane::Steps;
        }
        Target::Row(row) => {
            ui.selected = Some(row);
            ui.pane = Pane::Step;
            if is_double {
                return incident(ui, session, now, Cmd::Act);
            }
        }
        Target::Line(place) => {
            if let Some(list) = ui.popups.last_mut().and_then(Popup::list) {
                list.selected = place;
            }
            if is_double {
                return press(ui, session, now, &key(KeyCode::Enter));
            }
        }
    }
    Vec::new()
}

fn scroll(ui: &mut Ui, session: &Session, now: Stamp, mouse: MouseEvent, up: bool) -> Vec<Act> {
    if !ui.popups.is_empty() {
        let code = if up { KeyCode::Up } else { KeyCode::Down };
        return (0..NOTCH).flat_map(|_| press(ui, session, now, &key(code))).collect();
    }
    let under = ui.hits.at(mouse.column, mouse.row).into_iter().find_map(|target| match target {
        Target::Pane(pane) => Some(pane),
        Target::Key(_) | Target::Step(_) | Target::Row(_) | Target::Line(_) | Target::Divider => None,
    });
    match under {
        Some(Pane::Step) => {
            ui.follow = false;
            ui.scroll = if up { ui.scroll.saturating_sub(NOTCH) } else { ui.scroll + NOTCH };
        }
        Some(Pane::Steps) => {
            let before = std::mem::replace(&mut ui.pane, Pane::Steps);
            walk::go(ui, session, if up { Cmd::Up } else { Cmd::Down });
            ui.pane = before;
        }
        Some(Pane::Timeline) => ui.back = if up { ui.back + NOTCH } else { ui.back.saturating_sub(NOTCH) },
        None => {}
    }
    Vec::new()
}

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}
