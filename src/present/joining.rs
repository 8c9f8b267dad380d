//! What another runbook would add to an incident, for whoever is about to open it inside: its phases, what it asks, where it
//! leads and what it may run. Never what it would find.

use std::fmt::Write as _;

use crate::engine::Session;
use crate::engine::joined::{Shelved, answered};
use crate::runbook::model::{Input, Phase};

use super::words;

/// All of it, as lines.
#[must_use]
pub fn page(session: &Session, shelved: &Shelved) -> String {
    let runbook = &shelved.runbook;
    let mut page = String::new();
    if let Some(summary) = &runbook.summary {
        _ = writeln!(page, "{}\n", summary.source().split_whitespace().collect::<Vec<_>>().join(" "));
    }
    section(&mut page, "It adds these phases, behind those that are here", runbook.phases.iter().map(phase_line));
    let answers = answered(session, shelved);
    let asked = runbook.inputs.iter().filter(|input| !answers.contains_key(&input.name));
    section(&mut page, "It will ask", asked.map(question));
    let known = runbook.inputs.iter().filter(|input| !input.secret).filter_map(|input| Some((&input.name, answers.get(&input.name)?)));
    section(&mut page, "It takes over what is answered already", known.map(|(name, answer)| format!("{name} = {answer}")));
    let targets = shelved.targets.iter().map(|target| {
        let production = if target.production { ", production" } else { "" };
        let is_here = session.incident.targets().any(|known| known.name == target.name && known.shown == target.shown);
        let here = if is_here { "; it is a target of this incident already" } else { "" };
        format!("{}{production}: {}{here}", target.name, target.shown)
    });
    section(&mut page, "It works on", targets);
    let promise = runbook.resolve_within.map(|within| format!("to be resolved within {}, counted from now", words::exactly(within)));
    let success = words::count(runbook.success.len() as u64, "criterion of success", "criteria of success");
    section(&mut page, "It is over when", promise.into_iter().chain([format!("{success} more hold as well")]));
    let runs = runbook.what_it_runs();
    let head = format!("It may run all of this ({})", words::count(runs.len() as u64, "piece", "pieces"));
    section(&mut page, &head, runs.iter().map(|run| run.replace('\n', "\n    ")));
    page
}

fn section(page: &mut String, title: &str, lines: impl IntoIterator<Item = String>) {
    for (place, line) in lines.into_iter().enumerate() {
        if place == 0 {
            _ = writeln!(page, "{title}:");
        }
        _ = writeln!(page, "  {line}");
    }
    if !page.is_empty() && !page.ends_with("\n\n") {
        page.push('\n');
    }
}

fn phase_line(phase: &Phase) -> String {
    let count = |of: &dyn Fn(&crate::runbook::model::Step) -> usize| phase.steps.iter().map(of).sum::<usize>() as u64;
    let parts = [
        (phase.steps.len() as u64, "step", "steps"),
        (count(&|step| step.checks.len()), "check", "checks"),
        (count(&|step| step.remediations.len()), "remediation", "remediations"),
        (count(&|step| step.tasks.len()), "task", "tasks"),
    ];
    let parts: Vec<String> =
        parts.into_iter().filter(|(count, ..)| *count > 0).map(|(count, one, more)| words::count(count, one, more)).collect();
    format!("{}: {}", phase.title, parts.join(", "))
}

fn question(input: &Input) -> String {
    let kind = match (input.secret, input.optional) {
        (true, _) => " (secret)",
        (false, true) => " (may stay empty)",
        (false, false) => "",
    };
    format!("{}{kind}", input.ask)
}
