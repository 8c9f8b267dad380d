//! People, severities, calls for help, known errors and useful commands as they are written, in a runbook and in the team's
//! settings. Never interprets a value.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

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
        /// Regular expressions; what they match is masked wherever it appears, of one with groups only what the groups hold.
        #[serde(default)]
        redact: Vec<String>,
        /// Who vouches for timelines.
        #[serde(default)]
        signing: Signing,
        /// Channels that hear of incidents.
        #[serde(default)]
        webhooks: Vec<Webhook>,
        /// Colours: dark, light, high-contrast or none.
        theme: Option<String>,
        /// What else there is to choose about the screen.
        #[serde(default)]
        screen: Screen,
        /// Commands of the screen with the keys they have instead of their own.
        #[serde(default)]
        keys: BTreeMap<String, super::KeyForm>,
    }

    /// Signatures under the heads of timelines.
    struct Signing {
        /// The SSH key to sign with: a private one, or a public one whose other half an agent holds.
        key: Option<String>,
        /// Whose signatures are believed: a file as `ssh-keygen -Y verify` takes it.
        allowed_signers: Option<String>,
    }

    /// What there is to choose about the screen.
    struct Screen {
        /// Whether only ASCII is shown.
        ascii: Option<bool>,
        /// Whether the mouse is the program's.
        mouse: Option<bool>,
        /// Whether the bell rings when something is due.
        #[serde(default)]
        bell: bool,
        /// Whether the terminal's title says which incident this is.
        #[serde(default)]
        title: bool,
    }

    /// A channel that hears of incidents.
    struct Webhook {
        /// What the timeline calls it.
        name: String,
        /// Where it is: `env:NAME`, `file:/PATH`, or an address without a secret.
        url: String,
        /// What it hears of; everything where left out.
        occasions: Option<Vec<String>>,
        /// Whether it hears of drills, too.
        #[serde(default)]
        drills: bool,
    }

    /// A person or a team to reach.
    struct Contact {
        /// Name or title.
        name: Option<String>,
        /// Channel, number or address.
        reach: Option<String>,
    }

    /// Something one person takes on.
    struct Role {
        /// What it is called.
        title: Option<String>,
        /// Who usually takes it.
        who: Option<String>,
    }

    /// What a severity means.
    struct Severity {
        /// P0, SEV1.
        name: String,
        /// When it applies.
        means: Option<String>,
        /// What is expected of the team.
        response: Option<String>,
        /// Time to first response.
        #[schemars(extend("examples" = ["15m"]))]
        respond_within: Option<String>,
        /// How often stakeholders hear something.
        #[schemars(extend("examples" = ["30m"]))]
        update_every: Option<String>,
    }

    /// A call for help that falls due: after a time, when something is true, or by hand.
    struct Escalation {
        /// This long after the start.
        #[schemars(extend("examples" = ["30m"]))]
        after: Option<String>,
        /// As soon as this is true.
        when: Option<String>,
        /// Contacts, by id.
        #[schemars(length(min = 1))]
        to: Vec<String>,
        /// What to tell them.
        message: Option<String>,
    }

    /// An error text that somebody has seen before.
    struct KnownError {
        /// A regular expression.
        #[serde(rename = "match")]
        pattern: String,
        /// What it means.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// What to do about it.
        advice: Option<String>,
        /// A runbook that deals with it.
        related: Option<String>,
    }

    /// A command worth having at hand.
    struct UsefulCommand {
        /// What it shows or does.
        #[schemars(length(min = 1, max = 200))]
        title: String,
        /// The line.
        command: String,
    }
}
