//! Which rows fit what was typed or pasted, and why. Never draws.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::runbook::Runbook;
use crate::runbook::search::{self, Hit, Why};

use super::HomeRow;

/// A row that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Its place among all.
    pub(super) row: usize,
    /// What of its runbook fits.
    pub(super) why: Why,
}

/// More than letters that are scattered over a summary, and less than a symptom that stands in what was pasted.
const GROUP: u32 = 900_000;

/// The rows that fit: the group with the best one first, and the best first in each.
pub(super) fn find(rows: &[HomeRow], typed: &str) -> Vec<Found> {
    if typed.trim().is_empty() {
        return (0..rows.len()).map(|row| Found { row, why: Why::Unasked }).collect();
    }
    let (places, runbooks): (Vec<usize>, Vec<&Runbook>) =
        rows.iter().enumerate().filter_map(|(place, row)| Some((place, row.runbook.as_deref()?))).unzip();
    let hits: BTreeMap<usize, Hit> = search::rank(typed, &runbooks).into_iter().map(|hit| (places[hit.index], hit)).collect();
    let fits = |(place, row): (usize, &HomeRow)| match hits.get(&place) {
        _ if is_meant(row.group, typed) => Some((GROUP, Found { row: place, why: Why::Name })),
        Some(hit) => Some((hit.score, Found { row: place, why: hit.why })),
        None => shows(row, typed).then_some((0, Found { row: place, why: Why::Name })),
    };
    let mut found: Vec<(u32, Found)> = rows.iter().enumerate().filter_map(fits).collect();
    let mut groups: BTreeMap<&str, (u32, usize)> = BTreeMap::new();
    for (score, one) in &found {
        let group = groups.entry(rows[one.row].group).or_insert((0, one.row));
        group.0 = group.0.max(*score);
    }
    found.sort_by_key(|(score, one)| {
        let (best, place) = groups.get(rows[one.row].group).copied().unwrap_or_default();
        (Reverse(best), place, Reverse(*score), one.row)
    });
    found.into_iter().map(|(_, one)| one).collect()
}

/// Whether what was typed is the beginning of a word in a heading: `drill`, `past`.
fn is_meant(group: &str, typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    typed.len() >= 3 && group.to_lowercase().split(' ').any(|word| word.starts_with(&typed))
}

/// Every word typed stands somewhere in the row.
fn shows(row: &HomeRow, typed: &str) -> bool {
    let all = format!("{} {}", row.title, row.detail).to_lowercase();
    typed.to_lowercase().split_whitespace().all(|word| all.contains(word))
}
