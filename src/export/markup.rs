//! Text from outside within XML and HTML. Never lets a character through that could end a text or an attribute, nor one
//! that a reader could be deceived by, nor one that XML does not know.

use crate::base::text;

/// Text as it stands between tags, and between the quotes of an attribute.
pub(super) fn escape(outside: &str) -> String {
    let mut escaped = String::with_capacity(outside.len() + 8);
    for c in text::line(outside).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // The last two of each plane are no characters; XML 1.0 does not allow those of the first.
            '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_text_or_an_attribute() {
        assert_eq!(escape("</script>&'\"\u{202e}\u{ffff}"), "&lt;/script&gt;&amp;&#39;&quot;&lt;U+202E&gt;\u{fffd}");
    }
}
