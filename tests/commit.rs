//! What is said of a commit is true: connections that are cut before, during and after it, servers that are not the one
//! they were, and a program that ends in between. Never waits for a fixed time, and never takes "unknown" where the
//! server can be asked.
#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "commit/cutter.rs"]
mod cutter;
#[path = "support/disk.rs"]
mod disk;
#[path = "support/pooler.rs"]
mod pooler;
#[path = "support/running.rs"]
mod running;
#[path = "support/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutter::{Cut, Cutter, Later};
use disk::Disk;
use fracas::base::id::{AttemptId, Id, IncidentId};
use fracas::engine::attempt::RemediationNews;
use fracas::engine::msg::{Command, Resumption};
use fracas::engine::{Msg, Session};
use fracas::runbook::model::{Act, Remediation};
use fracas::runbook::{Runbook, sql};
use fracas::runtime::Runtime;
use fracas::timeline::event::{Committing, Event, Outcome, PlannedStep, Problem, ServerFacts};
use fracas::timeline::{Entry, Incident};
use fracas::world::clock::Clock;
use fracas::world::journal::{self, Journal, TakenUp};
use fracas::world::prober::{Prober, Stop};
use pooler::pooler;
use running::free_port;
use world::{World, one_step, read, surroundings};

/// Cuts in the test that everybody runs, in under a minute; `FRACAS_TEST_CUTS=1000` asks for as many.
const CUTS: usize = 100;

impl World {
    /// The numbers in the table `t`, once nobody is about to add one.
    async fn rows(&self) -> BTreeSet<usize> {
        let busy = "SELECT count(*)::text FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()";
        self.until(busy, "0").await;
        self.database.rows("SELECT n::text FROM t", &[]).await.unwrap().iter().map(|row| row[0].clone().unwrap().parse().unwrap()).collect()
    }

    /// The server's socket.
    fn socket(&self) -> PathBuf {
        let config: tokio_postgres::Config = self.sandbox.url().parse().unwrap();
        match &config.get_hosts()[0] {
            tokio_postgres::config::Host::Unix(folder) => folder.join(".s.PGSQL.5432"),
            other @ tokio_postgres::config::Host::Tcp(_) => panic!("{other:?}"),
        }
    }
}

/// A remediation with the surroundings in which it reaches a server.
struct Change {
    runbook: Arc<Runbook>,
    text: String,
}

impl Change {
    fn new(statement: &str) -> Self {
        let text = one_step(&format!("        remediations:\n          - {{ id: r, title: r, sql: {statement} }}\n"), &[]);
        Self { runbook: read(&text), text }
    }

    fn inserting(n: usize) -> Self {
        Self::new(&format!("INSERT INTO t VALUES ({n})"))
    }

    fn prober(&self, url: &str) -> Prober {
        Prober::new(surroundings(&self.runbook, url, &[]))
    }

    fn remediation(&self) -> (&Remediation, Vec<PlannedStep>) {
        let remediation = self.runbook.remediations().next().unwrap().1;
        let Act::Sql(text) = &remediation.act else { panic!("SQL") };
        let steps = sql::prepare(text, &BTreeMap::new(), &BTreeSet::default()).unwrap();
        let step = |statement: sql::Statement| PlannedStep {
            text: statement.shown,
            what: statement.what,
            lock: statement.lock,
            cautions: statement.cautions,
        };
        (remediation, steps.into_iter().map(step).collect())
    }

    async fn rehearse(&self, url: &str) -> ServerFacts {
        let (remediation, steps) = self.remediation();
        let news = self.prober(url).rehearse(remediation, &steps, Stop::never(), |_| ()).await;
        let RemediationNews::Rehearsed { server: Some(server), problem: None, .. } = news else { panic!("{news:?}") };
        server
    }

    /// What is said of it, why, and the transaction that was to be recorded.
    async fn apply(&self, url: &str, planned_on: Option<&ServerFacts>) -> (Outcome, Option<Problem>, Option<Committing>) {
        let (remediation, steps) = self.remediation();
        let recorded = Mutex::new(None);
        let tell = |news| {
            if let RemediationNews::Committing { transaction, server } = news {
                *recorded.lock().unwrap() = Some(Committing { remediation: Id::new("r"), attempt: AttemptId(1), transaction, server });
            }
        };
        let (outcome, problem, transaction) = settled(self.prober(url).apply(remediation, &steps, planned_on, Stop::never(), tell).await);
        let recorded = recorded.into_inner().unwrap();
        if transaction.is_some() {
            assert_eq!(transaction, recorded.as_ref().map(|recorded| recorded.transaction.clone()));
        }
        (outcome, problem, recorded)
    }

    /// What is found out later.
    async fn find(&self, url: &str, committing: &Committing) -> (Outcome, Option<Problem>) {
        let (outcome, problem, transaction) = settled(self.prober(url).find_outcome(self.remediation().0, committing).await);
        assert_eq!(transaction.as_ref(), Some(&committing.transaction));
        (outcome, problem)
    }
}

fn settled(news: RemediationNews) -> (Outcome, Option<Problem>, Option<String>) {
    let RemediationNews::Settled { outcome, problem, transaction, .. } = news else { panic!("{news:?}") };
    (outcome, problem, transaction)
}

/// Numbers that look like chance, and are the same in every run.
struct Luck(u64);

impl Luck {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_a_connection_is_cut_what_is_said_of_the_commit_is_true() {
    let cuts = std::env::var("FRACAS_TEST_CUTS").ok().map_or(CUTS, |cuts| cuts.parse().unwrap());
    let world = Arc::new(World::start("CREATE TABLE t (n int)").await);
    cut(&world, &world.socket(), cuts).await;
    Arc::into_inner(world).unwrap().sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_it_is_before_a_pooler() {
    let world = Arc::new(World::start("CREATE TABLE t (n int)").await);
    let port = free_port();
    let pooler = pooler(&world.sandbox, port);
    cut(&world, &world.sandbox.folder().join(format!("data/.s.PGSQL.{port}")), CUTS / 4).await;
    drop(pooler);
    Arc::into_inner(world).unwrap().sandbox.close().await;
}

/// Makes so many changes that are cut somewhere, and compares what is said of them with what is in the table.
async fn cut(world: &Arc<World>, socket: &Path, cuts: usize) {
    let mut luck = Luck(0x5eed_2026);
    let mut changes = tokio::task::JoinSet::new();
    // As many at a time as keep two cores busy while some of them wait.
    let turnstile = Arc::new(tokio::sync::Semaphore::new(8));
    for n in 0..cuts {
        let cut = match luck.below(12) {
            0 => Cut::Nowhere,
            1 | 2 => Cut::Before(luck.below(16)),
            3 => Cut::Within(1 + luck.below(11)),
            4..=8 => Cut::After(luck.below(200)),
            _ => Cut::WithinAnswer(luck.below(18)),
        };
        let later = match luck.below(50) {
            // Each of these takes ten seconds.
            0 => Later::Shut,
            1..=10 => Later::Flaky(1 + luck.below(3)),
            _ => Later::Open,
        };
        let (world, socket, turnstile) = (Arc::clone(world), socket.to_owned(), Arc::clone(&turnstile));
        changes.spawn(async move {
            let _turn = turnstile.acquire().await.unwrap();
            let change = Change::inserting(n);
            let cutter = Cutter::before(&socket, 0, cut, later.clone(), None).await;
            let (outcome, problem, committing) = change.apply(&cutter.url(), None).await;
            match (cut, outcome) {
                (Cut::Nowhere, _) => assert_eq!((outcome, &problem), (Outcome::Committed, &None)),
                (Cut::Before(_), _) if matches!(later, Later::Shut) => assert_ne!(outcome, Outcome::Committed),
                // What was not passed on whole is not committed.
                (Cut::Before(_) | Cut::Within(..=10), Outcome::Committed) => panic!("{cut:?}: {outcome:?}"),
                (_, Outcome::Unknown) => assert!(matches!(later, Later::Shut), "{cut:?}, {later:?}: {problem:?}"),
                _ => {}
            }
            assert_eq!(problem.is_some(), outcome != Outcome::Committed, "{cut:?}, {later:?}: {problem:?}");
            // When the server is there again it can be asked by what the timeline holds.
            let later_found = match (&committing, outcome) {
                (Some(committing), Outcome::Unknown) => {
                    let found = change.find(world.sandbox.url(), committing).await;
                    assert_ne!(found.0, Outcome::Unknown, "{found:?}");
                    Some(found.0)
                }
                _ => None,
            };
            (n, cut, outcome, later_found)
        });
    }
    let said = changes.join_all().await;
    let rows = world.rows().await;
    let mut distribution: BTreeMap<String, usize> = BTreeMap::new();
    for (n, cut, outcome, later_found) in said {
        for outcome in [Some(outcome), later_found].into_iter().flatten().filter(|outcome| *outcome != Outcome::Unknown) {
            assert_eq!(outcome == Outcome::Committed, rows.contains(&n), "change {n}, cut {cut:?}, is said to be {outcome:?}");
        }
        let place = format!("{cut:?}");
        let place = place.split('(').next().unwrap();
        let found = later_found.map_or_else(String::new, |found| format!(", later found {found:?}"));
        *distribution.entry(format!("{place}: {outcome:?}{found}")).or_default() += 1;
    }
    eprintln!("{cuts} cuts: {distribution:#?}");
}

/// A network that goes silent leaves the server waiting for a COMMIT that never comes, with every lock it holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_lost_on_the_way_is_rolled_back_and_its_locks_with_it() {
    let world = World::start("CREATE TABLE t (n int)").await;
    let change = Change::new("LOCK TABLE t; INSERT INTO t VALUES (1)");
    let cutter = Cutter::before(&world.socket(), 0, Cut::Swallowed, Later::Open, None).await;
    let (outcome, problem, _) = change.apply(&cutter.url(), None).await;
    assert_eq!(outcome, Outcome::RolledBack);
    assert!(problem.unwrap().message.contains("did not arrive"));
    assert_eq!(world.rows().await, BTreeSet::new());
    world.database.run("SET lock_timeout = '1s'; INSERT INTO t VALUES (2)").await.unwrap();
    world.sandbox.close().await;
}

/// Behind an address another server may answer from one moment to the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_server_is_neither_changed_nor_believed() {
    let setup = "CREATE TABLE t (n int); CREATE DATABASE other; CREATE ROLE other LOGIN SUPERUSER";
    let (world, other) = (World::start("CREATE TABLE t (n int)").await, World::start("CREATE TABLE t (n int)").await);
    for statement in setup.split("; ").skip(1) {
        world.database.run(statement).await.unwrap();
    }
    let change = Change::inserting(1);
    let planned_on = change.rehearse(world.sandbox.url()).await;
    let identifier = |facts: &ServerFacts| facts.system.clone().unwrap();
    assert_eq!(identifier(&planned_on), world.one("SELECT system_identifier::text FROM pg_control_system()").await);

    for (url, here) in [
        (other.sandbox.url().to_owned(), identifier(&change.rehearse(other.sandbox.url()).await)),
        (world.sandbox.url().replace("/postgres?", "/other?"), "the database \"other\"".to_owned()),
        (world.sandbox.url().replace("postgres@", "other@"), "the role \"other\"".to_owned()),
    ] {
        let (outcome, problem, _) = change.apply(&url, Some(&planned_on)).await;
        let message = problem.unwrap().message;
        let planned = if here.contains(' ') { "\"postgres\"".to_owned() } else { identifier(&planned_on) };
        assert_eq!(outcome, Outcome::RolledBack, "{url}");
        assert!(message.contains(&here) && message.contains(&planned) && message.ends_with("nothing was run"), "{message}");
    }
    assert_eq!((world.rows().await, other.rows().await), (BTreeSet::new(), BTreeSet::new()));

    // The other one may well have committed a transaction of the same number.
    let cutter = Cutter::before(&world.socket(), 0, Cut::After(0), Later::Elsewhere(other.socket()), None).await;
    let (outcome, problem, committing) = change.apply(&cutter.url(), Some(&planned_on)).await;
    assert_eq!(outcome, Outcome::Unknown);
    assert!(problem.unwrap().message.contains(&format!("the one that was meant is {}", identifier(&planned_on))));
    let committing = committing.unwrap();
    let (found, _) = change.find(world.sandbox.url(), &committing).await;
    assert_eq!(found == Outcome::Committed, world.rows().await.contains(&1));

    // Nor is this one once a standby has taken over from it.
    let mut promoted = committing.clone();
    promoted.server.wal_timeline = Some("00000007".to_owned());
    let (outcome, problem) = change.find(world.sandbox.url(), &promoted).await;
    assert!(outcome == Outcome::Unknown && problem.unwrap().message.contains("a standby has taken over"));
    world.sandbox.close().await;
    other.sandbox.close().await;
}

/// A role that may not ask for the identifier still knows a server that has not been restarted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_weak_role_is_certain_too() {
    let world = World::start(
        "CREATE TABLE t (n int); CREATE ROLE weak LOGIN; GRANT INSERT ON t TO weak; \
         REVOKE EXECUTE ON FUNCTION pg_control_system(), pg_current_wal_lsn() FROM PUBLIC",
    )
    .await;
    let change = Change::inserting(1);
    let cutter = Cutter::before(&world.socket(), 0, Cut::WithinAnswer(3), Later::Open, None).await;
    let url = cutter.url().replace("postgres@", "weak@");
    let planned_on = change.rehearse(&world.sandbox.url().replace("postgres@", "weak@")).await;
    assert!(planned_on.system.as_ref().unwrap().starts_with("started ") && planned_on.wal_timeline.is_none(), "{planned_on:?}");
    let (outcome, problem, committing) = change.apply(&url, Some(&planned_on)).await;
    assert_eq!((outcome, problem), (Outcome::Committed, None));
    let mut restarted = committing.unwrap();
    restarted.server.system = Some("started 2001-01-01 00:00:00.000000".to_owned());
    assert_eq!(change.find(&url, &restarted).await.0, Outcome::Unknown);
    world.sandbox.close().await;
}

/// An incident that is on disk, from its opening.
fn opened(change: &Change, url: &str, folder: &Path) -> Runtime {
    let id = IncidentId::new("20261121-120000-t-0000");
    let journal = Journal::create(folder, id, &change.text, "desk").unwrap();
    let session = Session::new(Arc::clone(&change.runbook), Incident::default(), BTreeMap::new(), "ann");
    let mut runtime = Runtime::new(session, Some(journal), change.prober(url), Clock::start()).unwrap();
    let opened = serde_json::json!({ "format": 1, "program": "0", "runbook": "t", "title": "t", "runbook_hash": "" });
    runtime.step(Msg::Opened { by: "ann".to_owned(), opened: serde_json::from_value(opened).unwrap() });
    runtime
}

/// The same incident, taken up again.
fn taken_up(change: &Change, url: &str, folder: &Path) -> Runtime {
    let TakenUp { journal, stored, .. } = Journal::resume(folder, IncidentId::new("20261121-120000-t-0000"), "desk").unwrap();
    let (first, last) = (stored.incident.opened_at().unwrap(), stored.incident.entries().last().unwrap().at);
    let session = Session::new(Arc::clone(&change.runbook), stored.incident, BTreeMap::new(), "ben");
    let mut runtime = Runtime::new(session, Some(journal), change.prober(url), Clock::resume(first, last)).unwrap();
    runtime.step(Msg::Resumed { by: "ben".to_owned(), resumption: Resumption::default() });
    runtime
}

/// Lets it go on until an entry is as wanted.
async fn until(runtime: &mut Runtime, wanted: impl Fn(&Event) -> bool) -> Entry {
    let going_on = async {
        loop {
            if let Some(entry) = runtime.session().incident.entries().iter().rev().find(|entry| wanted(&entry.event)) {
                return entry.clone();
            }
            let msg = runtime.next().await;
            runtime.step(msg);
        }
    };
    tokio::time::timeout(Duration::from_secs(30), going_on).await.unwrap()
}

/// Plans it, has it rehearsed, and consents.
async fn confirmed(runtime: &mut Runtime) {
    let id = Id::new("r");
    runtime.step(Msg::Asked { by: "ann".to_owned(), command: Command::Plan(id.clone()) });
    until(runtime, |event| matches!(event, Event::RemediationRehearsed(_))).await;
    runtime.step(Msg::Asked { by: "ann".to_owned(), command: Command::Confirm { remediation: id, typed: String::new() } });
}

fn settled_event(event: &Event) -> bool {
    matches!(event, Event::RemediationSettled(_))
}

/// The outcome, and why it is none.
fn outcome_of(entry: &Entry) -> (Outcome, String) {
    let Event::RemediationSettled(settled) = &entry.event else { panic!("{entry:?}") };
    (settled.outcome, settled.problem.as_ref().map(|problem| problem.message.clone()).unwrap_or_default())
}

fn says(message: &[u8], words: &str) -> bool {
    String::from_utf8_lossy(message).contains(words)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transaction_is_on_disk_before_its_commit_is_sent() {
    let world = World::start("CREATE TABLE t (n int)").await;
    let (change, state) = (Change::inserting(1), tempfile::tempdir().unwrap());
    let folder = state.path().join("incident");
    let on_disk = Arc::new(Mutex::new(None));
    let looking = {
        let (folder, on_disk) = (folder.clone(), Arc::clone(&on_disk));
        Arc::new(move |message: &[u8]| {
            if says(message, "COMMIT\0") {
                *on_disk.lock().unwrap() = journal::read(&folder, IncidentId::new("20261121-120000-t-0000")).unwrap().lines.last().cloned();
            }
        })
    };
    let cutter = Cutter::before(&world.socket(), 1, Cut::Nowhere, Later::Open, Some(looking)).await;
    let mut runtime = opened(&change, &cutter.url(), &folder);
    confirmed(&mut runtime).await;
    let entry = until(&mut runtime, settled_event).await;
    assert_eq!(outcome_of(&entry).0, Outcome::Committed);
    let Event::RemediationSettled(settled) = entry.event else { panic!("it is") };
    let line: serde_json::Value = serde_json::from_str(&on_disk.lock().unwrap().take().unwrap()).unwrap();
    assert_eq!((&line["kind"], line["transaction"].as_str()), (&"remediation_committing".into(), settled.transaction.as_deref()));
    assert_eq!(line["server"]["system"].as_str().unwrap(), world.one("SELECT system_identifier::text FROM pg_control_system()").await);
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_recorded_is_not_committed() {
    let (change, place) = (Change::inserting(1), tempfile::tempdir().unwrap());
    let Some(disk) = Disk::mounted_at(&place.path().join("small"), "size=64k") else { return };
    let world = World::start("CREATE TABLE t (n int)").await;
    let (folder, filler) = (disk.0.join("incident"), disk.0.join("filler"));
    let committed = Arc::new(Mutex::new(false));
    let looking = {
        let committed = Arc::clone(&committed);
        Arc::new(move |message: &[u8]| *committed.lock().unwrap() |= says(message, "COMMIT\0"))
    };
    let cutter = Cutter::before(&world.socket(), 1, Cut::Nowhere, Later::Open, Some(looking)).await;
    let mut runtime = opened(&change, &cutter.url(), &folder);
    confirmed(&mut runtime).await;
    loop {
        let msg = runtime.next().await;
        if matches!(msg, Msg::Remediation { news: RemediationNews::Committing { .. }, .. }) {
            let _ = std::fs::write(&filler, vec![0; 1024 * 1024]);
            // What is left of the journal's last block still takes some.
            while runtime.session().degraded.is_none() {
                let text = "a line that does not fit ".repeat(100);
                let command = Command::Note(text);
                runtime.step(Msg::Asked { by: "ann".to_owned(), command });
            }
            runtime.step(msg);
            break;
        }
        runtime.step(msg);
    }
    let (outcome, why) = outcome_of(&until(&mut runtime, settled_event).await);
    assert!(outcome == Outcome::RolledBack && why.contains("could not be recorded"), "{outcome:?}: {why}");
    assert!(!*committed.lock().unwrap(), "no COMMIT was sent");
    assert_eq!(world.rows().await, BTreeSet::new());
    std::fs::remove_file(&filler).unwrap();
    while runtime.session().degraded.is_some() {
        let msg = runtime.next().await;
        runtime.step(msg);
    }
    let kept = journal::read(&folder, IncidentId::new("20261121-120000-t-0000")).unwrap();
    assert!(kept.lines.last().unwrap().contains("could not be recorded"), "both are on disk when there is room again");
    world.sandbox.close().await;
}

/// Between the last entry and the outcome the program ends: whoever goes on is told what the server says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_on_finds_out_what_became_of_a_commit() {
    for (cut, wanted) in [(Cut::Before(usize::MAX), Outcome::RolledBack), (Cut::WithinAnswer(0), Outcome::Committed)] {
        let world = World::start("CREATE TABLE t (n int)").await;
        let (change, state) = (Change::inserting(1), tempfile::tempdir().unwrap());
        let folder = state.path().join("incident");
        let cutter = Cutter::before(&world.socket(), 1, cut, Later::Shut, None).await;
        let mut runtime = opened(&change, &cutter.url(), &folder);
        confirmed(&mut runtime).await;
        until(&mut runtime, |event| matches!(event, Event::RemediationCommitting(_))).await;
        drop(runtime);

        let mut runtime = taken_up(&change, world.sandbox.url(), &folder);
        assert!(runtime.session().incident.remediations["r"].is_unknown());
        assert_eq!(outcome_of(&until(&mut runtime, settled_event).await), (wanted, String::new()));
        assert_eq!(world.rows().await.contains(&1), wanted == Outcome::Committed);
        world.sandbox.close().await;
    }
}
