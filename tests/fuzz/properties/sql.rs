//! The SQL classifier: what it lets through as a question is one statement that begins as a question does, and the value of an
//! input stays a value.

use std::collections::{BTreeMap, BTreeSet};

use fracas::runbook::sql;

/// What an input may well hold.
const VALUE: &str = "'; DROP TABLE fuzzed; --";

pub(super) fn holds(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let inputs = BTreeMap::from([("n".to_owned(), VALUE.to_owned())]);
    let none = BTreeSet::new();
    match sql::prepare(text, &inputs, &none) {
        Err(problem) => assert!(problem.offset <= text.len(), "{problem:?} in {} bytes", text.len()),
        Ok(statements) => {
            for statement in &statements {
                assert!(!statement.shown.is_empty() && !statement.what.is_empty(), "{statement:?}");
                let secret = sql::prepare(text, &inputs, &BTreeSet::from(["n".to_owned()])).expect("a secret changes how it is shown");
                assert!(text.contains("fuzzed") || secret.iter().all(|statement| !statement.shown.contains("fuzzed")), "{secret:?}");
            }
        }
    }
    let Ok(question) = sql::question(text, &inputs, &none) else { return };
    let tokens = tokens(&question.text);
    assert!(!tokens.iter().any(|token| token == ";"), "two statements in {:?}", question.text);
    let first = tokens.iter().find(|token| *token != "(").map(|word| word.to_ascii_lowercase()).unwrap_or_default();
    assert!(["select", "values", "table", "show", "explain", "with"].contains(&first.as_str()), "{first:?} begins {:?}", question.text);
    if !text.contains("fuzzed") {
        assert!(!tokens.iter().any(|token| token == "fuzzed"), "a value became code in {:?}", question.text);
    }
    let again = sql::question(&question.text, &BTreeMap::new(), &none).unwrap_or_else(|problem| panic!("{problem}: {:?}", question.text));
    assert_eq!(again.text, question.text, "asked again, it is another");
}

/// The words and signs of SQL without its strings, quoted names and comments: PostgreSQL's rules, told once more.
fn tokens(sql: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), sql);
    while let Some(c) = rest.chars().next() {
        let word = rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()).len();
        rest = if rest.starts_with("--") {
            rest.find(['\n', '\r']).map_or("", |end| &rest[end..])
        } else if rest.starts_with("/*") {
            after_comment(rest)
        } else if c == '\'' {
            after_quote(&rest[1..], '\'', false)
        } else if c == '"' {
            after_quote(&rest[1..], '"', false)
        } else if let Some(escaped) = rest.strip_prefix("E'").or_else(|| rest.strip_prefix("e'")) {
            after_quote(escaped, '\'', true)
        } else if c == '$' && !rest[1..].starts_with(|c: char| c.is_ascii_digit()) && rest[1..].contains('$') {
            let tag = &rest[..rest[1..].find('$').map_or(1, |end| end + 2)];
            rest[tag.len()..].find(tag).map_or("", |end| &rest[tag.len() + end + tag.len()..])
        } else if word > 0 {
            found.push(rest[..word].to_owned());
            &rest[word..]
        } else {
            if !c.is_whitespace() {
                found.push(c.to_string());
            }
            &rest[c.len_utf8()..]
        };
    }
    found
}

fn after_quote(text: &str, quote: char, escapes: bool) -> &str {
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c == '\\' && escapes {
            characters.next();
        } else if c == quote {
            match characters.as_str().strip_prefix(quote) {
                Some(after) => characters = after.chars(),
                None => return characters.as_str(),
            }
        }
    }
    ""
}

fn after_comment(text: &str) -> &str {
    let (mut rest, mut depth) = (&text[2..], 1);
    while depth > 0 {
        let Some(at) = rest.find(['/', '*']) else { return "" };
        rest = &rest[at..];
        (rest, depth) = match rest.as_bytes() {
            [b'/', b'*', ..] => (&rest[2..], depth + 1),
            [b'*', b'/', ..] => (&rest[2..], depth - 1),
            _ => (&rest[1..], depth),
        };
    }
    rest
}
