//! A throwaway world for drills: a PostgreSQL nobody else uses and the services that work on it, all owned by
//! a keeper process that clears everything away when the program ends, however it ends. Never knows what
//! a drill is about.

pub mod database;
pub mod encryption;
mod find;
mod folder;
pub mod keeper;
mod problem;
mod server;
pub mod service;
mod supervise;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use self::database::Tenancy;
pub use self::find::{Installation, PG_BIN, installation};
pub use self::folder::DRILL_DIR;
use self::keeper::{Answer, Ground, Order};
pub use self::problem::SandboxProblem;
pub use self::service::Service;

/// The hidden subcommand of this program that is a keeper.
pub const KEEPER: &str = "__keeper";

/// A throwaway database, and a folder for what belongs to it. Gone shortly after this is dropped; [`Sandbox::close`]
/// waits until it is.
#[derive(Debug)]
pub struct Sandbox {
    folder: PathBuf,
    url: String,
    keeper: Child,
    /// The keeper stays for as long as this is open.
    lifeline: ChildStdin,
}

impl Sandbox {
    /// Builds a sandbox: with a server of its own, or on `server` with a database of its own.
    ///
    /// `program` is the path of this program, which the keeper is a subcommand of.
    ///
    /// # Errors
    ///
    /// [`SandboxProblem`]; nothing is left then.
    pub async fn start(program: &Path, server: Option<&str>) -> Result<Self, SandboxProblem> {
        let ground = match server {
            Some(server) => Ground::Tenancy(Tenancy::on(server)?),
            None => Ground::OwnServer(installation()?.bin),
        };
        let order = Order { parent: folder::parent(), ground };
        let broken = |error: std::io::Error| SandboxProblem::failed("cannot start the sandbox's keeper", &error);
        let mut keeper = Command::new(program)
            .arg(KEEPER)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(broken)?;
        let (Some(mut lifeline), Some(answers)) = (keeper.stdin.take(), keeper.stdout.take()) else {
            return Err(broken(std::io::ErrorKind::BrokenPipe.into()));
        };
        let order = serde_json::to_string(&order).map_err(|error| broken(error.into()))?;
        lifeline.write_all(format!("{order}\n").as_bytes()).await.map_err(broken)?;
        let mut answer = String::new();
        BufReader::new(answers).read_line(&mut answer).await.map_err(broken)?;
        match serde_json::from_str(&answer) {
            Ok(Answer::Ready { folder, url }) => Ok(Self { folder, url, keeper, lifeline }),
            Ok(Answer::Problem(problem)) => Err(problem),
            Err(_) => Err(SandboxProblem::failed("the sandbox's keeper ended", &"it gave no reason")),
        }
    }

    /// Its folder. Everything in it goes with it.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The URL of its database, without a password.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A service that runs in it, once started.
    #[must_use]
    pub fn service(&self, name: &str) -> Service {
        Service::of(&self.folder, name)
    }

    /// Clears it away and waits until nothing of it is left.
    pub async fn close(self) {
        let Self { mut keeper, lifeline, .. } = self;
        drop(lifeline);
        let _ = keeper.wait().await;
    }
}
