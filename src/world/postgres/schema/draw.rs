//! A difference drawn as one, as `diff` does it: below the table that they belong to, `-` before a line that was expected and
//! is not there, `+` before one that is there and was not expected. Never says how bad a difference is.

use std::fmt::Display;

use crate::runbook::ask::schema::Name;

/// What the signs mean, for who reads it without having asked: in a document, or aloud.
const LEGEND: &str = "expected: -   found: +";

/// The lines so far.
#[derive(Default)]
pub(super) struct Drawing {
    /// What belongs to no table.
    plain: Vec<String>,
    tables: Vec<Group>,
}

/// A table, and what differs in it.
struct Group {
    table: String,
    /// `-` if the table itself is missing, `+` if it is extra.
    sign: char,
    /// What is to be said of the table itself.
    about: String,
    lines: Vec<String>,
}

impl Drawing {
    /// A line that belongs to no table.
    pub(super) fn line(&mut self, sign: char, line: impl Display) {
        self.plain.push(format!("{sign} {line}"));
    }

    /// A line of a table.
    pub(super) fn of(&mut self, table: &Name, sign: char, line: impl Display) {
        let line = format!("{sign}   {line}");
        self.group(table).lines.push(line);
    }

    /// A line of a table as it was expected, and the one that is there. Where both read the same, the words say what differs.
    pub(super) fn change(&mut self, table: &Name, expected: impl Display, found: impl Display, words: &str) {
        let (expected, mut found) = (expected.to_string(), found.to_string());
        if expected == found {
            found = format!("{found}   ({words})");
        }
        self.of(table, '-', expected);
        self.of(table, '+', found);
    }

    /// A table that is missing or extra as a whole.
    pub(super) fn table(&mut self, table: &Name, sign: char, about: String) {
        let group = self.group(table);
        (group.sign, group.about) = (sign, about);
    }

    fn group(&mut self, table: &Name) -> &mut Group {
        let table = table.to_string();
        let at = self.tables.iter().position(|group| group.table == table).unwrap_or_else(|| {
            self.tables.push(Group { table, sign: ' ', about: String::new(), lines: Vec::new() });
            self.tables.len() - 1
        });
        &mut self.tables[at]
    }

    /// All of it, a line each; nothing where nothing differs.
    pub(super) fn lines(&self) -> Vec<String> {
        let tables = self.tables.iter().flat_map(|group| {
            let head = format!("{} table {}{}", group.sign, group.table, group.about);
            [head].into_iter().chain(group.lines.iter().cloned())
        });
        let lines: Vec<String> = self.plain.iter().cloned().chain(tables).collect();
        if lines.is_empty() { lines } else { [LEGEND.to_owned()].into_iter().chain(lines).collect() }
    }
}
