//! An incident in one file, for another machine to read or to go on with: a compressed tar of what lies in its folder, which
//! `tar -xzf` unpacks. Never writes a file whose name it did not expect, and never takes in more than an incident holds.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::base::hash::is_sha256;
use crate::base::id::IncidentId;
use crate::timeline::event::Evidence;
use crate::world::home::{self, Home};
use crate::world::journal::{self, Journal, OpenProblem, Stored, evidence};
use crate::world::signature::{self, SIG, Signed};
use crate::world::{clock, plain_file, whole_file};

/// Largest bundle that is read, in bytes, and the most it may unpack to.
const LARGEST: u64 = 256 << 20;
const MOST: u64 = 1 << 30;

/// Most files in one: journal, runbook, settings, evidence, heads.
const FILES: usize = 20_000;

/// What an incident's folder holds when it came from elsewhere: nobody here has read what its runbook would run.
pub const RECEIVED: &str = "received";

/// An incident outside of any folder: files by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The incident.
    pub id: IncidentId,
    files: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// What is to be packed of a stored incident: whole lines, and what they cite. `heads` are those that lie there, and
    /// any that could not be kept there.
    ///
    /// # Errors
    /// What the system says of a file.
    pub fn of(stored: &Stored, heads: &[Signed]) -> io::Result<Self> {
        let journal = stored.lines.iter().fold(String::new(), |journal, line| journal + line + "\n");
        let mut files = BTreeMap::from([(journal::FILE.to_owned(), journal.into_bytes())]);
        for name in [journal::RUNBOOK, journal::TEAM] {
            match plain_file::read(&stored.folder.join(name), LARGEST) {
                Ok(content) => _ = files.insert(name.to_owned(), content),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(io::Error::new(error.kind(), format!("{name}: {error}"))),
            }
        }
        for piece in stored.incident.entries().iter().filter_map(|entry| entry.event.evidence()) {
            let name = format!("{}/{}", evidence::FOLDER, evidence::name(piece));
            // What is missing or altered is said by whoever verifies the bundle, as it is here.
            if is_sha256(&piece.sha256)
                && let Ok(content) = plain_file::read(&stored.folder.join(&name), LARGEST)
            {
                files.insert(name, content);
            }
        }
        for head in heads {
            files.insert(format!("{}/{}", signature::FOLDER, head.name), head.text.clone().into_bytes());
            files.insert(format!("{}/{}{SIG}", signature::FOLDER, head.name), head.signature.clone().into_bytes());
        }
        Ok(Self { id: stored.id.clone(), files })
    }

    /// The file's bytes: the same for the same incident, whoever packs it, and when.
    ///
    /// # Errors
    /// A name that no tar can hold.
    pub fn pack(&self) -> io::Result<Vec<u8>> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
        for (name, content) in &self.files {
            let mut header = tar::Header::new_ustar();
            header.set_size(content.len() as u64);
            header.set_mode(0o600);
            header.set_mtime(0);
            tar.append_data(&mut header, format!("{}/{name}", self.id), content.as_slice())?;
        }
        tar.into_inner()?.finish()
    }

    /// Whether a file looks like a bundle.
    #[must_use]
    pub fn is_one(file: &Path) -> bool {
        let mut magic = [0; 2];
        let is_file = file.metadata().is_ok_and(|about| about.is_file());
        is_file && fs::File::open(file).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == [0x1f, 0x8b]
    }

    /// Reads a bundle's file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn read(file: &Path) -> Result<Self, String> {
        Self::open(&plain_file::read(file, LARGEST).map_err(|error| error.to_string())?)
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn open(packed: &[u8]) -> Result<Self, String> {
        let broken = |error: io::Error| format!("it is no bundle, or a damaged one: {error}");
        let mut left = MOST;
        let mut files = BTreeMap::new();
        let mut id: Option<String> = None;
        let mut archive = tar::Archive::new(GzDecoder::new(packed).take(MOST + (MOST >> 4)));
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| "it holds a file without a readable name")?;
            if !entry.header().entry_type().is_file() {
                return Err(format!("it holds {path}, which is no file"));
            }
            let (folder, name) = path
                .split_once('/')
                .filter(|(folder, name)| is_id(folder) && is_expected(name))
                .ok_or_else(|| format!("it holds {path}, which belongs to no incident"))?;
            if id.get_or_insert_with(|| folder.to_owned()) != folder {
                return Err("it holds more than one incident".to_owned());
            }
            let size = entry.size();
            left = left.checked_sub(size).filter(|_| files.len() < FILES).ok_or("it holds more than an incident does")?;
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(broken)?;
            if content.len() as u64 != size {
                return Err(format!("it ends in the middle of {path}"));
            }
            if files.insert(name.to_owned(), content).is_some() {
                return Err(format!("it holds {path} twice"));
            }
        }
        // Behind the last file there is the checksum of it all.
        let mut rest = archive.into_inner();
        io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
        if !rest.into_inner().into_inner().is_empty() {
            return Err("something was added behind its end".to_owned());
        }
        let id = id.filter(|_| files.contains_key(journal::FILE)).ok_or("it holds no journal")?;
        Ok(Self { id: IncidentId::new(id), files })
    }

    /// One of its files.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// Its journal.
    #[must_use]
    pub fn journal(&self) -> &[u8] {
        self.file(journal::FILE).unwrap_or_default()
    }

    /// A piece of its evidence.
    ///
    /// # Errors
    /// That it is not there, or is not what its entry cites.
    pub fn evidence(&self, piece: &Evidence) -> io::Result<Vec<u8>> {
        let name = format!("{}/{}", evidence::FOLDER, evidence::name(piece));
        self.file(&name).ok_or_else(|| io::ErrorKind::NotFound.into()).and_then(|file| evidence::open(file, piece))
    }

    /// Its heads.
    #[must_use]
    pub fn heads(&self) -> Vec<Signed> {
        let text = |name: &str| self.file(name).map(|content| String::from_utf8_lossy(content).into_owned());
        let names = self.files.keys().filter_map(|name| name.strip_prefix(signature::FOLDER)?.strip_prefix('/'));
        let heads = names.filter(|name| signature::is_name(name)).map(|name| Signed {
            name: name.to_owned(),
            text: text(&format!("{}/{name}", signature::FOLDER)).unwrap_or_default(),
            signature: text(&format!("{}/{name}{SIG}", signature::FOLDER)).unwrap_or_default(),
        });
        heads.collect()
    }
}

/// What became of a bundle that was taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenIn {
    /// The incident is new here.
    New,
    /// It was here already, and got this many entries more.
    Extended(usize),
    /// It was here already, with all that the bundle holds.
    Known,
}

/// Why a bundle was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// What is here and what the bundle holds contradict each other.
    #[error("{0}; nothing was changed")]
    Contradicts(String),
    /// The incident's journal cannot be written.
    #[error(transparent)]
    Journal(#[from] OpenProblem),
    /// The disk refuses.
    #[error("it cannot be unpacked: {0}")]
    Disk(#[from] io::Error),
}

/// Unpacks a bundle that was verified into the folder of incidents. What is there already is only ever extended, by entries
/// that follow from the last one.
///
/// # Errors
/// Why not.
pub fn take_in(bundle: &Bundle, home: &Home, host: &str) -> Result<TakenIn, Refused> {
    let folder = home.incident(&bundle.id);
    if folder.symlink_metadata().is_err() {
        return unpack(bundle, home, &folder).map_err(Refused::Disk);
    }
    let contradicts = |what: &str| Err(Refused::Contradicts(format!("{} is here already, with {what}", bundle.id)));
    let runbook = plain_file::read(&folder.join(journal::RUNBOOK), LARGEST)?;
    if bundle.file(journal::RUNBOOK) != Some(&runbook) {
        return contradicts("another runbook");
    }
    let lines = |journal: &[u8]| String::from_utf8_lossy(journal).lines().map(str::to_owned).collect::<Vec<_>>();
    let theirs = lines(bundle.journal());
    let here = journal::bytes(&folder)?;
    let (whole, _) = journal::split(&here);
    let differs = lines(whole).iter().zip(&theirs).position(|(one, other)| one != other);
    if let Some(entry) = differs {
        return contradicts(&format!("another entry {}", entry + 1));
    }
    if whole.len() >= bundle.journal().len() {
        keep_beside(bundle, &folder)?;
        return Ok(TakenIn::Known);
    }
    let mut journal = Journal::resume(&folder, bundle.id.clone(), host)?.journal;
    keep_beside(bundle, &folder)?;
    Ok(TakenIn::Extended(journal.extend(&theirs)?))
}

/// Evidence and heads that are not here yet.
fn keep_beside(bundle: &Bundle, folder: &Path) -> io::Result<()> {
    for (name, content) in bundle.files.iter().filter(|(name, _)| name.contains('/')) {
        if folder.join(name).symlink_metadata().is_err() {
            put(folder, name, content)?;
        }
    }
    Ok(())
}

fn unpack(bundle: &Bundle, home: &Home, folder: &Path) -> io::Result<TakenIn> {
    home::make_private(&home.incidents())?;
    // Beside the incidents, so that none is ever seen half unpacked.
    let place = tempfile::tempdir_in(home.incidents().parent().unwrap_or(&home.incidents()))?;
    for (name, content) in &bundle.files {
        put(place.path(), name, content)?;
    }
    put(place.path(), RECEIVED, format!("{}\n", clock::wall().to_rfc3339()).as_bytes())?;
    fs::rename(place.path(), folder)?;
    let _ = place.keep();
    fs::File::open(home.incidents())?.sync_all()?;
    Ok(TakenIn::New)
}

fn put(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    let path = folder.join(name);
    path.parent().map_or(Ok(()), home::make_private)?;
    whole_file::keep(&path, content)
}

/// Whether an incident may be called so: one name, of which no part of a path can be made.
fn is_id(name: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= 200 && name.chars().all(is_plain)
}

/// Whether a file of this name is part of an incident.
fn is_expected(name: &str) -> bool {
    match name.split_once('/') {
        None => [journal::FILE, journal::RUNBOOK, journal::TEAM].contains(&name),
        Some((evidence::FOLDER, name)) => name.strip_suffix(".gz").is_some_and(is_sha256),
        Some((signature::FOLDER, name)) => signature::is_name(name.strip_suffix(SIG).unwrap_or(name)),
        Some(_) => false,
    }
}
