//! How keys are spelt in tables and settings, both ways: `a`, `A`, `Enter`, `Ctrl-c`, `Alt-Enter`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Keys with a name.
const NAMED: &[(&str, KeyCode)] = &[
    ("Space", KeyCode::Char(' ')),
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Insert", KeyCode::Insert),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
];

/// The name of a key that was pressed; empty for one that no table can name.
#[must_use]
pub fn name(key: &KeyEvent) -> String {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let base = match key.code {
        KeyCode::F(n) => format!("F{n}"),
        KeyCode::Char(c) if control && c != ' ' => c.to_lowercase().to_string(),
        code => match (NAMED.iter().find(|(_, named)| *named == code), code) {
            (Some((name, _)), _) => (*name).to_owned(),
            (None, KeyCode::Char(c)) => c.to_string(),
            (None, _) => return String::new(),
        },
    };
    let control = if control { "Ctrl-" } else { "" };
    let alt = if key.modifiers.contains(KeyModifiers::ALT) { "Alt-" } else { "" };
    format!("{control}{alt}{base}")
}

/// The key of a name.
#[must_use]
pub fn parse(name: &str) -> Option<KeyEvent> {
    let (mut rest, mut modifiers) = (name, KeyModifiers::NONE);
    for (prefix, modifier) in [("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT)] {
        if let Some(after) = rest.strip_prefix(prefix).filter(|after| !after.is_empty()) {
            (rest, modifiers) = (after, modifiers | modifier);
        }
    }
    let mut characters = rest.chars();
    let code = match (NAMED.iter().find(|(name, _)| *name == rest), characters.next(), characters.as_str()) {
        (Some((_, code)), ..) => *code,
        (None, Some(c), "") if !c.is_control() => KeyCode::Char(c),
        (None, Some('F'), number) => KeyCode::F(number.parse().ok().filter(|number| (1..=24).contains(number))?),
        _ => return None,
    };
    Some(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_spelt_as_in_the_table() {
        for (code, modifiers, spelt) in [
            (KeyCode::Char('a'), KeyModifiers::NONE, "a"),
            (KeyCode::Char('A'), KeyModifiers::SHIFT, "A"),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, "Ctrl-c"),
            (KeyCode::Enter, KeyModifiers::ALT, "Alt-Enter"),
            (KeyCode::Char(' '), KeyModifiers::NONE, "Space"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "Shift-Tab"),
            (KeyCode::Esc, KeyModifiers::NONE, "Esc"),
            (KeyCode::F(1), KeyModifiers::NONE, "F1"),
        ] {
            assert_eq!(name(&KeyEvent::new(code, modifiers)), spelt);
            assert_eq!(parse(spelt).map(|key| name(&key)).as_deref(), Some(spelt));
        }
        for nonsense in ["", "Ctrl-", "Entr", "F0", "F99", "ab"] {
            assert_eq!(parse(nonsense).map(|key| name(&key)).filter(|spelt| spelt == nonsense), None, "{nonsense}");
        }
    }
}
