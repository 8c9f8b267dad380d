//! What the checks said last, and which criteria of success hold. Never a check that was not asked.

use crate::export::account::Account;
use crate::export::page::{self, Page, fence, inline};
use crate::present::{Symbols, words};
use crate::runbook::model::Urgency;
use crate::timeline::event::{CheckSettled, Entry, Event, Verdict};

/// Lines of an answer shown in the report: enough for a table of columns, short enough to read past.
const LINES_SHOWN: usize = 20;

/// Columns of it: as wide as a report is on a screen.
const COLUMNS_SHOWN: usize = 140;

impl Account<'_> {
    pub(super) fn verification(&self, page: &mut Page) {
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
        self.what_was_seen(page);
    }

    /// The evidence: what every check that was red saw when it first was, the last answer of the others,
    /// as far as a line does not say it all.
    fn what_was_seen(&self, page: &mut Page) {
        self.known_errors_met(page);
        page.heading(3, "What was seen");
        let settled: Vec<(&Entry, &CheckSettled)> = self
            .entries()
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::CheckSettled(settled) => Some((entry, settled)),
                _ => None,
            })
            .collect();
        let before = page.len();
        for (_, check) in self.case.runbook.checks() {
            let mut answers = settled.iter().filter(|(_, settled)| settled.check == check.id);
            let first_red = answers.clone().find(|(_, settled)| settled.verdict == Verdict::Failed || settled.verdict.is_inconclusive());
            let telling = first_red.or_else(|| answers.next_back());
            if let Some((entry, settled)) = telling.filter(|(_, settled)| says_more_than_a_line(&settled.seen)) {
                let (seen, left_out) = last_lines(&settled.seen);
                let verdict = words::verdict(settled.verdict).name;
                let cited = page::entry(entry.seq);
                page.block(&format!("**{}** {}, {verdict}{left_out} {cited}:", self.clock(entry.at), inline(&check.title)));
                page.block(&fence("text", &seen));
            }
        }
        if page.len() == before {
            page.block("Nothing that the table above does not say.");
        }
    }

    /// Each known error that a check met at any time, with its advice and where it was met first.
    fn known_errors_met(&self, page: &mut Page) {
        let mut met: Vec<&str> = Vec::new();
        let mut items = Vec::new();
        for entry in self.entries() {
            let Event::CheckSettled(settled) = &entry.event else { continue };
            let new: Vec<String> = settled.known_errors.iter().filter(|title| !met.contains(&title.as_str())).cloned().collect();
            met.extend(settled.known_errors.iter().map(String::as_str));
            let check = inline(self.check_title(&settled.check));
            let met = |told| format!("{told} (first met at {} by {check} {})", self.clock(entry.at), page::entry(entry.seq));
            items.extend(self.advice(&new).into_iter().map(met));
        }
        if !items.is_empty() {
            page.heading(3, "Known errors");
            page.list(items);
        }
    }

    pub(super) fn success_criteria(&self, page: &mut Page) {
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

/// A table of one row, or a line, is in the verdict's own words already.
pub(super) fn says_more_than_a_line(seen: &str) -> bool {
    let lines = seen.trim().lines().count();
    lines > if seen.contains("\n─") { 3 } else { 1 }
}

/// The end of what was seen, none of its lines wider than a page, and how much is not shown.
pub(super) fn last_lines(seen: &str) -> (String, String) {
    let lines: Vec<&str> = seen.trim_end().lines().collect();
    let left_out = lines.len().saturating_sub(LINES_SHOWN);
    let more = if left_out > 0 { format!(" (the last {LINES_SHOWN} of {} lines)", lines.len()) } else { String::new() };
    let narrow = lines[left_out..].iter().map(|line| match line.char_indices().nth(COLUMNS_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => (*line).to_owned(),
    });
    (narrow.collect::<Vec<_>>().join("\n"), more)
}
