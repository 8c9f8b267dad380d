//! Entries as lines of a journal: one JSON object each, closed by a newline. The only place that knows
//! the spelling. It only grows: a line written by any earlier version must still be read.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::Value;
use crate::base::stamp::{Stamp, milliseconds, rfc3339};

use super::event::{Entry, Event};

/// The line of an entry as it stands in the journal and in `timeline --json`.
#[derive(Serialize, Deserialize)]
struct Line {
    seq: u64,
    at: String,
    since_ms: u64,
    by: String,
    #[serde(default)]
    host: String,
    #[serde(flatten)]
    event: Event,
    /// SHA-256 of the line before, without its newline; 64 zeros before the first.
    #[serde(default)]
    prev: String,
}

/// Writes an entry as one line without its newline.
///
/// # Panics
/// Never: every type of an entry has a JSON form.
#[must_use]
pub fn write(entry: &Entry, host: &str, prev: &str) -> String {
    let line = Line {
        seq: entry.seq,
        at: rfc3339(entry.at.wall),
        since_ms: milliseconds(entry.at.elapsed),
        by: entry.by.clone(),
        host: host.to_owned(),
        event: entry.event.clone(),
        prev: prev.to_owned(),
    };
    #[expect(clippy::expect_used, reason = "string keys only, no maps with other keys: serialisation cannot fail")]
    serde_json::to_string(&line).expect("an entry has a JSON form")
}

/// What was read of one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The entry. An event this version does not know is [`Event::Unknown`].
    pub entry: Entry,
    /// The host it was written on.
    pub host: String,
    /// The hash it claims for the line before.
    pub prev: String,
    /// The line as JSON, with all it holds.
    pub json: Value,
}

/// Reads one line.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn read(line: &str) -> Result<Read, String> {
    let json: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let parsed: Line = serde_json::from_value(json.clone()).map_err(|error| error.to_string())?;
    let wall: DateTime<Utc> = parsed.at.parse().map_err(|error| format!("at: {error}"))?;
    let at = Stamp { wall, elapsed: Duration::from_millis(parsed.since_ms) };
    let entry = Entry { seq: parsed.seq, at, by: parsed.by, event: parsed.event };
    Ok(Read { entry, host: parsed.host, prev: parsed.prev, json })
}
