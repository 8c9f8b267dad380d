//! Stand-ins for outside programs in a drill: they answer from the state and the logs of the world's real services,
//! in the words of the real tools, and really restart them. Never pretend: what they do not imitate
//! they say so, and fail.

mod alembic;
mod compose;
mod curl;
mod docker;
mod kubectl;
mod npx;
mod render;
mod vercel;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::drill::worker::WORKER;
use crate::world::clock;
use crate::world::sandbox::Service;
use crate::world::sandbox::service::{Phase, Status};

/// The stand-ins there are. One more is a file, a name here and a row in `StandIn::reply`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandIn {
    /// `docker` on the machine of a single worker.
    Docker,
    /// `kubectl` for a deployment of a single worker.
    Kubectl,
    /// `docker` with the plug-in `compose`, for an application of several containers.
    Compose,
    /// `curl`, for the API of the platform that the world's worker runs on.
    Curl,
    /// `render`, for the log of that worker.
    Render,
    /// `alembic` in a project's own environment, for migrations in `alembic/versions`.
    Alembic,
    /// `vercel` for a deployment of one application.
    Vercel,
    /// `npx` with Prisma and the scripts of that application.
    Npx,
}

impl StandIn {
    const ALL: [Self; 8] = [Self::Docker, Self::Kubectl, Self::Compose, Self::Curl, Self::Render, Self::Alembic, Self::Vercel, Self::Npx];

    /// How its subcommand is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Kubectl => "kubectl",
            Self::Compose => "compose",
            Self::Curl => "curl",
            Self::Render => "render",
            Self::Alembic => "alembic",
            Self::Vercel => "vercel",
            Self::Npx => "npx",
        }
    }

    fn reply(self, question: &Question<'_>) -> Reply {
        match self {
            Self::Docker => docker::reply(question),
            Self::Kubectl => kubectl::reply(question),
            Self::Compose => compose::reply(question),
            Self::Curl => curl::reply(question),
            Self::Render => render::reply(question),
            Self::Alembic => alembic::reply(question),
            Self::Vercel => vercel::reply(question),
            Self::Npx => npx::reply(question),
        }
    }
}

/// The worker's image, as far as anyone is told.
const IMAGE: &str = "registry.example.com/upload-worker:2.4.1";

/// How often a restarted worker is looked at, and how many times: ten seconds in all.
const LOOK: Duration = Duration::from_millis(20);
const LOOKS: usize = 500;

/// What a tool is asked, by whom it is answered, and when.
struct Question<'a> {
    folder: &'a Path,
    service: Service,
    arguments: &'a [String],
    now: DateTime<Utc>,
    /// Something that stays the same for one sandbox and differs between two.
    salt: String,
}

/// What a tool prints: on standard output and exits 0, or on standard error and exits 1.
type Reply = Result<String, String>;

/// The hidden subcommand `__stand-in FOLDER TOOL ARGUMENT…`.
#[must_use]
pub(super) fn main(arguments: &[String]) -> ExitCode {
    let [folder, name, arguments @ ..] = arguments else { return ExitCode::from(2) };
    let Some(stand_in) = StandIn::ALL.into_iter().find(|stand_in| stand_in.name() == name) else { return ExitCode::from(2) };
    let salt = crate::base::hash::sha256(folder);
    let folder = Path::new(folder);
    let question = Question { folder, service: Service::of(folder, WORKER), arguments, now: clock::wall(), salt };
    match stand_in.reply(&question) {
        Ok(said) => {
            let _ = std::io::stdout().write_all(said.as_bytes());
            ExitCode::SUCCESS
        }
        Err(said) => {
            let _ = writeln!(std::io::stderr(), "{said}");
            ExitCode::FAILURE
        }
    }
}

impl Question<'_> {
    fn status(&self) -> Result<Status, String> {
        self.service.status().map_err(|error| format!("the drill's worker is not there: {error}"))
    }

    /// Restarts the worker and waits until it runs or has broken, so that what is asked next has an answer.
    fn restart(&self) -> Result<(), String> {
        self.service.restart().map_err(|error| format!("the drill's worker is not there: {error}"))?;
        for _ in 0..LOOKS {
            if self.status()?.phase.is_decided() {
                break;
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Prints what is to be told, and goes on with what a run of the worker logs after `printed` bytes, as long as it
    /// runs and somebody reads.
    fn follow(&self, told: &str, run: u32, mut printed: usize) {
        let mut out = std::io::stdout();
        let mut says = |text: &str| out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_ok();
        let mut goes_on = says(told);
        while goes_on {
            // Asked before its log is read, so that the last words of a run are told.
            goes_on = self.status().is_ok_and(|now| now.run == run && matches!(now.phase, Phase::Running | Phase::ContainerCreating));
            let log = self.service.log(run);
            goes_on &= says(log.get(printed..).unwrap_or_default());
            printed = log.len();
            std::thread::sleep(LOOK);
        }
    }

    fn not_imitated(&self, tool: &str) -> String {
        format!("`{tool} {}` is not imitated in a drill", self.arguments.join(" "))
    }
}

/// Arguments, sorted into words and flags.
struct Parsed {
    words: Vec<String>,
    flags: BTreeMap<String, String>,
}

impl Parsed {
    /// Sorts arguments; none if there is a flag that is neither among `valued` nor `plain`.
    ///
    /// Each entry lists the spellings of one flag, separated by a space; the last is the one to ask for.
    fn of(arguments: &[String], valued: &[&str], plain: &[&str]) -> Option<Self> {
        let known = |flags: &[&str], flag: &str| {
            flags.iter().find(|spellings| spellings.split(' ').any(|s| s == flag)).map(|spellings| {
                let last = spellings.rsplit(' ').next().unwrap_or(spellings);
                last.to_owned()
            })
        };
        let mut parsed = Self { words: Vec::new(), flags: BTreeMap::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if !argument.starts_with('-') || argument == "-" {
                parsed.words.push(argument.clone());
                continue;
            }
            let (flag, value) = argument.split_once('=').map_or((argument.as_str(), None), |(f, v)| (f, Some(v.to_owned())));
            if let Some(name) = known(plain, flag) {
                parsed.flags.insert(name, value.unwrap_or_default());
            } else {
                let name = known(valued, flag)?;
                let value = value.or_else(|| arguments.next().cloned())?;
                parsed.flags.insert(name, value);
            }
        }
        Some(parsed)
    }

    fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    fn flag(&self, name: &str) -> Option<&str> {
        self.flags.get(name).map(String::as_str)
    }

    /// The lines of a log that `--tail` and `--since` ask for.
    fn cut(&self, log: &str, now: DateTime<Utc>) -> Reply {
        let mut lines: Vec<&str> = log.lines().collect();
        if let Some(since) = self.flag("--since") {
            let since = moment(since, now).ok_or_else(|| format!("invalid value {since:?} for --since"))?;
            // A line without a time of its own belongs to the one before.
            let mut at = DateTime::<Utc>::MIN_UTC;
            lines.retain(|line| {
                let time = line.split(' ').next().and_then(|first| DateTime::parse_from_rfc3339(first).ok());
                at = time.map_or(at, |time| time.to_utc());
                at >= since
            });
        }
        let tail = self.flag("--tail").filter(|tail| !matches!(*tail, "all" | "-1"));
        if let Some(tail) = tail {
            let tail: usize = tail.parse().map_err(|_| format!("invalid value {tail:?} for --tail"))?;
            lines.drain(..lines.len().saturating_sub(tail));
        }
        Ok(lines.iter().flat_map(|line| [*line, "\n"]).collect())
    }
}

/// A moment: RFC 3339, or so long ago as `90s` or `1h30m` says.
fn moment(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let mut seconds = 0_i64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        seconds = seconds.checked_add(number.checked_mul(factor)?)?;
        rest = &rest[digits + 1..];
    }
    now.checked_sub_signed(chrono::TimeDelta::try_seconds(seconds)?)
}

/// Rows under a header, each column as wide as its widest cell and three spaces apart, as both tools print them.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |n: usize| rows.iter().map(|row| row[n].len()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", cells.join("   ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// Waits for what only the network and the database can tell.
fn block_on<T>(future: impl Future<Output = T>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    Ok(runtime.block_on(future))
}

/// Whole seconds from one moment to a later one.
fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    (to - from).num_seconds().max(0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail at any of these")]

    use super::*;

    fn parsed(line: &str) -> Option<Parsed> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Parsed::of(&arguments, &["-n --tail", "--since"], &["-a --all"])
    }

    #[test]
    fn flags_are_read_in_every_spelling() {
        for line in ["logs -n 5 worker -a", "logs --tail=5 worker --all", "logs worker --all --tail 5"] {
            let parsed = parsed(line).unwrap();
            assert_eq!((parsed.words(), parsed.flag("--tail"), parsed.flag("--all")), (vec!["logs", "worker"], Some("5"), Some("")));
        }
        assert!(parsed("logs --follow worker").is_none() && parsed("logs --tail").is_none());
    }

    #[test]
    fn a_log_is_cut_by_time_and_by_lines() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let log = "2026-11-21T11:00:00.000Z old\nits second line\n2026-11-21T11:59:30.000Z new\n2026-11-21T11:59:31.000Z newer\n";
        for (line, first, count) in [
            ("logs", "2026-11-21T11:00", 4),
            ("logs --since 60s", "2026-11-21T11:59:30", 2),
            ("logs --since=2026-11-21T11:59:31Z", "2026-11-21T11:59:31", 1),
            ("logs --since 1h30m --tail 3", "its second line", 3),
        ] {
            let cut = parsed(line).unwrap().cut(log, now).unwrap();
            assert!(cut.starts_with(first) && cut.lines().count() == count, "{line}: {cut}");
        }
        assert!(parsed("logs --since yesterday").unwrap().cut(log, now).is_err());
    }
}
