//! Files that an author named and that may be anything by now. Never waits for a pipe, and never takes a folder or
//! a device for a text.

use std::fs::FileType;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use tokio::fs::{File, OpenOptions};

/// The file, and its size in bytes when it was opened. Links are followed.
///
/// # Errors
/// Why it cannot be read, in words that end a sentence which begins with its name.
pub(super) async fn open(path: &Path) -> Result<(File, u64), String> {
    // A pipe is not even opened: whoever writes into it would take us for its reader.
    judge(tokio::fs::metadata(path).await.map_err(|error| reason(&error))?.file_type())?;
    // Should it be one by now: without this flag, opening it waits for somebody to write into it.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).await.map_err(|error| reason(&error))?;
    let metadata = file.metadata().await.map_err(|error| reason(&error))?;
    judge(metadata.file_type()).map(|()| (file, metadata.len()))
}

/// All of a file that has at most so many bytes; for where nothing else waits.
///
/// # Errors
/// What the system says, or that it is no file, or a larger one.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let is_fit = |kind| judge(kind).map_err(|what| io::Error::other(format!("it {what}")));
    is_fit(std::fs::metadata(path)?.file_type())?;
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    is_fit(file.metadata()?.file_type())?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(io::Error::other(format!("it is larger than {most} bytes"))) } else { Ok(bytes) }
}

/// As [`read`], for text.
///
/// # Errors
/// As [`read`], or that it is not UTF-8.
pub(super) fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))
}

fn judge(kind: FileType) -> Result<(), String> {
    if kind.is_file() {
        Ok(())
    } else if kind.is_dir() {
        Err("is a folder".to_owned())
    } else if kind.is_fifo() {
        Err("is a pipe (FIFO)".to_owned())
    } else if kind.is_socket() {
        Err("is a socket, not a file".to_owned())
    } else {
        Err("is a device, not a file".to_owned())
    }
}

/// An error of the system in words that go with a name.
pub(super) fn reason(error: &std::io::Error) -> String {
    use std::io::ErrorKind as E;
    match error.kind() {
        E::NotFound => "is not there".to_owned(),
        E::PermissionDenied => "may not be read by this user: permission denied".to_owned(),
        E::NotADirectory => "is not there: a part of its path is a file".to_owned(),
        // A socket, or a device without a driver.
        _ if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => "is a socket or a device, not a file".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
