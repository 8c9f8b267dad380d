//! The list of incidents: what is open first, then what is over, then what was only practised. It changes nothing, and
//! names what it could not read.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::base::id::IncidentId;
use crate::base::stamp::{milliseconds, rfc3339};
use crate::base::text;
use crate::present::words;
use crate::timeline::statistics::Kind;
use crate::world::clock;
use crate::world::journal::{Listing, Stored};

use super::failure::{Failure, Outcome};
use super::past::{home, list};
use super::{print, say};

pub(super) fn incidents(as_json: bool) -> Result<Outcome, Failure> {
    let Listing { incidents, broken } = list(&home()?)?;
    let out = if as_json { incidents.iter().rev().filter_map(row).collect() } else { page(&incidents, clock::wall()) };
    name_broken(&broken);
    if incidents.is_empty() && !as_json {
        say("no incidents yet; `fracas drill` is a safe way to have one");
    }
    print(&out)?;
    Ok(Outcome::Done)
}

/// Says which incidents could not be read.
pub(super) fn name_broken(broken: &[(IncidentId, String)]) {
    for (id, why) in broken {
        say(&format!("fracas: {id} cannot be read: {why}"));
    }
}

/// How real an incident is, in a word.
pub(super) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Incident => "incident",
        Kind::Drill => "drill",
        Kind::Rehearsal => "rehearsal",
    }
}

fn row(stored: &Stored) -> Option<String> {
    let incident = &stored.incident;
    let (opened, began, last) = (incident.opened()?, incident.began()?, incident.entries().last()?);
    let row = json!({
        "id": stored.id, "runbook": opened.runbook, "title": opened.title, "severity": incident.severity,
        "drill": opened.drill.is_some(), "kind": kind(Kind::of(incident)), "state": if stored.is_open() { "open" } else { "resolved" },
        "began": rfc3339(began), "last": rfc3339(last.at.wall), "duration_ms": milliseconds(incident.clock(last.at)),
        "lead": incident.lead, "entries": incident.entries().len(),
    });
    Some(format!("{}\n", text::json(&row.to_string())))
}

/// The list for people. In each part the latest comes first; the id stands alone at the beginning of its line, to be copied.
fn page(incidents: &[Stored], now: DateTime<Utc>) -> String {
    let width = incidents.iter().map(|stored| stored.id.as_str().chars().count()).max().unwrap_or_default();
    let mut out = String::new();
    let mut part = |title: &str, wanted: &dyn Fn(&Stored) -> bool| {
        let rows: Vec<&Stored> = incidents.iter().rev().filter(|stored| wanted(stored)).collect();
        if rows.is_empty() {
            return;
        }
        let gap = if out.is_empty() { "" } else { "\n" };
        let _ = writeln!(out, "{gap}{title}");
        for stored in rows {
            let severity = stored.incident.severity.as_deref().unwrap_or("-");
            let _ = writeln!(out, "  {:<width$}  {:<4} {}", text::line(stored.id.as_str()), text::line(severity), standing(stored, now));
        }
    };
    part("Open", &|stored| stored.is_open() && !stored.incident.is_drill());
    part("Resolved", &|stored| !stored.is_open() && !stored.incident.is_drill());
    part("Drills, where nothing was real", &|stored| stored.incident.is_drill());
    out
}

/// How it stands, in a few words that fit beside an id.
fn standing(stored: &Stored, now: DateTime<Utc>) -> String {
    let incident = &stored.incident;
    let since = |at: DateTime<Utc>| words::rough((now - at).to_std().unwrap_or_default());
    let played = if Kind::of(incident) == Kind::Rehearsal { "rehearsed, " } else { "" };
    match (&incident.resolved, incident.began(), incident.entries().last()) {
        (Some((at, _)), ..) => format!("{played}resolved in {}", words::duration(incident.clock(*at))),
        (None, Some(began), Some(_)) if !incident.is_drill() => {
            format!("open for {}, led by {}", since(began), text::line(&incident.lead))
        }
        (None, _, last) => {
            format!("{played}left open after {}", words::duration(last.map_or_else(Default::default, |last| incident.clock(last.at))))
        }
    }
}
