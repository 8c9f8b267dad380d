//! Variables from real files, programs and this process: what is found wrong with them, and that their values stay
//! where they are. Never waits for a fixed time, and never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fracas::base::{Value, json};
use fracas::engine::attempt::{Answer, Finding};
use fracas::engine::checks::judge;
use fracas::runbook::yaml;
use fracas::timeline::event::Verdict;
use fracas::world::prober::{Prober, Stop, Stopper, Surroundings};

/// A folder with files in it, in which a question is asked.
struct World {
    folder: tempfile::TempDir,
    env: BTreeMap<String, String>,
    inputs: BTreeMap<String, String>,
}

impl World {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder, env: BTreeMap::new(), inputs: BTreeMap::new() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    async fn asked(&self, question: &str) -> (Verdict, String, Answer) {
        self.asked_until(question, "", Stop::never()).await
    }

    /// The verdict on an `env` check, its reason, and the answer.
    async fn asked_until(&self, question: &str, more: &str, stop: Stop) -> (Verdict, String, Answer) {
        let asked: String = self.inputs.keys().map(|name| format!("  {name}: {{ ask: {name} }}\n")).collect();
        let asked = if asked.is_empty() { String::new() } else { format!("inputs:\n{asked}") };
        let text = format!(
            "version: 1\nid: t\ntitle: t\n{asked}phases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n          - title: c\n            env: {{ {question} }}\n{more}"
        );
        let runbook = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}")));
        // A runbook that was read before is read again without being judged, and must mean the same.
        assert_eq!(*runbook, yaml::read_again("t.yaml", text.as_bytes()).unwrap());
        let surroundings = Surroundings {
            runbook: Arc::clone(&runbook),
            inputs: self.inputs.clone(),
            targets: BTreeMap::new(),
            env: self.env.clone(),
            dir: Some(self.path().to_owned()),
        };
        let check = runbook.checks().next().unwrap().1;
        let answer = Prober::new(surroundings).ask(check, stop).await;
        let (verdict, reason) = judge(check, &answer);
        let everything = format!("{reason}{answer:?}{:?}", check.ask.spelled());
        assert!(!everything.contains("hunter2"), "{everything}");
        (verdict, reason, answer)
    }
}

const GOOD: &[u8] =
    b"# of the worker\nexport DATABASE_URL=\"postgres://u:hunter2@db/app\"\nPORT=8080\nKEY='hunter2'\nEMPTY=\nMODE=production\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_required_is_there_or_not() {
    let world = World::new(&[(".env", GOOD)]);
    let (verdict, reason, answer) = world
        .asked("of: { file: .env }, require: { DATABASE_URL: 'postgres(ql)?://.+', PORT: 8080, KEY: set, MODE: production|staging, EMPTY: { pattern: '' }, NONE: { pattern: x, optional: true } }")
        .await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Passed, "6 variables as required"));
    assert_eq!(Value::Object(answer.values), json!({"missing": [], "different": [], "invalid": [], "ok": true}));

    let (verdict, reason, answer) = world
        .asked("of: { file: .env }, require: { DATABASE_URL: 'mysql://.+', PORT: 80, KEY: hunter, MODE: { literal: product }, EMPTY: set, NONE: set }")
        .await;
    assert_eq!(verdict, Verdict::Failed);
    assert_eq!(reason, "missing: NONE; empty: EMPTY; malformed: DATABASE_URL, KEY; not the required value: MODE, PORT");
    let expected = json!({"missing": ["NONE"], "different": [], "invalid": ["DATABASE_URL", "EMPTY", "KEY", "MODE", "PORT"], "ok": false});
    assert_eq!(Value::Object(answer.values), expected);
    assert!(answer.seen.contains("✗ DATABASE_URL  malformed\n") && !answer.seen.contains("8080"), "{}", answer.seen);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_sources_are_compared() {
    let staging = b"DATABASE_URL=hunter2-staging\nPORT=8080\nKEY=hunter2\nMODE=production\nMORE=1\n";
    let world = World::new(&[(".env", GOOD), ("staging.env", staging)]);
    let (verdict, reason, answer) = world.asked("of: { file: .env }, like: { file: staging.env }").await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Failed, "missing: MORE; differs: DATABASE_URL"));
    assert_eq!(answer.seen, "✗ DATABASE_URL  differs\n✗ MORE          missing\n✓ KEY\n✓ MODE\n✓ PORT");

    // With requirements, only what they name is compared.
    let require = "require: { KEY: set, EMPTY: { pattern: '.*' }, DATABASE_URL: { literal: x } }";
    let (verdict, reason, answer) = world.asked(&format!("of: {{ file: .env }}, like: {{ file: staging.env }}, {require}")).await;
    assert_eq!(verdict, Verdict::Failed);
    assert_eq!(reason, "not the required value: DATABASE_URL; differs: DATABASE_URL; differs, the other has none: EMPTY");
    assert_eq!(answer.values["different"], json!(["DATABASE_URL", "EMPTY"]));

    let printed = r#"{"DATABASE_URL": "postgres://u:hunter2@db/app", "PORT": 8080, "KEY": "hunter2", "GONE": null}"#;
    std::fs::write(world.path().join("vars.json"), printed).unwrap();
    let (verdict, reason, _) = world.asked("of: { file: .env }, like: { command: cat vars.json }").await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Passed, "3 variables as in the output of `cat vars.json`"));
    let (verdict, _, _) = world.asked("of: { command: [cat, vars.json] }, like: { file: .env }").await;
    assert_eq!(verdict, Verdict::Failed);

    // As container platforms list them: Kubernetes, Vercel, Render.
    for listed in [
        r#"[{"name": "DATABASE_URL", "value": "postgres://u:hunter2@db/app"}, {"name": "PORT", "value": "8080"}, {"name": "KEY", "value": "hunter2"}]"#,
        r#"[{"key": "PORT", "value": 8080, "id": "7"}, {"key": "KEY", "value": "hunter2"}, {"key": "DATABASE_URL", "value": "postgres://u:hunter2@db/app"}]"#,
        r#"[{"cursor": "a", "envVar": {"key": "KEY", "value": "hunter2"}}, {"envVar": {"key": "PORT", "value": "8080"}},
            {"envVar": {"key": "DATABASE_URL", "value": "postgres://u:hunter2@db/app"}}]"#,
    ] {
        std::fs::write(world.path().join("list.json"), listed).unwrap();
        let (verdict, reason, _) = world.asked("of: { command: cat list.json }, like: { command: cat vars.json }").await;
        assert_eq!((verdict, reason.as_str()), (Verdict::Passed, "3 variables as in the output of `cat vars.json`"), "{listed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_what_its_commands_would_see() {
    let mut world = World::new(&[]);
    world.env.insert("FRACAS_DRILL_KEY".to_owned(), "hunter2".to_owned());
    world.env.insert("worker".to_owned(), "overridden".to_owned());
    world.inputs.insert("worker".to_owned(), "hunter2-worker".to_owned());
    let require = "require: { PATH: set, FRACAS_DRILL_KEY: 'hunter\\d', worker: 'hunter\\d-worker' }";
    assert_eq!(world.asked(require).await.0, Verdict::Passed);
    // As the shell of a command sees them.
    let line = r#"printf '{"FRACAS_DRILL_KEY": "%s", "worker": "%s"}' "$FRACAS_DRILL_KEY" "$worker""#;
    let (verdict, reason, _) = world.asked(&format!("of: process, like: {{ command: {} }}", Value::from(line))).await;
    assert_eq!(verdict, Verdict::Passed, "{reason}");
    let (verdict, reason, _) = world.asked("require: { FRACAS_NO_SUCH_KEY: set }").await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Failed, "missing: FRACAS_NO_SUCH_KEY"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_compared_says_why() {
    let large = vec![b'#'; (1 << 20) + 1];
    let world = World::new(&[
        ("large", &large),
        ("latin1", b"A=1\nKEY=hunter2\xfc\n"),
        ("pem", b"KEY=-----BEGIN\nhunter2/hunter2==\n-----END\n"),
        ("quote", b"A=1\nKEY=\"hunter2\n"),
        ("none", b"# nothing\n"),
        ("list.json", b"[\"hunter2\"]"),
        ("deep.json", b"{\"KEY\": {\"value\": \"hunter2\"}}"),
        ("bad.json", b"{\"KEY\": hunter2}"),
        ("latin1.json", b"{\"KEY\": \"hunter2\xfc\"}"),
    ]);
    std::fs::create_dir(world.path().join("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, world.path().join("pipe"), 0o600.into()).unwrap();
    let here = world.path().display();
    let file = |name: &str| format!("of: {{ file: {name} }}");
    let command = |line: &str| format!("of: {{ command: {} }}", Value::from(line));
    for (source, expected) in [
        (file("nothing"), format!("{here}/nothing is not there")),
        (file("large/x"), format!("{here}/large/x is not there: a part of its path is a file")),
        (file("folder"), format!("{here}/folder is a folder")),
        (file("pipe"), format!("{here}/pipe is a pipe (FIFO)")),
        (file("/dev/zero"), "/dev/zero is a device, not a file".to_owned()),
        (file("large"), format!("{here}/large is larger than 1 MiB")),
        (file("latin1"), format!("{here}/latin1 is not UTF-8 in line 2")),
        (file("pem"), format!("{here}/pem: line 2 is neither NAME=value nor a comment")),
        (file("quote"), format!("{here}/quote: the quotes of the value that begins in line 2 are not understood")),
        (command("cat nothing"), "exit 1: `cat nothing`; what it printed is not shown".to_owned()),
        (command("no-such-program"), "exit 127: there is no such program: `no-such-program`; what it printed is not shown".to_owned()),
        (command("kill -9 $$"), "ended by signal 9: ".to_owned()),
        (command("true"), "the output of `true` is empty where a JSON object should be".to_owned()),
        (
            command("cat list.json"),
            "the output of `cat list.json` is JSON, but neither an object of names and values nor a list of such".to_owned(),
        ),
        (command("cat deep.json"), "the output of `cat deep.json` holds more than a text under KEY".to_owned()),
        (command("cat bad.json"), "the output of `cat bad.json` is no JSON (line 1, column 9)".to_owned()),
        (command("cat latin1.json"), "the output of `cat latin1.json` is no JSON (line 1, column ".to_owned()),
        (command("head -c 2000000 /dev/zero"), "the output of `head -c 2000000 /dev/zero` was cut at 1 MiB".to_owned()),
    ] {
        let (verdict, reason, answer) = world.asked(&format!("{source}, require: {{ KEY: set }}")).await;
        assert_eq!(verdict, Verdict::Inconclusive, "{source}: {reason}");
        assert!(reason.starts_with(&expected) && answer.seen.is_empty(), "{source}\nwanted {expected}\nfound  {reason}");
        let (verdict, said, _) = world.asked(&format!("of: process, {}", source.replacen("of", "like", 1))).await;
        assert_eq!((verdict, said), (Verdict::Inconclusive, reason));
    }
    let (verdict, reason, _) = world.asked("of: process, like: { file: none }").await;
    assert_eq!((verdict, reason.as_str()), (Verdict::Inconclusive, "there is nothing to compare: none holds no variable"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_failing_program_prints_is_not_shown() {
    let world = World::new(&[("vars", b"hunter2")]);
    let (verdict, reason, _) = world.asked("of: { command: 'cat vars vars >&2; cat vars; exit 3' }, require: { KEY: set }").await;
    assert_eq!((verdict, &reason[..7]), (Verdict::Inconclusive, "exit 3:"));
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::process::CommandExt as _;

    let world = World::new(&[(".env", GOOD)]);
    let file = world.path().join(".env");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    std::fs::set_permissions(world.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let text = "version: 1\nid: t\ntitle: t\nphases:\n  - title: p\n    steps:\n      - title: s\n        checks:\n          - { title: c, env: { of: { file: .env }, require: { KEY: set } } }\n";
    std::fs::write(world.path().join("t.yaml"), text).unwrap();
    // A copy, because the folder it was built in may be closed to others.
    let binary = world.path().join("fracas");
    std::fs::copy(env!("CARGO_BIN_EXE_fracas"), &binary).unwrap();
    let mut command = std::process::Command::new(&binary);
    command.args(["check", "./t.yaml", "--format", "json"]).current_dir(world.path()).env("FRACAS_STATE", world.path().join("state"));
    if rustix::process::geteuid().is_root() {
        // Root may read everything; nobody may not.
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(report["checks"][0]["verdict"], "inconclusive", "{report}");
    assert_eq!(report["checks"][0]["reason"], ".env may not be read by this user: permission denied");
    assert_eq!(output.status.code(), Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_program_is_ended() {
    let world = World::new(&[]);
    let question = "of: { command: sleep 600 }, require: { KEY: set }";
    let (verdict, reason, _) = world.asked_until(question, "            timeout: 100ms\n", Stop::never()).await;
    assert_eq!((verdict, reason.as_str()), (Verdict::TimedOut, "no answer within 100ms: the output of `sleep 600` did not end"));
    let (stopper, stop) = Stopper::pair();
    stopper.stop();
    let asked = world.asked_until(question, "", stop);
    let (_, _, answer) = tokio::time::timeout(Duration::from_secs(20), asked).await.unwrap();
    assert_eq!(answer.finding, Finding::Cancelled);
}
