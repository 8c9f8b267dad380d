//! The masker: whatever stands around a secret, and however it is spelled, it cannot be read; and nothing is added but masks.

use fracas::base::Value;
use fracas::base::redact::{MASK, Masker};

/// Encodings of fewer bytes would be found in ordinary text, and are not looked for.
const SHORTEST_ENCODED: usize = 6;

pub(super) fn holds(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest).replace('•', "");
    let secret: String = text.chars().take(4 + usize::from(*length % 40)).collect();
    if secret.chars().count() < 4 {
        return;
    }
    let masker = Masker::new([secret.as_str()]);
    adds_only_masks(&text, &masker.mask(&text));
    let around = &text[secret.len()..];
    let (before, after) = around.split_at(around.floor_char_boundary(around.len() / 2));
    for spelled in spellings(&secret) {
        let masked = masker.mask(&format!("{before} {spelled} {after}")).into_owned();
        assert!(!masked.contains(&spelled), "{secret:?} can be read as {spelled:?} in {masked:?}");
    }
    if secret.len() < SHORTEST_ENCODED {
        return;
    }
    for (lead, url_safe) in [("", false), ("x", true), ("xy", false), ("xyz", true)] {
        let whole = base64(format!("{lead}{secret}{after}").as_bytes(), url_safe);
        let masked = masker.mask(&whole).into_owned();
        // What two other neighbours would leave as it is says the secret and nothing else.
        let other = base64(format!("{lead}{secret}\u{7f}").as_bytes(), url_safe);
        let first = (lead.len() * 8).div_ceil(6);
        let last = (lead.len() + secret.len()) * 8 / 6;
        assert!(!masked.contains(&other[first..last]), "{secret:?} can be read in {masked:?}");
    }
}

fn spellings(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let all = |spell: fn(u8) -> String| secret.bytes().map(spell).collect::<String>();
    let units = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    let twice = Value::from(json.as_str()).to_string();
    let form: String = secret.chars().map(|c| if c == ' ' { "+".to_owned() } else { percent(c) }).collect();
    let mut spellings = vec![
        secret.to_owned(),
        all(|byte| format!("%{byte:02x}")),
        all(|byte| format!("%{byte:02X}")),
        secret.chars().map(percent).collect(),
        form,
        json,
        twice[1..twice.len() - 1].to_owned(),
        units,
        secret.replace('\'', "''"),
        secret.replace('\'', r"'\''"),
        secret.replace('"', "\"\""),
    ];
    if secret.len() >= SHORTEST_ENCODED {
        spellings.extend([all(|byte| format!("{byte:02x}")), all(|byte| format!("{byte:02X}"))]);
    }
    spellings
}

fn percent(c: char) -> String {
    if c.is_ascii_alphanumeric() { c.to_string() } else { c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect() }
}

/// By the book: three bytes are four characters.
fn base64(bytes: &[u8], url_safe: bool) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(if url_safe { ['-', '_'] } else { ['+', '/'] }).collect();
    let mut encoded = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0_usize, |number, n| number << 8 | three.get(n).map_or(0, |byte| usize::from(*byte)));
        for n in 0..=three.len() {
            encoded.push(alphabet[number >> (18 - 6 * n) & 63]);
        }
    }
    encoded
}

fn adds_only_masks(text: &str, masked: &str) {
    let mut rest = text;
    for part in masked.split(MASK) {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} of {masked:?} is not in {text:?}"));
        rest = &rest[at + part.len()..];
    }
}
