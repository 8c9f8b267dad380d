//! Every key, once. The footer, the help and the README's table read this, and a test finds conflicts.
//! Never what a key does; `update` does that.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub use super::cmd::Cmd;

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
    /// Lists: help, criteria, roles.
    List,
    /// The whole timeline.
    Timeline,
    /// The brief of a handover.
    Brief,
    /// An answer to judge.
    Judge,
    /// A question to say yes or no to.
    Question,
    /// A text to type.
    Prompt,
    /// An incident that is shown again, with nothing on top.
    Replay,
}

impl Context {
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
            Self::Timeline => "The timeline",
            Self::Brief => "The brief of a handover",
            Self::Judge => "Judging an answer",
            Self::Question => "Questions",
            Self::Prompt => "Typing",
            Self::Replay => "A replay",
        }
    }
}

/// One row of the table of keys.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where.
    pub context: Context,
    /// The keys, as [`name`] spells them; the footer shows the first.
    pub keys: &'static [&'static str],
    /// What it means.
    pub cmd: Cmd,
    /// A word for the footer; empty to leave it out.
    pub label: &'static str,
    /// A sentence for the help.
    pub help: &'static str,
    /// Whether it leads towards a change of a system, which a second step always confirms.
    pub danger: bool,
}

const fn row(context: Context, keys: &'static [&'static str], cmd: Cmd, label: &'static str, help: &'static str) -> Binding {
    Binding { context, keys, cmd, label, help, danger: false }
}

const fn dangerous(binding: Binding) -> Binding {
    Binding { danger: true, ..binding }
}

use Context::{Always, Brief, Incident, Judge, List, Plan, PlanTyped, Prompt, Question, Reader, Replay, Timeline};

/// Every key.
pub const BINDINGS: &[Binding] = &[
    row(Always, &["Ctrl-c"], Cmd::Quit, "", "Ask to leave; the incident stays open"),
    row(Always, &["Ctrl-z"], Cmd::Suspend, "", "Stop the program until the shell continues it"),
    row(Always, &["Ctrl-l"], Cmd::Redraw, "", "Draw everything again"),
    row(Incident, &["Enter"], Cmd::GoOn, "", "Do what the footer says: one key to go on"),
    dangerous(row(
        Incident,
        &["Space", "x"],
        Cmd::Act,
        "act",
        "Act on the selected row: ask the check, plan the remediation, tick the task",
    )),
    row(Incident, &["r"], Cmd::RunCheck, "ask", "Ask the selected check again"),
    row(Incident, &["R"], Cmd::RunStep, "ask step", "Ask every check of the step"),
    row(Incident, &["A"], Cmd::RunAll, "", "Ask every check of the runbook that applies"),
    row(Incident, &["X"], Cmd::Stop, "stop", "Stop the check or remediation that runs"),
    row(Incident, &["n"], Cmd::Note, "note", "Write a note into the timeline"),
    row(Incident, &["D"], Cmd::Decide, "decide", "Write down a decision, with what else was considered"),
    row(Incident, &["U"], Cmd::Undo, "", "Take back your last tick, skip, note or other word"),
    row(Incident, &["a"], Cmd::Attach, "", "Keep a file as evidence"),
    row(Incident, &["m"], Cmd::Roles, "", "Who has which role, and give one"),
    row(Incident, &["F"], Cmd::Report, "report", "Answer what the report asks, and note follow-up work"),
    row(Incident, &["B"], Cmd::Brief, "", "Read the brief of the last handover, and accept the lead"),
    row(Incident, &["s"], Cmd::Skip, "skip", "Skip the step, with a reason"),
    row(Incident, &["o"], Cmd::Override, "override", "Accept a check that is not green, with a reason"),
    row(Incident, &["u"], Cmd::Untick, "untick", "Take back the tick of the selected task"),
    row(Incident, &["e"], Cmd::Escalation, "escalate", "Look at the escalation that is due, and say that you called"),
    row(Incident, &["v"], Cmd::Read, "view", "Read all of what was seen"),
    row(Incident, &["c"], Cmd::Criteria, "criteria", "The criteria of success as they stand"),
    row(Incident, &["t"], Cmd::Timeline, "timeline", "The whole timeline"),
    row(Incident, &["g", "G"], Cmd::GoToStep, "go to step", "Turn to the step that is shown"),
    row(Incident, &["!"], Cmd::LookAtRed, "", "Go to the check that turned red"),
    row(Incident, &["w"], Cmd::Warnings, "", "Read the warnings of the runbook"),
    row(Incident, &["i"], Cmd::Contacts, "contacts", "Read whom to call, what severities ask, and where else to look"),
    row(Incident, &["b"], Cmd::Related, "", "Go on with a related runbook; this incident stays open"),
    row(Incident, &["C"], Cmd::Commands, "commands", "Read the commands that are useful in another shell"),
    row(Incident, &["p"], Cmd::Pause, "pause", "Pause with a reason, or go on"),
    row(Incident, &["H"], Cmd::HandOver, "hand over", "Let somebody else lead"),
    row(Incident, &["S"], Cmd::Severity, "", "Change the severity, with a reason"),
    row(Incident, &["Z"], Cmd::Resolve, "resolve", "Close the incident; says what is still red"),
    row(Incident, &["?", "F1"], Cmd::Help, "help", "Every key"),
    row(Incident, &["q", "Q"], Cmd::Quit, "quit", "Ask to leave; the incident stays open"),
    row(Incident, &["Up", "k"], Cmd::Up, "", "The row above"),
    row(Incident, &["Down", "j"], Cmd::Down, "", "The row below"),
    row(Incident, &["Left", "h", "["], Cmd::Left, "", "The step before"),
    row(Incident, &["Right", "l", "]"], Cmd::Right, "", "The next step"),
    row(Incident, &["Tab"], Cmd::Next, "", "The next pane"),
    row(Incident, &["Shift-Tab"], Cmd::Previous, "", "The pane before"),
    row(Incident, &["PageUp"], Cmd::PageUp, "", "Scroll up"),
    row(Incident, &["PageDown"], Cmd::PageDown, "", "Scroll down"),
    row(Incident, &["Home"], Cmd::Top, "", "To the first row"),
    row(Incident, &["End"], Cmd::Bottom, "", "To the last row"),
    row(Incident, &["Esc", "."], Cmd::Back, "", "Back to the current step"),
    row(Replay, &["Space"], Cmd::Play, "", "Pause, or go on"),
    row(Replay, &["Right", "n"], Cmd::NextEntry, "next entry", "Pause at the next entry"),
    row(Replay, &["Left", "N"], Cmd::PreviousEntry, "back", "Pause at the entry before"),
    row(Replay, &["]"], Cmd::NextPhase, "next phase", "To the next phase"),
    row(Replay, &["["], Cmd::PreviousPhase, "", "To the beginning of this phase, or to the one before"),
    row(Replay, &["+", "="], Cmd::Faster, "faster", "Faster, up to a hundred times"),
    row(Replay, &["-"], Cmd::Slower, "slower", "Slower, down to how it went"),
    row(Replay, &["Home", "g"], Cmd::Top, "", "To the beginning"),
    row(Replay, &["End", "G"], Cmd::Bottom, "end", "To the end"),
    row(Replay, &["v"], Cmd::Read, "view", "Read all that is kept of the selected row"),
    row(Replay, &["t"], Cmd::Timeline, "timeline", "The timeline so far"),
    row(Replay, &["c"], Cmd::Criteria, "", "The criteria of success as they stood"),
    row(Replay, &["w"], Cmd::Warnings, "", "Read the warnings of the runbook"),
    row(Replay, &["i"], Cmd::Contacts, "", "Read whom to call, what severities ask, and where else to look"),
    row(Replay, &["?", "F1"], Cmd::Help, "help", "Every key"),
    row(Replay, &["q", "Q"], Cmd::Quit, "quit", "Leave the replay"),
    row(Replay, &["Up", "k"], Cmd::Up, "", "The row above"),
    row(Replay, &["Down", "j"], Cmd::Down, "", "The row below"),
    row(Replay, &["Tab"], Cmd::Next, "", "The next pane"),
    row(Replay, &["Shift-Tab"], Cmd::Previous, "", "The pane before"),
    row(Replay, &["PageUp"], Cmd::PageUp, "", "Scroll up"),
    row(Replay, &["PageDown"], Cmd::PageDown, "", "Scroll down"),
    row(Replay, &["Esc", "."], Cmd::Back, "", "Back to where the work was"),
    dangerous(row(Plan, &["y", "Enter"], Cmd::Accept, "run it", "Consent, once everything has been read")),
    row(Plan, &["Ctrl-x", "a"], Cmd::PutAside, "put aside", "Put the plan aside; stop it while it runs"),
    row(Plan, &["Ctrl-s", "s"], Cmd::SkipRehearsal, "skip rehearsal", "Go on without a rehearsal, with a reason"),
    row(Plan, &["Ctrl-r", "r"], Cmd::Again, "rehearse again", "Plan and rehearse once more"),
    row(Plan, &["Up", "k"], Cmd::Up, "", "Up"),
    row(Plan, &["Down", "j"], Cmd::Down, "", "Down"),
    row(Plan, &["PageUp"], Cmd::PageUp, "", "A page up"),
    row(Plan, &["PageDown", "Space"], Cmd::PageDown, "read on", "A page down"),
    row(Plan, &["Home", "g"], Cmd::Top, "", "To the beginning"),
    row(Plan, &["End", "G"], Cmd::Bottom, "", "To the end"),
    row(Plan, &["Esc", "q"], Cmd::Back, "decide later", "Close; the plan stays open"),
    dangerous(row(PlanTyped, &["Enter"], Cmd::Accept, "run it", "Consent, once everything is read and the name is typed")),
    row(PlanTyped, &["Ctrl-x"], Cmd::PutAside, "put aside", "Put the plan aside; stop it while it runs"),
    row(PlanTyped, &["Ctrl-s"], Cmd::SkipRehearsal, "", "Go on without a rehearsal, with a reason"),
    row(PlanTyped, &["Ctrl-r"], Cmd::Again, "", "Plan and rehearse once more"),
    row(PlanTyped, &["Up"], Cmd::Up, "", "Up"),
    row(PlanTyped, &["Down"], Cmd::Down, "", "Down"),
    row(PlanTyped, &["PageUp"], Cmd::PageUp, "", "A page up"),
    row(PlanTyped, &["PageDown"], Cmd::PageDown, "read on", "A page down"),
    row(PlanTyped, &["Home"], Cmd::Top, "", "To the beginning"),
    row(PlanTyped, &["End"], Cmd::Bottom, "", "To the end"),
    row(PlanTyped, &["Esc"], Cmd::Back, "decide later", "Close; the plan stays open"),
    row(Reader, &["Up", "k"], Cmd::Up, "", "Up"),
    row(Reader, &["Down", "j"], Cmd::Down, "", "Down"),
    row(Reader, &["PageUp", "b"], Cmd::PageUp, "", "A page up"),
    row(Reader, &["PageDown", "Space"], Cmd::PageDown, "page", "A page down"),
    row(Reader, &["Home", "g"], Cmd::Top, "", "To the beginning"),
    row(Reader, &["End", "G"], Cmd::Bottom, "", "To the end"),
    row(Reader, &["Left", "h"], Cmd::Left, "", "To the left"),
    row(Reader, &["Right", "l"], Cmd::Right, "", "To the right"),
    row(Reader, &["w"], Cmd::Wrap, "wrap", "Break long lines, or not"),
    row(Reader, &["/"], Cmd::Search, "search", "Look for a text"),
    row(Reader, &["n"], Cmd::NextMatch, "next", "The next place where it is found"),
    row(Reader, &["N"], Cmd::PreviousMatch, "", "The place before"),
    row(Reader, &["Esc", "q", "v"], Cmd::Back, "close", "Close"),
    row(List, &["Up", "k"], Cmd::Up, "", "Up"),
    row(List, &["Down", "j"], Cmd::Down, "", "Down"),
    row(List, &["PageUp"], Cmd::PageUp, "", "A page up"),
    row(List, &["PageDown"], Cmd::PageDown, "", "A page down"),
    row(List, &["Home", "g"], Cmd::Top, "", "To the first"),
    row(List, &["End", "G"], Cmd::Bottom, "", "To the last"),
    row(List, &["Enter", "Space"], Cmd::Accept, "choose", "Read the entry; tick the criterion or go to its check; go on with the runbook"),
    row(List, &["r"], Cmd::RunStep, "", "Ask once more what success depends on"),
    row(List, &["Z"], Cmd::Resolve, "", "Close the incident"),
    row(List, &["Esc", "q"], Cmd::Back, "close", "Close"),
    row(Timeline, &["Up", "k"], Cmd::Up, "", "Up"),
    row(Timeline, &["Down", "j"], Cmd::Down, "", "Down"),
    row(Timeline, &["PageUp"], Cmd::PageUp, "", "A page up"),
    row(Timeline, &["PageDown"], Cmd::PageDown, "", "A page down"),
    row(Timeline, &["Home", "g"], Cmd::Top, "", "To the first"),
    row(Timeline, &["End", "G"], Cmd::Bottom, "", "To the last"),
    row(Timeline, &["Enter", "Space"], Cmd::Accept, "read", "Read the entry in full"),
    row(Timeline, &["c"], Cmd::Correct, "correct", "Say that the entry does not hold, or put it in other words"),
    row(Timeline, &["n"], Cmd::Note, "note", "Write a note, also about something earlier"),
    row(Timeline, &["Esc", "q"], Cmd::Back, "close", "Close"),
    row(Brief, &["y"], Cmd::Accept, "I have read it, and lead from here", "Accept the lead"),
    row(Brief, &["Up", "k"], Cmd::Up, "", "Up"),
    row(Brief, &["Down", "j"], Cmd::Down, "", "Down"),
    row(Brief, &["PageUp"], Cmd::PageUp, "", "A page up"),
    row(Brief, &["PageDown", "Space"], Cmd::PageDown, "page", "A page down"),
    row(Brief, &["Esc", "q"], Cmd::Back, "later", "Close; it waits to be accepted"),
    row(Judge, &["y"], Cmd::Good, "good", "The answer is good"),
    row(Judge, &["n"], Cmd::Bad, "bad", "The answer is bad"),
    row(Judge, &["Up", "k"], Cmd::Up, "", "Up"),
    row(Judge, &["Down", "j"], Cmd::Down, "", "Down"),
    row(Judge, &["PageUp"], Cmd::PageUp, "", "A page up"),
    row(Judge, &["PageDown", "Space"], Cmd::PageDown, "page", "A page down"),
    row(Judge, &["Esc", "q"], Cmd::Back, "later", "Decide later"),
    row(Question, &["Enter", "y"], Cmd::Accept, "yes", "Yes"),
    row(Question, &["Esc", "n", "q"], Cmd::Back, "no", "No"),
    row(Prompt, &["Enter"], Cmd::Accept, "done", "Done"),
    row(Prompt, &["Alt-Enter", "Ctrl-Enter", "Ctrl-j"], Cmd::NewLine, "", "A new line"),
    row(Prompt, &["Tab"], Cmd::Next, "", "The next field"),
    row(Prompt, &["Shift-Tab"], Cmd::Previous, "", "The field before"),
    row(Prompt, &["Esc"], Cmd::Back, "cancel", "Cancel"),
    row(Prompt, &["Ctrl-o"], Cmd::Edit, "editor", "Write the text in your own editor: VISUAL or EDITOR"),
];

/// What a key means in a context.
#[must_use]
pub fn meaning(context: Context, key: &KeyEvent) -> Option<Cmd> {
    let pressed = name(key);
    BINDINGS
        .iter()
        .filter(|binding| binding.context == context || binding.context == Context::Always)
        .find(|binding| binding.keys.contains(&pressed.as_str()))
        .map(|binding| binding.cmd)
}

/// How a key is spelt in the table: `a`, `A`, `Enter`, `Ctrl-c`, `Alt-Enter`.
#[must_use]
pub fn name(key: &KeyEvent) -> String {
    let base = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(c) if key.modifiers.contains(KeyModifiers::CONTROL) => c.to_lowercase().to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        KeyCode::F(n) => format!("F{n}"),
        KeyCode::PageUp => "PageUp".to_owned(),
        KeyCode::PageDown => "PageDown".to_owned(),
        other => format!("{other:?}"),
    };
    let control = if key.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
    let alt = if key.modifiers.contains(KeyModifiers::ALT) { "Alt-" } else { "" };
    format!("{control}{alt}{base}")
}

/// The first key of a command in a context, as the footer shows it.
#[must_use]
pub fn key_of(context: Context, cmd: Cmd) -> &'static str {
    BINDINGS
        .iter()
        .find(|binding| binding.context == context && binding.cmd == cmd)
        .and_then(|binding| binding.keys.first())
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_context() {
        let mut seen = HashSet::new();
        for binding in BINDINGS {
            for key in binding.keys {
                assert!(seen.insert((binding.context, *key)), "{key} in {:?}", binding.context);
                assert!(binding.context == Context::Always || !seen.contains(&(Context::Always, *key)), "{key} means something everywhere");
            }
            assert!(!binding.help.is_empty() && !binding.keys.is_empty());
        }
    }

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
        ] {
            assert_eq!(name(&KeyEvent::new(code, modifiers)), spelt);
        }
    }
}
