//! The words of SQL: just enough of them to read a definition, and to see whether two spellings mean the
//! same. Never a parser of SQL, and never more lenient than a server that prints its own definitions.

use std::ops::Range;

/// One word with where it stands in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name without quotes, in lower case.
    Name,
    /// A name in quotes, which are gone.
    Quoted,
    /// A literal in quotes, which are kept.
    Literal,
    Number,
    /// Any other character, or `::`.
    Sign,
}

impl Word {
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Name | Kind::Sign) && self.text == word
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Quoted)
    }

    fn is_one_of(&self, words: &[&str]) -> bool {
        self.kind == Kind::Name && words.contains(&self.text.as_str())
    }
}

/// The words of a text.
///
/// # Errors
/// Quotes that never end, or a semicolon.
pub(super) fn words(source: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = source.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut text = String::from(c);
        let kind = match c {
            '"' | '\'' => {
                text.clear();
                let mut closed = false;
                while let Some((at, inner)) = rest.next() {
                    end = at + inner.len_utf8();
                    if inner == c {
                        if rest.peek().is_none_or(|(_, next)| *next != c) {
                            closed = true;
                            break;
                        }
                        rest.next();
                        end += 1;
                    }
                    text.push(inner);
                }
                if !closed {
                    return Err(format!("a quote {c} is never closed"));
                }
                if c == '"' { Kind::Quoted } else { Kind::Literal }
            }
            c if c.is_alphabetic() || c == '_' => {
                while let Some((at, inner)) = rest.next_if(|(_, c)| c.is_alphanumeric() || *c == '_' || *c == '$') {
                    end = at + inner.len_utf8();
                    text.push(inner);
                }
                text = text.to_lowercase();
                Kind::Name
            }
            c if c.is_ascii_digit() => {
                while let Some((at, inner)) = rest.next_if(|(_, c)| c.is_ascii_digit() || *c == '.') {
                    end = at + inner.len_utf8();
                    text.push(inner);
                }
                Kind::Number
            }
            ':' if rest.next_if(|(_, c)| *c == ':').is_some() => {
                end += 1;
                text.push(':');
                Kind::Sign
            }
            ';' => return Err("a definition has no `;` in it".to_owned()),
            _ => Kind::Sign,
        };
        words.push(Word { text, kind, at: start..end });
    }
    Ok(words)
}

/// An expression in one spelling, so that what the author wrote and what a server prints can be compared:
/// without casts, schemas before names, `asc`, and parentheses that change nothing.
pub(super) fn canonical(source: &str) -> String {
    let Ok(words) = words(source) else { return source.to_owned() };
    let words = without_casts(&words);
    let mut plain: Vec<String> = Vec::new();
    let mut n = 0;
    while let Some(word) = words.get(n) {
        n += 1;
        if word.is_name() && words.get(n).is_some_and(|next| next.is(".")) && words.get(n + 1).is_some_and(Word::is_name) {
            n += 1; // A schema, or the table before a column.
            continue;
        }
        match word.kind {
            Kind::Name if word.is_one_of(&["current_timestamp", "transaction_timestamp", "now"]) => {
                plain.extend(["now".to_owned(), "(".to_owned(), ")".to_owned()]);
                if words.get(n).is_some_and(|next| next.is("(")) && words.get(n + 1).is_some_and(|next| next.is(")")) {
                    n += 2;
                }
            }
            Kind::Name if word.is("asc") => {}
            Kind::Name if word.is("nulls") => {
                let after_desc = plain.last().is_some_and(|last| last == "desc");
                let usual = if after_desc { "first" } else { "last" };
                if words.get(n).is_some_and(|next| next.is(usual)) {
                    n += 1; // What an index does anyway.
                } else {
                    plain.push(word.text.clone());
                }
            }
            Kind::Quoted => plain.push(identifier(&word.text)),
            Kind::Literal if word.text.parse::<f64>().is_ok() => plain.push(word.text.clone()),
            Kind::Literal => {
                // A sequence is named inside a literal.
                let of_nextval = plain.ends_with(&["nextval".to_owned(), "(".to_owned()]);
                let text = if of_nextval { word.text.rsplit('.').next().unwrap_or_default().replace('"', "") } else { word.text.clone() };
                plain.push(format!("'{text}'"));
            }
            Kind::Number if plain.last().is_some_and(|last| last == "-") && begins(&plain[..plain.len() - 1]) => {
                plain.pop();
                plain.push(format!("-{}", word.text));
            }
            Kind::Name | Kind::Number | Kind::Sign => plain.push(word.text.clone()),
        }
    }
    while let Some((open, close)) = needless(&plain) {
        plain.remove(close);
        plain.remove(open);
    }
    plain.join(" ")
}

/// Whether an operand, and no operator, comes next.
fn begins(before: &[String]) -> bool {
    before.last().is_none_or(|last| matches!(last.as_str(), "(" | "," | "=" | "<" | ">" | "and" | "or" | "not"))
}

fn without_casts(words: &[Word]) -> Vec<Word> {
    let mut kept = Vec::with_capacity(words.len());
    let mut n = 0;
    while let Some(word) = words.get(n) {
        if !word.is("::") {
            kept.push(word.clone());
            n += 1;
            continue;
        }
        n += 1 + type_length(&words[n + 1..]);
    }
    kept
}

/// How many words the name of a type takes.
fn type_length(words: &[Word]) -> usize {
    let is = |n: usize, word: &str| words.get(n).is_some_and(|found| found.is(word));
    let mut n = 1;
    while is(n, ".") {
        n += 2;
    }
    if words.get(n - 1).is_some_and(|last| last.is_one_of(&["character", "bit", "double", "national"])) {
        while ["varying", "precision", "character"].iter().any(|word| is(n, word)) {
            n += 1;
        }
    }
    if is(n, "(") {
        while n < words.len() && !is(n, ")") {
            n += 1;
        }
        n += 1;
    }
    if (is(n, "with") || is(n, "without")) && is(n + 1, "time") && is(n + 2, "zone") {
        n += 3;
    }
    while is(n, "[") {
        n += if is(n + 1, "]") { 2 } else { 3 };
    }
    n.min(words.len())
}

/// A pair of parentheses that can go: around everything, or around an operand of `and`, `or`, `not` and
/// `where` that holds neither `and` nor `or` itself.
fn needless(words: &[String]) -> Option<(usize, usize)> {
    let mut open = Vec::new();
    for (close, word) in words.iter().enumerate() {
        if word == "(" {
            open.push(close);
        }
        if word != ")" {
            continue;
        }
        let start = open.pop()?;
        let before = start.checked_sub(1).and_then(|n| words.get(n)).map(String::as_str);
        let after = words.get(close + 1).map(String::as_str);
        let bounded = |word: Option<&str>, bounds: &[&str]| word.is_none_or(|word| bounds.contains(&word));
        let inside = &words[start + 1..close];
        let single = !inside.iter().any(|word| word == "and" || word == "or" || word == ",");
        // A pair inside a pair says nothing that the outer one does not say; neither does one around everything.
        let doubled = before == Some("(") && after == Some(")") || bounded(before, &["where"]) && after.is_none();
        let operand = bounded(before, &["and", "or", "not", "where", "("]) && bounded(after, &["and", "or", ")"]);
        // `f(x)` keeps its own, and `count((x))` may lose one of the two.
        if !inside.is_empty() && (doubled || single && operand && !(before == Some("(") && after != Some(")") && called(words, start))) {
            return Some((start, close));
        }
    }
    None
}

/// Whether the pair before this one belongs to a call, where an operand is an argument.
fn called(words: &[String], start: usize) -> bool {
    start.checked_sub(2).and_then(|n| words.get(n)).is_some_and(|word| {
        word.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '"') && !matches!(word.as_str(), "and" | "or" | "not" | "where")
    })
}

/// Whether two expressions are the same but for their spelling.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    canonical(one) == canonical(other)
}

/// A name as SQL reads it back: in quotes where it needs them.
#[must_use]
pub fn identifier(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !RESERVED.split_whitespace().any(|word| word == name);
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Words that are no names without quotes: "SQL Key Words" of PostgreSQL's manual, those it reserves.
const RESERVED: &str = "\
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column \
    concurrently constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp \
    current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike \
    in initially inner intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null \
    offset on only or order outer overlaps placing primary references returning right select session_user similar some symmetric \
    system_user table tablesample then to trailing true union unique user using variadic verbose when where window with";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_expression_are_the_same() {
        for (one, other) in [
            ("NOW()", "now()"),
            ("CURRENT_TIMESTAMP", "now()"),
            ("'new'", "'new'::character varying"),
            ("'{}'", "'{}'::jsonb"),
            ("-1", "'-1'::integer"),
            ("nextval('t_id_seq')", "nextval('public.t_id_seq'::regclass)"),
            ("gen_random_uuid()", "public.gen_random_uuid()"),
            ("(a = 1 and b is null)", "((a = 1) AND (b IS NULL))"),
            ("a = 1 AND (b = 2 OR c = 3)", "((a = 1) AND ((b = 2) OR (c = 3)))"),
            ("user_id = auth.uid()", "(user_id = auth.uid())"),
            ("lower(name)", "lower((name)::text)"),
            ("using btree (a ASC, b DESC) where deleted_at is null", "USING btree (a, b DESC) WHERE (deleted_at IS NULL)"),
            ("a::timestamp(3) without time zone", "a"),
        ] {
            assert!(same(one, other), "{one} → {}\n{other} → {}", canonical(one), canonical(other));
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [
            ("now()", "clock_timestamp()"),
            ("'New'", "'new'"),
            ("(a OR b) AND c", "a OR (b AND c)"),
            ("(a + b) * c", "a + (b * c)"),
            ("f(a)", "f(b)"),
            ("\"User\"", "\"user\""),
            ("(a, b)", "(b, a)"),
            ("a DESC", "a"),
            ("a NULLS FIRST", "a"),
            ("1 - 1", "1, -1"),
            ("NOT (a AND b)", "NOT a AND b"),
        ] {
            assert!(!same(one, other), "{one} and {other} → {}", canonical(one));
        }
    }

    #[test]
    fn names_get_the_quotes_they_need() {
        assert_eq!(["job_id", "User", "order", "a\"b"].map(identifier), ["job_id", "\"User\"", "\"order\"", "\"a\"\"b\""]);
    }
}
