//! Lines one after another, among the lines of others. Never mistakes lines of two requests for those of one, and
//! never loses one request among many.

use std::collections::HashMap;

use crate::runbook::model::Log;
use crate::runbook::pattern::Pattern;

/// How many values of `same` are followed at once, and the bytes of their text: far more than requests under way.
const MOST_FOLLOWED: usize = 100_000;
const MOST_FOLLOWED_BYTES: usize = 16 << 20;

/// How far the patterns of `in_order` have come. Taking each line as early as possible never misses a way
/// through: whatever comes later can follow the earlier line as well.
pub(super) struct Order<'l> {
    patterns: &'l [Pattern],
    same: Option<&'l Pattern>,
    /// Numbers of the lines that matched, by what they share, for those that are not through yet.
    under_way: HashMap<String, Vec<u64>>,
    bytes: usize,
    /// The furthest: numbers of its lines; of those equally far the one that came there last.
    pub(super) lines: Vec<u64>,
    /// What the lines of the furthest share.
    pub(super) shared: Option<String>,
    /// Whether something was not followed because there was too much.
    pub(super) is_cut: bool,
}

impl<'l> Order<'l> {
    pub(super) fn new(log: &'l Log) -> Self {
        let (patterns, same) = (log.in_order.as_slice(), log.same.as_ref());
        Self { patterns, same, under_way: HashMap::new(), bytes: 0, lines: Vec::new(), shared: None, is_cut: false }
    }

    /// Takes the next line; whether one of the patterns matches it.
    pub(super) fn line(&mut self, number: u64, text: &str) -> bool {
        let matches: Vec<bool> = self.patterns.iter().map(|pattern| pattern.is_match(text)).collect();
        let is_matched = matches.contains(&true);
        if !is_matched || self.lines.len() == self.patterns.len() {
            return is_matched;
        }
        let Some(same) = self.same else {
            if matches[self.lines.len()] {
                self.lines.push(number);
            }
            return true;
        };
        let mut shared = same.captured(text);
        shared.sort_unstable();
        shared.dedup();
        for shared in shared {
            self.follow(number, shared, &matches);
        }
        true
    }

    fn follow(&mut self, number: u64, shared: &str, matches: &[bool]) {
        if let Some(lines) = self.under_way.get_mut(shared) {
            if !matches.get(lines.len()).is_some_and(|matches| *matches) {
                return;
            }
            lines.push(number);
        } else if matches[0] {
            if self.under_way.len() == MOST_FOLLOWED || self.bytes + shared.len() > MOST_FOLLOWED_BYTES {
                self.is_cut = true;
                return;
            }
            self.bytes += shared.len();
            self.under_way.insert(shared.to_owned(), vec![number]);
        }
        if let Some(lines) = self.under_way.get(shared)
            && lines.last() == Some(&number)
            && lines.len() >= self.lines.len()
        {
            self.lines.clone_from(lines);
            self.shared = Some(shared.to_owned());
        }
    }
}
