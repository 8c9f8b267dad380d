//! Moments. Never reads a clock: a `Stamp` is always handed in.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, Utc};

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

/// The moment that a person means who says when something happened: RFC 3339, a time of day in UTC such as `14:05` (the
/// last time it was so late), or how long ago, such as `12m` or `1h 30m ago`.
///
/// # Errors
/// What may be said, if it is none of these or still to come.
pub fn earlier(said: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let said = said.trim();
    let of_today = |time: NaiveTime| {
        let today = now.date_naive().and_time(time).and_utc();
        if today > now { today - Days::new(1) } else { today }
    };
    let time_of_day = || ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(said, form).ok()).map(of_today);
    let ago = || {
        let ago = humantime::parse_duration(said.trim_end_matches("ago").trim()).ok()?;
        now.checked_sub_signed(chrono::Duration::from_std(ago).ok()?)
    };
    let at = said.parse().ok().or_else(time_of_day).or_else(ago);
    at.filter(|at| *at <= now)
        .ok_or_else(|| format!("`{said}` is no time that has been; write 14:05 (UTC), 2026-11-21T03:12:00Z, or how long ago, such as 12m"))
}

/// A length of time as a person says it: `10s`, `5m`, `1h 30m`.
///
/// # Errors
/// What may be said, if it is none.
pub fn lasting(said: &str) -> Result<Duration, String> {
    humantime::parse_duration(said.trim()).map_err(|_| format!("`{}` is no length of time; write 10s, 5m or 1h 30m", said.trim()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_say_when_in_three_ways() {
        let now: DateTime<Utc> = "2026-03-02T00:10:00Z".parse().unwrap_or_default();
        for (said, meant) in [
            ("12m", "2026-03-01T23:58:00.000Z"),
            (" 1h 30m ago ", "2026-03-01T22:40:00.000Z"),
            ("23:59", "2026-03-01T23:59:00.000Z"),
            ("00:05:30", "2026-03-02T00:05:30.000Z"),
            ("2026-03-01T01:02:03+01:00", "2026-03-01T00:02:03.000Z"),
        ] {
            assert_eq!(earlier(said, now).map(rfc3339), Ok(meant.to_owned()), "{said}");
        }
        for said in ["", "soon", "2026-03-02T00:11:00Z", "25:00", "999999999999y"] {
            assert!(earlier(said, now).is_err(), "{said}");
        }
    }
}
