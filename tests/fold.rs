//! Folding the journal gives the live state: over generated incidents, whatever people, servers, clocks and crashes do to
//! them. Never a made-up state: every entry comes from the engine, with a real runbook.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fracas::base::Values;
use fracas::base::hash::sha256;
use fracas::base::id::Id;
use fracas::base::stamp::Stamp;
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::engine::joined::Shelved;
use fracas::engine::letter::{Letter, Wish};
use fracas::engine::msg::{Command, Resumption, Signal};
use fracas::engine::next::next_move;
use fracas::engine::notify::MessageNews;
use fracas::engine::{Effect, Msg, Session, Stage, update};
use fracas::runbook::asked;
use fracas::runbook::joined::Joined;
use fracas::runbook::model::ActionState;
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::event::{Event, OpenedTarget, Outcome, Planned, Problem, ServerFacts, StatementResult};
use fracas::timeline::measure::Measures;
use fracas::timeline::{Entry, Incident, wire};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any};
use serde_json::json;

const RUNBOOK: &str = r#"
version: 1
id: folded
title: A runbook with something of everything
severity: P1
resolve_within: 60m
inputs:
  worker: { ask: Which worker?, default: w1 }
targets:
  database:
    postgres: { env: DATABASE_URL }
    production: true
contacts:
  lead: { name: Team Lead, reach: "555-0100" }
escalation:
  - { after: 30m, to: [lead], message: "It has been half an hour with {{ worker }}." }
  - { when: 'checks["there"].failed', to: [lead] }
known_errors:
  - { match: 'does not exist', title: It is gone, advice: Create it. }
phases:
  - id: assess
    title: Look at {{ worker }}
    budget: 10m
    steps:
      - id: look
        title: Look at it
        budget: 5m
        checks:
          - { id: there, title: It is there, sql: "SELECT count(*) FROM it", expect: value == 1, every: 5s }
          - { id: retried, title: It answers, sql: SELECT 1, expect: value == 1, retry: { times: 2, wait: 10s } }
          - { id: seen, title: A person looks, sql: SELECT 2 }
          - { id: whole, title: The structure is whole, schema: { columns: ['jobs.n integer'] } }
  - id: mend
    title: Mend
    steps:
      - id: create
        title: Create it
        when: checks["there"].failed
        remediations:
          - { id: make, title: Make it, sql: CREATE TABLE it (n int), rollback: DROP TABLE it, guard: there, guard_within: 2m, verify: [there] }
          - { id: both, title: It takes two, sql: UPDATE it SET n = 1 WHERE n = 0, expect_rows: 1..50, approvals: 2, verify: [retried] }
          - { id: restart, title: Restart it, command: 'true', verify: [retried] }
        tasks:
          - { id: tell, title: Tell the channel, evidence: required }
          - { id: write, title: Write it up }
      - id: settle
        title: Settle
        when: 'remediations["make"].committed'
        checks:
          - { id: calm, title: It is calm, sql: SELECT 3, expect: value == 1 }
success:
  - { id: it-is-there, title: It is there, check: there }
  - { id: people-know, title: People know, task: true }
"#;

/// Joins it, with the same names for its parts.
const OTHER: &str = r#"
version: 1
id: other
title: Another one
resolve_within: 20m
inputs:
  worker: { ask: Which worker?, default: w1 }
  where: { ask: Where? }
targets:
  database: { postgres: { service: other } }
contacts:
  lead: { name: Another Lead }
escalation:
  - { after: 5m, to: [lead], message: "Five minutes in {{ where }}." }
  - { when: 'checks.there.failed', to: [lead] }
phases:
  - id: assess
    title: Look in {{ where }}
    budget: 5m
    steps:
      - id: look
        title: Look at it
        checks:
          - { id: there, title: It is there, sql: "SELECT count(*) FROM it", expect: value == 1, every: 5s }
      - id: create
        title: Create it
        when: checks["there"].failed
        remediations:
          - { id: make, title: Make it, sql: CREATE TABLE it (n int), rollback: DROP TABLE it, guard: there, verify: [there] }
success:
  - { id: it-is-there, title: It is there, check: there }
"#;

const TEAM: &str = "webhooks: [{ name: incidents, url: env:CHANNEL }, { name: bosses, url: env:OTHER, occasions: [opened, resolved] }]";

const CHECKS: [&str; 6] = ["there", "retried", "seen", "whole", "calm", "other/there"];
const REMEDIATIONS: [&str; 7] = ["make", "both", "restart", "whole:missing", "make:rollback", "other/make", "other/make:rollback"];
const STEPS: [&str; 6] = ["look", "create", "settle", "nowhere", "other/look", "other/create"];
const TICKS: [&str; 4] = ["tell", "write", "people-know", "nothing"];
const WORDS: [&str; 5] = ["", "no time", "it does not exist\u{1b}[2J\u{202e}", "ann\nsaid \"so\"", "\u{0}\u{7f}“ü”{{ worker }}"];

/// What happens next: what kind of thing, which of the possible ones, and how many milliseconds later.
type Turn = (u8, u8, u32);

/// An incident as it is lived through, beside the journal that it leaves.
struct Life {
    runbook: Arc<Runbook>,
    session: Session,
    lines: Vec<String>,
    /// What was read again of each line.
    read: Vec<Entry>,
    elapsed: Duration,
    wall: DateTime<Utc>,
    letters: u32,
    over: bool,
}

impl Life {
    fn begin() -> Self {
        let team = yaml::team::read("config.yaml", TEAM.as_bytes()).unwrap();
        let runbook = Arc::new(yaml::read("folded.yaml", RUNBOOK.as_bytes()).unwrap().with_team(&team));
        let inputs = BTreeMap::from([("worker".to_owned(), "w1".to_owned())]);
        let session = Session::new(runbook.clone(), Incident::default(), inputs, "ann");
        let wall = "2026-11-21T03:00:00.000123456Z".parse().unwrap();
        let mut life =
            Self { runbook, session, lines: Vec::new(), read: Vec::new(), elapsed: Duration::ZERO, wall, letters: 0, over: false };
        let opened = json!({
            "format": 1, "program": "0", "runbook": "folded", "title": "Folded", "runbook_hash": "", "severity": "P1",
            "inputs": { "worker": "w1" }, "began": "2026-11-21T02:50:00Z"
        });
        life.tell(Msg::Opened { by: "ann".to_owned(), opened: serde_json::from_value(opened).unwrap() });
        life
    }

    fn at(&self) -> Stamp {
        Stamp { wall: self.wall, elapsed: self.elapsed }
    }

    /// One message through the engine, and its effects as the runtime performs them. After it, what is on disk must be what
    /// is in memory.
    fn tell(&mut self, msg: Msg) {
        let effects = update(&mut self.session, Stamp { wall: self.wall, elapsed: self.elapsed }, msg);
        let (mut kept, mut fetched) = (Vec::new(), None);
        for effect in effects {
            match effect {
                Effect::Append(entry) => {
                    if let Some(evidence) = entry.event.evidence() {
                        assert!(kept.contains(&evidence.sha256), "cited before it was kept: {entry:?}");
                    }
                    if let Event::RunbookJoined(joined) = &entry.event {
                        // As it lies in the incident's folder.
                        let runbook = Arc::new(yaml::read("other.yaml", OTHER.as_bytes()).unwrap());
                        Arc::make_mut(&mut self.runbook).joined.push(Joined { hash: joined.file.sha256.clone(), runbook, is_in: false });
                    }
                    self.append(&entry);
                }
                Effect::Keep { evidence, content } => {
                    assert_eq!(evidence.sha256, sha256(&content));
                    kept.push(evidence.sha256);
                }
                Effect::StartRemediation { attempt, stage: Stage::Rehearse, steps, .. } => assert!(
                    matches!(self.last(), Event::RemediationPlanned(Planned { attempt: planned, steps: same, .. }) if *planned == attempt && *same == steps),
                    "rehearsed before its plan was written"
                ),
                Effect::StartRemediation { attempt, stage: Stage::Apply, .. } => assert!(
                    matches!(self.last(), Event::RemediationIntended { attempt: intended, .. } if *intended == attempt),
                    "applied before the consent was written"
                ),
                Effect::Commit(attempt) => assert!(
                    matches!(self.last(), Event::RemediationCommitting(committing) if committing.attempt == attempt),
                    "committed before its transaction was written"
                ),
                Effect::Tell { message, text, .. } => {
                    let is_it =
                        |entry: &Entry| entry.seq == message && matches!(&entry.event, Event::MessageDue { text: due, .. } if *due == text);
                    assert!(self.read.iter().any(is_it), "told before it was written that it is due");
                }
                Effect::Finish(_) => self.over = true,
                Effect::Fetch { by, path, about } => fetched = Some((by, path, about)),
                Effect::FindRunbooks
                | Effect::Widen
                | Effect::StartCheck { .. }
                | Effect::FindOutcome(_)
                | Effect::Cancel(_)
                | Effect::Say(_) => {}
            }
        }
        let folded = self.folded();
        assert!(folded == self.session.incident, "folded:\n{folded:#?}\nlived:\n{:#?}", self.session.incident);
        let again = Session::new(self.runbook.clone(), folded, self.session.inputs().clone(), "ann");
        assert_eq!(again.runbook, self.session.runbook, "what the incident added to its runbook");
        assert_eq!(again.criteria(), self.session.criteria());
        assert_eq!(again.open_calls(self.at()), self.session.open_calls(self.at()));
        if let Some((by, name, about)) = fetched {
            self.tell(Msg::Fetched { by, name, about, size: 7_000, content: Ok(vec![b'x'; 6_000]) });
        }
    }

    fn append(&mut self, entry: &Entry) {
        let prev = self.lines.last().map(sha256).unwrap_or_default();
        let line = wire::write(entry, "host", &prev);
        let read = wire::read(&line).unwrap();
        assert_eq!(read.entry, *entry, "a line says all that its entry says");
        assert_eq!(wire::write(&read.entry, &read.host, &read.prev), line, "and an entry all that its line does");
        assert!(self.read.last().is_none_or(|before| before.at.elapsed <= entry.at.elapsed && before.seq + 1 == entry.seq), "{line}");
        self.lines.push(line);
        self.read.push(read.entry);
    }

    fn last(&self) -> &Event {
        &self.read.last().unwrap().event
    }

    fn folded(&self) -> Incident {
        Incident::replay(self.read.clone())
    }

    fn ask(&mut self, command: Command) {
        self.tell(Msg::Asked { by: self.session.responder.clone(), command });
    }

    fn live(&mut self, (what, which, millis): Turn) {
        self.elapsed += Duration::from_micros(u64::from(millis) * 1_001);
        self.wall += TimeDelta::microseconds(i64::from(millis) * 1_001);
        let pick = |names: &[&str]| Id::new(names[usize::from(which) % names.len()]);
        let word = || WORDS[usize::from(which) % WORDS.len()].to_owned();
        match what % 32 {
            // What the footer proposes leads furthest.
            0..4 => match next_move(&self.session).command() {
                Some(command) => self.ask(command),
                None if self.session.running().is_some() => self.news(which),
                None => self.decide(which),
            },
            30 => self.ask(Command::Resolve { summary: word() }),
            4 => self.ask(Command::EnterStep(pick(&STEPS))),
            5 => self.ask([Command::RunAll, Command::RunSuccess, Command::RunCheck(pick(&CHECKS))][usize::from(which) % 3].clone()),
            6 | 7 | 27..30 => self.answer(which),
            8 if which < 64 => self.join(which),
            8 => self.question(which, &word()),
            9 => self.ask(Command::Plan(pick(&REMEDIATIONS))),
            10 | 11 | 31 => self.news(which),
            12 => self.decide(which),
            13 => self.ask(Command::Tick { task: pick(&TICKS), evidence: word() }),
            14 => self.ask(Command::Untick(pick(&TICKS))),
            15 => self.ask(Command::Note(word())),
            16 => self.ask(Command::Skip { step: pick(&STEPS), reason: word() }),
            17 => self.ask(Command::Override { check: pick(&CHECKS), reason: word() }),
            18 => self.ask(match which % 4 {
                0 => Command::Pause(word()),
                1 => Command::Continue,
                2 => Command::AcknowledgeEscalation(usize::from(which / 4) % 3),
                _ => Command::SetSeverity { severity: format!("P{}", which / 4 % 3), reason: word() },
            }),
            19 => self.ask(match which % 3 {
                0 => Command::Judge { check: pick(&CHECKS), passed: which < 128 },
                1 => Command::HandOver { to: ["ann", "bob"][usize::from(which / 3) % 2].to_owned(), word: word() },
                _ => Command::Cancel(if which < 128 { pick(&CHECKS) } else { pick(&REMEDIATIONS) }),
            }),
            20 if which < 128 => self.letter(which),
            20 => self.told(which),
            21 => {
                // A clock that is set, by up to an hour either way.
                self.wall += TimeDelta::seconds((i64::from(which) - 128) * 28);
                self.tell(Msg::Woke);
            }
            22 => self.resume(which),
            23 | 24 => self.say(which, word()),
            25 if which < 128 => self.ask(Command::Undo),
            25 => self.call(which, word()),
            _ => match which % 8 {
                0 | 1 => self.tell(Msg::JournalFailed("no space".to_owned())),
                2 | 3 => self.tell(Msg::JournalWrites),
                4 if which > 128 => self.tell(Msg::Told(Signal::Terminate)),
                5 if which > 128 => self.ask(Command::Leave),
                _ => self.tell(Msg::Woke),
            },
        }
        if self.over {
            self.resume(which);
        }
    }

    /// What people say about an incident.
    fn say(&mut self, which: u8, word: String) {
        let entry = 1 + u64::from(which) * 7 % self.session.incident.next_seq();
        let name = ["ann", "bob", ""][usize::from(which) % 3].to_owned();
        self.ask(match which % 9 {
            0 | 1 => Command::Correct { entry, reason: word.clone(), instead: if which < 128 { word } else { String::new() } },
            2 => Command::Decide { decision: "wait".to_owned(), considered: word.clone(), objections: word },
            3 => Command::NoteLate { text: "earlier".to_owned(), when: "12m".to_owned() },
            4 => Command::AssignRole { role: Id::new("scribe"), to: name },
            5 => Command::AcceptHandover,
            6 => Command::Answer { question: "Why?".to_owned(), answer: word },
            7 => Command::NoteAction { title: format!("mend {}", which % 3), state: ActionState::Ongoing, owner: name },
            _ => Command::Attach { path: "seen.png".to_owned(), about: None },
        });
    }

    /// Answers one of the calls that stand, or one that does not.
    fn call(&mut self, which: u8, word: String) {
        let open: Vec<u64> = self.session.open_calls(self.at()).into_iter().map(|(entry, _)| entry).collect();
        let call = open.get(usize::from(which / 4) % (open.len() + 1)).copied().unwrap_or(u64::from(which));
        self.ask(match which % 4 {
            0 | 1 => Command::AcknowledgeCall(call),
            2 => Command::SnoozeCall { call, minutes: u32::from(which % 20) },
            _ => Command::GiveUpdate { text: word },
        });
    }

    /// Asks what stands in no runbook, or keeps what was asked.
    fn question(&mut self, which: u8, word: &str) {
        self.ask(match which % 5 {
            0 => Command::AskSql { target: Id::new("database"), sql: "SELECT count(*) FROM it WHERE who = :'worker'".to_owned() },
            1 => Command::RunOnce { line: format!("echo {word}") },
            2 => Command::RunCheck(asked::id(1)),
            _ => Command::KeepQuestion {
                check: asked::id(1 + usize::from(which) % 2),
                title: "What {{ worker }} waits for is short".to_owned(),
                expect: ["", "value == 1", "value =="].get(usize::from(which / 5) % 4).map(|expect| (*expect).to_owned()),
                every: which.is_multiple_of(2).then(|| Duration::from_micros(900_001 + u64::from(which) * 10_000)),
            },
        });
    }

    /// Opens another runbook inside the incident, if it is not part of it already.
    fn join(&mut self, which: u8) {
        self.ask(Command::FindRunbooks);
        let runbook = Arc::new(yaml::read("other.yaml", OTHER.as_bytes()).unwrap());
        let target = OpenedTarget { name: Id::new("database"), shown: "ann@other".to_owned(), production: which.is_multiple_of(2) };
        let found = Shelved {
            runbook,
            text: OTHER.into(),
            pulled_in: BTreeMap::new(),
            targets: vec![target],
            known: BTreeMap::new(),
            refused: None,
        };
        self.tell(Msg::RunbooksFound(vec![found]));
        let answer = ["eu", "us", ""][usize::from(which) % 3].to_owned();
        self.ask(Command::JoinRunbook { runbook: Id::new("other"), answers: BTreeMap::from([("where".to_owned(), answer)]) });
    }

    fn answer(&mut self, which: u8) {
        let questions = (1..4).map(asked::id);
        let checks = CHECKS.iter().map(Id::new).chain(questions);
        let asked: Vec<_> = checks.filter_map(|check| self.session.live(&check)?.asking).collect();
        let Some(asking) = asked.get(usize::from(which) % asked.len().max(1)) else { return self.tell(Msg::Woke) };
        let finding = match which % 7 {
            0..4 => Finding::Answered { own: [None, Some(true), Some(false)][usize::from(which / 7) % 3], summary: format!("{which}") },
            4 => Finding::Failed("relation \"it\" does not exist".to_owned()),
            5 => Finding::Inconclusive("connection refused".to_owned()),
            _ => Finding::TimedOut("5 s".to_owned()),
        };
        // Decimals that a careless reader would round, a proposal, and more than an entry holds.
        let values: Values = serde_json::from_value(json!({
            "value": which % 2, "ratio": f64::from(which) / 3.0, "large": u64::MAX, "proposed": "ALTER TABLE jobs ADD COLUMN n integer"
        }))
        .unwrap();
        let seen = "seen\n".repeat(usize::from(which) * usize::from(which % 3) * 10);
        let answer = Answer { finding, values, seen, duration: Duration::from_nanos(1_234_567 * u64::from(which)) };
        self.tell(Msg::Check { attempt: asking.attempt, answer });
    }

    fn news(&mut self, which: u8) {
        let Some(running) = self.session.running().cloned() else { return self.tell(Msg::Woke) };
        let duration = Duration::from_nanos(7_654_321 * u64::from(which));
        let problem = || Some(Problem { message: "relation \"it\" does not exist".to_owned(), ..Problem::default() });
        let results = vec![StatementResult { rows: u64::from(which), duration }];
        let server = ServerFacts { database: "app".to_owned(), role: "ann".to_owned(), version: "15".to_owned(), ..ServerFacts::default() };
        let news = match (running.stage, which % 5) {
            (Stage::Rehearse, 0) => RemediationNews::Progress { statement: 0, waits_for: Some("pid 7".to_owned()) },
            (Stage::Rehearse, 1) => RemediationNews::Rehearsed { server: Some(server), results, problem: problem(), duration },
            (Stage::Rehearse, _) => RemediationNews::Rehearsed { server: Some(server), results, problem: None, duration },
            (Stage::Apply, 0..2) => RemediationNews::Committing { transaction: "751".to_owned(), server },
            (Stage::Apply, of) => RemediationNews::Settled {
                outcome: [Outcome::Committed, Outcome::RolledBack, Outcome::Unknown][usize::from(of) - 2],
                results,
                problem: if of == 3 { problem() } else { None },
                transaction: Some("751".to_owned()),
                exit: Some(i32::from(which)),
                seen: "out\n".repeat(usize::from(which) * 10),
                duration,
            },
        };
        self.tell(Msg::Remediation { attempt: running.attempt, news });
    }

    fn decide(&mut self, which: u8) {
        let Some(remediation) = self.session.open_plan().cloned() else { return self.tell(Msg::Woke) };
        self.ask(match which % 8 {
            0 => Command::Abandon(remediation),
            1 => Command::SkipRehearsal { remediation, reason: "no time".to_owned() },
            _ => Command::Confirm { remediation, typed: "app".to_owned() },
        });
    }

    /// News of a message to a channel, perhaps of one that nobody is told any more.
    fn told(&mut self, which: u8) {
        let news = match which % 5 {
            0..3 => MessageNews::Told,
            3 => MessageNews::NotYet("connection refused".to_owned()),
            _ => MessageNews::Refused("410".to_owned()),
        };
        let due = self.session.incident.messages.iter().find(|(_, record)| !record.settled).map(|(message, _)| *message);
        self.tell(Msg::Message { message: due.unwrap_or_default(), news });
    }

    fn letter(&mut self, which: u8) {
        // Some are delivered twice.
        self.letters += u32::from(!which.is_multiple_of(4));
        let token = format!("{:04}", self.letters);
        let plan = self.session.incident.remediations.iter().find_map(|(id, record)| Some((id.clone(), record.planned.clone()?)));
        let wish = match plan {
            Some((remediation, planned)) if which.is_multiple_of(2) => {
                Wish::Approve { remediation, attempt: planned.attempt, plan: planned.digest() }
            }
            _ => Wish::Note {
                text: format!("letter {which}"),
                happened_at: which.is_multiple_of(3).then(|| self.wall - TimeDelta::minutes(5)),
            },
        };
        self.tell(Msg::Letter(Letter { token, by: "bob".to_owned(), wish }));
    }

    /// The program ends without a word, and somebody goes on with what is on disk.
    fn resume(&mut self, which: u8) {
        self.over = false;
        self.session = Session::new(self.runbook.clone(), self.folded(), self.session.inputs().clone(), "ann");
        let resumption = Resumption {
            away: Duration::from_nanos(u64::from(which) * 1_000_000_007),
            repaired: which.is_multiple_of(5).then(|| (7, "journal.broken".to_owned())),
            reapplied: which.is_multiple_of(11).then(|| vec![Id::new("make")]),
        };
        self.tell(Msg::Resumed { by: "ann".to_owned(), resumption });
    }

    /// The same entries, and these of them corrected in turn, as far as they may be; then each as it would be appended.
    fn corrected(&self, wrong: &[u16]) -> Incident {
        let mut incident = self.folded();
        for pick in wrong {
            let entry = 1 + u64::from(*pick) % incident.entries().len() as u64;
            incident.apply(self.correction(&incident, entry));
            assert!(Incident::replay(incident.entries().to_vec()) == incident, "entry by entry or all at once");
        }
        incident
    }

    fn correction(&self, incident: &Incident, entry: u64) -> Entry {
        let event = Event::Corrected { entry, reason: "a slip".to_owned(), instead: None };
        Entry { seq: incident.next_seq(), at: self.at().as_kept(), by: "ann".to_owned(), event }
    }
}

/// All that follows from an incident's entries, without the entries themselves.
fn state(incident: &Incident, now: Stamp) -> Vec<String> {
    let said = [
        format!("{:?} {:?} {:?}", incident.opened(), incident.current_step, incident.applies),
        format!("{:?} {:?} {:?} {:?}", incident.checks, incident.questions, incident.offered, incident.letters),
        format!("{:?} {:?} {:?}", incident.remediations, incident.ticks, incident.skipped),
        format!("{:?} {:?} {:?}", incident.escalations, incident.over_budget, incident.severity),
        format!("{:?} {:?} {:?} {:?}", incident.paused, incident.resolved, incident.lead, incident.handover),
        format!("{:?} {:?} {:?} {:?}", incident.roles, incident.answers, incident.actions, incident.messages),
        format!("{:?}", incident.calls.iter().collect::<Vec<_>>()),
        format!("{:?} {:?}", incident.next_attempt(), STEPS.map(|step| incident.spent(&Id::new(step), now))),
    ];
    said.to_vec()
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_on_disk_is_what_is_in_memory_after_every_turn(turns in vec((any::<u8>(), any::<u8>(), 0_u32..300_000), 1..70)) {
        let mut life = Life::begin();
        for turn in turns {
            life.live(turn);
        }
    }

    #[test]
    fn a_correction_and_its_correction_cancel_out(
        turns in vec((any::<u8>(), any::<u8>(), 0_u32..60_000), 1..50),
        wrong in vec(any::<u16>(), 0..6),
    ) {
        let mut life = Life::begin();
        for turn in turns {
            life.live(turn);
        }
        let mut incident = life.corrected(&wrong);
        let now = Stamp { wall: life.wall, elapsed: life.elapsed + Duration::from_secs(1) };
        let before = state(&incident, now);
        let last = incident.entries().iter().rev().find(|entry| entry.event.may_be_corrected() && incident.corrected_by(entry.seq).is_none());
        let Some(seq) = last.map(|entry| entry.seq) else { return Ok(()) };
        incident.apply(life.correction(&incident, seq));
        assert!(incident.corrected_by(seq).is_some());
        let correction = incident.entries().len() as u64;
        incident.apply(life.correction(&incident, correction));
        assert!(incident.corrected_by(seq).is_none());
        assert_eq!(state(&incident, now), before);
    }

    #[test]
    fn no_clock_makes_a_measure_negative_and_no_time_is_counted_twice(
        turns in vec((any::<u8>(), any::<u8>(), 0_u32..300_000), 1..60),
        wrong in vec(any::<u16>(), 0..6),
    ) {
        let mut life = Life::begin();
        for turn in turns {
            life.live(turn);
        }
        let incident = life.corrected(&wrong);
        let until = incident.entries().last().unwrap().at;
        let measures = Measures::of(&incident, &life.runbook, until);
        let lasted = incident.clock(until);
        assert_eq!(measures.lasted, lasted);
        assert_eq!(measures.severities.iter().map(|severity| severity.lasted).sum::<Duration>(), lasted);
        assert!(measures.phases.iter().map(|phase| phase.cost.spent).sum::<Duration>() <= lasted, "{measures:#?}");
        let moments = [measures.detected, measures.first_red, measures.acknowledged, measures.first_action, measures.mitigated];
        assert!(moments.iter().flatten().all(|moment| *moment <= lasted), "{measures:#?}");
        assert!(measures.checks.values().all(|check| check.red_for <= lasted && check.turned_red <= check.answers));
        let tried: u64 = measures.remediations.values().map(|one| one.tried).sum();
        let ended: u64 = measures.remediations.values().map(|one| one.committed + one.rolled_back + one.failed + one.unknown).sum();
        assert!(ended <= tried, "{measures:#?}");
        let standing = |id: &Id| measures.skipped.iter().any(|one| one.id == *id && !one.ended);
        assert!(incident.skipped.keys().all(standing), "{measures:#?}");
    }
}

/// The generator would be worth nothing if it never got far: over many lives, every kind of entry that the engine makes is met.
#[test]
fn generated_incidents_meet_every_kind_of_entry() {
    let mut met = BTreeSet::new();
    let mut seed = 1_u32;
    let mut chance = || {
        // Numerical Recipes' linear congruential generator: any will do that does not change.
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 8
    };
    let mut draw = || (u8::try_from(chance() % 256).unwrap(), u8::try_from(chance() % 256).unwrap(), chance() % 60_000);
    let expected = [
        "opened",
        "resumed",
        "left",
        "interrupted",
        "repaired",
        "rebuilt",
        "step_entered",
        "applies",
        "check_settled",
        "judged",
        "remediation_offered",
        "remediation_planned",
        "remediation_rehearsed",
        "rehearsal_skipped",
        "remediation_abandoned",
        "remediation_approved",
        "remediation_intended",
        "remediation_committing",
        "remediation_settled",
        "task_ticked",
        "task_unticked",
        "note",
        "skipped",
        "overridden",
        "over_budget",
        "escalation_due",
        "escalation_acknowledged",
        "severity_changed",
        "paused",
        "continued",
        "handed_over",
        "resolved",
        "corrected",
        "decided",
        "attached",
        "role_assigned",
        "question_answered",
        "action_noted",
        "handover_accepted",
        "message_due",
        "message_sent",
        "message_lost",
        "question_asked",
        "question_kept",
        "runbook_joined",
        "called",
        "call_acknowledged",
        "call_snoozed",
        "update_given",
    ];
    let missed = |met: &BTreeSet<String>| expected.iter().filter(|kind| !met.contains(**kind)).copied().collect::<Vec<_>>();
    for _ in 0..200 {
        let mut life = Life::begin();
        for _ in 0..60 {
            life.live(draw());
        }
        met.extend(life.lines.iter().map(|line| line.parse::<fracas::base::Value>().unwrap()["kind"].as_str().unwrap().to_owned()));
        if missed(&met).is_empty() {
            return;
        }
    }
    panic!("never met: {:?}", missed(&met));
}
