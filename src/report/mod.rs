//! Floor 5: entries as they come, and the outcome of a headless `check`, as lines for people and for
//! programs. Never prints: every function returns the text, and the caller owns standard output.

pub mod check;
pub mod junit;
pub mod text;
