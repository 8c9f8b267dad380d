//! What many incidents tell together, as a page for people or one JSON object for each runbook and kind. Never mixes
//! drills with incidents, and names what it could not read.
//!
//! A row of `--json`: `{"runbook", "title", "kind": "incident"|"drill"|"rehearsal", "number", "open", "detected",
//! "acknowledged", "first_action", "mitigated", "resolved", "promised_ms", "over_promise", "phases": [{"id", "title",
//! "spent", "budget_ms", "over", "steps": [the same]}], "skipped": [{"id", "title", "skipped", "of", "reasons":
//! [{"reason", "times"}]}], "doubted": [{"id", "title", "answered", "overridden", "judged_against", "red_at_the_end",
//! "inconclusive", "reasons"}], "remediations": [{"id", "title", "planned_in", "planned", "tried", "committed",
//! "rolled_back", "failed", "unknown"}]}`. A time is null or `{"count", "median_ms", "lower_quartile_ms",
//! "upper_quartile_ms", "least_ms", "most_ms"}`. Times are taken of what was resolved, everything else of all.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::base::stamp::milliseconds;
use crate::base::text;
use crate::present::words;
use crate::timeline::measure::Measures;
use crate::timeline::statistics::{self, Case, Costs, Doubts, Kind, Remedy, Skips, Spread, Statistics};
use crate::world::journal::Listing;

use super::failure::{Failure, Outcome};
use super::incidents::{kind, name_broken};
use super::past::{home, kept_runbook, list};
use super::{print, say};

/// Columns of the page: what a terminal has that nobody has made larger.
const COLUMNS: usize = 80;

/// Columns for what a line of figures is about: what four columns of figures leave.
const ABOUT: usize = 34;

/// Reasons that are told; the others are counted.
const REASONS: usize = 3;

pub(super) fn stats(as_json: bool) -> Result<Outcome, Failure> {
    let Listing { incidents, mut broken } = list(&home()?)?;
    let mut read = Vec::new();
    for stored in &incidents {
        match kept_runbook(stored) {
            Ok(runbook) => {
                let until = stored.incident.entries().last().map(|entry| entry.at);
                let measures = until.map(|until| Measures::of(&stored.incident, &runbook, until)).unwrap_or_default();
                read.push((&stored.incident, runbook, measures));
            }
            Err(why) => broken.push((stored.id.clone(), why.to_string())),
        }
    }
    let all = statistics::of(read.iter().map(|(incident, runbook, measures)| Case { incident, runbook, measures }));
    name_broken(&broken);
    if all.is_empty() && !as_json {
        say("no incidents to learn from yet; `fracas drill` is a safe way to have one");
    }
    if as_json {
        print(&all.iter().map(|one| format!("{}\n", text::json(&row(one).to_string()))).collect::<String>())?;
    } else {
        print(&all.iter().map(page).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Outcome::Done)
}

fn page(of: &Statistics) -> String {
    let mut page = format!("{}\n{}\n", cut(&of.title, COLUMNS), cut(&format!("{}: {}", of.runbook, number(of)), COLUMNS));
    let promised = of.promised.filter(|_| of.resolved.is_some()).map(|promised| limit(promised, of.over_promise)).unwrap_or_default();
    let times = [
        ("it was noticed", of.detected, ""),
        ("somebody took it up", of.acknowledged, ""),
        ("the first change was agreed to", of.first_action, ""),
        ("the harm was over", of.mitigated, ""),
        ("it was closed", of.resolved, promised.as_str()),
    ];
    if times.iter().any(|(_, spread, _)| spread.is_some()) {
        figures(&mut page, "From the beginning until", "median", "middle half", "promised");
        for (about, spread, limit) in times {
            line(&mut page, &format!("  {about}"), spread, limit);
        }
    }
    if of.phases.iter().any(|phase| phase.cost.spent.is_some()) {
        figures(&mut page, "Worked on", "median", "middle half", "budget");
        for phase in &of.phases {
            cost(&mut page, &phase.title, &phase.cost);
            for step in &phase.steps {
                cost(&mut page, &format!("  {}", step.title), &step.cost);
            }
        }
    }
    list_of(&mut page, "Steps that were skipped", of.skipped.iter().map(told_skip));
    list_of(&mut page, "Checks that may be wrong", of.doubted.iter().map(told_doubt));
    list_of(&mut page, "Remediations", of.remediations.iter().map(|remedy| told_remedy(remedy, of.number)));
    page
}

/// How many there are, and what the times are taken of.
fn number(of: &Statistics) -> String {
    let (one, many) = match of.kind {
        Kind::Incident => ("incident", "incidents"),
        Kind::Drill => ("drill", "drills"),
        Kind::Rehearsal => ("rehearsal by the ideal responder", "rehearsals by the ideal responder"),
    };
    let number = words::count(of.number as u64, one, many);
    match (of.open, of.number - of.open) {
        (0, _) => number,
        (_, 0) => format!("{number}, none resolved yet"),
        (open, resolved) => format!("{number}, {open} not resolved; times are those of the other {resolved}"),
    }
}

fn figures(page: &mut String, about: &str, median: &str, half: &str, limit: &str) {
    let _ = writeln!(page, "\n  {about:<ABOUT$}{median:>9}  {half:^17}  {limit}");
}

fn line(page: &mut String, about: &str, spread: Option<Spread>, limit: &str) {
    let median = spread.map_or_else(|| "–".to_owned(), |spread| words::duration(spread.median));
    // Of one there is no half.
    let half = spread
        .filter(|spread| spread.count > 1)
        .map_or_else(String::new, |spread| format!("{:>7} – {:<7}", words::duration(spread.lower), words::duration(spread.upper)));
    let written = format!("  {:<ABOUT$}{median:>9}  {half:<17}  {limit}", cut(about, ABOUT - 1));
    let _ = writeln!(page, "{}", written.trim_end());
}

/// A phase or a step that somebody turned to.
fn cost(page: &mut String, title: &str, cost: &Costs) {
    if cost.spent.is_some() {
        let budget = cost.budget.map(|budget| limit(budget, cost.over)).unwrap_or_default();
        line(page, &format!("  {title}"), cost.spent, &budget);
    }
}

fn limit(allowed: Duration, over: usize) -> String {
    let over = if over == 0 { String::new() } else { format!(", {over} over") };
    format!("{}{over}", words::exactly(allowed))
}

fn list_of(page: &mut String, title: &str, told: impl Iterator<Item = (String, String)>) {
    for (place, (about, more)) in told.enumerate() {
        if place == 0 {
            let _ = writeln!(page, "\n  {title}");
        }
        let _ = writeln!(page, "    {}", cut(&about, COLUMNS - 4));
        for line in wrap(&more, COLUMNS - 6) {
            let _ = writeln!(page, "      {line}");
        }
    }
}

fn told_skip(skip: &Skips) -> (String, String) {
    (skip.title.clone(), format!("{} of {} times: {}", skip.skipped, skip.of, reasons(&skip.reasons)))
}

fn told_doubt(doubt: &Doubts) -> (String, String) {
    let why = [
        (doubt.overridden, "accepted although it was not green"),
        (doubt.judged_against, "a person said the opposite"),
        (doubt.red_at_the_end, "still red when the incident was closed"),
        (doubt.inconclusive, "could not be asked"),
    ];
    let told: Vec<String> = why.iter().filter(|(times, _)| *times > 0).map(|(times, what)| format!("{what}: {times}")).collect();
    let accepted = if doubt.reasons.is_empty() { String::new() } else { format!("; accepted because: {}", reasons(&doubt.reasons)) };
    let answered = words::count(doubt.answered as u64, "time", "times");
    (doubt.title.clone(), format!("met {answered}; {}{accepted}", told.join(", ")))
}

fn told_remedy(remedy: &Remedy, number: usize) -> (String, String) {
    let total = &remedy.total;
    let ended = [
        (total.committed, "took effect"),
        (total.rolled_back, "rolled back"),
        (total.failed, "failed half-way"),
        (total.unknown, "unknown"),
    ];
    let ended: Vec<String> = ended.iter().filter(|(times, _)| *times > 0).map(|(times, what)| format!("{times} {what}")).collect();
    let tried = match total.tried {
        0 => "never run".to_owned(),
        tried if ended.is_empty() => format!("run {}", words::count(tried, "time", "times")),
        tried => format!("run {}: {}", words::count(tried, "time", "times"), ended.join(", ")),
    };
    (remedy.title.clone(), format!("planned in {} of {number}, {tried}", remedy.planned_in))
}

fn reasons(reasons: &[(String, usize)]) -> String {
    let told = reasons.iter().take(REASONS).map(|(why, times)| {
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        format!("{}{times}", words::quoted(&cut(why, COLUMNS)))
    });
    let mut told: Vec<String> = told.collect();
    if reasons.len() > REASONS {
        told.push(words::count((reasons.len() - REASONS) as u64, "other", "others"));
    }
    told.join(", ")
}

/// One clean line of so many characters at most.
fn cut(words: &str, most: usize) -> String {
    let line = text::line(words);
    if line.chars().count() <= most { line.into_owned() } else { line.chars().take(most - 1).chain(['…']).collect() }
}

/// Lines of so many characters at most, broken between words.
fn wrap(words: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text::line(words).split(' ') {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > most {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            let gap = if last.is_empty() { "" } else { " " };
            let _ = write!(last, "{gap}{word}");
        }
    }
    lines
}

fn row(of: &Statistics) -> Value {
    let phases: Vec<Value> = of
        .phases
        .iter()
        .map(|phase| {
            let steps: Vec<Value> = phase.steps.iter().map(|step| costs(step.step.as_str(), &step.title, &step.cost)).collect();
            let mut row = costs(phase.phase.as_str(), &phase.title, &phase.cost);
            row["steps"] = Value::Array(steps);
            row
        })
        .collect();
    let why = |reasons: &[(String, usize)]| reasons.iter().map(|(why, times)| json!({ "reason": why, "times": times })).collect::<Vec<_>>();
    let skipped = of
        .skipped
        .iter()
        .map(|skip| json!({ "id": skip.step, "title": skip.title, "skipped": skip.skipped, "of": skip.of, "reasons": why(&skip.reasons) }));
    let doubted = of.doubted.iter().map(|doubt| {
        json!({
            "id": doubt.check, "title": doubt.title, "answered": doubt.answered, "overridden": doubt.overridden,
            "judged_against": doubt.judged_against, "red_at_the_end": doubt.red_at_the_end, "inconclusive": doubt.inconclusive,
            "reasons": why(&doubt.reasons),
        })
    });
    let remediations = of.remediations.iter().map(|remedy| {
        let total = &remedy.total;
        json!({
            "id": remedy.remediation, "title": remedy.title, "planned_in": remedy.planned_in, "planned": total.planned,
            "tried": total.tried, "committed": total.committed, "rolled_back": total.rolled_back, "failed": total.failed,
            "unknown": total.unknown,
        })
    });
    json!({
        "runbook": of.runbook, "title": of.title, "kind": kind(of.kind), "number": of.number, "open": of.open,
        "detected": spread(of.detected), "acknowledged": spread(of.acknowledged), "first_action": spread(of.first_action),
        "mitigated": spread(of.mitigated), "resolved": spread(of.resolved),
        "promised_ms": of.promised.map(milliseconds), "over_promise": of.over_promise,
        "phases": phases, "skipped": skipped.collect::<Vec<_>>(), "doubted": doubted.collect::<Vec<_>>(),
        "remediations": remediations.collect::<Vec<_>>(),
    })
}

fn spread(spread: Option<Spread>) -> Value {
    spread.map_or(Value::Null, |spread| {
        json!({
            "count": spread.count, "median_ms": milliseconds(spread.median), "lower_quartile_ms": milliseconds(spread.lower),
            "upper_quartile_ms": milliseconds(spread.upper), "least_ms": milliseconds(spread.least), "most_ms": milliseconds(spread.most),
        })
    })
}

fn costs(id: &str, title: &str, cost: &Costs) -> Value {
    json!({ "id": id, "title": title, "spent": spread(cost.spent), "budget_ms": cost.budget.map(milliseconds), "over": cost.over })
}
