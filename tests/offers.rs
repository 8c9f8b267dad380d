//! What a schema check proposes, and what is known of errors, played through the engine: offered and never pushed, kept
//! over a resume, and by the one way that every change goes.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fracas::base::Values;
use fracas::base::id::Id;
use fracas::base::stamp::Stamp;
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::engine::next::{Move, next_move};
use fracas::engine::{Command, Effect, Msg, Session, Stage, gate, update};
use fracas::runbook::yaml;
use fracas::timeline::event::{Event, Outcome, ServerFacts};
use fracas::timeline::{Entry, Incident, wire};

const RUNBOOK: &str = r"
version: 1
id: drift
title: Drift
targets:
  database: { postgres: { env: DATABASE_URL }, production: true }
known_errors:
  - { match: 'already exists', title: It was there, advice: Leave it alone., related: other }
phases:
  - id: look
    title: Look
    steps:
      - id: structure
        title: The structure
        checks:
          - { id: whole, title: The structure is whole, schema: { columns: ['jobs.n integer'] } }
          - { id: guarded, title: Another part is whole, schema: { columns: ['jobs.m integer'] } }
          - { id: verified, title: A third part is whole, schema: { columns: ['jobs.k integer'] } }
        remediations:
          - { id: own, title: Mend it, sql: ALTER TABLE jobs ADD COLUMN m integer, guard: guarded, verify: [guarded] }
          - { id: third, title: Mend the third, sql: ALTER TABLE jobs ADD COLUMN k integer, verify: [verified] }
          - { id: run, title: Run a program, command: 'true', verify: [guarded] }
success:
  - { id: all, title: Whole, check: whole }
";

const SQL: &str = "alter table public.jobs add column n integer;";

struct Play {
    session: Session,
    elapsed: Duration,
    entries: Vec<Entry>,
}

impl Play {
    fn new() -> Self {
        let runbook = Arc::new(yaml::read("drift.yaml", RUNBOOK.as_bytes()).unwrap());
        let session = Session::new(runbook, Incident::default(), BTreeMap::new(), "ann");
        let mut play = Self { session, elapsed: Duration::ZERO, entries: Vec::new() };
        let opened = serde_json::json!({"format": 1, "program": "0", "runbook": "drift", "title": "Drift", "runbook_hash": ""});
        play.tell(Msg::Opened { by: "ann".to_owned(), opened: serde_json::from_value(opened).unwrap() });
        play.ask(Command::EnterStep(Id::new("structure")));
        play
    }

    fn at(&self) -> Stamp {
        let start: chrono::DateTime<chrono::Utc> = "2026-11-21T03:00:00Z".parse().unwrap();
        Stamp { wall: start + self.elapsed, elapsed: self.elapsed }
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        let at = self.at();
        let effects = update(&mut self.session, at, msg);
        self.entries.extend(effects.iter().filter_map(|effect| match effect {
            Effect::Append(entry) => Some(entry.clone()),
            _ => None,
        }));
        effects
    }

    fn ask(&mut self, command: Command) -> Vec<Effect> {
        self.tell(Msg::Asked { by: "ann".to_owned(), command })
    }

    /// The answer to a schema check: what it would take, or nothing.
    fn answer(&mut self, check: &str, proposed: &str) {
        let id = Id::new(check);
        if self.session.live(&id).and_then(|live| live.asking).is_none() {
            self.ask(Command::RunCheck(id.clone()));
        }
        let attempt = self.session.live(&id).and_then(|live| live.asking).unwrap().attempt;
        let values: Values = serde_json::from_value(serde_json::json!({"ok": proposed.is_empty(), "proposed": proposed})).unwrap();
        let finding = Finding::Answered { own: Some(proposed.is_empty()), summary: "missing: column n".to_owned() };
        let answer = Answer { finding, values, seen: String::new(), duration: Duration::ZERO };
        self.tell(Msg::Check { attempt, answer });
    }

    fn offers(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.event, Event::RemediationOffered(_))).count()
    }

    fn settle(&mut self, id: &Id, seen: &str, exit: Option<i32>) {
        let attempt = self.session.running().unwrap().attempt;
        let news = RemediationNews::Settled {
            outcome: Outcome::Committed,
            results: Vec::new(),
            problem: None,
            transaction: None,
            exit,
            seen: seen.to_owned(),
            duration: Duration::ZERO,
        };
        self.tell(Msg::Remediation { attempt, news });
        assert!(self.session.incident.remediations[id].committed);
    }
}

#[test]
fn what_a_schema_check_proposes_is_offered_once_and_never_pushed() {
    let mut play = Play::new();
    let offered = Id::new("whole:missing");
    play.answer("guarded", "");
    play.answer("whole", SQL);
    assert_eq!(play.offers(), 1);
    let (step, remediation) = play.session.runbook.remediation(&offered).map(|(step, it)| (step.id.clone(), it.clone())).unwrap();
    assert_eq!((step.as_str(), remediation.title.as_str()), ("structure", "Add what is missing: The structure is whole"));
    assert!(!gate::is_proposed(&play.session, &remediation), "Enter never begins it");
    assert!(!matches!(next_move(&play.session), Move::Plan(id) if id == offered));
    play.answer("whole", SQL);
    assert_eq!(play.offers(), 1, "the same is not offered twice");
    play.answer("whole", "alter table public.jobs add column o integer;");
    assert_eq!(play.offers(), 2, "something else is");
    let (_, remediation) = play.session.runbook.remediation(&offered).unwrap();
    assert!(remediation.act.spelled().text.contains("column o"), "{:?}", remediation.act);
    assert_eq!(play.session.runbook.remediations().filter(|(_, it)| it.id == offered).count(), 1);
}

#[test]
fn nothing_is_offered_where_the_author_has_a_remedy_or_nothing_is_missing() {
    let mut play = Play::new();
    play.answer("whole", "");
    play.answer("guarded", "alter table public.jobs add column m integer;");
    play.answer("verified", "alter table public.jobs add column k integer;");
    play.answer("whole", "this is not SQL");
    assert_eq!(play.offers(), 0);
}

#[test]
fn an_offer_goes_the_usual_way_and_is_there_after_a_resume() {
    let mut play = Play::new();
    let offered = Id::new("whole:missing");
    play.answer("guarded", "");
    play.answer("whole", SQL);
    // Every entry through its line on disk, as a resume reads it.
    let lines: Vec<String> = play.entries.iter().map(|entry| wire::write(entry, "db-1", "")).collect();
    let incident = Incident::replay(lines.iter().map(|line| wire::read(line).unwrap().entry));
    let runbook = Arc::new(yaml::read("drift.yaml", RUNBOOK.as_bytes()).unwrap());
    play.session = Session::new(runbook, incident, BTreeMap::new(), "ann");
    play.answer("whole", SQL);
    let planned = play.ask(Command::Plan(offered.clone()));
    assert!(planned.iter().any(|effect| matches!(effect, Effect::StartRemediation { stage: Stage::Rehearse, .. })), "{planned:?}");
    let early = play.ask(Command::Confirm { remediation: offered.clone(), typed: "app".to_owned() });
    assert!(matches!(early.as_slice(), [Effect::Say(_)]), "not before its rehearsal: {early:?}");
    let attempt = play.session.running().unwrap().attempt;
    let server = ServerFacts { database: "app".to_owned(), role: "ann".to_owned(), version: "15".to_owned(), ..ServerFacts::default() };
    let news = RemediationNews::Rehearsed { server: Some(server), results: Vec::new(), problem: None, duration: Duration::ZERO };
    play.tell(Msg::Remediation { attempt, news });
    let untyped = play.ask(Command::Confirm { remediation: offered.clone(), typed: String::new() });
    assert!(matches!(untyped.as_slice(), [Effect::Say(_)]), "production asks for the database's name: {untyped:?}");
    let applied = play.ask(Command::Confirm { remediation: offered.clone(), typed: "app".to_owned() });
    assert!(applied.iter().any(|effect| matches!(effect, Effect::StartRemediation { stage: Stage::Apply, .. })), "{applied:?}");
    play.settle(&offered, "", None);
    assert!(play.session.is_being_verified(&Id::new("whole")), "the check that proposed it is asked again");
    play.answer("whole", "");
    let again = play.ask(Command::Plan(offered));
    assert!(matches!(again.as_slice(), [Effect::Say(why)] if why.contains("nothing to mend")), "{again:?}");
}

#[test]
fn what_a_remediation_prints_is_matched_with_known_errors() {
    let mut play = Play::new();
    play.answer("whole", "");
    play.answer("guarded", "");
    let run = Id::new("run");
    play.ask(Command::Plan(run.clone()));
    play.ask(Command::Confirm { remediation: run.clone(), typed: String::new() });
    play.settle(&run, "NOTICE: relation \"jobs\" already exists, skipping", Some(0));
    let settled = play.session.incident.remediations[&run].settled.clone().unwrap();
    assert_eq!(settled.known_errors, ["It was there"]);
    let advice = fracas::present::advice::on(&play.session.runbook, &settled.known_errors);
    assert_eq!((advice[0].title.as_str(), advice[0].advice.as_str()), ("It was there", "Leave it alone. See the runbook other."));
}
