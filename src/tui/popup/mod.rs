//! What lies on top of the incident: a stack, of which the uppermost sees every key first. Never changes
//! the incident; it ends in a command or in nothing.

pub(super) mod find;
pub(super) mod frame;
pub(super) mod join;
pub(super) mod list;
pub(super) mod plan;
pub(super) mod prompt;
pub(super) mod reader;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::Session;

use super::keymap::Context;
use find::Find;
use join::JoinView;
use list::List;
use plan::PlanView;
use prompt::Prompt;
use reader::Reader;

/// One thing on top.
pub(super) enum Popup {
    /// The plan of a remediation, its rehearsal and its outcome.
    Plan(Box<PlanView>),
    /// Something to type.
    Prompt(Box<Prompt>),
    /// A long text.
    Reader(Reader),
    /// An answer that a person judges.
    Judge(Id, Reader),
    /// The criteria of success.
    Criteria(List),
    /// Who has which role.
    Roles(List),
    /// What the report asks for.
    Report(List),
    /// The brief of a handover.
    Brief(Reader),
    /// Runbooks to go on with.
    Related(List),
    /// Runbooks to open inside the incident.
    Join(Box<JoinView>),
    /// What this one would add.
    Joining(Id, Reader),
    /// The whole timeline.
    Timeline(List),
    /// Every key.
    Help(Find),
    /// Every action.
    Palette(Find),
    /// What is due.
    Calls(List),
    /// Whether to leave.
    Quit,
}

impl Popup {
    /// Which keys mean something.
    pub(super) fn context(&self, session: &Session, now: Stamp) -> Context {
        match self {
            Self::Plan(plan) if plan.name_to_type(session, now).is_some() => Context::PlanTyped,
            Self::Plan(_) => Context::Plan,
            Self::Prompt(_) => Context::Prompt,
            Self::Reader(_) => Context::Reader,
            Self::Judge(..) => Context::Judge,
            Self::Timeline(_) => Context::Timeline,
            Self::Brief(_) => Context::Brief,
            Self::Criteria(_) | Self::Related(_) | Self::Roles(_) | Self::Report(_) => Context::List,
            Self::Help(_) | Self::Palette(_) | Self::Join(_) => Context::Find,
            Self::Joining(..) => Context::Join,
            Self::Calls(_) => Context::Calls,
            Self::Quit => Context::Question,
        }
    }

    /// Its list, if it is one.
    pub(super) fn list(&mut self) -> Option<&mut List> {
        match self {
            Self::Criteria(list)
            | Self::Roles(list)
            | Self::Report(list)
            | Self::Related(list)
            | Self::Timeline(list)
            | Self::Calls(list) => Some(list),
            Self::Help(find) | Self::Palette(find) => Some(&mut find.list),
            Self::Join(view) => Some(&mut view.list),
            Self::Plan(_) | Self::Prompt(_) | Self::Reader(_) | Self::Judge(..) | Self::Brief(_) | Self::Joining(..) | Self::Quit => None,
        }
    }
}
