//! Commands that read what is kept: lists, timelines, proofs. They change nothing.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::base::hash::sha256;
use crate::base::id::IncidentId;
use crate::base::stamp::earlier;
use crate::base::text;
use crate::engine::offers::of_incident;
use crate::report::text::Teller;
use crate::runbook::joined::Joined;
use crate::runbook::team::Team;
use crate::runbook::{Runbook, problem, search, yaml};
use crate::timeline::Incident;
use crate::timeline::event::RunbookJoined;
use crate::tui;
use crate::world::clock;
use crate::world::home::Home;
use crate::world::journal::{self, Found, Listing, Stored, evidence};
use crate::world::library::{self, Origin};

use super::failure::{Failure, Outcome};
use super::{print, print_while_read, say, style};

/// The incident a person means. `latest` falls back to the latest drill where there is no incident yet.
pub(super) fn stored(home: &Home, wanted: &str) -> Result<Stored, Failure> {
    let find = |wanted: &str| {
        journal::find(home, wanted)
            .map_err(|error| Failure::outside(format!("{wanted}: {error}; `fracas verify {wanted}` says whether its timeline is whole")))
    };
    match find(wanted)? {
        Found::One(stored) => Ok(*stored),
        Found::None(why) => {
            if wanted == "latest"
                && let Found::One(drill) = find("latest-drill")?
            {
                say(&format!("fracas: there is no incident yet; this is the latest drill, {}", drill.id));
                return Ok(*drill);
            }
            Err(Failure::usage(why))
        }
    }
}

/// Every incident there is.
pub(super) fn list(home: &Home) -> Result<Listing, Failure> {
    journal::list(home).map_err(|error| Failure::outside(format!("{}: {error}", home.incidents().display())))
}

pub(super) fn home() -> Result<Home, Failure> {
    Home::find().map_err(Failure::usage)
}

/// The runbook that an incident keeps beside its journal, with what the team's settings added
/// to it and the remediations that it was offered since.
pub(super) fn kept_runbook(stored: &Stored) -> Result<Arc<Runbook>, Failure> {
    read_kept(stored, &kept_bytes(stored)?)
}

pub(super) fn kept_bytes(stored: &Stored) -> Result<Vec<u8>, Failure> {
    let file = stored.folder.join(journal::RUNBOOK);
    library::contents(&file).map_err(Failure::outside)
}

/// The same without what the incident added to it: as it was when the incident was opened.
pub(super) fn bare_runbook(stored: &Stored) -> Result<Arc<Runbook>, Failure> {
    read_bare(stored, &kept_bytes(stored)?).map(Arc::new)
}

/// The same for who only reads: where it is missing or cannot be read, that is said, and names stand for titles.
pub(super) fn readable_runbook(stored: &Stored) -> Result<Arc<Runbook>, Failure> {
    kept_runbook(stored).or_else(|failure| {
        let Some(opened) = stored.incident.opened() else { return Err(failure) };
        let text = json!({ "version": 1, "id": opened.runbook, "title": opened.title, "phases": [] }).to_string();
        let Ok(bare) = yaml::read_again(journal::RUNBOOK, text.as_bytes()) else { return Err(failure) };
        say(&format!("fracas: {failure}; what follows is without it, and has ids where titles were"));
        Ok(Arc::new(bare))
    })
}

fn read_kept(stored: &Stored, bytes: &[u8]) -> Result<Arc<Runbook>, Failure> {
    let inputs = stored.incident.inputs();
    Ok(of_incident(Arc::new(read_bare(stored, bytes)?), &stored.incident, &inputs))
}

fn read_bare(stored: &Stored, bytes: &[u8]) -> Result<Runbook, Failure> {
    let file = stored.folder.join(journal::RUNBOOK).display().to_string();
    let runbook = yaml::read_again(&file, bytes).map_err(|problems| {
        Failure::outside(format!(
            "the runbook kept with this incident cannot be read:\n{}",
            problem::render(&problems, &String::from_utf8_lossy(bytes), false)
        ))
    })?;
    let team = stored.team().and_then(|bytes| yaml::team::read(journal::TEAM, &bytes).ok()).unwrap_or_default();
    let team = Team { webhooks: Vec::new(), ..team };
    let mut runbook = runbook.with_team(&team);
    runbook.joined = joined(stored)?;
    Ok(runbook)
}

/// The runbooks that were opened inside an incident, from what it keeps of them: each is what its entry says, or none is had.
fn joined(stored: &Stored) -> Result<Vec<Joined>, Failure> {
    let read = |joined: &RunbookJoined| {
        let unreadable =
            |why: String| Failure::outside(format!("the runbook {}, which was opened inside it, cannot be read: {why}", joined.runbook));
        let bytes = evidence::read(&stored.folder, &joined.file).map_err(|error| unreadable(error.to_string()))?;
        let runbook = yaml::read_again(joined.runbook.as_str(), &bytes)
            .map_err(|problems| unreadable(problem::render(&problems, &String::from_utf8_lossy(&bytes), false)))?;
        Ok(Joined { hash: joined.file.sha256.clone(), runbook: Arc::new(runbook), is_in: false })
    };
    stored.incident.joined.iter().map(|(_, joined)| read(joined)).collect()
}

/// The same, for going on with the incident: only as it was when the incident was opened, for nobody has read
/// and trusted anything else.
pub(super) fn unaltered_runbook(stored: &Stored) -> Result<Arc<Runbook>, Failure> {
    let bytes = kept_bytes(stored)?;
    match altered(stored, &bytes) {
        None => with_channels(read_kept(stored, &bytes)?),
        Some(what) => {
            Err(Failure::runbook(format!("{what}; nothing is run from it. `fracas timeline {}` still reads the incident", stored.id)))
        }
    }
}

/// The runbook with the channels that the team has today: an incident that came from another machine tells nobody whom its
/// folder names.
fn with_channels(mut runbook: Arc<Runbook>) -> Result<Arc<Runbook>, Failure> {
    Arc::make_mut(&mut runbook).webhooks = super::author::team(&home()?).1.webhooks;
    Ok(runbook)
}

/// What is wrong with the runbook that an incident keeps, if it is not the one it was opened with.
fn altered(stored: &Stored, bytes: &[u8]) -> Option<String> {
    let place = stored.folder.join(journal::RUNBOOK);
    (!is_as_opened(&stored.incident, bytes)).then(|| format!("{} was altered since the incident was opened", place.display()))
}

/// Whether a runbook is the one that an incident was opened with.
pub(super) fn is_as_opened(incident: &Incident, runbook: &[u8]) -> bool {
    incident.opened().is_none_or(|opened| opened.runbook_hash == sha256(runbook))
}

pub(super) fn list_runbooks(query: &str, as_json: bool) -> Result<Outcome, Failure> {
    let home = home()?;
    let books = library::all(&home);
    let valid: Vec<&Runbook> = books.iter().filter_map(|book| book.runbook.as_deref().ok()).collect();
    let order: Vec<&str> = if query.trim().is_empty() {
        valid.iter().map(|runbook| runbook.id.as_str()).collect()
    } else {
        search::rank(query, &valid).into_iter().map(|hit| valid[hit.index].id.as_str()).collect()
    };
    let mut shown: Vec<_> =
        books.iter().filter(|book| query.trim().is_empty() || book.id().is_some_and(|id| order.contains(&id.as_str()))).collect();
    shown.sort_by_key(|book| book.id().and_then(|id| order.iter().position(|other| *id == *other)).unwrap_or(usize::MAX));
    let mut out = String::new();
    for book in shown {
        let runbook = book.runbook.as_deref().ok();
        let from = match &book.origin {
            Origin::Shipped => "shipped".to_owned(),
            Origin::File(_) => book.file.clone(),
        };
        let problems = book.runbook.as_ref().err().map_or(0, Vec::len);
        let trusted = book.is_trusted(&home);
        if as_json {
            let row = json!({
                "id": runbook.map(|runbook| runbook.id.as_str()),
                "title": runbook.map(|runbook| runbook.title.as_str()),
                "severity": runbook.and_then(|runbook| runbook.severity.as_deref()),
                "from": from, "file": book.file, "hash": book.hash, "trust": format!("sha256:{}", book.fingerprint()), "valid": problems == 0, "trusted": trusted,
            });
            let _ = writeln!(out, "{}", text::json(&row.to_string()));
        } else {
            let id = runbook.map_or(book.file.as_str(), |runbook| runbook.id.as_str());
            let title = runbook
                .map_or_else(|| format!("invalid: {problems} problems; see `fracas lint {}`", book.file), |runbook| runbook.title.clone());
            let severity = runbook.and_then(|runbook| runbook.severity.as_deref()).unwrap_or("-");
            let mark = if trusted { "" } else { "  (not trusted yet)" };
            let _ =
                writeln!(out, "{:<28} {:<5} {}  [{}]{mark}", text::line(id), text::line(severity), text::line(&title), text::line(&from));
        }
    }
    if out.is_empty() && !as_json {
        say("no runbook matches; `fracas list` shows all of them");
    }
    print(&out)?;
    Ok(Outcome::Done)
}

pub(super) fn timeline(wanted: &str, as_json: bool, follow: bool) -> Result<Outcome, Failure> {
    let home = home()?;
    let stored = stored(&home, wanted)?;
    let runbook = readable_runbook(&stored)?;
    let mut teller = Teller::new(runbook, style(&std::io::stdout()));
    let mut printed = 0;
    let mut current = stored;
    loop {
        let mut out = String::new();
        for (line, entry) in current.lines.iter().zip(current.incident.entries()).skip(printed) {
            if as_json {
                out.push_str(line);
                out.push('\n');
            } else {
                out.push_str(&teller.line(entry));
                out.push('\n');
            }
        }
        printed = current.lines.len();
        let joined = current.incident.joined.len();
        let read = print_while_read(&out)?;
        if !follow || !read || !current.is_open() {
            return Ok(Outcome::Done);
        }
        // A journal is a file that another process appends to: looking twice a second is enough for a reader.
        std::thread::sleep(Duration::from_millis(500));
        current =
            journal::read(&current.folder, current.id.clone()).map_err(|error| Failure::outside(format!("{}: {error}", current.id)))?;
        if current.incident.joined.len() > joined {
            teller.widen(readable_runbook(&current)?);
        }
    }
}

/// For an incident that somebody else writes: its entries, read-only, as they come.
pub(super) fn look_on(id: &IncidentId, writer: &str) -> Result<Outcome, Failure> {
    say(&format!(
        "fracas: {writer} has {id} open. This is read-only and follows what happens there, until it is resolved or you press Ctrl-C; \
         `fracas note {id} TEXT` adds to it from another terminal"
    ));
    // The first screen may have had them for itself.
    tui::let_signals_end().map_err(|error| super::open::no_signals(&error))?;
    timeline(id.as_str(), false, true)
}

/// A moment as people give one: RFC 3339, or how long ago (`12m`).
pub(super) fn parse_time(given: &str) -> Result<DateTime<Utc>, Failure> {
    earlier(given, clock::wall()).map_err(Failure::usage)
}
