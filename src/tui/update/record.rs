//! Keys for what people say about the incident: decisions, corrections, roles, evidence, the report, a handover. Never
//! for what they do to a system.

use crate::base::stamp::Stamp;
use crate::base::text;
use crate::engine::{Command, Session, gate, record};
use crate::present::{directory, questions, story, words};
use crate::timeline::event::Event as Happened;
use crate::timeline::order;
use crate::tui::keymap::Cmd;
use crate::tui::popup::Popup;
use crate::tui::popup::list::List;
use crate::tui::popup::prompt::{Prompt, Purpose};
use crate::tui::popup::reader::Reader;
use crate::tui::ui::Ui;

use super::top::{in_full, keep, scroll};
use super::{Act, ask, prompt, take};

/// A key of the incident.
pub(super) fn press(ui: &mut Ui, session: &Session, now: Stamp, cmd: Cmd) -> Vec<Act> {
    match cmd {
        Cmd::Decide => type_into(
            ui,
            Prompt::new(
                Purpose::Decide,
                "Decision",
                decided(session),
                &[
                    "What was decided?",
                    "What else was considered, and why not? (may stay empty)",
                    "Who objected, and why? (may stay empty)",
                ],
            ),
        ),
        Cmd::Attach => {
            let about = vec!["A copy is kept beside the timeline, under the hash of its content.".to_owned()];
            let step = session.incident.current_step.clone();
            type_into(ui, Prompt::new(Purpose::Attach(step), "Attach a file", about, &["Which file? (a path; ~ is your home)"]));
        }
        Cmd::Undo => return undo(ui, session, now),
        Cmd::Roles => ui.popups.push(Popup::Roles(List::default())),
        Cmd::Report => ui.popups.push(Popup::Report(List::default())),
        Cmd::Brief => show_brief(ui, session),
        _ => {}
    }
    Vec::new()
}

/// The decisions so far, the last first.
fn decided(session: &Session) -> Vec<String> {
    let decisions = session.incident.entries().iter().rev().filter(|entry| session.incident.corrected_by(entry.seq).is_none());
    let told = decisions.filter_map(|entry| match &entry.event {
        Happened::Decided(decided) => Some(format!("{} {}: {}", entry.at.wall.format("%H:%M"), entry.by, decided.decision)),
        _ => None,
    });
    told.map(|line| text::line(&line).into_owned()).collect()
}

fn type_into(ui: &mut Ui, prompt: Prompt) {
    ui.popups.push(Popup::Prompt(Box::new(prompt)));
}

/// Takes back the last of one's own, and says what that was.
fn undo(ui: &mut Ui, session: &Session, now: Stamp) -> Vec<Act> {
    let acts = ask(ui, session, now, Command::Undo);
    if let Some(entry) = record::last_own(session).filter(|_| !acts.is_empty()) {
        let told = story::line(entry, session.incident.entries(), &session.runbook, &ui.facts().names).text;
        ui.say(format!("taken back: {told}"));
    }
    acts
}

/// The last brief, for whoever is to accept it with the key that does.
pub(in crate::tui) fn show_brief(ui: &mut Ui, session: &Session) {
    let Some(handover) = &session.incident.handover else {
        return ui.say("the lead has not changed hands");
    };
    let waits = gate::may(session, handover.at, &Command::AcceptHandover).is_ok();
    let title = format!("{} hands over to {}", handover.from, handover.to);
    let accepted = match handover.accepted {
        Some(at) => format!("accepted {}", words::moment(at.wall)),
        None => "not accepted yet".to_owned(),
    };
    let reader = Reader::new(title, &format!("{}, {accepted}\n\n{}", words::moment(handover.at.wall), handover.brief));
    ui.popups.push(if waits { Popup::Brief(reader) } else { Popup::Reader(reader) });
}

pub(super) fn brief(ui: &mut Ui, session: &Session, now: Stamp, mut view: Reader, cmd: Option<Cmd>) -> Vec<Act> {
    match cmd {
        Some(Cmd::Accept) => ask(ui, session, now, Command::AcceptHandover),
        Some(Cmd::Back) => Vec::new(),
        cmd => {
            if let Some(cmd) = cmd {
                view.go(cmd);
            }
            keep(ui, Popup::Brief(view))
        }
    }
}

pub(super) fn roles(ui: &mut Ui, session: &Session, now: Stamp, mut list: List, cmd: Option<Cmd>) -> Vec<Act> {
    match cmd {
        Some(Cmd::Back) => return Vec::new(),
        Some(Cmd::Accept) => {
            let row = directory::roles(&session.runbook, &session.incident).into_iter().nth(list.selected);
            ui.popups.push(Popup::Roles(list));
            if let Some(role) = row {
                if role.id.as_str() == "lead" {
                    prompt(ui, session, now, Cmd::HandOver);
                } else {
                    let about = role.usually.map(|who| format!("Usually: {who}")).into_iter().collect();
                    let new = Prompt::new(Purpose::Role(role.id), role.title, about, &["Who? (empty: nobody any more)"]);
                    type_into(ui, new.with(0, role.holder.as_deref().unwrap_or_default()));
                }
            }
            return Vec::new();
        }
        cmd => scroll(&mut list, cmd),
    }
    keep(ui, Popup::Roles(list))
}

/// The questions, the follow-up work, and a last row for more of it.
pub(super) fn report(ui: &mut Ui, session: &Session, mut list: List, cmd: Option<Cmd>) -> Vec<Act> {
    match cmd {
        Some(Cmd::Back) => return Vec::new(),
        Some(Cmd::Accept) => {
            let questions = questions::of(&session.runbook);
            let actions = directory::actions(&session.runbook, &session.incident);
            let labels = &["What is to be done?", "Who does it? (may stay empty)", "How far: done, ongoing or future"];
            let new = match (questions.get(list.selected), actions.get(list.selected.saturating_sub(questions.len()))) {
                (Some(question), _) => {
                    let known = session.incident.answers.get(&question.text).map_or("", String::as_str);
                    let label = "The answer (Markdown; Alt-Enter begins a new line)";
                    Prompt::new(Purpose::Answer(question.text.clone()), "For the report", vec![question.text.clone()], &[label])
                        .with(0, known)
                }
                (None, Some(action)) => Prompt::new(Purpose::Action, "Follow-up work", vec![], labels)
                    .with(0, &action.title)
                    .with(1, action.owner.as_deref().unwrap_or_default())
                    .with(2, words::action_state(action.state)),
                (None, None) => Prompt::new(Purpose::Action, "Follow-up work", vec![], labels).with(2, "future"),
            };
            ui.popups.push(Popup::Report(list));
            type_into(ui, new);
            return Vec::new();
        }
        cmd => scroll(&mut list, cmd),
    }
    keep(ui, Popup::Report(list))
}

pub(super) fn timeline(ui: &mut Ui, session: &Session, now: Stamp, mut list: List, cmd: Option<Cmd>) -> Vec<Act> {
    let selected = || order::as_it_happened(&session.incident).get(list.selected).map(|placed| placed.entry);
    match cmd {
        Some(Cmd::Back) => return Vec::new(),
        Some(Cmd::Note) => {
            ui.popups.push(Popup::Timeline(list));
            prompt(ui, session, now, Cmd::Note);
            return Vec::new();
        }
        Some(Cmd::Accept) => {
            if let Some(entry) = selected() {
                let reader = Reader::new(format!("Entry {}", entry.seq), &in_full(ui, session, entry));
                ui.popups.push(Popup::Timeline(list));
                ui.popups.push(Popup::Reader(reader));
                return entry.event.evidence().cloned().map(Act::Unpack).into_iter().collect();
            }
        }
        Some(Cmd::Copy) => {
            if let Some(entry) = selected() {
                let text = in_full(ui, session, entry);
                ui.popups.push(Popup::Timeline(list));
                return take::copied(ui, text);
            }
        }
        Some(Cmd::Correct) => {
            if let Some(entry) = selected() {
                let possible = Command::Correct { entry: entry.seq, reason: "…".to_owned(), instead: String::new() };
                if let Err(why) = gate::may(session, now, &possible) {
                    ui.say(why);
                    return keep(ui, Popup::Timeline(list));
                }
                let told = story::line(entry, session.incident.entries(), &session.runbook, &ui.facts().names).text;
                let words = match &entry.event {
                    Happened::Note { text, .. } => Some(text.as_str()),
                    Happened::Decided(decided) => Some(decided.decision.as_str()),
                    _ => None,
                };
                let labels = ["Why does it not hold? (may stay empty where it is your own)", "What should it say? (empty: take it back)"];
                let fields = if words.is_some() { &labels[..] } else { &labels[..1] };
                let new = Prompt::new(Purpose::Correct(entry.seq), "Correct an entry", vec![told], fields);
                ui.popups.push(Popup::Timeline(list));
                type_into(ui, new.with(1, words.unwrap_or_default()));
                return Vec::new();
            }
        }
        cmd => scroll(&mut list, cmd),
    }
    keep(ui, Popup::Timeline(list))
}
