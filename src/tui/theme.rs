//! How things look: four palettes, one of them without colour. Never the only carrier of a meaning: a word or a symbol
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
    /// A word of a language.
    Keyword,
    /// A text within a language.
    Quoted,
    /// Where something that was looked for was found.
    Match,
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

/// Which colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// The sixteen colours of a terminal with a dark background.
    Dark,
    /// Colours that can be read on a light background.
    Light,
    /// White on black and little else, nothing dimmed.
    HighContrast,
    /// No colour at all; attributes carry what they can.
    None,
}

impl Palette {
    /// Every one of them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::HighContrast, Self::None];

    /// Its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
            Self::None => "none",
        }
    }
}

/// The looks of everything.
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// Which colours there are.
    pub palette: Palette,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
}

/// The colours of one palette.
struct Colors {
    good: Color,
    bad: Color,
    warn: Color,
    lively: Color,
    /// Strings in SQL and shell.
    quoted: Color,
    /// Background and text of the labels: alarm, drill, caution, badge.
    labels: [(Color, Color); 4],
}

const DARK: Colors = Colors {
    good: Color::Green,
    bad: Color::Red,
    warn: Color::Yellow,
    lively: Color::Cyan,
    quoted: Color::Green,
    labels: [(Color::Red, Color::White), (Color::Magenta, Color::White), (Color::Yellow, Color::Black), (Color::Blue, Color::White)],
};

/// Of the 256 colours, those with a contrast of at least 4.5 on white (WCAG 2.1, 1.4.3); yellow and cyan have none.
const LIGHT: Colors = Colors {
    good: Color::Indexed(22),
    bad: Color::Indexed(124),
    warn: Color::Indexed(94),
    lively: Color::Indexed(25),
    quoted: Color::Indexed(22),
    labels: [
        (Color::Indexed(124), Color::Indexed(231)),
        (Color::Indexed(90), Color::Indexed(231)),
        (Color::Indexed(220), Color::Indexed(16)),
        (Color::Indexed(25), Color::Indexed(231)),
    ],
};

/// Bright colours on black, with a contrast of at least 7 (WCAG 2.1, 1.4.6).
const HIGH_CONTRAST: Colors = Colors {
    good: Color::Indexed(118),
    bad: Color::Indexed(217),
    warn: Color::Indexed(226),
    lively: Color::Indexed(123),
    quoted: Color::Indexed(118),
    labels: [
        (Color::Indexed(231), Color::Indexed(16)),
        (Color::Indexed(219), Color::Indexed(16)),
        (Color::Indexed(226), Color::Indexed(16)),
        (Color::Indexed(123), Color::Indexed(16)),
    ],
};

impl Theme {
    /// What every cell has before anything is drawn. Only high contrast has a background of its own: that of the terminal
    /// is what its owner can read.
    pub(super) fn ground(self) -> Style {
        match self.palette {
            Palette::HighContrast => Style::new().fg(Color::Indexed(231)).bg(Color::Indexed(16)),
            Palette::Dark | Palette::Light | Palette::None => Style::new(),
        }
    }

    /// The style of a tone.
    pub(super) fn style(self, tone: Tone) -> Style {
        let style = Style::new();
        let bold = style.add_modifier(Modifier::BOLD);
        let reversed = style.add_modifier(Modifier::REVERSED);
        let colors = match self.palette {
            Palette::Dark => Some(DARK),
            Palette::Light => Some(LIGHT),
            Palette::HighContrast => Some(HIGH_CONTRAST),
            Palette::None => None,
        };
        let color = |pick: fn(&Colors) -> Color| colors.as_ref().map_or(style, |colors| style.fg(pick(colors)));
        let label = |place: usize| match &colors {
            Some(colors) => bold.bg(colors.labels[place].0).fg(colors.labels[place].1),
            None => reversed.add_modifier(Modifier::BOLD),
        };
        match tone {
            Tone::Plain => style,
            Tone::Dim if self.palette == Palette::HighContrast => style,
            Tone::Dim => style.add_modifier(Modifier::DIM),
            Tone::Strong => bold,
            Tone::Good => color(|colors| colors.good),
            Tone::Bad => color(|colors| colors.bad).add_modifier(Modifier::BOLD),
            Tone::Warn => color(|colors| colors.warn).add_modifier(Modifier::BOLD),
            Tone::Lively => color(|colors| colors.lively),
            Tone::Key | Tone::Keyword => color(|colors| colors.lively).add_modifier(Modifier::BOLD),
            Tone::Quoted => color(|colors| colors.quoted),
            Tone::Match => bold.add_modifier(Modifier::UNDERLINED),
            Tone::Selected => reversed,
            Tone::Alarm => label(0),
            Tone::Drill => label(1),
            Tone::Caution => label(2),
            Tone::Badge => label(3),
        }
    }
}

/// The mark of something that runs, by the time: ten a second.
pub(super) fn spinner(elapsed: std::time::Duration) -> &'static str {
    const MARKS: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    MARKS[usize::try_from(elapsed.as_millis() / 100 % 10).unwrap_or(0)]
}
