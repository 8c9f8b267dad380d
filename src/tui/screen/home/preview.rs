//! What one row is about, for who looks closer before choosing it. Never more than what is written down.

use ratatui::text::Line;

use crate::present::words;
use crate::runbook::Runbook;
use crate::runbook::model::Input;
use crate::tui::ink::{self, span};
use crate::tui::theme::{Theme, Tone};

use super::HomeRow;
use super::page::marked;

/// The lines of it, with what was typed marked.
pub(super) fn lines(row: &HomeRow, typed: &str, theme: Theme, columns: usize) -> Vec<Line<'static>> {
    let mut page = Page { theme, typed, columns: columns.max(1), lines: Vec::new() };
    page.words(&row.title, "", Tone::Strong);
    if let Some(severity) = &row.severity {
        page.words(&words::severity(severity), "", Tone::Warn);
    }
    for (label, told) in &row.about {
        page.words(&format!("{label}: {told}"), "", Tone::Plain);
    }
    if let Some(runbook) = &row.runbook {
        page.runbook(runbook);
    }
    page.lines
}

struct Page<'t> {
    theme: Theme,
    typed: &'t str,
    columns: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn words(&mut self, words: &str, indent: &str, tone: Tone) {
        let room = self.columns.saturating_sub(ink::width(indent));
        for line in ink::wrap(words, room) {
            let mut spans = vec![span(indent, self.theme.style(Tone::Plain))];
            spans.extend(marked(&line, self.typed, self.theme.style(tone)));
            self.lines.push(Line::from(spans));
        }
    }

    fn section(&mut self, title: &str, items: impl IntoIterator<Item = String>) {
        for (place, item) in items.into_iter().enumerate() {
            if place == 0 {
                self.lines.push(Line::default());
                self.words(title, "", Tone::Dim);
            }
            self.words(&item, "  ", Tone::Plain);
        }
    }

    fn runbook(&mut self, runbook: &Runbook) {
        // As it is written: what its names stand for is only known once it is opened.
        self.section("What is wrong", runbook.summary.iter().map(|summary| summary.source().trim().to_owned()));
        self.section("Symptoms", runbook.symptoms.iter().cloned());
        let budget = |budget: Option<std::time::Duration>| budget.map(|budget| format!(", {}", words::exactly(budget))).unwrap_or_default();
        self.section("Phases", runbook.phases.iter().map(|phase| format!("{}{}", phase.title, budget(phase.budget))));
        self.section("It will ask for", runbook.inputs.iter().map(asked));
        let target = |name: &str, production: bool| if production { format!("{name}, production") } else { name.to_owned() };
        self.section("It may run on", runbook.targets.iter().map(|known| target(known.name.as_str(), known.production)));
    }
}

fn asked(input: &Input) -> String {
    let kind = match (input.secret, input.optional) {
        (true, _) => " (secret)",
        (false, true) => " (may stay empty)",
        (false, false) => "",
    };
    format!("{}{kind}", input.ask)
}
