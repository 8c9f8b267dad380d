//! The brief for whoever leads next, written from what was really done. Never from what was planned.

use std::fmt::Write as _;

use crate::base::stamp::Stamp;

use super::session::Session;

/// What a successor must know, in a few lines.
pub(super) fn brief(session: &Session, at: Stamp, word: &str) -> String {
    let mut brief = String::new();
    if let Some((phase, step)) = session.current() {
        let _ = writeln!(brief, "At “{}” of phase “{}”.", step.title, phase.title);
    }
    let red: Vec<&str> =
        session.runbook.checks().filter(|(_, check)| session.is_red(&check.id)).map(|(_, check)| check.title.as_str()).collect();
    let _ = writeln!(brief, "Red: {}.", if red.is_empty() { "nothing".to_owned() } else { red.join("; ") });
    let done: Vec<&str> = session
        .runbook
        .remediations()
        .filter(|(_, remediation)| session.incident.remediations.get(&remediation.id).is_some_and(|record| record.committed))
        .map(|(_, remediation)| remediation.title.as_str())
        .collect();
    let _ = writeln!(brief, "Changed: {}.", if done.is_empty() { "nothing".to_owned() } else { done.join("; ") });
    if let Some((_, left)) = session.next_escalation(at) {
        let _ = writeln!(brief, "Next escalation in {} min.", left.as_secs() / 60);
    }
    if !word.trim().is_empty() {
        let _ = writeln!(brief, "{}", word.trim());
    }
    brief.trim_end().to_owned()
}
