//! A runbook from somebody else's repository, run by the real binary: nothing of it runs before a person has read it,
//! nothing else than what they read runs afterwards, and what it is told stays a value. Never waits for a fixed time.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fracas::runbook::yaml;
use fracas::timeline::event::Verdict;
use fracas::world::command::launch_through;
use fracas::world::prober::{Prober, Stop, Surroundings};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;
use fracas::world::trust::PulledIn;
use serde_json::Value;
use tempfile::TempDir;

/// Somebody's checkout of a repository, with what the environment leads to.
struct Checkout {
    folder: TempDir,
    env: Vec<(&'static str, String)>,
}

impl Checkout {
    fn with(runbook: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("runbooks")).unwrap();
        let checkout = Self { folder, env: Vec::new() };
        checkout.write("runbooks/book.yaml", runbook);
        checkout
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A script that anybody may run, and that leaves a mark.
    fn script(&self, name: &str, mark: &str) {
        self.write(name, &format!("#!/bin/sh\ntouch {mark}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("DATABASE_URL").env("HOME", self.path("home")).env("XDG_CONFIG_HOME", self.path("settings"));
        command.env("FRACAS_STATE", self.path("state")).envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn fracas(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn trust(&self) -> String {
        let trusted = self.fracas(&["trust", "runbooks/book.yaml", "--yes"]);
        assert!(trusted.status.success(), "{trusted:?}");
        String::from_utf8(trusted.stdout).unwrap()
    }

    /// The answers of its checks, once it is trusted.
    fn answers(&self, inputs: &[&str]) -> BTreeMap<String, Value> {
        let arguments = [&["check", "runbooks/book.yaml", "--probe", "--format", "json"], inputs].concat();
        let asked = self.fracas(&arguments);
        let answers: Value = serde_json::from_slice(&asked.stdout).unwrap_or_else(|_| panic!("{asked:?}"));
        answers["checks"].as_array().unwrap().iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row.clone())).collect()
    }

    /// Whether it may run, which is whether somebody trusts it.
    fn may_run(&self) -> bool {
        let asked = self.fracas(&["check", "runbooks/book.yaml"]);
        let said = String::from_utf8_lossy(&asked.stderr);
        assert_eq!(asked.status.code() == Some(3), said.contains("is not trusted"), "{said}");
        asked.status.code() != Some(3)
    }
}

fn book(inputs: &str, checks: &str) -> String {
    format!("version: 1\nid: book\ntitle: Book\n{inputs}phases:\n  - title: p\n    steps:\n      - title: s\n{checks}")
}

/// Everything that could act does: each leaves a mark, or knocks at a door.
#[test]
fn reading_a_runbook_runs_nothing_of_it() {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    door.set_nonblocking(true).unwrap();
    let at = door.local_addr().unwrap();
    let checkout = Checkout::with(&book(
        &format!("targets:\n  database: {{ postgres: {{ host: 127.0.0.1, port: {}, user: u, dbname: d }} }}\n", at.port()),
        &format!(
            "        checks:\n          - {{ title: a, command: touch mark-a }}\n          - {{ title: b, command: [touch, mark-b] }}\n          \
             - {{ title: c, command: ./mark.sh }}\n          - {{ title: d, log: {{ command: touch mark-d, none_of: [x] }} }}\n          \
             - {{ title: e, env: {{ of: {{ command: touch mark-e }}, like: {{ command: touch mark-f }} }} }}\n          \
             - {{ title: g, http: {{ url: 'http://{at}/' }} }}\n          - {{ title: h, connect: database }}\n          \
             - {{ title: i, sql: SELECT 1, expect: value == 1 }}\n        remediations:\n          \
             - {{ title: j, command: touch mark-j, verify: [a] }}\n          - {{ title: k, sql: CREATE TABLE k (), verify: [a] }}\n"
        ),
    ));
    checkout.script("mark.sh", "mark-c");
    checkout.write("notes.md", "# Notes\n```sh\ntouch mark-n\n```\n");
    for arguments in [
        &["list"] as &[&str],
        &["list", "book", "--json"],
        &["show", "book"],
        &["show", "runbooks/book.yaml"],
        &["lint", "runbooks/book.yaml"],
        &["lint", "runbooks/book.yaml", "--format", "json"],
        &["doctor"],
        &["completions", "bash"],
        &["man"],
        &["json-schema"],
        &["incidents"],
        &["trust", "runbooks/book.yaml"],
        &["run", "book"],
        &["check", "book"],
    ] {
        let said = checkout.fracas(arguments);
        assert!(said.status.code().is_some_and(|code| code <= 3), "{arguments:?}: {said:?}");
    }
    let marks: Vec<_> = fs::read_dir(checkout.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("mark-"))
        .collect();
    assert!(marks.is_empty(), "{marks:?}");
    assert!(door.accept().is_err(), "somebody knocked");

    // And each would have, which is what makes the silence above worth something.
    let read = checkout.trust();
    for part in
        ["touch mark-a", "touch mark-b", "./mark.sh", "touch mark-c", "touch mark-d", "touch mark-f", "touch mark-j", "CREATE TABLE k"]
    {
        assert!(read.contains(part), "a person should have read {part}: {read}");
    }
    assert!(checkout.may_run());
    for mark in ["mark-a", "mark-b", "mark-c", "mark-d", "mark-e", "mark-f"] {
        assert!(checkout.path(mark).exists(), "{mark}");
    }
    assert!(!checkout.path("mark-j").exists(), "a remediation ran");
    assert!(door.accept().is_ok(), "nobody knocked");
}

const SCRIPTED: &str = "        checks:
          - { title: script, command: ./check.sh }
          - { title: another, command: 'sh sub/other.sh | cat', dir: . }
          - { title: data, command: cat data.txt }
          - { title: later, command: 'test ! -e later.sh || ./later.sh' }
          - { title: snapshot, on: database, schema: { file: healthy.yaml } }
";

fn scripted() -> Checkout {
    let checkout = Checkout::with(&book("targets:\n  database: { postgres: { env: DATABASE_URL } }\n", SCRIPTED));
    checkout.script("check.sh", "ran-check");
    checkout.write("sub/other.sh", "touch ran-other\n");
    checkout.write("data.txt", "data\n");
    checkout.write("healthy.yaml", "extensions: [vector]\n");
    checkout
}

#[test]
fn trust_is_gone_when_anything_that_decides_what_runs_is_another() {
    let checkout = scripted();
    assert!(!checkout.may_run());
    let read = checkout.trust();
    for part in ["pulled in, ./check.sh", "touch ran-check", "pulled in, ./sub/other.sh", "touch ran-other", "extensions: [vector]"] {
        assert!(read.contains(part), "{part}: {read}");
    }
    assert!(checkout.may_run() && checkout.path("ran-check").exists() && checkout.path("ran-other").exists());

    let book = fs::read_to_string(checkout.path("runbooks/book.yaml")).unwrap();
    let edits: &[(&str, &dyn Fn())] = &[
        ("the runbook", &|| checkout.write("runbooks/book.yaml", &format!("{book}\n"))),
        ("a script", &|| checkout.script("check.sh", "ran-evil")),
        ("a script of a shell", &|| checkout.write("sub/other.sh", "touch ran-evil\n")),
        ("a snapshot", &|| checkout.write("healthy.yaml", "extensions: [pg_trgm]\n")),
        ("a script that is gone", &|| fs::remove_file(checkout.path("sub/other.sh")).unwrap()),
        ("a script that was not there", &|| checkout.script("later.sh", "ran-evil")),
        ("data that became a script", &|| checkout.script("data.txt", "ran-evil")),
        ("a link to the same bytes", &|| {
            fs::rename(checkout.path("check.sh"), checkout.path("moved.sh")).unwrap();
            symlink("moved.sh", checkout.path("check.sh")).unwrap();
        }),
        ("a folder that became a link", &|| {
            fs::rename(checkout.path("sub"), checkout.path("elsewhere")).unwrap();
            symlink("elsewhere", checkout.path("sub")).unwrap();
        }),
        ("a runbook that became a link to the same bytes", &|| {
            fs::rename(checkout.path("runbooks/book.yaml"), checkout.path("book.yaml")).unwrap();
            symlink("../book.yaml", checkout.path("runbooks/book.yaml")).unwrap();
        }),
    ];
    for (what, edit) in edits {
        let before = Snapshot::of(checkout.folder.path());
        edit();
        assert!(!checkout.may_run(), "{what}: still trusted");
        before.restore();
        assert!(checkout.may_run(), "{what}: as it was when it was trusted");
    }
    assert!(!checkout.path("ran-evil").exists());
    // What is only read may change, and so may what has nothing to do with it.
    checkout.write("data.txt", "other data\n");
    checkout.script("unrelated.sh", "ran-evil");
    assert!(checkout.may_run());
}

/// The files of a checkout, to be put back.
struct Snapshot {
    folder: PathBuf,
    copy: TempDir,
}

impl Snapshot {
    const PARTS: [&str; 6] = ["runbooks", "sub", "check.sh", "data.txt", "healthy.yaml", "later.sh"];

    fn of(folder: &Path) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for part in Self::PARTS {
            let _ = Command::new("cp").args(["-a", "--"]).arg(folder.join(part)).arg(copy.path()).stderr(Stdio::null()).status().unwrap();
        }
        Self { folder: folder.to_owned(), copy }
    }

    fn restore(&self) {
        for part in Self::PARTS {
            assert!(Command::new("rm").args(["-rf", "--"]).arg(self.folder.join(part)).status().unwrap().success());
            if self.copy.path().join(part).exists() {
                let copied = Command::new("cp").args(["-a", "--"]).arg(self.copy.path().join(part)).arg(&self.folder).status().unwrap();
                assert!(copied.success());
            }
        }
    }
}

/// A copy of a checkout elsewhere is another place, for a person; for a pipeline that names the hash it is the same.
#[test]
fn a_copy_asks_again_and_has_the_same_hash() {
    let (checkout, other) = (scripted(), scripted());
    checkout.trust();
    let refused = other.fracas(&["check", "runbooks/book.yaml"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    let hash = said.split(&['(', ')', ' '][..]).find(|word| word.starts_with("sha256:")).unwrap();
    assert_eq!(other.fracas(&["check", "runbooks/book.yaml", "--trust", hash]).status.code(), Some(4));
    other.script("check.sh", "ran-evil");
    assert_eq!(other.fracas(&["check", "runbooks/book.yaml", "--trust", hash]).status.code(), Some(3));
    assert!(!other.path("ran-evil").exists());
}

/// An incident lasts for hours; what changes meanwhile does not run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_an_incident_is_open_does_not_run() {
    launch_through(PathBuf::from(env!("CARGO_BIN_EXE_fracas")));
    let checkout = scripted();
    let runbook = Arc::new(yaml::read("book.yaml", &fs::read(checkout.path("runbooks/book.yaml")).unwrap()).unwrap());
    let dir = checkout.folder.path().to_owned();
    let vouched = PulledIn::of(&runbook, Some(&dir));
    // Nobody answers there; the snapshot is looked at before.
    let env = BTreeMap::from([("DATABASE_URL".to_owned(), "host=127.0.0.1 port=1 user=u dbname=d".to_owned())]);
    let surroundings =
        Surroundings { runbook: Arc::clone(&runbook), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: Some(dir) };
    let prober = Prober::vouched(surroundings, Some(vouched));
    let asked = async |title: &str| {
        let (_, check) = runbook.checks().find(|(_, check)| check.title == title).unwrap();
        fracas::engine::checks::judge(check, &prober.ask(check, Stop::never()).await)
    };
    assert_eq!(asked("script").await.0, Verdict::Passed);
    checkout.script("check.sh", "ran-evil");
    checkout.script("later.sh", "ran-evil");
    checkout.write("healthy.yaml", "extensions: [pg_trgm]\n");
    let inconclusive = |why: &str| (Verdict::Inconclusive, why.to_owned());
    assert_eq!(asked("script").await, inconclusive("./check.sh is not what it was when this runbook was trusted; nothing was run"));
    assert_eq!(asked("later").await, inconclusive("later.sh was not there when this runbook was trusted; nothing was run"));
    let (verdict, reason) = asked("snapshot").await;
    assert!(verdict == Verdict::Inconclusive && reason.contains("healthy.yaml"), "{reason}");
    assert!(!checkout.path("ran-evil").exists());
    assert_eq!(asked("another").await.0, Verdict::Passed);
}

/// A command finds the way to no database but the one that its runbook names.
#[test]
fn a_command_gets_only_the_connection_that_is_named() {
    let mut checkout = Checkout::with(&book(
        "targets:\n  database: { postgres: { env: THE_DB }, alternatives: { other: { env: OTHER_DB } } }\n",
        "        checks:\n          - { id: none, title: none, command: env, expect: exit == 0, show: stdout }\n          \
         - { id: named, title: named, command: env, env: { DATABASE_URL: target.database }, expect: exit == 0 }\n          \
         - { id: log, title: log, log: { command: env, none_of: ['^(PG|DATABASE_URL|THE_DB|OTHER_DB|DIRECT_URL)'] } }\n          \
         - { id: process, title: process, env: { of: process, require: { DATABASE_URL: set, PGHOST: set } } }\n",
    ));
    checkout.env = [
        ("DATABASE_URL", "postgres://u@prod.example.com/app"),
        ("THE_DB", "host=staging.example.com dbname=app user=u"),
        ("OTHER_DB", "host=other.example.com dbname=app"),
        ("DIRECT_URL", "postgresql+asyncpg://u@prod.example.com/app"),
        ("PGHOST", "prod.example.com"),
        ("PGPASSFILE", "/nowhere"),
        ("HARMLESS", "stays"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    checkout.trust();
    let answers = checkout.answers(&[]);
    let env = |id: &str| answers[id]["values"]["stdout"].as_str().unwrap_or_else(|| panic!("{answers:?}")).to_owned();
    let leads = |text: &str| text.lines().filter(|line| line.contains("example.com") || line.starts_with("PG")).count();
    assert_eq!((leads(&env("none")), env("none").contains("HARMLESS=stays")), (0, true), "{}", env("none"));
    let named = env("named");
    assert!(leads(&named) == 1 && named.lines().any(|line| line.starts_with("DATABASE_URL=") && line.contains("staging")), "{named}");
    assert_eq!(answers["log"]["verdict"], "passed", "{answers:?}");
    // The audit of this process's own variables sees them as they are.
    assert_eq!(answers["process"]["verdict"], "passed", "{answers:?}");
}

/// In SQL, in a command, in a request and in text, what a person answers stays what it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_stay_values() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    database.run("CREATE TABLE t (v text); INSERT INTO t VALUES ('x')").await.unwrap();
    let (site, requests) = site();
    let mut checkout = Checkout::with(&book(
        "inputs:\n  given: { ask: What?, optional: true }\n  site: { ask: Where? }\ntargets:\n  database: { postgres: { env: DATABASE_URL } }\n",
        "        checks:\n          - { id: sql, title: 'Is it {{ given }}?', sql: \"SELECT :'given' AS \\\"given\\\"\", expect: row_count == 1 }\n          \
         - { id: name, title: name, sql: 'SELECT 1 AS :\"given\"', expect: row_count == 1 }\n          \
         - { id: in-a-list, title: in a list, sql: \"SELECT count(*) FROM t WHERE v IN (:'given', 'x')\", expect: value == 1 }\n          \
         - { id: literal, title: literal, probe: \"COMMENT ON TABLE t IS :'given'; SELECT obj_description('t'::regclass)\", expect: row_count == 1 }\n          \
         - { id: command, title: command, command: 'printf %s \"$given\"', expect: exit == 0 }\n          \
         - { id: words, title: words, command: [printenv, given], expect: exit == 0 }\n          \
         - { id: query, title: query, http: { url: '{{ site }}/?q={{ given }}' } }\n          \
         - { id: header, title: header, http: { url: '{{ site }}/', headers: { X-Given: '{{ given }}' } } }\n",
    ));
    checkout.env = vec![("DATABASE_URL", sandbox.url().to_owned())];
    checkout.trust();
    for given in [
        "'; DROP TABLE t;--",
        "\"; DROP TABLE t;--",
        "$(touch m)",
        "`touch m`; touch m #",
        "a\nb: c\r\nX-Evil: 1",
        "{{ 7 * 7 }}{% if true %}",
        "\\'; DROP TABLE t; --\\",
        "-n %s$IFS",
    ] {
        let answers = checkout.answers(&["-i", &format!("given={given}"), "-i", &format!("site={site}")]);
        let values = |id: &str| &answers[id]["values"];
        // Line ends are made alike where text comes in.
        let text = |text: &str| text.replace("\r\n", "\n");
        assert_eq!(values("sql")["value"], text(given), "{answers:?}");
        assert_eq!(values("name")["rows"][0], serde_json::json!({ text(given): 1 }), "{answers:?}");
        assert_eq!(answers["in-a-list"]["verdict"], "passed", "{answers:?}");
        // A statement that takes no parameters gets a quoted literal.
        assert_eq!(values("literal")["value"], text(given), "{answers:?}");
        assert_eq!(values("command")["stdout"], text(given), "{answers:?}");
        assert_eq!(values("words")["stdout"], text(&format!("{given}\n")), "{answers:?}");
        assert_eq!(answers["query"]["verdict"], "passed", "{answers:?}");
        let breaks = given.contains('\n');
        assert_eq!(answers["header"]["verdict"] == "passed", !breaks, "{answers:?}");
        assert_eq!(answers["header"]["reason"].as_str().unwrap().contains("line break"), breaks, "{answers:?}");
    }
    assert_eq!(database.rows("SELECT count(*)::text FROM t", &[]).await.unwrap()[0][0].as_deref(), Some("1"));
    assert!(!checkout.path("m").exists() && !Path::new("m").exists());
    let asked: Vec<String> = requests.lock().unwrap().clone();
    nul_is_refused(&checkout, sandbox.url(), &site).await;
    let seen = requests.lock().unwrap();
    assert_eq!(*seen, asked, "a NUL was sent");
    assert!(seen.iter().any(|line| line.starts_with("GET /?q=%27%3B%20DROP%20TABLE%20t%3B-- HTTP/1.1")), "{seen:?}");
    assert!(!seen.iter().any(|line| line.starts_with("X-Evil")), "{seen:?}");
}

/// No door lets a NUL in, and if one did, nothing would be sent.
async fn nul_is_refused(checkout: &Checkout, url: &str, site: &str) {
    launch_through(PathBuf::from(env!("CARGO_BIN_EXE_fracas")));
    let runbook = Arc::new(yaml::read("book.yaml", &fs::read(checkout.path("runbooks/book.yaml")).unwrap()).unwrap());
    assert_eq!(runbook.inputs[0].accept("a\0b"), Err("a NUL cannot be part of a value".to_owned()));
    let inputs = BTreeMap::from([("given".to_owned(), "a\0; touch m".to_owned()), ("site".to_owned(), site.to_owned())]);
    let env = BTreeMap::from([("DATABASE_URL".to_owned(), url.to_owned())]);
    let prober = Prober::new(Surroundings { runbook: Arc::clone(&runbook), inputs, targets: BTreeMap::new(), env, dir: None });
    for (_, check) in runbook.checks() {
        let (verdict, reason) = fracas::engine::checks::judge(check, &prober.ask(check, Stop::never()).await);
        assert_eq!(verdict, Verdict::Inconclusive, "{}: {reason}", check.id);
    }
}

/// A site that notes every line it is sent.
fn site() -> (String, Arc<std::sync::Mutex<Vec<String>>>) {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = format!("http://{}", door.local_addr().unwrap());
    let lines = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = Arc::clone(&lines);
    std::thread::spawn(move || {
        for client in door.incoming() {
            let mut client = client.unwrap();
            for line in BufReader::new(client.try_clone().unwrap()).lines() {
                let line = line.unwrap();
                if line.is_empty() {
                    break;
                }
                noted.lock().unwrap().push(line);
            }
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (at, lines)
}

/// One that ignores that it should end, one that forks, one that floods, one that waits for a terminal.
#[test]
fn a_command_that_misbehaves_is_ended_with_all_it_began() {
    let checkout = Checkout::with(&book(
        "",
        "        checks:\n          - { id: deaf, title: deaf, timeout: 1s, command: \"trap '' TERM HUP; sh -c 'trap \\\"\\\" TERM HUP; echo $$ > deaf-child; while :; do sleep 1; done' & echo $$ > deaf-shell; wait\" }\n          \
         - { id: forks, title: forks, command: '(sleep 600 & echo $! > forked) & nohup sleep 600 >/dev/null 2>&1 & echo $! > nohupped; sleep 0.2' }\n          \
         - { id: floods, title: floods, timeout: 20s, command: head -c 3000000 /dev/zero }\n          \
         - { id: waits, title: waits, command: 'test -z \"$(cat)\" && ! (read -r line < /dev/tty) 2>/dev/null' }\n",
    ));
    checkout.trust();
    let began = Instant::now();
    let answers = checkout.answers(&[]);
    // A second until its time is up, five until it is made to end.
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(6) && took < Duration::from_secs(20), "{took:?}");
    let reason = |id: &str| answers[id]["reason"].as_str().unwrap();
    assert_eq!((&answers["deaf"]["verdict"], reason("deaf")), (&"inconclusive".into(), "not done within 1s; its processes were ended"));
    assert_eq!((&answers["floods"]["verdict"], reason("floods")), (&"inconclusive".into(), "the output was cut at 1 MiB"));
    for id in ["forks", "waits"] {
        assert_eq!(answers[id]["verdict"], "passed", "{answers:?}");
    }
    for left in ["deaf-shell", "deaf-child", "forked", "nohupped"] {
        let pid = fs::read_to_string(checkout.path(left)).unwrap();
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        assert!(stat.as_ref().map_or(true, |stat| stat.contains(") Z ")), "{left} lives: {stat:?}");
    }
}

/// Killed outright, this program can end nothing any more; what it was running ends all the same.
#[test]
fn nothing_goes_on_when_this_program_is_killed() {
    let checkout =
        Checkout::with(&book("", "        checks:\n          - { title: long, command: 'echo $$ > pid; setsid sleep 600 & sleep 600' }\n"));
    checkout.trust();
    let mut running = checkout.command(&["check", "runbooks/book.yaml"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let pid = || fs::read_to_string(checkout.path("pid")).unwrap_or_default();
    while !pid().ends_with('\n') {
        std::thread::yield_now();
    }
    running.kill().unwrap();
    running.wait().unwrap();
    while Path::new("/proc").join(pid().trim()).exists() {
        std::thread::yield_now();
    }
}
