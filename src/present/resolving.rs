//! What has to be seen before an incident is closed: what is still open, what holds by a person's word only, what is still red.
//! Never a judgement; whether it may be closed is the engine's.

use super::words;
use crate::engine::Session;

/// A line each, the gravest last; one that says that all is well where it is.
#[must_use]
pub fn before(session: &Session) -> Vec<String> {
    let criteria = session.criteria();
    let titles = |wanted: &dyn Fn(&crate::engine::session::CriterionState) -> bool| {
        criteria.iter().filter(|criterion| wanted(criterion)).map(|criterion| criterion.title.as_str()).collect::<Vec<_>>().join("; ")
    };
    let (open, accepted) = (titles(&|criterion| !criterion.held), titles(&|criterion| criterion.accepted));
    let mut lines = Vec::new();
    if !open.is_empty() {
        lines.push(format!("Still open, for later: {open}."));
    }
    if !accepted.is_empty() {
        lines.push(format!("True by your word only, as the check was accepted: {accepted}."));
    }
    if lines.is_empty() {
        lines.push("Every criterion holds.".to_owned());
    }
    lines.extend(red(session));
    lines
}

/// What is still red, in one line; nothing where nothing is.
#[must_use]
pub fn red(session: &Session) -> Option<String> {
    let failed: Vec<String> = session
        .failed()
        .map(|(check, accepted)| match accepted {
            Some(reason) => format!("{} (accepted: {reason})", check.title),
            None => check.title.clone(),
        })
        .collect();
    let count = words::count(failed.len() as u64, "check", "checks");
    (!failed.is_empty()).then(|| format!("Still red, {count}: {}.", failed.join("; ")))
}
