//! Runbooks from their files: what is read, what is refused and where, and how much a hostile file may cost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use fracas::runbook;
use fracas::runbook::problem::render;

#[test]
fn shipped_runbooks_read_without_a_problem() {
    for (file, text) in runbook::shipped() {
        let (read, problems) = runbook::yaml::lint(file, text.as_bytes());
        assert!(problems.is_empty(), "{}", render(&problems, text, false));
        assert_eq!(format!("{}.yaml", read.unwrap().id), *file);
    }
}

#[test]
fn the_schema_for_editors_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/runbook.schema.json");
    let made = format!("{:#}\n", runbook::yaml::json_schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == made, "run the tests once with UPDATE_SCHEMA=1");
}

/// What the one check of [`GOOD`] asks.
const ASKED: &str = "sql: SELECT 1, expect: value == 1 }";

/// One runbook with one thing wrong in it.
const GOOD: &str = "version: 1
id: good
title: Good
inputs:
  worker: { default: w }
targets:
  main: { postgres: { env: DATABASE_URL } }
phases:
  - title: Look
    steps:
      - title: Ask
        checks:
          - { id: one, title: One, sql: SELECT 1, expect: value == 1 }
success:
  - { title: Over, check: one }
";

fn problems_of(text: &[u8]) -> Vec<String> {
    match runbook::yaml::read("f", text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(runbook::problem::Problem::line).collect(),
    }
}

#[test]
fn every_mistake_is_named_at_its_place() {
    each_is_found(&[
        ("id: good\n", "id: good\ntitel: x\n", "f:3:1: error[unknown-key]: there is no key `titel` here"),
        ("id: good\n", "id: good\nid: bad\n", "f:3:1: error[duplicate-key]: `id` was given before, in line 2"),
        ("{ env: DATABASE_URL }", "{ env: DATABASE_URL, sslmode: strict }", "f:7:51: error[bad-value]: `sslmode` cannot be `strict`"),
        ("id: good\n", "id: 12\n", "f:2:5: error[wrong-type]: `id` must be text, not the number 12"),
        ("id: good\n", "id: Good One\n", "f:2:5: error[bad-id]: `Good One` is no id"),
        ("id: good\n", "", "f:1:1: error[missing-key]: `id` is missing here"),
        ("version: 1", "version: 2", "f:1:10: error[version]: this program reads version 1 of the format, not 2"),
        (
            "title: Good\n",
            "title: \"a\\u202Eb\"\n",
            "f:3:8: error[deceptive-character]: the invisible or controlling character U+202E stands here",
        ),
        (
            "title: Good\n",
            "title: a\u{200b}b\n",
            "f:3:9: error[deceptive-character]: the invisible or controlling character U+200B stands here",
        ),
        ("title: Good\n", "title:\n", "f:3:6: error[wrong-type]: `title` must be text, not empty"),
        ("title: Good\n", "title: Good\nreviewed: soon\n", "f:4:11: error[bad-value]: `soon` is no date"),
        ("title: Good\n", "title: Good\nsummary: '{{ worke }}'\n", "f:4:10: error[unknown-name]: this text cannot name `worke`"),
        (
            "title: Good\n",
            "title: Good\nresolve_within: 5 parsecs\n",
            "f:4:17: error[bad-value]: `resolve_within: 5 parsecs` is no duration",
        ),
        ("title: Good\n", "title: Good\nescalation: [{ to: [nobody] }]\n", "f:4:21: error[unknown-id]: there is no contact `nobody`"),
        (
            "title: Good\n",
            "title: Good\nknown_errors: [{ match: '(', title: T }]\n",
            "f:4:25: error[bad-pattern]: this is no regular expression: unclosed group",
        ),
        ("env: DATABASE_URL", "url: 'postgres://u:p@h/d'", "f:7:28: error[password]: a password cannot stand in a runbook"),
        ("env: DATABASE_URL", "env: A, service: B", "f:7:31: error[bad-connection]: only one way to connect can be given"),
        ("{ default: w }", "{ default: w, choices: [a, b] }", "f:5:22: error[bad-value]: the default `w` is not allowed"),
        ("value == 1", "valu == 1", "f:13:59: error[unknown-name]: the `expect` of a sql check cannot name `valu`"),
        (
            "value == 1",
            "value ==",
            "f:13:59: error[bad-expression]: `expect` cannot be read: syntax error: unexpected end of input, expected expression",
        ),
        ("value == 1 }", "value == 1, every: 10ms }", "f:13:78: error[bad-value]: a check is asked at most once a second"),
        ("value == 1 }", "value == 1, when: 'checks[\"on\"].failed' }", "f:13:77: error[unknown-id]: there is no check `on`"),
        ("value == 1 }", "value == 1, when: 'checks[\"one\"].fail' }", "f:13:77: error[unknown-name]: `checks[…]` has no `fail`"),
        ("value == 1 }", "value == 1, on: other }", "f:13:75: error[unknown-id]: there is no target `other`"),
        ("sql: SELECT 1", "sql: SELECT 1, command: ls", "f:13:51: error[two-kinds]: a check asks one thing: `sql` or `command`"),
        ("sql: SELECT 1, ", "", "f:13:15: error[no-kind]: it is not said what this check asks"),
        ("SELECT 1", "DELETE FROM t", "f:13:41: error[sql]: a check cannot be a statement of the kind DELETE"),
        ("sql: SELECT 1", "sql: 'SELECT :worker'", "f:13:49: error[sql]: `:worker` would be pasted into the SQL unquoted"),
        ("check: one", "check: two", "f:15:27: error[unknown-id]: there is no check `two`"),
        ("check: one", "check: one, task: true", "f:15:32: error[two-kinds]: a criterion has `check` or `task`, not both"),
        ("title: Over", "id: one, title: Over", "f:15:11: error[duplicate-id]: the id `one` was given before, in line 13"),
        (
            "        checks:",
            "        remediations: [{ title: R, sql: DELETE FROM t, verify: [one] }]\n        checks:",
            "f:12:26: error[missing-key]: how many rows this DELETE may change is not said",
        ),
        (
            "        checks:",
            "        remediations: [{ title: R, sql: VACUUM t, guard: x }]\n        checks:",
            "f:12:41: error[transaction]: VACUUM cannot run inside a transaction",
        ),
        ("  - title: Look\n    steps:\n", "  - title: Look\n    steps: []\n    x:\n", "f:10:12: error[empty]: `steps` is an empty list"),
        (
            "  - title: Look",
            "  - title: Look\n   bad: 1",
            "f:10:4: error[syntax]: this is not YAML: while parsing a block collection, did not find expected '-' indicator",
        ),
    ]);
}

#[test]
fn every_mistake_in_a_structure_is_named_at_its_place() {
    each_is_found(&[
        (ASKED, "schema: {} }", "f:13:44: error[empty]: it is not said what the structure should have"),
        (ASKED, "schema: { tabels: [t] } }", "f:13:46: error[unknown-key]: there is no key `tabels` here"),
        (ASKED, "schema: { tables: [a b] } }", "f:13:55: error[bad-definition]: `b` is too much here"),
        (ASKED, "schema: { tables: { t: [n numeric(10,2)] } } }", "f:13:60: error[bad-definition]: a `(` of the type is never closed"),
        (ASKED, "schema: { tables: { t: [n int, n int] } } }", "f:13:67: error[bad-definition]: the column `n` was given before"),
        (ASKED, "schema: { tables: { t: ['n int; drop table t'] } } }", "f:13:60: error[bad-definition]: a definition has no `;` in it"),
        (
            ASKED,
            "schema: { tables: { t: [n int references u] } } }",
            "f:13:60: error[bad-definition]: a foreign key is asked under `foreign_keys`",
        ),
        (ASKED, "schema: { tables: { t: ['n int), pg_sleep(1'] } } }", "f:13:60: error[bad-definition]: `)` is no part of a type"),
        (ASKED, "schema: { columns: [n int] } }", "f:13:56: error[bad-definition]: `.` is expected here, not `int`"),
        (ASKED, "schema: { foreign_keys: [t (a) references] } }", "f:13:61: error[bad-definition]: a name is expected here, not the end"),
        (
            ASKED,
            "schema: { foreign_keys: [t (a) references u on delete explode] } }",
            "f:13:61: error[bad-definition]: `explode` is no action",
        ),
        (ASKED, "schema: { indexes: [unique i on t] } }", "f:13:56: error[bad-definition]: it is not said which columns it has"),
        (ASKED, "schema: { policies: [p on t for everything] } }", "f:13:57: error[bad-definition]: `for` what?"),
        (ASKED, "schema: { row_security: ['\"t'] } }", "f:13:61: error[bad-definition]: a quote \" is never closed"),
        (ASKED, "schema: { like: staging } }", "f:13:52: error[unknown-id]: there is no target `staging`"),
        (ASKED, "schema: { like: main, tables: [t] } }", "f:13:46: error[two-kinds]: `like` stands alone: it is the whole comparison"),
        (ASKED, "schema: { file: '' } }", "f:13:52: error[empty]: `file` is empty"),
        (
            ASKED,
            "schema: { tables: [t] }, expect: rows == 1 }",
            "f:13:69: error[unknown-name]: the `expect` of a schema check cannot name `rows`",
        ),
    ]);
}

/// Replaces the first text by the second, and finds the third among the problems.
fn each_is_found(mistakes: &[(&str, &str, &str)]) {
    assert_eq!(problems_of(GOOD.as_bytes()), Vec::<String>::new());
    let mut wrong = Vec::new();
    for (good, bad, expected) in mistakes {
        assert!(GOOD.contains(good), "{good}");
        let found = problems_of(GOOD.replacen(good, bad, 1).as_bytes());
        if !found.iter().any(|line| line == expected) {
            wrong.push(format!("{bad:?}\nwanted {expected}\nfound  {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mistake_in_a_request_or_a_question_about_variables_is_named() {
    let mut wrong = Vec::new();
    for (check, expected) in [
        ("http: { url: 'https://h/x?y={{ worker }}', headers: { X-A: 'b {{ worker }}', x-n: 1 }, method: HEAD, follow: true }", ""),
        ("http: {}", "f:13:42: error[missing-key]: `url` is missing here"),
        ("http: { url: '' }", "f:13:49: error[empty]: `url` is empty"),
        ("http: 'https://h/'", "f:13:42: error[wrong-type]: `http` must be a mapping of keys to values, not text"),
        ("http: { ulr: 'https://h/' }", "f:13:44: error[unknown-key]: there is no key `ulr` here"),
        ("http: { url: 'https://h/', method: POST }", "f:13:71: error[bad-value]: `method` cannot be `POST`"),
        ("http: { url: 'h/x' }", "f:13:49: error[bad-address]: this is no address: an address begins with http:// or https://"),
        (
            "http: { url: 'https://u:p@h/' }",
            "f:13:49: error[bad-address]: this is no address: a user or password cannot stand in an address; send a header with a secret input",
        ),
        (
            "http: { url: 'https://h{{ worker }}/' }",
            "f:13:49: error[bad-address]: this is no address: `{{ worker }}` would be a part of a word in the host",
        ),
        ("http: { url: 'https://h/{{ worke }}' }", "f:13:49: error[unknown-name]: there is no input `worke`"),
        ("http: { url: 'https://h/', headers: { X: '{{ worke }}' } }", "f:13:77: error[unknown-name]: there is no input `worke`"),
        ("http: { url: 'https://h/', headers: { 'a b': c } }", "f:13:81: error[bad-header]: `a b` is no name of a header"),
        ("http: { url: 'https://h/', headers: { Connection: c } }", "f:13:86: error[bad-header]: `Connection` is set by the program"),
        ("http: { url: 'https://h/', headers: { X: \"a\\nb\" } }", "f:13:77: error[bad-header]: the value of `X` holds a line break"),
        ("http: { url: 'https://h/', headers: { X: '{{ a' } }", "f:13:77: error[bad-template]: `X` cannot be read: a `{{` is never closed"),
        (
            "http: { url: 'https://h/', headers: { Authorization: Bearer x } }",
            "f:13:89: error[password]: a credential cannot stand in a runbook",
        ),
        ("http: { url: 'https://h/' }, on: main", "f:13:65: error[misplaced]: `on` means nothing for a http check"),
        ("http: { url: 'https://h/' }, dir: x", "f:13:65: error[misplaced]: `dir` goes with `command`"),
        (
            "http: { url: 'https://h/' }, expect: code == 200",
            "f:13:73: error[unknown-name]: the `expect` of a http check cannot name `code`",
        ),
        ("env: { of: process, like: { command: [a, b] }, require: { A: set, B: x.*, C: 1, D: { literal: set, optional: true } } }", ""),
        ("env: {}", "f:13:41: error[missing-key]: it is not said what the variables must be"),
        ("env: { of: process }", "f:13:43: error[missing-key]: it is not said what the variables must be"),
        ("env: { off: process, require: { A: set } }", "f:13:43: error[unknown-key]: there is no key `off` here"),
        ("env: { of: proces, require: { A: set } }", "f:13:47: error[bad-value]: `of` cannot be `proces`"),
        ("env: { of: { fil: .env }, like: process }", "f:13:49: error[unknown-key]: there is no key `fil` here"),
        ("env: { of: { file: a, command: b }, like: process }", "f:13:49: error[two-kinds]: variables come from `file` or from `command`"),
        ("env: { of: { file: '' }, like: process }", "f:13:55: error[empty]: `file` is empty"),
        ("env: { like: { command: '' } }", "f:13:60: error[empty]: `command` is empty"),
        ("env: { require: { A: '(' } }", "f:13:57: error[bad-pattern]: this is no regular expression: unclosed group"),
        ("env: { require: { A: 'a)(b' } }", "f:13:57: error[bad-pattern]: this is no regular expression: unopened group"),
        (
            "env: { require: { A: [x] } }",
            "f:13:57: error[wrong-type]: `A` must be text or a number or true or false or a mapping of keys to values, not a list",
        ),
        ("env: { require: { A=: set } }", "f:13:58: error[bad-name]: `A=` is no name of a variable"),
        (
            "env: { require: { A: { pattern: a, literal: b } } }",
            "f:13:59: error[two-kinds]: a variable must match a `pattern` or be a `literal`",
        ),
        (
            "env: { require: { A: set } }, expect: 'extra == []'",
            "f:13:74: error[unknown-name]: the `expect` of a env check cannot name `extra`",
        ),
    ] {
        let text = GOOD.replacen("sql: SELECT 1, expect: value == 1", check, 1);
        let found = problems_of(text.as_bytes());
        if expected.is_empty() != found.is_empty() || (!expected.is_empty() && !found.iter().any(|line| line == expected)) {
            wrong.push(format!("{check}\nwanted {expected}\nfound  {found:#?}"));
        }
    }
    for (http, expected) in [
        ("{ url: 'https://h/x' }", ""),
        ("{ url: 'https://h/x', method: GET }, expect: json.ok", ""),
        ("{ url: 'https://h/x', method: PUT, body: '{\"a\": \"{{ worker }}\"}' }", ""),
        ("{ url: 'https://h/x', method: HEAD }", "error[bad-value]: `method` cannot be `HEAD`"),
        ("{ url: 'https://h/x', follow: true }", "error[unknown-key]: there is no key `follow` here"),
        ("{ url: 'https://h/x', body: '{\"a\": \"{{ worke }}\"}' }", "error[unknown-name]: there is no input `worke`"),
        ("{ url: 'https://h/x', body: '[{{ worker }}]' }", "error[bad-body]: this cannot be the body of a request: no JSON"),
        ("{ url: 'https://h/x', body: 'a=b' }", "error[bad-body]: this cannot be the body of a request: no JSON"),
        ("{ url: 'https://h/x' }, expect: exit == 0", "error[unknown-name]: the `expect` of a http check cannot name `exit`"),
        ("{ url: 'https://h/x' }, env: { A: b }", "error[misplaced]: `env` goes with `command`"),
        ("{ url: 'https://h/x' }, expect_rows: 1", "error[misplaced]: `expect_rows` goes with `sql`"),
    ] {
        let remediation = format!("        remediations: [{{ title: R, http: {http} }}]\n        checks:");
        let found = problems_of(GOOD.replacen("        checks:", &remediation, 1).as_bytes());
        let hit = found.iter().any(|line| line.contains(expected));
        if expected.is_empty() != found.is_empty() || (!expected.is_empty() && !hit) {
            wrong.push(format!("{http}\nwanted {expected}\nfound  {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mistake_in_a_log_or_migrations_check_is_named_at_its_place() {
    let mut wrong = Vec::new();
    for (bad, expected) in [
        ("log: { none_of: [a] }", "f:13:43: error[missing-key]: it is not said where the log is"),
        ("log: { file: a }", "f:13:43: error[missing-key]: it is not said what to look for in the log"),
        ("log: { file: a, none_of: [b], command: c }", "f:13:66: error[two-kinds]: a log is a `file` or comes from a `command`, not both"),
        ("log: { file: a, all_of: [b, '('] }", "f:13:64: error[bad-pattern]: this is no regular expression: unclosed group"),
        ("log: { file: a, none_of: [''] }", "f:13:62: error[empty]: an empty pattern matches every line"),
        ("log: { file: a, in_order: [b, c], same: 'd=.*' }", "f:13:76: error[bad-pattern]: this pattern captures nothing"),
        ("log: { file: a, all_of: [b], same: '(d)' }", "f:13:65: error[misplaced]: `same` goes with `in_order`"),
        ("log: { file: a, none_of: b }", "f:13:61: error[wrong-type]: `none_of` must be a list, not text"),
        (
            "log: { file: a, none_of: [b] }, expect: value == 1",
            "f:13:76: error[unknown-name]: the `expect` of a log check cannot name `value`",
        ),
        ("migrations: { dir: a, tool: sql }, on: main", "f:13:71: error[misplaced]: `on` means nothing for a migrations check"),
        ("migrations: { dir: a, tool: prisma }", "f:13:64: error[bad-value]: `tool` cannot be `prisma`"),
        ("migrations: { tool: sql }", "f:13:50: error[missing-key]: `dir` is missing here"),
        ("migrations: { dir: '', tool: sql }", "f:13:55: error[bad-value]: this is no name of a folder"),
    ] {
        let found = problems_of(GOOD.replacen("sql: SELECT 1, expect: value == 1", bad, 1).as_bytes());
        if !found.iter().any(|line| line == expected) {
            wrong.push(format!("{bad:?}\nwanted {expected}\nfound  {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_problems_come_at_once_in_order() {
    let found =
        problems_of(GOOD.replace("id: good", "idd: good").replace("value == 1", "valu == 1").replace("check: one", "check: on").as_bytes());
    let codes: Vec<&str> = found.iter().map(|line| line.split(&['[', ']'][..]).nth(1).unwrap()).collect();
    assert_eq!(codes, ["missing-key", "unknown-key", "unknown-name", "unknown-id"], "{found:#?}");
}

/// Time this thread had a processor, which does not grow because others are at work; none where the system does not tell.
fn on_processor() -> Option<std::time::Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(std::time::Duration::from_nanos)
}

#[test]
fn a_hostile_file_costs_no_more_than_its_size() {
    let bomb = format!("a: &a [{}]\n", "x,".repeat(50))
        + &(0..30)
            .map(|n| format!("b{n}: &b{n} [{}]\n", if n == 0 { "*a,".repeat(3) } else { format!("*b{},", n - 1).repeat(3) }))
            .collect::<String>();
    let long = format!("a: &a {}\nb: [{}]", "x".repeat(130_000), "*a,".repeat(90));
    for (name, text, code) in [
        ("brackets", "[".repeat(100_000), "too-deep"),
        ("braces", "{a: ".repeat(100_000), "too-deep"),
        ("alias bomb", bomb, "too-large"),
        ("amplification", long, "too-large"),
        ("many aliases", format!("a: &a x\nb: [{}]", "*a,".repeat(101)), "too-many-aliases"),
        ("huge", "#".repeat(300 << 20), "too-large"),
        ("many values", "- x\n".repeat(200_000), "too-large"),
        ("many unknown keys", (0..30_000).map(|n| format!("k{n}: x\n")).collect(), "unknown-key"),
        ("itself", "a: &a [*a]".to_owned(), "syntax"),
        ("NUL", "version: 1\nid: \0".to_owned(), "encoding"),
        ("nothing", String::new(), "syntax"),
        ("two", "a: 1\n---\nb: 2".to_owned(), "syntax"),
    ] {
        let started = (std::time::Instant::now(), on_processor());
        let problems = runbook::yaml::read(name, text.as_bytes()).unwrap_err();
        let took = on_processor().zip(started.1).map_or_else(|| started.0.elapsed(), |(now, then)| now.saturating_sub(then));
        assert!(problems.iter().any(|problem| problem.code == code), "{name}: {problems:#?}");
        // A debug build; the limit that is promised holds for a release build.
        assert!(took.as_millis() < 2_000, "{name} took {took:?}");
    }
    assert_eq!(problems_of(b"version: 1\nid: \xff\n"), ["f:2:5: error[encoding]: byte 16 is not UTF-8"]);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let _ = runbook::yaml::read("f", &bytes);
    }

    #[test]
    fn no_damage_to_a_runbook_makes_the_reader_panic(at in 0..GOOD.len(), with in "[-\\[\\]{}:#&*!|>'\"%@`?, \n\ta1]{0,6}") {
        let mut text = GOOD.to_owned();
        text.replace_range(at..at, &with);
        let _ = runbook::yaml::read("f", text.as_bytes());
    }
}
