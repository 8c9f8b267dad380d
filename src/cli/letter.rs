//! Commands that add an entry from outside the screen: a note, another person's consent. While a screen is open it is the
//! only writer, and they leave a letter; they end well only once its entry is on disk.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::Duration;

use crate::base::text;
use crate::engine::letter::{Letter, Wish};
use crate::engine::{Effect, Msg, Session, gate, update};
use crate::runbook::model::Remediation;
use crate::timeline::event::Planned;
use crate::timeline::incident::RemediationRecord;
use crate::timeline::{Entry, Event};
use crate::world::clock::{self, Clock, Stopwatch};
use crate::world::home;
use crate::world::journal::inbox::{self, Fate};
use crate::world::journal::{Journal, OpenProblem, Stored, TakenUp};

use super::failure::{Failure, Outcome};
use super::open::require_terminal;
use super::{past, print, say};

/// How long a screen may take to open a letter: it looks once a second, on a machine that may be busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often whoever waits looks for an answer.
const LOOK: Duration = Duration::from_millis(200);

pub(super) fn note(wanted: &str, text: String, at: Option<&str>, name: Option<String>) -> Result<Outcome, Failure> {
    let stored = past::stored(&past::home()?, wanted)?;
    let happened_at = at.map(past::parse_time).transpose()?;
    if text.trim().is_empty() {
        return Err(Failure::usage("an empty note is not kept"));
    }
    deliver(&stored, letter(name, Wish::Note { text, happened_at }))
}

/// Shows another person the plan that is open, and leaves their consent.
pub(super) fn approve(wanted: &str, name: Option<String>) -> Result<Outcome, Failure> {
    let stored = past::stored(&past::home()?, wanted)?;
    let runbook = past::kept_runbook(&stored)?;
    let lead = stored.incident.lead.clone();
    let session = Session::new(runbook.clone(), stored.incident.clone(), BTreeMap::new(), lead);
    let open = session.incident.remediations.iter().find(|(_, record)| record.open).and_then(|(id, record)| {
        let (_, remediation) = runbook.remediation(id)?;
        Some((remediation, record, record.planned.as_ref()?))
    });
    let Some((remediation, record, planned)) = open else {
        return Err(Failure::usage(format!("no plan of {} waits for anybody", stored.id)));
    };
    let by = name.unwrap_or_else(home::person);
    let (attempt, plan) = (planned.attempt, planned.digest());
    gate::may_approve(&session, &by, &remediation.id, attempt, &plan).map_err(Failure::usage)?;
    require_terminal("a plan is agreed to by a person who reads it")?;
    print(&tell(remediation, record, planned, &session.responder))?;
    if !is_agreed(record, planned)? {
        return Err(Failure::usage("not agreed; nothing was recorded"));
    }
    let kept = deliver(&stored, letter(Some(by), Wish::Approve { remediation: remediation.id.clone(), attempt, plan }))?;
    say(&format!("fracas: your consent is on the timeline; it is for {} to run it", session.responder));
    Ok(kept)
}

/// The plan as whoever agrees reads it.
fn tell(remediation: &Remediation, record: &RemediationRecord, planned: &Planned, lead: &str) -> String {
    let mut told = vec![remediation.title.clone(), format!("to be run by {lead}")];
    let server = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref());
    if let Some(target) = &planned.target {
        let production = if planned.production { ", PRODUCTION" } else { "" };
        let database = server.map(|server| format!(", database {} as {}", server.database, server.role)).unwrap_or_default();
        told.push(format!("on {target}{database}{production}"));
    }
    for (n, step) in planned.steps.iter().enumerate() {
        told.push(format!("\n{}. {}\n\n{}\n", n + 1, step.what, step.text));
        told.extend(step.lock.iter().map(|lock| format!("   lock: {lock}")));
        told.extend(step.cautions.iter().map(|caution| format!("   caution: {caution}")));
        let rehearsed = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.results.get(n));
        told.extend(rehearsed.map(|result| format!("   rehearsed: {} rows", result.rows)));
    }
    let problem = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.problem.as_ref());
    told.extend(problem.map(|problem| format!("\nits rehearsal: {}", problem.message)));
    told.extend(record.rehearsal_skipped.iter().map(|reason| format!("\nits rehearsal was skipped: {reason}")));
    format!("{}\n\n", text::lines(&told.join("\n")))
}

/// Whether the person at this terminal types what it takes: the database's name where this is production, else yes.
fn is_agreed(record: &RemediationRecord, planned: &Planned) -> Result<bool, Failure> {
    let server = record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref());
    let name = server.filter(|_| planned.production).map(|server| server.database.as_str());
    let wanted = name.unwrap_or("yes");
    let question = match name {
        Some(name) => format!("This is production. Type the database's name, {}, to agree: ", text::line(name)),
        None => "Type yes to agree: ".to_owned(),
    };
    let mut err = std::io::stderr();
    let mut typed = String::new();
    write!(err, "{question}")
        .and_then(|()| err.flush())
        .and_then(|()| std::io::stdin().read_line(&mut typed))
        .map_err(|error| Failure::outside(format!("the terminal: {error}")))?;
    Ok(typed.trim() == wanted)
}

fn letter(name: Option<String>, wish: Wish) -> Letter {
    // Letters are opened in the order of their names.
    let token = format!("{:013}-{}", clock::wall().timestamp_millis(), uuid::Uuid::new_v4());
    Letter { token, by: name.unwrap_or_else(home::person), wish }
}

/// Has a letter taken in: by whoever has the incident open, else here and now.
fn deliver(stored: &Stored, letter: Letter) -> Result<Outcome, Failure> {
    let take_up = || Journal::resume(&stored.folder, stored.id.clone(), &home::host());
    let holder = match take_up() {
        Ok(taken) => return write_alone(taken, letter),
        Err(OpenProblem::Locked { by, .. }) => by,
        Err(problem) => return Err(Failure::outside(problem.to_string())),
    };
    let path = inbox::leave(&stored.folder, &letter).map_err(|error| Failure::outside(format!("not recorded: {error}")))?;
    let watch = Stopwatch::start();
    loop {
        match inbox::fate(&path) {
            Fate::Kept => return Ok(Outcome::Done),
            Fate::Refused(why) => return Err(Failure::outside(why)),
            Fate::Waiting => {}
        }
        // Whoever had it open may have ended meanwhile; the letter may be on the timeline already, and is not written twice.
        if let Ok(taken) = take_up() {
            let _ = inbox::take_back(&path);
            return write_alone(taken, letter);
        }
        if watch.elapsed() > PATIENCE && inbox::take_back(&path) {
            return Err(Failure::outside(format!("not recorded: {holder} has {} open and does not answer", stored.id)));
        }
        std::thread::sleep(LOOK);
    }
}

/// Writes the entry of a letter into a journal that nobody has open.
fn write_alone(taken: TakenUp, letter: Letter) -> Result<Outcome, Failure> {
    let TakenUp { mut journal, mut stored, repaired } = taken;
    if !matches!(letter.wish, Wish::Note { .. }) {
        return Err(Failure::outside(format!("nobody works on {} now; its plan is laid out again when somebody resumes it", stored.id)));
    }
    let runbook = past::kept_runbook(&stored)?;
    let (Some(opened), Some(last)) = (stored.incident.opened_at(), stored.incident.entries().last().map(|entry| (entry.seq, entry.at)))
    else {
        return Err(Failure::outside("the timeline is empty"));
    };
    let now = Clock::resume(opened, last.1).now();
    let unwritten = |error| Failure::outside(format!("not recorded: {error}"));
    if let Some((bytes, kept_as)) = repaired {
        let entry = Entry { seq: last.0 + 1, at: now, by: letter.by.clone(), event: Event::Repaired { bytes, kept_as } };
        journal.append(&entry).map_err(unwritten)?;
        stored.incident.apply(entry);
    }
    let mut session = Session::new(runbook, stored.incident, BTreeMap::new(), letter.by.clone());
    for effect in update(&mut session, now, Msg::Letter(letter)) {
        if let Effect::Append(entry) = effect
            && matches!(entry.event, Event::Note { .. })
        {
            journal.append(&entry).map_err(unwritten)?;
        }
    }
    Ok(Outcome::Done)
}
