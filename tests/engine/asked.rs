//! Off the runbook's path: what may be asked, that it is an answer and nobody's task, and that it becomes a check once it is
//! kept.

use fracas::runbook::model::Ask;
use fracas::timeline::event::Typed;

use super::calls::{play_with, resumed, same};
use super::record::said;
use super::*;

const FIRST: &str = "asked:1";

fn sql(text: &str) -> Command {
    Command::AskSql { target: Id::new("database"), sql: text.to_owned() }
}

fn run(line: &str) -> Command {
    Command::RunOnce { line: line.to_owned() }
}

fn keep(title: &str, expect: Option<&str>, every: Option<u64>) -> Command {
    Command::KeepQuestion {
        check: Id::new(FIRST),
        title: title.to_owned(),
        expect: expect.map(str::to_owned),
        every: every.map(Duration::from_secs),
    }
}

/// At the first step, which is done but for what is asked besides.
fn calm() -> Play {
    let mut play = Play::opened();
    play.ask(Command::EnterStep(Id::new("look")));
    play.answer("there", 1);
    play
}

fn rows(play: &Play) -> Vec<String> {
    let (_, step) = play.session.runbook.step(&Id::new("look")).unwrap();
    play.session.applicable_checks(step).map(|check| check.id.to_string()).collect()
}

#[test]
fn a_question_is_answered_like_a_check_and_is_nobodys_task() {
    let mut play = calm();
    let before = next_move(&play.session);
    let effects = play.ask(sql("SELECT count(*) FROM jobs\n WHERE worker = :'platform'"));
    assert_eq!(words(&effects), ["question_asked", &format!("ask {FIRST}")]);
    let Effect::Append(Entry { by, event: Event::QuestionAsked(question), .. }) = &effects[0] else { panic!("{effects:?}") };
    assert_eq!((by.as_str(), question.check.as_str(), question.step.as_str()), ("ann", FIRST, "look"));
    assert!(matches!(&question.ask, Typed::Sql { target, text } if target.as_str() == "database" && text.contains(":'platform'")));
    let (step, check) = play.session.runbook.check(&Id::new(FIRST)).unwrap();
    assert_eq!((step.id.as_str(), check.title.as_str()), ("look", "SELECT count(*) FROM jobs WHERE worker = :'platform'"));
    assert!(check.on.as_ref().is_some_and(|on| on.as_str() == "database") && matches!(check.ask, Ask::Sql(_)));
    assert_eq!(words(&play.answer(FIRST, 3)), ["check_settled"]);
    let record = &play.session.incident.checks[FIRST];
    assert_eq!((record.verdict, record.reason.as_str()), (Verdict::NeedsPerson, "3"));
    // Nothing waits for it.
    assert_eq!(next_move(&play.session), before);
    assert_eq!(rows(&play), ["there"]);
    assert!(!words(&play.ask(Command::RunAll)).contains(&format!("ask {FIRST}")));
    // Asked again, it is asked again.
    assert_eq!(words(&play.ask(Command::RunCheck(Id::new(FIRST)))), [format!("ask {FIRST}")]);
    let told = fracas::present::story::line(
        play.session.incident.entries().last().unwrap(),
        play.session.incident.entries(),
        &play.session.runbook,
        &play.session.names(),
    );
    assert_eq!(told.mark, fracas::present::Mark::Note, "no one has to say whether it is good");
}

#[test]
fn what_may_not_be_asked_is_refused_before_anything_is_written() {
    let mut play = calm();
    let entries = play.session.incident.entries().len();
    let unknown = Command::AskSql { target: Id::new("staging"), sql: "SELECT 1".to_owned() };
    for (command, why) in [
        (sql(" \n"), "say what is to be asked"),
        (unknown, "this runbook has no target `staging`"),
        (sql("DELETE FROM jobs"), "a check cannot be a statement of the kind DELETE"),
        (sql("SELECT 1; SELECT 2"), "a check is one statement"),
        (sql("SELECT pg_terminate_backend(1)"), "a check cannot call `pg_terminate_backend`"),
        (sql("SELEC 1"), "not SQL"),
        (sql("SELECT :'nobody'"), "nobody"),
        (sql("SELECT 1 -- \u{202e}"), "invisible or bidirectional"),
        (sql("SELECT '••••••'"), "holds a secret"),
        (run("  "), "say what is to run"),
        (run("echo \u{200b}"), "invisible or bidirectional"),
        (run("curl -H 'Authorization: ••••••'"), "holds a secret"),
        (keep("It is so", None, None), "only what was asked in this incident"),
    ] {
        assert!(said(&play.ask(command.clone())).is_some_and(|said| said.contains(why)), "{command:?}");
    }
    assert_eq!(play.session.incident.entries().len(), entries);
    play.ask(sql("SELECT count(*) AS value FROM jobs"));
    play.answer(FIRST, 3);
    for (command, why) in [
        (keep(" ", None, None), "say what should be true"),
        (keep("It is so", Some("value =="), None), "syntax"),
        (keep("It is so", Some("vlaue == 1"), None), "the answer has no `vlaue`; it has rows, row_count, value, ms"),
        (keep("It is so", None, Some(0)), "once in a second"),
    ] {
        let effects = play.ask(command.clone());
        assert!(said(&effects).is_some_and(|said| said.contains(why)), "{command:?}: {:?}", said(&effects));
    }
}

#[test]
fn a_command_runs_only_where_changes_are_possible() {
    let mut play = play_with(same, "{}", |opened| opened.read_only = true);
    assert!(said(&play.ask(run("kubectl get pods"))).unwrap().contains("read-only"));
    assert_eq!(words(&play.ask(sql("SELECT 1"))).len(), 2, "a question only reads");
    let mut play = calm();
    play.tell(Msg::JournalFailed("no space".to_owned()));
    assert!(said(&play.ask(run("kubectl get pods"))).unwrap().contains("no space"));
}

#[test]
fn what_a_command_printed_is_recorded_with_evidence_where_it_is_long() {
    let mut play = calm();
    assert_eq!(words(&play.ask(run("kubectl logs \"$platform\""))), ["question_asked", &format!("ask {FIRST}")]);
    assert_eq!(play.session.runbook.check(&Id::new(FIRST)).unwrap().1.timeout, Duration::from_mins(5));
    let attempt = play.attempt(FIRST);
    let seen = "relation \"it\" does not exist\n".repeat(1_000);
    let values: Values = serde_json::from_value(serde_json::json!({ "exit": 1, "stdout": seen })).unwrap();
    let finding = Finding::Answered { own: Some(false), summary: "exit 1".to_owned() };
    let answered = play.tell(Msg::Check { attempt, answer: Answer { finding, values, seen, duration: Duration::from_secs(1) } });
    assert_eq!(words(&answered), ["keep 29000 bytes", "check_settled"]);
    let record = &play.session.incident.checks[FIRST];
    assert_eq!((record.verdict, record.known_errors.as_slice()), (Verdict::Failed, &["It is gone".to_owned()][..]));
    // It has failed, and nothing of the incident is red for it.
    let measures = Measures::of(&play.session.incident, &play.session.runbook, play.at());
    assert!(measures.first_red.is_none() && !measures.checks.contains_key(FIRST));
    assert!(!rows(&play).contains(&FIRST.to_owned()));
}

#[test]
fn a_running_command_can_be_given_up() {
    let mut play = calm();
    play.ask(run("sleep 100"));
    assert_eq!(words(&play.ask(Command::Cancel(Id::new(FIRST)))), ["cancel"]);
    // Whoever takes over is told of it.
    let handed = play.ask(Command::HandOver { to: "bob".to_owned(), word: String::new() });
    assert!(format!("{handed:?}").contains("In progress: sleep 100."), "{handed:?}");
}

#[test]
fn what_is_kept_is_a_check_of_its_step_judged_and_live() {
    let mut play = calm();
    play.ask(sql("SELECT count(*) FROM jobs"));
    play.answer(FIRST, 3);
    let kept = play.ask(keep("Few jobs wait", Some("value < 2"), Some(30)));
    assert_eq!(words(&kept), ["question_kept", &format!("ask {FIRST}")]);
    assert_eq!(rows(&play), ["there", FIRST]);
    play.answer(FIRST, 3);
    let record = &play.session.incident.checks[FIRST];
    assert_eq!((record.verdict, record.reason.as_str()), (Verdict::Failed, "3; expected value < 2 (value = 3)"));
    assert!(play.session.is_red(&Id::new(FIRST)));
    play.elapsed += Duration::from_secs(30);
    assert!(words(&play.tell(Msg::Woke)).contains(&format!("ask {FIRST}")));
    play.answer(FIRST, 1);
    assert_eq!(play.session.incident.checks[FIRST].verdict, Verdict::Passed);
    // It survives a resume, and is asked like the others.
    let again = resumed(&play, Duration::from_mins(1));
    assert_eq!(rows(&again), ["there", FIRST]);
    assert_eq!(again.session.runbook, play.session.runbook);
    assert!(again.session.is_asking(&Id::new(FIRST)));
    // The same again, in other words; and what was a slip is taken back.
    play.ask(keep("No job waits", Some("value == 0"), None));
    assert_eq!(play.session.runbook.check(&Id::new(FIRST)).unwrap().1.title, "No job waits");
    play.answer(FIRST, 1);
    play.ask(Command::Undo);
    assert_eq!(play.session.runbook.check(&Id::new(FIRST)).unwrap().1.title, "Few jobs wait");
    play.ask(Command::Undo);
    assert_eq!(rows(&play), ["there"]);
    play.elapsed += Duration::from_mins(5);
    assert!(!words(&play.tell(Msg::Woke)).contains(&format!("ask {FIRST}")), "nobody keeps it any more");
}

#[test]
fn what_is_kept_without_an_expectation_is_judged_by_a_person_like_any_other() {
    let mut play = calm();
    play.ask(sql("SELECT * FROM jobs"));
    play.answer(FIRST, 3);
    assert_eq!(words(&play.ask(keep("The jobs look right", None, None))), ["question_kept"], "its answer is there");
    assert_eq!(next_move(&play.session), Move::Judge(Id::new(FIRST)));
    play.ask(Command::Judge { check: Id::new(FIRST), passed: true });
    assert_ne!(next_move(&play.session), Move::Judge(Id::new(FIRST)));
}

#[test]
fn a_command_of_another_run_waits_until_somebody_here_asks_for_it() {
    let mut play = calm();
    play.ask(run("./probe.sh"));
    play.answer(FIRST, 0);
    play.ask(keep("The probe is quiet", Some("exit == 0"), Some(5)));
    play.answer(FIRST, 0);
    let mut again = resumed(&play, Duration::from_secs(1));
    assert_eq!(rows(&again), ["there", FIRST]);
    let asks = format!("ask {FIRST}");
    let mut effects = std::mem::take(&mut again.effects);
    for command in [Command::RunAll, Command::EnterStep(Id::new("look")), Command::RunUnanswered(Id::new("look"))] {
        effects.extend(again.ask(command));
    }
    effects.extend(again.wait(1));
    assert!(!words(&effects).contains(&asks), "{:?}", words(&effects));
    assert!(words(&again.ask(Command::RunCheck(Id::new(FIRST)))).contains(&asks));
    again.answer(FIRST, 0);
    assert!(words(&again.wait(1)).contains(&asks), "from here on it is live again");
}

#[test]
fn one_that_was_never_answered_is_not_repeated_by_who_resumes() {
    let mut play = calm();
    play.ask(run("./change.sh"));
    let again = resumed(&play, Duration::from_secs(1));
    assert!(!again.session.is_asking(&Id::new(FIRST)));
    assert!(again.session.questions().next().unwrap().1.is_none(), "and is said to have no answer");
    assert_eq!(again.session.incident.questions[0].by, "ann");
}
