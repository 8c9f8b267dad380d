//! Time as a place on the paper, and the marks of its axis. Never divides by nothing: an incident of no length is drawn
//! as one of a second.

use std::time::Duration;

/// Distances between the marks of an axis that people count in, in seconds.
const STEPS: &[u64] =
    &[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000];

/// At most so many marks: their words must not touch.
const MARKS: u64 = 8;

/// Where on the paper a moment is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    whole: Duration,
    left: u32,
    right: u32,
}

impl Scale {
    pub(super) fn new(whole: Duration, left: u32, right: u32) -> Self {
        Self { whole: whole.max(Duration::from_secs(1)), left, right }
    }

    /// Where a moment is, to a tenth of a unit; what lies beyond the end is at the end.
    pub(super) fn x(self, at: Duration) -> f64 {
        let share = (at.as_secs_f64() / self.whole.as_secs_f64()).min(1.0);
        let x = f64::from(self.left) + share * f64::from(self.right - self.left);
        (x * 10.0).round() / 10.0
    }

    pub(super) fn right(self) -> u32 {
        self.right
    }

    /// The moments that the axis names.
    pub(super) fn marks(self) -> Vec<Duration> {
        let whole = self.whole.as_secs().max(1);
        let step = STEPS.iter().copied().find(|step| whole / step <= MARKS).unwrap_or_else(|| whole.div_ceil(MARKS));
        (0..=whole / step).map(|n| Duration::from_secs(n * step)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_counts_as_people_do() {
        for (seconds, last) in [(0, 1), (1, 1), (120, 120), (3_599, 3_000), (72_000, 64_800), (200 * 86_400, 180 * 86_400)] {
            let marks = Scale::new(Duration::from_secs(seconds), 0, 100).marks();
            assert!((2..=9).contains(&marks.len()), "{seconds}: {marks:?}");
            assert_eq!(marks.last().map(Duration::as_secs), Some(last), "{seconds}");
        }
        let scale = Scale::new(Duration::ZERO, 10, 110);
        assert!((scale.x(Duration::from_millis(500)) - 60.0).abs() < f64::EPSILON);
        assert!((scale.x(Duration::from_secs(9)) - 110.0).abs() < f64::EPSILON);
    }
}
