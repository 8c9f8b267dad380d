//! Everything of one incident as one JSON object. Fields may be added, never renamed or moved: scripts read it. Never
//! rewrites an entry: `entries` are the journal's own lines, each on one line, and verify as it does.
//!
//! Times are RFC 3339 in UTC with milliseconds. Durations are whole milliseconds, in fields that end in `_ms`; what is
//! the time of something on the incident's clock counts from when the incident began. What there is none of is `null`.
//!
//! | field | holds |
//! |---|---|
//! | `format` | [`FORMAT`]: it grows when something that was there means something else |
//! | `head` | SHA-256 of the last of `entries`, without its line break |
//! | `incident` | `id`, `title`, `severity`, `lead`, `began`, `opened`, `resolved`, `summary`, `status` in words, `drill` |
//! | `runbook` | `id`, `title`, `hash` (SHA-256 of its file) |
//! | `joined` | runbooks that were opened inside it: `runbook`, its id, with which the ids of its parts begin; `title`, `hash`, `at_ms` |
//! | `measures` | `detected_ms`, `first_red_ms`, `acknowledged_ms`, `first_action_ms`, `mitigated_ms`, `resolved_ms`, `lasted_ms`, `promised_ms`; `phases`, each with `id`, `entered_ms`, `spent_ms`, `budget_ms`, `over_by_ms` and its `steps`, which have the same and `worked`, their stretches `{from_ms, to_ms}`; `checks`, each with `id`, `answers`, `turned_red`, `red_for_ms` and `stood`, its stretches `{from_ms, to_ms, as}` that were `green`, `red` or `unknown`; `skipped` steps and `overridden` checks, each with `id`, `reason`, `by`, `at_ms` and whether that `ended`; `in_severity`, each with `severity` and `lasted_ms` in all; `counts` |
//! | `severities` | each severity there was: `{from_ms, to_ms, severity}` |
//! | `success` | each criterion: `id`, `title`, `urgency`, `check`, `held`, `because` |
//! | `questions` | each question of the report: `question`, `about` (`impact`, `cause`, `trigger`, `detection`, `went_well`, `went_badly`, `lucky`, `prevention` or `other`), `answers`, each with `entry`, `by` and `text`, which is Markdown |
//! | `actions` | follow-up work: `title`, `state` (`done`, `ongoing`, `future`), `owner`, `entry` with the last word on it |
//! | `remediations` | each that ran: `remediation`, `outcome`, `from_ms`, `to_ms`, `consented` and `settled`, which are entries |
//! | `roles` | who has which role: `role`, `who` |
//! | `handovers` | `entry`, `to`, `brief`, `accepted`, which is an entry |
//! | `messages` | `entry`, `channel`, `text`, `settled`, which is the entry that says what became of it |
//! | `corrections` | `entry` that does not hold, and the entry it was corrected `by` |
//! | `order` | numbers of all entries, in the order in which things happened |
//! | `late` | numbers of the entries that were written down later than they happened |
//! | `evidence` | `entry`, `sha256` of all that was seen, and whether it was `kept` beside the journal |
//! | `heads` | heads that were signed: `text`, and under it `signature`, which `ssh-keygen -Y verify -n fracas` checks |
//! | `entries` | the journal |

use crate::base::stamp::{milliseconds, rfc3339};
use crate::base::{Value, json};
use crate::present::questions::Topic;
use crate::present::words;
use crate::timeline::measure::{Cost, Exception, Measures};

use super::account::Account;
use super::account::course::{Course, Span};

/// The version of what the object means.
pub const FORMAT: u32 = 1;

/// The object, indented, closed by a line break. Lines of the journal that are no JSON are left out.
#[must_use]
pub(super) fn json(account: &Account<'_>, journal: &str) -> String {
    let entries: Vec<&str> = journal.lines().filter(|line| line.parse::<Value>().is_ok()).collect();
    let entries: String = if entries.is_empty() { "[]".to_owned() } else { format!("[\n    {}\n  ]", entries.join(",\n    ")) };
    let document = format!("{:#}", told(account));
    // Put in as text: a number that is read and written again need not have the same digits.
    let open = document.strip_suffix("\n}").unwrap_or("{");
    format!("{open},\n  \"entries\": {entries}\n}}\n")
}

fn told(account: &Account<'_>) -> Value {
    let incident = account.case.incident;
    let opened = incident.opened();
    let success: Vec<Value> = account
        .criteria
        .iter()
        .map(|state| {
            json!({
                "id": state.id, "title": state.title, "urgency": words::urgency(state.urgency),
                "check": state.check, "held": state.held, "because": state.because,
            })
        })
        .collect();
    let severities: Vec<Value> =
        account.course.severities.iter().map(|(span, severity)| stretch(*span, "severity", &json!(severity))).collect();
    let rows = || account.rows.iter();
    let seq = |row: &super::account::Row<'_>| row.placed.entry.seq;
    let mut corrections: Vec<(u64, u64)> = rows().filter_map(|row| Some((seq(row), row.placed.corrected_by?.seq))).collect();
    corrections.sort_unstable();
    let corrections: Vec<Value> = corrections.into_iter().map(|(entry, by)| json!({ "entry": entry, "by": by })).collect();
    let evidence: Vec<Value> = rows()
        .filter_map(|row| Some(json!({ "entry": seq(row), "sha256": row.evidence?, "kept": row.placed.entry.event.evidence().is_some() })))
        .collect();
    json!({
        "format": FORMAT,
        "head": account.head,
        "incident": {
            "id": account.case.id,
            "title": account.case.runbook.title,
            "severity": incident.severity,
            "lead": incident.lead,
            "began": incident.began().map(rfc3339),
            "opened": incident.opened_at().map(|at| rfc3339(at.wall)),
            "resolved": incident.resolved.as_ref().map(|(at, _)| rfc3339(at.wall)),
            "summary": incident.resolved.as_ref().map(|(_, resolved)| &resolved.summary),
            "status": account.status(),
            "drill": opened.and_then(|opened| opened.drill.as_ref()),
        },
        "runbook": {
            "id": account.case.runbook.id,
            "title": account.case.runbook.title,
            "hash": opened.map(|opened| &opened.runbook_hash),
        },
        "joined": incident.joined.iter().map(|(at, joined)| json!({
            "runbook": joined.runbook, "title": joined.title, "hash": joined.file.sha256,
            "at_ms": milliseconds(incident.since_began(*at)),
        })).collect::<Vec<_>>(),
        "measures": measures_json(&account.measures, &account.course),
        "severities": severities,
        "success": success,
        "questions": questions(account),
        "actions": actions(account),
        "remediations": remediations(account),
        "roles": account.roles().into_iter().map(|(role, who)| json!({ "role": role, "who": who })).collect::<Vec<_>>(),
        "handovers": account.handovers().iter().map(|handover| json!({
            "entry": handover.entry.seq, "to": handover.to, "brief": handover.brief, "accepted": handover.accepted.map(|entry| entry.seq),
        })).collect::<Vec<_>>(),
        "messages": account.messages().iter().map(|message| json!({
            "entry": message.entry.seq, "channel": message.channel, "text": message.text, "settled": message.settled.map(|entry| entry.seq),
        })).collect::<Vec<_>>(),
        "corrections": corrections,
        "order": rows().map(seq).collect::<Vec<_>>(),
        "late": rows().filter(|row| row.placed.late).map(seq).collect::<Vec<_>>(),
        "evidence": evidence,
        "heads": account.case.heads.iter().map(|(text, signature)| json!({ "text": text, "signature": signature })).collect::<Vec<_>>(),
    })
}

fn stretch(span: Span, name: &str, value: &Value) -> Value {
    json!({ "from_ms": milliseconds(span.from), "to_ms": milliseconds(span.to), name: value })
}

fn questions(account: &Account<'_>) -> Vec<Value> {
    let questions = account.questions.iter().map(|asked| {
        let about = match asked.topic {
            Topic::Impact => "impact",
            Topic::Cause => "cause",
            Topic::Trigger => "trigger",
            Topic::Detection => "detection",
            Topic::WentWell => "went_well",
            Topic::WentBadly => "went_badly",
            Topic::Lucky => "lucky",
            Topic::Prevention => "prevention",
            Topic::Other => "other",
        };
        let answers = asked.answers.iter().map(|answer| json!({ "entry": answer.entry.seq, "by": answer.entry.by, "text": answer.text }));
        json!({ "question": asked.question, "about": about, "answers": answers.collect::<Vec<_>>() })
    });
    questions.collect()
}

fn actions(account: &Account<'_>) -> Vec<Value> {
    let actions = account.actions.iter().map(|item| {
        let action = &item.action;
        json!({ "title": action.title, "state": action.state, "owner": action.owner, "entry": item.seq })
    });
    actions.collect()
}

fn remediations(account: &Account<'_>) -> Vec<Value> {
    let runs = account.runs.iter().map(|run| {
        json!({
            "remediation": run.remediation, "outcome": run.outcome(),
            "from_ms": milliseconds(run.from), "to_ms": milliseconds(run.to),
            "consented": run.begun.seq, "settled": run.settled.map(|(entry, _)| entry.seq),
        })
    });
    runs.collect()
}

fn measures_json(measures: &Measures, course: &Course) -> Value {
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
            let steps = phase.steps.iter().map(|step| {
                let mut figures = named(&step.step, cost(&step.cost));
                let worked = course.worked.get(&step.step).into_iter().flatten();
                let worked = worked.map(|span| json!({ "from_ms": milliseconds(span.from), "to_ms": milliseconds(span.to) }));
                figures["worked"] = worked.collect();
                figures
            });
            let steps = steps.collect();
            let mut figures = named(&phase.phase, cost(&phase.cost));
            figures["steps"] = Value::Array(steps);
            figures
        })
        .collect();
    let checks: Vec<Value> = measures
        .checks
        .iter()
        .map(|(id, check)| {
            let stood = course.checks.get(id).into_iter().flatten();
            let stood: Vec<Value> = stood.map(|(span, standing)| stretch(*span, "as", &json!(standing.name()))).collect();
            json!({
                "id": id, "answers": check.answers, "turned_red": check.turned_red, "red_for_ms": milliseconds(check.red_for),
                "stood": stood,
            })
        })
        .collect();
    let exception =
        |one: &Exception| json!({ "id": one.id, "reason": one.reason, "by": one.by, "at_ms": milliseconds(one.at), "ended": one.ended });
    let in_severity = measures.severities.iter().map(|one| json!({ "severity": one.severity, "lasted_ms": milliseconds(one.lasted) }));
    let counts = &measures.counts;
    json!({
        "detected_ms": ms(measures.detected),
        "first_red_ms": ms(measures.first_red),
        "acknowledged_ms": ms(measures.acknowledged),
        "first_action_ms": ms(measures.first_action),
        "mitigated_ms": ms(measures.mitigated),
        "resolved_ms": ms(measures.resolved),
        "lasted_ms": milliseconds(measures.lasted),
        "promised_ms": ms(measures.promised),
        "phases": phases,
        "checks": checks,
        "skipped": measures.skipped.iter().map(exception).collect::<Value>(),
        "overridden": measures.overridden.iter().map(exception).collect::<Value>(),
        "in_severity": in_severity.collect::<Value>(),
        "counts": {
            "skipped": counts.skipped, "overridden": counts.overridden, "rehearsals_skipped": counts.rehearsals_skipped,
            "committed": counts.committed, "rolled_back": counts.rolled_back, "failed": counts.failed, "unknown": counts.unknown,
            "escalations": counts.escalations, "notes": counts.notes, "corrected": counts.corrected,
        },
    })
}
