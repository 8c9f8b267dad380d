//! From a key to a wish. Pure: changes what the screen remembers and returns what is wanted; never waits,
//! never touches the incident.

mod record;
mod top;

pub(super) use record::show_brief;

use crossterm::event::{Event, KeyEvent, KeyEventKind};

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::next::Move;
use crate::engine::{Command, Session, gate};
use crate::present::directory;
use crate::present::words::quoted;
use crate::runbook::model::Evidence;

use super::keymap::{Cmd, meaning};
use super::popup::Popup;
use super::popup::list::List;
use super::popup::plan::PlanView;
use super::popup::prompt::{Prompt, Purpose};
use super::popup::reader::Reader;
use super::ui::{Pane, Row, Ui, red_since};

/// What the screen wants done that it cannot do by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A wish of the responder: the only door to the engine.
    Ask(Command),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Let the responder write this text in their own editor.
    Edit(String),
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
        Event::Paste(text) => {
            top::paste(ui, session, now, text);
            Vec::new()
        }
        Event::Key(_) | Event::Mouse(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost => Vec::new(),
    }
}

fn press(ui: &mut Ui, session: &Session, now: Stamp, key: &KeyEvent) -> Vec<Act> {
    let context = ui.popups.last().map_or(ui.ground(), |popup| popup.context(session, now));
    let cmd = meaning(context, key);
    match cmd {
        Some(Cmd::Suspend) => return vec![Act::Suspend],
        Some(Cmd::Redraw) => return vec![Act::Redraw],
        Some(Cmd::Quit) if matches!(ui.popups.last(), Some(Popup::Quit)) => return vec![Act::Ask(Command::Leave)],
        Some(Cmd::Quit) => {
            ui.popups.push(Popup::Quit);
            return Vec::new();
        }
        _ => {}
    }
    if let Some(popup) = ui.popups.pop() {
        return top::press(ui, session, now, popup, cmd, key);
    }
    match cmd {
        Some(cmd) => incident(ui, session, now, cmd),
        None => Vec::new(),
    }
}

/// What Enter does in the incident, in words for the footer.
pub(super) fn enter_words(session: &Session, ui: &Ui) -> String {
    match ui.shown_step(session).filter(|_| ui.is_elsewhere(session)) {
        Some(step) => format!("turn to {} (Esc goes back to the current step)", quoted(&step.title)),
        None => ui.facts().next_words.clone(),
    }
}

/// Whether a key of the incident is worth a place in the footer now.
pub(super) fn makes_sense(session: &Session, ui: &Ui, now: Stamp, cmd: Cmd) -> bool {
    let row = ui.row(session);
    let may = |command: &Command| gate::may(session, now, command).is_ok();
    match cmd {
        Cmd::RunCheck | Cmd::Act | Cmd::Untick | Cmd::Override | Cmd::Stop if session.incident.resolved.is_some() => false,
        Cmd::RunCheck => matches!(row, Some(Row::Check(_))),
        Cmd::Act => row.is_some(),
        Cmd::Untick => matches!(&row, Some(Row::Task(id)) if session.incident.ticks.contains_key(id)),
        Cmd::Override => matches!(&row, Some(Row::Check(id)) if session.is_red(id)),
        Cmd::Read => matches!(&row, Some(Row::Check(id)) if session.incident.checks.contains_key(id)),
        Cmd::Stop => row.as_ref().is_some_and(|row| may(&Command::Cancel(row_id(row).clone()))),
        Cmd::Escalation => !session.open_escalations().is_empty(),
        Cmd::GoToStep => ui.is_elsewhere(session),
        Cmd::Resolve => ui.facts().next == Move::Resolve,
        Cmd::Report => session.incident.resolved.is_some(),
        Cmd::Commands => !session.runbook.commands.is_empty(),
        Cmd::Note | Cmd::Decide | Cmd::Contacts | Cmd::Help | Cmd::Quit | Cmd::Criteria | Cmd::Timeline => true,
        _ => session.incident.resolved.is_none(),
    }
}

fn row_id(row: &Row) -> &Id {
    match row {
        Row::Check(id) | Row::Remediation(id) | Row::Task(id) => id,
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

fn incident(ui: &mut Ui, session: &Session, now: Stamp, cmd: Cmd) -> Vec<Act> {
    match cmd {
        Cmd::GoOn => return go_on(ui, session, now),
        Cmd::Act => return act(ui, session, now),
        Cmd::GoToStep => return turn_to_shown(ui, session, now),
        Cmd::RunStep => {
            if let Some(step) = ui.shown_step(session).map(|step| step.id.clone()) {
                return ask(ui, session, now, Command::RunStep(step));
            }
        }
        Cmd::RunAll => return ask(ui, session, now, Command::RunAll),
        Cmd::RunCheck => match ui.row(session) {
            Some(Row::Check(check)) => return ask(ui, session, now, Command::RunCheck(check)),
            _ => ui.say("select a check first; R asks all of this step"),
        },
        Cmd::Stop => match ui.row(session) {
            Some(row) => return ask(ui, session, now, Command::Cancel(row_id(&row).clone())),
            None => ui.say("nothing is selected"),
        },
        Cmd::Untick => match ui.row(session) {
            Some(Row::Task(task)) => return ask(ui, session, now, Command::Untick(task)),
            _ => ui.say("select a task first"),
        },
        Cmd::Pause if session.incident.paused.is_some() => return ask(ui, session, now, Command::Continue),
        Cmd::Note | Cmd::Skip | Cmd::Override | Cmd::Pause | Cmd::HandOver | Cmd::Severity | Cmd::Resolve => prompt(ui, session, now, cmd),
        Cmd::Escalation => match session.open_escalations().first() {
            Some(place) => ui.popups.push(Popup::Escalation(*place)),
            None => ui.say("no escalation is due"),
        },
        Cmd::Read => read(ui, session),
        Cmd::Timeline => ui.popups.push(Popup::Timeline(List::at_the_end())),
        Cmd::Criteria => ui.popups.push(Popup::Criteria(List::default())),
        Cmd::Help => ui.popups.push(Popup::Help(List::default())),
        Cmd::Warnings => ui.popups.push(Popup::Reader(Reader::new("Warnings", &ui.facts().never.join("\n\n")))),
        Cmd::Contacts => {
            let page = directory::page(&session.runbook, &session.incident, ui.shown_step(session), &ui.facts().names);
            ui.popups.push(Popup::Reader(Reader::new("Contacts", &page)));
        }
        Cmd::Related if ui.related(session).is_empty() => ui.say("neither the runbook nor this step names another one"),
        Cmd::Related => ui.popups.push(Popup::Related(List::default())),
        Cmd::Commands => ui.popups.push(Popup::Reader(Reader::new("Useful commands", &useful_commands(session)))),
        Cmd::Decide | Cmd::Attach | Cmd::Undo | Cmd::Roles | Cmd::Report | Cmd::Brief => return record::press(ui, session, now, cmd),
        Cmd::LookAtRed => look_at_red(ui, session),
        Cmd::Back => ui.follow_the_work(),
        Cmd::Next | Cmd::Previous => {
            ui.pane = match (ui.pane, cmd == Cmd::Next) {
                (Pane::Step, true) | (Pane::Steps, false) => Pane::Timeline,
                (Pane::Timeline, true) | (Pane::Step, false) => Pane::Steps,
                (Pane::Steps, true) | (Pane::Timeline, false) => Pane::Step,
            }
        }
        Cmd::Left => browse(ui, session, -1),
        Cmd::Right => browse(ui, session, 1),
        _ => walk(ui, session, cmd),
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
    let title = session.runbook.check(check).map_or(check.as_str(), |(_, check)| &check.title);
    let reader = Reader::new(format!("Is this good? {title}"), &seen(session, check));
    ui.popups.push(Popup::Judge(check.clone(), reader));
}

/// All that was seen of a check: the full answer while the program remembers it, its end later.
fn seen(session: &Session, check: &Id) -> String {
    let record = session.incident.checks.get(check);
    let full = session.live(check).map(|live| live.seen.as_str()).filter(|seen| !seen.is_empty());
    let seen = full.or(record.map(|record| record.seen.as_str())).unwrap_or_default();
    let reason = record.map_or("not asked yet", |record| record.reason.as_str());
    let expect = session.runbook.check(check).and_then(|(_, check)| check.expect.as_ref());
    let expected = expect.map(|expect| format!("\nexpected: {}", expect.source())).unwrap_or_default();
    format!("{reason}{expected}\n\n{seen}")
}

fn read(ui: &mut Ui, session: &Session) {
    match ui.row(session) {
        Some(Row::Check(check)) => {
            let title = session.runbook.check(&check).map_or(check.as_str(), |(_, check)| &check.title);
            let reader = Reader::new(title, &seen(session, &check));
            ui.popups.push(Popup::Reader(reader));
        }
        Some(Row::Remediation(remediation)) => ui.popups.push(Popup::Plan(Box::new(PlanView::new(remediation)))),
        Some(Row::Task(_)) | None => ui.say("select a check or a remediation first"),
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
            let possible = Command::Override { check: check.clone(), reason: "…".to_owned() };
            if let Err(why) = gate::may(session, now, &possible) {
                return ui.say(why);
            }
            let title = session.runbook.check(&check).map(|(_, check)| check.title.clone()).unwrap_or_default();
            Prompt::new(Purpose::Override(check), "Accept this check as it is", vec![title], &["Why?"])
        }
        (Cmd::Override, _) => return ui.say("select the check to override first"),
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
                ui.popups.push(Popup::Criteria(List::default()));
                return ui.say(why);
            }
            let open: Vec<String> =
                session.criteria().into_iter().filter(|criterion| !criterion.held).map(|criterion| criterion.title).collect();
            let about =
                if open.is_empty() { "Every criterion holds.".to_owned() } else { format!("Still open, for later: {}.", open.join("; ")) };
            Prompt::new(Purpose::Resolve, "Resolve the incident", vec![about], &["In a sentence: what was it? (may stay empty)"])
        }
        _ => return,
    };
    ui.popups.push(Popup::Prompt(Box::new(prompt)));
}

fn look_at_red(ui: &mut Ui, session: &Session) {
    let Some(check) = ui.red_news(session).into_iter().next() else {
        return ui.say("no check has turned red");
    };
    ui.looked.insert(red_since(session, &check));
    if let Some((step, _)) = session.runbook.check(&check) {
        ui.browse_to(step.id.clone());
        ui.selected = Some(Row::Check(check));
        ui.pane = Pane::Step;
    }
}

/// Shows the step before or after without turning to it.
fn browse(ui: &mut Ui, session: &Session, by: isize) {
    let Some(shown) = ui.shown_step(session).map(|step| step.id.clone()) else {
        return;
    };
    let steps: Vec<&Id> = ui.facts().steps().collect();
    let Some(place) = steps.iter().position(|id| **id == shown) else {
        return;
    };
    let there = place.saturating_add_signed(by).min(steps.len() - 1);
    let step = steps[there].clone();
    // From the page that says how it ended, every step is another page.
    if there != place || (session.incident.resolved.is_some() && ui.shown.is_none()) {
        ui.browse_to(step);
    }
}

/// The arrow keys, by the pane they are in.
fn walk(ui: &mut Ui, session: &Session, cmd: Cmd) {
    let page = isize::try_from(ui.page).unwrap_or(isize::MAX);
    match (ui.pane, cmd) {
        (Pane::Steps, Cmd::Up) => browse(ui, session, -1),
        (Pane::Steps, Cmd::Down) => browse(ui, session, 1),
        (Pane::Steps, Cmd::PageUp | Cmd::Top) => browse(ui, session, if cmd == Cmd::Top { isize::MIN } else { -page }),
        (Pane::Steps, Cmd::PageDown | Cmd::Bottom) => browse(ui, session, if cmd == Cmd::Bottom { isize::MAX } else { page }),
        (Pane::Timeline, Cmd::Up) => ui.back += 1,
        (Pane::Timeline, Cmd::Down) => ui.back = ui.back.saturating_sub(1),
        (Pane::Timeline, Cmd::PageUp) => ui.back += 10,
        (Pane::Timeline, Cmd::PageDown) => ui.back = ui.back.saturating_sub(10),
        (Pane::Timeline, Cmd::Top) => ui.back = session.incident.entries().len(),
        (Pane::Timeline, Cmd::Bottom) => ui.back = 0,
        (Pane::Step, Cmd::PageUp) => {
            ui.follow = false;
            ui.scroll = ui.scroll.saturating_sub(ui.page);
        }
        (Pane::Step, Cmd::PageDown) => {
            ui.follow = false;
            ui.scroll += ui.page;
        }
        (Pane::Step, Cmd::Up) => select(ui, session, -1),
        (Pane::Step, Cmd::Down) => select(ui, session, 1),
        (Pane::Step, Cmd::Top) => select(ui, session, isize::MIN),
        (Pane::Step, Cmd::Bottom) => select(ui, session, isize::MAX),
        _ => {}
    }
}

fn select(ui: &mut Ui, session: &Session, by: isize) {
    let rows = ui.rows(session);
    let here = ui.row(session).and_then(|row| rows.iter().position(|other| *other == row)).unwrap_or(0);
    let there = here.saturating_add_signed(by).min(rows.len().saturating_sub(1));
    ui.selected = rows.get(there).cloned();
    ui.follow = true;
}
