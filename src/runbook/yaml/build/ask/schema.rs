//! `schema`: the structure a database should have. Never reads another file: a snapshot is read when the
//! check is asked.

use crate::runbook::ask::Ask;
use crate::runbook::ask::schema::{Column, Extension, ForeignKey, Index, Name, Policy, RowSecurity, Schema, Structure, Table, Unreadable};
use crate::runbook::yaml::Report;
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;
use crate::runbook::yaml::wire::schema::TablesForm;

/// Parts, another target, or a file.
pub(super) fn read(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    let mut written = written.schema?;
    let node = node.get("schema")?;
    let (like, file) = (written.like.take(), written.file.take());
    for alone in ["like", "file"] {
        if let Some((key, _)) = node.entry(alone).filter(|_| node.entries().len() > 1) {
            builder.report.error(
                key.place,
                "two-kinds",
                format!("`{alone}` stands alone: it is the whole comparison"),
                "make two checks of it",
            );
            return None;
        }
    }
    if let Some(target) = like {
        return builder.known_target(&target, place(node, "like")).map(|target| Ask::Schema(Schema::Like(target)));
    }
    if let Some(file) = file {
        if file.trim().is_empty() {
            builder.report.error(place(node, "file"), "empty", "`file` is empty", "the path of a snapshot");
        }
        return Some(Ask::Schema(Schema::File(file)));
    }
    Some(Ask::Schema(Schema::Structure(structure(builder.report, node, written))))
}

/// The parts of a structure; those that cannot be read are reported and left out.
pub(in crate::runbook::yaml) fn structure(report: &mut Report, node: &Node, written: wire::schema::Structure) -> Structure {
    let says_nothing = node.entries().iter().all(|(_, part)| part.items().is_empty() && part.entries().is_empty() && part.is_no_text());
    // A key that is none has been cut away, and reported.
    let was_cut = report.problems.iter().any(|problem| problem.line >= node.place.line);
    if says_nothing && !was_cut {
        report.error(node.first_place(), "empty", "it is not said what the structure should have", "such as `tables: [app.jobs]`");
    }
    let mut part = |key: &str, n: usize, read: &mut dyn FnMut() -> Result<(), Unreadable>| {
        if let Err(Unreadable { reason, help }) = read() {
            let at = node.get(key).map_or(node.place, |list| list.items().get(n).map_or(list.place, |item| item.place));
            report.error(at, "bad-definition", reason, help);
        }
    };
    let mut structure = Structure { migration: written.migration.map(wire::Word::into_text), ..Structure::default() };
    macro_rules! read {
        ($key:ident, $read:expr) => {
            for (n, text) in written.$key.iter().enumerate() {
                part(stringify!($key), n, &mut || $read(text).map(|read| structure.$key.push(read)));
            }
        };
    }
    read!(columns, Column::read_with_table);
    read!(foreign_keys, ForeignKey::read);
    read!(indexes, Index::read);
    read!(extensions, Extension::read);
    read!(row_security, RowSecurity::read);
    read!(policies, Policy::read);
    match written.tables {
        None => {}
        Some(TablesForm::Names(names)) => {
            for (n, name) in names.iter().enumerate() {
                part("tables", n, &mut || Name::read(name).map(|name| structure.tables.push(Table { name, columns: Vec::new() })));
            }
        }
        Some(TablesForm::Columns(mut tables)) => {
            for (key, list) in node.get("tables").map(Node::entries).unwrap_or_default() {
                let columns = tables.remove(&key.name).unwrap_or_default();
                if let Some(table) = table(report, key.place, &key.name, list, &columns) {
                    structure.tables.push(table);
                }
            }
        }
    }
    structure
}

fn table(report: &mut Report, at: Place, name: &str, list: &Node, written: &[String]) -> Option<Table> {
    let mut wrong = |at, Unreadable { reason, help }| report.error(at, "bad-definition", reason, help);
    let name = Name::read(name).map_err(|unreadable| wrong(at, unreadable)).ok();
    let mut columns: Vec<Column> = Vec::new();
    for (text, item) in written.iter().zip(list.items()) {
        match Column::read(text) {
            Ok(column) if columns.iter().any(|other| other.name == column.name) => {
                let reason = format!("the column `{}` was given before", column.name);
                wrong(item.place, Unreadable { reason, help: "keep one of the two" });
            }
            Ok(column) => columns.push(column),
            Err(unreadable) => wrong(item.place, unreadable),
        }
    }
    Some(Table { name: name?, columns })
}
