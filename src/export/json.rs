//! Everything of one incident as one JSON object. Fields may be added, never renamed: scripts read it. Never
//! rewrites an entry: written compactly, `entries` are the journal's lines again, and verify as it does.

use crate::base::stamp::{milliseconds, rfc3339};
use crate::base::{Value, json};
use crate::present::words;
use crate::timeline::measure::{Cost, Measures};

use super::Case;
use super::markdown::criteria_of;

/// The object, indented, closed by a line break. Lines of the journal that are no JSON are left out.
#[must_use]
pub fn json(case: Case<'_>, journal: &str) -> String {
    let incident = case.incident;
    let until = incident.entries().last().map(|entry| entry.at);
    let measures = until.map(|until| Measures::of(incident, case.runbook, until)).unwrap_or_default();
    let opened = incident.opened();
    let success: Vec<Value> = criteria_of(case)
        .into_iter()
        .map(|state| {
            json!({
                "id": state.id, "title": state.title, "urgency": words::urgency(state.urgency),
                "check": state.check, "held": state.held, "because": state.because,
            })
        })
        .collect();
    let entries: Vec<Value> = journal.lines().filter_map(|line| line.parse().ok()).collect();
    let document = json!({
        "incident": {
            "id": case.id,
            "title": case.runbook.title,
            "severity": incident.severity,
            "lead": incident.lead,
            "began": incident.began().map(rfc3339),
            "opened": incident.opened_at().map(|at| rfc3339(at.wall)),
            "resolved": incident.resolved.as_ref().map(|(at, _)| rfc3339(at.wall)),
            "summary": incident.resolved.as_ref().map(|(_, resolved)| &resolved.summary),
            "drill": opened.and_then(|opened| opened.drill.as_ref()),
        },
        "runbook": {
            "id": case.runbook.id,
            "title": case.runbook.title,
            "hash": opened.map(|opened| &opened.runbook_hash),
        },
        "measures": measures_json(&measures),
        "success": success,
        "entries": entries,
    });
    format!("{document:#}\n")
}

fn measures_json(measures: &Measures) -> Value {
    let ms = |time: Option<std::time::Duration>| time.map(milliseconds);
    let cost = |cost: &Cost| {
        json!({
            "entered_ms": ms(cost.entered), "spent_ms": milliseconds(cost.spent),
            "budget_ms": ms(cost.budget), "over_by_ms": ms(cost.over_by()),
        })
    };
    let named = |id: &crate::base::id::Id, mut figures: Value| {
        figures["id"] = json!(id);
        figures
    };
    let phases: Vec<Value> = measures
        .phases
        .iter()
        .map(|phase| {
            let steps: Vec<Value> = phase.steps.iter().map(|step| named(&step.step, cost(&step.cost))).collect();
            let mut figures = named(&phase.phase, cost(&phase.cost));
            figures["steps"] = Value::Array(steps);
            figures
        })
        .collect();
    let checks: Vec<Value> = measures
        .checks
        .iter()
        .map(|(id, check)| {
            json!({ "id": id, "answers": check.answers, "turned_red": check.turned_red, "red_for_ms": milliseconds(check.red_for) })
        })
        .collect();
    let counts = &measures.counts;
    json!({
        "first_red_ms": ms(measures.first_red),
        "first_action_ms": ms(measures.first_action),
        "mitigated_ms": ms(measures.mitigated),
        "resolved_ms": ms(measures.resolved),
        "lasted_ms": milliseconds(measures.lasted),
        "promised_ms": ms(measures.promised),
        "phases": phases,
        "checks": checks,
        "counts": {
            "skipped": counts.skipped, "overridden": counts.overridden, "rehearsals_skipped": counts.rehearsals_skipped,
            "committed": counts.committed, "rolled_back": counts.rolled_back, "failed": counts.failed, "unknown": counts.unknown,
            "escalations": counts.escalations, "notes": counts.notes,
        },
    })
}
