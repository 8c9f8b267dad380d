//! The connections that checks share, against a real PostgreSQL, a real PgBouncer in transaction mode, and a pooler
//! that has nothing to lend: few, reused, and nothing of one check in the next. Never waits for a fixed time.
#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use fracas::base::Value;
use fracas::engine::attempt::{Answer, Finding};
use fracas::runbook::Runbook;
use fracas::world::prober::{Prober, Stop};
use fracas::world::sandbox::database::Database;
use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use world::{World, one_step, read, surroundings};

impl World {
    /// The folder of the server's socket.
    fn socket(&self) -> PathBuf {
        let config: tokio_postgres::Config = self.sandbox.url().parse().unwrap();
        match &config.get_hosts()[0] {
            tokio_postgres::config::Host::Unix(folder) => folder.clone(),
            other @ tokio_postgres::config::Host::Tcp(_) => panic!("{other:?}"),
        }
    }
}

/// Checks of one runbook that reach one server, and so share its connections.
struct Asker {
    prober: Prober,
    runbook: Arc<Runbook>,
}

impl Asker {
    /// Checks `c0`, `c1`… of these kinds with these texts, and what else is said of them.
    fn new(url: &str, checks: &[(&str, &str, &str)]) -> Self {
        let checks: String = checks
            .iter()
            .enumerate()
            .map(|(n, (kind, text, more))| format!("          - {{ id: c{n}, title: c{n}, {kind}: {}{more} }}\n", Value::from(*text)))
            .collect();
        let runbook = read(&one_step(&format!("        checks:\n{checks}"), &[]));
        Self { prober: Prober::new(surroundings(&runbook, url, &[])), runbook }
    }

    async fn ask(&self, n: usize) -> Answer {
        self.prober.ask(self.runbook.checks().nth(n).unwrap().1, Stop::never()).await
    }

    /// The first check, this often at the same time.
    async fn ask_at_once(&self, times: usize) -> Vec<Answer> {
        join_all((0..times).map(|_| self.ask(0))).await
    }
}

fn values(answers: &[Answer]) -> BTreeSet<String> {
    answers.iter().map(|answer| answer.values.get("value").unwrap_or_else(|| panic!("{:?}", answer.finding)).to_string()).collect()
}

const WHO: &str = "SELECT pg_backend_pid() AS pid";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_share_two_connections() {
    let world = World::start("").await;
    let asker = Asker::new(world.sandbox.url(), &[("sql", WHO, "")]);
    let first = values(&asker.ask_at_once(40).await);
    assert!(first.len() <= 2, "{first:?}");
    assert!(values(&asker.ask_at_once(40).await).is_subset(&first), "the same ones");

    // Both are cut while nobody uses them: new ones take their place, and no check notices.
    world.one("SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE application_name = 'fracas' AND pid <> pg_backend_pid()").await;
    let after = values(&asker.ask_at_once(40).await);
    assert!(after.len() <= 2 && after.is_disjoint(&first), "{first:?} {after:?}");
    world.sandbox.close().await;
}

/// Functions hide from the parser what they do, and no rollback takes all of it back.
const LEAVES: &str = "
    CREATE SEQUENCE s;
    CREATE FUNCTION leave() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_lock(42);
        EXECUTE 'PREPARE left_behind AS SELECT 1';
        PERFORM set_config('search_path', 'nowhere', false), set_config('fracas.left', 'behind', false);
        PERFORM set_config('statement_timeout', '1', false);
        RETURN pg_backend_pid();
    END $$;
    CREATE FUNCTION leave_more() RETURNS int LANGUAGE plpgsql AS $$ BEGIN
        CREATE TEMP TABLE left_behind (n int) ON COMMIT PRESERVE ROWS;
        PERFORM nextval('s'), leave();
        RETURN pg_backend_pid();
    END $$;";

/// What a check finds of an earlier one.
const FOUND: &str = "SELECT pg_backend_pid() AS pid, \
     (SELECT count(*) FROM pg_prepared_statements) AS prepared, \
     (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks, \
     (SELECT count(*) FROM pg_class WHERE relname = 'left_behind') AS tables, \
     current_setting('search_path') AS path, coalesce(current_setting('fracas.left', true), '') AS setting, \
     current_setting('statement_timeout') AS timeout";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_check_reaches_the_next() {
    let world = World::start(LEAVES).await;
    let asker = Asker::new(
        world.sandbox.url(),
        &[
            ("sql", "SELECT leave()", ""),
            ("probe", "SELECT leave_more()", ""),
            ("sql", FOUND, ", timeout: 7s"),
            ("probe", "SELECT lastval()", ""),
        ],
    );
    for leaving in [0, 1] {
        let left = asker.ask(leaving).await;
        let pid = left.values["value"].to_string();
        let found = asker.ask(2).await;
        let row = &found.values["rows"][0];
        assert_eq!(row["pid"].to_string(), pid, "the same connection");
        for (what, clean) in [("prepared", "0"), ("locks", "0"), ("tables", "0"), ("setting", "\"\""), ("timeout", "\"7s\"")] {
            assert_eq!(row[what].to_string(), clean, "{what}: {row}");
        }
        assert!(row["path"].to_string().contains("public"), "{row}");
    }
    let last = asker.ask(3).await;
    assert!(matches!(&last.finding, Finding::Inconclusive(why) if why.contains("55000")), "`lastval` is not known: {:?}", last.finding);
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_that_takes_too_long_costs_only_its_own_connection() {
    let world = World::start("").await;
    let asker = Asker::new(world.sandbox.url(), &[("sql", WHO, ""), ("sql", "SELECT pg_sleep(600), pg_backend_pid()", ", timeout: 1s")]);
    let (late, others) = tokio::join!(asker.ask(1), asker.ask_at_once(40));
    assert!(matches!(late.finding, Finding::TimedOut(_)), "{:?}", late.finding);
    let others = values(&others);
    world.until("SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()", "0").await;
    assert!(!values(&asker.ask_at_once(40).await).is_disjoint(&others), "one connection went on");
    world.sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_cut_is_cancelled_and_its_connection_given_up() {
    let world = World::start("").await;
    let long = "SELECT repeat('x', 1000) || n AS text, pg_sleep(0.001 * (n / 2000)) FROM generate_series(1, 10000) n";
    let asker = Asker::new(world.sandbox.url(), &[("sql", long, ""), ("sql", WHO, "")]);
    let before = values(&[asker.ask(1).await]);
    let cut = asker.ask(0).await;
    assert!(matches!(&cut.finding, Finding::Inconclusive(why) if why.contains("1 MiB")), "{:?}", cut.finding);
    world.until("SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%repeat(%' AND pid <> pg_backend_pid()", "0").await;
    assert!(values(&[asker.ask(1).await]).is_disjoint(&before));
    world.sandbox.close().await;
}

/// A PgBouncer that lends one connection for one transaction at a time.
struct Bouncer {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Bouncer {
    async fn before(world: &World) -> Self {
        let socket = world.socket();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\npostgres = host={} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 1\n",
            socket.display()
        );
        std::fs::write(&settings, text).unwrap();
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = Command::new("pgbouncer");
        command.arg("-q").arg(&settings).env("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/bin").stdout(Stdio::null()).stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            // It refuses to be root; the server's account may use the server's socket.
            let owner = std::fs::metadata(socket.join(".s.PGSQL.5432")).unwrap();
            command.uid(owner.uid()).gid(owner.gid());
        }
        let process = command.spawn().unwrap_or_else(|error| panic!("pgbouncer: {error}; apt-get install pgbouncer"));
        let bouncer = Self { process, port, _folder: folder };
        let listening = async {
            while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), listening).await.unwrap();
        bouncer
    }

    fn url(&self) -> String {
        format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=disable", self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_transaction_mode_serves_checks_and_keeps_what_is_others() {
    let world = World::start("").await;
    let bouncer = Bouncer::before(&world).await;
    // What belongs to whoever else uses the pooler's connection.
    let other = Database::connect(&bouncer.url()).await.unwrap();
    other.run("SELECT pg_advisory_lock(7)").await.unwrap();

    let asker = Asker::new(&bouncer.url(), &[("sql", WHO, ""), ("sql", "SELECT pg_sleep(600)", ", timeout: 500ms")]);
    assert_eq!(values(&asker.ask_at_once(60).await).len(), 1);
    let late = asker.ask(1).await;
    assert!(matches!(late.finding, Finding::TimedOut(_)), "{:?}", late.finding);
    world.until("SELECT count(*)::text FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()", "0").await;
    assert_eq!(values(&asker.ask_at_once(10).await).len(), 1);
    assert_eq!(world.one("SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory'").await, "1");
    world.sandbox.close().await;
}

/// Between one client and the server, with a pooler's answer to every transaction: it cannot begin. All else goes
/// through. Ends with what was asked.
async fn refusing_to_begin(listener: TcpListener, server: PathBuf) -> String {
    const REFUSED: &[u8] = b"E\0\0\0\x32SERROR\0C08006\0Mno server in the pool is free\0\0Z\0\0\0\x05I";
    let (client, _) = listener.accept().await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = UnixStream::connect(server.join(".s.PGSQL.5432")).await.unwrap().into_split();
    let (answers, mut answer) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();
    let ours = answers.clone();
    tokio::spawn(async move {
        let mut bytes = vec![0; 65536];
        while let Ok(n @ 1..) = from_server.read(&mut bytes).await {
            let _ = answers.send(bytes[..n].to_vec());
        }
    });
    let answering = tokio::spawn(async move {
        while let Some(bytes) = answer.recv().await {
            let _ = to_client.write_all(&bytes).await;
        }
    });
    // The first message has no letter in front.
    let mut asked = String::new();
    let mut head = 4;
    let mut message = vec![0; head];
    while from_client.read_exact(&mut message).await.is_ok() {
        let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize;
        message.resize(head + length - 4, 0);
        from_client.read_exact(&mut message[head..]).await.unwrap();
        if message.starts_with(b"Q") && message[head..].starts_with(b"BEGIN") {
            ours.send(REFUSED.to_vec()).unwrap();
        } else {
            asked.push_str(&String::from_utf8_lossy(&message[head..]));
            to_server.write_all(&message).await.unwrap();
        }
        head = 5;
        message.resize(head, 0);
    }
    // Until the server has read all of it and hung up.
    drop((to_server, ours));
    answering.await.unwrap();
    asked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_transaction_begins_nothing_is_run() {
    let world =
        World::start("CREATE TABLE t (n int); CREATE FUNCTION sneak() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (9) RETURNING n'")
            .await;
    let refused = async |kind| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgresql://postgres@{}/postgres?sslmode=disable", listener.local_addr().unwrap());
        let pooler = tokio::spawn(refusing_to_begin(listener, world.socket()));
        let asker = Asker::new(&url, &[(kind, "SELECT sneak()", "")]);
        let answer = asker.ask(0).await;
        assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.contains("no server in the pool")), "{:?}", answer.finding);
        drop(asker);
        let heard = tokio::time::timeout(Duration::from_secs(10), pooler).await.unwrap().unwrap();
        assert_eq!(world.one("SELECT count(*)::text FROM t").await, "0", "{kind}");
        heard.contains("sneak()")
    };
    assert!(!refused("probe").await, "what writes waits until it has begun");
    // A question follows at once, unless the refusal is quicker.
    let mut times = 0;
    while !refused("sql").await {
        times += 1;
        assert!(times < 100, "a question never follows at once");
    }
    world.sandbox.close().await;
}
