//! `fracas import`: a Markdown file as a runbook. Runs nothing of what it reads, and says what it made of it.

use std::path::Path;

use crate::base::text;
use crate::runbook::import;
use crate::runbook::problem::{self, Severity};
use crate::runbook::yaml;
use crate::world::{library, whole_file};

use super::failure::{Failure, Outcome};
use super::{colour, print, say};

pub(super) fn import(file: &Path, output: Option<&Path>, line_by_line: bool) -> Result<Outcome, Failure> {
    let most = import::LARGEST as u64;
    let bytes = library::contents_up_to(file, most + 1).map_err(Failure::usage)?;
    if bytes.len() as u64 > most {
        return Err(Failure::usage(format!("{}: more than {most} bytes; split it by its chapters", file.display())));
    }
    if let Some(path) = output
        && std::fs::canonicalize(path).is_ok_and(|path| std::fs::canonicalize(file).is_ok_and(|file| file == path))
    {
        return Err(Failure::usage(format!(
            "{}: the runbook would take the place of what it is made of; name another file",
            path.display()
        )));
    }
    let replaces = output.is_some_and(Path::exists);
    let name = file.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let made = import::markdown(&bytes, &name);
    match output {
        None => print(&made.yaml)?,
        Some(path) => whole_file::write(path, made.yaml.as_bytes())
            .map_err(|error| Failure::outside(format!("{}: not written: {error}", path.display())))?,
    }
    if replaces && let Some(path) = output {
        say(&format!("fracas: {} was there before and is replaced", text::line(&path.display().to_string())));
    }
    if line_by_line {
        for line in made.report.lines() {
            say(&text::line(&line));
        }
    }
    say(text::lines(made.report.to_string().trim_end()).as_ref());
    if made.report.is_too_large() {
        return Ok(Outcome::Done);
    }
    let shown = output.map_or_else(|| format!("{name}.yaml"), |path| path.display().to_string());
    let (_, problems) = yaml::lint(&shown, made.yaml.as_bytes());
    if problems.is_empty() {
        return Ok(Outcome::Done);
    }
    say(&problem::render(&problems, &made.yaml, colour(&std::io::stderr())));
    let is_invalid = problems.iter().any(|problem| problem.severity == Severity::Error);
    Ok(if is_invalid { Outcome::Invalid } else { Outcome::Done })
}
