//! `schema` as it is written. Never interprets a definition.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Word;

wire! {
    /// The structure of a database: its parts, `like` another target, or the snapshot in a `file`.
    struct Structure {
        /// Tables by name, each with its columns as in CREATE TABLE; or the names alone.
        tables: Option<TablesForm>,
        /// Single columns, with their table: `app.jobs.created_at timestamptz not null default now()`.
        #[serde(default)]
        columns: Vec<String>,
        /// Such as `app.chunks (document_id) references app.documents (id) on delete cascade`.
        #[serde(default)]
        foreign_keys: Vec<String>,
        /// As in CREATE INDEX, or the name alone: `app.idx_name`.
        #[serde(default)]
        indexes: Vec<String>,
        /// Names, with a version where it matters: `vector`, `vector 0.8.0`.
        #[serde(default)]
        extensions: Vec<String>,
        /// Tables with row-level security; `forced` behind the name where the owner is held to it, too.
        #[serde(default)]
        row_security: Vec<String>,
        /// As in CREATE POLICY, or `name on table` alone.
        #[serde(default)]
        policies: Vec<String>,
        /// The version of the latest migration, of Alembic, Prisma, Flyway, goose or a table `schema_migrations`.
        migration: Option<Word>,
        /// Another target to compare with; ownership and comments do not count.
        like: Option<String>,
        /// A snapshot to compare with; its path is relative to the folder the program runs in.
        file: Option<String>,
    }

    /// What `fracas snapshot` prints.
    struct Snapshot {
        /// The structure.
        schema: Structure,
    }
}

/// Names of tables, or tables with their columns.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::runbook::yaml) enum TablesForm {
    Names(Vec<String>),
    Columns(BTreeMap<String, Vec<String>>),
}
