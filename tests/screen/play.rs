//! An incident that is played by the real engine, with a screen before it and a world that answers as it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use fracas::base::id::{AttemptId, Id};
use fracas::base::stamp::Stamp;
use fracas::base::{Value, Values};
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::engine::joined::Shelved;
use fracas::engine::{Command, Effect, Msg, Session, update};
use fracas::runbook::yaml;
use fracas::timeline::Incident;
use fracas::timeline::event::{Drill, Opened, OpenedTarget, Outcome, Problem, ServerFacts, StatementResult};
use fracas::tui::{Act, Palette, Theme, Ui, draw, handle};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

/// What a question off the path is answered with.
const TABLE: &str = "name       │ waits │ what it holds and what it waits for, in one long column\n───────────┼───────┼────────────────────────────────────────────────────────\nworker-1   │ 12    │ upload_jobs, for a row of documents that nobody locks\nworker-2   │ 7     │ nothing";

pub(crate) const RUNBOOK: &[u8] = include_bytes!("../../runbooks/worker-schema-missing.yaml");

/// An incident with a screen, whose world answers as it is told to.
pub(crate) struct Play {
    pub(crate) session: Session,
    pub(crate) ui: Ui,
    /// How large the terminal is that a person types at.
    pub(crate) size: (u16, u16),
    pub(crate) elapsed: Duration,
    /// Checks that are red, with what they see.
    pub(crate) red: BTreeMap<&'static str, &'static str>,
    /// How long every answer takes.
    pub(crate) took: Duration,
    /// Checks that get no answer.
    pub(crate) silent: Vec<&'static str>,
    /// What is wrong with every rehearsal.
    pub(crate) problem: Option<Problem>,
    /// Whom every statement waits for.
    pub(crate) waits: Option<&'static str>,
    /// How many remediations were applied.
    pub(crate) applied: usize,
    pub(crate) said: Vec<String>,
    pub(crate) asked: Vec<Command>,
}

impl Play {
    pub(crate) fn new(runbook: &[u8], drill: bool, theme: Theme) -> Self {
        let runbook = Arc::new(yaml::read("runbook.yaml", runbook).unwrap());
        let inputs: BTreeMap<String, String> =
            [("platform", "docker"), ("worker", "worker"), ("test_document", "00000000-0000-4000-8000-00000000f2ac")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let opened = Opened {
            format: 1,
            program: "0.1.0".to_owned(),
            runbook: runbook.id.clone(),
            title: runbook.title.clone(),
            runbook_hash: String::new(),
            pulled_in: BTreeMap::new(),
            severity: runbook.severity.clone(),
            inputs: inputs.clone(),
            targets: vec![OpenedTarget { name: Id::new("database"), shown: "postgres@db.example.com/app".to_owned(), production: true }],
            drill: drill.then(|| Drill { fault: "schema-gone".to_owned(), seed: 1, rehearsal: false, server: None }),
            read_only: false,
            began: None,
            after: None,
        };
        let session = Session::new(runbook, Incident::default(), inputs, "ada");
        let mut play = Self {
            session,
            ui: Ui::new(theme),
            size: (80, 24),
            elapsed: Duration::ZERO,
            red: BTreeMap::new(),
            took: Duration::from_millis(12),
            silent: Vec::new(),
            problem: None,
            waits: None,
            applied: 0,
            said: Vec::new(),
            asked: Vec::new(),
        };
        play.tell(Msg::Opened { by: "ada".to_owned(), opened });
        play
    }

    /// The incident of the first runbook: the whole schema is gone.
    pub(crate) fn schema_gone() -> Self {
        Self::schema_gone_in(Theme { palette: Palette::Dark, ascii: false })
    }

    /// The same in another theme.
    pub(crate) fn schema_gone_in(theme: Theme) -> Self {
        let mut play = Self::new(RUNBOOK, true, theme);
        for check in ["schema-exists", "schema-owner"] {
            play.red.insert(check, "value == 1 does not hold: value = 0");
        }
        for check in ["tables-exist", "tables-listed", "no-table-lost", "indexes-exist"] {
            play.red.insert(check, "row_count == 0 does not hold: row_count = 3");
        }
        play.red.insert("worker-log-docker", "ERROR relation \"upload_pipeline.upload_jobs\" does not exist");
        play
    }

    pub(crate) fn now(&self) -> Stamp {
        let start: chrono::DateTime<chrono::Utc> = "2026-11-21T10:33:00Z".parse().unwrap();
        Stamp { wall: start + self.elapsed, elapsed: self.elapsed }
    }

    pub(crate) fn later(&mut self, by: Duration) {
        self.elapsed += by;
        self.tell(Msg::Woke);
    }

    /// One message, and all that follows from it in this world.
    pub(crate) fn tell(&mut self, msg: Msg) {
        let mut waiting = vec![msg];
        while let Some(msg) = waiting.pop() {
            let now = self.now();
            for effect in update(&mut self.session, now, msg.clone()) {
                match effect {
                    Effect::StartCheck { attempt, check } => waiting.extend(self.answer(attempt, &check)),
                    Effect::StartRemediation { attempt, .. } if self.waits.is_some() => {
                        let waits_for = self.waits.map(str::to_owned);
                        waiting.push(Msg::Remediation { attempt, news: RemediationNews::Progress { statement: 0, waits_for } });
                    }
                    Effect::StartRemediation { attempt, stage, steps, .. } => {
                        self.applied += usize::from(stage == fracas::engine::Stage::Apply);
                        waiting.push(Msg::Remediation { attempt, news: self.perform(stage == fracas::engine::Stage::Apply, steps.len()) });
                    }
                    Effect::Say(sentence) => {
                        self.ui.say(sentence.clone());
                        self.said.push(sentence);
                    }
                    Effect::FindRunbooks => waiting.push(Msg::RunbooksFound(SHELF.clone())),
                    Effect::Append(_)
                    | Effect::Widen
                    | Effect::Commit(_)
                    | Effect::Keep { .. }
                    | Effect::Fetch { .. }
                    | Effect::FindOutcome(_)
                    | Effect::Cancel(_)
                    | Effect::Tell { .. }
                    | Effect::Finish(_) => {}
                }
            }
            self.ui.session_changed();
        }
    }

    pub(crate) fn answer(&self, attempt: AttemptId, check: &Id) -> Option<Msg> {
        if self.silent.contains(&check.as_str()) {
            return None;
        }
        let finding = match self.red.get(check.as_str()) {
            Some(why) => Finding::Failed((*why).to_owned()),
            None => Finding::Answered { own: Some(true), summary: "as expected".to_owned() },
        };
        let values: Values = [
            ("value", Value::from(1)),
            ("row_count", Value::from(if check == "rows-before" || check == "tables-listed" { 3 } else { 1 })),
            ("exit", Value::from(0)),
            ("stdout", Value::from("x Up 3 hours DATABASE_URL is set")),
            ("rows", Value::Array(vec![])),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
        let seen = if check.as_str().starts_with("asked:") { TABLE } else { "what was seen" }.to_owned();
        Some(Msg::Check { attempt, answer: Answer { finding, values, seen, duration: self.took } })
    }

    pub(crate) fn perform(&self, apply: bool, statements: usize) -> RemediationNews {
        let results = vec![StatementResult { rows: 0, duration: Duration::from_millis(2) }; statements];
        let duration = Duration::from_millis(9);
        if apply {
            let transaction = Some("741".to_owned());
            return RemediationNews::Settled {
                outcome: Outcome::Committed,
                results,
                problem: None,
                transaction,
                exit: None,
                seen: String::new(),
                duration,
            };
        }
        let server =
            ServerFacts { database: "app".to_owned(), role: "postgres".to_owned(), version: "15.9".to_owned(), ..ServerFacts::default() };
        RemediationNews::Rehearsed { server: Some(server), results, problem: self.problem.clone(), duration }
    }

    /// Presses keys: `Enter`, `Ctrl-x`, or the characters of any other word.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ') {
            for key in spelt(word) {
                // A person sees a frame between two keys.
                self.text(self.size.0, self.size.1);
                self.key(key);
            }
        }
        self
    }

    pub(crate) fn key(&mut self, key: KeyEvent) {
        self.event(&Event::Key(key));
    }

    pub(crate) fn event(&mut self, event: &Event) {
        let now = self.now();
        for act in handle(&mut self.ui, &self.session, now, event) {
            if let Act::Ask(command) = act {
                self.asked.push(command.clone());
                self.tell(Msg::Asked { by: "ada".to_owned(), command });
            }
        }
    }

    /// Enter until it would do something else than turn to steps and wait, or `most` times.
    pub(crate) fn go_on_until(&mut self, footer: &str, most: usize) -> &mut Self {
        for _ in 0..most {
            if self.text(120, 40).contains(footer) {
                return self;
            }
            self.press("Enter");
        }
        panic!("`{footer}` never came:\n{}", self.text(120, 40));
    }

    /// The screen as it is drawn.
    pub(crate) fn drawn(&mut self, columns: u16, rows: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let now = self.now();
        terminal.draw(|frame| draw(&self.session, &mut self.ui, now, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    pub(crate) fn text(&mut self, columns: u16, rows: u16) -> String {
        let buffer = self.drawn(columns, rows);
        let mut text = String::new();
        for row in 0..rows {
            let mut line = String::new();
            let mut skip = 0;
            for column in 0..columns {
                let symbol = buffer[(column, row)].symbol();
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// What is found on every machine.
static SHELF: LazyLock<Vec<Shelved>> = LazyLock::new(|| {
    let found = |(file, text): &(&str, &str)| {
        let runbook = Arc::new(yaml::read_again(file, text.as_bytes()).unwrap());
        let targets = runbook.targets.iter().map(|target| OpenedTarget {
            name: target.name.clone(),
            shown: "postgres@db.example.com:5432/app".to_owned(),
            production: target.production,
        });
        let targets = targets.collect();
        Shelved { runbook, text: (*text).into(), pulled_in: BTreeMap::new(), targets, known: BTreeMap::new(), refused: None }
    };
    fracas::runbook::shipped().iter().map(found).collect()
});

pub(crate) fn spelt(word: &str) -> Vec<KeyEvent> {
    let plain = |code| vec![KeyEvent::new(code, KeyModifiers::NONE)];
    match word {
        "Enter" => plain(KeyCode::Enter),
        "Esc" => plain(KeyCode::Esc),
        "Tab" => plain(KeyCode::Tab),
        "Up" => plain(KeyCode::Up),
        "Down" => plain(KeyCode::Down),
        "Right" => plain(KeyCode::Right),
        "Left" => plain(KeyCode::Left),
        "PageDown" => plain(KeyCode::PageDown),
        "End" => plain(KeyCode::End),
        "Space" => plain(KeyCode::Char(' ')),
        _ => match word.strip_prefix("Ctrl-") {
            Some(c) => vec![KeyEvent::new(KeyCode::Char(c.chars().next().unwrap()), KeyModifiers::CONTROL)],
            None => word.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect(),
        },
    }
}
