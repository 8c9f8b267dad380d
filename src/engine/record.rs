//! What people say about the incident: notes, decisions, corrections, roles, evidence, answers for the report. Never
//! what they do to a system.

use crate::base::id::Id;
use crate::base::stamp::{Stamp, earlier};
use crate::timeline::event::{Decided, Evidence};
use crate::timeline::{Entry, Event};

use super::effect::Effect;
use super::gate::Why;
use super::msg::Command;
use super::session::Session;
use super::turn::Turn;

/// The role that changes hands with a brief, and not by a word.
const LEAD: &str = "lead";

/// Whether this may be said when the incident is over: it looks back, and changes nothing of how it ended.
pub(super) fn looks_back(command: &Command) -> bool {
    matches!(
        command,
        Command::Note(_)
            | Command::NoteLate { .. }
            | Command::Decide { .. }
            | Command::Correct { .. }
            | Command::Undo
            | Command::Answer { .. }
            | Command::NoteAction { .. }
            | Command::Attach { .. }
    )
}

/// Whether it may be said now.
///
/// # Errors
/// Why not.
pub(super) fn may(session: &Session, now: Stamp, command: &Command) -> Result<(), Why> {
    let said = |text: &str, why: &str| if text.trim().is_empty() { Err(why.to_owned()) } else { Ok(()) };
    match command {
        Command::Note(text) => said(text, "an empty note is not kept"),
        Command::NoteLate { text, when } => {
            said(text, "an empty note is not kept")?;
            earlier(when, now.wall).map(|_| ())
        }
        Command::Decide { decision, .. } => said(decision, "say what was decided"),
        Command::Correct { entry, reason, instead } => {
            let Some(wrong) = session.incident.entry(*entry) else {
                return Err(format!("there is no entry {entry}"));
            };
            if let Some(why) = stands(session, wrong) {
                return Err(why);
            }
            if !instead.trim().is_empty() && !matches!(wrong.event, Event::Note { .. } | Event::Decided(_)) {
                return Err("only a note or a decision can be put in other words; this can be taken back".to_owned());
            }
            if wrong.by == session.responder {
                Ok(())
            } else {
                said(reason, &format!("it is {}'s entry: say why it does not hold", wrong.by))
            }
        }
        Command::Undo if last_own(session).is_none() => Err("nothing of yours can be taken back".to_owned()),
        Command::AssignRole { role, to } if role.as_str() == LEAD => {
            Err(format!("hand the incident over to {}: then a brief goes along", if to.is_empty() { "somebody" } else { to }))
        }
        Command::AssignRole { role, to } if to.is_empty() && !session.incident.roles.contains_key(role) => Err("nobody has it".to_owned()),
        Command::AcceptHandover => match &session.incident.handover {
            Some(handover) if handover.accepted.is_none() && handover.to == session.responder => Ok(()),
            Some(handover) if handover.accepted.is_none() => Err(format!("it waits for {}", handover.to)),
            _ => Err("no handover waits to be accepted".to_owned()),
        },
        Command::Answer { answer, .. } => said(answer, "an empty answer is not kept"),
        Command::NoteAction { title, .. } => said(title, "say what is to be done"),
        Command::Attach { path, .. } => said(path, "say which file"),
        // Every other wish is the gate's.
        _ => Ok(()),
    }
}

/// Why an entry can not be corrected any more, or ever.
fn stands(session: &Session, entry: &Entry) -> Option<Why> {
    if session.incident.corrected_by(entry.seq).is_some() {
        return Some("it was corrected already".to_owned());
    }
    (!entry.event.may_be_corrected()).then(|| "it says what happened, and that stays; write a note about it".to_owned())
}

/// The last entry of the responder's own that can be taken back. A correction is not: taking it back brings an older one
/// into force, which nobody means by one key pressed twice.
#[must_use]
pub fn last_own(session: &Session) -> Option<&Entry> {
    session
        .incident
        .entries()
        .iter()
        .rev()
        .find(|entry| entry.by == session.responder && !matches!(entry.event, Event::Corrected { .. }) && stands(session, entry).is_none())
}

/// Writes it down; [`may`] has let it pass.
pub(super) fn write(turn: &mut Turn<'_>, by: &str, command: Command) {
    let now = turn.at.wall;
    match command {
        Command::Note(text) => turn.record(by, Event::Note { text, happened_at: None, letter: None }),
        Command::NoteLate { text, when } => {
            turn.record(by, Event::Note { text, happened_at: earlier(&when, now).ok(), letter: None });
        }
        Command::Decide { decision, considered, objections } => {
            let [decision, considered, objections] = [decision, considered, objections].map(|text| text.trim().to_owned());
            turn.record(by, Event::Decided(Decided { decision, considered, objections, happened_at: None }));
        }
        Command::Correct { entry, reason, instead } => {
            let instead = Some(instead.trim().to_owned()).filter(|instead| !instead.is_empty());
            turn.record(by, Event::Corrected { entry, reason: reason.trim().to_owned(), instead });
        }
        Command::Undo => {
            if let Some(entry) = last_own(turn.session).map(|entry| entry.seq) {
                turn.record(by, Event::Corrected { entry, reason: String::new(), instead: None });
            }
        }
        Command::AssignRole { role, to } => turn.record(by, Event::RoleAssigned { role, to: to.trim().to_owned() }),
        Command::AcceptHandover => turn.record(by, Event::HandoverAccepted),
        Command::Answer { question, answer } => turn.record(by, Event::QuestionAnswered { question, answer: answer.trim().to_owned() }),
        Command::NoteAction { title, state, owner } => {
            let owner = Some(owner.trim().to_owned()).filter(|owner| !owner.is_empty());
            turn.record(by, Event::ActionNoted { title: title.trim().to_owned(), state, owner });
        }
        Command::Attach { path, about } => turn.push(Effect::Fetch { by: by.to_owned(), path: path.trim().to_owned(), about }),
        _ => {}
    }
}

/// Keeps a file that was read, with an entry that cites it.
pub(super) fn fetched(turn: &mut Turn<'_>, by: &str, name: String, about: Option<Id>, size: u64, content: Result<Vec<u8>, String>) {
    let content = match content {
        Ok(content) => content,
        Err(why) => return turn.say(format!("not attached: {why}")),
    };
    let evidence = Evidence::of(&content, size);
    turn.push(Effect::Keep { evidence: evidence.clone(), content });
    turn.record(by, Event::Attached { name, about, evidence });
}
