//! Keys for what lies on top. A popup is taken off the stack, sees the key, and is put back unless it is
//! done. Never lets a key through to what lies beneath.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui_textarea::TextArea;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::base::text;
use crate::engine::{Command, Session, gate};
use crate::present::{story, words};
use crate::timeline::event::Event as Happened;
use crate::timeline::{Entry, event::Verdict};
use crate::tui::keymap::Cmd;
use crate::tui::popup::Popup;
use crate::tui::popup::find::Find;
use crate::tui::popup::list::List;
use crate::tui::popup::plan::{PlanView, Standing};
use crate::tui::popup::prompt::{Prompt, Purpose};
use crate::tui::popup::reader::Reader;
use crate::tui::ui::{Pane, Row, Ui};

use super::{Act, ask, asked, calls, join, prompt, record, run, take, tick_criterion};

/// The longest paste that is taken, in bytes: a note, not a log file.
const LONGEST_PASTE: usize = 64 * 1024;

pub(super) fn press(ui: &mut Ui, session: &Session, now: Stamp, popup: Popup, cmd: Option<Cmd>, key: &KeyEvent) -> Vec<Act> {
    match popup {
        Popup::Plan(view) => plan(ui, session, now, view, cmd, key),
        Popup::Prompt(view) => typing(ui, session, now, view, cmd, key),
        Popup::Reader(view) => read(ui, session, view, cmd, key),
        Popup::Judge(check, view) => judge(ui, session, now, check, view, cmd),
        Popup::Criteria(list) => criteria(ui, session, now, list, cmd),
        Popup::Related(mut list) => match cmd {
            Some(Cmd::Back) => Vec::new(),
            Some(Cmd::Accept) => {
                let other = ui.related(session).into_iter().nth(list.selected);
                other.map(|other| ask(ui, session, now, Command::LeaveFor(other.runbook))).unwrap_or_default()
            }
            cmd => {
                scroll(&mut list, cmd);
                keep(ui, Popup::Related(list))
            }
        },
        Popup::Join(view) => join::press(ui, session, view, cmd, key),
        Popup::Joining(runbook, view) => join::read(ui, session, now, runbook, view, cmd),
        Popup::Timeline(list) => record::timeline(ui, session, now, list, cmd),
        Popup::Roles(list) => record::roles(ui, session, now, list, cmd),
        Popup::Report(list) => record::report(ui, session, list, cmd),
        Popup::Brief(view) => record::brief(ui, session, now, view, cmd),
        Popup::Help(find) => finding(ui, session, now, find, cmd, key, Popup::Help),
        Popup::Palette(find) => finding(ui, session, now, find, cmd, key, Popup::Palette),
        Popup::Calls(list) => calls::press(ui, session, now, list, cmd),
        Popup::Quit => match cmd {
            Some(Cmd::Accept) => ask(ui, session, now, Command::Leave),
            Some(Cmd::Back) => Vec::new(),
            _ => keep(ui, Popup::Quit),
        },
    }
}

pub(super) fn keep(ui: &mut Ui, popup: Popup) -> Vec<Act> {
    ui.popups.push(popup);
    Vec::new()
}

pub(super) fn scroll(list: &mut List, cmd: Option<Cmd>) {
    let page = isize::try_from(list.page).unwrap_or(1);
    match cmd {
        Some(Cmd::Up) => list.go(-1),
        Some(Cmd::Down) => list.go(1),
        Some(Cmd::PageUp) => list.go(-page),
        Some(Cmd::PageDown) => list.go(page),
        Some(Cmd::Top) => list.go(isize::MIN),
        Some(Cmd::Bottom) => list.go(isize::MAX),
        _ => {}
    }
}

/// The palette does what is chosen; the help only tells.
fn finding(
    ui: &mut Ui,
    session: &Session,
    now: Stamp,
    mut find: Find,
    cmd: Option<Cmd>,
    key: &KeyEvent,
    again: fn(Find) -> Popup,
) -> Vec<Act> {
    match (cmd, key.code) {
        (Some(Cmd::Back), _) => return Vec::new(),
        (Some(Cmd::Accept), _) => {
            return match (again(find.clone()), find.chosen(ui)) {
                (Popup::Palette(_), Some(cmd)) => run(ui, session, now, cmd),
                _ => Vec::new(),
            };
        }
        (None, KeyCode::Backspace) => find.pop(),
        (None, KeyCode::Char(c)) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
            find.push(c.encode_utf8(&mut [0; 4]));
        }
        (cmd, _) => scroll(&mut find.list, cmd),
    }
    keep(ui, again(find))
}

fn plan(ui: &mut Ui, session: &Session, now: Stamp, mut view: Box<PlanView>, cmd: Option<Cmd>, key: &KeyEvent) -> Vec<Act> {
    let id = view.remediation.clone();
    let standing = view.standing(session, now);
    let mut acts = Vec::new();
    match cmd {
        Some(Cmd::Back) => return acts,
        Some(Cmd::Accept) => match standing {
            Standing::Settled | Standing::None => return acts,
            Standing::Running(_) => ui.say("it is under way; Ctrl-x stops it"),
            Standing::Blocked(why) => ui.say(why),
            Standing::Ready if !view.is_read(session) => {
                view.go(Cmd::PageDown);
                ui.say("consent comes after the last line: this read on");
            }
            Standing::Ready => acts = consent(ui, session, now, &view, key),
        },
        Some(Cmd::PutAside) => {
            let command = if matches!(standing, Standing::Running(_)) { Command::Cancel(id) } else { Command::Abandon(id) };
            let closes = matches!(command, Command::Abandon(_));
            acts = ask(ui, session, now, command);
            if closes && !acts.is_empty() {
                return acts;
            }
        }
        Some(Cmd::SkipRehearsal) => {
            let possible = Command::SkipRehearsal { remediation: id.clone(), reason: "…".to_owned() };
            if let Err(why) = gate::may(session, now, &possible) {
                ui.say(why);
            } else {
                let about = vec!["Nobody has tried whether it works, or how many rows it changes.".to_owned()];
                let prompt = Prompt::new(Purpose::SkipRehearsal(id), "Go on without a rehearsal", about, &["Why?"]);
                ui.popups.push(Popup::Plan(view));
                return keep(ui, Popup::Prompt(Box::new(prompt)));
            }
        }
        Some(Cmd::Again) => acts = ask(ui, session, now, Command::Plan(id)),
        Some(Cmd::Copy) => {
            let text = session.incident.remediations.get(&id).map(take::of_plan).unwrap_or_default();
            acts = take::copied(ui, text);
        }
        Some(cmd) => {
            view.go(cmd);
        }
        None if view.name_to_type(session, now).is_some() && key.code != KeyCode::Enter => type_into_line(&mut view.typed, *key),
        None => {}
    }
    ui.popups.push(Popup::Plan(view));
    acts
}

/// A key for a line that is typed: Ctrl-u takes back all of it, as everywhere.
fn type_into_line(line: &mut TextArea<'_>, key: KeyEvent) {
    if key.code == KeyCode::Char('u') && key.modifiers.contains(KeyModifiers::CONTROL) {
        line.delete_line_by_head();
    } else {
        line.input(key);
    }
}

/// Consent: by `y`, a key that led to no plan, or by the database's name. Enter alone never consents, so
/// that going on and on with Enter cannot change anything.
fn consent(ui: &mut Ui, session: &Session, now: Stamp, view: &PlanView, key: &KeyEvent) -> Vec<Act> {
    let by_name = view.name_to_type(session, now).is_some();
    if !by_name && key.code == KeyCode::Enter {
        ui.say("press y to run it");
        return Vec::new();
    }
    let typed = if by_name { view.typed() } else { String::new() };
    ask(ui, session, now, Command::Confirm { remediation: view.remediation.clone(), typed })
}

fn typing(ui: &mut Ui, session: &Session, now: Stamp, mut view: Box<Prompt>, cmd: Option<Cmd>, key: &KeyEvent) -> Vec<Act> {
    let fields = view.fields.len().max(1);
    match cmd {
        Some(Cmd::Back) => return Vec::new(),
        Some(Cmd::Accept) if view.focus + 1 < fields => view.focus += 1,
        Some(Cmd::Accept) => {
            let wish = view.wish().and_then(|wish| match &wish {
                Act::Ask(command) => gate::may(session, now, command).map(|()| wish),
                _ => Ok(wish),
            });
            match wish {
                Ok(wish) => {
                    if matches!(view.purpose, Purpose::AskSql | Purpose::RunOnce) {
                        asked::await_answer(ui, session);
                    }
                    return vec![wish];
                }
                Err(why) => view.complain(why),
            }
        }
        Some(Cmd::Edit) => {
            let typed = view.typed();
            ui.popups.push(Popup::Prompt(view));
            return vec![Act::Edit(typed)];
        }
        Some(Cmd::NewLine) => {
            if let Some(area) = view.area() {
                area.insert_newline();
            }
        }
        Some(Cmd::Next) => view.focus = (view.focus + 1) % fields,
        Some(Cmd::Previous) => view.focus = (view.focus + fields - 1) % fields,
        Some(_) => {}
        None => {
            if let Some(area) = view.area() {
                type_into_line(area, *key);
            }
        }
    }
    keep(ui, Popup::Prompt(view))
}

/// A pasted text goes where one types; nowhere else, so that it can never act as keys.
pub(super) fn paste(ui: &mut Ui, session: &Session, now: Stamp, pasted: &str) {
    let pasted = pasted.replace("\r\n", "\n").replace('\r', "\n");
    let (pasted, cut) = text::tail(&pasted, LONGEST_PASTE);
    let clean = text::lines(pasted);
    match ui.popups.last_mut() {
        Some(Popup::Prompt(view)) => {
            if let Some(area) = view.area() {
                area.insert_str(&clean);
            }
        }
        Some(Popup::Plan(view)) if view.name_to_type(session, now).is_some() => {
            view.typed.insert_str(text::first_line(&clean));
        }
        Some(Popup::Join(view)) => view.push(&clean),
        Some(Popup::Help(find) | Popup::Palette(find)) => find.push(text::first_line(&clean)),
        Some(Popup::Reader(view)) => {
            if let Some(typing) = &mut view.typing {
                typing.push_str(text::first_line(&clean));
            }
        }
        _ => ui.say("there is nothing to paste into here; n begins a note"),
    }
    if cut > 0 {
        ui.say("the paste was too long: only its end was taken");
    }
}

fn read(ui: &mut Ui, session: &Session, mut view: Reader, cmd: Option<Cmd>, key: &KeyEvent) -> Vec<Act> {
    if let Some(typing) = &mut view.typing {
        match key.code {
            KeyCode::Enter => view.look_for_typed(),
            KeyCode::Esc => view.typing = None,
            KeyCode::Backspace => {
                typing.pop();
            }
            KeyCode::Char(c) => typing.push(c),
            _ => {}
        }
        return keep(ui, Popup::Reader(view));
    }
    match cmd {
        Some(Cmd::Back) => return Vec::new(),
        Some(Cmd::Copy) => {
            let acts = take::copied(ui, view.text());
            ui.popups.push(Popup::Reader(view));
            return acts;
        }
        Some(Cmd::Save) => {
            let about = vec!["A new file; one that is there already is not written over.".to_owned()];
            let prompt = Prompt::new(Purpose::Save(view.text()), "Save", about, &["Where? (a path; ~ is your home)"]);
            ui.popups.push(Popup::Reader(view));
            return keep(ui, Popup::Prompt(Box::new(prompt)));
        }
        Some(Cmd::Keep) => {
            let check = view.source().cloned();
            ui.popups.push(Popup::Reader(view));
            if let Some(check) = check {
                asked::keep_it(ui, session, &check);
            }
            return Vec::new();
        }
        Some(cmd) => _ = view.go(cmd),
        None => {}
    }
    keep(ui, Popup::Reader(view))
}

fn judge(ui: &mut Ui, session: &Session, now: Stamp, check: Id, mut view: Reader, cmd: Option<Cmd>) -> Vec<Act> {
    match cmd {
        Some(Cmd::Good | Cmd::Bad) => ask(ui, session, now, Command::Judge { check, passed: cmd == Some(Cmd::Good) }),
        Some(Cmd::Back) => Vec::new(),
        cmd => {
            if let Some(cmd) = cmd {
                view.go(cmd);
            }
            keep(ui, Popup::Judge(check, view))
        }
    }
}

fn criteria(ui: &mut Ui, session: &Session, now: Stamp, mut list: List, cmd: Option<Cmd>) -> Vec<Act> {
    match cmd {
        Some(Cmd::Back) => return Vec::new(),
        Some(Cmd::RunStep) => {
            ui.popups.push(Popup::Criteria(list));
            return ask(ui, session, now, Command::RunSuccess);
        }
        Some(Cmd::Resolve) => {
            prompt(ui, session, now, Cmd::Resolve);
            return Vec::new();
        }
        Some(Cmd::Accept) => {
            let Some(criterion) = session.criteria().into_iter().nth(list.selected) else {
                return keep(ui, Popup::Criteria(list));
            };
            match criterion.check {
                Some(check) => {
                    if let Some((step, _)) = session.runbook.check(&check) {
                        ui.browse_to(step.id.clone());
                        ui.selected = Some(Row::Check(check));
                        ui.pane = Pane::Step;
                    }
                    return Vec::new();
                }
                None if criterion.held => {
                    ui.popups.push(Popup::Criteria(list));
                    return ask(ui, session, now, Command::Untick(criterion.id));
                }
                None => {
                    ui.popups.push(Popup::Criteria(list));
                    tick_criterion(ui, session, &criterion.id);
                    return Vec::new();
                }
            }
        }
        cmd => scroll(&mut list, cmd),
    }
    keep(ui, Popup::Criteria(list))
}

/// An entry with the evidence it holds.
pub(super) fn in_full(ui: &Ui, session: &Session, entry: &Entry) -> String {
    let told = story::line(entry, session.incident.entries(), &session.runbook, &ui.facts().names).text;
    let head = format!("{}  by {}\n\n{told}", entry.at.wall.format("%Y-%m-%d %H:%M:%S UTC"), entry.by);
    let more = match &entry.event {
        Happened::CheckSettled(settled) if settled.verdict == Verdict::Passed && settled.seen.is_empty() => String::new(),
        Happened::CheckSettled(settled) => settled.seen.clone(),
        Happened::RemediationPlanned(planned) => planned.steps.iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join("\n\n"),
        Happened::RemediationSettled(settled) => settled.seen.clone(),
        Happened::HandedOver { brief, .. } => brief.clone(),
        Happened::Note { text, .. } => text.clone(),
        _ => String::new(),
    };
    let corrected = session.incident.corrected_by(entry.seq).map(|by| {
        let told = story::line(by, session.incident.entries(), &session.runbook, &ui.facts().names).text;
        format!("\n\nDoes not hold any more: entry {} by {}, {told}", by.seq, by.by)
    });
    let evidence = entry.event.evidence().map(|evidence| {
        let size = words::bytes(evidence.bytes);
        format!("\n\nAll of it, {size}, is kept beside the journal as evidence/{}.gz", evidence.sha256)
    });
    format!("{head}\n\n{more}{}{}", corrected.unwrap_or_default(), evidence.unwrap_or_default())
}
