//! What the terminal is told beside the picture, where the settings ask for it: a title, and a bell when something new is
//! due. Never more often than there is something new.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use crossterm::execute;
use crossterm::terminal::SetTitle;

use crate::base::stamp::Stamp;
use crate::base::text;
use crate::engine::Session;

use super::options::Options;

/// What was told last.
#[derive(Default)]
pub(super) struct Outside {
    title: String,
    due: BTreeSet<u64>,
}

impl Outside {
    /// Tells what is new. A terminal that refuses is noticed by the next frame.
    pub(super) fn tell(&mut self, options: &Options, session: &Session, now: Stamp) {
        if options.title {
            let severity = session.incident.severity.as_deref().map(|severity| format!("{severity} ")).unwrap_or_default();
            let state = if session.incident.resolved.is_some() { "resolved: " } else { "" };
            let title = text::line(&format!("{state}{severity}{}", session.runbook.title)).into_owned();
            if title != self.title {
                let _ = execute!(io::stdout(), SetTitle(&title));
                self.title = title;
            }
        }
        let due: BTreeSet<u64> = session.open_calls(now).into_iter().map(|(call, _)| call).collect();
        if options.bell && due.difference(&self.due).next().is_some() {
            let mut out = io::stdout();
            let _ = out.write_all(b"\x07").and_then(|()| out.flush());
        }
        self.due = due;
    }

    /// The terminal was somebody else's meanwhile: its title is no longer ours.
    pub(super) fn forget_title(&mut self) {
        self.title.clear();
    }
}
