//! What people wrote and decided: causes, notes, decisions, lessons. Never invents an answer: a question
//! nobody has answered is said to be open.

use crate::export::page::{Page, fence, inline, under_item};
use crate::present::words;
use crate::timeline::event::{Entry, Event};

use super::Report;

/// Words of questions that look back on how the incident was handled rather than on what caused it.
const LOOKING_BACK: &[&str] = &["went well", "improve", "lesson", "learn", "better", "lucky", "luck"];

impl Report<'_> {
    pub(super) fn root_causes(&self, page: &mut Page) {
        page.heading(2, "Root Causes");
        self.questions(page, |question| !looks_back(question));
    }

    pub(super) fn lessons_learned(&self, page: &mut Page) {
        page.heading(2, "Lessons Learned");
        self.questions(page, looks_back);
    }

    /// A question is answered by notes that begin with it: `Root cause: a migration ran twice`.
    fn questions(&self, page: &mut Page, wanted: impl Fn(&str) -> bool) {
        let questions: Vec<&String> = self.case.runbook.report.questions.iter().filter(|question| wanted(question)).collect();
        if questions.is_empty() {
            page.block("*To be written: the runbook asks no question here.*");
        }
        for question in questions {
            page.heading(3, &inline(question));
            let answers: Vec<String> = self.all_notes().filter_map(|(_, text)| answer(question, text)).map(inline).collect();
            if answers.is_empty() {
                page.block(&format!("*To be written. A note that begins with “{}:” would stand here.*", inline(question)));
            }
            page.list(answers);
        }
    }

    fn all_notes(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries().iter().filter_map(|entry| match &entry.event {
            Event::Note { text, .. } => Some((entry, text.as_str())),
            _ => None,
        })
    }

    pub(super) fn notes(&self, page: &mut Page) {
        page.heading(2, "Notes");
        let questions = &self.case.runbook.report.questions;
        let notes: Vec<String> = self
            .all_notes()
            .filter(|(_, text)| !questions.iter().any(|question| answer(question, text).is_some()))
            .map(|(entry, text)| {
                let earlier = match &entry.event {
                    Event::Note { happened_at: Some(at), .. } => format!(" of {}", words::moment(*at)),
                    _ => String::new(),
                };
                let head = format!("**{}** {}{earlier}:", self.clock(entry.at), inline(&entry.by));
                if text.trim().contains('\n') {
                    format!("{head}\n\n{}", under_item(&fence("text", text)))
                } else {
                    format!("{head} {}", inline(text))
                }
            })
            .collect();
        if notes.is_empty() {
            page.block("None.");
        }
        page.list(notes);
    }

    pub(super) fn decisions(&self, page: &mut Page) {
        page.heading(2, "Decisions");
        let decided = self.entries().iter().filter(|entry| is_decision(&entry.event));
        let decisions: Vec<String> = decided
            .map(|entry| {
                let mut line = format!("**{}** {}: {}", self.clock(entry.at), inline(&entry.by), self.story(entry));
                if let Event::HandedOver { brief, .. } = &entry.event {
                    line.push_str("\n\n");
                    line.push_str(&under_item(&fence("text", brief)));
                }
                line
            })
            .collect();
        if decisions.is_empty() {
            page.block("Nothing was skipped, overridden or handed over.");
        }
        page.list(decisions);
    }
}

fn looks_back(question: &str) -> bool {
    let question = question.to_lowercase();
    LOOKING_BACK.iter().any(|word| question.contains(word))
}

/// What a note says to a question, if it begins with it and a colon.
fn answer<'n>(question: &str, note: &'n str) -> Option<&'n str> {
    let (asked, answer) = note.split_once(':')?;
    let question = question.trim().trim_end_matches(['?', ':']);
    (asked.trim().trim_end_matches('?').to_lowercase() == question.to_lowercase()).then_some(answer.trim())
}

/// Whether a person chose here, or had to be called.
fn is_decision(event: &Event) -> bool {
    match event {
        Event::Judged { .. }
        | Event::RehearsalSkipped { .. }
        | Event::RemediationAbandoned { .. }
        | Event::TaskUnticked { .. }
        | Event::Skipped { .. }
        | Event::Overridden { .. }
        | Event::EscalationDue { .. }
        | Event::EscalationAcknowledged { .. }
        | Event::SeverityChanged { .. }
        | Event::Paused { .. }
        | Event::Continued
        | Event::RemediationApproved { .. }
        | Event::Corrected { .. }
        | Event::Decided(_)
        | Event::RoleAssigned { .. }
        | Event::HandedOver { .. }
        | Event::HandoverAccepted => true,
        Event::Opened(_)
        | Event::Resumed { .. }
        | Event::Left { .. }
        | Event::Interrupted { .. }
        | Event::Repaired { .. }
        | Event::Rebuilt { .. }
        | Event::StepEntered { .. }
        | Event::Applies { .. }
        | Event::CheckSettled(_)
        | Event::RemediationOffered(_)
        | Event::RemediationPlanned(_)
        | Event::RemediationRehearsed(_)
        | Event::RemediationIntended { .. }
        | Event::RemediationCommitting(_)
        | Event::RemediationSettled(_)
        | Event::TaskTicked { .. }
        | Event::Note { .. }
        | Event::Attached { .. }
        | Event::QuestionAnswered { .. }
        | Event::ActionNoted { .. }
        | Event::MessageDue { .. }
        | Event::MessageSent { .. }
        | Event::MessageLost { .. }
        | Event::OverBudget { .. }
        | Event::Resolved(_)
        | Event::Unknown { .. } => false,
    }
}
