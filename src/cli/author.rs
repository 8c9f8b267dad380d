//! Commands for people who write runbooks: lint, show, trust, the JSON Schema. They run nothing of what they read.

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use crate::base::text;
use crate::runbook::problem::{self, Severity};
use crate::runbook::team::Team;
use crate::runbook::{Runbook, yaml};
use crate::world::home::Home;
use crate::world::library::{self, Book};

use super::failure::{Failure, Outcome};
use super::past::home;
use super::{TextOrJson, colour, print, say};

pub(super) fn lint(files: &[PathBuf], format: TextOrJson) -> Result<Outcome, Failure> {
    let mut errors = 0;
    let mut out = String::new();
    for file in files {
        let bytes = library::contents(file).map_err(Failure::usage)?;
        let file = file.display().to_string();
        let (_, problems) = yaml::lint(&file, &bytes);
        errors += problems.iter().filter(|problem| problem.severity == Severity::Error).count();
        match format {
            TextOrJson::Json => out.extend(problems.iter().map(|problem| text::json(&problem.to_json().to_string()).into_owned() + "\n")),
            TextOrJson::Text if problems.is_empty() => say(&format!("{}: no problems", text::line(&file))),
            TextOrJson::Text => {
                let source = String::from_utf8_lossy(&bytes);
                out.extend([&problem::render(&problems, &source, colour(&std::io::stdout())), "\n\n"]);
            }
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
pub(super) fn team(home: &Home) -> (Option<String>, Team) {
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
    let named = also.iter().any(|hash| hash.strip_prefix("sha256:") == Some(&book.fingerprint()));
    if named || book.is_trusted(&home()?) || !runbook.acts() {
        return Ok(());
    }
    Err(Failure::runbook(format!(
        "{0} is not trusted: it can run SQL or commands here.\nRead what it would run and trust it with `fracas trust {0}` ({1} sha256:{2}).",
        book.file,
        if book.pulled_in.0.is_empty() { "its hash is" } else { "with what it pulls in, its hash is" },
        book.fingerprint()
    )))
}

pub(super) fn trust(file: &Path, yes: bool) -> Result<Outcome, Failure> {
    let home = home()?;
    let book = Book::open(file).map_err(Failure::usage)?;
    let Ok(runbook) = &book.runbook else {
        return valid_book(&file.display().to_string()).map(|_| Outcome::Invalid);
    };
    for line in runbook.what_it_runs() {
        print(&format!("{}\n", text::lines(&line)))?;
    }
    for (name, identity) in &book.pulled_in.0 {
        let contents = book.pulled_in.text(name).map_err(Failure::outside)?;
        print(&format!("pulled in, {name} · {}\n{}\n", text::line(identity), text::lines(&contents)))?;
    }
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err(Failure::usage("there is nobody to ask; read the list above and add --yes"));
        }
        say("Trust these very bytes to run all of the above? Any change to them asks again. Type yes:");
        let mut answer = String::new();
        let _ = std::io::stdin().lock().read_line(&mut answer);
        if answer.trim() != "yes" {
            say("not trusted");
            return Ok(Outcome::NotGood);
        }
    }
    home.prepare().map_err(Failure::outside)?;
    book.trust(&home).map_err(Failure::outside)?;
    say(&format!("trusted: {} (sha256:{})", text::line(&book.file), book.fingerprint()));
    Ok(Outcome::Done)
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
