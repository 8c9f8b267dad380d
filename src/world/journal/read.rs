//! Reading journals: one, or the list of all. Never locks, never repairs; a torn last line is left out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::base::id::IncidentId;
use crate::timeline::Incident;
use crate::timeline::chain::{Break, Chain};
use crate::timeline::wire;

use super::{FILE, RUNBOOK, TEAM};
use crate::world::home::Home;
use crate::world::plain_file;

/// Largest journal that is read, in bytes: an entry has a few hundred, and keeps at most 64 KiB of what was seen.
const LARGEST: u64 = 1 << 30;

/// Largest runbook, and largest settings of a team, that an incident keeps: a little more than either may have.
const LARGEST_RUNBOOK: u64 = (1 << 20) + 1;

/// A stored incident.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: IncidentId,
    /// Its folder.
    pub folder: PathBuf,
    /// What follows from its entries.
    pub incident: Incident,
    /// Its lines as they stand in the journal, without line breaks.
    pub lines: Vec<String>,
}

impl Stored {
    fn parse(id: IncidentId, folder: &Path, text: &str) -> Result<Self, Break> {
        let (mut entries, mut lines) = (Vec::new(), Vec::new());
        for (n, line) in text.split_terminator('\n').enumerate() {
            let read = wire::read(line).map_err(|error| Break { line: n + 1, what: format!("not an entry: {error}") })?;
            entries.push(read.entry);
            lines.push(line.to_owned());
        }
        Ok(Self { id, folder: folder.to_owned(), incident: Incident::replay(entries), lines })
    }

    /// As it stands in whole lines, whose chain is checked; with the hash of the last.
    pub(super) fn verified(id: IncidentId, folder: &Path, whole: &[u8]) -> Result<(Self, String), Break> {
        let (mut chain, mut entries, mut lines) = (Chain::default(), Vec::new(), Vec::new());
        chain.follow(whole, |line, read| {
            entries.push(read.entry);
            lines.push(line.to_owned());
        })?;
        Ok((Self { id, folder: folder.to_owned(), incident: Incident::replay(entries), lines }, chain.head))
    }

    /// The runbook's text as it was when the incident was opened.
    ///
    /// # Errors
    /// What the system says.
    pub fn runbook(&self) -> io::Result<String> {
        plain_file::read_text(&self.folder.join(RUNBOOK), LARGEST_RUNBOOK)
    }

    /// What the team's settings said then, if there were any.
    #[must_use]
    pub fn team(&self) -> Option<Vec<u8>> {
        plain_file::read(&self.folder.join(TEAM), LARGEST_RUNBOOK).ok()
    }

    /// Whether it still waits to be resolved.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.incident.resolved.is_none()
    }
}

/// Every incident there is.
#[derive(Debug, Default)]
pub struct Listing {
    /// Those that can be read, oldest first.
    pub incidents: Vec<Stored>,
    /// Those that cannot, with the reason.
    pub broken: Vec<(IncidentId, String)>,
}

/// What a search for an incident gave.
#[derive(Debug)]
pub enum Found {
    /// The one.
    One(Box<Stored>),
    /// A sentence that says why there is none, or more than one.
    None(String),
}

/// The whole lines of a journal, and the torn rest: what a crash left behind the last line break, or a last line with
/// zeros, which stand where a disk that lost its power never got to. No line has any, and no line but the last is ever
/// unsynced.
#[must_use]
pub fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end_of_line = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n');
    let Some(end) = end_of_line(bytes) else { return (&[], bytes) };
    let begin = end_of_line(&bytes[..end]).map_or(0, |before| before + 1);
    bytes.split_at(if bytes[begin..end].contains(&0) { begin } else { end + 1 })
}

/// All of a journal, torn end included.
///
/// # Errors
/// What the system says, or that it is no file, or far larger than any incident makes it.
pub fn bytes(folder: &Path) -> io::Result<Vec<u8>> {
    plain_file::read(&folder.join(FILE), LARGEST)
}

/// Reads one incident.
///
/// # Errors
/// What the system says, or what is wrong with the journal.
pub fn read(folder: &Path, id: IncidentId) -> io::Result<Stored> {
    let bytes = bytes(folder)?;
    let (whole, _) = split(&bytes);
    let text = str::from_utf8(whole).map_err(|error| {
        let line = whole[..error.valid_up_to()].split(|byte| *byte == b'\n').count();
        broken(&Break { line, what: "a byte that is no UTF-8: the line was altered".to_owned() })
    })?;
    Stored::parse(id, folder, text).map_err(|found| broken(&found))
}

fn broken(found: &Break) -> io::Error {
    io::Error::other(format!("line {}: {}", found.line, found.what))
}

/// Every incident there is.
///
/// # Errors
/// What the system says of the folder; a folder that is not there yet holds none.
pub fn list(home: &Home) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let entries = match fs::read_dir(home.incidents()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let id = IncidentId::new(name);
        match read(&entry.path(), id.clone()) {
            Ok(stored) if stored.incident.opened().is_some() => listing.incidents.push(stored),
            Ok(_) => listing.broken.push((id, "nothing was recorded".to_owned())),
            Err(error) => listing.broken.push((id, error.to_string())),
        }
    }
    listing.incidents.sort_by_key(|stored| (stored.incident.opened_at().map(|at| at.wall), stored.id.clone()));
    Ok(listing)
}

/// The incident a person means: an id, a unique beginning of one, `latest` or `latest-drill`.
///
/// # Errors
/// What the system says of the folder.
pub fn find(home: &Home, wanted: &str) -> io::Result<Found> {
    if matches!(wanted, "latest" | "latest-drill") {
        let drill = wanted == "latest-drill";
        let mut all = list(home)?.incidents;
        all.retain(|stored| stored.incident.is_drill() == drill);
        return Ok(match all.pop() {
            Some(latest) => Found::One(Box::new(latest)),
            None if drill => Found::None("there is no drill yet; `fracas drill` begins one".to_owned()),
            None => Found::None("there is no incident yet; `fracas run RUNBOOK` opens one".to_owned()),
        });
    }
    let exact = IncidentId::new(wanted);
    let is_a_name = !wanted.is_empty() && !wanted.contains(['/', '\\']) && !wanted.starts_with('.');
    if is_a_name && home.incident(&exact).join(FILE).is_file() {
        return Ok(Found::One(Box::new(read(&home.incident(&exact), exact)?)));
    }
    let all = list(home)?.incidents;
    let mut like: Vec<Stored> = all.into_iter().filter(|stored| is_a_name && stored.id.as_str().starts_with(wanted)).collect();
    Ok(match (like.pop(), like.len()) {
        (Some(one), 0) => Found::One(Box::new(one)),
        (None, _) => Found::None(format!("no incident is called or begins with `{wanted}`; `fracas incidents` lists them")),
        (Some(last), _) => {
            let names: Vec<&str> = like.iter().chain([&last]).map(|stored| stored.id.as_str()).collect();
            Found::None(format!("`{wanted}` could be any of {}; type more of it", names.join(", ")))
        }
    })
}
