//! Letters to an incident that a screen has open: files beside its journal, which the one writer takes in. Never writes
//! to the journal, and never forgets a letter that was not answered.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::id::{AttemptId, Id};
use crate::base::text;
use crate::engine::letter::{Letter, Wish};
use crate::world::{home, plain_file};

/// The folder of letters in an incident's folder.
const INBOX: &str = "inbox";

/// Largest letter that is read, in bytes: more than anybody writes into one.
const LARGEST: u64 = 256 * 1024;

const WAITING: &str = "json";
const REFUSED: &str = "refused";

/// A letter as it waits: one JSON object.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    token: String,
    by: String,
    #[serde(with = "Wished")]
    wish: Wish,
}

/// What a letter asks for, as it waits.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Wish", rename_all = "snake_case", deny_unknown_fields)]
enum Wished {
    Note { text: String, happened_at: Option<DateTime<Utc>> },
    Approve { remediation: Id, attempt: AttemptId, plan: String },
}

/// What became of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody has taken it yet.
    Waiting,
    /// Its entry is on disk.
    Kept,
    /// There is no entry, for this reason.
    Refused(String),
}

/// Leaves a letter; it is on disk when this returns.
///
/// # Errors
/// What the disk said.
pub fn leave(folder: &Path, letter: &Letter) -> io::Result<PathBuf> {
    let inbox = folder.join(INBOX);
    home::make_private(&inbox)?;
    let Letter { token, by, wish } = letter.clone();
    let written = serde_json::to_vec(&Written { token, by, wish })?;
    let (draft, path) = (inbox.join(format!("{}.draft", letter.token)), inbox.join(format!("{}.{WAITING}", letter.token)));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let left = file.write_all(&written).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, &path));
    if left.is_err() {
        let _ = fs::remove_file(&draft);
    }
    left.and_then(|()| File::open(&inbox)?.sync_all()).map(|()| path)
}

/// What became of the letter that was left here. A reason is told once.
#[must_use]
pub fn fate(path: &Path) -> Fate {
    if path.exists() {
        return Fate::Waiting;
    }
    let answer = path.with_extension(REFUSED);
    match plain_file::read_text(&answer, LARGEST) {
        Ok(why) => {
            let _ = fs::remove_file(&answer);
            Fate::Refused(text::line(&why).into_owned())
        }
        Err(_) => Fate::Kept,
    }
}

/// Takes a letter back that nobody has taken. Whether it was still there.
#[must_use]
pub fn take_back(path: &Path) -> bool {
    fs::remove_file(path).is_ok()
}

/// The letter that was left first, and where it waits for its answer. What is no letter is answered at once.
#[must_use]
pub fn next(folder: &Path) -> Option<(PathBuf, Letter)> {
    let entries = fs::read_dir(folder.join(INBOX)).ok()?;
    let mut waiting: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    waiting.retain(|path| path.extension().is_some_and(|extension| extension == WAITING));
    waiting.sort();
    waiting.into_iter().find_map(|path| match open(&path) {
        Ok(letter) => Some((path, letter)),
        Err(why) => {
            answer(&path, Some(&why));
            None
        }
    })
}

/// Tells whoever waits that the letter was kept, or why not.
pub fn answer(path: &Path, refused: Option<&str>) {
    // Without an answer the letter stays and is opened again, which makes no second entry.
    if let Some(why) = refused
        && fs::write(path.with_extension(REFUSED), why).is_err()
    {
        return;
    }
    let _ = fs::remove_file(path);
}

fn open(path: &Path) -> Result<Letter, String> {
    let file = OpenOptions::new().read(true).custom_flags(nonblocking()).open(path).map_err(|error| error.to_string())?;
    if !file.metadata().is_ok_and(|about| about.is_file()) {
        return Err("it is no regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("it is larger than {} KiB", LARGEST >> 10));
    }
    let Written { token, by, wish } = serde_json::from_slice(&bytes).map_err(|error| format!("it is no letter: {error}"))?;
    let is_named_so = path.file_stem().is_some_and(|name| name == token.as_str());
    if is_named_so { Ok(Letter { token, by, wish }) } else { Err("it is not named as it says".to_owned()) }
}

/// A pipe that nobody writes to would hold its reader up, and a link may lead anywhere.
fn nonblocking() -> i32 {
    (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW).bits().cast_signed()
}
