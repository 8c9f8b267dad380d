//! What a person asks beside the runbook: a statement, a line for a shell, and what they keep of it. Never runs a line without
//! having said what that means.

use crate::base::id::Id;
use crate::engine::asked::is_beside;
use crate::engine::{Command, Ending, Session, gate};
use crate::present::words;
use crate::runbook::model::Check;
use crate::runtime::Runtime;
use crate::timeline::event::{CheckSettled, Typed, Verdict};
use crate::timeline::incident::QuestionRecord;

use super::Plain;
use super::act::split;
use super::question::Purpose;
use super::tell::{all_seen, spoken};

const WHAT_A_LINE_DOES: &str = "It runs on this machine, at once, as you; nothing is rehearsed, and what it changes is changed. \
                                What it prints is kept on the timeline. The word stop stops it.";

/// The checks that are being asked, those that were typed among them.
pub(super) fn being_asked(session: &Session) -> impl Iterator<Item = &Check> {
    let beside = session.runbook.asked.iter().map(|asked| &asked.check);
    session.runbook.checks().map(|(_, check)| check).chain(beside).filter(|check| session.is_asking(&check.id))
}

/// The answer to what was typed, with all that is kept of it: there is no row to read it from later. None for a check that
/// stands in a step.
pub(super) fn answered(session: &Session, settled: &CheckSettled) -> Option<Vec<String>> {
    let (_, check) = session.runbook.check(&settled.check).filter(|_| is_beside(&session.runbook, &settled.check))?;
    // Nobody has to say whether it is good.
    let verdict = if settled.verdict == Verdict::NeedsPerson { "answered" } else { words::verdict(settled.verdict).name };
    let mut told = vec![spoken(&format!("{verdict}: {}: {}", words::quoted(&check.title), settled.reason))];
    if !settled.seen.is_empty() {
        told.extend(all_seen(&settled.seen));
    }
    Some(told)
}

impl Plain {
    /// Asks a database what no check asks.
    pub(super) fn ask_sql(&mut self, runtime: &mut Runtime, rest: &str) -> Option<Ending> {
        let session = runtime.session();
        let targets: Vec<&Id> = session.runbook.targets.iter().map(|target| &target.name).collect();
        let (first, behind) = split(rest);
        let chosen = targets.iter().find(|target| target.as_str() == first).copied();
        // As on the screen: the target that the step asks first, or else the runbook's first.
        let of_step = || session.current().and_then(|(_, step)| step.checks.iter().find_map(|check| check.on.as_ref()));
        let (target, sql) = match chosen {
            Some(target) => (Some(target), behind),
            None => (of_step().or_else(|| targets.first().copied()), rest),
        };
        match target.cloned() {
            None => self.say("This runbook has no database to ask."),
            Some(_) if sql.is_empty() => {
                let names: Vec<&str> = targets.iter().map(|target| target.as_str()).collect();
                self.say(&format!(
                    "Ask what? One statement, which can only read, such as: sql SELECT count(*) FROM jobs. A target's name may stand \
                     before it. Targets: {}.",
                    names.join(", ")
                ));
            }
            Some(target) => return self.ask(runtime, Command::AskSql { target, sql: sql.to_owned() }),
        }
        None
    }

    /// Runs a line for a shell, once.
    pub(super) fn run_line(&mut self, runtime: &mut Runtime, line: &str) -> Option<Ending> {
        let possible = Command::RunOnce { line: if line.is_empty() { "true".to_owned() } else { line.to_owned() } };
        let now = runtime.now();
        if let Err(why) = gate::may(runtime.session(), now, &possible) {
            self.refuse(&why);
            return None;
        }
        self.say(WHAT_A_LINE_DOES);
        self.ask_for(runtime, Purpose::Shell, line, &["Which line, for /bin/sh?"])
    }

    /// Makes a check of the last question that is none yet.
    pub(super) fn keep(&mut self, runtime: &mut Runtime, title: &str) -> Option<Ending> {
        let unkept = |record: &&QuestionRecord| record.kept.is_none();
        let Some(record) = runtime.session().questions().rev().map(|(record, _)| record).find(unkept) else {
            self.say("Nothing was asked here that is not kept already. The words sql and shell ask.");
            return None;
        };
        let typed = match &record.question.ask {
            Typed::Sql { text, .. } => text,
            Typed::Command { line } => line,
        };
        let (check, sentence) = (record.question.check.clone(), format!("This is kept as a check of this incident:\n{typed}"));
        self.say(&sentence);
        let asks = [
            "What should be true? That is its title.",
            "When is it as expected, such as value == 0 or exit == 0? It may stay empty.",
            "How often is it asked, such as 10s? It may stay empty.",
        ];
        self.ask_for(runtime, Purpose::Keep(check), title, &asks)
    }
}
