//! Off the runbook's path: asking what it does not ask, and keeping that. Never runs anything that was not typed here.

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::runbook::asked;
use crate::timeline::event::Typed;
use crate::timeline::incident::QuestionRecord;
use crate::tui::keymap::Cmd;
use crate::tui::popup::Popup;
use crate::tui::popup::prompt::{Prompt, Purpose};
use crate::tui::popup::reader::Reader;
use crate::tui::ui::Ui;

use super::take;

/// Begins to type a question, a line for a shell, or what is to be kept of the last one.
pub(super) fn press(ui: &mut Ui, session: &Session, _now: Stamp, cmd: Cmd) {
    let prompt = match cmd {
        Cmd::AskSql => {
            let targets: Vec<&str> = session.runbook.targets.iter().map(|target| target.name.as_str()).collect();
            let about = vec![
                format!("It can only read, like any check. Targets: {}.", targets.join(", ")),
                "Inputs are named as in the runbook: :'name'. The answer is kept on the timeline.".to_owned(),
            ];
            let labels = ["SQL, one statement (Alt-Enter begins a new line)", "Which target?"];
            Prompt::new(Purpose::AskSql, "Ask a database", about, &labels).with(1, &target(ui, session))
        }
        Cmd::RunOnce => {
            let about = vec![
                "It runs on this machine, at once, as you; nothing is rehearsed, and what it changes is changed.".to_owned(),
                "Inputs are named as \"$name\". What it prints is kept on the timeline. X stops it.".to_owned(),
            ];
            Prompt::new(Purpose::RunOnce, "Run a command", about, &["The line, for /bin/sh"])
        }
        _ => match last(session) {
            Some(record) => keeping(record),
            None => return ui.say("nothing was asked here that is not kept already"),
        },
    };
    ui.popups.push(Popup::Prompt(Box::new(prompt)));
}

/// Keeping this question.
pub(super) fn keep_it(ui: &mut Ui, session: &Session, check: &Id) {
    match session.incident.questions.iter().find(|record| record.question.check == *check) {
        Some(record) => ui.popups.push(Popup::Prompt(Box::new(keeping(record)))),
        None => ui.say("it is the runbook's own, and stands in its step"),
    }
}

fn keeping(record: &QuestionRecord) -> Prompt {
    let words = match &record.question.ask {
        Typed::Sql { text, .. } => text,
        Typed::Command { line } => line,
    };
    let about = vec![words.split_whitespace().collect::<Vec<_>>().join(" ")];
    let labels = [
        "What should be true? (its title)",
        "When is it as expected? (such as value == 0; may stay empty)",
        "How often is it asked? (such as 10s; may stay empty)",
    ];
    Prompt::new(Purpose::Keep(record.question.check.clone()), "Keep as a check of this incident", about, &labels)
}

/// The last question that is nobody's row yet.
pub(super) fn last(session: &Session) -> Option<&QuestionRecord> {
    session.questions().rev().map(|(record, _)| record).find(|record| record.kept.is_none())
}

/// Shows the answer to what is being asked as soon as it is there.
pub(super) fn await_answer(ui: &mut Ui, session: &Session) {
    let check = asked::id(session.incident.questions.len() + 1);
    ui.popups.push(Popup::Reader(Reader::new("The answer", &take::of_check(session, &check)).of_check(check).awaiting()));
}

/// The target that the step asks first, or the runbook's first.
fn target(ui: &Ui, session: &Session) -> String {
    let of_step = ui.shown_step(session).and_then(|step| step.checks.iter().find_map(|check| check.on.clone()));
    of_step.or_else(|| session.runbook.targets.first().map(|target| target.name.clone())).map(|id| id.to_string()).unwrap_or_default()
}
