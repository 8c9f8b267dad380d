//! The world of a drill: built healthy from a seed, then really broken. Never tells what was broken; that is
//! said when the drill is over.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::world::sandbox::database::{Database, SqlProblem};
use crate::world::sandbox::service::Phase;
use crate::world::sandbox::{Sandbox, SandboxProblem, Service};

use super::scenario::{Fault, Rows, Scenario};
use super::stand_in::{TOOLS, Tool};

/// How often the world is looked at while it comes to be.
const LOOK: Duration = Duration::from_millis(10);

/// The world takes a second or two; a much slower machine still gets its chance.
const TIME_TO_BUILD: Duration = Duration::from_mins(1);

/// What must hold in the end may still need the worker to finish what it is at.
const TIME_TO_HOLD: Duration = Duration::from_secs(5);

/// PostgreSQL's code for a role that may not do something.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// What a world is built from. The same plot gives the same world.
#[derive(Debug, Clone, Copy)]
pub struct Plot<'a> {
    /// The path of this program: the world's keeper, worker, `docker` and `kubectl` are subcommands of it.
    pub program: &'a Path,
    /// The drill.
    pub scenario: &'static Scenario,
    /// What breaks.
    pub fault: &'static Fault,
    /// The number the world's rows are made from.
    pub seed: u64,
    /// A server to make a throwaway database on, as a URL without a password, instead of a throwaway server.
    pub server: Option<&'a str>,
}

/// A broken world. Gone shortly after this is dropped, or the program ends; [`World::close`] waits for it.
#[derive(Debug)]
pub struct World {
    sandbox: Sandbox,
    fault: &'static Fault,
    /// The keys that `fault.keeps` had before it struck.
    kept: Vec<BTreeSet<String>>,
    project: PathBuf,
}

impl World {
    /// Builds a world, waits until its worker works, breaks it and waits until the worker fails.
    ///
    /// `progress` hears what is being built, a short line each.
    ///
    /// # Errors
    ///
    /// [`SandboxProblem`]; nothing is left then.
    pub async fn build(plot: Plot<'_>, mut progress: impl FnMut(&str)) -> Result<Self, SandboxProblem> {
        let Plot { program, scenario, fault, seed, server } = plot;
        progress(if server.is_some() { "Creating a throwaway database" } else { "Starting a throwaway PostgreSQL" });
        let sandbox = Sandbox::start(program, server).await?;
        match timeout(TIME_TO_BUILD, Self::furnish(&sandbox, program, scenario, fault, seed, &mut progress)).await {
            Ok(furnished) => {
                let (kept, project) = furnished?;
                Ok(Self { sandbox, fault, kept, project })
            }
            Err(_) => Err(SandboxProblem::failed("the drill's world did not come to be within a minute", &last_words(&sandbox.service()))),
        }
    }

    async fn furnish(
        sandbox: &Sandbox,
        program: &Path,
        scenario: &Scenario,
        fault: &Fault,
        seed: u64,
        progress: &mut impl FnMut(&str),
    ) -> Result<(Vec<BTreeSet<String>>, PathBuf), SandboxProblem> {
        progress("Building the healthy world");
        let sql = |problem: SqlProblem| {
            let denied = problem.sqlstate.as_deref() == Some(INSUFFICIENT_PRIVILEGE);
            let needs = if denied { " (where pgvector is not installed, that takes a superuser)" } else { "" };
            SandboxProblem::failed(format!("cannot build the drill's world{needs}"), &problem)
        };
        let database = Database::connect(sandbox.url()).await.map_err(sql)?;
        database.rows("SELECT set_config('fracas.seed', $1, false)", &[&seed.to_string()]).await.map_err(sql)?;
        database.run(scenario.healthy).await.map_err(sql)?;
        let project = write_files(sandbox.folder(), program, scenario)
            .map_err(|error| SandboxProblem::failed("cannot write the drill's files", &error))?;

        progress("Starting the worker");
        let service = sandbox.service();
        let keeper = |error: std::io::Error| SandboxProblem::failed("cannot start the drill's worker", &error);
        service.start(vec![program.to_string_lossy().into_owned(), super::WORKER.to_owned()]).map_err(keeper)?;
        while !holds(&database, scenario.settled).await.map_err(sql)? {
            sleep(LOOK).await;
        }

        progress("Something happens");
        let mut kept = Vec::new();
        for rows in fault.keeps {
            kept.push(keys(&database, rows).await.map_err(sql)?);
        }
        database.run(fault.sql).await.map_err(sql)?;

        progress("Waiting for the alarm");
        loop {
            let status = service.status().map_err(keeper)?;
            if status.phase == Phase::CrashLoopBackOff && service.log(status.run).contains(fault.symptom) {
                break;
            }
            sleep(LOOK).await;
        }
        for tool in TOOLS {
            answers(&sandbox.folder().join(BIN).join(tool.name), tool.harmless).await?;
        }
        Ok((kept, project))
    }

    /// What the programs a runbook runs get as environment: the database, and the stand-ins first on `PATH`.
    #[must_use]
    pub fn env(&self) -> BTreeMap<String, String> {
        let mut path = self.sandbox.folder().join(BIN).into_os_string();
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        [("DATABASE_URL", self.sandbox.url().to_owned()), ("PATH", path.to_string_lossy().into_owned())]
            .map(|(name, value)| (name.to_owned(), value))
            .into()
    }

    /// The project's folder, where the programs a runbook runs find themselves.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.project
    }

    /// What broke.
    #[must_use]
    pub fn fault(&self) -> &'static Fault {
        self.fault
    }

    /// The worker.
    #[must_use]
    pub fn service(&self) -> Service {
        self.sandbox.service()
    }

    /// Whether the world is whole again: rows that came to no harm are still there, and all that must hold does.
    ///
    /// # Errors
    ///
    /// A sentence for each thing that is not as it should be.
    pub async fn verify_end(&self) -> Result<(), Vec<String>> {
        let unreachable = |problem: SqlProblem| vec![format!("The drill's database cannot be asked: {problem}")];
        let database = Database::connect(self.sandbox.url()).await.map_err(unreachable)?;
        let mut broken = self.broken(&database).await;
        let _ = timeout(TIME_TO_HOLD, async {
            while !broken.is_empty() {
                sleep(LOOK).await;
                broken = self.broken(&database).await;
            }
        })
        .await;
        if broken.is_empty() { Ok(()) } else { Err(broken) }
    }

    /// A sentence for each thing that is not as it should be at this moment.
    async fn broken(&self, database: &Database) -> Vec<String> {
        let mut broken = Vec::new();
        for (rows, kept) in self.fault.keeps.iter().zip(&self.kept) {
            match keys(database, rows).await {
                Ok(now) if kept.is_subset(&now) => {}
                Ok(now) => {
                    let lost = kept.difference(&now).count();
                    broken.push(format!("{lost} of {} rows of {} that came to no harm are not there", kept.len(), rows.table));
                }
                Err(problem) => broken.push(format!("The rows of {} cannot be counted: {problem}", rows.table)),
            }
        }
        for invariant in self.fault.holds {
            match holds(database, invariant.sql).await {
                Ok(true) => {}
                Ok(false) => broken.push(format!("Not so: {}", invariant.says)),
                Err(problem) => broken.push(format!("Not so: {} ({problem})", invariant.says)),
            }
        }
        broken
    }

    /// Clears the world away and waits until nothing of it is left.
    pub async fn close(self) {
        self.sandbox.close().await;
    }
}

/// Where in the sandbox's folder the stand-ins are.
const BIN: &str = "bin";

/// Writes the project's files and the stand-ins; returns the project's folder.
fn write_files(folder: &Path, program: &Path, scenario: &Scenario) -> std::io::Result<PathBuf> {
    let project = folder.join("project");
    for (path, contents) in scenario.files {
        let path = project.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&project))?;
        std::fs::write(path, contents)?;
    }
    let bin = folder.join(BIN);
    std::fs::create_dir_all(&bin)?;
    for Tool { name, .. } in TOOLS {
        let script = format!("#!/bin/sh\nexec {} {} {} {name} \"$@\"\n", quoted(program), super::STAND_IN, quoted(folder));
        let path = bin.join(name);
        std::fs::write(&path, script)?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755))?;
    }
    Ok(project)
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

/// Makes sure that a stand-in runs. Where programs may not run from its folder, a shell would go on along `PATH`
/// and find the real one, which could restart something real.
async fn answers(stand_in: &Path, harmless: &[&str]) -> Result<(), SandboxProblem> {
    let why = match tokio::process::Command::new(stand_in).args(harmless).output().await {
        Ok(said) if said.status.success() => return Ok(()),
        Ok(said) => String::from_utf8_lossy(&said.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(SandboxProblem::Folder { what: format!("cannot run {}", stand_in.display()), why })
}

async fn holds(database: &Database, sql: &str) -> Result<bool, SqlProblem> {
    let rows = database.rows(sql, &[]).await?;
    Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("true"))
}

async fn keys(database: &Database, Rows { table, key }: &Rows) -> Result<BTreeSet<String>, SqlProblem> {
    let rows = database.rows(&format!("SELECT {key}::text FROM {table}"), &[]).await?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

fn last_words(service: &Service) -> String {
    let log = service.status().map(|status| service.log(status.run)).unwrap_or_default();
    log.lines().last().unwrap_or("its worker has logged nothing").to_owned()
}
