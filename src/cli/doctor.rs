//! `doctor`: what of the world is here, and what to do about what is not. Never changes anything.

use std::io::IsTerminal;

use crate::base::text;
use crate::world::library;
use crate::world::sandbox;

use super::failure::{Failure, Outcome};
use super::past::home;
use super::print;

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
