//! Finding a runbook by whatever a person has at hand: a few letters of its name, a symptom, or a whole pasted
//! error. Never reads more of a query than fits on a few screens.

pub mod fuzzy;

use std::collections::BTreeSet;
use std::ops::Range;

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
    /// What of it fits best.
    pub why: Why,
}

/// What of a runbook fits a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing was asked for.
    Unasked,
    /// Its id or its title.
    Name,
    /// This symptom, by its place.
    Symptom(usize),
    /// This tag, by its place.
    Tag(usize),
    /// This of what is affected, by its place.
    Affects(usize),
    /// Its summary.
    Summary,
    /// This known error, by its place.
    KnownError(usize),
    /// Words here and there.
    Words,
}

impl Why {
    /// What fits, and its own words where they are not in the title.
    #[must_use]
    pub fn told(self, runbook: &Runbook) -> Option<(&'static str, &str)> {
        match self {
            Self::Unasked | Self::Name => None,
            Self::Symptom(place) => runbook.symptoms.get(place).map(|symptom| ("symptom", symptom.as_str())),
            Self::Tag(place) => runbook.tags.get(place).map(|tag| ("tag", tag.as_str())),
            Self::Affects(place) => runbook.affects.get(place).map(|affected| ("affects", affected.as_str())),
            Self::Summary => runbook.summary.as_ref().map(|summary| ("summary", summary.source())),
            Self::KnownError(place) => runbook.known_errors.get(place).map(|known| ("known error", known.title.as_str())),
            Self::Words => Some(("shares words with it", "")),
        }
    }
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
        .filter_map(|(index, runbook)| score(&query, &pattern, runbook, &mut matcher).map(|(score, why)| Hit { index, score, why }))
        .collect();
    hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.index));
    hits
}

/// Where the words of a query stand in a text, as ranges of bytes in order: what a reader wants marked. Of words typed by
/// hand that stand nowhere as a whole, their letters.
#[must_use]
pub fn marks(query: &str, text: &str) -> Vec<Range<usize>> {
    let query: String = query.trim().chars().take(LONGEST).collect();
    let is_typed = query.chars().count() <= TYPED && !query.contains('\n');
    let shortest = if is_typed { 2 } else { 4 };
    let words = query.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.chars().count() >= shortest);
    let words: BTreeSet<Vec<char>> = words.map(|word| word.chars().map(folded).collect()).collect();
    let letters: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, folded(c))).collect();
    let end_of = |place: usize| letters.get(place).map_or(text.len(), |(at, _)| *at);
    let mut marked = vec![false; letters.len()];
    for start in 0..letters.len() {
        for word in &words {
            let stands = letters.get(start..start + word.len()).is_some_and(|here| here.iter().map(|(_, c)| c).eq(word.iter()));
            if stands {
                marked[start..start + word.len()].fill(true);
            }
        }
    }
    if is_typed && !query.is_empty() && !marked.contains(&true) {
        let pattern = Pattern::new(&query, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        let (mut buffer, mut places) = (Vec::new(), Vec::new());
        // Only for texts whose letters are its characters: the matcher counts what a reader sees as one letter.
        if text.is_ascii() && pattern.indices(Utf32Str::new(text, &mut buffer), &mut Matcher::new(Config::DEFAULT), &mut places).is_some() {
            places.iter().filter_map(|place| usize::try_from(*place).ok()).for_each(|place| marked[place] = true);
        }
    }
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (place, _) in marked.iter().enumerate().filter(|(_, marked)| **marked) {
        match ranges.last_mut() {
            Some(range) if range.end == end_of(place) => range.end = end_of(place + 1),
            _ => ranges.push(end_of(place)..end_of(place + 1)),
        }
    }
    ranges
}

/// A letter without its case.
fn folded(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// The best score over every field, and which it is; nothing if no field fits.
fn score(query: &str, pattern: &Pattern, runbook: &Runbook, matcher: &mut Matcher) -> Option<(u32, Why)> {
    if query.is_empty() {
        return Some((0, Why::Unasked));
    }
    let known = known(query, runbook);
    let found = known.or_else(|| symptom(query, runbook));
    if query.chars().count() > TYPED {
        return found.or_else(|| shared_words(query, runbook));
    }
    let mut buffer = Vec::new();
    let typed = fields(runbook).filter_map(|(why, weight, text)| {
        // Letters scattered over a long text mean nothing: at least half of what a full match would score.
        let least = u32::try_from(query.chars().filter(|c| !c.is_whitespace()).count()).unwrap_or(u32::MAX).saturating_mul(12);
        pattern.score(Utf32Str::new(text, &mut buffer), matcher).filter(|score| *score >= least).map(|score| (SHARED + score * weight, why))
    });
    // Of several that fit as well the first one counts, which is the one that says most.
    let typed = typed.reduce(|best, other| if other.0 > best.0 { other } else { best });
    let best = match (found, typed) {
        (Some(found), Some(typed)) if typed.0 > found.0 => Some(typed),
        (found, typed) => found.or(typed),
    };
    best.or_else(|| shared_words(query, runbook))
}

/// Every text worth looking at, with its weight: a name counts more than a paragraph.
fn fields(runbook: &Runbook) -> impl Iterator<Item = (Why, u32, &str)> {
    let names = [(Why::Name, 4, runbook.id.as_str()), (Why::Name, 4, runbook.title.as_str())];
    let symptoms = runbook.symptoms.iter().enumerate().map(|(place, symptom)| (Why::Symptom(place), 3, symptom.as_str()));
    let tags = runbook.tags.iter().enumerate().map(|(place, tag)| (Why::Tag(place), 2, tag.as_str()));
    let affects = runbook.affects.iter().enumerate().map(|(place, affected)| (Why::Affects(place), 2, affected.as_str()));
    let summary = runbook.summary.iter().map(|summary| (Why::Summary, 1, summary.source()));
    let errors = runbook.known_errors.iter().enumerate().map(|(place, known)| (Why::KnownError(place), 2, known.title.as_str()));
    names.into_iter().chain(symptoms).chain(tags).chain(affects).chain(summary).chain(errors)
}

/// More than [`shared_words`] can score.
const SHARED: u32 = 1_000;
/// More than words typed by hand can score.
const SYMPTOM: u32 = 1_000_000;
/// More than a symptom can score.
const KNOWN: u32 = 2_000_000;

/// A known error matches the text. Of several runbooks that know it the one comes first whose patterns take more of
/// it: a refused connection is known to many, and says little of what is broken. What symptoms take counts as well.
fn known(query: &str, runbook: &Runbook) -> Option<(u32, Why)> {
    let found = runbook.known_errors.iter().enumerate().filter_map(|(place, known)| Some((place, known.pattern.longest_match(query)?)));
    let found: Vec<(usize, usize)> = found.collect();
    let taken: usize = found.iter().map(|(_, taken)| taken).sum();
    let (place, _) = found.into_iter().reduce(|best, other| if other.1 > best.1 { other } else { best })?;
    Some((KNOWN + length(taken) + symptom(query, runbook).map_or(0, |(score, _)| score - SYMPTOM), Why::KnownError(place)))
}

/// The text holds a symptom: the longest one counts.
fn symptom(query: &str, runbook: &Runbook) -> Option<(u32, Why)> {
    let lower = query.to_lowercase();
    let symptoms = runbook.symptoms.iter().map(|symptom| symptom.to_lowercase()).enumerate();
    let held = symptoms.filter(|(_, symptom)| lower.contains(symptom.as_str()));
    held.map(|(place, symptom)| (SYMPTOM + length(symptom.len()), Why::Symptom(place))).max_by_key(|(score, _)| *score)
}

/// How many of the words of a text that nobody knows as a whole stand in a runbook: at least two, and a fifth.
fn shared_words(query: &str, runbook: &Runbook) -> Option<(u32, Why)> {
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.chars().count() > 3);
        words.map(str::to_lowercase).collect()
    };
    let asked = words(query);
    let told: BTreeSet<String> = fields(runbook).flat_map(|(.., text)| words(text)).collect();
    let shared = asked.intersection(&told).count();
    (shared >= 2 && 5 * shared >= asked.len()).then(|| (length(shared).min(SHARED - 1), Why::Words))
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
        for (query, why) in [
            ("", Why::Unasked),
            ("schema", Why::Name),
            ("postgres", Why::Tag(0)),
            ("ERROR: relation \"a.b\" does not exist", Why::Symptom(0)),
            ("MISCONF Redis is", Why::KnownError(0)),
        ] {
            assert_eq!(rank(query, &both).first().map(|hit| hit.why), Some(why), "{query}");
        }
    }

    #[test]
    fn what_matched_is_marked() {
        for (query, text, marked) in [
            ("schema", "Worker schema missing", &["schema"][..]),
            ("SCHEMA work", "Worker schema missing", &["Work", "schema"]),
            ("wrkr", "Worker schema", &["W", "rk", "r"]),
            ("zzz", "Worker schema", &[]),
            ("größe", "Die Größe der Größe", &["Größe", "Größe"]),
            ("", "Worker", &[]),
            ("at a.b\nin worker\nrelation", "the worker in a relation", &["worker", "relation"]),
        ] {
            let found: Vec<&str> = marks(query, text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, marked, "{query:?} in {text:?}");
        }
    }
}
