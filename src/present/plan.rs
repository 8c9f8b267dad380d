//! The plan of a remediation in words that every face says alike: on which server, how far it was tried, what to type. Never
//! leaves out anything that a person consents to; each face lays out the statements itself.

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::runbook::model::Act;
use crate::timeline::event::{Planned, Problem, ServerFacts, Settled, StatementResult};
use crate::timeline::incident::RemediationRecord;

use super::mark::Mark;
use super::story::Story;
use super::words;

/// The database whose name is the consent to the open plan, if one has to be typed; none while anything runs.
#[must_use]
pub fn name_to_type(session: &Session, remediation: &Id, now: Stamp) -> Option<String> {
    let record = session.incident.remediations.get(remediation).filter(|record| record.open)?;
    let planned = record.planned.as_ref().filter(|planned| planned.production)?;
    if session.running().is_some() || planned.target.as_ref().is_some_and(|target| session.is_armed(target, now)) {
        return None;
    }
    record.rehearsed.as_ref().and_then(|rehearsed| rehearsed.server.as_ref()).map(|server| server.database.clone())
}

/// Where a plan runs: the name of its target, and what that is. None for this machine.
#[must_use]
pub fn target<'s>(session: &'s Session, planned: &'s Planned) -> Option<(&'s Id, Option<&'s str>)> {
    let name = planned.target.as_ref()?;
    let shown = session.incident.targets().find(|target| target.name == *name);
    Some((name, shown.map(|target| target.shown.as_str())))
}

/// The server that answered, in lower case and without a full stop. `started …` instead of an identifier says that this role
/// may not ask for it.
#[must_use]
pub fn server(server: &ServerFacts) -> String {
    let standby = if server.in_recovery { ", a STANDBY that takes no changes" } else { "" };
    let system = server.system.as_ref().map(|system| format!(", server {system}")).unwrap_or_default();
    format!("database {} as {}, PostgreSQL {}{system}{standby}", server.database, server.role, server.version)
}

/// What came of a plan so far: of its outcome, or else of its rehearsal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried<'r> {
    /// How it ended, if it ran.
    pub outcome: Option<&'r Settled>,
    /// What each statement did, as far as it came.
    pub results: &'r [StatementResult],
    /// What went wrong.
    pub problem: Option<&'r Problem>,
}

/// What came of this plan so far.
#[must_use]
pub fn tried<'r>(record: &'r RemediationRecord, planned: &Planned) -> Tried<'r> {
    let outcome = record.settled.as_ref().filter(|settled| settled.attempt == planned.attempt);
    match (outcome, &record.rehearsed) {
        (Some(settled), _) => Tried { outcome, results: &settled.results, problem: settled.problem.as_ref() },
        (None, Some(rehearsed)) => Tried { outcome, results: &rehearsed.results, problem: rehearsed.problem.as_ref() },
        (None, None) => Tried::default(),
    }
}

/// How a plan stands, in lower case and without a full stop; none before it was tried.
#[must_use]
pub fn standing(record: &RemediationRecord, planned: &Planned, act: Option<&Act>) -> Option<Story> {
    let told = |mark, text: String| Some(Story { mark, text });
    match (tried(record, planned).outcome, &record.rehearsed) {
        (Some(settled), _) => {
            let word = words::outcome(settled.outcome, act);
            let transaction = settled.transaction.as_ref().map(|id| format!(", transaction {id}")).unwrap_or_default();
            let exit = settled.exit.map(|exit| format!(", exit {exit}")).unwrap_or_default();
            told(word.mark, format!("{} in {}{transaction}{exit}", word.name, words::duration(settled.duration)))
        }
        // Where nothing can be rehearsed the server has only said who it is.
        (None, _) if !planned.can_rehearse => told(Mark::Warning, "it cannot be rehearsed: read it twice".to_owned()),
        (None, Some(rehearsed)) if rehearsed.problem.is_none() => {
            let took = words::duration(rehearsed.duration);
            told(Mark::Passed, format!("rehearsed in {took} and rolled back: nothing has changed yet"))
        }
        (None, Some(_)) => told(Mark::Failed, "the rehearsal failed: nothing has changed".to_owned()),
        (None, None) => None,
    }
}

/// What the server said about a problem beside its message, each with what it is, in lower case.
pub fn said_beside(problem: &Problem) -> impl Iterator<Item = (&'static str, &str)> {
    let said = [("detail", &problem.detail), ("hint", &problem.hint), ("blocked by", &problem.blocked_by)];
    said.into_iter().filter_map(|(label, words)| Some((label, words.as_deref()?)))
}
