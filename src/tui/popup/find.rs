//! Finding an action by its name: the palette, which does it, and the help, which tells its keys. Both read the table of
//! keys. Never does what it finds by itself.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::runbook::search::fuzzy;
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Binding, Cmd, Context};
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;
use crate::tui::update::ways;

use super::frame::{self, put, put_item};
use super::list::List;

/// Longest text that is looked for, in characters.
const LONGEST: usize = 100;

/// What is typed, and where one is in what was found.
#[derive(Clone, Debug, Default)]
pub(in crate::tui) struct Find {
    typed: String,
    pub(in crate::tui) list: List,
}

/// A row that was found.
struct Item<'k> {
    binding: &'k Binding,
    /// Places of the characters of its help that were typed.
    letters: Vec<usize>,
}

impl Find {
    /// Another character.
    pub(in crate::tui) fn push(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.typed.chars().count());
        self.typed.extend(text.chars().filter(|c| !c.is_control()).take(room));
        self.list.selected = 0;
    }

    /// One character less.
    pub(in crate::tui) fn pop(&mut self) {
        self.typed.pop();
        self.list.selected = 0;
    }

    /// What the palette would do.
    pub(in crate::tui) fn chosen(&self, ui: &Ui) -> Option<Cmd> {
        self.found(ui, |context| context == ui.ground()).get(self.list.selected).map(|item| item.binding.cmd)
    }

    fn found<'k>(&self, ui: &'k Ui, wanted: impl Fn(Context) -> bool) -> Vec<Item<'k>> {
        let rows: Vec<&Binding> = ui.keymap.rows().iter().filter(|binding| wanted(binding.context)).collect();
        let texts: Vec<String> = rows.iter().map(|row| format!("{} {} {}", row.help, row.label, row.cmd.name())).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        fuzzy::find(&self.typed, &texts).into_iter().map(|fit| Item { binding: rows[fit.index], letters: fit.letters }).collect()
    }

    /// Every action, with its key, and with the reason where it does nothing now.
    pub(in crate::tui) fn draw_palette(&mut self, session: &Session, ui: &Ui, now: Stamp, buffer: &mut Buffer, screen: Rect) {
        let theme = ui.theme;
        let inner = frame::draw(buffer, frame::large(screen), ui, "Actions", Tone::Lively, Context::Find);
        self.put_typed(ui, buffer, inner, "What do you want to do?");
        let body = below(inner);
        let columns = usize::from(body.width);
        let found = self.found(ui, |context| context == ui.ground());
        let page = usize::from(body.height);
        let top = self.list.fit(found.len(), page);
        for (row, item) in found.iter().enumerate().skip(top).take(page) {
            let why = if ui.replay.is_some() { None } else { ways::why_not(session, ui, now, item.binding.cmd) };
            let style = theme.style(match (row == self.list.selected, &why) {
                (true, _) => Tone::Selected,
                (false, None) => Tone::Plain,
                (false, Some(_)) => Tone::Dim,
            });
            let key = span(format!("{:>9}  ", item.binding.key()), theme.style(Tone::Key));
            let right = match why {
                // That it does nothing now is said in any case, the reason where it fits.
                Some(why) if key.width() + ink::width(item.binding.help) + ink::width(&why) + 12 < columns => {
                    span(format!("  not now: {why}"), theme.style(Tone::Dim))
                }
                Some(_) => span("  not now", theme.style(Tone::Dim)),
                None if item.binding.danger => span("  asks first", theme.style(Tone::Warn)),
                None => span("", theme.style(Tone::Plain)),
            };
            let help = ink::fit(item.binding.help, columns.saturating_sub(key.width() + right.width() + 1));
            let mut left = vec![key];
            left.extend(marked(&help, &item.letters, style, style.patch(theme.style(Tone::Match))));
            let right = if right.width() > 0 { vec![right] } else { Vec::new() };
            put_item(buffer, body, row - top, 1, ui, row, &ink::justified(left, right, columns));
        }
        // The reason of the selected one in full, where the line above had no room for it.
        if let Some(why) = found.get(self.list.selected).and_then(|item| ways::why_not(session, ui, now, item.binding.cmd)) {
            let words = ink::fit(&format!("not now: {why}"), usize::from(inner.width));
            put(buffer, inner, 1, &Line::from(span(words, theme.style(Tone::Warn))));
        }
        say_if_none(&found, ui, buffer, body);
    }

    /// Every key, by where it counts.
    pub(in crate::tui) fn draw_help(&mut self, ui: &Ui, buffer: &mut Buffer, screen: Rect) {
        let theme = ui.theme;
        let keys = frame::keys(ui, Context::Find, |cmd| cmd == Cmd::Back);
        let inner = frame::draw_with(buffer, frame::large(screen), ui, "Keys", Tone::Lively, &keys);
        self.put_typed(ui, buffer, inner, "Type to find one.");
        let body = below(inner);
        let mut found = self.found(ui, |context| ui.may_need(context));
        let place = |context: Context| Context::ALL.iter().position(|other| *other == context);
        found.sort_by_key(|item| place(item.binding.context));
        let mut lines = Vec::new();
        let mut heading = None;
        for item in &found {
            let binding = item.binding;
            if heading.replace(binding.context) != Some(binding.context) {
                if !lines.is_empty() {
                    lines.push(Line::default());
                }
                lines.push(Line::from(span(binding.context.title(), theme.style(Tone::Strong))));
            }
            let keys = span(format!("  {:15}", binding.keys.join(" ")), theme.style(Tone::Key));
            let danger = span(if binding.danger { " (asks first)" } else { "" }, theme.style(Tone::Plain));
            let help = ink::fit(binding.help, usize::from(body.width).saturating_sub(keys.width() + danger.width()));
            let mut line = vec![keys];
            line.extend(marked(&help, &item.letters, theme.style(Tone::Plain), theme.style(Tone::Match)));
            line.push(danger);
            let name = vec![span(format!("  {}", binding.cmd.name()), theme.style(Tone::Dim))];
            lines.push(ink::justified(line, name, usize::from(body.width)));
        }
        // Nothing in it can be chosen: the selection is the first line in sight.
        let page = usize::from(body.height);
        self.list.length = (lines.len() + 1).saturating_sub(page).max(1);
        self.list.page = page;
        self.list.selected = self.list.selected.min(self.list.length - 1);
        for (row, line) in lines.iter().skip(self.list.selected).take(page).enumerate() {
            put(buffer, body, row, line);
        }
        say_if_none(&found, ui, buffer, body);
    }

    fn put_typed(&self, ui: &Ui, buffer: &mut Buffer, inner: Rect, asked: &str) {
        let theme = ui.theme;
        let mut line =
            vec![span("> ", theme.style(Tone::Key)), span(&self.typed, theme.style(Tone::Strong)), span(" ", theme.style(Tone::Selected))];
        if self.typed.is_empty() {
            line.push(span(format!(" {asked}"), theme.style(Tone::Dim)));
        }
        put(buffer, inner, 0, &Line::from(line));
    }
}

fn say_if_none(found: &[Item<'_>], ui: &Ui, buffer: &mut Buffer, body: Rect) {
    if found.is_empty() {
        put(buffer, body, 0, &Line::from(span("Nothing is called that. Backspace takes a letter back.", ui.theme.style(Tone::Plain))));
    }
}

/// What is left under what is typed.
fn below(inner: Rect) -> Rect {
    let head = 2.min(inner.height);
    Rect { y: inner.y + head, height: inner.height - head, ..inner }
}

/// A text with some of its characters marked.
pub(in crate::tui) fn marked(
    text: &str,
    letters: &[usize],
    style: ratatui::style::Style,
    mark: ratatui::style::Style,
) -> Vec<Span<'static>> {
    let mut spans: Vec<(String, bool)> = Vec::new();
    for (place, c) in text.chars().enumerate() {
        let is_marked = letters.binary_search(&place).is_ok();
        match spans.last_mut().filter(|(_, last)| *last == is_marked) {
            Some((run, _)) => run.push(c),
            None => spans.push((c.to_string(), is_marked)),
        }
    }
    spans.into_iter().map(|(run, is_marked)| span(run, if is_marked { mark } else { style })).collect()
}
