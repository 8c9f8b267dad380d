//! Masking secrets in everything that is shown or kept: those that are known, in every spelling they are usually met in, and what
//! is a secret by its shape. Never stores a secret in readable form longer than the automaton needs it, and never prints one in
//! `Debug`.

mod forms;
mod shape;
pub mod variable;
mod view;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::{Value, Values};

/// What stands where a secret was.
pub const MASK: &str = "••••••";

/// Secrets shorter than this are not masked: they would blank out ordinary words.
const SHORTEST: usize = 4;

/// A spelling that goes over a line break is one only from this length, in bytes: short ones would be found in prose.
const SHORTEST_OVER_LINES: usize = 8;

/// Replaces secrets by [`MASK`]. Clones share what they know: a secret that one of them learns is masked by all.
#[derive(Clone, Default)]
pub struct Masker(Arc<RwLock<Arc<Known>>>);

#[derive(Default)]
struct Known {
    /// Sorted, and none twice.
    secrets: Vec<String>,
    /// Every spelling of every secret.
    spelled: Option<AhoCorasick>,
    /// What a team calls a secret.
    patterns: Vec<Regex>,
}

impl Masker {
    /// A masker for these secrets; those under four characters are ignored.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let masker = Self::default();
        masker.learn(secrets);
        masker
    }

    /// Knows these secrets from now on.
    pub fn learn<'a>(&self, secrets: impl IntoIterator<Item = &'a str>) {
        let known = self.known();
        let mut all = known.secrets.clone();
        for secret in secrets.into_iter().flat_map(with_lines) {
            if secret.chars().count() >= SHORTEST
                && let Err(place) = all.binary_search_by(|other| other.as_str().cmp(secret))
            {
                all.insert(place, secret.to_owned());
            }
        }
        if all.len() > known.secrets.len() {
            let spelled = AhoCorasick::builder()
                .kind(Some(aho_corasick::AhoCorasickKind::DFA))
                .build(all.iter().flat_map(|secret| forms::of(secret)))
                .ok();
            self.replace(Known { secrets: all, spelled, patterns: known.patterns.clone() });
        }
    }

    /// Masks what these match from now on; of one with groups, only what the groups hold.
    pub fn learn_patterns(&self, patterns: impl IntoIterator<Item = Regex>) {
        let known = self.known();
        let patterns = known.patterns.iter().cloned().chain(patterns).collect();
        self.replace(Known { secrets: known.secrets.clone(), spelled: known.spelled.clone(), patterns });
    }

    fn known(&self) -> Arc<Known> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, known: Known) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    /// The text with every secret masked. To be asked before a text is cleaned or shortened: half a secret is recognised by
    /// nobody.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known();
        let mut found = Vec::new();
        if let Some(spelled) = &known.spelled {
            known_in(spelled, text, &mut found);
        }
        shape::find(text, &mut found);
        for pattern in &known.patterns {
            shape::matches(pattern, text, &|_| true, &mut found);
        }
        if found.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(without(text, found)) }
    }

    /// A value with every secret in its strings and keys masked.
    #[must_use]
    pub fn mask_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask(&text).into_owned()),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.mask_value(item)).collect()),
            Value::Object(fields) => Value::Object(
                fields.into_iter().map(|(key, value)| (self.mask(&key).into_owned(), self.mask_value(value))).collect::<Values>(),
            ),
            other => other,
        }
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(…)")
    }
}

/// A secret, and where it has several lines those that stand for themselves: a log or a prompt shows them one by one.
fn with_lines(secret: &str) -> impl Iterator<Item = &str> {
    let long = |line: &&str| line.len() >= 16 && !line.contains(' ');
    let lines = if secret.contains('\n') { secret } else { "" };
    [secret].into_iter().chain(lines.lines().map(str::trim).filter(long))
}

/// Every place of the text, and of what it reads as once escapes are undone, that holds a spelling of a secret.
fn known_in(spelled: &AhoCorasick, text: &str, found: &mut Vec<Range<usize>>) {
    // Asking whether there is any is much quicker than asking for all of them, and there seldom is.
    if spelled.is_match(text) {
        found.extend(spelled.find_overlapping_iter(text).map(|hit| hit.range()));
    }
    for view in view::of(text.as_bytes()).filter(|view| spelled.is_match(&view.text)) {
        let origins = view.origins();
        let shortest = if view.joins_lines() { SHORTEST_OVER_LINES } else { 1 };
        let hits = spelled.find_overlapping_iter(&view.text).filter(|hit| hit.len() >= shortest);
        found.extend(hits.map(|hit| origins[hit.start()].start..origins[hit.end() - 1].end));
    }
}

/// The text with a mask in place of these ranges; those that touch or overlap get one.
fn without(text: &str, mut found: Vec<Range<usize>>) -> String {
    found.sort_by_key(|range| (range.start, range.end));
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for range in found {
        let (start, end) = (text.floor_char_boundary(range.start), text.ceil_char_boundary(range.end));
        if start >= done && (done == 0 || start > done || !masked.ends_with(MASK)) {
            masked.push_str(&text[done..start]);
            masked.push_str(MASK);
        }
        done = done.max(end);
    }
    masked.push_str(&text[done..]);
    masked
}

#[cfg(test)]
mod tests;
