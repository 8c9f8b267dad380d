//! The team's part of the settings, from `config.yaml`: the same keys as a runbook's, judged in the same way. Never a
//! reason not to open an incident; whoever reads it goes on without.

use serde::Deserialize as _;

use crate::base::{Values, json};
use crate::runbook::pattern::Pattern;
use crate::runbook::problem::{Problem, Severity};
use crate::runbook::team::{Looks, Signing, Team};

use super::node::Node;
use super::{Report, SCHEMA, build, node, shape, webhook, wire};

/// The keys there are.
const KEYS: [&str; 6] = ["contacts", "roles", "severities", "escalation", "known_errors", "commands"];

/// What a team says; `file` is only a name for the problems.
///
/// # Errors
/// Every problem of the file.
pub fn read(file: &str, bytes: &[u8]) -> Result<Team, Vec<Problem>> {
    let mut report = Report::new(file);
    let team = attempt(bytes, &mut report);
    let problems = report.finish(bytes);
    team.filter(|_| problems.iter().all(|problem| problem.severity != Severity::Error)).ok_or(problems)
}

fn attempt(bytes: &[u8], report: &mut Report) -> Option<Team> {
    let source = node::text(bytes, report)?;
    let mut root = node::parse(source, report)?;
    node::refuse_deceptive_characters(source, report);
    let mut properties: Values =
        KEYS.iter().filter_map(|key| Some(((*key).to_owned(), SCHEMA.get("properties")?.get(key)?.clone()))).collect();
    properties.insert("redact".to_owned(), json!({ "type": "array", "items": { "type": "string", "minLength": 1 } }));
    let path = json!({ "type": "string", "minLength": 1 });
    let signing = json!({ "key": path.clone(), "allowed_signers": path });
    properties.insert("signing".to_owned(), json!({ "type": "object", "properties": signing, "additionalProperties": false }));
    properties.insert("webhooks".to_owned(), webhook::schema());
    properties.insert("theme".to_owned(), json!({ "enum": ["dark", "light", "high-contrast", "none"] }));
    let yes_or_no = ["ascii", "mouse", "bell", "title"].map(|name| (name.to_owned(), json!({ "type": "boolean" })));
    let screen = Values::from_iter(yes_or_no);
    properties.insert("screen".to_owned(), json!({ "type": "object", "properties": screen, "additionalProperties": false }));
    let keys = json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    properties.insert("keys".to_owned(), json!({ "type": "object", "additionalProperties": keys }));
    shape::trim_to(&mut root, &json!({ "type": "object", "properties": properties, "additionalProperties": false }), report)?;
    let written = wire::Team::deserialize(&root).map_err(|error| report.error(root.place, "wrong-type", error.to_string(), "")).ok()?;
    let wire::Team { contacts, roles, severities, escalation, known_errors, commands, redact, signing, webhooks, theme, screen, keys } =
        written;
    let written = wire::Runbook { version: 1, contacts, roles, severities, escalation, known_errors, commands, ..wire::Runbook::default() };
    let redact = root.get("redact").map_or(&[][..], Node::items).iter().zip(redact);
    let redact = redact.filter_map(|(node, written)| pattern(node, &written, report)).collect();
    let webhooks = webhook::read(&root, webhooks, report);
    let runbook = build::head(written, &root, source, report);
    Some(Team {
        contacts: runbook.contacts,
        roles: runbook.roles,
        severities: runbook.severities,
        escalation: runbook.escalation,
        known_errors: runbook.known_errors,
        commands: runbook.commands,
        redact,
        signing: Signing { key: signing.key, allowed_signers: signing.allowed_signers },
        webhooks,
        looks: Looks {
            theme,
            ascii: screen.ascii,
            mouse: screen.mouse,
            bell: screen.bell,
            title: screen.title,
            keys: keys.into_iter().map(|(what, keys)| (what, keys.into_vec())).collect(),
        },
    })
}

/// What is to be masked. One that fits the empty text would fit everywhere.
fn pattern(node: &Node, written: &str, report: &mut Report) -> Option<Pattern> {
    let everywhere = |pattern: &Pattern| pattern.is_match("").then(|| "it matches a text without characters".to_owned());
    let pattern = Pattern::parse(written).and_then(|pattern| everywhere(&pattern).map_or(Ok(pattern), Err));
    let complain = |why: String| {
        let message = format!("nothing can be masked by this: {why}");
        report.error(node.place, "bad-pattern", message, "the syntax is that of Rust's `regex`");
    };
    pattern.map_err(complain).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

    use super::*;
    use crate::runbook::webhook::{Address, Occasion};
    use crate::runbook::yaml;

    const TEAM: &str = "
contacts:
  lead: { name: The team's lead, reach: '#lead' }
  director: { name: Director }
severities: [{ name: P1, response: within the hour, respond_within: 1h }, { name: P2 }]
escalation: [{ after: 2h, to: [director] }]
known_errors: [{ match: 'too many clients', title: Every connection is taken, advice: See who holds them. }]
commands: [{ title: Who is on call, command: oncall }]
redact: ['\\b[0-9]{4}-[0-9]{4}\\b', 'customer=(\\w+)']
";

    #[test]
    fn what_a_team_says_stands_behind_what_a_runbook_says() {
        let team = read("config.yaml", TEAM.as_bytes()).unwrap();
        let text = "version: 1\nid: a\ntitle: A\ncontacts: { lead: { name: Own lead } }\nseverities: [{ name: P1, response: at once }]\n\
                    phases: [{ title: P, steps: [{ title: S, tasks: [Do it] }] }]\nsuccess: [{ title: Done, task: true }]\n";
        let runbook = yaml::read("a.yaml", text.as_bytes()).unwrap().with_team(&team);
        let contacts: Vec<&str> = runbook.contacts.iter().map(|contact| contact.name.as_str()).collect();
        assert_eq!(contacts, ["Own lead", "Director"]);
        let responses: Vec<_> = runbook.severities.iter().map(|severity| severity.response.as_deref()).collect();
        assert_eq!(responses, [Some("at once"), None]);
        assert_eq!((runbook.escalation.len(), runbook.known_errors.len(), runbook.commands.len()), (1, 1, 1));
        assert_eq!(runbook.redact.len(), 2);
        assert_eq!(runbook.clone().with_team(&team), runbook, "twice is once");
    }

    #[test]
    fn a_channel_is_told_everything_but_drills_unless_it_says_otherwise() {
        let text = "webhooks:\n  - { name: all, url: 'env:SLACK_WEBHOOK_URL' }\n  - { name: few, url: 'http://localhost/x', occasions: [resolved, opened], drills: true }\n";
        let team = read("config.yaml", text.as_bytes()).unwrap();
        let [all, few] = &team.webhooks[..] else { panic!("{team:?}") };
        assert_eq!(
            (&all.address, &all.occasions[..], all.drills),
            (&Address::Env("SLACK_WEBHOOK_URL".to_owned()), &Occasion::ALL[..], false)
        );
        assert_eq!((&few.occasions[..], few.drills), (&[Occasion::Opened, Occasion::Resolved][..], true));
    }

    #[test]
    fn what_is_wrong_with_a_channel_has_its_place() {
        let one = |text: &str| {
            let problems = read("config.yaml", format!("webhooks:\n{text}").as_bytes()).unwrap_err();
            problems.iter().map(|problem| (problem.line, problem.column, problem.code)).collect::<Vec<_>>()
        };
        let slack = "https://hooks.slack.com/services/T024BE7LD/B024BE7LD/abcdefghijklmnopqrstuvwx";
        assert_eq!(one(&format!("  - {{ name: a, url: '{slack}' }}\n")), [(2, 21, "password")]);
        let told = read("config.yaml", format!("webhooks: [{{ name: a, url: '{slack}' }}]").as_bytes()).unwrap_err();
        assert!(!format!("{}{:?}", told[0].message, told[0].help).contains("abcdef"), "{told:?}");
        assert_eq!(one("  - { name: a, url: 'http://example.com/' }\n"), [(2, 21, "bad-address")]);
        assert_eq!(one("  - { name: a, url: 'env:A', occasions: [opend] }\n"), [(2, 42, "bad-value")]);
        assert_eq!(one("  - { name: a, url: 'env:A', occasions: [], drills: 1 }\n"), [(2, 41, "empty"), (2, 53, "wrong-type")]);
        assert_eq!(
            one("  - { name: a, url: 'env:A' }\n  - { name: a, url: 'env:B', to: x }\n"),
            [(3, 13, "duplicate-id"), (3, 30, "unknown-key")]
        );
        assert_eq!(one("  - { url: 'env:A' }\n"), [(2, 7, "missing-key")]);
        let many: String = (0..9).map(|n| format!("  - {{ name: c{n}, url: 'env:A' }}\n")).collect();
        assert_eq!(one(&many), [(10, 5, "too-many")]);
    }

    #[test]
    fn its_problems_are_reported_at_once_with_their_places() {
        let text = "contacts: { lead: { name: A } }\nescalation: [{ after: soon, to: [leed] }]\nphases: []\nknown_errors: [{ match: '(', title: B }]\nredact: [ab*, '(', 'x*']\n";
        let problems = read("config.yaml", text.as_bytes()).unwrap_err();
        let told: Vec<(usize, &str)> = problems.iter().map(|problem| (problem.line, problem.code)).collect();
        assert_eq!(
            told,
            [(2, "bad-value"), (2, "unknown-id"), (3, "unknown-key"), (4, "bad-pattern"), (5, "bad-pattern"), (5, "bad-pattern")],
            "{problems:?}"
        );
        assert!(read("config.yaml", b"\xff").is_err() && read("config.yaml", b"[]").is_err());
    }
}
