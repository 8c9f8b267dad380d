//! What became what, for the author: a summary, and the same line by line. Never part of the runbook.

use std::fmt;

use super::draft::{Does, Draft};
use super::steps::PROSE;

/// What became of a file.
#[derive(Debug, Default)]
pub struct Report {
    /// What was repaired in the text itself.
    pub repaired: Vec<String>,
    counts: Vec<(usize, &'static str, &'static str)>,
    /// Where to look first: the line of the source, what it became, and why it should be looked at.
    doubts: Vec<Line>,
    lines: Vec<Line>,
    /// The size of the runbook, in bytes.
    size: usize,
}

#[derive(Clone, Debug)]
struct Line {
    of_source: usize,
    what: &'static str,
    title: String,
    why: Option<&'static str>,
}

/// Most lines of a summary that say where to look first.
const FIRST: usize = 12;

/// Largest runbook, in bytes: the format's.
const LARGEST: usize = 1024 * 1024;

impl Report {
    pub(super) fn of(draft: &Draft, repaired: Vec<String>, yaml: &str) -> Self {
        let items = || draft.phases.iter().flat_map(|phase| &phase.steps).flat_map(|step| &step.items);
        let lines: Vec<Line> = items()
            .map(|item| {
                let what = match &item.does {
                    Does::CheckSql { .. } => "check, sql",
                    Does::CheckCommand { .. } => "check, command",
                    Does::ChangeSql { .. } => "remediation, sql",
                    Does::ChangeCommand { .. } => "remediation, command",
                    Does::Task if item.doubt == Some(PROSE) => "prose, as a task",
                    Does::Task if !item.after.is_empty() => "task with code",
                    Does::Task => "task",
                };
                Line { of_source: item.line, what, title: item.title.clone(), why: item.doubt }
            })
            .collect();
        let count = |is: &dyn Fn(&Line) -> bool| lines.iter().filter(|line| is(line)).count();
        let counts = vec![
            (draft.phases.len(), "phase", "phases"),
            (draft.phases.iter().map(|phase| phase.steps.len()).sum(), "step", "steps"),
            (count(&|line| line.what.starts_with("check")), "check", "checks"),
            (count(&|line| line.what.starts_with("remediation")), "remediation", "remediations"),
            (count(&|line| line.what == "task"), "task", "tasks"),
            (count(&|line| line.what == "task with code"), "task with code", "tasks with code"),
            (count(&|line| line.what.starts_with("prose")), "piece of prose", "pieces of prose"),
            (draft.inputs.len(), "input", "inputs"),
            (draft.targets.len(), "database", "databases"),
            (draft.symptoms.len(), "symptom", "symptoms"),
            (draft.known_errors.len(), "known error", "known errors"),
            (draft.severities.len(), "severity", "severities"),
            (draft.contacts.len(), "contact", "contacts"),
            (draft.escalation.len(), "escalation", "escalations"),
            (draft.success.len(), "success criterion", "success criteria"),
            (draft.questions.len(), "question of the report", "questions of the report"),
            (draft.actions.len(), "action", "actions"),
        ];
        let rank = |line: &Line| match line.what {
            "remediation, sql" if line.why.is_some_and(|why| why.starts_with("it says not how many")) => 0,
            "task with code" => 1,
            _ => 2,
        };
        let mut doubts: Vec<Line> = lines.iter().filter(|line| line.why.is_some() && line.why != Some(PROSE)).cloned().collect();
        doubts.sort_by_key(rank);
        Self { repaired, counts, doubts, lines, size: yaml.len() }
    }

    /// Whether the runbook has more bytes than one may have.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.size > LARGEST
    }

    /// Everything that was made, a line each: the line of the source, what it became, its title, and why it is no check.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.lines.iter().map(Line::to_string)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of_source {
            0 => write!(f, "      {} · {}", self.what, self.title)?,
            line => write!(f, "{line:>5} {} · {}", self.what, self.title)?,
        }
        match self.why {
            Some(why) => write!(f, " ({why})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made: Vec<String> = self
            .counts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
            .collect();
        writeln!(f, "made: {}", made.join(", "))?;
        // Phases and steps are there for the prose.
        if self.counts.iter().filter(|(count, ..)| *count > 0).all(|(_, one, _)| ["phase", "step", "piece of prose"].contains(one)) {
            writeln!(f, "nothing was found that is run or done: it tells what the document tells, and no more")?;
        }
        for said in &self.repaired {
            writeln!(f, "repaired: {said}")?;
        }
        if self.is_too_large() {
            writeln!(f, "too large: {} bytes, and a runbook may have {LARGEST}; split the document by its chapters", self.size)?;
        }
        if !self.doubts.is_empty() {
            writeln!(f, "look at first (line of the document):")?;
        }
        for doubt in self.doubts.iter().take(FIRST) {
            writeln!(f, "{doubt}")?;
        }
        match self.doubts.len().saturating_sub(FIRST) {
            0 => Ok(()),
            more => writeln!(f, "      … and {more} more: --report"),
        }
    }
}
