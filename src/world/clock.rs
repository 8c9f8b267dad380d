//! The only reader of clocks. Never runs backwards: the time since an incident was opened grows even when
//! the wall clock steps back, and includes the time a laptop slept.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use crate::base::stamp::Stamp;

/// What the wall clock says.
#[must_use]
pub fn wall() -> DateTime<Utc> {
    Utc::now()
}

/// Measures how long something takes. Unlike [`Clock`] it knows nothing of incidents.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since then; a machine that sleeps stands still.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The clock of one incident.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    wall_at_start: DateTime<Utc>,
    before: Duration,
    slept: Duration,
}

impl Clock {
    /// A clock that has just begun.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now(), wall_at_start: wall(), before: Duration::ZERO, slept: Duration::ZERO }
    }

    /// A clock that goes on after `last`, the last moment on the timeline of an incident opened at `opened`:
    /// by the wall clock, but never behind `last`.
    #[must_use]
    pub fn resume(opened: Stamp, last: Stamp) -> Self {
        let now = wall();
        let by_the_wall = (now - opened.wall).to_std().unwrap_or_default();
        Self { before: by_the_wall.max(last.elapsed), ..Self::start() }
    }

    /// This moment.
    ///
    /// The monotonic clock stops while a machine sleeps; a wall clock that is more than two seconds ahead
    /// of it says how long that was. (Less is the slewing of a time server.)
    pub fn now(&mut self) -> Stamp {
        let wall = wall();
        let awake = self.started.elapsed();
        let by_the_wall = (wall - self.wall_at_start).to_std().unwrap_or_default();
        let ahead = by_the_wall.saturating_sub(awake);
        if ahead > self.slept + Duration::from_secs(2) {
            self.slept = ahead;
        }
        Stamp { wall, elapsed: self.before + awake + self.slept }
    }
}
