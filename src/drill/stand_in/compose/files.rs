//! The files a container is made from: `.env`. Never changes them.

use std::collections::BTreeMap;

use crate::drill::container::Place;

use super::Question;

/// The variables in `.env`.
pub(super) fn variables(question: &Question<'_>) -> Result<BTreeMap<String, String>, String> {
    let path = Place::of(question.folder).project().join(".env");
    let text = std::fs::read_to_string(&path).map_err(|_| "env file .env not found: no such file or directory".to_owned())?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.split_once('=').ok_or_else(|| format!("failed to read .env: unexpected line {line:?}"))?;
            Ok((name.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
        })
        .collect()
}
