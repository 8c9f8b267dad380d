#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use proptest::prelude::*;

use super::*;

fn inputs() -> (BTreeMap<String, String>, BTreeSet<String>) {
    let inputs = [("id", "a'b"), ("table", "odd\"name"), ("path", "c:\\x"), ("token", "hunter22"), ("days", "3 days"), ("bad", "x\0y")];
    (inputs.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), BTreeSet::from(["token".to_owned()]))
}

fn prepared(sql: &str) -> Result<Vec<Statement>, SqlProblem> {
    let (inputs, secret) = inputs();
    prepare(sql, &inputs, &secret)
}

#[test]
fn variables_become_parameters_literals_and_names() {
    for (sql, text, parameters, shown) in [
        ("SELECT :'id', :'id'::text", "SELECT $1, $2::text", &["a'b", "a'b"][..], "SELECT 'a''b', 'a''b'::text"),
        (
            "SELECT ':''id''' , $$:'id'$$ -- :'id'\n, 1",
            "SELECT ':''id''' , $$:'id'$$ -- :'id'\n, 1",
            &[],
            "SELECT ':''id''' , $$:'id'$$ -- :'id'\n, 1",
        ),
        ("SELECT /* :id */ 'a'::text", "SELECT /* :id */ 'a'::text", &[], "SELECT /* :id */ 'a'::text"),
        ("SELECT 1 -- why\n; -- and\n", "SELECT 1", &[], "SELECT 1"),
        ("SELECT INTERVAL :'days'", "SELECT INTERVAL '3 days'", &[], "SELECT INTERVAL '3 days'"),
        ("COMMENT ON TABLE t IS :'path';", r"COMMENT ON TABLE t IS E'c:\\x'", &[], r"COMMENT ON TABLE t IS E'c:\\x'"),
        (
            "ALTER TABLE :\"table\" ADD COLUMN a int",
            "ALTER TABLE \"odd\"\"name\" ADD COLUMN a int",
            &[],
            "ALTER TABLE \"odd\"\"name\" ADD COLUMN a int",
        ),
        ("SELECT :'token'", "SELECT $1", &["hunter22"], "SELECT '••••••'"),
        ("SELECT 1 WHERE 2>:'id' AND x&:'id'", "SELECT 1 WHERE 2>$1 AND x& $2", &["a'b", "a'b"], "SELECT 1 WHERE 2>'a''b' AND x& 'a''b'"),
        ("CREATE ROLE r PASSWORD :'token'", "CREATE ROLE r PASSWORD 'hunter22'", &[], "CREATE ROLE r PASSWORD '••••••'"),
    ] {
        let statements = prepared(sql).unwrap();
        let [statement] = statements.as_slice() else { panic!("{sql}: {statements:?}") };
        assert_eq!((statement.text.as_str(), statement.shown.as_str()), (text, shown), "{sql}");
        assert_eq!(statement.parameters, parameters, "{sql}");
    }
}

#[test]
fn what_cannot_be_used_is_refused_where_it_stands() {
    let deep = format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    let deep = &deep[..60_000];
    let minus = format!("SELECT {}1", "- ".repeat(20_000));
    let not = format!("SELECT {} true", "NOT ".repeat(10_000));
    for (sql, offset, message) in [
        ("SELECT :id", 7, "`:id` would be pasted into the SQL unquoted"),
        ("SELECT 1, :'nobody'", 10, "there is no input `nobody`"),
        ("SELECT :'bad'", 7, "the value of `bad` holds a NUL character"),
        ("SELECT 'a", 7, "a string, quoted name or comment begins here and never ends"),
        ("SELECT 1; COMMIT; DROP TABLE t", 10, "transactions are begun and ended by the program, not by COMMIT"),
        ("COPY t FROM STDIN", 0, "there is nobody to send or take the data of COPY"),
        ("-- nothing", 0, "there is no statement in it"),
        ("SELECT 1; SELECT E'a' -- and\n'b'", 29, "an E'…' string goes on in a second one"),
        ("SELECT 1; SELECT INTERVAL :'path'\n'b'", 10, "an E'…' string goes on in a second one"),
        ("SELECT 1; SELECT E:'id'", 10, "with the values of its inputs this is not SQL as PostgreSQL reads it"),
        (deep, 71, "this SQL is nested too deeply to be read safely"),
        (&minus, 805, "this SQL is nested too deeply to be read safely"),
        (&not, 1603, "this SQL is nested too deeply to be read safely"),
    ] {
        let problem = prepared(sql).unwrap_err();
        assert_eq!((problem.offset, problem.message.as_str()), (offset, message), "{}", &sql[..sql.len().min(60)]);
    }
    assert!(prepared("SELEC 1").unwrap_err().message.starts_with("this is not SQL"));
    assert!(prepared(&format!("SELECT {}1", "1 + ".repeat(15_000))).is_ok(), "a long sum is not deep");
}

#[test]
fn statements_are_told_apart() {
    let facts = |sql: &str| {
        let statements = prepared(sql).unwrap();
        let one = statements[0].clone();
        (one.what, one.reads_only, one.returns_rows, one.needs_no_transaction, one.writes_need_expect_rows)
    };
    for (sql, what, flags) in [
        ("SELECT 1", "SELECT", (true, true, false, false)),
        ("(SELECT 1) UNION ALL SELECT 2", "SELECT", (true, true, false, false)),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "SELECT", (true, true, false, false)),
        ("WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x", "SELECT", (false, true, false, true)),
        ("VALUES (1)", "VALUES", (true, true, false, false)),
        ("TABLE t", "TABLE", (true, true, false, false)),
        ("SHOW search_path", "SHOW", (true, true, false, false)),
        ("EXPLAIN SELECT 1", "EXPLAIN", (true, true, false, false)),
        ("INSERT INTO t VALUES (1)", "INSERT", (false, false, false, false)),
        ("INSERT INTO t VALUES (1) RETURNING a", "INSERT", (false, true, false, false)),
        ("UPDATE t SET a = 1", "UPDATE", (false, false, false, true)),
        ("DELETE FROM t WHERE a = 1", "DELETE", (false, false, false, true)),
        ("CREATE TABLE t (a int)", "CREATE TABLE", (false, false, false, false)),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX", (false, false, true, false)),
        ("VACUUM t", "VACUUM", (false, false, true, false)),
        ("ALTER TYPE t ADD VALUE 'x'", "ALTER TYPE", (false, false, false, false)),
        ("ALTER TABLE t SET SCHEMA s", "ALTER TABLE", (false, false, false, false)),
        ("GRANT USAGE ON SCHEMA s TO r", "GRANT", (false, false, false, false)),
    ] {
        let (found, reads, rows, alone, counted) = facts(sql);
        assert_eq!((found.as_str(), (reads, rows, alone, counted)), (what, flags), "{sql}");
    }
    let statements = prepared("DELETE FROM t; CREATE INDEX i ON t (a); SELECT 1;").unwrap();
    assert_eq!(statements.len(), 3);
    assert!(statements[0].is_unbounded() && !statements[1].is_unbounded());
    assert_eq!(statements[1].lock.as_deref(), Some("SHARE on t: writes wait, reads go on"));
    assert_eq!(statements[2].lock, None);
}

#[test]
fn checks_only_read() {
    let (inputs, secret) = inputs();
    for sql in [
        "SELECT count(*) FROM t WHERE a = :'id'",
        "SELECT lower('x'), count(*) FILTER (WHERE a) FROM pg_stat_activity",
        "WITH x AS (SELECT 1) TABLE x",
        "SELECT 'nextval(1)', \"update\" FROM t -- FOR UPDATE",
        "EXPLAIN (FORMAT json) SELECT 1",
        "SHOW server_version",
        "SELECT EXISTS (SELECT FROM t)",
        "SELECT 1;",
    ] {
        assert!(question(sql, &inputs, &secret).is_ok(), "{sql}: {:?}", question(sql, &inputs, &secret));
    }
    for sql in [
        "SELECT 1; DROP TABLE t",
        "SELECT 1; COMMIT; DROP TABLE t",
        "COPY t TO PROGRAM 'sh'",
        "COPY t TO '/tmp/x'",
        "LOCK TABLE t",
        "SELECT pg_terminate_backend(1)",
        "SELECT pg_catalog . \"pg_terminate_backend\" /* now */ (1)",
        "SELECT U&\"pg_terminate\\005fbackend\"(1)",
        "SELECT nextval('s')",
        "SELECT setval('s', 1)",
        "NOTIFY c",
        "SELECT pg_notify('c', '')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "SELECT lo_import('/etc/passwd')",
        "SELECT lo_unlink(1)",
        "SELECT * FROM dblink('', 'DROP TABLE t') AS t(a text)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT query_to_xml('DELETE FROM t', true, true, '')",
        "SELECT set_config('a.b', 'c', false)",
        "SET search_path = x",
        "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
        "SELECT * FROM (WITH x AS (INSERT INTO t VALUES (1) RETURNING 1) SELECT * FROM x) y",
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM (SELECT * FROM t FOR KEY SHARE) x",
        "SELECT 1 INTO t2",
        "SELECT * INTO TEMP t2 FROM t",
        "EXPLAIN ANALYZE DELETE FROM t",
        "EXPLAIN (ANALYZE, FORMAT json) SELECT 1",
        "EXPLAIN (ANALYSE true) SELECT 1",
        "EXECUTE p",
        "DO $$ BEGIN END $$",
        "CALL p()",
        "FETCH 1 FROM c",
        "DECLARE c CURSOR FOR SELECT 1",
        "PREPARE p AS SELECT 1",
        "LISTEN c",
        "VACUUM",
        "CREATE TABLE t AS SELECT 1",
        "REFRESH MATERIALIZED VIEW v",
        "",
    ] {
        assert!(question(sql, &inputs, &secret).is_err(), "{sql}");
    }
}

proptest! {
    #[test]
    fn a_value_stays_a_value(value in "[^\0]{0,40}") {
        let inputs = BTreeMap::from([("v".to_owned(), value.clone())]);
        let asked = prepare("SELECT :'v'", &inputs, &BTreeSet::new()).unwrap();
        prop_assert_eq!(&asked[0].text, "SELECT $1");
        prop_assert_eq!(&asked[0].parameters, &vec![value.clone()]);
        let written = prepare("COMMENT ON TABLE t IS :'v'", &inputs, &BTreeSet::new()).unwrap();
        let literal = written[0].text.strip_prefix("COMMENT ON TABLE t IS ").unwrap();
        let inner = literal.trim_start_matches('E');
        let inner = inner[1..inner.len() - 1].replace("''", "'");
        let unquoted = if literal.starts_with('E') { inner.replace("\\\\", "\\") } else { inner };
        prop_assert_eq!(unquoted, value);
    }

    #[test]
    fn no_text_makes_the_reader_panic(sql in ".{0,200}") {
        let _ = prepare(&sql, &BTreeMap::new(), &BTreeSet::new());
    }
}

/// Sources up to [`SHORT`] are parsed on the stack of whoever asks, and the smallest of those has two megabytes.
#[test]
fn what_is_short_needs_little_stack() {
    let long = |unit: &str| format!("SELECT {}1", unit.repeat((SHORT - 100) / unit.len()));
    let nested = |open: &str, close: &str, depth: usize| format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth));
    let sources = [
        nested("(", ")", 64),
        nested("(SELECT ", ")", 64),
        nested("CASE WHEN ", " THEN 1 END", 64),
        nested("ARRAY[", "]", 64),
        long("NOT "),
        long("1+"),
        long("- "),
        long("f(1)||"),
        long("a.b OR "),
        long("1 UNION SELECT "),
    ];
    let run = || sources.iter().for_each(|source| drop(prepared(source)));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn_scoped(scope, run);
        assert!(thread.is_ok_and(|thread| thread.join().is_ok()));
    });
}
