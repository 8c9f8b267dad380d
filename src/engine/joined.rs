//! Another runbook inside the same incident: which there are, whether one may be opened here, and what follows when it is. With
//! its entry it is there again after a resume and in the report, from what is kept of its file. Never reads a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::id::Id;
use crate::base::redact::MASK;
use crate::runbook::Runbook;
use crate::runbook::joined::{Joined, came_with};
use crate::timeline::event::{Evidence, OpenedTarget, RunbookJoined};
use crate::timeline::{Event, Incident};

use super::checks;
use super::effect::Effect;
use super::gate::Why;
use super::session::Session;
use super::turn::Turn;

/// A runbook that was found on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelved {
    /// What it says.
    pub runbook: Arc<Runbook>,
    /// Its file.
    pub text: Arc<str>,
    /// The files it pulls in, as an entry has them.
    pub pulled_in: BTreeMap<String, String>,
    /// Where its targets are, by its own names for them.
    pub targets: Vec<OpenedTarget>,
    /// Answers to its questions that the environment gives.
    pub known: BTreeMap<String, String>,
    /// Why nothing of it may run here, if so.
    pub refused: Option<String>,
}

/// What is known of the runbooks of this machine.
#[derive(Clone, Debug, Default)]
pub(super) enum Shelf {
    /// Nobody has looked.
    #[default]
    Unseen,
    /// Somebody does.
    Looking,
    /// These are there.
    Seen(Arc<[Shelved]>),
}

/// Whether a runbook that was found may be opened inside this incident, whatever is answered to its questions.
///
/// # Errors
/// Why not.
pub fn fits(session: &Session, shelved: &Shelved) -> Result<(), Why> {
    if let Some(why) = &session.degraded {
        return Err(format!("nothing is being recorded ({why})"));
    }
    if let Some(why) = &shelved.refused {
        return Err(why.clone());
    }
    session.runbook.has_room_for(&shelved.runbook, session.inputs())?;
    match new_targets(session, shelved).first() {
        Some(target) if session.incident.is_drill() => {
            Err(format!("this is a drill, and {} is no database of its world: nothing real is reached from here", target.name))
        }
        _ => Ok(()),
    }
}

/// What is answered of its questions before anybody is asked: by this incident, whose questions are not asked again, else by
/// the environment.
#[must_use]
pub fn answered(session: &Session, shelved: &Shelved) -> BTreeMap<String, String> {
    let mut answers = shelved.known.clone();
    answers
        .extend(session.runbook.inputs.iter().map(|input| (input.name.clone(), session.input(&input.name).unwrap_or_default().to_owned())));
    answers
}

/// Whether it may be opened with these answers to the questions that are new.
///
/// # Errors
/// Why not.
pub(super) fn may(session: &Session, runbook: &Id, answers: &BTreeMap<String, String>) -> Result<(), Why> {
    let shelved = session.shelved(runbook).ok_or_else(|| format!("there is no runbook `{runbook}` to be found here"))?;
    fits(session, shelved)?;
    for input in session.runbook.new_inputs(&shelved.runbook) {
        input.accept(answers.get(&input.name).map_or("", String::as_str)).map_err(|why| format!("`{}`: {why}", input.name))?;
    }
    Ok(())
}

/// Opens it; gives its first step that applies.
pub(super) fn join(turn: &mut Turn<'_>, by: &str, runbook: &Id, answers: &BTreeMap<String, String>) -> Option<Id> {
    let shelved = turn.session.shelved(runbook)?.clone();
    let targets = new_targets(turn.session, &shelved);
    let (mut all, mut open) = (BTreeMap::new(), BTreeMap::new());
    for input in turn.session.runbook.new_inputs(&shelved.runbook) {
        let Some(answer) = answers.get(&input.name).filter(|answer| !answer.is_empty()) else { continue };
        all.insert(input.name.clone(), answer.clone());
        if !input.secret {
            open.insert(input.name.clone(), answer.clone());
        }
    }
    let Shelved { runbook: other, text, pulled_in, .. } = shelved;
    let file = Evidence::of(text.as_bytes(), text.len() as u64);
    let joined = Joined { hash: file.sha256.clone(), runbook: other.clone(), is_in: false };
    turn.session.inputs.extend(all);
    Arc::make_mut(&mut turn.session.runbook).joined.push(joined);
    turn.push(Effect::Keep { evidence: file.clone(), content: text.as_bytes().to_vec() });
    let (id, title) = (other.id.clone(), other.title.clone());
    turn.record(by, Event::RunbookJoined(RunbookJoined { runbook: id, title, file, pulled_in, inputs: open, targets }));
    turn.push(Effect::Widen);
    checks::note_what_applies(turn);
    let mut steps = turn.session.applicable_steps();
    steps.find(|(_, step)| came_with(&step.id).as_ref() == Some(runbook)).map(|(_, step)| step.id.clone())
}

/// The targets that it would bring, as this incident would call them.
fn new_targets(session: &Session, shelved: &Shelved) -> Vec<OpenedTarget> {
    let known = &session.runbook;
    let named = shelved.runbook.targets.iter().map(|target| (known.name_for_target(&shelved.runbook, target), target));
    let new = named.filter(|(name, _)| known.target(name).is_none());
    new.filter_map(|(name, target)| {
        let found = shelved.targets.iter().find(|found| found.name == target.name)?;
        Some(OpenedTarget { name, ..found.clone() })
    })
    .collect()
}

/// Puts what has joined the incident into its runbook, once each, with titles that name answers filled in. A file that is
/// another runbook than its entry says, or one that is there already, is left out: what binds it goes by that name.
pub(super) fn put_in(runbook: &mut Arc<Runbook>, incident: &Incident, inputs: &BTreeMap<String, String>) {
    for (at, joined) in &incident.joined {
        let is_there = runbook.id == joined.runbook || runbook.joined.iter().any(|known| known.is_in && known.runbook.id == joined.runbook);
        let is_it = |known: &Joined| !is_there && known.hash == joined.file.sha256 && known.runbook.id == joined.runbook;
        let Some(place) = runbook.joined.iter().position(is_it) else { continue };
        let other = runbook.joined[place].runbook.clone().titled(|input| match inputs.get(&input.name) {
            Some(_) if input.secret => MASK,
            value => value.map(String::as_str).unwrap_or_default(),
        });
        let runbook = Arc::make_mut(runbook);
        runbook.joined[place].is_in = true;
        runbook.join(&other, incident.since_began(*at));
    }
}

impl Session {
    /// The runbooks that were found on this machine; none as long as nobody has looked.
    #[must_use]
    pub fn runbooks_at_hand(&self) -> Option<&[Shelved]> {
        match &self.shelf {
            Shelf::Seen(books) => Some(books),
            Shelf::Unseen | Shelf::Looking => None,
        }
    }

    /// Whether they are being looked for.
    #[must_use]
    pub fn is_looking(&self) -> bool {
        matches!(self.shelf, Shelf::Looking)
    }

    /// The one of these with this id.
    #[must_use]
    pub fn shelved(&self, runbook: &Id) -> Option<&Shelved> {
        self.runbooks_at_hand()?.iter().find(|shelved| shelved.runbook.id == *runbook)
    }
}
