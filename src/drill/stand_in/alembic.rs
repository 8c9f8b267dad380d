//! What `alembic` says: the revisions are those of the files in the project's folder, and the current one is the
//! database's. Never runs Python: what a revision does to the database is a row of a table here.

use std::fmt::Write as _;

use crate::drill::container::Place;
use crate::world::sandbox::database::{Database, SqlProblem};

use super::{Question, Reply, block_on};

/// A project with migrations.
pub(super) struct Project {
    /// Where its revisions are, in the world's project folder.
    versions: &'static str,
    /// What each revision's upgrade does.
    upgrades: &'static [(&'static str, &'static str)],
    /// A statement that lists what the models have and the database lacks.
    drift: Option<&'static str>,
}

/// The application of several containers.
pub(super) const APPLICATION: Project = Project {
    versions: "backend/app/alembic/versions",
    upgrades: &[
        ("1a31ce608336", include_str!("../application/1a31ce608336.sql")),
        ("5c0e8d7f2a91", include_str!("../application/5c0e8d7f2a91.sql")),
        ("b7d2f49e6c18", include_str!("../application/b7d2f49e6c18.sql")),
        // The one that autogenerate got wrong.
        ("e3a9c51d0f74", "CREATE TABLE ingestions (id uuid PRIMARY KEY, filename varchar(255) NOT NULL, ocr_provider varchar(64));"),
    ],
    drift: Some(include_str!("../application/drift.sql")),
};

/// The application that plans projects.
const PROJECTS: Project = Project {
    versions: "alembic/versions",
    upgrades: &[
        ("6d0f3b9e27a1", include_str!("../database_recovery/tables.sql")),
        ("cf14025f87ec", include_str!("../database_recovery/cf14025f87ec.sql")),
    ],
    drift: None,
};

/// A revision, from its file.
struct Revision {
    id: String,
    down: Option<String>,
    title: String,
}

/// Answers `alembic` outside of any container.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let words: Vec<&str> = question.arguments.iter().map(String::as_str).collect();
    answer(question, &PROJECTS, &std::env::var("DATABASE_URL").unwrap_or_default(), &words)
}

/// Answers `alembic` with these words, in a project whose database is there.
pub(super) fn answer(question: &Question<'_>, project: &Project, url: &str, words: &[&str]) -> Reply {
    let line = line_of(&revisions(question, project)?)?;
    let head = line.last().map_or("", |revision| &revision.id);
    match words {
        ["heads"] => Ok(format!("{head} (head)\n")),
        ["history"] => {
            let told = line.iter().rev().map(|revision| {
                let mark = if revision.id == head { " (head)" } else { "" };
                format!("{} -> {}{mark}, {}\n", revision.down.as_deref().unwrap_or("<base>"), revision.id, revision.title)
            });
            Ok(told.collect())
        }
        _ => block_on(async {
            let unreachable = |problem| format!("sqlalchemy.exc.OperationalError: could not connect to server: {problem}");
            let database = Database::connect(url).await.map_err(unreachable)?;
            let current = current(&database).await?;
            let at = line.iter().position(|revision| Some(&revision.id) == current.as_ref());
            let lost = || format!("FAILED: Can't locate revision identified by '{}'", current.as_deref().unwrap_or_default());
            match (words, project.drift) {
                (["current"], _) => match (&current, at) {
                    (None, _) => Ok(String::new()),
                    (Some(_), None) => Err(lost()),
                    (Some(id), _) => Ok(format!("{id}{}\n", if id == head { " (head)" } else { "" })),
                },
                (["upgrade", "head"], _) => {
                    if current.is_some() && at.is_none() {
                        return Err(lost());
                    }
                    upgrade(&database, project, &line[at.map_or(0, |at| at + 1)..]).await
                }
                (["stamp", wanted], _) => {
                    let id = line.iter().find(|revision| revision.id == *wanted).map_or(head, |revision| &revision.id);
                    if *wanted != "head" && id != *wanted {
                        return Err(format!("FAILED: Can't locate revision identified by '{wanted}'"));
                    }
                    write(&database, id).await.map(|()| String::new())
                }
                (["check"], Some(drift)) => check(&database, drift, current.as_deref() == Some(head)).await,
                _ => Err(question.not_imitated("alembic")),
            }
        })?,
    }
}

async fn current(database: &Database) -> Result<Option<String>, String> {
    let exists = database.rows("SELECT to_regclass('alembic_version')::text", &[]).await.map_err(|problem| in_words(&problem))?;
    if exists.first().is_none_or(|row| row.first().is_none_or(Option::is_none)) {
        return Ok(None);
    }
    let rows = database.rows("SELECT version_num::text FROM alembic_version", &[]).await.map_err(|problem| in_words(&problem))?;
    Ok(rows.into_iter().flatten().flatten().next())
}

async fn write(database: &Database, id: &str) -> Result<(), String> {
    let statements = format!("BEGIN; DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{id}'); COMMIT;");
    database.run(&statements).await.map_err(|problem| in_words(&problem))
}

/// Applies revisions, each in a transaction of its own.
async fn upgrade(database: &Database, project: &Project, revisions: &[Revision]) -> Reply {
    let mut said = "INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.\n".to_owned();
    for revision in revisions {
        let Some((_, sql)) = project.upgrades.iter().find(|(id, _)| *id == revision.id) else {
            return Err(format!("the migration {} is not imitated in a drill", revision.id));
        };
        let statements = format!("BEGIN; {sql} UPDATE alembic_version SET version_num = '{}'; COMMIT;", revision.id);
        if let Err(problem) = database.run(&statements).await {
            return Err(format!("{said}{}", in_words(&problem)));
        }
        let down = revision.down.as_deref().unwrap_or_default();
        let _ = writeln!(said, "INFO  [alembic.runtime.migration] Running upgrade {down} -> {}, {}", revision.id, revision.title);
    }
    Ok(said)
}

/// The columns of the application's models against those of the database.
async fn check(database: &Database, drift: &str, is_at_head: bool) -> Reply {
    if !is_at_head {
        return Err("FAILED: Target database is not up to date.".to_owned());
    }
    let missing = database.rows(drift, &[]).await.map_err(|problem| in_words(&problem))?;
    let missing: Vec<String> = missing.into_iter().flatten().flatten().collect();
    if missing.is_empty() {
        return Ok("No new upgrade operations detected.\n".to_owned());
    }
    Err(format!("FAILED: New upgrade operations detected: [{}]", missing.join(", ")))
}

fn in_words(problem: &SqlProblem) -> String {
    let class = match problem.sqlstate.as_deref() {
        Some("42P07") => "DuplicateTable",
        Some("42P01") => "UndefinedTable",
        Some("42701") => "DuplicateColumn",
        _ => "DatabaseError",
    };
    format!("sqlalchemy.exc.ProgrammingError: (psycopg.errors.{class}) {problem}")
}

/// The revisions whose files are there.
fn revisions(question: &Question<'_>, project: &Project) -> Result<Vec<Revision>, String> {
    let folder = Place::of(question.folder).project().join(project.versions);
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", project.versions))?;
    let texts = entries.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "py"));
    Ok(texts.filter_map(|entry| revision(&std::fs::read_to_string(entry.path()).ok()?)).collect())
}

fn revision(text: &str) -> Option<Revision> {
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix('='))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    let title = text.lines().next().unwrap_or_default().trim_matches('"').to_owned();
    Some(Revision { id: value("revision")?, down: value("down_revision").filter(|down| down != "None"), title })
}

/// The revisions from the first to the head.
fn line_of(revisions: &[Revision]) -> Result<Vec<Revision>, String> {
    let mut line: Vec<Revision> = Vec::new();
    loop {
        let above = line.last().map(|revision| revision.id.clone());
        let mut next = revisions.iter().filter(|revision| revision.down == above);
        match (next.next(), next.next()) {
            (None, _) => return Ok(line),
            (Some(_), Some(_)) => return Err("FAILED: Multiple head revisions are present for given argument 'head'".to_owned()),
            (Some(Revision { id, down, title }), None) => line.push(Revision { id: id.clone(), down: down.clone(), title: title.clone() }),
        }
        if line.len() > revisions.len() {
            return Err("FAILED: the revisions go round in a circle".to_owned());
        }
    }
}
