//! Making text from outside harmless: escapes, control and bidirectional characters become visible.
//! Never shortens without saying so, and never guesses an encoding.

use std::borrow::Cow;
use std::fmt::Write as _;

/// More bytes than any secret has: a private key of 16,384 bits is a little shorter.
const LONGEST_SECRET: usize = 16 << 10;

/// Makes one line harmless: what a terminal could act on, or a reader could be deceived by, becomes visible.
///
/// Control characters become `<U+001B>`-like marks, as do bidirectional overrides, zero-width and
/// tag characters. Line breaks and tabs count as control characters here; see [`lines`].
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_deceptive) {
        let mut clean = String::with_capacity(text.len() + 16);
        for c in text.chars() {
            match c {
                '\t' => clean.push_str("    "),
                c if is_deceptive(c) => {
                    let _ = write!(clean, "<U+{:04X}>", u32::from(c));
                }
                c => clean.push(c),
            }
        }
        Cow::Owned(clean)
    } else {
        Cow::Borrowed(text)
    }
}

/// Makes text of several lines harmless, keeping its line breaks; `\r\n` counts as one.
#[must_use]
pub fn lines(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (n, part) in text.split('\n').enumerate() {
        if n > 0 {
            clean.push('\n');
        }
        clean.push_str(&line(part.strip_suffix('\r').unwrap_or(part)));
    }
    clean
}

/// JSON that is printed: the same to who parses it, and harmless to a terminal that shows it. What [`line()`] would mark is
/// written as an escape of JSON; a line break stays, as it stands between objects only.
#[must_use]
pub fn json(written: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| c != '\n' && is_deceptive(c);
    if !written.chars().any(is_escaped) {
        return Cow::Borrowed(written);
    }
    let mut escaped = String::with_capacity(written.len() + 16);
    for c in written.chars() {
        if is_escaped(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal could act on this character or a reader be deceived by it.
///
/// Controls (C0, DEL, C1), line and paragraph separators, bidirectional controls (Unicode TR 36 and "Trojan Source"), and what
/// Unicode calls `Default_Ignorable_Code_Point`: zero-width characters, fillers, tags, the byte order mark. Only the selectors
/// that choose between a plain and a coloured sign (U+FE0E, U+FE0F) are none: half of all emoji have one.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0D}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether a text holds a mark as [`line()`] makes it: `<U+202E>`.
#[must_use]
pub fn holds_mark(text: &str) -> bool {
    text.split("<U+").skip(1).any(|rest| {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(byte)).count();
        (4..=6).contains(&digits) && rest[digits..].starts_with('>')
    })
}

/// The last `limit` bytes of a text, cut at a line or character border, and how many bytes were left out.
#[must_use]
pub fn tail(text: &str, limit: usize) -> (&str, usize) {
    if text.len() <= limit {
        return (text, 0);
    }
    let mut start = text.len() - limit;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let start = text[start..].find('\n').map_or(start, |n| start + n + 1);
    (&text[start..], start)
}

/// Where the last whole line ends of what was cut behind its end; of a line that goes on for ever, far enough before the cut that
/// no secret is there in half, which nobody would recognise.
#[must_use]
pub fn end_of_whole_lines(cut: &[u8]) -> usize {
    let last = cut.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    last.max(cut.len().saturating_sub(LONGEST_SECRET))
}

/// The first line of a text that is not empty, or an empty one.
#[must_use]
pub fn first_line(text: &str) -> &str {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default()
}

/// Percent-encoded for any part of a URL: everything but the unreserved characters of RFC 3986 as `%XX`.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

/// A text whose `%XX` were undone; nothing if what comes out is no text.
#[must_use]
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let code = code.filter(|_| byte == b'%');
        bytes.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_could_act_on_becomes_visible() {
        assert_eq!(line("a\u{1b}]52;c;x\u{7}b"), "a<U+001B>]52;c;x<U+0007>b");
        assert_eq!(line("DROP\u{202e} x\u{9b}2J"), "DROP<U+202E> x<U+009B>2J");
        assert_eq!(lines("one\r\ntwo\rthree"), "one\ntwo<U+000D>three");
        assert!(matches!(line("Größe 数 ✓"), Cow::Borrowed(_)));
    }

    #[test]
    fn printed_json_says_the_same_in_harmless_letters() {
        let value = crate::base::Value::from("ä\u{1b}\u{9b}\u{202e}\u{e0041}\n");
        let printed = json(&value.to_string()).into_owned();
        assert_eq!(printed, r#""ä\u001b\u009b\u202e\udb40\udc41\n""#);
        assert_eq!(printed.parse::<crate::base::Value>().ok(), Some(value));
    }

    #[test]
    fn a_tail_begins_at_a_line() {
        assert_eq!(tail("one\ntwo\nthree", 7), ("three", 8));
        assert_eq!(tail("short", 10), ("short", 0));
        assert_eq!(tail("ääää", 3), ("ä", 6));
    }
}
