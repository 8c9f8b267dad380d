//! What a script does to the structure of a database: what it creates, drops and renames, in order. Read from its
//! tokens, so that one statement nobody can parse hides none of the others. Never looks into functions, whose
//! bodies do not run when they are created.

use squawk_lexer::{LiteralKind, TokenKind};

use super::SqlProblem;
use super::fill::{is_blank, is_closed};

/// A script as far as it changes the structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// How many statements it has, those counted that only begin or end a transaction.
    pub statements: usize,
    /// How many of them do more than begin or end a transaction.
    pub acting: usize,
    /// What they change, in order.
    pub changes: Vec<Change>,
    /// What cannot be read as SQL.
    pub problems: Vec<SqlProblem>,
}

/// A change of the structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where it is said, in bytes from the start of the script.
    pub offset: usize,
    /// Where its statement begins.
    pub statement: usize,
    /// What it does.
    pub does: Does,
}

/// What is done to a part of the structure. Names are as the server keeps them, with their schema unless that is
/// `public`; those of columns begin with their table's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Something is created.
    Creates {
        /// What.
        thing: Thing,
        /// Its name.
        name: String,
        /// The table an index is on.
        on: Option<String>,
        /// Whether nothing happens if it is there already.
        unless_missing: bool,
    },
    /// Something is dropped.
    Drops {
        /// What.
        thing: Thing,
        /// Its name.
        name: String,
    },
    /// Something gets another name.
    Renames {
        /// What.
        thing: Thing,
        /// Its name before.
        from: String,
        /// Its name after.
        to: String,
    },
}

/// A part of the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "as PostgreSQL calls them")]
pub enum Thing {
    Schema,
    Table,
    Column,
    Index,
    View,
    Sequence,
    Type,
}

impl Thing {
    /// In a sentence.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Table => "table",
            Self::Column => "column",
            Self::Index => "index",
            Self::View => "view",
            Self::Sequence => "sequence",
            Self::Type => "type",
        }
    }
}

/// What a statement may begin with. Source: "SQL Commands" of PostgreSQL's manual.
const VERBS: &str = "abort alter analyze begin call checkpoint close cluster comment commit copy create deallocate declare \
    delete discard do drop end execute explain fetch grant import insert listen load lock merge move notify prepare reassign \
    refresh reindex release reset revoke rollback savepoint security select set show start table truncate unlisten update \
    vacuum values with";

/// Of these, what changes nothing by itself.
const IDLE: &str = "abort begin commit end rollback savepoint release start set reset";

/// What a part of a table begins with that is no column.
const NO_COLUMN: &str = "constraint primary foreign unique check exclude like";

/// What a statement of a DO block comes after, beside a semicolon.
const STARTS: &str = "begin then else loop";

fn is_one_of(word: &str, list: &str) -> bool {
    list.split_whitespace().any(|known| known.eq_ignore_ascii_case(word))
}

/// Reads a script: SQL, with lines for psql (`\set …`) and the data of `COPY … FROM stdin` passed over.
#[must_use]
pub fn script(sql: &str) -> Script {
    let mut script = Script::default();
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').len();
        let rest = &rest[blank..];
        at += blank;
        if rest.starts_with('\\') {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (tokens, length) = statement(rest, at, &mut script.problems);
        at += length;
        if tokens.is_empty() {
            continue;
        }
        script.add(&tokens);
        let mut words = Cursor { tokens: &tokens, n: 0 };
        if words.word("copy") && tokens.windows(2).any(|pair| pair[0].is("from") && pair[1].is("stdin")) {
            let data = &sql[at..];
            at += data.find("\n\\.").map_or(data.len(), |end| end + 3);
        }
    }
    script
}

#[derive(Clone, Copy)]
struct Token<'s> {
    kind: TokenKind,
    text: &'s str,
    at: usize,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Ident && self.text.eq_ignore_ascii_case(word)
    }
}

/// The tokens of the statement that a text begins with, and how long it is with its semicolon.
fn statement<'s>(text: &'s str, offset: usize, problems: &mut Vec<SqlProblem>) -> (Vec<Token<'s>>, usize) {
    let (mut tokens, mut at) = (Vec::new(), 0);
    for token in squawk_lexer::tokenize(text) {
        let end = at + usize::try_from(token.len).unwrap_or(0);
        let Some(part) = text.get(at..end).filter(|part| !part.is_empty()) else { break };
        if !is_closed(token.kind) {
            problems.push(SqlProblem::new(offset + at, "a string, quoted name or comment begins here and never ends", ""));
        }
        if token.kind == TokenKind::Semi {
            return (tokens, end);
        }
        if !is_blank(token.kind) {
            tokens.push(Token { kind: token.kind, text: part, at: offset + at });
        }
        at = end;
    }
    (tokens, text.len())
}

impl Script {
    fn add(&mut self, tokens: &[Token<'_>]) {
        let first = tokens[0];
        self.statements += 1;
        let is_verb = first.kind == TokenKind::OpenParen || (first.kind == TokenKind::Ident && is_one_of(first.text, VERBS));
        if !is_verb {
            let begins: String = first.text.chars().take(20).collect();
            self.problems.push(SqlProblem::new(first.at, format!("no SQL statement begins with `{begins}`"), ""));
            return;
        }
        if is_one_of(first.text, IDLE) {
            return;
        }
        self.acting += 1;
        if first.is("do") {
            self.block(tokens);
        } else {
            self.changes.extend(changes(tokens));
        }
    }

    /// The statements inside a DO block. They run under conditions that are not known here.
    fn block(&mut self, tokens: &[Token<'_>]) {
        let is_text =
            |kind: TokenKind| matches!(kind, TokenKind::Literal { kind: LiteralKind::DollarQuotedString { .. } | LiteralKind::Str { .. } });
        let Some(body) = tokens.iter().rfind(|token| is_text(token.kind) && token.text.contains(char::is_whitespace)) else { return };
        let quote = body.text.strip_prefix('$').and_then(|rest| rest.find('$')).map_or(1, |end| end + 2);
        let inside = body.text.get(quote..body.text.len().saturating_sub(quote)).unwrap_or_default();
        let (mut at, mut unclosed) = (0, Vec::new());
        while at < inside.len() {
            let (inner, length) = statement(&inside[at..], body.at + quote + at, &mut unclosed);
            at += length.max(1);
            for part in inner.split(|token| token.kind == TokenKind::Ident && is_one_of(token.text, STARTS)) {
                self.changes.extend(changes(part).into_iter().map(|mut change| {
                    if let Does::Creates { unless_missing, .. } = &mut change.does {
                        *unless_missing = true;
                    }
                    Change { statement: tokens[0].at, ..change }
                }));
            }
        }
    }
}

/// Goes through the tokens of a statement.
struct Cursor<'t, 's> {
    tokens: &'t [Token<'s>],
    n: usize,
}

impl<'s> Cursor<'_, 's> {
    fn peek(&self) -> Option<Token<'s>> {
        self.tokens.get(self.n).copied()
    }

    /// Passes over a word if it comes next.
    fn word(&mut self, word: &str) -> bool {
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
fn changes(tokens: &[Token<'_>]) -> Vec<Change> {
    let mut cursor = Cursor { tokens, n: 0 };
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
