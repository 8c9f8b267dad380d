//! Asks checks and runs remediations in one incident's surroundings: its inputs, targets and environment.
//! Everything that leaves here is clean and masked. Never decides whether an answer is good.

mod clean;
mod kinds;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::ExposeSecret as _;
use crate::base::id::Id;
use crate::base::redact::Masker;
use crate::engine::attempt::{Answer, RemediationNews};
use crate::runbook::Runbook;
use crate::runbook::joined::came_with;
use crate::runbook::model::{self, Act, Check, CommandLine, Connection, EnvValue, Remediation};
use crate::runbook::pattern::Pattern;
use crate::runbook::sql;
use crate::timeline::event::{Committing, Outcome, PlannedStep, Problem, ServerFacts};

use super::command::{self, End, Job};
use super::env::Found;
use super::postgres::remedy::Remedy;
use super::postgres::{Server, certain};
pub use super::stop::{Stop, Stopper};
use super::trust::{Bound, Bounds, PulledIn};

/// What an incident's questions and changes see of the world.
#[derive(Clone)]
pub struct Surroundings {
    /// What is asked and done.
    pub runbook: Arc<Runbook>,
    /// Answers to the runbook's questions, secret ones included.
    pub inputs: BTreeMap<String, String>,
    /// Connections given in place of the runbook's own.
    pub targets: BTreeMap<Id, Connection>,
    /// On top of the process's environment, for commands and for finding connections: a drill's `PATH` and
    /// `DATABASE_URL`.
    pub env: BTreeMap<String, String>,
    /// Where commands run; this process's folder where left out.
    pub dir: Option<PathBuf>,
}

impl Surroundings {
    /// How a target is reached: as was said for it, or for another one that the runbook reaches in the same way; else as it
    /// says itself. What another runbook calls the same database must not lead elsewhere.
    fn connection<'c>(&'c self, target: &'c model::Target) -> &'c Connection {
        let known = &self.runbook.targets;
        let given = self.targets.get(&target.name).filter(|_| known.contains(target));
        let same = || self.targets.get(&known.iter().find(|known| known.postgres == target.postgres)?.name);
        given.or_else(same).unwrap_or(&target.postgres)
    }
}

/// Asks checks and runs remediations. Cheap to clone.
#[derive(Clone)]
pub struct Prober(Arc<Inner>);

struct Inner {
    surroundings: Surroundings,
    /// What may run of each of its runbooks.
    bounds: Bounds,
    /// Variables that targets are found by; a command gets the connections that it names.
    withheld: BTreeSet<String>,
    secret: BTreeSet<String>,
    servers: BTreeMap<Id, Target>,
    masker: Masker,
}

/// Where statements go, and the statements.
type Prepared = (Arc<Server>, Vec<sql::Statement>);

/// A target as far as it could be resolved.
#[derive(Clone)]
struct Target {
    server: Result<Arc<Server>, String>,
    alternatives: Vec<(String, Result<Arc<Server>, String>)>,
    check_role: Option<String>,
}

impl Prober {
    /// Works out where everything is, without reaching for it. Of files that the runbook pulls in, whatever is there runs.
    #[must_use]
    pub fn new(surroundings: Surroundings) -> Self {
        Self::bound(surroundings, Bounds::new())
    }

    /// The same, and runs only those files that the runbook pulls in which are as somebody trusted them, if this is known.
    #[must_use]
    pub fn vouched(surroundings: Surroundings, vouched: Option<PulledIn>) -> Self {
        Self::bound(surroundings, vouched.into_iter().map(|files| (None, Bound::Files(files))).collect())
    }

    /// The same for an incident of several runbooks.
    #[must_use]
    pub fn bound(surroundings: Surroundings, bounds: Bounds) -> Self {
        let masker = Masker::default();
        masker.learn_patterns(surroundings.runbook.redact.iter().filter_map(Pattern::regex).cloned());
        Self::build(surroundings, bounds, masker, &BTreeMap::new())
    }

    /// For the same incident with more in its runbook, and more answers. What is known stays: connections, and what is masked.
    #[must_use]
    pub fn widened(&self, runbook: Arc<Runbook>, inputs: BTreeMap<String, String>, bounds: Bounds) -> Self {
        let surroundings = Surroundings { runbook, inputs, ..self.0.surroundings.clone() };
        Self::build(surroundings, bounds, self.0.masker.clone(), &self.0.servers)
    }

    fn build(surroundings: Surroundings, bounds: Bounds, masker: Masker, known: &BTreeMap<Id, Target>) -> Self {
        let variable = |name: &str| surroundings.env.get(name).cloned().or_else(|| std::env::var(name).ok());
        let resolve = |connection: &Connection| Server::resolve(connection, &variable).map(Arc::new);
        let mut servers = BTreeMap::new();
        let mut secrets = Vec::new();
        let mut withheld = BTreeSet::new();
        for target in &surroundings.runbook.targets {
            let connection = surroundings.connection(target);
            let named = target.alternatives.iter().map(|(_, connection)| connection).chain([connection, &target.postgres]);
            withheld.extend(named.filter_map(Connection::variable).map(str::to_owned));
            if let Some(known) = known.get(&target.name) {
                servers.insert(target.name.clone(), known.clone());
                continue;
            }
            let server = resolve(connection);
            let alternatives: Vec<_> = target.alternatives.iter().map(|(name, connection)| (name.clone(), resolve(connection))).collect();
            let all = alternatives.iter().map(|(_, server)| server).chain([&server]);
            secrets.extend(all.filter_map(|server| server.as_ref().ok()?.resolved.password.clone()));
            servers.insert(target.name.clone(), Target { server, alternatives, check_role: target.check_role.clone() });
        }
        let secret: BTreeSet<String> =
            surroundings.runbook.inputs.iter().filter(|input| input.secret).map(|input| input.name.clone()).collect();
        let of_process = Found::of_process(&surroundings.env);
        // All at once: each time that it learns, its automaton is built anew.
        masker.learn(
            secrets
                .iter()
                .map(crate::base::ExposeSecret::expose_secret)
                .chain(secret.iter().filter_map(|name| surroundings.inputs.get(name)).map(String::as_str))
                .chain(of_process.secrets().iter().map(AsRef::as_ref)),
        );
        Self(Arc::new(Inner { surroundings, bounds, withheld, secret, servers, masker }))
    }

    /// Knows the secret inputs, the passwords of all targets, the variables that hold secrets, and what the team calls one;
    /// and learns those that `env` checks come across.
    #[must_use]
    pub fn masker(&self) -> &Masker {
        &self.0.masker
    }

    /// Where a target of any runbook leads, for people, seen from this incident's surroundings; or why that is not known.
    #[must_use]
    pub fn leads_to(&self, target: &model::Target) -> String {
        Server::resolve(self.0.surroundings.connection(target), &|name| self.variable(name))
            .map_or_else(|why| why, |server| server.resolved.shown.clone())
    }

    /// An environment variable, as programs that are run here see it.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.0.surroundings.env.get(name).cloned().or_else(|| std::env::var(name).ok())
    }

    /// Where a target is, for people: `postgres@db.example.com:5432/app`, or why that is not known.
    #[must_use]
    pub fn shown(&self, target: &Id) -> String {
        let server = self.0.target(target).and_then(|target| target.server.as_ref().map_err(Clone::clone));
        server.map_or_else(|why| why, |server| server.resolved.shown.clone())
    }

    /// Asks a check. When its time runs out or it is stopped, what it began is ended: a query on its server,
    /// a command with its whole process group.
    pub async fn ask(&self, check: &Check, stop: Stop) -> Answer {
        clean::answer(kinds::ask(&self.0, check, stop).await, &self.0.masker)
    }

    /// Tries a remediation in a transaction that is rolled back. `tell` hears how far it is.
    pub async fn rehearse(
        &self,
        remediation: &Remediation,
        steps: &[PlannedStep],
        stop: Stop,
        tell: impl Fn(RemediationNews) + Send + Sync,
    ) -> RemediationNews {
        let tell = |news| tell(clean::news(news, &self.0.masker));
        let news = match self.0.prepare(remediation, steps) {
            Err(problem) => rehearsal_refused(problem),
            Ok(None) => rehearsal_refused("only SQL can be rehearsed".to_owned()),
            Ok(Some((server, statements))) => {
                Remedy { server: &server, remediation, statements: &statements, tell: &tell }.rehearse(stop).await
            }
        };
        clean::news(news, &self.0.masker)
    }

    /// Runs a remediation for good: SQL on `server`, if it is known, and on no other. `tell` hears how far it is, and the
    /// transaction before it is committed, which then waits for [`Stopper::commit`].
    pub async fn apply(
        &self,
        remediation: &Remediation,
        steps: &[PlannedStep],
        server: Option<&ServerFacts>,
        stop: Stop,
        tell: impl Fn(RemediationNews) + Send + Sync,
    ) -> RemediationNews {
        let planned_on = server;
        let tell = |news| tell(clean::news(news, &self.0.masker));
        let begun = || tell(RemediationNews::Progress { statement: 0, waits_for: None });
        let news = match (self.0.prepare(remediation, steps), &remediation.act) {
            (Err(problem), _) => refused(problem),
            (Ok(Some((server, statements))), _) => {
                Remedy { server: &server, remediation, statements: &statements, tell: &tell }.apply(planned_on, stop).await
            }
            (Ok(None), Act::Command(line)) => {
                begun();
                self.0.act(remediation, line, stop).await
            }
            (Ok(None), Act::Http(request)) => {
                begun();
                kinds::http::send(&self.0, request, remediation, steps, stop).await.unwrap_or_else(refused)
            }
            (Ok(None), Act::Sql(_)) => refused("it has no statements".to_owned()),
        };
        clean::news(news, &self.0.masker)
    }

    /// Asks the server what became of a transaction that was about to be committed when this program ended.
    pub async fn find_outcome(&self, remediation: &Remediation, committing: &Committing) -> RemediationNews {
        let target = remediation.on.as_ref().ok_or_else(|| "it names no target".to_owned());
        let news = match target.and_then(|target| self.0.server(target)) {
            Ok(server) => certain::find(&server, committing).await,
            Err(why) => certain::unknown(committing, why),
        };
        clean::news(news, &self.0.masker)
    }
}

impl Inner {
    fn target(&self, name: &Id) -> Result<&Target, String> {
        self.servers.get(name).ok_or_else(|| format!("there is no target {name}"))
    }

    fn server(&self, name: &Id) -> Result<Arc<Server>, String> {
        self.target(name)?.server.clone().map_err(|why| format!("target {name}: {why}"))
    }

    /// The statements of a remediation with where they go; nothing for what is no SQL. What was confirmed is what
    /// runs: a statement that reads differently is refused.
    fn prepare(&self, remediation: &Remediation, steps: &[PlannedStep]) -> Result<Option<Prepared>, String> {
        let Act::Sql(text) = &remediation.act else { return Ok(None) };
        let name = remediation.on.as_ref().ok_or("it names no target")?;
        let server = self.server(name)?;
        let statements = sql::prepare(text, &self.surroundings.inputs, &self.secret).map_err(|problem| problem.to_string())?;
        let same = statements.len() == steps.len() && statements.iter().zip(steps).all(|(statement, step)| statement.shown == step.text);
        if same { Ok(Some((server, statements))) } else { Err("the statements are not those of the plan; nothing was run".to_owned()) }
    }

    /// The files that may run of what this part of a runbook came with; none where nobody holds them against anything.
    ///
    /// # Errors
    /// Why nothing may run or be reached but a database.
    fn outside(&self, of: &Id) -> Result<Option<&PulledIn>, String> {
        match self.bounds.get(&came_with(of)) {
            None => Ok(None),
            Some(Bound::Files(files)) => Ok(Some(files)),
            Some(Bound::Database) => Err("this drill's world has nothing that stands in for it, and nothing real is asked".to_owned()),
        }
    }

    /// A command with the inputs and what its `env` names; `of` is what it is part of.
    fn job<'j>(
        &'j self,
        of: &Id,
        line: &'j CommandLine,
        timeout: Option<std::time::Duration>,
    ) -> Result<(Job<'j>, Option<PathBuf>), String> {
        if let Some(files) = self.outside(of)? {
            files.vouches_for(line, self.surroundings.dir.as_deref())?;
        }
        self.typed_job(line, timeout)
    }

    /// The same of a line that a person typed, who knows the files that it names: trust is for what came with a runbook.
    fn typed_job<'j>(&'j self, line: &'j CommandLine, timeout: Option<std::time::Duration>) -> Result<(Job<'j>, Option<PathBuf>), String> {
        let mut env = self.surroundings.env.clone();
        env.retain(|name, value| !self.withheld.contains(name) && !command::is_connection(name, value));
        env.extend(self.surroundings.inputs.clone());
        for (name, value) in &line.env {
            let value = match value {
                EnvValue::Text(text) => text.clone(),
                EnvValue::Target(target) => self.server(target)?.resolved.url().expose_secret().to_owned(),
            };
            env.insert(name.clone(), value);
        }
        let dir = match (&self.surroundings.dir, &line.dir) {
            (Some(base), Some(dir)) => Some(base.join(dir)),
            (base, dir) => dir.as_ref().map(PathBuf::from).or_else(|| base.clone()),
        };
        Ok((Job { program: &line.program, env, withheld: self.withheld.clone(), timeout, leaves_daemons: false }, dir))
    }

    async fn act(&self, remediation: &Remediation, line: &CommandLine, stop: Stop) -> RemediationNews {
        let (job, dir) = match self.job(&remediation.id, line, remediation.timeout) {
            Ok((job, dir)) => (Job { leaves_daemons: true, ..job }, dir),
            Err(problem) => return refused(problem),
        };
        let ran = command::run(&job, dir.as_deref(), stop).await;
        let (values, seen) = kinds::command::command_values(&ran);
        let (good, message) = match (&ran.end, &remediation.expect) {
            (End::Exit(code), None) => (*code == 0, format!("exit {code}")),
            (End::Exit(code), Some(expect)) => match expect.holds(&clean::values(values, &self.masker)) {
                Ok(holds) => (holds, format!("exit {code}; not as expected: {}", expect.source())),
                Err(why) => (false, format!("exit {code}; the expectation could not be evaluated: {why}")),
            },
            (end, _) => (false, kinds::command::ending(end, remediation.timeout)),
        };
        let outcome = if good { Outcome::Committed } else { Outcome::Failed };
        let problem = (!good).then(|| Problem { message, statement: Some(0), ..Problem::default() });
        let exit = if let End::Exit(code) = ran.end { Some(code) } else { None };
        RemediationNews::Settled { outcome, results: Vec::new(), problem, transaction: None, exit, seen, duration: ran.duration }
    }
}

fn refused(message: String) -> RemediationNews {
    RemediationNews::Settled {
        outcome: Outcome::RolledBack,
        results: Vec::new(),
        problem: Some(Problem { message, ..Problem::default() }),
        transaction: None,
        exit: None,
        seen: String::new(),
        duration: std::time::Duration::ZERO,
    }
}

fn rehearsal_refused(message: String) -> RemediationNews {
    let problem = Some(Problem { message, ..Problem::default() });
    RemediationNews::Rehearsed { server: None, results: Vec::new(), problem, duration: std::time::Duration::ZERO }
}
