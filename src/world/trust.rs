//! Trust in a runbook from disk: for its very bytes, in its place, with the files it pulls in. Given once by a person, and
//! kept outside of any repository. Never runs anything, and never trusts anything by itself.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::base::hash::sha256;
use crate::base::id::Id;
use crate::runbook::Runbook;
use crate::runbook::ask::CommandLine;
use crate::runbook::pulls_in::Named;

use super::home::{self, Home};

/// What a script is called where nothing else tells that it is one.
const SCRIPTS: [&str; 14] = ["sh", "bash", "zsh", "py", "js", "mjs", "cjs", "ts", "mts", "rb", "pl", "php", "sql", "jq"];

/// How much of a file is hashed, in bytes: what comes with a runbook is a script, at most a program. Of what is larger, the
/// beginning, its size and when it changed must stay the same.
const LARGEST: u64 = 64 << 20;

/// The files that a runbook pulls in, by the names it gives them: where each is, and the hash of its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PulledIn(pub BTreeMap<String, String>);

impl PulledIn {
    /// What a runbook pulls in now, seen from this folder; from that of this process where left out.
    #[must_use]
    pub fn of(runbook: &Runbook, dir: Option<&Path>) -> Self {
        Self(runbook.pulls_in().iter().filter_map(|named| Some((name(named).to_owned(), identity(named, dir)?.0))).collect())
    }

    /// One hash for a runbook of this hash with all it pulls in, wherever it lies; its own where that is nothing.
    #[must_use]
    pub fn fingerprint(&self, runbook: &str) -> String {
        if self.0.is_empty() {
            return runbook.to_owned();
        }
        let list: String = self.0.iter().map(|(name, identity)| format!("{name:?} {identity}\n")).collect();
        sha256(format!("{runbook}\n{list}"))
    }

    /// Whether what a command names is still what was trusted.
    ///
    /// # Errors
    /// What is not.
    pub fn vouches_for(&self, line: &CommandLine, dir: Option<&Path>) -> Result<(), String> {
        line.pulls_in().try_for_each(|named| self.compare(&named, identity(&named, dir).map(|(identity, _)| identity)))
    }

    /// The bytes of a snapshot that was trusted: those that were compared, for they are read once.
    ///
    /// # Errors
    /// Why they cannot be had.
    pub fn snapshot(&self, path: &str, dir: Option<&Path>) -> Result<Vec<u8>, String> {
        let named = Named::Snapshot(path.to_owned());
        let (identity, bytes) = identity(&named, dir).unzip();
        self.compare(&named, identity)?;
        bytes.ok_or_else(|| "there is no such file".to_owned())
    }

    /// What a person reads before they trust a file: its text, if it is one.
    ///
    /// # Errors
    /// When it is no longer what it was.
    pub fn text(&self, path: &str) -> Result<String, String> {
        let both = [Named::Snapshot(path.to_owned()), Named::Word(path.to_owned())];
        let found = both.iter().filter_map(|named| identity(named, None)).find(|(identity, _)| self.0.get(path) == Some(identity));
        let (_, bytes) = found.ok_or_else(|| format!("{path} has changed while it was read"))?;
        let size = bytes.len();
        Ok(String::from_utf8(bytes).unwrap_or_else(|_| format!("no text: {size} bytes")))
    }

    fn compare(&self, named: &Named, now: Option<String>) -> Result<(), String> {
        let name = name(named);
        match (self.0.get(name), now) {
            (then, now) if then == now.as_ref() => Ok(()),
            (None, _) => Err(format!("{name} was not there when this runbook was trusted; nothing was run")),
            (_, None) => Err(format!("{name} is no longer there, or cannot be read; nothing was run")),
            (_, Some(_)) => Err(format!("{name} is not what it was when this runbook was trusted; nothing was run")),
        }
    }
}

/// What may run of what a runbook brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Its commands, with these very files.
    Files(PulledIn),
    /// Nothing but questions and changes to a database of a world that is made for a drill: that world has no stand-in for
    /// whatever else a runbook calls that it was not made for.
    Database,
}

/// What binds each runbook of an incident: the one it was opened with, which is none, and those that joined it. Whatever is
/// there may run of one that nothing is said of.
pub type Bounds = BTreeMap<Option<Id>, Bound>;

fn name(named: &Named) -> &str {
    match named {
        Named::Snapshot(name) | Named::Word(name) => name,
    }
}

/// Where a file is, links resolved, with the hash of its bytes; and these bytes. Nothing if there is no such file, or if
/// it is none that could run. A file below the folder is told from there, so that a copy of the folder is the same.
fn identity(named: &Named, dir: Option<&Path>) -> Option<(String, Vec<u8>)> {
    let folder = fs::canonicalize(dir.unwrap_or(Path::new("."))).ok()?;
    let place = fs::canonicalize(folder.join(name(named))).ok()?;
    // A pipe is not even opened: whoever writes into it would take us for its reader. Nor does opening wait, should it have
    // become one, and what was no link a moment ago must not be one now.
    fs::metadata(&place).ok().filter(fs::Metadata::is_file)?;
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).unwrap_or_default();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(&place).ok()?;
    let about = file.metadata().ok().filter(fs::Metadata::is_file)?;
    let mut bytes = Vec::new();
    (&mut file).take(2).read_to_end(&mut bytes).ok()?;
    let runs = about.permissions().mode() & 0o111 != 0 || bytes == b"#!";
    let is_script = || place.extension().is_some_and(|extension| SCRIPTS.iter().any(|script| extension == *script));
    if matches!(named, Named::Word(_)) && !runs && !is_script() {
        return None;
    }
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    // Nobody but the system sets the moment of a change.
    let rest = if about.len() > LARGEST {
        format!(", {} bytes, changed {}.{}", about.len(), about.ctime(), about.ctime_nsec())
    } else {
        String::new()
    };
    let shown = place.strip_prefix(&folder).unwrap_or(&place).display().to_string();
    Some((format!("{shown} sha256:{}{rest}", sha256(&bytes)), bytes))
}

/// Whether somebody trusted this fingerprint in this place.
#[must_use]
pub fn is_given(home: &Home, place: &Path, fingerprint: &str) -> bool {
    fs::symlink_metadata(record(home, place, fingerprint)).is_ok_and(|found| found.is_file())
}

/// Trusts this fingerprint in this place from now on.
///
/// # Errors
/// A sentence with the folder and what the system says.
pub fn give(home: &Home, place: &Path, fingerprint: &str) -> Result<(), String> {
    let folder = home.trust();
    home::make_private(&folder)
        .and_then(|()| fs::write(record(home, place, fingerprint), format!("{} sha256:{fingerprint}\n", place.display())))
        .map_err(|error| format!("{}: {error}", folder.display()))
}

fn record(home: &Home, place: &Path, fingerprint: &str) -> PathBuf {
    home.trust().join(sha256([place.as_os_str().as_bytes(), b"\0", fingerprint.as_bytes()].concat()))
}
