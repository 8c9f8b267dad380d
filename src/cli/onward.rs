//! How an incident is left: for good, or to go on with a related runbook. Never takes a secret answer along, nor a
//! permission: what was opened read-only goes on read-only.

use std::collections::BTreeMap;

use crate::base::id::{Id, IncidentId};
use crate::engine::{Ending, Session};
use crate::present::words;
use crate::runtime::Runtime;
use crate::world::journal::Stored;

use super::author::valid_book;
use super::face::Face;
use super::failure::{Failure, Outcome};
use super::open::{self, Given, Run, run_one};
use super::{past, proof, say, tokio_runtime};

/// How an incident was left.
pub(super) struct Left {
    pub(super) outcome: Outcome,
    onward: Option<Onward>,
}

impl Left {
    pub(super) fn for_good(outcome: Outcome) -> Self {
        Self { outcome, onward: None }
    }
}

/// Where the responder goes on.
struct Onward {
    runbook: Id,
    /// The incident that was left.
    from: Option<IncidentId>,
    /// Its answers, but for the secret ones.
    answers: BTreeMap<String, String>,
    person: String,
    read_only: bool,
    plain: bool,
}

impl Onward {
    /// The incident to open, with every answer and connection that the runbook asks for by the same name.
    fn into_run(self, given: &Given) -> Result<Run, Failure> {
        let (_, runbook) = valid_book(self.runbook.as_str())?;
        let same =
            |name: &str, value: &str| runbook.inputs.iter().any(|input| input.name == name && !input.secret && input.accept(value).is_ok());
        let inputs = self.answers.iter().filter(|(name, value)| same(name, value)).map(|(name, value)| format!("{name}={value}"));
        let has_target = |pair: &&String| pair.split_once('=').is_some_and(|(name, _)| runbook.target(&Id::new(name)).is_some());
        let on = given.on.iter().filter(has_target).cloned().collect();
        let given = Given { inputs: inputs.collect(), on, name: Some(self.person) };
        Ok(Run {
            runbook: self.runbook.to_string(),
            given,
            severity: None,
            since: None,
            read_only: self.read_only,
            plain: self.plain,
            after: self.from,
        })
    }
}

/// The incident before its responder, until they leave it; then, on the terminal they are back on, how to
/// go on. `truth` is told once it is over.
pub(super) async fn walk(mut face: Face, runtime: &mut Runtime, truth: Option<String>) -> Left {
    let name = runtime.incident_id().map(ToString::to_string).unwrap_or_default();
    let ending = face.walk(runtime, name.clone(), truth).await;
    let plain = matches!(face, Face::Plain(_));
    drop(face);
    let session = runtime.session();
    proof::vouch_for_left(runtime.incident_id(), &session.incident).await;
    let outcome = if session.incident.resolved.is_some() {
        say(&format!("fracas: resolved; `fracas export {name}` prints the report"));
        Outcome::Done
    } else {
        say(&format!("fracas: still open; `fracas resume {name}` goes on with it"));
        Outcome::NotGood
    };
    if let Some(id) = runtime.incident_id() {
        say_what_is_due(session, id);
    }
    let Ending::Onward(runbook) = ending else { return Left::for_good(outcome) };
    let is_open = |name: &str| session.runbook.inputs.iter().any(|input| input.name == name && !input.secret);
    let answers = session.inputs().iter().filter(|(name, _)| is_open(name)).map(|(name, value)| (name.clone(), value.clone()));
    let (from, answers, person) = (runtime.incident_id().cloned(), answers.collect(), session.responder.clone());
    let read_only = session.incident.opened().is_some_and(|opened| opened.read_only);
    Left { outcome, onward: Some(Onward { runbook, from, answers, person, read_only, plain }) }
}

/// Opens the runbooks that a responder goes on with, until there is none.
pub(super) fn go_on_with(mut left: Left, mut given: Given) -> Result<Outcome, Failure> {
    while let Some(onward) = left.onward {
        let next = onward.into_run(&given)?;
        left = run_one(&next)?;
        given = next.given;
    }
    Ok(left.outcome)
}

/// Tells the team's channels what they have not heard of an incident that is over. A signal ends it.
pub(super) fn tell_the_rest(wanted: &Stored, given: &Given) -> Result<Outcome, Failure> {
    let runbook = past::unaltered_runbook(wanted)?;
    let inputs = wanted.incident.inputs();
    tokio_runtime()?.block_on(async {
        let (mut runtime, mut stepped) =
            open::go_on(open::take_up(wanted)?, open::surroundings(runbook, inputs, given)?, given.person(), None)?;
        loop {
            stepped.said.iter().for_each(|sentence| say(&format!("fracas: {sentence}")));
            if stepped.ending.is_some() || !runtime.session().is_telling() {
                break;
            }
            let msg = runtime.next().await;
            stepped = runtime.step(msg);
        }
        Ok(if say_what_is_due(runtime.session(), &wanted.id) { Outcome::NotGood } else { Outcome::Done })
    })
}

/// Says how many messages the team's channels have not heard, if there are any.
fn say_what_is_due(session: &Session, name: &IncidentId) -> bool {
    let due = session.incident.messages.values().filter(|message| !message.settled).count();
    if due > 0 {
        let messages = words::count(due as u64, "message is", "messages are");
        say(&format!("fracas: {messages} still due to the team's channels; `fracas resume {name}` tells them"));
    }
    due > 0
}
