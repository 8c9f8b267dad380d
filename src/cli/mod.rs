//! Floor 8: arguments in, exit code out. Wires the floors together and turns every failure into one clear
//! sentence. Data goes to standard output, everything else to standard error.

mod author;
mod check;
mod crash;
mod doctor;
mod drill;
mod export;
mod face;
mod failure;
mod home;
mod import;
mod incidents;
mod letter;
mod onward;
mod open;
mod pages;
mod past;
mod proof;
mod replay;
mod snapshot;
mod stats;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::base::redact::Masker;
use crate::base::text;
use crate::present::Symbols;
use crate::report::text::Style;
use crate::world::env::Found;

pub use failure::{Failure, Outcome};

/// Interactive incident runbooks: live checks, rehearsed remediations, a timeline that survives anything.
#[derive(Debug, Parser)]
#[command(name = "fracas", version, disable_help_subcommand = true, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the runbooks that are found, best match first
    List {
        /// A symptom, an error text, a word
        query: Vec<String>,
        /// One JSON object a row
        #[arg(long)]
        json: bool,
    },
    /// Print a runbook as a person reads it
    Show {
        /// Id or path
        runbook: String,
    },
    /// Open an incident and walk it
    Run(open::Run),
    /// Go on with an incident
    Resume(open::Resume),
    /// Ask every check once, without a screen; changes nothing
    Check(check::Check),
    /// An incident in a throwaway world with an injected fault
    Drill(open::Drill),
    /// Past and open incidents and drills
    Incidents {
        /// What many of them tell together: medians, what people skip, which checks were wrong
        #[arg(long)]
        stats: bool,
        /// One JSON object a row; with --stats, a row for each runbook and each of incident, drill and rehearsal
        #[arg(long)]
        json: bool,
    },
    /// The entries of an incident
    Timeline {
        /// Id, a unique beginning of one, `latest` or `latest-drill`
        incident: String,
        /// The journal's own lines
        #[arg(long)]
        json: bool,
        /// Go on printing as entries are added
        #[arg(long)]
        follow: bool,
    },
    /// Add a note to an incident, also while a screen has it open
    Note {
        /// Id, a unique beginning of one, `latest` or `latest-drill`
        incident: String,
        /// The note
        text: String,
        /// When it happened, if that was earlier: RFC 3339, or `12m` ago
        #[arg(long)]
        at: Option<String>,
        /// Your name on the timeline
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
    },
    /// Read the plan that waits for another person, and agree that it may run
    Approve {
        /// Id, a unique beginning of one, `latest` or `latest-drill`
        incident: String,
        /// Your name on the timeline
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
    },
    /// Play an incident in the same screen as it went
    Replay {
        /// Id, a unique beginning of one, `latest` or `latest-drill`
        incident: String,
    },
    /// Whether a timeline is whole and unaltered, and up to where somebody vouches for it
    Verify {
        /// Id, a unique beginning of one, `latest` or `latest-drill`; or the file of a bundle or of a JSON export
        incident: String,
    },
    /// Pack an incident into one verifiable file, for another machine to read or to resume
    Bundle {
        /// Id, a unique beginning of one, `latest` or `latest-drill`
        incident: String,
        /// Where to write it; INCIDENT.fracas in this folder where left out, standard output for `-`
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// The post-incident report
    Export {
        /// Id, a unique beginning of one, `latest` or `latest-drill`
        incident: String,
        /// The form of the document; where left out, what the file's name says, else markdown
        #[arg(long, value_enum)]
        format: Option<export::ExportFormat>,
        /// Where to write it; standard output where left out
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Every problem in a runbook, with line and column
    Lint {
        /// Runbook files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// How to print them
        #[arg(long, value_enum, default_value_t = TextOrJson::Text)]
        format: TextOrJson,
    },
    /// A Markdown runbook or checklist as a YAML one
    Import {
        /// The Markdown file
        file: PathBuf,
        /// Where to write the runbook; standard output where left out
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// Say of each check, remediation and task which line it was made of, and why it is no check
        #[arg(long)]
        report: bool,
    },
    /// A database's structure, as the `schema:` block that expects it
    Snapshot(snapshot::Snapshot),
    /// Show what a runbook from disk would run, and trust these very bytes
    Trust {
        /// The file
        file: PathBuf,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// What works here and what does not
    Doctor,
    /// The JSON Schema of runbooks, for editors
    JsonSchema,
    /// Completions for a shell
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
    /// The manual page: `fracas man | man -l -` reads it, or install it as fracas.1
    Man,
}

/// How problems are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TextOrJson {
    Text,
    Json,
}

/// Runs the program; the exit code says how it went.
#[must_use]
pub fn run() -> ExitCode {
    // Programs of their own that happen to be in this binary come before everything else.
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let Some(code) = crate::world::command::hidden(&words).or_else(|| crate::drill::hidden(&words)) {
        return code;
    }
    crash::guard(|| {
        let arguments = match Arguments::try_parse() {
            Ok(arguments) => arguments,
            Err(error) => {
                let _ = error.print();
                return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
            }
        };
        match dispatch(arguments) {
            Ok(outcome) => outcome.into(),
            Err(failure) => failed(failure),
        }
    })
}

/// Tells why, and gives the exit code for it.
fn failed(failure: Failure) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "{}", masker().mask(&format!("fracas: {failure}")));
    failure.into()
}

fn dispatch(arguments: Arguments) -> Result<Outcome, Failure> {
    match arguments.command {
        None => home::home(),
        Some(Command::List { query, json }) => past::list_runbooks(&query.join(" "), json),
        Some(Command::Show { runbook }) => author::show(&runbook),
        Some(Command::Run(run)) => open::run(run),
        Some(Command::Resume(resume)) => open::resume(&resume),
        Some(Command::Check(check)) => check::check(&check),
        Some(Command::Drill(drill)) => drill::drill(&drill),
        Some(Command::Incidents { stats: false, json }) => incidents::incidents(json),
        Some(Command::Incidents { stats: true, json }) => stats::stats(json),
        Some(Command::Timeline { incident, json, follow }) => past::timeline(&incident, json, follow),
        Some(Command::Note { incident, text, at, name }) => letter::note(&incident, text, at.as_deref(), name),
        Some(Command::Approve { incident, name }) => letter::approve(&incident, name),
        Some(Command::Replay { incident }) => replay::replay(&incident),
        Some(Command::Verify { incident }) => proof::verify(&incident),
        Some(Command::Bundle { incident, output }) => proof::bundle(&incident, output.as_deref()),
        Some(Command::Export { incident, format, output }) => export::export(&incident, format, output.as_deref()),
        Some(Command::Lint { files, format }) => author::lint(&files, format),
        Some(Command::Import { file, output, report }) => import::import(&file, output.as_deref(), report),
        Some(Command::Snapshot(arguments)) => snapshot::snapshot(&arguments),
        Some(Command::Trust { file, yes }) => author::trust(&file, yes),
        Some(Command::Doctor) => doctor::doctor(),
        Some(Command::JsonSchema) => author::json_schema(),
        Some(Command::Completions { shell }) => pages::completions(shell),
        Some(Command::Man) => pages::man(),
    }
}

/// Writes data to standard output; a reader that has gone is no failure.
fn print(text: &str) -> Result<(), Failure> {
    print_while_read(text).map(|_| ())
}

/// Writes data to standard output; says whether anybody still reads it.
fn print_while_read(text: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::outside(format!("standard output: {error}"))),
    }
}

/// Knows the secrets among the variables of this process, and what looks like one: the last net before standard error.
fn masker() -> Masker {
    Masker::new(Found::of_process([]).secrets().iter().map(AsRef::as_ref))
}

/// Writes a sentence for a person to standard error.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text::lines(&masker().mask(sentence)));
}

/// Whether colour is wanted on a stream: only on a terminal, and never with `NO_COLOR`.
fn colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// How lines look on a stream: colour as [`colour`] says, ASCII where the locale is not UTF-8.
fn style(stream: &impl IsTerminal) -> Style {
    let options = crate::tui::Options::of(|name| std::env::var(name).ok(), &crate::runbook::team::Looks::default());
    let symbols = if options.theme.ascii && stream.is_terminal() { Symbols::Ascii } else { Symbols::Unicode };
    Style { color: colour(stream), symbols }
}

/// The tokio runtime everything asynchronous runs on. Several threads, so that a check that hangs or panics
/// never holds up the screen.
fn tokio_runtime() -> Result<Threads, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map(Threads)
        .map_err(|error| Failure::bug(format!("no threads to be had: {error}")))
}

/// A tokio runtime that ends soon. By itself it would wait for every name that is being looked up, which nobody can break
/// off, and which takes half a minute where no name server answers.
struct Threads(tokio::runtime::Runtime);

/// How long what cannot be broken off may take at the end.
const LAST_WORK: Duration = Duration::from_millis(500);

impl Threads {
    /// Works until this is done; what else was begun ends with it.
    fn block_on<F: Future>(self, future: F) -> F::Output {
        let output = self.0.block_on(future);
        self.0.shutdown_timeout(LAST_WORK);
        output
    }
}
