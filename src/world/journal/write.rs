//! Writing a journal. An entry counts as written only when its bytes are on the disk. When the disk fails,
//! entries queue up in memory and are written, in order, as soon as it takes them again.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::base::id::IncidentId;
use crate::base::text;
use crate::timeline::event::Evidence;
use crate::timeline::{Entry, chain, wire};

use super::evidence::Shelf;
use super::read::{Stored, read, split};
use super::{FILE, RUNBOOK, TEAM};

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
    /// Lines made and not yet on disk, without line breaks.
    waiting: VecDeque<String>,
    /// Lines that came onto the disk before one failed, so that nobody was told of them yet.
    untold: Vec<String>,
    /// Where the evidence lies.
    shelf: Shelf,
    /// Evidence that those lines cite, and that is not on disk yet.
    unkept: Vec<(Evidence, Vec<u8>)>,
    /// What became of the last attempt to write.
    state: Descriptor,
}

/// What is known of the file behind the descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Descriptor {
    /// It ends with the last line that was synced.
    Sound,
    /// The disk was full before all bytes were taken: a part of a line may stand behind the last synced one.
    Overhanging,
    /// A write or a sync failed otherwise. It says nothing reliable any more, and is never tried again.
    Tainted,
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
    #[error("{by} has {id} open; only one fracas writes to an incident, others read it with `fracas timeline {id} --follow`")]
    Locked {
        /// The incident.
        id: IncidentId,
        /// Who wrote its last entry, and where: `ann on db-1`.
        by: String,
    },
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
    /// Who has an incident open for writing now, if anybody: `ann on db-1`.
    #[must_use]
    pub fn writer(folder: &Path, id: &IncidentId) -> Option<String> {
        let file = File::open(folder.join(FILE)).ok()?;
        matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)).then(|| last_author(folder, id))
    }

    /// Makes the folder of a new incident with its runbook and an empty journal. Leaves nothing if it cannot.
    ///
    /// # Errors
    /// [`OpenProblem::Disk`] if that cannot be done.
    pub fn create(folder: &Path, id: IncidentId, runbook: &str, host: &str) -> Result<Self, OpenProblem> {
        let disk = |path: PathBuf| move |error| OpenProblem::Disk { path, error };
        folder.parent().map_or(Ok(()), crate::world::home::make_private).map_err(disk(folder.to_owned()))?;
        fs::DirBuilder::new().mode(0o700).create(folder).map_err(disk(folder.to_owned()))?;
        let made = Self::furnish(folder, id, runbook, host);
        if made.is_err() {
            // What is left of the disk's trouble is only this attempt's own folder.
            let _ = fs::remove_dir_all(folder);
        }
        made
    }

    /// Keeps the team's part of the settings beside the journal.
    ///
    /// # Errors
    /// [`OpenProblem::Disk`] if that cannot be done.
    pub fn keep_team(&self, text: &str) -> Result<(), OpenProblem> {
        let path = self.folder.join(TEAM);
        let kept = File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        kept.and_then(|()| sync_folder(&self.folder)).map_err(|error| OpenProblem::Disk { path, error })
    }

    fn furnish(folder: &Path, id: IncidentId, runbook: &str, host: &str) -> Result<Self, OpenProblem> {
        let disk = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenProblem::Disk { path, error }
        };
        let kept = folder.join(RUNBOOK);
        let mut copy = File::create_new(&kept).map_err(disk(&kept))?;
        copy.write_all(runbook.as_bytes()).and_then(|()| copy.sync_all()).map_err(disk(&kept))?;
        let path = folder.join(FILE);
        let file = OpenOptions::new().append(true).read(true).create_new(true).mode(0o600).open(&path).map_err(disk(&path))?;
        lock(&file, folder, &id)?;
        sync_folder(folder).map_err(disk(folder))?;
        folder.parent().map_or(Ok(()), sync_folder).map_err(disk(folder))?;
        Ok(Self {
            id,
            folder: folder.to_owned(),
            file,
            host: host.to_owned(),
            head: chain::GENESIS.to_owned(),
            synced: 0,
            waiting: VecDeque::new(),
            untold: Vec::new(),
            shelf: Shelf::of(folder),
            unkept: Vec::new(),
            state: Descriptor::Sound,
        })
    }

    /// Opens the journal of an incident to go on with it; a torn end is set aside first.
    ///
    /// # Errors
    /// If another process writes it, the disk refuses, or what it holds is not whole.
    pub fn resume(folder: &Path, id: IncidentId, host: &str) -> Result<TakenUp, OpenProblem> {
        let path = folder.join(FILE);
        let disk = |error| OpenProblem::Disk { path: path.clone(), error };
        let mut file = open_and_lock(folder, &id)?;
        // Whoever wrote before may have been killed before they synced: what is built upon must be there.
        file.sync_data().map_err(disk)?;
        let bytes = super::bytes(folder).map_err(disk)?;
        let (whole, torn) = split(&bytes);
        let broken = |found: chain::Break| OpenProblem::Broken { id: id.clone(), line: found.line, what: found.what };
        let (stored, head) = Stored::verified(id.clone(), folder, whole).map_err(broken)?;
        let repaired = if torn.is_empty() { None } else { Some(set_aside(folder, &mut file, whole.len(), torn).map_err(disk)?) };
        file.seek(SeekFrom::End(0)).map_err(disk)?;
        let synced = whole.len() as u64;
        let journal = Self {
            id,
            folder: folder.to_owned(),
            file,
            host: host.to_owned(),
            head,
            synced,
            waiting: VecDeque::new(),
            untold: Vec::new(),
            shelf: Shelf::of(folder),
            unkept: Vec::new(),
            state: Descriptor::Sound,
        };
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

    /// Takes something that the next entry cites: it is on disk, under the hash of its content, before that entry is.
    pub fn keep(&mut self, evidence: &Evidence, content: Vec<u8>) {
        self.unkept.push((evidence.clone(), content));
    }

    /// Where the evidence lies, for who keeps a large piece before it is cited.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        self.shelf.clone()
    }

    /// Adds an entry and returns when it is on disk, with every line that came onto the disk: those that were
    /// waiting, then its own.
    ///
    /// # Errors
    /// What the disk said. The entry is kept and written, in order, by a later [`Self::flush`].
    pub fn append(&mut self, entry: &Entry) -> io::Result<Vec<String>> {
        let line = wire::write(entry, &self.host, &self.head);
        self.head = chain::hash(&line);
        self.waiting.push_back(line);
        self.flush()
    }

    /// Goes on with lines that were written elsewhere, all of this journal from its first on; gives how many were new.
    ///
    /// # Errors
    /// What the disk said, or that the lines do not go on from the last entry.
    pub fn extend(&mut self, lines: &[String]) -> io::Result<usize> {
        let known = lines.iter().position(|line| chain::hash(line) == self.head).map_or(0, |last| last + 1);
        let more = &lines[known..];
        for line in more {
            if wire::read(line).map_err(io::Error::other)?.prev != self.head {
                return Err(io::Error::other("the lines do not go on from the last entry"));
            }
            self.head = chain::hash(line);
            self.waiting.push_back(line.clone());
        }
        self.flush().map(|_| more.len())
    }

    /// Writes what is waiting, and gives the lines that are now on disk.
    ///
    /// # Errors
    /// What the disk said; everything still waits.
    pub fn flush(&mut self) -> io::Result<Vec<String>> {
        if self.waiting.is_empty() {
            return Ok(Vec::new());
        }
        while let Some((evidence, content)) = self.unkept.first() {
            self.shelf.keep(evidence, content)?;
            self.unkept.remove(0);
        }
        match self.state {
            Descriptor::Sound => {}
            Descriptor::Overhanging => {
                self.file.set_len(self.synced)?;
                self.state = Descriptor::Sound;
            }
            Descriptor::Tainted => self.begin_anew()?,
        }
        // One by one: then no more than the last line of a file is ever in doubt, see [`split`].
        while let Some(line) = self.waiting.front() {
            let bytes = [line.as_bytes(), b"\n"].concat();
            if let Err(error) = self.file.write_all(&bytes) {
                let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
                self.state = if full { Descriptor::Overhanging } else { Descriptor::Tainted };
                return Err(error);
            }
            if let Err(error) = self.file.sync_data() {
                self.state = Descriptor::Tainted;
                return Err(error);
            }
            self.synced += bytes.len() as u64;
            self.untold.extend(self.waiting.pop_front());
        }
        Ok(std::mem::take(&mut self.untold))
    }

    /// After a failure nothing is known of what the descriptor wrote: the known-good beginning is copied to
    /// a new file, which takes the old one's place.
    fn begin_anew(&mut self) -> io::Result<()> {
        let path = self.folder.join(FILE);
        let good = super::bytes(&self.folder)?;
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
        self.state = Descriptor::Sound;
        Ok(())
    }
}

/// The journal for writing, locked. A writer whose disk failed may have put a new file in its place meanwhile:
/// a lock on the old one is worth nothing.
fn open_and_lock(folder: &Path, id: &IncidentId) -> Result<File, OpenProblem> {
    let path = folder.join(FILE);
    let disk = |error| OpenProblem::Disk { path: path.clone(), error };
    loop {
        let file = OpenOptions::new().append(true).read(true).open(&path).map_err(disk)?;
        lock(&file, folder, id)?;
        let (held, named) = (file.metadata().map_err(disk)?, fs::metadata(&path).map_err(disk)?);
        if (held.dev(), held.ino()) == (named.dev(), named.ino()) {
            return Ok(file);
        }
    }
}

fn lock(file: &File, folder: &Path, id: &IncidentId) -> Result<(), OpenProblem> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(fs::TryLockError::WouldBlock) => Err(OpenProblem::Locked { id: id.clone(), by: last_author(folder, id) }),
        Err(fs::TryLockError::Error(error)) => Err(OpenProblem::Disk { path: folder.join(FILE), error }),
    }
}

/// Who holds the lock: the one writer is the author of the last entry.
fn last_author(folder: &Path, id: &IncidentId) -> String {
    let stored = read(folder, id.clone()).ok();
    let last = stored.as_ref().and_then(|stored| wire::read(stored.lines.last()?).ok());
    last.map_or_else(|| "another fracas".to_owned(), |last| text::line(&format!("{} on {}", last.entry.by, last.host)).into_owned())
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

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
