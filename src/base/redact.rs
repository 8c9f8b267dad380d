//! Masking secrets in everything that is shown or kept. Never stores a secret in readable form longer
//! than the automaton needs it, and never prints one in `Debug`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Value, text};

/// What stands where a secret was.
pub const MASK: &str = "••••••";

/// Secrets shorter than this are not masked: they would blank out ordinary words.
const SHORTEST: usize = 4;

/// Replaces every known secret, and its percent-encoded and JSON-escaped forms, by [`MASK`].
#[derive(Clone, Default)]
pub struct Masker(Option<Arc<AhoCorasick>>);

impl Masker {
    /// A masker for these secrets; those under four characters are ignored.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut forms: Vec<String> = Vec::new();
        for secret in secrets.into_iter().filter(|secret| secret.chars().count() >= SHORTEST) {
            forms.push(secret.to_owned());
            forms.push(text::percent_encoded(secret));
            let json = Value::from(secret).to_string();
            forms.push(json[1..json.len() - 1].to_owned());
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        if forms.is_empty() {
            return Self(None);
        }
        Self(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&forms).ok().map(Arc::new))
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.0 {
            Some(secrets) if secrets.is_match(text) => {
                let masks = vec![MASK; secrets.patterns_len()];
                Cow::Owned(secrets.replace_all(text, &masks))
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// A value with every secret in its strings and keys masked.
    #[must_use]
    pub fn mask_value(&self, value: Value) -> Value {
        if self.0.is_none() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.mask(&text).into_owned()),
            Value::Array(items) => Value::Array(items.into_iter().map(|item| self.mask_value(item)).collect()),
            Value::Object(fields) => {
                Value::Object(fields.into_iter().map(|(key, value)| (self.mask(&key).into_owned(), self.mask_value(value))).collect())
            }
            other => other,
        }
    }
}

impl fmt::Debug for Masker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Masker(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_every_form() {
        let masker = Masker::new(["p@ss\"word", "abc"]);
        assert_eq!(masker.mask("x p@ss\"word y p%40ss%22word z p@ss\\\"word abc"), format!("x {MASK} y {MASK} z {MASK} abc"));
        assert_eq!(format!("{masker:?}"), "Masker(…)");
    }
}
