//! How things look: the sixteen colours of the terminal on its own background, so that light and dark ones
//! both work, and attributes alone without colour. Never the only carrier of a meaning: a word or a symbol
//! stands beside every colour.

use ratatui::style::{Color, Modifier, Style};

use crate::present;

/// What a piece of text is, as far as its looks go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// Ordinary.
    Plain,
    /// Beside the point for now.
    Dim,
    /// Titles.
    Strong,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// To be careful about.
    Warn,
    /// Under way, or worth a look.
    Lively,
    /// A key that can be pressed.
    Key,
    /// Where the responder is.
    Selected,
    /// A label that says production, or a severity that wakes people.
    Alarm,
    /// A label that says that nothing is real.
    Drill,
    /// A label that wants attention.
    Caution,
    /// A label without urgency.
    Badge,
}

impl From<present::Tone> for Tone {
    fn from(tone: present::Tone) -> Self {
        match tone {
            present::Tone::Plain => Self::Plain,
            present::Tone::Strong => Self::Strong,
            present::Tone::Dim => Self::Dim,
            present::Tone::Good => Self::Good,
            present::Tone::Bad => Self::Bad,
            present::Tone::Warn => Self::Warn,
        }
    }
}

/// The looks of everything.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Whether colours may be used.
    pub color: bool,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
}

impl Theme {
    /// The style of a tone.
    pub(super) fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        let reversed = style.add_modifier(Modifier::REVERSED);
        let bold = style.add_modifier(Modifier::BOLD);
        let color = |color| if self.color { style.fg(color) } else { style };
        let badge = |back, fore| if self.color { bold.bg(back).fg(fore) } else { reversed.add_modifier(Modifier::BOLD) };
        match tone {
            Tone::Plain => style,
            Tone::Dim => style.add_modifier(Modifier::DIM),
            Tone::Strong => bold,
            Tone::Good => color(Color::Green),
            Tone::Bad => color(Color::Red).add_modifier(Modifier::BOLD),
            Tone::Warn => color(Color::Yellow).add_modifier(Modifier::BOLD),
            Tone::Lively => color(Color::Cyan),
            Tone::Key => color(Color::Cyan).add_modifier(Modifier::BOLD),
            Tone::Selected => reversed,
            Tone::Alarm => badge(Color::Red, Color::White),
            Tone::Drill => badge(Color::Magenta, Color::White),
            Tone::Caution => badge(Color::Yellow, Color::Black),
            Tone::Badge => badge(Color::Blue, Color::White),
        }
    }
}

/// The mark of something that runs, by the time: ten a second.
pub(super) fn spinner(elapsed: std::time::Duration) -> &'static str {
    const MARKS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    MARKS[usize::try_from(elapsed.as_millis() / 100 % 10).unwrap_or(0)]
}
