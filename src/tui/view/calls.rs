//! What the deputy calls out: the most urgent of it in the header, all of it in a list. Never in the way of anything.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::present::{Mark, Symbols, calls, words};
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context};
use crate::tui::popup::frame::{self, put, put_item};
use crate::tui::popup::list::List;
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;

/// From so many columns on the keys that answer stand beside what is due.
const ROOM_FOR_KEYS: usize = 60;

/// What is most urgent, on one line: what it is, and the keys that answer it.
pub(super) fn banner(session: &Session, ui: &Ui, now: Stamp, columns: usize) -> Option<(String, Tone)> {
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
        count => format!(" +{}", count - 1),
    };
    let keys = match (ui.replay.is_some(), columns >= ROOM_FOR_KEYS) {
        (true, _) => String::new(),
        (false, false) => format!(" {}", key(Cmd::Calls)),
        (false, true) => {
            let there = if first.mark == Mark::Failed { format!(" {} go there", key(Cmd::LookAtRed)) } else { String::new() };
            format!(" {there} {} done  {} later  {} all", key(Cmd::Acknowledge), key(Cmd::Snooze), key(Cmd::Calls))
        }
    };
    let room = columns.saturating_sub(ink::width(&keys) + 2);
    Some((format!("{}{keys}", ink::fill(&format!("{label}{more} — {}", first.sentence), room)), tone))
}

/// Everything that is due, with what can be told to others as it is.
pub(super) fn draw(list: &mut List, session: &Session, ui: &Ui, now: Stamp, buffer: &mut Buffer, screen: Rect) {
    let theme = ui.theme;
    let open = calls::open(session, now);
    let inner = frame::draw(buffer, frame::large(screen), ui, "What is due", Tone::Lively, Context::Calls);
    let columns = usize::from(inner.width);
    let next = session.next_escalation(now).map(|(_, left)| format!("The next escalation is due in {}.", words::rough(left)));
    if open.is_empty() {
        put(buffer, inner, 0, &Line::from(span("Nothing is due.", theme.style(Tone::Good))));
        put(buffer, inner, 1, &Line::from(span(next.unwrap_or_default(), theme.style(Tone::Dim))));
        for (row, (left, record)) in session.quiet_calls(now).into_iter().enumerate() {
            let said = format!("again in {}: {}", words::rough(left), calls::say(session, record, now).sentence);
            put(buffer, inner, row + 3, &Line::from(span(ink::fit(&said, columns), theme.style(Tone::Plain))));
        }
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
    for line in shown {
        put(buffer, inner, row, &Line::from(span(line, theme.style(Tone::Dim))));
        row += 1;
    }
    if let Some(prepared) = &say.prepared {
        put(buffer, inner, row, &Line::from(span("Prepared, to be told as it is:", theme.style(Tone::Strong))));
        for line in ink::wrap(prepared, columns.saturating_sub(2)) {
            row += 1;
            put(buffer, inner, row, &Line::from(vec![Span::raw("  "), span(line, theme.style(Tone::Plain))]));
        }
    }
}
