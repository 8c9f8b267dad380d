//! A hunt for text that two readers read in two ways: what the first layer takes for the inside of a string, a name or a
//! comment, and the server for a call. Statements are made up from the pieces that could do it, by a number that is always the
//! same. Never a list of what was thought of already: that is the corpus.

use std::collections::{BTreeMap, BTreeSet};

use fracas::runbook::sql;

/// What is looked for: of a family of functions that act, and it takes no argument that would need a quote.
pub(crate) const CALL: &str = "lo_hunted()";

/// Openings and closings; what is likelier to hide something stands there more often.
const OPENINGS: &[(&str, &str)] = &[
    ("'", "'"),
    ("'", "'"),
    ("'", "'"),
    ("E'", "'"),
    ("e'", "'"),
    ("U&'", "'"),
    ("N'", "'"),
    ("\"", "\""),
    ("$$", "$$"),
    ("$a$", "$a$"),
    ("a$$", "$$"),
    ("/*", "*/"),
    ("--", "\n"),
];

/// One inside each.
const INSIDE: &[&str] = &[
    "\\",
    "\\",
    "\\\\",
    "\\'",
    "''",
    "\"",
    "$$",
    "$",
    "--",
    "/*",
    "*/",
    "\n",
    "\r",
    "a",
    "\u{a0}",
    "é",
    ", lo_hunted() --",
    ", lo_hunted() --",
    ", lo_hunted() --",
    "|| lo_hunted() ||",
    ", lo_hunted(), ",
];

/// Between two of them.
const BETWEEN: &[&str] = &["\n", "\n", " -- '\n", " || ", " || ", ", ", ", ", "", " ", "/**/", " UESCAPE '!', ", "\r", "\u{c}"];

/// A generator of numbers that needs nobody: xorshift, as G. Marsaglia gave it.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap_or(0) % bound
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// The next statement that the first layer lets through although the call is written somewhere in it.
pub(crate) fn passed(numbers: &mut Numbers) -> String {
    loop {
        let mut text = "SELECT ".to_owned();
        for n in 0..=numbers.below(3) {
            if n > 0 {
                text.push_str(numbers.one_of(BETWEEN));
            }
            let (opening, closing) = numbers.one_of(OPENINGS);
            text.push_str(opening);
            text.push_str(numbers.one_of(INSIDE));
            text.push_str(closing);
        }
        if text.contains(CALL) && sql::question(&text, &BTreeMap::new(), &BTreeSet::new()).is_ok() {
            return text;
        }
    }
}
