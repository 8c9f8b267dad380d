//! What stands above the phases: inputs, targets, contacts, escalation, known errors, success, report.
//! Never accepts a password.

use super::value::{Sees, place};
use super::{Builder, Thing};
use crate::base::id::Id;
use crate::runbook::model::{
    Action, ActionState, Connection, Contact, Escalation, Input, KnownError, Link, Places, Related, Report, Role, Runbook, Severity,
    Success, Target, Trigger, Urgency, UsefulCommand,
};
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;

/// Names an input cannot have, because expressions use them for something else.
const RESERVED: [&str; 4] = ["severity", "drill", "checks", "remediations"];

/// The items of a list with what was written for each.
pub(super) fn each<'n, T>(node: &'n Node, key: &str, written: Vec<T>) -> Vec<(&'n Node, T)> {
    node.get(key).into_iter().flat_map(Node::items).zip(written).collect()
}

/// The entries of a mapping in the order of the file, with what was written for each.
fn named<'n, T>(node: &'n Node, key: &str, mut written: std::collections::BTreeMap<String, T>) -> Vec<(&'n str, Place, &'n Node, T)> {
    let entries = node.get(key).into_iter().flat_map(Node::entries);
    entries.filter_map(|(key, value)| written.remove(&key.name).map(|item| (key.name.as_str(), key.place, value, item))).collect()
}

impl Builder<'_> {
    pub(super) fn head(&mut self, written: wire::Runbook, root: &Node) -> Runbook {
        if written.version != 1 {
            let message = format!("this program reads version 1 of the format, not {}", written.version);
            self.report.error(place(root, "version"), "version", message, "write `version: 1`, or use a newer program");
        }
        self.judge_id(&written.id, place(root, "id"));
        let never = each(root, "never", written.never).into_iter().filter_map(|(node, text)| self.template(node.place, &text)).collect();
        let success = each(root, "success", written.success).into_iter().map(|(node, success)| self.success(node, success));
        let success = success.collect();
        let phases = each(root, "phases", written.phases).into_iter().map(|(node, phase)| self.phase(node, phase)).collect();
        Runbook {
            places: Places::default(),
            id: Id::new(&written.id),
            title: written.title.trim().to_owned(),
            has_names_in_titles: self.has_names_in_titles,
            severity: written.severity,
            summary: self.text(root, "summary", written.summary),
            symptoms: written.symptoms,
            tags: written.tags,
            affects: written.affects,
            never,
            links: written.links.into_iter().map(link).collect(),
            related: written.related.into_iter().map(related).collect(),
            owner: written.owner,
            reviewed: self.date(root, written.reviewed.as_deref()),
            resolve_within: self.duration(root, "resolve_within", written.resolve_within),
            inputs: named(root, "inputs", written.inputs)
                .into_iter()
                .map(|(name, at, node, input)| self.input(name, at, node, input))
                .collect(),
            targets: named(root, "targets", written.targets)
                .into_iter()
                .map(|(name, at, node, target)| self.database(name, at, node, target))
                .collect(),
            contacts: named(root, "contacts", written.contacts)
                .into_iter()
                .map(|(id, _, _, contact)| Contact {
                    id: Id::new(id),
                    name: contact.name.unwrap_or_else(|| id.to_owned()),
                    reach: contact.reach,
                })
                .collect(),
            roles: named(root, "roles", written.roles)
                .into_iter()
                .map(|(id, _, _, role)| Role { id: Id::new(id), title: role.title.unwrap_or_else(|| id.to_owned()), who: role.who })
                .collect(),
            severities: each(root, "severities", written.severities)
                .into_iter()
                .map(|(node, severity)| self.severity(node, severity))
                .collect(),
            escalation: each(root, "escalation", written.escalation)
                .into_iter()
                .map(|(node, escalation)| self.escalation(node, escalation))
                .collect(),
            known_errors: each(root, "known_errors", written.known_errors)
                .into_iter()
                .filter_map(|(node, known)| self.known_error(node, known))
                .collect(),
            commands: written.commands.into_iter().map(|command| self.useful_command(command)).collect(),
            redact: Vec::new(),
            webhooks: Vec::new(),
            asked: Vec::new(),
            joined: Vec::new(),
            phases,
            success,
            report: written.report.map(report).unwrap_or_default(),
        }
    }

    fn useful_command(&mut self, written: wire::UsefulCommand) -> UsefulCommand {
        self.mentions(&written.command);
        UsefulCommand { title: written.title, command: written.command }
    }

    fn date(&mut self, root: &Node, written: Option<&str>) -> Option<chrono::NaiveDate> {
        let written = written?;
        let date = written.parse().ok();
        if date.is_none() {
            self.report.error(place(root, "reviewed"), "bad-value", format!("`{written}` is no date"), "such as 2026-11-21");
        }
        date
    }

    fn input(&mut self, name: &str, at: Place, node: &Node, written: wire::Input) -> Input {
        let is_word =
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_word || RESERVED.contains(&name) {
            let message = format!("an input cannot be called `{name}`");
            self.report.error(at, "bad-name", message, "letters, digits and `_`, and none of severity, drill, checks, remediations");
        }
        let choices: Vec<String> = written.choices.into_iter().map(wire::Word::into_text).collect();
        let default = written.default.map(wire::Word::into_text);
        let pattern = written.pattern.as_deref().and_then(|pattern| self.pattern(place(node, "pattern"), &format!("^(?:{pattern})$")));
        if let Some(default) = &default
            && !self.report.is_known_good
        {
            let fits =
                (choices.is_empty() || choices.contains(default)) && pattern.as_ref().is_none_or(|pattern| pattern.is_match(default));
            if !fits {
                let help = match choices.as_slice() {
                    [] => "it must match `pattern`".to_owned(),
                    choices => self.report.instead(default, choices.iter().map(String::as_str), "one of ", String::new),
                };
                self.report.error(place(node, "default"), "bad-value", format!("the default `{default}` is not allowed"), help);
            }
            if written.secret {
                let help = "leave it out, or name an environment variable with `env`";
                self.report.error(place(node, "default"), "password", "a secret cannot stand in a file", help);
            }
        }
        Input {
            name: name.to_owned(),
            ask: written.ask.unwrap_or_else(|| name.to_owned()),
            default,
            choices,
            pattern: written.pattern,
            optional: written.optional,
            secret: written.secret,
            env: written.env,
        }
    }

    fn database(&mut self, name: &str, at: Place, node: &Node, written: wire::Target) -> Target {
        self.judge_id(name, at);
        let postgres = self.connection(node.get("postgres").unwrap_or(node), written.postgres);
        let alternatives = named(node, "alternatives", written.alternatives);
        let alternatives =
            alternatives.into_iter().map(|(name, _, node, written)| (name.to_owned(), self.connection(node, written))).collect();
        Target { name: Id::new(name), postgres, production: written.production, check_role: written.check_role, alternatives }
    }

    fn connection(&mut self, node: &Node, written: wire::Postgres) -> Connection {
        let wire::Postgres { env, url, service, host, port, dbname, user, sslmode } = written;
        let parts = host.is_some() || port.is_some() || dbname.is_some() || user.is_some();
        let ways = [env.is_some(), url.is_some(), service.is_some(), parts].into_iter().filter(|given| *given).count();
        if ways != 1 {
            let message = if ways == 0 { "it is not said how to connect" } else { "only one way to connect can be given" };
            let second = node.entries().get(usize::from(ways > 1)).map_or(node.place, |(key, _)| key.place);
            self.report.error(second, "bad-connection", message, "one of `env`, `url`, `service`, or host, port, dbname and user");
        }
        let port = port.and_then(|given| {
            let port = u16::try_from(given).ok().filter(|port| *port > 0);
            if port.is_none() {
                self.report.error(place(node, "port"), "bad-value", format!("there is no port {given}"), "1 to 65535");
            }
            port
        });
        if url.as_deref().is_some_and(Connection::holds_password) {
            let help = "take it out; use .pgpass, a service file, or `env:` with a variable that holds the URL";
            self.report.error(place(node, "url"), "password", "a password cannot stand in a runbook", help);
        }
        let connection = match (env, url, service) {
            (Some(env), _, _) => Connection::Env(env),
            (_, Some(url), _) => Connection::Url(url),
            (_, _, Some(service)) => Connection::Service(service),
            _ => Connection::Parts { host, port, dbname, user },
        };
        match sslmode {
            None => connection,
            Some(mode) => Connection::WithTls { connection: Box::new(connection), sslmode: mode },
        }
    }

    fn severity(&mut self, node: &Node, written: wire::Severity) -> Severity {
        Severity {
            name: written.name,
            means: written.means,
            response: written.response,
            respond_within: self.duration(node, "respond_within", written.respond_within),
            update_every: self.duration(node, "update_every", written.update_every),
        }
    }

    fn escalation(&mut self, node: &Node, written: wire::Escalation) -> Escalation {
        if written.after.is_some() && written.when.is_some() {
            let second = node.entries().iter().filter(|(key, _)| key.name == "after" || key.name == "when").nth(1);
            let at = second.map_or(node.place, |(key, _)| key.place);
            self.report.error(at, "two-kinds", "an escalation has `after` or `when`, not both", "make two of it");
        }
        for (at, contact) in each(node, "to", written.to.iter().collect()) {
            if !self.names.contacts.contains(contact) {
                self.report.unknown(at.place, "contact", contact, self.names.contacts.iter().map(String::as_str));
            }
        }
        let after = self.duration(node, "after", written.after);
        let when = self.expression(node, "when", written.when, Sees::Incident);
        let trigger = after.map(Trigger::After).or(when.map(Trigger::When)).unwrap_or(Trigger::ByHand);
        Escalation { trigger, to: written.to.into_iter().map(Id::new).collect(), message: self.text(node, "message", written.message) }
    }

    fn known_error(&mut self, node: &Node, written: wire::KnownError) -> Option<KnownError> {
        let pattern = self.pattern(place(node, "match"), &written.pattern)?;
        Some(KnownError { pattern, title: written.title, advice: written.advice, related: written.related.map(Id::new) })
    }

    fn success(&mut self, node: &Node, written: wire::Success) -> Success {
        match (&written.check, written.task) {
            (Some(check), false) => self.want(Thing::Check, check, place(node, "check")),
            (None, true) => {}
            (Some(_), true) => {
                let second = node.entries().iter().filter(|(key, _)| key.name == "check" || key.name == "task").nth(1);
                let at = second.map_or(node.place, |(key, _)| key.place);
                self.report.error(at, "two-kinds", "a criterion has `check` or `task`, not both", "keep the check: it proves more");
            }
            (None, false) => {
                self.report.error(node.first_place(), "no-kind", "it is not said what proves this", "add `check: id`, or `task: true`");
            }
        }
        Success {
            id: self.id(written.id, &written.title, "success"),
            title: self.title(node, &written.title),
            check: written.check.map(Id::new),
            urgency: match written.urgency {
                None | Some(wire::Urgency::Immediate) => Urgency::Immediate,
                Some(wire::Urgency::ShortTerm) => Urgency::ShortTerm,
                Some(wire::Urgency::LongTerm) => Urgency::LongTerm,
            },
            when: self.expression(node, "when", written.when, Sees::Incident),
        }
    }
}

fn link(written: wire::LinkForm) -> Link {
    match written {
        wire::LinkForm::Url(url) => Link { title: None, url },
        wire::LinkForm::Titled(wire::Link { url, title }) => Link { title, url },
    }
}

/// A reference to another runbook.
pub(super) fn related(written: wire::RelatedForm) -> Related {
    match written {
        wire::RelatedForm::Id(id) => Related { runbook: Id::new(id), why: None },
        wire::RelatedForm::Explained(wire::Related { id, why }) => Related { runbook: Id::new(id), why },
    }
}

fn report(written: wire::Report) -> Report {
    let actions = written.actions.into_iter().map(|wire::Action { title, state, owner }| {
        let state = match state {
            Some(wire::ActionState::Done) => ActionState::Done,
            Some(wire::ActionState::Ongoing) => ActionState::Ongoing,
            None | Some(wire::ActionState::Future) => ActionState::Future,
        };
        Action { title, state, owner }
    });
    Report { questions: written.questions, actions: actions.collect() }
}
