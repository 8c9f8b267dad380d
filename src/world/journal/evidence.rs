//! Evidence beside a journal: what is too large for an entry, each file named by the SHA-256 of its content. Never
//! overwrites anything: what has that name has that content.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::timeline::event::Evidence;
use crate::world::home;

use super::write::sync_folder;

/// The folder of evidence within that of an incident.
pub const FOLDER: &str = "evidence";

/// Where a piece of evidence lies.
#[must_use]
pub fn path(folder: &Path, evidence: &Evidence) -> PathBuf {
    folder.join(FOLDER).join(&evidence.sha256)
}

/// Keeps a piece of evidence; it is on disk when this returns.
///
/// # Errors
/// What the disk said.
pub(super) fn keep(folder: &Path, evidence: &Evidence, content: &[u8]) -> io::Result<()> {
    let place = path(folder, evidence);
    if place.is_file() {
        return Ok(());
    }
    let shelf = folder.join(FOLDER);
    home::make_private(&shelf)?;
    let mut file = tempfile::NamedTempFile::new_in(&shelf)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(&place).map_err(|error| error.error)?;
    sync_folder(&shelf)?;
    sync_folder(folder)
}

/// What a piece of evidence holds.
///
/// # Errors
/// What the disk said.
pub fn read(folder: &Path, evidence: &Evidence) -> io::Result<Vec<u8>> {
    fs::read(path(folder, evidence))
}
