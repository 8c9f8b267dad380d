//! The lines of a program that goes on printing, held against the patterns as they come. Never takes for a line what
//! has no end yet, and never mixes the lines of two streams.

use crate::runbook::model::Log;
use crate::world::command::{Part, Stream};

use super::{MOST, Reader, Seen};

/// What a program has printed so far, in the order in which it came.
pub struct Live<'l> {
    reader: Reader<'l>,
    /// The beginning of a line of each stream whose end has not come yet, and whether it is overlong.
    unfinished: [(Vec<u8>, bool); 2],
    left: u64,
}

impl<'l> Live<'l> {
    /// Nothing so far.
    #[must_use]
    pub fn new(log: &'l Log) -> Self {
        Self { reader: Reader::new(log), unfinished: Default::default(), left: MOST }
    }

    /// Takes what came; whether nothing that may yet come can change the answer.
    pub fn hear(&mut self, part: &Part) -> bool {
        let size = part.bytes.len() as u64;
        if size > self.left {
            self.reader.unseen("only its first 64 MiB were read".to_owned());
            return true;
        }
        self.left -= size;
        let Self { reader, unfinished, .. } = self;
        let unfinished = &mut unfinished[usize::from(part.stream == Stream::Stderr)];
        (reader.pending, reader.is_overlong) = std::mem::take(unfinished);
        reader.feed(&part.bytes);
        *unfinished = (std::mem::take(&mut reader.pending), std::mem::take(&mut reader.is_overlong));
        reader.is_settled()
    }

    /// What was seen, as far as it came in whole lines.
    #[must_use]
    pub fn finish(self) -> Seen {
        self.reader.finish()
    }
}
