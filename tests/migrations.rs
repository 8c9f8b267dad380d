//! `migrations` checks over real folders: what is wrong with them and where, and what becomes of a folder that
//! cannot be read. Never runs a migration, and never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use fracas::base::{Value, json};
use fracas::engine::attempt::Answer;
use fracas::engine::checks::judge;
use fracas::runbook::yaml;
use fracas::timeline::event::Verdict;
use fracas::world::prober::{Prober, Stop, Surroundings};

async fn ask_with(folder: &Path, tool: &str, more: &str) -> (Verdict, String, Answer) {
    let text = format!(
        "version: 1\nid: t\ntitle: t\nphases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n          \
         - {{ title: c, migrations: {{ dir: m, tool: {tool} }}{more} }}\n"
    );
    let runbook = Arc::new(yaml::read("t", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:#?}")));
    let dir = Some(folder.to_owned());
    let (inputs, targets, env) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let (_, check) = runbook.checks().next().unwrap();
    let answer = Prober::new(Surroundings { runbook: Arc::clone(&runbook), inputs, targets, env, dir }).ask(check, Stop::never()).await;
    let (verdict, reason) = judge(check, &answer);
    (verdict, reason, answer)
}

async fn ask(folder: &Path, tool: &str) -> (Verdict, String) {
    let (verdict, reason, _) = ask_with(folder, tool, "").await;
    (verdict, reason)
}

/// A folder `m` with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("m")).unwrap();
    for (name, text) in files {
        let path = folder.path().join("m").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is wrong with these files.
async fn problems(tool: &str, files: &[(&str, &str)]) -> Vec<String> {
    let (verdict, reason, answer) = ask_with(folder(files).path(), tool, "").await;
    let problems: Vec<String> = answer
        .values
        .get("problems")
        .unwrap_or_else(|| panic!("{reason}"))
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(verdict == Verdict::Passed, problems.is_empty(), "{reason}");
    assert_eq!(answer.values["ok"], Value::from(problems.is_empty()));
    problems
}

const DOWN: &str = "\n-- migrate:down\nSELECT 1;\n";

/// One SQL migration after one that makes a table and a column.
async fn sql(text: &str) -> Vec<String> {
    let first = format!("CREATE TABLE t (id int PRIMARY KEY, \"Old\" text, CHECK (id > 0));\nCREATE INDEX i ON t (id);{DOWN}");
    problems("sql", &[("1.sql", &first), ("2.sql", &format!("{text}{DOWN}"))]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sql_files_are_held_against_what_was_there() {
    let mut wrong = Vec::new();
    for (text, expected) in [
        ("CREATE TABLE u (id int)", &[][..]),
        ("CREATE TABLE t (id int)", &["2.sql:1: creates table `t`, which 1.sql:1 created"]),
        ("BEGIN;\n\nCREATE TABLE\n  public.T (id int);\nCOMMIT;", &["2.sql:3: creates table `t`, which 1.sql:1 created"]),
        ("CREATE TABLE s.t (id int)", &[]),
        ("CREATE TABLE \"T\" (id int)", &[]),
        ("CREATE TABLE IF NOT EXISTS t (id int, b int); ALTER TABLE t ADD b int", &[]),
        ("CREATE TEMP TABLE t (id int)", &[]),
        ("ALTER TABLE t ADD COLUMN id int", &["2.sql:1: creates column `t.id`, which 1.sql:1 created"]),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS id int", &[]),
        ("ALTER TABLE t ADD COLUMN old int", &[]),
        ("ALTER TABLE ONLY t\n  ADD a numeric(1, 2),\n  ADD \"Old\" int", &["2.sql:3: creates column `t.Old`, which 1.sql:1 created"]),
        ("ALTER TABLE t ADD CONSTRAINT id CHECK (true), DROP CONSTRAINT c, ADD UNIQUE (id)", &[]),
        ("CREATE INDEX i ON t (id)", &["2.sql:1: creates index `i`, which 1.sql:2 created"]),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (id); CREATE INDEX ON t (id)", &[]),
        ("DROP TABLE t", &["2.sql:1: drops table `t`, which 1.sql:1 created"]),
        ("DROP TABLE IF EXISTS x, t CASCADE", &["2.sql:1: drops table `x`", "2.sql:1: drops table `t`, which 1.sql:1 created"]),
        ("ALTER TABLE t DROP \"Old\"", &["2.sql:1: drops column `t.Old`, which 1.sql:1 created"]),
        (
            "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME id TO key; ALTER TABLE u DROP key",
            &["2.sql:1: drops column `u.key`, which 1.sql:1 created"],
        ),
        ("ALTER TABLE t RENAME TO u; CREATE TABLE t (id int)", &[]),
        ("DROP SCHEMA s", &["2.sql:1: drops schema `s`"]),
        ("DROP INDEX i; CREATE INDEX i ON t (id)", &[]),
        ("CREATE TABLE a (id int); DROP TABLE a", &[]),
        (
            "DO $$ BEGIN IF true THEN CREATE TABLE t (id int); END IF;\nDROP TABLE t; END $$",
            &["2.sql:2: drops table `t`, which 1.sql:1 created"],
        ),
        ("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ DROP TABLE t; SELECT 1 $$", &[]),
        ("INSERT INTO a VALUES ('DROP TABLE t; --'); -- DROP TABLE t;\n/* DROP TABLE t; */", &[]),
        ("COPY t FROM stdin;\nDROP TABLE t;\n\\.\n\\set x 'y\nSELECT 1", &[]),
        // Confirmed, on the line or above it.
        ("DROP TABLE t; -- fracas: confirmed, moved to u", &[]),
        ("-- fracas: confirmed by the owner\n-- of the table\nDROP TABLE t", &[]),
        ("-- fracas: confirmed\n\nDROP TABLE t", &["2.sql:3: drops table `t`, which 1.sql:1 created"]),
        ("SELECT 1; -- fracas: confirmed\nDROP TABLE t", &["2.sql:2: drops table `t`, which 1.sql:1 created"]),
        ("-- fracas: confirm\nDROP TABLE t", &["2.sql:2: drops table `t`, which 1.sql:1 created"]),
        ("ALTER TABLE t\n  DROP \"Old\", -- fracas: confirmed\n  DROP id", &["2.sql:3: drops column `t.id`, which 1.sql:1 created"]),
        ("-- fracas: confirmed\nALTER TABLE t\n  DROP \"Old\",\n  DROP id", &[]),
        ("-- fracas: confirmed, rebuilt\nCREATE TABLE t (id int)", &[]),
    ] {
        let expected: Vec<String> = expected.iter().map(|line| format!("{line}, without a confirmation")).collect();
        let found = sql(text).await;
        if found != expected {
            wrong.push(format!("{text}\nwanted {expected:#?}\nfound {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sql_files_can_be_taken_back_and_do_something() {
    for (files, expected) in [
        (&[("a.sql", "SELECT 1")][..], &["a.sql:1: has no downgrade: neither a.down.sql nor `-- migrate:down`"][..]),
        (&[("a.sql", "SELECT 1"), ("a.down.sql", "SELECT 1")], &[]),
        (&[("a.up.sql", "SELECT 1"), ("a.down.sql", "DROP TABLE t")], &[]),
        (&[("a.sql", "SELECT 1"), ("a.down.sql", "-- nothing")], &["a.sql:1: has a downgrade that is empty"]),
        (&[("a.sql", "SELECT 1\n-- migrate:down\n\n")], &["a.sql:2: has a downgrade that is empty"]),
        (&[("a.sql", "SELECT 1\n-- migrate:down\n-- fracas: confirmed, nothing to take back\n")], &[]),
        (&[("a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nDROP TABLE t;\n")], &[]),
        (&[("a.sql", " \n-- soon\n"), ("a.down.sql", "SELECT 1")], &["a.sql:1: is empty: it changes nothing"]),
        (&[("a.sql", "BEGIN;\nCOMMIT;"), ("a.down.sql", "SELECT 1")], &["a.sql:1: is empty: it changes nothing"]),
        // As Prisma and Diesel lay them out.
        (&[("20251230_fix/migration.sql", "SELECT 1"), ("20251230_fix/down.sql", "SELECT 1"), ("migration_lock.toml", "x")], &[]),
        (
            &[
                ("1/up.sql", "CREATE TABLE t (id int)"),
                ("1/down.sql", "DROP TABLE t"),
                ("2/up.sql", "CREATE TABLE t (id int)"),
                ("2/down.sql", "SELECT 1"),
            ],
            &["2/up.sql:1: creates table `t`, which 1/up.sql:1 created, without a confirmation"],
        ),
        (
            &[("a.sql", "SELECT 1;\nhello world;\n"), ("a.down.sql", "SELECT 1")],
            &["a.sql:2: cannot be read as SQL: no SQL statement begins with `hello`"],
        ),
        (
            &[("a.sql", "SELECT\n 'a;\n"), ("a.down.sql", "SELECT 1")],
            &["a.sql:2: cannot be read as SQL: a string, quoted name or comment begins here and never ends"],
        ),
    ] {
        assert_eq!(problems("sql", files).await, expected, "{files:?}");
    }
}

/// A migration of Alembic.
fn alembic(revision: &str, down: &str, upgrade: &str, downgrade: &str) -> String {
    let indented = |body: &str| body.lines().map(|line| format!("    {line}\n")).collect::<String>();
    format!(
        "\"\"\"words\n\nRevises: {down}\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision: str = '{revision}'\n\
         down_revision: Union[str, Sequence[str], None] = {down}\n\n\ndef upgrade() -> None:\n{}\n\ndef downgrade() -> None:\n{}",
        indented(upgrade),
        indented(downgrade)
    )
}

/// One migration after one that makes a table; its first line of `upgrade` is line 13.
async fn upgraded(body: &str) -> Vec<String> {
    let first = alembic(
        "a1",
        "None",
        "op.create_table(\n    'user',\n    sa.Column('id', sa.Integer(), nullable=False),\n    sa.Column('Old', sa.Text()),\n)\nop.create_index(op.f('ix'), 'user', ['id'])",
        "op.drop_table('user')",
    );
    problems("alembic", &[("z_first.py", &first), ("b2.py", &alembic("b2", "'a1'", body, "op.drop_table('x')"))]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alembic_files_are_held_against_what_was_there() {
    let mut wrong = Vec::new();
    for (body, expected) in [
        ("op.create_table('x', sa.Column('id', sa.Integer()))", &[][..]),
        ("op.create_table('user', sa.Column('id', sa.Integer()))", &["b2.py:13: creates table `user`, which z_first.py:13 created"]),
        ("op.create_table('user', sa.Column('id', sa.Integer()), schema='s')", &[]),
        ("op.create_table('user', sa.Column('a', sa.Text()), if_not_exists=True)\nop.add_column('user', sa.Column('a', sa.Text()))", &[]),
        ("if not inspector.has_table('user'):\n    op.create_table('user', sa.Column('id', sa.Integer()))", &[]),
        ("op.add_column('user', sa.Column('id', sa.Integer()))", &["b2.py:13: creates column `user.id`, which z_first.py:13 created"]),
        ("op.add_column('user', sa.Column('new', sa.Integer(), server_default=sa.text('1')))", &[]),
        ("op.create_index('ix', 'user', ['id'])", &["b2.py:13: creates index `ix`, which z_first.py:18 created"]),
        ("\n# comment\nop.drop_table(\n    'user'\n)", &["b2.py:15: drops table `user`, which z_first.py:13 created"]),
        ("op.drop_column('user', 'Old')", &["b2.py:13: drops column `user.Old`, which z_first.py:13 created"]),
        ("if True:\n    op.drop_column('user', column_name='Old')", &["b2.py:14: drops column `user.Old`, which z_first.py:13 created"]),
        (
            "with op.batch_alter_table('user', schema=None) as batch_op:\n    batch_op.add_column(sa.Column('id', sa.Text()))\n    batch_op.drop_column('Old')",
            &[
                "b2.py:14: creates column `user.id`, which z_first.py:13 created",
                "b2.py:15: drops column `user.Old`, which z_first.py:13 created",
            ],
        ),
        (
            "op.rename_table('user', 'person')\nop.alter_column('person', 'id', new_column_name='key')\nop.drop_column('person', 'key')",
            &["b2.py:15: drops column `person.key`, which z_first.py:13 created"],
        ),
        ("op.execute('DROP TABLE \"user\"')", &["b2.py:13: drops table `user`, which z_first.py:13 created"]),
        (
            "op.get_bind().execute(sa.text(\"\"\"\n  SELECT 1;\n  DROP TABLE \"user\"; -- fracas: confirmed\n  ALTER TABLE \"user\" DROP \"Old\"\n\"\"\"))",
            &["b2.py:16: drops column `user.Old`"],
        ),
        ("op.execute('SELECT 1 -- a\\n; DROP TABLE ' \"x\")", &["b2.py:13: drops table `x`"]),
        ("for table in TABLES:\n    op.drop_table(table)", &["b2.py:14: drops something whose name is not written there"]),
        ("op.drop_table(\"user\")  # fracas: confirmed, empty since May", &[]),
        ("# fracas: confirmed, empty since May\nop.drop_table('user')", &[]),
        ("op.create_table('tmp', sa.Column('id', sa.Integer()))\nop.drop_table('tmp')", &[]),
        ("print('''op.drop_table(\"user\") it\\'s''', r'\\'', \"\"\"a\\\"\"\"\")  # op.drop_table('user')", &[]),
    ] {
        let expected: Vec<String> = expected.iter().map(|line| format!("{line}, without a confirmation")).collect();
        let found = upgraded(body).await;
        if found != expected {
            wrong.push(format!("{body}\nwanted {expected:#?}\nfound {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alembic_files_form_one_line() {
    let make = |revision: &str, down: &str| alembic(revision, down, "op.execute('SELECT 1')", "op.execute('SELECT 1')");
    let (first, left, right) = (make("a", "None"), make("b", "'a'"), make("c", "'a'"));
    let merge = alembic("d", "('b', 'c')", "pass", "pass");
    let both = problems("alembic", &[("1.py", &first), ("2.py", &left), ("3.py", &right)]).await;
    assert_eq!(both, ["3.py:8: is one of 2 heads, of which there may be one: b (2.py), c (3.py)"]);
    assert_eq!(problems("alembic", &[("1.py", &first), ("2.py", &left), ("3.py", &right), ("4.py", &merge)]).await, [""; 0]);
    assert_eq!(problems("alembic", &[("1.py", &left)]).await, ["1.py:8: builds on `a`, which is not in this folder"]);
    assert_eq!(problems("alembic", &[("1.py", &first), ("2.py", &first)]).await[0], "2.py:8: has the revision `a`, as 1.py has");
    let circle = [make("d", "'e'"), make("e", "'d'")];
    assert_eq!(
        problems("alembic", &[("1.py", &circle[0]), ("2.py", &circle[1])]).await,
        ["1.py:8: builds on itself, through 2 migrations"]
    );
    let computed = make("f", "base()");
    assert_eq!(problems("alembic", &[("1.py", &computed)]).await, ["1.py:8: has no `down_revision` that can be read without running it"]);
    // What a name says of the order does not matter: `z` comes first.
    let earlier = alembic("z", "None", "op.create_table('t', sa.Column('id', sa.Text()))", "op.drop_table('t')");
    let later = alembic("y", "'z'", "op.create_table('t', sa.Column('id', sa.Text()))", "op.drop_table('t')");
    let found = problems("alembic", &[("a.py", &later), ("b.py", &earlier), ("__init__.py", "")]).await;
    assert_eq!(found, ["a.py:13: creates table `t`, which b.py:13 created, without a confirmation"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alembic_files_go_both_ways() {
    let act = "op.execute('SELECT 1')";
    for (text, expected) in [
        (alembic("a", "None", "pass", act), &["1.py:12: is empty: upgrade() changes nothing"][..]),
        (alembic("a", "None", "'''words'''\nreturn None", act), &["1.py:12: is empty: upgrade() changes nothing"]),
        (alembic("a", "None", act, "pass"), &["1.py:16: has a downgrade() that does nothing"]),
        (alembic("a", "None", act, "# nothing\n..."), &["1.py:16: has a downgrade() that does nothing"]),
        (alembic("a", "None", act, "raise NotImplementedError('no way back')"), &["1.py:16: has a downgrade() that only raises an error"]),
        (alembic("a", "None", act, "pass").replace("def downgrade", "# fracas: confirmed, data only\ndef downgrade"), &[]),
        ("revision = 'a'\ndown_revision = None\ndef upgrade(): op.execute('SELECT 1')".to_owned(), &["1.py:1: has no downgrade()"]),
        (
            "revision = 'a'\ndown_revision = None\nasync def upgrade(): pass\ndef downgrade(): pass".to_owned(),
            &["1.py:3: is empty: upgrade() changes nothing", "1.py:4: has a downgrade() that does nothing"],
        ),
        ("revision = 'a'\ndown_revision = None\ndef downgrade(): op.drop_table('a')".to_owned(), &["1.py:1: has no upgrade()"]),
        // What another function does counts where it is called.
        (
            "revision = 'a'\ndown_revision = None\ndef gone():\n    op.drop_table('a')\ndef other():\n    op.drop_table('b')\n\
             def upgrade():\n    gone()\ndef downgrade():\n    other()\n"
                .to_owned(),
            &["1.py:4: drops table `a`, without a confirmation"],
        ),
        ("revision = 'a\n".to_owned(), &["1.py:1: cannot be read as Python: a text begins and never ends"]),
        ("x = (\n".to_owned(), &["1.py:1: cannot be read as Python: a bracket is opened and never closed"]),
        ("\n)".to_owned(), &["1.py:2: cannot be read as Python: a bracket is closed that was never opened"]),
    ] {
        assert_eq!(problems("alembic", &[("1.py", &text)]).await, expected, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_begins_with_what_decides() {
    let files = folder(&[("1.sql", "DROP TABLE a, b"), ("2.sql", "SELECT 1\n-- migrate:down\nSELECT 1")]);
    let (verdict, reason, answer) = ask_with(files.path(), "sql", "").await;
    assert_eq!(verdict, Verdict::Failed);
    assert_eq!(reason, "1.sql:1: drops table `a`, without a confirmation (2 more problems in 2 migrations)");
    assert!(answer.seen.ends_with("nor `-- migrate:down`\n2 migrations looked through"), "{}", answer.seen);
    assert_eq!(ask_with(files.path(), "sql", ", expect: problems | length == 3 and not ok").await.0, Verdict::Passed);
    let clean = folder(&[("1.sql", "SELECT 1\n-- migrate:down\nSELECT 1")]);
    let (verdict, reason, answer) = ask_with(clean.path(), "sql", "").await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Passed, "1 migration without a problem"));
    assert_eq!(Value::Object(answer.values), json!({"ok": true, "problems": []}));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_inconclusive_and_says_so() {
    let inconclusive = |reason: &str| (Verdict::Inconclusive, reason.to_owned());
    let none = tempfile::tempdir().unwrap();
    assert_eq!(ask(none.path(), "sql").await, inconclusive("m is not there"));
    fs::write(none.path().join("m"), "").unwrap();
    assert_eq!(ask(none.path(), "sql").await, inconclusive("m is no folder"));
    let empty = folder(&[("readme.md", "words"), (".hidden.sql", "DROP TABLE t"), ("__init__.py", "")]);
    assert_eq!(ask(empty.path(), "sql").await, inconclusive("there is no SQL migration in m"));
    let hint = "there is no Alembic migration in m; Alembic keeps them in a folder `versions`";
    assert_eq!(ask(empty.path(), "alembic").await, inconclusive(hint));
    let odd = folder(&[("1.sql", "SELECT 1")]);
    let path = odd.path().join("m/2.sql");
    fs::write(&path, b"SELECT 'caf\xe9'").unwrap();
    assert_eq!(ask(odd.path(), "sql").await, inconclusive("2.sql in m is not UTF-8: byte 12"));
    fs::write(&path, " ".repeat((1 << 20) + 1)).unwrap();
    assert_eq!(ask(odd.path(), "sql").await, inconclusive("2.sql in m has more than 1 MiB; it was not judged"));
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(ask(odd.path(), "sql").await, inconclusive("2.sql in m has more than 1 MiB; it was not judged"));
    fs::remove_file(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    assert_eq!(ask(odd.path(), "sql").await, inconclusive("2.sql in m is a pipe (FIFO)"));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    assert_eq!(ask(odd.path(), "sql").await, inconclusive("2.sql in m is not there"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_files_cost_no_more_than_their_size() {
    let deep = "(".repeat(900_000);
    let names = format!("DROP TABLE {};", vec!["a"; 100_000].join(","));
    let found = problems("sql", &[("1.sql", &deep), ("1.down.sql", "SELECT 1")]).await;
    assert_eq!(found, [""; 0]);
    let (verdict, reason) = ask(folder(&[("1.sql", &names)]).path(), "sql").await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Inconclusive, "there are 100001 problems; at most 10000 are kept"));
    let found = problems("alembic", &[("1.py", &format!("revision = 'a'\ndown_revision = None\n{deep}"))]).await;
    assert_eq!(found, ["1.py:3: cannot be read as Python: a bracket is opened and never closed"]);
}

proptest::proptest! {
    #[test]
    fn no_damage_makes_it_panic(at in 0_usize..200, with in "[-'\"()\\[\\]\\\\;:#=.,$\n a]{0,8}") {
        let good = alembic("a", "None", "op.execute('DROP TABLE t')\nwith op.batch_alter_table('t') as b:\n    b.drop_column('c')", "pass");
        let damage = |text: &str| {
            let mut text = text.to_owned();
            text.insert_str(at.min(text.len()), &with);
            text
        };
        let sql = "CREATE TABLE t (a int); DO $$ BEGIN DROP TABLE t; END $$; ALTER TABLE \"t\" RENAME TO u, ADD b int; COPY t FROM stdin;\nx\n\\.\n";
        let folder = folder(&[("1.py", &damage(&good)), ("1.sql", &damage(sql))]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for tool in ["alembic", "sql"] {
            let (verdict, reason) = runtime.block_on(ask(folder.path(), tool));
            assert!(!reason.contains("could not be looked through"), "{verdict:?}: {reason}");
        }
    }
}
