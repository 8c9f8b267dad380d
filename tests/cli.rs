//! The door of the program: the real binary, with real arguments, runbooks, servers and disks. Whatever comes in,
//! it ends in the exit code that is promised and in a sentence that says what to do, never in a backtrace.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it missed by failing")]

#[path = "support/disk.rs"]
mod disk;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use disk::Disk;
use fracas::world::sandbox::database::Database;
use serde_json::Value;
use tempfile::TempDir;

const RUNBOOK: &str = "worker-schema-missing";
const TABLES: &str = include_str!("../src/drill/worker_schema_missing/tables.sql");

const ASKS: &str = r#"version: 1
id: asks
title: Asks
inputs:
  city: { ask: Which city?, pattern: '[a-z]+' }
targets:
  database: { postgres: { env: DATABASE_URL } }
known_errors:
  - { match: 'no such \w+', title: Nobody there, advice: Knock at the next door. }
phases:
  - id: look
    title: Look
    steps:
      - id: door
        title: Door
        checks:
          - { id: greets, title: It greets, command: 'echo "hello $city"', expect: stdout is containing("rome") }
          - { id: complains, title: It complains, when: 'checks["greets"].passed', command: 'echo no such person; exit 1' }
          - { id: sees, title: A person sees, sql: SELECT 1 }
  - id: later
    title: Later
    steps:
      - id: writes
        title: Writes
        checks:
          - { id: probe, title: It writes, probe: CREATE TABLE probed (), expect: row_count == 0 }
success:
  - { title: It greets, check: greets }
"#;

/// A user of the program: a working folder, a state folder, settings, and nothing of this machine's user.
struct User {
    folder: TempDir,
    env: BTreeMap<String, String>,
}

/// How a call ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl User {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("runbooks")).unwrap();
        Self { folder, env: BTreeMap::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("DATABASE_URL").env("RUST_BACKTRACE", "1").env("USER", "ann").env("HOME", self.folder.path());
        command.env("FRACAS_STATE", self.path("state")).env("XDG_CONFIG_HOME", self.path("settings")).envs(&self.env);
        command
    }

    fn fracas(&self, arguments: &[&str]) -> Said {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let said = Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
        for trace in ["panicked", "stack backtrace", "RUST_BACKTRACE", "\u{1b}["] {
            assert!(!said.err.contains(trace) && !said.out.contains(trace), "{trace}: {arguments:?}: {said:?}");
        }
        said
    }

    /// Calls it; it must end with `code` and say each of `words`, on standard error.
    fn refuses(&self, arguments: &[&str], code: i32, words: &[&str]) -> Said {
        let said = self.fracas(arguments);
        assert_eq!(said.code, Some(code), "{arguments:?}: {said:?}");
        assert!(words.iter().all(|word| said.err.contains(word)), "{arguments:?} should say {words:?}: {said:?}");
        said
    }

    fn trusting(&self, file: &str) -> String {
        format!("sha256:{}", fracas::base::hash::sha256(std::fs::read(self.path(file)).unwrap()))
    }
}

impl Said {
    fn rows(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn check<'r>(rows: &'r Value, id: &str) -> &'r Value {
        rows["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap()
    }
}

/// A drill's world, held by another process for as long as this lives.
struct World {
    holder: Child,
    env: BTreeMap<String, String>,
    _parent: TempDir,
}

impl World {
    fn broken_by(fault: &str) -> Self {
        let parent = tempfile::Builder::new().prefix("fd").tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(parent.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(["__world", RUNBOOK, fault]).env("FRACAS_DRILL_DIR", parent.path());
        let mut holder = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        if ready.is_empty() {
            let mut said = String::new();
            holder.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("no world: {said}");
        }
        Self { holder, env: serde_json::from_str(&ready).unwrap(), _parent: parent }
    }

    /// As an experienced person would: the tables, and a worker that is started again.
    fn mend(&self) {
        let url = &self.env["DATABASE_URL"];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { Database::connect(url).await.unwrap().run(TABLES).await.unwrap() });
        let restarted = Command::new("kubectl").args(["rollout", "restart", "deployment/worker"]).envs(&self.env).output().unwrap();
        assert!(restarted.status.success(), "{restarted:?}");
    }

    /// A user in this world.
    fn user(&self) -> User {
        let user = User::new();
        let given = ["DATABASE_URL", "PATH"].map(|name| (name.to_owned(), self.env[name].clone()));
        User { env: given.into(), ..user }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

#[test]
fn wrong_usage_is_exit_2_and_says_what_to_do() {
    let user = User::new().with("BACK", "postgres:///x");
    user.write("runbooks/asks.yaml", ASKS);
    let trust = user.trusting("runbooks/asks.yaml");
    let secret = "no-password-here";
    let url = format!("database=postgres://u:{secret}@db.example.com/app");
    let words = format!("database=host=db password={secret}");
    let server = format!("postgres://u:{secret}@db.example.com/app");
    let checks = |more: &[&str], words: &[&str]| {
        let said = user.refuses(&[&["check", "asks", "--trust", &trust], more].concat(), 2, words);
        assert!(!said.err.contains(secret), "{more:?}");
    };
    checks(&[], &["`city` is missing", "Which city?", "-i city="]);
    checks(&["-i", "city=rome", "-i", "city=oslo"], &["`city` is given twice"]);
    checks(&["-i", "town=rome"], &["no input `town`", "it has: city"]);
    checks(&["-i", "city=ROME"], &["`city`", "match [a-z]+"]);
    checks(&["-i", "city"], &["name=value"]);
    let asked = |more: &[&str], words: &[&str]| checks(&[&["-i", "city=rome"], more].concat(), words);
    asked(&["--on", &url], &["password", "env:NAME"]);
    asked(&["--on", &words], &["password", "env:NAME"]);
    asked(&["--on", "front=env:BACK"], &["no target `front`", "it has: database"]);
    asked(&["--on", "database"], &["target=CONNECTION"]);
    asked(&["--on", "database=env:BACK", "--on", "database=env:BACK"], &["`database` is given twice"]);
    asked(&["--only", "greet"], &["no check `greet`", "greets, complains"]);
    asked(&["--phase", "loo"], &["no phase `loo`", "look, later"]);
    for (arguments, words) in [
        (&["check", "nope"] as &[&str], &["no runbook is called `nope`", RUNBOOK] as &[&str]),
        (&["check", "./nope.yaml"], &["nope.yaml", "No such file"]),
        (&["check"], &["Usage"]),
        (&["frob"], &["unrecognized subcommand", "--help"]),
        (&["run", RUNBOOK, "--on", &url], &["password", "env:NAME"]),
        (&["run", RUNBOOK, "--since", "teatime"], &["`teatime` is no time", "12m"]),
        (&["run", RUNBOOK], &["needs a terminal", "fracas check"]),
        (&["drill"], &["needs a terminal", "--rehearse"]),
        (&[], &["needs a terminal", "--help"]),
        (&["drill", RUNBOOK, "--rehearse", "--fault", "flood"], &["no fault `flood`", "schema-gone"]),
        (&["drill", RUNBOOK, "--rehearse", "--server", &server], &["password", "env:NAME"]),
        (&["drill", RUNBOOK, "--rehearse", "--on", "database=env:BACK"], &["never reaches anything real", "--server"]),
        (&["drill", "nope", "--rehearse"], &["no runbook is called `nope`"]),
        (&["timeline", "nope"], &["begins with `nope`", "fracas incidents"]),
        (&["timeline", "../state"], &["begins with `../state`", "fracas incidents"]),
        (&["export", "latest"], &["no incident yet", "fracas run"]),
        (&["verify", "latest-drill"], &["no drill yet", "fracas drill"]),
        (&["note", "latest", "hello"], &["no incident yet"]),
        (&["resume"], &["no incident is open", "fracas run"]),
        (&["lint", "nope.yaml"], &["nope.yaml", "No such file"]),
        (&["lint", "runbooks"], &["runbooks", "directory"]),
    ] {
        let said = user.refuses(arguments, 2, words);
        assert!(!said.err.contains(secret), "{arguments:?}");
    }
    assert!(!user.path("state").exists(), "nothing was written for a call that was refused");
}

#[test]
fn an_incident_may_be_called_by_a_unique_beginning() {
    let user = User::new();
    for id in ["20260101-0000-one", "20260102-0000-two"] {
        let folder = user.path("state/incidents").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::copy("tests/journals/v1/journal.jsonl", folder.join("journal.jsonl")).unwrap();
        std::fs::copy("tests/journals/v1/runbook.yaml", folder.join("runbook.yaml")).unwrap();
    }
    user.refuses(&["timeline", "2026"], 2, &["20260101-0000-one", "20260102-0000-two", "type more"]);
    assert_eq!(user.fracas(&["timeline", "20260102", "--json"]).out, std::fs::read_to_string("tests/journals/v1/journal.jsonl").unwrap());
    assert_eq!(user.fracas(&["incidents", "--json"]).rows().len(), 2);
}

#[test]
fn every_problem_of_a_runbook_is_told_at_once_with_its_place() {
    let user = User::new();
    let broken =
        ASKS.replace("title: Asks", "titel: Asks").replace("postgres: {", "postgress: {").replace("CREATE TABLE probed ()", "SELECT :city");
    user.write("broken.yaml", &broken);
    for arguments in [&["check", "./broken.yaml"] as &[&str], &["run", "broken.yaml"], &["show", "broken.yaml"], &["trust", "broken.yaml"]]
    {
        user.refuses(arguments, 3, &["not a valid runbook", "broken.yaml:3:1", "titel", "broken.yaml:7:15", "postgress", "`title`"]);
    }
    let linted = user.fracas(&["lint", "broken.yaml"]);
    assert!(linted.code == Some(3) && linted.out.contains("broken.yaml:3:1") && linted.out.contains("broken.yaml:7:15"), "{linted:?}");

    let linted = user.fracas(&["lint", "broken.yaml", "--format", "json"]);
    assert_eq!(linted.code, Some(3));
    let problems = linted.rows();
    assert!(problems.len() >= 2, "{problems:?}");
    for problem in &problems {
        let fields: Vec<&str> = problem.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["file", "line", "column", "code", "severity", "message", "help"]);
    }
    assert!(problems.iter().any(|problem| problem["line"] == 3 && problem["column"] == 1 && problem["severity"] == "error"));

    user.write("good.yaml", ASKS);
    let linted = user.fracas(&["lint", "good.yaml", "--format", "json"]);
    assert_eq!((linted.code, linted.out.as_str()), (Some(0), ""));
    user.write("runbooks/broken.yaml", &broken);
    let found = user.fracas(&["list"]);
    assert!(found.code == Some(0) && found.out.contains("runbooks/broken.yaml") && found.out.contains("invalid"), "{found:?}");
    let rows = user.fracas(&["list", "--json"]).rows();
    assert!(rows.iter().any(|row| row["valid"] == false && row["file"] == "runbooks/broken.yaml"), "{rows:?}");
}

#[test]
fn a_runbook_from_disk_acts_only_once_its_very_bytes_are_trusted() {
    let user = User::new();
    let marked = user.path("ran");
    let acts = ASKS.replace("no such person", &format!("no such person > {}", marked.display()));
    user.write("runbooks/asks.yaml", &acts);
    let ask: &[&str] = &["check", "asks", "-i", "city=rome", "--only", "complains"];
    user.refuses(ask, 3, &["not trusted", "fracas trust runbooks/asks.yaml", &user.trusting("runbooks/asks.yaml")]);
    let drilled = acts.replace("id: asks", &format!("id: {RUNBOOK}"));
    user.write("drilled.yaml", &drilled);
    user.refuses(&["drill", "./drilled.yaml", "--rehearse", "-i", "city=rome"], 3, &["not trusted"]);
    for reading in [&["list"] as &[&str], &["show", "asks"], &["lint", "runbooks/asks.yaml"]] {
        assert_eq!(user.fracas(reading).code, Some(0), "{reading:?}");
    }
    user.refuses(&["trust", "runbooks/asks.yaml"], 2, &["nobody to ask", "--yes"]);
    assert!(!marked.exists(), "nothing ran");

    let trust = user.trusting("runbooks/asks.yaml");
    assert_eq!(user.fracas(&[ask, &["--trust", &trust]].concat()).code, Some(1));
    assert!(marked.exists(), "it ran");
    user.refuses(ask, 3, &["not trusted"]);

    let trusted = user.fracas(&["trust", "runbooks/asks.yaml", "--yes"]);
    assert!(
        trusted.code == Some(0) && trusted.out.contains("no such person") && trusted.out.contains("CREATE TABLE probed"),
        "{trusted:?}"
    );
    assert_eq!(user.fracas(ask).code, Some(1));
    user.write("runbooks/asks.yaml", &format!("{acts}\n"));
    user.refuses(ask, 3, &["not trusted"]);
    user.refuses(&[ask, &["--trust", &trust]].concat(), 3, &["not trusted"]);
}

#[test]
fn runbooks_are_found_by_symptom_and_shown_without_a_database() {
    let user = User::new();
    user.write("runbooks/asks.yaml", ASKS);
    let found = user.fracas(&["list", "relation \"upload_pipeline.upload_jobs\" does not exist"]);
    assert!(found.code == Some(0) && found.out.starts_with(RUNBOOK), "{found:?}");
    let rows = user.fracas(&["list", "--json"]).rows();
    assert_eq!(rows.len(), fracas::runbook::shipped().len() + 1);
    for row in &rows {
        for field in ["id", "title", "severity", "from", "valid", "trusted"] {
            assert!(row.get(field).is_some(), "{field}: {row}");
        }
    }
    let trusted = |id: &str| rows.iter().find(|row| row["id"] == id).unwrap()["trusted"].as_bool();
    assert_eq!((trusted(RUNBOOK), trusted("asks")), (Some(true), Some(false)));
    let shown = user.fracas(&["show", RUNBOOK]);
    assert!(shown.code == Some(0) && shown.out.contains("Worker database schema missing") && shown.out.contains("CREATE SCHEMA"));
    for shell in ["bash", "zsh", "fish"] {
        let script = user.fracas(&["completions", shell]);
        assert!(script.code == Some(0) && script.out.contains("fracas"));
    }
    let schema: Value = serde_json::from_str(&user.fracas(&["json-schema"]).out).unwrap();
    assert!(schema["properties"]["phases"].is_object());
    let doctor = user.fracas(&["doctor"]);
    assert!(doctor.code == Some(0) && doctor.out.contains("state folder") && doctor.out.contains("PostgreSQL"), "{doctor:?}");
}

#[test]
fn a_mended_world_passes_and_a_broken_one_fails() {
    let world = World::broken_by("schema-gone");
    let user = world.user();
    let broken = user.fracas(&["check", RUNBOOK, "--phase", "assess"]);
    assert_eq!(broken.code, Some(1), "{broken:?}");
    for words in
        ["Every table is in upload_pipeline", "not where the worker looks for it: See whether it lives in another schema", "failed ("]
    {
        assert!(broken.out.contains(words), "{words}: {}", broken.out);
    }
    assert!(!user.path("state").exists(), "a check keeps nothing");

    world.mend();
    let healthy = user.fracas(&["check", RUNBOOK, "--phase", "assess", "--format", "json"]);
    let [rows] = healthy.rows().try_into().unwrap();
    let failed: Vec<&Value> = rows["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] != "passed").collect();
    assert!(failed.iter().all(|check| check["verdict"] == "skipped"), "{failed:?}");
    assert_eq!((healthy.code, rows["verdict"].as_str()), (Some(0), Some("passed")));
    assert!(rows["checks"].as_array().unwrap().iter().all(|check| check["phase"] == "assess"));
}

#[test]
fn answers_come_in_the_promised_forms() {
    let world = World::broken_by("table-gone");
    let user = world.user();
    user.write("runbooks/asks.yaml", ASKS);
    assert_eq!(user.fracas(&["trust", "runbooks/asks.yaml", "--yes"]).code, Some(0));
    let asked = |more: &[&str]| user.fracas(&[&["check", "asks", "-i", "city=rome"], more].concat());

    let all = asked(&["--format", "json"]);
    let [rows] = all.rows().try_into().unwrap();
    assert_eq!(all.code, Some(1));
    let fields = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(fields(&rows), ["runbook", "verdict", "checks"]);
    let promised =
        ["id", "phase", "step", "title", "kind", "verdict", "reason", "expect", "values", "attempts", "duration_ms", "known_errors"];
    assert_eq!(fields(&rows["checks"][0]), promised);
    let of = |id: &str, field: &str| Said::check(&rows, id)[field].clone();
    let verdicts = ["greets", "complains", "sees", "probe"].map(|id| of(id, "verdict"));
    assert_eq!(verdicts, ["passed", "failed", "skipped", "skipped"]);
    assert_eq!(of("complains", "known_errors"), serde_json::json!(["Nobody there"]));
    assert!(of("sees", "reason").as_str().unwrap().contains("needs a person"));
    assert!(of("probe", "reason").as_str().unwrap().contains("--probe"));
    assert_eq!((of("greets", "attempts"), of("greets", "kind")), (1.into(), "command".into()));

    let text = asked(&[]);
    assert!(text.out.contains("Nobody there: Knock at the next door.") && text.out.contains("asks: failed"), "{}", text.out);

    let [only] = asked(&["--only", "complains", "--format", "json"]).rows().try_into().unwrap();
    assert_eq!(only["checks"].as_array().unwrap().len(), 1, "nothing else is listed");
    assert_eq!(only["checks"][0]["verdict"], "failed", "what its `when` names was asked first");

    let probed = asked(&["--probe", "--phase", "later"]);
    assert!(probed.code == Some(0) && probed.out.contains("passed"), "{probed:?}");
    let [rolled_back] = asked(&["--probe", "--phase", "later", "--format", "json"]).rows().try_into().unwrap();
    assert_eq!(rolled_back["verdict"], "passed", "a table that had stayed would be in the way");

    let junit = asked(&["--format", "junit"]).out;
    let parsed = elements(&junit);
    assert_eq!(
        parsed,
        ["testsuites", "testsuite", "testcase", "testcase", "failure", "testcase", "skipped", "testsuite", "testcase", "skipped"]
    );
}

/// The elements of a document in order; it must be well-formed as far as nesting goes.
fn elements(xml: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut seen = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name: String = tag.trim_start_matches('/').chars().take_while(|c| c.is_alphanumeric() || *c == '?').collect();
        if tag.starts_with('?') {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        seen.push(name.clone());
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn a_server_that_cannot_be_reached_is_told_by_rung_and_without_its_password() {
    let secret = "s3cret/of%the+house";
    let encoded = "s3cret%2Fof%25the%2Bhouse";
    // Port 1 of this machine: nobody listens there.
    let user = User::new().with("DATABASE_URL", &format!("postgres://ann:{encoded}@127.0.0.1:1/app?sslmode=disable"));
    user.write("runbooks/asks.yaml", ASKS);
    let trust = user.trusting("runbooks/asks.yaml");
    for (format, only, code) in [("text", "sees", 4), ("json", "sees", 4), ("junit", "sees", 4), ("json", "database-answers", 1)] {
        let runbook = if only == "sees" { "asks" } else { RUNBOOK };
        let mut arguments = vec!["check", runbook, "--only", only, "--format", format];
        if runbook == "asks" {
            arguments.extend(["-i", "city=rome", "--trust", &trust]);
        }
        let said = user.fracas(&arguments);
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(said.out.contains("refused"), "{said:?}");
        for form in [secret, encoded] {
            assert!(!said.out.contains(form) && !said.err.contains(form), "{said:?}");
        }
    }
}

#[test]
fn without_postgresql_a_drill_names_the_package() {
    let user = User::new().with("FRACAS_PG_BIN", "/nonexistent");
    user.refuses(&["drill", RUNBOOK, "--rehearse"], 1, &["/nonexistent", "install", "FRACAS_PG_BIN", "--server URL"]);
    assert_eq!(user.fracas(&["incidents", "--json"]).out, "", "no incident without a world");
    let doctor = user.fracas(&["doctor"]);
    assert!(doctor.code == Some(1) && doctor.out.contains("BAD  PostgreSQL") && doctor.out.contains("install"), "{doctor:?}");
}

#[test]
fn a_state_folder_that_cannot_be_used_is_told_before_anything_begins() {
    let what_to_do: &[&str] = &["state folder", "FRACAS_STATE"];
    let file = User::new();
    file.write("state", "");
    let read_only = User::new();
    let Some(_read_only) = Disk::mounted_at(&read_only.path("state"), "size=64k,ro") else { return };
    let full = User::new();
    let Some(_full) = Disk::mounted_at(&full.path("state"), "size=16k") else { return };
    let rest = std::fs::write(full.path("state/filler"), vec![0; 64 * 1024]);
    assert!(rest.is_err(), "the disk is full");
    for (user, why) in [(&file, "Not a directory"), (&read_only, "Read-only"), (&full, "No space left")] {
        user.refuses(&["drill", RUNBOOK, "--rehearse"], 1, &[what_to_do, &[why]].concat());
        let doctor = user.fracas(&["doctor"]);
        assert!(doctor.code == Some(1) && doctor.out.contains("BAD  state folder") && doctor.out.contains(why), "{doctor:?}");
    }
    file.refuses(&["incidents"], 1, &["state/incidents", "Not a directory"]);
}

#[test]
fn a_full_disk_stops_a_drill_from_changing_anything_until_it_takes_entries_again() {
    let user = User::new();
    // Room for the runbook that is kept, and for a few entries.
    let kept = std::fs::metadata(format!("runbooks/{RUNBOOK}.yaml")).unwrap().len();
    let Some(disk) = Disk::mounted_at(&user.path("state"), &format!("size={}", kept + 20 * 1024)) else { return };
    let mut command = user.command(&["drill", RUNBOOK, "--rehearse", "--json", "--fault", "schema-gone", "--seed", "1"]);
    let mut drill = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let out = std::thread::spawn({
        let mut out = drill.stdout.take().unwrap();
        move || {
            let mut text = String::new();
            out.read_to_string(&mut text).map(|_| text)
        }
    });
    let mut said = Vec::new();
    for line in BufReader::new(drill.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.contains("NOT RECORDED") {
            let larger = Command::new("mount").args(["-o", "remount,size=4m"]).arg(&disk.0).status().unwrap();
            assert!(larger.success());
        }
        said.push(line);
    }
    let said = said.join("\n");
    assert_eq!(drill.wait().unwrap().code(), Some(0), "{said}");
    assert!(said.contains("NOT RECORDED: No space left") && said.contains("recorded again"), "{said}");
    let printed = out.join().unwrap().unwrap();
    let kept = user.fracas(&["timeline", "latest-drill", "--json"]).out;
    assert!(printed.starts_with(&kept), "what was printed is what is on disk");
    assert_eq!(user.fracas(&["verify", "latest-drill"]).code, Some(0));
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let user = User::new();
    let mut child = user.command(&["completions", "zsh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""));
    let full = user.command(&["list"]).stdout(std::fs::File::create("/dev/full").unwrap()).output().unwrap();
    assert_eq!(full.status.code(), Some(1));
    assert!(String::from_utf8(full.stderr).unwrap().contains("standard output: No space left"));
}

#[test]
fn what_the_team_knows_is_known_in_every_runbook() {
    const DOWN: &str = "version: 1\nid: down\ntitle: Down\nsuccess: [{ title: It runs, check: runs }]\nphases:\n  - title: Look\n    steps:\n      \
                        - title: Look\n        checks:\n          \
                        - { id: runs, title: It runs, command: 'echo too many clients already; exit 1' }\n";
    const TEAM: &str = "known_errors: [{ match: too many clients, title: Every connection is taken, advice: See who holds them. }]\n\
                        contacts: { lead: { name: Lead } }\n";
    let user = User::new();
    std::fs::create_dir_all(user.path("settings/fracas")).unwrap();
    user.write("runbooks/down.yaml", DOWN);
    let trust = user.trusting("runbooks/down.yaml");
    let asked = |format| user.fracas(&["check", "down", "--trust", &trust, "--format", format]);
    assert!(!asked("text").out.contains("Every connection"));
    user.write("settings/fracas/config.yaml", TEAM);
    for format in ["text", "junit"] {
        let said = asked(format);
        assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
        assert!(said.out.contains("Every connection is taken: See who holds them."), "{format}: {}", said.out);
    }
    assert_eq!(asked("json").rows()[0]["checks"][0]["known_errors"], serde_json::json!(["Every connection is taken"]));
    // A mistake in the settings is told, and keeps nobody from asking.
    user.write("settings/fracas/config.yaml", "contacts: []\n");
    let said = asked("text");
    assert!(said.code == Some(1) && said.err.contains("are left out") && said.err.contains("config.yaml:1:11"), "{said:?}");
}
