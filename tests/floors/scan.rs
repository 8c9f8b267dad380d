//! What a source file refers to, read from its tokens: other modules, crates, clocks. Never a full parser:
//! comments, strings and test modules are left out, and every path that remains is looked at.

use std::collections::BTreeSet;

/// What a file refers to, each with its line from 1.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Top-level modules of this crate.
    pub(crate) edges: Vec<(usize, String)>,
    /// Dependencies.
    pub(crate) crates: Vec<(usize, String)>,
    /// Calls, or names, of functions that read a clock.
    pub(crate) clocks: Vec<(usize, String)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// Reads a file that is this module.
pub(crate) fn scan(module: &[String], text: &str, dependencies: &BTreeSet<String>) -> Source {
    let tokens = without_tests(&tokens(text));
    let mut source = Source::default();
    let mut inline_modules: Vec<usize> = Vec::new();
    let mut depth = 0;
    for at in 0..tokens.len() {
        let before = at.checked_sub(1).map(|before| &tokens[before].1);
        match &tokens[at].1 {
            Token::Sign('{') => {
                depth += 1;
                if at >= 2 && tokens[at - 2].1 == Token::Word("mod".to_owned()) {
                    inline_modules.push(depth);
                }
            }
            Token::Sign('}') => {
                if inline_modules.last() == Some(&depth) {
                    inline_modules.pop();
                }
                depth = usize::saturating_sub(depth, 1);
            }
            Token::Word(word) if before != Some(&Token::Path) && before != Some(&Token::Sign('.')) => {
                let level = module.len() + inline_modules.len();
                read_path(&tokens, at, word, level, dependencies, &mut source);
            }
            Token::Word(word) if before == Some(&Token::Path) => {
                if let Some((line, owner)) = at.checked_sub(2).and_then(|owner| word_at(&tokens, owner)) {
                    // `::tokio::time`: a path that begins with two colons begins with a crate.
                    let is_type = owner.starts_with(char::is_uppercase) && owner != "Clock";
                    if (word == "now" && is_type) || word.starts_with("now_v") {
                        source.clocks.push((line, format!("{owner}::{word}")));
                    }
                } else if dependencies.contains(word) {
                    source.crates.push((tokens[at].0, word.clone()));
                }
            }
            Token::Word(_) | Token::Path | Token::Sign(_) => {}
        }
    }
    source
}

/// Follows a path from its first word; `level` is the depth of the module it stands in.
fn read_path(tokens: &[(usize, Token)], at: usize, word: &str, level: usize, dependencies: &BTreeSet<String>, source: &mut Source) {
    let root = match word {
        "crate" | "fracas" => Some(at + 1),
        "super" => {
            let supers = 1 + (0..level).take_while(|n| is_super(tokens, at + 1 + 2 * n)).count();
            (supers == level).then_some(at + 2 * supers - 1)
        }
        _ => None,
    };
    if let Some(after_root) = root {
        source.edges.extend(modules_after(tokens, after_root));
    } else if dependencies.contains(word) {
        let in_use = at > 0 && matches!(&tokens[at - 1].1, Token::Word(previous) if previous == "use");
        if in_use || tokens.get(at + 1).is_some_and(|(_, next)| *next == Token::Path) {
            source.crates.push((tokens[at].0, word.to_owned()));
        }
    }
}

fn is_super(tokens: &[(usize, Token)], path: usize) -> bool {
    tokens.get(path).is_some_and(|(_, token)| *token == Token::Path) && word_at(tokens, path + 1).is_some_and(|(_, word)| word == "super")
}

/// The modules named right after the root of the crate: one, or the first words of a group.
fn modules_after(tokens: &[(usize, Token)], path: usize) -> Vec<(usize, String)> {
    if tokens.get(path).is_none_or(|(_, token)| *token != Token::Path) {
        return Vec::new();
    }
    if let Some((line, word)) = word_at(tokens, path + 1) {
        return vec![(line, word.to_owned())];
    }
    let mut modules = Vec::new();
    let mut depth = 0_usize;
    let mut first = false;
    for (line, token) in tokens.iter().skip(path + 1) {
        match token {
            Token::Sign('{') => {
                depth += 1;
                first = depth == 1;
            }
            Token::Sign('}') if depth == 1 => break,
            Token::Sign('}') => depth -= 1,
            Token::Sign(',') if depth == 1 => first = true,
            Token::Word(word) if first => {
                modules.push((*line, word.clone()));
                first = false;
            }
            Token::Word(_) | Token::Path | Token::Sign(_) => {}
        }
    }
    modules
}

fn word_at(tokens: &[(usize, Token)], at: usize) -> Option<(usize, &str)> {
    match tokens.get(at) {
        Some((line, Token::Word(word))) if word != "use" => Some((*line, word)),
        _ => None,
    }
}

/// Leaves out items under `#[cfg(test)]`: tests may stand on any floor.
fn without_tests(tokens: &[(usize, Token)]) -> Vec<(usize, Token)> {
    let mark: Vec<Token> = self::tokens("#[cfg(test)]").into_iter().map(|(_, token)| token).collect();
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let marked = tokens[at..].len() >= mark.len() && tokens[at..].iter().zip(&mark).all(|((_, token), wanted)| token == wanted);
        let item = at + mark.len();
        if marked && begins_an_item(tokens, item) {
            at = end_of_item(tokens, item);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Whether a module, an import or a function begins here, perhaps after `pub` or `pub(super)`. Anything
/// else under `#[cfg(test)]`, such as a field, is looked at: better a fault too many.
fn begins_an_item(tokens: &[(usize, Token)], from: usize) -> bool {
    let mut at = from;
    if word(tokens, at) == Some("pub") {
        at += if tokens.get(at + 1).is_some_and(|(_, token)| *token == Token::Sign('(')) { 4 } else { 1 };
    }
    matches!(word(tokens, at), Some("mod" | "use" | "fn"))
}

fn word(tokens: &[(usize, Token)], at: usize) -> Option<&str> {
    match tokens.get(at) {
        Some((_, Token::Word(word))) => Some(word),
        _ => None,
    }
}

/// The place after the `;` or the closing brace that ends an item.
fn end_of_item(tokens: &[(usize, Token)], from: usize) -> usize {
    let mut depth = 0;
    for (at, (_, token)) in tokens.iter().enumerate().skip(from) {
        match token {
            Token::Sign(';') if depth == 0 => return at + 1,
            Token::Sign('{') => depth += 1,
            Token::Sign('}') if depth == 1 => return at + 1,
            Token::Sign('}') => depth -= 1,
            Token::Word(_) | Token::Path | Token::Sign(_) => {}
        }
    }
    tokens.len()
}

/// Words, `::` and single signs with their lines, without comments, strings, characters and lifetimes.
fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut line = 1;
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        let next = chars.get(at + 1).copied();
        match chars[at] {
            '/' if next == Some('/') => at = (at..chars.len()).find(|n| chars[*n] == '\n').unwrap_or(chars.len()),
            '/' if next == Some('*') => at = end_of_comment(&chars, at),
            '"' => at = end_of_string(&chars, at),
            '\'' => at = end_of_quote(&chars, at),
            ':' if next == Some(':') => {
                found.push((line, Token::Path));
                at += 2;
            }
            c if c.is_alphanumeric() || c == '_' => {
                at = (at..chars.len()).find(|n| !chars[*n].is_alphanumeric() && chars[*n] != '_').unwrap_or(chars.len());
                let word: String = chars[start..at].iter().collect();
                match raw_string_after(&word, &chars, at) {
                    Some(end) => at = end,
                    None => found.push((line, Token::Word(word))),
                }
            }
            c => {
                if !c.is_whitespace() {
                    found.push((line, Token::Sign(c)));
                }
                at += 1;
            }
        }
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    found
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                at += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    chars.len()
}

fn end_of_string(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `'x'` and `'\n'` are characters; `'a` without a closing quote is a lifetime.
fn end_of_quote(chars: &[char], start: usize) -> usize {
    if chars.get(start + 1) == Some(&'\\') {
        return (start + 3..chars.len()).find(|n| chars[*n] == '\'').map_or(chars.len(), |n| n + 1);
    }
    if chars.get(start + 2) == Some(&'\'') { start + 3 } else { start + 1 }
}

/// The end of `r#"…"#` whose `r` has just been read.
fn raw_string_after(word: &str, chars: &[char], at: usize) -> Option<usize> {
    if !matches!(word, "r" | "br" | "cr") {
        return None;
    }
    let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let body = at + hashes + 1;
    let end = (body..chars.len()).find(|n| chars[*n] == '"' && chars[n + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes);
    Some(end.map_or(chars.len(), |n| n + 1 + hashes))
}
