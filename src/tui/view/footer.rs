//! The bottom of the screen: what Enter does next, in full words, and the other keys that make sense now.
//! Never a key that the table of keys does not have.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::tui::hits::Target;
use crate::tui::ink::{self, span};
use crate::tui::keymap::{Cmd, Context, parse};
use crate::tui::popup::frame::{KeyLabel, put, put_keys};
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;
use crate::tui::update::{self, ways};

/// Rows of the footer.
pub(super) const ROWS: u16 = 3;
/// Most rows of what was said: as many as the footer has, under which nothing else lies.
const SAID_ROWS: usize = 3;

/// Draws the footer.
pub(super) fn draw(session: &Session, ui: &Ui, now: Stamp, buffer: &mut Buffer, area: Rect) {
    let theme = ui.theme;
    let columns = usize::from(area.width);
    put(buffer, area, 0, &Line::styled("─".repeat(columns), theme.style(Tone::Dim)));
    if !ui.popups.is_empty() {
        // Keys mean what the uppermost thing says; two answers would be one too many.
        return;
    }
    let (held, of) = ui.facts().criteria;
    let criteria = format!(" success {held}/{of}");
    let tone = if of > 0 && held == of { Tone::Good } else { Tone::Dim };
    let room = columns.saturating_sub(8);
    let (key, words) = match &ui.replay {
        Some(replay) => (ui.keymap.key_of(Context::Replay, Cmd::Play), replay.next.to_owned()),
        None => (ui.keymap.key_of(Context::Incident, Cmd::GoOn), ink::fit(&update::enter_words(session, ui), room)),
    };
    let mut left = vec![span(format!(" {key} "), theme.style(Tone::Badge)), Span::raw(" "), span(words, theme.style(Tone::Strong))];
    if let Some(replay) = ui.replay.as_ref().filter(|replay| !replay.left_out.is_empty()) {
        left.push(span(format!("   {}", replay.left_out), theme.style(Tone::Dim)));
    }
    let next = Rect { y: area.y + 1, height: 1, ..area };
    if let Some(key) = parse(key) {
        ui.hits.add(next, Target::Key(key));
    }
    if let Some(key) = parse(ui.keymap.key_of(ui.ground(), Cmd::Criteria)) {
        let width = u16::try_from(ink::width(&criteria)).unwrap_or(0).min(area.width);
        ui.hits.add(Rect { x: next.right() - width, width, ..next }, Target::Key(key));
    }
    put(buffer, next, 0, &ink::justified(left, vec![span(criteria, theme.style(tone))], columns));
    let last = Rect { y: area.y + 2, height: 1, ..area };
    put_keys(buffer, last, ui, &keys(session, ui, now));
}

/// What was said, over whatever lies there: it answers the key that was just pressed, and goes with the next one.
pub(super) fn say(ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    let Some(said) = &ui.said else { return };
    let columns = usize::from(screen.width);
    let mut words = ink::wrap(&format!("! {said}"), columns);
    if words.len() > SAID_ROWS {
        let rest = words.split_off(SAID_ROWS - 1).join(" ");
        words.push(ink::fit(&rest, columns));
    }
    let rows = u16::try_from(words.len()).unwrap_or(screen.height).min(screen.height);
    let place = Rect { y: screen.bottom() - rows, height: rows, ..screen };
    ui.hits.cover(place);
    for (row, line) in words.iter().enumerate() {
        put(buffer, place, row, &Line::from(span(ink::fill(line, columns), ui.theme.style(Tone::Warn))));
    }
}

/// The keys that make sense now.
fn keys(session: &Session, ui: &Ui, now: Stamp) -> Vec<KeyLabel> {
    let possible = ui.keymap.of(ui.ground()).filter(|binding| {
        let makes_sense = || ui.replay.is_some() || ways::makes_sense(session, ui, now, binding.cmd);
        !binding.label.is_empty() && makes_sense()
    });
    possible.map(|binding| KeyLabel::new(ui, binding)).collect()
}
