//! What the checks said last, and which criteria of success hold. Never a check that was not asked.

use crate::export::page::{Page, fence, inline};
use crate::present::{Symbols, words};
use crate::runbook::model::Urgency;

use super::Report;

/// Lines of an answer shown in the report: enough for a table of columns, short enough to read past.
const LINES_SHOWN: usize = 20;

impl Report<'_> {
    pub(super) fn verification(&self, page: &mut Page) {
        page.heading(2, "Verification");
        let answered: Vec<_> = self
            .case
            .runbook
            .checks()
            .filter_map(|(_, check)| self.case.incident.checks.get(&check.id).map(|record| (check, record)))
            .collect();
        if answered.is_empty() {
            page.block("No check was asked.");
            return;
        }
        page.block("The last answer to every check that was asked:");
        let rows = answered.iter().map(|(check, record)| {
            let verdict = words::verdict(record.verdict);
            let accepted = record.overridden.as_ref().map(|reason| format!(" (accepted as it is: {})", inline(reason))).unwrap_or_default();
            [
                inline(&check.title),
                format!("{} {}", verdict.mark.symbol(Symbols::Unicode), verdict.name),
                format!("{}{accepted}", inline(&record.reason)),
                self.clock(record.at),
            ]
        });
        page.table(["Check", "Verdict", "Why", "Clock"], rows);
        let seen: Vec<_> = answered.iter().filter(|(_, record)| record.seen.trim().lines().count() > 1).collect();
        if !seen.is_empty() {
            page.heading(3, "What was seen");
        }
        for (check, record) in seen {
            let lines: Vec<&str> = record.seen.trim_end().lines().collect();
            let left_out = lines.len().saturating_sub(LINES_SHOWN);
            let more = if left_out > 0 { format!(" (the last {LINES_SHOWN} of {} lines)", lines.len()) } else { String::new() };
            page.block(&format!("{}{more}:", inline(&check.title)));
            page.block(&fence("text", &lines[left_out..].join("\n")));
        }
    }

    pub(super) fn success_criteria(&self, page: &mut Page) {
        page.heading(2, "Success Criteria");
        if self.criteria.is_empty() {
            page.block("The runbook names none.");
        }
        for (urgency, title) in [(Urgency::Immediate, "Immediate"), (Urgency::ShortTerm, "Short-term"), (Urgency::LongTerm, "Long-term")] {
            let criteria: Vec<String> = self
                .criteria
                .iter()
                .filter(|criterion| criterion.urgency == urgency)
                .map(|criterion| {
                    let tick = if criterion.held { "x" } else { " " };
                    format!("[{tick}] {} — {}", inline(&criterion.title), inline(&criterion.because))
                })
                .collect();
            if !criteria.is_empty() {
                page.heading(3, title);
                page.list(criteria);
            }
        }
    }
}
