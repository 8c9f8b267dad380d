//! Alembic's migrations, in the order of their `down_revision`. They are Python and are read as text: never run,
//! and never imported. What a migration works out while it runs is not seen.

mod revision;
mod upgrade;

use std::collections::{BTreeMap, BTreeSet};

use super::folder::SourceFile;
use super::history::History;
use super::python::Logical;
use super::{Seen, python};
use revision::Revision;

/// A migration, read.
struct Migration<'f> {
    file: &'f SourceFile,
    lines: Vec<Logical>,
    revision: Revision,
}

/// What is wrong with these files.
pub(super) fn judge(files: &[SourceFile]) -> Seen {
    let mut seen = Seen::default();
    let mut migrations = Vec::new();
    for file in files {
        match python::lines(&file.text) {
            Ok(lines) => {
                // A module without a revision, such as `__init__.py`, is no migration.
                if let Some(revision) = Revision::of(&lines) {
                    migrations.push(Migration { file, lines, revision });
                }
            }
            Err((line, what)) => {
                seen.migrations += 1;
                seen.problems.push(format!("{}:{line}: cannot be read as Python: {what}", file.name));
            }
        }
    }
    seen.migrations += migrations.len();
    let mut history = History::default();
    for migration in in_order(&migrations, &mut seen.problems) {
        judge_one(migration, &mut history, &mut seen.problems);
    }
    heads(&migrations, &mut seen.problems);
    seen
}

/// Each migration after those it builds on; of those that are free to come, the first by name.
fn in_order<'m, 'f>(migrations: &'m [Migration<'f>], problems: &mut Vec<String>) -> Vec<&'m Migration<'f>> {
    let mut by_id: BTreeMap<&str, &Migration<'_>> = BTreeMap::new();
    for migration in migrations {
        if let Some(first) = by_id.insert(&migration.revision.id, migration) {
            let (file, line) = (&migration.file.name, migration.revision.line);
            problems.push(format!("{file}:{line}: has the revision `{}`, as {} has", migration.revision.id, first.file.name));
        }
    }
    for migration in migrations {
        let Revision { line, down, .. } = &migration.revision;
        let mut tell = |what: &str| problems.push(format!("{}:{line}: {what}", migration.file.name));
        match down {
            None => tell("has no `down_revision` that can be read without running it"),
            Some(down) => {
                for missing in down.iter().filter(|id| !by_id.contains_key(id.as_str())) {
                    tell(&format!("builds on `{missing}`, which is not in this folder"));
                }
            }
        }
    }
    let (mut done, mut left, mut ordered) = (BTreeSet::new(), migrations.iter().collect::<Vec<_>>(), Vec::new());
    while !left.is_empty() {
        let is_free = |migration: &&Migration<'_>| {
            let mut needs = migration.revision.down.iter().flatten().chain(&migration.revision.depends_on).map(String::as_str);
            needs.all(|id| done.contains(id) || !by_id.contains_key(id))
        };
        let (free, waiting): (Vec<_>, Vec<_>) = left.into_iter().partition(is_free);
        if let (true, Some(first)) = (free.is_empty(), waiting.first()) {
            let place = format!("{}:{}", first.file.name, first.revision.line);
            problems.push(format!("{place}: builds on itself, through {} migrations", waiting.len()));
            ordered.extend(waiting);
            break;
        }
        done.extend(free.iter().map(|migration| migration.revision.id.as_str()));
        ordered.extend(free);
        left = waiting;
    }
    ordered
}

/// More than one migration that nothing builds on.
fn heads(migrations: &[Migration<'_>], problems: &mut Vec<String>) {
    let built_on: BTreeSet<&str> =
        migrations.iter().flat_map(|migration| migration.revision.down.iter().flatten().map(String::as_str)).collect();
    let heads: Vec<&Migration<'_>> = migrations.iter().filter(|migration| !built_on.contains(migration.revision.id.as_str())).collect();
    if let [_, .., last] = heads.as_slice() {
        let named: Vec<String> = heads.iter().map(|head| format!("{} ({})", head.revision.id, head.file.name)).collect();
        let (file, line, count) = (&last.file.name, last.revision.line, heads.len());
        problems.push(format!("{file}:{line}: is one of {count} heads, of which there may be one: {}", named.join(", ")));
    }
}

fn judge_one(migration: &Migration<'_>, history: &mut History, problems: &mut Vec<String>) {
    let Migration { file, lines, revision } = migration;
    let mut tell = |line: usize, what: &str| problems.push(format!("{}:{line}: {what}", file.name));
    let functions = upgrade::functions(lines);
    // What only joins branches has nothing to do by itself.
    let joins = revision.down.as_ref().is_some_and(|down| down.len() > 1);
    match functions.get("upgrade") {
        None => tell(1, "has no upgrade()"),
        Some(body) => {
            if body.is_idle() && !joins && !file.is_confirmed(body.line) {
                tell(body.line, "is empty: upgrade() changes nothing");
            }
            for step in upgrade::steps(file, &functions) {
                if let Some(problem) = history.take(&file.name, &step) {
                    tell(step.line, &format!("{problem}, without a confirmation"));
                }
            }
        }
    }
    match functions.get("downgrade") {
        None if joins => {}
        None => tell(1, "has no downgrade()"),
        Some(body) if joins || file.is_confirmed(body.line) => {}
        Some(body) if body.is_idle() => tell(body.line, "has a downgrade() that does nothing"),
        Some(body) if body.only_raises() => tell(body.line, "has a downgrade() that only raises an error"),
        Some(_) => {}
    }
}
