//! Remediations: exactly one kind each, with what that kind allows. Never without a way to see what it does.

use std::time::Duration;

use super::ask::HTTP_NAMES;
use super::statement::Purpose;
use super::value::{Sees, place};
use super::{Builder, Thing};
use crate::base::id::Id;
use crate::runbook::ask::COMMAND_NAMES;
use crate::runbook::model::{Act, Remediation, RowRange, Transaction};
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

/// How old a red guard may be, unless the author says otherwise; the format's default.
const GUARD_WITHIN: Duration = Duration::from_mins(2);
/// How long a statement waits for a lock, unless the author says otherwise; the format's default.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

impl Builder<'_> {
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
        let sees = match written.http {
            Some(_) => Sees::Answer { kind: "http", names: HTTP_NAMES },
            None => Sees::Answer { kind: "command", names: COMMAND_NAMES },
        };
        let expect = self.expression(node, "expect", written.expect, sees);
        if let Some(guard) = &written.guard {
            self.want(Thing::PlainCheck, guard, place(node, "guard"));
            self.guards.insert(id.clone(), place(node, "guard"));
        }
        let verify = match written.verify {
            Some(named) => {
                if named.is_empty() {
                    self.unverified.insert(id.clone());
                }
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
            self.only_with_command(node, "sql");
            if node.entry("expect").is_some() {
                let help = "use `expect_rows`, and `verify` with checks";
                self.report.error(place(node, "expect"), "misplaced", "`expect` goes with `command` and `http`", help);
            }
            // A range that cannot be read has been reported as that.
            let counted = node.entry("expect_rows").is_some();
            let purpose = Purpose::Change { alone: transaction == Transaction::None, counted };
            self.statements(node, "sql", &sql, purpose);
            if let Some(rollback) = &written.rollback {
                self.statements(node, "rollback", rollback, Purpose::Rollback { counted });
            }
            (Act::Sql(sql), self.target(node, written.on))
        } else {
            for key in ["expect_rows", "transaction", "lock_timeout", "on"] {
                if let Some((key, _)) = node.entry(key) {
                    self.report.error(key.place, "misplaced", format!("`{}` goes with `sql`", key.name), "leave it out");
                }
            }
            let act = match written.http {
                Some(request) => {
                    self.only_with_command(node, "http");
                    Act::Http(self.changing_request(node, request)?)
                }
                None => Act::Command(self.command(node, written.command?, written.dir, written.env)),
            };
            (act, None)
        };
        Some(Remediation {
            id,
            title: self.title(node, &written.title),
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
}
