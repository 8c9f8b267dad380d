//! A runbook as the rest of the program sees it: validated, with ids resolved and durations parsed.
//! Never knows how it was written down; that is `yaml`'s business.

use std::time::Duration;

use regex_automata::nfa::thompson::pikevm::PikeVM;
use serde::{Deserialize, Serialize};

use crate::base::id::Id;

pub use super::ask::{Ask, CommandLine, EnvValue, HttpRequest, Log, LogSource, MigrationTool, Migrations, Program, Spelled};
use super::asked::Asked;
use super::expression::{Expression, Template};
use super::joined::Joined;
pub use super::lookup::Places;
use super::pattern::Pattern;
use super::tls::Mode;
use super::webhook::Webhook;

/// A whole runbook: what to look at, what to change, whom to call, and when it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Runbook {
    /// Unique among runbooks.
    pub id: Id,
    /// One line.
    pub title: String,
    /// Whether titles of its parts hold `{{ names }}` that are still to be filled in.
    pub has_names_in_titles: bool,
    /// The severity an incident opens with, such as `P0`.
    pub severity: Option<String>,
    /// A paragraph on what is wrong.
    pub summary: Option<Template>,
    /// What people see or paste: the words a search looks for first.
    pub symptoms: Vec<String>,
    /// Keywords.
    pub tags: Vec<String>,
    /// What stops working for whom.
    pub affects: Vec<String>,
    /// Warnings that stay in sight during the whole incident.
    pub never: Vec<Template>,
    /// Further reading.
    pub links: Vec<Link>,
    /// Other runbooks, and why one would go there.
    pub related: Vec<Related>,
    /// Who keeps it up to date.
    pub owner: Option<String>,
    /// When somebody last read it through.
    pub reviewed: Option<chrono::NaiveDate>,
    /// The time from opening to resolution that is promised.
    pub resolve_within: Option<Duration>,
    /// What the responder is asked once.
    pub inputs: Vec<Input>,
    /// Named databases.
    pub targets: Vec<Target>,
    /// Whom to reach, and how.
    pub contacts: Vec<Contact>,
    /// Who does what during the incident.
    pub roles: Vec<Role>,
    /// What the severities mean.
    pub severities: Vec<Severity>,
    /// When to call for help.
    pub escalation: Vec<Escalation>,
    /// Error texts with advice, matched against everything that comes back.
    pub known_errors: Vec<KnownError>,
    /// Useful commands, shown and never run by themselves.
    pub commands: Vec<UsefulCommand>,
    /// What is masked wherever it appears; said by a team and never by a runbook.
    pub redact: Vec<Pattern>,
    /// Channels that hear of the incident; the team's, and never a runbook's.
    pub webhooks: Vec<Webhook>,
    /// What was asked in an incident beside its own questions; nothing in a runbook that was read from a file.
    pub asked: Vec<Asked>,
    /// Runbooks that were opened inside its incident; none in a runbook that was read from a file.
    pub joined: Vec<Joined>,
    /// The way through the incident, in order. At least one.
    pub phases: Vec<Phase>,
    /// Where things stand in it.
    pub places: Places,
    /// When it is over.
    pub success: Vec<Success>,
    /// What the post-incident report asks for.
    pub report: Report,
}

/// A link with an optional title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it leads to.
    pub title: Option<String>,
    /// Where.
    pub url: String,
}

/// A runbook to go to instead or next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Its id.
    pub runbook: Id,
    /// When one would go there.
    pub why: Option<String>,
}

/// A value asked of the responder once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The name by which SQL, commands, expressions and text refer to it.
    pub name: String,
    /// The question.
    pub ask: String,
    /// Taken when nothing else is given.
    pub default: Option<String>,
    /// The only values allowed; empty for any.
    pub choices: Vec<String>,
    /// A regular expression the whole value must match.
    pub pattern: Option<String>,
    /// May stay empty.
    pub optional: bool,
    /// Asked without echo, never stored, masked everywhere.
    pub secret: bool,
    /// The environment variable a default may come from.
    pub env: Option<String>,
}

impl Input {
    /// Whether a value may be taken.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that began with the input's name.
    pub fn accept(&self, value: &str) -> Result<(), String> {
        if value.contains('\0') {
            return Err("a NUL cannot be part of a value".to_owned());
        }
        if value.is_empty() && !self.optional {
            return Err("it may not be empty".to_owned());
        }
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice == value) {
            return Err(format!("it has to be one of {}", self.choices.join(", ")));
        }
        match &self.pattern {
            Some(pattern) if !value.is_empty() && !matches_whole(pattern, value) => Err(format!("it has to match {pattern}")),
            _ => Ok(()),
        }
    }
}

/// The engine that is quickest to build, for it is asked once.
fn matches_whole(pattern: &str, value: &str) -> bool {
    PikeVM::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(&mut regex.create_cache(), value))
}

/// A named PostgreSQL connection. Never holds a password.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The name checks and remediations refer to.
    pub name: Id,
    /// How to connect.
    pub postgres: Connection,
    /// Arms the production guards: the database's name must be typed before a change.
    pub production: bool,
    /// A weaker role for checks, taken with `SET LOCAL ROLE`.
    pub check_role: Option<String>,
    /// Other ways to the same database, by name (pooler, direct).
    pub alternatives: Vec<(String, Connection)>,
}

/// How to reach a PostgreSQL server, as written down: without a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// An environment variable that holds a URL or a conninfo string.
    Env(String),
    /// A URL or conninfo string without a password.
    Url(String),
    /// A section of `pg_service.conf`.
    Service(String),
    /// Single parameters, the rest from libpq's defaults.
    Parts {
        /// Host name, address, or socket folder.
        host: Option<String>,
        /// Port.
        port: Option<u16>,
        /// Database.
        dbname: Option<String>,
        /// User.
        user: Option<String>,
    },
    /// One of the others, with another mode of TLS than it names itself.
    WithTls {
        /// The other.
        connection: Box<Connection>,
        /// The mode.
        sslmode: Mode,
    },
}

impl Connection {
    /// The environment variable it is found by, if it is.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::Env(name) => Some(name),
            Self::WithTls { connection, .. } => connection.variable(),
            Self::Url(_) | Self::Service(_) | Self::Parts { .. } => None,
        }
    }

    /// Whether a URL or conninfo string carries a password.
    #[must_use]
    pub fn holds_password(url: &str) -> bool {
        let in_authority = url.split_once("://").is_some_and(|(_, rest)| {
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
        });
        in_authority || url.to_lowercase().replace(' ', "").contains("password=")
    }
}

/// A person or a team to reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The key it is referred to by.
    pub id: Id,
    /// Name or title.
    pub name: String,
    /// Channel, number or address.
    pub reach: Option<String>,
}

/// Something one person takes on in an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Key.
    pub id: Id,
    /// What it is called.
    pub title: String,
    /// Who usually takes it.
    pub who: Option<String>,
}

/// What a severity means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Severity {
    /// `P0`, `SEV1`.
    pub name: String,
    /// When it applies.
    pub means: Option<String>,
    /// What is expected of the team.
    pub response: Option<String>,
    /// Time to first response.
    pub respond_within: Option<Duration>,
    /// How often stakeholders hear something.
    pub update_every: Option<Duration>,
}

/// A call for help that falls due.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// What makes it due.
    pub trigger: Trigger,
    /// Contacts, by id. At least one.
    pub to: Vec<Id>,
    /// What to tell them.
    pub message: Option<Template>,
}

/// What makes an escalation due.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// This long after the incident began.
    After(Duration),
    /// As soon as this is true.
    When(Expression),
    /// Only by hand.
    ByHand,
}

/// An error text that somebody has seen before.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownError {
    /// What the text must match.
    pub pattern: Pattern,
    /// What it means, in a few words.
    pub title: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// A runbook that deals with it.
    pub related: Option<Id>,
}

/// A command worth having at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsefulCommand {
    /// What it shows or does.
    pub title: String,
    /// The line.
    pub command: String,
}

/// A stage of the incident with a time budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Id.
    pub id: Id,
    /// One line.
    pub title: String,
    /// How long it should take.
    pub budget: Option<Duration>,
    /// Why it exists.
    pub why: Option<Template>,
    /// Applies only when this is true.
    pub when: Option<Expression>,
    /// At least one.
    pub steps: Vec<Step>,
}

/// One thing to get done: questions to ask, changes to make, tasks to tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Id.
    pub id: Id,
    /// One line.
    pub title: String,
    /// Why it matters, shown above everything else.
    pub why: Option<Template>,
    /// How long it should take.
    pub budget: Option<Duration>,
    /// The author's own ranking, such as `1` or `high`.
    pub priority: Option<String>,
    /// Applies only when this is true.
    pub when: Option<Expression>,
    /// Questions.
    pub checks: Vec<Check>,
    /// Changes.
    pub remediations: Vec<Remediation>,
    /// Things a person does.
    pub tasks: Vec<Task>,
    /// Runbooks to go to from here.
    pub related: Vec<Related>,
}

/// A read-only question with an expectation.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// Id.
    pub id: Id,
    /// One line, phrased as what should be true.
    pub title: String,
    /// What is asked.
    pub ask: Ask,
    /// What the answer must fulfil; without one the kind's own verdict counts.
    pub expect: Option<Expression>,
    /// The target it is asked of, where its kind needs one.
    pub on: Option<Id>,
    /// Given up on after this long.
    pub timeout: Duration,
    /// Asked again this often while the incident is open.
    pub every: Option<Duration>,
    /// Asked again when it did not pass.
    pub retry: Option<Retry>,
    /// What of the answer to show: an expression.
    pub show: Option<Expression>,
    /// Why it is asked.
    pub why: Option<Template>,
    /// Applies only when this is true.
    pub when: Option<Expression>,
}

/// More attempts after the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How many after the first.
    pub times: u32,
    /// Pause before each.
    pub wait: Duration,
}

/// A change. Never runs unasked.
#[derive(Clone, Debug, PartialEq)]
pub struct Remediation {
    /// Id.
    pub id: Id,
    /// One line, phrased as what it does.
    pub title: String,
    /// What is done.
    pub act: Act,
    /// The target it changes, where its kind needs one.
    pub on: Option<Id>,
    /// A check that must be red, and fresh, before this may run.
    pub guard: Option<Id>,
    /// How fresh.
    pub guard_within: Duration,
    /// How many rows each statement may change.
    pub expect_rows: Option<RowRange>,
    /// Whether all statements share a transaction.
    pub transaction: Transaction,
    /// Statements that take it back.
    pub rollback: Option<String>,
    /// Checks asked again right after. Already filled in with the step's own where the author named none.
    pub verify: Vec<Id>,
    /// How many people must confirm.
    pub approvals: u32,
    /// How long a statement waits for a lock.
    pub lock_timeout: Duration,
    /// How long it may take; without limit where left out.
    pub timeout: Option<Duration>,
    /// What a command's result must fulfil; exit 0 where left out.
    pub expect: Option<Expression>,
    /// Why it helps.
    pub why: Option<Template>,
    /// Applies only when this is true.
    pub when: Option<Expression>,
}

/// What a remediation does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// One or more statements.
    Sql(String),
    /// A program.
    Command(CommandLine),
    /// One request.
    Http(HttpRequest),
}

impl Act {
    /// What it does, for people who read the runbook or are asked to trust it.
    #[must_use]
    pub fn spelled(&self) -> Spelled {
        match self {
            Self::Sql(sql) => Spelled::new("SQL", "sql", sql),
            Self::Command(line) => line.spelled(),
            Self::Http(request) => request.spelled(),
        }
    }
}

/// Whether statements share a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transaction {
    /// All or nothing.
    One,
    /// Each for itself: for statements that cannot run in a transaction.
    None,
}

/// `1..50`, both ends included; `5` alone is exactly five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowRange {
    /// At least.
    pub least: u64,
    /// At most.
    pub most: u64,
}

/// Something a person does and ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Id.
    pub id: Id,
    /// What to do.
    pub title: Template,
    /// Whether a word of evidence goes with the tick.
    pub evidence: Evidence,
    /// Why.
    pub why: Option<Template>,
    /// Applies only when this is true.
    pub when: Option<Expression>,
}

/// Whether a task asks for evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// None is asked for.
    None,
    /// Asked for, may be left empty.
    Optional,
    /// A tick without it is refused.
    Required,
}

/// One criterion of success.
#[derive(Clone, Debug, PartialEq)]
pub struct Success {
    /// Id; a task criterion is ticked by it.
    pub id: Id,
    /// One line.
    pub title: String,
    /// The check that proves it, or nothing where a person ticks it.
    pub check: Option<Id>,
    /// How soon it must hold.
    pub urgency: Urgency,
    /// Applies only when this is true.
    pub when: Option<Expression>,
}

/// How soon a criterion must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Before the incident counts as resolved.
    Immediate,
    /// Within days.
    ShortTerm,
    /// Within weeks.
    LongTerm,
}

/// What the report asks for beside the timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Questions a person answers.
    pub questions: Vec<String>,
    /// Follow-up work.
    pub actions: Vec<Action>,
}

/// A piece of follow-up work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// One line.
    pub title: String,
    /// How far it is.
    pub state: ActionState,
    /// Who does it.
    pub owner: Option<String>,
}

/// How far follow-up work is. Timelines spell it so too, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Finished.
    Done,
    /// Begun.
    Ongoing,
    /// Not begun.
    Future,
}
