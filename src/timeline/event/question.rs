//! What somebody asked that stands in no runbook, as an entry holds it. For ever, like everything of an event.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::id::Id;

use super::time::maybe_ms;

/// A question that a person asked off the runbook's path. Its answer is that of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The id that it has as a check; no author's check has one of its kind.
    pub check: Id,
    /// The step that was being worked on.
    pub step: Id,
    /// What was typed.
    pub ask: Typed,
}

/// What a person typed to find something out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Typed {
    /// One statement that reads.
    Sql {
        /// The target it was asked of.
        target: Id,
        /// As it was typed; names of inputs stand as such.
        text: String,
    },
    /// A line for a shell.
    Command {
        /// As it was typed.
        line: String,
    },
}

/// A question that is a check of the incident from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The id that it has as a check.
    pub check: Id,
    /// One line, phrased as what should be true.
    pub title: String,
    /// What the answer must fulfil.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// Asked again this often.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "maybe_ms", rename = "every_ms")]
    pub every: Option<Duration>,
}
