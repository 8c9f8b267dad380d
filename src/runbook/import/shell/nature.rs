//! What a command does. No reader is known here yet, so each counts as one that may act.

/// What a command does.
pub(in crate::runbook::import) enum Nature {
    Reads,
    Acts(&'static str),
    Waits(&'static str),
}

pub(in crate::runbook::import) struct Psql {
    pub connection: Option<String>,
    pub options_only: bool,
    pub sql: Vec<String>,
    pub simple: bool,
    pub variables: Vec<(String, String)>,
}

pub(in crate::runbook::import) fn psql(_: &str) -> Option<Psql> {
    None
}

pub(in crate::runbook::import) fn nature_with(_: &str, _: &dyn Fn(&str) -> bool) -> Nature {
    Nature::Acts("is no known reader")
}
