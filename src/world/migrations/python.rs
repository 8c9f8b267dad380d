//! Python as far as migrations are written in it: logical lines, their words and their texts. Never runs any, and
//! never guesses the value of an expression.

use std::iter::Peekable;
use std::str::CharIndices;

/// A line that may go on over several, without comments.
#[derive(Debug, Default)]
pub(super) struct Logical {
    /// How far it is indented, in columns.
    pub(super) indent: usize,
    /// What it is made of; never empty.
    pub(super) tokens: Vec<Token>,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// The line it begins in, from 1.
    pub(super) line: usize,
    pub(super) kind: Kind,
    /// A name or a sign as it stands; of a text what is between its quotes.
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, a keyword or a number.
    Word,
    /// A text whose value is known.
    Text,
    /// A text with expressions in it.
    Formatted,
    /// One character of anything else.
    Sign,
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_sign(&self, sign: char) -> bool {
        self.kind == Kind::Sign && self.text.starts_with(sign)
    }
}

impl Logical {
    pub(super) fn line(&self) -> usize {
        self.tokens.first().map_or(1, |token| token.line)
    }
}

/// What cannot be read, and in which line it begins.
pub(super) type Broken = (usize, &'static str);

/// The lines of a file.
pub(super) fn lines(source: &str) -> Result<Vec<Logical>, Broken> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    Reader { source, chars: source.char_indices().peekable(), line: 1 }.lines()
}

struct Reader<'s> {
    source: &'s str,
    chars: Peekable<CharIndices<'s>>,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<(usize, char)> {
        let next = self.chars.next();
        self.line += usize::from(next.is_some_and(|(_, c)| c == '\n'));
        next
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn lines(mut self) -> Result<Vec<Logical>, Broken> {
        let (mut lines, mut current, mut open) = (Vec::new(), Logical::default(), Vec::<(usize, char)>::new());
        let mut column = Some(0);
        while let Some((at, c)) = self.next() {
            if let (Some(indent), ' ' | '\t') = (column, c) {
                column = Some(if c == '\t' { (indent / 8 + 1) * 8 } else { indent + 1 });
                continue;
            }
            match c {
                '\n' if open.is_empty() => {
                    if !current.tokens.is_empty() {
                        lines.push(std::mem::take(&mut current));
                    }
                    column = Some(0);
                    continue;
                }
                ' ' | '\t' | '\r' | '\n' | '\u{c}' => continue,
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.next();
                    }
                    continue;
                }
                '\\' if matches!(self.peek(), Some('\n' | '\r')) => {
                    while self.next().is_some_and(|(_, c)| c != '\n') {}
                    continue;
                }
                _ => {}
            }
            if let (Some(indent), true) = (column.take(), current.tokens.is_empty()) {
                current.indent = indent;
            }
            let line = self.line;
            match c {
                '(' | '[' | '{' => open.push((line, c)),
                ')' | ']' | '}' if open.pop().is_none() => return Err((line, "a bracket is closed that was never opened")),
                _ => {}
            }
            current.tokens.push(self.token(at, c, line)?);
        }
        if let Some((line, _)) = open.first() {
            return Err((*line, "a bracket is opened and never closed"));
        }
        if !current.tokens.is_empty() {
            lines.push(current);
        }
        Ok(lines)
    }

    fn token(&mut self, at: usize, c: char, line: usize) -> Result<Token, Broken> {
        if matches!(c, '"' | '\'') {
            return self.text(c, "", line);
        }
        if !(c.is_alphanumeric() || c == '_') {
            return Ok(Token { line, kind: Kind::Sign, text: c.to_string() });
        }
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = self.chars.peek().copied().filter(|(_, c)| c.is_alphanumeric() || *c == '_') {
            end = at + c.len_utf8();
            self.next();
        }
        let word = &self.source[at..end];
        let is_prefix = word.len() <= 2 && word.chars().all(|c| "rRbBuUfFtT".contains(c));
        match self.peek() {
            Some(quote @ ('"' | '\'')) if is_prefix => {
                self.next();
                let word = word.to_lowercase();
                self.text(quote, &word, line)
            }
            _ => Ok(Token { line, kind: Kind::Word, text: word.to_owned() }),
        }
    }

    /// A text whose opening quote has been read.
    fn text(&mut self, quote: char, prefix: &str, line: usize) -> Result<Token, Broken> {
        let kind = if prefix.contains(['f', 't']) { Kind::Formatted } else { Kind::Text };
        let is_raw = prefix.contains('r');
        let mut is_long = false;
        if self.peek() == Some(quote) {
            self.next();
            if self.peek() != Some(quote) {
                return Ok(Token { line, kind, text: String::new() });
            }
            self.next();
            is_long = true;
        }
        let mut text = String::new();
        // Quotes in a row that were not escaped: three of them end a long text.
        let mut quotes = 0;
        while let Some((_, c)) = self.next() {
            quotes = if c == quote { quotes + 1 } else { 0 };
            match c {
                '\\' => {
                    let Some((_, escaped)) = self.next() else { break };
                    match escaped {
                        _ if is_raw => text.extend(['\\', escaped]),
                        // Kept apart from a line break that stands there, by which lines are counted.
                        'n' => text.push('\r'),
                        't' => text.push('\t'),
                        '\n' => text.push('\n'),
                        other => text.push(other),
                    }
                }
                '\n' if !is_long => break,
                c if c == quote && !is_long => return Ok(Token { line, kind, text }),
                c if c == quote => {
                    text.push(c);
                    if quotes == 3 {
                        text.truncate(text.len() - 3);
                        return Ok(Token { line, kind, text });
                    }
                }
                c => text.push(c),
            }
        }
        Err((line, "a text begins and never ends"))
    }
}
