//! Times and how they compare. Every benchmark says medians, beside a peer in the same run.

use std::time::{Duration, Instant};

pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

pub(crate) fn median(mut durations: Vec<Duration>) -> Duration {
    quantile(&mut durations, 0.5)
}

/// The duration that this share of all does not exceed.
pub(crate) fn quantile(durations: &mut [Duration], q: f64) -> Duration {
    durations.sort_unstable();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred samples")]
    let place = ((durations.len() - 1) as f64 * q).round() as usize;
    durations[place]
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
