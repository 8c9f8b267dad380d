//! `check`: every question of a runbook once, for CI and cron. A progress line for whoever sits at a terminal, and
//! none anywhere else. Never asks a person anything.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::base::id::Id;
use crate::base::text;
use crate::headless::check::{self as headless, Progress, Selection};
use crate::report::check::{self as check_report, CheckRow, RowVerdict};
use crate::report::junit::junit;
use crate::runbook::Runbook;
use crate::world::clock::Stopwatch;

use super::author::{require_trust, valid_book};
use super::failure::{Failure, Outcome};
use super::open::{self, Given, Opening};
use super::{print, style};

/// How often the progress line is drawn; what takes less than this shows none.
const REDRAWN: Duration = Duration::from_millis(100);

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Ids or paths
    #[arg(required = true)]
    runbooks: Vec<String>,
    #[command(flatten)]
    given: Given,
    /// Only the checks of this phase
    #[arg(long)]
    phase: Option<String>,
    /// Only this check; may be given several times
    #[arg(long)]
    only: Vec<String>,
    /// Ask probes, too: they write, and roll back
    #[arg(long)]
    probe: bool,
    /// Trust a runbook with these bytes for this run: `sha256:…`
    #[arg(long, value_name = "sha256:…")]
    trust: Vec<String>,
    /// How to print the answers
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
}

/// How answers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    Text,
    Json,
    Junit,
}

pub(super) fn check(arguments: &Check) -> Result<Outcome, Failure> {
    let selection = Selection {
        phase: arguments.phase.as_ref().map(Id::new),
        only: arguments.only.iter().map(Id::new).collect(),
        probe: arguments.probe,
    };
    let mut books = Vec::new();
    for wanted in &arguments.runbooks {
        let (book, runbook) = valid_book(wanted)?;
        require_trust(&book, &runbook, &arguments.trust)?;
        known_selection(&runbook, &selection)?;
        let inputs = open::inputs_without_asking(&runbook, &arguments.given, &[])?;
        books.push((book, open::surroundings(runbook, inputs, &arguments.given)?));
    }
    let mut worst = Outcome::Done;
    let mut runs = Vec::new();
    for (book, surroundings) in books {
        let runbook = surroundings.runbook.clone();
        let line = ProgressLine::of(&runbook.id);
        let opening = Opening::new(&book, surroundings, arguments.given.person(), runbook.severity.clone(), None, true, None);
        let rows = super::tokio_runtime()?.block_on(ask_all(opening, &selection, line))?;
        worst = worse(worst, outcome(&rows));
        runs.push((runbook.id.clone(), rows));
    }
    let style = style(&std::io::stdout());
    let out = match arguments.format {
        CheckFormat::Text => runs.iter().map(|(runbook, rows)| check_report::text(runbook, rows, style)).collect(),
        CheckFormat::Json => runs.iter().map(|(runbook, rows)| check_report::json(runbook, rows)).collect(),
        CheckFormat::Junit => junit(&runs),
    };
    print(&out)?;
    Ok(worst)
}

fn known_selection(runbook: &Runbook, selection: &Selection) -> Result<(), Failure> {
    if let Some(phase) = selection.phase.as_ref().filter(|wanted| !runbook.phases.iter().any(|phase| phase.id == **wanted)) {
        let names: Vec<&str> = runbook.phases.iter().map(|phase| phase.id.as_str()).collect();
        return Err(Failure::usage(format!("runbook `{}` has no phase `{phase}`; it has: {}", runbook.id, names.join(", "))));
    }
    match selection.only.iter().find(|wanted| runbook.check(wanted).is_none()) {
        Some(check) => {
            let names: Vec<&str> = runbook.checks().map(|(_, check)| check.id.as_str()).collect();
            Err(Failure::usage(format!("runbook `{}` has no check `{check}`; it has: {}", runbook.id, names.join(", "))))
        }
        None => Ok(()),
    }
}

async fn ask_all(opening: Opening<'_>, selection: &Selection, mut line: ProgressLine) -> Result<Vec<CheckRow>, Failure> {
    let mut runtime = opening.unrecorded()?;
    let rows = headless::check(&mut runtime, selection, |progress| line.tell(progress)).await;
    rows.ok_or_else(|| Failure::outside("ended by a signal before every check was answered"))
}

fn outcome(rows: &[CheckRow]) -> Outcome {
    match check_report::verdict(rows) {
        RowVerdict::Failed => Outcome::NotGood,
        RowVerdict::Inconclusive => Outcome::Inconclusive,
        RowVerdict::Passed | RowVerdict::Skipped => Outcome::Done,
    }
}

fn worse(one: Outcome, other: Outcome) -> Outcome {
    let rank = |outcome| match outcome {
        Outcome::Done => 0,
        Outcome::Inconclusive => 1,
        Outcome::Invalid => 2,
        Outcome::NotGood => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// One line on standard error that is drawn over itself, and is gone in the end.
struct ProgressLine {
    /// Nothing where nobody looks on.
    title: Option<String>,
    drawn: Option<Stopwatch>,
    since: Stopwatch,
}

impl ProgressLine {
    fn of(runbook: &Id) -> Self {
        let can_draw = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        // Short enough for any terminal: a line that wraps cannot be drawn over.
        let title = can_draw.then(|| text::line(runbook.as_str()).chars().take(40).collect());
        Self { title, drawn: None, since: Stopwatch::start() }
    }

    fn tell(&mut self, Progress { answered, asked }: Progress) {
        if let Some(title) = &self.title
            && self.drawn.as_ref().unwrap_or(&self.since).elapsed() >= REDRAWN
        {
            let _ = write!(std::io::stderr(), "\r\x1b[K{title}: {answered} of {asked} answered");
            self.drawn = Some(Stopwatch::start());
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
