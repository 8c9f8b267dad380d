//! How the screen looks and behaves: what the environment asks for, and what the settings say. Never read by anything but the
//! screen.

use crate::runbook::team::Looks;

use super::keymap::Keymap;
use super::theme::{Palette, Theme};
use super::ui::Ui;

/// How the screen looks and behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// Colours and symbols.
    pub theme: Theme,
    /// What the keys mean.
    pub keymap: Keymap,
    /// Whether the mouse is the program's, and not the terminal's.
    pub mouse: bool,
    /// Whether the bell rings when something is due.
    pub bell: bool,
    /// Whether the terminal's title says which incident this is.
    pub title: bool,
    /// What the settings want and cannot have, one sentence each.
    pub problems: Vec<String>,
}

impl Options {
    /// What this program's environment and settings ask for; see [`Self::of`].
    #[must_use]
    pub fn from_environment(looks: &Looks) -> Self {
        Self::of(|name| std::env::var(name).ok(), looks)
    }

    /// What an environment asks for — `NO_COLOR`, `TERM`, `COLORFGBG`, and the locale — and the settings, which count where
    /// both say something, but for `NO_COLOR` (no-color.org).
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<String>, looks: &Looks) -> Self {
        let said = |name: &str| variable(name).filter(|value| !value.is_empty());
        let dumb = said("TERM").is_none_or(|term| term == "dumb");
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| said(name)).unwrap_or_default().to_lowercase();
        let ascii = looks.ascii.unwrap_or(!(locale.contains("utf-8") || locale.contains("utf8")));
        // The background is the last number; 7 and 9 to 15 are the light ones, as rxvt and those after it write it.
        let background = said("COLORFGBG").and_then(|colors| colors.rsplit(';').next()?.parse::<u8>().ok());
        let is_light = background.is_some_and(|color| matches!(color, 7 | 9..=15));
        let wanted = looks.theme.as_deref().and_then(|name| Palette::ALL.into_iter().find(|palette| palette.name() == name));
        let palette = match wanted {
            _ if said("NO_COLOR").is_some() || dumb => Palette::None,
            Some(palette) => palette,
            None if is_light => Palette::Light,
            None => Palette::Dark,
        };
        let (keymap, problems) = Keymap::with(&looks.keys);
        Self { theme: Theme { palette, ascii }, keymap, mouse: looks.mouse.unwrap_or(true), bell: looks.bell, title: looks.title, problems }
    }

    /// A screen that has seen nothing yet, and says what of the settings it cannot have.
    #[must_use]
    pub fn ui(&self) -> Ui {
        let mut ui = Ui::new(self.theme).with_keys(self.keymap.clone());
        if let Some(problem) = self.problem() {
            ui.say(problem);
        }
        ui
    }

    /// What the settings cannot have, in one sentence; `fracas doctor` tells all of it.
    pub(super) fn problem(&self) -> Option<String> {
        let more = match self.problems.len() {
            0 | 1 => String::new(),
            all => format!(" (and {} more: fracas doctor)", all - 1),
        };
        self.problems.first().map(|problem| format!("config.yaml: {problem}{more}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_and_the_settings_say_how_it_looks() {
        let palette = |variables: &[(&str, &str)], theme: Option<&str>| {
            let variable = |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            Options::of(variable, &Looks { theme: theme.map(str::to_owned), ..Looks::default() }).theme.palette
        };
        let xterm = ("TERM", "xterm-256color");
        assert_eq!(palette(&[xterm], None), Palette::Dark);
        assert_eq!(palette(&[xterm, ("COLORFGBG", "0;15")], None), Palette::Light);
        assert_eq!(palette(&[xterm, ("COLORFGBG", "15;default;0")], None), Palette::Dark);
        assert_eq!(palette(&[xterm, ("COLORFGBG", "0;15")], Some("high-contrast")), Palette::HighContrast);
        assert_eq!(palette(&[xterm, ("NO_COLOR", "1")], Some("light")), Palette::None);
        assert_eq!(palette(&[("TERM", "dumb")], Some("light")), Palette::None);
    }
}
