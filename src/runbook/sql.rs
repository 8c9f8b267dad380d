//! Placeholder until the real one lands from its branch: take theirs on conflict.

use std::collections::{BTreeMap, BTreeSet};

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// As a person would type it.
    pub shown: String,
    /// `CREATE TABLE`.
    pub what: String,
    /// In words.
    pub lock: Option<String>,
    /// In words.
    pub cautions: Vec<String>,
    /// Cannot run in a transaction.
    pub needs_no_transaction: bool,
}

/// Splits.
///
/// # Errors
/// Never.
pub fn prepare(sql: &str, _inputs: &BTreeMap<String, String>, _secret: &BTreeSet<String>) -> Result<Vec<Statement>, String> {
    let statement = |text: &str| Statement {
        shown: text.trim().to_owned(),
        what: "SQL".to_owned(),
        lock: None,
        cautions: Vec::new(),
        needs_no_transaction: false,
    };
    Ok(sql.split(';').filter(|text| !text.trim().is_empty()).map(statement).collect())
}
