//! Opening another runbook inside this incident: finding it, reading what it adds, and the answers it needs. Never opens one
//! that was not read first.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::joined::{answered, fits};
use crate::engine::{Command, Session};
use crate::present::joining;
use crate::tui::keymap::Cmd;
use crate::tui::popup::Popup;
use crate::tui::popup::join::JoinView;
use crate::tui::popup::reader::Reader;
use crate::tui::ui::Ui;

use super::top::{keep, scroll};
use super::{Act, ask};

/// Begins to look for one.
pub(super) fn begin(ui: &mut Ui, session: &Session, now: Stamp) -> Vec<Act> {
    ui.popups.push(Popup::Join(Box::default()));
    ask(ui, session, now, Command::FindRunbooks)
}

/// Keys of the list.
pub(super) fn press(ui: &mut Ui, session: &Session, mut view: Box<JoinView>, cmd: Option<Cmd>, key: &KeyEvent) -> Vec<Act> {
    match (cmd, key.code) {
        (Some(Cmd::Back), _) => return Vec::new(),
        (Some(Cmd::Accept), _) => {
            let chosen = view.chosen(session, ui);
            ui.popups.push(Popup::Join(view));
            if let Some(shelved) = chosen.and_then(|chosen| session.shelved(&chosen)) {
                match fits(session, shelved) {
                    Ok(()) => {
                        let reader = Reader::new(shelved.runbook.title.clone(), &joining::page(session, shelved));
                        ui.popups.push(Popup::Joining(shelved.runbook.id.clone(), reader));
                    }
                    Err(why) => ui.say(why),
                }
            }
            return Vec::new();
        }
        (None, KeyCode::Backspace) => view.pop(),
        (None, KeyCode::Char(c)) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
            view.push(c.encode_utf8(&mut [0; 4]));
        }
        (cmd, _) => scroll(&mut view.list, cmd),
    }
    keep(ui, Popup::Join(view))
}

/// Keys of what it would add.
pub(super) fn read(ui: &mut Ui, session: &Session, now: Stamp, runbook: Id, mut view: Reader, cmd: Option<Cmd>) -> Vec<Act> {
    match cmd {
        Some(Cmd::Back) => Vec::new(),
        Some(Cmd::Accept) => {
            let Some(shelved) = session.shelved(&runbook) else { return Vec::new() };
            let answers = answered(session, shelved);
            if shelved.runbook.inputs.iter().any(|input| !answers.contains_key(&input.name)) {
                ui.popups.push(Popup::Joining(runbook.clone(), view));
                return vec![Act::AskInputs { runbook, answers }];
            }
            let acts = ask(ui, session, now, Command::JoinRunbook { runbook, answers });
            if !acts.is_empty() {
                ui.popups.clear();
                ui.follow_the_work();
            }
            acts
        }
        cmd => {
            if let Some(cmd) = cmd {
                view.go(cmd);
            }
            keep(ui, Popup::Joining(runbook, view))
        }
    }
}
