//! Floor 1: what the author wrote. Reading, checking and searching runbooks is pure: nothing in here opens
//! a file, a socket or a process, so a runbook is always safe to look at.

pub mod expression;
pub mod model;
pub mod sql;

pub use model::Runbook;
