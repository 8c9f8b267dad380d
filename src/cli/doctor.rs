//! `doctor`: what of the world is here, and what to do about what is not. Never changes anything, and never
//! connects anywhere.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::base::text;
use crate::present::words;
use crate::runbook::team::{Looks, Team};
use crate::runbook::yaml;
use crate::tui::Options;
use crate::world::home::Home;
use crate::world::library::{self, Book, Origin};
use crate::world::{sandbox, signature, webhook};

use super::failure::{Failure, Outcome};
use super::past::home;
use super::{colour, print};

/// What is known of one part of the world.
enum Found {
    /// It is here.
    Good(String),
    /// It is not, and something works without it that would work better with it.
    Without(String),
    /// It is not, or not as it must be.
    Bad(String),
}

pub(super) fn doctor() -> Result<Outcome, Failure> {
    let home = home()?;
    let books = library::all(&home);
    let parts = [
        ("state folder", state(&home)),
        ("settings", settings(&home)),
        ("runbooks", runbooks(&books)),
        ("channels", channels(&home)),
        ("signing", signing(&home)),
        ("trust", trust(&home, &books)),
        ("PostgreSQL", postgres()),
        ("psql", program(&["psql"], "fracas needs none; it is at hand for questions that are in no runbook")),
        ("pooler", program(&["pgbouncer"], "fracas needs none; a `connect` check says whether a target is behind one")),
        ("terminal", terminal()),
        ("colours", colours()),
        ("signs", signs()),
        ("screen", screen(&home)),
        ("clipboard", clipboard()),
    ];
    let bad = parts.iter().any(|(_, found)| matches!(found, Found::Bad(_)));
    let lines = parts.into_iter().map(|(what, found)| {
        let (mark, sentence) = match found {
            Found::Good(sentence) => ("ok ", sentence),
            Found::Without(sentence) => ("-- ", sentence),
            Found::Bad(sentence) => ("BAD", sentence),
        };
        format!("{mark}  {what:<14} {}\n", text::line(&sentence))
    });
    print(&lines.collect::<String>())?;
    Ok(if bad { Outcome::NotGood } else { Outcome::Done })
}

fn state(home: &Home) -> Found {
    match home.prepare() {
        Ok(()) => Found::Good(home.incidents().display().to_string()),
        Err(why) => Found::Bad(why),
    }
}

fn settings(home: &Home) -> Found {
    let folder = home.settings();
    match std::fs::read_dir(folder) {
        Ok(_) => Found::Good(folder.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Found::Without(format!("{0} is not there; runbooks of your own would be found in {0}/runbooks", folder.display()))
        }
        Err(error) => Found::Bad(format!("{}: {error}; make it a folder you may read, or set XDG_CONFIG_HOME", folder.display())),
    }
}

fn runbooks(books: &[Book]) -> Found {
    let invalid: Vec<&str> = books.iter().filter(|book| book.runbook.is_err()).map(|book| book.file.as_str()).collect();
    match invalid.as_slice() {
        [] => Found::Good(format!("{} found, all valid", books.len())),
        [first, ..] => Found::Bad(format!("not valid: {}; `fracas lint {first}` says why", invalid.join(", "))),
    }
}

/// The team's settings; what there is to say where they are missing or cannot be read.
fn team(home: &Home, without: &str) -> Result<Team, Found> {
    let (file, bytes) = match library::team(home) {
        Ok(Some(found)) => found,
        Ok(None) => return Err(Found::Without(without.to_owned())),
        Err(why) => return Err(Found::Bad(why)),
    };
    yaml::team::read(&file, &bytes).map_err(|problems| {
        let first = problems.first().map(|problem| format!("line {}: {}", problem.line, problem.message)).unwrap_or_default();
        Found::Bad(format!("the team's settings are left out: {file}, {first}"))
    })
}

/// Whether heads of timelines can be signed; nothing is signed for it.
fn signing(home: &Home) -> Found {
    let without = "the settings name no key under `signing`, so nobody vouches for the end of a timeline";
    let team = match team(home, without) {
        Ok(team) => team,
        Err(found) => return found,
    };
    match signature::configured(&team.signing) {
        Ok(Some(key)) => Found::Good(format!("heads of timelines are signed with {key}")),
        Ok(None) => Found::Without(without.to_owned()),
        Err(why) => Found::Bad(format!("heads of timelines are not signed: {why}")),
    }
}

/// How the screen looks here, and which keys the settings want and cannot have.
fn screen(home: &Home) -> Found {
    let looks = team(home, "").map(|team| team.looks).unwrap_or_default();
    let options = Options::from_environment(&looks);
    let keys = words::count(looks.keys.len() as u64, "key of its own", "keys of its own");
    if options.problems.is_empty() {
        Found::Good(format!("theme {}, {keys}, mouse {}", options.theme.palette.name(), if options.mouse { "on" } else { "off" }))
    } else {
        Found::Bad(options.problems.join("; "))
    }
}

/// Whether it is known where the team's channels are; nothing is sent to them.
fn channels(home: &Home) -> Found {
    let without = "the team's settings name none, so nobody is told of an incident";
    let team = match team(home, without) {
        Ok(team) => team,
        Err(found) => return found,
    };
    let found = team.webhooks.iter().map(|webhook| (webhook, webhook::locate(&webhook.address, &|name| std::env::var(name).ok())));
    let told: Vec<(bool, String)> = found
        .map(|(webhook, found)| match found {
            Ok(_) => (true, format!("{} ({})", webhook.name, webhook.address)),
            Err(why) => (false, format!("{}: {why}", webhook.name)),
        })
        .collect();
    let sentence = told.iter().map(|(_, what)| what.as_str()).collect::<Vec<_>>().join("; ");
    match told.iter().all(|(found, _)| *found) {
        _ if told.is_empty() => Found::Without(without.to_owned()),
        true => Found::Good(sentence),
        false => Found::Bad(sentence),
    }
}

fn trust(home: &Home, books: &[Book]) -> Found {
    let own: Vec<&Book> = books.iter().filter(|book| matches!(book.origin, Origin::File(_)) && book.runbook.is_ok()).collect();
    let unread: Vec<&str> = own.iter().filter(|book| !book.is_trusted(home)).map(|book| book.file.as_str()).collect();
    match unread.as_slice() {
        [] if own.is_empty() => Found::Good("only shipped runbooks, which need none".to_owned()),
        [] => Found::Good(format!("all {} runbooks of your own are trusted", own.len())),
        [first, ..] => {
            Found::Without(format!("not trusted yet: {}; `fracas trust {first}` shows what it would run, and asks", unread.join(", ")))
        }
    }
}

fn postgres() -> Found {
    match sandbox::installation() {
        Ok(found) => Found::Good(format!("{} in {}, for drills", found.release, found.bin.display())),
        Err(problem) => Found::Bad(problem.to_string()),
    }
}

fn terminal() -> Found {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        match std::env::var("TERM").unwrap_or_default().as_str() {
            "" => Found::Bad("TERM is not set; set it to what your terminal is, such as xterm-256color".to_owned()),
            "dumb" => Found::Bad("TERM is dumb: the screen cannot be drawn; `check` and `drill --rehearse` need none".to_owned()),
            term => Found::Good(term.to_owned()),
        }
    } else {
        // To have none is usual where nobody looks on.
        Found::Without("none here: `run`, `resume` and `drill` need one; `check` and `drill --rehearse` do not".to_owned())
    }
}

fn colours() -> Found {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        Found::Without("none, because NO_COLOR is set; every sign differs by its shape, too".to_owned())
    } else if colour(&std::io::stdout()) {
        Found::Good("yes; NO_COLOR=1 turns them off".to_owned())
    } else {
        Found::Without("none where standard output is no terminal, or a dumb one".to_owned())
    }
}

fn signs() -> Found {
    if Options::from_environment(&Looks::default()).theme.ascii {
        Found::Without("ASCII only; set LC_ALL to a UTF-8 locale, such as C.UTF-8, for ✓ and ✗".to_owned())
    } else {
        Found::Good("✓ ✗ │, since the locale is UTF-8".to_owned())
    }
}

fn clipboard() -> Found {
    let way = if std::env::var_os("TMUX").is_some() { "tmux" } else { "the terminal, where it lets programs do so (OSC 52)" };
    Found::Good(format!("y copies through {way}, over SSH as well"))
}

/// The first of these programs that is there.
fn program(names: &[&str], without: &str) -> Found {
    match names.iter().find_map(|name| on_path(name)) {
        Some(found) => Found::Good(found.display().to_string()),
        None => Found::Without(format!("no {} on PATH; {without}", names.join(" or "))),
    }
}

/// Where a program is. Servers are looked for where only root has them on PATH, too.
fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")]);
    folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
