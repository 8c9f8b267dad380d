//! The chain of hashes that makes a timeline evidence: each line names the hash of the line before.
//! Never repairs anything; it only says where a chain breaks.

use crate::base::hash::sha256;

use super::wire;

/// What the first line names as the line before it.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash that the next line names, of a line without its newline.
#[must_use]
pub fn hash(line: &str) -> String {
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

/// Checks sequence and chain of a whole journal; gives the number of its entries and the hash of the last.
///
/// # Errors
/// The first line that does not fit. Where two lines contradict each other, the third decides: it names the
/// hash of the second, which is then as it was written.
pub fn verify(journal: &str) -> Result<(u64, String), Break> {
    let mut prev = GENESIS.to_owned();
    let mut seq = 0;
    let mut lines = journal.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let at = usize::try_from(seq).unwrap_or(usize::MAX).saturating_add(1);
        let broken = |what: String| Break { line: at, what };
        let line = line.strip_suffix('\n').ok_or_else(|| broken("the last line is torn: it has no line break".to_owned()))?;
        let read = wire::read(line).map_err(|error| broken(format!("not an entry: {error}")))?;
        seq += 1;
        if read.entry.seq != seq {
            return Err(broken(format!("entry {seq} expected, entry {} found: lines were removed, inserted or swapped", read.entry.seq)));
        }
        if read.prev != prev {
            let altered_here = lines.peek().is_some_and(|next| !follows(next, line));
            return Err(if altered_here || seq == 1 {
                broken(format!("entry {seq} was altered: it does not follow from the line before it"))
            } else {
                Break { line: at - 1, what: format!("entry {} was altered: entry {seq} was written after another one", seq - 1) }
            });
        }
        prev = hash(line);
    }
    Ok((seq, prev))
}

fn follows(next: &str, line: &str) -> bool {
    wire::read(next.trim_end_matches('\n')).is_ok_and(|next| next.prev == hash(line))
}
