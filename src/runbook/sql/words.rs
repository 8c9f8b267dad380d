//! The words of SQL for who shows it: keywords, quoted texts, comments. Never a judgement of what it does.

use std::ops::Range;

use squawk_lexer::TokenKind;

/// What a part of a statement is. What is none of these is an ordinary name or sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A word of the language.
    Keyword,
    /// A text or a number.
    Literal,
    /// Nothing that is run.
    Comment,
}

/// Words that nobody uses as names. Any other stands for one of the language only where it is written in capitals, as is the custom.
const NEVER_NAMES: [&str; 20] = [
    "select", "from", "where", "group", "order", "having", "limit", "join", "left", "on", "and", "or", "not", "insert", "update", "delete",
    "create", "alter", "drop", "with",
];

/// The parts of a text that are more than names, in order, as ranges of bytes. Works on any text, finished or not.
#[must_use]
pub fn words(text: &str) -> Vec<(Range<usize>, Word)> {
    let mut at = 0;
    let mut words = Vec::new();
    for token in squawk_lexer::tokenize(text) {
        let end = at + usize::try_from(token.len).unwrap_or(0);
        let Some(part) = text.get(at..end).filter(|part| !part.is_empty()) else { break };
        let word = match token.kind {
            TokenKind::LineComment | TokenKind::BlockComment { .. } => Some(Word::Comment),
            TokenKind::Literal { .. } => Some(Word::Literal),
            TokenKind::Ident if is_keyword(part) => Some(Word::Keyword),
            _ => None,
        };
        words.extend(word.map(|word| (at..end, word)));
        at = end;
    }
    words
}

fn is_keyword(part: &str) -> bool {
    let in_capitals = part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    in_capitals || NEVER_NAMES.iter().any(|word| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_language_are_told_from_names() {
        let text = "SELECT name, 12, 'it''s' FROM t -- all\nwhere status = $$x$$";
        let found: Vec<(&str, Word)> = words(text).into_iter().map(|(range, word)| (&text[range], word)).collect();
        assert_eq!(
            found,
            [
                ("SELECT", Word::Keyword),
                ("12", Word::Literal),
                ("'it''s'", Word::Literal),
                ("FROM", Word::Keyword),
                ("-- all", Word::Comment),
                ("where", Word::Keyword),
                ("$$x$$", Word::Literal),
            ]
        );
        assert_eq!(words("SELECT 'open").len(), 2, "what is not finished yet is coloured as well");
    }
}
