//! The `connect` check against real servers: PostgreSQL with and without TLS, by certificates that `openssl` made, a real
//! PgBouncer before it, and doors that break at every rung. Never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/pooler.rs"]
mod pooler;
#[path = "support/running.rs"]
mod running;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use fracas::base::id::Id;
use fracas::engine::attempt::{Answer, Finding, RemediationNews};
use fracas::runbook::model::Act;
use fracas::runbook::{Runbook, sql, yaml};
use fracas::timeline::event::{Outcome, PlannedStep, Problem};
use fracas::world::prober::{Prober, Stop, Surroundings};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;
use pooler::pooler;
use running::free_port;
use tls_server::TlsServer;

/// Lets everybody in over TLS, and nobody without.
const TRUSTING: &str = "hostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";

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

fn free_port_other_than(taken: u16) -> u16 {
    std::iter::repeat_with(free_port).find(|port| *port != taken).unwrap()
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
    let server = TlsServer::start(&sandbox, port, TRUSTING, &[]);
    let authority = server.home.join("ca.crt");
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

    let port = free_port_other_than(port);
    let old = TlsServer::start(&sandbox, port, TRUSTING, &["ssl_max_protocol_version=TLSv1.2", "default_transaction_read_only=on"]);
    let authority = old.home.join("ca.crt");
    let answer = asked(&format!("postgresql://postgres@localhost:{port}/postgres?sslrootcert={}", authority.display()), &[], "").await;
    assert_eq!((&answer.values["tls"], &answer.values["read_only"]), (&"TLSv1.2".into(), &true.into()), "{}", answer.seen);
    assert!(summary(&answer).ends_with("directly, TLSv1.2, read-only"), "{}", summary(&answer));
    let wants_to_write = format!("postgresql://postgres@localhost:{port}/postgres?sslmode=require&target_session_attrs=read-write");
    assert_eq!(asked(&wants_to_write, &[], "").await.values["reached"], "authenticated");
    drop((server, old));
    sandbox.close().await;
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

/// Rehearses a remediation as far as that is possible, and applies it on the server that it was rehearsed on.
async fn changed(prober: &Prober, runbook: &Runbook, id: &str) -> (Outcome, Option<Problem>) {
    let remediation = runbook.remediation(&Id::new(id)).unwrap().1;
    let Act::Sql(text) = &remediation.act else { panic!("SQL") };
    let steps: Vec<PlannedStep> = sql::prepare(text, &BTreeMap::new(), &BTreeSet::default())
        .unwrap()
        .into_iter()
        .map(|statement| PlannedStep { text: statement.shown, what: statement.what, lock: None, cautions: Vec::new() })
        .collect();
    let news = prober.rehearse(remediation, &steps, Stop::never(), |_| ()).await;
    let RemediationNews::Rehearsed { server: Some(server), problem, .. } = news else { panic!("{news:?}") };
    assert_eq!(problem.map_or(String::new(), |problem| problem.message).contains("goes through a pooler"), id == "v");
    let news = prober.apply(remediation, &steps, Some(&server), Stop::never(), |_| ()).await;
    let RemediationNews::Settled { outcome, problem, .. } = news else { panic!("{news:?}") };
    (outcome, problem)
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
                INTO t VALUES (1) RETURNING n, expect: value == 1 }\n          - { id: c, title: c, connect: database }\n        remediations:\n          - \
                { id: r, title: r, sql: INSERT INTO t VALUES (2), lock_timeout: 1s, timeout: 60s }\n          - { id: v, title: v, sql: VACUUM t, \
                transaction: none }\n";
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
            for _ in 0..5 {
                let (outcome, problem) = changed(&prober, &runbook, "r").await;
                assert_eq!((outcome, problem), (Outcome::Committed, None));
                // Through a pooler its settings would be left to whoever comes next.
                let (outcome, problem) = changed(&prober, &runbook, "v").await;
                assert!(outcome == Outcome::RolledBack && problem.unwrap().message.contains("needs a direct connection"));
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
    assert_eq!(direct.rows("SELECT count(*)::text FROM t", &[]).await.unwrap()[0][0].as_deref(), Some("40"));
    sandbox.close().await;
}

/// A prepared transaction has no process to look for, and no end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_prepared_transaction_is_named_when_it_holds_the_lock() {
    let sandbox = sandbox().await;
    let port = free_port();
    let server = TlsServer::start(&sandbox, port, TRUSTING, &["max_prepared_transactions=2"]);
    let url = format!("postgresql://postgres@localhost:{port}/postgres?sslmode=require");
    let direct = Database::connect(&url).await.unwrap();
    for statement in ["CREATE TABLE t (n int)", "BEGIN; LOCK TABLE t; PREPARE TRANSACTION 'forgotten'"] {
        direct.run(statement).await.unwrap();
    }
    let text = "version: 1\nid: t\ntitle: t\ntargets:\n  database: { postgres: { env: URL } }\nphases:\n  - title: p\n    steps:\n      - title: s\n        \
                remediations:\n          - { id: r, title: r, sql: DROP TABLE t, lock_timeout: 1s }\n";
    let runbook: Arc<Runbook> = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap());
    let env = BTreeMap::from([("URL".to_owned(), url)]);
    let prober =
        Prober::new(Surroundings { runbook: Arc::clone(&runbook), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: None });
    let (outcome, problem) = changed(&prober, &runbook, "r").await;
    let holder = problem.unwrap().blocked_by.unwrap();
    assert_eq!(outcome, Outcome::RolledBack);
    assert!(holder.starts_with("a prepared transaction") && holder.contains("forgotten (postgres, 00:00:0"), "{holder}");
    drop(server);
    sandbox.close().await;
}

/// Ends a server as an administrator would, which ends everybody's connection.
fn stop(server: &mut TlsServer<'_>) {
    let mut running = server.running.take().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_child(&running.0), rustix::process::Signal::INT).unwrap();
    running.0.wait().unwrap();
}

/// No server, one that says nothing, one that answers too late, one that goes away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_asked_says_at_which_rung_and_the_next_question_reconnects() {
    let sandbox = sandbox().await;
    let port = free_port();
    let mut server = TlsServer::start(&sandbox, port, TRUSTING, &[]);
    let url =
        format!("postgresql://postgres@localhost:{port}/postgres?sslmode=verify-full&sslrootcert={}", server.home.join("ca.crt").display());
    let text = "version: 1\nid: t\ntitle: t\ntargets:\n  database: { postgres: { env: URL } }\nphases:\n  - title: p\n    steps:\n      - title: s\n        \
                checks:\n          - { id: quick, title: a, sql: SELECT 1 AS n }\n          - { id: slow, title: b, sql: SELECT pg_sleep(600), timeout: \
                60s }\n          - { id: late, title: c, sql: SELECT pg_sleep(600), timeout: 200ms }\n          - { id: short, title: d, sql: SELECT 1 AS \
                n, timeout: 200ms }\n        remediations:\n          - { id: r, title: r, sql: CREATE TABLE t () }\n";
    let runbook: Arc<Runbook> = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap());
    let prober = |url: &str| {
        let env = BTreeMap::from([("URL".to_owned(), url.to_owned())]);
        Prober::new(Surroundings { runbook: Arc::clone(&runbook), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: None })
    };
    let ask = async |prober: &Prober, id: &str| prober.ask(runbook.check(&Id::new(id)).unwrap().1, Stop::never()).await;
    let same = prober(&url);
    let works = async || assert_eq!(ask(&same, "quick").await.values["value"], 1);
    let inconclusive = async |prober: &Prober, id: &str, words: &str| {
        let answer = ask(prober, id).await;
        assert!(matches!(&answer.finding, Finding::Inconclusive(why) if why.starts_with(words)), "{words}: {:?}", answer.finding);
    };
    works().await;

    let late = ask(&same, "late").await;
    assert_eq!(late.finding, Finding::TimedOut("query: no answer within 200ms".to_owned()));
    works().await;

    // It goes away while it is asked, and is not there for the next question.
    let asking = ask(&same, "slow");
    let going = async {
        let direct = Database::connect(&url).await.unwrap();
        let busy = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid()";
        while direct.rows(busy, &[]).await.unwrap()[0][0].as_deref() != Some("1") {
            tokio::task::yield_now().await;
        }
        stop(&mut server);
    };
    let (gone, ()) = tokio::join!(asking, going);
    assert!(matches!(&gone.finding, Finding::Inconclusive(why) if why.starts_with("query: FATAL 57P01")), "{:?}", gone.finding);
    inconclusive(&same, "quick", "tcp: ").await;
    let remediation = runbook.remediation(&Id::new("r")).unwrap().1;
    let steps = [PlannedStep { text: "CREATE TABLE t ()".to_owned(), what: String::new(), lock: None, cautions: Vec::new() }];
    let news = same.rehearse(remediation, &steps, Stop::never(), |_| ()).await;
    let RemediationNews::Rehearsed { server: None, problem: Some(problem), .. } = news else { panic!("{news:?}") };
    assert!(problem.message.starts_with("tcp: "), "{}", problem.message);
    server.run();
    works().await;

    // Refused at every other rung, or not answered.
    let wrong = |from: &str, to: &str| prober(&url.replace(from, to));
    inconclusive(&wrong("localhost", "no-such-host.invalid"), "quick", "name: ").await;
    inconclusive(&wrong("localhost", "127.0.0.1"), "quick", "tls: ").await;
    inconclusive(&wrong("/postgres?", "/nothing?"), "quick", "authenticated: FATAL 3D000").await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = prober(&format!("postgresql://postgres@127.0.0.1:{}/postgres?sslmode=require", silent.local_addr().unwrap().port()));
    assert_eq!(ask(&silent, "short").await.finding, Finding::TimedOut("tls: no answer within 200ms".to_owned()));
    drop(server);
    sandbox.close().await;
}
