//! A long text to read: scrolling both ways, long lines broken or not, search. Only what is seen is
//! measured, so that a text of many megabytes scrolls like a short one. Never changes the text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::base::text;
use crate::tui::ink;
use crate::tui::keymap::{Cmd, Context};
use crate::tui::theme::{Theme, Tone};

use super::frame;

/// A text and where one is in it.
pub(in crate::tui) struct Reader {
    title: String,
    lines: Vec<String>,
    top: usize,
    left: usize,
    wrap: bool,
    page: usize,
    found: String,
    /// What is being typed after `/`.
    pub(in crate::tui) typing: Option<String>,
}

/// How far Left and Right go.
const SIDEWAYS: usize = 8;

impl Reader {
    pub(in crate::tui) fn new(title: impl Into<String>, words: &str) -> Self {
        let lines = text::lines(words).lines().map(str::to_owned).collect();
        Self { title: title.into(), lines, top: 0, left: 0, wrap: true, page: 1, found: String::new(), typing: None }
    }

    /// Moves in the text; `false` for what it does not know.
    pub(in crate::tui) fn go(&mut self, cmd: Cmd) -> bool {
        let last = self.lines.len().saturating_sub(self.page.max(1));
        match cmd {
            Cmd::Up => self.top = self.top.saturating_sub(1),
            Cmd::Down => self.top = (self.top + 1).min(last),
            Cmd::PageUp => self.top = self.top.saturating_sub(self.page),
            Cmd::PageDown => self.top = (self.top + self.page).min(last),
            Cmd::Top => self.top = 0,
            Cmd::Bottom => self.top = last,
            Cmd::Left => self.left = self.left.saturating_sub(SIDEWAYS),
            Cmd::Right => {
                self.wrap = false;
                self.left += SIDEWAYS;
            }
            Cmd::Wrap => {
                self.wrap = !self.wrap;
                self.left = 0;
            }
            Cmd::Search => self.typing = Some(String::new()),
            Cmd::NextMatch => self.search(true),
            Cmd::PreviousMatch => self.search(false),
            _ => return false,
        }
        true
    }

    /// Takes what was typed as the text to look for.
    pub(in crate::tui) fn look_for_typed(&mut self) {
        if let Some(typed) = self.typing.take() {
            self.found = typed.to_lowercase();
            self.search(true);
        }
    }

    fn search(&mut self, forward: bool) {
        if self.found.is_empty() {
            return;
        }
        let count = self.lines.len();
        let hit = |place: &usize| self.lines[*place].to_lowercase().contains(&self.found);
        let place = if forward {
            (self.top + 1..count).chain(0..(self.top + 1).min(count)).find(hit)
        } else {
            (0..self.top.min(count)).rev().chain((self.top..count).rev()).find(hit)
        };
        if let Some(place) = place {
            self.top = place;
        }
    }

    pub(in crate::tui) fn draw(&mut self, buffer: &mut Buffer, screen: Rect, theme: Theme, context: Context) {
        let inner = frame::draw(buffer, frame::large(screen), theme, &self.title, Tone::Lively, context);
        if inner.height < 2 {
            return;
        }
        let page = Rect { height: inner.height - 1, ..inner };
        self.page = usize::from(page.height);
        self.top = self.top.min(self.lines.len().saturating_sub(1));
        let mut row = 0;
        for words in self.lines.iter().skip(self.top) {
            if row >= self.page {
                break;
            }
            let hit = !self.found.is_empty() && words.to_lowercase().contains(&self.found);
            let style = theme.style(if hit { Tone::Warn } else { Tone::Plain });
            if self.wrap {
                // A line of a megabyte costs no more than what of it can be seen.
                let seen: String = words.chars().take(self.page * usize::from(page.width)).collect();
                for part in ink::wrap(&seen, usize::from(page.width)).into_iter().take(self.page - row) {
                    frame::put(buffer, page, row, &Line::styled(part, style));
                    row += 1;
                }
            } else {
                let part: String = words.chars().skip(self.left).take(usize::from(page.width)).collect();
                frame::put(buffer, page, row, &Line::styled(part, style));
                row += 1;
            }
        }
        let place = match &self.typing {
            Some(typed) => format!("/{typed}_"),
            None => format!("line {} of {}", self.top + 1, self.lines.len().max(1)),
        };
        frame::put(buffer, inner, usize::from(inner.height) - 1, &Line::from(ink::span(place, theme.style(Tone::Dim))));
    }
}
