//! The frame around what lies on top. Never what is in it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Margin, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Widget as _};

use crate::tui::ink;
use crate::tui::keymap::{BINDINGS, Cmd, Context};
use crate::tui::theme::{Theme, Tone};

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

/// Clears the area, draws a border with a title and the keys of a context, and returns what is left.
pub(in crate::tui) fn draw(buffer: &mut Buffer, area: Rect, theme: Theme, title: &str, tone: Tone, context: Context) -> Rect {
    draw_with(buffer, area, theme, title, tone, &keys(theme, context, |_| true))
}

/// As [`draw`], with these keys, of which those are shown that fit.
pub(in crate::tui) fn draw_with(
    buffer: &mut Buffer,
    area: Rect,
    theme: Theme,
    title: &str,
    tone: Tone,
    keys: &[[Span<'static>; 2]],
) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 5 || area.height < 3 {
        return Rect::default();
    }
    Clear.render(area, buffer);
    let columns = usize::from(area.width) - 4;
    let mut bottom = Line::default();
    for pair in keys {
        if bottom.width() + pair[0].width() + pair[1].width() > columns {
            break;
        }
        bottom.extend(pair.clone());
    }
    let block = Block::bordered()
        .border_style(theme.style(tone))
        .title(Line::from(ink::span(format!(" {} ", ink::fit(title, columns.saturating_sub(2))), theme.style(Tone::Strong))))
        .title_bottom(bottom)
        .padding(Padding::horizontal(1));
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// The keys of a context that have a label and are wanted.
pub(in crate::tui) fn keys(theme: Theme, context: Context, wanted: impl Fn(Cmd) -> bool) -> Vec<[Span<'static>; 2]> {
    BINDINGS
        .iter()
        .filter(|binding| binding.context == context && !binding.label.is_empty() && wanted(binding.cmd))
        .map(|binding| {
            let key = binding.keys.first().copied().unwrap_or_default();
            [ink::span(format!(" {key}"), theme.style(Tone::Key)), ink::span(format!(" {} ", binding.label), theme.style(Tone::Plain))]
        })
        .collect()
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
