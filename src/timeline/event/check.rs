//! What an entry holds of the answer to a check. For ever, like everything of an event.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Values;
use crate::base::id::{AttemptId, Id};

use super::Evidence;
use super::time::ms;

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckSettled {
    /// The check.
    pub check: Id,
    /// Which try it was.
    pub attempt: AttemptId,
    /// The answer in one word.
    pub verdict: Verdict,
    /// The sentence a person would read.
    pub reason: String,
    /// The end of what was seen, capped, clean and masked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen: String,
    /// SHA-256 of all that was seen, before it was capped; empty if nothing was.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen_hash: String,
    /// What expressions may name, as far as it is small.
    #[serde(default)]
    pub values: Values,
    /// How long it took.
    #[serde(with = "ms", rename = "duration_ms")]
    pub duration: Duration,
    /// Why it was asked.
    #[serde(default)]
    pub asked: Asked,
    /// Titles of the known errors that matched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_errors: Vec<String>,
    /// All that was seen, where that is more than stands here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

/// Why a check was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A person asked, or entered its step.
    #[default]
    ByHand,
    /// Its `every` came round.
    ByTheClock,
    /// A remediation had just run.
    ToVerify,
}

/// The answer to a check in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Answered, and not as expected.
    Failed,
    /// It could not be asked.
    Inconclusive,
    /// Answered; a person has to say whether that is good.
    NeedsPerson,
    /// No answer in time: inconclusive.
    TimedOut,
    /// Given up: inconclusive.
    Cancelled,
    /// A defect of this program: inconclusive.
    Crashed,
}

impl Verdict {
    /// Whether it could not be asked, for whatever reason.
    #[must_use]
    pub fn is_inconclusive(self) -> bool {
        matches!(self, Self::Inconclusive | Self::TimedOut | Self::Cancelled | Self::Crashed)
    }
}
