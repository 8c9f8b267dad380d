//! Where a timeline is stored: one line an entry, on disk before anything acts on it. Never changes a line
//! that was written, and never tries a descriptor again on which a sync failed.

pub mod evidence;
pub mod inbox;
mod read;
mod write;

pub use crate::timeline::chain::verify;
pub use read::{Found, Listing, Stored, bytes, find, list, read, split};
pub use write::{Journal, OpenProblem, TakenUp};

/// The journal's file in an incident's folder.
pub const FILE: &str = "journal.jsonl";

/// The runbook as it was when the incident was opened.
pub const RUNBOOK: &str = "runbook.yaml";

/// The team's part of the settings as it was when the incident was opened, where there was one.
pub const TEAM: &str = "team.yaml";
