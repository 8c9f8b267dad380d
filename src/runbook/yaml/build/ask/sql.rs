//! `sql` and `probe`: questions in SQL. Never lets a question write, or a probe leave anything behind.

use crate::runbook::ask::Ask;
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::statement::Purpose;
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

/// One statement that reads.
pub(super) fn question(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    let sql = written.sql?;
    builder.statements(node, "sql", &sql, Purpose::Question);
    Some(Ask::Sql(sql))
}

/// Statements that are rolled back.
pub(super) fn probe(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    let sql = written.probe?;
    builder.statements(node, "probe", &sql, Purpose::Probe);
    Some(Ask::Probe(sql))
}
