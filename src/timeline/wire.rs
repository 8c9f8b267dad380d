//! Entries as lines of a journal: one JSON object each, closed by a newline. The only place that knows
//! the spelling. It only grows: a line written by any earlier version must still be read.
//!
//! A line ends with `,"prev":"…","sum":"…"}`: the hash of the line before it, and that of its own bytes up to the
//! comma in front of `sum`. The first versions wrote no `sum`.

use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::de::value::MapDeserializer;
use serde::de::{self, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::base::hash::{is_sha256, sha256};
use crate::base::stamp::{Stamp, milliseconds, rfc3339};

use super::event::{Entry, Event};

/// What stands before the hash of the line before.
const PREV: &str = ",\"prev\":\"";

/// What stands before a line's hash of itself.
const SUM: &str = ",\"sum\":\"";

/// What closes a line.
const CLOSE: &str = "\"}";

/// The line of an entry as it stands in the journal and in `timeline --json`, but for its sum.
#[derive(Serialize)]
struct Written<'e> {
    seq: u64,
    at: String,
    since_ms: u64,
    by: &'e str,
    host: &'e str,
    #[serde(flatten)]
    event: &'e Event,
    /// SHA-256 of the line before, without its newline; 64 zeros before the first.
    prev: &'e str,
}

/// The same as it is read.
#[derive(Deserialize)]
struct Line {
    seq: u64,
    at: String,
    since_ms: u64,
    by: String,
    #[serde(default)]
    host: String,
    #[serde(flatten)]
    event: Event,
    #[serde(default)]
    prev: String,
    // Named, so that no event ever gets to see it.
    #[serde(default, rename = "sum")]
    _sum: IgnoredAny,
}

/// Writes an entry as one line without its newline.
///
/// # Panics
/// Never: every type of an entry has a JSON form.
#[must_use]
pub fn write(entry: &Entry, host: &str, prev: &str) -> String {
    let line = Written {
        seq: entry.seq,
        at: rfc3339(entry.at.wall),
        since_ms: milliseconds(entry.at.elapsed),
        by: &entry.by,
        host,
        event: &entry.event,
        prev,
    };
    #[expect(clippy::expect_used, reason = "string keys only, no maps with other keys: serialisation cannot fail")]
    let mut line = serde_json::to_string(&line).expect("an entry has a JSON form");
    line.pop();
    let sum = sha256(&line);
    line + SUM + &sum + CLOSE
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
}

/// Reads one line.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn read(line: &str) -> Result<Read, String> {
    let parsed: Line = match serde_json::from_str(line) {
        Ok(parsed) => parsed,
        Err(error) => newer(line).ok_or_else(|| error.to_string())?,
    };
    let wall: DateTime<Utc> = parsed.at.parse().map_err(|error| format!("at: {error}"))?;
    // No version wrote finer; whatever stands there, two readers and a writer see the same time.
    let at = Stamp { wall: wall.trunc_subsecs(3), elapsed: Duration::from_millis(parsed.since_ms) };
    let entry = Entry { seq: parsed.seq, at, by: parsed.by, event: parsed.event };
    Ok(Read { entry, host: parsed.host, prev: parsed.prev })
}

/// What can be read of a line whose kind of event this version does not know.
fn newer(line: &str) -> Option<Line> {
    /// What every line has.
    #[derive(Deserialize)]
    struct Around {
        seq: u64,
        at: String,
        since_ms: u64,
        by: String,
        host: String,
        kind: String,
        prev: String,
    }
    let Around { seq, at, since_ms, by, host, kind, prev } = serde_json::from_str(line).ok()?;
    // With nothing but its kind, an event misses what belongs to it, unless nothing does; only a strange kind is refused as such.
    let alone = MapDeserializer::<_, de::value::Error>::new([("kind", kind.as_str())].into_iter());
    let is_strange = Event::deserialize(alone).is_err_and(|error| error.to_string().starts_with("unknown variant"));
    is_strange.then_some(Line { seq, at, since_ms, by, host, event: Event::Unknown { kind }, prev, _sum: IgnoredAny })
}

/// What the end of a line says of the line itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// It has the sum that it names.
    Fits,
    /// It names another one: not all of its bytes are those that were written.
    Differs,
    /// It names none, as the first versions wrote it.
    Absent,
    /// It ends as no version ever wrote one.
    Strange,
}

/// Holds a line against its own sum.
#[must_use]
pub fn sum(line: &str) -> Sum {
    let ends_with = |text: &str, name: &str| {
        let hash = text.len().checked_sub(64).and_then(|at| text.split_at_checked(at));
        hash.is_some_and(|(before, hash)| is_sha256(hash) && before.ends_with(name))
    };
    let Some(open) = line.strip_suffix(CLOSE) else { return Sum::Strange };
    if ends_with(open, PREV) {
        return Sum::Absent;
    }
    let is_summed = ends_with(open, SUM);
    let Some(body) = open.len().checked_sub(64 + SUM.len()).filter(|_| is_summed).map(|at| &open[..at]) else { return Sum::Strange };
    match body.strip_suffix('"') {
        Some(inner) if ends_with(inner, PREV) && sha256(body) == open[open.len() - 64..] => Sum::Fits,
        Some(_) => Sum::Differs,
        None => Sum::Strange,
    }
}
