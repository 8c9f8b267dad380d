//! What `npx` runs for the inbox: Prisma's migrations, which are really applied, and the scripts that verify them. Never
//! imitates a script that is not one of those.

use std::path::PathBuf;

use crate::drill::container::Place;
use crate::world::sandbox::database::{Database, SqlProblem};

use super::{Question, Reply, block_on};

/// What the script that verifies the structure asks.
const WHOLE: &str = include_str!("../schema_drift_fix/whole.sql");

/// Answers `npx`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let words: Vec<&str> = question.arguments.iter().map(String::as_str).collect();
    block_on(async {
        match words[..] {
            ["prisma", "--version"] => Ok("prisma                  : 6.1.0\n@prisma/client          : 6.1.0\n".to_owned()),
            ["prisma", "generate"] => Ok("✔ Generated Prisma Client (v6.1.0) to ./node_modules/@prisma/client in 71ms\n".to_owned()),
            ["prisma", "migrate", "status"] => Prisma::of(question).await?.status(),
            ["prisma", "migrate", "deploy"] => Prisma::of(question).await?.deploy().await,
            ["prisma", "migrate", "resolve", "--applied", name] => Prisma::of(question).await?.resolve(name).await,
            ["tsx", "scripts/db/verify-schema.ts"] => verify(&connect().await?).await,
            _ => Err(question.not_imitated("npx")),
        }
    })?
}

/// The direct address, as `directUrl` in schema.prisma says.
async fn connect() -> Result<Database, String> {
    let url = std::env::var("DIRECT_URL").map_err(|_| "Error: P1012: Environment variable not found: DIRECT_URL.")?;
    Database::connect(&url).await.map_err(|problem| format!("Error: P1001: Can't reach database server: {problem}"))
}

/// The migrations in the project's folder, and those that the database remembers.
struct Prisma {
    database: Database,
    folder: PathBuf,
    there: Vec<String>,
    applied: Vec<String>,
}

impl Prisma {
    async fn of(question: &Question<'_>) -> Result<Self, String> {
        let database = connect().await?;
        let folder = Place::of(question.folder).project().join("prisma/migrations");
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("Error: {error}"))?;
        let mut there: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        there.sort();
        let remembered =
            r#"SELECT "migration_name"::text FROM "_prisma_migrations" WHERE "finished_at" IS NOT NULL AND "rolled_back_at" IS NULL"#;
        let applied = database.rows(remembered, &[]).await.map_err(|problem| said(&problem))?.into_iter().flatten().flatten().collect();
        Ok(Self { database, folder, there, applied })
    }

    fn found(&self) -> String {
        format!("{} migrations found in prisma/migrations\n\n", self.there.len())
    }

    fn pending(&self) -> Vec<&String> {
        self.there.iter().filter(|name| !self.applied.contains(name)).collect()
    }

    fn status(&self) -> Reply {
        let pending = self.pending();
        if pending.is_empty() {
            return Ok(self.found() + "Database schema is up to date!\n");
        }
        let names: String = pending.iter().map(|name| format!("{name}\n")).collect();
        Err(format!(
            "{}Following migrations have not yet been applied:\n{names}\nTo apply migrations in production run prisma migrate deploy.",
            self.found()
        ))
    }

    async fn deploy(&self) -> Reply {
        let pending = self.pending();
        if pending.is_empty() {
            return Ok(self.found() + "No pending migrations to apply.\n");
        }
        let mut report = self.found();
        for name in pending {
            report.extend(["Applying migration `", name, "`\n"]);
            let text = std::fs::read_to_string(self.folder.join(name).join("migration.sql")).map_err(|error| format!("Error: {error}"))?;
            let failed = |problem: SqlProblem| {
                format!("Error: P3018: A migration failed to apply.\nMigration name: {name}\nDatabase error: {problem}")
            };
            self.database.run(&text).await.map_err(failed)?;
            self.remember(name).await?;
        }
        Ok(report + "\nAll migrations have been successfully applied.\n")
    }

    async fn resolve(&self, name: &str) -> Reply {
        if !self.there.iter().any(|known| known == name) {
            return Err(format!("Error: P3017: The migration {name} could not be found."));
        }
        if self.applied.iter().any(|known| known == name) {
            return Err(format!("Error: P3008: The migration `{name}` is already recorded as applied in the database."));
        }
        self.remember(name).await?;
        Ok(format!("Migration {name} marked as applied.\n"))
    }

    async fn remember(&self, name: &str) -> Result<(), String> {
        let row = r#"INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "applied_steps_count")
                     VALUES (gen_random_uuid()::text, md5($1) || md5($1 || '.'), now(), $1, 1)"#;
        self.database.rows(row, &[name]).await.map(drop).map_err(|problem| said(&problem))
    }
}

async fn verify(database: &Database) -> Reply {
    let rows = database.rows(WHOLE, &[]).await.map_err(|problem| said(&problem))?;
    let is_there = |row: &Vec<Option<String>>| row.get(1).is_some_and(|is_there| is_there.as_deref() == Some("true"));
    let told = |row: &Vec<Option<String>>| {
        let (mark, word) = if is_there(row) { ("✅", "EXISTS") } else { ("❌", "MISSING") };
        format!("{mark} {}: {word}\n", row.first().cloned().flatten().unwrap_or_default())
    };
    let report: String = rows.iter().map(told).collect();
    if rows.iter().all(is_there) { Ok(report + "✅ Schema verification PASSED\n") } else { Err(report + "❌ Schema verification FAILED") }
}

fn said(problem: &SqlProblem) -> String {
    format!("Error: {problem}")
}
