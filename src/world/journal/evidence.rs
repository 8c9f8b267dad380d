//! Evidence beside a journal: what is too large for an entry, each file named by the SHA-256 of its content and compressed,
//! so that `gunzip -c` shows it. Never believes a file by its name: what is read has the hash and the size that its entry
//! says, or is not given out.

use std::collections::BTreeSet;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::base::hash::{is_sha256, sha256};
use crate::timeline::Incident;
use crate::timeline::event::Evidence;
use crate::world::{home, plain_file, whole_file};

use super::write::sync_folder;

/// The folder of evidence within that of an incident.
pub const FOLDER: &str = "evidence";

/// Most bytes of one piece: a log of a few hours, and little enough to be held in memory. Of more, the end is kept.
pub const LARGEST: usize = 16 << 20;

/// What compressing may add to bytes that cannot be compressed.
const OVERHEAD: u64 = 64 << 10;

/// What an entry cites for this content, and what is kept of it: all, or the end of what is too large.
#[must_use]
pub fn of(mut content: Vec<u8>) -> (Evidence, Vec<u8>) {
    let all = content.len();
    content.drain(..all.saturating_sub(LARGEST));
    (Evidence::of(&content, all as u64), content)
}

/// The name of a piece's file in its folder.
#[must_use]
pub fn name(evidence: &Evidence) -> String {
    format!("{}.gz", evidence.sha256)
}

/// Where an incident's evidence lies. Clones share what they know to be there: packing a large piece takes long enough to be
/// felt, so whoever has one keeps it beforehand, where nobody waits, and the journal finds it there.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// Hashes of what this program has put there.
    kept: Arc<Mutex<BTreeSet<String>>>,
}

impl Shelf {
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), kept: Arc::default() }
    }

    /// Keeps a piece of evidence; it is on disk when this returns.
    ///
    /// # Errors
    /// What the disk said.
    pub fn keep(&self, evidence: &Evidence, content: &[u8]) -> io::Result<()> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept().contains(&evidence.sha256) {
            keep(&self.folder, evidence, content)?;
            kept().insert(evidence.sha256.clone());
        }
        Ok(())
    }

    /// What a piece of evidence holds.
    ///
    /// # Errors
    /// What the disk said, or that the file is not what its entry cites.
    pub fn read(&self, evidence: &Evidence) -> io::Result<Vec<u8>> {
        read(&self.folder, evidence)
    }
}

fn keep(folder: &Path, evidence: &Evidence, content: &[u8]) -> io::Result<()> {
    if read(folder, evidence).is_ok() {
        return Ok(());
    }
    let place = place(folder, evidence)?;
    let shelf = folder.join(FOLDER);
    home::make_private(&shelf)?;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(content)?;
    whole_file::keep(&place, &packed.finish()?)?;
    sync_folder(folder)
}

/// What a piece of evidence holds.
///
/// # Errors
/// What the disk said, or that the file is not what its entry cites.
pub fn read(folder: &Path, evidence: &Evidence) -> io::Result<Vec<u8>> {
    let file = plain_file::read(&place(folder, evidence)?, LARGEST as u64 + OVERHEAD)?;
    open(&file, evidence)
}

/// Opens what is kept of a piece. Reads no more of it than its entry says there is.
///
/// # Errors
/// That it is not what its entry cites.
pub fn open(file: &[u8], evidence: &Evidence) -> io::Result<Vec<u8>> {
    let altered = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("it was altered: {what}"));
    if evidence.bytes > LARGEST as u64 {
        return Err(altered("it says that it is larger than any evidence is"));
    }
    let (mut content, mut unpacked) = (Vec::new(), GzDecoder::new(file));
    unpacked.by_ref().take(evidence.bytes + 1).read_to_end(&mut content).map_err(|error| altered(&error.to_string()))?;
    if content.len() as u64 != evidence.bytes {
        return Err(altered("it has another size than its entry says"));
    }
    if sha256(&content) != evidence.sha256 {
        return Err(altered("it has another hash than its entry says"));
    }
    // The checksum behind the content is read by now; nothing may stand behind that.
    if !unpacked.into_inner().is_empty() {
        return Err(altered("something was added to it"));
    }
    Ok(content)
}

/// What is wrong with the evidence that an incident's entries cite, an entry's number and a sentence each; with `look`, which
/// gives what is kept under a name.
pub fn faults(incident: &Incident, mut look: impl FnMut(&Evidence) -> io::Result<Vec<u8>>) -> Vec<(u64, String)> {
    let cited = incident.entries().iter().filter_map(|entry| Some((entry.seq, entry.event.evidence()?)));
    let fault = |(seq, evidence): (u64, &Evidence)| {
        let why = look(evidence).err()?;
        let why = if why.kind() == io::ErrorKind::NotFound { "it is missing".to_owned() } else { why.to_string() };
        Some((seq, format!("the evidence {} of entry {seq}: {why}", evidence.sha256)))
    };
    cited.filter_map(fault).collect()
}

/// Where a piece lies. A journal that was made up may cite anything.
fn place(folder: &Path, evidence: &Evidence) -> io::Result<PathBuf> {
    if is_sha256(&evidence.sha256) {
        Ok(folder.join(FOLDER).join(name(evidence)))
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "it is cited by something that is no hash"))
    }
}
