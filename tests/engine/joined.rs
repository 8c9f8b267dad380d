//! Another runbook inside the same incident: what its parts are called, what is one thing and what is two, when it may be
//! opened, and from when on its clocks count.

use fracas::engine::joined::{Shelved, fits};
use fracas::runbook::Runbook;
use fracas::runbook::joined::Joined;
use fracas::runbook::model::{Connection, Trigger};
use fracas::timeline::event::OpenedTarget;

use super::*;

/// Shares its target, one of its contacts and one of its questions with the incident's own, and the ids of all its parts.
const OTHER: &str = r#"
version: 1
id: other
title: Another runbook
resolve_within: 20m
inputs:
  platform: { ask: Where?, choices: [docker, kubernetes] }
  region: { ask: Which region? }
  token: { ask: Which token?, secret: true }
targets:
  database: { postgres: { env: DATABASE_URL } }
  replica: { postgres: { env: REPLICA_URL } }
contacts:
  lead: { name: Another Lead, reach: "555-0199" }
escalation:
  - { after: 10m, to: [lead], message: "Ten minutes in {{ region }}." }
  - { when: 'checks["there"].failed', to: [lead] }
never: [Do not restart everything at once.]
known_errors:
  - { match: 'too many connections', title: It is full, advice: Wait. }
phases:
  - id: assess
    title: Look in {{ region }}
    when: platform == "docker"
    budget: 5m
    steps:
      - id: later
        title: Later
        when: checks.there.failed
        tasks: [{ id: wait, title: Wait }]
      - id: look
        title: Look there
        checks:
          - { id: there, title: It is there, sql: SELECT 1, on: database, expect: value == 1 }
          - { id: copied, title: It is copied, sql: SELECT 1, on: replica, expect: value == 1 }
          - { id: shell, title: A shell sees it, command: 'true', env: { URL: target.replica } }
  - id: mend
    title: Mend
    steps:
      - id: create
        title: Create it
        when: checks["there"].failed and not remediations['make'].committed
        remediations:
          - { id: make, title: Make it, sql: CREATE TABLE that (n int), on: database, guard: there, verify: [there] }
success:
  - { id: it-is-there, title: It is there too, check: there }
"#;

fn runbook(text: &str) -> Arc<Runbook> {
    Arc::new(yaml::read("other.yaml", text.as_bytes()).unwrap())
}

fn shelved(text: &str) -> Shelved {
    let target = |name: &str| OpenedTarget { name: Id::new(name), shown: format!("ann@{name}"), production: false };
    Shelved {
        runbook: runbook(text),
        text: text.into(),
        pulled_in: BTreeMap::new(),
        targets: vec![target("database"), target("replica")],
        known: BTreeMap::new(),
        refused: None,
    }
}

fn answers() -> BTreeMap<String, String> {
    [("region", "eu"), ("token", "s3cret-token")].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn join() -> Command {
    Command::JoinRunbook { runbook: Id::new("other"), answers: answers() }
}

/// At the first step, with the other runbook at hand.
fn calm_with(text: &str) -> Play {
    let mut play = Play::opened();
    play.ask(Command::EnterStep(Id::new("look")));
    play.answer("there", 1);
    assert_eq!(words(&play.ask(Command::FindRunbooks)), ["find runbooks"]);
    play.tell(Msg::RunbooksFound(vec![shelved(text)]));
    play
}

fn joined() -> Play {
    let mut play = calm_with(OTHER);
    play.elapsed = Duration::from_mins(15);
    play.ask(join());
    play
}

fn refusal(play: &mut Play, command: Command) -> String {
    match play.ask(command).as_slice() {
        [Effect::Say(why)] => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn its_file_is_kept_before_its_entry_and_work_goes_on_at_its_first_step() {
    let mut play = calm_with(OTHER);
    let effects = play.ask(join());
    let kept = format!("keep {} bytes", OTHER.len());
    let asked = ["ask other/there", "ask other/copied", "ask other/shell"];
    assert_eq!(words(&effects)[..7], [&[kept.as_str(), "runbook_joined", "widen", "step_entered"], &asked[..]].concat());
    let entry = effects.iter().find_map(|effect| match effect {
        Effect::Append(Entry { by, event: Event::RunbookJoined(joined), .. }) => Some((by.as_str(), joined)),
        _ => None,
    });
    let (by, joined) = entry.unwrap();
    assert_eq!((by, joined.runbook.as_str(), joined.title.as_str()), ("ann", "other", "Another runbook"));
    assert_eq!(joined.file.sha256, fracas::base::hash::sha256(OTHER));
    assert_eq!(joined.inputs, BTreeMap::from([("region".to_owned(), "eu".to_owned())]), "no secret is among them");
    assert_eq!(joined.targets.iter().map(|target| target.shown.as_str()).collect::<Vec<_>>(), ["ann@replica"], "one is known already");
    assert_eq!(play.session.incident.current_step, Some(Id::new("other/look")));
    assert_eq!(play.session.input("token"), Some("s3cret-token"));
    assert!(!format!("{:?}", play.session.incident.entries()).contains("s3cret-token"));
}

#[test]
fn everything_that_named_a_part_goes_on_naming_it() {
    let mut play = joined();
    let runbook = play.session.runbook.clone();
    let phases: Vec<&str> = runbook.phases.iter().map(|phase| phase.title.as_str()).collect();
    assert_eq!(phases, ["Look", "Mend", "Look in eu · Another runbook", "Mend · Another runbook"]);
    let (step, make) = runbook.remediation(&Id::new("other/make")).unwrap();
    assert_eq!(step.when.as_ref().unwrap().source(), r#"checks["other/there"].failed and not remediations["other/make"].committed"#);
    assert_eq!((make.guard.as_ref().unwrap().as_str(), make.verify.as_slice()), ("other/there", &[Id::new("other/there")][..]));
    assert!(runbook.success.iter().any(|success| success.check == Some(Id::new("other/there"))));
    let ids = |runbook: &Runbook| -> Vec<String> { runbook.steps().map(|(_, step)| step.id.to_string()).collect() };
    assert_eq!(ids(&runbook), ["look", "create", "other/later", "other/look", "other/create"]);
    // Red, it opens what depends on it, and nothing of the other runbook.
    play.answer("other/there", 0);
    let applies = &play.session.incident.applies;
    assert!(applies.contains("other/create") && applies.contains("other/later") && !applies.contains("create"), "{applies:?}");
    assert_eq!(play.session.incident.escalations.keys().copied().collect::<Vec<_>>(), [2], "called at once, by its own rule");
    play.answer("other/copied", 1);
    play.ask(Command::EnterStep(Id::new("other/create")));
    assert_eq!(next_move(&play.session), Move::Plan(Id::new("other/make")));
    play.ask(Command::Plan(Id::new("other/make")));
    let attempt = play.session.running().unwrap().attempt;
    play.tell(Msg::Remediation { attempt, news: rehearsed() });
    let confirm = Command::Confirm { remediation: Id::new("other/make"), typed: "app".to_owned() };
    assert!(words(&play.ask(confirm)).contains(&"apply other/make".to_owned()));
}

#[test]
fn what_is_the_same_is_one_and_what_is_not_is_two() {
    let play = joined();
    let runbook = &play.session.runbook;
    let names = |of: &mut dyn Iterator<Item = &str>| of.map(str::to_owned).collect::<Vec<_>>().join(" ");
    assert_eq!(names(&mut runbook.targets.iter().map(|target| target.name.as_str())), "database replica");
    assert!(runbook.targets[0].production, "what is guarded stays guarded");
    assert_eq!(names(&mut runbook.inputs.iter().map(|input| input.name.as_str())), "platform region token");
    assert_eq!(names(&mut runbook.contacts.iter().map(|contact| contact.id.as_str())), "lead other/lead");
    assert_eq!(runbook.escalation[1].to, [Id::new("other/lead")]);
    assert_eq!((runbook.never.len(), runbook.known_errors.len()), (1, 2));
    // Under the same name, but elsewhere: a target of its own, in whatever names it.
    let play = {
        let mut play =
            calm_with(&OTHER.replace("database: { postgres: { env: DATABASE_URL } }", "database: { postgres: { service: other } }"));
        play.ask(join());
        play
    };
    let runbook = &play.session.runbook;
    assert_eq!(runbook.target(&Id::new("database")).unwrap().postgres, Connection::Env("DATABASE_URL".to_owned()));
    assert_eq!(runbook.target(&Id::new("other/database")).unwrap().postgres, Connection::Service("other".to_owned()));
    assert_eq!(runbook.check(&Id::new("other/there")).unwrap().1.on, Some(Id::new("other/database")));
    assert_eq!(play.session.incident.targets().map(|target| target.name.as_str()).collect::<Vec<_>>(), ["other/database", "replica"]);
}

#[test]
fn its_clocks_count_from_its_joining() {
    let mut play = joined();
    let runbook = &play.session.runbook;
    assert_eq!(runbook.resolve_within, Some(Duration::from_mins(35)), "15 minutes into the incident, and 20 of its own");
    assert_eq!(runbook.escalation[1].trigger, Trigger::After(Duration::from_mins(25)));
    assert!(!words(&play.wait(9)).contains(&"escalation_due".to_owned()));
    assert!(words(&play.wait(1)).contains(&"escalation_due".to_owned()));
    assert_eq!(play.session.incident.escalations[&1].message.as_deref(), Some("Ten minutes in eu."));
    assert!(words(&play.wait(10)).contains(&"over_budget".to_owned()));
}

#[test]
fn whoever_goes_on_finds_it_again_from_what_is_kept() {
    let mut play = joined();
    play.answer("other/there", 0);
    let mut kept = yaml::read("small.yaml", RUNBOOK.as_bytes()).unwrap();
    let hash = fracas::base::hash::sha256(OTHER);
    kept.joined = vec![Joined { hash, runbook: runbook(OTHER), is_in: false }];
    let entries = play.session.incident.entries().to_vec();
    let again = Session::new(Arc::new(kept), Incident::replay(entries.clone()), play.session.inputs().clone(), "ann");
    assert_eq!((&again.runbook, &again.incident), (&play.session.runbook, &play.session.incident));
    // Of a moment before, nothing is in it yet.
    let mut kept = yaml::read("small.yaml", RUNBOOK.as_bytes()).unwrap();
    kept.joined = vec![Joined { hash: fracas::base::hash::sha256(OTHER), runbook: runbook(OTHER), is_in: false }];
    let before = Session::new(Arc::new(kept), Incident::replay(entries.into_iter().take(3)), BTreeMap::new(), "ann");
    assert_eq!(before.runbook.phases.len(), 2);
}

#[test]
fn a_file_that_is_another_runbook_than_its_entry_says_is_left_out() {
    let play = joined();
    for renamed in ["id: else\n", "id: small\n"] {
        let mut kept = yaml::read("small.yaml", RUNBOOK.as_bytes()).unwrap();
        let another = runbook(&OTHER.replace("id: other\n", renamed));
        kept.joined = vec![Joined { hash: fracas::base::hash::sha256(OTHER), runbook: another, is_in: false }];
        let again = Session::new(Arc::new(kept), play.session.incident.clone(), BTreeMap::new(), "ann");
        assert_eq!(again.runbook.phases.len(), 2);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let changed = |from: &str, to: &str| {
        assert!(OTHER.contains(from), "{from}");
        calm_with(&OTHER.replace(from, to))
    };
    for (mut play, why) in [
        (Play::opened(), "there is no runbook `other` to be found here"),
        (changed("id: other\n", "id: small\n"), "there is no runbook `other` to be found here"),
        (
            changed("choices: [docker, kubernetes]", "choices: [kubernetes]"),
            "`platform`, as it was answered here, does not fit: it has to be one of kubernetes",
        ),
        (changed("choices: [docker, kubernetes]", "secret: true"), "both ask for `platform`, which only one of them calls a secret"),
    ] {
        assert_eq!(refusal(&mut play, join()), why);
    }
    let mut play = calm_with(&OTHER.replace("id: other\n", "id: small\n"));
    let own = Command::JoinRunbook { runbook: Id::new("small"), answers: answers() };
    assert_eq!(refusal(&mut play, own), "it is part of this incident already");
    let mut play = calm_with(OTHER);
    let unanswered = Command::JoinRunbook { runbook: Id::new("other"), answers: BTreeMap::new() };
    assert_eq!(refusal(&mut play, unanswered), "`region`: it may not be empty");
    play.tell(Msg::JournalFailed("no space".to_owned()));
    assert_eq!(refusal(&mut play, join()), "nothing is being recorded (no space)");
    play.tell(Msg::JournalWrites);
    let untrusted = Shelved { refused: Some("it is not trusted".to_owned()), ..shelved(OTHER) };
    play.tell(Msg::RunbooksFound(vec![untrusted]));
    assert_eq!(refusal(&mut play, join()), "it is not trusted");
    play.tell(Msg::RunbooksFound(vec![shelved(OTHER)]));
    play.ask(join());
    assert_eq!(refusal(&mut play, join()), "it is part of this incident already");
}

#[test]
fn from_a_drill_no_other_database_is_reached() {
    let drill = |opened: &mut Opened| {
        opened.drill = Some(serde_json::from_value(serde_json::json!({ "fault": "x", "seed": 1 })).unwrap());
    };
    let play = super::calls::play_with(super::calls::same, "{}", drill);
    let why = fits(&play.session, &shelved(OTHER)).unwrap_err();
    assert_eq!(why, "this is a drill, and replica is no database of its world: nothing real is reached from here");
    let own = OTHER.replace("  replica: { postgres: { env: REPLICA_URL } }\n", "").replace("replica", "database");
    assert_eq!(fits(&play.session, &shelved(&own)), Ok(()));
}
