//! The platform that runs the worker, as far as its API is asked: services, their variables, deploys. It really starts
//! what is deployed. Never answers anybody without the token of this world.

use std::collections::BTreeMap;
use std::process::Command;

use crate::base::stamp::rfc3339;
use crate::base::{Value, Values, json};
use crate::drill::CONTAINER;
use crate::drill::worker::WORKER;
use crate::world::clock;
use crate::world::sandbox::Service;
use crate::world::sandbox::service::Phase;

use super::http::{self, Request, Response};
use super::{Place, log, ready};

/// The worker's service, and the one in staging, with the file of the project that each was configured from.
pub(in crate::drill) const PRODUCTION: &str = "srv-d2h5mr8dl3ps73fvvlog";
const SERVICES: [(&str, &str); 2] = [(PRODUCTION, ".env.production"), ("srv-d2h5m00dl3ps73fvvstg", ".env.staging")];

/// The commit that runs while all is well, and its deploy.
const HEALTHY_COMMIT: &str = "c91a2f7";

/// What `ps` counts memory in, and how much of it the platform's smallest machine has, both in bytes.
const KILOBYTE: u64 = 1024;
const MEMORY: u64 = 512 << 20;

/// What a worker was started with.
pub(super) struct Deployed {
    pub(super) commit: String,
    pub(super) variables: BTreeMap<String, String>,
}

/// What the worker was started with last.
pub(super) fn deployed(place: &Place) -> Result<Deployed, String> {
    let written = std::fs::read_to_string(place.folder.join("deployed.json")).map_err(|error| error.to_string())?;
    let read: Value = written.parse().map_err(|_| "deployed.json is no JSON")?;
    let variables = read["variables"].as_object().into_iter().flatten();
    Ok(Deployed { commit: text(&read["commit"]), variables: variables.map(|(name, value)| (name.clone(), text(value))).collect() })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The platform's whole life: it deploys the worker at once.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let port = http::listen(place.port("render")?).await?;
    let token = std::fs::read_to_string(place.folder.join("token")).map_err(|error| error.to_string())?;
    let mut platform =
        Platform { place: Place::of(&place.folder), token: token.trim().to_owned(), variables: BTreeMap::new(), deploys: Vec::new() };
    for (service, file) in SERVICES {
        let file = std::fs::read_to_string(place.project().join(file)).map_err(|error| error.to_string())?;
        let variables = file.lines().filter_map(|line| line.split_once('='));
        platform.variables.insert(service, variables.map(|(name, value)| (name.to_owned(), Value::from(value))).collect());
    }
    platform.deploy(HEALTHY_COMMIT)?;
    ready();
    log("INFO", "platform ready");
    loop {
        let Ok((client, _)) = port.accept().await else { continue };
        http::serve(client, async |request| platform.answer(request)).await;
    }
}

struct Platform {
    place: Place,
    token: String,
    variables: BTreeMap<&'static str, Values>,
    /// Commits, the latest last.
    deploys: Vec<String>,
}

impl Platform {
    fn answer(&mut self, request: &Request) -> Response {
        let (status, body) = match self.find(request) {
            Ok(found) => found,
            Err((status, why)) => (status, json!({ "message": why })),
        };
        log("INFO", &format!("{} {} {status}", request.method, request.path));
        Response::new(status, "application/json", body.to_string())
    }

    fn find(&mut self, request: &Request) -> Result<(u16, Value), (u16, &'static str)> {
        if request.headers.get("authorization") != Some(&format!("Bearer {}", self.token)) {
            return Err((401, "Unauthorized"));
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let words: Vec<&str> = path.trim_matches('/').split('/').collect();
        if let ("GET", ["v1", "metrics", metric]) = (request.method.as_str(), words.as_slice()) {
            return if request.path.ends_with(&format!("?resource={PRODUCTION}")) { self.metric(metric) } else { Err((404, "not found")) };
        }
        let ["v1", "services", service, rest @ ..] = words.as_slice() else { return Err((404, "not found")) };
        let Some((service, _)) = SERVICES.into_iter().find(|(id, _)| id == service) else { return Err((404, "not found: service")) };
        let body: Value = request.body.parse().unwrap_or_default();
        match (request.method.as_str(), rest) {
            ("GET", []) => Ok((200, Self::service(service))),
            ("GET", ["env-vars"]) => {
                let variables = self.variables.get(service).into_iter().flatten();
                Ok((200, variables.map(|(name, value)| json!({"cursor": name, "envVar": {"key": name, "value": value}})).collect()))
            }
            ("PUT", ["env-vars", name]) => {
                let Value::String(value) = &body["value"] else { return Err((400, "value must be a string")) };
                self.variables.entry(service).or_default().insert((*name).to_owned(), value.as_str().into());
                Ok((200, json!({"key": name, "value": value})))
            }
            ("DELETE", ["env-vars", name]) => {
                self.variables.entry(service).or_default().remove(*name);
                Ok((204, Value::Null))
            }
            ("GET", ["deploys"]) if service == PRODUCTION => {
                Ok((200, (0..self.deploys.len()).rev().map(|n| json!({"cursor": number(n), "deploy": self.told(n)})).collect()))
            }
            ("POST", ["deploys"]) if service == PRODUCTION => {
                let commit = body["commitId"].as_str().or(self.deploys.last().map(String::as_str)).unwrap_or(HEALTHY_COMMIT).to_owned();
                self.deploy(&commit).map_err(|_| (500, "the drill's worker cannot be started"))?;
                Ok((201, self.told(self.deploys.len() - 1)))
            }
            ("POST", ["rollback"]) if service == PRODUCTION => {
                let wanted = text(&body["deployId"]);
                let Some(n) = (0..self.deploys.len()).find(|n| number(*n) == wanted) else { return Err((404, "not found: deploy")) };
                let commit = self.deploys[n].clone();
                self.deploy(&commit).map_err(|_| (500, "the drill's worker cannot be started"))?;
                Ok((201, self.told(self.deploys.len() - 1)))
            }
            _ => Err((404, "not found")),
        }
    }

    /// What the worker really takes of this machine's memory, or what it may take.
    fn metric(&self, metric: &str) -> Result<(u16, Value), (u16, &'static str)> {
        let value = match metric {
            "memory" => {
                let pid = Service::of(&self.place.folder, WORKER).status().ok().and_then(|status| status.pid);
                let Some(pid) = pid else { return Ok((200, json!([]))) };
                let said = Command::new("ps").args(["-o", "rss=", "-p", &pid.to_string()]).output().map_err(|_| (500, "there is no ps"))?;
                String::from_utf8_lossy(&said.stdout).trim().parse::<u64>().unwrap_or_default() * KILOBYTE
            }
            "memory-limit" => MEMORY,
            _ => return Err((404, "not found")),
        };
        let values = [json!({"timestamp": rfc3339(clock::wall()), "value": value})];
        Ok((200, json!([{"labels": [{"field": "resource", "value": PRODUCTION}], "unit": "bytes", "values": values}])))
    }

    fn service(id: &str) -> Value {
        let name = if id == PRODUCTION { "worker-production" } else { "worker-staging" };
        json!({"id": id, "name": name, "type": "background_worker", "suspended": "not_suspended", "autoDeploy": "no"})
    }

    /// A deploy, in the platform's words. How the latest is going is how the worker is.
    fn told(&self, n: usize) -> Value {
        let is_latest = n + 1 == self.deploys.len();
        let phase = Service::of(&self.place.folder, WORKER).status().map(|status| status.phase);
        let status = match phase {
            _ if !is_latest => "deactivated",
            Ok(Phase::Running) => "live",
            Ok(Phase::ContainerCreating) => "update_in_progress",
            _ => "update_failed",
        };
        json!({"id": number(n), "commit": {"id": self.deploys[n]}, "status": status})
    }

    /// Starts the worker anew with the variables of now.
    fn deploy(&mut self, commit: &str) -> Result<(), String> {
        let said = |error: std::io::Error| error.to_string();
        let variables = self.variables.get(PRODUCTION).cloned().unwrap_or_default();
        let written = json!({"commit": commit, "variables": variables}).to_string();
        std::fs::write(self.place.folder.join("deployed.json"), written).map_err(said)?;
        self.deploys.push(commit.to_owned());
        let program = std::env::current_exe().map_err(said)?.to_string_lossy().into_owned();
        let folder = self.place.folder.to_string_lossy().into_owned();
        let command = vec![program, CONTAINER.to_owned(), folder, "pipeline".to_owned()];
        // Another deploy is another worker, even where nothing else differs.
        let env = BTreeMap::from([("RENDER_DEPLOY".to_owned(), number(self.deploys.len() - 1))]);
        Service::of(&self.place.folder, WORKER).start(command, env).map(drop).map_err(said)
    }
}

fn number(n: usize) -> String {
    format!("dep-d2h5production{:02}", n + 1)
}
