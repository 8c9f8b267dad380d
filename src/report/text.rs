//! Entries as lines for people: `00:00:03  ✗ “The schema exists”: value == 1, but value = 0`. Never relies on
//! colour, and adds none unless asked.

use std::sync::Arc;
use std::time::Duration;

use crate::base::Values;
use crate::present::{Line, Symbols, Tone, story, words};
use crate::runbook::Runbook;
use crate::timeline::{Entry, Event};

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours: only for a terminal, and never with `NO_COLOR`.
    pub color: bool,
    /// The signs in front.
    pub symbols: Symbols,
}

/// Tells the entries of one incident, each as one line. What it has to know it learns from the first.
#[derive(Clone, Debug)]
pub struct Teller {
    runbook: Arc<Runbook>,
    style: Style,
    names: Values,
    head_start: Duration,
    /// What a later entry may speak of.
    told: Vec<Entry>,
}

impl Teller {
    /// For an incident of this runbook.
    #[must_use]
    pub fn new(runbook: Arc<Runbook>, style: Style) -> Self {
        Self { runbook, style, names: Values::new(), head_start: Duration::ZERO, told: Vec::new() }
    }

    /// The same incident, whose runbook has more in it by now.
    pub fn widen(&mut self, runbook: Arc<Runbook>) {
        self.runbook = runbook;
    }

    /// The line of the next entry, without its line break.
    pub fn line(&mut self, entry: &Entry) -> String {
        if let Event::Opened(opened) = &entry.event {
            self.names = opened.inputs.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            self.head_start = opened.began.and_then(|began| (entry.at.wall - began).to_std().ok()).unwrap_or_default();
        }
        let story = story::line(entry, &self.told, &self.runbook, &self.names);
        if entry.event.may_be_corrected() || matches!(entry.event, Event::MessageDue { .. }) {
            self.told.push(entry.clone());
        }
        let line = Line::default()
            .with(Tone::Dim, words::clock(entry.at.elapsed + self.head_start))
            .with(Tone::Plain, "  ")
            .with(story.tone(), story.mark.symbol(self.style.symbols))
            .with(Tone::Plain, " ")
            .with(if story.tone() == Tone::Good { Tone::Plain } else { story.tone() }, story.text);
        render(&line, self.style.color)
    }
}

/// A line of styled text for a terminal.
#[must_use]
pub fn render(line: &Line, color: bool) -> String {
    if !color {
        return line.text();
    }
    line.0
        .iter()
        .map(|span| match sgr(span.tone) {
            Some(code) => format!("\u{1b}[{code}m{}\u{1b}[0m", span.text),
            None => span.text.clone(),
        })
        .collect()
}

/// The "select graphic rendition" parameters of a tone (ECMA-48), from the 8 colours that every theme has.
const fn sgr(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Strong => Some("1"),
        Tone::Dim => Some("2"),
        Tone::Good => Some("32"),
        Tone::Bad => Some("31"),
        Tone::Warn => Some("33"),
    }
}
