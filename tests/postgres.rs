//! Questions and remediations against a real PostgreSQL: what they find, what they leave behind, and what
//! happens when somebody stands in the way. Never waits for a fixed time, and never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fracas::base::Value;
use fracas::base::id::Id;
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::runbook::model::{Check, Connection, Remediation};
use fracas::runbook::{Runbook, sql, yaml};
use fracas::timeline::event::{Outcome, PlannedStep, Problem, ServerFacts, StatementResult};
use fracas::world::prober::{Prober, Stop, Stopper, Surroundings};
use world::{World, one_step, read, surroundings};

impl World {
    /// The prober of a runbook of one step with these checks and remediations.
    fn prober(&self, items: &str, inputs: &[(&str, &str)]) -> (Prober, Arc<Runbook>) {
        let runbook = read(&one_step(items, inputs));
        (Prober::new(surroundings(&runbook, self.sandbox.url(), inputs)), runbook)
    }

    /// The answer to one statement as a check, with `inputs` as its inputs.
    async fn asked(&self, statement: &str, inputs: &[(&str, &str)]) -> Answer {
        let (prober, runbook) = self.prober(&check("sql", statement, ""), inputs);
        prober.ask(only_check(&runbook), Stop::never()).await
    }
}

fn check(kind: &str, text: &str, more: &str) -> String {
    format!("        checks:\n          - id: c\n            title: c\n            {kind}: {}\n{more}", Value::from(text))
}

fn remediation(text: &str, more: &str) -> String {
    format!("        remediations:\n          - id: r\n            title: r\n            sql: {}\n{more}", Value::from(text))
}

fn remediation_text(text: &str) -> String {
    remediation(text, "            on: database\n")
}

fn only_check(runbook: &Runbook) -> &Check {
    runbook.checks().next().unwrap().1
}

fn only_remediation(runbook: &Runbook) -> (&Remediation, Vec<PlannedStep>) {
    let remediation = runbook.remediations().next().unwrap().1;
    let fracas::runbook::model::Act::Sql(text) = &remediation.act else { panic!("SQL") };
    let steps = sql::prepare(text, &BTreeMap::new(), &BTreeSet::default()).unwrap();
    let steps = steps
        .into_iter()
        .map(|statement| PlannedStep { text: statement.shown, what: statement.what, lock: statement.lock, cautions: statement.cautions })
        .collect();
    (remediation, steps)
}

fn rehearsed(news: RemediationNews) -> (Vec<StatementResult>, Option<Problem>) {
    let RemediationNews::Rehearsed { results, problem, .. } = news else { panic!("{news:?}") };
    (results, problem)
}

fn settled(news: RemediationNews) -> (Outcome, Vec<StatementResult>, Option<Problem>, Option<String>) {
    let RemediationNews::Settled { outcome, results, problem, transaction, .. } = news else { panic!("{news:?}") };
    (outcome, results, problem, transaction)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_are_answered_or_not() {
    let world = World::start("CREATE TABLE t (n int, name text); INSERT INTO t VALUES (1, 'one'), (2, NULL)").await;

    let answer = world.asked("SELECT n, name FROM t ORDER BY n; -- that is all", &[]).await;
    assert_eq!(answer.finding, Finding::Answered { own: None, summary: "2 rows".to_owned() });
    assert_eq!(answer.values["row_count"], 2);
    assert_eq!(answer.values["value"], 1);
    assert_eq!(answer.values["rows"].to_string(), r#"[{"n":1,"name":"one"},{"n":2,"name":null}]"#);
    assert_eq!(answer.seen, "n │ name\n──┼─────\n1 │ one\n2 │ NULL");

    let answer = world.asked("SHOW server_encoding", &[]).await;
    assert_eq!(answer.values["value"], "UTF8", "{:?}", answer.finding);
    assert!(world.asked("EXPLAIN SELECT * FROM t", &[]).await.seen.contains("Seq Scan"));

    for (statement, code) in [
        ("SELECT * FROM nowhere.t", "42P01"),
        ("SELECT * FROM nothing", "42P01"),
        ("SELECT nothing FROM t", "42703"),
        ("SELECT nothing()", "42883"),
    ] {
        let answer = world.asked(statement, &[]).await;
        assert!(matches!(&answer.finding, Finding::Failed(why) if why.contains(code)), "{statement}: {:?}", answer.finding);
    }
    for (statement, why) in [
        ("SELECT 1 / 0", "22012"),
        ("SELECT 1 AS a, 2 AS a", "two columns are called"),
        ("SELECT generate_series(1, 10001)", "10,000 rows"),
        ("SELECT repeat('x', 2000000)", "1 MiB"),
    ] {
        let answer = world.asked(statement, &[]).await;
        assert!(matches!(&answer.finding, Finding::Inconclusive(said) if said.contains(why)), "{statement}: {:?}", answer.finding);
    }
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn values_stay_values_and_nothing_is_written() {
    let world = World::start(
        "CREATE TABLE t (n int, id uuid); CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (9) RETURNING n'",
    )
    .await;
    for hostile in ["'; DROP TABLE t;--", "$(touch m)", "a\nb", "\\'; DROP TABLE t; --", "$1", "ü\"'"] {
        let answer = world.asked("SELECT :'name' AS name, :'name' || '' AS again", &[("name", hostile)]).await;
        assert_eq!(answer.values["value"], hostile, "{:?}", answer.finding);
    }
    let id = "6f1c2a0e-6d2b-4d8c-9b1f-0a3b7d5b9c11";
    assert_eq!(world.asked("SELECT count(*) FROM t WHERE id = :'id'", &[("id", id)]).await.values["value"], 0);
    let answer = world.asked("SELECT count(*) FROM t WHERE id = :'id'", &[("id", "no uuid")]).await;
    assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.contains("22P02")), "{:?}", answer.finding);

    let answer = world.asked("SELECT sneak()", &[]).await;
    assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.contains("25006")), "{:?}", answer.finding);

    let (prober, runbook) = world.prober(&check("probe", "INSERT INTO t VALUES (1); SELECT count(*) FROM t", ""), &[]);
    let answer = prober.ask(only_check(&runbook), Stop::never()).await;
    assert_eq!(answer.values["value"], 1, "{:?}", answer.finding);
    assert_eq!(world.one("SELECT count(*)::text FROM t").await, "0");
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_is_cancelled_on_the_server() {
    const SLEEPING: &str =
        "SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";
    let world = World::start("").await;
    let (prober, runbook) = world.prober(&check("sql", "SELECT pg_sleep(600)", "            timeout: 300s\n"), &[]);
    let (stopper, stop) = Stopper::pair();
    let asking = tokio::spawn(async move { prober.ask(only_check(&runbook), stop).await });
    world.until(SLEEPING, "1").await;
    stopper.stop();
    assert_eq!(asking.await.unwrap().finding, Finding::Cancelled);
    world.until(SLEEPING, "0").await;

    let (prober, runbook) = world.prober(&check("sql", "SELECT pg_sleep(600)", "            timeout: 200ms\n"), &[]);
    let answer = prober.ask(only_check(&runbook), Stop::never()).await;
    assert!(matches!(answer.finding, Finding::TimedOut(_)), "{:?}", answer.finding);
    world.until(SLEEPING, "0").await;
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_inconclusive_and_the_next_question_reconnects() {
    let world = World::start("").await;
    let (prober, runbook) = world.prober(&check("sql", "SELECT pg_sleep(600)", "            timeout: 300s\n"), &[]);
    let asking = tokio::spawn(async move { prober.ask(only_check(&runbook), Stop::never()).await });
    let kill = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' \
                AND pid <> pg_backend_pid()";
    world.until(kill, "1").await;
    let answer = asking.await.unwrap();
    assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.contains("57P01")), "{:?}", answer.finding);

    let (prober, runbook) = world.prober(&check("sql", "SELECT 1 AS one", ""), &[]);
    assert_eq!(prober.ask(only_check(&runbook), Stop::never()).await.values["value"], 1);
    world.one("SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE application_name = 'fracas' AND pid <> pg_backend_pid()").await;
    assert_eq!(prober.ask(only_check(&runbook), Stop::never()).await.values["value"], 1);
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remediation_is_rehearsed_without_a_trace_and_applied_for_good() {
    let world = World::start("CREATE TABLE t (n int); INSERT INTO t SELECT generate_series(1, 100)").await;
    let (prober, runbook) = world.prober(
        &remediation(
            "CREATE TABLE u (n int); UPDATE t SET n = -n WHERE n <= 5",
            "            on: database\n            expect_rows: 1..10\n",
        ),
        &[],
    );
    let (remediation, steps) = only_remediation(&runbook);
    let news = prober.rehearse(remediation, &steps, Stop::never(), |_| ()).await;
    let RemediationNews::Rehearsed { server: Some(server), .. } = &news else { panic!("{news:?}") };
    let (server, (results, problem)) = (server.clone(), rehearsed(news));
    assert_eq!((results.iter().map(|result| result.rows).collect::<Vec<_>>(), problem), (vec![0, 5], None));
    assert_eq!(world.one("SELECT count(*)::text FROM t WHERE n < 0").await, "0");
    assert_eq!(world.one("SELECT coalesce(to_regclass('u')::text, 'none')").await, "none");

    let another = ServerFacts { database: "another".to_owned(), ..server.clone() };
    let (outcome, _, problem, _) = settled(prober.apply(remediation, &steps, Some(&another), Stop::never(), |_| ()).await);
    assert!(outcome == Outcome::RolledBack && problem.unwrap().message.contains("another"));
    let mut other = steps.clone();
    other[1].text.push_str(" OR true");
    let (outcome, _, problem, _) = settled(prober.apply(remediation, &other, None, Stop::never(), |_| ()).await);
    assert!(outcome == Outcome::RolledBack && problem.unwrap().message.contains("not those of the plan"));

    let (outcome, results, problem, transaction) = settled(prober.apply(remediation, &steps, Some(&server), Stop::never(), |_| ()).await);
    assert_eq!((outcome, results.len(), problem), (Outcome::Committed, 2, None));
    let status = format!("SELECT pg_xact_status('{}'::xid8)", transaction.unwrap());
    assert_eq!(world.one(&status).await, "committed");

    // What is said to be committed is on the server's disk, also for a role that is usually content with less.
    world.database.run("ALTER ROLE postgres SET synchronous_commit = off; CREATE TABLE s (t text)").await.unwrap();
    let (other, book) = world.prober(&remediation_text("INSERT INTO s VALUES (current_setting('synchronous_commit'))"), &[]);
    let (inserting, steps) = only_remediation(&book);
    assert_eq!(settled(other.apply(inserting, &steps, None, Stop::never(), |_| ()).await).0, Outcome::Committed);
    assert_eq!(world.one("SELECT t FROM s").await, "local");
    assert_eq!(world.one("SELECT count(*)::text FROM t WHERE n < 0").await, "5");
    world.sandbox.close().await;
}

/// A rehearsal comes before anybody has consented, so it may hold nothing that a rollback does not take back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_outlives_a_rollback_is_not_rehearsed() {
    let world = World::start("CREATE TABLE t (n int); CREATE SEQUENCE s").await;
    let file = world.sandbox.folder().join("touched");
    let copy = format!("COPY t TO PROGRAM 'cat > {}'", file.display());
    for (statement, more, told) in [
        ("SELECT setval('s', 42)", "", "`setval`"),
        ("DO $$ BEGIN PERFORM setval('s', 42); END $$", "", "`setval`"),
        ("DO 'BEGIN EXECUTE ''SELECT setval(s, 42)''; END'", "", "`setval`"),
        (copy.as_str(), "", "COPY to a file or a program"),
        ("INSERT INTO t VALUES (1)", "            transaction: none\n", "outside a transaction"),
    ] {
        let (prober, runbook) = world.prober(&remediation(statement, more), &[]);
        let (remediation, steps) = only_remediation(&runbook);
        let news = prober.rehearse(remediation, &steps, Stop::never(), |_| ()).await;
        let RemediationNews::Rehearsed { server, problem, .. } = &news else { panic!("{news:?}") };
        assert!(problem.as_ref().unwrap().message.contains(told), "{statement}: {problem:?}");
        assert_eq!(server.as_ref().unwrap().database, "postgres", "a production database can still be named");
        assert_eq!(world.one("SELECT last_value::text || (SELECT count(*) FROM t) FROM s").await, "10", "{statement}");
        assert!(!file.exists());
    }
    for statement in ["SELECT setval('s', 42)", copy.as_str()] {
        let probe = format!("        checks:\n          - {{ id: c, title: c, probe: {} }}\n", Value::from(statement));
        let text = format!(
            "version: 1\nid: t\ntitle: t\ntargets:\n  database: {{ postgres: {{ env: DATABASE_URL }} }}\nphases:\n  - title: p\n    steps:\n      - title: s\n{probe}"
        );
        let problems = yaml::read("t.yaml", text.as_bytes()).unwrap_err();
        assert!(format!("{problems:?}").contains("a rollback does not take back"), "{problems:?}");
    }
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_rows_are_rolled_back_even_if_a_cascade_touched_them() {
    let world = World::start(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p ON DELETE CASCADE); \
         INSERT INTO p VALUES (1); INSERT INTO c SELECT 1 FROM generate_series(1, 50)",
    )
    .await;
    let (prober, runbook) =
        world.prober(&remediation("DELETE FROM p WHERE id = 1", "            on: database\n            expect_rows: 1..10\n"), &[]);
    let (deleting, steps) = only_remediation(&runbook);
    let (outcome, results, problem, _) = settled(prober.apply(deleting, &steps, None, Stop::never(), |_| ()).await);
    let message = problem.unwrap().message;
    assert!(outcome == Outcome::RolledBack && message.contains("51 rows") && message.contains("1..10"), "{message}");
    assert_eq!(results[0].rows, 51);
    assert_eq!(world.one("SELECT count(*)::text FROM c").await, "50");

    world.database.run("CREATE TABLE t (n int); INSERT INTO t SELECT 1 FROM generate_series(1, 10000)").await.unwrap();
    let (prober, runbook) =
        world.prober(&remediation("UPDATE t SET n = 2", "            on: database\n            expect_rows: 1..10\n"), &[]);
    let (updating, steps) = only_remediation(&runbook);
    let (outcome, results, problem, transaction) = settled(prober.apply(updating, &steps, None, Stop::never(), |_| ()).await);
    let message = problem.unwrap().message;
    assert!(outcome == Outcome::RolledBack && message.contains("10000 rows") && message.contains("1..10"), "{message}");
    assert_eq!((results[0].rows, transaction), (10_000, None), "it never came to a commit");
    assert_eq!(world.one("SELECT count(*)::text FROM t WHERE n = 2").await, "0");
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_says_where_and_what_to_do() {
    let world = World::start("CREATE TABLE t (name text)").await;
    let (prober, runbook) =
        world.prober(&remediation("CREATE TABLE u (n int); INSERT INTO t (nane) VALUES ('ä')", "            on: database\n"), &[]);
    let (remediation, steps) = only_remediation(&runbook);
    let (outcome, results, problem, _) = settled(prober.apply(remediation, &steps, None, Stop::never(), |_| ()).await);
    let problem = problem.unwrap();
    assert_eq!((outcome, results.len(), problem.statement), (Outcome::RolledBack, 1, Some(1)));
    assert_eq!((problem.sqlstate.as_deref(), problem.position), (Some("42703"), Some(16)), "{problem:?}");
    assert_eq!(world.one("SELECT coalesce(to_regclass('u')::text, 'none')").await, "none");
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_the_lock_is_named_while_it_waits_and_afterwards() {
    let world = World::start("CREATE TABLE t (n int)").await;
    world.database.run("BEGIN; LOCK TABLE t").await.unwrap();
    let (prober, runbook) =
        world.prober(&remediation("ALTER TABLE t ADD COLUMN m int", "            on: database\n            lock_timeout: 2s\n"), &[]);
    let (remediation, steps) = only_remediation(&runbook);
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |news| {
        if let RemediationNews::Progress { statement: 0, waits_for: Some(holder) } = news {
            told.send(holder).unwrap();
        }
    };
    let (outcome, _, problem, _) = settled(prober.apply(remediation, &steps, None, Stop::never(), tell).await);
    let problem = problem.unwrap();
    let pid = world.one("SELECT pg_backend_pid()::text").await;
    assert_eq!((outcome, problem.sqlstate.as_deref()), (Outcome::RolledBack, Some("55P03")));
    for holder in [heard.recv().await.unwrap(), problem.blocked_by.unwrap_or_default()] {
        let (who, since) = holder.split_once(" for ").unwrap();
        assert_eq!(who, format!("pid {pid} (postgres, fracas), idle in transaction"), "{holder}");
        assert!(since.starts_with("00:00:0") && since.ends_with(": BEGIN; LOCK TABLE t"), "{holder}");
    }
    assert_eq!(world.one("SELECT count(*)::text FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'm'").await, "0");

    // Somebody who lets go in time is not waited for any longer.
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |news| {
        if let RemediationNews::Progress { waits_for, .. } = news {
            told.send(waits_for).unwrap();
        }
    };
    let letting_go = async {
        while heard.recv().await.unwrap().is_none() {}
        world.database.run("COMMIT").await.unwrap();
    };
    let (news, ()) = tokio::join!(prober.apply(remediation, &steps, None, Stop::never(), tell), letting_go);
    assert_eq!(settled(news).0, Outcome::Committed);
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ladder_shows_the_rung_that_broke() {
    let world = World::start("").await;
    let items = "        checks:\n          - { id: c, title: c, connect: database }\n";
    let (prober, runbook) = world.prober(items, &[]);
    let answer = prober.ask(only_check(&runbook), Stop::never()).await;
    assert!(matches!(&answer.finding, Finding::Answered { own: Some(true), .. }), "{:?}\n{}", answer.finding, answer.seen);
    assert_eq!(
        (&answer.values["reached"], &answer.values["tls"], &answer.values["pooler"]),
        (&"query".into(), &"none".into(), &false.into())
    );

    // A port that was free a moment ago and that nobody listens on.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgresql+asyncpg://someone:s3cret-word@127.0.0.1:{port}/app?schema=public");
    let surroundings = Surroundings {
        runbook: Arc::clone(&runbook),
        inputs: BTreeMap::new(),
        targets: BTreeMap::from([(Id::new("database"), Connection::Env("ELSEWHERE".to_owned()))]),
        env: BTreeMap::from([("ELSEWHERE".to_owned(), url)]),
        dir: None,
    };
    let prober = Prober::new(surroundings.clone());
    assert_eq!(prober.shown(&Id::new("database")), format!("someone@127.0.0.1:{port}/app"));
    let answer = prober.ask(only_check(&runbook), Stop::never()).await;
    assert!(
        matches!(&answer.finding, Finding::Answered { own: Some(false), summary } if summary.starts_with("tcp: ")),
        "{:?}",
        answer.finding
    );
    assert_eq!(answer.values["reached"], "name");
    assert!(answer.seen.contains("✗ tcp") && answer.seen.contains("asyncpg") && answer.seen.contains("schema"), "{}", answer.seen);

    let unset = Prober::new(Surroundings { env: BTreeMap::new(), ..surroundings });
    let answer = unset.ask(only_check(&runbook), Stop::never()).await;
    assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.contains("ELSEWHERE is not set")), "{:?}", answer.finding);
    world.sandbox.close().await;
}
