//! A long text to read: scrolling both ways, long lines broken or not, rows of a table under their names, search. Only what
//! is seen is measured, so that a text of many megabytes scrolls like a short one. Never changes the text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::base::id::Id;
use crate::base::text;
use crate::runbook::asked;
use crate::tui::highlight::{self, Language};
use crate::tui::ink;
use crate::tui::keymap::{Cmd, Context};
use crate::tui::theme::{Theme, Tone};
use crate::tui::ui::Ui;

use super::frame;

mod paper;

use paper::{Paper, Place};

/// A text and where one is in it.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub(in crate::tui) struct Reader {
    title: String,
    lines: Vec<String>,
    language: Language,
    /// Line of the names of a table, whose rows begin two lines further down.
    table: Option<usize>,
    /// Whether only the table is shown.
    as_table: bool,
    /// Where the page begins.
    top: Place,
    left: usize,
    /// Whether a line in sight goes on at the right edge, or would if lines were not broken.
    goes_on: bool,
    wrap: bool,
    page: usize,
    /// Columns of the page.
    columns: usize,
    found: String,
    /// Where it was found last, until one goes elsewhere.
    at: Option<Place>,
    /// How many lines have what was looked for.
    hits: usize,
    /// The check whose answer it is, and whether the end of each new answer is gone to.
    source: Option<Id>,
    follow: bool,
    /// Whether its first answer is still to come.
    awaits: bool,
    /// Whether it was chosen how a table is shown.
    is_chosen: bool,
    /// What is being typed after `/`.
    pub(in crate::tui) typing: Option<String>,
}

/// How far Left and Right go.
const SIDEWAYS: usize = 8;

/// Longest line that is coloured, in bytes: nobody reads a longer one as a whole.
const COLOURED: usize = 4096;

impl Reader {
    pub(in crate::tui) fn new(title: impl Into<String>, words: &str) -> Self {
        let mut reader = Self {
            title: title.into(),
            lines: Vec::new(),
            language: Language::Plain,
            table: None,
            as_table: false,
            top: Place::default(),
            left: 0,
            goes_on: false,
            wrap: true,
            page: 1,
            columns: 1,
            found: String::new(),
            at: None,
            hits: 0,
            source: None,
            follow: false,
            awaits: false,
            is_chosen: false,
            typing: None,
        };
        reader.replace(words);
        reader
    }

    /// The same with the colours of a language.
    pub(in crate::tui) fn in_language(mut self, language: Language) -> Self {
        self.language = language;
        self
    }

    /// The answer of a check, which can be followed.
    pub(in crate::tui) fn of_check(mut self, check: Id) -> Self {
        self.source = Some(check);
        self
    }

    /// The same with a question before its title.
    pub(in crate::tui) fn titled(mut self, question: &str) -> Self {
        self.title = format!("{question} {}", self.title);
        self
    }

    /// All of the text.
    pub(in crate::tui) fn text(&self) -> String {
        self.lines.join("\n")
    }

    /// The same, of a question that is being asked: its answer is shown as soon as it is there.
    pub(in crate::tui) fn awaiting(mut self) -> Self {
        self.awaits = true;
        self
    }

    /// The check whose answer it is.
    pub(in crate::tui) fn source(&self) -> Option<&Id> {
        self.source.as_ref()
    }

    /// The check whose next answer is to be shown, too.
    pub(in crate::tui) fn followed(&self) -> Option<&Id> {
        self.source.as_ref().filter(|_| self.follow || self.awaits)
    }

    /// What it waited for is there.
    pub(in crate::tui) fn has_come(&mut self) {
        self.awaits = false;
    }

    /// Another text in its place; who follows goes to its end.
    pub(in crate::tui) fn replace(&mut self, words: &str) {
        self.lines = text::lines(words).lines().map(str::to_owned).collect();
        // As `world::postgres::table` rules them off.
        let is_rule = |line: &String| line.starts_with('─') && line.chars().all(|c| matches!(c, '─' | '┼'));
        self.table = self.lines.iter().position(is_rule).and_then(|rule| rule.checked_sub(1));
        self.as_table &= self.table.is_some();
        self.at = None;
        if self.follow {
            self.top = self.last();
        }
    }

    /// The first line that can be scrolled away: the names of a table cannot.
    fn first(&self) -> usize {
        self.table.filter(|_| self.as_table).map_or(0, |names| names + 2)
    }

    fn paper(&self) -> Paper<'_> {
        Paper { lines: &self.lines, first: self.first(), columns: self.wrap.then_some(self.columns.max(1)) }
    }

    fn last(&self) -> Place {
        self.paper().last(self.page.max(1))
    }

    /// Moves in the text; `false` for what it does not know.
    pub(in crate::tui) fn go(&mut self, cmd: Cmd) -> bool {
        match cmd {
            Cmd::Up => self.top = self.paper().up(self.top, 1),
            Cmd::Down => self.top = self.paper().down(self.top, 1).min(self.last()).max(self.top),
            Cmd::PageUp => self.top = self.paper().up(self.top, self.page),
            Cmd::PageDown => self.top = self.paper().down(self.top, self.page).min(self.last()).max(self.top),
            Cmd::Top => self.top = Place::of(self.first()),
            Cmd::Bottom => self.top = self.last(),
            Cmd::Left => self.left = self.column(false),
            Cmd::Right if self.goes_on => {
                self.break_lines(false);
                self.left = self.column(true);
            }
            Cmd::Right => {}
            Cmd::Wrap => self.break_lines(!self.wrap),
            Cmd::Table if self.table.is_some() => {
                self.as_table = !self.as_table;
                self.is_chosen = true;
                self.break_lines(!self.as_table);
                self.top = Place::of(self.first());
            }
            Cmd::Follow if self.source.is_some() => {
                self.follow = !self.follow;
                if self.follow {
                    self.top = self.last();
                }
            }
            Cmd::Search => self.typing = Some(self.found.clone()),
            Cmd::NextMatch => self.search(true),
            Cmd::PreviousMatch => self.search(false),
            _ => return false,
        }
        if matches!(cmd, Cmd::Up | Cmd::PageUp | Cmd::Top) {
            self.follow = false;
        }
        if matches!(cmd, Cmd::Up | Cmd::Down | Cmd::PageUp | Cmd::PageDown | Cmd::Top | Cmd::Bottom) {
            self.at = None;
        }
        true
    }

    fn break_lines(&mut self, wrap: bool) {
        if wrap != self.wrap {
            (self.wrap, self.left, self.top.byte) = (wrap, 0, 0);
        }
    }

    /// Where the text begins sideways after one step to the right or left: at the next column of a table, else a few characters on.
    fn column(&self, right: bool) -> usize {
        let rule = self.table.filter(|_| self.as_table).and_then(|names| self.lines.get(names + 1));
        let begins = rule.map(|rule| rule.chars().enumerate().filter(|(_, c)| *c == '┼').map(|(place, _)| place + 2).collect::<Vec<_>>());
        match (begins, right) {
            (None, true) => self.left + SIDEWAYS,
            (None, false) => self.left.saturating_sub(SIDEWAYS),
            (Some(begins), true) => begins.into_iter().find(|begin| *begin > self.left).unwrap_or(self.left),
            (Some(begins), false) => begins.into_iter().rev().find(|begin| *begin < self.left).unwrap_or(0),
        }
    }

    /// Takes what was typed as the text to look for.
    pub(in crate::tui) fn look_for_typed(&mut self) {
        if let Some(typed) = self.typing.take() {
            self.found = typed.to_lowercase();
            self.hits = if self.found.is_empty() { 0 } else { self.lines.iter().filter(|line| self.is_hit(line)).count() };
            self.at = None;
            self.search(true);
        }
    }

    fn is_hit(&self, line: &str) -> bool {
        !self.found.is_empty() && line.to_lowercase().contains(&self.found)
    }

    /// Where it stands in a line.
    fn places(&self, line: usize) -> impl DoubleEndedIterator<Item = Place> + use<> {
        let words = self.lines.get(line).filter(|words| self.is_hit(words));
        let found = words.map(|words| matches(words, &self.found)).unwrap_or_default();
        found.into_iter().map(move |(range, _)| Place { line, byte: range.start })
    }

    /// Goes to the next place, or the one before, and round at the ends.
    fn search(&mut self, forward: bool) {
        let (first, count) = (self.first(), self.lines.len());
        let (from, at) = (self.at.unwrap_or(self.top), self.at);
        let found = if forward {
            let ahead = |place: &Place| if at.is_some() { *place > from } else { *place >= from };
            let rest = (from.line..count).find_map(|line| self.places(line).find(ahead));
            rest.or_else(|| (first..count).find_map(|line| self.places(line).next()))
        } else {
            let rest = (first..=from.line).rev().find_map(|line| self.places(line).rfind(|place| *place < from));
            rest.or_else(|| (first..count).rev().find_map(|line| self.places(line).next_back()))
        };
        let Some(place) = found else { return };
        self.at = found;
        self.follow = false;
        self.top = if self.wrap { self.paper().row_of(place) } else { Place::of(place.line) };
        let column = self.lines.get(place.line).and_then(|line| line.get(..place.byte)).map_or(0, ink::width);
        if !self.wrap && !(self.left..self.left + self.columns).contains(&(column + ink::width(&self.found))) {
            self.left = column.saturating_sub(self.columns / 2);
        }
    }

    pub(in crate::tui) fn draw(&mut self, buffer: &mut Buffer, screen: Rect, ui: &Ui, context: Context) {
        let theme = ui.theme;
        let area = frame::large(screen);
        // Inside the border, above the line that says where one is.
        (self.page, self.columns) = (usize::from(area.height.saturating_sub(3)), usize::from(area.width.saturating_sub(4)));
        let keys = frame::keys(ui, context, |cmd| match cmd {
            Cmd::Table => self.table.is_some(),
            Cmd::Follow => self.source.is_some(),
            Cmd::Keep => self.source.as_ref().is_some_and(asked::is_asked),
            Cmd::NextMatch => self.hits > 0,
            Cmd::PageDown => self.top < self.last(),
            _ => true,
        });
        let inner = frame::draw_with(buffer, area, ui, &self.title, Tone::Lively, &keys);
        if inner.height < 4 {
            return;
        }
        // A table that is wider than the page is no use with its lines broken.
        if let Some(rule) = self.table.filter(|_| !self.is_chosen).and_then(|names| self.lines.get(names + 1)) {
            self.as_table = ink::width(rule) > usize::from(inner.width);
            self.wrap = !self.as_table;
            self.is_chosen = true;
        }
        let mut page = Rect { height: inner.height - 1, ..inner };
        if let Some(names) = self.table.filter(|_| self.as_table) {
            for (row, line) in self.lines[names..].iter().take(2).enumerate() {
                frame::put(buffer, page, row, &Line::styled(self.seen(line, page.width), theme.style(Tone::Strong)));
                self.say_more(buffer, page, row, line, theme);
            }
            page = Rect { y: page.y + 2, height: page.height - 2, ..page };
        }
        (self.page, self.columns) = (usize::from(page.height), usize::from(page.width));
        // Another text may have come, on another page.
        if self.lines.get(self.top.line).is_none_or(|line| !line.is_char_boundary(self.top.byte)) {
            self.top = self.last();
        }
        self.top = self.top.max(Place::of(self.first()));
        let edge = self.left + self.columns;
        self.goes_on = self.lines.iter().skip(self.top.line).take(self.page).any(|line| ink::is_wider(line, edge));
        let mut row = 0;
        let first = self.lines.get(self.top.line).and_then(|line| line.get(self.top.byte..));
        for words in first.into_iter().chain(self.lines.iter().skip(self.top.line + 1).map(String::as_str)) {
            if row >= self.page {
                break;
            }
            // A line of a megabyte costs no more than what of it can be seen.
            let seen = if self.wrap { cut(words, self.page * self.columns) } else { &self.seen(words, page.width) };
            let mut tones = if seen.len() > COLOURED { Vec::new() } else { highlight::tones(self.language, seen) };
            if self.is_hit(seen) {
                tones = matches(seen, &self.found);
            }
            let parts = if self.wrap { ink::breaks(seen, self.columns) } else { std::iter::once(0..seen.len()).collect() };
            for part in parts.into_iter().take(self.page - row) {
                frame::put(buffer, page, row, &highlight::line(seen, part, &tones, theme, theme.style(Tone::Plain)));
                self.say_more(buffer, page, row, words, theme);
                row += 1;
            }
        }
        frame::put(buffer, inner, usize::from(inner.height) - 1, &Line::from(ink::span(self.place(), theme.style(Tone::Dim))));
    }

    /// What of a line is in sight where lines are not broken.
    fn seen(&self, line: &str, width: u16) -> String {
        ink::window(line, self.left, usize::from(width))
    }

    /// Says at the right edge that a line goes on there, where lines are not broken.
    fn say_more(&self, buffer: &mut Buffer, page: Rect, row: usize, line: &str, theme: Theme) {
        if !self.wrap && ink::is_wider(line, self.left + usize::from(page.width)) {
            let edge = Rect { x: page.right() - 1, width: 1, ..page };
            frame::put(buffer, edge, row, &Line::from(ink::span("›", theme.style(Tone::Key))));
        }
    }

    /// Where one is, for the last line.
    fn place(&self) -> String {
        if let Some(typed) = &self.typing {
            return format!("/{typed}_   Enter looks for it, Esc does not");
        }
        let (first, count) = (self.first(), self.lines.len());
        let line = if self.top.byte > 0 { "within line" } else { "line" };
        let place = format!("{line} {} of {}", (self.top.line + 1).saturating_sub(first), count.saturating_sub(first).max(1));
        let found = match (self.found.is_empty(), self.hits) {
            (true, _) => String::new(),
            (false, 0) => format!(" · nothing with “{}”", self.found),
            (false, hits) => format!(" · “{}” in {hits}", self.found),
        };
        let left = if self.left > 0 { format!(" · from column {}", self.left + 1) } else { String::new() };
        let follow = if self.follow { " · following" } else { "" };
        format!("{place}{left}{found}{follow}")
    }
}

/// At most so many characters of a text.
fn cut(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

/// Where a text stands in a line, whatever its case.
fn matches(line: &str, found: &str) -> Vec<(std::ops::Range<usize>, Tone)> {
    // Lower case may be longer than what it comes from: places are counted in the line itself.
    let mut places: Vec<(usize, char)> = Vec::new();
    for (at, c) in line.char_indices() {
        places.extend(c.to_lowercase().map(|lower| (at, lower)));
    }
    let lower: String = places.iter().map(|(_, c)| c).collect();
    let mut starts = Vec::new();
    let mut ends = Vec::new();
    for (at, c) in &places {
        starts.extend(std::iter::repeat_n(*at, c.len_utf8()));
        let length = line[*at..].chars().next().map_or(1, char::len_utf8);
        ends.extend(std::iter::repeat_n(*at + length, c.len_utf8()));
    }
    let hits = lower.match_indices(found).filter(|(_, hit)| !hit.is_empty());
    hits.filter_map(|(at, hit)| Some((*starts.get(at)?..*ends.get(at + hit.len() - 1)?, Tone::Match))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_are_found_whatever_their_case_and_their_length() {
        let line = "İstanbul ERROR error";
        let found: Vec<&str> = matches(line, "error").into_iter().map(|(range, _)| &line[range]).collect();
        assert_eq!(found, ["ERROR", "error"]);
        let found: Vec<&str> = matches(line, "stan").into_iter().map(|(range, _)| &line[range]).collect();
        assert_eq!(found, ["stan"]);
    }

    #[test]
    fn a_table_keeps_its_names_and_goes_by_columns() {
        let mut reader = Reader::new("t", "value = 2\n\nname │ number │ x\n─────┼────────┼──\na    │ 1      │ y\nb    │ 2      │ z");
        assert!(!reader.as_table);
        reader.go(Cmd::Table);
        assert_eq!((reader.first(), reader.top), (4, Place::of(4)));
        reader.goes_on = true;
        for expected in [7, 16, 16] {
            reader.go(Cmd::Right);
            assert_eq!(reader.left, expected);
        }
        for expected in [7, 0, 0] {
            reader.go(Cmd::Left);
            assert_eq!(reader.left, expected);
        }
    }
}
