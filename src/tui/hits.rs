//! What is where on the screen, for the mouse: written down while a frame is drawn, and asked when a click comes. Never
//! what a click does; it stands for the key that would do the same.

use std::cell::RefCell;

use crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use crate::base::id::Id;

use super::ui::{Pane, Row};

/// Something that can be clicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A key that is shown: clicking is pressing.
    Key(KeyEvent),
    /// A part of the screen: clicking and turning the wheel go there.
    Pane(Pane),
    /// A step in the list.
    Step(Id),
    /// A row of the step.
    Row(Row),
    /// A row of a list on top.
    Line(usize),
    /// The line between the list of steps and the step.
    Divider,
}

/// Everything that can be clicked in the last frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits(RefCell<Vec<(Rect, Target)>>);

impl Hits {
    /// Nothing can be clicked any more: a new frame, or something that covers everything.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// From here on this area means this; what is written down later lies above.
    pub(super) fn add(&self, area: Rect, target: Target) {
        if !area.is_empty() {
            self.0.borrow_mut().push((area, target));
        }
    }

    /// Nothing can be clicked that reaches into this area: words lie over it.
    pub(super) fn cover(&self, area: Rect) {
        self.0.borrow_mut().retain(|(place, _)| !place.intersects(area));
    }

    /// What is there, the uppermost first.
    pub(super) fn at(&self, column: u16, row: u16) -> Vec<Target> {
        let there = Position { x: column, y: row };
        self.0.borrow().iter().rev().filter(|(area, _)| area.contains(there)).map(|(_, target)| target.clone()).collect()
    }
}
