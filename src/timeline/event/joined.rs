//! A runbook that was opened inside an incident, as an entry holds it. For ever, like everything of an event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::id::Id;

use super::{Evidence, OpenedTarget};

/// Another runbook, beside the one that the incident was opened with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunbookJoined {
    /// Its id, with which the ids of its parts begin from here on.
    pub runbook: Id,
    /// Its title.
    pub title: String,
    /// Its file as it was, which is kept like any evidence.
    #[serde(rename = "evidence")]
    pub file: Evidence,
    /// The files it pulls in, as with the incident's first runbook.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pulled_in: BTreeMap<String, String>,
    /// Answers to those of its questions that had not been asked before; secret ones are not among them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, String>,
    /// The databases that only it works on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<OpenedTarget>,
}
