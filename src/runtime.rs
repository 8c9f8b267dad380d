//! Glue between the engine and the world: performs what the session asks for, in order, and brings the
//! news back. Never decides anything and never draws.

use crate::base::stamp::Stamp;
use crate::engine::{Ending, Msg, Session};

/// One incident that is being worked on, with everything that can act on it.
pub struct Runtime {
    session: Session,
}

/// What became of one message.
#[derive(Debug, Default)]
pub struct Stepped {
    /// Sentences for the responder that are not entries: why a wish was refused.
    pub said: Vec<String>,
    /// Present when the program is to end.
    pub ending: Option<Ending>,
}

impl Runtime {
    /// The incident as it stands.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// This moment.
    #[must_use]
    pub fn now(&self) -> Stamp {
        todo!()
    }

    /// Waits for the next message: an answer, the clock, a signal. Safe to drop while waiting.
    pub async fn next(&mut self) -> Msg {
        std::future::pending().await
    }

    /// Takes a message into account and performs what follows: entries are on disk before anything acts.
    pub fn step(&mut self, _msg: Msg) -> Stepped {
        Stepped::default()
    }
}
