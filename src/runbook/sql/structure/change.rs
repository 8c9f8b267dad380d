//! What one statement changes: CREATE, DROP and ALTER, by their first words. Never complains: what is of another
//! kind, or written in a way that is not known here, changes nothing that is followed.

use squawk_lexer::TokenKind;

use super::{Change, Does, Thing, Token, is_one_of};

/// What a part of a table begins with that is no column.
const NO_COLUMN: &str = "constraint primary foreign unique check exclude like";

/// Goes through the tokens of a statement.
pub(super) struct Cursor<'t, 's> {
    tokens: &'t [Token<'s>],
    n: usize,
}

impl<'t, 's> Cursor<'t, 's> {
    pub(super) fn of(tokens: &'t [Token<'s>]) -> Self {
        Self { tokens, n: 0 }
    }

    fn peek(&self) -> Option<Token<'s>> {
        self.tokens.get(self.n).copied()
    }

    /// Passes over a word if it comes next.
    pub(super) fn word(&mut self, word: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is(word));
        self.n += usize::from(is_next);
        is_next
    }

    /// Passes over several words if they come next.
    fn words(&mut self, words: &[&str]) -> bool {
        let start = self.n;
        let all = words.iter().all(|word| self.word(word));
        if !all {
            self.n = start;
        }
        all
    }

    /// Passes over all of these words, and whether there was any.
    fn any_of(&mut self, list: &str) -> bool {
        let start = self.n;
        while self.peek().is_some_and(|token| token.kind == TokenKind::Ident && is_one_of(token.text, list)) {
            self.n += 1;
        }
        self.n > start
    }

    fn sign(&mut self, kind: TokenKind) -> bool {
        let is_next = self.peek().is_some_and(|token| token.kind == kind);
        self.n += usize::from(is_next);
        is_next
    }

    /// One part of a name, as the server keeps it.
    fn part(&mut self) -> Option<String> {
        let token = self.peek()?;
        let name = match token.kind {
            TokenKind::Ident => token.text.to_lowercase(),
            TokenKind::QuotedIdent { .. } => token.text.trim_matches('"').replace("\"\"", "\""),
            _ => return None,
        };
        self.n += 1;
        Some(name)
    }

    /// A name with its schema, if it has one and that is not `public`.
    fn name(&mut self) -> Option<String> {
        let mut parts = vec![self.part()?];
        while self.sign(TokenKind::Dot) {
            parts.push(self.part()?);
        }
        if parts.len() > 1 && parts[0] == "public" {
            parts.remove(0);
        }
        Some(parts.join("."))
    }

    /// What kind of thing comes next.
    fn thing(&mut self) -> Option<Thing> {
        let things =
            [("schema", Thing::Schema), ("table", Thing::Table), ("index", Thing::Index), ("view", Thing::View), ("type", Thing::Type)];
        let more = [("domain", Thing::Type), ("sequence", Thing::Sequence)];
        things.into_iter().chain(more).find(|(word, _)| self.word(word)).map(|(_, thing)| thing)
    }

    /// Passes over everything up to the comma that ends this part, or to the parenthesis that ends the list;
    /// whether there is another part.
    fn next_part(&mut self) -> bool {
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            self.n += 1;
            match token.kind {
                TokenKind::OpenParen | TokenKind::OpenBracket => depth += 1,
                TokenKind::CloseParen | TokenKind::CloseBracket if depth == 0 => return false,
                TokenKind::CloseParen | TokenKind::CloseBracket => depth -= 1,
                TokenKind::Comma if depth == 0 => return true,
                _ => {}
            }
        }
        false
    }
}

/// What one statement changes.
pub(super) fn changes(tokens: &[Token<'_>]) -> Vec<Change> {
    let mut cursor = Cursor::of(tokens);
    let Some(start) = cursor.peek().map(|token| token.at) else { return Vec::new() };
    let mut changes = Vec::new();
    // What is no change, or one of a kind that is not followed, ends early.
    let _ = if cursor.word("create") {
        create(&mut cursor, &mut changes)
    } else if cursor.word("drop") {
        drop(&mut cursor, &mut changes)
    } else if cursor.word("alter") {
        alter(&mut cursor, &mut changes)
    } else {
        None
    };
    changes.into_iter().map(|(offset, does)| Change { offset, statement: start, does }).collect()
}

type Found = Vec<(usize, Does)>;

fn create(cursor: &mut Cursor<'_, '_>, found: &mut Found) -> Option<()> {
    let at = cursor.tokens[0].at;
    let replaces = cursor.words(&["or", "replace"]);
    cursor.any_of("global local");
    if cursor.any_of("temp temporary") {
        return None;
    }
    cursor.any_of("unlogged foreign unique materialized recursive");
    let thing = cursor.thing()?;
    cursor.word("concurrently");
    let unless_missing = cursor.words(&["if", "not", "exists"]) || replaces;
    if thing == Thing::Index && cursor.peek()?.is("on") {
        return None;
    }
    let name = cursor.name()?;
    let on = if thing == Thing::Index && cursor.word("on") {
        cursor.word("only");
        cursor.name()
    } else {
        None
    };
    found.push((at, Does::Creates { thing, name: name.clone(), on, unless_missing }));
    // Where its table is there already, that is said of the table and not again of each column.
    if thing == Thing::Table && cursor.sign(TokenKind::OpenParen) {
        loop {
            let token = cursor.peek()?;
            if token.kind != TokenKind::Ident || !is_one_of(token.text, NO_COLUMN) {
                let column = cursor.part()?;
                let name = format!("{name}.{column}");
                found.push((token.at, Does::Creates { thing: Thing::Column, name, on: None, unless_missing: true }));
            }
            if !cursor.next_part() {
                break;
            }
        }
    }
    Some(())
}

fn drop(cursor: &mut Cursor<'_, '_>, found: &mut Found) -> Option<()> {
    cursor.any_of("foreign materialized");
    let thing = cursor.thing()?;
    cursor.word("concurrently");
    cursor.words(&["if", "exists"]);
    let mut at = cursor.tokens[0].at;
    loop {
        let name = cursor.name()?;
        found.push((at, Does::Drops { thing, name }));
        if !cursor.sign(TokenKind::Comma) {
            return Some(());
        }
        at = cursor.peek()?.at;
    }
}

fn alter(cursor: &mut Cursor<'_, '_>, found: &mut Found) -> Option<()> {
    cursor.any_of("foreign materialized");
    let thing = cursor.thing()?;
    cursor.words(&["if", "exists"]);
    cursor.word("only");
    let table = cursor.name()?;
    cursor.sign(TokenKind::Star);
    loop {
        let at = cursor.peek()?.at;
        if let Some(does) = action(cursor, thing, &table) {
            found.push((at, does));
        }
        if !cursor.next_part() {
            return Some(());
        }
    }
}

/// One of the actions of ALTER.
fn action(cursor: &mut Cursor<'_, '_>, thing: Thing, of: &str) -> Option<Does> {
    let schema = of.rsplit_once('.').map(|(schema, _)| schema);
    let column = |name: String| format!("{of}.{name}");
    if cursor.words(&["rename", "to"]) {
        let new = cursor.part()?;
        let to = schema.map_or_else(|| new.clone(), |schema| format!("{schema}.{new}"));
        return Some(Does::Renames { thing, from: of.to_owned(), to });
    }
    if cursor.words(&["set", "schema"]) {
        let (schema, name) = (cursor.part()?, of.rsplit('.').next().unwrap_or(of));
        let to = if schema == "public" { name.to_owned() } else { format!("{schema}.{name}") };
        return Some(Does::Renames { thing, from: of.to_owned(), to });
    }
    if thing != Thing::Table {
        return None;
    }
    if cursor.word("rename") {
        if !cursor.word("column") && cursor.peek()?.is("constraint") {
            return None;
        }
        let from = cursor.part()?;
        return if cursor.word("to") {
            Some(Does::Renames { thing: Thing::Column, from: column(from), to: column(cursor.part()?) })
        } else {
            None
        };
    }
    let adds = cursor.word("add");
    if !adds && !cursor.word("drop") {
        return None;
    }
    let is_column = cursor.word("column");
    let unless_missing = cursor.words(&["if", "not", "exists"]);
    cursor.words(&["if", "exists"]);
    let next = cursor.peek()?;
    if !is_column && next.kind == TokenKind::Ident && is_one_of(next.text, NO_COLUMN) {
        return None;
    }
    let name = column(cursor.part()?);
    Some(if adds {
        Does::Creates { thing: Thing::Column, name, on: None, unless_missing }
    } else {
        Does::Drops { thing: Thing::Column, name }
    })
}
