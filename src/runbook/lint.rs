//! Advice to authors: what a runbook may leave out but a tired responder will miss. Never an error; what
//! makes a runbook unusable is found while reading it.

use crate::base::id::Id;

use super::model::{Ask, Runbook};

/// Calls `warn` for everything a careful author would change: the id of the thing (none for the runbook
/// as a whole), a code, what is missing, and how to mend it.
pub fn warnings(runbook: &Runbook, mut warn: impl FnMut(Option<&Id>, &'static str, String, String)) {
    if runbook.success.is_empty() {
        warn(
            None,
            "no-success",
            "nothing says when this incident is over".to_owned(),
            "add `success` with checks that prove it".to_owned(),
        );
    }
    for (_, check) in runbook.checks() {
        if check.expect.is_none()
            && matches!(check.ask, Ask::Sql(_))
            && runbook.success.iter().any(|success| success.check.as_ref() == Some(&check.id))
        {
            let message = "success rests on this check, but it expects nothing, so a person must judge it".to_owned();
            warn(Some(&check.id), "no-expectation", message, "add `expect`, such as `value == 1`".to_owned());
        }
    }
    for (_, remediation) in runbook.remediations() {
        if remediation.verify.is_empty() {
            let message = "no check says whether this remediation worked".to_owned();
            warn(Some(&remediation.id), "no-verification", message, "add `verify: [check-id]`".to_owned());
        }
    }
}
