//! What `docker` says about the worker: one container that is restarted when it ends. Never imitates more of
//! an engine than that.

use crate::base::stamp::rfc3339;
use crate::world::sandbox::service::{Phase, Status};

use super::{IMAGE, Parsed, Question, Reply, seconds, table};
use crate::drill::worker::WORKER;

/// Flags that take a value, by their spellings.
const VALUED: &[&str] = &["-f --filter", "--format", "-n --tail", "--since", "-t --time"];

/// Flags that take none.
const PLAIN: &[&str] = &["-a --all", "--no-trunc", "-q --quiet"];

/// The exit code of the worker once it is stopped: `docker stop` kills what does not end by itself.
const KILLED: i32 = 137;

/// Answers `docker`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let refuse = || Err(question.not_imitated("docker"));
    // What `-f` means depends on what is asked.
    let asks = |verb: &str| question.arguments.iter().any(|word| word == verb);
    let parsed = if asks("inspect") {
        Parsed::of(question.arguments, &["-f --format", "--type"], &[])
    } else if asks("logs") {
        Parsed::of(question.arguments, &["-n --tail", "--since"], &["-f --follow"])
    } else {
        Parsed::of(question.arguments, VALUED, PLAIN)
    };
    let Some(parsed) = parsed else { return refuse() };
    let words = parsed.words();
    let words = words.strip_prefix(&["container"]).unwrap_or(&words);
    match words {
        ["ps" | "ls"] => ps(question, &parsed),
        ["logs", name] if is_container(question, name) => {
            let run = question.status()?.run;
            let last = question.service.log(run);
            let earlier: String = (1..run).map(|run| question.service.log(run)).collect();
            let told = parsed.cut(&(earlier + &last), question.now)?;
            if parsed.flag("--follow").is_none() {
                return Ok(told);
            }
            question.follow(&told, run, last.len());
            Ok(String::new())
        }
        ["restart", name] if is_container(question, name) => {
            question.restart()?;
            Ok(format!("{name}\n"))
        }
        ["inspect", name] if is_container(question, name) => match parsed.flag("--format") {
            // The worker finds its database where everybody in its world does.
            Some("{{range .Config.Env}}{{println .}}{{end}}") => {
                Ok(format!("DATABASE_URL={}\n", std::env::var("DATABASE_URL").unwrap_or_default()))
            }
            Some(format) => told(question, format, &question.status()?),
            None => refuse(),
        },
        ["logs" | "restart" | "inspect", name] => Err(format!("Error response from daemon: No such container: {name}")),
        _ => refuse(),
    }
}

/// Twelve hexadecimal digits, as `docker ps` shows of an id.
fn short_id<'q>(question: &'q Question<'_>) -> &'q str {
    &question.salt[..12]
}

/// Whether a name or the beginning of an id is the worker's container.
fn is_container(question: &Question<'_>, name: &str) -> bool {
    name == WORKER || (!name.is_empty() && question.salt.starts_with(name))
}

fn ps(question: &Question<'_>, parsed: &Parsed) -> Reply {
    let status = question.status()?;
    let named = match parsed.flag("--filter").map(|filter| filter.split_once('=')) {
        None => true,
        Some(Some(("name", name))) => WORKER.contains(name.trim_matches(['^', '$', '/'])),
        Some(_) => return Err(question.not_imitated("docker")),
    };
    let is_listed = named && (status.phase != Phase::Completed || parsed.flag("--all").is_some());
    if parsed.flag("--quiet").is_some() {
        return Ok(if is_listed { format!("{}\n", short_id(question)) } else { String::new() });
    }
    if let Some(format) = parsed.flag("--format").filter(|format| !format.starts_with("table")) {
        return if is_listed { told(question, format, &status) } else { Ok(String::new()) };
    }
    let created = format!("{} ago", age(seconds(status.since_first, question.now)));
    let row = [short_id(question), IMAGE, "\"upload-worker\"", &created, &state(question, &status, KILLED), "", WORKER];
    let header = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"];
    let rows: Vec<Vec<String>> =
        [Some(header), is_listed.then_some(row)].iter().flatten().map(|row| row.map(str::to_owned).to_vec()).collect();
    Ok(table(&rows))
}

/// The column STATUS. `when_stopped` is the exit code of a container that was told to stop.
pub(super) fn state(question: &Question<'_>, status: &Status, when_stopped: i32) -> String {
    let ago = |at| age(seconds(at, question.now));
    match status.phase {
        Phase::Running => format!("Up {}", ago(status.started)),
        Phase::ContainerCreating => "Up Less than a second".to_owned(),
        Phase::Error | Phase::CrashLoopBackOff => {
            format!("Restarting ({}) {} ago", status.exit.unwrap_or(1), ago(status.ended.unwrap_or(status.started)))
        }
        Phase::Completed => format!("Exited ({when_stopped}) {} ago", ago(status.ended.unwrap_or(status.started))),
    }
}

/// The state in one word.
pub(super) fn word(status: &Status) -> &'static str {
    match status.phase {
        Phase::Running | Phase::ContainerCreating => "running",
        Phase::Error | Phase::CrashLoopBackOff => "restarting",
        Phase::Completed => "exited",
    }
}

fn told(question: &Question<'_>, format: &str, status: &Status) -> Reply {
    let word = word(status);
    let values = [
        (".Names", WORKER.to_owned()),
        (".Name", format!("/{WORKER}")),
        (".ID", short_id(question).to_owned()),
        (".Id", question.salt.clone()),
        (".Image", IMAGE.to_owned()),
        (".Status", state(question, status, KILLED)),
        (".State", word.to_owned()),
        (".State.Status", word.to_owned()),
        (".State.Running", (word == "running").to_string()),
        (".State.Restarting", (word == "restarting").to_string()),
        (".State.StartedAt", rfc3339(status.started)),
        (".State.ExitCode", status.exit.unwrap_or_default().to_string()),
        (".RestartCount", status.restarts.to_string()),
    ];
    filled(question, format, &values)
}

/// A line with its placeholders filled in; those that are not known are refused.
pub(super) fn filled(question: &Question<'_>, format: &str, values: &[(&str, String)]) -> Reply {
    let mut line = format.to_owned();
    for (placeholder, value) in values {
        line = line.replace(&format!("{{{{{placeholder}}}}}"), value).replace(&format!("{{{{ {placeholder} }}}}"), value);
    }
    if line.contains("{{") { Err(question.not_imitated("docker")) } else { Ok(line + "\n") }
}

/// A time span in Docker's words.
pub(super) fn age(seconds: i64) -> String {
    match seconds {
        ..1 => "Less than a second".to_owned(),
        1 => "1 second".to_owned(),
        2..60 => format!("{seconds} seconds"),
        60..120 => "About a minute".to_owned(),
        120..3600 => format!("{} minutes", seconds / 60),
        3600..7200 => "About an hour".to_owned(),
        _ => format!("{} hours", seconds / 3600),
    }
}
