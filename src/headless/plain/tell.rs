//! The incident in sentences, for somebody who hears them: no signs, no columns, times in words. Never acts.

use std::time::Duration;

use crate::base::Values;
use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::session::{CheckState, StepState};
use crate::engine::{Command, Session, Stage, gate};
use crate::present::{advice, calls, story, words};
use crate::runbook::model::{Evidence, Phase, Step, Urgency};
use crate::timeline::event::{Entry, Event, Verdict};

use super::{beside, call};

/// Something in a step that has a number there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Check(Id),
    Remediation(Id),
    Task(Id),
}

/// A sentence as it is spoken: quotation marks and dashes as a keyboard has them, which no screen reader spells out, a
/// capital in front and an end. Only for sentences of ours, and never for what will run.
pub(super) fn spoken(sentence: &str) -> String {
    let plain = spoken_inside(sentence);
    let mut letters = plain.chars();
    let Some(first) = letters.next() else { return String::new() };
    let end = if plain.ends_with(['.', '?', '!', ':']) { "" } else { "." };
    first.to_uppercase().chain(letters).chain(end.chars()).collect()
}

/// The same inside a sentence.
pub(super) fn spoken_inside(sentence: &str) -> String {
    sentence.replace(['“', '”'], "\"").replace(" — ", ", ").replace(" · ", ", ").replace('…', "...")
}

/// How long something is, in words: `12 seconds`, `4 minutes 12 seconds`, `1 hour 3 minutes`.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(seconds / 86_400, "day"), (seconds / 3_600 % 24, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second")];
    let told: Vec<String> = units
        .into_iter()
        .skip_while(|(number, _)| *number == 0)
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| words::count(number, unit, &format!("{unit}s")))
        .collect();
    if told.is_empty() { "0 seconds".to_owned() } else { told.join(" ") }
}

fn ago(age: Duration) -> String {
    if age.as_secs() == 0 { "just now".to_owned() } else { format!("{} ago", time(age)) }
}

/// The steps that can be part of this incident, in the order of their numbers.
pub(super) fn steps(session: &Session) -> Vec<(&Phase, &Step)> {
    let possible = |(phase, step): &(&Phase, &Step)| {
        !session.is_out_of_the_question(phase.when.as_ref()) && !session.is_out_of_the_question(step.when.as_ref())
    };
    session.runbook.steps().filter(possible).collect()
}

/// What a step holds, in the order of its numbers.
pub(super) fn rows(session: &Session, step: &Step) -> Vec<Row> {
    let checks = step.checks.iter().map(|check| (Row::Check(check.id.clone()), check.when.as_ref()));
    let remediations = step.remediations.iter().map(|remediation| (Row::Remediation(remediation.id.clone()), remediation.when.as_ref()));
    let tasks = step.tasks.iter().map(|task| (Row::Task(task.id.clone()), task.when.as_ref()));
    let all = checks.chain(remediations).chain(tasks);
    all.filter(|(_, when)| !session.is_out_of_the_question(*when)).map(|(row, _)| row).collect()
}

/// What the incident is, where it runs, and what must never be done: said once, at the beginning.
pub(super) fn incident(session: &Session, now: Stamp) -> Vec<String> {
    let Some(opened) = session.incident.opened() else { return Vec::new() };
    let kind = if opened.drill.is_some() { "Drill" } else { "Incident" };
    let severity =
        session.incident.severity.as_ref().map(|severity| format!(" Severity {}.", words::severity(severity))).unwrap_or_default();
    let mut told = vec![format!("{kind}: {}.{severity}", opened.title)];
    if opened.drill.is_some() {
        told.push("Nothing here is real.".to_owned());
    }
    if opened.read_only {
        told.push("It is read-only: every remediation is refused.".to_owned());
    }
    for target in session.incident.targets() {
        let production = if target.production { ", production" } else { "" };
        told.push(format!("Target {}{production}: {}.", target.name, target.shown));
    }
    let clock = session.incident.clock(now);
    if clock.as_secs() > 0 {
        told.push(format!("It began {}. {} leads.", ago(clock), session.incident.lead));
    }
    let names = session.names();
    told.extend(session.runbook.summary.iter().map(|summary| summary.render(&names)));
    told.extend(session.runbook.never.iter().map(|warning| format!("Warning: {}", warning.render(&names))));
    told
}

/// The header of the screen in sentences.
pub(super) fn status(session: &Session, now: Stamp) -> Vec<String> {
    let incident = &session.incident;
    let title = incident.opened().map_or(session.runbook.title.as_str(), |opened| &opened.title);
    let severity = incident.severity.as_ref().map(|severity| format!(", severity {}", words::severity(severity))).unwrap_or_default();
    let drill = if incident.is_drill() { " This is a drill." } else { "" };
    let mut told = vec![format!("{title}{severity}.{drill} {} leads.", incident.lead)];
    let clock = incident.clock(now);
    told.push(match (&incident.resolved, session.runbook.resolve_within) {
        (Some(_), _) => format!("Resolved after {}.", time(clock)),
        (None, Some(within)) => format!("Its clock shows {} of {}.", time(clock), time(within)),
        (None, None) => format!("Its clock shows {}.", time(clock)),
    });
    if let Some(why) = &session.degraded {
        told.push(format!("Nothing is recorded: {why}. Changes are refused until the journal writes again."));
    }
    if let Some((since, reason)) = &incident.paused {
        told.push(format!("Paused for {}: {reason}.", time(now.since(*since))));
    }
    if let Some((phase, step)) = session.current().filter(|_| incident.resolved.is_none()) {
        let spent = session.phase_spent(phase, now);
        let budget = phase.budget.map(|budget| {
            let over = if spent > budget { ", which is over" } else { "" };
            format!(" of {}{over}", time(budget))
        });
        told.push(format!("Phase {}: {}{} used.", phase.title, time(spent), budget.unwrap_or_default()));
        let all = steps(session);
        let place = all.iter().position(|(_, other)| other.id == step.id).map_or(0, |place| place + 1);
        told.push(format!("Step {place} of {}: {}.", all.len(), step.title));
    }
    told.extend(calls::open(session, now).iter().map(|(_, say)| call::due(say)));
    if let Some((_, left)) = session.next_escalation(now).filter(|_| incident.resolved.is_none()) {
        told.push(format!("Next escalation in {}.", time(left)));
    }
    let red: Vec<&str> = session.red().map(|check| check.title.as_str()).collect();
    told.push(if red.is_empty() { "No check is red.".to_owned() } else { format!("Red: {}.", red.join("; ")) });
    let unclear: Vec<&str> = session.unclear().map(|check| check.title.as_str()).collect();
    if !unclear.is_empty() {
        told.push(format!("Could not be asked: {}.", unclear.join("; ")));
    }
    let criteria = session.criteria();
    let held = criteria.iter().filter(|criterion| criterion.held).count();
    told.push(format!("{held} of {} criteria of success hold.", criteria.len()));
    told
}

/// Where the work is: the step that was turned to, and why it matters.
pub(super) fn step_head(session: &Session, step: &Id) -> Vec<String> {
    let all = steps(session);
    let Some((place, (phase, step))) = all.iter().enumerate().find(|(_, (_, other))| other.id == *step) else { return Vec::new() };
    let names = session.names();
    let mut told = vec![format!("Step {} of {}, in phase {}: {}.", place + 1, all.len(), phase.title, step.title)];
    told.extend(step.why.iter().map(|why| why.render(&names)));
    told
}

/// A step with all its rows; numbered where they can be acted on.
pub(super) fn step(session: &Session, step: &Step, now: Stamp) -> Vec<String> {
    let mut told = step_head(session, &step.id);
    if let Some(reason) = session.incident.skipped.get(&step.id) {
        told.push(format!("Skipped: {reason}."));
    }
    for (place, row) in rows(session, step).iter().enumerate() {
        let told_row = match row {
            Row::Check(id) => check(session, id, now),
            Row::Remediation(id) => remediation(session, id, now),
            Row::Task(id) => task(session, id, now),
        };
        told.push(format!("{}. {told_row}", place + 1));
    }
    for related in &step.related {
        let why = related.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        told.push(format!("See also the runbook {}{why}.", related.runbook));
    }
    told
}

/// Every step with its number and how it stands.
pub(super) fn all_steps(session: &Session) -> Vec<String> {
    let mut told = Vec::new();
    let mut phase_told = None;
    for (place, (phase, step)) in steps(session).into_iter().enumerate() {
        if phase_told.replace(&phase.id) != Some(&phase.id) {
            let budget = phase.budget.map(|budget| format!(", {}", time(budget))).unwrap_or_default();
            told.push(format!("Phase {}{budget}.", phase.title));
        }
        let here = if session.incident.current_step.as_ref() == Some(&step.id) { ", this is the current step" } else { "" };
        let state = match session.step_state(phase, step) {
            StepState::NotNeeded => "not needed now",
            state => words::step_state(state).name,
        };
        told.push(format!("{}. {}: {state}{here}.", place + 1, step.title));
    }
    told
}

/// The criteria of success with their numbers.
pub(super) fn criteria(session: &Session) -> Vec<String> {
    let told = session.criteria().into_iter().enumerate().map(|(place, criterion)| {
        let urgency = match criterion.urgency {
            Urgency::Immediate => String::new(),
            later => format!(", {}", words::urgency(later)),
        };
        format!("{}. {}{urgency}: {}; {}.", place + 1, words::criterion(&criterion).name, criterion.title, criterion.because)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { vec!["This runbook names no criteria of success.".to_owned()] } else { told }
}

/// The last entries, each with its number and what the incident's clock showed.
pub(super) fn timeline(session: &Session, last: usize, names: &Values) -> Vec<String> {
    let entries = session.incident.entries();
    let told = entries.iter().skip(entries.len().saturating_sub(last)).map(|entry| {
        let story = story::line(entry, entries, &session.runbook, names);
        let held = if session.incident.corrected_by(entry.seq).is_some() { " (does not hold any more)" } else { "" };
        format!("{}. {}, {}: {}{held}", entry.seq, words::clock(session.incident.since_began(entry.at)), entry.by, spoken(&story.text))
    });
    told.collect()
}

/// What has just happened.
pub(super) fn entry(session: &Session, entry: &Entry, names: &Values) -> Vec<String> {
    let entries = session.incident.entries();
    let line = |entry: &Entry| story::line(entry, entries, &session.runbook, names).text;
    let by = |sentence: String| {
        let is_known = entry.by == session.responder || entry.by == "fracas";
        if is_known { sentence } else { format!("{}: {sentence}", entry.by) }
    };
    if let Event::StepEntered { step } = &entry.event {
        return step_head(session, step);
    }
    if let Event::Applies { .. } = &entry.event {
        // What that leads to is said when it is next.
        return Vec::new();
    }
    if let Event::CheckSettled(settled) = &entry.event {
        if let Some(told) = beside::answered(session, settled) {
            return told;
        }
        let before = entries.iter().take_while(|other| other.seq < entry.seq).filter_map(|other| match &other.event {
            Event::CheckSettled(earlier) if earlier.check == settled.check => Some(earlier.verdict),
            _ => None,
        });
        let verdict = match (before.last(), settled.verdict) {
            (Some(Verdict::Passed), Verdict::Failed) => "Turned red",
            (Some(Verdict::Failed), Verdict::Passed) => "Turned green",
            (_, verdict) => words::verdict(verdict).name,
        };
        let mut told = vec![spoken(&format!("{verdict}: {}", line(entry)))];
        for known in advice::on(&session.runbook, &settled.known_errors).into_iter().filter(|known| !known.advice.is_empty()) {
            told.push(format!("Known error, {}: {}", known.title, known.advice));
        }
        return told;
    }
    if let Event::EscalationDue { .. } | Event::OverBudget { .. } | Event::Called { .. } = &entry.event {
        // That is said as a call, for as long as it stands.
        return Vec::new();
    }
    if let Event::HandedOver { brief, .. } = &entry.event {
        return vec![by(spoken(&line(entry))), brief.clone(), "The word accept says that it was read.".to_owned()];
    }
    let what = match &entry.event {
        Event::TaskTicked { .. } => "ticked ",
        Event::Note { .. } => "note: ",
        _ => "",
    };
    vec![by(spoken(&format!("{what}{}", line(entry))))]
}

fn check(session: &Session, id: &Id, now: Stamp) -> String {
    let Some((_, check)) = session.runbook.check(id) else { return String::new() };
    let state = session.check_state(id);
    let answered = matches!(state, CheckState::Answered(_));
    let name = if answered || session.applies(id, check.when.as_ref()) { words::check_state(state).name } else { "not needed now" };
    let mut told = format!("Check, {name}: {}.", check.title);
    let mut more = |sentence: String| told = format!("{told} {sentence}");
    if let CheckState::Answered(record) = state {
        more(format!("Seen: {}.", record.reason.trim_end_matches('.')));
        if let Some(reason) = &record.overridden {
            more(format!("Accepted: {reason}."));
        }
        for known in advice::on(&session.runbook, &record.known_errors) {
            more(format!("Known error, {}: {}", known.title, known.advice));
        }
    }
    if let Some(expect) = &check.expect {
        more(format!("Expected: {}.", expect.source().trim()));
    }
    let live = session.live(id);
    let heard = live.and_then(|live| live.heard).or(session.incident.checks.get(id).map(|record| record.at));
    match (live.and_then(|live| live.asking), heard) {
        (Some(asking), _) => more(format!("Being asked for {}.", time(now.since(asking.since)))),
        (None, Some(heard)) => more(format!("Asked {}.", ago(now.since(heard)))),
        (None, None) => {}
    }
    if !check.ask.may_repeat() {
        more("It writes, and is always rolled back; only you start it.".to_owned());
    }
    told
}

fn remediation(session: &Session, id: &Id, now: Stamp) -> String {
    let Some((_, remediation)) = session.runbook.remediation(id) else { return String::new() };
    let record = session.incident.remediations.get(id);
    let running = session.running().filter(|running| running.remediation == *id);
    let state = match (running, record) {
        (Some(running), _) if running.stage == Stage::Apply => "being applied".to_owned(),
        (Some(_), _) => "being rehearsed".to_owned(),
        (None, Some(record)) if record.open => "its plan waits for you".to_owned(),
        (None, Some(record)) if record.taken_back => "taken back".to_owned(),
        (None, Some(record)) if record.settled.is_some() => record
            .settled
            .as_ref()
            .map(|settled| words::outcome(settled.outcome, Some(&remediation.act)).name.to_owned())
            .unwrap_or_default(),
        _ if !session.applies(id, remediation.when.as_ref()) => "not needed now".to_owned(),
        (None, record) => match gate::may(session, now, &Command::Plan(id.clone())) {
            Err(why) => format!("not now, because {}", spoken_inside(&why)),
            Ok(()) if record.is_some_and(|record| record.put_aside) => "put aside".to_owned(),
            Ok(()) if gate::is_proposed(session, remediation) => "proposed".to_owned(),
            Ok(()) => "possible, not proposed".to_owned(),
        },
    };
    format!("Remediation, {state}: {}.", remediation.title)
}

fn task(session: &Session, id: &Id, now: Stamp) -> String {
    let Some((_, task)) = session.runbook.task(id) else { return String::new() };
    let title = task.title.render(&session.names());
    if let Some(tick) = session.incident.ticks.get(id) {
        let evidence = tick.evidence.as_ref().map(|evidence| format!(" Evidence: {evidence}.")).unwrap_or_default();
        return format!("Task, done by {} {}: {title}.{evidence}", tick.by, ago(now.since(tick.at)));
    }
    let asks = match (session.applies(id, task.when.as_ref()), task.evidence) {
        (false, _) => "not needed now",
        (true, Evidence::None) => "not ticked",
        (true, Evidence::Optional) => "not ticked, evidence welcome",
        (true, Evidence::Required) => "not ticked, evidence required",
    };
    format!("Task, {asks}: {title}.")
}

/// All that was seen of a check.
pub(super) fn seen(session: &Session, id: &Id) -> Vec<String> {
    let record = session.incident.checks.get(id);
    let (title, expect) = session.runbook.check(id).map_or((id.as_str(), None), |(_, check)| (&check.title, check.expect.as_ref()));
    let full = session.live(id).map(|live| live.seen.as_str()).filter(|seen| !seen.is_empty());
    let seen = full.or(record.map(|record| record.seen.as_str())).unwrap_or_default();
    let mut told = vec![format!("{title}: {}.", record.map_or("not asked yet", |record| record.reason.as_str()))];
    told.extend(expect.map(|expect| format!("Expected: {}.", expect.source().trim())));
    if seen.is_empty() {
        told.push("Nothing was seen.".to_owned());
    } else {
        told.extend(all_seen(seen));
    }
    told
}

/// What was seen, as it is but for the line under the head of a table, which would be spelled out sign by sign.
pub(super) fn all_seen(seen: &str) -> [String; 2] {
    let is_rule = |line: &str| line.contains('─') && line.chars().all(|sign| matches!(sign, '─' | '┼' | ' '));
    let lines: Vec<&str> = seen.lines().filter(|line| !is_rule(line)).collect();
    [format!("Seen:\n{}", lines.join("\n")), "End of what was seen.".to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_words() {
        for (seconds, said) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (252, "4 minutes 12 seconds"),
            (3_780, "1 hour 3 minutes"),
            (3_605, "1 hour"),
            (187_200, "2 days 4 hours"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn sentences_have_nothing_that_is_spelled_out() {
        assert_eq!(spoken("rehearse “Create it” — now · or later…"), "Rehearse \"Create it\", now, or later...");
        assert_eq!(spoken("éclair"), "Éclair.");
        assert_eq!(spoken(""), "");
    }
}
