//! The bottom of the screen: what Enter does next, in full words, and the other keys that make sense now.
//! Never a key that the table of keys does not have.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::tui::ink::{self, span};
use crate::tui::keymap::{BINDINGS, Binding, Cmd};
use crate::tui::popup::frame::put;
use crate::tui::theme::Tone;
use crate::tui::ui::Ui;
use crate::tui::update;

/// The lines of the footer.
pub(super) fn lines(session: &Session, ui: &Ui, now: Stamp, columns: usize) -> Vec<Line<'static>> {
    let theme = ui.theme;
    let rule = Line::styled("─".repeat(columns), theme.style(Tone::Dim));
    if !ui.popups.is_empty() {
        // Keys mean what the uppermost thing says; two answers would be one too many.
        return vec![rule, Line::default(), Line::default()];
    }
    let mut lines = vec![rule];
    let (held, of) = ui.facts().criteria;
    let criteria = format!(" success {held}/{of}");
    let tone = if of > 0 && held == of { Tone::Good } else { Tone::Dim };
    let room = columns.saturating_sub(8);
    let (key, words) = match &ui.replay {
        Some(replay) => (" Space ", replay.next.to_owned()),
        None => (" Enter ", ink::fit(&update::enter_words(session, ui), room)),
    };
    let mut left = vec![span(key, theme.style(Tone::Badge)), Span::raw(" "), span(words, theme.style(Tone::Strong))];
    if let Some(replay) = ui.replay.as_ref().filter(|replay| !replay.left_out.is_empty()) {
        left.push(span(format!("   {}", replay.left_out), theme.style(Tone::Dim)));
    }
    lines.push(ink::justified(left, vec![span(criteria, theme.style(tone))], columns));
    lines.push(match &ui.said {
        Some(said) => Line::from(span(ink::fit(&format!("! {said}"), columns), theme.style(Tone::Warn))),
        None => keys(session, ui, now, columns),
    });
    lines
}

/// What was said, over whatever lies on top: it answers the key that was just pressed.
pub(super) fn say(ui: &Ui, buffer: &mut Buffer, screen: Rect) {
    if let Some(said) = &ui.said {
        let columns = usize::from(screen.width);
        let words = format!("{:columns$}", ink::fit(&format!("! {said}"), columns));
        put(buffer, screen, usize::from(screen.height) - 1, &Line::from(span(words, ui.theme.style(Tone::Warn))));
    }
}

/// The keys that make sense now, as far as they fit; help is always among them.
fn keys(session: &Session, ui: &Ui, now: Stamp, columns: usize) -> Line<'static> {
    let possible = BINDINGS.iter().filter(|binding| {
        let makes_sense = || ui.replay.is_some() || update::makes_sense(session, ui, now, binding.cmd);
        binding.context == ui.ground() && !binding.label.is_empty() && makes_sense()
    });
    // Room for help and quit is kept at the end: they are what one looks for when lost.
    let (always, others): (Vec<&Binding>, Vec<&Binding>) = possible.partition(|binding| matches!(binding.cmd, Cmd::Help | Cmd::Quit));
    let mut room = columns.saturating_sub(always.iter().map(|binding| cost(binding)).sum());
    let mut line = Line::default();
    for binding in others {
        match room.checked_sub(cost(binding)) {
            Some(left) => room = left,
            None => break,
        }
        push(&mut line, ui, binding);
    }
    for binding in always {
        push(&mut line, ui, binding);
    }
    line
}

fn cost(binding: &Binding) -> usize {
    ink::width(binding.keys[0]) + ink::width(binding.label) + 3
}

fn push(line: &mut Line<'static>, ui: &Ui, binding: &Binding) {
    line.push_span(span(format!(" {}", binding.keys[0]), ui.theme.style(Tone::Key)));
    line.push_span(span(format!(" {} ", binding.label), ui.theme.style(Tone::Plain)));
}
