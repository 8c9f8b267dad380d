//! `migrations`: a folder and who applies what is in it. Never looks into the folder.

use crate::runbook::ask::{Ask, MigrationTool, Migrations};
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

/// The migrations of a folder.
pub(super) fn read(builder: &mut Builder<'_>, check: &Node, written: wire::Check) -> Option<Ask> {
    let wire::Migrations { dir, tool } = written.migrations?;
    if dir.is_empty() || dir.contains('\0') {
        let at = check.get("migrations").map_or(check.place, |node| place(node, "dir"));
        builder.report.error(at, "bad-value", "this is no name of a folder", "such as alembic/versions");
    }
    let tool = match tool {
        wire::MigrationTool::Alembic => MigrationTool::Alembic,
        wire::MigrationTool::Sql => MigrationTool::Sql,
    };
    Some(Ask::Migrations(Migrations { dir, tool }))
}
