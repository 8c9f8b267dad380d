//! Keys for what the deputy calls out: seen to, later, told. Never tells anybody anything by itself.

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::notify::{update_channels, update_text};
use crate::engine::{Command, Session};
use crate::present::{Mark, calls};
use crate::timeline::calls::Subject;
use crate::timeline::event::Call;
use crate::tui::keymap::Cmd;
use crate::tui::popup::Popup;
use crate::tui::popup::list::List;
use crate::tui::popup::prompt::{Prompt, Purpose};
use crate::tui::ui::{Pane, Row, Ui};

use super::top::{keep, scroll};
use super::{Act, ask, take};

/// The first of what is due is answered, without looking at the list.
pub(super) fn answer_first(ui: &mut Ui, session: &Session, now: Stamp, cmd: Cmd) -> Vec<Act> {
    match session.open_calls(now).first() {
        Some((call, _)) => answer(ui, session, now, *call, cmd),
        None => Vec::new(),
    }
}

/// An update is seen to by telling it; everything else by saying so.
fn answer(ui: &mut Ui, session: &Session, now: Stamp, call: u64, cmd: Cmd) -> Vec<Act> {
    let is_update = calls::open(session, now).iter().any(|(entry, say)| *entry == call && say.mark == Mark::Message);
    match cmd {
        Cmd::Snooze => ask(ui, session, now, Command::SnoozeCall { call, minutes: calls::QUIET_MINUTES }),
        _ if is_update => {
            tell(ui, session, now);
            Vec::new()
        }
        _ => ask(ui, session, now, Command::AcknowledgeCall(call)),
    }
}

/// Goes to the check that is red again, which is thereby seen.
pub(super) fn look_at_red(ui: &mut Ui, session: &Session, now: Stamp) -> Vec<Act> {
    let Some((call, check)) = red_again(session, now) else { return Vec::new() };
    if let Some((step, _)) = session.runbook.check(&check) {
        ui.browse_to(step.id.clone());
        ui.selected = Some(Row::Check(check));
        ui.pane = Pane::Step;
    }
    ask(ui, session, now, Command::AcknowledgeCall(call))
}

/// The first check that is red again and that nobody has looked at, with its call.
pub(super) fn red_again(session: &Session, now: Stamp) -> Option<(u64, Id)> {
    session.open_calls(now).into_iter().find_map(|(call, record)| match &record.about {
        Subject::Called(Call::RedAgain { check }) => Some((call, check.clone())),
        _ => None,
    })
}

/// Has the draft of an update put into words.
pub(super) fn tell(ui: &mut Ui, session: &Session, now: Stamp) {
    let channels = update_channels(session);
    let about = match channels.as_slice() {
        [] => "No channel of the team's settings takes updates: tell them yourself, and keep here what you told.".to_owned(),
        names => format!("It is sent to {} as it stands here, and kept.", names.join(", ")),
    };
    let prompt = Prompt::new(Purpose::Update, "Update for stakeholders", vec![about], &["How does it stand? (Ctrl-o: your editor)"]);
    ui.popups.push(Popup::Prompt(Box::new(prompt.with(0, &update_text(session, now)))));
}

/// The list of what is due.
pub(super) fn press(ui: &mut Ui, session: &Session, now: Stamp, mut list: List, cmd: Option<Cmd>) -> Vec<Act> {
    let selected = calls::open(session, now).into_iter().nth(list.selected);
    match (cmd, selected) {
        (Some(Cmd::Back), _) | (Some(Cmd::Accept), None) => return Vec::new(),
        (Some(cmd @ (Cmd::Accept | Cmd::Snooze)), Some((call, _))) => {
            ui.popups.push(Popup::Calls(list));
            return answer(ui, session, now, call, cmd);
        }
        (Some(Cmd::Copy), Some((_, say))) => {
            ui.popups.push(Popup::Calls(list));
            return take::copied(ui, say.prepared.unwrap_or(say.sentence));
        }
        (Some(Cmd::Tell), _) => {
            ui.popups.push(Popup::Calls(list));
            tell(ui, session, now);
            return Vec::new();
        }
        (cmd, _) => scroll(&mut list, cmd),
    }
    keep(ui, Popup::Calls(list))
}
