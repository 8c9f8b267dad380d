//! Remediations in SQL from plan to outcome, through the one runtime and against a real server: too many rows, constraints
//! that are only looked at in the end, an index that is left behind, text that hides what it does, and the way back.
//! Never a database that was not read afterwards.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/world.rs"]
#[expect(dead_code, reason = "it waits for nothing that a server says")]
mod world;

use std::collections::BTreeMap;
use std::time::Duration;

use fracas::base::Value;
use fracas::base::id::Id;
use fracas::engine::next::{Move, next_move};
use fracas::engine::{Command, Msg, Session, gate};
use fracas::runbook::yaml;
use fracas::runtime::Runtime;
use fracas::timeline::Incident;
use fracas::timeline::event::{Event, Outcome};
use fracas::timeline::incident::RemediationRecord;
use fracas::world::clock::Clock;
use fracas::world::prober::Prober;
use fracas::world::sandbox::database::Database;
use world::{World, one_step, read, surroundings};

impl World {
    /// An incident of a runbook with one step, a check `c` that is red while `t` has a row with n > 0, and a remediation `r`.
    fn incident(&self, sql: &str, more: &str, inputs: &[(&str, &str)]) -> Play {
        let items = format!(
            "        checks:\n          - {{ id: c, title: c, sql: SELECT count(*) FROM t WHERE n > 0, expect: value == 0 }}\n        \
             remediations:\n          - id: r\n            title: Mend it\n            verify: [c]\n            sql: {}\n{more}",
            Value::from(sql)
        );
        let runbook = read(&one_step(&items, inputs));
        let surroundings = surroundings(&runbook, self.sandbox.url(), inputs);
        let session = Session::new(runbook, Incident::default(), surroundings.inputs.clone(), "ann");
        let mut play = Play(Runtime::new(session, None, Prober::new(surroundings), Clock::start()).unwrap());
        let opened = serde_json::json!({"format": 1, "program": "0", "runbook": "t", "title": "t", "runbook_hash": ""});
        play.0.step(Msg::Opened { by: "ann".to_owned(), opened: serde_json::from_value(opened).unwrap() });
        play
    }
}

struct Play(Runtime);

impl Play {
    /// What was said against it, if it was refused; else waits until nothing is under way.
    async fn ask(&mut self, command: Command) -> Vec<String> {
        let said = self.0.step(Msg::Asked { by: "ann".to_owned(), command }).said;
        let settling = async {
            while self.0.session().is_busy() {
                let news = self.0.next().await;
                self.0.step(news);
            }
        };
        tokio::time::timeout(Duration::from_mins(1), settling).await.unwrap();
        said
    }

    async fn plan(&mut self, id: &str) -> Vec<String> {
        self.ask(Command::Plan(Id::new(id))).await
    }

    async fn confirm(&mut self, id: &str) -> Vec<String> {
        self.ask(Command::Confirm { remediation: Id::new(id), typed: String::new() }).await
    }

    async fn skip_rehearsal(&mut self, id: &str) {
        let reason = "it is known".to_owned();
        assert_eq!(self.ask(Command::SkipRehearsal { remediation: Id::new(id), reason }).await, Vec::<String>::new());
    }

    fn session(&self) -> &Session {
        self.0.session()
    }

    fn record(&self, id: &str) -> &RemediationRecord {
        &self.session().incident.remediations[id]
    }

    fn outcome(&self, id: &str) -> Outcome {
        self.record(id).settled.as_ref().unwrap().outcome
    }
}

/// An UPDATE without the right WHERE, found by the rehearsal, and held back where nobody rehearsed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_rows_where_ten_were_expected_are_rolled_back() {
    let world = World::start("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 10000)").await;
    let mut play = world.incident("UPDATE t SET n = -n WHERE n > 0", "            expect_rows: 1..10\n", &[]);
    play.plan("r").await;
    let problem = play.record("r").rehearsed.as_ref().unwrap().problem.clone().unwrap();
    assert!(problem.message.contains("10000 rows") && problem.message.contains("1..10"), "{problem:?}");
    let refused = play.confirm("r").await;
    assert!(refused[0].starts_with("its rehearsal failed: statement 1 (UPDATE) changed 10000 rows"), "{refused:?}");

    play.skip_rehearsal("r").await;
    assert_eq!(play.confirm("r").await, Vec::<String>::new());
    assert_eq!(play.outcome("r"), Outcome::RolledBack);
    let entries = play.session().incident.entries();
    let settled = entries.iter().rfind(|entry| matches!(entry.event, Event::RemediationSettled(_))).unwrap();
    let entry = serde_json::to_string(&settled.event).unwrap();
    assert!(entry.contains("10000 rows") && entry.contains("1..10"), "{entry}");
    assert_eq!(world.one("SELECT count(*)::text FROM t WHERE n > 0").await, "10000");
    world.sandbox.close().await;
}

/// What a constraint only looks at in the end would pass a rehearsal that never comes to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deferred_violation_shows_in_the_rehearsal() {
    let world = World::start(
        "CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1); \
         CREATE TABLE t (n int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (1)",
    )
    .await;
    let mut play = world.incident("UPDATE t SET n = 2 WHERE n = 1", "            expect_rows: 1\n", &[]);
    play.plan("r").await;
    let rehearsed = play.record("r").rehearsed.clone().unwrap();
    let problem = rehearsed.problem.unwrap();
    assert_eq!((problem.sqlstate.as_deref(), rehearsed.results[0].rows), (Some("23503"), 1), "{problem:?}");
    let refused = play.confirm("r").await;
    assert!(refused[0].contains("violates foreign key constraint"), "{refused:?}");
    assert_eq!(world.one("SELECT n::text FROM t").await, "1");
    world.sandbox.close().await;
}

/// A writer that stays open holds up the building of an index; what is left of it costs every writer until it is dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invalid_index_is_named_with_the_statement_that_drops_it() {
    let world = World::start("CREATE TABLE t (n int, m int); CREATE INDEX \"Old one\" ON t (m); CREATE INDEX broken ON t (n)").await;
    world.database.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass").await.unwrap();
    let writer = Database::connect(world.sandbox.url()).await.unwrap();
    for (sql, left) in [
        ("CREATE INDEX CONCURRENTLY \"New one\" ON t (n)", "public.\"New one\""),
        ("REINDEX INDEX CONCURRENTLY \"Old one\"", "public.\"Old one_ccnew\""),
    ] {
        let more = "            transaction: none\n            lock_timeout: 500ms\n";
        let mut play = world.incident(sql, more, &[]);
        writer.run("BEGIN; INSERT INTO t VALUES (1)").await.unwrap();
        play.plan("r").await;
        play.skip_rehearsal("r").await;
        assert_eq!(play.confirm("r").await, Vec::<String>::new());
        writer.run("ROLLBACK").await.unwrap();

        assert_eq!(play.outcome("r"), Outcome::Failed);
        let problem = play.record("r").settled.as_ref().unwrap().problem.clone().unwrap();
        assert_eq!(problem.sqlstate.as_deref(), Some("55P03"), "{problem:?}");
        let hint = problem.hint.unwrap();
        let drop = format!("DROP INDEX CONCURRENTLY {left};");
        assert!(hint.contains(&format!("invalid index {left} ")) && hint.ends_with(&drop), "{hint}");
        assert!(!hint.contains("broken"), "it was so before: {hint}");
        // What is named is what there is, and its statement works as it stands.
        let valid = format!("SELECT indisvalid::text FROM pg_index WHERE indexrelid = '{left}'::regclass");
        assert_eq!(world.one(&valid).await, "false");
        world.database.run(&drop).await.unwrap();
        assert_eq!(world.one(&format!("SELECT coalesce(to_regclass('{left}')::text, 'gone')")).await, "gone");
    }
    world.sandbox.close().await;
}

/// Text that shows something else than it does is never confirmed, wherever it comes from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_seen_cannot_be_confirmed() {
    let world = World::start("CREATE TABLE t (n int, name text); INSERT INTO t VALUES (1, 'a')").await;
    for (hidden, mark) in [
        ("a\u{202e}b", "<U+202E>"),
        ("a\u{2066}b", "<U+2066>"),
        ("a\u{200b}b", "<U+200B>"),
        ("a\u{feff}b", "<U+FEFF>"),
        ("a\u{e0041}b", "<U+E0041>"),
        ("a\rb", "<U+000D>"),
        ("a\u{1b}[2Jb", "<U+001B>"),
    ] {
        for sql in ["UPDATE t SET name = :'hidden' WHERE n = 1", "CREATE TABLE :\"hidden\" (n int)", "COMMENT ON TABLE t IS :'hidden'"] {
            let mut play = world.incident(sql, "            expect_rows: 1\n", &[("hidden", hidden)]);
            play.plan("r").await;
            let planned = play.record("r").planned.clone().unwrap();
            assert!(planned.steps[0].text.contains(mark) && !planned.steps[0].text.contains(hidden), "{:?}", planned.steps[0].text);
            let refused = play.confirm("r").await;
            assert!(refused[0].contains("invisible or bidirectional characters"), "{refused:?}");
            assert!(play.record("r").intended.is_none());
        }
        // What an author writes does not even become a runbook, be it in SQL or in a title.
        for written in [format!("COMMENT ON TABLE t IS '{hidden}'"), format!("SELECT 1 -- {hidden}")] {
            let text = format!(
                "version: 1\nid: t\ntitle: t\ntargets: {{ d: {{ postgres: {{ env: D }} }} }}\nphases:\n  - title: p\n    steps:\n      - title: s\n        \
                 remediations:\n          - title: {}\n            sql: {}\n",
                Value::from(hidden),
                Value::from(written)
            );
            let problems = yaml::read("t.yaml", text.as_bytes()).unwrap_err();
            let named = mark.trim_matches(['<', '>']);
            let told = problems.iter().filter(|problem| problem.code == "deceptive-character" && problem.message.contains(named));
            assert_eq!(told.map(|problem| problem.line).collect::<Vec<_>>().last(), Some(&11), "{hidden:?}: {problems:?}");
        }
    }
    // A text that only looks like such a mark hides nothing.
    let mut play = world.incident("UPDATE t SET name = 'a<U+b' WHERE n<U+1", "            expect_rows: 1\n", &[]);
    play.plan("r").await;
    let refused = play.confirm("r").await;
    assert!(!refused.iter().any(|why| why.contains("invisible")), "{refused:?}");
    assert_eq!(world.one("SELECT name FROM t").await, "a");
    world.sandbox.close().await;
}

/// The way back is a remediation like any other, is there once there is something to take back, and is never pushed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_can_be_taken_back_by_plan_rehearsal_and_consent() {
    let world = World::start("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 3)").await;
    let more = "            expect_rows: 1..10\n            rollback: UPDATE t SET n = -n WHERE n < 0\n";
    let mut play = world.incident("UPDATE t SET n = -n WHERE n > 0", more, &[]);
    let back = Id::new("r:rollback");
    play.ask(Command::EnterStep(Id::new("s"))).await;
    assert!(play.session().runbook.remediation(&back).is_none(), "there is nothing to take back");
    assert_eq!(play.plan("r:rollback").await, ["this runbook has no remediation `r:rollback`"]);
    play.plan("r").await;
    play.confirm("r").await;
    assert_eq!((play.outcome("r"), world.one("SELECT sum(n)::text FROM t").await), (Outcome::Committed, "-6".to_owned()));

    // It stands beside what it takes back, and Enter goes another way.
    let (step, rollback) = play.session().runbook.remediation(&back).unwrap();
    assert_eq!((rollback.title.as_str(), step.remediations[1].id == back), ("Take back: Mend it", true));
    assert!(!gate::is_proposed(play.session(), rollback));
    assert!(!matches!(next_move(play.session()), Move::Plan(_)));

    // Its own bounds hold: more rows than the remediation was allowed are not taken back either.
    world.database.run("INSERT INTO t SELECT -generate_series(4, 20)").await.unwrap();
    play.plan("r:rollback").await;
    assert_eq!(
        play.confirm("r:rollback").await[0],
        "its rehearsal failed: statement 1 (UPDATE) changed 20 rows where 1..10 were expected; everything is rolled back"
    );
    play.ask(Command::Abandon(back.clone())).await;
    world.database.run("DELETE FROM t WHERE n < -3").await.unwrap();

    play.plan("r:rollback").await;
    assert_eq!(play.record("r:rollback").rehearsed.as_ref().unwrap().results[0].rows, 3);
    assert_eq!(world.one("SELECT sum(n)::text FROM t").await, "-6", "a rehearsal leaves no trace");
    assert_eq!(play.confirm("r:rollback").await, Vec::<String>::new());
    assert_eq!((play.outcome("r:rollback"), world.one("SELECT sum(n)::text FROM t").await), (Outcome::Committed, "6".to_owned()));
    assert!(play.record("r").taken_back && !play.record("r").committed);
    assert!(!matches!(next_move(play.session()), Move::Plan(_)), "what a person took back is not pushed again");
    assert_eq!(play.plan("r:rollback").await, ["what it takes back is not in effect"]);

    // All of it is on the timeline, and whoever goes on with the incident finds it so.
    let entries = play.session().incident.entries();
    let told = |wanted: fn(&Event) -> Option<&Id>| entries.iter().filter(|entry| wanted(&entry.event) == Some(&back)).count();
    assert_eq!(told(|event| if let Event::RemediationPlanned(planned) = event { Some(&planned.remediation) } else { None }), 2);
    assert_eq!(told(|event| if let Event::RemediationRehearsed(rehearsed) = event { Some(&rehearsed.remediation) } else { None }), 2);
    assert_eq!(told(|event| if let Event::RemediationIntended { remediation, .. } = event { Some(remediation) } else { None }), 1);
    assert_eq!(told(|event| if let Event::RemediationSettled(settled) = event { Some(&settled.remediation) } else { None }), 1);
    let mut again = Incident::default();
    for entry in entries {
        again.apply(entry.clone());
    }
    let resumed = Session::new(play.session().runbook.clone(), again, BTreeMap::new(), "ann");
    assert!(resumed.runbook.remediation(&back).is_some() && resumed.incident.remediations["r"].taken_back);

    // A person may still decide to do it once more.
    play.plan("r").await;
    play.confirm("r").await;
    assert_eq!((play.outcome("r"), world.one("SELECT sum(n)::text FROM t").await), (Outcome::Committed, "-6".to_owned()));
    assert!(play.record("r").committed && !play.record("r").taken_back);
    world.sandbox.close().await;
}

/// A way back that cannot run in a transaction runs alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_back_outside_a_transaction_runs_alone() {
    let world = World::start("CREATE TABLE t (n int)").await;
    let more = "            transaction: none\n            rollback: DROP INDEX CONCURRENTLY i\n";
    let mut play = world.incident("CREATE INDEX CONCURRENTLY i ON t (n)", more, &[]);
    for (id, there) in [("r", "i"), ("r:rollback", "gone")] {
        play.plan(id).await;
        let problem = play.record(id).rehearsed.as_ref().unwrap().problem.clone().unwrap();
        assert!(problem.message.contains("outside a transaction"), "{problem:?}");
        play.skip_rehearsal(id).await;
        assert_eq!(play.confirm(id).await, Vec::<String>::new());
        assert_eq!(play.outcome(id), Outcome::Committed);
        assert_eq!(world.one("SELECT coalesce(to_regclass('i')::text, 'gone')").await, there);
    }
    world.sandbox.close().await;
}

/// A way back has the bounds of what it takes back, so where those are not said it may change no rows.
#[test]
fn a_way_back_that_changes_rows_needs_bounds() {
    let runbook = |rollback: &str| {
        let text = format!(
            "version: 1\nid: t\ntitle: t\ntargets: {{ d: {{ postgres: {{ env: D }} }} }}\nphases:\n  - title: p\n    steps:\n      - title: s\n        \
             remediations:\n          - title: r\n            sql: CREATE TABLE u (n int)\n            rollback: {rollback}\n"
        );
        yaml::read("t.yaml", text.as_bytes())
    };
    assert!(runbook("DROP TABLE u").is_ok());
    let problems = runbook("DELETE FROM u WHERE n = 1").unwrap_err();
    assert!(problems.iter().any(|problem| problem.code == "missing-key" && problem.message.contains("DELETE")), "{problems:?}");
}
