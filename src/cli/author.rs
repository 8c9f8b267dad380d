//! Commands for people who write runbooks and run them in CI: lint, show, trust, check, the JSON Schema,
//! and a look at the machine.

use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::base::id::Id;
use crate::base::text;
use crate::engine::{Msg, Session};
use crate::headless::check::Selection;
use crate::report::check::{self as check_report, CheckRow, RowVerdict};
use crate::report::junit::junit;
use crate::runbook::model::Spelled;
use crate::runbook::problem::{self, Severity};
use crate::runbook::team::Team;
use crate::runbook::{Runbook, yaml};
use crate::runtime::Runtime;
use crate::timeline::Incident;
use crate::timeline::event::Opened;
use crate::world::clock::Clock;
use crate::world::home::Home;
use crate::world::library::{self, Book};
use crate::world::prober::{Prober, Surroundings};
use crate::world::sandbox;

use super::failure::{Failure, Outcome};
use super::open::{self, Given};
use super::past::home;
use super::{TextOrJson, colour, print, say, style};

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

pub(super) fn lint(files: &[PathBuf], format: TextOrJson) -> Result<Outcome, Failure> {
    let mut errors = 0;
    let mut out = String::new();
    for file in files {
        let book = Book::open(file).map_err(Failure::usage)?;
        let (_, problems) = yaml::lint(&book.file, book.text.as_bytes());
        errors += problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        match format {
            TextOrJson::Json => out.extend(problems.iter().map(|problem| problem.to_json().to_string() + "\n")),
            TextOrJson::Text if problems.is_empty() => say(&format!("{}: no problems", text::line(&book.file))),
            TextOrJson::Text => out.push_str(&problem::render(&problems, &book.text, colour(&std::io::stdout()))),
        }
    }
    print(&out)?;
    Ok(if errors > 0 { Outcome::Invalid } else { Outcome::Done })
}

/// The runbook a person means, valid, or a failure that lists every problem in it.
pub(super) fn valid_book(wanted: &str) -> Result<(Book, std::sync::Arc<Runbook>), Failure> {
    let home = home()?;
    let book = library::find(&home, wanted).map_err(Failure::usage)?;
    match &book.runbook {
        Ok(runbook) => {
            let (text, team) = team(&home);
            let runbook = std::sync::Arc::new(runbook.as_ref().clone().with_team(&team));
            Ok((Book { team: text, ..book.clone() }, runbook))
        }
        Err(problems) => {
            let listed = problem::render(problems, &book.text, colour(&std::io::stderr()));
            Err(Failure::runbook(format!("{} is not a valid runbook:\n", book.file)).listing(listed))
        }
    }
}

/// The team's part of the settings. What is wrong with it is said, and nobody is kept from working by it.
fn team(home: &Home) -> (Option<String>, Team) {
    let (file, bytes) = match library::team(home) {
        Ok(Some(found)) => found,
        Ok(None) => return (None, Team::default()),
        Err(why) => {
            say(&format!("fracas: the team's settings are left out: {why}"));
            return (None, Team::default());
        }
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    match yaml::team::read(&file, &bytes) {
        Ok(team) => (Some(text), team),
        Err(problems) => {
            say(&format!("fracas: the team's settings are left out:\n{}", problem::render(&problems, &text, colour(&std::io::stderr()))));
            (None, Team::default())
        }
    }
}

/// Refuses a runbook from disk that acts and that nobody has trusted.
pub(super) fn require_trust(book: &Book, runbook: &Runbook, also: &[String]) -> Result<(), Failure> {
    let named = also.iter().any(|hash| hash.strip_prefix("sha256:") == Some(&book.hash));
    if named || book.is_trusted(&home()?) || !acts(runbook) {
        return Ok(());
    }
    Err(Failure::runbook(format!(
        "{0} is not trusted: it can run SQL or commands here.\nRead what it would run and trust it with `fracas trust {0}` (its hash is sha256:{1}).",
        book.file, book.hash
    )))
}

/// Whether a runbook holds SQL, a command or a request anywhere.
fn acts(runbook: &Runbook) -> bool {
    !what_it_runs(runbook).is_empty()
}

pub(super) fn trust(file: &Path, yes: bool) -> Result<Outcome, Failure> {
    let home = home()?;
    let book = Book::open(file).map_err(Failure::usage)?;
    let Ok(runbook) = &book.runbook else {
        return valid_book(&file.display().to_string()).map(|_| Outcome::Invalid);
    };
    for line in what_it_runs(runbook) {
        print(&format!("{}\n", text::lines(&line)))?;
    }
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage("there is nobody to ask; read the list above and add --yes"));
        }
        say("Trust these very bytes to run all of the above? Any change to the file asks again. Type yes:");
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        if answer.trim() != "yes" {
            say("not trusted");
            return Ok(Outcome::NotGood);
        }
    }
    home.prepare().map_err(Failure::outside)?;
    book.trust(&home).map_err(Failure::outside)?;
    say(&format!("trusted: {} (sha256:{})", text::line(&book.file), book.hash));
    Ok(Outcome::Done)
}

/// Everything a runbook can run, for a person who is asked to trust it.
fn what_it_runs(runbook: &Runbook) -> Vec<String> {
    let checks = runbook.checks().filter_map(|(_, check)| {
        let Spelled { what, text, needs_trust, .. } = check.ask.spelled();
        needs_trust.then(|| format!("check, {what} · {}\n{text}", check.title))
    });
    let remediations = runbook.remediations().map(|(_, remediation)| {
        let Spelled { what, text, .. } = remediation.act.spelled();
        let rollback = remediation.rollback.as_ref().map(|sql| format!("\nrollback: {sql}")).unwrap_or_default();
        format!("remediation, {what}, only after your consent · {}\n{text}{rollback}", remediation.title)
    });
    checks.chain(remediations).collect()
}

pub(super) fn show(wanted: &str) -> Result<Outcome, Failure> {
    let (_, runbook) = valid_book(wanted)?;
    print(&crate::export::runbook::markdown(&runbook))?;
    Ok(Outcome::Done)
}

pub(super) fn json_schema() -> Result<Outcome, Failure> {
    print(&format!("{:#}\n", yaml::json_schema()))?;
    Ok(Outcome::Done)
}

pub(super) fn doctor() -> Result<Outcome, Failure> {
    let home = home()?;
    let mut good = true;
    let mut tell = |what: &str, found: Result<String, String>| {
        good &= found.is_ok();
        let (mark, sentence) = match &found {
            Ok(sentence) => ("ok ", sentence),
            Err(sentence) => ("BAD", sentence),
        };
        print(&format!("{mark}  {what:<14} {}\n", text::line(sentence)))
    };
    tell("state folder", home.prepare().map(|()| home.incidents().display().to_string()))?;
    tell(
        "PostgreSQL",
        sandbox::installation().map(|found| format!("{} for drills", found.bin.display())).map_err(|problem| problem.to_string()),
    )?;
    let books = library::all(&home);
    let invalid: Vec<&str> = books.iter().filter(|book| book.runbook.is_err()).map(|book| book.file.as_str()).collect();
    tell(
        "runbooks",
        if invalid.is_empty() {
            Ok(format!("{} found, all valid", books.len()))
        } else {
            Err(format!("not valid: {}", invalid.join(", ")))
        },
    )?;
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    // To have none is usual where nobody looks on: it is told, and is no defect.
    let none = "none here: `run`, `resume` and `drill` need one; `check` and `drill --rehearse` do not";
    tell("terminal", Ok(if terminal { "yes" } else { none }.to_owned()))?;
    Ok(if good { Outcome::Done } else { Outcome::NotGood })
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
    let tokio = super::tokio_runtime()?;
    let mut worst = Outcome::Done;
    let mut runs = Vec::new();
    for (book, surroundings) in books {
        let runbook = surroundings.runbook.id.clone();
        let rows = tokio.block_on(ask_all(&book, surroundings, arguments.given.person(), &selection))?;
        worst = worse(worst, outcome(&rows));
        runs.push((runbook, rows));
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

async fn ask_all(book: &Book, surroundings: Surroundings, by: String, selection: &Selection) -> Result<Vec<CheckRow>, Failure> {
    let (runbook, inputs) = (surroundings.runbook.clone(), surroundings.inputs.clone());
    let prober = Prober::new(surroundings);
    let opened = Opened {
        format: 1,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        runbook: runbook.id.clone(),
        title: runbook.title.clone(),
        runbook_hash: book.hash.clone(),
        severity: runbook.severity.clone(),
        inputs: BTreeMap::new(),
        targets: Vec::new(),
        drill: None,
        read_only: true,
        began: None,
    };
    let session = Session::new(runbook, Incident::default(), inputs, by.clone());
    let mut runtime =
        Runtime::new(session, None, prober, Clock::start()).map_err(|error| Failure::bug(format!("no signal handlers: {error}")))?;
    runtime.step(Msg::Opened { by, opened });
    let rows = crate::headless::check::check(&mut runtime, selection).await;
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
