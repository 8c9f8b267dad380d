//! What a runbook can run, for a person who is asked to trust it or to open it. Never runs any of it.

use super::Runbook;
use super::ask::Spelled;

impl Runbook {
    /// Everything it can run, one text each: checks that may do harm if their author is not trusted, and every remediation.
    #[must_use]
    pub fn what_it_runs(&self) -> Vec<String> {
        let checks = self.checks().filter_map(|(_, check)| {
            let Spelled { what, text, needs_trust, .. } = check.ask.spelled();
            needs_trust.then(|| format!("check, {what} · {}\n{text}", check.title))
        });
        let remediations = self.remediations().map(|(_, remediation)| {
            let Spelled { what, text, .. } = remediation.act.spelled();
            let rollback = remediation.rollback.as_ref().map(|sql| format!("\nrollback: {sql}")).unwrap_or_default();
            format!("remediation, {what}, only after your consent · {}\n{text}{rollback}", remediation.title)
        });
        checks.chain(remediations).collect()
    }

    /// Whether it holds SQL, a command or a request anywhere.
    #[must_use]
    pub fn acts(&self) -> bool {
        self.checks().any(|(_, check)| check.ask.spelled().needs_trust) || self.remediations().next().is_some()
    }
}
