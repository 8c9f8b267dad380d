//! Drills: an incident in a throwaway world, walked by a person or played by the ideal responder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::base::id::Id;
use crate::base::stamp::milliseconds;
use crate::drill::scenario::{self, Fault, Scenario};
use crate::drill::world::{Plot, World};
use crate::engine::remedy::lay_out;
use crate::engine::session::CriterionState;
use crate::engine::{Ending, Session};
use crate::headless::rehearse::{self, Heard};
use crate::present::words;
use crate::report::text::Teller;
use crate::runbook::Runbook;
use crate::runbook::model::Urgency;
use crate::runtime::{Runtime, Stepped};
use crate::timeline::event::{self, Event, Opened, Outcome as Settling};
use crate::timeline::wire;
use crate::world::home::Home;
use crate::world::journal::Stored;
use crate::world::library;
use crate::world::prober::{Prober, Surroundings};
use crate::world::stop::Stop;

use super::author::{require_trust, valid_book};
use super::face::Face;
use super::failure::{Failure, Outcome};
use super::onward;
use super::open::{self, Drill, Given};
use super::past;
use super::{print, say, style, tokio_runtime};

type Inputs = BTreeMap<String, String>;

/// Who goes on with a drill, and how it is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Player {
    /// The ideal responder, and not a person.
    pub(super) rehearse: bool,
    /// Told as JSON.
    pub(super) json: bool,
    /// A person, with lines instead of a screen.
    pub(super) plain: bool,
}

pub(super) fn drill(arguments: &Drill) -> Result<Outcome, Failure> {
    if arguments.list {
        for scenario in scenario::scenarios() {
            let faults: Vec<&str> = scenario.faults.iter().map(|fault| fault.name).collect();
            print(&format!("{} {}\n", scenario.runbook, faults.join(" ")))?;
        }
        return Ok(Outcome::Done);
    }
    if !arguments.rehearse && !arguments.plain {
        open::require_terminal("--plain walks a drill without one, and `fracas drill --rehearse` plays the ideal responder")?;
    }
    let (book, runbook) = valid_book(&arguments.runbook)?;
    require_trust(&book, &runbook, &[])?;
    let scenario = scenario(&runbook.id)?;
    let (inputs, given) = inputs(&runbook, scenario, &arguments.given)?;
    let seed = arguments.seed.unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().1));
    let faults: Vec<&Fault> = match arguments.fault.as_deref() {
        None => scenario.fault_of_seed(seed).into_iter().collect(),
        Some("all") if arguments.rehearse => scenario.faults.iter().collect(),
        Some(name) => vec![fault(scenario, name)?],
    };
    if let Some(server) = &arguments.server {
        open::connection_argument(server)?;
    }
    let home = past::home()?;
    home.prepare().map_err(Failure::outside)?;
    tokio_runtime()?.block_on(async {
        let mut face = if arguments.rehearse { None } else { Some(Face::open(arguments.plain)?) };
        let mut outcome = Outcome::Done;
        for fault in faults {
            let world = build(scenario, fault, seed, arguments.server.as_deref(), face.as_mut(), &runbook).await?;
            let mut dictated = world.inputs();
            dictated.extend(given.clone());
            let surroundings = surroundings(&runbook, inputs.clone().into_iter().chain(dictated).collect(), &world);
            let person = if arguments.rehearse { "ideal responder".to_owned() } else { arguments.given.person() };
            let server = arguments.server.clone();
            let facts = event::Drill { fault: fault.name.to_owned(), seed, rehearsal: arguments.rehearse, server };
            let (mut runtime, opened) =
                open::Opening::new(&book, surroundings, person, runbook.severity.clone(), Some(facts), false, None).record(&home)?;
            let ended = match face.take() {
                Some(face) => onward::walk(face, &mut runtime, Some(truth(fault))).await.outcome,
                None => play(&mut runtime, opened, &world, fault, arguments.json).await?,
            };
            world.close().await;
            if ended != Outcome::Done {
                outcome = ended;
            }
        }
        Ok(outcome)
    })
}

/// Goes on with a drill: its world is built again from its seed, on the server it was on, and what was committed is applied again.
pub(super) fn resume(home: &Home, wanted: &Stored, given: &Given, player: Player) -> Result<Outcome, Failure> {
    home.prepare().map_err(Failure::outside)?;
    let Some(opened) = wanted.incident.opened().cloned() else {
        return Err(Failure::outside(format!("the timeline of {} is empty", wanted.id)));
    };
    let Some(facts) = opened.drill.clone() else {
        return Err(Failure::bug("an incident was taken for a drill"));
    };
    let runbook = past::unaltered_runbook(wanted)?;
    let scenario = scenario(&runbook.id)?;
    let fault = fault(scenario, &facts.fault)?;
    tokio_runtime()?.block_on(async {
        let mut face = if player.rehearse { None } else { Some(Face::open(player.plain)?) };
        let taken = open::take_up(wanted)?;
        let world = build(scenario, fault, facts.seed, facts.server.as_deref(), face.as_mut(), &runbook).await?;
        let surroundings = surroundings(&runbook, world.inputs_again(wanted.incident.inputs()), &world);
        let reapplied = Box::pin(apply_again(&taken.stored, &surroundings)).await?;
        let person = if player.rehearse { "ideal responder".to_owned() } else { given.person() };
        let (mut runtime, resumed) = open::go_on(taken, surroundings, person, Some(reapplied))?;
        let ended = match face {
            Some(face) => onward::walk(face, &mut runtime, Some(truth(fault))).await.outcome,
            None => play(&mut runtime, resumed, &world, fault, player.json).await?,
        };
        world.close().await;
        Ok(ended)
    })
}

fn scenario(runbook: &Id) -> Result<&'static Scenario, Failure> {
    scenario::scenario(runbook).ok_or_else(|| {
        let names: Vec<&str> = scenario::scenarios().iter().map(|scenario| scenario.runbook).collect();
        Failure::usage(format!("there is no drill for `{runbook}`; there are drills for: {}", names.join(", ")))
    })
}

fn fault(scenario: &'static Scenario, name: &str) -> Result<&'static Fault, Failure> {
    scenario.fault(name).ok_or_else(|| {
        let names: Vec<&str> = scenario.faults.iter().map(|fault| fault.name).collect();
        Failure::usage(format!("this drill has no fault `{name}`; it has: {} (and with --rehearse: all)", names.join(", ")))
    })
}

/// What had really happened, for those who have mended it.
fn truth(fault: &Fault) -> String {
    format!("{}. {}", fault.title, fault.told)
}

/// The same of a drill that is over or left, as far as this version knows its fault.
pub(super) fn known_truth(opened: &Opened) -> Option<String> {
    let drill = opened.drill.as_ref()?;
    scenario(&opened.runbook).ok()?.fault(&drill.fault).map(truth)
}

async fn build(
    scenario: &'static Scenario,
    fault: &'static Fault,
    seed: u64,
    server: Option<&str>,
    mut face: Option<&mut Face>,
    runbook: &Runbook,
) -> Result<World, Failure> {
    let mut told: Vec<String> = Vec::new();
    let mut tell = |what: &str| match &mut face {
        None => say(&format!("· {what}")),
        Some(Face::Plain(plain)) => plain.say(&format!("Building the drill's world: {what}.")),
        Some(Face::Screen(screen)) => {
            told.push(what.to_owned());
            // A frame that cannot be drawn now will not keep a drill from starting.
            let _ = screen.notice(
                &format!("DRILL · {}", runbook.title),
                "A world to practise in is being built. It is thrown away afterwards; nothing in it is real.",
                &told,
                "Then the alarm comes, the incident opens, and its clock runs.",
            );
        }
    };
    let program = std::env::current_exe().map_err(|error| Failure::outside(format!("fracas cannot find itself: {error}")))?;
    World::build(Plot { program: &program, scenario, fault, seed, server }, &mut tell)
        .await
        .map_err(|problem| Failure::outside(problem.to_string()))
}

/// Inputs of a drill: all of them, and those of the command line. Between the two comes what the world dictates, so that
/// no real key of the environment gets in its way.
fn inputs(runbook: &Runbook, scenario: &Scenario, given: &Given) -> Result<(Inputs, Inputs), Failure> {
    if !given.on.is_empty() {
        return Err(Failure::usage(
            "a drill never reaches anything real, so there is no --on; --server names a server for its throwaway database",
        ));
    }
    let dictated: Vec<&str> = scenario.inputs.iter().map(|(name, _)| *name).collect();
    Ok((open::inputs_without_asking(runbook, given, &dictated)?, open::given_inputs(runbook, given)?))
}

fn surroundings(runbook: &Arc<Runbook>, inputs: Inputs, world: &World) -> Surroundings {
    let targets = runbook.targets.iter().map(|target| (target.name.clone(), target.postgres.clone())).collect();
    Surroundings { runbook: runbook.clone(), inputs, targets, env: world.env(), dir: Some(world.dir().to_owned()) }
}

/// Applies what was committed to a world that was built anew; gives the remediations, in order.
async fn apply_again(stored: &Stored, surroundings: &Surroundings) -> Result<Vec<Id>, Failure> {
    let session = Session::new(surroundings.runbook.clone(), stored.incident.clone(), surroundings.inputs.clone(), "");
    let prober = Prober::bound(surroundings.clone(), library::bounds(&stored.incident));
    let mut reapplied = Vec::new();
    for entry in stored.incident.entries() {
        let Event::RemediationSettled(settled) = &entry.event else { continue };
        let Some((_, remediation)) = session.runbook.remediation(&settled.remediation) else { continue };
        if settled.outcome != Settling::Committed {
            continue;
        }
        let (steps, _) = lay_out(&session, remediation).map_err(Failure::outside)?;
        let news = prober.apply(remediation, &steps, None, Stop::never(), |_| ()).await;
        if let crate::engine::attempt::RemediationNews::Settled { outcome: Settling::Committed, .. } = news {
            reapplied.push(settled.remediation.clone());
        } else {
            return Err(Failure::outside(format!("“{}” could not be applied again to the new world: {news:?}", remediation.title)));
        }
    }
    Ok(reapplied)
}

/// Lets the ideal responder play, and prints what happens as it is on disk.
async fn play(runtime: &mut Runtime, before: Stepped, world: &World, fault: &Fault, as_json: bool) -> Result<Outcome, Failure> {
    let runbook = runtime.session().runbook.clone();
    let mut teller = Teller::new(runbook, style(&std::io::stdout()));
    let mut broken_pipe = None;
    let mut tell = |heard: Heard<'_>| {
        let printed = match heard {
            Heard::Line(line) if as_json => print(&format!("{line}\n")),
            Heard::Line(line) => match wire::read(line) {
                Ok(read) => print(&format!("{}\n", teller.line(&read.entry))),
                Err(_) => Ok(()),
            },
            Heard::Said(sentence) => {
                say(&format!("fracas: {sentence}"));
                Ok(())
            }
        };
        if let Err(failure) = printed {
            broken_pipe = Some(failure);
        }
    };
    for line in &before.lines {
        tell(Heard::Line(line));
    }
    let ending = rehearse::play(runtime, &mut tell).await;
    if let Some(failure) = broken_pipe {
        return Err(failure);
    }
    let wrong = world.verify_end().await.err().unwrap_or_default();
    let session = runtime.session();
    // What a person ticks in the days to come keeps no incident open, and no drill.
    let is_for_later = |criterion: &CriterionState| criterion.check.is_none() && criterion.urgency != Urgency::Immediate;
    let good = session.criteria().iter().all(|criterion| criterion.held || is_for_later(criterion));
    let resolved = ending == Ending::Resolved && wrong.is_empty() && good;
    let took = session.incident.entries().last().map_or(Duration::ZERO, |last| session.incident.clock(last.at));
    for sentence in &wrong {
        say(&format!("fracas: the world is not as it should be: {sentence}"));
    }
    if as_json {
        let success: Vec<_> = session
            .criteria()
            .into_iter()
            .map(|criterion| json!({"id": criterion.id, "title": criterion.title, "held": criterion.held, "because": criterion.because}))
            .collect();
        let result = if resolved { "resolved" } else { "unresolved" };
        print(&format!("{}\n", json!({"result": result, "fault": fault.name, "duration_ms": milliseconds(took), "success": success})))?;
    } else {
        let result = if resolved { "resolved, every criterion of success is green" } else { "NOT resolved" };
        print(&format!("DRILL {} in {}: {result}\n", fault.name, words::duration(took)))?;
    }
    Ok(if resolved { Outcome::Done } else { Outcome::NotGood })
}
