//! What reaches the engine: wishes of people, news from the world, the clock. Never a closure, never a
//! handle: every message is data.

use crate::base::id::{AttemptId, Id};

use super::attempt::{Answer, RemediationNews};

/// One message to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// Somebody wants something.
    Asked {
        /// Their name.
        by: String,
        /// What.
        command: Command,
    },
    /// A check was answered.
    Check {
        /// Which try.
        attempt: AttemptId,
        /// With what.
        answer: Answer,
    },
    /// A rehearsal or a remediation got further.
    Remediation {
        /// Which try.
        attempt: AttemptId,
        /// How far.
        news: RemediationNews,
    },
    /// The journal could not take an entry: nothing that follows is recorded until it writes again.
    JournalFailed(String),
    /// The journal writes again.
    JournalWrites,
    /// Time has passed; see [`super::Session::next_wake`].
    Woke,
    /// The operating system wants the program to end.
    Told(Signal),
}

/// A signal that ends the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGHUP.
    HangUp,
    /// SIGINT.
    Interrupt,
    /// SIGQUIT.
    Quit,
}

impl Signal {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
        }
    }
}

/// What a person can want. [`super::gate::may`] says whether it is possible now, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Turn to a step; its checks are asked at once.
    EnterStep(Id),
    /// Ask one check.
    RunCheck(Id),
    /// Ask every check of a step but the probes.
    RunStep(Id),
    /// Ask every check that applies but the probes.
    RunAll,
    /// Ask the checks behind the criteria of success.
    RunSuccess,
    /// Say whether an answer without expectation is good.
    Judge {
        /// The check.
        check: Id,
        /// Good or not.
        passed: bool,
    },
    /// Give up on a check that is being asked, or on a remediation that runs.
    Cancel(Id),
    /// Lay out what a remediation would do, and rehearse it where that is possible.
    Plan(Id),
    /// Go on without a rehearsal that failed or takes too long.
    SkipRehearsal {
        /// The remediation.
        remediation: Id,
        /// Why.
        reason: String,
    },
    /// Consent: run it.
    Confirm {
        /// The remediation.
        remediation: Id,
        /// What was typed: the database's name where the target is production.
        typed: String,
    },
    /// Put a plan aside.
    Abandon(Id),
    /// Tick a task or a criterion of success.
    Tick {
        /// The task or criterion.
        task: Id,
        /// Evidence, may be empty.
        evidence: String,
    },
    /// Take a tick back.
    Untick(Id),
    /// Write something down.
    Note(String),
    /// Leave a step out.
    Skip {
        /// The step.
        step: Id,
        /// Why.
        reason: String,
    },
    /// Accept a check that is not green.
    Override {
        /// The check.
        check: Id,
        /// Why.
        reason: String,
    },
    /// Confirm that an escalation was seen and made.
    AcknowledgeEscalation(usize),
    /// Change the severity.
    SetSeverity {
        /// The new one.
        severity: String,
        /// Why.
        reason: String,
    },
    /// Stand still on purpose.
    Pause(String),
    /// Go on.
    Continue,
    /// Let somebody else lead.
    HandOver {
        /// Their name.
        to: String,
        /// A word beside what the program knows.
        word: String,
    },
    /// It is over.
    Resolve {
        /// In the responder's words.
        summary: String,
    },
    /// End the program; the incident stays open.
    Leave,
}
