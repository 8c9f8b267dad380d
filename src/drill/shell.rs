//! Lines for the shell in a drill's world: what somebody did to it, and how its state is found out. Never runs anywhere
//! but in the project's folder, with the stand-ins in front of the real programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::world::sandbox::SandboxProblem;

/// Where lines are run, and with which variables.
#[derive(Debug)]
pub(super) struct Shell {
    /// The project's folder.
    pub(super) dir: PathBuf,
    /// Variables on top of the program's own.
    pub(super) env: BTreeMap<String, String>,
}

impl Shell {
    /// Runs a line to its end; what it said last if it fails.
    pub(super) async fn run(&self, line: &str) -> Result<(), String> {
        let mut shell = tokio::process::Command::new("/bin/sh");
        shell.args(["-c", line]).current_dir(&self.dir).envs(&self.env).stdin(Stdio::null()).kill_on_drop(true);
        match shell.output().await {
            Ok(said) if said.status.success() => Ok(()),
            Ok(said) => {
                let said = String::from_utf8_lossy(&said.stderr);
                Err(said.trim().lines().last().unwrap_or("it gave no reason").to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Runs a line that must succeed for the world to come to be; an empty one is none.
    pub(super) async fn must(&self, line: &str) -> Result<(), SandboxProblem> {
        if line.is_empty() {
            return Ok(());
        }
        self.run(line).await.map_err(|why| SandboxProblem::failed(format!("`{line}` failed in the drill's world"), &why))
    }
}

/// A path as one word of a shell.
pub(super) fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}
