//! A runbook as it is written down: flat structs that mirror the keys of the format and nothing else.
//! Never interprets a value; `build` does that. What stands here is also the JSON Schema for editors.

use std::collections::BTreeMap;

use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

use crate::base::Value;
use crate::runbook::tls::Mode;

/// The schema of a runbook file. A key is left out rather than empty, so nothing in it may be null.
pub(super) fn schema() -> Value {
    let mut schema = schemars::schema_for!(Runbook);
    NeverNull.transform(&mut schema);
    schema.insert("title".to_owned(), Value::from("A runbook of fracas, format version 1"));
    schema.to_value()
}

/// Takes `null` out of every choice of types: `Option` means that a key may be left out.
struct NeverNull;

impl Transform for NeverNull {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|kind| kind != "null");
            if let [one] = types.as_slice() {
                let one = one.clone();
                schema.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
            alternatives.retain(|alternative| alternative.get("type").is_none_or(|kind| kind != "null"));
            if let [Value::Object(one)] = alternatives.as_slice() {
                let one = one.clone();
                schema.remove("anyOf");
                for (key, value) in one {
                    schema.insert(key, value);
                }
            }
        }
        if schema.get("default").is_some_and(Value::is_null) {
            schema.remove("default");
        }
        transform_subschemas(self, schema);
    }
}

macro_rules! wire {
    ($($(#[$doc:meta])* struct $name:ident { $($(#[$attribute:meta])* $field:ident : $kind:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Default, Deserialize, JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub(in crate::runbook::yaml) struct $name { $($(#[$attribute])* pub(in crate::runbook::yaml) $field: $kind,)* }
        )*
    };
}

pub(super) mod env;
pub(super) mod http;
pub(super) mod schema;
// After the macro, which they use.
mod log;
mod migrations;
mod team;

pub(super) use log::Log;
pub(super) use migrations::{MigrationTool, Migrations};
pub(super) use team::{Contact, Escalation, KnownError, Role, Severity, Team, UsefulCommand, Webhook};

wire! {
    /// What to look at, what to change, whom to call, and when it is over.
    struct Runbook {
        /// The version of the format: 1.
        version: u64,
        /// Unique among runbooks: lower-case words joined by `-`.
        #[schemars(length(min = 1, max = 100))]
        id: String,
        /// One line.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// The severity an incident opens with, such as P0.
        severity: Option<String>,
        /// A paragraph on what is wrong.
        summary: Option<String>,
        /// What people see or paste: a search looks here first.
        #[serde(default)]
        symptoms: Vec<String>,
        /// Keywords.
        #[serde(default)]
        tags: Vec<String>,
        /// What stops working.
        #[serde(default)]
        affects: Vec<String>,
        /// Warnings that are always in sight.
        #[serde(default)]
        never: Vec<String>,
        /// Further reading: addresses, or addresses with a title.
        #[serde(default)]
        links: Vec<LinkForm>,
        /// Other runbooks to go to: ids, or ids with a reason.
        #[serde(default)]
        related: Vec<RelatedForm>,
        /// Who keeps it up to date.
        owner: Option<String>,
        /// When somebody last read it through: 2026-11-21.
        reviewed: Option<String>,
        /// The time to resolution that is promised: 60m.
        #[schemars(extend("examples" = ["60m"]))]
        resolve_within: Option<String>,
        /// What the responder is asked once, by name.
        #[serde(default)]
        inputs: BTreeMap<String, Input>,
        /// Named databases.
        #[serde(default)]
        targets: BTreeMap<String, Target>,
        /// Whom to reach, by a short id.
        #[serde(default)]
        contacts: BTreeMap<String, Contact>,
        /// Who does what, by a short id.
        #[serde(default)]
        roles: BTreeMap<String, Role>,
        /// What the severities mean.
        #[serde(default)]
        severities: Vec<Severity>,
        /// When to call for help.
        #[serde(default)]
        escalation: Vec<Escalation>,
        /// Error texts with advice.
        #[serde(default)]
        known_errors: Vec<KnownError>,
        /// Useful commands, shown and never run by themselves.
        #[serde(default)]
        commands: Vec<UsefulCommand>,
        /// The way through the incident.
        #[schemars(length(min = 1))]
        phases: Vec<Phase>,
        /// When it is over.
        #[serde(default)]
        success: Vec<Success>,
        /// What the post-incident report asks for.
        report: Option<Report>,
    }

    /// An address with a title.
    struct Link {
        /// The address.
        url: String,
        /// What it leads to.
        title: Option<String>,
    }

    /// Another runbook and when one would go there.
    struct Related {
        /// Its id.
        id: String,
        /// When one would go there.
        why: Option<String>,
    }

    /// A value asked of the responder once.
    struct Input {
        /// The question; the name where left out.
        ask: Option<String>,
        /// Taken when nothing else is given.
        default: Option<Word>,
        /// The only values allowed.
        #[serde(default)]
        choices: Vec<Word>,
        /// A regular expression the whole value must match.
        pattern: Option<String>,
        /// May stay empty.
        #[serde(default)]
        optional: bool,
        /// Asked without echo, never stored, masked everywhere.
        #[serde(default)]
        secret: bool,
        /// The environment variable a default may come from.
        env: Option<String>,
    }

    /// A named PostgreSQL connection; never with a password.
    struct Target {
        /// How to connect.
        postgres: Postgres,
        /// Arms the production guards.
        #[serde(default)]
        production: bool,
        /// A weaker role for checks.
        check_role: Option<String>,
        /// Other connections to try, by name: pooler, direct.
        #[serde(default)]
        alternatives: BTreeMap<String, Postgres>,
    }

    /// One of `env`, `url`, `service`, or host, port, dbname and user.
    struct Postgres {
        /// An environment variable that holds a URL or a conninfo string.
        env: Option<String>,
        /// A URL or conninfo string without a password.
        url: Option<String>,
        /// A section of `pg_service.conf`.
        service: Option<String>,
        /// Host name, address or socket folder.
        host: Option<String>,
        /// Port.
        #[schemars(range(min = 1, max = 65535))]
        port: Option<u64>,
        /// Database.
        dbname: Option<String>,
        /// User.
        user: Option<String>,
        /// Another mode of TLS than the connection names itself.
        sslmode: Option<Mode>,
    }

    /// A stage of the incident.
    struct Phase {
        /// Made from the title where left out.
        id: Option<String>,
        /// One line.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// How long it should take: 15m.
        #[schemars(extend("examples" = ["15m"]))]
        budget: Option<String>,
        /// Why it exists.
        why: Option<String>,
        /// Applies only when this is true.
        when: Option<String>,
        /// What is done in it.
        #[schemars(length(min = 1))]
        steps: Vec<Step>,
    }

    /// One thing to get done, with at least one check, remediation or task.
    struct Step {
        /// Made from the title where left out.
        id: Option<String>,
        /// One line.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// Why it matters.
        why: Option<String>,
        /// How long it should take.
        #[schemars(extend("examples" = ["15m"]))]
        budget: Option<String>,
        /// The author's own ranking.
        priority: Option<Word>,
        /// Applies only when this is true.
        when: Option<String>,
        /// Questions.
        #[serde(default)]
        checks: Vec<Check>,
        /// Changes.
        #[serde(default)]
        remediations: Vec<Remediation>,
        /// Things a person does.
        #[serde(default)]
        tasks: Vec<TaskForm>,
        /// Runbooks to go to from here.
        #[serde(default)]
        related: Vec<RelatedForm>,
    }

    /// A read-only question: exactly one of sql, probe, connect, schema, command, http, env, log, migrations.
    struct Check {
        /// Made from the title where left out.
        id: Option<String>,
        /// One line, phrased as what should be true.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// One read-only statement.
        sql: Option<String>,
        /// Statements that write, always rolled back; only when a person asks.
        probe: Option<String>,
        /// A target: is it reached, and how far?
        connect: Option<String>,
        /// A line for a shell, or a list of words run without one.
        command: Option<CommandForm>,
        /// The folder the command runs in.
        dir: Option<String>,
        /// With `command`: its environment variables. Alone: compares variables, whose values are never shown.
        #[schemars(with = "Option<env::EnvForm>")]
        env: Option<BTreeMap<String, Anything>>,
        /// The structure of a database.
        schema: Option<schema::Structure>,
        /// One request.
        http: Option<http::Http>,
        /// Lines of a log.
        log: Option<Log>,
        /// Migration files.
        migrations: Option<Migrations>,
        /// What the answer must fulfil.
        expect: Option<String>,
        /// The target it is asked of.
        on: Option<String>,
        /// Given up on after this long.
        #[schemars(extend("examples" = ["10s"]))]
        timeout: Option<String>,
        /// Asked again this often while the incident is open.
        #[schemars(extend("examples" = ["10s"]))]
        every: Option<String>,
        /// Asked again when it did not pass.
        retry: Option<Retry>,
        /// What of the answer to show: an expression.
        show: Option<String>,
        /// Why it is asked.
        why: Option<String>,
        /// Applies only when this is true.
        when: Option<String>,
    }

    /// More attempts after the first.
    struct Retry {
        /// How many after the first.
        times: u64,
        /// The pause before each; 1s where left out.
        #[schemars(extend("examples" = ["2s"]))]
        wait: Option<String>,
    }

    /// A change: exactly one of sql, command, http. Never runs unasked.
    struct Remediation {
        /// Made from the title where left out.
        id: Option<String>,
        /// One line, phrased as what it does.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// One or more statements.
        sql: Option<String>,
        /// A line for a shell, or a list of words run without one.
        command: Option<CommandForm>,
        /// The folder the command runs in.
        dir: Option<String>,
        /// The command's environment variables.
        env: Option<BTreeMap<String, Anything>>,
        /// One request.
        http: Option<http::HttpChange>,
        /// The target it changes.
        on: Option<String>,
        /// A check that must be red, and fresh, before this may run.
        guard: Option<String>,
        /// How fresh; 2m where left out.
        #[schemars(extend("examples" = ["2m"]))]
        guard_within: Option<String>,
        /// How many rows each statement may change: 5, or 1..50.
        expect_rows: Option<Word>,
        /// Whether the statements share a transaction.
        transaction: Option<Transaction>,
        /// Statements that take it back.
        rollback: Option<String>,
        /// Checks asked again right after; the step's own where left out.
        verify: Option<Vec<String>>,
        /// How many people must confirm.
        approvals: Option<u64>,
        /// How long a statement waits for a lock; 2s where left out.
        #[schemars(extend("examples" = ["2s"]))]
        lock_timeout: Option<String>,
        /// How long it may take.
        #[schemars(extend("examples" = ["10s"]))]
        timeout: Option<String>,
        /// What the result of a command or a request must fulfil; exit 0, or a status below 400, where left out.
        expect: Option<String>,
        /// Why it helps.
        why: Option<String>,
        /// Applies only when this is true.
        when: Option<String>,
    }

    /// Something a person does and ticks.
    struct Task {
        /// Made from the title where left out.
        id: Option<String>,
        /// What to do.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// Whether a word of evidence goes with the tick.
        evidence: Option<Evidence>,
        /// Why.
        why: Option<String>,
        /// Applies only when this is true.
        when: Option<String>,
    }

    /// One criterion of success: a check that proves it, or a task that a person ticks.
    struct Success {
        /// Made from the title where left out.
        id: Option<String>,
        /// One line.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// The check that proves it.
        check: Option<String>,
        /// A person ticks it.
        #[serde(default)]
        task: bool,
        /// How soon it must hold.
        urgency: Option<Urgency>,
        /// Applies only when this is true.
        when: Option<String>,
    }

    /// What the report asks for beside the timeline.
    struct Report {
        /// Questions a person answers.
        #[serde(default)]
        questions: Vec<String>,
        /// Follow-up work.
        #[serde(default)]
        actions: Vec<Action>,
    }

    /// A piece of follow-up work.
    struct Action {
        /// One line.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// How far it is.
        state: Option<ActionState>,
        /// Who does it.
        owner: Option<String>,
    }
}

/// Text, or a number or truth value that is taken as the text it looks like.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Word {
    Text(String),
    Number(#[schemars(with = "f64")] serde_yaml::Number),
    Truth(bool),
}

impl Word {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Truth(yes) => yes.to_string(),
        }
    }
}

/// A value of any shape: of keys whose kind this version knows by name only, and of environment variables.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Anything(#[schemars(with = "Value")] pub(super) serde_yaml::Value);

/// An address, or one with a title.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum LinkForm {
    Url(String),
    Titled(Link),
}

/// A runbook's id, or one with a reason.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RelatedForm {
    Id(String),
    Explained(Related),
}

/// A line for `/bin/sh -c`, or words run without a shell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum CommandForm {
    Line(String),
    Words(Vec<String>),
}

/// A key, or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum KeyForm {
    One(String),
    Several(Vec<String>),
}

impl KeyForm {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(key) => vec![key],
            Self::Several(keys) => keys,
        }
    }
}

/// The text of a task, or a task with more to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum TaskForm {
    Title(#[schemars(length(min = 1, max = 200))] String),
    Full(Task),
}

/// Whether statements share a transaction.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Transaction {
    One,
    None,
}

/// Whether a word of evidence goes with a tick.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Evidence {
    Optional,
    Required,
}

/// How soon a criterion must hold.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Urgency {
    Immediate,
    ShortTerm,
    LongTerm,
}

/// How far follow-up work is.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum ActionState {
    Done,
    Ongoing,
    Future,
}
