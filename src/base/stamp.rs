//! Moments. Never reads a clock: a `Stamp` is always handed in.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// A moment of an incident, by two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// What the wall clock said, in UTC. It may step; nothing is ordered by it.
    pub wall: DateTime<Utc>,
    /// Time since the incident was opened. Never runs backwards, and includes the time a machine slept.
    pub elapsed: Duration,
}

impl Stamp {
    /// How long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub fn since(&self, earlier: Self) -> Duration {
        self.elapsed.saturating_sub(earlier.elapsed)
    }

    /// The same as a journal keeps it: in whole milliseconds, by both clocks.
    #[must_use]
    pub fn as_kept(self) -> Self {
        let wall = DateTime::from_timestamp_millis(self.wall.timestamp_millis()).unwrap_or(self.wall);
        Self { wall, elapsed: Duration::from_millis(milliseconds(self.elapsed)) }
    }
}

/// Whole milliseconds, saturating: how durations are written in every stable output.
#[must_use]
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// RFC 3339 in UTC with milliseconds: how times are written in every stable output.
#[must_use]
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
