//! What an entry is about, in one word: what a timeline is filtered by. Never finer than a reader who looks for
//! something would think.

use crate::timeline::Event;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The incident itself: opened, left, resolved.
    Incident,
    /// Where the work was, and what its time was.
    Steps,
    /// Answers.
    Checks,
    /// What was to change a system.
    Changes,
    /// What a person did.
    Tasks,
    /// What people wrote down.
    Notes,
    /// What people settled on.
    Decisions,
    /// Calls for help, and messages to channels.
    Calls,
    /// Who does what.
    People,
}

impl Kind {
    /// Every kind, in the order in which a reader looks for them.
    pub const ALL: &[Self] =
        &[Self::Checks, Self::Changes, Self::Notes, Self::Decisions, Self::Tasks, Self::Steps, Self::Calls, Self::People, Self::Incident];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Steps => "steps",
            Self::Checks => "checks",
            Self::Changes => "changes",
            Self::Tasks => "tasks",
            Self::Notes => "notes",
            Self::Decisions => "decisions",
            Self::Calls => "calls and messages",
            Self::People => "people",
        }
    }

    /// What an event is about.
    #[must_use]
    pub const fn of(event: &Event) -> Self {
        match event {
            Event::Opened(_)
            | Event::Resumed { .. }
            | Event::Left { .. }
            | Event::Repaired { .. }
            | Event::Rebuilt { .. }
            | Event::SeverityChanged { .. }
            | Event::Paused { .. }
            | Event::Continued
            | Event::Resolved(_)
            | Event::Unknown { .. } => Self::Incident,
            Event::StepEntered { .. }
            | Event::RunbookJoined(_)
            | Event::Applies { .. }
            | Event::Skipped { .. }
            | Event::OverBudget { .. } => Self::Steps,
            Event::CheckSettled(_) | Event::QuestionAsked(_) | Event::QuestionKept(_) | Event::Judged { .. } | Event::Overridden { .. } => {
                Self::Checks
            }
            Event::Interrupted { .. }
            | Event::RemediationOffered(_)
            | Event::RemediationPlanned(_)
            | Event::RemediationRehearsed(_)
            | Event::RehearsalSkipped { .. }
            | Event::RemediationAbandoned { .. }
            | Event::RemediationApproved { .. }
            | Event::RemediationIntended { .. }
            | Event::RemediationCommitting(_)
            | Event::RemediationSettled(_) => Self::Changes,
            Event::TaskTicked { .. } | Event::TaskUnticked { .. } => Self::Tasks,
            Event::Note { .. }
            | Event::Corrected { .. }
            | Event::Attached { .. }
            | Event::QuestionAnswered { .. }
            | Event::ActionNoted { .. } => Self::Notes,
            Event::Decided(_) => Self::Decisions,
            Event::EscalationDue { .. }
            | Event::EscalationAcknowledged { .. }
            | Event::Called { .. }
            | Event::CallAcknowledged { .. }
            | Event::CallSnoozed { .. }
            | Event::UpdateGiven { .. }
            | Event::MessageDue { .. }
            | Event::MessageSent { .. }
            | Event::MessageLost { .. } => Self::Calls,
            Event::RoleAssigned { .. } | Event::HandedOver { .. } | Event::HandoverAccepted => Self::People,
        }
    }
}
