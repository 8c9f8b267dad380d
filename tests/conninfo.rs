//! Connections as PostgreSQL people write them: the same strings, variables and files are given to libpq's own `psql` and
//! to us, and somebody at the other end notes who called as whom. Certificates, channel binding and the modes of TLS are
//! tried against a real server. Never skips.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/running.rs"]
mod running;
#[path = "support/tls_server.rs"]
mod tls_server;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use fracas::engine::attempt::{Answer, Finding};
use fracas::runbook::{Runbook, yaml};
use fracas::world::prober::{Prober, Stop, Surroundings};
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;
use running::free_port;
use tls_server::TlsServer;

/// Notes who calls: user, database, password and options, as far as they say.
struct Notebook {
    port: u16,
    calls: Receiver<String>,
}

impl Notebook {
    fn open() -> Self {
        let door = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = door.local_addr().unwrap().port();
        let (tell, calls) = channel();
        std::thread::spawn(move || {
            for caller in door.incoming() {
                let Some(call) = listen(caller.unwrap()) else { continue };
                if tell.send(call).is_err() {
                    return;
                }
            }
        });
        Self { port, calls }
    }

    /// The first call since this was last asked, if there was any. Whoever calls has ended by now.
    fn noted(&self) -> Option<String> {
        // A call that is being noted is over once another one has been taken.
        drop(TcpStream::connect(("127.0.0.1", self.port)).unwrap().write_all(&[0, 0, 0, 8, 0, 0, 0, 1]));
        let calls: Vec<String> = self.calls.iter().take_while(|call| call != "over").collect();
        calls.into_iter().next()
    }
}

/// One call: nobody is let in, but asked for a password first.
fn listen(mut caller: TcpStream) -> Option<String> {
    let packet = loop {
        let mut length = [0; 4];
        caller.read_exact(&mut length).ok()?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize - 4];
        caller.read_exact(&mut packet).ok()?;
        match packet[..4] {
            [0, 0, 0, 1] => return Some("over".to_owned()),
            // TLS or GSSAPI: no.
            [4, 210, 22, 47 | 48] => caller.write_all(b"N").ok()?,
            _ => break packet,
        }
    };
    let words: Vec<String> = packet[4..].split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
    let said: BTreeMap<&str, &str> = words.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    caller.write_all(b"R\0\0\0\x08\0\0\0\x03").ok()?;
    let mut head = [0; 5];
    let password = caller.read_exact(&mut head).ok().and_then(|()| {
        let mut password = vec![0; u32::from_be_bytes(head[1..].try_into().unwrap()) as usize - 5];
        caller.read_exact(&mut password).ok()?;
        (head[0] == b'p').then(|| String::from_utf8_lossy(&password).into_owned())
    });
    let (user, options) = (said["user"], said.get("options").copied().unwrap_or_default());
    Some(format!("{user} | {} | {} | {options}", said.get("database").unwrap_or(&user), password.unwrap_or_default()))
}

/// The answer of `connect` to this string, with these variables.
async fn asked(string: &str, variables: &BTreeMap<String, String>) -> Answer {
    let text = "version: 1\nid: t\ntitle: t\ntargets:\n  database: { postgres: { env: URL } }\nphases:\n  - title: p\n    steps:\n      - title: \
                s\n        checks:\n          - { id: c, title: c, connect: database }\n";
    let runbook: Arc<Runbook> = Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap());
    let mut env = variables.clone();
    env.insert("URL".to_owned(), string.to_owned());
    let surroundings = Surroundings { runbook: Arc::clone(&runbook), inputs: BTreeMap::new(), targets: BTreeMap::new(), env, dir: None };
    Prober::new(surroundings).ask(runbook.checks().next().unwrap().1, Stop::never()).await
}

fn psql(string: &str, variables: &BTreeMap<String, String>) {
    let run = Command::new("psql")
        .args(["-w", "-X", "-c", "", string])
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap())
        .envs(variables)
        .stdin(Stdio::null())
        .output();
    run.unwrap_or_else(|error| panic!("psql: {error}; apt-get install postgresql-client"));
}

/// What PORT stands for, and files at home: `.pgpass` and a service file.
fn filled_in(text: &str, port: u16) -> String {
    text.replace("PORT", &port.to_string())
}

const PGPASS: &str = "# not:this:*:line:x\n127.0.0.1:PORT:other:*:wrong\n*:*:app:ann:a\\:b\\\\c:d\nlocalhost:*:*:*:of localhost\n";
const SERVICES: &str = "[other]\nuser=nobody\n# a comment\n[mine]\nhost=127.0.0.1\nport=PORT\nuser=ann\nuser=second\ndbname=of the service\n[next]\nuser=next\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_libpq_reads_is_read_as_libpq_reads_it() {
    let notebook = Notebook::open();
    let home = tempfile::tempdir().unwrap();
    for (name, text) in [(".pgpass", PGPASS), ("open.pgpass", PGPASS), ("services", SERVICES), (".pg_service.conf", SERVICES)] {
        let file = home.path().join(name);
        std::fs::write(&file, filled_in(text, notebook.port)).unwrap();
        let mode = if name == "open.pgpass" { 0o640 } else { 0o600 };
        std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
    }
    let at = "host=127.0.0.1 port=PORT";
    let pairs = |more: &str| format!("{at} {more}");
    let rows: Vec<(String, &[(&str, &str)])> = vec![
        ("postgresql://ann@127.0.0.1:PORT/app".into(), &[]),
        ("postgres://ann:pw@127.0.0.1:PORT/other".into(), &[]),
        ("postgres://ann@127.0.0.1:PORT".into(), &[]),
        ("postgres://ann@127.0.0.1:PORT/".into(), &[]),
        ("postgresql://ann:p%40ss%2Fword%25@127.0.0.1:PORT/my%20app".into(), &[]),
        ("postgresql://ann:p?w@127.0.0.1:PORT/app".into(), &[]),
        ("postgresql://ann:a:b@127.0.0.1:PORT/app".into(), &[]),
        ("postgresql://ann@127.0.0.1:PORT?dbname=app".into(), &[]),
        ("postgresql://ann:x@127.0.0.1:PORT/app?user=ben&password=y&password=z".into(), &[]),
        ("postgresql://ann:x@127.0.0.1:PORT/app?user=ben@there".into(), &[]),
        ("postgresql:///app?host=127.0.0.1&port=PORT&user=ann".into(), &[]),
        ("postgresql://ann@/app?host=127.0.0.1&port=PORT".into(), &[]),
        ("postgresql://ann@:PORT/app?host=127.0.0.1".into(), &[]),
        ("postgresql://ann@127.0.0.1:1,127.0.0.1:PORT/app".into(), &[]),
        ("postgresql://ann@localhost:PORT/app".into(), &[]),
        ("postgresql://ann@localhost:PORT/x?hostaddr=127.0.0.1".into(), &[]),
        ("postgresql://ann@db.invalid:PORT/app?hostaddr=127.0.0.1&sslmode=disable".into(), &[]),
        ("postgresql://ann@127.0.0.1:PORT/app?options=-c%20search_path%3Da%2Cb".into(), &[]),
        ("postgresql://ann@127.0.0.1:PORT/app?ssl=true".into(), &[]),
        ("postgresql://ann@127.0.0.1:PORT/app?sslmode=disable&application_name=x&keepalives=0".into(), &[]),
        (pairs("user=ann dbname=app"), &[]),
        (" host = 127.0.0.1  port= PORT user ='ann' dbname = 'my app' password='it\\'s \\\\ here' ".into(), &[]),
        (pairs("user=ann password=a\\ b dbname=a'b"), &[]),
        (pairs("user=ann user=ben password='' dbname=''"), &[]),
        (pairs("user='ann'dbname=app"), &[]),
        ("user=ann dbname=app".into(), &[("PGHOST", "127.0.0.1"), ("PGPORT", "PORT")]),
        ("dbname=app".into(), &[("PGHOSTADDR", "127.0.0.1"), ("PGPORT", "PORT"), ("PGUSER", "ann"), ("PGPASSWORD", "of the variable")]),
        (
            "password=mine".into(),
            &[("PGHOST", "127.0.0.1"), ("PGPORT", "PORT"), ("PGUSER", "ann"), ("PGDATABASE", "d"), ("PGPASSWORD", "x")],
        ),
        ("port=PORT".into(), &[("PGHOST", "127.0.0.1"), ("PGUSER", "ann"), ("PGOPTIONS", "-c a.b=c"), ("PGSSLMODE", "disable")]),
        ("service=mine".into(), &[]),
        ("service=mine".into(), &[("PGSERVICEFILE", "HOME/services"), ("PGUSER", "ben")]),
        ("service=mine user=ben".into(), &[]),
        ("postgresql:///?service=mine".into(), &[]),
        ("user=ben".into(), &[("PGSERVICE", "mine")]),
        ("service=nowhere".into(), &[]),
        (pairs("user=ann dbname=other"), &[]),
        (pairs("user=ann dbname=app"), &[("PGPASSFILE", "HOME/open.pgpass")]),
        (pairs("user=ann dbname=app passfile=HOME/.pgpass"), &[("PGPASSFILE", "HOME/nowhere")]),
        // Neither of them gets anywhere.
        (pairs("user"), &[]),
        (pairs("junk user=ann"), &[]),
        (pairs("user=ann password='open"), &[]),
        (pairs("user=ann sslmode=verify-everything"), &[]),
        ("host=127.0.0.1 port=PORT,1 user=ann".into(), &[]),
        ("host=127.0.0.1 port=99999 user=ann".into(), &[]),
        ("host=127.0.0.1,127.0.0.1 hostaddr=127.0.0.1 port=PORT user=ann".into(), &[]),
        ("postgresql://ann@127.0.0.1:PORT/app?options".into(), &[]),
        ("postgresql://ann:%zz@127.0.0.1:PORT/app".into(), &[]),
        ("postgresql://ann@127.0.0.1:PORT/a%00b".into(), &[]),
        ("postgresql://ann@[::1/app".into(), &[]),
        ("mysql://ann@127.0.0.1:PORT/app".into(), &[]),
    ];
    let here = |text: &str| filled_in(&text.replace("HOME", home.path().to_str().unwrap()), notebook.port);
    let mut differences = Vec::new();
    for (string, variables) in rows {
        let string = here(&string);
        let mut env: BTreeMap<String, String> = variables.iter().map(|(name, value)| ((*name).to_owned(), here(value))).collect();
        env.insert("HOME".to_owned(), home.path().to_str().unwrap().to_owned());
        psql(&string, &env);
        let theirs = notebook.noted();
        let answer = asked(&string, &env).await;
        let ours = notebook.noted();
        if ours != theirs {
            differences.push(format!("{string} with {env:?}: {ours:?}, libpq: {theirs:?}\n{:?}\n{}", answer.finding, answer.seen));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_add_is_understood_or_set_aside_and_said() {
    let notebook = Notebook::open();
    let home = tempfile::tempdir().unwrap();
    let env = BTreeMap::from([("HOME".to_owned(), home.path().to_str().unwrap().to_owned())]);
    for (string, called, said) in [
        ("postgresql+asyncpg://ann:pw@127.0.0.1:PORT/app", "ann | app | pw | ", "+asyncpg was set aside"),
        ("jdbc:postgresql://127.0.0.1:PORT/app?user=ann&password=pw", "ann | app | pw | ", "the scheme jdbc:postgresql: was taken as"),
        ("postgis://ann:pw@127.0.0.1:PORT/app?conn_max_age=600", "ann | app | pw | ", "conn_max_age was set aside"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?schema=shop", "ann | app | pw | ", "schema was set aside: it is Prisma's"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?pgbouncer=true&connection_limit=1", "ann | app | pw | ", "pgbouncer was set aside"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?ssl=false&sslaccept=strict", "ann | app | pw | ", "sslaccept was set aside"),
        ("postgresql://ann:p@ss@127.0.0.1:PORT/app", "ann | app | p@ss | ", ""),
        (" postgresql://ann:pw@127.0.0.1:PORT/app\n", "ann | app | pw | ", ""),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?options=project%3Dcool-name", "ann | app | pw | project=cool-name", ""),
    ] {
        let answer = asked(&filled_in(string, notebook.port), &env).await;
        assert_eq!(notebook.noted().as_deref(), Some(called), "{string}: {}", answer.seen);
        assert!(answer.seen.contains(said), "{string}: {}", answer.seen);
    }
    // An sslmode of the same URL is not undone, and nothing of a password that went wrong is shown.
    for (string, why) in [
        ("postgresql://ann:pw@127.0.0.1:PORT/app?ssl=disable&sslmode=require", "✗ tls"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?ssl=require", "✗ tls"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?sslmode=no-verify", "✗ tls"),
        ("postgresql://ann:hidd/en@127.0.0.1:PORT/app", "the URL's password holds a / that must be written %2F"),
        ("postgresql://ann:pw@127.0.0.1:hidden/app", "a port is no number from 1 to 65535"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?sslrootcert=system&sslmode=require", "too weak for sslrootcert=system"),
        ("postgresql://ann:pw@127.0.0.1:PORT/app?sslcrl=x", "the connection parameter sslcrl is not supported"),
    ] {
        let answer = asked(&filled_in(string, notebook.port), &env).await;
        let told = format!("{:?}\n{}", answer.finding, answer.seen);
        assert!(told.contains(why) && !told.contains("hidd"), "{string}: {told}");
        assert_eq!(notebook.noted(), None, "{string}");
    }
    let refused =
        asked("postgresql://ann@127.0.0.1/app", &BTreeMap::from([("PGREQUIREAUTH".to_owned(), "scram-sha-256".to_owned())])).await;
    assert!(
        matches!(&refused.finding, Finding::Inconclusive(why) if why.contains("require_auth is not supported")),
        "{:?}",
        refused.finding
    );
}

/// Who comes in, and how.
const DOORS: &str = "host all postgres 127.0.0.1/32 trust\nhostssl all certified 127.0.0.1/32 cert\nhost all scrammed 127.0.0.1/32 \
                     scram-sha-256\nhostssl all spoken 127.0.0.1/32 password\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_and_channels_are_what_was_asked_for() {
    let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
    let port = free_port();
    let server = TlsServer::start(&sandbox, port, DOORS, &[]);
    let direct = Database::connect(&format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable")).await.unwrap();
    direct
        .run("CREATE ROLE certified LOGIN; CREATE ROLE scrammed LOGIN PASSWORD 'pw'; CREATE ROLE spoken LOGIN PASSWORD 'pw'")
        .await
        .unwrap();
    let home = tempfile::tempdir().unwrap();
    let env = BTreeMap::from([("HOME".to_owned(), home.path().to_str().unwrap().to_owned())]);
    let files = server.home.display().to_string();
    let open_key = server.home.join("open.key");
    std::fs::copy(server.home.join("certified.key"), &open_key).unwrap();
    let open = |mode| std::fs::set_permissions(&open_key, PermissionsExt::from_mode(mode)).unwrap();
    open(0o644);

    let own = "sslcert=FILES/certified.crt&sslkey=FILES/certified.key";
    let trusting = "sslrootcert=FILES/ca.crt";
    for (user, more, works, words) in [
        ("certified", format!("sslmode=require&{own}"), true, "TLSv1.3"),
        ("certified", format!("sslmode=verify-full&{trusting}&{own}"), true, "TLSv1.3 (verify-full)"),
        ("certified", "sslmode=require".to_owned(), false, "✗ authenticated"),
        ("certified", format!("sslmode=require&sslcertmode=disable&{own}"), false, "✗ authenticated"),
        ("certified", "sslmode=require&sslcert=FILES/certified.crt&sslkey=FILES/open.key".to_owned(), false, "others may read it too"),
        ("certified", "sslmode=require&sslcert=FILES/certified.crt".to_owned(), false, "there is no key to the certificate"),
        (
            "certified",
            "sslmode=require&sslcert=FILES/certified.crt&sslkey=FILES/localhost.key".to_owned(),
            false,
            "sslcert FILES/certified.crt",
        ),
        ("certified", "sslmode=require&sslcert=FILES/nowhere.crt&sslkey=FILES/certified.key".to_owned(), false, "nowhere.crt"),
        ("scrammed:pw", "sslmode=require&channel_binding=require".to_owned(), true, "TLSv1.3"),
        ("scrammed:pw", "sslmode=require&channel_binding=disable".to_owned(), true, "TLSv1.3"),
        ("scrammed:pw", "sslmode=disable".to_owned(), true, "without TLS"),
        // Without TLS there is no channel to bind to, and a password that is told binds nothing.
        ("scrammed:pw", "sslmode=disable&channel_binding=require".to_owned(), false, "✗ authenticated"),
        ("spoken:pw", "sslmode=require&channel_binding=require".to_owned(), false, "✗ authenticated"),
        ("postgres", "sslmode=require&channel_binding=require".to_owned(), false, "✗ authenticated"),
        ("spoken:pw", "sslmode=require".to_owned(), true, "TLSv1.3"),
        ("spoken:pw", "sslmode=require&ssl_max_protocol_version=TLSv1.2".to_owned(), true, "TLSv1.2"),
        ("spoken:pw", "sslmode=require&ssl_min_protocol_version=TLSv1.3".to_owned(), true, "TLSv1.3"),
        ("postgres", "sslrootcert=system".to_owned(), false, "✗ tls"),
    ] {
        let string = format!("postgresql://{user}@localhost:{port}/postgres?hostaddr=127.0.0.1&{more}").replace("FILES", &files);
        let answer = asked(&string, &env).await;
        let told = format!("{:?}\n{}", answer.finding, answer.seen);
        assert_eq!(matches!(answer.finding, Finding::Answered { own: Some(true), .. }), works, "{user} {more}: {told}");
        assert!(told.contains(&words.replace("FILES", &files)), "{user} {more}: {told}");
    }

    // A host that is not this machine must prove that it is the one that was meant, unless the connection says otherwise.
    let elsewhere = |more: &str| {
        let more = more.replace("FILES", &files);
        format!("postgresql://postgres@db.example.com:{port}/postgres?hostaddr=127.0.0.1{more}")
    };
    for (more, works, words) in [
        ("", false, "✗ tls"),
        ("&sslrootcert=FILES/ca.crt", false, "not valid for name"),
        ("&sslmode=verify-ca&sslrootcert=FILES/ca.crt", true, "TLSv1.3 (verify-ca)"),
        ("&sslmode=require", true, "TLSv1.3 (require)"),
    ] {
        let answer = asked(&elsewhere(more), &env).await;
        assert_eq!(matches!(answer.finding, Finding::Answered { own: Some(true), .. }), works, "{more}: {}", answer.seen);
        assert!(answer.seen.contains(words), "{more}: {}", answer.seen);
    }

    // Files that lie where libpq looks for them.
    let folder = home.path().join(".postgresql");
    std::fs::create_dir(&folder).unwrap();
    for (from, to) in [("ca.crt", "root.crt"), ("certified.crt", "postgresql.crt"), ("certified.key", "postgresql.key")] {
        std::fs::copy(server.home.join(from), folder.join(to)).unwrap();
    }
    let at_home = format!("postgresql://certified@localhost:{port}/postgres?hostaddr=127.0.0.1&sslmode=verify-full");
    let answer = asked(&at_home, &env).await;
    assert!(answer.seen.contains("TLSv1.3 (verify-full)") && answer.seen.contains("✓ query"), "{}", answer.seen);
    let answer = asked(&elsewhere("&sslmode=require"), &env).await;
    assert!(answer.seen.contains("TLSv1.3 (verify-ca)"), "as in libpq, with an authority at hand: {}", answer.seen);
    drop(server);
    sandbox.close().await;
}
