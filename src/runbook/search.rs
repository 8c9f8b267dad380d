//! Finding a runbook by whatever a person has at hand: a few letters of its name, a symptom, or a whole pasted
//! error. Never reads more of a query than fits on a few screens.

pub mod fuzzy;

use std::collections::BTreeSet;

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::Runbook;

/// Longest part of a query that is looked at, in characters: the head of a pasted stack trace says enough.
const LONGEST: usize = 4000;

/// Longest query that is taken for words somebody types; anything longer is pasted.
const TYPED: usize = 200;

/// A runbook that fits a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its place in the list that was searched.
    pub index: usize,
    /// How well it fits; only good for comparing.
    pub score: u32,
}

/// The runbooks that fit a query, best first; all of them in their own order for an empty one.
///
/// Looked at are id, title, symptoms, tags, what is affected, the summary, and the titles and patterns of known
/// errors. Whoever pastes a line of a log finds, in this order: runbooks with a known error that matches it, those
/// with a symptom that stands in it, those that fit as words typed by hand, and those that share words with it.
#[must_use]
pub fn rank(query: &str, runbooks: &[&Runbook]) -> Vec<Hit> {
    let query: String = query.trim().chars().take(LONGEST).collect();
    let pattern = Pattern::new(&query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut hits: Vec<Hit> = runbooks
        .iter()
        .enumerate()
        .filter_map(|(index, runbook)| score(&query, &pattern, runbook, &mut matcher).map(|score| Hit { index, score }))
        .collect();
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.index));
    hits
}

/// The best score over every field; nothing if no field fits.
fn score(query: &str, pattern: &Pattern, runbook: &Runbook, matcher: &mut Matcher) -> Option<u32> {
    if query.is_empty() {
        return Some(0);
    }
    let found = known(query, runbook).max(symptom(query, runbook));
    if query.chars().count() > TYPED {
        return found.or_else(|| shared_words(query, runbook));
    }
    let mut buffer = Vec::new();
    let typed = fields(runbook).filter_map(|(weight, text)| {
        // Letters scattered over a long text mean nothing: at least half of what a full match would score.
        let least = u32::try_from(query.chars().filter(|c| !c.is_whitespace()).count()).unwrap_or(u32::MAX).saturating_mul(12);
        pattern.score(Utf32Str::new(text, &mut buffer), matcher).filter(|score| *score >= least).map(|score| SHARED + score * weight)
    });
    found.max(typed.max()).or_else(|| shared_words(query, runbook))
}

/// Every text worth looking at, with its weight: a name counts more than a paragraph.
fn fields(runbook: &Runbook) -> impl Iterator<Item = (u32, &str)> {
    let names = [(4, runbook.id.as_str()), (4, runbook.title.as_str())];
    let symptoms = runbook.symptoms.iter().map(|symptom| (3, symptom.as_str()));
    let tags = runbook.tags.iter().chain(&runbook.affects).map(|tag| (2, tag.as_str()));
    let summary = runbook.summary.iter().map(|summary| (1, summary.source()));
    let errors = runbook.known_errors.iter().map(|known| (2, known.title.as_str()));
    names.into_iter().chain(symptoms).chain(tags).chain(summary).chain(errors)
}

/// More than [`shared_words`] can score.
const SHARED: u32 = 1_000;
/// More than words typed by hand can score.
const SYMPTOM: u32 = 1_000_000;
/// More than a symptom can score.
const KNOWN: u32 = 2_000_000;

/// A known error matches the text. Of several runbooks that know it the one comes first whose patterns take more of
/// it: a refused connection is known to many, and says little of what is broken. What symptoms take counts as well.
fn known(query: &str, runbook: &Runbook) -> Option<u32> {
    let found = runbook.known_errors.iter().filter_map(|known| known.pattern.longest_match(query));
    let taken = found.reduce(|one, other| one + other)?;
    Some(KNOWN + length(taken) + symptom(query, runbook).map_or(0, |score| score - SYMPTOM))
}

/// The text holds a symptom: the longest one counts.
fn symptom(query: &str, runbook: &Runbook) -> Option<u32> {
    let lower = query.to_lowercase();
    let held = runbook.symptoms.iter().map(|symptom| symptom.to_lowercase()).filter(|symptom| lower.contains(symptom.as_str()));
    held.map(|symptom| SYMPTOM + length(symptom.len())).max()
}

/// How many of the words of a text that nobody knows as a whole stand in a runbook: at least two, and a fifth.
fn shared_words(query: &str, runbook: &Runbook) -> Option<u32> {
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.chars().count() > 3);
        words.map(str::to_lowercase).collect()
    };
    let asked = words(query);
    let told: BTreeSet<String> = fields(runbook).flat_map(|(_, text)| words(text)).collect();
    let shared = asked.intersection(&told).count();
    (shared >= 2 && 5 * shared >= asked.len()).then(|| length(shared).min(SHARED - 1))
}

/// A length as part of a score: never as much as the next better kind of fit.
fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX).min(400_000)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;
    use crate::runbook::yaml::read;

    fn runbook(id: &str, title: &str, more: &str) -> Runbook {
        let text = format!("version: 1\nid: {id}\ntitle: {title}\n{more}\nphases: [{{ title: A, steps: [{{ title: B, tasks: [C] }}] }}]\n");
        read("a.yaml", text.as_bytes()).unwrap()
    }

    #[test]
    fn a_few_letters_a_symptom_or_a_pasted_error_find_their_runbook() {
        let schema = runbook("schema-missing", "Worker schema missing", "symptoms: ['relation \"a.b\" does not exist']\ntags: [postgres]");
        let cache = runbook("cache-cold", "Cache is cold", "known_errors: [{ match: 'MISCONF Redis \\w+', title: Redis cannot save }]");
        let both = [&schema, &cache];
        let found = |query: &str| rank(query, &both).iter().map(|hit| hit.index).collect::<Vec<_>>();
        for (query, expected) in [
            ("", vec![0, 1]),
            ("schem", vec![0]),
            ("SCHEMA worker", vec![0]),
            ("cold", vec![1]),
            ("redis save", vec![1]),
            ("postgres", vec![0]),
            ("2026-11-21 ERROR: relation \"a.b\" does not exist at character 15", vec![0]),
            (&format!("{}\nMISCONF Redis is configured to", "trace\n".repeat(200)), vec![1]),
            ("zzzz", vec![]),
            ("2026-11-21T10:00:00Z worker[12] FATAL: MISCONF Redis is on fire; relation \"a.b\" does not exist", vec![1, 0]),
            ("ERROR:  permission denied for schema missing on worker-7", vec![0]),
        ] {
            assert_eq!(found(query), expected, "{}", &query[..query.len().min(60)]);
        }
    }
}
