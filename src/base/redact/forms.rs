//! The spellings a secret is met in that no undoing of escapes reveals. Never a spelling so short that it would be found in
//! ordinary text.

use std::fmt::Write as _;

/// Secrets shorter than this, in bytes, are looked for in plain and in quotes only: three letters of Base64 are found anywhere.
const SHORTEST_ENCODED: usize = 6;

/// Every spelling of a secret, itself first.
pub(super) fn of(secret: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = vec![secret.into()];
    // SQL and CSV double a quote; a shell ends its quotes, escapes one and begins again; HTML and XML have names for them.
    forms.extend(["''", r"'\''", "'\"'\"'"].map(|quote| secret.replace('\'', quote).into_bytes()));
    forms.push(secret.replace('"', "\"\"").into_bytes());
    let marked_up = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.push(marked_up.clone().into_bytes());
    forms.extend(["&#39;", "&#x27;", "&apos;"].map(|quote| marked_up.replace('"', "&quot;").replace('\'', quote).into_bytes()));
    // A form sends a blank as +; what else it escapes is undone before it is looked for.
    forms.push(secret.replace(' ', "+").into_bytes());
    if secret.len() >= SHORTEST_ENCODED {
        forms.extend([hex(secret, false), hex(secret, true)].map(String::into_bytes));
        for before in 0..3 {
            let standard = base64(secret.as_bytes(), before);
            forms.push(standard.replace('+', "-").replace('/', "_").into_bytes());
            forms.push(standard.into_bytes());
        }
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn hex(secret: &str, capitals: bool) -> String {
    secret.bytes().fold(String::new(), |mut out, byte| {
        let _ = if capitals { write!(out, "{byte:02X}") } else { write!(out, "{byte:02x}") };
        out
    })
}

/// What these bytes always leave in Base64 when `before` others, modulo three, stand in front: the characters at the seams
/// depend on the neighbours and are left out.
fn base64(bytes: &[u8], before: usize) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bit = |position: usize| position.checked_sub(before * 8).and_then(|bit| Some(bytes.get(bit / 8)? >> (7 - bit % 8) & 1));
    let whole =
        |character: usize| (0..6).map(|n| bit(character * 6 + n)).try_fold(0_usize, |code, bit| Some(code << 1 | usize::from(bit?)));
    let first = (before * 8).div_ceil(6);
    (first..).map_while(whole).map(|code| char::from(ALPHABET[code])).collect()
}
