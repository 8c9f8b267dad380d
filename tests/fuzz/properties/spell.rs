//! The ways a secret is written, by the book of each: what the masker must find. Never the masker's own code.

use fracas::base::Value;

/// Encodings of fewer bytes would be found in ordinary text, and are not looked for.
pub(crate) const SHORTEST_ENCODED: usize = 6;

/// A secret in every usual way of writing it but Base64, whose letters depend on the neighbours.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
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

/// Base64 by the book: three bytes are four characters.
pub(crate) fn base64(bytes: &[u8], url_safe: bool) -> String {
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
