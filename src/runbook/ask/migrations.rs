//! `migrations`: a folder of files that change a schema, one after another. Never knows what is wrong with them.

use std::fmt;

use super::Spelled;

/// The migrations that are looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrations {
    /// The folder they lie in.
    pub dir: String,
    /// Who applies them.
    pub tool: MigrationTool,
}

/// Who applies migrations, which says how they are written and in which order they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationTool {
    /// Alembic: Python files, in the order of their `down_revision`. They are read and never run.
    Alembic,
    /// SQL files, in the order of their names.
    Sql,
}

impl fmt::Display for MigrationTool {
    /// As it is written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alembic => "alembic",
            Self::Sql => "sql",
        })
    }
}

impl Migrations {
    /// What is looked through, for people. Files are read, and nothing in them is run.
    pub(super) fn spelled(&self) -> Spelled {
        let text = format!("the {} migrations in {}", self.tool, self.dir);
        Spelled { needs_trust: false, ..Spelled::new("migration files", "", text) }
    }
}
