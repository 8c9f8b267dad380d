//! What a shell text consists of: words with their parts, operators, redirections, comments.
//! Never decides anything; what is only known when a command runs is a [`HOLE`].

use std::borrow::Cow;
use std::ops::Range;

/// Stands in [`Word::text`] for what is only known when the command runs: a variable, a substitution, a placeholder.
pub(super) const HOLE: char = '\u{FFFC}';

/// What stands around a place in a shell text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::runbook::import) enum Quoting {
    /// Nothing: a value put here is split into words.
    None,
    /// Double quotes, where variables are replaced.
    Double,
    /// Single quotes, where nothing is replaced.
    Single,
    /// The body of a heredoc where variables are replaced.
    Heredoc,
    /// The body of a heredoc with a quoted end word, where nothing is replaced.
    LiteralHeredoc,
    /// A comment.
    Comment,
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text as the program gets it.
    Literal { text: Cow<'a, str>, quoted: bool },
    /// `$name` or `${name…}`: what follows the name, and what is expanded within it.
    Variable { name: &'a str, operator: &'a str, quoted: bool, written: &'a str, inside: Vec<Piece<'a>> },
    /// `$(…)`, `` `…` ``, `<(…)` or `>(…)`: a command whose output (or name) is put in.
    Substitution { tokens: Vec<Token<'a>>, quoted: bool, written: &'a str },
    /// `$((…))`.
    Arithmetic { written: &'a str, inside: Vec<Piece<'a>> },
    /// `<pod_name>`: to be filled in by a person.
    Placeholder { written: &'a str },
    /// What is not read further because it says one thing and means another: `$'\x72m'`, `${!name}`, `${name@P}`.
    Odd { written: &'a str },
}

/// One word as the shell splits them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The bytes of the whole text it was written in.
    pub(super) range: Range<usize>,
    /// Its parts.
    pub(super) pieces: Vec<Piece<'a>>,
    /// Without quotes, and with a [`HOLE`] for every part that is not literal.
    pub(super) text: Cow<'a, str>,
    /// Whether any of it is quoted or escaped, which takes a keyword's meaning away.
    pub(super) is_quoted: bool,
    /// Whether it is an unquoted glob or brace list and may become several words.
    pub(super) is_pattern: bool,
}

/// What a shell text consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A word.
    Word(Word<'a>),
    /// `;`, `&`, `&&`, `||`, `|`, `|&`, `(`, `)`, `;;` and its kin, or `"\n"` for the end of a line, whose range holds the bodies of heredocs.
    Operator { text: &'a str, range: Range<usize> },
    /// `2>file`: the number (or `{name}`) before it, the operator, and the file; for a heredoc the expansions of its body.
    Redirection { operator: &'a str, target: Option<Word<'a>>, body: Vec<Piece<'a>>, range: Range<usize> },
    /// `# …` to the end of the line.
    Comment { range: Range<usize> },
}

impl Token<'_> {
    /// The bytes it was written in.
    pub(super) fn range(&self) -> Range<usize> {
        match self {
            Token::Word(word) => word.range.clone(),
            Token::Operator { range, .. } | Token::Redirection { range, .. } | Token::Comment { range } => range.clone(),
        }
    }
}

impl Word<'_> {
    /// Without quotes, expansions as they were written.
    pub(super) fn spelled(&self) -> String {
        let mut spelled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal { text, .. } => spelled.push_str(text),
                Piece::Variable { written, .. }
                | Piece::Substitution { written, .. }
                | Piece::Arithmetic { written, .. }
                | Piece::Placeholder { written }
                | Piece::Odd { written } => spelled.push_str(written),
            }
        }
        spelled
    }

    /// Whether all of it is known now.
    pub(super) fn is_literal(&self) -> bool {
        !self.is_pattern && self.pieces.iter().all(|piece| matches!(piece, Piece::Literal { .. }))
    }
}

/// Whether this can name a variable.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
