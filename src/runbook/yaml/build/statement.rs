//! SQL in a runbook, judged before anybody depends on it. Never sends any.

use super::Builder;
use crate::runbook::sql::{self, SqlProblem, Statement};
use crate::runbook::yaml::node::{Node, Place};

/// What statements are for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The one statement of a check.
    Question,
    /// Statements that are always rolled back.
    Probe,
    /// A change; `alone` where each statement is its own transaction, `counted` where rows are expected.
    Change { alone: bool, counted: bool },
    /// What would take a change back; `counted` where rows are expected of the change, for it has the same bounds.
    Rollback { counted: bool },
}

impl Builder<'_> {
    /// Judges the SQL under a key.
    pub(super) fn statements(&mut self, node: &Node, key: &str, source: &str, purpose: Purpose) {
        if self.report.is_known_good {
            return;
        }
        self.mentions_in_sql(source);
        let (inputs, secret) = (&self.names.inputs, &self.names.secret);
        let read = match purpose {
            Purpose::Question => sql::one_question(source, inputs, secret).map(|statement| vec![statement]),
            Purpose::Probe | Purpose::Change { .. } | Purpose::Rollback { .. } => sql::prepare(source, inputs, secret),
        };
        let Some(value) = node.get(key) else { return };
        match read {
            Err(SqlProblem { message, help, offset }) => {
                let at = if self.report.is_full() { value.place } else { self.place_in(value, source, offset) };
                self.report.error(at, "sql", message, help);
            }
            Ok(statements) => self.fitness(node, value.place, &statements, purpose),
        }
    }

    /// Whether statements can run the way this remediation or probe runs them.
    fn fitness(&mut self, node: &Node, at: Place, statements: &[Statement], purpose: Purpose) {
        if let Some(loner) = statements.iter().find(|statement| statement.needs_no_transaction) {
            let message = format!("{} cannot run inside a transaction", loner.what);
            match purpose {
                Purpose::Probe => self.report.error(at, "transaction", message, "it cannot be rolled back, so it cannot be a probe"),
                Purpose::Change { alone: false, .. } => self.report.error(at, "transaction", message, "add `transaction: none`"),
                Purpose::Change { alone: true, .. } if statements.len() > 1 => {
                    self.report.error(at, "transaction", format!("{message}, so it stands alone"), "make several remediations of it");
                }
                Purpose::Question | Purpose::Change { .. } | Purpose::Rollback { .. } => {}
            }
        }
        if let (Purpose::Probe, Some(what)) = (purpose, statements.iter().find_map(|statement| statement.outlives_rollback.as_ref())) {
            self.report.error(at, "transaction", format!("a rollback does not take back {what}"), "a probe leaves nothing behind");
        }
        if let Some(change) = statements.iter().find(|statement| statement.is_unbounded()) {
            let message = format!("this {} has no WHERE: it changes every row of the table", change.what);
            self.report.warning(at, "unbounded", message, "say with WHERE which rows are meant");
        }
        if let (Purpose::Change { counted: false, .. } | Purpose::Rollback { counted: false }, Some(change)) =
            (purpose, statements.iter().find(|statement| statement.writes_need_expect_rows))
        {
            let message = format!("how many rows this {} may change is not said", change.what);
            self.report.error(node.first_place(), "missing-key", message, "add `expect_rows: 1..50`, a range for each statement");
        }
    }

    /// The place of a byte of a text: exact where the file has the text as it is, its beginning where it is folded or escaped.
    fn place_in(&self, value: &Node, text: &str, offset: usize) -> Place {
        let start = value.place;
        let before = text.get(..offset).unwrap_or(text);
        let number = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        let line = text.split('\n').nth(number).unwrap_or_default();
        let in_file = self.source.split('\n').nth(start.line - 1 + number).unwrap_or_default();
        let here: String = in_file.chars().skip(start.column - 1).collect();
        for (quote, length) in [("", 0), ("'", 1), ("\"", 1)] {
            if here.strip_prefix(quote).is_some_and(|here| here.starts_with(line)) {
                return Place { line: start.line + number, column: start.column + length + column, length: 1 };
            }
        }
        start
    }
}
