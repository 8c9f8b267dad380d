//! Markdown becomes a runbook: nothing is lost, doubled, swapped or changed, nothing that acts is a question, and what comes out
//! reads without a problem. What a source holds is found out by a reader of its own, never by the importer's.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "import/becomes.rs"]
mod becomes;
#[path = "import/checker.rs"]
mod checker;
#[path = "import/fixtures.rs"]
mod fixtures;
#[path = "import/kept.rs"]
mod kept;
#[path = "import/line.rs"]
mod line;
#[path = "import/property.rs"]
mod property;
#[path = "import/prose.rs"]
mod prose;
#[path = "import/safe.rs"]
mod safe;
#[path = "import/source.rs"]
mod source;
#[path = "import/told.rs"]
mod told;
