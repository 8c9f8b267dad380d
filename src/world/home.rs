//! Where things are kept: incidents, trust, settings. Never writes anything but the folders themselves.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::base::id::IncidentId;

/// The folders of one user.
#[derive(Clone, Debug)]
pub struct Home {
    state: PathBuf,
    settings: PathBuf,
}

impl Home {
    /// As the environment says: `FRACAS_STATE`, else `$XDG_STATE_HOME/fracas`, else `~/.local/state/fracas`;
    /// settings in `$XDG_CONFIG_HOME/fracas`, else `~/.config/fracas`.
    ///
    /// # Errors
    /// A sentence that says which variable to set, if there is no home folder either.
    pub fn find() -> Result<Self, String> {
        let under_home = |below: &str| env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(below));
        let base = |name: &str, below: &str| absolute(name).or_else(|| under_home(below)).map(|base| base.join("fracas"));
        let state = absolute("FRACAS_STATE")
            .or_else(|| base("XDG_STATE_HOME", ".local/state"))
            .ok_or("there is no home folder to keep incidents in; set FRACAS_STATE to a folder you may write to")?;
        let settings = base("XDG_CONFIG_HOME", ".config").unwrap_or_else(|| state.join("config"));
        Ok(Self { state, settings })
    }

    /// The folder of all incidents.
    #[must_use]
    pub fn incidents(&self) -> PathBuf {
        self.state.join("incidents")
    }

    /// The folder of one incident.
    #[must_use]
    pub fn incident(&self, id: &IncidentId) -> PathBuf {
        self.incidents().join(id.as_str())
    }

    /// The folder of settings.
    #[must_use]
    pub fn settings(&self) -> &Path {
        &self.settings
    }

    /// Where the hashes of trusted runbooks are kept.
    #[must_use]
    pub fn trust(&self) -> PathBuf {
        self.state.join("trusted")
    }

    /// Makes the folder of incidents, for its owner alone: timelines hold what systems said. Tries whether the
    /// disk takes a few bytes, because the time to learn that it does not is before an incident is opened.
    ///
    /// # Errors
    /// A sentence with the folder, the reason, and what to do.
    pub fn prepare(&self) -> Result<(), String> {
        let folder = self.incidents();
        make_private(&folder).and_then(|()| try_writing(&folder)).map_err(|error| {
            format!("the state folder {} cannot be used: {error}; free or unlock it, or set FRACAS_STATE to another one", folder.display())
        })
    }
}

fn try_writing(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(&[0; 4096])?;
    file.sync_all()
}

/// Makes a folder and those above it, readable by its owner alone.
///
/// # Errors
/// As the system says.
pub fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn absolute(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .map(|path| env::current_dir().map_or(path.clone(), |here| here.join(&path)))
}

/// The name at this keyboard: the user's, as the environment says.
#[must_use]
pub fn person() -> String {
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|name| !name.trim().is_empty()))
        .unwrap_or_else(|| "responder".to_owned())
}

/// The name of this machine.
#[must_use]
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
