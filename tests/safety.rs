//! What a check may ask, and the three layers that keep it to that: the grammar with a list of functions that act, one
//! statement by the extended protocol, a read-only transaction of its own. Each is tried alone, the other two being out of
//! the way, and the server's own log is the witness. Never a statement that is only judged.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "safety/acting.rs"]
mod acting;
#[path = "safety/beside.rs"]
mod beside;
#[path = "support/disk.rs"]
mod disk;
#[path = "safety/honest.rs"]
mod honest;
#[path = "safety/hunt.rs"]
mod hunt;
#[path = "safety/volatile.rs"]
mod volatile;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fracas::base::Value;
use fracas::base::redact::Masker;
use fracas::engine::attempt::{Answer, Finding};
use fracas::runbook::model::{Ask, Connection};
use fracas::runbook::sql::{self, Statement};
use fracas::runbook::yaml;
use fracas::world::postgres::Server;
use fracas::world::postgres::query::{Question, ask};
use fracas::world::prober::{Prober, Stop, Surroundings};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;

use acting::ACTING;
use honest::HONEST;

const INPUTS: [(&str, &str); 5] =
    [("name", "'; DROP TABLE t;--"), ("table", "t"), ("days", "3 days"), ("function", "pg_terminate_backend"), ("slash", "\\")];

/// What the questions are asked of.
const STRUCTURE: &str = r#"
    CREATE TABLE t (n int, name text); INSERT INTO t VALUES (1, 'one'), (2, NULL); CREATE SEQUENCE s;
    CREATE TABLE numbered (id serial); CREATE TABLE "user" (n int); CREATE TABLE alembic_version (version_num text);
    CREATE TABLE "Conversation" (id text, status text, "deletedAt" timestamptz); CREATE SCHEMA upload_pipeline;
    CREATE TABLE upload_pipeline.documents (created_at timestamptz);
    CREATE TABLE upload_pipeline.upload_jobs
        (document_id uuid, status text, error text, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
"#;

async fn asked(sandbox: &Sandbox, statement: &str) -> Answer {
    let inputs: String = INPUTS.iter().map(|(name, _)| format!("  {name}: {{ ask: {name}, optional: true }}\n")).collect();
    // What is judged here is what the program itself does when it asks, so lint must not stand before it.
    let text = format!(
        "version: 1\nid: t\ntitle: t\ninputs:\n{inputs}targets:\n  database: {{ postgres: {{ env: DATABASE_URL }} }}\n\
         phases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n          - {{ id: c, title: c, sql: SELECT 1 }}\n"
    );
    let runbook = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap());
    let prober = Prober::new(Surroundings {
        runbook: Arc::clone(&runbook),
        inputs: INPUTS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        targets: BTreeMap::new(),
        env: BTreeMap::from([("DATABASE_URL".to_owned(), sandbox.url().to_owned())]),
        dir: None,
    });
    let mut check = runbook.checks().next().unwrap().1.clone();
    check.ask = Ask::Sql(statement.to_owned());
    prober.ask(&check, Stop::never()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_acts_is_refused_before_anything_is_sent_and_what_asks_is_answered() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    database.run(STRUCTURE).await.unwrap();
    for setting in ["log_statement = 'all'", "log_connections = on", "log_destination = 'stderr'"] {
        database.run(&format!("ALTER SYSTEM SET {setting}")).await.unwrap();
    }
    database.run("SELECT pg_reload_conf()").await.unwrap();
    // A new connection has read the new settings.
    let witness = Database::connect(sandbox.url()).await.unwrap();
    let log = || std::fs::read_to_string(sandbox.folder().join("postgres.log")).unwrap();

    witness.run("SELECT 'the acting begin'").await.unwrap();
    for statement in ACTING {
        let answer = asked(&sandbox, statement).await;
        assert!(matches!(answer.finding, Finding::Inconclusive(_)), "{statement}: {:?}", answer.finding);
    }
    witness.run("SELECT 'the acting end'").await.unwrap();
    let said = log();
    let between = said.split("the acting begin").nth(1).and_then(|rest| rest.split("the acting end").next()).unwrap();
    // Neither a statement nor a parse that failed, nor so much as a connection.
    assert!(between.lines().count() <= 2 && between.matches("LOG:").count() == 1, "the server heard of more than the witness:\n{between}");

    let mut unanswered = Vec::new();
    for statement in HONEST {
        let answer = asked(&sandbox, statement).await;
        if !matches!(answer.finding, Finding::Answered { .. }) {
            unanswered.push((statement, answer.finding));
        }
        let text = Value::from(*statement);
        let runbook = format!(
            "version: 1\nid: t\ntitle: t\ninputs:\n  name: {{ ask: n }}\n  table: {{ ask: t }}\n  days: {{ ask: d }}\ntargets:\n  \
             database: {{ postgres: {{ env: DATABASE_URL }} }}\nphases:\n  - title: p\n    steps:\n      - title: s\n        \
             checks:\n          - {{ id: c, title: c, sql: {text} }}\n"
        );
        yaml::read("t.yaml", runbook.as_bytes()).unwrap_or_else(|problems| panic!("{statement}: {problems:?}"));
    }
    assert!(unanswered.is_empty(), "{unanswered:#?}");
    let heard = log();
    let heard = heard.split("the acting end").nth(1).unwrap();
    assert!(heard.matches("connection authorized").count() >= HONEST.len(), "the log would have told of the acting ones as well");
    assert_eq!(witness.rows("SELECT count(*)::text FROM t", &[]).await.unwrap()[0][0].as_deref(), Some("2"));
    for corpus in [ACTING, HONEST] {
        assert!(corpus.len() >= 150 && corpus.iter().collect::<BTreeSet<_>>().len() == corpus.len());
    }
    sandbox.close().await;
}

/// A statement that nobody judged: as the first layer would have passed it, had it been blind.
fn unjudged(text: &str) -> Statement {
    let inputs = (BTreeMap::new(), BTreeSet::new());
    // SHOW is sent as it is written, not inside another statement, where a second one could not stand anyway.
    Statement { text: text.to_owned(), shown: text.to_owned(), ..sql::question("SHOW ALL", &inputs.0, &inputs.1).unwrap() }
}

async fn sent(server: &Server, text: &str, read_only: bool, timeout: Duration) -> Answer {
    let statements = [unjudged(text)];
    let question = Question { statements: &statements, read_only, role: None, timeout, qualified: false };
    ask(server, &question, &Masker::default(), Stop::never()).await
}

struct Bare {
    sandbox: Sandbox,
    database: Database,
    server: Server,
}

impl Bare {
    async fn start() -> Self {
        let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
        let database = Database::connect(sandbox.url()).await.unwrap();
        database.run("CREATE TABLE t (n int); INSERT INTO t VALUES (1)").await.unwrap();
        let server = Server::resolve(&Connection::Url(sandbox.url().to_owned()), &|_| None).unwrap();
        Self { sandbox, database, server }
    }

    async fn one(&self, statement: &str) -> String {
        self.database.rows(statement, &[]).await.unwrap()[0][0].clone().unwrap_or_default()
    }
}

/// The second layer alone: nothing has judged the text, and the transaction may write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_protocol_alone_sends_one_statement() {
    let bare = Bare::start().await;
    let patient = Duration::from_secs(10);
    for text in ["SELECT 1; DROP TABLE t", "SELECT 1; COMMIT; DROP TABLE t", "COMMIT; TRUNCATE t", "SELECT 1;;SELECT 2"] {
        let answer = sent(&bare.server, text, false, patient).await;
        let Finding::Inconclusive(why) = &answer.finding else { panic!("{text}: {:?}", answer.finding) };
        assert!(why.contains("cannot insert multiple commands into a prepared statement"), "{text}: {why}");
    }
    // The way that a statement of a probe takes, which answers with no rows.
    let written = Statement { returns_rows: false, ..unjudged("INSERT INTO t VALUES (2); COMMIT") };
    let question = Question { statements: &[written], read_only: false, role: None, timeout: patient, qualified: false };
    let answer = ask(&bare.server, &question, &Masker::default(), Stop::never()).await;
    assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.contains("multiple commands")), "{:?}", answer.finding);
    assert_eq!(bare.one("SELECT string_agg(n::text, ',') FROM t").await, "1");
    bare.sandbox.close().await;
}

/// The third layer alone: single statements that write, past whoever should have seen it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transaction_alone_only_reads_in_time_and_leaves_nothing() {
    let bare = Bare::start().await;
    let patient = Duration::from_secs(10);
    bare.database.run("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM t RETURNING n'").await.unwrap();
    for text in [
        "INSERT INTO t VALUES (2)",
        "DROP TABLE t",
        "WITH d AS (DELETE FROM t RETURNING n) SELECT n FROM d",
        "SELECT f()",
        "SELECT * FROM t FOR UPDATE",
    ] {
        let answer = sent(&bare.server, text, true, patient).await;
        let Finding::Inconclusive(why) = &answer.finding else { panic!("{text}: {:?}", answer.finding) };
        assert!(why.contains("read-only transaction"), "{text}: {why}");
    }
    // What would leave the transaction, or make it write, ends with it.
    for text in
        ["SELECT set_config('transaction_read_only', 'off', false), f()", "SET transaction_read_only = off", "SET SESSION work_mem = '1MB'"]
    {
        let _ = sent(&bare.server, text, true, patient).await;
    }
    assert_eq!(bare.one("SELECT string_agg(n::text, ',') FROM t").await, "1");
    let said = |setting: &'static str| {
        let bare = &bare;
        async move {
            let answer = sent(&bare.server, &format!("SELECT current_setting('{setting}')"), true, patient).await;
            answer.values["value"].as_str().unwrap().to_owned()
        }
    };
    assert_eq!(said("transaction_read_only").await, "on");
    assert_eq!(said("statement_timeout").await, "10s");
    assert_eq!(said("lock_timeout").await, "1s");
    assert_eq!(said("work_mem").await, bare.one("SHOW work_mem").await);
    // A connection of its own: no other's settings, locks or transactions are touched by what it does.
    let own = sent(&bare.server, "SELECT pg_backend_pid()::text", true, patient).await.values["value"].clone();
    assert_ne!(own.as_str().unwrap(), bare.one("SELECT pg_backend_pid()::text").await);

    // The server keeps the time by itself, and tells a lock that it does not get from an answer.
    bare.database.run("BEGIN; LOCK TABLE t").await.unwrap();
    let answer = sent(&bare.server, "SELECT n FROM t", true, patient).await;
    assert!(matches!(&answer.finding, Finding::Inconclusive(why) | Finding::TimedOut(why) if !why.is_empty()), "{:?}", answer.finding);
    bare.database.run("ROLLBACK").await.unwrap();
    let answer = sent(&bare.server, "SELECT pg_sleep(60)", true, Duration::from_millis(100)).await;
    assert!(matches!(answer.finding, Finding::TimedOut(_)), "{:?}", answer.finding);
    bare.sandbox.close().await;
}

/// The first layer's list against a server's own: every function it brings along that is volatile is known to act or to do
/// no harm, and none that acts can be reached without its name in front of a parenthesis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_volatile_function_of_a_server_is_judged() {
    let bare = Bare::start().await;
    for extension in bare.database.rows("SELECT name FROM pg_available_extensions ORDER BY name", &[]).await.unwrap() {
        let name = extension[0].clone().unwrap();
        bare.database.run(&format!("CREATE EXTENSION IF NOT EXISTS \"{name}\" CASCADE")).await.unwrap();
    }
    let callable = "FROM pg_proc WHERE prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND oid <> 'f'::regproc";
    bare.database.run("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'").await.unwrap();
    let acts = |name: &str| {
        let refused = sql::question(&format!("SELECT {name}()"), &BTreeMap::new(), &BTreeSet::new());
        refused.is_err_and(|why| why.contains("which acts"))
    };
    let names = |rows: Vec<Vec<Option<String>>>| rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect::<Vec<_>>();
    let of_server = names(
        bare.database.rows(&format!("SELECT DISTINCT proname::text {callable} AND provolatile = 'v' ORDER BY 1"), &[]).await.unwrap(),
    );
    let unjudged: Vec<&String> = of_server.iter().filter(|name| !acts(name) && !volatile::is_harmless(name)).collect();
    assert!(unjudged.is_empty(), "neither in src/runbook/sql/acting.rs nor in tests/safety/volatile.rs: {unjudged:#?}");
    assert!(of_server.iter().all(|name| !(acts(name) && volatile::is_harmless(name))), "a function is in both lists");

    // A row can be handed to a function by a dot, an operator calls one by a sign, a cast by a type.
    for hidden in [
        "SELECT proname::text FROM pg_proc WHERE pronargs - pronargdefaults <= 1 AND pronargs > 0 AND proargtypes[0]::regtype::text IN \
         ('record', '\"any\"', 'anyelement', 'anynonarray', 'anycompatible', 'anycompatiblenonarray') \
         OR EXISTS (SELECT FROM pg_type WHERE pg_type.oid = proargtypes[0] AND typtype = 'c')",
        "SELECT proname::text FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode",
        "SELECT proname::text FROM pg_cast JOIN pg_proc ON pg_proc.oid = castfunc",
        "SELECT proname::text FROM pg_type JOIN pg_proc ON pg_proc.oid IN (typinput, typoutput, typsend)",
        "SELECT proname::text FROM pg_aggregate JOIN pg_proc ON pg_proc.oid IN (aggtransfn, aggfinalfn, aggcombinefn)",
    ] {
        let reached: Vec<String> = names(bare.database.rows(hidden, &[]).await.unwrap()).into_iter().filter(|name| acts(name)).collect();
        assert!(reached.is_empty(), "{reached:?} by {hidden}");
    }
    bare.sandbox.close().await;
}

/// Made-up statements that the first layer lets through, sent without the other two: none may call what it says not to see.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_is_a_string_here_and_a_call_there() {
    let bare = Bare::start().await;
    bare.database
        .run("CREATE SEQUENCE s; CREATE FUNCTION lo_hunted() RETURNS bigint LANGUAGE sql AS 'SELECT nextval(''s'')'")
        .await
        .unwrap();
    let rounds: usize = std::env::var("FRACAS_HUNT").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(2_000);
    let (mut numbers, mut answered) = (hunt::Numbers(0x5eed_f2ac_a500_0001), 0);
    for _ in 0..rounds {
        let text = hunt::passed(&mut numbers);
        answered += usize::from(bare.database.rows(&text, &[]).await.is_ok());
        if answered % 100 == 0 {
            assert_eq!(bare.one("SELECT is_called::text FROM s").await, "false", "the last hundred before: {text:?}");
        }
    }
    assert_eq!(bare.one("SELECT is_called::text FROM s").await, "false");
    // Without answers nothing would have been hunted at all; and the call is one that would have been seen.
    assert!(answered * 20 > rounds, "{answered} of {rounds} were SQL to the server");
    bare.database.rows(&format!("SELECT {}::text", hunt::CALL), &[]).await.unwrap();
    assert_eq!(bare.one("SELECT is_called::text FROM s").await, "true");
    bare.sandbox.close().await;
}
