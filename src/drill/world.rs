//! The world of a drill: built healthy from a seed, then really broken. Never tells what was broken; that is
//! said when the drill is over.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::base::hash::sha256;
use crate::runbook::model::Connection;
use crate::world::postgres::Server;
use crate::world::sandbox::database::{Database, SqlProblem};
use crate::world::sandbox::service::Phase;
use crate::world::sandbox::{Sandbox, SandboxProblem};

use super::scenario::{Fault, Proof, Rows, Scenario, Tool};
use super::shell::{Shell, quoted};

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
    /// The path of this program: the world's keeper, its services and its stand-ins are subcommands of it.
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
    scenario: &'static Scenario,
    fault: &'static Fault,
    /// The keys that `fault.keeps` had before it struck.
    kept: Vec<BTreeSet<String>>,
    blanks: Blanks,
    shell: Shell,
}

/// What stands for the placeholders in the texts of a scenario.
#[derive(Debug)]
struct Blanks(Vec<(String, String)>);

impl World {
    /// Builds a world, waits until everything in it works, breaks it and waits until that shows.
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
                let (kept, blanks, shell) = furnished?;
                Ok(Self { sandbox, scenario, fault, kept, blanks, shell })
            }
            Err(_) => Err(SandboxProblem::failed("the drill's world did not come to be within a minute", &last_words(&sandbox, scenario))),
        }
    }

    async fn furnish(
        sandbox: &Sandbox,
        program: &Path,
        scenario: &Scenario,
        fault: &Fault,
        seed: u64,
        progress: &mut impl FnMut(&str),
    ) -> Result<(Vec<BTreeSet<String>>, Blanks, Shell), SandboxProblem> {
        progress("Building the healthy world");
        let sql = |problem: SqlProblem| {
            let denied = problem.sqlstate.as_deref() == Some(INSUFFICIENT_PRIVILEGE);
            let needs = if denied { " (where pgvector is not installed, that takes a superuser)" } else { "" };
            SandboxProblem::failed(format!("cannot build the drill's world{needs}"), &problem)
        };
        let database = Database::connect(sandbox.url()).await.map_err(sql)?;
        database.rows("SELECT set_config('fracas.seed', $1, false)", &[&seed.to_string()]).await.map_err(sql)?;
        database.run(scenario.healthy).await.map_err(sql)?;
        let blanks = Blanks::of(sandbox, scenario)?;
        let project = write_files(sandbox.folder(), program, scenario, &blanks)
            .map_err(|error| SandboxProblem::failed("cannot write the drill's files", &error))?;
        let shell = Shell { dir: project, env: env(sandbox, scenario, &blanks) };

        progress("Starting what runs in it");
        for (name, arguments) in scenario.services {
            let folder = sandbox.folder().to_string_lossy();
            let command = std::iter::once(program.to_string_lossy().into_owned())
                .chain(arguments.iter().map(|argument| argument.replace("{folder}", &folder)));
            let started = sandbox.service(name).start(command.collect(), BTreeMap::new());
            started.map_err(|error| SandboxProblem::failed(format!("cannot start the drill's {name}"), &error))?;
        }
        for tool in scenario.tools {
            answers(&sandbox.folder().join(BIN).join(tool.name), tool.harmless, &shell).await?;
        }
        shell.must(scenario.begins).await?;
        until(scenario.settled, &database, sandbox, &shell).await.map_err(sql)?;

        progress("Something happens");
        let mut kept = Vec::new();
        for rows in fault.keeps {
            kept.push(keys(&database, rows).await.map_err(sql)?);
        }
        database.run(fault.sql).await.map_err(sql)?;
        shell.must(fault.shell).await?;

        progress("Waiting for the alarm");
        until(fault.symptom, &database, sandbox, &shell).await.map_err(sql)?;
        Ok((kept, blanks, shell))
    }

    /// What the programs a runbook runs get as environment: the database, and the stand-ins first on `PATH`.
    #[must_use]
    pub fn env(&self) -> BTreeMap<String, String> {
        self.shell.env.clone()
    }

    /// Inputs of the runbook that are what they are in this world.
    #[must_use]
    pub fn inputs(&self) -> BTreeMap<String, String> {
        self.scenario.inputs.iter().map(|(name, value)| ((*name).to_owned(), self.blanks.filled(value))).collect()
    }

    /// The inputs of an incident that was opened in an earlier world from the same plot: what was chosen anew for this
    /// one, such as a port, replaces what it was then, and what was not kept, a secret, is as this world has it.
    #[must_use]
    pub fn inputs_again(&self, mut inputs: BTreeMap<String, String>) -> BTreeMap<String, String> {
        for (name, value) in self.scenario.inputs {
            if value.contains("{port:") || !inputs.contains_key(*name) {
                inputs.insert((*name).to_owned(), self.blanks.filled(value));
            }
        }
        inputs
    }

    /// The project's folder, where the programs a runbook runs find themselves.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.shell.dir
    }

    /// What broke.
    #[must_use]
    pub fn fault(&self) -> &'static Fault {
        self.fault
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
            match holds(invariant.proof, database, &self.sandbox, &self.shell).await {
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

/// Where in the sandbox's folder the project's files are.
pub(super) const PROJECT: &str = "project";

/// The file in the sandbox's folder with a line for each port: its name and its number.
pub(super) const PORTS: &str = "ports";

/// Writes the project's files and the stand-ins; returns the project's folder.
fn write_files(folder: &Path, program: &Path, scenario: &Scenario, blanks: &Blanks) -> std::io::Result<PathBuf> {
    let project = folder.join(PROJECT);
    std::fs::create_dir_all(&project)?;
    std::fs::write(folder.join(PORTS), blanks.ports())?;
    for (path, contents) in scenario.files {
        let path = project.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&project))?;
        std::fs::write(path, blanks.filled(contents))?;
    }
    let bin = folder.join(BIN);
    std::fs::create_dir_all(&bin)?;
    for Tool { name, stand_in, .. } in scenario.tools {
        let script = format!("#!/bin/sh\nexec {} {} {} {} \"$@\"\n", quoted(program), super::STAND_IN, quoted(folder), stand_in.name());
        let path = bin.join(name);
        std::fs::write(&path, script)?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755))?;
    }
    Ok(project)
}

/// Makes sure that a stand-in runs. Where programs may not run from its folder, a shell would go on along `PATH`
/// and find the real one, which could restart something real.
async fn answers(stand_in: &Path, harmless: &[&str], shell: &Shell) -> Result<(), SandboxProblem> {
    let why = match tokio::process::Command::new(stand_in).args(harmless).envs(&shell.env).current_dir(&shell.dir).output().await {
        Ok(said) if said.status.success() => return Ok(()),
        Ok(said) => String::from_utf8_lossy(&said.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(SandboxProblem::Folder { what: format!("cannot run {}", stand_in.display()), why })
}

async fn holds(proof: Proof, database: &Database, sandbox: &Sandbox, shell: &Shell) -> Result<bool, SqlProblem> {
    match proof {
        Proof::Sql(statement) => {
            let rows = database.rows(statement, &[]).await?;
            Ok(rows.first().and_then(|row| row.first()?.as_deref()) == Some("true"))
        }
        Proof::Shell(line) => Ok(shell.run(line).await.is_ok()),
        Proof::Crashing(name, words) => {
            let service = sandbox.service(name);
            let is_crashing = |run| service.log(run).contains(words);
            Ok(service.status().is_ok_and(|status| status.phase == Phase::CrashLoopBackOff && is_crashing(status.run)))
        }
    }
}

async fn until(proof: Proof, database: &Database, sandbox: &Sandbox, shell: &Shell) -> Result<(), SqlProblem> {
    while !holds(proof, database, sandbox, shell).await? {
        sleep(LOOK).await;
    }
    Ok(())
}

async fn keys(database: &Database, Rows { table, key }: &Rows) -> Result<BTreeSet<String>, SqlProblem> {
    let rows = database.rows(&format!("SELECT {key}::text FROM {table}"), &[]).await?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

fn last_words(sandbox: &Sandbox, scenario: &Scenario) -> String {
    let said = scenario.services.iter().filter_map(|(name, _)| {
        let service = sandbox.service(name);
        let log = service.log(service.status().ok()?.run);
        log.lines().last().map(|line| format!("{name}: {line}"))
    });
    said.last().unwrap_or_else(|| "its services have logged nothing".to_owned())
}

/// What the programs a runbook runs get as environment.
fn env(sandbox: &Sandbox, scenario: &Scenario, blanks: &Blanks) -> BTreeMap<String, String> {
    let mut path = sandbox.folder().join(BIN).into_os_string();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    let mut env: BTreeMap<String, String> = [("DATABASE_URL", sandbox.url().to_owned()), ("PATH", path.to_string_lossy().into_owned())]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    env.extend(scenario.env.iter().map(|(name, value)| ((*name).to_owned(), blanks.filled(value))));
    env
}

impl Blanks {
    fn of(sandbox: &Sandbox, scenario: &Scenario) -> Result<Self, SandboxProblem> {
        let url = Connection::Url(sandbox.url().to_owned());
        let server = Server::resolve(&url, &|name| std::env::var(name).ok())
            .map_err(|why| SandboxProblem::failed("the drill's database has no usable URL", &why))?;
        let config = server.resolved.config;
        let mut blanks = vec![
            ("{url}".to_owned(), sandbox.url().to_owned()),
            ("{database}".to_owned(), config.get_dbname().unwrap_or_default().to_owned()),
            ("{user}".to_owned(), config.get_user().unwrap_or_default().to_owned()),
        ];
        // All are held until each has one, so that no two are the same.
        let mut held = Vec::new();
        for name in scenario.ports {
            let no_port = |error| SandboxProblem::failed("there is no free port on this machine", &error);
            let listener = free_port(sandbox.folder()).map_err(no_port)?;
            blanks.push((format!("{{port:{name}}}"), listener.local_addr().map_err(no_port)?.port().to_string()));
            held.push(listener);
        }
        Ok(Self(blanks))
    }

    fn filled(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (blank, value)| text.replace(blank, value))
    }

    /// A line for each port: its name and its number.
    fn ports(&self) -> String {
        let ports = self.0.iter().filter_map(|(blank, value)| Some((blank.strip_prefix("{port:")?.strip_suffix('}')?, value)));
        ports.map(|(name, port)| format!("{name} {port}\n")).collect()
    }
}

/// A port nobody listens on. Below those that the system hands out by itself, which begin at 32768 on Linux and at
/// 49152 elsewhere, so that nobody else is given it before our program listens. Where the search begins is the
/// folder's doing, whose name is a matter of chance, so that two worlds built at once do not meet.
fn free_port(folder: &Path) -> std::io::Result<TcpListener> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    const TRIES: usize = 100;
    let begin =
        sha256(folder.as_os_str().as_encoded_bytes()).bytes().fold(0, |sum: u16, digit| sum.wrapping_mul(31).wrapping_add(digit.into()));
    let ports = (0..COUNT).map(|n| FIRST + (begin % COUNT + n) % COUNT);
    let listener = ports.take(TRIES).find_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    listener.ok_or_else(|| std::io::ErrorKind::AddrInUse.into())
}
