//! What a browser may run of the page: what has the hash that stands in the policy. Never a nonce, which another text
//! could repeat.

use crate::base::hash::sha256;

/// A source of a Content-Security-Policy that stands for exactly this text.
pub(super) fn source(text: &str) -> String {
    let hex = sha256(text);
    let digits: Vec<u8> = hex.chars().filter_map(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    format!("'sha256-{}'", base64(&bytes))
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |three: &[u8]| {
        let bits = (0..3).fold(0_usize, |bits, place| bits << 8 | usize::from(three.get(place).copied().unwrap_or_default()));
        let letter = move |place: usize| char::from(LETTERS[bits >> (18 - 6 * place) & 63]);
        (0..4).map(move |place| if place <= three.len() { letter(place) } else { '=' }).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_names_what_a_browser_computes() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        // As W3C's Content Security Policy Level 3 has it for this very text.
        assert_eq!(source("alert('Hello, world.');"), "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");
    }
}
