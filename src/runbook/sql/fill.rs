//! psql's variables in SQL: `:'name'` is a value, `:"name"` a name. Found by PostgreSQL's own lexical rules, so
//! that nothing inside strings, comments and dollar quotes is touched. Never writes a value without its quotes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use squawk_lexer::{LiteralKind, TokenKind};

use super::SqlProblem;
use crate::base::redact::MASK;
use crate::runbook::problem::nearest;

/// Deepest nesting of parentheses, brackets and CASE.
const DEEPEST: usize = 64;

/// Most words and operators without a comma, a parenthesis, a literal or a dot in between: what makes a
/// recursive parser go deep without any parenthesis, such as `NOT NOT NOT …`.
const LONGEST_RUN: usize = 400;

/// Names of types that may stand before a literal; there a parameter is not allowed.
const TYPES_BEFORE_LITERALS: [&str; 14] =
    ["interval", "timestamp", "timestamptz", "date", "time", "timetz", "zone", "uuid", "json", "jsonb", "inet", "cidr", "bytea", "xml"];

/// A source with its variables replaced as they are shown, and where each of them is.
pub(super) struct Filled {
    /// The SQL as a person would type it; secrets are masked.
    pub(super) shown: String,
    variables: Vec<Variable>,
}

struct Variable {
    /// Where it is in `shown`.
    shown: Range<usize>,
    /// Where it was in the source.
    source: Range<usize>,
    sends: Sends,
}

enum Sends {
    Value { value: String, literal_only: bool },
    Name(String),
}

impl Filled {
    /// The part of the SQL in this range of `shown` as it is sent.
    pub(super) fn to_send(&self, range: Range<usize>, takes_parameters: bool) -> (String, Vec<String>) {
        let (mut text, mut parameters, mut at) = (String::new(), Vec::new(), range.start);
        for variable in self.variables.iter().filter(|variable| range.contains(&variable.shown.start)) {
            text.push_str(&self.shown[at..variable.shown.start]);
            match &variable.sends {
                Sends::Value { value, literal_only } if takes_parameters && !literal_only => {
                    parameters.push(value.clone());
                    text.push('$');
                    text.push_str(&parameters.len().to_string());
                }
                Sends::Value { value, .. } => text.push_str(&literal(value)),
                Sends::Name(name) => text.push_str(&quoted_name(name)),
            }
            at = variable.shown.end;
        }
        text.push_str(&self.shown[at..range.end]);
        (text.trim().to_owned(), parameters)
    }

    /// Whether anything was put into this range of `shown`.
    pub(super) fn is_varied(&self, range: &Range<usize>) -> bool {
        self.variables.iter().any(|variable| range.contains(&variable.shown.start))
    }

    /// A place in `shown` as a place in the source.
    pub(super) fn offset_in_source(&self, shown: usize) -> usize {
        match self.variables.iter().rev().find(|variable| variable.shown.start <= shown) {
            Some(variable) if shown < variable.shown.end => variable.source.start,
            Some(variable) => variable.source.end + (shown - variable.shown.end),
            None => shown,
        }
    }
}

/// A value as a literal that means the same under every setting of the server.
pub(super) fn literal(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// A name in double quotes.
pub(super) fn quoted_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

struct Lexeme<'s> {
    kind: TokenKind,
    text: &'s str,
    at: usize,
}

/// Replaces the variables of a source.
pub(super) fn fill(source: &str, inputs: &BTreeMap<String, String>, secret: &BTreeSet<String>) -> Result<Filled, SqlProblem> {
    let lexemes = lexemes(source)?;
    let mut filled = Filled { shown: String::with_capacity(source.len()), variables: Vec::new() };
    let mut word_before = "";
    let mut n = 0;
    while let Some(lexeme) = lexemes.get(n) {
        let after_colon = n > 0 && lexemes[n - 1].kind == TokenKind::Colon;
        let next = lexemes.get(n + 1);
        let variable = match next {
            Some(next) if lexeme.kind == TokenKind::Colon && !after_colon => variable(lexeme, next)?,
            _ => None,
        };
        let Some((name, is_value)) = variable else {
            filled.shown.push_str(lexeme.text);
            if !is_blank(lexeme.kind) {
                word_before = lexeme.text;
            }
            n += 1;
            continue;
        };
        let end = next.map_or(lexeme.at, |next| next.at + next.text.len());
        let value = value_of(name, lexeme.at, inputs)?;
        // Whatever stands before it stays what it is: `E` in front of a quote would make another kind of string of it.
        if filled.shown.ends_with(|c: char| matches!(c, '$' | '&' | '_') || c.is_ascii_alphanumeric() || !c.is_ascii()) {
            filled.shown.push(' ');
        }
        let start = filled.shown.len();
        let sends = if is_value {
            filled.shown.push_str(&if secret.contains(name) { literal(MASK) } else { literal(value) });
            let literal_only = TYPES_BEFORE_LITERALS.contains(&word_before.to_ascii_lowercase().as_str());
            Sends::Value { value: value.clone(), literal_only }
        } else {
            filled.shown.push_str(&if secret.contains(name) { quoted_name(MASK) } else { quoted_name(value) });
            Sends::Name(value.clone())
        };
        filled.variables.push(Variable { shown: start..filled.shown.len(), source: lexeme.at..end, sends });
        word_before = "";
        n += 2;
    }
    Ok(filled)
}

/// Whether this can be read safely, as it is.
///
/// # Errors
/// What cannot.
pub(super) fn is_readable(source: &str) -> Result<(), SqlProblem> {
    lexemes(source).map(drop)
}

/// The tokens of a source that is neither nested too deeply nor broken off in a string.
fn lexemes(source: &str) -> Result<Vec<Lexeme<'_>>, SqlProblem> {
    let (mut at, mut depth, mut run, mut found) = (0, 0_usize, 0, Vec::new());
    let mut after_escapes = false;
    for token in squawk_lexer::tokenize(source) {
        let length = usize::try_from(token.len).unwrap_or(0);
        let Some(text) = source.get(at..at + length) else { break };
        let word = if token.kind == TokenKind::Ident { text } else { "" };
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket => (depth, run) = (depth + 1, 0),
            TokenKind::CloseParen | TokenKind::CloseBracket => (depth, run) = (depth.saturating_sub(1), 0),
            TokenKind::Ident if word.eq_ignore_ascii_case("case") => (depth, run) = (depth + 1, 0),
            TokenKind::Ident if word.eq_ignore_ascii_case("end") => (depth, run) = (depth.saturating_sub(1), 0),
            TokenKind::Comma | TokenKind::Semi | TokenKind::Dot | TokenKind::Literal { .. } => run = 0,
            kind if is_blank(kind) => {}
            _ => run += 1,
        }
        if depth > DEEPEST || run > LONGEST_RUN {
            return Err(SqlProblem::new(at, "this SQL is nested too deeply to be read safely", "simplify it"));
        }
        if !is_closed(token.kind) {
            return Err(SqlProblem::new(at, "a string, quoted name or comment begins here and never ends", "close it"));
        }
        if token.kind == TokenKind::Eof || length == 0 {
            break;
        }
        // PostgreSQL goes on with a string that is taken up again on another line, and after E'…' it goes on with
        // backslashes. The lexer begins anew, and the two would not agree on where that string ends.
        match token.kind {
            TokenKind::Literal { kind: LiteralKind::Str { .. } } if after_escapes => {
                return Err(SqlProblem::new(at, "an E'…' string goes on in a second one", "write it as one string"));
            }
            TokenKind::Literal { kind: LiteralKind::EscStr { .. } } => after_escapes = true,
            kind if is_blank(kind) => {}
            _ => after_escapes = false,
        }
        found.push(Lexeme { kind: token.kind, text, at });
        at += length;
    }
    Ok(found)
}

pub(super) fn is_blank(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. })
}

pub(super) fn is_closed(kind: TokenKind) -> bool {
    use LiteralKind::{BitStr, ByteStr, DollarQuotedString, EscStr, NationalStr, Str, UnicodeEscStr};
    match kind {
        TokenKind::BlockComment { terminated } | TokenKind::QuotedIdent { terminated, .. } => terminated,
        TokenKind::Literal { kind } => match kind {
            Str { terminated }
            | NationalStr { terminated }
            | ByteStr { terminated }
            | BitStr { terminated }
            | DollarQuotedString { terminated }
            | UnicodeEscStr { terminated }
            | EscStr { terminated } => terminated,
            LiteralKind::Int { .. } | LiteralKind::Numeric { .. } => true,
        },
        _ => true,
    }
}

/// The name of a variable that begins with this colon, and whether it is a value; nothing if it is none.
fn variable<'s>(colon: &Lexeme<'s>, next: &Lexeme<'s>) -> Result<Option<(&'s str, bool)>, SqlProblem> {
    match next.kind {
        TokenKind::Literal { kind: LiteralKind::Str { .. } } => Ok(Some((next.text.trim_matches('\''), true))),
        TokenKind::QuotedIdent { .. } => Ok(Some((next.text.trim_matches('"'), false))),
        TokenKind::Ident => {
            let name = next.text;
            let help = format!("write :'{name}' for a value or :\"{name}\" for a name");
            Err(SqlProblem::new(colon.at, format!("`:{name}` would be pasted into the SQL unquoted"), help))
        }
        _ => Ok(None),
    }
}

fn value_of<'i>(name: &str, at: usize, inputs: &'i BTreeMap<String, String>) -> Result<&'i String, SqlProblem> {
    let Some(value) = inputs.get(name) else {
        let help = match nearest(name, inputs.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare it under `inputs`".to_owned(),
        };
        return Err(SqlProblem::new(at, format!("there is no input `{name}`"), help));
    };
    if value.contains('\0') {
        return Err(SqlProblem::new(at, format!("the value of `{name}` holds a NUL character"), "PostgreSQL has no such text"));
    }
    Ok(value)
}
