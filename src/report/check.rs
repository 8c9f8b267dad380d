//! The outcome of `check`: every question once, for people and for programs. Never decides a verdict; rows
//! come with theirs.

use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::milliseconds;
use crate::base::{Value, Values, json, text};
use crate::present::{Line, Mark, Symbols, Tone, words};
use crate::timeline::event::Verdict;

use super::text::{Style, render};

/// One check of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRow {
    /// Its id.
    pub id: Id,
    /// The id of its phase.
    pub phase: Id,
    /// The id of its step.
    pub step: Id,
    /// One line.
    pub title: String,
    /// The key that names its kind: `sql`, `command`.
    pub kind: &'static str,
    /// The answer, or that it was left out.
    pub verdict: RowVerdict,
    /// The sentence a person would read.
    pub reason: String,
    /// The expectation as the author wrote it.
    pub expect: Option<String>,
    /// What the expectation may name.
    pub values: Values,
    /// How often it was asked; more than once where it was tried again.
    pub attempts: u32,
    /// How long the last try took.
    pub duration: Duration,
    /// Known errors that matched.
    pub known_errors: Vec<MatchedError>,
}

/// A known error that matched an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedError {
    /// What it means.
    pub title: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// A verdict as scripts see it. In the order in which the worst decides a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowVerdict {
    /// Its `when` was false, or it needs a person.
    Skipped,
    /// As expected.
    Passed,
    /// It could not be asked.
    Inconclusive,
    /// Not as expected.
    Failed,
}

impl RowVerdict {
    /// The stable word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Passed => "passed",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }

    const fn mark(self) -> Mark {
        match self {
            Self::Skipped => Mark::Skipped,
            Self::Passed => Mark::Passed,
            Self::Inconclusive => Mark::Inconclusive,
            Self::Failed => Mark::Failed,
        }
    }
}

impl From<Verdict> for RowVerdict {
    /// What needs a person is skipped: without one, nobody can say.
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Failed => Self::Failed,
            Verdict::NeedsPerson => Self::Skipped,
            Verdict::Inconclusive | Verdict::TimedOut | Verdict::Cancelled | Verdict::Crashed => Self::Inconclusive,
        }
    }
}

/// The verdict of a whole run: one that failed decides, then one that could not be asked. A run of nothing
/// but skipped checks is skipped.
#[must_use]
pub fn verdict(rows: &[CheckRow]) -> RowVerdict {
    rows.iter().map(|row| row.verdict).max().unwrap_or(RowVerdict::Skipped)
}

/// Lines for people, closed by a line break: every check, what did not pass with its reason and the advice
/// of known errors, and a last line that counts.
#[must_use]
pub fn text(runbook: &Id, rows: &[CheckRow], style: Style) -> String {
    let mut lines: Vec<Line> = Vec::new();
    let mut phase = None;
    for row in rows {
        if phase != Some(&row.phase) {
            phase = Some(&row.phase);
            lines.push(Line::default().with(Tone::Strong, text::line(row.phase.as_str())));
        }
        lines.extend(row_lines(row, style.symbols));
    }
    lines.push(summary(runbook, rows));
    lines.iter().map(|line| render(line, style.color) + "\n").collect()
}

fn row_lines(row: &CheckRow, symbols: Symbols) -> Vec<Line> {
    let mark = row.verdict.mark();
    let head = Line::default().with(mark.tone(), format!("  {} {}", mark.symbol(symbols), row.verdict.name()));
    let head = head.with(Tone::Plain, format!("  {}", text::line(&row.title)));
    let tries = if row.attempts > 1 { format!(", {} tries", row.attempts) } else { String::new() };
    let took = if row.verdict == RowVerdict::Skipped { String::new() } else { format!("  {}{tries}", words::duration(row.duration)) };
    let mut lines = vec![head.with(Tone::Dim, took)];
    if row.verdict == RowVerdict::Passed {
        return lines;
    }
    lines.extend(row.reason.lines().map(|reason| Line::from(format!("      {}", text::line(reason)))));
    for known in &row.known_errors {
        let advice = known.advice.as_ref().map(|advice| format!(": {}", text::first_line(advice))).unwrap_or_default();
        lines.push(Line::default().with(Tone::Warn, format!("      {}", text::line(&format!("{}{advice}", known.title)))));
    }
    lines
}

fn summary(runbook: &Id, rows: &[CheckRow]) -> Line {
    let verdict = verdict(rows);
    let counts: Vec<String> = [RowVerdict::Failed, RowVerdict::Inconclusive, RowVerdict::Passed, RowVerdict::Skipped]
        .into_iter()
        .map(|wanted| (rows.iter().filter(|row| row.verdict == wanted).count(), wanted.name()))
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| format!("{number} {name}"))
        .collect();
    let counts = if counts.is_empty() { "no checks".to_owned() } else { counts.join(", ") };
    Line::default()
        .with(verdict.mark().tone(), format!("{}: {}", text::line(runbook.as_str()), verdict.name()))
        .with(Tone::Plain, format!(" ({counts})"))
}

/// The stable object of `check --format json`, on one line closed by a line break.
#[must_use]
pub fn json(runbook: &Id, rows: &[CheckRow]) -> String {
    let checks: Vec<Value> = rows
        .iter()
        .map(|row| {
            let known: Vec<&str> = row.known_errors.iter().map(|known| known.title.as_str()).collect();
            json!({
                "id": row.id, "phase": row.phase, "step": row.step, "title": row.title, "kind": row.kind,
                "verdict": row.verdict.name(), "reason": row.reason, "expect": row.expect, "values": row.values,
                "attempts": row.attempts, "duration_ms": milliseconds(row.duration), "known_errors": known,
            })
        })
        .collect();
    text::json(&format!("{}\n", json!({ "runbook": runbook, "verdict": verdict(rows).name(), "checks": checks }))).into_owned()
}

#[cfg(test)]
pub(super) mod tests;
