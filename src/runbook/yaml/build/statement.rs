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
    /// What would take a change back.
    Rollback,
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
            Purpose::Probe | Purpose::Change { .. } | Purpose::Rollback => sql::prepare(source, inputs, secret),
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
                Purpose::Question | Purpose::Change { .. } | Purpose::Rollback => {}
            }
        }
        if let (Purpose::Probe, Some(what)) = (purpose, statements.iter().find_map(|statement| statement.outlives_rollback.as_ref())) {
            self.report.error(at, "transaction", format!("a rollback does not take back {what}"), "a probe leaves nothing behind");
        }
        if let (Purpose::Change { counted: false, .. }, Some(change)) =
            (purpose, statements.iter().find(|statement| statement.writes_need_expect_rows))
        {
            let message = format!("how many rows this {} may change is not said", change.what);
            self.report.error(node.first_place(), "missing-key", message, "add `expect_rows: 1..50`, a range for each statement");
        }
    }

    /// The place of a byte of a text: exact in a literal block (`|`), its beginning otherwise.
    fn place_in(&self, value: &Node, text: &str, offset: usize) -> Place {
        let start = value.place;
        let before = text.get(..offset).unwrap_or(text);
        let (line, column) = (before.matches('\n').count(), before.rsplit('\n').next().unwrap_or_default().chars().count());
        let line_of_file = |line: usize| self.source.split('\n').nth(line - 1).unwrap_or_default();
        let here: String = line_of_file(start.line).chars().skip(start.column - 1).collect();
        if here.starts_with('|') {
            let block = line_of_file(start.line + 1 + line);
            let indentation = line_of_file(start.line + 1).chars().take_while(|c| *c == ' ').count();
            if block.chars().count() > indentation {
                return Place { line: start.line + 1 + line, column: indentation + column + 1, length: 1 };
            }
        } else if line == 0 && here.starts_with(text.split('\n').next().unwrap_or_default()) {
            return Place { line: start.line, column: start.column + column, length: 1 };
        }
        start
    }
}
