//! Entries in the order in which things happened: what was written down later stands where it belongs. Never orders
//! anything else by the wall clock.

use std::time::Duration;

use super::event::Entry;
use super::incident::Incident;

/// An entry in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed<'i> {
    /// The entry.
    pub entry: &'i Entry,
    /// What the incident's clock showed when it happened; zero for what was before the incident began.
    pub clock: Duration,
    /// How long it had begun before, for what happened earlier than the incident began.
    pub before: Duration,
    /// Whether it was written down later than it happened.
    pub late: bool,
    /// The entry that says that this one does not hold any more.
    pub corrected_by: Option<&'i Entry>,
}

/// Every entry of an incident in the order in which things happened. Entries that tell of the same moment stand in the
/// order in which they were written, and what was written down in time keeps its order whatever the wall clock did.
#[must_use]
pub fn as_it_happened(incident: &Incident) -> Vec<Placed<'_>> {
    let began = incident.began();
    let mut placed: Vec<Placed<'_>> = incident
        .entries()
        .iter()
        .map(|entry| {
            let written = incident.since_began(entry.at);
            let happened = entry.event.happened_at().zip(began).map(|(happened, began)| happened - began);
            let clock = happened.map(|since| since.to_std().unwrap_or_default()).filter(|clock| *clock < written);
            let before = happened.and_then(|since| (-since).to_std().ok()).unwrap_or_default();
            Placed { entry, clock: clock.unwrap_or(written), before, late: clock.is_some(), corrected_by: incident.corrected_by(entry.seq) }
        })
        .collect();
    placed.sort_by_key(|placed| (std::cmp::Reverse(placed.before), placed.clock));
    placed
}
