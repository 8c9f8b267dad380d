//! The SQL that would add what is missing: text for a person to read and to put into a remediation. Never
//! sent from here, and never for what is different or what guards rows: that needs a person's thought.

use crate::runbook::ask::schema::{Column, Name, Table, identifier};

use super::compare::{Difference, Missing};

/// The statements, in an order that works; nothing where nothing can be said.
pub(super) fn sql(difference: &Difference<'_>) -> String {
    let mut statements: Vec<(u8, String)> = difference.missing.iter().filter_map(statement).collect();
    statements.sort_by_key(|(rank, _)| *rank);
    statements.into_iter().map(|(_, statement)| statement).collect::<Vec<_>>().join("\n")
}

/// One statement with its place in the order.
fn statement(part: &Missing<'_>) -> Option<(u8, String)> {
    Some(match part {
        Missing::Schema(name) => (0, format!("create schema {};", identifier(name))),
        Missing::Extension(extension) => (1, format!("create extension {};", identifier(&extension.name))),
        Missing::Table(table) => (2, create_table(table)?),
        Missing::Column(table, column) => (3, add_column(table, column)?),
        Missing::Index(index) => {
            index.definition.as_ref()?;
            (4, format!("{index};"))
        }
        Missing::ForeignKey(key) => (5, format!("alter table {} add foreign key {};", key.table, key.definition())),
        Missing::RowSecurity(_) | Missing::Policy(_) | Missing::Migration(_) => return None,
    })
}

fn create_table(table: &Table) -> Option<String> {
    let declared = |column: &Column| column.declared.as_ref().map(|declared| format!("{} {declared}", identifier(&column.name)));
    let mut lines = table.columns.iter().map(declared).collect::<Option<Vec<String>>>()?;
    if lines.is_empty() {
        return None;
    }
    let in_key = |column: &&Column| column.declared.as_ref().is_some_and(|declared| declared.primary_key);
    let key: Vec<String> = table.columns.iter().filter(in_key).map(|column| identifier(&column.name)).collect();
    if !key.is_empty() {
        lines.push(format!("primary key ({})", key.join(", ")));
    }
    Some(format!("create table {} (\n    {}\n);", table.name, lines.join(",\n    ")))
}

fn add_column(table: &Name, column: &Column) -> Option<String> {
    let declared = column.declared.as_ref()?;
    let filled = declared.default.is_some() || declared.generated.is_some() || declared.serial().is_some();
    let caution = if declared.refuses_null() && !filled {
        "-- Refused while the table has rows: add it without `not null`, fill it, then set it not null.\n"
    } else {
        ""
    };
    let key = if declared.primary_key { "-- It belongs to the primary key, which this does not add.\n" } else { "" };
    Some(format!("{caution}{key}alter table {table} add column {} {declared};", identifier(&column.name)))
}
