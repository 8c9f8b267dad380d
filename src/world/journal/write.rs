//! Writing a journal. An entry counts as written only when its bytes are on the disk. When the disk fails,
//! entries queue up in memory and are written, in order, as soon as it takes them again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::base::id::IncidentId;
use crate::timeline::{Entry, chain, wire};

use super::read::{Stored, split};
use super::{FILE, RUNBOOK};

/// The one writer of an incident's journal. Holds the file's lock as long as it lives.
#[derive(Debug)]
pub struct Journal {
    id: IncidentId,
    folder: PathBuf,
    file: File,
    host: String,
    /// Hash of the last line that was made, written or not.
    head: String,
    /// Bytes that are known to be on disk.
    synced: u64,
    /// Lines made and not yet on disk.
    waiting: Vec<u8>,
    /// A sync failed on the present descriptor: it says nothing reliable any more.
    tainted: bool,
}

/// An incident whose journal was taken for writing.
#[derive(Debug)]
pub struct TakenUp {
    /// The journal, locked.
    pub journal: Journal,
    /// What it holds.
    pub stored: Stored,
    /// Bytes of a torn end that were set aside, and the file they are kept in.
    pub repaired: Option<(u64, String)>,
}

/// Why a journal cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum OpenProblem {
    /// Another process holds the lock.
    #[error("another fracas has this incident open; only one writes, others can read with `fracas timeline {0} --follow`")]
    Locked(IncidentId),
    /// The disk refuses.
    #[error("{}: {error}", path.display())]
    Disk {
        /// What was to be opened or written.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// It is not whole.
    #[error("the journal of {id} is not whole: line {line}: {what}; `fracas verify {id}` says more, and nothing is written to it")]
    Broken {
        /// The incident.
        id: IncidentId,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

impl Journal {
    /// Makes the folder of a new incident with its runbook and an empty journal.
    ///
    /// # Errors
    /// [`OpenProblem::Disk`] if that cannot be done.
    pub fn create(folder: &Path, id: IncidentId, runbook: &str, host: &str) -> Result<Self, OpenProblem> {
        let disk = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenProblem::Disk { path, error }
        };
        crate::world::home::make_private(folder).map_err(disk(folder))?;
        let kept = folder.join(RUNBOOK);
        let mut copy = File::create_new(&kept).map_err(disk(&kept))?;
        copy.write_all(runbook.as_bytes()).and_then(|()| copy.sync_all()).map_err(disk(&kept))?;
        let path = folder.join(FILE);
        let file = OpenOptions::new().append(true).read(true).create_new(true).mode(0o600).open(&path).map_err(disk(&path))?;
        lock(&file, &id, &path)?;
        sync_folder(folder).map_err(disk(folder))?;
        folder.parent().map_or(Ok(()), sync_folder).map_err(disk(folder))?;
        Ok(Self {
            id,
            folder: folder.to_owned(),
            file,
            host: host.to_owned(),
            head: chain::GENESIS.to_owned(),
            synced: 0,
            waiting: Vec::new(),
            tainted: false,
        })
    }

    /// Opens the journal of an incident to go on with it; a torn end is set aside first.
    ///
    /// # Errors
    /// If another process writes it, the disk refuses, or what it holds is not whole.
    pub fn resume(folder: &Path, id: IncidentId, host: &str) -> Result<TakenUp, OpenProblem> {
        let path = folder.join(FILE);
        let disk = |error| OpenProblem::Disk { path: path.clone(), error };
        let mut file = OpenOptions::new().append(true).read(true).open(&path).map_err(disk)?;
        lock(&file, &id, &path)?;
        // A writer whose disk failed may have put a new file in its place since it was opened.
        if file.metadata().map_err(disk)?.ino() != fs::metadata(&path).map_err(disk)?.ino() {
            return Err(OpenProblem::Locked(id));
        }
        let bytes = fs::read(&path).map_err(disk)?;
        let (whole, torn) = split(&bytes);
        let repaired = if torn.is_empty() { None } else { Some(set_aside(folder, &mut file, whole.len(), torn).map_err(disk)?) };
        let broken = |line, what| OpenProblem::Broken { id: id.clone(), line, what };
        let text = str::from_utf8(whole).map_err(|error| broken(0, error.to_string()))?;
        let (_, head) = chain::verify(text).map_err(|found| broken(found.line, found.what))?;
        let stored = Stored::parse(id.clone(), folder, text).map_err(|what| broken(0, what))?;
        file.seek(SeekFrom::End(0)).map_err(disk)?;
        let synced = whole.len() as u64;
        let journal =
            Self { id, folder: folder.to_owned(), file, host: host.to_owned(), head, synced, waiting: Vec::new(), tainted: false };
        Ok(TakenUp { journal, stored, repaired })
    }

    /// The incident.
    #[must_use]
    pub fn id(&self) -> &IncidentId {
        &self.id
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether entries are waiting for the disk.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Adds an entry and returns when it is on disk.
    ///
    /// # Errors
    /// What the disk said. The entry is kept and written, in order, by a later [`Self::flush`].
    pub fn append(&mut self, entry: &Entry) -> io::Result<String> {
        let line = wire::write(entry, &self.host, &self.head);
        self.head = chain::hash(&line);
        self.waiting.extend_from_slice(line.as_bytes());
        self.waiting.push(b'\n');
        self.flush()?;
        Ok(line)
    }

    /// Writes what is waiting.
    ///
    /// # Errors
    /// What the disk said; everything still waits.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.tainted {
            self.begin_anew()?;
        }
        let written = self.file.write_all(&self.waiting).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.tainted = true;
            return Err(error);
        }
        self.synced += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// After a failure nothing is known of what the descriptor wrote: the known-good beginning is copied to
    /// a new file, which takes the old one's place.
    fn begin_anew(&mut self) -> io::Result<()> {
        let path = self.folder.join(FILE);
        let good = fs::read(&path)?;
        let good = good
            .get(..usize::try_from(self.synced).unwrap_or(usize::MAX))
            .ok_or_else(|| io::Error::other("the journal has become shorter"))?;
        let fresh_path = self.folder.join(format!("{FILE}.new"));
        let _ = fs::remove_file(&fresh_path);
        let mut fresh = OpenOptions::new().append(true).read(true).create_new(true).mode(0o600).open(&fresh_path)?;
        fresh.try_lock().map_err(io::Error::other)?;
        fresh.write_all(good)?;
        fresh.sync_all()?;
        fs::rename(&fresh_path, &path)?;
        sync_folder(&self.folder)?;
        self.file = fresh;
        self.tainted = false;
        Ok(())
    }
}

fn lock(file: &File, id: &IncidentId, path: &Path) -> Result<(), OpenProblem> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(OpenProblem::Locked(id.clone())),
        Err(fs::TryLockError::Error(error)) => Err(OpenProblem::Disk { path: path.to_owned(), error }),
    }
}

/// Keeps a torn end in a file of its own and cuts it off.
fn set_aside(folder: &Path, file: &mut File, whole: usize, torn: &[u8]) -> io::Result<(u64, String)> {
    let mut n = 1;
    let (mut kept, name) = loop {
        let name = format!("{FILE}.{n}.broken");
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(&name)) {
            Ok(kept) => break (kept, name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
            Err(error) => return Err(error),
        }
    };
    kept.write_all(torn)?;
    kept.sync_all()?;
    sync_folder(folder)?;
    file.set_len(whole as u64)?;
    file.sync_all()?;
    Ok((torn.len() as u64, name))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
