//! The team's part of the settings as it is written: keys of a runbook. Never interprets a value.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Contact, Escalation, KnownError, Role, Severity, UsefulCommand};

wire! {
    /// What belongs to a team rather than to one runbook.
    struct Team {
        /// Whom to reach, by a short id.
        #[serde(default)]
        contacts: BTreeMap<String, Contact>,
        /// Who does what, by a short id.
        #[serde(default)]
        roles: BTreeMap<String, Role>,
        /// What the severities mean.
        #[serde(default)]
        severities: Vec<Severity>,
        /// When to call for help, whatever the incident.
        #[serde(default)]
        escalation: Vec<Escalation>,
        /// Error texts with advice.
        #[serde(default)]
        known_errors: Vec<KnownError>,
        /// Useful commands, shown and never run by themselves.
        #[serde(default)]
        commands: Vec<UsefulCommand>,
    }
}
