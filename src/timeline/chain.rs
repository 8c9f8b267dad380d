//! The chain of hashes that makes a timeline evidence: each line names the hash of the line before, and that of itself.
//! Never repairs anything; it only says where a chain breaks.

use crate::base::hash::sha256;

use super::wire::{self, Read, Sum};

/// What the first line names as the line before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash that the next line names, of a line without its newline.
#[must_use]
pub fn hash(line: impl AsRef<[u8]>) -> String {
    sha256(line)
}

/// The first thing wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in words.
    pub what: String,
}

/// A beginning of a journal that is whole: what the next line has to follow from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last line.
    pub head: String,
    /// Whether lines had sums already; then all that follow must have one.
    summed: bool,
}

impl Default for Chain {
    fn default() -> Self {
        Self { entries: 0, head: GENESIS.to_owned(), summed: false }
    }
}

impl Chain {
    /// Goes on with a journal's next lines, each closed by a newline; gives what they hold.
    ///
    /// # Errors
    /// The first line that does not fit. Where two lines contradict each other, the third decides: it names the
    /// hash of the second, which is then as it was written.
    pub fn follow(&mut self, journal: &[u8], mut each: impl FnMut(&str, Read)) -> Result<(), Break> {
        let mut lines = journal.split_inclusive(|byte| *byte == b'\n').peekable();
        while let Some(line) = lines.next() {
            let at = usize::try_from(self.entries).unwrap_or(usize::MAX).saturating_add(1);
            let broken = |what: String| Break { line: at, what };
            let line = line.strip_suffix(b"\n").ok_or_else(|| broken("the last line is torn: it has no line break".to_owned()))?;
            let line = str::from_utf8(line).map_err(|_| broken("a byte that is no UTF-8: the line was altered".to_owned()))?;
            let seq = self.entries + 1;
            match wire::sum(line) {
                Sum::Fits => self.summed = true,
                Sum::Absent if !self.summed => {}
                Sum::Differs => return Err(broken(format!("entry {seq} was altered: it does not have the sum that it names"))),
                Sum::Absent | Sum::Strange => return Err(broken(format!("entry {seq} was altered: it does not end as an entry does"))),
            }
            let read = wire::read(line).map_err(|error| broken(format!("not an entry: {error}")))?;
            if read.entry.seq != seq {
                let found = read.entry.seq;
                return Err(broken(format!("entry {seq} expected, entry {found} found: lines were removed, inserted or swapped")));
            }
            if read.prev != self.head {
                let altered_here = lines.peek().is_some_and(|next| !follows(next, line));
                return Err(if altered_here || seq == 1 {
                    broken(format!("entry {seq} was altered: it does not follow from the line before it"))
                } else {
                    Break { line: at - 1, what: format!("entry {} was altered: entry {seq} was written after another one", seq - 1) }
                });
            }
            self.entries = seq;
            self.head = hash(line);
            each(line, read);
        }
        Ok(())
    }
}

/// Checks sequence and chain of a whole journal; gives the number of its entries and the hash of the last.
///
/// # Errors
/// The first line that does not fit, as [`Chain::follow`].
pub fn verify(journal: impl AsRef<[u8]>) -> Result<(u64, String), Break> {
    let mut chain = Chain::default();
    chain.follow(journal.as_ref(), |_, _| ()).map(|()| (chain.entries, chain.head))
}

fn follows(next: &[u8], line: &str) -> bool {
    let next = str::from_utf8(next.strip_suffix(b"\n").unwrap_or(next)).ok();
    next.and_then(|next| wire::read(next).ok()).is_some_and(|next| next.prev == hash(line))
}
