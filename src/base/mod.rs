//! Floor 0: the vocabulary every other floor speaks. Ids, moments, values, hashes and the cleaning of
//! hostile text. Never touches the outside and never reads a clock.

pub mod hash;
pub mod id;
pub mod redact;
pub mod stamp;
pub mod text;

/// What a check saw, as the expressions and the journal see it: a JSON value.
pub use serde_json::Value;

/// Writes a [`Value`] as JSON in the source.
pub use serde_json::json;

/// A JSON object: what a check's `expect` may name.
pub type Values = serde_json::Map<String, Value>;

/// Text that must reach no sink; shown as `[REDACTED]` by `Debug`.
pub use secrecy::{ExposeSecret, SecretString};
