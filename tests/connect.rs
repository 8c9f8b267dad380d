//! The `connect` check against real servers: PostgreSQL with and without TLS, by certificates that `openssl` made, a real
//! PgBouncer before it, and doors that break at every rung. Never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use fracas::engine::attempt::{Answer, Finding};
use fracas::runbook::{Runbook, yaml};
use fracas::world::prober::{Prober, Stop, Surroundings};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A command under the account of the sandbox's server, because neither PostgreSQL nor PgBouncer runs as root.
fn as_server(sandbox: &Sandbox, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    let [own, server] = [sandbox.folder().to_owned(), sandbox.folder().join("data")].map(|path| std::fs::metadata(path).unwrap());
    if own.uid() != server.uid() {
        command.uid(server.uid()).gid(server.gid());
    }
    command.current_dir(sandbox.folder());
    command
}

/// A program that ends with the test.
struct Running(Child);

impl Running {
    /// Starts it; returns once somebody listens on the port.
    fn start(command: &mut Command, port: u16) -> Self {
        let mut running = Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(running.0.try_wait().unwrap().is_none(), "{command:?} ended at once");
            std::thread::yield_now();
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A PgBouncer that lends the sandbox's connections for one transaction each.
fn pooler(sandbox: &Sandbox, port: u16) -> Running {
    let folder = sandbox.folder().display();
    let settings = format!(
        "[databases]\npostgres = host={folder} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nignore_startup_parameters = extra_float_digits\n"
    );
    let file = sandbox.folder().join("pgbouncer.ini");
    std::fs::write(&file, settings).unwrap();
    // Distributions keep servers where only root looks for programs.
    let path = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap());
    Running::start(as_server(sandbox, "pgbouncer").arg("-q").arg(&file).env("PATH", path), port)
}

/// An authority and a certificate for `localhost` that it signed, made by `openssl`.
fn certificates(folder: &Path) -> PathBuf {
    let script = r#"
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=An authority" -keyout ca.key -out ca.crt
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" -keyout server.key -out server.csr
        printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > server.ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile server.ext -out server.crt
        chmod 600 server.key && chmod 644 ca.crt server.crt"#;
    let made = Command::new("/bin/sh").args(["-ec", script]).current_dir(folder).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    folder.join("ca.crt")
}

/// A PostgreSQL on a port that takes nobody without TLS, as a copy of the sandbox's programs; with its authority's file.
fn server_with_tls(sandbox: &Sandbox, port: u16, settings: &[&str]) -> (Running, PathBuf) {
    let owner = std::fs::metadata(sandbox.folder().join("data")).unwrap();
    let home = sandbox.folder().join(format!("tls-{port}"));
    std::fs::create_dir(&home).unwrap();
    let authority = certificates(&home);
    for file in ["", "server.key", "server.crt"] {
        chown(home.join(file), Some(owner.uid()), Some(owner.gid())).unwrap();
    }
    // The sandbox's server noted how it was started.
    let started = std::fs::read_to_string(sandbox.folder().join("data/postmaster.opts")).unwrap();
    let program = PathBuf::from(started.split(' ').next().unwrap());
    let data = home.join("data");
    let initdb = ["--no-sync", "-A", "trust", "-U", "postgres", "--locale=C", "-D"];
    let made = as_server(sandbox, program.with_file_name("initdb")).args(initdb).arg(&data).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n").unwrap();
    let mut postgres = as_server(sandbox, &program);
    postgres.arg("-D").arg(&data).args(["-p", &port.to_string(), "-c", "unix_socket_directories="]);
    let files = [format!("ssl_cert_file={}/server.crt", home.display()), format!("ssl_key_file={}/server.key", home.display())];
    let fixed = ["listen_addresses=localhost", "ssl=on", "fsync=off", "shared_buffers=16MB"];
    for setting in fixed.into_iter().chain(files.iter().map(String::as_str)).chain(settings.iter().copied()) {
        postgres.args(["-c", setting]);
    }
    let running = Running::start(&mut postgres, port);
    let is_ready = || std::fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|pid| pid.lines().any(|line| line.trim() == "ready"));
    while !is_ready() {
        std::thread::yield_now();
    }
    (running, authority)
}

async fn sandbox() -> Sandbox {
    Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap()
}

/// The answer of `connect` to a target with these alternatives, each by a URL; `more` is what else the check says.
async fn asked(url: &str, alternatives: &[(&str, &str)], more: &str) -> Answer {
    let named: Vec<String> =
        alternatives.iter().enumerate().map(|(n, (name, mode))| format!("{name}: {{ env: URL_{n}{} }}", sslmode(mode))).collect();
    let text = format!(
        "version: 1\nid: t\ntitle: t\ntargets:\n  database:\n    postgres: {{ env: URL }}\n    alternatives: {{ {} }}\nphases:\n  - title: p\n    \
         steps:\n      - title: s\n        checks:\n          - {{ id: c, title: c, connect: database{more} }}\n",
        named.join(", ")
    );
    let runbook: Arc<Runbook> = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}")));
    let others = alternatives
        .iter()
        .enumerate()
        .map(|(n, (_, other))| (format!("URL_{n}"), if other.contains("://") { *other } else { url }.to_owned()));
    let env: BTreeMap<String, String> = std::iter::once(("URL".to_owned(), url.to_owned())).chain(others).collect();
    let prober =
        Prober::new(Surroundings { runbook: Arc::clone(&runbook), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: None });
    prober.ask(runbook.checks().next().unwrap().1, Stop::never()).await
}

/// What is no URL is a mode of TLS for the target's own.
fn sslmode(other: &str) -> String {
    if other.contains("://") { String::new() } else { format!(", sslmode: {other}") }
}

fn works(answer: &Answer) -> bool {
    matches!(&answer.finding, Finding::Answered { own: Some(true), .. })
}

fn summary(answer: &Answer) -> &str {
    match &answer.finding {
        Finding::Answered { summary, .. } => summary,
        Finding::TimedOut(why) | Finding::Inconclusive(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_is_told_from_the_server_itself() {
    let sandbox = sandbox().await;
    let port = free_port();
    let _pooler = pooler(&sandbox, port);
    let pooled = format!("postgresql://postgres@127.0.0.1:{port}/postgres");
    // A pooler's connection that is new is a pooler's all the same, and so is one that was used before.
    for _ in 0..3 {
        let answer = asked(&pooled, &[("direct", sandbox.url())], "").await;
        assert!(works(&answer), "{}", answer.seen);
        assert_eq!((&answer.values["pooler"], &answer.values["works"][0]), (&true.into(), &"direct".into()), "{}", answer.seen);
        assert!(answer.seen.contains("through a pooler, read-write") && answer.seen.contains("directly, read-write"), "{}", answer.seen);
    }
    let answer = asked(sandbox.url(), &[("pooler", &pooled)], "").await;
    assert_eq!((&answer.values["pooler"], &answer.values["read_only"]), (&false.into(), &false.into()), "{}", answer.seen);
    assert!(summary(&answer).ends_with("directly, no TLS, read-write"), "{}", summary(&answer));
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_alternative_that_works_is_named() {
    let sandbox = sandbox().await;
    let (pooled, nobody) = (free_port(), free_port());
    let _pooler = pooler(&sandbox, pooled);
    let pooled = format!("postgresql://postgres@127.0.0.1:{pooled}/postgres");
    let gone = format!("postgresql://postgres@127.0.0.1:{nobody}/postgres");
    let nowhere = "postgresql://postgres@no-such-host.invalid/postgres";

    let answer = asked(&gone, &[("pooler", &pooled), ("standby", nowhere)], "").await;
    assert_eq!(answer.values["reached"], "name");
    assert_eq!(answer.values["works"].to_string(), r#"["pooler"]"#);
    assert!(summary(&answer).starts_with("tcp: ") && summary(&answer).ends_with("; pooler works"), "{}", summary(&answer));
    assert!(answer.seen.contains("standby: postgres@no-such-host.invalid") && answer.seen.contains("✗ name"), "{}", answer.seen);

    let answer = asked(&gone, &[("standby", nowhere), ("unknown", &gone)], "").await;
    assert!(summary(&answer).ends_with("; none of its alternatives works"), "{}", summary(&answer));
    assert!(asked(&pooled, &[("old", &gone)], "").await.values["works"].as_array().unwrap().is_empty());

    // One address after the other, as the client does; what came first is remarked.
    let both =
        format!("postgresql://postgres@127.0.0.1:{nobody},{}/postgres", pooled.rsplit_once('@').unwrap().1.trim_end_matches("/postgres"));
    let answer = asked(&both, &[], "").await;
    assert!(works(&answer) && answer.seen.contains(&format!("! 127.0.0.1:{nobody} broke at tcp")), "{}", answer.seen);
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_mode_of_tls_is_tried_for_real() {
    let sandbox = sandbox().await;
    let port = free_port();
    let (_server, authority) = server_with_tls(&sandbox, port, &[]);
    let url = format!("postgresql://postgres@localhost:{port}/postgres");
    let trusting = format!("{url}?sslrootcert={}", authority.display());
    let by_address = format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslrootcert={}", authority.display());

    for (url, mode, reached, words) in [
        (&url, "disable", "tcp", "28000"),
        // Turned down without TLS, and then let in with it.
        (&url, "allow", "query", "without TLS it broke at authenticated"),
        (&url, "prefer", "query", "TLSv1.3 (prefer)"),
        (&url, "require", "query", "TLSv1.3 (require)"),
        (&url, "verify-full", "tcp", "✗ tls"),
        (&trusting, "verify-ca", "query", "TLSv1.3 (verify-ca)"),
        (&trusting, "verify-full", "query", "TLSv1.3 (verify-full)"),
        (&by_address, "verify-ca", "query", "TLSv1.3 (verify-ca)"),
        (&by_address, "verify-full", "tcp", "✗ tls"),
    ] {
        let with = if url.contains('?') { format!("{url}&sslmode={mode}") } else { format!("{url}?sslmode={mode}") };
        let answer = asked(&with, &[], "").await;
        assert_eq!(answer.values["reached"], reached, "{mode}: {}", answer.seen);
        assert!(answer.seen.contains(words), "{mode}: {}", answer.seen);
        assert_eq!(answer.values["tls"] == "TLSv1.3", reached == "query", "{mode}: {}", answer.seen);
    }

    let answer = asked(&format!("{url}?sslmode=verify-full"), &[("encrypted", "require"), ("plain", "disable")], "").await;
    assert!(summary(&answer).starts_with("tls: ") && summary(&answer).ends_with("; encrypted works"), "{}", summary(&answer));

    let (_old, authority) =
        server_with_tls(&sandbox, free_port_other_than(port), &["ssl_max_protocol_version=TLSv1.2", "default_transaction_read_only=on"]);
    let port = authority.parent().unwrap().file_name().unwrap().to_str().unwrap().trim_start_matches("tls-").to_owned();
    let answer = asked(&format!("postgresql://postgres@localhost:{port}/postgres?sslrootcert={}", authority.display()), &[], "").await;
    assert_eq!((&answer.values["tls"], &answer.values["read_only"]), (&"TLSv1.2".into(), &true.into()), "{}", answer.seen);
    assert!(summary(&answer).ends_with("directly, TLSv1.2, read-only"), "{}", summary(&answer));
    let wants_to_write = format!("postgresql://postgres@localhost:{port}/postgres?sslmode=require&target_session_attrs=read-write");
    assert_eq!(asked(&wants_to_write, &[], "").await.values["reached"], "authenticated");
    sandbox.close().await;
}

fn free_port_other_than(taken: u16) -> u16 {
    std::iter::repeat_with(free_port).find(|port| *port != taken).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_is_the_rung_it_broke_at() {
    let sandbox = sandbox().await;
    let port = free_port();
    let _pooler = pooler(&sandbox, port);
    let at = |url: &str| url.replace("PORT", &port.to_string());
    for (url, reached, words) in [
        (at("postgresql://postgres@127.0.0.1:PORT/postgres?sslmode=require"), "tcp", "tls: "),
        (at("postgresql://postgres@127.0.0.1:PORT/nothing"), "tcp", "authenticated: FATAL"),
        (sandbox.url().replace("/postgres?", "/nothing?"), "socket", "3D000"),
        ("postgresql://postgres@%2Fnowhere/postgres".to_owned(), "nothing", "socket: "),
    ] {
        let answer = asked(&url, &[], "").await;
        assert_eq!(answer.values["reached"], reached, "{url}: {}", answer.seen);
        assert!(!works(&answer) && summary(&answer).contains(words), "{url}: {}", summary(&answer));
    }

    // Somebody who takes the call and says nothing, or nonsense, or hangs up.
    for (says, mode, words) in [
        (None, "require", "tls: no answer within 1s"),
        (None, "disable", "authenticated: no answer within 1s"),
        (Some("SSH-2.0-OpenSSH_9.2\r\n"), "disable", "authenticated: "),
        (Some("HTTP/1.1 400 Bad Request\r\n\r\n"), "require", "tls: "),
        (Some(""), "require", "tls: "),
    ] {
        let door = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url =
            format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode={mode}&connect_timeout=1", door.local_addr().unwrap().port());
        let answering = tokio::spawn(async move {
            let mut held = Vec::new();
            loop {
                let (mut caller, _) = door.accept().await.unwrap();
                if let Some(says) = says {
                    let _ = tokio::io::AsyncWriteExt::write_all(&mut caller, says.as_bytes()).await;
                } else {
                    held.push(caller);
                }
            }
        });
        let answer = asked(&url, &[], "").await;
        assert!(matches!(&answer.finding, Finding::Answered { own: Some(false), .. }), "{says:?}: {:?}", answer.finding);
        assert!(summary(&answer).starts_with(words), "{says:?}: {}", summary(&answer));
        // The check's own time is shorter than the connection's: it was not answered, and where it stood is said.
        if says.is_none() {
            let answer = asked(&url.replace("&connect_timeout=1", ""), &[], ", timeout: 200ms").await;
            let at = words.split(':').next().unwrap();
            assert!(matches!(&answer.finding, Finding::TimedOut(why) if why.starts_with(at)), "{:?}", answer.finding);
            assert!(answer.seen.contains(&format!("✗ {at}")), "{}", answer.seen);
        }
        answering.abort();
    }
    sandbox.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_clients_leave_nothing_behind_in_a_pooler() {
    const LEFT: &str = "SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout'),
                               current_setting('transaction_read_only'),
                               (SELECT count(*) FROM pg_prepared_statements),
                               (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' OR relation = 't'::regclass))";
    let sandbox = sandbox().await;
    let port = free_port();
    let _pooler = pooler(&sandbox, port);
    let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres");
    let direct = Database::connect(sandbox.url()).await.unwrap();
    direct.run("CREATE TABLE t (n int)").await.unwrap();
    let text = "version: 1\nid: t\ntitle: t\ntargets:\n  database: { postgres: { env: URL } }\nphases:\n  - title: p\n    steps:\n      - title: s\n        \
                checks:\n          - { id: a, title: a, sql: SELECT count(*) AS n FROM t, expect: value >= 0 }\n          - { id: b, title: b, probe: INSERT \
                INTO t VALUES (1) RETURNING n, expect: value == 1 }\n          - { id: c, title: c, connect: database }\n";
    let runbook: Arc<Runbook> = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap());
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let env = BTreeMap::from([("URL".to_owned(), url.clone())]);
        let surroundings =
            Surroundings { runbook: Arc::clone(&runbook), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: None };
        let (prober, runbook) = (Prober::new(surroundings), Arc::clone(&runbook));
        clients.spawn(async move {
            for (_, check) in std::iter::repeat_with(|| runbook.checks()).take(10).flatten() {
                let answer = prober.ask(check, Stop::never()).await;
                assert!(matches!(answer.finding, Finding::Answered { .. }), "{}: {:?}", check.id, answer.finding);
            }
        });
    }
    while let Some(done) = clients.join_next().await {
        done.unwrap();
    }
    // Both connections of the pool, as whoever is lent them next finds them.
    let pooled = Database::connect(&url).await.unwrap();
    for _ in 0..10 {
        let left = pooled.rows(LEFT, &[]).await.unwrap();
        assert_eq!(left[0][0].as_deref().unwrap().split(' ').take(3).collect::<Vec<_>>(), ["0", "0", "off"], "{left:?}");
        assert!(left[0][0].as_deref().unwrap().ends_with(" 0 0"), "{left:?}");
    }
    assert_eq!(direct.rows("SELECT count(*)::text FROM t", &[]).await.unwrap()[0][0].as_deref(), Some("0"));
    sandbox.close().await;
}
