//! What the deputy calls out: the most urgent of it in the header, all of it in a list. Never in the way of anything.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::present::{Mark, Symbols, calls};
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::popup::frame::{self, put, put_item};
use crate::tui::popup::list::List;
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;

/// The label of what is most urgent, how it looks, and its sentence with the keys that answer it.
pub(super) fn banner(session: &Session, ui: &Ui, now: Stamp) -> Option<(String, Tone)> {
    let open = calls::open(session, now);
    let (_, first) = open.first()?;
    let (label, tone) = match first.mark {
        Mark::Escalation => ("ESCALATE", Tone::Alarm),
        Mark::Failed => ("RED AGAIN", Tone::Alarm),
        Mark::Message => ("UPDATE DUE", Tone::Caution),
        _ => ("MIND", Tone::Caution),
    };
    let key = |cmd| ui.keymap.key_of(Context::Incident, cmd);
    let more = match open.len() {
        1 => String::new(),
        count => format!(" (+{} more)", count - 1),
    };
    let goes_there = if first.mark == Mark::Failed { format!("{} goes there, ", key(Cmd::LookAtRed)) } else { String::new() };
    let answer = format!("   ({goes_there}{} done, {} later, {} all)", key(Cmd::Acknowledge), key(Cmd::Snooze), key(Cmd::Calls));
    let answer = if ui.replay.is_some() { String::new() } else { answer };
    Some((format!("{label}{more} — {}{answer}", first.sentence), tone))
}

/// Everything that is due, with what can be told to others as it is.
pub(super) fn draw(list: &mut List, session: &Session, ui: &Ui, now: Stamp, buffer: &mut Buffer, screen: Rect) {
    let theme = ui.theme;
    let open = calls::open(session, now);
    let inner = frame::draw(buffer, frame::large(screen), ui, "What is due", Tone::Lively, Context::Calls);
    let columns = usize::from(inner.width);
    let next = session.next_escalation(now).map(|(to, left)| {
        let _ = to;
        format!("The next escalation is due in {}.", crate::present::words::rough(left))
    });
    if open.is_empty() {
        put(buffer, inner, 0, &Line::from(span("Nothing is due.", theme.style(Tone::Good))));
        put(buffer, inner, 1, &Line::from(span(next.unwrap_or_default(), theme.style(Tone::Dim))));
        return;
    }
    // Below the list, the prepared text of the selected one: it gets a half of the room.
    let page = usize::from(inner.height).div_ceil(2);
    let top = list.fit(open.len(), page);
    for (row, (_, say)) in open.iter().enumerate().skip(top).take(page) {
        let style = theme.style(if row == list.selected { Tone::Selected } else { Tone::Plain });
        let tone: Tone = say.mark.tone().into();
        let line = Line::from(vec![
            span(format!("{} ", say.mark.symbol(Symbols::Unicode)), theme.style(tone)),
            span(ink::fit(&say.sentence, columns.saturating_sub(2)), style),
        ]);
        put_item(buffer, inner, row - top, 1, ui, row, &line);
    }
    let mut row = open.len().min(page) + 1;
    let Some((_, say)) = open.get(list.selected) else { return };
    let whole = ink::wrap(&say.sentence, columns);
    let shown = if whole.len() > 1 { whole } else { Vec::new() };
    for words in shown {
        put(buffer, inner, row, &Line::from(span(words, theme.style(Tone::Dim))));
        row += 1;
    }
    if let Some(prepared) = &say.prepared {
        put(buffer, inner, row, &Line::from(span("Prepared, to be told as it is:", theme.style(Tone::Strong))));
        for words in ink::wrap(prepared, columns.saturating_sub(2)) {
            row += 1;
            put(buffer, inner, row, &Line::from(vec![Span::raw("  "), span(words, theme.style(Tone::Plain))]));
        }
    }
}
