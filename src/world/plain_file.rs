//! Files that an author named and that may be anything by now. Never waits for a pipe, and never takes a folder or
//! a device for a text.

use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use tokio::fs::{File, OpenOptions};

/// The file, and its size in bytes when it was opened. Links are followed.
///
/// # Errors
/// Why it cannot be read, in words that end a sentence which begins with its name.
pub(super) async fn open(path: &Path) -> Result<(File, u64), String> {
    // Without this flag, opening a pipe waits for somebody to write into it.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).await.map_err(|error| reason(&error))?;
    let metadata = file.metadata().await.map_err(|error| reason(&error))?;
    let kind = metadata.file_type();
    if kind.is_file() {
        Ok((file, metadata.len()))
    } else if kind.is_dir() {
        Err("is a folder".to_owned())
    } else if kind.is_fifo() {
        Err("is a pipe (FIFO)".to_owned())
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
