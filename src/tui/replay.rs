//! An incident that is shown again as it went: which entries there are so far, what its clock shows, how fast it runs.
//! Pure, and never live: nothing in it can ask, change or write anything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event as Input;

use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::present::words;
use crate::runbook::Runbook;
use crate::timeline::event::Outcome;
use crate::timeline::incident::RemediationRecord;
use crate::timeline::{Entry, Event, Incident};

use super::keymap::{Cmd, Context};
use super::popup::Popup;
use super::popup::reader::Reader;
use super::ui::{Row, Ui};
use super::update::{Act, handle};

/// How many times faster than it went.
const SPEEDS: [u32; 7] = [1, 2, 5, 10, 20, 50, 100];

/// The fastest that it begins with, by its place: an hour takes six minutes, and less without its gaps.
const USUAL: usize = 3;

/// What is short need not be shorter than this: it begins as slowly as that takes.
const SHORT: Duration = Duration::from_mins(1);

/// Before and after an entry, this much of a gap is shown, by the watcher's clock: enough to read a line.
const READING: Duration = Duration::from_millis(2_500);

/// So many entries are taken one by one; more are cheaper to fold all at once, as a correction folds all of them again.
const FEW: usize = 8;

/// What is played.
pub struct Recording {
    /// The runbook as the incident was opened with it, without what the incident added to it later.
    pub runbook: Arc<Runbook>,
    /// The answers to its questions that may be shown.
    pub inputs: BTreeMap<String, String>,
    /// All that happened, at least how it was opened.
    pub entries: Vec<Entry>,
}

/// A recording and how far it has been played.
pub struct Player {
    recording: Recording,
    /// What follows from the entries that have been taken; [`Self::settle`] keeps up.
    session: Session,
    /// Entries that have happened by now.
    wanted: usize,
    /// Time since the incident was opened.
    clock: Duration,
    speed: usize,
    is_playing: bool,
    /// How much was left out of the gap that one is in.
    left_out: Duration,
    /// How many entries had happened when work turned to another phase, and when it was over.
    phases: Vec<usize>,
}

/// What the screen is told of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replaying {
    /// That this is one, and where in it one is.
    pub(super) heading: String,
    /// The same in fewer words.
    pub(super) short: String,
    /// What the first key does.
    pub(super) next: &'static str,
    /// What was left out.
    pub(super) left_out: String,
}

/// What a key was for, beside what was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing more.
    None,
    /// To stop the program until the shell continues it.
    Suspend,
    /// To have everything drawn again.
    Redraw,
    /// To end.
    End,
}

impl Player {
    /// The beginning of a recording, which runs.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        let incident = Incident::replay(recording.entries.iter().take(1).cloned());
        let clock = recording.entries.first().map(|entry| entry.at.elapsed).unwrap_or_default();
        let lasted = recording.entries.last().map(|entry| entry.at.elapsed).unwrap_or_default().saturating_sub(clock);
        let speed = (0..=USUAL).rev().find(|place| lasted / SPEEDS[*place] >= SHORT).unwrap_or_default();
        let phases = turns(&recording);
        let session = session(&recording, incident);
        Self { recording, session, wanted: 1, clock, speed, is_playing: true, left_out: Duration::ZERO, phases }
    }

    /// The incident as it stood.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The moment that is shown.
    #[must_use]
    pub fn now(&self) -> Stamp {
        let last = self.at(self.wanted);
        let since = self.clock.saturating_sub(last.elapsed);
        Stamp { wall: last.wall + since, elapsed: self.clock }
    }

    /// Whether time passes.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.is_playing
    }

    /// Lets so much time pass by the watcher's clock. Where nothing was written down for long, most of it is left out.
    pub fn advance(&mut self, real: Duration) {
        let speed = SPEEDS[self.speed];
        let reading = READING * speed;
        let mut left = real * speed;
        while self.is_playing {
            let before = self.at(self.wanted).elapsed;
            let Some(next) = self.recording.entries.get(self.wanted).map(|entry| entry.at.elapsed) else {
                self.is_playing = false;
                break;
            };
            let from = (before + reading).max(self.clock);
            let to = next.saturating_sub(reading);
            if to > from + reading && self.clock + left >= from {
                left = (self.clock + left).saturating_sub(from);
                self.left_out = to.saturating_sub(from);
                self.clock = to;
            }
            if self.clock + left < next {
                self.clock += left;
                break;
            }
            left = (self.clock + left).saturating_sub(next);
            self.go_to(self.wanted + 1);
        }
    }

    /// Brings the session to where the recording is; whether that changed anything. Of keys that came at once, only where
    /// they led is folded.
    pub fn settle(&mut self) -> bool {
        let taken = self.session.incident.entries().len();
        if taken == self.wanted {
            return false;
        }
        let mut incident = std::mem::take(&mut self.session.incident);
        let news = self.recording.entries.get(taken..self.wanted).unwrap_or_default();
        if (1..=FEW).contains(&news.len()) {
            news.iter().cloned().for_each(|entry| incident.apply(entry));
        } else {
            let known = incident.into_entries().into_iter().take(self.wanted);
            incident = Incident::replay(known.chain(news.iter().cloned()));
        }
        self.session = session(&self.recording, incident);
        true
    }

    /// Does what a command of [`Context::Replay`] says; `false` for another one.
    pub fn obey(&mut self, cmd: Cmd) -> bool {
        let last = self.recording.entries.len();
        match cmd {
            Cmd::Play if self.wanted == last && !self.is_playing => {
                self.go_to(1);
                self.is_playing = true;
            }
            Cmd::Play => self.is_playing = !self.is_playing,
            Cmd::NextEntry | Cmd::PreviousEntry => {
                self.is_playing = false;
                self.go_to(if cmd == Cmd::NextEntry { self.wanted + 1 } else { self.wanted - 1 });
            }
            Cmd::NextPhase => self.go_to(self.phases.iter().find(|place| **place > self.wanted).copied().unwrap_or(last)),
            Cmd::PreviousPhase => self.go_to(self.phases.iter().rev().find(|place| **place < self.wanted).copied().unwrap_or(1)),
            Cmd::Faster => self.speed = (self.speed + 1).min(SPEEDS.len() - 1),
            Cmd::Slower => self.speed = self.speed.saturating_sub(1),
            Cmd::Top => self.go_to(1),
            Cmd::Bottom => self.go_to(last),
            _ => return false,
        }
        true
    }

    /// Shows the moment at which so many entries had happened.
    fn go_to(&mut self, wanted: usize) {
        self.wanted = wanted.clamp(1, self.recording.entries.len().max(1));
        self.clock = self.at(self.wanted).elapsed;
        self.left_out = Duration::ZERO;
    }

    /// The moment of an entry, by its number from 1.
    fn at(&self, number: usize) -> Stamp {
        let none = Stamp { wall: chrono::DateTime::UNIX_EPOCH, elapsed: Duration::ZERO };
        number.checked_sub(1).and_then(|place| self.recording.entries.get(place)).map_or(none, |entry| entry.at)
    }

    /// Has the next frame say where this is.
    pub fn tell(&self, ui: &mut Ui) {
        ui.replay = Some(self.status());
    }

    fn status(&self) -> Replaying {
        let of = self.recording.entries.len();
        let speed = SPEEDS[self.speed];
        let is_over = self.wanted == of;
        let running = match (self.is_playing, is_over) {
            (true, _) => format!("playing {speed}x"),
            (false, true) => "the end".to_owned(),
            (false, false) => format!("paused, {speed}x"),
        };
        let place = format!("entry {} of {of}", self.wanted);
        let began = self.at(1).wall.format("%Y-%m-%d %H:%M UTC");
        let left_out = match self.left_out {
            Duration::ZERO => String::new(),
            time => format!("{} without an entry were left out", words::rough(time)),
        };
        Replaying {
            heading: format!("REPLAY, nothing is live · {began} · {place} · {running}"),
            short: format!("REPLAY {}/{of} · {running}", self.wanted),
            next: match (self.is_playing, is_over) {
                (true, _) => "pause",
                (false, true) => "play it again from the beginning",
                (false, false) => "go on",
            },
            left_out,
        }
    }
}

/// How many entries had happened when work turned to another phase, and when it was over.
fn turns(recording: &Recording) -> Vec<usize> {
    // Of all that joined the incident until its end.
    let runbook = session(recording, Incident::replay(recording.entries.iter().cloned())).runbook;
    let mut phase = None;
    let is_turn = |(place, entry): (usize, &Entry)| match &entry.event {
        Event::StepEntered { step } => {
            let entered = runbook.step(step).map(|(phase, _)| &phase.id);
            (std::mem::replace(&mut phase, entered) != entered).then_some(place + 1)
        }
        Event::Resolved(_) => Some(place + 1),
        _ => None,
    };
    recording.entries.iter().enumerate().filter_map(is_turn).collect()
}

fn session(recording: &Recording, incident: Incident) -> Session {
    let lead = incident.lead.clone();
    Session::new(recording.runbook.clone(), incident, recording.inputs.clone(), lead)
}

/// Takes a key into account. Whatever it would ask of a live incident is not asked.
pub fn press(ui: &mut Ui, player: &mut Player, event: &Input) -> Wish {
    let (session, now) = (&player.session, player.now());
    ui.learn(session);
    let context = ui.popups.last().map_or(Context::Replay, |popup| popup.context(session, now));
    let cmd = match event {
        Input::Key(key) if key.kind != crossterm::event::KeyEventKind::Release => ui.keymap.meaning(context, key),
        _ => return Wish::None,
    };
    match (context, cmd) {
        (_, Some(Cmd::Quit)) => return Wish::End,
        (Context::Replay, Some(Cmd::Read)) => {
            if let Some(Row::Remediation(id)) = ui.row(session)
                && let Some(record) = session.incident.remediations.get(&id)
            {
                let title = session.runbook.remediation(&id).map_or(id.as_str(), |(_, remediation)| &remediation.title);
                ui.popups.push(Popup::Reader(Reader::new(title, &in_full(record))));
                return Wish::None;
            }
        }
        (Context::Replay, Some(cmd)) if player.obey(cmd) => {
            ui.said = None;
            if !matches!(cmd, Cmd::Play | Cmd::Faster | Cmd::Slower) {
                ui.follow_the_work();
            }
            return Wish::None;
        }
        _ => {}
    }
    let mut wish = Wish::None;
    let mut refused = false;
    for act in handle(ui, &player.session, now, event) {
        match act {
            Act::Suspend => wish = Wish::Suspend,
            Act::Redraw => wish = Wish::Redraw,
            // The entry says where it lies.
            Act::Unpack(_) => {}
            _ => refused = true,
        }
    }
    let before = ui.popups.len();
    ui.popups
        .retain(|popup| matches!(popup, Popup::Reader(_) | Popup::Timeline(_) | Popup::Criteria(_) | Popup::Help(_) | Popup::Palette(_)));
    if refused || ui.popups.len() < before {
        ui.say("this is a replay: nothing can be done in it");
    }
    wish
}

/// What is known of a remediation: its plan, its rehearsal, what became of it.
fn in_full(record: &RemediationRecord) -> String {
    let mut told: Vec<String> = Vec::new();
    for step in record.planned.iter().flat_map(|planned| &planned.steps) {
        told.push(step.text.clone());
        told.extend(step.lock.iter().chain(&step.cautions).map(|line| format!("  {line}")));
        told.push(String::new());
    }
    let rows = |results: &[crate::timeline::event::StatementResult]| {
        let rows = results.iter().map(|result| result.rows).sum();
        words::count(rows, "row", "rows")
    };
    match (&record.rehearsed, &record.rehearsal_skipped) {
        (_, Some(why)) => told.push(format!("not rehearsed: {why}")),
        (Some(rehearsed), None) => told.push(match &rehearsed.problem {
            Some(problem) => format!("the rehearsal failed: {}", problem.message),
            None => format!("rehearsed: {}, rolled back", rows(&rehearsed.results)),
        }),
        (None, None) => {}
    }
    if let Some(settled) = &record.settled {
        let rows = if settled.outcome == Outcome::Committed { format!(": {}", rows(&settled.results)) } else { String::new() };
        told.push(format!("{}{rows}", words::outcome(settled.outcome, None).name));
        told.extend(settled.problem.iter().map(|problem| problem.message.clone()));
        told.push(settled.seen.clone());
    }
    told.join("\n")
}
