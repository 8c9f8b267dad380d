//! Shell text into words, operators, redirections and comments, as bash would read it: quotes, expansions, heredocs, placeholders.
//! Never runs or expands anything, never fails: what is not closed goes to the end of the text and is said in [`Lexed::is_closed`].

use std::borrow::Cow;
use std::ops::Range;

use super::placeholder::placeholder;
use super::words::{HOLE, Piece, Quoting, Token, Word, is_name};

/// Deeper than any command a person wrote; a limit, as the reading is recursive and the text hostile.
const DEEPEST: usize = 40;

/// A shell text, read.
#[derive(Debug)]
pub(super) struct Lexed<'a> {
    /// What it consists of, in order.
    pub(super) tokens: Vec<Token<'a>>,
    /// Whether every quote, substitution and heredoc had its end.
    pub(super) is_closed: bool,
    /// Places that are quoted; a later one stands inside an earlier one.
    pub(super) quoted: Vec<(Range<usize>, Quoting)>,
}

/// Reads a shell text.
pub(super) fn lex(text: &str) -> Lexed<'_> {
    let mut lexer = Lexer { text, at: 0, end: text.len(), is_closed: true, quoted: Vec::new(), heredocs: Vec::new(), depth: 0 };
    let mut tokens = Vec::new();
    lexer.tokens(&mut tokens, false);
    Lexed { tokens, is_closed: lexer.is_closed, quoted: lexer.quoted }
}

/// A heredoc whose body begins at the next line.
struct Heredoc {
    end_word: String,
    strips_tabs: bool,
    is_literal: bool,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    is_closed: bool,
    quoted: Vec<(Range<usize>, Quoting)>,
    heredocs: Vec<Heredoc>,
    depth: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn starts(&self, with: &str) -> bool {
        self.rest().starts_with(with)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// The next character as a text.
    fn take_one(&mut self) -> Option<&'a str> {
        let start = self.at;
        self.bump().map(|_| &self.text[start..self.at])
    }

    /// One character at least, and what follows up to one of these.
    fn take_until(&mut self, ends: &[u8]) -> &'a str {
        let start = self.at;
        self.bump();
        let rest = self.rest();
        self.at += rest.bytes().position(|byte| ends.contains(&byte)).unwrap_or(rest.len());
        &self.text[start..self.at]
    }

    /// Tokens up to the end, or up to the `)` that closes a substitution, which is taken too.
    fn tokens(&mut self, tokens: &mut Vec<Token<'a>>, in_substitution: bool) {
        let (mut parens, mut cases) = (0_usize, 0_usize);
        while let Some(c) = self.peek() {
            let start = self.at;
            match c {
                ' ' | '\t' => self.at += 1,
                '\r' if self.starts("\r\n") => self.at += 1,
                '\\' if self.starts("\\\n") => self.at += 2,
                '\\' if self.starts("\\\r\n") => self.at += 3,
                '\n' => {
                    self.at += 1;
                    let bodies = self.heredoc_bodies();
                    attach(tokens, bodies);
                    tokens.push(Token::Operator { text: "\n", range: start..self.at });
                }
                '#' => {
                    self.at += self.rest().find('\n').unwrap_or(self.rest().len());
                    self.quoted.push((start..self.at, Quoting::Comment));
                    tokens.push(Token::Comment { range: start..self.at });
                }
                ')' if in_substitution && parens == 0 && cases == 0 => {
                    self.at += 1;
                    return;
                }
                ';' | '&' | '|' | '(' | ')' if !self.starts("&>") => {
                    match c {
                        '(' => parens += 1,
                        ')' => parens = parens.saturating_sub(1),
                        _ => {}
                    }
                    let operator = [";;&", ";;", ";&", ";", "&&", "&", "||", "|&", "|", "(", ")"];
                    let text = operator.iter().find(|operator| self.starts(operator)).map_or(1, |operator| operator.len());
                    self.at += text;
                    tokens.push(Token::Operator { text: &self.text[start..self.at], range: start..self.at });
                }
                _ => {
                    if let Some(redirection) = self.redirection(start) {
                        tokens.push(redirection);
                        continue;
                    }
                    let is_command = is_command_position(tokens);
                    let word = self.word();
                    match &*word.text {
                        "case" if is_command && !word.is_quoted => cases += 1,
                        "esac" if !word.is_quoted => cases = cases.saturating_sub(1),
                        _ => {}
                    }
                    tokens.push(Token::Word(word));
                }
            }
        }
        if !self.heredocs.is_empty() && !in_substitution {
            self.is_closed = false;
        }
        self.is_closed &= !in_substitution;
    }

    /// A redirection with its number, if one begins here.
    fn redirection(&mut self, start: usize) -> Option<Token<'a>> {
        let rest = self.rest();
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let named = rest.strip_prefix('{').and_then(|rest| rest.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_'));
        let named = named.filter(|end| rest.as_bytes()[end + 1] == b'}' && is_name(&rest[1..=*end])).map(|end| end + 2);
        let skipped = named.unwrap_or(digits);
        let after = &rest[skipped..];
        let operator = ["<<<", "<<-", "<<", "<>", "<&", ">>", ">|", ">&", "&>>", "&>", "<", ">"];
        let operator = operator.into_iter().find(|operator| after.starts_with(operator))?;
        if operator.starts_with('&') && skipped > 0 || after.starts_with("<(") || after.starts_with(">(") {
            return None;
        }
        if operator == "<" && placeholder(after).is_some() {
            return None;
        }
        self.at += skipped;
        let operator_at = self.at;
        self.at += operator.len();
        let operator = &self.text[operator_at..self.at];
        while matches!(self.peek(), Some(' ' | '\t')) {
            self.at += 1;
        }
        let is_word = self.peek().is_some_and(|c| !matches!(c, '\n' | ';' | '&' | '|' | ')'))
            && !(self.starts("<") && placeholder(self.rest()).is_none());
        let target = is_word.then(|| self.word());
        if let (Some(target), "<<" | "<<-") = (&target, operator) {
            self.heredocs.push(Heredoc { end_word: target.spelled(), strips_tabs: operator == "<<-", is_literal: target.is_quoted });
        }
        Some(Token::Redirection { operator, target, body: Vec::new(), range: start..self.at })
    }

    /// The bodies of the heredocs that were announced in the line that ends here; what is expanded in each.
    fn heredoc_bodies(&mut self) -> Vec<Vec<Piece<'a>>> {
        let mut bodies = Vec::new();
        for heredoc in std::mem::take(&mut self.heredocs) {
            let start = self.at;
            let mut body_end = None;
            while self.at < self.end {
                let line = self.rest().split('\n').next().unwrap_or_default();
                let line_start = self.at;
                self.at = (self.at + line.len() + 1).min(self.end);
                let line = line.strip_suffix('\r').unwrap_or(line);
                let line = if heredoc.strips_tabs { line.trim_start_matches('\t') } else { line };
                if line == heredoc.end_word {
                    body_end = Some(line_start);
                    break;
                }
            }
            self.is_closed &= body_end.is_some();
            let end = body_end.unwrap_or(self.end);
            self.quoted.push((start..end, if heredoc.is_literal { Quoting::LiteralHeredoc } else { Quoting::Heredoc }));
            let mut pieces = Vec::new();
            if !heredoc.is_literal {
                let (after, outer_end) = (self.at, self.end);
                (self.at, self.end) = (start, end);
                self.expansions(&mut pieces, |_| false);
                (self.at, self.end) = (after, outer_end);
            }
            bodies.push(pieces);
        }
        bodies
    }

    /// One word; at least one character is taken.
    fn word(&mut self) -> Word<'a> {
        let start = self.at;
        let (mut pieces, mut is_quoted) = (Vec::new(), false);
        let mut unquoted = Cow::Borrowed("");
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' => break,
                '\r' if self.starts("\r\n") => break,
                '<' | '>' => {
                    if let Some(length) = placeholder(self.rest()).filter(|_| c == '<') {
                        let written = &self.rest()[..length];
                        self.at += length;
                        pieces.push(Piece::Placeholder { written });
                    } else if self.starts("<(") || self.starts(">(") {
                        let from = self.at;
                        self.at += 2;
                        self.substitution(&mut pieces, from, false);
                    } else {
                        break;
                    }
                }
                '\\' => {
                    self.at += 1;
                    if self.starts("\r\n") {
                        self.at += 2;
                    } else if let Some(escaped) = self.take_one().filter(|escaped| *escaped != "\n") {
                        is_quoted = true;
                        push(&mut pieces, escaped, true);
                    }
                }
                '\'' => {
                    is_quoted = true;
                    self.single(&mut pieces);
                }
                '"' => {
                    is_quoted = true;
                    self.double(&mut pieces);
                }
                '$' if self.starts("$'") => {
                    is_quoted = true;
                    self.ansi(&mut pieces);
                }
                '$' if self.starts("$\"") => self.at += 1,
                '$' | '`' => self.expansion(&mut pieces, false),
                _ => {
                    let run = self.take_until(b" \t\r\n;&|()<>\\'\"$`");
                    add(&mut unquoted, run);
                    push(&mut pieces, run, false);
                }
            }
        }
        if self.at == start {
            self.bump();
        }
        let mut text = Cow::Borrowed("");
        for piece in &pieces {
            match piece {
                Piece::Literal { text: Cow::Borrowed(literal), .. } => add(&mut text, literal),
                Piece::Literal { text: literal, .. } => text.to_mut().push_str(literal),
                _ => text.to_mut().push(HOLE),
            }
        }
        let is_list = unquoted.contains('{') && unquoted.contains('}') && (unquoted.contains(',') || unquoted.contains(".."));
        let is_pattern = is_list || unquoted.contains(['*', '?']) || unquoted.contains('[') && unquoted.contains(']');
        Word { range: start..self.at, pieces, text, is_quoted, is_pattern }
    }

    /// `'…'`.
    fn single(&mut self, pieces: &mut Vec<Piece<'a>>) {
        self.at += 1;
        let start = self.at;
        let length = self.rest().find('\'');
        self.is_closed &= length.is_some();
        let end = start + length.unwrap_or(self.rest().len());
        self.quoted.push((start..end, Quoting::Single));
        self.at = (end + 1).min(self.end);
        // `'it isn't here'` ends where its author meant nothing.
        let tail = self.rest().bytes().take_while(u8::is_ascii_alphabetic).count();
        let is_apostrophe = matches!(&self.rest()[..tail], "t" | "s" | "re" | "ve" | "ll" | "d" | "m")
            && self.text[start..end].contains(' ')
            && self.text[start..end].ends_with(|c: char| c.is_ascii_alphabetic());
        self.is_closed &= !is_apostrophe;
        pieces.push(Piece::Literal { text: Cow::Borrowed(&self.text[start..end]), quoted: true });
    }

    /// `$'…'`, whose escapes are not undone: with any, nothing is known of it.
    fn ansi(&mut self, pieces: &mut Vec<Piece<'a>>) {
        let from = self.at;
        self.at += 2;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            match self.bump() {
                Some('\'') => break,
                Some('\\') => {
                    has_escapes = true;
                    self.bump();
                }
                Some(_) => {}
                None => {
                    self.is_closed = false;
                    break;
                }
            }
        }
        let end = if self.text[..self.at].ends_with('\'') && self.at > start { self.at - 1 } else { self.at };
        self.quoted.push((start..end, Quoting::Single));
        if has_escapes {
            pieces.push(Piece::Odd { written: &self.text[from..self.at] });
        } else {
            pieces.push(Piece::Literal { text: Cow::Borrowed(&self.text[start..end]), quoted: true });
        }
    }

    /// `"…"`.
    fn double(&mut self, pieces: &mut Vec<Piece<'a>>) {
        self.at += 1;
        let (start, place) = (self.at, self.quoted.len());
        self.quoted.push((start..start, Quoting::Double));
        pieces.push(Piece::Literal { text: Cow::Borrowed(""), quoted: true });
        self.expansions(pieces, |rest| rest.starts_with('"'));
        self.quoted[place].0.end = self.at;
        if self.bump().is_none() {
            self.is_closed = false;
        }
    }

    /// Text in which only `$`, `` ` `` and `\` mean something, up to a stop, which is not taken.
    fn expansions(&mut self, pieces: &mut Vec<Piece<'a>>, is_end: impl Fn(&str) -> bool) {
        while let Some(c) = self.peek() {
            if is_end(self.rest()) {
                return;
            }
            match c {
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        Some('\n') => self.at += 1,
                        Some('$' | '`' | '"' | '\\') => push(pieces, self.take_one().unwrap_or_default(), true),
                        _ => push(pieces, "\\", true),
                    }
                }
                '$' | '`' => self.expansion(pieces, true),
                _ => push(pieces, self.take_until(b"\"\\$`"), true),
            }
        }
    }

    /// What begins with `$` or `` ` ``.
    fn expansion(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) {
        let from = self.at;
        if self.depth >= DEEPEST {
            self.is_closed = false;
            self.at = self.end;
            pieces.push(Piece::Odd { written: &self.text[from..self.at] });
            return;
        }
        self.depth += 1;
        if self.starts("`") {
            self.backquoted(pieces, quoted);
        } else if self.starts("$((") && self.is_arithmetic() {
            self.at += 3;
            let mut inside = Vec::new();
            self.arithmetic(&mut inside);
            pieces.push(Piece::Arithmetic { written: &self.text[from..self.at], inside });
        } else if self.starts("$(") {
            self.at += 2;
            self.substitution(pieces, from, quoted);
        } else if self.starts("${") {
            self.parameter(pieces, quoted);
        } else {
            self.at += 1;
            let rest = self.rest();
            let length = match rest.chars().next() {
                Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                    rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
                }
                Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => 1,
                _ => 0,
            };
            if length == 0 {
                push(pieces, "$", quoted);
            } else {
                self.at += length;
                let name = &rest[..length];
                pieces.push(Piece::Variable { name, operator: "", quoted, written: &self.text[from..self.at], inside: Vec::new() });
            }
        }
        self.depth -= 1;
    }

    /// The rest of `$(…)`, the opening taken.
    fn substitution(&mut self, pieces: &mut Vec<Piece<'a>>, from: usize, quoted: bool) {
        let mut tokens = Vec::new();
        let start = self.at;
        let place = self.quoted.len();
        self.quoted.push((start..start, Quoting::None));
        self.depth += 1;
        if self.depth >= DEEPEST {
            self.is_closed = false;
            self.at = self.end;
            pieces.push(Piece::Odd { written: &self.text[from..self.at] });
        } else {
            let outer = std::mem::take(&mut self.heredocs);
            self.tokens(&mut tokens, true);
            self.heredocs = outer;
            pieces.push(Piece::Substitution { tokens, quoted, written: &self.text[from..self.at] });
        }
        self.depth -= 1;
        self.quoted[place].0.end = self.at;
    }

    /// `` `…` ``, where `\` takes the meaning from the next character first.
    fn backquoted(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) {
        let from = self.at;
        self.at += 1;
        let start = self.at;
        let mut has_escapes = false;
        let end = loop {
            match self.peek() {
                Some('`') => break self.at,
                Some('\\') => {
                    has_escapes = true;
                    self.at += 1;
                    self.bump();
                }
                Some(_) => {
                    self.bump();
                }
                None => {
                    self.is_closed = false;
                    break self.at;
                }
            }
        };
        let after = (end + 1).min(self.end);
        let written = &self.text[from..after];
        self.quoted.push((start..end, Quoting::None));
        if has_escapes {
            pieces.push(Piece::Odd { written });
        } else {
            let (mut tokens, outer_end, outer) = (Vec::new(), self.end, std::mem::take(&mut self.heredocs));
            (self.at, self.end) = (start, end);
            self.tokens(&mut tokens, false);
            (self.end, self.heredocs) = (outer_end, outer);
            pieces.push(Piece::Substitution { tokens, quoted, written });
        }
        self.at = after;
    }

    /// Whether `$((` begins a sum and not a substitution with a subshell: its first closed bracket is a double one.
    fn is_arithmetic(&self) -> bool {
        let rest = &self.rest().as_bytes()[3..];
        let mut depth = 0_usize;
        for (n, byte) in rest.iter().enumerate() {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => return rest.get(n + 1) == Some(&b')'),
                b')' => depth -= 1,
                _ => {}
            }
        }
        false
    }

    /// The rest of `$((…))`, the opening taken.
    fn arithmetic(&mut self, inside: &mut Vec<Piece<'a>>) {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some('(') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(')') if depth == 0 => break self.at = (self.at + 2).min(self.end),
                Some(')') => {
                    depth -= 1;
                    self.at += 1;
                }
                Some('$' | '`') => self.expansion(inside, true),
                Some(_) => {
                    self.bump();
                }
                None => break self.is_closed = false,
            }
        }
    }

    /// `${…}`.
    fn parameter(&mut self, pieces: &mut Vec<Piece<'a>>, quoted: bool) {
        let from = self.at;
        self.at += 2;
        let start = self.at;
        let mut inside = Vec::new();
        loop {
            match self.peek() {
                Some('}') => break,
                Some('\\') => {
                    self.at += 1;
                    self.bump();
                }
                Some('\'') if !quoted => self.single(&mut inside),
                Some('"') => self.double(&mut inside),
                Some('$' | '`') => self.expansion(&mut inside, quoted),
                Some(_) => {
                    self.bump();
                }
                None => {
                    self.is_closed = false;
                    break;
                }
            }
        }
        let content = &self.text[start..self.at];
        self.at = (self.at + 1).min(self.end);
        let written = &self.text[from..self.at];
        let content = content.strip_prefix('#').filter(|rest| !rest.is_empty()).unwrap_or(content);
        let length = match content.chars().next() {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                content.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
            }
            Some(c) if c.is_ascii_digit() => content.bytes().take_while(u8::is_ascii_digit).count(),
            Some('@' | '*' | '#' | '?' | '-' | '$') => 1,
            _ => 0,
        };
        let (name, operator) = content.split_at(length);
        // `${name@P}` runs what the value says; `[` and the place in `${name:place}` are sums, which may run something.
        let is_place = operator
            .strip_prefix(':')
            .is_some_and(|rest| !rest.starts_with(['-', '=', '+', '?']) && !rest.bytes().all(|byte| b"0123456789: -".contains(&byte)));
        if length == 0
            || is_place
            || operator.starts_with('@')
            || operator.starts_with('[') && !["[@]", "[*]"].iter().any(|all| operator.starts_with(all))
        {
            pieces.push(Piece::Odd { written });
        } else {
            pieces.push(Piece::Variable { name, operator, quoted, written, inside });
        }
    }
}

/// Puts a part to the literal text it stands in.
fn push<'a>(pieces: &mut Vec<Piece<'a>>, part: &'a str, is_quoted: bool) {
    match pieces.last_mut() {
        Some(Piece::Literal { text, quoted }) if *quoted == is_quoted => add(text, part),
        _ => pieces.push(Piece::Literal { text: Cow::Borrowed(part), quoted: is_quoted }),
    }
}

/// Puts a part to a text, which is copied only if it has several.
fn add<'a>(text: &mut Cow<'a, str>, part: &'a str) {
    if text.is_empty() {
        *text = Cow::Borrowed(part);
    } else {
        text.to_mut().push_str(part);
    }
}

/// Gives the heredocs of a line what is expanded in their bodies.
fn attach<'a>(tokens: &mut [Token<'a>], bodies: Vec<Vec<Piece<'a>>>) {
    let mut announced = tokens.iter_mut().rev().filter_map(|token| match token {
        Token::Redirection { operator: "<<" | "<<-", target: Some(_), body, .. } => Some(body),
        _ => None,
    });
    for found in bodies.into_iter().rev() {
        if let Some(body) = announced.next() {
            *body = found;
        }
    }
}

/// Whether the next word would name a command.
fn is_command_position(tokens: &[Token<'_>]) -> bool {
    match tokens.iter().rev().find(|token| !matches!(token, Token::Comment { .. } | Token::Redirection { .. })) {
        None | Some(Token::Operator { .. }) => true,
        Some(Token::Word(word)) => {
            matches!(&*word.text, "then" | "do" | "else" | "elif" | "if" | "while" | "until" | "!" | "{" | "time")
        }
        Some(_) => false,
    }
}
