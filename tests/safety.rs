//! What a check may ask: a corpus of statements that act, each refused before anything is sent, and one of
//! honest questions, each answered. The server's own log is the witness. Never a statement that is only judged.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fracas::base::Value;
use fracas::engine::attempt::{Answer, Finding};
use fracas::runbook::yaml;
use fracas::world::prober::{Prober, Stop, Surroundings};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;

/// Statements that change, lock, end, wait for or reach something, most of them well inside READ ONLY.
const ACTING: &[&str] = &[
    // More than one statement, and transactions of the author's own.
    "SELECT 1; COMMIT; DROP TABLE t",
    "SELECT 1; SELECT 2",
    "COMMIT",
    "BEGIN; DROP TABLE t",
    "ROLLBACK",
    "ABORT",
    "END",
    "SAVEPOINT a",
    "START TRANSACTION READ WRITE",
    "SET TRANSACTION READ WRITE",
    "PREPARE TRANSACTION 'a'",
    "SELECT 1 /* ; */ ; DROP TABLE t --",
    "SELECT $$a$$; DROP TABLE t; SELECT $$b$$",
    // What writes.
    "INSERT INTO t VALUES (1)",
    "INSERT INTO t VALUES (1) RETURNING n",
    "UPDATE t SET n = 2",
    "DELETE FROM t",
    "MERGE INTO t USING t AS s ON false WHEN NOT MATCHED THEN INSERT VALUES (1)",
    "TRUNCATE t",
    "DROP TABLE t",
    "CREATE TABLE u (n int)",
    "CREATE TEMP TABLE u (n int)",
    "CREATE TABLE u AS SELECT 1",
    "ALTER TABLE t ADD COLUMN m int",
    "GRANT ALL ON t TO public",
    "COMMENT ON TABLE t IS 'x'",
    "WITH d AS (DELETE FROM t RETURNING n) SELECT * FROM d",
    "WITH a AS (SELECT 1), d AS (UPDATE t SET n = 3 RETURNING n) SELECT * FROM a, d",
    "SELECT * FROM (WITH d AS (INSERT INTO t VALUES (9) RETURNING n) SELECT * FROM d) q",
    "SELECT n INTO u FROM t",
    "SELECT 1 AS n INTO TEMP u",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t",
    "EXPLAIN ANALYSE INSERT INTO t VALUES (1)",
    "EXPLAIN (FORMAT json, ANALYZE true) UPDATE t SET n = 2",
    // What locks, listens, sets or runs.
    "LOCK TABLE t",
    "SELECT * FROM t FOR UPDATE",
    "SELECT * FROM t FOR NO KEY UPDATE",
    "SELECT * FROM t FOR SHARE",
    "SELECT * FROM (SELECT * FROM t FOR KEY SHARE SKIP LOCKED) q",
    "SET statement_timeout = 0",
    "SET LOCAL ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    "RESET ALL",
    "DISCARD ALL",
    "NOTIFY a",
    "LISTEN a",
    "VACUUM t",
    "ANALYZE t",
    "CHECKPOINT",
    "LOAD 'auto_explain'",
    "REINDEX TABLE t",
    "CALL p()",
    "DO $$ BEGIN DELETE FROM t; END $$",
    "PREPARE a AS DELETE FROM t",
    "EXECUTE a",
    "EXPLAIN EXECUTE a",
    "DECLARE c CURSOR FOR SELECT 1",
    "COPY t TO PROGRAM 'touch /nowhere/m'",
    "COPY t FROM PROGRAM 'echo 1'",
    "COPY (SELECT 1) TO '/nowhere/m'",
    "COPY t FROM STDIN",
    "ALTER SYSTEM SET work_mem = '1MB'",
    // Functions that act although a SELECT calls them.
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity",
    "SELECT PG_TERMINATE_BACKEND (1)",
    "SELECT pg_catalog.pg_terminate_backend(1)",
    "SELECT \"pg_terminate_backend\"(1)",
    "SELECT pg_catalog . \"pg_terminate_backend\" /* a */ -- b\n (1)",
    "SELECT U&\"pg\\005fterminate_backend\"(1)",
    "SELECT U&\"pg!005fterminate_backend\" UESCAPE '!' (1)",
    "SELECT 1 -- \r, pg_terminate_backend(1)",
    "SELECT x$$, pg_terminate_backend(1) FROM (SELECT 1) AS q (x$$) --$$",
    "SELECT 'a\\', pg_terminate_backend(1) --'",
    "SELECT E'\\'', pg_terminate_backend(1) --'",
    "SELECT /* /* */ */ pg_terminate_backend(1)",
    "SELECT CASE WHEN true THEN pg_terminate_backend(1) END",
    "SELECT 1 WHERE EXISTS (SELECT FROM t ORDER BY pg_terminate_backend(n))",
    "VALUES (pg_terminate_backend(1))",
    "SELECT :\"function\"(1)",
    "SELECT nextval('s')",
    "SELECT setval('s', 1)",
    "SELECT pg_notify('a', 'b')",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1)",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "SELECT lo_create(0)",
    "SELECT lo_export(1, '/nowhere/m')",
    "SELECT lo_import('/etc/hostname')",
    "SELECT lowrite(0, 'x')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT * FROM pg_ls_dir('/')",
    "SELECT pg_stat_file('/etc/passwd')",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "SELECT pg_promote()",
    "SELECT pg_create_restore_point('a')",
    "SELECT pg_create_physical_replication_slot('a')",
    "SELECT pg_drop_replication_slot('a')",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT pg_stat_reset()",
    "SELECT pg_stat_statements_reset()",
    "SELECT txid_current()",
    "SELECT * FROM dblink('dbname=postgres', 'DROP TABLE t') AS q (a text)",
    "SELECT dblink_exec('dbname=postgres', 'DROP TABLE t')",
    "SELECT query_to_xml('SELECT pg_terminate_backend(1)', true, true, '')",
    "SELECT * FROM ts_stat('SELECT pg_terminate_backend(1)')",
    "SELECT brin_summarize_new_values('i')",
    "SELECT gin_clean_pending_list('i')",
    "SELECT heap_force_kill('t', ARRAY['(0,1)']::tid[])",
    // What nobody can read to its end.
    "SELECT 'a",
    "SELECT $$a",
    "SELECT /* a",
    "",
    "-- nothing",
];

/// Questions that an honest author asks.
const HONEST: &[&str] = &[
    "SELECT 1",
    "SELECT 1;",
    "select count(*) from t",
    "  SELECT 1 -- the end",
    "/* first */ SELECT 1 /* last */ ;",
    "TABLE t",
    "VALUES (1, 'a'), (2, 'b')",
    "(SELECT 1) UNION ALL (SELECT 2)",
    "SELECT 1 EXCEPT SELECT 2",
    "WITH a AS (SELECT n FROM t) SELECT count(*) FROM a",
    "WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 5) SELECT max(n) FROM a",
    "SHOW server_version",
    "SHOW ALL",
    "EXPLAIN SELECT * FROM t",
    "EXPLAIN (FORMAT json) SELECT * FROM t WHERE n = 1",
    "SELECT 'DROP TABLE t; COMMIT' AS text",
    "SELECT 'it''s' AS a, E'it\\'s' AS b, $$it's$$ AS c, $tag$ pg_terminate_backend(1) $tag$ AS d",
    "SELECT 'pg_terminate_backend(1)' AS only_a_text",
    "SELECT \"update\", \"delete\" FROM (SELECT 1, 2) AS q (\"update\", \"delete\")",
    "SELECT 1 AS \"insert\", 2 AS \"drop\"",
    "SELECT 1 -- pg_terminate_backend(1)\n",
    "SELECT /* COPY t TO PROGRAM 'x' */ 2 AS two",
    "SELECT :'name'",
    "SELECT count(*) FROM t WHERE name = :'name'",
    "SELECT count(*) FROM :\"table\"",
    "SELECT INTERVAL :'days' AS waited",
    "SELECT now() - INTERVAL '5 minutes' AS since",
    "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'",
    "SELECT pid, usename, state, left(query, 80) AS query FROM pg_stat_activity ORDER BY pid",
    "SELECT pg_blocking_pids(pg_backend_pid())",
    "SELECT relname, n_dead_tup, last_autovacuum FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10",
    "SELECT pg_size_pretty(pg_database_size(current_database()))",
    "SELECT pg_size_pretty(pg_total_relation_size('t'))",
    "SELECT pg_is_in_recovery()",
    "SELECT pg_last_wal_replay_lsn()",
    "SELECT pg_current_wal_lsn()",
    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')",
    "SELECT slot_name, active FROM pg_replication_slots",
    "SELECT * FROM pg_locks WHERE NOT granted",
    "SELECT datname, age(datfrozenxid) FROM pg_database",
    "SELECT schema_name FROM information_schema.schemata",
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'",
    "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 't'",
    "SELECT indexrelid::regclass AS invalid FROM pg_index WHERE NOT indisvalid",
    "SELECT conname, convalidated FROM pg_constraint",
    "SELECT extname, extversion FROM pg_extension",
    "SELECT to_regclass('public.t') IS NOT NULL AS there",
    "SELECT has_table_privilege('t', 'INSERT')",
    "SELECT has_schema_privilege('public', 'CREATE')",
    "SELECT current_setting('max_connections')::int - count(*) AS free FROM pg_stat_activity",
    "SELECT setting FROM pg_settings WHERE name = 'wal_level'",
    "SELECT last_value, is_called FROM s",
    "SELECT n, row_number() OVER (PARTITION BY n ORDER BY name) FROM t",
    "SELECT count(*) FILTER (WHERE n > 1) AS many, sum(n) FROM t GROUP BY GROUPING SETS ((), (n))",
    "SELECT DISTINCT ON (n) n, name FROM t ORDER BY n, name",
    "SELECT q.n FROM t AS q LEFT JOIN LATERAL (SELECT q.n) AS l ON true",
    "SELECT '{\"a\": [1, 2]}'::jsonb -> 'a' ->> 0 AS first",
    "SELECT jsonb_array_length('[1, 2, 3]')",
    "SELECT array_agg(n ORDER BY n) FROM t",
    "SELECT (ARRAY[1, 2, 3])[2:3]",
    "SELECT unnest(ARRAY['a', 'b']) AS one",
    "SELECT generate_series(1, 3) AS n",
    "SELECT string_agg(name, ', ') FROM t",
    "SELECT coalesce(max(n), 0) AS highest, nullif(0, 0) AS nothing FROM t",
    "SELECT CASE WHEN count(*) > 0 THEN 'some' ELSE 'none' END AS said FROM t",
    "SELECT count(*) FROM t WHERE name ~ '^pg_' OR name LIKE 'pg\\_%' OR name ILIKE '%x'",
    "SELECT extract(epoch FROM now() - '2026-01-01'::timestamptz)::int > 0 AS later",
    "SELECT gen_random_uuid() IS NOT NULL AS random",
    "SELECT version()",
    "SELECT inet_server_addr(), inet_server_port()",
    "SELECT md5('a'), encode(sha256('a'), 'hex')",
    "SELECT n FROM t TABLESAMPLE SYSTEM (100)",
    "SELECT count(*) FROM t WHERE EXISTS (SELECT FROM t AS u WHERE u.n = t.n)",
    "SELECT 1 AS \"with space\", 2 AS \"ümlaut\"",
];

const INPUTS: [(&str, &str); 4] =
    [("name", "'; DROP TABLE t;--"), ("table", "t"), ("days", "3 days"), ("function", "pg_terminate_backend")];

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
    check.ask = fracas::runbook::model::Ask::Sql(statement.to_owned());
    prober.ask(&check, Stop::never()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_acts_is_refused_before_anything_is_sent_and_what_asks_is_answered() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    database.run("CREATE TABLE t (n int, name text); INSERT INTO t VALUES (1, 'one'), (2, NULL); CREATE SEQUENCE s").await.unwrap();
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
    assert_eq!(between.matches("LOG:").count(), 1, "the server heard of nothing but the witness:\n{between}");

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
    assert!(ACTING.len() >= 60 && HONEST.len() >= 60);
    sandbox.close().await;
}
