//! The home screen's rows: what is open, what can be opened or practised, and what is over, each with what is known of it.
//! Opens only what a person chose.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::present::words;
use crate::runbook::Runbook;
use crate::runbook::joined::origin;
use crate::timeline::Incident;
use crate::timeline::statistics::Kind;
use crate::tui::home::{Choice, HomeRow, Ticking};
use crate::world::clock;
use crate::world::home::Home;
use crate::world::journal::{Journal, Stored};
use crate::world::library::{self, Book, Origin};

use super::drill;
use super::failure::{Failure, Outcome};
use super::open::{self, Drill, Resume, Run};
use super::{past, replay, tokio_runtime};

/// The drill that is offered to somebody who starts the program for the first time.
const FIRST_DRILL: &str = "worker-schema-missing";

/// Pick a runbook, an open incident, one that is over, or a drill.
pub(super) fn home() -> Result<Outcome, Failure> {
    open::require_terminal("`fracas --help` lists the commands that work without one")?;
    let home = past::home()?;
    let incidents = past::list(&home)?.incidents;
    let books = library::all(&home);
    let rows = rows(&home, &incidents, &books, clock::wall());
    let pick = async { open::open_screen()?.home(rows).await.map_err(|error| open::lost_terminal(&error)) };
    match tokio_runtime()?.block_on(pick)? {
        None => Ok(Outcome::Done),
        Some(Choice::Run(runbook)) => open::run(Run::of(&runbook)),
        Some(Choice::Drill(runbook)) => drill::drill(&Drill::of(&runbook)),
        Some(Choice::Resume(incident)) => open::resume(&Resume::of(&incident)),
        Some(Choice::Read(incident)) => replay::replay(incident.as_str()),
    }
}

/// The offer to who is new here, what is open, runbooks, drills, what is over.
fn rows(home: &Home, incidents: &[Stored], books: &[Book], now: DateTime<Utc>) -> Vec<HomeRow> {
    let runbooks: Vec<&Arc<Runbook>> = books.iter().filter_map(|book| book.runbook.as_ref().ok()).collect();
    let is_first_start =
        incidents.is_empty() && books.iter().all(|book| book.origin == Origin::Shipped) && matches!(library::team(home), Ok(None));
    let mut rows = Vec::new();
    if is_first_start && runbooks.iter().any(|runbook| runbook.id.as_str() == FIRST_DRILL) {
        rows.push(HomeRow {
            choice: Choice::Drill(FIRST_DRILL.into()),
            group: "New here?",
            title: "Begin with a drill".to_owned(),
            severity: None,
            detail: "a throwaway PostgreSQL is started here; nothing real is touched".to_owned(),
            about: vec![
                (
                    "What happens",
                    "a throwaway PostgreSQL is started here, with a worker on it; something breaks, and you mend it.".to_owned(),
                ),
                ("Afterwards", "all of it is cleared away. Nothing real is touched.".to_owned()),
            ],
            clock: None,
            runbook: None,
        });
    }
    let latest = || incidents.iter().rev();
    rows.extend(latest().filter(|stored| stored.is_open()).filter_map(|stored| open_row(stored, &runbooks, now)));
    rows.extend(runbooks.iter().map(|runbook| runbook_row(runbook, incidents, now)));
    let drills = runbooks.iter().filter(|runbook| crate::drill::scenario(&runbook.id).is_some());
    rows.extend(drills.map(|runbook| HomeRow {
        choice: Choice::Drill(runbook.id.clone()),
        group: "Drills",
        title: runbook.title.clone(),
        severity: None,
        detail: "in a throwaway world, nothing is real".to_owned(),
        about: vec![("Drill", "in a throwaway world, with something broken in it; nothing is real".to_owned())],
        clock: None,
        runbook: Some((*runbook).clone()),
    }));
    let is_over = |drill: bool| move |stored: &&Stored| !stored.is_open() && stored.incident.is_drill() == drill;
    rows.extend(latest().filter(is_over(false)).filter_map(|stored| past_row(stored, "Past incidents", now)));
    rows.extend(latest().filter(is_over(true)).filter_map(|stored| past_row(stored, "Past drills", now)));
    rows
}

fn open_row(stored: &Stored, runbooks: &[&Arc<Runbook>], now: DateTime<Utc>) -> Option<HomeRow> {
    let incident = &stored.incident;
    let (opened, began, last) = (incident.opened()?, incident.began()?, incident.entries().last()?.at);
    let runbook = runbooks.iter().find(|runbook| runbook.id == opened.runbook).map(|runbook| (*runbook).clone());
    let step = incident.current_step.as_ref().map(|step| {
        // It may be one of a runbook that joined the incident.
        let (of, part) = origin(step).unwrap_or_else(|| (opened.runbook.clone(), step.clone()));
        let found = runbooks.iter().find(|runbook| runbook.id == of).and_then(|runbook| runbook.step(&part));
        found.map_or_else(|| step.to_string(), |(_, step)| step.title.clone())
    });
    let at = step.map_or_else(|| "not begun".to_owned(), |step| format!("at {step}"));
    let (lead, entries) = (&incident.lead, words::count(incident.entries().len() as u64, "entry", "entries"));
    let is_drill = incident.is_drill();
    let kind = if is_drill { "drill, " } else { "" };
    let elsewhere = if Journal::writer(&stored.folder, &stored.id).is_some() { " · open in another terminal, to read along" } else { "" };
    // Nobody works on a drill that was left, and its clock stands still.
    let ticking = move || (clock::wall() - began).to_std().unwrap_or_default();
    Some(HomeRow {
        choice: Choice::Resume(stored.id.clone()),
        group: "Open incidents",
        title: opened.title.clone(),
        severity: incident.severity.clone(),
        detail: format!("{kind}led by {lead} · {at}{elsewhere}"),
        about: vec![
            ("Incident", stored.id.to_string()),
            ("Led by", lead.clone()),
            ("Where", at),
            ("Began", words::ago(since(began, now))),
            ("Last entry", format!("{}, {entries} so far", words::ago(since(last.wall, now)))),
        ],
        clock: (!is_drill).then(|| Ticking(Arc::new(ticking))),
        runbook,
    })
}

fn runbook_row(runbook: &Arc<Runbook>, incidents: &[Stored], now: DateTime<Utc>) -> HomeRow {
    let of_it = || incidents.iter().rev().filter(|stored| stored.incident.opened().is_some_and(|opened| opened.runbook == runbook.id));
    let used = of_it().find(|stored| !stored.incident.is_drill()).map(|stored| (age(&stored.incident, now), ending(&stored.incident)));
    let is_green = |stored: &&Stored| Kind::of(&stored.incident) == Kind::Rehearsal && !stored.is_open();
    let rehearsed = of_it().find(is_green).map(|stored| age(&stored.incident, now));
    let owner = runbook.owner.clone().unwrap_or_else(|| "nobody".to_owned());
    let used_short = used.as_ref().map_or_else(|| "never used".to_owned(), |(age, _)| format!("used {age}"));
    let rehearsed_short = rehearsed.as_ref().map_or_else(|| "never rehearsed".to_owned(), |age| format!("rehearsed green {age}"));
    HomeRow {
        choice: Choice::Run(runbook.id.clone()),
        group: "Runbooks",
        title: runbook.title.clone(),
        severity: runbook.severity.clone(),
        detail: format!("{used_short} · {rehearsed_short} · {owner}"),
        about: vec![
            ("Runbook", runbook.id.to_string()),
            ("Owner", owner),
            ("Last used", used.map_or_else(|| "never here".to_owned(), |(age, ending)| format!("{age}, {ending}"))),
            ("Rehearsed", rehearsed.map_or_else(|| "never here".to_owned(), |age| format!("green {age}"))),
        ],
        clock: None,
        runbook: Some(runbook.clone()),
    }
}

fn past_row(stored: &Stored, group: &'static str, now: DateTime<Utc>) -> Option<HomeRow> {
    let incident = &stored.incident;
    let (opened, (_, resolved)) = (incident.opened()?, incident.resolved.as_ref()?);
    let (age, ending) = (age(incident, now), ending(incident));
    let mut about = vec![("Incident", stored.id.to_string()), ("When", age.clone()), ("How it ended", ending.clone())];
    about.push(("Led by", incident.lead.clone()));
    about.extend((!resolved.summary.is_empty()).then(|| ("Summary", resolved.summary.clone())));
    Some(HomeRow {
        choice: Choice::Read(stored.id.clone()),
        group,
        title: opened.title.clone(),
        severity: incident.severity.clone(),
        detail: format!("{ending} · {age} · {}", incident.lead),
        about,
        clock: None,
        runbook: None,
    })
}

fn since(at: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (now - at).to_std().unwrap_or_default()
}

fn age(incident: &Incident, now: DateTime<Utc>) -> String {
    incident.began().map(|began| words::ago(since(began, now))).unwrap_or_default()
}

/// How it ended, and how long it took.
fn ending(incident: &Incident) -> String {
    match &incident.resolved {
        Some((at, resolved)) => {
            let missing = resolved.success.iter().filter(|criterion| !criterion.held).count() as u64;
            let missing =
                if missing > 0 { format!(", {} not held", words::count(missing, "criterion", "criteria")) } else { String::new() };
            format!("resolved in {}{missing}", words::duration(incident.clock(*at)))
        }
        None => "still open".to_owned(),
    }
}
