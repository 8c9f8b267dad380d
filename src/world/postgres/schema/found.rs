//! What a catalog said. Never what was expected.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::base::{Value, Values};
use crate::runbook::ask::schema::{
    Column, Declared, Extension, ForeignKey, Generated, Index, IndexDefinition, Name, Policy, RowSecurity, Rules, Structure, Table,
};

/// Where migrations note how far they are: the table, and the question for the latest one in it.
pub(super) const HISTORIES: [(&str, &str); 5] = [
    ("alembic_version", r#"SELECT string_agg(version_num::text, ', ' ORDER BY version_num) AS version FROM :"schema".:"table""#),
    (
        "_prisma_migrations",
        r#"SELECT migration_name::text AS version FROM :"schema".:"table"
           WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY started_at DESC LIMIT 1"#,
    ),
    ("flyway_schema_history", r#"SELECT version::text FROM :"schema".:"table" WHERE success ORDER BY installed_rank DESC LIMIT 1"#),
    ("goose_db_version", r#"SELECT version_id::text AS version FROM :"schema".:"table" WHERE is_applied ORDER BY id DESC LIMIT 1"#),
    ("schema_migrations", r#"SELECT t.version::text FROM :"schema".:"table" AS t ORDER BY t.version DESC LIMIT 1"#),
];

/// A question with its inputs.
pub(super) type AskHistory = (&'static str, BTreeMap<String, String>);

/// What there is.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) schemas: BTreeSet<String>,
    pub(super) tables: BTreeMap<Name, FoundTable>,
    /// Tables in the same schemas that nobody asked about.
    pub(super) others: Vec<Name>,
    /// For a wanted table that is not there, those of its name in other schemas.
    elsewhere: Vec<Elsewhere>,
    pub(super) keys: Vec<ForeignKey>,
    pub(super) indexes: Vec<FoundIndex>,
    pub(super) extensions: BTreeMap<String, String>,
    pub(super) policies: Vec<Policy>,
    /// How the server understands the types that were written.
    pub(super) types: BTreeMap<String, Understood>,
    pub(super) migration: Option<String>,
    histories: Vec<History>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FoundTable {
    pub(super) schema: String,
    pub(super) name: String,
    /// `r`, `p`, `f`; `v` and `m` are views.
    pub(super) kind: String,
    pub(super) secured: bool,
    pub(super) forced: bool,
    pub(super) columns: Vec<FoundColumn>,
}

#[derive(Debug, Deserialize)]
pub(super) struct FoundColumn {
    pub(super) name: String,
    /// As the server spells it.
    pub(super) kind: String,
    pub(super) oid: i64,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    identity: String,
    generated: String,
    /// Whether its default is a sequence of its own.
    pub(super) serial: bool,
    pub(super) primary_key: bool,
}

#[derive(Debug)]
pub(super) struct FoundIndex {
    pub(super) index: Index,
    pub(super) valid: bool,
    /// Whether it is that of a primary key.
    pub(super) primary: bool,
}

/// A table that has the name of a wanted one, in another schema.
#[derive(Debug, Deserialize)]
struct Elsewhere {
    schema: String,
    name: String,
    there: String,
    columns: Vec<String>,
}

/// A type, if the server knows it.
#[derive(Debug, Deserialize)]
pub(super) struct Understood {
    pub(super) oid: Option<i64>,
    /// Without what stands in parentheses.
    pub(super) base: Option<String>,
}

#[derive(Debug, Deserialize)]
struct History {
    schema: String,
    name: String,
    readable: bool,
}

impl Found {
    pub(super) fn of(rows: Vec<Values>) -> Result<Self, String> {
        let mut found = Self::default();
        for mut row in rows {
            let kind = row.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
            let facts = row.remove("facts").unwrap_or_default();
            found.take(&kind, facts)?;
        }
        found.keys.sort_by_key(ToString::to_string);
        found.indexes.sort_by(|one, other| one.index.name.cmp(&other.index.name));
        found.policies.sort_by(|one, other| (&one.table, &one.name).cmp(&(&other.table, &other.name)));
        found.others.sort();
        Ok(found)
    }

    fn take(&mut self, kind: &str, facts: Value) -> Result<(), String> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        #[derive(Deserialize)]
        struct InSchema {
            schema: String,
            name: String,
        }
        #[derive(Deserialize)]
        struct Written {
            written: String,
            #[serde(flatten)]
            understood: Understood,
        }
        #[derive(Deserialize)]
        struct Versioned {
            name: String,
            version: String,
        }
        match kind {
            "schema" => _ = self.schemas.insert(read::<Named>(facts)?.name),
            "other" => {
                let InSchema { schema, name } = read(facts)?;
                self.others.push(Name { schema, name });
            }
            "elsewhere" => self.elsewhere.push(read(facts)?),
            "type" => {
                let Written { written, understood } = read(facts)?;
                self.types.insert(written, understood);
            }
            "table" => {
                let table: FoundTable = read(facts)?;
                self.tables.insert(Name { schema: table.schema.clone(), name: table.name.clone() }, table);
            }
            "key" => self.keys.push(read::<Key>(facts)?.written()),
            "index" => self.indexes.extend(read::<RawIndex>(facts)?.read()),
            "extension" => {
                let Versioned { name, version } = read(facts)?;
                self.extensions.insert(name, version);
            }
            "policy" => self.policies.push(read::<RawPolicy>(facts)?.written()),
            "history" => self.histories.push(read(facts)?),
            other => return Err(format!("a row of the kind {other:?}")),
        }
        Ok(())
    }

    /// Where else a table is that is not where it was expected: in another schema, under the same name, with every column
    /// that was asked for. Most often somebody created it there, or a search path did.
    pub(super) fn elsewhere(&self, wanted: &Table) -> Option<Name> {
        let is_twin = |there: &&Elsewhere| {
            (&there.schema, &there.name) == (&wanted.name.schema, &wanted.name.name)
                && wanted.columns.iter().all(|column| there.columns.contains(&column.name))
        };
        let twin = self.elsewhere.iter().find(is_twin)?;
        Some(Name { schema: twin.there.clone(), name: twin.name.clone() })
    }

    /// The question for the latest migration, with its inputs; nothing where none is noted. Of several tables
    /// the one in `public` is asked.
    ///
    /// # Errors
    /// That it may not be read, if it must be.
    pub(super) fn history(&self, within: &[String], must: bool) -> Result<Option<AskHistory>, String> {
        let inside = |history: &&History| within.is_empty() || within.contains(&history.schema);
        let rank = |history: &&History| (history.schema != "public", HISTORIES.iter().position(|(table, _)| *table == history.name));
        let Some(history) = self.histories.iter().filter(inside).min_by_key(rank) else { return Ok(None) };
        if !history.readable {
            let why = format!("the role may not read {}.{}, which has the version of the migrations", history.schema, history.name);
            return if must { Err(why) } else { Ok(None) };
        }
        let query = HISTORIES.iter().find(|(table, _)| *table == history.name).map(|(_, query)| *query);
        let names = BTreeMap::from([("schema".to_owned(), history.schema.clone()), ("table".to_owned(), history.name.clone())]);
        Ok(query.map(|query| (query, names)))
    }

    /// All of it as a runbook would write it.
    pub(super) fn written(&self) -> Structure {
        let tables = self.tables.values().map(|table| Table {
            name: Name { schema: table.schema.clone(), name: table.name.clone() },
            columns: table.columns.iter().map(FoundColumn::written).collect(),
        });
        let secured = self.tables.iter().filter(|(_, table)| table.secured);
        // What a language or a type needs is there on every server.
        let extensions = self.extensions.keys().filter(|name| *name != "plpgsql");
        Structure {
            tables: tables.collect(),
            columns: Vec::new(),
            foreign_keys: self.keys.clone(),
            indexes: self.indexes.iter().filter(|found| !found.primary).map(|found| found.index.clone()).collect(),
            extensions: extensions.map(|name| Extension { name: name.clone(), version: None }).collect(),
            row_security: secured.map(|(name, table)| RowSecurity { table: name.clone(), forced: table.forced }).collect(),
            policies: self.policies.clone(),
            migration: self.migration.clone(),
        }
    }
}

impl FoundColumn {
    pub(super) fn generated(&self) -> Option<Generated> {
        match (self.identity.as_str(), self.generated.as_str()) {
            ("a", _) => Some(Generated::Identity { always: true }),
            ("d", _) => Some(Generated::Identity { always: false }),
            (_, "") => None,
            _ => Some(Generated::Stored(self.default.clone().unwrap_or_default())),
        }
    }

    /// Its default, if that is not the expression it is generated by.
    pub(super) fn default(&self) -> Option<&str> {
        self.default.as_deref().filter(|_| self.generated.is_empty())
    }

    pub(super) fn written(&self) -> Column {
        let serial = match self.kind.as_str() {
            "smallint" => Some("smallserial"),
            "integer" => Some("serial"),
            "bigint" => Some("bigserial"),
            _ => None,
        };
        let is_sequence = self.serial && self.default().is_some_and(|default| default.starts_with("nextval("));
        let serial = serial.filter(|_| is_sequence && self.not_null);
        let declared = Declared {
            kind: serial.map_or_else(|| self.kind.clone(), str::to_owned),
            not_null: self.not_null && serial.is_none(),
            default: self.default().filter(|_| serial.is_none()).map(str::to_owned),
            generated: self.generated(),
            primary_key: self.primary_key,
        };
        Column { name: self.name.clone(), declared: Some(declared) }
    }
}

fn read<T: DeserializeOwned>(facts: Value) -> Result<T, String> {
    serde_json::from_value(facts).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
struct Key {
    schema: String,
    table: String,
    columns: Vec<String>,
    to_schema: String,
    to_table: String,
    to_columns: Vec<String>,
    on_delete: String,
    on_update: String,
    full: bool,
    deferrable: bool,
    deferred: bool,
    valid: bool,
}

impl Key {
    fn written(self) -> ForeignKey {
        let action = |event: &str, code: &str| {
            let action = match code {
                "r" => "restrict",
                "c" => "cascade",
                "n" => "set null",
                "d" => "set default",
                _ => return None,
            };
            Some(format!("on {event} {action}"))
        };
        let flag = |is: bool, clause: &str| is.then(|| clause.to_owned());
        let clauses = [
            flag(self.deferrable, "deferrable"),
            flag(self.deferred, "initially deferred"),
            flag(self.full, "match full"),
            flag(!self.valid, "not valid"),
            action("delete", &self.on_delete),
            action("update", &self.on_update),
        ];
        ForeignKey {
            table: Name { schema: self.schema, name: self.table },
            columns: self.columns,
            to: Name { schema: self.to_schema, name: self.to_table },
            to_columns: self.to_columns,
            clauses: clauses.into_iter().flatten().collect(),
        }
    }
}

#[derive(Deserialize)]
struct RawIndex {
    schema: String,
    name: String,
    table_schema: String,
    table: String,
    definition: String,
    valid: bool,
    primary: bool,
}

impl RawIndex {
    /// Its definition is read as an author's would be.
    fn read(self) -> Option<FoundIndex> {
        let read = Index::read(&self.definition).ok()?.definition?;
        let table = Name { schema: self.table_schema, name: self.table };
        let definition = Some(IndexDefinition { table, ..read });
        let index = Index { name: Name { schema: self.schema, name: self.name }, definition };
        Some(FoundIndex { index, valid: self.valid, primary: self.primary })
    }
}

#[derive(Deserialize)]
struct RawPolicy {
    schema: String,
    table: String,
    name: String,
    restrictive: bool,
    command: String,
    roles: Vec<String>,
    using: Option<String>,
    check: Option<String>,
}

impl RawPolicy {
    fn written(self) -> Policy {
        let command = match self.command.as_str() {
            "r" => "select",
            "a" => "insert",
            "w" => "update",
            "d" => "delete",
            _ => "all",
        };
        let bare = |text: Option<String>| text.map(|text| without_parentheses(&text).to_owned());
        let rules = Rules {
            restrictive: self.restrictive,
            command: command.to_owned(),
            roles: self.roles,
            using: bare(self.using),
            check: bare(self.check),
        };
        Policy { name: self.name, table: Name { schema: self.schema, name: self.table }, rules: Some(rules) }
    }
}

/// An expression without the pair of parentheses around all of it, which the server prints and CREATE POLICY
/// has anyway.
fn without_parentheses(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else { return text };
    let mut depth = 0;
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return text; // Two pairs side by side.
        }
    }
    inner
}
