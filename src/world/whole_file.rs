//! Writing a file that is there whole or not at all: into a temporary file beside it, which takes its name once all of it
//! is on the disk. Never replaces what is no plain file: a pipe or a device is written to.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Writes a file. What was there before is there until all of the new is; its permissions stay. A link keeps leading
/// where it leads.
///
/// # Errors
/// What the disk said; the file is then as it was.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(before) if !before.is_file() => return OpenOptions::new().write(true).open(path)?.write_all(content),
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let place = if before.is_some() { fs::canonicalize(path)? } else { path.to_owned() };
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no folder {}", folder.display())));
    }
    // For a new file the system takes away what the user's mask does not want others to have.
    let mut file = tempfile::Builder::new().prefix(".fracas-").permissions(Permissions::from_mode(0o666)).tempfile_in(folder)?;
    if let Some(before) = before {
        file.as_file().set_permissions(before.permissions())?;
    }
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(&place).map_err(|error| error.error)?;
    Ok(())
}

/// Writes a file that belongs to an incident: nobody else reads it, and it and its name are on the disk when this returns.
///
/// # Errors
/// What the disk said; the file is then as it was.
pub(super) fn keep(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    fs::File::open(folder)?.sync_all()
}
