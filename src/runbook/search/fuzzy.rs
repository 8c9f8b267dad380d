//! Finding one of a few short texts by letters of it, as a palette does. Never reads runbooks; the search beside it does.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A text that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Its place in the list that was searched.
    pub index: usize,
    /// The characters that were found, by their places, in order.
    pub letters: Vec<usize>,
}

/// The texts that have the words of a query, each word's letters in order; best first, all of them for an empty query.
#[must_use]
pub fn find(query: &str, texts: &[&str]) -> Vec<Fit> {
    let pattern = Pattern::new(query.trim(), CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut found: Vec<(u32, Fit)> = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let mut letters = Vec::new();
        if let Some(score) = pattern.indices(Utf32Str::new(text, &mut buffer), &mut matcher, &mut letters) {
            letters.sort_unstable();
            letters.dedup();
            let letters = letters.into_iter().filter_map(|place| usize::try_from(place).ok()).collect();
            found.push((score, Fit { index, letters }));
        }
    }
    // Letters that are scattered over a text mean little beside texts that have them together.
    let best = found.iter().map(|(score, _)| *score).max().unwrap_or(0);
    found.retain(|(score, _)| score * 3 >= best * 2);
    found.sort_by_key(|(score, fit)| (std::cmp::Reverse(*score), fit.index));
    found.into_iter().map(|(_, fit)| fit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_are_enough_and_are_told() {
        let texts = ["Write a note", "Ask every check of the step", "Hand over"];
        assert_eq!(find("", &texts).len(), 3);
        assert_eq!(find("note", &texts)[0], Fit { index: 0, letters: vec![8, 9, 10, 11] });
        assert_eq!(find("step ask", &texts)[0].index, 1);
        assert_eq!(find("hovr", &texts)[0].index, 2);
        assert_eq!(find("xyz", &texts), []);
    }
}
