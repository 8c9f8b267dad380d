//! What `docker` and its plug-in `compose` say about an application of several containers, which really run. Never
//! imitates more of an engine than a runbook of such an application asks for.

mod build;
mod exec;
mod files;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::base::stamp::rfc3339;
use crate::drill::CONTAINER;
use crate::drill::container::Place;
use crate::world::sandbox::Service;
use crate::world::sandbox::service::{Phase, Status};

use super::docker::{age, filled, state, word};
use super::{LOOK, LOOKS, Parsed, Question, Reply, seconds, table};

/// The services of `docker-compose.yml` in the order in which they start: name, image, the port inside, and the name
/// of the port outside.
const SERVICES: [(&str, &str, u16, &str); 4] = [
    ("db", "postgres:17", 5432, "db"),
    ("mailcatcher", "schickling/mailcatcher", 1025, "smtp"),
    ("backend", "registry.example.com/backend", 8000, "api"),
    ("frontend", "registry.example.com/frontend", 80, "site"),
];

/// A container that is not in the file: what an earlier deployment left behind.
const ORPHAN: &str = "backend-old";

/// Answers `docker`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let words: Vec<&str> = question.arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["compose", "exec", ref rest @ ..] => exec::exec(question, rest),
        ["compose", "run", "--rm", "prestart"] => exec::prestart(question),
        ["compose", ..] => compose(question),
        ["run", "-d", "--name", ORPHAN, ..] => start(question, ORPHAN).map(|()| String::new()),
        _ => engine(question),
    }
}

fn refused<T>(question: &Question<'_>) -> Result<T, String> {
    Err(question.not_imitated("docker"))
}

fn compose(question: &Question<'_>) -> Reply {
    let valued = ["-n --tail", "--since", "--format"];
    let plain = ["-a --all", "-q --quiet", "-d --detach", "--no-log-prefix", "--remove-orphans", "--no-cache", "--wait"];
    let Some(parsed) = Parsed::of(&question.arguments[1..], &valued, &plain) else { return refused(question) };
    let words = parsed.words();
    let Some((&verb, named)) = words.split_first() else { return refused(question) };
    if let Some(unknown) = named.iter().find(|name| !SERVICES.iter().any(|(service, ..)| service == *name)) {
        return Err(format!("no such service: {unknown}"));
    }
    let chosen: Vec<&str> = SERVICES.iter().map(|(name, ..)| *name).filter(|name| named.is_empty() || named.contains(name)).collect();
    match verb {
        "ps" => ps(question, &parsed, &chosen, named.is_empty()),
        "logs" => logs(question, &parsed, &chosen),
        "up" if parsed.flag("--detach").is_some() => each(&chosen, "Started", |name| start(question, name)),
        "restart" => each(&chosen, "Started", |name| again(question, name)),
        "start" => each(&chosen, "Started", |name| if is_up(question, name) { Ok(()) } else { again(question, name) }),
        "stop" => each(&chosen, "Stopped", |name| stop(question, name)),
        "down" => {
            let orphan = parsed.flag("--remove-orphans").map(|_| ORPHAN);
            each(&chosen, "Removed", |name| stop(question, name))?;
            orphan.map_or(Ok(()), |name| stop(question, name)).map(|()| String::new())
        }
        "build" => {
            build::frontend(question)?;
            each(&chosen, "Built", |_| Ok(()))
        }
        "config" => files::variables(question).map(|_| String::new()),
        _ => refused(question),
    }
}

fn each(names: &[&str], done: &str, mut act: impl FnMut(&str) -> Result<(), String>) -> Reply {
    let mut said = String::new();
    for name in names {
        act(name)?;
        let _ = writeln!(said, " Container {}  {done}", container(name));
    }
    Ok(said)
}

/// How a service's container is called.
fn container(service: &str) -> String {
    if service == ORPHAN { ORPHAN.to_owned() } else { format!("app-{service}-1") }
}

fn service(question: &Question<'_>, name: &str) -> Service {
    Service::of(question.folder, name)
}

/// How a service is; none if it was never made.
fn status(question: &Question<'_>, name: &str) -> Option<Status> {
    service(question, name).status().ok()
}

fn is_up(question: &Question<'_>, name: &str) -> bool {
    status(question, name).is_some_and(|status| status.phase != Phase::Completed)
}

/// Sees to it that a container runs with what the files say now.
fn start(question: &Question<'_>, name: &str) -> Result<(), String> {
    let mut env = files::variables(question)?;
    if name == "frontend" {
        // Another image is another container.
        env = BTreeMap::from([("IMAGE".to_owned(), build::digest(&Place::of(question.folder).image(name)))]);
    } else if name != "backend" {
        env.retain(|variable, _| variable.starts_with("POSTGRES_"));
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let words = [program.as_os_str(), CONTAINER.as_ref(), question.folder.as_os_str(), name.as_ref()];
    let command = words.map(|word| word.to_string_lossy().into_owned()).to_vec();
    service(question, name).start(command, env).map_err(|error| format!("the drill's {name} is not there: {error}"))?;
    decided(question, name)
}

fn again(question: &Question<'_>, name: &str) -> Result<(), String> {
    if status(question, name).is_none() {
        return Err(format!("service {name:?} has no container to start"));
    }
    service(question, name).restart().map_err(|error| error.to_string())?;
    decided(question, name)
}

fn stop(question: &Question<'_>, name: &str) -> Result<(), String> {
    if is_up(question, name) {
        service(question, name).stop().map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Waits until a started container runs or has broken, so that what is asked next has an answer.
fn decided(question: &Question<'_>, name: &str) -> Result<(), String> {
    for _ in 0..LOOKS {
        if status(question, name).is_some_and(|status| status.phase.is_decided()) {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    Err(format!("the drill's {name} does not start"))
}

/// Sixty-four hexadecimal digits.
fn id(question: &Question<'_>, name: &str) -> String {
    crate::base::hash::sha256(format!("{}:{name}", question.salt))
}

fn image(name: &str, status: &Status) -> String {
    let image = SERVICES.iter().find(|(service, ..)| *service == name).map_or("registry.example.com/backend:2.3.9", |(_, image, ..)| image);
    match status.env.get("TAG") {
        Some(tag) if name == "backend" => format!("{image}:{tag}"),
        _ => image.to_owned(),
    }
}

fn published(name: &str) -> String {
    let inside = SERVICES.iter().find(|(service, ..)| *service == name).map_or(8000, |(_, _, port, _)| *port);
    format!("0.0.0.0:{inside}->{inside}/tcp")
}

fn ps(question: &Question<'_>, parsed: &Parsed, chosen: &[&str], is_all: bool) -> Reply {
    let found: Vec<(&str, Status)> = chosen
        .iter()
        .filter_map(|name| Some((*name, status(question, name)?)))
        .filter(|(_, status)| parsed.flag("--all").is_some() || status.phase != Phase::Completed)
        .collect();
    if found.is_empty() && !is_all {
        return Ok(String::new());
    }
    if parsed.flag("--quiet").is_some() {
        return Ok(found.iter().map(|(name, _)| id(question, name) + "\n").collect());
    }
    if let Some(format) = parsed.flag("--format") {
        return found.iter().map(|(name, status)| told(question, format, name, status)).collect();
    }
    let mut rows = vec![["NAME", "IMAGE", "SERVICE", "CREATED", "STATUS", "PORTS"].map(str::to_owned).to_vec()];
    rows.extend(found.iter().map(|(name, status)| {
        let created = format!("{} ago", age(seconds(status.since, question.now)));
        vec![container(name), image(name, status), (*name).to_owned(), created, state(question, status, 0), published(name)]
    }));
    Ok(table(&rows))
}

fn logs(question: &Question<'_>, parsed: &Parsed, chosen: &[&str]) -> Reply {
    let mut said = String::new();
    for name in chosen {
        let Some(status) = status(question, name) else { continue };
        let log: String = (1..=status.run).map(|run| service(question, name).log(run)).collect();
        let prefix = match parsed.flag("--no-log-prefix") {
            None => format!("{}  | ", container(name).trim_start_matches("app-")),
            Some(_) => String::new(),
        };
        for line in parsed.cut(&log, question.now)?.lines() {
            let _ = writeln!(said, "{prefix}{line}");
        }
    }
    Ok(said)
}

/// What is asked of the engine itself: containers by their names or ids.
fn engine(question: &Question<'_>) -> Reply {
    let inspects = question.arguments.iter().any(|word| word == "inspect");
    let parsed = if inspects {
        Parsed::of(question.arguments, &["-f --format"], &[])
    } else {
        Parsed::of(question.arguments, &["-f --filter", "--format"], &["-a --all", "-q --quiet"])
    };
    let Some(parsed) = parsed else { return refused(question) };
    let names = || SERVICES.iter().map(|(name, ..)| *name).chain([ORPHAN]);
    match parsed.words()[..] {
        ["ps"] => {
            let port = parsed.flag("--filter").map(|filter| filter.strip_prefix("publish=").ok_or(filter));
            if let Some(Err(_)) = port {
                return refused(question);
            }
            let is_wanted = |name: &str| port.is_none_or(|port| port.is_ok_and(|port| published(name).contains(&format!(":{port}->"))));
            let found = names().filter(|name| is_wanted(name)).filter_map(|name| Some((name, status(question, name)?)));
            let found = found.filter(|(_, status)| status.phase != Phase::Completed || parsed.flag("--all").is_some());
            let format = match parsed.flag("--quiet") {
                Some(_) => "{{.ID}}",
                None => parsed.flag("--format").unwrap_or("{{.ID}}   {{.Image}}   {{.Status}}   {{.Ports}}   {{.Names}}"),
            };
            found.map(|(name, status)| told(question, format, name, &status)).collect()
        }
        [verb @ ("inspect" | "stop"), wanted] => {
            let is_wanted = |name: &&str| container(name) == wanted || (wanted.len() >= 12 && id(question, name).starts_with(wanted));
            let Some((name, status)) = names().find(is_wanted).and_then(|name| Some((name, status(question, name)?))) else {
                return Err(format!("Error response from daemon: No such container: {wanted}"));
            };
            match (verb, parsed.flag("--format")) {
                ("stop", _) => stop(question, name).map(|()| format!("{wanted}\n")),
                (_, Some(format)) => told(question, format, name, &status),
                (_, None) => refused(question),
            }
        }
        _ => refused(question),
    }
}

fn told(question: &Question<'_>, format: &str, name: &str, status: &Status) -> Reply {
    let values = [
        (".Names", container(name)),
        (".Name", container(name)),
        (".Service", name.to_owned()),
        (".ID", id(question, name)[..12].to_owned()),
        (".Image", image(name, status)),
        (".Ports", published(name)),
        (".Status", state(question, status, 0)),
        (".State", word(status).to_owned()),
        (".ExitCode", status.exit.unwrap_or_default().to_string()),
        (".State.Status", word(status).to_owned()),
        (".State.StartedAt", rfc3339(status.started)),
        (".RestartCount", status.restarts.to_string()),
    ];
    filled(question, format, &values)
}
