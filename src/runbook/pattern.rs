//! Regular expressions that an author wrote. Checked when they are read, compiled when they are first asked:
//! a compiled one costs up to a millisecond, and most are never needed. Never compiled without a limit.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// What a hostile pattern may take when compiled, in bytes.
const SIZE_LIMIT: usize = 1 << 20;

/// A regular expression in the syntax of Rust's `regex`.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    /// Whether a text must match from its beginning to its end.
    whole: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Checks it.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse(source: &str) -> Result<Self, String> {
        Self::known_good(source).judged()
    }

    /// Checks one that has to match a text from its beginning to its end.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse_whole(source: &str) -> Result<Self, String> {
        Self::parse(source)?;
        Self::known_good_whole(source).judged()
    }

    fn judged(self) -> Result<Self, String> {
        let reason = |error: &dyn ToString| {
            let error = error.to_string();
            error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
        };
        regex_syntax::parse(&self.expression()).map_err(|error| reason(&error))?;
        // Only counted repetition makes a short pattern large.
        if self.source.contains('{') {
            let compiled = build(&self.expression()).map_err(|error| reason(&error))?;
            let _ = self.compiled.set(Some(compiled));
        }
        Ok(self)
    }

    /// One that was parsed before without a complaint.
    #[must_use]
    pub fn known_good(source: &str) -> Self {
        Self { source: source.to_owned(), whole: false, compiled: OnceLock::new() }
    }

    /// One that was parsed before as a whole, without a complaint.
    #[must_use]
    pub fn known_good_whole(source: &str) -> Self {
        Self { whole: true, ..Self::known_good(source) }
    }

    fn expression(&self) -> Cow<'_, str> {
        if self.whole { Cow::Owned(format!("^(?:{})$", self.source)) } else { Cow::Borrowed(&self.source) }
    }

    /// As the author wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it is found in a text, or is the whole of it.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// The bytes of the longest place in a text where it is found; nothing if there is none. The more of a text a
    /// pattern takes, the more it is about that text.
    #[must_use]
    pub fn longest_match(&self, text: &str) -> Option<usize> {
        self.regex()?.find_iter(text).map(|found| found.len()).max()
    }

    /// What it captures in a text: from each place where it is found, the first group that took part.
    #[must_use]
    pub fn captured<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let first = |found: regex::Captures<'t>| found.iter().skip(1).flatten().next().map(|group| group.as_str());
        self.regex().map(|regex| regex.captures_iter(text).filter_map(first).collect()).unwrap_or_default()
    }

    /// Whether it has a group that captures something.
    #[must_use]
    pub fn has_group(&self) -> bool {
        regex_syntax::parse(&self.source).is_ok_and(|parsed| parsed.properties().explicit_captures_len() > 0)
    }

    /// The expression itself, for who masks what it matches.
    #[must_use]
    pub fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| build(&self.expression()).ok()).as_ref()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.source, self.whole) == (&other.source, other.whole)
    }
}

fn build(source: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source).size_limit(SIZE_LIMIT).build()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn patterns_are_refused_when_they_are_read() {
        assert!(Pattern::parse(r"relation \w+ does not exist").unwrap().is_match("relation it does not exist"));
        for bad in ["(", r"\w{1000}{1000}", "(?<n>a)(?<n>b)", r"a(?=b)"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        let whole = Pattern::parse_whole("a|b").unwrap();
        assert!(whole.is_match("b") && !whole.is_match("ab") && !whole.is_match("a\n"));
        for bad in ["a)(b", "(?x)a # all of it"] {
            assert!(Pattern::parse_whole(bad).is_err(), "{bad}");
        }
    }
}
