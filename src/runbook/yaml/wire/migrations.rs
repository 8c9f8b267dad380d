//! `migrations` as it is written. Never interprets a value.

use schemars::JsonSchema;
use serde::Deserialize;

wire! {
    /// Migration files, read and never run. A problem is a file that creates what an earlier one created or drops a
    /// table, a column or a schema, has no downgrade, changes nothing, cannot be read, or stands beside another
    /// head. `# fracas: confirmed …` (in SQL `-- fracas: confirmed …`) on the line or above it settles it. `IF NOT
    /// EXISTS`, or in Python an `if` around it, makes creating harmless. It is inconclusive when the folder or a file
    /// in it cannot be read, is not UTF-8, or is too large: 10,000 files, 1 MiB in one and 64 MiB in all.
    struct Migrations {
        /// The folder of the files, such as alembic/versions, relative to the working folder.
        dir: String,
        /// `alembic`: Python files in the order of their revisions. `sql`: SQL files in the order of their names, also
        /// one folder down, as in `20251230_name/migration.sql`; what takes one back is in NAME.down.sql, in down.sql
        /// beside it in its folder, or after a line `-- migrate:down`.
        tool: MigrationTool,
    }
}

/// Who applies migrations.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
pub(in crate::runbook::yaml) enum MigrationTool {
    #[default]
    Alembic,
    Sql,
}
