//! What the responder is called to by the clock, as an entry holds it. For ever, like everything of an event.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::id::Id;

use super::time::ms;

/// Something that a good deputy would say at this moment. An escalation that is due and a budget that is used up are events
/// of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Call {
    /// A budget runs down.
    BudgetLeft {
        /// The phase; none for `resolve_within` of the whole incident.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Id>,
        /// What is left of it, in whole minutes, rounded up.
        #[serde(with = "ms", rename = "left_ms")]
        left: Duration,
    },
    /// Stakeholders should hear how it stands.
    UpdateDue {
        /// How often they do.
        #[serde(with = "ms", rename = "every_ms")]
        every: Duration,
        /// A draft of what to tell them.
        text: String,
    },
    /// Nobody has recorded anything for a while.
    Silent {
        /// The step that is being worked on.
        step: Id,
        /// For how long.
        #[serde(with = "ms", rename = "for_ms")]
        lasted: Duration,
    },
    /// A check that was green is not any more, as the clock has found.
    RedAgain {
        /// The check.
        check: Id,
    },
}

impl Call {
    /// The same as a journal keeps it: durations in whole milliseconds.
    pub(super) fn keep(&mut self, whole: impl Fn(&mut Duration)) {
        match self {
            Self::BudgetLeft { left: duration, .. } | Self::UpdateDue { every: duration, .. } | Self::Silent { lasted: duration, .. } => {
                whole(duration);
            }
            Self::RedAgain { .. } => {}
        }
    }
}
