//! Floor 7: what the responder sees. Draws the session, turns keys into wishes, and gives the terminal
//! back whole. Never changes an incident by itself: `Act::Ask` is the only door to the engine.

mod clipboard;
mod cmd;
mod editor;
mod facts;
mod frames;
mod highlight;
mod hits;
mod ink;
mod input;
pub mod keymap;
mod missed;
mod options;
mod outside;
mod popup;
pub mod replay;
mod screen;
mod term;
mod theme;
mod ui;
mod update;
mod view;

pub use missed::let_signals_end;
pub use options::Options;
pub use screen::{Curtain, Screen, home};
pub use term::is_terminal;
pub use theme::{Palette, Theme};
pub use ui::{Background, Ui};
pub use update::{Act, handle};
pub use view::draw;
