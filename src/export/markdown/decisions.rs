//! What people wrote and decided: causes, notes, decisions, lessons. Never invents an answer: a question
//! nobody has answered is said to be open.

use crate::export::account::Account;
use crate::export::account::answers::is_answer;
use crate::export::page::{Page, entry, inline, struck, under_item};
use crate::export::rich::{is_one_line, rich};
use crate::present::questions::Topic;
use crate::present::words;
use crate::timeline::event::{Decided, Entry, Event};

use super::timeline::told;

impl Account<'_> {
    pub(super) fn root_causes(&self, page: &mut Page) {
        self.answers(page, Topic::Cause);
    }

    /// What is known by itself, and what people said.
    pub(super) fn detection(&self, page: &mut Page) {
        let mut facts = Vec::new();
        let red = self.that_hold().find(|entry| Some(self.case.incident.since_began(entry.at)) == self.measures.first_red);
        if let (Some(first_red), Some(red)) = (self.measures.first_red, red) {
            facts.push(format!("The first check was red {} after it began {}", words::duration(first_red), entry(red.seq)));
        }
        if let Some(opened) = self.entries().first() {
            let after = self.case.incident.since_began(opened.at);
            let after = if after.is_zero() { "when it began".to_owned() } else { format!("{} after it began", words::duration(after)) };
            facts.push(format!("The incident was opened by {} {after} {}", inline(&opened.by), entry(opened.seq)));
        }
        page.list(facts);
        self.answers(page, Topic::Detection);
    }

    pub(super) fn lessons_learned(&self, page: &mut Page) {
        for topic in [Topic::WentWell, Topic::WentBadly, Topic::Lucky] {
            self.answers(page, topic);
        }
    }

    pub(super) fn prevention(&self, page: &mut Page) {
        self.answers(page, Topic::Prevention);
    }

    /// The questions on a subject, with what was said to each.
    pub(super) fn answers(&self, page: &mut Page, topic: Topic) {
        for asked in self.questions.iter().filter(|asked| asked.topic == topic) {
            page.heading(3, &inline(&asked.question));
            if asked.answers.is_empty() {
                page.block("*Not answered yet.*");
            }
            for answer in &asked.answers {
                page.block(&cited(&rich(answer.text), answer.entry));
            }
        }
    }

    pub(super) fn notes(&self, page: &mut Page) {
        let notes: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| match &row.placed.entry.event {
                Event::Note { text, .. } => Some((row, text)),
                _ => None,
            })
            .filter(|(row, _)| !is_answer(&self.questions, row.placed.entry.seq))
            .map(|(row, text)| {
                let noted = row.placed.entry;
                let late = if row.placed.late { format!(", written {}", words::moment(noted.at.wall)) } else { String::new() };
                let head = format!("**{}** {}{late} {}", row.clock(), inline(&noted.by), entry(noted.seq));
                with_body(&head, &self.as_corrected(row.placed.corrected_by, text))
            })
            .collect();
        if notes.is_empty() {
            page.block("None.");
        }
        page.list(notes);
    }

    /// A person's words; where a later entry says what they should have been, struck through and followed by those.
    fn as_corrected(&self, by: Option<&Entry>, text: &str) -> String {
        let Some(by) = by else { return rich(text) };
        let struck = struck(&inline(text));
        let Event::Corrected { reason, instead, .. } = &by.event else { return struck };
        let reason = if reason.is_empty() { String::new() } else { format!(": {}", inline(reason)) };
        let what = if instead.is_some() { "Corrected" } else { "Taken back" };
        let head = format!("{struck}\n\n*{what} at {} by {}*{reason} {}", self.clock(by.at), inline(&by.by), entry(by.seq));
        instead.as_ref().map_or_else(|| head.clone(), |instead| format!("{head}\n\n{}", rich(instead)))
    }

    pub(super) fn decisions(&self, page: &mut Page) {
        page.heading(3, "What was decided");
        let log: Vec<String> = self
            .rows
            .iter()
            .filter_map(|row| match &row.placed.entry.event {
                Event::Decided(decided) => Some((row, decided)),
                _ => None,
            })
            .map(|(row, decided)| {
                let by = row.placed.entry;
                let late = if row.placed.late { format!(", written {}", words::moment(by.at.wall)) } else { String::new() };
                let head = format!("**{}** {}{late} {}", row.clock(), inline(&by.by), entry(by.seq));
                with_body(&head, &self.decision(row.placed.corrected_by, decided))
            })
            .collect();
        if log.is_empty() {
            page.block("No decision was written down.");
        }
        page.list(log);
        page.heading(3, "What else people chose");
        let chosen: Vec<String> = self
            .rows
            .iter()
            .filter(|row| is_choice(&row.placed.entry.event))
            .map(|row| format!("**{}** {} {}: {}", row.clock(), inline(&row.placed.entry.by), entry(row.placed.entry.seq), told(row)))
            .collect();
        if chosen.is_empty() {
            page.block("Nothing was skipped, overridden, judged or taken back.");
        }
        page.list(chosen);
    }

    fn decision(&self, by: Option<&Entry>, decided: &Decided) -> String {
        let part = |label: &str, text: &str| {
            if text.trim().is_empty() {
                format!("- {label}: nothing was written down")
            } else {
                format!("- {label}: {}", under_item(&rich(text)).trim_start())
            }
        };
        let considered = part("What else was considered", &decided.considered);
        let objections = part("Who objected", &decided.objections);
        format!("{}\n\n{considered}\n{objections}", self.as_corrected(by, &decided.decision))
    }
}

/// A paragraph or more, with the entry it comes from at the end.
fn cited(body: &str, from: &Entry) -> String {
    let citation = format!("{} {}", inline(&from.by), entry(from.seq));
    if is_one_line(body) { format!("{body} ({citation})") } else { format!("{body}\n\n({citation})") }
}

/// The item of a list: one line where it fits, else what was written below its head.
fn with_body(head: &str, body: &str) -> String {
    if is_one_line(body) { format!("{head}: {body}") } else { format!("{head}:\n\n{}", under_item(body)) }
}

/// Whether a person chose here, or had to be called. What was decided and written down as such stands by itself.
fn is_choice(event: &Event) -> bool {
    match event {
        Event::Judged { .. }
        | Event::RehearsalSkipped { .. }
        | Event::RemediationAbandoned { .. }
        | Event::RemediationApproved { .. }
        | Event::TaskUnticked { .. }
        | Event::Skipped { .. }
        | Event::Overridden { .. }
        | Event::EscalationDue { .. }
        | Event::EscalationAcknowledged { .. }
        | Event::SeverityChanged { .. }
        | Event::Paused { .. }
        | Event::Continued
        | Event::RunbookJoined(_)
        | Event::Corrected { .. } => true,
        Event::Opened(_)
        | Event::Resumed { .. }
        | Event::Left { .. }
        | Event::Interrupted { .. }
        | Event::Repaired { .. }
        | Event::Rebuilt { .. }
        | Event::StepEntered { .. }
        | Event::Applies { .. }
        | Event::CheckSettled(_)
        | Event::QuestionAsked(_)
        | Event::QuestionKept(_)
        | Event::RemediationOffered(_)
        | Event::RemediationPlanned(_)
        | Event::RemediationRehearsed(_)
        | Event::RemediationIntended { .. }
        | Event::RemediationCommitting(_)
        | Event::RemediationSettled(_)
        | Event::TaskTicked { .. }
        | Event::Note { .. }
        | Event::Decided(_)
        | Event::Attached { .. }
        | Event::RoleAssigned { .. }
        | Event::QuestionAnswered { .. }
        | Event::ActionNoted { .. }
        | Event::MessageDue { .. }
        | Event::MessageSent { .. }
        | Event::MessageLost { .. }
        | Event::OverBudget { .. }
        | Event::Called { .. }
        | Event::CallAcknowledged { .. }
        | Event::CallSnoozed { .. }
        | Event::UpdateGiven { .. }
        | Event::HandedOver { .. }
        | Event::HandoverAccepted
        | Event::Resolved(_)
        | Event::Unknown { .. } => false,
    }
}
