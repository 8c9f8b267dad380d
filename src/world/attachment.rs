//! Files that a responder keeps as evidence. Never runs, follows or waits for anything: a file is read, and that is all.

use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::base::redact::Masker;
use crate::base::text;

use super::journal::evidence;
use super::plain_file;

/// How much of a file is kept, in bytes: its end, which is where a log tells what happened last.
const MOST: u64 = evidence::LARGEST as u64;

/// A file that was read.
#[derive(Debug)]
pub struct Attachment {
    /// Its name, without its folder.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// What it holds, or the end of that; text with secrets masked.
    pub content: Vec<u8>,
}

/// Reads a file as a responder names it: `~` is their home.
///
/// # Errors
/// Why it cannot be read, in one sentence.
pub async fn read(path: &str, masker: &Masker) -> Result<Attachment, String> {
    let place = expanded(path);
    let of_it = |what: &dyn std::fmt::Display| format!("{path} {what}");
    let (mut file, size) = plain_file::open(&place).await.map_err(|why| of_it(&why))?;
    let unreadable = |error: std::io::Error| of_it(&plain_file::reason(&error));
    file.seek(std::io::SeekFrom::Start(size.saturating_sub(MOST))).await.map_err(unreadable)?;
    let mut content = Vec::new();
    file.take(MOST).read_to_end(&mut content).await.map_err(unreadable)?;
    let content = match String::from_utf8(content) {
        Ok(text) => masker.mask(&text).into_owned().into_bytes(),
        // A picture, a dump: nothing in it can be told from a secret, and it is kept as it is.
        Err(binary) => binary.into_bytes(),
    };
    let name = place.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(Attachment { name: text::line(&masker.mask(&name)).into_owned(), size, content })
}

fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}
