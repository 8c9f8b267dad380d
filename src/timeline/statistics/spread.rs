//! Where durations lie: the middle one, and how far the others are from it. Never a mean: one incident that took a night
//! would outweigh ten that took minutes.

use std::time::Duration;

/// Where some durations lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// How many there are; at least one.
    pub count: usize,
    /// As many are shorter as are longer.
    pub median: Duration,
    /// A quarter is shorter, as far as so few can say.
    pub lower: Duration,
    /// A quarter is longer.
    pub upper: Duration,
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl Spread {
    /// Where these lie; none if there are none. What lies between two of them is interpolated (method 7 of Hyndman and Fan,
    /// 1996: what spreadsheets do).
    #[must_use]
    pub fn of(durations: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let mut sorted: Vec<Duration> = durations.into_iter().collect();
        sorted.sort_unstable();
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        let quarters = |quarters: usize| {
            let place = (sorted.len() - 1) * quarters;
            let (below, rest) = (sorted[place / 4], u32::try_from(place % 4).unwrap_or_default());
            let above = sorted.get(place / 4 + 1).copied().unwrap_or(below);
            below + above.saturating_sub(below) * rest / 4
        };
        Some(Self { count: sorted.len(), median: quarters(2), lower: quarters(1), upper: quarters(3), least, most })
    }
}
