//! What is there to say once the incident is over: how long it took, what was changed, what is left for
//! later, and how to get the report. Never shown before.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::engine::Session;
use crate::present::{questions, resolving, words};
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::popup::frame::{self, put};
use crate::tui::theme::{Theme, Tone};
use crate::tui::ui::Ui;

/// Draws the end, scrolled where it is longer than the area.
pub(super) fn draw(session: &Session, ui: &mut Ui, buffer: &mut Buffer, area: Rect) {
    let mut page = Page { theme: ui.theme, columns: usize::from(area.width), lines: Vec::new() };
    page.end(session, ui);
    let height = usize::from(area.height);
    ui.page = height.max(1);
    ui.scroll = ui.scroll.min(page.lines.len().saturating_sub(height));
    for (row, line) in page.lines.iter().skip(ui.scroll).take(height).enumerate() {
        put(buffer, area, row, line);
    }
    if height > 1 {
        frame::put_more(buffer, area, ui.theme, ui.scroll, page.lines.len().saturating_sub(ui.scroll + height));
    }
}

struct Page {
    theme: Theme,
    columns: usize,
    lines: Vec<Line<'static>>,
}

impl Page {
    fn words(&mut self, words: &str, indent: &'static str, tone: Tone) {
        let style = self.theme.style(tone);
        for line in ink::wrap(words, self.columns.saturating_sub(indent.len())) {
            self.lines.push(Line::from(vec![span(indent, style), span(line, style)]));
        }
    }

    fn heading(&mut self, words: &str) {
        self.lines.push(Line::default());
        self.words(words, "", Tone::Strong);
    }

    fn end(&mut self, session: &Session, ui: &Ui) {
        let Some((at, resolved)) = &session.incident.resolved else {
            return;
        };
        let took = words::duration(session.incident.clock(*at));
        let (held, of) = ui.facts().criteria;
        let accepted = session.criteria().iter().filter(|criterion| criterion.accepted).count();
        if held == of && accepted > 0 {
            self.words(
                &format!("✓ Resolved in {took}: every criterion of success holds, {accepted} by a person's word only."),
                "",
                Tone::Warn,
            );
        } else if held == of {
            self.words(&format!("✓ Resolved in {took}: every criterion of success holds."), "", Tone::Good);
        } else {
            self.words(&format!("✓ Closed after {took}: {held} of {of} criteria of success hold."), "", Tone::Warn);
        }
        if !resolved.summary.is_empty() {
            self.words(&resolved.summary, "  ", Tone::Plain);
        }
        let open: Vec<_> = session.criteria().into_iter().filter(|criterion| !criterion.held).collect();
        if !open.is_empty() {
            self.heading("Still open");
        }
        for criterion in open {
            self.words(&format!("{} ({})", criterion.title, words::urgency(criterion.urgency)), "  ", Tone::Plain);
        }
        if let Some(red) = resolving::red(session) {
            self.words(&red, "", Tone::Warn);
        }
        if let Some(truth) = &ui.background.truth {
            self.heading("What had really happened in this drill");
            self.words(truth, "  ", Tone::Plain);
        }
        self.heading("The report, with everything that was done and seen");
        self.words(&format!("fracas export {}", ui.background.name), "  ", Tone::Key);
        let asked = questions::of(&session.runbook);
        let open = asked.iter().filter(|question| !session.incident.answers.contains_key(&question.text)).count();
        if open > 0 {
            let questions = words::count(open as u64, "question", "questions");
            let key = ui.keymap.key_of(Context::Incident, Cmd::Report);
            self.words(&format!("It asks {questions} that only people can answer: {key} answers them, now or later."), "  ", Tone::Plain);
        }
        self.heading("What was changed");
        let changes = session.runbook.remediations().map(|(_, remediation)| remediation);
        let changes: Vec<_> = changes
            .filter(|remediation| session.incident.remediations.get(&remediation.id).is_some_and(|record| record.committed))
            .collect();
        for change in &changes {
            self.words(&change.title, "  ", Tone::Plain);
        }
        if changes.is_empty() {
            self.words("nothing", "  ", Tone::Plain);
        }
    }
}
