//! Commands that open an incident or go on with one: run, resume, drill, and the home screen. They ask for
//! what is missing, wire world, engine and screen together, and turn how it ended into an exit code.

use std::collections::{BTreeMap, BTreeSet};
use std::io::IsTerminal;
use std::sync::Arc;

use clap::Args;

use crate::base::id::{Id, IncidentId};
use crate::base::stamp::Stamp;
use crate::engine::{Msg, Session, update};
use crate::runbook::Runbook;
use crate::runbook::joined::came_with;
use crate::runbook::model::{Connection, Input};
use crate::runtime::{Runtime, Stepped};
use crate::timeline::Incident;
use crate::timeline::event::{self, Opened, OpenedTarget};
use crate::tui::{Curtain, Options, Screen};
use crate::world::bundle::RECEIVED;
use crate::world::clock::{self, Clock};
use crate::world::home::{self as world_home, Home};
use crate::world::journal::{self, Journal, TakenUp, evidence};
use crate::world::library::{self, Book, Origin};
use crate::world::prober::{Prober, Surroundings};
use crate::world::whole_file;

use super::author::{require_trust, valid_book};
use super::drill::{self, Player};
use super::face::Face;
use super::failure::{Failure, Outcome};
use super::onward::{self, Left, go_on_with, walk};
use super::past;
use super::proof;
use super::tokio_runtime;

/// What the command line says of inputs, targets and the person.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Given {
    /// The value of an input
    #[arg(short = 'i', long = "input", value_name = "NAME=VALUE")]
    pub(super) inputs: Vec<String>,
    /// The connection of a target: a URL without a password, `env:NAME` or `service:NAME`
    #[arg(long = "on", value_name = "TARGET=CONNECTION")]
    pub(super) on: Vec<String>,
    /// Your name on the timeline
    #[arg(long = "as", value_name = "NAME")]
    pub(super) name: Option<String>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Id or path
    pub(super) runbook: String,
    #[command(flatten)]
    pub(super) given: Given,
    /// The severity, if it is not the runbook's
    #[arg(long)]
    pub(super) severity: Option<String>,
    /// When it really began: RFC 3339, or how long ago (`12m`)
    #[arg(long)]
    pub(super) since: Option<String>,
    /// Refuse every remediation
    #[arg(long)]
    pub(super) read_only: bool,
    /// Sentences and prompts on standard output instead of a screen, for screen readers and plain terminals
    #[arg(long)]
    pub(super) plain: bool,
    /// The incident that is left open for this one.
    #[arg(skip)]
    pub(super) after: Option<IncidentId>,
}

/// Arguments of `resume`.
#[derive(Debug, Args)]
pub(super) struct Resume {
    /// Id, a unique beginning of one, `latest` or `latest-drill`, or the file of a bundle; the latest open incident where
    /// left out
    incident: Option<String>,
    #[command(flatten)]
    given: Given,
    /// Let the ideal responder go on, without a terminal; drills only
    #[arg(long)]
    rehearse: bool,
    /// With --rehearse: one JSON object an entry
    #[arg(long, requires = "rehearse")]
    json: bool,
    /// Sentences and prompts on standard output instead of a screen, for screen readers and plain terminals
    #[arg(long, conflicts_with = "rehearse")]
    plain: bool,
}

/// Arguments of `drill`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub(super) struct Drill {
    /// Id of the runbook to train
    #[arg(default_value = "worker-schema-missing")]
    pub(super) runbook: String,
    /// Let the ideal responder play, without a terminal, and print the timeline as it happens
    #[arg(long)]
    pub(super) rehearse: bool,
    /// Print what can be practised, a drill a line: the runbook's id, and its faults
    #[arg(long)]
    pub(super) list: bool,
    /// The fault to inject; chosen by the seed where left out, and with --rehearse also `all`
    #[arg(long)]
    pub(super) fault: Option<String>,
    /// The number the world is built from; chosen by chance where left out
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// A PostgreSQL server to make the throwaway database on, instead of starting one
    #[arg(long, value_name = "URL")]
    pub(super) server: Option<String>,
    /// With --rehearse: one JSON object an entry, then one with the result
    #[arg(long, requires = "rehearse")]
    pub(super) json: bool,
    /// Sentences and prompts on standard output instead of a screen, for screen readers and plain terminals
    #[arg(long, conflicts_with = "rehearse")]
    pub(super) plain: bool,
    #[command(flatten)]
    pub(super) given: Given,
}

impl Run {
    /// As the home screen opens it.
    pub(super) fn of(runbook: &Id) -> Self {
        let runbook = runbook.to_string();
        Self { runbook, given: Given::default(), severity: None, since: None, read_only: false, plain: false, after: None }
    }
}

impl Resume {
    /// As the home screen goes on with it.
    pub(super) fn of(incident: &IncidentId) -> Self {
        Self { incident: Some(incident.to_string()), given: Given::default(), rehearse: false, json: false, plain: false }
    }
}

impl Drill {
    /// As the home screen starts it.
    pub(super) fn of(runbook: &Id) -> Self {
        let (runbook, given) = (runbook.to_string(), Given::default());
        Self { runbook, rehearse: false, list: false, fault: None, seed: None, server: None, json: false, plain: false, given }
    }
}

impl Given {
    /// The name on the timeline.
    pub(super) fn person(&self) -> String {
        self.name.clone().unwrap_or_else(world_home::person)
    }
}

/// Opens an incident and walks it, and whichever others the responder goes on with from there.
pub(super) fn run(arguments: Run) -> Result<Outcome, Failure> {
    go_on_with(run_one(&arguments)?, arguments.given)
}

pub(super) fn run_one(arguments: &Run) -> Result<Left, Failure> {
    let (book, runbook) = valid_book(&arguments.runbook)?;
    require_trust(&book, &runbook, &[])?;
    let began = arguments.since.as_deref().map(past::parse_time).transpose()?;
    let known = known_inputs(&runbook, &arguments.given)?;
    targets(&runbook, &arguments.given)?;
    if !arguments.plain {
        require_terminal("--plain walks an incident without one, and `fracas check` asks the same questions")?;
    }
    let home = past::home()?;
    let severity = arguments.severity.clone().or_else(|| runbook.severity.clone());
    let opening = |inputs| {
        let surroundings = surroundings(runbook.clone(), inputs, &arguments.given)?;
        let person = arguments.given.person();
        let opening = Opening::new(&book, surroundings, person, severity.clone(), None, arguments.read_only, began);
        Ok::<_, Failure>(opening.after(arguments.after.clone()))
    };
    let mut curtain = if arguments.plain { None } else { Some(take_terminal()?) };
    let all_known = runbook.inputs.iter().all(|input| known.contains_key(&input.name));
    if let Some(curtain) = curtain.as_mut().filter(|_| all_known) {
        // Before anything that takes a moment: threads, the disk.
        let (preview, now) = opening(known.clone())?.preview();
        curtain.show(&preview, now).map_err(|error| lost_terminal(&error))?;
    }
    tokio_runtime()?.block_on(async {
        let mut face = Face::behind(curtain)?;
        let Some(inputs) = ask_for_missing(&mut face, &runbook, known).await? else {
            return Ok(Left::for_good(Outcome::NotGood));
        };
        let mut runtime = opening(inputs)?.record(&home)?.0;
        Ok(walk(face, &mut runtime, None).await)
    })
}

/// A new incident that is not on disk yet.
pub(super) struct Opening<'b> {
    book: &'b Book,
    session: Session,
    prober: Prober,
    opened: Opened,
}

impl<'b> Opening<'b> {
    pub(super) fn new(
        book: &'b Book,
        surroundings: Surroundings,
        person: String,
        severity: Option<String>,
        drill: Option<event::Drill>,
        read_only: bool,
        began: Option<chrono::DateTime<chrono::Utc>>,
    ) -> Self {
        let (runbook, inputs) = (surroundings.runbook.clone(), surroundings.inputs.clone());
        // A drill runs in a folder of its own, with files of its own.
        let vouched = (book.origin != Origin::Shipped && drill.is_none()).then(|| book.pulled_in.clone());
        let prober = Prober::vouched(surroundings, vouched);
        let secret = |name: &str| runbook.inputs.iter().any(|input| input.name == name && input.secret);
        let targets = runbook
            .targets
            .iter()
            .map(|target| OpenedTarget { name: target.name.clone(), shown: prober.shown(&target.name), production: target.production })
            .collect();
        let opened = Opened {
            format: 1,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            runbook: runbook.id.clone(),
            title: runbook.title.clone(),
            runbook_hash: book.hash.clone(),
            pulled_in: book.pulled_in.0.clone(),
            severity,
            inputs: inputs.iter().filter(|(name, _)| !secret(name)).map(|(name, value)| (name.clone(), value.clone())).collect(),
            targets,
            drill,
            read_only,
            began,
            after: None,
        };
        Self { book, session: Session::new(runbook, Incident::default(), inputs, person), prober, opened }
    }

    /// Notes the incident that was left open for this one.
    fn after(mut self, left: Option<IncidentId>) -> Self {
        self.opened.after = left;
        self
    }

    fn message(&self) -> Msg {
        Msg::Opened { by: self.session.responder.clone(), opened: self.opened.clone() }
    }

    /// What the incident will look like, and when: to be shown while the disk works. Nothing it asks for is done.
    fn preview(&self) -> (Session, Stamp) {
        let now = Clock::start().now();
        let mut session = self.session.clone();
        let _ = update(&mut session, now, self.message());
        (session, now)
    }

    /// Opens it: its journal is on disk, with its first entry, when this returns.
    pub(super) fn record(self, home: &Home) -> Result<(Runtime, Stepped), Failure> {
        let not_opened = |problem| Failure::outside(format!("the incident cannot be recorded, so it is not opened: {problem}"));
        home.prepare().map_err(Failure::outside)?;
        let chance = u16::from_le_bytes([uuid::Uuid::new_v4().as_bytes()[0], uuid::Uuid::new_v4().as_bytes()[0]]);
        let id = IncidentId::make(clock::wall(), &self.opened.runbook, chance);
        let journal = Journal::create(&home.incident(&id), id, &self.book.text, &world_home::host()).map_err(not_opened)?;
        if let Some(team) = &self.book.team {
            journal.keep_team(team).map_err(not_opened)?;
        }
        self.begin(Some(journal))
    }

    /// Opens it for this moment only: nothing of it is written down.
    pub(super) fn unrecorded(self) -> Result<Runtime, Failure> {
        self.begin(None).map(|(runtime, _)| runtime)
    }

    fn begin(self, journal: Option<Journal>) -> Result<(Runtime, Stepped), Failure> {
        let message = self.message();
        let mut runtime = Runtime::new(self.session, journal, self.prober, Clock::start()).map_err(|error| no_signals(&error))?;
        let stepped = runtime.step(message);
        Ok((runtime, stepped))
    }
}

pub(super) fn no_signals(error: &std::io::Error) -> Failure {
    Failure::bug(format!("no signal handlers to be had: {error}"))
}

pub(super) fn resume(arguments: &Resume) -> Result<Outcome, Failure> {
    let home = past::home()?;
    let wanted = match &arguments.incident {
        Some(wanted) => match proof::take_in(&home, wanted)? {
            Some(id) => past::stored(&home, id.as_str())?,
            None => past::stored(&home, wanted)?,
        },
        None => latest_open(&home)?,
    };
    if !wanted.is_open() && wanted.incident.messages.values().any(|message| !message.settled) {
        return onward::tell_the_rest(&wanted, &arguments.given);
    }
    if !wanted.is_open() {
        return Err(Failure::usage(format!("{0} is resolved; read it with `fracas timeline {0}` or `fracas export {0}`", wanted.id)));
    }
    if let Some(writer) = Journal::writer(&wanted.folder, &wanted.id) {
        return past::look_on(&wanted.id, &writer);
    }
    if !arguments.rehearse && !arguments.plain {
        require_terminal("--plain goes on without one, and `fracas timeline` reads an incident")?;
    }
    let runbook = past::unaltered_runbook(&wanted)?;
    require_trust_of_received(&wanted, &runbook)?;
    if wanted.incident.is_drill() {
        let player = Player { rehearse: arguments.rehearse, json: arguments.json, plain: arguments.plain };
        return drill::resume(&home, &wanted, &arguments.given, player);
    }
    if arguments.rehearse {
        return Err(Failure::usage("only a drill can be rehearsed; this is an incident"));
    }
    targets(&runbook, &arguments.given)?;
    let left = tokio_runtime()?.block_on(async {
        let mut face = Face::open(arguments.plain)?;
        let mut known = known_inputs(&runbook, &arguments.given)?;
        known.extend(wanted.incident.inputs());
        let Some(inputs) = ask_for_missing(&mut face, &runbook, known).await? else {
            return Ok(Left::for_good(Outcome::NotGood));
        };
        let surroundings = surroundings(runbook.clone(), inputs, &arguments.given)?;
        let taken = take_up(&wanted)?;
        let person = arguments.given.person();
        let (mut runtime, _) = go_on(taken, surroundings, person, None)?;
        Ok::<_, Failure>(walk(face, &mut runtime, None).await)
    })?;
    go_on_with(left, arguments.given.clone())
}

/// Refuses to run what came in a bundle until somebody here has read it.
fn require_trust_of_received(wanted: &journal::Stored, runbook: &Runbook) -> Result<(), Failure> {
    if wanted.folder.join(RECEIVED).symlink_metadata().is_err() {
        return Ok(());
    }
    let book = Book::open(&wanted.folder.join(journal::RUNBOOK)).map_err(Failure::outside)?;
    require_trust(&book, runbook, &[])?;
    for (_, joined) in &wanted.incident.joined {
        // A person reads it and trusts it as a file like any other.
        let place = wanted.folder.join(format!("{}.yaml", joined.file.sha256));
        let unkept = |error: std::io::Error| Failure::outside(format!("{}: {error}", place.display()));
        let bytes = evidence::read(&wanted.folder, &joined.file).map_err(unkept)?;
        whole_file::write(&place, &bytes).map_err(unkept)?;
        let book = Book::open(&place).map_err(Failure::outside)?;
        let runbook = book.runbook.clone().map_err(|_| Failure::runbook(format!("{} is not a valid runbook", place.display())))?;
        require_trust(&book, &runbook, &[])?;
    }
    Ok(())
}

/// Takes an incident's journal for writing.
pub(super) fn take_up(wanted: &journal::Stored) -> Result<TakenUp, Failure> {
    Journal::resume(&wanted.folder, wanted.id.clone(), &world_home::host()).map_err(|problem| Failure::outside(problem.to_string()))
}

/// Goes on with an incident whose journal is taken.
pub(super) fn go_on(
    taken: TakenUp,
    surroundings: Surroundings,
    person: String,
    reapplied: Option<Vec<Id>>,
) -> Result<(Runtime, Stepped), Failure> {
    let TakenUp { journal, stored, repaired } = taken;
    let (Some(opened), Some(last)) = (stored.incident.opened_at(), stored.incident.entries().last().map(|entry| entry.at)) else {
        return Err(Failure::outside(format!("the timeline of {} is empty: it was never opened", stored.id)));
    };
    let mut clock = Clock::resume(opened, last);
    let away = clock.now().since(last);
    let bounds = library::bounds(&stored.incident);
    let session = Session::new(surroundings.runbook.clone(), stored.incident, surroundings.inputs.clone(), person.clone());
    let prober = Prober::bound(surroundings, bounds);
    let mut runtime = Runtime::new(session, Some(journal), prober, clock).map_err(|error| no_signals(&error))?;
    let resumption = crate::engine::msg::Resumption { away, repaired, reapplied };
    let stepped = runtime.step(Msg::Resumed { by: person, resumption });
    Ok((runtime, stepped))
}

fn latest_open(home: &Home) -> Result<journal::Stored, Failure> {
    let mut all = past::list(home)?.incidents;
    let open_drill = all.iter().rev().find(|stored| stored.is_open() && stored.incident.is_drill()).map(|stored| stored.id.clone());
    all.retain(|stored| stored.is_open() && !stored.incident.is_drill());
    // One that somebody has open is not the one that was left.
    let is_left = |stored: &journal::Stored| Journal::writer(&stored.folder, &stored.id).is_none();
    let latest = all.iter().rposition(is_left).map(|place| all.remove(place)).or_else(|| all.pop());
    latest.ok_or_else(|| {
        let hint = open_drill.map_or_else(
            || "`fracas run RUNBOOK` opens one, `fracas incidents` lists past ones".to_owned(),
            |id| format!("the drill {id} is, name it to go on with it"),
        );
        Failure::usage(format!("no incident is open; {hint}"))
    })
}

pub(super) fn lost_terminal(error: &std::io::Error) -> Failure {
    Failure::outside(format!("the terminal was lost ({error})"))
}

/// Refuses to go on without a terminal, and says what works without one.
pub(super) fn require_terminal(instead: &str) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err(Failure::usage(format!("this terminal says that it can draw nothing (TERM=dumb); {instead}")));
        }
        return Ok(());
    }
    Err(Failure::usage(format!("this needs a terminal, and standard input or output is none; {instead}")))
}

pub(super) fn open_screen() -> Result<Screen, Failure> {
    take_terminal()?.listen().map_err(|error| lost_terminal(&error))
}

fn take_terminal() -> Result<Curtain, Failure> {
    let looks = super::author::team(&super::past::home()?).1.looks;
    Curtain::take(Options::from_environment(&looks)).map_err(|error| lost_terminal(&error))
}

/// The inputs of the command line.
///
/// # Errors
/// An input given twice, not declared, or not valid.
pub(super) fn given_inputs(runbook: &Runbook, given: &Given) -> Result<BTreeMap<String, String>, Failure> {
    let mut known = BTreeMap::new();
    for pair in &given.inputs {
        let (name, value) = pair.split_once('=').ok_or_else(|| Failure::usage(format!("`-i {pair}`: write it as name=value")))?;
        let Some(input) = runbook.inputs.iter().find(|input| input.name == name) else {
            let names: Vec<&str> = runbook.inputs.iter().map(|input| input.name.as_str()).collect();
            return Err(Failure::usage(format!("this runbook has no input `{name}`; it has: {}", names.join(", "))));
        };
        input.accept(value).map_err(|why| Failure::usage(format!("input `{name}`: {why}")))?;
        if known.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(format!("input `{name}` is given twice")));
        }
    }
    Ok(known)
}

/// What is known of the inputs before anybody is asked: the command line, then the environment.
///
/// # Errors
/// An input given twice, not declared, or not valid.
pub(super) fn known_inputs(runbook: &Runbook, given: &Given) -> Result<BTreeMap<String, String>, Failure> {
    let mut known = given_inputs(runbook, given)?;
    for input in &runbook.inputs {
        let from_environment = input.env.as_deref().and_then(|name| std::env::var(name).ok()).filter(|value| input.accept(value).is_ok());
        if let Some(value) = from_environment {
            known.entry(input.name.clone()).or_insert(value);
        }
    }
    Ok(known)
}

/// Every input, with defaults for what was not given; those of `known_later` may be missing.
///
/// # Errors
/// Also when another required one is missing, for there is nobody to ask.
pub(super) fn inputs_without_asking(runbook: &Runbook, given: &Given, known_later: &[&str]) -> Result<BTreeMap<String, String>, Failure> {
    let mut inputs = known_inputs(runbook, given)?;
    for input in &runbook.inputs {
        if !inputs.contains_key(&input.name) {
            match &input.default {
                Some(default) => drop(inputs.insert(input.name.clone(), default.clone())),
                None if input.optional || known_later.contains(&input.name.as_str()) => {}
                None => {
                    return Err(Failure::usage(format!("input `{0}` is missing: {1} Give it with -i {0}=…", input.name, input.ask)));
                }
            }
        }
    }
    Ok(inputs)
}

/// Asks for what is not known yet. None when the person cancelled.
async fn ask_for_missing(
    face: &mut Face,
    runbook: &Runbook,
    known: BTreeMap<String, String>,
) -> Result<Option<BTreeMap<String, String>>, Failure> {
    let missing = |input: &Input| !known.contains_key(&input.name);
    if !runbook.inputs.iter().any(missing) {
        return Ok(Some(known));
    }
    face.ask_inputs(runbook, &known).await
}

/// The outside as this incident sees it.
pub(super) fn surroundings(runbook: Arc<Runbook>, inputs: BTreeMap<String, String>, given: &Given) -> Result<Surroundings, Failure> {
    let targets = targets(&runbook, given)?;
    Ok(Surroundings { runbook, inputs, targets, env: BTreeMap::new(), dir: None })
}

/// Where each target is: as the command line says, else as the runbook does.
///
/// # Errors
/// A target given twice or not declared, or a password.
fn targets(runbook: &Runbook, given: &Given) -> Result<BTreeMap<Id, Connection>, Failure> {
    let mut given_already = BTreeSet::new();
    // What joined the incident leads where the rest does, unless something else is said for it.
    let own = runbook.targets.iter().filter(|target| came_with(&target.name).is_none());
    let mut targets: BTreeMap<Id, Connection> = own.map(|target| (target.name.clone(), target.postgres.clone())).collect();
    for pair in &given.on {
        let (name, connection) = pair.split_once('=').ok_or_else(|| Failure::usage("`--on`: write it as target=CONNECTION".to_owned()))?;
        if runbook.target(&Id::new(name)).is_none() {
            let names: Vec<&str> = runbook.targets.iter().map(|target| target.name.as_str()).collect();
            return Err(Failure::usage(format!("this runbook has no target `{name}`; it has: {}", names.join(", "))));
        }
        if !given_already.insert(name) {
            return Err(Failure::usage(format!("target `{name}` is given twice")));
        }
        targets.insert(Id::new(name), connection_argument(connection)?);
    }
    Ok(targets)
}

/// A connection as an argument gives it: never with a password, which every process on the machine could read.
pub(super) fn connection_argument(given: &str) -> Result<Connection, Failure> {
    if let Some(name) = given.strip_prefix("env:") {
        return Ok(Connection::Env(name.to_owned()));
    }
    if let Some(name) = given.strip_prefix("service:") {
        return Ok(Connection::Service(name.to_owned()));
    }
    if Connection::holds_password(given) {
        return Err(Failure::usage(
            "a password in an argument can be read by everybody on this machine; put the URL into an environment variable and write env:NAME, \
             or the password into ~/.pgpass",
        ));
    }
    Ok(Connection::Url(given.to_owned()))
}
