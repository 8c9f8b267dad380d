//! Checks: what every kind has in common. Never knows what a kind asks; that is [`super::ask`].

use std::time::Duration;

use super::Builder;
use super::ask::{KINDS, Kind};
use super::value::{Sees, place};
use crate::base::id::Id;
use crate::runbook::model::{Ask, Check, Retry};
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;

/// The pause before a retry: long enough for a restart to show, short enough to wait for.
const RETRY_WAIT: Duration = Duration::from_secs(1);
/// Asking more often than this would be a load test.
const SHORTEST_EVERY: Duration = Duration::from_secs(1);

impl Builder<'_> {
    /// A check, or nothing where it cannot be understood.
    pub(super) fn check(&mut self, node: &Node, mut written: wire::Check) -> Option<Check> {
        let id = self.id(written.id.take(), &written.title, "check");
        let check = self.check_called(id.clone(), node, written);
        if check.is_none() {
            self.broken.insert(id);
        }
        check
    }

    fn check_called(&mut self, id: Id, node: &Node, mut written: wire::Check) -> Option<Check> {
        let why = self.text(node, "why", written.why.take());
        let when = self.expression(node, "when", written.when.take(), Sees::Incident);
        let kind = self.kind(node)?;
        let sees = Sees::Answer { kind: kind.key, names: kind.names };
        let expect = self.expression(node, "expect", written.expect.take(), sees);
        let show = self.expression(node, "show", written.show.take(), sees);
        let timeout = self.duration(node, "timeout", written.timeout.take()).unwrap_or(kind.timeout);
        let every = self.every(node, written.every.take(), kind);
        let retry = written.retry.take().map(|retry| self.retry(node.get("retry").unwrap_or(node), retry));
        let title = self.title(node, &written.title);
        let on = if kind.on { self.target(node, written.on.take()) } else { self.no_target(node, kind) };
        if kind.key != "command" {
            self.only_with_command(node, kind.key);
        }
        let ask = (kind.build)(self, node, written)?;
        let on = if let Ask::Connect(target) = &ask { Some(target.clone()) } else { on };
        Some(Check { id, title, ask, expect, on, timeout, every, retry, show, why, when })
    }

    fn no_target(&mut self, node: &Node, kind: &Kind) -> Option<Id> {
        if let Some((key, _)) = node.entry("on") {
            self.report.error(key.place, "misplaced", format!("`on` means nothing for a {} check", kind.key), "leave it out");
        }
        None
    }

    /// The one kind of a check.
    fn kind(&mut self, node: &Node) -> Option<&'static Kind> {
        let has_command = node.entry("command").is_some();
        let given: Vec<(&Kind, Place)> = node
            .entries()
            .iter()
            .filter(|(key, _)| !(has_command && key.name == "env"))
            .filter_map(|(key, _)| KINDS.iter().find(|kind| kind.key == key.name).map(|kind| (kind, key.place)))
            .collect();
        match given.as_slice() {
            [] => {
                let keys: Vec<&str> = KINDS.iter().map(|kind| kind.key).collect();
                self.report.error(
                    node.first_place(),
                    "no-kind",
                    "it is not said what this check asks",
                    format!("one of {}", keys.join(", ")),
                );
                None
            }
            [(kind, _)] => Some(kind),
            [(first, _), (second, at), ..] => {
                let message = format!("a check asks one thing: `{}` or `{}`", first.key, second.key);
                self.report.error(*at, "two-kinds", message, "make two checks of it");
                None
            }
        }
    }

    fn every(&mut self, node: &Node, written: Option<String>, kind: &Kind) -> Option<Duration> {
        let every = self.duration(node, "every", written)?;
        if kind.key == "probe" {
            self.report.error(place(node, "every"), "misplaced", "a probe writes, so it is never repeated by itself", "leave `every` out");
        }
        if every < SHORTEST_EVERY {
            self.report.error(place(node, "every"), "bad-value", "a check is asked at most once a second", "such as `every: 5s`");
        }
        Some(every)
    }

    fn retry(&mut self, node: &Node, written: wire::Retry) -> Retry {
        // More than a thousand attempts is a check with `every`.
        let times = u32::try_from(written.times).ok().filter(|times| *times <= 1000);
        if times.is_none() {
            self.report.error(place(node, "times"), "bad-value", "a check is tried at most 1000 times more", "use `every` instead");
        }
        Retry { times: times.unwrap_or(0), wait: self.pause(node, "wait", written.wait).unwrap_or(RETRY_WAIT) }
    }
}
