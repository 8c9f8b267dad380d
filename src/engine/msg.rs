//! What reaches the engine: wishes of people, news from the world, the clock. Never a closure, never a
//! handle: every message is data.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::{AttemptId, Id};
use crate::runbook::model::ActionState;
use crate::timeline::event::Opened;

use super::attempt::{Answer, RemediationNews};
use super::joined::Shelved;
use super::letter::{Letter, Wish};
use super::notify::MessageNews;

/// One message to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Msg {
    /// The incident begins.
    Opened {
        /// Who opened it.
        by: String,
        /// How.
        opened: Opened,
    },
    /// Somebody goes on with it after the program had ended.
    Resumed {
        /// Who.
        by: String,
        /// What was found.
        resumption: Resumption,
    },
    /// Somebody wants something.
    Asked {
        /// Their name.
        by: String,
        /// What.
        command: Command,
    },
    /// A letter from outside the screen.
    Letter(Letter),
    /// A check was answered.
    Check {
        /// Which try.
        attempt: AttemptId,
        /// With what.
        answer: Answer,
    },
    /// A file that was to be kept was read.
    Fetched {
        /// Who wanted it kept.
        by: String,
        /// Its name, without its folder.
        name: String,
        /// What it is evidence for.
        about: Option<Id>,
        /// How many bytes it has.
        size: u64,
        /// Its content, masked: the end of it, where it is larger than what is kept. Or why it could not be read.
        content: Result<Vec<u8>, String>,
    },
    /// The runbooks that there are on this machine.
    RunbooksFound(Vec<Shelved>),
    /// A rehearsal or a remediation got further.
    Remediation {
        /// Which try.
        attempt: AttemptId,
        /// How far.
        news: RemediationNews,
    },
    /// A message to a channel got further.
    Message {
        /// Sequence number of the entry that said it was due.
        message: u64,
        /// How far.
        news: MessageNews,
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

/// What was found when an incident was taken up again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resumption {
    /// How long nobody was there.
    pub away: Duration,
    /// Bytes of a torn end that was set aside, and the file they are kept in.
    pub repaired: Option<(u64, String)>,
    /// For a drill whose world was built again: what was applied again.
    pub reapplied: Option<Vec<Id>>,
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
    /// Ask the checks of a step that have no answer yet, but not the probes.
    RunUnanswered(Id),
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
    /// Write down what happened earlier.
    NoteLate {
        /// What.
        text: String,
        /// When, as a person says it; see [`crate::base::stamp::earlier`].
        when: String,
    },
    /// Write a decision into the log of decisions.
    Decide {
        /// What was decided.
        decision: String,
        /// What else was considered; may be empty.
        considered: String,
        /// Who objected, and why; may be empty.
        objections: String,
    },
    /// Say that an entry does not hold.
    Correct {
        /// Its sequence number.
        entry: u64,
        /// Why; may be empty where it is one's own.
        reason: String,
        /// What a note or a decision should have said; empty takes it back.
        instead: String,
    },
    /// Take back the last of one's own entries that can be taken back.
    Undo,
    /// Give somebody a role, or nobody.
    AssignRole {
        /// The role.
        role: Id,
        /// Their name; empty for nobody.
        to: String,
    },
    /// Say that the brief was read, and lead.
    AcceptHandover,
    /// Answer a question of the report.
    Answer {
        /// The question, as the runbook asks it.
        question: String,
        /// The answer.
        answer: String,
    },
    /// Note follow-up work, or how far it is.
    NoteAction {
        /// One line.
        title: String,
        /// How far it is.
        state: ActionState,
        /// Who does it; may be empty.
        owner: String,
    },
    /// Keep a file as evidence.
    Attach {
        /// Where it is.
        path: String,
        /// What it is evidence for.
        about: Option<Id>,
    },
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
    /// Say that a call was seen, by the number of its entry. An escalation's is acknowledged like [`Self::AcknowledgeEscalation`].
    AcknowledgeCall(u64),
    /// Have a call be quiet for a while.
    SnoozeCall {
        /// The number of its entry.
        call: u64,
        /// For how long.
        minutes: u32,
    },
    /// Tell stakeholders how it stands: every channel that hears updates, and whoever the responder tells in another way.
    GiveUpdate {
        /// What they read.
        text: String,
    },
    /// Ask a target what stands in no runbook: one statement that reads.
    AskSql {
        /// The target.
        target: Id,
        /// The statement; inputs are named as in a runbook.
        sql: String,
    },
    /// Run a line for a shell once, and keep what it prints.
    RunOnce {
        /// The line; inputs are named as in a runbook.
        line: String,
    },
    /// Make a check of this incident of what was asked so.
    KeepQuestion {
        /// The id that it has as a check.
        check: Id,
        /// One line, phrased as what should be true.
        title: String,
        /// What the answer must fulfil.
        expect: Option<String>,
        /// Asked again this often.
        every: Option<Duration>,
    },
    /// Look which other runbooks there are.
    FindRunbooks,
    /// Open another runbook inside this incident.
    JoinRunbook {
        /// One of those that were found.
        runbook: Id,
        /// Answers to those of its questions that were not asked before, secret ones included.
        answers: BTreeMap<String, String>,
    },
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
    /// Go on with another runbook; the incident stays open.
    LeaveFor(Id),
}

impl Msg {
    /// The same with `change` made to whatever a person wrote in their own words: notes, evidence, reasons.
    #[must_use]
    pub fn with_text(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::Asked { by, command } => Self::Asked { by, command: command.with_text(change) },
            Self::Letter(Letter { token, by, wish: Wish::Note { text, happened_at } }) => {
                Self::Letter(Letter { token, by, wish: Wish::Note { text: change(text), happened_at } })
            }
            // Nobody's own words, or cleaned and masked before.
            other @ (Self::Letter(_)
            | Self::Opened { .. }
            | Self::Resumed { .. }
            | Self::Check { .. }
            | Self::Fetched { .. }
            | Self::RunbooksFound(_)
            | Self::Remediation { .. }
            | Self::Message { .. }
            | Self::JournalFailed(_)
            | Self::JournalWrites
            | Self::Woke
            | Self::Told(_)) => other,
        }
    }
}

impl Command {
    fn with_text(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::SkipRehearsal { remediation, reason } => Self::SkipRehearsal { remediation, reason: change(reason) },
            Self::Tick { task, evidence } => Self::Tick { task, evidence: change(evidence) },
            Self::Note(text) => Self::Note(change(text)),
            Self::NoteLate { text, when } => Self::NoteLate { text: change(text), when },
            Self::Decide { decision, considered, objections } => {
                Self::Decide { decision: change(decision), considered: change(considered), objections: change(objections) }
            }
            Self::Correct { entry, reason, instead } => Self::Correct { entry, reason: change(reason), instead: change(instead) },
            Self::Answer { question, answer } => Self::Answer { question, answer: change(answer) },
            Self::NoteAction { title, state, owner } => Self::NoteAction { title: change(title), state, owner: change(owner) },
            Self::Skip { step, reason } => Self::Skip { step, reason: change(reason) },
            Self::Override { check, reason } => Self::Override { check, reason: change(reason) },
            Self::SetSeverity { severity, reason } => Self::SetSeverity { severity, reason: change(reason) },
            Self::Pause(reason) => Self::Pause(change(reason)),
            Self::HandOver { to, word } => Self::HandOver { to, word: change(word) },
            Self::GiveUpdate { text } => Self::GiveUpdate { text: change(text) },
            Self::AskSql { target, sql } => Self::AskSql { target, sql: change(sql) },
            Self::RunOnce { line } => Self::RunOnce { line: change(line) },
            Self::KeepQuestion { check, title, expect, every } => {
                Self::KeepQuestion { check, title: change(title), expect: expect.map(change), every }
            }
            Self::Resolve { summary } => Self::Resolve { summary: change(summary) },
            // What was typed to confirm is compared with a name, and the rest has no words.
            other @ (Self::EnterStep(_)
            | Self::RunCheck(_)
            | Self::RunStep(_)
            | Self::RunUnanswered(_)
            | Self::RunAll
            | Self::RunSuccess
            | Self::Judge { .. }
            | Self::Cancel(_)
            | Self::Plan(_)
            | Self::Confirm { .. }
            | Self::Abandon(_)
            | Self::Untick(_)
            | Self::AcknowledgeEscalation(_)
            | Self::AcknowledgeCall(_)
            | Self::SnoozeCall { .. }
            | Self::Undo
            | Self::AssignRole { .. }
            | Self::AcceptHandover
            | Self::Attach { .. }
            | Self::FindRunbooks
            | Self::JoinRunbook { .. }
            | Self::Continue
            | Self::Leave
            | Self::LeaveFor(_)) => other,
        }
    }
}
