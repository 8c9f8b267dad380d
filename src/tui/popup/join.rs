//! Other runbooks to open inside this incident, found by typing or by pasting an error. Never opens one by itself.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::id::Id;
use crate::engine::Session;
use crate::engine::joined::{Shelved, fits};
use crate::present::words;
use crate::runbook::search::{self, Why, marks};
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;

use super::frame::{self, KeyLabel, put, put_item};
use super::list::List;

/// The longest text that is looked for, in characters: the head of a pasted stack trace says enough.
const LONGEST: usize = 4_000;

/// What is typed, and where one is in what was found.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct JoinView {
    typed: String,
    pub(in crate::tui) list: List,
}

impl JoinView {
    /// More text.
    pub(in crate::tui) fn push(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.typed.chars().count());
        self.typed.extend(text.chars().take(room));
        self.list.selected = 0;
    }

    /// One character less.
    pub(in crate::tui) fn pop(&mut self) {
        self.typed.pop();
        self.list.selected = 0;
    }

    /// The selected one.
    pub(in crate::tui) fn chosen(&self, session: &Session, ui: &Ui) -> Option<Id> {
        self.found(session, ui).get(self.list.selected).map(|(shelved, _)| shelved.runbook.id.clone())
    }

    /// Those that fit what is typed, best first; where nothing is, those that one goes to from here are first, and
    /// last what cannot be opened.
    fn found<'s>(&self, session: &'s Session, ui: &Ui) -> Vec<(&'s Shelved, Why)> {
        let books = session.runbooks_at_hand().unwrap_or_default();
        if self.typed.trim().is_empty() {
            let related = ui.related(session);
            let place = |shelved: &Shelved| related.iter().position(|other| other.runbook == shelved.runbook.id).unwrap_or(usize::MAX);
            let mut all: Vec<_> = books.iter().map(|shelved| (shelved, Why::Unasked)).collect();
            all.sort_by_key(|(shelved, _)| (place(shelved), fits(session, shelved).is_err()));
            return all;
        }
        let runbooks: Vec<_> = books.iter().map(|shelved| shelved.runbook.as_ref()).collect();
        search::rank(&self.typed, &runbooks).into_iter().map(|hit| (&books[hit.index], hit.why)).collect()
    }

    /// Draws what is typed, and each runbook with why it is here or why it cannot be opened.
    pub(in crate::tui) fn draw(&mut self, session: &Session, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
        let theme = ui.theme;
        let title = "Open another runbook inside this incident";
        let labelled = ui.keymap.of(Context::Find).filter(|binding| !binding.label.is_empty());
        let keys: Vec<KeyLabel> = labelled
            .map(|binding| match binding.cmd {
                Cmd::Accept => KeyLabel::saying(ui, binding, "what it would add"),
                _ => KeyLabel::new(ui, binding),
            })
            .collect();
        let inner = frame::draw_with(buffer, frame::large(screen), ui, title, Tone::Lively, &keys);
        let columns = usize::from(inner.width);
        let shown = crate::base::text::line(&self.typed).into_owned();
        let mut line = vec![
            span("> ", theme.style(Tone::Key)),
            span(ink::fit(&shown, columns.saturating_sub(3)), theme.style(Tone::Strong)),
            span(" ", theme.style(Tone::Selected)),
        ];
        if self.typed.is_empty() {
            line.push(span(" What is wrong? A symptom, or paste an error", theme.style(Tone::Dim)));
        }
        put(buffer, inner, 0, &Line::from(line));
        let head = 2.min(inner.height);
        let body = Rect { y: inner.y + head, height: inner.height - head, ..inner };
        let found = self.found(session, ui);
        if found.is_empty() {
            let words = match session.runbooks_at_hand() {
                None => "Looking which runbooks there are…",
                Some([]) => "There is no runbook on this machine.",
                Some(_) => "Nothing matches. Backspace takes a letter back.",
            };
            put(buffer, body, 0, &Line::from(span(words, theme.style(Tone::Plain))));
        }
        let related = ui.related(session);
        let page = (usize::from(body.height) / 2).max(1);
        let top = self.list.fit(found.len(), page);
        for (row, (shelved, why)) in found.iter().enumerate().skip(top).take(page) {
            let refused = fits(session, shelved).err();
            let tone = match (row == self.list.selected, &refused) {
                (true, _) => Tone::Selected,
                (false, None) => Tone::Strong,
                (false, Some(_)) => Tone::Dim,
            };
            let runbook = &shelved.runbook;
            let mut first = vec![span(if row == self.list.selected { "› " } else { "  " }, theme.style(Tone::Key))];
            first.extend(self.marked(&ink::fit(&runbook.title, columns.saturating_sub(2)), theme.style(tone)));
            put_item(buffer, body, (row - top) * 2, 2, ui, row, &Line::from(first));
            let named = related.iter().find(|other| other.runbook == runbook.id).and_then(|other| other.why.as_deref());
            let (told, tone) = match (refused, why.told(runbook), named) {
                (Some(why), ..) => (format!("not now: {why}"), Tone::Warn),
                (None, Some((label, "")), _) => (label.to_owned(), Tone::Dim),
                (None, Some((label, words)), _) => {
                    (format!("{label}: {}", words.split_whitespace().collect::<Vec<_>>().join(" ")), Tone::Dim)
                }
                (None, None, Some(why)) => (format!("from here: {why}"), Tone::Plain),
                (None, None, None) => (runbook.severity.as_deref().map(words::severity).unwrap_or_default(), Tone::Dim),
            };
            let mut second = vec![Span::raw("    ")];
            second.extend(self.marked(&ink::fit(&told, columns.saturating_sub(4)), theme.style(tone)));
            put(buffer, body, (row - top) * 2 + 1, &Line::from(second));
        }
    }

    /// A text with the words that were typed marked, as on the first screen.
    fn marked(&self, words: &str, style: ratatui::style::Style) -> Vec<Span<'static>> {
        ink::marked(words, marks(&self.typed, words), style)
    }
}
