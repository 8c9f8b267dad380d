//! The table itself. A key is one row here and nowhere else.

use std::borrow::Cow;

use super::Context::{
    self, Always, Brief, Calls, Find, Home, Incident, Join, Judge, List, Plan, PlanTyped, Prompt, Question, Reader, Replay, Timeline,
};
use super::{Binding, Cmd};

type Row = (Context, &'static [&'static str], Cmd, &'static str, &'static str);

/// What leads towards a change of a system, which a second step always confirms.
const DANGEROUS: &[(Context, Cmd)] = &[(Incident, Cmd::Act), (Incident, Cmd::RunOnce), (Plan, Cmd::Accept), (PlanTyped, Cmd::Accept)];

/// Moving is the same wherever plain characters are keys.
const MOVES: &[(&[&str], Cmd, &str)] = &[
    (&["Up", "k"], Cmd::Up, "Up"),
    (&["Down", "j"], Cmd::Down, "Down"),
    (&["PageUp", "Ctrl-b"], Cmd::PageUp, "A page up"),
    (&["PageDown", "Ctrl-f"], Cmd::PageDown, "A page down"),
    (&["Home", "g"], Cmd::Top, "To the beginning"),
    (&["End", "G"], Cmd::Bottom, "To the end"),
];

/// Where one only reads, Space reads on.
const READS_ON: &[Context] = &[Plan, Reader, Brief, Join, Judge];

const ROWS: &[Row] = &[
    (Always, &["Ctrl-c"], Cmd::Quit, "", "Ask to leave; the incident stays open"),
    (Always, &["Ctrl-z"], Cmd::Suspend, "", "Stop the program until the shell continues it"),
    (Always, &["Ctrl-l"], Cmd::Redraw, "", "Draw everything again"),
    (Home, &["Enter"], Cmd::Accept, "", "Do what the last line says"),
    (Home, &["Up"], Cmd::Up, "choose", "The row above"),
    (Home, &["Down"], Cmd::Down, "", "The row below"),
    (Home, &["PageUp"], Cmd::PageUp, "", "A page up"),
    (Home, &["PageDown"], Cmd::PageDown, "", "A page down"),
    (Home, &["Home"], Cmd::Top, "", "To the first row"),
    (Home, &["End"], Cmd::Bottom, "", "To the last row"),
    (Home, &["Tab", "Right"], Cmd::Next, "preview", "Show the whole preview, and the list again"),
    (Home, &["Esc", "Left"], Cmd::Back, "", "Back to the list; take back what was typed; once nothing is, leave"),
    (Home, &["F1"], Cmd::Help, "keys", "Every key; so does ? where nothing is typed"),
    (Incident, &["Enter"], Cmd::GoOn, "", "Do what the footer says: one key to go on"),
    (Incident, &["Space", "x"], Cmd::Act, "act", "Act on the selected row: ask the check, plan the remediation, tick the task"),
    (Incident, &["o"], Cmd::Override, "override", "Accept a check that is not green, with a reason"),
    (Incident, &["e"], Cmd::Calls, "due", "What is due: escalations, budgets, updates, what turned red"),
    (Incident, &["E"], Cmd::Acknowledge, "", "The first of what is due is seen to"),
    (Incident, &["T"], Cmd::Tell, "", "Tell stakeholders how it stands, from a draft"),
    (Incident, &["z"], Cmd::Snooze, "", "Be told of the first of what is due again in five minutes"),
    (Incident, &["r"], Cmd::RunCheck, "ask", "Ask the selected check again"),
    (Incident, &["R"], Cmd::RunStep, "ask step", "Ask every check of the step"),
    (Incident, &["A"], Cmd::RunAll, "", "Ask every check of the runbook that applies"),
    (Incident, &["X"], Cmd::Stop, "stop", "Stop the check or remediation that runs"),
    (Incident, &["v"], Cmd::Read, "view", "Read all of what was seen"),
    (Incident, &["n"], Cmd::Note, "note", "Write a note into the timeline"),
    (Incident, &["D"], Cmd::Decide, "decide", "Write down a decision, with what else was considered"),
    (Incident, &["d"], Cmd::AskSql, "ask SQL", "Ask a database a question that the runbook does not have; it can only read"),
    (Incident, &["$"], Cmd::RunOnce, "", "Run a command that the runbook does not have, and record what it prints"),
    (Incident, &["K"], Cmd::Keep, "", "Keep the last question of one's own as a check of this incident"),
    (Incident, &["U"], Cmd::Undo, "", "Take back your last tick, skip, note or other word"),
    (Incident, &["a"], Cmd::Attach, "", "Keep a file as evidence"),
    (Incident, &["m"], Cmd::Roles, "", "Who has which role, and give one"),
    (Incident, &["F"], Cmd::Report, "report", "Answer what the report asks, and note follow-up work"),
    (Incident, &["B"], Cmd::Brief, "", "Read the brief of the last handover, and accept the lead"),
    (Incident, &["s"], Cmd::Skip, "skip", "Skip the step, with a reason"),
    (Incident, &["u"], Cmd::Untick, "untick", "Take back the tick of the selected task"),
    (Incident, &["c"], Cmd::Criteria, "criteria", "The criteria of success as they stand"),
    (Incident, &["t"], Cmd::Timeline, "timeline", "The whole timeline"),
    (Incident, &["W"], Cmd::GoToStep, "go to step", "Turn to the step that is shown"),
    (Incident, &["!"], Cmd::LookAtRed, "", "Go to the check that turned red"),
    (Incident, &["w"], Cmd::Warnings, "", "Read the warnings of the runbook"),
    (Incident, &["i"], Cmd::Contacts, "contacts", "Read whom to call, what severities ask, and where else to look"),
    (Incident, &["b"], Cmd::Related, "", "Go on with a related runbook; this incident stays open"),
    (Incident, &["J"], Cmd::Join, "", "Open another runbook inside this incident"),
    (Incident, &["C"], Cmd::Commands, "commands", "Read the commands that are useful in another shell"),
    (Incident, &["p"], Cmd::Pause, "pause", "Pause with a reason, or go on"),
    (Incident, &["H"], Cmd::HandOver, "hand over", "Let somebody else lead"),
    (Incident, &["S"], Cmd::Severity, "", "Change the severity, with a reason"),
    (Incident, &["Z"], Cmd::Resolve, "resolve", "Close the incident; says what is still red"),
    (Incident, &["y"], Cmd::Copy, "", "Copy the selected row, with what was seen, to the clipboard"),
    (Incident, &["f"], Cmd::Filter, "", "Show all steps, those that are open, or those that are red"),
    (Incident, &[">"], Cmd::Wider, "", "A wider list of steps"),
    (Incident, &["<"], Cmd::Narrower, "", "A narrower list of steps"),
    (Incident, &[":", "Ctrl-p"], Cmd::Palette, "actions", "Find any action by its name"),
    (Incident, &["?", "F1"], Cmd::Help, "help", "Every key"),
    (Incident, &["q", "Q"], Cmd::Quit, "quit", "Ask to leave; the incident stays open"),
    (Incident, &["Up", "k"], Cmd::Up, "", "The row above"),
    (Incident, &["Down", "j"], Cmd::Down, "", "The row below"),
    (Incident, &["Left", "h", "["], Cmd::Left, "", "The step before"),
    (Incident, &["Right", "l", "]"], Cmd::Right, "", "The next step"),
    (Incident, &["Tab"], Cmd::Next, "", "The next pane"),
    (Incident, &["Shift-Tab"], Cmd::Previous, "", "The pane before"),
    (Incident, &["PageUp", "Ctrl-b"], Cmd::PageUp, "", "Scroll up"),
    (Incident, &["PageDown", "Ctrl-f"], Cmd::PageDown, "", "Scroll down"),
    (Incident, &["Home", "g"], Cmd::Top, "", "To the first row"),
    (Incident, &["End", "G"], Cmd::Bottom, "", "To the last row"),
    (Incident, &["Esc", "."], Cmd::Back, "", "Back to the current step"),
    (Replay, &["Space"], Cmd::Play, "", "Pause, or go on"),
    (Replay, &["Right", "n"], Cmd::NextEntry, "next entry", "Pause at the next entry"),
    (Replay, &["Left", "N"], Cmd::PreviousEntry, "back", "Pause at the entry before"),
    (Replay, &["]"], Cmd::NextPhase, "next phase", "To the next phase"),
    (Replay, &["["], Cmd::PreviousPhase, "", "To the beginning of this phase, or to the one before"),
    (Replay, &["+", "="], Cmd::Faster, "faster", "Faster, up to a hundred times"),
    (Replay, &["-"], Cmd::Slower, "slower", "Slower, down to how it went"),
    (Replay, &["Home", "g"], Cmd::Top, "", "To the beginning"),
    (Replay, &["End", "G"], Cmd::Bottom, "end", "To the end"),
    (Replay, &["v"], Cmd::Read, "view", "Read all that is kept of the selected row"),
    (Replay, &["t"], Cmd::Timeline, "timeline", "The timeline so far"),
    (Replay, &["c"], Cmd::Criteria, "", "The criteria of success as they stood"),
    (Replay, &["w"], Cmd::Warnings, "", "Read the warnings of the runbook"),
    (Replay, &["i"], Cmd::Contacts, "", "Read whom to call, what severities ask, and where else to look"),
    (Replay, &["y"], Cmd::Copy, "", "Copy the selected row, with what was seen, to the clipboard"),
    (Replay, &["f"], Cmd::Filter, "", "Show all steps, those that are open, or those that are red"),
    (Replay, &[">"], Cmd::Wider, "", "A wider list of steps"),
    (Replay, &["<"], Cmd::Narrower, "", "A narrower list of steps"),
    (Replay, &[":", "Ctrl-p"], Cmd::Palette, "actions", "Find any action by its name"),
    (Replay, &["?", "F1"], Cmd::Help, "help", "Every key"),
    (Replay, &["q", "Q"], Cmd::Quit, "quit", "Leave the replay"),
    (Replay, &["Up", "k"], Cmd::Up, "", "The row above"),
    (Replay, &["Down", "j"], Cmd::Down, "", "The row below"),
    (Replay, &["Tab"], Cmd::Next, "", "The next pane"),
    (Replay, &["Shift-Tab"], Cmd::Previous, "", "The pane before"),
    (Replay, &["PageUp", "Ctrl-b"], Cmd::PageUp, "", "Scroll up"),
    (Replay, &["PageDown", "Ctrl-f"], Cmd::PageDown, "", "Scroll down"),
    (Replay, &["Esc", "."], Cmd::Back, "", "Back to where the work was"),
    (Plan, &["y", "Enter"], Cmd::Accept, "run it", "Consent with y, once everything has been read; Enter only closes what is over"),
    (Plan, &["a", "Ctrl-x"], Cmd::PutAside, "put aside", "Put the plan aside; stop it while it runs"),
    (Plan, &["s", "Ctrl-s"], Cmd::SkipRehearsal, "skip rehearsal", "Go on without a rehearsal, with a reason"),
    (Plan, &["r", "Ctrl-r"], Cmd::Again, "rehearse again", "Plan and rehearse once more"),
    (Plan, &["c"], Cmd::Copy, "", "Copy the plan to the clipboard"),
    (Plan, &["Esc", "q"], Cmd::Back, "decide later", "Close; the plan stays open"),
    (PlanTyped, &["Enter"], Cmd::Accept, "run it", "Consent, once everything is read and the name is typed"),
    (PlanTyped, &["Ctrl-x"], Cmd::PutAside, "put aside", "Put the plan aside; stop it while it runs"),
    (PlanTyped, &["Ctrl-s"], Cmd::SkipRehearsal, "", "Go on without a rehearsal, with a reason"),
    (PlanTyped, &["Ctrl-r"], Cmd::Again, "", "Plan and rehearse once more"),
    (PlanTyped, &["Up"], Cmd::Up, "", "Up"),
    (PlanTyped, &["Down"], Cmd::Down, "", "Down"),
    (PlanTyped, &["PageUp"], Cmd::PageUp, "", "A page up"),
    (PlanTyped, &["PageDown"], Cmd::PageDown, "read on", "A page down"),
    (PlanTyped, &["Home"], Cmd::Top, "", "To the beginning"),
    (PlanTyped, &["End"], Cmd::Bottom, "", "To the end"),
    (PlanTyped, &["Esc"], Cmd::Back, "decide later", "Close; the plan stays open"),
    (Reader, &["Left", "h"], Cmd::Left, "", "To the left"),
    (Reader, &["Right", "l"], Cmd::Right, "", "To the right"),
    (Reader, &["/"], Cmd::Search, "search", "Look for a text"),
    (Reader, &["n"], Cmd::NextMatch, "next", "The next place where it is found"),
    (Reader, &["N"], Cmd::PreviousMatch, "", "The place before"),
    (Reader, &["w"], Cmd::Wrap, "wrap", "Break long lines, or not"),
    (Reader, &["t"], Cmd::Table, "table", "As a table, or as text"),
    (Reader, &["f"], Cmd::Follow, "follow", "Stay at the end while new answers come"),
    (Reader, &["y"], Cmd::Copy, "copy", "Copy all of it to the clipboard"),
    (Reader, &["K"], Cmd::Keep, "keep", "Keep the question as a check of this incident"),
    (Reader, &["s"], Cmd::Save, "save", "Save all of it to a file"),
    (Reader, &["Esc", "q", "v"], Cmd::Back, "close", "Close"),
    (List, &["Enter", "Space"], Cmd::Accept, "choose", "Read the entry; tick the criterion or go to its check; go on with the runbook"),
    (List, &["r"], Cmd::RunStep, "", "Ask once more what success depends on"),
    (List, &["Z"], Cmd::Resolve, "", "Close the incident"),
    (List, &["Esc", "q"], Cmd::Back, "close", "Close"),
    (Calls, &["Enter", "Space"], Cmd::Accept, "done", "It is seen to: I have called, I have told them, I know"),
    (Calls, &["z"], Cmd::Snooze, "in 5 minutes", "Say it again in five minutes"),
    (Calls, &["y"], Cmd::Copy, "copy", "Copy the prepared message to the clipboard"),
    (Calls, &["T"], Cmd::Tell, "tell", "Word an update for stakeholders, and send it to the team's channels"),
    (Calls, &["Esc", "q"], Cmd::Back, "close", "Close"),
    (Timeline, &["Enter", "Space"], Cmd::Accept, "read", "Read the entry in full"),
    (Timeline, &["c"], Cmd::Correct, "correct", "Say that the entry does not hold, or put it in other words"),
    (Timeline, &["n"], Cmd::Note, "note", "Write a note, also about something earlier"),
    (Timeline, &["y"], Cmd::Copy, "copy", "Copy the entry to the clipboard"),
    (Timeline, &["Esc", "q"], Cmd::Back, "close", "Close"),
    (Brief, &["y"], Cmd::Accept, "I have read it, and lead from here", "Accept the lead"),
    (Brief, &["Esc", "q"], Cmd::Back, "later", "Close; it waits to be accepted"),
    (Join, &["Enter"], Cmd::Accept, "open it inside this incident", "Open it inside this incident"),
    (Join, &["Esc", "q"], Cmd::Back, "back", "Back to the list"),
    (Judge, &["y"], Cmd::Good, "good", "The answer is good"),
    (Judge, &["n"], Cmd::Bad, "bad", "The answer is bad"),
    (Judge, &["Left", "h"], Cmd::Left, "", "To the left"),
    (Judge, &["Right", "l"], Cmd::Right, "", "To the right"),
    (Judge, &["t"], Cmd::Table, "table", "As a table, or as text"),
    (Judge, &["Esc", "q"], Cmd::Back, "later", "Decide later"),
    (Question, &["Enter", "y"], Cmd::Accept, "yes", "Yes"),
    (Question, &["Esc", "n", "q"], Cmd::Back, "no", "No"),
    (Prompt, &["Enter"], Cmd::Accept, "done", "The next field; at the last, done"),
    (Prompt, &["Alt-Enter", "Ctrl-Enter", "Ctrl-j"], Cmd::NewLine, "", "A new line"),
    (Prompt, &["Tab"], Cmd::Next, "first field", "The next field; behind the last, the first"),
    (Prompt, &["Shift-Tab"], Cmd::Previous, "", "The field before"),
    (Prompt, &["Esc"], Cmd::Back, "cancel", "Cancel"),
    (Prompt, &["Ctrl-o"], Cmd::Edit, "editor", "Write the text in your own editor: VISUAL or EDITOR"),
    (Find, &["Enter"], Cmd::Accept, "do it", "Do what is selected"),
    (Find, &["Up", "Ctrl-k"], Cmd::Up, "", "Up"),
    (Find, &["Down", "Ctrl-j", "Tab"], Cmd::Down, "", "Down"),
    (Find, &["PageUp"], Cmd::PageUp, "", "A page up"),
    (Find, &["PageDown"], Cmd::PageDown, "", "A page down"),
    (Find, &["Home"], Cmd::Top, "", "To the beginning"),
    (Find, &["End"], Cmd::Bottom, "", "To the end"),
    (Find, &["Esc"], Cmd::Back, "close", "Close"),
];

/// Every row.
pub(super) fn rows() -> Vec<Binding> {
    let own = ROWS.iter().map(|(context, keys, cmd, label, help)| row(*context, keys, *cmd, label, help));
    let moves = [List, Calls, Timeline, Reader, Brief, Join, Judge, Plan].into_iter().flat_map(|context| {
        MOVES.iter().map(move |(keys, cmd, help)| {
            let reads_on = *cmd == Cmd::PageDown && READS_ON.contains(&context);
            let mut row = row(context, keys, *cmd, if reads_on { "read on" } else { "" }, help);
            if reads_on {
                row.keys.push(Cow::Borrowed("Space"));
            }
            row
        })
    });
    let mut rows: Vec<Binding> = own.chain(moves).collect();
    rows.sort_by_key(|row| Context::ALL.iter().position(|context| *context == row.context));
    rows
}

fn row(context: Context, keys: &[&'static str], cmd: Cmd, label: &'static str, help: &'static str) -> Binding {
    let keys = keys.iter().map(|key| Cow::Borrowed(*key)).collect();
    Binding { context, keys, cmd, label, help, danger: DANGEROUS.contains(&(context, cmd)) }
}
