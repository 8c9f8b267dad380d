//! What is possible now, key by key, and why the rest is not: the palette says it, the footer leaves it out. Never decides
//! what may be done to an incident; the gate does, and is asked here.

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::next::Move;
use crate::engine::{Command, Session, gate};
use crate::tui::keymap::Cmd;
use crate::tui::ui::{Row, Ui};

use super::{asked, calls};

/// Why a key of the incident does nothing now; `None` where it does something.
pub(in crate::tui) fn why_not(session: &Session, ui: &Ui, now: Stamp, cmd: Cmd) -> Option<String> {
    let incident = &session.incident;
    let row = ui.row(session);
    let no = |why: &str| Some(why.to_owned());
    let gate = |command: Command| gate::may(session, now, &command).err();
    // Stands for words that are asked for first.
    let words = || "…".to_owned();
    match cmd {
        Cmd::Act if row.is_none() => no("nothing is selected"),
        Cmd::Act | Cmd::RunStep | Cmd::RunAll if incident.resolved.is_some() => gate(Command::RunAll),
        Cmd::RunCheck => match row {
            Some(Row::Check(check)) => gate(Command::RunCheck(check)),
            _ => no("select a check first"),
        },
        Cmd::Stop => match row {
            Some(row) => gate(Command::Cancel(row.id().clone())),
            None => no("nothing is selected"),
        },
        Cmd::Untick => match row {
            Some(Row::Task(task)) => gate(Command::Untick(task)),
            _ => no("select a task first"),
        },
        Cmd::Override => match row {
            Some(Row::Check(check)) => gate(Command::Override { check, reason: words() }),
            _ => no("select the check to override first"),
        },
        Cmd::Read | Cmd::Copy => row.is_none().then(|| "nothing is selected".to_owned()),
        Cmd::Skip => match ui.shown_step(session) {
            Some(step) => gate(Command::Skip { step: step.id.clone(), reason: words() }),
            None => no("no step is shown"),
        },
        Cmd::GoToStep => match ui.shown_step(session).filter(|_| ui.is_elsewhere(session)) {
            Some(step) => gate(Command::EnterStep(step.id.clone())),
            None => no("the current step is the one that is shown"),
        },
        Cmd::Acknowledge | Cmd::Snooze => session.open_calls(now).is_empty().then(|| "nothing is due".to_owned()),
        Cmd::Tell => gate(Command::GiveUpdate { text: words() }),
        Cmd::AskSql => match session.runbook.targets.first() {
            Some(_) => gate(Command::RunAll),
            None => no("this runbook has no database"),
        },
        Cmd::RunOnce => gate(Command::RunOnce { line: words() }),
        Cmd::Keep => asked::last(session).is_none().then(|| "nothing was asked here that is not kept already".to_owned()),
        Cmd::Note => gate(Command::Note(words())),
        Cmd::Decide => gate(Command::Decide { decision: words(), considered: String::new(), objections: String::new() }),
        Cmd::Undo => gate(Command::Undo),
        Cmd::Attach => gate(Command::Attach { path: words(), about: None }),
        Cmd::Brief => incident.handover.is_none().then(|| "the lead has not changed hands".to_owned()),
        Cmd::LookAtRed => calls::red_again(session, now).is_none().then(|| "no check has turned red".to_owned()),
        Cmd::Related => ui.related(session).is_empty().then(|| "neither the runbook nor this step names another one".to_owned()),
        Cmd::Join => gate(Command::FindRunbooks),
        Cmd::Commands => session.runbook.commands.is_empty().then(|| "this runbook has none".to_owned()),
        Cmd::Warnings => ui.facts().never.is_empty().then(|| "this runbook has none".to_owned()),
        Cmd::Pause if incident.paused.is_some() => gate(Command::Continue),
        Cmd::Pause => gate(Command::Pause(words())),
        Cmd::HandOver => gate(Command::HandOver { to: words(), word: String::new() }),
        Cmd::Severity => gate(Command::SetSeverity { severity: words(), reason: words() }),
        Cmd::Resolve => gate(Command::Resolve { summary: String::new() }),
        _ => None,
    }
}

/// Whether a key of the incident is worth a place in the footer now.
pub(in crate::tui) fn makes_sense(session: &Session, ui: &Ui, now: Stamp, cmd: Cmd) -> bool {
    let is_open = session.incident.resolved.is_none();
    let is_worth_it = match cmd {
        // What is possible nearly always, and wanted now and then, is in the palette.
        Cmd::Override => matches!(ui.row(session), Some(Row::Check(id)) if session.is_not_green(&id)),
        Cmd::Read => matches!(ui.row(session), Some(Row::Check(id)) if session.incident.checks.contains_key(&id)),
        Cmd::Resolve => ui.facts().next == Move::Resolve,
        Cmd::Calls => !session.open_calls(now).is_empty() || !session.quiet_calls(now).is_empty(),
        Cmd::Report => !is_open,
        Cmd::AskSql => is_open && !session.runbook.targets.is_empty(),
        Cmd::Note | Cmd::Decide | Cmd::Contacts | Cmd::Commands | Cmd::Palette | Cmd::Help | Cmd::Quit | Cmd::Criteria | Cmd::Timeline => {
            true
        }
        _ => is_open,
    };
    is_worth_it && why_not(session, ui, now, cmd).is_none()
}

impl Row {
    /// Its id in the runbook.
    pub(in crate::tui) fn id(&self) -> &Id {
        match self {
            Self::Check(id) | Self::Remediation(id) | Self::Task(id) => id,
        }
    }
}
