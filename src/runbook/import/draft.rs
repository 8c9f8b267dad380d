//! A runbook on its way from prose to YAML: what was understood, in the order of the source. Never text that the source
//! does not have, but for names that a form needs.

use std::collections::BTreeMap;

/// The whole runbook.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) reviewed: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) summary: Vec<String>,
    /// What the head of the file says beside.
    pub(super) head: Vec<String>,
    pub(super) never: Vec<String>,
    pub(super) symptoms: Vec<String>,
    pub(super) links: Vec<(String, String)>,
    /// By name: the question, the choices, the variable a value may come from, and whether it is a secret.
    pub(super) inputs: BTreeMap<String, Input>,
    /// By name: how to connect, as the keys of a connection.
    pub(super) targets: BTreeMap<String, Vec<(&'static str, String)>>,
    pub(super) contacts: Vec<Contact>,
    pub(super) severities: Vec<Severity>,
    pub(super) escalation: Vec<Escalation>,
    pub(super) known_errors: Vec<KnownError>,
    pub(super) phases: Vec<Phase>,
    pub(super) success: Vec<Success>,
    pub(super) questions: Vec<String>,
    pub(super) actions: Vec<Action>,
}

#[derive(Debug, Default)]
pub(super) struct Input {
    pub(super) ask: String,
    pub(super) choices: Vec<String>,
    pub(super) env: Option<String>,
    pub(super) default: Option<String>,
    pub(super) secret: bool,
    /// Whether nothing but a text for people needs it.
    pub(super) optional: bool,
}

#[derive(Debug)]
pub(super) struct Contact {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) reach: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Severity {
    pub(super) name: String,
    pub(super) means: Option<String>,
    pub(super) response: Option<String>,
    pub(super) respond_within: Option<String>,
    pub(super) update_every: Option<String>,
}

#[derive(Debug)]
pub(super) struct Escalation {
    pub(super) after: Option<String>,
    pub(super) to: Vec<String>,
    pub(super) message: String,
}

#[derive(Debug)]
pub(super) struct KnownError {
    pub(super) pattern: String,
    pub(super) title: String,
    pub(super) advice: String,
}

#[derive(Debug)]
pub(super) struct Success {
    pub(super) title: String,
    pub(super) urgency: &'static str,
}

#[derive(Debug)]
pub(super) struct Action {
    pub(super) title: String,
    pub(super) state: &'static str,
    pub(super) owner: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Phase {
    pub(super) title: String,
    pub(super) budget: Option<String>,
    pub(super) why: Vec<String>,
    pub(super) when: Option<String>,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) title: String,
    pub(super) budget: Option<String>,
    pub(super) why: Vec<String>,
    pub(super) when: Option<String>,
    /// Checks, then remediations, then tasks: as a step is walked.
    pub(super) items: Vec<Item>,
}

/// A check, a remediation or a task.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) line: usize,
    pub(super) title: String,
    /// What the source says before it.
    pub(super) before: Vec<String>,
    pub(super) does: Does,
    /// What the source says of its answer.
    pub(super) after: Vec<String>,
    pub(super) when: Option<String>,
    /// What a careful author should look at.
    pub(super) doubt: Option<&'static str>,
}

#[derive(Debug)]
pub(super) enum Does {
    CheckSql { sql: String, on: String, shows: bool },
    CheckCommand { command: String, targets: Vec<(String, String)>, expect: Option<String>, shows: bool },
    ChangeSql { sql: String, on: String, is_alone: bool, changes_rows: bool },
    ChangeCommand { command: String, targets: Vec<(String, String)> },
    Task,
}

impl Does {
    /// What is run.
    pub(super) fn code(&self) -> Option<&String> {
        match self {
            Self::CheckSql { sql, .. } | Self::ChangeSql { sql, .. } => Some(sql),
            Self::CheckCommand { command, .. } | Self::ChangeCommand { command, .. } => Some(command),
            Self::Task => None,
        }
    }

    /// Its place in a step.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::CheckSql { .. } | Self::CheckCommand { .. } => 0,
            Self::ChangeSql { .. } | Self::ChangeCommand { .. } => 1,
            Self::Task => 2,
        }
    }
}
