//! What a plan says of a statement against a real server: the locks it takes, whether it runs inside a transaction, whether
//! it writes its table anew, and that every danger comes with a safer form. Never an expectation written by hand where the
//! server can be asked.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fracas::runbook::sql::{self, Statement};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;

const STRUCTURE: &str = "
    CREATE TABLE u (n int PRIMARY KEY);
    CREATE TABLE t (n int, m int, name text, CONSTRAINT positive CHECK (m > 0) NOT VALID);
    CREATE INDEX i ON t (n); CREATE UNIQUE INDEX once ON t (m);
    CREATE TABLE k (n int CONSTRAINT refers REFERENCES u);
    CREATE TABLE o (n int); CREATE INDEX oi ON o (n);
    INSERT INTO t SELECT n, n, 'a' FROM generate_series(1, 10) AS n;
    CREATE TABLE p (n int) PARTITION BY LIST (n); CREATE TABLE c PARTITION OF p FOR VALUES IN (1); CREATE TABLE d (n int);
    CREATE VIEW v AS SELECT 1 AS n; CREATE MATERIALIZED VIEW z AS SELECT 1 AS n; CREATE UNIQUE INDEX zi ON z (n);
    CREATE SEQUENCE s; CREATE SCHEMA h; CREATE TABLE h.t (n int);
    CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
    CREATE POLICY y ON t; CREATE RULE r AS ON INSERT TO o DO ALSO NOTHING;
    CREATE TYPE mood AS ENUM ('calm')";

/// Statements that run inside a transaction.
const INSIDE: &[&str] = &[
    "SELECT n FROM t",
    "SELECT n FROM t FOR UPDATE",
    "SELECT t.n FROM t JOIN u USING (n) FOR NO KEY UPDATE",
    "INSERT INTO t VALUES (20, 20)",
    "UPDATE t SET m = 3 WHERE n = 3",
    "DELETE FROM t WHERE n = 1",
    "WITH gone AS (DELETE FROM t WHERE n = 2 RETURNING n) INSERT INTO d SELECT n FROM gone",
    "MERGE INTO t USING d ON t.n = d.n WHEN MATCHED THEN DELETE",
    "COPY t (n) FROM '/dev/null'",
    "TRUNCATE t",
    "TRUNCATE t, d",
    "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE",
    "LOCK t, d",
    "LOCK TABLE ONLY d IN ROW SHARE MODE",
    "CREATE TABLE a (n int)",
    "CREATE TABLE a (n int REFERENCES u)",
    "CREATE TABLE IF NOT EXISTS a (n int, FOREIGN KEY (n) REFERENCES u (n))",
    "CREATE TABLE a PARTITION OF p FOR VALUES IN (2)",
    "CREATE TABLE a () INHERITS (d)",
    "CREATE TABLE a AS SELECT n FROM t",
    "CREATE VIEW a AS SELECT n FROM t",
    "CREATE OR REPLACE VIEW v AS SELECT 2 AS n",
    "CREATE MATERIALIZED VIEW a AS SELECT n FROM t",
    "CREATE INDEX ON t (name)",
    "CREATE UNIQUE INDEX IF NOT EXISTS a ON t (m, n)",
    "DROP INDEX i",
    "REINDEX TABLE t",
    "REINDEX INDEX i",
    "ALTER INDEX i RENAME TO j",
    "ALTER INDEX i SET (fillfactor = 70)",
    "CREATE TRIGGER a AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    "DROP TRIGGER g ON t",
    "ALTER TRIGGER g ON t RENAME TO a",
    "CREATE RULE a AS ON DELETE TO t DO ALSO NOTHING",
    "DROP RULE r ON o",
    "ALTER RULE r ON o RENAME TO a",
    "CREATE POLICY a ON t",
    "ALTER POLICY y ON t USING (true)",
    "DROP POLICY y ON t",
    "ALTER TABLE t ADD COLUMN a int",
    "ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 3",
    "ALTER TABLE t ADD COLUMN IF NOT EXISTS a timestamptz DEFAULT now()",
    "ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    "ALTER TABLE t ADD COLUMN a timestamptz DEFAULT pg_catalog.clock_timestamp()",
    "ALTER TABLE t ADD COLUMN a bigserial",
    "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE t ADD COLUMN a int GENERATED ALWAYS AS (n + 1) STORED",
    "ALTER TABLE t ADD COLUMN a int REFERENCES u",
    "ALTER TABLE t ADD COLUMN a int UNIQUE",
    "ALTER TABLE t ADD COLUMN a text DEFAULT lower('A') || current_setting('server_version')",
    "ALTER TABLE t DROP COLUMN name",
    "ALTER TABLE t ALTER COLUMN n TYPE bigint",
    "ALTER TABLE t ALTER n SET DATA TYPE text USING n::text",
    "ALTER TABLE t ALTER n SET NOT NULL",
    "ALTER TABLE t ALTER n DROP NOT NULL",
    "ALTER TABLE t ALTER n SET DEFAULT 3",
    "ALTER TABLE t ALTER n SET STATISTICS 100",
    "ALTER TABLE t ALTER n SET (n_distinct = 5)",
    "ALTER TABLE t ALTER name SET STORAGE external",
    "ALTER TABLE t SET (fillfactor = 70, autovacuum_enabled = off)",
    "ALTER TABLE t RESET (fillfactor)",
    "ALTER TABLE t ADD CONSTRAINT a FOREIGN KEY (n) REFERENCES u (n) NOT VALID",
    "ALTER TABLE d ADD FOREIGN KEY (n) REFERENCES u",
    "ALTER TABLE t ADD CHECK (n > 0)",
    "ALTER TABLE t ADD CONSTRAINT a CHECK (n > 0) NOT VALID",
    "ALTER TABLE t VALIDATE CONSTRAINT positive",
    "ALTER TABLE k VALIDATE CONSTRAINT refers",
    "ALTER TABLE t ADD PRIMARY KEY (m)",
    "ALTER TABLE t ADD UNIQUE (m)",
    "ALTER TABLE t ADD CONSTRAINT a UNIQUE USING INDEX once",
    "ALTER TABLE t DROP CONSTRAINT positive",
    "ALTER TABLE t RENAME COLUMN n TO a",
    "ALTER TABLE t RENAME TO a",
    "ALTER TABLE t RENAME CONSTRAINT positive TO a",
    "ALTER TABLE t SET SCHEMA h2",
    "ALTER TABLE t OWNER TO postgres",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE t DISABLE TRIGGER g",
    "ALTER TABLE t ENABLE ALWAYS TRIGGER g",
    "ALTER TABLE t CLUSTER ON i",
    "ALTER TABLE t SET WITHOUT CLUSTER",
    "ALTER TABLE t REPLICA IDENTITY FULL",
    "ALTER TABLE t SET UNLOGGED",
    "ALTER TABLE t VALIDATE CONSTRAINT positive, ALTER n SET DEFAULT 4",
    "ALTER TABLE p ATTACH PARTITION d FOR VALUES IN (2)",
    "ALTER TABLE p DETACH PARTITION c",
    "ALTER TABLE d INHERIT o",
    "ALTER VIEW v RENAME TO a",
    "ALTER MATERIALIZED VIEW z RENAME TO a",
    "ALTER SEQUENCE s INCREMENT 2",
    "DROP TABLE d",
    "DROP TABLE IF EXISTS d, o",
    "DROP VIEW v",
    "DROP MATERIALIZED VIEW z",
    "DROP SEQUENCE s",
    "DROP SCHEMA h CASCADE",
    "REFRESH MATERIALIZED VIEW z",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY z",
    "CLUSTER t USING i",
    "ANALYZE t",
    "COMMENT ON TABLE t IS 'a'",
    "COMMENT ON COLUMN t.n IS 'a'",
    "COMMENT ON VIEW v IS 'a'",
    "CREATE STATISTICS a ON n, m FROM t",
    "CREATE PUBLICATION a FOR TABLE t",
    "GRANT SELECT ON t TO public",
    "REVOKE ALL ON t FROM public",
    "CREATE SCHEMA a",
    "CREATE ROLE a",
    "CREATE EXTENSION IF NOT EXISTS plpgsql",
    "ALTER TYPE mood ADD VALUE 'wild'",
    "ALTER DATABASE postgres SET work_mem = '4MB'",
    "NOTIFY a",
    "SET LOCAL work_mem = '4MB'",
    "DO $$ BEGIN END $$",
];

/// Statements that the server refuses inside a transaction, those first that take locks on a table.
const OUTSIDE: &[&str] = &[
    "CREATE INDEX CONCURRENTLY a ON t (name)",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON t (n)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX TABLE CONCURRENTLY t",
    "REINDEX (VERBOSE, CONCURRENTLY) INDEX i",
    "VACUUM t",
    "VACUUM (ANALYZE) t",
    "VACUUM FULL t",
    "VACUUM (FULL, VERBOSE) t",
    "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
    "VACUUM",
    "CLUSTER",
    "REINDEX DATABASE postgres",
    "REINDEX SCHEMA public",
    "REINDEX SYSTEM postgres",
    "CREATE DATABASE a",
    "DROP DATABASE IF EXISTS a",
    "ALTER DATABASE template1 SET TABLESPACE pg_default",
    "CREATE TABLESPACE a LOCATION '/nowhere'",
    "DROP TABLESPACE IF EXISTS a",
    "ALTER SYSTEM SET work_mem = '4MB'",
    "DISCARD ALL",
    "CREATE SUBSCRIPTION a CONNECTION 'dbname=postgres' PUBLICATION b",
];

struct World {
    sandbox: Sandbox,
    database: Database,
}

impl World {
    async fn start() -> Self {
        let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
        let database = Database::connect(sandbox.url()).await.unwrap();
        database.run(STRUCTURE).await.unwrap();
        database.run("CREATE SCHEMA h2").await.unwrap();
        Self { sandbox, database }
    }
}

fn prepared(text: &str) -> Statement {
    let mut statements = sql::prepare(text, &BTreeMap::new(), &BTreeSet::new()).unwrap_or_else(|problem| panic!("{text}: {problem}"));
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0)
}

/// What a plan says, by what is locked: `t` → `SHARE`. Where it cannot name a thing, the thing this test has.
fn announced(statement: &Statement) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in statement.lock.iter().flat_map(|lock| lock.split("; ")) {
        let (mode, rest) = part.split_once(" on ").unwrap();
        let (things, effect) = rest.split_once(": ").unwrap();
        assert!(!effect.is_empty());
        for thing in things.split(", ") {
            let named: &[&str] = match thing {
                "the index and its table" => &["i", "t"],
                "the index" => &["i"],
                "its table" | "the table" => &["t"],
                "the view" => &["v"],
                "if it is there" => &[],
                "everything that is dropped" => &["h.t"],
                name => &[name],
            };
            found.extend(named.iter().map(|name| ((*name).to_owned(), mode.to_owned())));
        }
    }
    found
}

/// PostgreSQL's name of a mode in the words of its manual: `ShareRowExclusiveLock` → `SHARE ROW EXCLUSIVE`.
fn spelt(mode: &str) -> String {
    let mut words = String::new();
    for c in mode.trim_end_matches("Lock").chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_uppercase());
    }
    words
}

const STRENGTH: [&str; 8] = [
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
];

fn strength(mode: &str) -> usize {
    STRENGTH.iter().position(|known| *known == mode).unwrap_or_else(|| panic!("{mode} is no mode"))
}

/// The strongest lock on each thing that was there before, and its kind.
async fn taken(database: &Database, of: &str) -> BTreeMap<String, (String, String)> {
    let ask = format!(
        "SELECT known.name, known.kind, mode FROM pg_locks JOIN pg_temp.known ON known.oid = relation WHERE locktype = 'relation' AND {of}"
    );
    let mut found: BTreeMap<String, (String, String)> = BTreeMap::new();
    for row in database.rows(&ask, &[]).await.unwrap() {
        let [Some(name), Some(kind), Some(mode)] = &row[..] else { panic!("{row:?}") };
        let mode = spelt(mode);
        let strongest = found.entry(name.clone()).or_insert_with(|| (kind.clone(), mode.clone()));
        if strength(&mode) > strength(&strongest.1) {
            strongest.1 = mode;
        }
    }
    found
}

const REMEMBER: &str = "CREATE TEMP TABLE known AS SELECT oid, CASE relnamespace WHEN 'h'::regnamespace THEN 'h.' ELSE '' END || relname::text AS name, \
     relkind::text AS kind FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'h'::regnamespace)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_locks_of_a_plan_are_those_of_the_server() {
    let world = World::start().await;
    world.database.run(REMEMBER).await.unwrap();
    let mut wrong = Vec::new();
    for text in INSIDE {
        let statement = prepared(text);
        let before = filenode(&world.database).await;
        world.database.run("BEGIN").await.unwrap();
        if let Err(problem) = world.database.run(text).await {
            panic!("{text}: {problem}");
        }
        assert!(!statement.needs_no_transaction, "{text}");
        let taken = taken(&world.database, "pid = pg_backend_pid()").await;
        let after = filenode(&world.database).await;
        world.database.run("ROLLBACK").await.unwrap();

        let announced = announced(&statement);
        for (thing, mode) in &announced {
            let real = taken.get(thing).map(|(_, mode)| mode.as_str());
            // A table that nobody knew before, such as what a statement makes, is locked by nobody else.
            if real != Some(mode) {
                wrong.push(format!("{text}: {mode} is announced on {thing}, the server takes {real:?}"));
            }
        }
        for (thing, (kind, mode)) in taken.iter().filter(|(thing, _)| !announced.contains_key(*thing)) {
            if strength(mode) > strength("ROW SHARE") && kind != "i" {
                wrong.push(format!("{text}: {mode} on {thing} is not announced"));
            }
        }
        let says_so = statement.cautions.iter().any(|caution| caution.contains("anew"));
        if text.starts_with("ALTER TABLE t") && before.zip(after).is_some_and(|(before, after)| (before != after) != says_so) {
            wrong.push(format!("{text}: that rows are written anew is said: {says_so}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.sandbox.close().await;
}

/// Where the rows of `t` lie: another number means that they were all written anew.
async fn filenode(database: &Database) -> Option<String> {
    database.rows("SELECT pg_relation_filenode(to_regclass('t'))::text", &[]).await.unwrap()[0][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_run_in_a_transaction_is_known_and_its_locks_too() {
    let world = World::start().await;
    world.database.run(REMEMBER).await.unwrap();
    for text in OUTSIDE {
        let statement = prepared(text);
        let problem = world.database.run(&format!("BEGIN; {text}")).await.unwrap_err();
        assert_eq!(problem.sqlstate.as_deref(), Some("25001"), "{text}: {problem}");
        world.database.run("ROLLBACK").await.unwrap();
        assert!(statement.needs_no_transaction, "{text}");
        assert!(statement.cautions.iter().any(|caution| caution.contains("outside a transaction")), "{text}");

        let announced = announced(&statement);
        if !text.contains(" t") && !text.contains(" p ") && !text.contains(" i") || text.contains("DATABASE") || text.contains("SYSTEM") {
            continue;
        }
        // Somebody else has the table, so that the lock it asks for can be looked at; a mere look into it is let through.
        let held = if text.contains(" p ") { "p" } else { "t" };
        world.database.run(&format!("BEGIN; LOCK TABLE {held} IN SHARE UPDATE EXCLUSIVE MODE")).await.unwrap();
        let other = Database::connect(world.sandbox.url()).await.unwrap();
        other.run("SET lock_timeout = '10s'").await.unwrap();
        let looking = async {
            loop {
                let waited = taken(&world.database, "pid <> pg_backend_pid() AND NOT granted").await;
                if let Some((_, mode)) = waited.get(held) {
                    break mode.clone();
                }
                tokio::task::yield_now().await;
            }
        };
        let work = other.run(text);
        let mut work = std::pin::pin!(work);
        let waited = tokio::select! {
            waited = looking => waited,
            done = &mut work => panic!("{text} did not wait: {done:?}"),
        };
        world.database.run("ROLLBACK").await.unwrap();
        work.await.unwrap();
        assert_eq!(announced.get(held), Some(&waited), "{text}: {:?}", statement.lock);
        other.run("DROP INDEX IF EXISTS a; CREATE INDEX IF NOT EXISTS i ON t (n)").await.unwrap();
    }
    world.sandbox.close().await;
}

/// Every danger with the way around it, in words that two lines of the plan on a small screen hold.
#[test]
fn every_danger_comes_with_a_safer_form() {
    for (text, danger, safer) in [
        ("CREATE INDEX i ON t (n)", "writers wait", "CREATE INDEX CONCURRENTLY"),
        ("DROP INDEX i", "every query", "DROP INDEX CONCURRENTLY"),
        ("REINDEX TABLE t", "writers wait", "CONCURRENTLY"),
        ("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES u", "every row is checked", "NOT VALID, then VALIDATE"),
        ("ALTER TABLE t ADD COLUMN a int REFERENCES u (n)", "every row is checked", "NOT VALID, then VALIDATE"),
        ("ALTER TABLE t ADD CHECK (n > 0)", "every row is checked", "NOT VALID, then VALIDATE"),
        ("ALTER TABLE t ALTER n TYPE bigint", "every row and index anew", "a new column"),
        ("ALTER TABLE t ALTER n SET NOT NULL", "every row is read", "CHECK (… IS NOT NULL) NOT VALID"),
        ("ALTER TABLE t ADD COLUMN a uuid DEFAULT gen_random_uuid()", "written anew", "SET DEFAULT, then UPDATE"),
        ("ALTER TABLE t ADD PRIMARY KEY (n)", "index is built", "USING INDEX"),
        ("ALTER TABLE t ADD CONSTRAINT a UNIQUE (n)", "index is built", "USING INDEX"),
        ("DROP TABLE t", "backup", "RENAME"),
        ("DROP SCHEMA h CASCADE", "everything that depends", "RESTRICT"),
        ("ALTER TABLE t DROP COLUMN n", "data is lost", "RENAME"),
        ("TRUNCATE t", "every row", "DELETE with WHERE"),
        ("UPDATE t SET n = 1", "every row", "WHERE"),
        ("DELETE FROM t WHERE true", "every row", "WHERE"),
        ("WITH gone AS (DELETE FROM t WHERE 1 = 1 RETURNING n) SELECT n FROM gone", "every row", "WHERE"),
        ("VACUUM FULL t", "anew", "a plain VACUUM"),
        ("CLUSTER t USING i", "anew", "pg_repack"),
        ("LOCK TABLE t", "held until", "FOR UPDATE"),
        ("ALTER TABLE t RENAME COLUMN n TO m", "old name fails", "beside it"),
        ("ALTER TABLE t RENAME TO a", "old name fails", "beside it"),
        ("REFRESH MATERIALIZED VIEW z", "nobody reads", "CONCURRENTLY"),
        ("ALTER TABLE p DETACH PARTITION c", "every query", "CONCURRENTLY"),
        ("DO $$ BEGIN END $$", "cannot be seen", "one by one"),
    ] {
        let cautions = prepared(text).cautions;
        let told = cautions.iter().find_map(|caution| caution.split_once("; safer: ").filter(|(said, _)| said.contains(danger)));
        assert!(told.is_some_and(|(_, way)| way.contains(safer)), "{text}: {cautions:?}");
    }
    for text in INSIDE.iter().chain(OUTSIDE) {
        // Two lines of a plan on 80 columns have 126 characters for a caution.
        for caution in prepared(text).cautions {
            assert!(caution.chars().count() <= 126, "{text}: {} characters: {caution}", caution.chars().count());
        }
    }
    for quiet in [
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES u NOT VALID",
        "ALTER TABLE t VALIDATE CONSTRAINT positive",
        "ALTER TABLE t ADD COLUMN type text DEFAULT 'check'",
        "ALTER TABLE t ADD CONSTRAINT a UNIQUE USING INDEX once",
        "ALTER TABLE t ALTER n SET DEFAULT nextval('s')",
        "UPDATE t SET n = 1 WHERE n = 2",
        "DROP FUNCTION f()",
        "CREATE TABLE a (n int CHECK (n > 0) REFERENCES u)",
    ] {
        assert_eq!(prepared(quiet).cautions, Vec::<String>::new(), "{quiet}");
    }
}
