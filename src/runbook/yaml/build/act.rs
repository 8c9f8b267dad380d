//! Checks and remediations: exactly one kind each, with what that kind allows. Never lets a check write.

use std::collections::BTreeMap;
use std::time::Duration;

use super::statement::Purpose;
use super::value::{Sees, place};
use super::{Builder, Thing};
use crate::base::id::Id;
use crate::runbook::model::{Act, Ask, Check, CommandLine, EnvValue, Program, Remediation, Retry, RowRange, Transaction};
use crate::runbook::yaml::kinds::{COMMAND_NAMES, KINDS, Kind};
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;

/// How old a red guard may be, unless the author says otherwise; the format's default.
const GUARD_WITHIN: Duration = Duration::from_mins(2);
/// How long a statement waits for a lock, unless the author says otherwise; the format's default.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);
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

    fn check_called(&mut self, id: Id, node: &Node, written: wire::Check) -> Option<Check> {
        let why = self.text(node, "why", written.why);
        let when = self.expression(node, "when", written.when, Sees::Incident);
        let kind = self.kind(node)?;
        let sees = Sees::Answer { kind: kind.key, names: kind.names };
        let expect = self.expression(node, "expect", written.expect, sees);
        let show = self.expression(node, "show", written.show, sees);
        let timeout = self.duration(node, "timeout", written.timeout).unwrap_or(kind.timeout);
        let every = self.every(node, written.every, kind);
        let retry = written.retry.map(|retry| self.retry(node.get("retry").unwrap_or(node), retry));
        let (ask, on) = if let Some(sql) = written.sql {
            self.statements(node, "sql", &sql, Purpose::Question);
            (Ask::Sql(sql), self.target(node, written.on))
        } else if let Some(sql) = written.probe {
            self.statements(node, "probe", &sql, Purpose::Probe);
            (Ask::Probe(sql), self.target(node, written.on))
        } else {
            if written.on.is_some() {
                self.report.error(place(node, "on"), "misplaced", format!("`on` means nothing for a {} check", kind.key), "leave it out");
            }
            if let Some(target) = written.connect {
                let target = self.known_target(&target, place(node, "connect"))?;
                (Ask::Connect(target.clone()), Some(target))
            } else {
                (Ask::Command(self.command(node, written.command?, written.dir, written.env)), None)
            }
        };
        if !matches!(ask, Ask::Command(_)) {
            self.only_with_command(node);
        }
        Some(Check { id, title: written.title.trim().to_owned(), ask, expect, on, timeout, every, retry, show, why, when })
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
            [(kind, at)] => {
                if !kind.asked {
                    let message = format!("this version of the program cannot ask a `{}` check yet", kind.key);
                    self.report.error(*at, "not-yet", message, "use `sql` or `command` for now");
                    return None;
                }
                Some(kind)
            }
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

    /// A remediation, or nothing where it cannot be understood; `own_checks` are those of its step.
    pub(super) fn remediation(&mut self, node: &Node, mut written: wire::Remediation, own_checks: &[Id]) -> Option<Remediation> {
        let id = self.id(written.id.take(), &written.title, "remediation");
        let remediation = self.remediation_called(id.clone(), node, written, own_checks);
        if remediation.is_none() {
            self.broken.insert(id);
        }
        remediation
    }

    fn remediation_called(&mut self, id: Id, node: &Node, written: wire::Remediation, own_checks: &[Id]) -> Option<Remediation> {
        let why = self.text(node, "why", written.why);
        let when = self.expression(node, "when", written.when, Sees::Incident);
        let sees = Sees::Answer { kind: "command", names: COMMAND_NAMES };
        let expect = self.expression(node, "expect", written.expect, sees);
        if let Some(guard) = &written.guard {
            self.want(Thing::PlainCheck, guard, place(node, "guard"));
        }
        let verify = match written.verify {
            Some(named) => {
                for (at, check) in super::head::each(node, "verify", named.iter().collect()) {
                    self.want(Thing::PlainCheck, check, at.place);
                }
                named.into_iter().map(Id::new).collect()
            }
            None => own_checks.to_vec(),
        };
        let guard_within = self.duration(node, "guard_within", written.guard_within).unwrap_or(GUARD_WITHIN);
        let lock_timeout = self.duration(node, "lock_timeout", written.lock_timeout).unwrap_or(LOCK_TIMEOUT);
        let timeout = self.duration(node, "timeout", written.timeout);
        let expect_rows = written.expect_rows.and_then(|range| self.row_range(node, &range.into_text()));
        let approvals = self.approvals(node, written.approvals);
        let transaction = match written.transaction {
            None | Some(wire::Transaction::One) => Transaction::One,
            Some(wire::Transaction::None) => Transaction::None,
        };
        if !self.one_kind_of_act(node) {
            return None;
        }
        let (act, on) = if let Some(sql) = written.sql {
            self.only_with_command(node);
            if node.entry("expect").is_some() {
                let help = "use `expect_rows`, and `verify` with checks";
                self.report.error(place(node, "expect"), "misplaced", "`expect` goes with `command`", help);
            }
            let purpose = Purpose::Change { alone: transaction == Transaction::None, counted: expect_rows.is_some() };
            self.statements(node, "sql", &sql, purpose);
            if let Some(rollback) = &written.rollback {
                self.statements(node, "rollback", rollback, Purpose::Rollback);
            }
            (Act::Sql(sql), self.target(node, written.on))
        } else {
            for key in ["expect_rows", "transaction", "lock_timeout", "on"] {
                if let Some((key, _)) = node.entry(key) {
                    self.report.error(key.place, "misplaced", format!("`{}` goes with `sql`", key.name), "leave it out");
                }
            }
            (Act::Command(self.command(node, written.command?, written.dir, written.env)), None)
        };
        Some(Remediation {
            id,
            title: written.title.trim().to_owned(),
            act,
            on,
            guard: written.guard.map(Id::new),
            guard_within,
            expect_rows,
            transaction,
            rollback: written.rollback,
            verify,
            approvals,
            lock_timeout,
            timeout,
            expect,
            why,
            when,
        })
    }

    fn one_kind_of_act(&mut self, node: &Node) -> bool {
        let given: Vec<_> = node.entries().iter().filter(|(key, _)| ["sql", "command", "http"].contains(&key.name.as_str())).collect();
        match given.as_slice() {
            [] => {
                self.report.error(node.first_place(), "no-kind", "it is not said what this remediation does", "one of sql, command, http");
                false
            }
            [(key, _)] if key.name == "http" => {
                let message = "this version of the program cannot make an `http` request yet";
                self.report.error(key.place, "not-yet", message, "use `command` for now");
                false
            }
            [_] => true,
            [(first, _), (second, _), ..] => {
                let message = format!("a remediation does one thing: `{}` or `{}`", first.name, second.name);
                self.report.error(second.place, "two-kinds", message, "make two remediations of it");
                false
            }
        }
    }

    fn approvals(&mut self, node: &Node, written: Option<u64>) -> u32 {
        match written {
            None => 1,
            Some(count @ 1..=9) => u32::try_from(count).unwrap_or(1),
            Some(_) => {
                self.report.error(place(node, "approvals"), "bad-value", "1 to 9 people can confirm", "leave it out for one");
                1
            }
        }
    }

    fn row_range(&mut self, node: &Node, written: &str) -> Option<RowRange> {
        let (least, most) = written.split_once("..").unwrap_or((written, written));
        let range = least.trim().parse().ok().zip(most.trim_start_matches('=').trim().parse().ok());
        match range {
            Some((least, most)) if least <= most => Some(RowRange { least, most }),
            _ => {
                let message = format!("`{written}` is no range of rows");
                self.report.error(place(node, "expect_rows"), "bad-value", message, "such as 5, or 1..50 with both ends included");
                None
            }
        }
    }

    fn only_with_command(&mut self, node: &Node) {
        for key in ["dir", "env"] {
            if let Some((key, _)) = node.entry(key) {
                self.report.error(key.place, "misplaced", format!("`{}` goes with `command`", key.name), "leave it out");
            }
        }
    }

    fn command(
        &mut self,
        node: &Node,
        written: wire::CommandForm,
        dir: Option<String>,
        env: Option<BTreeMap<String, wire::Anything>>,
    ) -> CommandLine {
        let program = match written {
            wire::CommandForm::Line(line) => Program::Shell(line.trim_end().to_owned()),
            wire::CommandForm::Words(words) => Program::Words(words),
        };
        let empty = match &program {
            Program::Shell(line) => line.trim().is_empty(),
            Program::Words(words) => words.first().is_none_or(String::is_empty),
        };
        if empty {
            self.report.error(place(node, "command"), "empty", "`command` is empty", "say what to run");
        }
        let env = env.into_iter().flatten().filter_map(|(name, value)| {
            let at = node.get("env").map_or(node.place, |env| place(env, &name));
            self.variable(at, &name, value).map(|value| (name, value))
        });
        CommandLine { program, dir, env: env.collect() }
    }

    fn variable(&mut self, at: Place, name: &str, written: wire::Anything) -> Option<EnvValue> {
        if name.is_empty() || name.contains(['=', '\0']) {
            self.report.error(at, "bad-name", format!("`{name}` is no name of a variable"), "letters, digits and `_`");
        }
        let text = match written.0 {
            serde_yaml::Value::String(text) => text,
            serde_yaml::Value::Number(number) => number.to_string(),
            serde_yaml::Value::Bool(yes) => yes.to_string(),
            _ => {
                self.report.error(at, "wrong-type", format!("`{name}` must be text"), "a value, or `target.NAME` for a connection");
                return None;
            }
        };
        match text.strip_prefix("target.") {
            Some(target) => self.known_target(target, at).map(EnvValue::Target),
            None => Some(EnvValue::Text(text)),
        }
    }
}
