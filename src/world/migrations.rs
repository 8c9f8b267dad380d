//! Migrations: reads the files of a folder and tells what is wrong with them. Never runs anything in them, and
//! never says that a folder is in order of which it has not read everything.

mod alembic;
mod folder;
mod history;
mod python;
mod sql;

use std::path::Path;

use crate::runbook::model::{MigrationTool, Migrations};

/// What was seen of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many migrations there are.
    pub migrations: usize,
    /// What is wrong, as `file:line: what`, in the order in which the migrations are applied. Neither masked nor clean.
    pub problems: Vec<String>,
}

/// Reads a folder and looks through what is in it.
///
/// # Errors
/// Why it cannot be judged, in a sentence.
pub async fn look_through(wanted: &Migrations, dir: &Path) -> Result<Seen, String> {
    let tool = wanted.tool;
    let files = folder::read(&wanted.dir, dir, tool).await?;
    let seen = tokio::task::spawn_blocking(move || match tool {
        MigrationTool::Alembic => alembic::judge(&files),
        MigrationTool::Sql => sql::judge(&files),
    });
    let seen = seen.await.map_err(|error| format!("the migrations could not be looked through: {error}"))?;
    if seen.migrations == 0 {
        let (kind, hint) = match tool {
            MigrationTool::Alembic => ("Alembic", "; Alembic keeps them in a folder `versions`"),
            MigrationTool::Sql => ("SQL", ""),
        };
        return Err(format!("there is no {kind} migration in {}{hint}", wanted.dir));
    }
    Ok(seen)
}
