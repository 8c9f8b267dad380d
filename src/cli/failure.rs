//! How a command ends: the exit codes that scripts rely on, and the one type of failure at the top.
//! Never holds a secret: messages are made of what people may see.

use std::fmt;
use std::process::ExitCode;

use crate::base::text;

/// How a command ended that did what it was asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 0: done, and all passed.
    Done,
    /// 1: a check failed, an incident left unresolved, a timeline that is not whole.
    NotGood,
    /// 3: an invalid runbook.
    Invalid,
    /// 4: a check was inconclusive and none failed.
    Inconclusive,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::NotGood => 1,
            Outcome::Invalid => 3,
            Outcome::Inconclusive => 4,
        })
    }
}

/// Why a command could not do what it was asked to do: one message that says what to do next.
#[derive(Debug)]
pub struct Failure {
    message: String,
    /// What follows the message as it is: problems of a file, drawn with carets and perhaps colour.
    listing: String,
    code: u8,
}

impl Failure {
    fn new(message: impl Into<String>, code: u8) -> Self {
        Self { message: message.into(), listing: String::new(), code }
    }

    /// 1: something outside did not work: a disk, a server, a program that is not installed, an incident that
    /// somebody else has open.
    pub fn outside(message: impl Into<String>) -> Self {
        Self::new(message, 1)
    }

    /// 2: wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(message, 2)
    }

    /// 3: an invalid or untrusted runbook.
    pub fn runbook(message: impl Into<String>) -> Self {
        Self::new(message, 3)
    }

    /// With a listing behind the message, which must be clean already.
    #[must_use]
    pub fn listing(self, listing: String) -> Self {
        Self { listing, ..self }
    }

    /// 70: a defect of ours (`EX_SOFTWARE` of sysexits.h).
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(message, 70)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", text::lines(&self.message), self.listing)
    }
}

impl From<Failure> for ExitCode {
    fn from(failure: Failure) -> Self {
        Self::from(failure.code)
    }
}
