//! What was asked off the runbook's path: by whom, what it said, and whether it became a check of the incident. Never a
//! verdict on what was only asked.

use crate::export::account::Account;
use crate::export::page::{self, Page, code, fence, inline};
use crate::present::words;
use crate::timeline::event::{Entry, Event, Typed};
use crate::timeline::incident::QuestionRecord;

use super::verification::{last_lines, says_more_than_a_line};

impl Account<'_> {
    pub(super) fn asked_beside(&self, page: &mut Page) {
        let questions = &self.case.incident.questions;
        if questions.is_empty() {
            return;
        }
        page.block("Questions and commands that people typed beside the runbook; what helped may belong into it:");
        let rows = questions.iter().map(|record| {
            let (on, typed) = match &record.question.ask {
                Typed::Sql { target, text } => (target.as_str(), text),
                Typed::Command { line } => ("shell", line),
            };
            let answer = self.case.incident.checks.get(&record.question.check);
            let answer = answer.map_or_else(|| "no answer".to_owned(), |answer| inline(&answer.reason));
            [self.clock(record.at), inline(&record.by), inline(on), code(typed), answer, kept(record)]
        });
        page.table(["Clock", "Who", "Asked", "What", "Answer", "Kept as"], rows);
        for record in questions {
            self.seen_beside(record, page);
        }
    }

    /// The last answer, where a line does not say it all. What was kept is shown among the checks.
    fn seen_beside(&self, record: &QuestionRecord, page: &mut Page) {
        let answer = |entry: &&Entry| matches!(&entry.event, Event::CheckSettled(settled) if settled.check == record.question.check);
        let Some((entry, Event::CheckSettled(settled))) = self.entries().iter().rfind(answer).map(|entry| (entry, &entry.event)) else {
            return;
        };
        if record.kept.is_none() && says_more_than_a_line(&settled.seen) {
            let (seen, left_out) = last_lines(&settled.seen);
            let whole = if settled.evidence.is_some() { "; all of it is kept as evidence" } else { "" };
            let title = inline(self.session.runbook.check(&settled.check).map_or(settled.check.as_str(), |(_, check)| &check.title));
            page.block(&format!("**{}** {title}{left_out}{whole} {}:", self.clock(entry.at), page::entry(entry.seq)));
            page.block(&fence("text", &seen));
        }
    }
}

fn kept(record: &QuestionRecord) -> String {
    let Some(kept) = &record.kept else { return String::new() };
    let expect = kept.expect.as_ref().map(|expect| format!(", expected {}", code(expect))).unwrap_or_default();
    let every = kept.every.map(|every| format!(", every {}", words::exactly(every))).unwrap_or_default();
    format!("{}{expect}{every}", inline(&kept.title))
}
