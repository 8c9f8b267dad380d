//! The masker: whatever stands around a secret, and however it is spelled, it cannot be read; and nothing is added but masks.

use fracas::base::redact::{MASK, Masker};

use super::spell::{SHORTEST_ENCODED, base64, spellings};

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
        let shown = masker.mask(&format!("{before} {spelled} {after}")).into_owned();
        assert!(!shown.contains(&spelled), "{secret:?} can be read as {spelled:?} in {shown:?}");
    }
    if secret.len() < SHORTEST_ENCODED {
        return;
    }
    for (lead, url_safe) in [("", false), ("x", true), ("xy", false), ("xyz", true)] {
        let whole = base64(format!("{lead}{secret}{after}").as_bytes(), url_safe);
        let shown = masker.mask(&whole).into_owned();
        // What two other neighbours would leave as it is says the secret and nothing else.
        let other = base64(format!("{lead}{secret}\u{7f}").as_bytes(), url_safe);
        let first = (lead.len() * 8).div_ceil(6);
        let last = (lead.len() + secret.len()) * 8 / 6;
        assert!(!shown.contains(&other[first..last]), "{secret:?} can be read in {shown:?}");
    }
}

fn adds_only_masks(text: &str, masked: &str) {
    let mut rest = text;
    for part in masked.split(MASK) {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} of {masked:?} is not in {text:?}"));
        rest = &rest[at + part.len()..];
    }
}
