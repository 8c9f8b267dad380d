//! What the engine asks the runtime to do, in order. The effect that acts always follows its `Append`, and
//! the append is on disk before the act starts. Never a closure.

use crate::base::id::{AttemptId, Id};
use crate::base::stamp::Stamp;
use crate::timeline::Entry;
use crate::timeline::event::{Committing, Evidence, PlannedStep, ServerFacts};

/// Effects of one message, in the order they must happen.
pub type Effects = Vec<Effect>;

/// One effect.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a turn has a handful of effects; a box would be more to read than to save")]
pub enum Effect {
    /// Write an entry to the journal, durably.
    Append(Entry),
    /// Keep something under the hash of its content, durably; what cites it follows.
    Keep {
        /// Its hash and size.
        evidence: Evidence,
        /// Clean and masked.
        content: Vec<u8>,
    },
    /// Read a file that is to be kept as evidence.
    Fetch {
        /// Who wants it kept.
        by: String,
        /// Where it is.
        path: String,
        /// What it is evidence for.
        about: Option<Id>,
    },
    /// Look which runbooks there are on this machine.
    FindRunbooks,
    /// The runbook has more in it from here on, and so have the answers: whoever asks and changes has to know.
    Widen,
    /// Ask a check.
    StartCheck {
        /// Under this number its answer comes back.
        attempt: AttemptId,
        /// Which.
        check: Id,
    },
    /// Rehearse or run a remediation.
    StartRemediation {
        /// Under this number its news come back.
        attempt: AttemptId,
        /// Which.
        remediation: Id,
        /// Try or do.
        stage: Stage,
        /// What was planned, and confirmed if it is to be done.
        steps: Vec<PlannedStep>,
        /// The server its plan was rehearsed on; another one is refused.
        server: Option<ServerFacts>,
    },
    /// Let the transaction of a remediation be committed: its id is on disk.
    Commit(AttemptId),
    /// Ask the server what became of a transaction whose outcome nobody knows.
    FindOutcome(Committing),
    /// Give up on an attempt: a query is cancelled on the server, a command is ended.
    Cancel(AttemptId),
    /// Tell a channel; tried again until it takes it or will not have it.
    Tell {
        /// Sequence number of the entry that said it was due: under this number its news come back.
        message: u64,
        /// The channel's name.
        channel: String,
        /// What it reads.
        text: String,
        /// When it fell due.
        due: Stamp,
        /// Whether an earlier run of the program left it over: then it is late, however long ago that was.
        left_over: bool,
    },
    /// Put a sentence before the responder that is not an entry: why a wish was refused.
    Say(String),
    /// End.
    Finish(Ending),
}

/// Try or do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// In a transaction that is rolled back.
    Rehearse,
    /// For good.
    Apply,
}

/// How the program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The incident is resolved.
    Resolved,
    /// It stays open.
    Open,
    /// It stays as it is, and the responder goes on with this runbook.
    Onward(Id),
}
