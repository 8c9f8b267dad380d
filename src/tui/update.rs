//! From a key to a wish. Pure: changes what the screen remembers and returns what is wanted; never waits,
//! never touches the incident.

mod asked;
mod calls;
mod join;
mod mouse;
mod record;
mod take;
mod top;
mod walk;
pub(super) mod ways;

pub(super) use record::show_brief;
pub(super) use take::of_check as seen_of;

use std::collections::BTreeMap;

use crossterm::event::{Event, KeyEvent, KeyEventKind};

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::next::Move;
use crate::engine::{Command, Session, gate};
use crate::present::words::quoted;
use crate::present::{directory, resolving};
use crate::runbook::model::Evidence;

use super::highlight::Language;
use super::keymap::Cmd;
use super::popup::Popup;
use super::popup::find::Find;
use super::popup::list::List;
use super::popup::plan::PlanView;
use super::popup::prompt::{Prompt, Purpose};
use super::popup::reader::Reader;
use super::ui::{Row, Ui};

/// What the screen wants done that it cannot do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A wish of the responder: the only door to the engine.
    Ask(Command),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Let the responder write this text in their own editor.
    Edit(String),
    /// Put this text on the clipboard.
    Copy(String),
    /// Write this text to a new file.
    Save {
        /// Where.
        path: String,
        /// What.
        text: String,
    },
    /// Show what a piece of evidence holds, in the reader that is open.
    Unpack(crate::timeline::event::Evidence),
    /// Ask the questions of another runbook that are not answered yet, and open it inside this incident.
    AskInputs {
        /// The runbook.
        runbook: Id,
        /// What is answered already.
        answers: BTreeMap<String, String>,
    },
    /// Draw everything again, over whatever is on the terminal.
    Redraw,
}

/// Takes a key or a paste into account.
pub fn handle(ui: &mut Ui, session: &Session, now: Stamp, event: &Event) -> Vec<Act> {
    ui.learn(session);
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            ui.said = None;
            press(ui, session, now, key)
        }
        Event::Mouse(mouse) => mouse::point(ui, session, now, *mouse),
        Event::Paste(text) => {
            top::paste(ui, session, now, text);
            Vec::new()
        }
        Event::Key(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost => Vec::new(),
    }
}

fn press(ui: &mut Ui, session: &Session, now: Stamp, key: &KeyEvent) -> Vec<Act> {
    let context = ui.popups.last().map_or(ui.ground(), |popup| popup.context(session, now));
    let cmd = ui.keymap.meaning(context, key);
    match (cmd, ui.popups.last()) {
        (Some(cmd @ (Cmd::Suspend | Cmd::Redraw | Cmd::Quit)), _) | (Some(cmd), None) => run(ui, session, now, cmd),
        (None, None) => Vec::new(),
        (cmd, Some(_)) => match ui.popups.pop() {
            Some(popup) => top::press(ui, session, now, popup, cmd, key),
            None => Vec::new(),
        },
    }
}

/// What a command does that is not meant for what lies on top.
fn run(ui: &mut Ui, session: &Session, now: Stamp, cmd: Cmd) -> Vec<Act> {
    match cmd {
        Cmd::Suspend => vec![Act::Suspend],
        Cmd::Redraw => vec![Act::Redraw],
        Cmd::Quit if matches!(ui.popups.last(), Some(Popup::Quit)) => vec![Act::Ask(Command::Leave)],
        Cmd::Quit => {
            ui.popups.push(Popup::Quit);
            Vec::new()
        }
        cmd => incident(ui, session, now, cmd),
    }
}

/// What Enter does in the incident, in words for the footer.
pub(super) fn enter_words(session: &Session, ui: &Ui) -> String {
    match ui.shown_step(session).filter(|_| ui.is_elsewhere(session)) {
        Some(step) => format!("turn to {} (Esc goes back to the current step)", quoted(&step.title)),
        None => ui.facts().next_words.clone(),
    }
}

/// A wish, or the reason why it is not possible.
fn ask(ui: &mut Ui, session: &Session, now: Stamp, command: Command) -> Vec<Act> {
    match gate::may(session, now, &command) {
        Ok(()) => vec![Act::Ask(command)],
        Err(why) => {
            ui.say(why);
            Vec::new()
        }
    }
}

/// A command of the incident, from its key, from the palette or from a click.
fn incident(ui: &mut Ui, session: &Session, now: Stamp, cmd: Cmd) -> Vec<Act> {
    // Why an incident cannot be resolved yet is more than a sentence.
    if cmd != Cmd::Resolve
        && let Some(why) = ways::why_not(session, ui, now, cmd)
    {
        ui.say(why);
        return Vec::new();
    }
    let selected = ui.row(session);
    match (cmd, selected) {
        (Cmd::GoOn, _) => return go_on(ui, session, now),
        (Cmd::Act, _) => return act(ui, session, now),
        (Cmd::GoToStep, _) => return turn_to_shown(ui, session, now),
        (Cmd::RunStep, _) => {
            if let Some(step) = ui.shown_step(session).map(|step| step.id.clone()) {
                return ask(ui, session, now, Command::RunStep(step));
            }
        }
        (Cmd::RunAll, _) => return ask(ui, session, now, Command::RunAll),
        (Cmd::RunCheck, Some(Row::Check(check))) => return ask(ui, session, now, Command::RunCheck(check)),
        (Cmd::Stop, Some(row)) => return ask(ui, session, now, Command::Cancel(row.id().clone())),
        (Cmd::Untick, Some(Row::Task(task))) => return ask(ui, session, now, Command::Untick(task)),
        (Cmd::Pause, _) if session.incident.paused.is_some() => return ask(ui, session, now, Command::Continue),
        (Cmd::Note | Cmd::Skip | Cmd::Override | Cmd::Pause | Cmd::HandOver | Cmd::Severity | Cmd::Resolve, _) => {
            prompt(ui, session, now, cmd);
        }
        (Cmd::Calls, _) => ui.popups.push(Popup::Calls(List::default())),
        (Cmd::Acknowledge | Cmd::Snooze, _) => return calls::answer_first(ui, session, now, cmd),
        (Cmd::LookAtRed, _) => return calls::look_at_red(ui, session, now),
        (Cmd::Tell, _) => calls::tell(ui, session, now),
        (Cmd::AskSql | Cmd::RunOnce | Cmd::Keep, _) => asked::press(ui, session, now, cmd),
        (Cmd::Read, Some(row)) => read(ui, session, row),
        (Cmd::Copy, Some(row)) => return take::row(ui, session, &row),
        (Cmd::Timeline, _) => ui.popups.push(Popup::Timeline(List::at_the_end())),
        (Cmd::Criteria, _) => ui.popups.push(Popup::Criteria(List::default())),
        (Cmd::Help, _) => ui.popups.push(Popup::Help(Find::default())),
        (Cmd::Palette, _) => ui.popups.push(Popup::Palette(Find::default())),
        (Cmd::Warnings, _) => ui.popups.push(Popup::Reader(Reader::new("Warnings", &ui.facts().never.join("\n\n")))),
        (Cmd::Contacts, _) => {
            let page = directory::page(&session.runbook, &session.incident, ui.shown_step(session), &ui.facts().names);
            ui.popups.push(Popup::Reader(Reader::new("Contacts", &page)));
        }
        (Cmd::Related, _) => ui.popups.push(Popup::Related(List::default())),
        (Cmd::Join, _) => return join::begin(ui, session, now),
        (Cmd::Commands, _) => {
            ui.popups.push(Popup::Reader(Reader::new("Useful commands", &useful_commands(session)).in_language(Language::Shell)));
        }
        (Cmd::Decide | Cmd::Attach | Cmd::Undo | Cmd::Roles | Cmd::Report | Cmd::Brief, _) => return record::press(ui, session, now, cmd),
        _ => walk::go(ui, session, cmd),
    }
    Vec::new()
}

/// The runbook's commands for another shell, with the inputs that they name.
fn useful_commands(session: &Session) -> String {
    let mut told = Vec::new();
    if session.incident.is_drill() {
        told.push("This is a drill. Typed into another shell, these do not reach its world; there they would ask the real one.".to_owned());
    }
    let names = session.names();
    for useful in &session.runbook.commands {
        told.push(format!("{}\n  {}", useful.title, useful.command));
    }
    let inputs = session.runbook.inputs.iter().filter_map(|input| Some((&input.name, names.get(&input.name)?.as_str()?)));
    let inputs: Vec<String> = inputs.map(|(name, value)| format!("  {name}={value}")).collect();
    match (session.runbook.commands.is_empty(), inputs.is_empty()) {
        (true, _) => told.push("This runbook has none.".to_owned()),
        (false, true) => {}
        (false, false) => told.push(format!("The inputs they may name:\n{}", inputs.join("\n"))),
    }
    told.join("\n\n")
}

/// Enter: what the footer says.
fn go_on(ui: &mut Ui, session: &Session, now: Stamp) -> Vec<Act> {
    if ui.is_elsewhere(session) {
        return turn_to_shown(ui, session, now);
    }
    let next = ui.facts().next.clone();
    match &next {
        Move::Wait => ui.say("answers are on their way; look around meanwhile, or press X on a check to stop it"),
        Move::Judge(check) => judge(ui, session, check),
        Move::Plan(remediation) => return plan(ui, session, now, remediation),
        Move::WaitFor(remediation) | Move::Decide(remediation) => ui.popups.push(Popup::Plan(Box::new(PlanView::new(remediation.clone())))),
        Move::Tick(task) => return tick(ui, session, now, task),
        Move::TickCriterion(criterion) => tick_criterion(ui, session, criterion),
        Move::Resolve => prompt(ui, session, now, Cmd::Resolve),
        Move::Stuck(_) | Move::AskSuccess => ui.popups.push(Popup::Criteria(List::default())),
        Move::Continue | Move::Enter(_) | Move::Ask(_) | Move::Probe(_) | Move::Guard(_) | Move::Return { .. } | Move::Leave => {
            ui.follow_the_work();
        }
    }
    match next.command().filter(|_| !matches!(next, Move::Plan(_))) {
        Some(command) => ask(ui, session, now, command),
        None => Vec::new(),
    }
}

fn turn_to_shown(ui: &mut Ui, session: &Session, now: Stamp) -> Vec<Act> {
    let Some(step) = ui.shown_step(session).map(|step| step.id.clone()) else {
        return Vec::new();
    };
    let acts = ask(ui, session, now, Command::EnterStep(step));
    if !acts.is_empty() {
        ui.follow_the_work();
    }
    acts
}

/// Space: on the selected row.
fn act(ui: &mut Ui, session: &Session, now: Stamp) -> Vec<Act> {
    match ui.row(session) {
        Some(Row::Check(check)) => {
            let waits =
                session.incident.checks.get(&check).is_some_and(|record| record.verdict == crate::timeline::event::Verdict::NeedsPerson);
            if waits {
                judge(ui, session, &check);
                return Vec::new();
            }
            ask(ui, session, now, Command::RunCheck(check))
        }
        Some(Row::Remediation(remediation)) => {
            let known = session.incident.remediations.get(&remediation);
            let looking = session.running().is_some_and(|running| running.remediation == remediation)
                || known.is_some_and(|record| record.open)
                || (known.is_some_and(|record| record.planned.is_some())
                    && gate::may(session, now, &Command::Plan(remediation.clone())).is_err());
            if looking {
                ui.popups.push(Popup::Plan(Box::new(PlanView::new(remediation))));
                return Vec::new();
            }
            plan(ui, session, now, &remediation)
        }
        Some(Row::Task(task)) if session.incident.ticks.contains_key(&task) => {
            ui.say("it is ticked; u takes the tick back");
            Vec::new()
        }
        Some(Row::Task(task)) => tick(ui, session, now, &task),
        None => Vec::new(),
    }
}

fn plan(ui: &mut Ui, session: &Session, now: Stamp, remediation: &Id) -> Vec<Act> {
    let acts = ask(ui, session, now, Command::Plan(remediation.clone()));
    if !acts.is_empty() {
        ui.popups.push(Popup::Plan(Box::new(PlanView::new(remediation.clone()))));
    }
    acts
}

fn tick(ui: &mut Ui, session: &Session, now: Stamp, task: &Id) -> Vec<Act> {
    let Some((_, item)) = session.runbook.task(task) else {
        return Vec::new();
    };
    let label = match item.evidence {
        Evidence::None => return ask(ui, session, now, Command::Tick { task: task.clone(), evidence: String::new() }),
        Evidence::Optional => "Evidence, if there is any: a link, a number, a line of output",
        Evidence::Required => "Evidence: a link, a number, a line of output",
    };
    let title = item.title.render(&ui.facts().names);
    ui.popups.push(Popup::Prompt(Box::new(Prompt::new(Purpose::Tick(task.clone()), "Tick", vec![title], &[label]))));
    Vec::new()
}

fn tick_criterion(ui: &mut Ui, session: &Session, criterion: &Id) {
    let title = session.runbook.success.iter().find(|success| success.id == *criterion).map(|success| success.title.clone());
    let about = vec![title.unwrap_or_else(|| criterion.to_string())];
    let label = "How do you know? (may stay empty)";
    ui.popups.push(Popup::Prompt(Box::new(Prompt::new(Purpose::Tick(criterion.clone()), "This holds", about, &[label]))));
}

fn judge(ui: &mut Ui, session: &Session, check: &Id) {
    let reader = take::answer(session, check).titled("Is this good?");
    ui.popups.push(Popup::Judge(check.clone(), reader));
}

fn read(ui: &mut Ui, session: &Session, row: Row) {
    match row {
        Row::Check(check) => ui.popups.push(Popup::Reader(take::answer(session, &check))),
        Row::Remediation(remediation) => ui.popups.push(Popup::Plan(Box::new(PlanView::new(remediation)))),
        Row::Task(_) => {
            let text = take::of_row(ui, session, &row);
            ui.popups.push(Popup::Reader(Reader::new("Task", &text)));
        }
    }
}

fn prompt(ui: &mut Ui, session: &Session, now: Stamp, cmd: Cmd) {
    let step = ui.shown_step(session);
    let prompt = match (cmd, ui.row(session)) {
        (Cmd::Note, _) => Prompt::new(
            Purpose::Note,
            "Note",
            vec!["For what happened earlier, begin with @14:05 (UTC) or @12m.".to_owned()],
            &["What happened? (Alt-Enter begins a new line)"],
        ),
        (Cmd::Skip, _) => {
            let Some(step) = step else { return };
            Prompt::new(Purpose::Skip(step.id.clone()), "Skip this step", vec![step.title.clone()], &["Why?"])
        }
        (Cmd::Override, Some(Row::Check(check))) => {
            let title = session.runbook.check(&check).map(|(_, check)| check.title.clone()).unwrap_or_default();
            Prompt::new(Purpose::Override(check), "Accept this check as it is", vec![title], &["Why?"])
        }
        (Cmd::Pause, _) => {
            Prompt::new(Purpose::Pause, "Pause", vec!["The phase's clock stands still; escalations do not.".to_owned()], &["Why?"])
        }
        (Cmd::HandOver, _) => Prompt::new(
            Purpose::HandOver,
            "Hand over",
            vec!["What is red, changed, open and due is written down by itself; they are asked to accept.".to_owned()],
            &["Who leads from here?", "A word for them (may stay empty)"],
        ),
        (Cmd::Severity, _) => Prompt::new(Purpose::Severity, "Change the severity", vec![], &["New severity, such as P1", "Why?"]),
        (Cmd::Resolve, _) => {
            if let Err(why) = gate::may(session, now, &Command::Resolve { summary: String::new() }) {
                // What is in the way is selected.
                let first = session.criteria().iter().position(|criterion| !criterion.held).unwrap_or(0);
                ui.popups.push(Popup::Criteria(List::at(first)));
                return ui.say(why);
            }
            let about = resolving::before(session);
            Prompt::new(Purpose::Resolve, "Resolve the incident", about, &["In a sentence: what was it? (may stay empty)"])
        }
        _ => return,
    };
    ui.popups.push(Popup::Prompt(Box::new(prompt)));
}
