//! The screen as data through one door: an incident that is played by the real engine, keys, and the text
//! that is then on the screen. Never a real terminal; `tests/terminal.rs` is for that.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use fracas::base::id::{AttemptId, Id};
use fracas::base::stamp::Stamp;
use fracas::base::{Value, Values};
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::engine::{Command, Effect, Msg, Session, update};
use fracas::runbook::yaml;
use fracas::timeline::Incident;
use fracas::timeline::event::{Drill, Opened, OpenedTarget, Outcome, Problem, ServerFacts, StatementResult};
use fracas::tui::{Act, Theme, Ui, draw, handle};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const RUNBOOK: &[u8] = include_bytes!("../runbooks/worker-schema-missing.yaml");

/// An incident with a screen, whose world answers as it is told to.
struct Play {
    session: Session,
    ui: Ui,
    elapsed: Duration,
    /// Checks that are red, with what they see.
    red: BTreeMap<&'static str, &'static str>,
    /// Checks that get no answer.
    silent: Vec<&'static str>,
    /// What is wrong with every rehearsal.
    problem: Option<Problem>,
    said: Vec<String>,
    asked: Vec<Command>,
}

impl Play {
    fn new(runbook: &[u8], drill: bool, theme: Theme) -> Self {
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
            severity: runbook.severity.clone(),
            inputs: inputs.clone(),
            targets: vec![OpenedTarget { name: Id::new("database"), shown: "postgres@db.example.com/app".to_owned(), production: true }],
            drill: drill.then(|| Drill { fault: "schema-gone".to_owned(), seed: 1, rehearsal: false }),
            read_only: false,
            began: None,
        };
        let session = Session::new(runbook, Incident::default(), inputs, "ada");
        let mut play = Self {
            session,
            ui: Ui::new(theme),
            elapsed: Duration::ZERO,
            red: BTreeMap::new(),
            silent: Vec::new(),
            problem: None,
            said: Vec::new(),
            asked: Vec::new(),
        };
        play.tell(Msg::Opened { by: "ada".to_owned(), opened });
        play
    }

    /// The incident of the first runbook: the whole schema is gone.
    fn schema_gone() -> Self {
        let mut play = Self::new(RUNBOOK, true, Theme { color: true, ascii: false });
        for check in ["schema-exists", "schema-owner"] {
            play.red.insert(check, "value == 1 does not hold: value = 0");
        }
        for check in ["tables-exist", "tables-listed", "no-table-lost", "indexes-exist"] {
            play.red.insert(check, "row_count == 0 does not hold: row_count = 3");
        }
        play.red.insert("worker-log-docker", "ERROR relation \"upload_pipeline.upload_jobs\" does not exist");
        play
    }

    fn now(&self) -> Stamp {
        let start: chrono::DateTime<chrono::Utc> = "2026-11-21T10:33:00Z".parse().unwrap();
        Stamp { wall: start + self.elapsed, elapsed: self.elapsed }
    }

    fn later(&mut self, by: Duration) {
        self.elapsed += by;
        self.tell(Msg::Woke);
    }

    /// One message, and all that follows from it in this world.
    fn tell(&mut self, msg: Msg) {
        let mut waiting = vec![msg];
        while let Some(msg) = waiting.pop() {
            let now = self.now();
            for effect in update(&mut self.session, now, msg.clone()) {
                match effect {
                    Effect::StartCheck { attempt, check } => waiting.extend(self.answer(attempt, &check)),
                    Effect::StartRemediation { attempt, stage, steps, .. } => {
                        waiting.push(Msg::Remediation { attempt, news: self.perform(stage == fracas::engine::Stage::Apply, steps.len()) });
                    }
                    Effect::Say(sentence) => {
                        self.ui.say(sentence.clone());
                        self.said.push(sentence);
                    }
                    Effect::Append(_) | Effect::Cancel(_) | Effect::Finish(_) => {}
                }
            }
            self.ui.session_changed();
        }
    }

    fn answer(&self, attempt: AttemptId, check: &Id) -> Option<Msg> {
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
        let seen = "what was seen".to_owned();
        Some(Msg::Check { attempt, answer: Answer { finding, values, seen, duration: Duration::from_millis(12) } })
    }

    fn perform(&self, apply: bool, statements: usize) -> RemediationNews {
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
            ServerFacts { database: "app".to_owned(), role: "postgres".to_owned(), version: "15.9".to_owned(), in_recovery: false };
        RemediationNews::Rehearsed { server: Some(server), results, problem: self.problem.clone(), duration }
    }

    /// Presses keys: `Enter`, `Ctrl-x`, or the characters of any other word.
    fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split(' ') {
            for key in spelt(word) {
                // A person sees a frame between two keys.
                self.text(80, 24);
                self.key(key);
            }
        }
        self
    }

    fn key(&mut self, key: KeyEvent) {
        self.event(&Event::Key(key));
    }

    fn event(&mut self, event: &Event) {
        let now = self.now();
        for act in handle(&mut self.ui, &self.session, now, event) {
            if let Act::Ask(command) = act {
                self.asked.push(command.clone());
                self.tell(Msg::Asked { by: "ada".to_owned(), command });
            }
        }
    }

    /// Enter until it would do something else than turn to steps and wait, or `most` times.
    fn go_on_until(&mut self, footer: &str, most: usize) -> &mut Self {
        for _ in 0..most {
            if self.text(120, 40).contains(footer) {
                return self;
            }
            self.press("Enter");
        }
        panic!("`{footer}` never came:\n{}", self.text(120, 40));
    }

    fn text(&mut self, columns: u16, rows: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let now = self.now();
        terminal.draw(|frame| draw(&self.session, &mut self.ui, now, frame)).unwrap();
        let buffer = terminal.backend().buffer();
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

fn spelt(word: &str) -> Vec<KeyEvent> {
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

#[test]
fn look() {
    let mut play = Play::schema_gone();
    println!("{}", play.text(80, 24));
    play.press("Enter");
    play.later(Duration::from_secs(3));
    println!("{}", play.text(80, 24));
    play.press("Enter Enter");
    println!("{}", play.text(120, 40));
    play.go_on_until("rehearse", 20);
    println!("{}", play.text(80, 24));
    play.press("Enter");
    println!("{}", play.text(80, 24));
    println!("{}", play.text(120, 40));
    play.press("End app");
    println!("{}", play.text(80, 24));
    play.press("Enter");
    println!("{}", play.text(80, 24));
    play.press("Enter");
    println!("{}", play.text(80, 24));
    play.press("?");
    println!("{}", play.text(80, 24));
    play.press("Esc c");
    println!("{}", play.text(80, 24));
    play.press("Esc t");
    println!("{}", play.text(80, 24));
    play.press("Esc n");
    println!("{}", play.text(80, 24));
    println!("{}", play.text(40, 12));
    play.press("Esc");
    println!("{}", play.text(40, 12));
}
