//! Which revision a migration is and which it builds on. Never works out a value that is not written as it is.

use crate::world::migrations::python::{Kind, Logical, Token};

/// What a migration says of itself.
pub(super) struct Revision {
    pub(super) id: String,
    /// The line that says so.
    pub(super) line: usize,
    /// The revisions it builds on, none for the first; nothing where that cannot be read.
    pub(super) down: Option<Vec<String>>,
    /// Others that must come before it.
    pub(super) depends_on: Vec<String>,
}

impl Revision {
    /// Of the lines of a module; nothing if it has no revision.
    pub(super) fn of(lines: &[Logical]) -> Option<Self> {
        let value = |name: &str| {
            let line = lines.iter().rev().find(|line| line.indent == 0 && line.tokens[0].is_word(name))?;
            assigned(&line.tokens).map(|value| (line.line(), value))
        };
        let (line, id) = value("revision")?;
        let id = ids(id)?.into_iter().next()?;
        let down = value("down_revision").and_then(|(_, down)| ids(down));
        let depends_on = value("depends_on").and_then(|(_, needed)| ids(needed)).unwrap_or_default();
        Some(Self { id, line, down, depends_on })
    }
}

/// What stands after the sign of an assignment, with or without a type before it.
fn assigned(tokens: &[Token]) -> Option<&[Token]> {
    let mut depth = 0_usize;
    for (n, token) in tokens.iter().enumerate() {
        if token.is_sign('[') || token.is_sign('(') {
            depth += 1;
        } else if token.is_sign(']') || token.is_sign(')') {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is_sign('=') {
            return tokens.get(n + 1..);
        }
    }
    None
}

/// `None`, a text, or several of them in brackets.
fn ids(value: &[Token]) -> Option<Vec<String>> {
    if let [only] = value
        && only.is_word("None")
    {
        return Some(Vec::new());
    }
    let is_bracket = |token: &Token| "()[]{},".chars().any(|sign| token.is_sign(sign));
    let known = value.iter().all(|token| token.kind == Kind::Text || is_bracket(token));
    let ids: Vec<String> = value.iter().filter(|token| token.kind == Kind::Text).map(|token| token.text.clone()).collect();
    (known && !ids.is_empty()).then_some(ids)
}
