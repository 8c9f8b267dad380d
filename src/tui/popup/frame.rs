//! The frame around what lies on top. Never what is in it.

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Widget as _};

use crate::tui::hits::Target;
use crate::tui::ink;
use crate::tui::keymap::{Binding, Cmd, Context, parse};
use crate::tui::theme::{Theme, Tone};
use crate::tui::ui::Ui;

/// Nearly the whole screen, but so that one sees that something lies beneath; all of it where it is small.
pub(in crate::tui) fn large(screen: Rect) -> Rect {
    let horizontal = if screen.width >= 60 { (screen.width / 20).clamp(1, 12) } else { 0 };
    let vertical = u16::from(screen.height >= 20);
    screen.inner(Margin { horizontal, vertical })
}

/// In the middle, for `lines` of text.
pub(in crate::tui) fn middle(screen: Rect, columns: u16, lines: u16) -> Rect {
    let width = columns.saturating_add(4).min(screen.width);
    let height = lines.saturating_add(2).min(screen.height);
    Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 3, width, height }
}

/// A key with its label, as they stand in a footer.
#[derive(Clone, Debug)]
pub(in crate::tui) struct KeyLabel {
    spans: [Span<'static>; 2],
    key: Option<KeyEvent>,
    /// Whether it has its place, whatever else does not fit: the way out, and what one looks for when lost.
    is_always: bool,
}

impl KeyLabel {
    pub(in crate::tui) fn new(ui: &Ui, binding: &Binding) -> Self {
        let spans = [
            ink::span(format!(" {}", binding.key()), ui.theme.style(Tone::Key)),
            ink::span(format!(" {} ", binding.label), ui.theme.style(Tone::Plain)),
        ];
        Self { spans, key: parse(binding.key()), is_always: matches!(binding.cmd, Cmd::Back | Cmd::Palette | Cmd::Help | Cmd::Quit) }
    }

    /// The same with another label.
    pub(in crate::tui) fn saying(ui: &Ui, binding: &Binding, label: &'static str) -> Self {
        Self::new(ui, &Binding { label, ..binding.clone() })
    }

    pub(in crate::tui) fn width(&self) -> usize {
        self.spans.iter().map(Span::width).sum()
    }
}

/// Clears the area, draws a border with a title and the keys of a context, and returns what is left.
pub(in crate::tui) fn draw(buffer: &mut Buffer, area: Rect, ui: &Ui, title: &str, tone: Tone, context: Context) -> Rect {
    draw_with(buffer, area, ui, title, tone, &keys(ui, context, |_| true))
}

/// As [`draw`], with these keys, of which those are shown that fit.
pub(in crate::tui) fn draw_with(buffer: &mut Buffer, area: Rect, ui: &Ui, title: &str, tone: Tone, keys: &[KeyLabel]) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 5 || area.height < 3 {
        return Rect::default();
    }
    Clear.render(area, buffer);
    buffer.set_style(area, ui.theme.ground());
    let columns = usize::from(area.width) - 4;
    let block = Block::bordered()
        .border_style(ui.theme.style(tone))
        .title(Line::from(ink::span(format!(" {} ", ink::fit(title, columns.saturating_sub(2))), ui.theme.style(Tone::Strong))))
        .padding(Padding::horizontal(1));
    let inner = block.inner(area);
    block.render(area, buffer);
    let bottom = Rect { x: area.x + 1, y: area.bottom() - 1, width: area.width - 2, height: 1 };
    put_keys(buffer, bottom, ui, keys);
    inner
}

/// Draws those keys that fit, from the left, then those that always do, and has the mouse know them.
pub(in crate::tui) fn put_keys(buffer: &mut Buffer, area: Rect, ui: &Ui, keys: &[KeyLabel]) {
    let width_of = |label: &KeyLabel| u16::try_from(label.width()).unwrap_or(u16::MAX);
    let (always, others): (Vec<&KeyLabel>, Vec<&KeyLabel>) = keys.iter().partition(|label| label.is_always);
    let mut room = area.width.saturating_sub(always.iter().map(|label| width_of(label)).sum());
    let fits = |label: &&&KeyLabel| match room.checked_sub(width_of(label)) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    };
    let mut shown: Vec<&KeyLabel> = others.iter().take_while(fits).copied().collect();
    shown.extend(always);
    let mut left = area;
    for label in shown {
        let width = width_of(label).min(left.width);
        let place = Rect { width, height: 1, ..left };
        // A border beneath is not how its words look.
        Clear.render(place, buffer);
        buffer.set_style(place, ui.theme.ground());
        put(buffer, place, 0, &Line::from(label.spans.to_vec()));
        if let Some(key) = label.key {
            ui.hits.add(place, Target::Key(key));
        }
        left.x += width;
        left.width -= width;
    }
}

/// Says in the corners how many lines are above and below what is seen. That there is more below is said over words, as the ellipsis
/// shows; above, only where there is room.
pub(in crate::tui) fn put_more(buffer: &mut Buffer, area: Rect, theme: Theme, above: usize, below: usize) {
    for (more, sign, y) in [(above, '↑', area.top()), (below, '↓', area.bottom().saturating_sub(1))] {
        if more > 0 {
            let words = format!("{} {sign} {more} more ", if sign == '↓' { "…" } else { "" });
            let width = u16::try_from(ink::width(&words)).unwrap_or(0).min(area.width);
            let corner = Rect { x: area.right() - width, y, width, height: 1 }.intersection(buffer.area);
            if sign == '↑' && corner.positions().any(|place| buffer[place].symbol() != " ") {
                continue;
            }
            put(buffer, corner, 0, &Line::from(ink::span(words, theme.style(Tone::Key))));
        }
    }
}

/// The keys of a context that have a label and are wanted.
pub(in crate::tui) fn keys(ui: &Ui, context: Context, wanted: impl Fn(Cmd) -> bool) -> Vec<KeyLabel> {
    let labelled = ui.keymap.of(context).filter(|binding| !binding.label.is_empty() && wanted(binding.cmd));
    labelled.map(|binding| KeyLabel::new(ui, binding)).collect()
}

/// Draws a line into a row of an area, if there is such a row.
pub(in crate::tui) fn put(buffer: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if let Ok(row) = u16::try_from(row)
        && row < area.height
        && area.width > 0
    {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// Draws a line of a list on top, which a click selects.
pub(in crate::tui) fn put_item(buffer: &mut Buffer, area: Rect, row: usize, height: u16, ui: &Ui, place: usize, line: &Line<'_>) {
    put(buffer, area, row, line);
    if let Ok(row) = u16::try_from(row)
        && row < area.height
    {
        ui.hits.add(Rect { y: area.y + row, height: height.min(area.height - row), ..area }, Target::Line(place));
    }
}
