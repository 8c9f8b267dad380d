//! What a person asks off the runbook's path goes the way of every check: refused before it is sent, or asked READ ONLY; and
//! what they run is recorded, masked, with all of it as evidence.

use fracas::base::id::{Id, IncidentId};
use fracas::engine::msg::Command;
use fracas::engine::{Msg, Session};
use fracas::runtime::Runtime;
use fracas::timeline::Incident;
use fracas::timeline::event::{CheckSettled, Event, Verdict};
use fracas::world::clock::Clock;
use fracas::world::command::launch_through;
use fracas::world::journal::{Journal, evidence};
use fracas::world::trust::PulledIn;

use super::disk::Disk;
use super::*;

const RUNBOOK: &str = r"
version: 1
id: t
title: t
inputs:
  word: { ask: Which?, default: one }
  token: { ask: Token?, secret: true }
targets:
  database: { postgres: { env: DATABASE_URL } }
phases:
  - title: p
    steps:
      - { id: s, title: s, tasks: [{ id: look, title: Look }] }
";

struct Beside {
    runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Beside {
    fn opened(url: &str) -> Self {
        Self::opened_in(url, "incident", tempfile::tempdir().unwrap())
    }

    /// Its commands run in the folder, and its journal lies below.
    fn opened_in(url: &str, journal: &str, folder: tempfile::TempDir) -> Self {
        launch_through(std::path::PathBuf::from(env!("CARGO_BIN_EXE_fracas")));
        let runbook = Arc::new(yaml::read("t.yaml", RUNBOOK.as_bytes()).unwrap());
        let inputs =
            BTreeMap::from([("word", "one"), ("token", "s3cr3t-token-value")].map(|(name, value)| (name.to_owned(), value.to_owned())));
        let trusted = PulledIn::of(&runbook, Some(folder.path()));
        let surroundings = Surroundings {
            runbook: Arc::clone(&runbook),
            inputs: inputs.clone(),
            targets: BTreeMap::new(),
            env: BTreeMap::from(
                [("DATABASE_URL", url.to_owned()), ("PATH", std::env::var("PATH").unwrap())].map(|(name, value)| (name.to_owned(), value)),
            ),
            dir: Some(folder.path().to_owned()),
        };
        let prober = Prober::vouched(surroundings, Some(trusted));
        let journal = Journal::create(&folder.path().join(journal), IncidentId::new("20261121-120000-t-0000"), RUNBOOK, "desk").unwrap();
        let session = Session::new(runbook, Incident::default(), inputs, "ann");
        let mut runtime = Runtime::new(session, Some(journal), prober, Clock::start()).unwrap();
        let opened = serde_json::json!({ "format": 1, "program": "0", "runbook": "t", "title": "t", "runbook_hash": "" });
        runtime.step(Msg::Opened { by: "ann".to_owned(), opened: serde_json::from_value(opened).unwrap() });
        Self { runtime, folder }
    }

    /// Why it was refused.
    fn refused(&mut self, command: Command) -> String {
        let before = self.runtime.session().incident.entries().len();
        let stepped = self.runtime.step(Msg::Asked { by: "ann".to_owned(), command });
        assert_eq!(self.runtime.session().incident.entries().len(), before);
        stepped.said.concat()
    }

    async fn answered(&mut self, command: Command) -> CheckSettled {
        let stepped = self.runtime.step(Msg::Asked { by: "ann".to_owned(), command });
        assert!(stepped.said.is_empty(), "{:?}", stepped.said);
        let going_on = async {
            loop {
                let last = self.runtime.session().incident.entries().last().unwrap();
                if let Event::CheckSettled(settled) = &last.event {
                    return settled.clone();
                }
                let msg = self.runtime.next().await;
                self.runtime.step(msg);
            }
        };
        tokio::time::timeout(Duration::from_secs(30), going_on).await.unwrap()
    }

    fn ask(sql: &str) -> Command {
        Command::AskSql { target: Id::new("database"), sql: sql.to_owned() }
    }

    fn run(line: &str) -> Command {
        Command::RunOnce { line: line.to_owned() }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_off_the_path_is_asked_read_only_or_not_sent_at_all() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let database = Database::connect(sandbox.url()).await.unwrap();
    database.run(STRUCTURE).await.unwrap();
    database.run("CREATE FUNCTION quiet() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (7) RETURNING n'").await.unwrap();
    database.run("ALTER SYSTEM SET log_statement = 'all'").await.unwrap();
    database.run("SELECT pg_reload_conf()").await.unwrap();
    let mut beside = Beside::opened(sandbox.url());

    let why = beside.refused(Beside::ask("DELETE FROM t WHERE name = 'the refused'"));
    assert!(why.contains("a check cannot be a statement of the kind DELETE"), "{why}");
    let settled =
        beside.answered(Beside::ask("SELECT count(*), current_setting('transaction_read_only') FROM t WHERE name = :'word'")).await;
    assert_eq!(settled.verdict, Verdict::NeedsPerson);
    assert_eq!(settled.values["rows"][0], serde_json::json!({ "count": 1, "current_setting": "on" }));
    // What the grammar cannot know: the server refuses it.
    let settled = beside.answered(Beside::ask("SELECT quiet()")).await;
    assert!(settled.verdict == Verdict::Inconclusive && settled.reason.contains("read-only transaction"), "{settled:?}");
    let settled = beside.answered(Beside::ask("SELECT count(*) AS value FROM t WHERE n = 7")).await;
    assert_eq!(settled.values["value"], 0);
    let log = std::fs::read_to_string(sandbox.folder().join("postgres.log")).unwrap();
    assert!(log.contains("quiet()") && !log.contains("the refused"), "{log}");
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_run_once_is_recorded_masked_and_kept_whole() {
    let mut beside = Beside::opened("postgres:///nowhere");
    let settled = beside.answered(Beside::run("echo \"$word $token\"; exit 3")).await;
    assert_eq!((settled.verdict, settled.reason.as_str()), (Verdict::Failed, "exit 3"));
    assert!(settled.seen.starts_with("one ••••••"), "{}", settled.seen);
    // A script that nobody was asked to trust: whoever typed its name knows it.
    std::fs::write(beside.folder.path().join("many.sh"), "seq 1 5000\n").unwrap();
    let settled = beside.answered(Beside::run("sh many.sh")).await;
    let kept = settled.evidence.unwrap();
    assert_eq!((settled.verdict, kept.bytes), (Verdict::Passed, 23_893));
    assert!(settled.seen.ends_with("5000\n") && settled.seen.len() < 6_000);
    let whole = evidence::read(&beside.folder.path().join("incident"), &kept).unwrap();
    assert!(
        whole.starts_with(
            b"1
2
"
        ) && whole.ends_with(
            b"
5000
"
        )
    );
    // A secret is written down nowhere, so it must be named.
    let why = beside.refused(Beside::run("echo s3cr3t-token-value"));
    assert!(why.contains("name the input instead"), "{why}");
    let journal = std::fs::read_to_string(beside.folder.path().join("incident/journal.jsonl")).unwrap();
    assert!(!journal.contains("s3cr3t"), "{journal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_recorded_is_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mounted_at(&folder.path().join("small"), "size=64k") else { return };
    let mut beside = Beside::opened_in("postgres:///nowhere", "small/incident", folder);
    let filler = disk.0.join("filler");
    let _ = std::fs::write(&filler, vec![0; 1024 * 1024]);
    // Longer than what is left of the journal's last block.
    let settled = beside.answered(Beside::run(&format!("touch ran # {}", "x".repeat(20_000)))).await;
    assert!(settled.verdict == Verdict::Inconclusive && settled.reason.contains("could not be recorded"), "{settled:?}");
    assert!(!beside.folder.path().join("ran").exists());
    assert!(beside.refused(Beside::run("touch ran")).contains("nothing is being recorded"));
    drop(beside.runtime);
    drop(disk);
}
