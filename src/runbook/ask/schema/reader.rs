//! Walks over the words of a definition: a name, a list, a pair of parentheses. Never knows what they define.

use std::ops::Range;

use super::words::{Word, words};
use super::{Name, Unreadable};

/// Reads a whole text, and nothing may be left over.
pub(super) fn whole<'s, T>(
    source: &'s str,
    help: &'static str,
    read: impl FnOnce(&mut Reader<'s>) -> Result<T, String>,
) -> Result<T, Unreadable> {
    let unreadable = |reason| Unreadable { reason, help };
    let mut reader = Reader { source, words: words(source).map_err(unreadable)?, next: 0 };
    let read = read(&mut reader).map_err(unreadable)?;
    if reader.is_done() { Ok(read) } else { Err(unreadable(format!("{} is too much here", reader.found()))) }
}

/// A place between two words of a text.
pub(super) struct Reader<'s> {
    source: &'s str,
    pub(super) words: Vec<Word>,
    pub(super) next: usize,
}

impl Reader<'_> {
    pub(super) fn is_done(&self) -> bool {
        self.next >= self.words.len()
    }

    pub(super) fn found(&self) -> String {
        self.words.get(self.next).map_or_else(|| "the end".to_owned(), |word| format!("`{}`", &self.source[word.at.clone()]))
    }

    pub(super) fn sees(&self, word: &str) -> bool {
        self.words.get(self.next).is_some_and(|next| next.is(word))
    }

    pub(super) fn sees_both(&self, word: &str, then: &str) -> bool {
        self.sees(word) && self.words.get(self.next + 1).is_some_and(|next| next.is(then))
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        let sees = self.sees(word);
        self.next += usize::from(sees);
        sees
    }

    pub(super) fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.take(word) { Ok(()) } else { Err(format!("`{word}` is expected here, not {}", self.found())) }
    }

    pub(super) fn identifier(&mut self) -> Result<String, String> {
        match self.words.get(self.next) {
            Some(word) if word.is_name() && !word.text.is_empty() => {
                self.next += 1;
                Ok(word.text.clone())
            }
            _ => Err(format!("a name is expected here, not {}", self.found())),
        }
    }

    pub(super) fn name(&mut self) -> Result<Name, String> {
        let first = self.identifier()?;
        if self.take(".") {
            return Ok(Name { schema: first, name: self.identifier()? });
        }
        Ok(Name { schema: "public".to_owned(), name: first })
    }

    pub(super) fn list(&mut self) -> Result<Vec<String>, String> {
        self.expect("(")?;
        let mut names = vec![self.identifier()?];
        while self.take(",") {
            names.push(self.identifier()?);
        }
        self.expect(")")?;
        Ok(names)
    }

    pub(super) fn text(&self, range: Range<usize>) -> &str {
        match (self.words.get(range.start), range.end.checked_sub(1).and_then(|last| self.words.get(last))) {
            (Some(first), Some(last)) if range.start < range.end => &self.source[first.at.start..last.at.end],
            _ => "",
        }
    }

    pub(super) fn rest(&mut self) -> &str {
        let start = self.next;
        self.next = self.words.len();
        self.text(start..self.next)
    }

    /// What stands in a pair of parentheses.
    pub(super) fn parentheses(&mut self) -> Result<String, String> {
        self.expect("(")?;
        let (start, mut depth) = (self.next, 1);
        while let Some(word) = self.words.get(self.next) {
            self.next += 1;
            depth += i32::from(word.is("(")) - i32::from(word.is(")"));
            if depth == 0 {
                return Ok(self.text(start..self.next - 1).to_owned());
            }
        }
        Err("a `(` is never closed".to_owned())
    }

    pub(super) fn phrase(&mut self, phrase: &[&str]) -> bool {
        let sees = phrase.iter().enumerate().all(|(n, word)| self.words.get(self.next + n).is_some_and(|next| next.is(word)));
        if sees {
            self.next += phrase.len();
        }
        sees
    }
}
