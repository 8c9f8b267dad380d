//! The engine as data: messages in, entries and effects out. One door: [`Play`].
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "engine/asked.rs"]
mod asked;
#[path = "engine/calls.rs"]
mod calls;
#[path = "engine/joined.rs"]
mod joined;
#[path = "engine/record.rs"]
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use fracas::base::Values;
use fracas::base::id::{AttemptId, Id};
use fracas::base::stamp::Stamp;
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::engine::letter::{Letter, Wish};
use fracas::engine::msg::{Command, Resumption, Signal};
use fracas::engine::next::{Move, next_move};
use fracas::engine::{Effect, Ending, Msg, Session, Stage, update};
use fracas::runbook::yaml;
use fracas::timeline::event::{Event, Opened, Outcome, ServerFacts, StatementResult, Verdict};
use fracas::timeline::measure::Measures;
use fracas::timeline::{Entry, Incident, wire};

const RUNBOOK: &str = r#"
version: 1
id: small
title: A small runbook
severity: P1
resolve_within: 60m
inputs:
  platform: { ask: Where?, choices: [docker, kubernetes], default: docker }
targets:
  database:
    postgres: { env: DATABASE_URL }
    production: true
contacts:
  lead: { name: Team Lead, reach: "555-0100" }
escalation:
  - { after: 30m, to: [lead], message: "It has been half an hour on {{ platform }}." }
known_errors:
  - { match: 'does not exist', title: It is gone, advice: Create it. }
phases:
  - id: assess
    title: Look
    budget: 10m
    steps:
      - id: look
        title: Look at it
        checks:
          - { id: there, title: It is there, sql: "SELECT count(*) FROM pg_class WHERE relname = 'it'", expect: value == 1, every: 5s }
          - { id: only-kubernetes, title: A pod runs, when: platform == "kubernetes", command: kubectl get pods }
  - id: mend
    title: Mend
    steps:
      - id: create
        title: Create it
        when: checks["there"].failed
        remediations:
          - { id: make, title: Make it, sql: CREATE TABLE it (n int), guard: there, guard_within: 2m, verify: [there] }
        tasks:
          - { id: tell, title: Tell the channel, evidence: required }
success:
  - { id: it-is-there, title: It is there, check: there }
  - { id: people-know, title: People know, task: true }
"#;

/// A session, a clock, and everything that came out so far.
struct Play {
    session: Session,
    elapsed: Duration,
    effects: Vec<Effect>,
}

impl Play {
    fn opened() -> Self {
        let runbook = Arc::new(yaml::read("small.yaml", RUNBOOK.as_bytes()).unwrap());
        let inputs = BTreeMap::from([("platform".to_owned(), "docker".to_owned())]);
        let session = Session::new(runbook, Incident::default(), inputs, "ann");
        let mut play = Self { session, elapsed: Duration::ZERO, effects: Vec::new() };
        play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened() });
        play
    }

    /// Entered the first step, and heard that the thing is gone.
    fn red() -> Self {
        let mut play = Self::opened();
        play.ask(Command::EnterStep(Id::new("look")));
        play.answer("there", 0);
        play
    }

    fn at(&self) -> Stamp {
        let start: DateTime<Utc> = "2026-11-21T03:00:00Z".parse().unwrap();
        Stamp { wall: start + self.elapsed, elapsed: self.elapsed }
    }

    fn tell(&mut self, msg: Msg) -> Vec<Effect> {
        let at = self.at();
        let effects = update(&mut self.session, at, msg);
        self.effects.extend(effects.clone());
        effects
    }

    fn ask(&mut self, command: Command) -> Vec<Effect> {
        self.tell(Msg::Asked { by: "ann".to_owned(), command })
    }

    fn wait(&mut self, minutes: u64) -> Vec<Effect> {
        self.elapsed += Duration::from_mins(minutes);
        self.tell(Msg::Woke)
    }

    /// The attempt under which a check is being asked.
    fn attempt(&self, check: &str) -> AttemptId {
        self.session.live(&Id::new(check)).and_then(|live| live.asking).unwrap().attempt
    }

    fn answer(&mut self, check: &str, value: u64) -> Vec<Effect> {
        let attempt = self.attempt(check);
        self.tell(Msg::Check { attempt, answer: counted(value) })
    }

    fn plan_and_rehearse(&mut self) -> AttemptId {
        self.ask(Command::Plan(Id::new("make")));
        let attempt = self.session.running().unwrap().attempt;
        self.tell(Msg::Remediation { attempt, news: rehearsed() });
        attempt
    }

    fn confirm(&mut self, typed: &str) -> Vec<Effect> {
        self.ask(Command::Confirm { remediation: Id::new("make"), typed: typed.to_owned() })
    }
}

fn opened() -> Opened {
    serde_json::from_value(serde_json::json!({
        "format": 1, "program": "0", "runbook": "small", "title": "A small runbook", "runbook_hash": "", "severity": "P1"
    }))
    .unwrap()
}

fn counted(value: u64) -> Answer {
    let values: Values = serde_json::from_value(serde_json::json!({ "value": value })).unwrap();
    let finding = Finding::Answered { own: None, summary: format!("{value}") };
    Answer { finding, values, seen: format!("{value}\n"), duration: Duration::from_millis(3) }
}

fn server() -> ServerFacts {
    ServerFacts { database: "app".to_owned(), role: "ann".to_owned(), version: "15".to_owned(), ..ServerFacts::default() }
}

/// All statements have run, in the transaction that [`settled`] is about.
fn committing() -> RemediationNews {
    RemediationNews::Committing { transaction: "751".to_owned(), server: server() }
}

fn rehearsed() -> RemediationNews {
    let results = vec![StatementResult { rows: 0, duration: Duration::from_millis(1) }];
    RemediationNews::Rehearsed { server: Some(server()), results, problem: None, duration: Duration::from_millis(5) }
}

fn settled(outcome: Outcome) -> RemediationNews {
    RemediationNews::Settled {
        outcome,
        results: Vec::new(),
        problem: None,
        transaction: Some("751".to_owned()),
        exit: None,
        seen: String::new(),
        duration: Duration::from_millis(9),
    }
}

/// What was asked for, in order, in one word each: the kind of an entry, or the act.
fn words(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Append(entry) => kind(entry),
            Effect::Keep { evidence, .. } => format!("keep {} bytes", evidence.bytes),
            Effect::Fetch { path, .. } => format!("fetch {path}"),
            Effect::FindRunbooks => "find runbooks".to_owned(),
            Effect::Widen => "widen".to_owned(),
            Effect::StartCheck { check, .. } => format!("ask {check}"),
            Effect::StartRemediation { stage: Stage::Rehearse, remediation, .. } => format!("rehearse {remediation}"),
            Effect::StartRemediation { stage: Stage::Apply, remediation, .. } => format!("apply {remediation}"),
            Effect::Commit(_) => "commit".to_owned(),
            Effect::FindOutcome(committing) => format!("find out about {}", committing.transaction),
            Effect::Cancel(_) => "cancel".to_owned(),
            Effect::Tell { channel, .. } => format!("tell {channel}"),
            Effect::Say(sentence) => format!("say: {sentence}"),
            Effect::Finish(Ending::Open) => "finish open".to_owned(),
            Effect::Finish(Ending::Onward(runbook)) => format!("finish for {runbook}"),
            Effect::Finish(Ending::Resolved) => "finish resolved".to_owned(),
        })
        .collect()
}

fn kind(entry: &Entry) -> String {
    let line = wire::write(entry, "host", "");
    serde_json::from_str::<serde_json::Value>(&line).unwrap()["kind"].as_str().unwrap().to_owned()
}

#[test]
fn entering_a_step_asks_what_applies_and_nothing_else() {
    let mut play = Play::opened();
    assert_eq!(next_move(&play.session), Move::Enter(Id::new("look")));
    assert_eq!(words(&play.ask(Command::EnterStep(Id::new("look")))), ["step_entered", "ask there"]);
    assert_eq!(next_move(&play.session), Move::Wait);
}

#[test]
fn a_red_answer_says_why_and_opens_the_step_that_mends_it() {
    let mut play = Play::red();
    let record = &play.session.incident.checks["there"];
    assert_eq!((record.verdict, record.reason.as_str()), (Verdict::Failed, "0; expected value == 1 (value = 0)"));
    assert!(play.session.incident.applies.contains("create"));
    assert_eq!(next_move(&play.session), Move::Enter(Id::new("create")));
    play.ask(Command::EnterStep(Id::new("create")));
    assert_eq!(next_move(&play.session), Move::Plan(Id::new("make")));
}

#[test]
fn a_repeat_reaches_the_timeline_only_when_the_verdict_changes() {
    let mut play = Play::red();
    play.elapsed += Duration::from_secs(5);
    assert_eq!(words(&play.tell(Msg::Woke)), ["ask there"]);
    assert_eq!(words(&play.answer("there", 0)), [""; 0]);
    play.elapsed += Duration::from_secs(5);
    play.tell(Msg::Woke);
    assert_eq!(words(&play.answer("there", 1)), ["check_settled"]);
    play.elapsed += Duration::from_secs(5);
    play.tell(Msg::Woke);
    assert_eq!(words(&play.answer("there", 0)), ["check_settled", "called"]);
    assert!(play.session.live(&Id::new("there")).unwrap().turned_red, "green that turns red is announced");
}

#[test]
fn a_stale_answer_is_dropped() {
    let mut play = Play::opened();
    play.ask(Command::EnterStep(Id::new("look")));
    let stale = AttemptId(play.attempt("there").0 + 7);
    assert_eq!(words(&play.tell(Msg::Check { attempt: stale, answer: counted(1) })), [""; 0]);
    assert!(play.session.is_asking(&Id::new("there")));
}

#[test]
fn a_remediation_goes_from_plan_to_verification_with_an_entry_before_every_act() {
    let mut play = Play::red();
    play.ask(Command::EnterStep(Id::new("create")));
    assert_eq!(words(&play.ask(Command::Plan(Id::new("make")))), ["remediation_planned", "rehearse make"]);
    assert_eq!(next_move(&play.session), Move::WaitFor(Id::new("make")));
    let attempt = play.session.running().unwrap().attempt;
    assert_eq!(words(&play.tell(Msg::Remediation { attempt, news: rehearsed() })), ["remediation_rehearsed"]);
    assert_eq!(next_move(&play.session), Move::Decide(Id::new("make")));
    assert_eq!(words(&play.confirm("app")), ["remediation_intended", "apply make"]);
    assert_eq!(words(&play.tell(Msg::Remediation { attempt, news: committing() })), ["remediation_committing", "commit"]);
    assert_eq!(words(&play.tell(Msg::Remediation { attempt, news: settled(Outcome::Committed) })), ["remediation_settled", "ask there"]);
    assert_eq!(next_move(&play.session), Move::Wait, "the verification is under way");
    assert_eq!(words(&play.answer("there", 1)), ["check_settled"]);
    assert_eq!(next_move(&play.session), Move::Tick(Id::new("tell")));
}

#[test]
fn a_skipped_rehearsal_that_reports_late_is_not_taken_for_the_outcome() {
    let mut play = Play::red();
    play.ask(Command::Plan(Id::new("make")));
    let attempt = play.session.running().unwrap().attempt;
    let remediation = Id::new("make");
    // Armed, as after another remediation: nothing has to be typed.
    play.tell(Msg::Remediation { attempt, news: rehearsed() });
    play.confirm("app");
    play.tell(Msg::Remediation { attempt, news: settled(Outcome::RolledBack) });
    play.ask(Command::Plan(remediation.clone()));
    let attempt = play.session.running().unwrap().attempt;
    let skip = Command::SkipRehearsal { remediation, reason: "it waits for a lock".to_owned() };
    assert_eq!(words(&play.ask(skip)), ["cancel", "rehearsal_skipped"]);
    assert_eq!(words(&play.confirm("")), ["remediation_intended", "apply make"]);
    assert_eq!(words(&play.tell(Msg::Remediation { attempt, news: rehearsed() })), [""; 0]);
    assert!(play.session.is_applying());
    let done = play.tell(Msg::Remediation { attempt, news: settled(Outcome::Committed) });
    assert_eq!(words(&done), ["remediation_settled", "ask there"]);
}

#[test]
fn who_takes_over_names_the_production_database_anew() {
    let mut play = Play::red();
    play.plan_and_rehearse();
    play.confirm("app");
    let database = Id::new("database");
    assert!(play.session.is_armed(&database, play.at()));
    play.ask(Command::HandOver { to: "bob".to_owned(), word: String::new() });
    assert!(!play.session.is_armed(&database, play.at()));
}

#[test]
fn leaving_waits_until_a_rehearsal_has_been_cancelled() {
    let mut play = Play::red();
    play.ask(Command::Plan(Id::new("make")));
    let attempt = play.session.running().unwrap().attempt;
    assert_eq!(words(&play.tell(Msg::Told(Signal::Terminate))), ["cancel"]);
    let ended = play.tell(Msg::Remediation { attempt, news: rehearsed() });
    assert_eq!(words(&ended), ["remediation_rehearsed", "left", "finish open"]);
}

#[test]
fn leaving_is_recorded_once_also_on_a_disk_that_takes_nothing() {
    let mut play = Play::red();
    play.tell(Msg::JournalFailed("disk full".to_owned()));
    assert_eq!(words(&play.ask(Command::Leave)), ["left", "finish open"]);
    assert_eq!(words(&play.tell(Msg::JournalFailed("disk full".to_owned()))), [""; 0]);
}

#[test]
fn a_secret_is_in_no_text() {
    let runbook =
        RUNBOOK.replace("inputs:\n", "inputs:\n  token: { ask: Which?, secret: true }\n").replace("on {{ platform }}", "with {{ token }}");
    let runbook = Arc::new(yaml::read("small.yaml", runbook.as_bytes()).unwrap());
    let inputs = BTreeMap::from([("platform", "docker"), ("token", "hunter22")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    let mut play =
        Play { session: Session::new(runbook, Incident::default(), inputs, "ann"), elapsed: Duration::ZERO, effects: Vec::new() };
    play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened() });
    let told = format!("{:?}", play.wait(31));
    assert!(told.contains("with ••••••") && !told.contains("hunter22"), "{told}");
}

#[test]
fn what_must_not_be_done_is_refused_with_the_reason() {
    let why = |effects: Vec<Effect>| match &words(&effects)[..] {
        [one] => one.strip_prefix("say: ").map_or_else(|| panic!("done: {one}"), str::to_owned),
        others => panic!("{others:?}"),
    };
    let mut green = Play::opened();
    green.ask(Command::EnterStep(Id::new("look")));
    green.answer("there", 1);
    assert!(why(green.ask(Command::Plan(Id::new("make")))).contains("is green"));

    let mut play = Play::red();
    assert!(why(play.ask(Command::Tick { task: Id::new("tell"), evidence: " ".to_owned() })).contains("evidence"));
    assert!(why(play.ask(Command::Skip { step: Id::new("look"), reason: String::new() })).contains("reason"));
    assert!(why(play.ask(Command::Resolve { summary: String::new() })).contains("Open: It is there; People know"));
    assert!(why(play.confirm("app")).contains("no open plan"));
    play.plan_and_rehearse();
    assert!(why(play.confirm("ap")).contains("type the database's name, app"));
    play.tell(Msg::JournalFailed("disk full".to_owned()));
    assert!(why(play.confirm("app")).contains("nothing is being recorded (disk full)"));
    play.tell(Msg::JournalWrites);
    assert_eq!(words(&play.confirm("app")), ["remediation_intended", "apply make"]);

    let mut old = Play::red();
    old.elapsed += Duration::from_secs(121);
    assert!(why(old.ask(Command::Plan(Id::new("make")))).contains("older than 120 s"));
    assert_eq!(old.session.running(), None);
}

#[test]
fn a_failed_rehearsal_can_only_be_skipped_with_a_reason() {
    let mut play = Play::red();
    play.ask(Command::Plan(Id::new("make")));
    let attempt = play.session.running().unwrap().attempt;
    let RemediationNews::Rehearsed { server, results, duration, .. } = rehearsed() else { panic!() };
    let problem = Some(fracas::timeline::event::Problem { message: "role does not exist".to_owned(), ..Default::default() });
    play.tell(Msg::Remediation { attempt, news: RemediationNews::Rehearsed { server, results, problem, duration } });
    let problem = play.session.incident.remediations["make"].rehearsed.as_ref().unwrap().problem.as_ref().unwrap();
    assert_eq!(problem.known_errors, ["It is gone"]);
    assert!(words(&play.confirm("app"))[0].contains("its rehearsal failed"));
    let reason = "the role is created by the same script".to_owned();
    assert_eq!(words(&play.ask(Command::SkipRehearsal { remediation: Id::new("make"), reason })), ["rehearsal_skipped"]);
    assert_eq!(words(&play.confirm("app")), ["remediation_intended", "apply make"]);
}

#[test]
fn the_clock_brings_escalation_and_used_up_budgets_once_each() {
    let mut play = Play::red();
    assert_eq!(play.session.next_wake(), Some(Duration::from_secs(5)), "the next repeat comes first");
    assert_eq!(words(&play.wait(11))[..2], ["ask there", "over_budget"]);
    play.answer("there", 0);
    let effects = play.wait(20);
    let due = effects.iter().find_map(|effect| match effect {
        Effect::Append(Entry { event: Event::EscalationDue { to, message, .. }, .. }) => Some((to.clone(), message.clone())),
        _ => None,
    });
    assert_eq!(due, Some((vec!["Team Lead (555-0100)".to_owned()], Some("It has been half an hour on docker.".to_owned()))));
    play.answer("there", 0);
    assert!(!words(&play.wait(1)).contains(&"escalation_due".to_owned()));
    play.answer("there", 0);
    assert_eq!(words(&play.wait(40))[1..], ["over_budget"], "the whole incident's");
}

#[test]
fn a_signal_during_a_remediation_waits_for_its_outcome_but_not_for_ever() {
    let apply = || {
        let mut play = Play::red();
        let attempt = play.plan_and_rehearse();
        play.confirm("app");
        (play, attempt)
    };
    let (mut play, attempt) = apply();
    assert_eq!(words(&play.tell(Msg::Told(Signal::Terminate))), ["cancel"]);
    let ended = play.tell(Msg::Remediation { attempt, news: settled(Outcome::RolledBack) });
    assert_eq!(words(&ended), ["remediation_settled", "left", "finish open"]);

    let (mut hangs, _) = apply();
    hangs.tell(Msg::Told(Signal::HangUp));
    assert!(hangs.session.next_wake().is_some());
    hangs.elapsed += Duration::from_secs(5);
    assert_eq!(words(&hangs.tell(Msg::Woke)), ["left", "finish open"]);
}

#[test]
fn resuming_shows_what_was_interrupted_and_repeats_nothing() {
    let mut play = Play::red();
    play.plan_and_rehearse();
    play.confirm("app");
    let entries = play.session.incident.entries().to_vec();
    let incident = Incident::replay(entries);
    play.session = Session::new(play.session.runbook.clone(), incident, play.session.inputs().clone(), "ben");
    play.elapsed += Duration::from_mins(3);
    let resumption = Resumption { away: Duration::from_mins(3), ..Resumption::default() };
    let effects = play.tell(Msg::Resumed { by: "ben".to_owned(), resumption });
    assert_eq!(words(&effects), ["resumed", "interrupted", "ask there"]);
    assert_eq!(play.session.incident.remediations["make"].settled.as_ref().unwrap().outcome, Outcome::Unknown);
    play.ask(Command::EnterStep(Id::new("create")));
    assert_eq!(next_move(&play.session), Move::Wait, "nothing is proposed while its effect is unknown");
    play.answer("there", 0);
    assert_eq!(next_move(&play.session), Move::Plan(Id::new("make")), "evidently it took no effect");
}

/// A program that ends between its last entry and the outcome leaves the id by which the server is asked.
#[test]
fn resuming_asks_for_the_outcome_of_a_transaction_that_was_about_to_be_committed() {
    let resumed = |play: &mut Play| {
        let incident = Incident::replay(play.session.incident.entries().to_vec());
        play.session = Session::new(play.session.runbook.clone(), incident, play.session.inputs().clone(), "ben");
        words(&play.tell(Msg::Resumed { by: "ben".to_owned(), resumption: Resumption::default() }))
    };
    let left_at_commit = || {
        let mut play = Play::red();
        let attempt = play.plan_and_rehearse();
        play.confirm("app");
        play.tell(Msg::Remediation { attempt, news: committing() });
        (play, attempt)
    };
    let record = |play: &Play| play.session.incident.remediations["make"].clone();

    let (mut play, attempt) = left_at_commit();
    assert_eq!(resumed(&mut play), ["resumed", "interrupted", "find out about 751", "ask there"]);
    assert!(record(&play).is_unknown());
    let unknown = play.tell(Msg::Remediation { attempt, news: settled(Outcome::Unknown) });
    assert_eq!(words(&unknown), ["remediation_settled", "cancel", "ask there"]);
    // It is asked again whenever somebody goes on, for as long as nobody knows.
    assert_eq!(resumed(&mut play), ["resumed", "find out about 751", "ask there"]);
    play.answer("there", 1);
    let known = play.tell(Msg::Remediation { attempt, news: settled(Outcome::Committed) });
    assert_eq!(words(&known), ["remediation_settled", "ask there"]);
    assert!(record(&play).committed && !record(&play).is_unknown());
    assert_eq!(resumed(&mut play), ["resumed", "ask there"]);
    assert_eq!(words(&play.tell(Msg::Remediation { attempt, news: settled(Outcome::RolledBack) })), [""; 0], "nobody asked");
    let counts = Measures::of(&play.session.incident, &play.session.runbook, play.at()).counts;
    assert_eq!((counts.committed, counts.unknown), (1, 0), "of one attempt the last word counts");

    // The world of a drill that is built again is another server.
    let (mut drill, _) = left_at_commit();
    let incident = Incident::replay(drill.session.incident.entries().to_vec());
    drill.session = Session::new(drill.session.runbook.clone(), incident, drill.session.inputs().clone(), "ben");
    let resumption = Resumption { reapplied: Some(Vec::new()), ..Resumption::default() };
    let effects = words(&drill.tell(Msg::Resumed { by: "ben".to_owned(), resumption }));
    assert_eq!(effects, ["resumed", "interrupted", "rebuilt", "ask there"]);

    // Nothing of one that was given up in time is committed.
    let mut stopped = Play::red();
    let attempt = stopped.plan_and_rehearse();
    stopped.confirm("app");
    stopped.ask(Command::Cancel(Id::new("make")));
    assert_eq!(words(&stopped.tell(Msg::Remediation { attempt, news: committing() })), [""; 0]);
}

#[test]
fn an_incident_ends_when_every_criterion_holds() {
    let mut play = Play::red();
    play.ask(Command::EnterStep(Id::new("create")));
    let attempt = play.plan_and_rehearse();
    play.confirm("app");
    play.tell(Msg::Remediation { attempt, news: settled(Outcome::Committed) });
    play.answer("there", 1);
    play.ask(Command::Tick { task: Id::new("tell"), evidence: "#incidents".to_owned() });
    assert_eq!(next_move(&play.session), Move::TickCriterion(Id::new("people-know")));
    play.ask(Command::Tick { task: Id::new("people-know"), evidence: String::new() });
    assert_eq!(next_move(&play.session), Move::Resolve);
    play.elapsed += Duration::from_mins(3);
    play.tell(Msg::Woke);
    assert_eq!(next_move(&play.session), Move::Wait, "old answers are asked again before the end");
    play.answer("there", 1);
    assert_eq!(words(&play.ask(Command::Resolve { summary: "made it".to_owned() })), ["resolved"]);
    assert_eq!(next_move(&play.session), Move::Leave);
    assert_eq!(words(&play.ask(Command::Leave)), ["finish resolved"]);
}

#[test]
fn what_replay_gives_is_what_was_there() {
    let mut play = Play::red();
    play.ask(Command::EnterStep(Id::new("create")));
    let attempt = play.plan_and_rehearse();
    play.confirm("app");
    play.tell(Msg::Remediation { attempt, news: settled(Outcome::Committed) });
    let lines: Vec<String> = play.session.incident.entries().iter().map(|entry| wire::write(entry, "host", "")).collect();
    let again = Incident::replay(lines.iter().map(|line| wire::read(line).unwrap().entry));
    assert_eq!(format!("{again:?}"), format!("{:?}", play.session.incident));
}

/// The same runbook, where making it takes two people.
fn for_two() -> Play {
    let text = RUNBOOK.replace("guard_within: 2m,", "guard_within: 2m, approvals: 2,");
    let mut play = Play::red();
    play.session.runbook = Arc::new(yaml::read("small.yaml", text.as_bytes()).unwrap());
    play.ask(Command::EnterStep(Id::new("create")));
    play
}

fn agrees(play: &mut Play, by: &str, token: &str, attempt: AttemptId, digest: &str) -> Option<String> {
    let wish = Wish::Approve { remediation: Id::new("make"), attempt, plan: digest.to_owned() };
    let effects = play.tell(Msg::Letter(Letter { token: token.to_owned(), by: by.to_owned(), wish }));
    effects.iter().find_map(|effect| match effect {
        Effect::Say(why) => Some(why.clone()),
        _ => None,
    })
}

#[test]
fn what_takes_two_runs_only_after_another_person_agreed_to_this_very_plan() {
    let mut play = for_two();
    let attempt = play.plan_and_rehearse();
    let digest = play.session.incident.remediations[&Id::new("make")].planned.as_ref().unwrap().digest();
    let alone = play.confirm("app");
    assert!(matches!(alone.as_slice(), [Effect::Say(why)] if why.contains("another person has to read this plan")), "{alone:?}");
    // Whoever runs it is no second person, whatever else they call themselves by case or space.
    assert!(agrees(&mut play, " Ann ", "1", attempt, &digest).unwrap().contains("somebody else"));
    assert!(agrees(&mut play, "", "2", attempt, &digest).unwrap().contains("who agrees"));
    assert!(agrees(&mut play, "bob", "3", attempt, "another").unwrap().contains("another plan"));
    assert_eq!(agrees(&mut play, "bob", "4", attempt, &digest), None);
    // The same letter once more is the same letter; another of the same person is no third person.
    assert_eq!(agrees(&mut play, "bob", "4", attempt, &digest), None);
    assert!(agrees(&mut play, "BOB", "5", attempt, &digest).unwrap().contains("already"));
    assert_eq!(play.session.incident.remediations[&Id::new("make")].approved, ["bob"]);

    // Once it is laid out again, it has to be read again.
    play.ask(Command::Abandon(Id::new("make")));
    let attempt = play.plan_and_rehearse();
    assert!(matches!(play.confirm("app").as_slice(), [Effect::Say(_)]));
    assert!(agrees(&mut play, "bob", "6", AttemptId(attempt.0 - 1), &digest).unwrap().contains("laid out since"));
    assert_eq!(agrees(&mut play, "bob", "7", attempt, &digest), None);
    // Nor does it count when the one who agreed takes over.
    let mut handed_over = Play { session: play.session.clone(), elapsed: play.elapsed, effects: Vec::new() };
    handed_over.ask(Command::HandOver { to: "bob".to_owned(), word: String::new() });
    assert!(matches!(handed_over.confirm("app").as_slice(), [Effect::Say(why)] if why.contains("another person")));

    let applied = play.confirm("app");
    assert!(applied.iter().any(|effect| matches!(effect, Effect::StartRemediation { stage: Stage::Apply, .. })), "{applied:?}");
}

#[test]
fn a_letter_is_taken_in_once() {
    let mut play = Play::red();
    let letter = Letter {
        token: "1".to_owned(),
        by: "bob\u{1b}[2J".to_owned(),
        wish: Wish::Note { text: "seen from outside".to_owned(), happened_at: None },
    };
    play.tell(Msg::Letter(letter.clone()));
    play.tell(Msg::Letter(letter));
    let notes: Vec<&Entry> = play.session.incident.entries().iter().filter(|entry| matches!(entry.event, Event::Note { .. })).collect();
    assert_eq!(notes.len(), 1);
    assert_eq!(notes[0].by, "bob<U+001B>[2J");
}

const TITLED: &str = r#"
version: 1
id: titled
title: Titled
inputs: { worker: { ask: Which worker? }, pin: { ask: Pin?, secret: true } }
phases:
  - title: "About {{ worker }}"
    steps:
      - title: "Look at {{ worker }}"
        checks: [{ id: log, title: "The log of {{ worker }} ({{ pin }})", log: { file: w.log, none_of: [ERROR] } }]
success: [{ title: "{{ worker }} is well", check: log }]
"#;

#[test]
fn titles_are_filled_in_with_answers_that_stay_text() {
    let runbook = Arc::new(yaml::read("titled.yaml", TITLED.as_bytes()).unwrap());
    let inputs = BTreeMap::from([("worker".to_owned(), "{{ 7 * 7 }} w1".to_owned()), ("pin".to_owned(), "hunter22".to_owned())]);
    let incident = Incident::default();
    let once = fracas::engine::offers::of_incident(runbook, &incident, &inputs);
    // An incident that is resumed meets the same runbook again.
    let twice = fracas::engine::offers::of_incident(once.clone(), &incident, &inputs);
    let session = Session::new(twice, incident, inputs, "ann");
    let (_, check) = session.runbook.check(&Id::new("log")).unwrap();
    assert_eq!(check.title, "The log of {{ 7 * 7 }} w1 (••••••)");
    assert_eq!(session.runbook.phases[0].title, "About {{ 7 * 7 }} w1");
    assert_eq!(session.runbook.phases[0].steps[0].title, "Look at {{ 7 * 7 }} w1");
    assert_eq!(session.criteria()[0].title, "{{ 7 * 7 }} w1 is well");
    assert_eq!(session.runbook, once, "filled in once");
}
