//! What belongs to a team rather than to one runbook: whom to call, what severities mean, errors everybody meets. Never in
//! the way of a runbook, whose own word counts where both say something.

use std::collections::BTreeMap;

use super::model::{Contact, Escalation, KnownError, Role, Runbook, Severity, UsefulCommand};
use super::pattern::Pattern;
use super::webhook::Webhook;

/// The team's part of the settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Team {
    /// Whom to reach, and how.
    pub contacts: Vec<Contact>,
    /// Who does what during an incident.
    pub roles: Vec<Role>,
    /// What the severities mean.
    pub severities: Vec<Severity>,
    /// When to call for help, whatever the incident.
    pub escalation: Vec<Escalation>,
    /// Error texts with advice.
    pub known_errors: Vec<KnownError>,
    /// Useful commands.
    pub commands: Vec<UsefulCommand>,
    /// What is masked wherever it appears.
    pub redact: Vec<Pattern>,
    /// Who vouches for timelines. Only ever that of this machine's settings counts, not what an incident brings along.
    pub signing: Signing,
    /// Channels that hear of its incidents.
    pub webhooks: Vec<Webhook>,
    /// How the screen looks and behaves.
    pub looks: Looks,
}

/// How the screen looks and behaves, as far as the settings say so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// `dark`, `light`, `high-contrast` or `none`; none leaves it to the environment.
    pub theme: Option<String>,
    /// Whether only ASCII is shown; none leaves it to the locale.
    pub ascii: Option<bool>,
    /// Whether the mouse is the program's; it is, unless this says no.
    pub mouse: Option<bool>,
    /// Whether the bell rings when something is due.
    pub bell: bool,
    /// Whether the terminal's title says which incident this is.
    pub title: bool,
    /// Commands, or `context.command`, with the keys they have instead of their own.
    pub keys: BTreeMap<String, Vec<String>>,
}

/// With which key heads of timelines are signed here, and whose signatures are believed. A path that begins with `~/` is in
/// the home folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signing {
    /// An SSH key: a private one, or a public one whose other half an agent holds.
    pub key: Option<String>,
    /// A file as `ssh-keygen` calls it, of those who may sign.
    pub allowed_signers: Option<String>,
}

impl Runbook {
    /// This runbook with what the team adds to it, behind its own. Calls for help keep their places: the runbook's come
    /// first.
    #[must_use]
    pub fn with_team(mut self, team: &Team) -> Self {
        add(&mut self.contacts, &team.contacts, |one, other| one.id == other.id);
        add(&mut self.roles, &team.roles, |one, other| one.id == other.id);
        add(&mut self.severities, &team.severities, |one, other| one.name == other.name);
        add(&mut self.known_errors, &team.known_errors, |one, other| one.title == other.title);
        add(&mut self.commands, &team.commands, |one, other| one.command == other.command);
        add(&mut self.escalation, &team.escalation, |one, other| one == other);
        add(&mut self.redact, &team.redact, |one, other| one == other);
        add(&mut self.webhooks, &team.webhooks, |one, other| one.name == other.name);
        self
    }
}

fn add<T: Clone>(own: &mut Vec<T>, teams: &[T], same: impl Fn(&T, &T) -> bool) {
    let new: Vec<T> = teams.iter().filter(|item| !own.iter().any(|known| same(known, item))).cloned().collect();
    own.extend(new);
}
