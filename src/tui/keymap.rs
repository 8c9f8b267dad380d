//! Every key, once. The footer, the help, the palette, a click and the README's table read this, and what the settings say
//! differently is taken in here. Never what a key does; `update` does that.

mod settings;
mod spelling;
mod table;

use std::borrow::Cow;
use std::sync::LazyLock;

use crossterm::event::KeyEvent;

pub use super::cmd::Cmd;
pub use spelling::{name, parse};

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere.
    Always,
    /// The incident itself, with nothing on top.
    Incident,
    /// The plan of a remediation that `y` confirms.
    Plan,
    /// The plan of a remediation that a typed name confirms.
    PlanTyped,
    /// The reader of long texts.
    Reader,
    /// Lists: criteria, roles, what the report asks.
    List,
    /// What is called out: escalations, budgets, updates.
    Calls,
    /// The whole timeline.
    Timeline,
    /// The brief of a handover.
    Brief,
    /// What another runbook would add to the incident.
    Join,
    /// An answer to judge.
    Judge,
    /// A question to say yes or no to.
    Question,
    /// A text to type.
    Prompt,
    /// Something to find by typing: the palette, the help.
    Find,
    /// An incident that is shown again, with nothing on top.
    Replay,
    /// The first screen.
    Home,
}

impl Context {
    /// Every context, in the order of the help.
    pub const ALL: [Self; 16] = [
        Self::Home,
        Self::Incident,
        Self::Replay,
        Self::Plan,
        Self::PlanTyped,
        Self::Reader,
        Self::List,
        Self::Calls,
        Self::Timeline,
        Self::Brief,
        Self::Join,
        Self::Judge,
        Self::Question,
        Self::Prompt,
        Self::Find,
        Self::Always,
    ];

    /// Its name as a heading of the help.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always => "Everywhere",
            Self::Incident => "The incident",
            Self::Plan => "A remediation's plan",
            Self::PlanTyped => "A remediation's plan, production",
            Self::Reader => "Reading long text",
            Self::List => "Lists",
            Self::Calls => "What is due",
            Self::Timeline => "The timeline",
            Self::Brief => "The brief of a handover",
            Self::Join => "Opening another runbook",
            Self::Judge => "Judging an answer",
            Self::Question => "Questions",
            Self::Prompt => "Typing",
            Self::Find => "Finding",
            Self::Replay => "A replay",
            Self::Home => "The first screen",
        }
    }

    /// Its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Incident => "incident",
            Self::Plan => "plan",
            Self::PlanTyped => "typed-plan",
            Self::Reader => "reader",
            Self::List => "list",
            Self::Calls => "calls",
            Self::Timeline => "timeline",
            Self::Brief => "brief",
            Self::Join => "join",
            Self::Judge => "judge",
            Self::Question => "question",
            Self::Prompt => "prompt",
            Self::Find => "find",
            Self::Replay => "replay",
            Self::Home => "home",
        }
    }

    /// Whether plain characters are text here, and never keys.
    pub(super) const fn is_typed_into(self) -> bool {
        matches!(self, Self::PlanTyped | Self::Prompt | Self::Find | Self::Home)
    }
}

/// One row of the table of keys.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, as [`name`] spells them; the footer shows the first.
    pub keys: Vec<Cow<'static, str>>,
    /// What it means.
    pub cmd: Cmd,
    /// A word for the footer; empty to leave it out.
    pub label: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// Whether it leads towards a change of a system, which a second step always confirms.
    pub danger: bool,
}

impl Binding {
    /// The key that is shown for it.
    #[must_use]
    pub fn key(&self) -> &str {
        self.keys.first().map_or("", |key| key.as_ref())
    }
}

/// The keys as they are here and now.
#[derive(Clone, Debug)]
pub struct Keymap {
    rows: Vec<Binding>,
}

static STANDARD: LazyLock<Keymap> = LazyLock::new(|| Keymap { rows: table::rows() });

impl Keymap {
    /// The keys where the settings say nothing.
    #[must_use]
    pub fn standard() -> &'static Self {
        &STANDARD
    }

    /// Every row.
    #[must_use]
    pub fn rows(&self) -> &[Binding] {
        &self.rows
    }

    /// The rows of one context.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.rows.iter().filter(move |binding| binding.context == context)
    }

    /// What a key means in a context.
    #[must_use]
    pub fn meaning(&self, context: Context, key: &KeyEvent) -> Option<Cmd> {
        let pressed = name(key);
        let known = self.of(context).chain(self.of(Context::Always)).find(|binding| binding.keys.iter().any(|key| *key == pressed));
        known.map(|binding| binding.cmd)
    }

    /// The first key of a command in a context, as the footer shows it.
    #[must_use]
    pub fn key_of(&self, context: Context, cmd: Cmd) -> &str {
        self.of(context).find(|binding| binding.cmd == cmd).map_or("", Binding::key)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = HashSet::new();
        for binding in Keymap::standard().rows() {
            for key in &binding.keys {
                assert!(seen.insert((binding.context, key.clone())), "{key} in {:?}", binding.context);
                assert!(
                    binding.context == Context::Always || !seen.contains(&(Context::Always, key.clone())),
                    "{key} means something everywhere"
                );
                assert!(parse(key).is_some_and(|parsed| name(&parsed) == *key), "{key} is spelt as no key is");
            }
            assert!(!binding.help.is_empty() && !binding.keys.is_empty());
        }
    }
}
