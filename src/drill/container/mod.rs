//! The containers of a drill's application: real programs on real ports of this machine that start, log, answer and
//! break as their configuration and the database let them. Never pretend to be broken: what is wrong with them is wrong.

mod backend;
mod customers;
mod database;
mod direct;
mod frontend;
pub(super) mod http;
pub(super) mod inbox;
mod mail;
mod people;
mod pipeline;
pub(super) mod platform;
mod pooler;
mod projects;
mod settings;
pub(super) mod token;
mod upload_api;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::base::stamp::rfc3339;
use crate::world::clock;

use super::world::{PORTS, PROJECT};

pub(super) use self::mail::can_be_reached as mail_can_be_reached;
pub(super) use self::settings::{Settings, database_url};

/// A container's surroundings.
pub(super) struct Place {
    folder: PathBuf,
}

/// The hidden subcommand `__container FOLDER NAME`: runs one until its standard input ends, or it breaks.
#[must_use]
pub(super) fn main(arguments: &[String]) -> ExitCode {
    let [folder, name] = arguments else { return ExitCode::from(2) };
    // Whoever started it holds its standard input open for as long as it is wanted.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return ExitCode::FAILURE };
    let place = Place { folder: PathBuf::from(folder) };
    let broken = runtime.block_on(async {
        match name.as_str() {
            "db" => database::run(&place).await,
            "backend" => backend::run(&place).await,
            "frontend" => frontend::run(&place).await,
            "mailcatcher" => mail::run(&place).await,
            "people" => people::run(&place).await,
            "projects" => projects::serve(&place).await,
            "planners" => projects::plan(&place).await,
            "inbox" => inbox::run(&place).await,
            "customers" => customers::run(&place).await,
            // Somebody's leftover: it holds the backend's port, and answers nobody.
            "backend-old" => backend::hold_port(&place).await,
            "direct" => direct::run(&place).await,
            "pooler" => pooler::run(&place).await,
            "render" => platform::run(&place).await,
            "pipeline" => pipeline::run(&place).await,
            "upload-api" => upload_api::run(&place).await,
            _ => Err(format!("there is no container {name}")),
        }
    });
    if let Err(why) = broken {
        log("ERROR", &why);
    }
    ExitCode::FAILURE
}

impl Place {
    /// In the world in this folder.
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The project's folder.
    pub(super) fn project(&self) -> PathBuf {
        self.folder.join(PROJECT)
    }

    /// What an image of this name was built from.
    pub(super) fn image(&self, name: &str) -> PathBuf {
        self.folder.join("images").join(name)
    }

    /// The port of this name.
    pub(super) fn port(&self, name: &str) -> Result<u16, String> {
        let ports = std::fs::read_to_string(self.folder.join(PORTS)).unwrap_or_default();
        let port = ports.lines().filter_map(|line| line.split_once(' ')).find(|(found, _)| *found == name);
        port.and_then(|(_, port)| port.parse().ok()).ok_or_else(|| format!("this world has no port {name}"))
    }
}

/// Says that it is ready.
fn ready() {
    let _ = writeln!(std::io::stdout(), "ready");
}

fn log(level: &str, message: &str) {
    for line in message.lines() {
        let _ = writeln!(std::io::stderr(), "{} {level:<5} {line}", rfc3339(clock::wall()));
    }
}
