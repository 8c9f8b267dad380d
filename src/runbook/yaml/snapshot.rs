//! A structure as a file of its own: what `fracas snapshot` prints and `schema: { file: … }` reads. The same
//! text under a check is the same question. Never quotes what is in a file that turns out to be none.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use serde::Deserialize as _;

use crate::base::{Value, json};
use crate::runbook::ask::schema::Structure;

use super::{Report, build, node, shape, wire};

/// The structure in a snapshot.
///
/// # Errors
/// Where it is none and what kind of mistake that is, without a word of the file: the path may lead anywhere.
pub fn read(bytes: &[u8]) -> Result<Structure, String> {
    let mut report = Report::new("");
    let structure = attempt(bytes, &mut report);
    let problems = report.finish(bytes);
    match (problems.first(), structure) {
        (None, Some(structure)) => Ok(structure),
        (Some(problem), _) if problem.code == "encoding" => Err(problem.message.clone()),
        (Some(problem), _) => Err(format!("line {}, column {}: {}", problem.line, problem.column, problem.code)),
        (None, None) => Err("there is nothing in it".to_owned()),
    }
}

fn attempt(bytes: &[u8], report: &mut Report) -> Option<Structure> {
    let source = node::text(bytes, report)?;
    let mut root = node::parse(source, report)?;
    node::refuse_deceptive_characters(source, report);
    let schema = json!({
        "type": "object",
        "properties": { "schema": { "$ref": "#/$defs/Structure" } },
        "required": ["schema"],
    });
    shape::trim_to(&mut root, &schema, report)?;
    let written =
        wire::schema::Snapshot::deserialize(&root).map_err(|_| report.error(root.place, "wrong-type", "this is no snapshot", "")).ok()?;
    let node = root.get("schema")?;
    for key in ["like", "file"] {
        if let Some((key, _)) = node.entry(key) {
            report.error(key.place, "misplaced", "a snapshot holds a structure", "");
        }
    }
    Some(build::structure(report, node, written.schema))
}

/// The `schema:` block of a structure, each part only where there is one.
#[must_use]
pub fn write(structure: &Structure) -> String {
    let mut text = "schema:\n".to_owned();
    let mut tables = BTreeMap::new();
    for table in &structure.tables {
        tables.insert(&table.name, &table.columns);
    }
    if !tables.is_empty() {
        text.push_str("  tables:\n");
    }
    for (name, columns) in tables {
        if columns.is_empty() {
            _ = writeln!(text, "    {}: []", scalar(name));
            continue;
        }
        _ = writeln!(text, "    {}:", scalar(name));
        text.extend(columns.iter().map(|column| format!("      - {}\n", scalar(column))));
    }
    let columns: Vec<String> = structure.columns.iter().map(|(table, column)| format!("{table}.{column}")).collect();
    list(&mut text, "columns", &columns);
    list(&mut text, "foreign_keys", &structure.foreign_keys);
    list(&mut text, "indexes", &structure.indexes);
    list(&mut text, "extensions", &structure.extensions);
    list(&mut text, "row_security", &structure.row_security);
    list(&mut text, "policies", &structure.policies);
    if let Some(migration) = &structure.migration {
        _ = writeln!(text, "  migration: {}", Value::from(migration.as_str()));
    }
    text
}

fn list(text: &mut String, key: &str, items: &[impl Display]) {
    if !items.is_empty() {
        _ = writeln!(text, "  {key}:");
        text.extend(items.iter().map(|item| format!("    - {}\n", scalar(item))));
    }
}

/// A text as YAML reads it back: plain where it can be, otherwise as JSON spells it.
fn scalar(text: impl Display) -> String {
    let text = text.to_string();
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || " _.,()[]=<>+-*/'\"".contains(c))
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain { text } else { Value::from(text).to_string() }
}
