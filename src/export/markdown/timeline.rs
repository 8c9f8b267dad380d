//! The timeline, and what it rests on. Never leaves an entry out, nor hides what was said before it was corrected.

use crate::export::account::{Account, Row};
use crate::export::page::{Page, anchor, code, entry, inline, short, struck};
use crate::present::{Symbols, words};
use crate::timeline::Event;

impl Account<'_> {
    pub(super) fn timeline(&self, page: &mut Page) {
        if self.rows.iter().any(|row| row.placed.late) {
            page.block("In the order in which things happened. What was written down later has the word *late*, and both times.");
        }
        let rows = self.rows.iter().map(|row| {
            let late = if row.placed.late { " *late*" } else { "" };
            let evidence = row.evidence.map(|hash| format!("[{}](#evidence)", code(short(hash)))).unwrap_or_default();
            [
                anchor(row.placed.entry.seq),
                row.happened(),
                format!("{}{late}", row.clock()),
                inline(&row.placed.entry.by),
                told(row),
                evidence,
            ]
        });
        page.table(["#", "Time (UTC)", "Clock", "By", "What happened", "Evidence"], rows);
    }

    /// Every hash that the timeline names, in full.
    pub(super) fn evidence(&self, page: &mut Page) {
        let mut rows = Vec::new();
        for row in self.rows.iter().filter(|row| row.evidence.is_some()) {
            let told = row.placed.entry;
            let what = match &told.event {
                Event::Attached { name, .. } => format!("the file {}", inline(name)),
                Event::CheckSettled(settled) => format!("what {} saw", inline(&words::quoted(self.check_title(&settled.check)))),
                Event::RunbookJoined(joined) => format!("the runbook {}", code(joined.runbook.as_str())),
                _ => "what it printed".to_owned(),
            };
            let kept = match told.event.evidence() {
                Some(evidence) => match evidence.of {
                    Some(of) => format!("the last {} of {}", words::bytes(evidence.bytes), words::bytes(of)),
                    None => words::bytes(evidence.bytes),
                },
                None => "its end, in the entry".to_owned(),
            };
            rows.push([entry(told.seq), what, kept, code(row.evidence.unwrap_or_default())]);
        }
        if rows.is_empty() {
            page.block("No entry rests on more than it says.");
        } else {
            page.block("SHA-256 of everything that was seen, of which an entry shows the end:");
            page.table(["Entry", "What", "Kept", "SHA-256"], rows);
        }
    }
}

/// An entry as one line of Markdown, with its mark; what does not hold any more is struck through.
pub(super) fn told(row: &Row<'_>) -> String {
    let sign = row.story.mark.symbol(Symbols::Unicode);
    let text = inline(&row.story.text);
    match row.placed.corrected_by {
        Some(by) => format!("{sign} {} – corrected by {}", struck(&text), entry(by.seq)),
        None => match &row.placed.entry.event {
            Event::Corrected { entry: wrong, .. } => format!("{sign} {} {text}", entry(*wrong)),
            _ => format!("{sign} {text}"),
        },
    }
}
