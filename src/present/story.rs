//! An entry of the timeline as one line. Every event has an arm of its own: a new one does not compile
//! until it can be told. Never shows text as it came: the line is harmless to a terminal.

use crate::base::id::Id;
use crate::base::{Values, text};
use crate::engine::asked::is_beside;
use crate::runbook::Runbook;
use crate::runbook::model::Urgency;
use crate::timeline::event::{
    Call, CheckSettled, Committing, Decided, Entry, Event, Kept, Opened, Planned, Problem, Rehearsed, Resolved, Settled, StatementResult,
    Typed, Verdict,
};

use super::mark::{Mark, Tone};
use super::words::{self, count, quoted};

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The sign in front.
    pub mark: Mark,
    /// The sentence, on one line, without a full stop. Who and when are the entry's own fields.
    pub text: String,
}

impl Story {
    /// How it looks.
    #[must_use]
    pub const fn tone(&self) -> Tone {
        self.mark.tone()
    }
}

/// The story of an entry. `earlier` are the entries it may speak of, ordered by their numbers. `names` fill in the `{{ … }}`
/// of task titles; leave secret inputs out of them where the line leaves the screen.
#[must_use]
pub fn line(entry: &Entry, earlier: &[Entry], runbook: &Runbook, names: &Values) -> Story {
    let (mark, sentence) = tell(&entry.event, &Titles { runbook, names, earlier });
    // Two times: when it happened, and when it was written down.
    let late = entry.event.happened_at().map(|at| {
        let later = (entry.at.wall - at).to_std().unwrap_or_default();
        format!(" (happened {}, written {} later)", words::moment(at), words::rough(later))
    });
    let sentence = sentence + &late.unwrap_or_default();
    let one_line = sentence.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ");
    Story { mark, text: text::line(&one_line).into_owned() }
}

#[expect(clippy::too_many_lines, reason = "one arm an event, so that a new event cannot be forgotten")]
fn tell(event: &Event, titles: &Titles<'_>) -> (Mark, String) {
    match event {
        Event::Opened(opened) => (Mark::Incident, tell_opened(opened)),
        Event::Resumed { away } => (Mark::Incident, format!("resumed after {}", words::duration(*away))),
        Event::Left { why } => (Mark::Incident, format!("left open: {why}")),
        Event::Interrupted { remediation, applying: true, .. } => (
            Mark::Inconclusive,
            format!("the program ended while {} was being applied: nobody knows whether it took effect", titles.remediation(remediation)),
        ),
        Event::Interrupted { remediation, applying: false, .. } => {
            (Mark::Warning, format!("the program ended before {} was applied: nothing of it took effect", titles.remediation(remediation)))
        }
        Event::Repaired { bytes, kept_as } => (
            Mark::Warning,
            format!("{} at the end of the journal could not be read, and are kept in {kept_as}", count(*bytes, "byte", "bytes")),
        ),
        Event::Rebuilt { reapplied } if reapplied.is_empty() => (Mark::Incident, "the drill's world was built again".to_owned()),
        Event::Rebuilt { reapplied } => {
            let again: Vec<_> = reapplied.iter().map(|remediation| titles.remediation(remediation)).collect();
            (Mark::Incident, format!("the drill's world was built again, and {} applied again", again.join(", ")))
        }
        Event::StepEntered { step } => (Mark::Current, titles.step(step)),
        Event::Applies { id } => (Mark::Incident, format!("{} applies now", titles.any(id))),
        Event::CheckSettled(settled) => tell_check(settled, titles),
        Event::Judged { check, passed, .. } => {
            let (mark, word) = if *passed { (Mark::Passed, "good") } else { (Mark::Failed, "bad") };
            (mark, format!("{} judged {word} by hand", titles.check(check)))
        }
        Event::QuestionAsked(question) => match &question.ask {
            Typed::Sql { target, text } => (Mark::Note, format!("asked {target}: {text}")),
            Typed::Command { line } => (Mark::Note, format!("ran: {line}")),
        },
        Event::QuestionKept(kept) => (Mark::Note, tell_kept(kept)),
        Event::RunbookJoined(joined) => (Mark::Incident, format!("opened {} inside this incident", quoted(&joined.title))),
        Event::RemediationOffered(offered) => (Mark::Change, format!("offered {}", quoted(&offered.title))),
        Event::RemediationPlanned(planned) => (Mark::Change, tell_planned(planned, titles)),
        Event::RemediationRehearsed(rehearsed) => tell_rehearsed(rehearsed, titles),
        Event::RehearsalSkipped { remediation, reason, .. } => {
            (Mark::Skipped, format!("rehearsal of {} skipped: {reason}", titles.remediation(remediation)))
        }
        Event::RemediationAbandoned { remediation, .. } => {
            (Mark::Skipped, format!("plan of {} put aside", titles.remediation(remediation)))
        }
        Event::RemediationApproved { remediation, .. } => {
            (Mark::Change, format!("has read the plan of {}, and agrees", titles.remediation(remediation)))
        }
        Event::RemediationIntended { remediation, typed, .. } => {
            let confirmed = typed.as_ref().map(|typed| format!(", confirmed by typing {typed}")).unwrap_or_default();
            (Mark::Change, format!("applying {}{confirmed}", titles.remediation(remediation)))
        }
        Event::RemediationCommitting(committing) => {
            let Committing { remediation, transaction, server, .. } = committing;
            let (title, database) = (titles.remediation(remediation), &server.database);
            (Mark::Change, format!("about to commit {title}: transaction {transaction} on database {database}"))
        }
        Event::RemediationSettled(settled) => tell_settled(settled, titles),
        Event::TaskTicked { task, evidence: None } => (Mark::Passed, titles.task(task)),
        Event::TaskTicked { task, evidence: Some(evidence) } => (Mark::Passed, format!("{}: {evidence}", titles.task(task))),
        Event::TaskUnticked { task } => (Mark::Unticked, format!("{} no longer ticked", titles.task(task))),
        Event::Note { text, .. } => (Mark::Note, text.clone()),
        Event::Corrected { entry, reason, instead } => tell_correction(*entry, reason, instead.as_deref(), titles),
        Event::Decided(decided) => (Mark::Decision, tell_decision(decided)),
        Event::Attached { name, about, evidence } => {
            let about = about.as_ref().map(|id| format!(", for {}", titles.any(id))).unwrap_or_default();
            (Mark::Note, format!("attached {name}, {}{about}", words::bytes(evidence.of.unwrap_or(evidence.bytes))))
        }
        Event::RoleAssigned { role, to } if to.is_empty() => {
            (Mark::Incident, format!("nobody has the role of {} any more", titles.role(role)))
        }
        Event::RoleAssigned { role, to } => (Mark::Incident, format!("{to} has the role of {}", titles.role(role))),
        Event::QuestionAnswered { question, answer } => {
            let colon = if question.ends_with(['?', ':']) { "" } else { ":" };
            (Mark::Note, format!("{question}{colon} {answer}"))
        }
        Event::ActionNoted { title, state, owner } => {
            let owner = owner.as_ref().map(|owner| format!(", {owner}")).unwrap_or_default();
            (Mark::Note, format!("follow-up, {}{owner}: {title}", words::action_state(*state)))
        }
        Event::MessageDue { channel, text } => (Mark::Message, format!("to tell {channel}: {text}")),
        Event::MessageSent { message, late } => {
            let late = late.map(|late| format!(", {} late", words::duration(late))).unwrap_or_default();
            (Mark::Message, format!("told {}{late}", titles.channel(*message)))
        }
        Event::MessageLost { message, why } => (Mark::Warning, format!("{} was not told: {why}", titles.channel(*message))),
        Event::Skipped { step, reason } => (Mark::Skipped, format!("{} skipped: {reason}", titles.step(step))),
        Event::Overridden { check, reason } => (Mark::Accepted, format!("{} accepted as it is: {reason}", titles.check(check))),
        Event::OverBudget { phase: Some(phase), budget } => {
            (Mark::Warning, format!("{} has used up its {}", titles.phase(phase), words::exactly(*budget)))
        }
        Event::OverBudget { phase: None, budget } => (Mark::Warning, format!("not resolved within {}", words::exactly(*budget))),
        Event::EscalationDue { to, message, .. } => {
            let message = message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
            (Mark::Escalation, format!("call {}{message}", to.join(", ")))
        }
        Event::EscalationAcknowledged { escalation } => (Mark::Escalation, format!("called {}", titles.escalated_to(*escalation))),
        Event::Called { about } => tell_call(about, titles),
        Event::CallAcknowledged { entry } => (Mark::Incident, format!("has seen {}", quoted(&titles.call(*entry)))),
        Event::CallSnoozed { entry, lasting } => {
            (Mark::Incident, format!("quiet for {}: {}", words::exactly(*lasting), quoted(&titles.call(*entry))))
        }
        Event::UpdateGiven { text, channels } => {
            let to = if channels.is_empty() { String::new() } else { format!(" to {}", channels.join(", ")) };
            (Mark::Message, format!("update given{to}: {text}"))
        }
        Event::SeverityChanged { severity, reason } => (Mark::Warning, format!("severity is now {severity}: {reason}")),
        Event::Paused { reason } => (Mark::Incident, format!("paused: {reason}")),
        Event::Continued => (Mark::Incident, "went on".to_owned()),
        Event::HandedOver { to, .. } => (Mark::Incident, format!("handed over to {to}")),
        Event::HandoverAccepted => (Mark::Incident, "has read the brief, and leads from here".to_owned()),
        Event::Resolved(resolved) => tell_resolved(resolved, titles.runbook),
        Event::Unknown { kind } => (Mark::Incident, format!("{}: an entry of a newer version of this program", kind.replace('_', " "))),
    }
}

fn tell_kept(kept: &Kept) -> String {
    let expect = kept.expect.as_ref().map(|expect| format!(", expected {expect}")).unwrap_or_default();
    let every = kept.every.map(|every| format!(", every {}", words::exactly(every))).unwrap_or_default();
    format!("kept as a check: {}{expect}{every}", quoted(&kept.title))
}

fn tell_call(call: &Call, titles: &Titles<'_>) -> (Mark, String) {
    match call {
        Call::BudgetLeft { phase: Some(phase), left } => {
            (Mark::Warning, format!("{} has {} left", titles.phase(phase), words::exactly(*left)))
        }
        Call::BudgetLeft { phase: None, left } => (Mark::Warning, format!("{} left to resolve it", words::exactly(*left))),
        Call::UpdateDue { every, .. } => {
            (Mark::Message, format!("stakeholders should hear how it stands, every {}", words::exactly(*every)))
        }
        Call::Silent { step, lasted } => {
            (Mark::Warning, format!("nothing written down for {} in {}", words::rough(*lasted), titles.step(step)))
        }
        Call::RedAgain { check } => (Mark::Failed, format!("{} is red again", titles.check(check))),
    }
}

fn tell_correction(wrong: u64, reason: &str, instead: Option<&str>, titles: &Titles<'_>) -> (Mark, String) {
    let what = match titles.entry(wrong) {
        // Told no further: corrections of corrections may be many.
        Some(Entry { event: Event::Corrected { entry, .. }, .. }) => format!("the correction of entry {entry}"),
        Some(wrong) => tell(&wrong.event, titles).1,
        None => format!("entry {wrong}"),
    };
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let sentence = match instead {
        Some(instead) => format!("corrected to {}{reason} (it said {})", quoted(instead), quoted(&what)),
        None => format!("took back {}{reason}", quoted(&what)),
    };
    (Mark::Correction, sentence)
}

fn tell_decision(decided: &Decided) -> String {
    let aside = |label: &str, text: &str| if text.is_empty() { String::new() } else { format!("; {label}: {text}") };
    let considered = aside("considered", &decided.considered);
    let objections = aside("objections", &decided.objections);
    format!("decided: {}{considered}{objections}", decided.decision)
}

fn tell_opened(opened: &Opened) -> String {
    let what = if opened.drill.is_some() { "drill opened" } else { "opened" };
    let severity = opened.severity.as_ref().map(|severity| format!(", {severity}")).unwrap_or_default();
    let targets: Vec<_> = opened.targets.iter().map(|target| format!(" on {}", target.shown)).collect();
    let read_only = if opened.read_only { ", read-only" } else { "" };
    let after = opened.after.as_ref().map(|left| format!(", coming from {left}")).unwrap_or_default();
    format!("{what}: {}{severity}{}{read_only}{after}", opened.title, targets.join(","))
}

fn tell_check(settled: &CheckSettled, titles: &Titles<'_>) -> (Mark, String) {
    let known = tell_known(&settled.known_errors);
    let sentence = format!("{}: {}{known}", titles.check(&settled.check), text::first_line(&settled.reason));
    // What was only asked is an answer, and nobody has to say whether it is good.
    let is_plain = settled.verdict == Verdict::NeedsPerson && is_beside(titles.runbook, &settled.check);
    (if is_plain { Mark::Note } else { words::verdict(settled.verdict).mark }, sentence)
}

fn tell_known(titles: &[String]) -> String {
    if titles.is_empty() { String::new() } else { format!(" — {}", titles.join("; ")) }
}

fn tell_planned(planned: &Planned, titles: &Titles<'_>) -> String {
    let steps = match planned.steps.as_slice() {
        [only] => only.what.clone(),
        steps => count(steps.len() as u64, "statement", "statements"),
    };
    let on = planned.target.as_ref().map(|target| format!(" on {target}")).unwrap_or_default();
    let production = if planned.production { ", production" } else { "" };
    format!("planned {}: {steps}{on}{production}", titles.remediation(&planned.remediation))
}

fn tell_rehearsed(rehearsed: &Rehearsed, titles: &Titles<'_>) -> (Mark, String) {
    let title = titles.remediation(&rehearsed.remediation);
    if let Some(problem) = &rehearsed.problem {
        let known = tell_known(&problem.known_errors);
        return (Mark::Failed, format!("rehearsal of {title} failed: {}{known}", tell_problem(problem)));
    }
    let did = tell_results(&rehearsed.results);
    (Mark::Passed, format!("rehearsed {title} and rolled back: {did}, {}", words::duration(rehearsed.duration)))
}

fn tell_settled(settled: &Settled, titles: &Titles<'_>) -> (Mark, String) {
    let act = titles.runbook.remediation(&settled.remediation).map(|(_, remediation)| &remediation.act);
    let word = words::outcome(settled.outcome, act);
    let did = match (&settled.problem, settled.exit) {
        (Some(problem), _) => tell_problem(problem),
        (None, Some(exit)) => format!("exit {exit}"),
        // Found out later.
        (None, None) if settled.results.is_empty() && settled.transaction.is_some() => {
            format!("as its server says of transaction {}", settled.transaction.as_deref().unwrap_or_default())
        }
        (None, None) => tell_results(&settled.results),
    };
    let took = words::duration(settled.duration);
    let known = tell_known(&settled.known_errors);
    (word.mark, format!("{} {}: {did}, {took}{known}", titles.remediation(&settled.remediation), word.name))
}

/// What statements did: `3 statements, 12 rows`.
#[must_use]
pub fn tell_results(results: &[StatementResult]) -> String {
    let rows = results.iter().map(|result| result.rows).sum();
    format!("{}, {}", count(results.len() as u64, "statement", "statements"), count(rows, "row", "rows"))
}

/// What went wrong, in one line: `relation "a" already exists (42P07, statement 2)`.
#[must_use]
pub fn tell_problem(problem: &Problem) -> String {
    let code = problem.sqlstate.clone();
    let place = problem.statement.map(|statement| format!("statement {}", statement + 1));
    let aside: Vec<_> = code.into_iter().chain(place).collect();
    let aside = if aside.is_empty() { String::new() } else { format!(" ({})", aside.join(", ")) };
    let blocked = problem.blocked_by.as_ref().map(|by| format!("; blocked by {by}")).unwrap_or_default();
    format!("{}{aside}{blocked}", text::first_line(&problem.message))
}

/// Criteria for later do not keep an incident from being resolved; immediate ones do.
fn tell_resolved(resolved: &Resolved, runbook: &Runbook) -> (Mark, String) {
    let is_for_later = |id: &Id| runbook.success.iter().any(|success| success.id == *id && success.urgency != Urgency::Immediate);
    let missing = resolved.success.iter().filter(|criterion| !criterion.held && !is_for_later(&criterion.id)).count() as u64;
    let summary = if resolved.summary.is_empty() { String::new() } else { format!(": {}", resolved.summary) };
    match missing {
        0 => (Mark::Passed, format!("resolved{summary}")),
        missing => (Mark::Warning, format!("closed with {} not held{summary}", count(missing, "criterion", "criteria"))),
    }
}

/// Ids into the titles that people know; an id the runbook does not have stands for itself.
struct Titles<'a> {
    runbook: &'a Runbook,
    names: &'a Values,
    earlier: &'a [Entry],
}

impl Titles<'_> {
    fn phase(&self, id: &Id) -> String {
        quoted(self.runbook.phases.iter().find(|phase| phase.id == *id).map_or(id.as_str(), |phase| &phase.title))
    }

    fn step(&self, id: &Id) -> String {
        quoted(self.runbook.step(id).map_or(id.as_str(), |(_, step)| &step.title))
    }

    fn check(&self, id: &Id) -> String {
        quoted(self.runbook.check(id).map_or(id.as_str(), |(_, check)| &check.title))
    }

    fn remediation(&self, id: &Id) -> String {
        quoted(self.runbook.remediation(id).map_or(id.as_str(), |(_, remediation)| &remediation.title))
    }

    /// Tasks and the criteria of success that a person ticks share one set of ids.
    fn task(&self, id: &Id) -> String {
        let task = self.runbook.task(id).map(|(_, task)| task.title.render(self.names));
        let criterion = || self.runbook.success.iter().find(|success| success.id == *id).map(|success| success.title.clone());
        quoted(&task.or_else(criterion).unwrap_or_else(|| id.to_string()))
    }

    fn any(&self, id: &Id) -> String {
        if self.runbook.step(id).is_some() {
            self.step(id)
        } else if self.runbook.check(id).is_some() {
            self.check(id)
        } else if self.runbook.remediation(id).is_some() {
            self.remediation(id)
        } else if self.runbook.phases.iter().any(|phase| phase.id == *id) {
            self.phase(id)
        } else {
            self.task(id)
        }
    }

    fn role(&self, id: &Id) -> String {
        words::role(id, self.runbook).to_owned()
    }

    fn entry(&self, seq: u64) -> Option<&Entry> {
        self.earlier.binary_search_by_key(&seq, |entry| entry.seq).ok().map(|place| &self.earlier[place])
    }

    /// What a call said.
    fn call(&self, seq: u64) -> String {
        match self.entry(seq).map(|entry| &entry.event) {
            Some(event @ (Event::Called { .. } | Event::OverBudget { .. } | Event::EscalationDue { .. })) => tell(event, self).1,
            _ => format!("entry {seq}"),
        }
    }

    fn channel(&self, message: u64) -> String {
        match self.entry(message).map(|entry| &entry.event) {
            Some(Event::MessageDue { channel, .. }) => channel.clone(),
            _ => format!("the channel of entry {message}"),
        }
    }

    fn escalated_to(&self, place: usize) -> String {
        let Some(escalation) = self.runbook.escalation.get(place) else {
            return "for help".to_owned();
        };
        let names: Vec<_> = escalation.to.iter().map(|id| self.runbook.contact(id).map_or(id.as_str(), |contact| &contact.name)).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests;
