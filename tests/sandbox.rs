//! A drill's world with the real binary and a real PostgreSQL: it comes to be, breaks, can be mended, and is
//! gone afterwards however its holder ended. Never waits for a fixed time, and never skips.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it missed by failing")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use fracas::base::id::Id;
use fracas::drill::{Fault, Proof, scenario};
use fracas::world::sandbox::database::Database;

const RUNBOOK: &str = "worker-schema-missing";
const TABLES: &str = include_str!("../src/drill/worker_schema_missing/tables.sql");
const UPLOAD: &str = include_str!("../src/drill/worker_schema_missing/upload.sql");

/// All that a world says when nothing is wrong with it in the end.
const NOTHING_WRONG: &str =
    "Starting a throwaway PostgreSQL\nBuilding the healthy world\nStarting what runs in it\nSomething happens\nWaiting for the alarm\n";

/// A world, held by a process of its own that can be killed.
struct Held {
    holder: Child,
    env: BTreeMap<String, String>,
}

impl Held {
    fn start(parent: &Path, arguments: &[&str]) -> Self {
        let mut holder = spawn(parent, arguments);
        let mut ready = String::new();
        BufReader::new(holder.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
        if ready.is_empty() {
            let mut said = String::new();
            holder.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("no world: {said}");
        }
        Self { holder, env: serde_json::from_str(&ready).unwrap() }
    }

    fn run(&self, command: &str) -> Output {
        Command::new("/bin/sh").args(["-c", command]).envs(&self.env).current_dir(&self.env["PWD"]).output().unwrap()
    }

    /// What a command prints; it must succeed.
    fn says(&self, command: &str) -> String {
        let output = self.run(command);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command complains of; it must fail.
    fn refuses(&self, command: &str) -> String {
        let output = self.run(command);
        assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Rows of one text column.
    fn rows(&self, sql: &str) -> Vec<String> {
        on_runtime(async {
            let database = Database::connect(&self.env["DATABASE_URL"]).await.unwrap();
            database.rows(sql, &[]).await.unwrap().into_iter().flatten().flatten().collect()
        })
    }

    fn change(&self, sql: &str) {
        on_runtime(async { Database::connect(&self.env["DATABASE_URL"]).await.unwrap().run(sql).await.unwrap() });
    }

    /// Ends it the regular way; returns whether the world was whole, and what was said.
    fn end(mut self) -> (bool, String) {
        drop(self.holder.stdin.take());
        let output = self.holder.wait_with_output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    }
}

fn spawn(parent: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fracas"))
        .arg("__world")
        .args(arguments)
        .env("FRACAS_DRILL_DIR", parent)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A folder for sandboxes, with a name short enough for sockets, that root's PostgreSQL may pass through.
fn parent() -> tempfile::TempDir {
    let parent = tempfile::Builder::new().prefix("fd").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(parent.path(), PermissionsExt::from_mode(0o755)).unwrap();
    parent
}

fn sandboxes(parent: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn on_runtime<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Looks again and again until something holds, for half a minute at most.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1500 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never came true: {what}");
}

/// The living processes, zombies left out: process id, parent's process id.
fn processes() -> Vec<(u32, u32)> {
    let listed = if Path::new("/proc/self/stat").exists() { processes_of_proc() } else { processes_of_ps() };
    let alive = |line: &String| !line.starts_with('Z');
    let numbers = |line: String| {
        let mut fields = line.split_whitespace().skip(1).map(|number| number.parse().unwrap());
        (fields.next().unwrap(), fields.next().unwrap())
    };
    listed.into_iter().filter(alive).map(numbers).collect()
}

/// State, process id and parent's process id of each process, where there is no `/proc`.
fn processes_of_ps() -> Vec<String> {
    let listed = Command::new("ps").args(["-A", "-o", "stat=,pid=,ppid="]).output().unwrap();
    String::from_utf8(listed.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The same from `/proc`, which needs no package.
fn processes_of_proc() -> Vec<String> {
    let stats = std::fs::read_dir("/proc").unwrap().filter_map(|entry| std::fs::read_to_string(entry.unwrap().path().join("stat")).ok());
    stats
        .filter_map(|stat| {
            // `42 (a name) S 1 …`; the name may hold anything.
            let (pid, rest) = stat.split_once(" (")?;
            let mut fields = rest.rsplit_once(") ")?.1.split(' ');
            Some(format!("{} {pid} {}", fields.next()?, fields.next()?))
        })
        .collect()
}

/// The processes a process started, and those they started, and so on.
fn descendants(of: u32) -> BTreeSet<u32> {
    let all = processes();
    let mut found = BTreeSet::from([of]);
    while let Some((pid, _)) = all.iter().find(|(pid, parent)| found.contains(parent) && !found.contains(pid)) {
        found.insert(*pid);
    }
    found.remove(&of);
    found
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

fn faults() -> &'static [Fault] {
    scenario(&Id::new(RUNBOOK)).unwrap().faults
}

/// What an experienced person would do.
fn mending(fault: &Fault) -> String {
    match fault.name {
        "schema-gone" => TABLES.to_owned(),
        "table-gone" => TABLES
            .split_inclusive(";\n")
            .filter(|statement| statement.contains("document_chunks") && !statement.contains("CREATE SCHEMA"))
            .collect(),
        "wrong-schema" => ["upload_jobs", "documents", "document_chunks"]
            .map(|table| format!("ALTER TABLE public.{table} SET SCHEMA upload_pipeline;"))
            .concat(),
        unknown => panic!("say how {unknown} is mended"),
    }
}

#[test]
fn every_fault_makes_the_worker_fail_and_can_be_mended() {
    for fault in faults() {
        let parent = parent();
        let world = Held::start(parent.path(), &[RUNBOOK, fault.name, "7"]);
        let Proof::Crashing(_, symptom) = fault.symptom else { panic!("{}", fault.name) };

        assert!(world.says("kubectl logs deployment/worker --tail=100").contains(symptom), "{}", fault.name);
        assert!(world.says("docker logs worker --tail 100").contains(symptom), "{}", fault.name);
        assert!(world.says("kubectl get pods --no-headers | grep worker").contains("CrashLoopBackOff"));
        assert!(world.says("docker ps | grep worker").contains("Restarting (1)"));
        // A restart alone mends nothing, and one knows when it is back.
        assert_eq!(world.says("kubectl rollout restart deployment/worker"), "deployment.apps/worker restarted\n");
        assert!(!world.says("kubectl get pods").contains("Running"), "{}", fault.name);
        assert!(world.refuses("kubectl rollout status deployment/worker --timeout=0s").contains("timed out"));

        world.change(&mending(fault));
        assert_eq!(world.says("docker restart worker"), "worker\n");
        assert!(world.says("kubectl get pods").contains("1/1     Running"), "{}", fault.name);
        assert!(world.says("docker ps").contains("   Up "));
        world.change(UPLOAD);
        let waiting = "SELECT job_id::text FROM upload_pipeline.upload_jobs WHERE status <> 'complete'";
        eventually("the document goes through", || world.rows(waiting).is_empty());
        let words = "SELECT string_agg(text, ' ' ORDER BY chunk_ord) FROM upload_pipeline.documents
                     JOIN upload_pipeline.document_chunks USING (document_id) WHERE filename = 'policy-renewal.txt'";
        assert!(world.rows(words)[0].starts_with("Your policy was renewed"), "{}", fault.name);

        // What was logged since the restart is clean, for both platforms.
        let started = r#"docker logs --since "$(docker inspect -f '{{.State.StartedAt}}' worker)" worker"#;
        for log in [world.says("kubectl logs deployment/worker"), world.says(started)] {
            assert!(log.contains("complete: document") && !log.contains("does not exist"), "{}: {log}", fault.name);
        }
        assert!(world.says("docker logs worker").contains("does not exist"), "a container's log goes back to its beginning");

        assert_eq!(world.end(), (true, NOTHING_WRONG.to_owned()), "{}", fault.name);
        assert_eq!(sandboxes(parent.path()), Vec::<PathBuf>::new());
    }
}

#[test]
fn empty_twins_do_not_pass_for_the_mended_tables() {
    let parent = parent();
    let world = Held::start(parent.path(), &[RUNBOOK, "wrong-schema"]);
    world.change(&TABLES.replace("CREATE SCHEMA upload_pipeline;", ""));
    world.says("kubectl rollout restart deployment/worker && kubectl rollout status deployment/worker");
    let (whole, said) = world.end();
    assert!(!whole && said.contains("rows of upload_pipeline.documents that came to no harm are not there"), "{said}");
    assert!(said.contains("None of the worker's tables is in another schema"), "{said}");
}

#[test]
fn two_worlds_of_one_seed_are_alike_and_do_not_meet() {
    let parent = parent();
    let start = |seed| Held::start(parent.path(), &[RUNBOOK, "table-gone", seed]);
    let [one, other, third] = [start("42"), start("42"), start("43")];
    let documents = "SELECT document_id::text || (metadata->>'text') FROM upload_pipeline.documents
                     WHERE filename <> 'policy-renewal.txt' ORDER BY filename";
    assert_eq!(one.rows(documents), other.rows(documents));
    assert_ne!(one.rows(documents), third.rows(documents));
    assert_eq!(sandboxes(parent.path()).len(), 3);
    one.change("DROP SCHEMA upload_pipeline CASCADE");
    assert!(!other.rows(documents).is_empty());
}

#[test]
fn a_killed_holder_leaves_no_process_and_no_folder() {
    let parent = parent();
    let world = Held::start(parent.path(), &[RUNBOOK, "schema-gone"]);
    let pids = descendants(world.holder.id());
    assert!(pids.len() > 2, "a keeper and a server with its processes: {pids:?}");
    kill(world.holder.id());
    eventually("no process is left", || !processes().iter().any(|(pid, _)| pids.contains(pid)));
    eventually("no folder is left", || sandboxes(parent.path()).is_empty());
}

#[test]
fn a_holder_killed_while_its_world_comes_to_be_leaves_nothing() {
    let parent = parent();
    let mut holder = spawn(parent.path(), &[RUNBOOK, "schema-gone"]);
    eventually("initdb is at work", || sandboxes(parent.path()).iter().any(|folder| folder.join("data").exists()));
    let pids = descendants(holder.id());
    holder.kill().unwrap();
    holder.wait().unwrap();
    eventually("no process is left", || !processes().iter().any(|(pid, _)| pids.contains(pid)));
    eventually("no folder is left", || sandboxes(parent.path()).is_empty());
}

#[test]
fn what_a_killed_keeper_left_is_swept_away_by_the_next() {
    let parent = parent();
    let world = Held::start(parent.path(), &[RUNBOOK, "schema-gone"]);
    let all = processes();
    let keeper = all.iter().find(|(_, parent)| *parent == world.holder.id()).expect("the holder's only child is the keeper").0;
    let pids = descendants(keeper);
    let left = sandboxes(parent.path()).pop().unwrap();
    kill(keeper);
    eventually("the keeper is dead", || !processes().iter().any(|(pid, _)| *pid == keeper));
    assert!(left.exists());
    let _next = Held::start(parent.path(), &[RUNBOOK, "schema-gone"]);
    eventually("no process is left", || !processes().iter().any(|(pid, _)| pids.contains(pid)));
    eventually("the folder is gone", || !left.exists());
    assert_eq!(sandboxes(parent.path()).len(), 1);
}

#[test]
fn a_database_on_a_server_is_enough_and_is_dropped_in_the_end() {
    let parent = parent();
    let server = Held::start(parent.path(), &[RUNBOOK, "schema-gone"]);
    let databases = || server.rows("SELECT datname::text FROM pg_database WHERE datname LIKE 'fracas_drill_%'");
    let start = || Held::start(parent.path(), &[RUNBOOK, "wrong-schema", "1", &server.env["DATABASE_URL"]]);

    let tenant = start();
    assert_eq!(databases().len(), 1);
    tenant.change(&mending(&faults()[2]));
    tenant.says("kubectl rollout restart deployment/worker");
    assert!(tenant.end().0);
    assert_eq!(databases(), Vec::<String>::new());

    let mut tenant = start();
    tenant.holder.kill().unwrap();
    eventually("the database is dropped", || databases().is_empty());
    eventually("the folder is gone", || sandboxes(parent.path()).len() == 1);

    let (_, said) = refused(spawn(parent.path(), &[RUNBOOK, "schema-gone", "1", "postgresql://postgres:hunter2@localhost/postgres"]));
    assert!(said.contains("PGPASSWORD") && !said.contains("hunter2"), "{said}");
}

#[test]
fn without_postgresql_one_message_says_what_to_install() {
    let parent = parent();
    let holder = Command::new(env!("CARGO_BIN_EXE_fracas"))
        .args(["__world", RUNBOOK, "schema-gone"])
        .env("FRACAS_DRILL_DIR", parent.path())
        .env("FRACAS_PG_BIN", "/nowhere")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (code, said) = refused(holder);
    assert_eq!(code, Some(1));
    for part in ["FRACAS_PG_BIN is /nowhere", "install it with `", "`--server URL`"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(sandboxes(parent.path()), Vec::<PathBuf>::new());
}

/// The exit code and the last line of a holder that got no world.
fn refused(holder: Child) -> (Option<i32>, String) {
    let output = holder.wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr).unwrap().lines().last().unwrap().to_owned())
}

#[test]
fn the_stand_ins_answer_like_the_real_tools_and_admit_what_they_are_not() {
    let parent = parent();
    let world = Held::start(parent.path(), &[RUNBOOK, "schema-gone"]);

    assert!(world.says("kubectl get pods").starts_with("NAME                      READY   STATUS             RESTARTS"));
    let pod = world.says("kubectl get pods -o name").trim().trim_start_matches("pod/").to_owned();
    assert_eq!(world.says("kubectl get pods -n default -l app=worker --no-headers | awk '{ print $1 }'").trim(), pod);
    assert_eq!(world.says("kubectl get pods -l app=api"), "");
    assert!(world.says(&format!("kubectl logs {pod} --tail 1")).ends_with("ERROR worker stopped\n"));
    assert!(world.says(&format!("kubectl describe pod {pod}")).contains("Reason:       CrashLoopBackOff"));
    assert!(world.says("kubectl get deployments").contains("0/1"));
    world.says("kubectl rollout restart deployment worker");
    assert_ne!(world.says("kubectl get pods -o name").trim(), format!("pod/{pod}"), "another pod");
    assert_eq!(world.refuses(&format!("kubectl logs {pod}")), format!("Error from server (NotFound): pods \"{pod}\" not found\n"));

    assert!(world.says("docker ps").starts_with("CONTAINER ID   IMAGE"));
    assert_eq!(world.says("docker ps --format '{{.Names}}' --filter name=work"), "worker\n");
    assert_eq!(world.says("docker ps -q --filter name=api"), "");
    let id = world.says("docker ps -q");
    assert_eq!(world.says(&format!("docker logs --tail 3 {}", id.trim())).lines().count(), 3);
    assert!(world.refuses("docker logs api").contains("No such container: api"));

    for command in ["kubectl logs --timestamps deployment/worker", "kubectl delete pod x", "docker run alpine", "docker inspect worker"] {
        assert!(world.refuses(command).contains("is not imitated in a drill"), "{command}");
    }
    let migrations = world.says("find . -name '*.sql' -path '*/migrations/*' | grep -i upload");
    assert!(migrations.contains("create_upload_pipeline"), "{migrations}");
}
