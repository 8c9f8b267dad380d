//! What the screen remembers: where the responder looks, what lies on top. Never anything that matters to
//! the incident: losing it loses nothing.

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::engine::next::Move;
use crate::engine::session::StepState;
use crate::present::directory;
use crate::runbook::model::{Related, Step};

use super::facts::{Facts, TreeRow, state_of};
use super::hits::{Hits, Target};
use super::keymap::{Context, Keymap};
use super::popup::Popup;
use super::replay::Replaying;
use super::theme::Theme;
use super::update;

/// The parts of the screen that take the arrow keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    /// Phases and steps.
    Steps,
    /// The step that is shown.
    Step,
    /// The last entries.
    Timeline,
}

/// Something in a step that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Check(Id),
    Remediation(Id),
    Task(Id),
}

/// What the screen is told of an incident that the incident itself does not know.
#[derive(Clone, Debug, Default)]
pub struct Background {
    /// How commands name the incident: its id, or `latest`.
    pub name: String,
    /// What had really happened. Shown once it is over; only of a drill does anybody know.
    pub truth: Option<String>,
}

/// Which steps are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Filter {
    /// All of them.
    #[default]
    All,
    /// Those that are not done.
    Open,
    /// Those with something red.
    Red,
}

/// The last click of the mouse.
pub(super) struct Click {
    pub(super) at: Stamp,
    pub(super) target: Target,
}

/// What the screen remembers.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub struct Ui {
    /// Where the incident stands in the world of commands.
    pub background: Background,
    pub(super) theme: Theme,
    /// What the keys mean.
    pub(super) keymap: Keymap,
    /// What of the last frame can be clicked.
    pub(super) hits: Hits,
    pub(super) click: Option<Click>,
    /// Column of the line between the list of steps and the step; none leaves it to the width.
    pub(super) divider: Option<u16>,
    pub(super) is_dragging: bool,
    /// Columns of the list of steps, as drawn last.
    pub(super) width: u16,
    /// Which steps are listed.
    pub(super) filter: Filter,
    pub(super) pane: Pane,
    /// Whether the screen, as drawn last, is high enough for the timeline.
    pub(super) has_timeline: bool,
    /// The step that is shown; none follows the work.
    pub(super) shown: Option<Id>,
    /// The row that was chosen; none follows the next move.
    pub(super) selected: Option<Row>,
    /// First line of the step that is seen.
    pub(super) scroll: usize,
    /// Lines of the step that were seen last time.
    pub(super) page: usize,
    /// Whether the next frame must bring the selected row into sight.
    pub(super) follow: bool,
    /// First row of the list of steps that is seen.
    pub(super) tree_top: usize,
    /// How many entries the timeline is scrolled back.
    pub(super) back: usize,
    /// What lies on top, the last one uppermost.
    pub(super) popups: Vec<Popup>,
    /// A sentence for the responder, until the next key.
    pub(super) said: Option<String>,
    /// The handover whose brief was shown.
    briefed: Option<Stamp>,
    /// Where one is in a replay; none while the incident is live.
    pub(super) replay: Option<Replaying>,
    facts: Option<Facts>,
    was_running: bool,
}

impl Ui {
    /// A screen that has seen nothing yet.
    #[must_use]
    pub fn new(theme: Theme) -> Self {
        Self {
            background: Background { name: "latest".to_owned(), truth: None },
            theme,
            keymap: Keymap::standard().clone(),
            hits: Hits::default(),
            click: None,
            divider: None,
            is_dragging: false,
            width: 0,
            filter: Filter::All,
            pane: Pane::Step,
            has_timeline: true,
            shown: None,
            selected: None,
            scroll: 0,
            page: 1,
            follow: true,
            tree_top: 0,
            back: 0,
            popups: Vec::new(),
            said: None,
            briefed: None,
            replay: None,
            facts: None,
            was_running: false,
        }
    }

    /// The same with other keys.
    #[must_use]
    pub fn with_keys(mut self, keymap: Keymap) -> Self {
        self.keymap = keymap;
        self
    }

    /// To be called after every change of the session, before the next frame or key.
    pub fn session_changed(&mut self) {
        if let Some(facts) = &mut self.facts {
            facts.session_changed();
        }
    }

    /// Puts a sentence before the responder until the next key.
    pub fn say(&mut self, sentence: impl Into<String>) {
        self.said = Some(sentence.into());
    }

    /// Takes over what was written elsewhere for the text that is being typed.
    pub(super) fn take_text(&mut self, written: &str) {
        if let Some(Popup::Prompt(prompt)) = self.popups.last_mut() {
            prompt.replace(written);
        }
    }

    /// Works out what frames and keys need to know, if that is out of date.
    pub(super) fn learn(&mut self, session: &Session) {
        if self.facts.as_ref().is_none_or(|facts| facts.is_behind(session)) {
            self.facts = Some(Facts::of(session, self.facts.as_ref()));
            self.ask_to_accept(session);
            self.follow_answer(session);
            let is_running = session.running().is_some();
            if std::mem::replace(&mut self.was_running, is_running) && !is_running {
                self.said = None; // That something is under way, most likely.
            }
        }
    }

    /// Shows the next answer of a check that is being read and followed.
    fn follow_answer(&mut self, session: &Session) {
        if let Some(Popup::Reader(reader)) = self.popups.last_mut()
            && let Some(check) = reader.followed().cloned()
        {
            reader.replace(&update::seen_of(session, &check));
            if session.incident.checks.contains_key(&check) {
                reader.has_come();
            }
        }
    }

    /// Puts a brief before whoever is to lead and has not accepted it, once.
    fn ask_to_accept(&mut self, session: &Session) {
        let waits = session.incident.handover.as_ref().filter(|handover| handover.accepted.is_none() && handover.to == session.responder);
        let Some(handover) = waits.filter(|_| session.incident.resolved.is_none() && self.replay.is_none()) else { return };
        if self.briefed.replace(handover.at) != Some(handover.at) {
            update::show_brief(self, session);
        }
    }

    /// What is known of the session. [`Self::learn`] has been called before.
    pub(super) fn facts(&self) -> &Facts {
        #[expect(clippy::expect_used, reason = "every door into this module calls `learn` first")]
        self.facts.as_ref().expect("facts")
    }

    /// Which keys mean something while nothing lies on top.
    pub(super) fn ground(&self) -> Context {
        if self.replay.is_some() { Context::Replay } else { Context::Incident }
    }

    /// Whether keys of this context can come to mean something.
    pub(super) fn may_need(&self, context: Context) -> bool {
        match self.replay {
            Some(_) => matches!(context, Context::Replay | Context::Always | Context::Reader | Context::List | Context::Find),
            None => !matches!(context, Context::Replay | Context::Home),
        }
    }

    /// The list of steps as it is filtered: where one is is always in it, and so are the phases of what is.
    pub(super) fn tree<'u>(&'u self, session: &'u Session) -> Vec<&'u TreeRow> {
        let facts = self.facts();
        let here = |id: &Id| Some(id) == self.shown.as_ref() || Some(id) == session.incident.current_step.as_ref();
        let is_wanted = |id: &Id, place: (usize, usize)| match self.filter {
            Filter::All => true,
            Filter::Open => here(id) || !matches!(state_of(session, place), StepState::Done | StepState::Skipped | StepState::NotNeeded),
            Filter::Red => here(id) || state_of(session, place) == StepState::Red,
        };
        let mut rows: Vec<&TreeRow> = Vec::new();
        for row in &facts.tree {
            match row {
                TreeRow::Step { id, place } if !is_wanted(id, *place) => continue,
                TreeRow::Phase(_) if matches!(rows.last(), Some(TreeRow::Phase(_))) => {
                    rows.pop();
                }
                TreeRow::Step { .. } | TreeRow::Phase(_) => {}
            }
            rows.push(row);
        }
        if matches!(rows.last(), Some(TreeRow::Phase(_))) {
            rows.pop();
        }
        rows
    }

    /// The step that is shown.
    pub(super) fn shown_step<'s>(&self, session: &'s Session) -> Option<&'s Step> {
        let follow = || session.incident.current_step.as_ref().or_else(|| self.facts().steps().next());
        self.shown.as_ref().or_else(follow).and_then(|id| session.runbook.step(id)).map(|(_, step)| step)
    }

    /// Whether the step that is shown is not the one being worked on.
    pub(super) fn is_elsewhere(&self, session: &Session) -> bool {
        self.shown.is_some() && self.shown != session.incident.current_step
    }

    /// Runbooks to go on with from here.
    pub(super) fn related(&self, session: &Session) -> Vec<Related> {
        let known = session.incident.checks.values().flat_map(|record| &record.known_errors);
        directory::related(&session.runbook, self.shown_step(session), known)
    }

    /// The rows of the step that is shown.
    pub(super) fn rows(&self, session: &Session) -> Vec<Row> {
        let Some(step) = self.shown_step(session) else {
            return Vec::new();
        };
        let facts = self.facts();
        let seen = |id: &Id| !facts.is_hidden(id);
        let checks = step.checks.iter().map(|check| &check.id).filter(|id| seen(id)).cloned().map(Row::Check);
        let remediations = step.remediations.iter().map(|remediation| &remediation.id).filter(|id| seen(id)).cloned().map(Row::Remediation);
        let tasks = step.tasks.iter().map(|task| &task.id).filter(|id| seen(id)).cloned().map(Row::Task);
        checks.chain(remediations).chain(tasks).collect()
    }

    /// The row that keys act on: the chosen one, else the one that is next, else the first that is not green, else the first.
    pub(super) fn row(&self, session: &Session) -> Option<Row> {
        let rows = self.rows(session);
        let next = || match &self.facts().next {
            Move::Probe(id) | Move::Judge(id) | Move::Guard(id) | Move::Stuck(id) => Some(Row::Check(id.clone())),
            Move::Plan(id) | Move::WaitFor(id) | Move::Decide(id) => Some(Row::Remediation(id.clone())),
            Move::Tick(id) => Some(Row::Task(id.clone())),
            Move::Continue
            | Move::Enter(_)
            | Move::Ask(_)
            | Move::Wait
            | Move::AskSuccess
            | Move::TickCriterion(_)
            | Move::Return { .. }
            | Move::Resolve
            | Move::Leave => None,
        };
        let there = |row: &Row| rows.contains(row);
        // What is not green is what one came for.
        let not_green = || rows.iter().find(|row| matches!(row, Row::Check(id) if session.is_not_green(id))).cloned();
        self.selected.clone().filter(there).or_else(|| next().filter(there)).or_else(not_green).or_else(|| rows.first().cloned())
    }

    /// Back to where the work is.
    pub(super) fn follow_the_work(&mut self) {
        self.shown = None;
        self.selected = None;
        self.scroll = 0;
        self.follow = true;
        self.back = 0;
        self.pane = Pane::Step;
    }

    /// Shows another step without turning to it.
    pub(super) fn browse_to(&mut self, step: Id) {
        self.shown = Some(step);
        self.selected = None;
        self.scroll = 0;
        self.follow = true;
    }
}
