//! The SQL that would add what is missing: text for a person to read and to put into a remediation. Never
//! sent from here, and never for what is different or what guards rows: that needs a person's thought.

use std::collections::BTreeMap;

use crate::runbook::ask::schema::{Column, Name, Table, identifier};

use super::compare::{Difference, Missing};

/// The statements, in an order that works; nothing where nothing can be said.
pub(super) fn sql(difference: &Difference<'_>) -> String {
    let moved: BTreeMap<&Name, &Name> = difference.missing.iter().filter_map(moved).collect();
    // What belongs to a table that is elsewhere is most likely there with it, and a key to it waits until it is back.
    let is_there = |part: &&Missing<'_>| !tables_of(part).iter().any(|table| moved.contains_key(table));
    let mut statements: Vec<(u8, String)> = difference.missing.iter().filter(is_there).filter_map(statement).collect();
    statements.sort_by_key(|(rank, _)| *rank);
    statements.into_iter().map(|(_, statement)| statement).collect::<Vec<_>>().join("\n")
}

/// What to think about before a table that is elsewhere is made again, as comments; nothing where none is.
///
/// An empty twin would hide the rows from whoever looks for them, and the next ones would be written into it.
pub(super) fn caution(difference: &Difference<'_>) -> String {
    let told = |(table, there): (&Name, &Name)| {
        format!(
            "-- {there} has the name and the columns of {table}. It is not made again beside it. If it is the one that\n\
             -- is missed, it can be moved with its rows, indexes and keys; whoever uses it where it is must be known first:\n\
             --   alter table {there} set schema {};",
            identifier(&table.schema)
        )
    };
    difference.missing.iter().filter_map(moved).map(told).collect::<Vec<_>>().join("\n")
}

/// A table that is elsewhere, and where.
fn moved<'d>(part: &'d Missing<'_>) -> Option<(&'d Name, &'d Name)> {
    match part {
        Missing::Table(table, Some(there)) => Some((&table.name, there)),
        _ => None,
    }
}

/// The tables that a part is, or is about.
fn tables_of<'d>(part: &'d Missing<'_>) -> Vec<&'d Name> {
    match part {
        Missing::Table(table, _) => vec![&table.name],
        Missing::Column(table, _) => vec![table],
        Missing::ForeignKey(key) => vec![&key.table, &key.to],
        Missing::Index(index) => index.definition.iter().map(|definition| &definition.table).collect(),
        _ => Vec::new(),
    }
}

/// One statement with its place in the order.
fn statement(part: &Missing<'_>) -> Option<(u8, String)> {
    Some(match part {
        Missing::Schema(name) => (0, format!("create schema {};", identifier(name))),
        Missing::Extension(extension) => (1, format!("create extension {};", identifier(&extension.name))),
        Missing::Table(table, _) => (2, create_table(table)?),
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
