//! Everything that documents of an incident say, worked out once: the one fold that all forms of an export read. Never
//! formats: no markup, no layout.

pub(super) mod answers;
pub(super) mod course;
pub(super) mod runs;

use std::sync::Arc;
use std::time::Duration;

use crate::base::Values;
use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::engine::session::CriterionState;
use crate::present::kind::Kind;
use crate::present::story::{self, Story};
use crate::present::words;
use crate::runbook::model::{Action, Urgency};
use crate::timeline::chain;
use crate::timeline::event::{Entry, Event};
use crate::timeline::measure::Measures;
use crate::timeline::order::{Placed, as_it_happened};

use super::Case;
use answers::Answered;
use course::Course;
use runs::Run;

/// An incident, ready to be told.
pub(super) struct Account<'a> {
    pub(super) case: Case<'a>,
    /// The fold, for what only the engine knows: which steps apply, which criteria hold. Without secret inputs.
    pub(super) session: Session,
    /// What fills in the author's texts.
    pub(super) names: Values,
    pub(super) measures: Measures,
    /// The criteria as they stood at the end, or as they stand.
    pub(super) criteria: Vec<CriterionState>,
    /// The timeline in the order in which things happened.
    pub(super) rows: Vec<Row<'a>>,
    /// The questions of the report, with what was answered.
    pub(super) questions: Vec<Answered<'a>>,
    /// The runbook's follow-up work with what was said about it since, and what was noted beside.
    pub(super) actions: Vec<FollowUp>,
    /// Every remediation that ran.
    pub(super) runs: Vec<Run<'a>>,
    /// When what was worked on, and how each check stood.
    pub(super) course: Course,
    /// SHA-256 of the journal's last line: what this was made from.
    pub(super) head: String,
}

/// An entry in its place, as it is told.
pub(super) struct Row<'a> {
    pub(super) placed: Placed<'a>,
    pub(super) story: Story,
    pub(super) kind: Kind,
    /// SHA-256 of what the entry rests on, of all of it.
    pub(super) evidence: Option<&'a str>,
}

/// A piece of follow-up work.
pub(super) struct FollowUp {
    pub(super) action: Action,
    /// The entry with the last word on it.
    pub(super) seq: Option<u64>,
}

/// Who was to lead from when on.
pub(super) struct Handover<'a> {
    pub(super) entry: &'a Entry,
    pub(super) to: &'a str,
    pub(super) brief: &'a str,
    /// The successor's word.
    pub(super) accepted: Option<&'a Entry>,
}

/// What was to be told to a channel.
pub(super) struct Message<'a> {
    pub(super) entry: &'a Entry,
    pub(super) channel: &'a str,
    pub(super) text: &'a str,
    /// What became of it.
    pub(super) settled: Option<&'a Entry>,
}

impl<'a> Account<'a> {
    pub(super) fn of(case: Case<'a>, journal: &str) -> Self {
        let incident = case.incident;
        let inputs = incident.inputs();
        let session = Session::new(Arc::clone(case.runbook), incident.clone(), inputs, incident.lead.clone());
        let until = incident.entries().last().map(|entry| entry.at);
        let names = session.names();
        let row = |placed: Placed<'a>| Row {
            placed,
            story: story::line(placed.entry, incident.entries(), case.runbook, &names),
            kind: Kind::of(&placed.entry.event),
            evidence: rests_on(&placed.entry.event),
        };
        Self {
            measures: until.map(|until| Measures::of(incident, case.runbook, until)).unwrap_or_default(),
            criteria: criteria_at_the_end(&session),
            rows: as_it_happened(incident).into_iter().map(row).collect(),
            questions: answers::of(case),
            actions: follow_up(case),
            runs: runs::of(case),
            course: Course::of(incident),
            head: journal.lines().last().map_or_else(|| chain::GENESIS.to_owned(), chain::hash),
            names,
            session,
            case,
        }
    }

    /// Every entry, in the order in which they were written.
    pub(super) fn entries(&self) -> &'a [Entry] {
        self.case.incident.entries()
    }

    /// Every entry that still holds, in the order in which they were written.
    pub(super) fn that_hold(&self) -> impl DoubleEndedIterator<Item = &'a Entry> {
        holding(self.case)
    }

    /// The incident's clock at a moment: `00:14:03`.
    pub(super) fn clock(&self, at: Stamp) -> String {
        words::clock(self.case.incident.since_began(at))
    }

    /// How the incident stands, in a few words. Criteria for later do not keep one from being resolved; immediate ones do.
    pub(super) fn status(&self) -> &'static str {
        let over = self.criteria.iter().filter(|criterion| criterion.urgency == Urgency::Immediate).all(|criterion| criterion.held);
        match (self.case.incident.resolved.is_some(), over) {
            (true, true) => "RESOLVED ✓",
            (true, false) => "CLOSED, with immediate criteria of success not held",
            (false, _) => "OPEN",
        }
    }

    /// Who has which role: the lead first.
    pub(super) fn roles(&self) -> Vec<(&str, &str)> {
        let lead = ("incident lead", self.case.incident.lead.as_str());
        let others = self.case.incident.roles.iter().filter(|(role, _)| role.as_str() != "lead");
        std::iter::once(lead).chain(others.map(|(role, who)| (words::role(role, self.case.runbook), who.as_str()))).collect()
    }

    /// Every change of the lead.
    pub(super) fn handovers(&self) -> Vec<Handover<'a>> {
        let mut handovers: Vec<Handover<'a>> = Vec::new();
        for entry in self.entries() {
            match &entry.event {
                Event::HandedOver { to, brief } => handovers.push(Handover { entry, to, brief, accepted: None }),
                Event::HandoverAccepted => {
                    if let Some(handover) = handovers.last_mut() {
                        handover.accepted.get_or_insert(entry);
                    }
                }
                _ => {}
            }
        }
        handovers
    }

    /// Every message to a channel.
    pub(super) fn messages(&self) -> Vec<Message<'a>> {
        let mut messages: Vec<Message<'a>> = Vec::new();
        for entry in self.entries() {
            match &entry.event {
                Event::MessageDue { channel, text } => messages.push(Message { entry, channel, text, settled: None }),
                Event::MessageSent { message: due, .. } | Event::MessageLost { message: due, .. } => {
                    if let Some(message) = messages.iter_mut().rfind(|message| message.entry.seq == *due) {
                        message.settled = Some(entry);
                    }
                }
                _ => {}
            }
        }
        messages
    }

    /// The title of a check; its id where the runbook has no such check.
    pub(super) fn check_title<'s>(&'s self, id: &'s Id) -> &'s str {
        self.case.runbook.check(id).map_or(id.as_str(), |(_, check)| &check.title)
    }
}

impl Row<'_> {
    /// What the incident's clock showed when it happened: `00:14:03`, or `-00:10:00` for what was before it began.
    pub(super) fn clock(&self) -> String {
        let Placed { clock, before, .. } = self.placed;
        if before > Duration::ZERO { format!("-{}", words::clock(before)) } else { words::clock(clock) }
    }

    /// When it happened, by the wall clock, in UTC.
    pub(super) fn happened(&self) -> String {
        let entry = self.placed.entry;
        let at = entry.event.happened_at().filter(|_| self.placed.late).unwrap_or(entry.at.wall);
        at.format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

fn holding(case: Case<'_>) -> impl DoubleEndedIterator<Item = &Entry> {
    case.incident.entries().iter().filter(move |entry| case.incident.corrected_by(entry.seq).is_none())
}

/// The hash of all that was seen, where an entry has one.
fn rests_on(event: &Event) -> Option<&str> {
    let kept = event.evidence().map(|evidence| evidence.sha256.as_str());
    let seen = match event {
        Event::CheckSettled(settled) => Some(settled.seen_hash.as_str()).filter(|hash| !hash.is_empty()),
        _ => None,
    };
    kept.or(seen)
}

fn criteria_at_the_end(session: &Session) -> Vec<CriterionState> {
    let mut criteria = session.criteria();
    for state in &mut criteria {
        let recorded = session.incident.resolved.iter().flat_map(|(_, resolved)| &resolved.success);
        if let Some(recorded) = recorded.into_iter().find(|recorded| recorded.id == state.id) {
            state.held = recorded.held;
            state.because.clone_from(&recorded.because);
        }
    }
    criteria
}

/// What the responders said lies over what the author wrote; an owner they left out stays the author's.
fn follow_up(case: Case<'_>) -> Vec<FollowUp> {
    let mut actions: Vec<FollowUp> =
        case.runbook.report.actions.iter().map(|action| FollowUp { action: action.clone(), seq: None }).collect();
    for noted in &case.incident.actions {
        let said_last = |entry: &&Entry| matches!(&entry.event, Event::ActionNoted { title, .. } if *title == noted.title);
        let seq = holding(case).rev().find(said_last).map(|entry| entry.seq);
        let mut action = Action { title: noted.title.clone(), state: noted.state, owner: noted.owner.clone() };
        match actions.iter_mut().find(|known| known.action.title == noted.title) {
            Some(known) => {
                action.owner = action.owner.or_else(|| known.action.owner.take());
                *known = FollowUp { action, seq };
            }
            None => actions.push(FollowUp { action, seq }),
        }
    }
    actions
}
