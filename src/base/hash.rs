//! Content hashes. Never a password hash: nothing here is slow on purpose.

use sha2::{Digest, Sha256};

/// SHA-256 as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xf)]);
    Sha256::digest(bytes.as_ref()).iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Whether a text could be what [`sha256`] gives.
#[must_use]
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
