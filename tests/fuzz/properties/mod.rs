//! What must hold for any bytes whatever: one file a target, held by the fuzzer and, for what it found, by `cargo test --test fuzz`.
//! Never satisfied by the mere absence of a panic.

mod conninfo;
mod import;
mod journal;
mod mask;
mod runbook;
mod sanitiser;
mod spell;
mod sql;

/// A promise about any input; broken, it panics.
type Property = fn(&[u8]);

/// The targets by their names.
pub(crate) const ALL: [(&str, Property); 7] = [
    ("runbook", runbook::holds),
    ("import", import::holds),
    ("sql", sql::holds),
    ("sanitiser", sanitiser::holds),
    ("mask", mask::holds),
    ("conninfo", conninfo::holds),
    ("journal", journal::holds),
];
