//! What a script does to the structure of a database: what it creates, drops and renames, in order. Read from its
//! tokens, so that one statement nobody can parse hides none of the others. Never looks into functions, whose
//! bodies do not run when they are created.

mod change;

use squawk_lexer::{LiteralKind, TokenKind};

use super::SqlProblem;
use super::fill::{is_blank, is_closed};
use change::{Cursor, changes};

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
        if Cursor::of(&tokens).word("copy") && tokens.windows(2).any(|pair| pair[0].is("from") && pair[1].is("stdin")) {
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
