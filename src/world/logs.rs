//! Logs: reads the lines of a file or of what a program prints, and holds them against patterns. Never keeps more
//! than a bounded part of what it reads, however large the log, and never says more than it has seen.

mod live;
mod order;

use std::path::Path;

use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use crate::runbook::model::Log;

use super::plain_file;
pub use live::Live;
use order::Order;

/// How much of a file is read, in bytes: its end. A log of a busy day; a check every few seconds stays affordable.
const MOST: u64 = 64 << 20;
/// How much of one line is looked at, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// How many lines that matched are kept, as many as rows of an SQL check, and their bytes: what is shown of an
/// answer has 1 MiB, with room for what stands above them.
const MOST_MATCHED: usize = 10_000;
const MOST_MATCHED_BYTES: usize = 960 << 10;
/// What is read at a time, in bytes.
const CHUNK: usize = 256 << 10;

/// A line that decided something. Neither masked nor clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The pattern's place in its list.
    pub pattern: usize,
    /// The line's number, from 1.
    pub number: u64,
    /// The line.
    pub text: String,
}

/// What was seen of a log. Its texts are neither masked nor clean.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How many lines were read.
    pub lines: u64,
    /// The last line of `none_of`: the one that is news.
    pub forbidden: Option<Hit>,
    /// How many of those there are, and the number of the first.
    pub forbidden_lines: (u64, u64),
    /// For each of `all_of`, the first line that matched.
    pub found: Vec<Option<Hit>>,
    /// The numbers of the lines that matched `in_order`, as far as it came.
    pub in_order: Vec<u64>,
    /// What those lines share.
    pub shared: Option<String>,
    /// Every line that one of the patterns matched, as far as they are kept.
    pub matched: Vec<String>,
    /// Whether lines that matched were left out of `matched`.
    pub matched_is_cut: bool,
    /// How many lines had bytes that are not UTF-8.
    pub not_utf8: u64,
    /// Why there may be more to see than was seen.
    pub unseen: Option<String>,
    /// Where the lines are counted from, if not from the beginning of the log.
    pub counted_from: Option<String>,
}

/// Reads a file to its end, or its last 64 MiB.
///
/// # Errors
/// Why it cannot be read, in words that end a sentence which begins with its name.
pub async fn file(log: &Log, path: &Path) -> Result<Seen, String> {
    let (mut file, size) = plain_file::open(path).await?;
    let failed = |error: std::io::Error| plain_file::reason(&error);
    let mut chunk = vec![0; CHUNK];
    let read = file.read(&mut chunk).await.map_err(failed)?;
    if let Some(what) = packed(&chunk[..read]) {
        return Err(format!("is {what}, not lines of text"));
    }
    let mut reader = Reader::new(log);
    let mut left = MOST;
    if size > MOST {
        file.seek(std::io::SeekFrom::Start(size - MOST)).await.map_err(failed)?;
        reader.skips_line = true;
        reader.seen.counted_from = Some("of its last 64 MiB".to_owned());
        reader.unseen(format!("it has {} MiB; only its last 64 MiB were read", size >> 20));
    } else {
        reader.feed(&chunk[..read]);
        left -= u64::try_from(read).unwrap_or(left);
    }
    loop {
        let room = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let read = if room == 0 { 0 } else { file.read(&mut chunk[..room]).await.map_err(failed)? };
        if read == 0 {
            break;
        }
        reader.feed(&chunk[..read]);
        left -= u64::try_from(read).unwrap_or(left);
    }
    // What was written while it was read is for the next time, unless its size was a lie, as in /proc.
    if left == 0 && size < MOST {
        reader.unseen("only its first 64 MiB were read".to_owned());
    }
    Ok(reader.finish())
}

/// Reads what a program printed, one stream after the other.
///
/// # Errors
/// Why it is no log, in words that end a sentence.
pub fn printed(log: &Log, streams: [&[u8]; 2], dropped: bool) -> Result<Seen, String> {
    let mut reader = Reader::new(log);
    for stream in streams {
        if let Some(what) = packed(stream) {
            return Err(format!("is {what}, not lines of text"));
        }
        reader.feed(stream);
        reader.end_stream();
    }
    if dropped {
        reader.unseen("the output was cut at 1 MiB".to_owned());
    }
    Ok(reader.finish())
}

/// What a file is by its first bytes, if these say that it holds no lines as they stand.
fn packed(head: &[u8]) -> Option<&'static str> {
    const SIGNS: [(&[u8], &str); 7] = [
        (b"\x1f\x8b", "compressed (gzip)"),
        (b"\x28\xb5\x2f\xfd", "compressed (zstd)"),
        (b"\xfd7zXZ\0", "compressed (xz)"),
        (b"BZh", "compressed (bzip2)"),
        (b"PK\x03\x04", "compressed (zip)"),
        (b"\xff\xfe", "UTF-16"),
        (b"\xfe\xff", "UTF-16"),
    ];
    SIGNS.iter().find(|(sign, _)| head.starts_with(sign)).map(|(_, what)| *what)
}

/// Cuts bytes into lines and holds each against the patterns.
struct Reader<'l> {
    log: &'l Log,
    order: Order<'l>,
    seen: Seen,
    /// The beginning of a line whose end has not come yet.
    pending: Vec<u8>,
    /// Whether the line whose end has not come yet is longer than what is looked at.
    is_overlong: bool,
    /// Whether the rest of a line is to be passed over, because its beginning was not read.
    skips_line: bool,
    matched_bytes: usize,
}

impl<'l> Reader<'l> {
    fn new(log: &'l Log) -> Self {
        let seen = Seen { found: vec![None; log.all_of.len()], ..Seen::default() };
        let order = Order::new(log);
        Self { log, order, seen, pending: Vec::new(), is_overlong: false, skips_line: false, matched_bytes: 0 }
    }

    /// Keeps the first reason there is.
    fn unseen(&mut self, why: String) {
        self.seen.unseen.get_or_insert(why);
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.keep(&bytes[..end]);
            self.end_line();
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    fn keep(&mut self, part: &[u8]) {
        if part.is_empty() || self.skips_line {
            return;
        }
        let room = part.len().min(LONGEST_LINE - self.pending.len());
        self.is_overlong |= room < part.len();
        self.pending.extend_from_slice(&part[..room]);
    }

    /// The last line is complete, line break or not.
    fn end_stream(&mut self) {
        if !self.pending.is_empty() {
            self.end_line();
        }
    }

    /// The line is complete.
    fn end_line(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if std::mem::take(&mut self.skips_line) {
            return;
        }
        self.line(&pending);
        self.pending = pending;
        self.pending.clear();
    }

    fn line(&mut self, bytes: &[u8]) {
        self.seen.lines += 1;
        let number = self.seen.lines;
        if std::mem::take(&mut self.is_overlong) {
            self.unseen(format!("line {number} has more than 1 MiB; the rest of it was not looked at"));
        }
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        // A log that was emptied under its writer begins with a hole, which reads as zeros.
        let hole = bytes.iter().take_while(|byte| **byte == 0).count();
        let bytes = &bytes[hole..];
        if bytes.contains(&0) {
            self.unseen(format!("it is no text: line {number} holds a NUL character"));
        }
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            self.seen.not_utf8 += 1;
        }
        self.hold(number, &text);
    }

    /// Holds a line against every pattern.
    fn hold(&mut self, number: u64, text: &str) {
        let hit = |pattern: usize| Hit { pattern, number, text: text.to_owned() };
        let mut is_matched = false;
        if let Some(pattern) = self.log.none_of.iter().position(|pattern| pattern.is_match(text)) {
            is_matched = true;
            self.seen.forbidden = Some(hit(pattern));
            let (count, first) = &mut self.seen.forbidden_lines;
            *count += 1;
            *first = if *count == 1 { number } else { *first };
        }
        for (n, (pattern, found)) in self.log.all_of.iter().zip(&mut self.seen.found).enumerate() {
            if pattern.is_match(text) {
                is_matched = true;
                found.get_or_insert_with(|| hit(n));
            }
        }
        is_matched |= self.order.line(number, text);
        if is_matched {
            if self.seen.matched.len() < MOST_MATCHED && self.matched_bytes + text.len() <= MOST_MATCHED_BYTES {
                self.matched_bytes += text.len();
                self.seen.matched.push(text.to_owned());
            } else {
                self.seen.matched_is_cut = true;
            }
        }
    }

    /// Whether nothing that may come can change the answer: a line that may not be there is, or every line that is
    /// asked for is there and none is forbidden.
    fn is_settled(&self) -> bool {
        let is_order_through = self.order.lines.len() == self.log.in_order.len();
        self.seen.forbidden.is_some() || (self.log.none_of.is_empty() && is_order_through && self.seen.found.iter().all(Option::is_some))
    }

    fn finish(mut self) -> Seen {
        self.end_stream();
        let Order { lines, shared, is_cut, .. } = self.order;
        (self.seen.in_order, self.seen.shared) = (lines, shared);
        if is_cut && self.seen.in_order.len() < self.log.in_order.len() {
            self.seen.unseen.get_or_insert_with(|| "too many different values of `same` were under way at once".to_owned());
        }
        self.seen
    }
}
