//! Entries as JSON lines: exactly the lines of the journal. Never a spelling of its own, so that what one
//! program reads from `timeline --json` another can verify.

use crate::timeline::{Entry, chain, wire};

/// Writes entries as the journal does, each naming the hash of the one before.
#[derive(Clone, Debug)]
pub struct Writer {
    host: String,
    prev: String,
}

impl Writer {
    /// From the first entry on, as written on this host.
    #[must_use]
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), prev: chain::GENESIS.to_owned() }
    }

    /// The line of the next entry, without its line break.
    pub fn line(&mut self, entry: &Entry) -> String {
        let line = wire::write(entry, &self.host, &self.prev);
        self.prev = chain::hash(&line);
        line
    }
}
