//! Floor 4: values into words. Every face of the program — screen, text, report — says the same thing in
//! the same words because it asks here. Never draws, never colours, never knows a terminal.

pub mod advice;
pub mod calls;
pub mod directory;
pub mod joining;
pub mod kind;
pub mod mark;
pub mod moves;
pub mod plan;
pub mod questions;
pub mod resolving;
pub mod span;
pub mod story;
pub mod words;

pub use mark::{Mark, Symbols, Tone};
pub use span::{Line, Span};
pub use story::Story;
