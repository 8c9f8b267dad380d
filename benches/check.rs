//! How long `fracas check` takes over many `sql` checks, against three ways to ask the same of the same server in
//! the same run: a bare tokio-postgres loop, one `psql -f`, and a shell loop over `psql -c`. Prints medians and
//! ratios; judges nothing.
//!
//! `cargo bench --bench check`. The four take turns, so that a noisy machine is as unkind to one as to the other.
//! The loop and `psql -f` send what `fracas` sends: around each statement a read-only transaction of its own with its
//! timeouts. `psql -c` sends the bare statement. The loop has no process to start; all others do.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark: it prints, and ends when something is wrong")]

#[path = "support/time.rs"]
mod time;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fracas::base::hash::sha256;
use fracas::world::sandbox::{Sandbox, installation};
use tokio_postgres::{Config, NoTls};

use time::{median, ms, ratio, timed};

const BEGIN: &str =
    "BEGIN READ ONLY; SET LOCAL statement_timeout = 10000; SET LOCAL lock_timeout = '1s'; SET LOCAL standard_conforming_strings = on";

/// Numbers of checks, with how often each way is measured: the shell loop takes half a minute for the last.
const SIZES: [(usize, usize); 3] = [(10, 15), (100, 9), (1000, 5)];

/// One runbook with this many checks, and the same statements for the others.
struct Work {
    statements: Vec<String>,
    runbook: PathBuf,
    trust: String,
    script: PathBuf,
}

impl Work {
    fn new(folder: &Path, checks: usize) -> Self {
        let statements: Vec<String> =
            (0..checks).map(|n| format!("SELECT count(*) AS tables FROM pg_catalog.pg_class WHERE relname = 'table_{n}'")).collect();
        let mut runbook = "version: 1\nid: many\ntitle: Many checks\ntargets:\n  database: { postgres: { env: DATABASE_URL } }\nphases:\n  - title: All\n    steps:\n".to_owned();
        let mut script = String::new();
        for (n, statement) in statements.iter().enumerate() {
            if n % 10 == 0 {
                let _ = write!(runbook, "      - title: Step {n}\n        checks:\n");
            }
            let _ = writeln!(runbook, "          - {{ id: c{n}, title: Check {n}, sql: \"{statement}\", expect: value == 0 }}");
            let _ = writeln!(script, "{BEGIN};\n{statement};\nROLLBACK;");
        }
        let work = Self {
            trust: format!("sha256:{}", sha256(&runbook)),
            runbook: folder.join(format!("many-{checks}.yaml")),
            script: folder.join(format!("many-{checks}.sql")),
            statements,
        };
        std::fs::write(&work.runbook, runbook).unwrap();
        std::fs::write(&work.script, script).unwrap();
        work
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sandbox = runtime.block_on(Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None)).unwrap();
    let url = sandbox.url().to_owned();
    let psql = installation().unwrap().bin.join("psql");
    let folder = tempfile::tempdir().unwrap();
    println!("checks     fracas check      bare loop            psql -f              psql -c, in a shell loop");
    for (checks, rounds) in SIZES {
        let work = Work::new(folder.path(), checks);
        let (mut fracas, mut bare, mut file, mut shell) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        // The first round only warms the caches; the shell loop has none worth the time.
        for round in 0..=rounds {
            let times = [
                timed(|| run(check(&work, folder.path(), &url))),
                timed(|| runtime.block_on(bare_loop(&work, &url))),
                timed(|| run(Command::new(&psql).args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-f"]).arg(&work.script).arg(&url))),
            ];
            if round > 0 {
                for (all, time) in [&mut fracas, &mut bare, &mut file].into_iter().zip(times) {
                    all.push(time);
                }
            }
            if round < rounds.min(1_500 / checks) {
                shell.push(timed(|| run(&mut shell_loop(&work, &psql, &url))));
            }
        }
        let [fracas, bare, file, shell] = [fracas, bare, file, shell].map(median);
        println!(
            "{checks:>6} {:>12.1} ms {:>10.1} ms ×{:<5.2} {:>10.1} ms ×{:<5.2} {:>10.1} ms ×{:<5.1}",
            ms(fracas),
            ms(bare),
            ratio(bare, fracas),
            ms(file),
            ratio(file, fracas),
            ms(shell),
            ratio(shell, fracas)
        );
    }
    println!("× is how many times as long as `fracas check` it took.");
    runtime.block_on(sandbox.close());
}

/// The program as CI runs it.
fn check(work: &Work, folder: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(["check", "--format", "json", "--trust", &work.trust]).arg(&work.runbook);
    command.env("FRACAS_STATE", folder.join("state")).env("DATABASE_URL", url);
    command
}

/// What somebody would write with the client library: one connection, and each answer awaited.
async fn bare_loop(work: &Work, url: &str) {
    let (client, connection) = url.parse::<Config>().unwrap().connect(NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    for statement in &work.statements {
        client.batch_execute(BEGIN).await.unwrap();
        let rows = client.query_typed(statement.as_str(), &[]).await.unwrap();
        assert_eq!(rows[0].get::<_, i64>(0), 0);
        client.batch_execute("ROLLBACK").await.unwrap();
    }
    drop(client);
    connection.await.unwrap().unwrap();
}

/// `for statement in …; do psql -c "$statement"; done`
fn shell_loop(work: &Work, psql: &Path, url: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "psql=$1 url=$2; shift 2; for statement; do \"$psql\" -XqAt -c \"$statement\" \"$url\" || exit; done", "sh"]);
    command.arg(psql).arg(url).args(&work.statements);
    command
}

fn run(mut command: impl std::borrow::BorrowMut<Command>) {
    let output = command.borrow_mut().stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
