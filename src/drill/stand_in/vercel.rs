//! What `vercel` says about the deployments of one application, of which one runs. Never imitates more of a platform
//! than deploying, going back, and its logs.

use std::collections::BTreeMap;

use crate::base::Value;
use crate::drill::CONTAINER;
use crate::drill::container::Place;
use crate::drill::container::http::{Request, ask};
use crate::world::sandbox::Service;

use super::{LOOK, LOOKS, Parsed, Question, Reply, block_on, table};

/// How the deployment's service is called.
const INBOX: &str = "inbox";

/// Answers `vercel`.
pub(super) fn reply(question: &Question<'_>) -> Reply {
    let words: Vec<&str> = question.arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--version"] => Ok("Vercel CLI 50.1.3\n50.1.3\n".to_owned()),
        ["deploy", "--prod"] => deploy(question),
        ["redeploy", address] => {
            current(question, address)?;
            let deployments = deployments(question);
            let (_, release) = deployments.last().cloned().unwrap_or_default();
            add(question, &release)
        }
        ["rollback", id, "--yes"] => {
            let deployments = deployments(question);
            let (_, release) =
                deployments.iter().find(|(known, _)| known == id).ok_or(format!("Error: Can't find the deployment \"{id}\""))?;
            serve(question, id, release)?;
            Ok(format!("Success! inbox was rolled back to {id}\n"))
        }
        ["logs", ..] => logs(question),
        ["env", "ls", "production"] => variables(question, "Production"),
        ["env", "ls", "preview"] => variables(question, "Preview"),
        ["curl", path, "--", ref options @ ..] => curl(question, path, options),
        _ => Err(question.not_imitated("vercel")),
    }
}

/// Every deployment there was, the latest last: its id and its release.
fn deployments(question: &Question<'_>) -> Vec<(String, String)> {
    let kept = std::fs::read_to_string(question.folder.join("deployments")).unwrap_or_default();
    kept.lines().filter_map(|line| line.split_once(' ')).map(|(id, release)| (id.to_owned(), release.to_owned())).collect()
}

/// Deploys what is in the project's folder.
fn deploy(question: &Question<'_>) -> Reply {
    let package = std::fs::read_to_string(Place::of(question.folder).project().join("package.json"));
    let package: Value = package.unwrap_or_default().parse().map_err(|_| "Error: package.json cannot be read")?;
    add(question, package.get("version").and_then(Value::as_str).unwrap_or("0.0.0"))
}

/// Makes a deployment of a release, and lets it serve.
fn add(question: &Question<'_>, release: &str) -> Reply {
    let mut deployments = deployments(question);
    let id = format!("dpl_inbox{}", deployments.len() + 1);
    deployments.push((id.clone(), release.to_owned()));
    let lines: String = deployments.iter().map(|(id, release)| format!("{id} {release}\n")).collect();
    std::fs::write(question.folder.join("deployments"), lines).map_err(|error| error.to_string())?;
    serve(question, &id, release)?;
    Ok(format!("{}\n", address(question)?))
}

fn address(question: &Question<'_>) -> Reply {
    Ok(format!("http://127.0.0.1:{}", Place::of(question.folder).port("site")?))
}

/// Lets a deployment answer under the application's address, and waits until it does.
fn serve(question: &Question<'_>, id: &str, release: &str) -> Result<(), String> {
    let mut env = production(question)?;
    // The addresses of the database are the drill's own, which its keeper knows.
    env.retain(|name, _| !matches!(name.as_str(), "DATABASE_URL" | "DIRECT_URL"));
    env.insert("RELEASE".to_owned(), release.to_owned());
    env.insert("VERCEL_DEPLOYMENT_ID".to_owned(), id.to_owned());
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let words = [program.as_os_str(), CONTAINER.as_ref(), question.folder.as_os_str(), INBOX.as_ref()];
    let command = words.map(|word| word.to_string_lossy().into_owned()).to_vec();
    let service = Service::of(question.folder, INBOX);
    let not_there = |error| format!("the drill's deployment is not there: {error}");
    service.start(command, env).map_err(not_there)?;
    for _ in 0..LOOKS {
        if service.status().map_err(not_there)?.phase.is_decided() {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    Err("Error: the deployment does not start".to_owned())
}

/// The variables of production.
fn production(question: &Question<'_>) -> Result<BTreeMap<String, String>, String> {
    let pulled =
        std::fs::read_to_string(Place::of(question.folder).project().join(".env.production")).map_err(|error| error.to_string())?;
    let pairs = pulled.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned())).collect())
}

fn variables(question: &Question<'_>, environment: &str) -> Reply {
    let mut rows = vec![["name", "value", "environments", "created"].map(str::to_owned).to_vec()];
    rows.extend(
        production(question)?.into_keys().map(|name| vec![name, "Encrypted".to_owned(), environment.to_owned(), "80d ago".to_owned()]),
    );
    Ok(table(&rows))
}

/// An address of the application is answered by the deployment that runs.
fn current(question: &Question<'_>, wanted: &str) -> Result<(), String> {
    let here = address(question)?;
    if wanted == here { Ok(()) } else { Err(format!("Error: Can't find the deployment \"{wanted}\"")) }
}

/// The log of the deployment that runs: earlier ones have their own.
fn logs(question: &Question<'_>) -> Reply {
    let refused = || question.not_imitated("vercel");
    let parsed =
        Parsed::of(question.arguments, &["--environment", "--since", "-n --limit"], &["--no-follow", "-x --expand"]).ok_or_else(refused)?;
    match parsed.words()[..] {
        ["logs"] if parsed.flag("--environment") == Some("production") => {}
        ["logs", wanted] => current(question, wanted)?,
        _ => return Err(refused()),
    }
    let service = Service::of(question.folder, INBOX);
    let status = service.status().map_err(|error| format!("the drill's deployment is not there: {error}"))?;
    let mut said = parsed.cut(&service.log(status.run), question.now)?;
    if let Some(limit) = parsed.flag("--limit") {
        let limit: usize = limit.parse().map_err(|_| format!("invalid value {limit:?} for --limit"))?;
        let lines: Vec<&str> = said.lines().collect();
        said = lines[lines.len().saturating_sub(limit)..].iter().flat_map(|line| [*line, "\n"]).collect();
    }
    Ok(said)
}

/// A request to the deployment that runs: `-X METHOD`, `-H HEADER`.
fn curl(question: &Question<'_>, path: &str, options: &[&str]) -> Reply {
    let mut request = Request { method: "GET".to_owned(), path: path.to_owned(), headers: BTreeMap::new(), body: String::new() };
    for option in options.chunks(2) {
        match option {
            ["-X", method] => (*method).clone_into(&mut request.method),
            ["-H", header] => {
                let (name, value) = header.split_once(':').ok_or("curl: a header has a colon")?;
                request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            _ => return Err(question.not_imitated("vercel")),
        }
    }
    let port = Place::of(question.folder).port("site")?;
    block_on(ask(port, &request))?.map(|answer| answer.body + "\n")
}
