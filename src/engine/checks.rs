//! Answers to checks become verdicts. Never asks the outside: the answer is already here.

use std::time::Duration;

use crate::base::hash::sha256;
use crate::base::id::{AttemptId, Id};
use crate::base::{Value, Values, text};
use crate::runbook::Runbook;
use crate::runbook::expression::Expression;
use crate::runbook::model::Check;
use crate::timeline::Event;
use crate::timeline::event::{Asked, CheckSettled, Verdict};

use super::attempt::{Answer, Finding};
use super::offers;
use super::session::Due;
use super::turn::{CLOCK, Turn};

/// How large the values of an answer may be to go into the timeline, in bytes of JSON.
const VALUES_LIMIT: usize = 4096;

/// Takes an answer into account, unless its question was given up.
pub(super) fn answered(turn: &mut Turn<'_>, attempt: AttemptId, answer: Answer) {
    let Some((id, asking)) = turn
        .session
        .live
        .iter()
        .find_map(|(id, live)| live.asking.filter(|asking| asking.attempt == attempt).map(|asking| (id.clone(), asking)))
    else {
        return;
    };
    let runbook = turn.session.runbook.clone();
    let Some((_, check)) = runbook.check(&id) else {
        return;
    };
    let (verdict, reason) = judge(check, &answer);
    let known_errors = known_errors(&runbook, &format!("{reason}\n{}", answer.seen));
    let at = turn.at;
    let before = turn.session.incident.checks.get(&id).map(|record| record.verdict);
    let red = !matches!(verdict, Verdict::Passed | Verdict::NeedsPerson);
    let Some(live) = turn.session.live.get_mut(&id) else {
        return;
    };
    live.asking = None;
    live.heard = Some(at);
    live.took = answer.duration;
    if red && live.retries > 0 && verdict != Verdict::Cancelled {
        live.retries -= 1;
        let wait = check.retry.map_or(Duration::ZERO, |retry| retry.wait);
        live.due = Some(Due { at: at.elapsed + wait, asked: asking.asked, retry: true });
        return;
    }
    live.remember(verdict, live.took);
    live.due = check.every.map(|every| Due { at: at.elapsed + every, asked: Asked::ByTheClock, retry: false });
    live.turned_red |= red && before == Some(Verdict::Passed) && asking.asked == Asked::ByTheClock;
    live.seen.clone_from(&answer.seen);
    live.values.clone_from(&answer.values);
    // A person's judgement of an answer stands until the answer itself changes.
    let same = before == Some(verdict) || (verdict == Verdict::NeedsPerson && before.is_some() && asking.asked == Asked::ByTheClock);
    if same && asking.asked == Asked::ByTheClock {
        return;
    }
    let (seen, evidence) = turn.excerpt(&answer.seen);
    let by = if asking.asked == Asked::ByTheClock { CLOCK.to_owned() } else { turn.session.responder.clone() };
    let seen_hash = if answer.seen.is_empty() { String::new() } else { sha256(&answer.seen) };
    let proposed = if verdict == Verdict::Failed { answer.values.clone() } else { Values::new() };
    let settled = CheckSettled {
        check: id,
        attempt,
        verdict,
        reason,
        seen,
        seen_hash,
        values: trimmed(answer.values),
        duration: answer.duration,
        asked: asking.asked,
        known_errors,
        evidence,
    };
    turn.record(&by, Event::CheckSettled(settled));
    offers::take_up(turn, check, &proposed);
}

/// The verdict on an answer, and the sentence that says why.
#[must_use]
pub fn judge(check: &Check, answer: &Answer) -> (Verdict, String) {
    match &answer.finding {
        Finding::Failed(reason) => (Verdict::Failed, reason.clone()),
        Finding::Inconclusive(reason) => (Verdict::Inconclusive, reason.clone()),
        Finding::TimedOut(reason) => (Verdict::TimedOut, reason.clone()),
        Finding::Cancelled => (Verdict::Cancelled, "given up".to_owned()),
        Finding::Crashed(reason) => (Verdict::Crashed, format!("a defect of fracas: {reason}")),
        Finding::Answered { own, summary } => {
            let summary = check.show.as_ref().and_then(|show| shown(show, &answer.values)).unwrap_or_else(|| summary.clone());
            match (&check.expect, own) {
                (Some(expect), _) => match expect.holds(&answer.values) {
                    Ok(true) => (Verdict::Passed, summary),
                    Ok(false) => (Verdict::Failed, format!("{summary}; expected {}", explained(expect, &answer.values, &summary))),
                    Err(why) => (Verdict::Inconclusive, format!("`{}` cannot be evaluated: {why}", expect.source())),
                },
                (None, Some(true)) => (Verdict::Passed, summary),
                (None, Some(false)) => (Verdict::Failed, summary),
                (None, None) => (Verdict::NeedsPerson, summary),
            }
        }
    }
}

/// What the author wants shown of an answer, on one line; nothing if it cannot be had or is empty.
fn shown(show: &Expression, values: &Values) -> Option<String> {
    let text = match show.evaluate(values).ok()? {
        Value::String(text) => text,
        Value::Null => return None,
        other => other.to_string(),
    };
    // Columns that a program lines up for a terminal read better with single spaces.
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(|line| text::line(&line).into_owned()).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// The expression with the value of each name in it: `value == 1 (value = 0)`. A text that was said
/// already is not said again.
fn explained(expect: &Expression, values: &Values, said: &str) -> String {
    let is_new = |value: &str| value == "\"\"" || !value.starts_with('"') || !said.contains(value.trim_matches('"'));
    let names = expect.explain(values).into_iter().filter(|(_, value)| is_new(value));
    let names: Vec<String> = names.map(|(name, value)| format!("{name} = {value}")).collect();
    if names.is_empty() { expect.source().to_owned() } else { format!("{} ({})", expect.source(), text::line(&names.join(", "))) }
}

/// Titles of the known errors that a text matches.
#[must_use]
pub fn known_errors(runbook: &Runbook, text: &str) -> Vec<String> {
    runbook.known_errors.iter().filter(|known| known.pattern.is_match(text)).map(|known| known.title.clone()).collect()
}

/// The values of an answer as far as they are small enough for the timeline: the rows go first.
fn trimmed(mut values: Values) -> Values {
    let size = |values: &Values| values.iter().map(|(name, value)| name.len() + value.to_string().len()).sum::<usize>();
    for large in ["rows", "proposed", "stdout", "stderr", "body", "json", "matched"] {
        if size(&values) <= VALUES_LIMIT {
            return values;
        }
        values.shift_remove(large);
    }
    if size(&values) <= VALUES_LIMIT { values } else { Values::new() }
}

/// Asks what is due: an `every` that came round, or a retry.
pub(super) fn ask_what_is_due(turn: &mut Turn<'_>) {
    if turn.session.leaving.is_some() || turn.session.incident.resolved.is_some() {
        return;
    }
    let now = turn.at.elapsed;
    let due: Vec<(Id, Due)> = turn
        .session
        .live
        .iter()
        .filter(|(_, live)| live.asking.is_none())
        .filter_map(|(id, live)| live.due.filter(|due| due.at <= now).map(|due| (id.clone(), due)))
        .collect();
    for (check, due) in due {
        turn.ask_with(&check, due.asked, due.retry);
    }
}

/// Records every `when` that has become true. It stays true, so that a step does not vanish when its
/// remediation works.
pub(super) fn note_what_applies(turn: &mut Turn<'_>) {
    if turn.session.incident.opened().is_none() || turn.session.incident.resolved.is_some() {
        return;
    }
    let runbook = turn.session.runbook.clone();
    let open: Vec<(&Id, &Expression)> = conditions(&runbook)
        .filter(|(id, when)| {
            !turn.session.incident.applies.contains(id.as_str()) && (!when.checks().is_empty() || !when.remediations().is_empty())
        })
        .collect();
    if open.is_empty() {
        return;
    }
    for (id, when) in open {
        if when.holds(&turn.session.condition_names(when)) == Ok(true) {
            turn.record(CLOCK, Event::Applies { id: id.clone() });
        }
    }
}

/// Every `when` of a runbook with the id it decides about.
fn conditions(runbook: &Runbook) -> impl Iterator<Item = (&Id, &Expression)> {
    let phases = runbook.phases.iter().map(|phase| (&phase.id, phase.when.as_ref()));
    let steps = runbook.steps().map(|(_, step)| (&step.id, step.when.as_ref()));
    let checks = runbook.checks().map(|(_, check)| (&check.id, check.when.as_ref()));
    let remediations = runbook.remediations().map(|(_, remediation)| (&remediation.id, remediation.when.as_ref()));
    let tasks = runbook.tasks().map(|(_, task)| (&task.id, task.when.as_ref()));
    let success = runbook.success.iter().map(|success| (&success.id, success.when.as_ref()));
    phases.chain(steps).chain(checks).chain(remediations).chain(tasks).chain(success).filter_map(|(id, when)| when.map(|when| (id, when)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn what_was_said_is_not_said_again() {
        let expect = Expression::parse(r#"exit == 0 and stdout is containing("Running")"#).unwrap();
        let values = |stdout: &str| Values::from_iter([("exit".to_owned(), Value::from(0)), ("stdout".to_owned(), Value::from(stdout))]);
        let show = Expression::parse("stdout").unwrap();
        let pod = values("worker-1   0/1   Error\n\n");
        assert_eq!(shown(&show, &pod).unwrap(), "worker-1 0/1 Error");
        let source = expect.source();
        assert_eq!(explained(&expect, &pod, "worker-1 0/1 Error"), format!("{source} (exit = 0)"));
        assert_eq!(explained(&expect, &pod, "exit 0"), format!("{source} (exit = 0, stdout = \"worker-1 0/1 Error\")"));
        assert_eq!(explained(&expect, &values(""), "exit 0"), format!("{source} (exit = 0, stdout = \"\")"));
    }
}
