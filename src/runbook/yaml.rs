//! Runbooks from their file: the one place that knows they are YAML. Reading runs nothing, reports every
//! problem at once with its line and column, and never spends more on a hostile file than its size.

mod build;
mod node;
mod shape;
pub mod snapshot;
pub mod team;
mod webhook;
mod wire;

use std::sync::LazyLock;

use serde::Deserialize as _;

use crate::base::Value;

use super::Runbook;
use super::problem::{Problem, Severity};
use node::Place;

/// A runbook from the bytes of its file; `file` is only a name for the problems.
///
/// # Errors
/// Every problem of the file, at least one of them an error. Warnings alone do not stop it; see [`lint`].
pub fn read(file: &str, bytes: &[u8]) -> Result<Runbook, Vec<Problem>> {
    match lint(file, bytes) {
        (Some(runbook), _) => Ok(runbook),
        (None, problems) => Err(problems),
    }
}

/// A runbook that is known to have no problem, because [`lint`] found none in these very bytes: its keys, its
/// types and its SQL are not judged again, which takes most of the time of reading. What runs is safe all the
/// same: a check's SQL is judged once more before it is sent.
///
/// # Errors
/// As [`read`], should the bytes be others after all.
pub fn read_again(file: &str, bytes: &[u8]) -> Result<Runbook, Vec<Problem>> {
    let mut report = Report { is_known_good: true, ..Report::new(file) };
    let runbook = attempt(bytes, &mut report);
    let problems = report.finish(bytes);
    runbook.filter(|_| problems.iter().all(|problem| problem.severity != Severity::Error)).ok_or(problems)
}

/// A runbook with everything that is wrong with it, warnings included, in the order of the file. The
/// runbook is there if and only if no problem is an error.
#[must_use]
pub fn lint(file: &str, bytes: &[u8]) -> (Option<Runbook>, Vec<Problem>) {
    let mut report = Report::new(file);
    let runbook = attempt(bytes, &mut report);
    let problems = report.finish(bytes);
    let flawed = problems.iter().any(|problem| problem.severity == Severity::Error);
    (runbook.filter(|_| !flawed), problems)
}

fn attempt(bytes: &[u8], report: &mut Report) -> Option<Runbook> {
    let source = node::text(bytes, report)?;
    let mut root = node::parse(source, report)?;
    if !report.is_known_good {
        node::refuse_deceptive_characters(source, report);
        shape::trim(&mut root, report)?;
    }
    match wire::Runbook::deserialize(&root) {
        Ok(written) => Some(build::runbook(written, &root, source, report)),
        // What a tree that fits the schema cannot be read as is a defect of ours; the way to it is worth a second reading.
        Err(error) => {
            let path = serde_path_to_error::deserialize::<_, wire::Runbook>(&root).err().map(|error| error.path().to_string());
            let message = format!("{}: {error}", path.unwrap_or_default());
            report.error(Place::START, "wrong-type", message, "compare with `fracas json-schema`");
            None
        }
    }
}

/// The JSON Schema of runbooks, for editors; the reader's own check of keys and types rests on it too.
#[must_use]
pub fn json_schema() -> Value {
    SCHEMA.clone()
}

static SCHEMA: LazyLock<Value> = LazyLock::new(wire::schema);

/// Collects problems.
struct Report {
    file: String,
    problems: Vec<Problem>,
    left_out: usize,
    /// Whether these bytes were read before and nothing was wrong with them.
    is_known_good: bool,
}

/// Nobody mends more than this in one go, and a hostile file must not make us keep a million.
const MOST_PROBLEMS: usize = 200;

impl Report {
    fn new(file: &str) -> Self {
        Self { file: file.to_owned(), problems: Vec::new(), left_out: 0, is_known_good: false }
    }

    fn error(&mut self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.add(place, code, Severity::Error, message.into(), help.into());
    }

    fn warning(&mut self, place: Place, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.add(place, code, Severity::Warning, message.into(), help.into());
    }

    fn add(&mut self, place: Place, code: &'static str, severity: Severity, message: String, help: String) {
        if self.is_full() {
            self.left_out += 1;
            return;
        }
        let Place { line, column, length } = place;
        let help = Some(help).filter(|help| !help.is_empty());
        self.problems.push(Problem { file: self.file.clone(), line, column, length, code, severity, message, help });
    }

    /// Whether what is found from now on is only counted: then a place or a suggestion is not worth looking for.
    fn is_full(&self) -> bool {
        self.problems.len() >= MOST_PROBLEMS
    }

    /// Whether something makes the runbook unusable.
    fn has_errors(&self) -> bool {
        self.left_out > 0 || self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Whether this line already has a problem of that code.
    fn has(&self, line: usize, code: &str) -> bool {
        self.problems.iter().any(|problem| problem.line == line && problem.code == code)
    }

    fn finish(mut self, bytes: &[u8]) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| (problem.line, problem.column));
        keep_inside(bytes, &mut self.problems);
        self.problems.dedup();
        if self.left_out > 0
            && let Some(last) = self.problems.last_mut()
        {
            last.help = Some(format!("{} more problems are not shown", self.left_out));
        }
        self.problems
    }
}

/// The parser finds the end of a file missing on the line behind its last; these problems, in their order, are moved back to
/// the last character there is.
fn keep_inside(bytes: &[u8], problems: &mut [Problem]) {
    // What is wrong with a file as a whole is at its first character; a file too large to be read is not read for that.
    let places = problems.iter_mut().skip_while(|problem| (problem.line, problem.column) == (1, 1));
    let mut lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let mut here = None;
    for problem in places {
        here = here.or_else(|| lines.next());
        while let Some((_, number)) = here
            && number < problem.line
            && let Some(next) = lines.next()
        {
            here = Some(next);
        }
        if let Some((line, number)) = here {
            let end = String::from_utf8_lossy(line).chars().count() + 1;
            problem.column = if problem.line > number { end } else { problem.column.min(end) };
            problem.line = problem.line.min(number);
        }
    }
}
