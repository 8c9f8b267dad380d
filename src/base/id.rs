//! Names of things. Never generates one from a clock or from chance by itself: callers pass both in.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The name of a runbook, phase, step, check, remediation, task or other item of a runbook.
///
/// Unique in its file, lower-case words joined by `-`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(Arc<str>);

impl Id {
    /// Takes the text as it is; the reader of runbooks has validated it.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }

    /// The id that a title gets when its author gave none: `The database answers` → `the-database-answers`.
    ///
    /// Letters of every script are kept, in lower case; everything else becomes one `-`. At most 60
    /// characters, so that it still fits on a line.
    #[must_use]
    pub fn from_title(title: &str) -> Self {
        let mut id = String::new();
        for c in title.chars().flat_map(char::to_lowercase) {
            if c.is_alphanumeric() {
                id.push(c);
            } else if !id.is_empty() && !id.ends_with('-') {
                id.push('-');
            }
        }
        let cut: String = id.chars().take(60).collect();
        Self::new(cut.trim_matches('-'))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Id {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// One try at a check or a remediation, unique within an incident and growing.
///
/// News about an attempt that is no longer the current one is dropped, which settles every race
/// between a result and its timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub u64);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The name of one incident: `20261121-1033-worker-schema-missing-7f3a`. Sorts by the time it was opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(String);

impl IncidentId {
    /// The id of an incident of `runbook` opened at `wall`; `chance` sets apart two of the same minute.
    #[must_use]
    pub fn make(wall: chrono::DateTime<chrono::Utc>, runbook: &Id, chance: u16) -> Self {
        Self(format!("{}-{runbook}-{chance:04x}", wall.format("%Y%m%d-%H%M")))
    }

    /// The id as a person typed it or a folder is called.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_from_titles() {
        for (title, id) in [
            ("The database answers", "the-database-answers"),
            ("  4.1 Worker — functionality test! ", "4-1-worker-functionality-test"),
            ("Größe prüfen", "größe-prüfen"),
            ("…", ""),
        ] {
            assert_eq!(Id::from_title(title), id, "{title}");
        }
    }
}
