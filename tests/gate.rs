//! The check before a deployment, as a pipeline runs it: one phase of `database-recovery` against a real database and real
//! migration files, in the broken world of its drill and after its statements have mended it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use fracas::world::sandbox::database::Database;
use serde_json::Value;

/// What the fault `half-applied` took away, put back.
const MENDED: &str = "
    ALTER TABLE projects ADD COLUMN description text, ADD COLUMN start_date date, ADD COLUMN launch_date date;
    ALTER TABLE projects ALTER total_hours TYPE numeric(10, 2), ALTER total_hours SET DEFAULT 0,
        ALTER project_work_type SET DEFAULT 'project-based', ALTER send_meeting_emails SET DEFAULT FALSE;";

/// A drill's world in a process of its own, which holds it until its standard input ends.
struct World {
    process: Child,
    env: Value,
}

impl World {
    fn build(runbook: &str, fault: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(["__world", runbook, fault]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, env: line.parse().unwrap() }
    }

    fn variable(&self, name: &str) -> &str {
        self.env[name].as_str().unwrap()
    }

    fn check(&self, arguments: &[&str]) -> Output {
        let state = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.arg("check").args(arguments).current_dir(self.variable("PWD")).env("FRACAS_STATE", state.path());
        for name in ["DATABASE_URL", "PATH"] {
            command.env(name, self.variable(name));
        }
        command.stdin(Stdio::null()).output().unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_deployment_is_held_back_until_the_structure_is_whole() {
    let world = World::build("database-recovery", "half-applied");
    let gate = ["database-recovery", "--phase", "pre-deployment", "--format", "junit"];
    let held = world.check(&gate);
    assert_eq!(held.status.code(), Some(1), "{held:?}");
    let report = String::from_utf8(held.stdout).unwrap();
    assert!(
        report.contains("column public.projects.launch_date") && report.contains("is double precision, expected numeric(10"),
        "{report}"
    );

    Database::connect(world.variable("DATABASE_URL")).await.unwrap().run(MENDED).await.unwrap();
    let passed = world.check(&gate);
    assert_eq!(passed.status.code(), Some(0), "{passed:?}");
    let report = String::from_utf8(passed.stdout).unwrap();
    assert!(report.contains(r#"tests="9" failures="0" errors="0" skipped="0""#), "{report}");

    // A migration that drops something without a word about it is not let through, whatever the database is like.
    let versions = std::path::Path::new(world.variable("PWD")).join("alembic/versions");
    let file =
        "revision = 'aa11bb22cc33'\ndown_revision = 'cf14025f87ec'\n\ndef upgrade():\n    op.drop_column('projects', 'total_hours')\n";
    std::fs::write(versions.join("aa11bb22cc33_tidy_up.py"), file).unwrap();
    let refused = world.check(&gate);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let report = String::from_utf8(refused.stdout).unwrap();
    assert!(report.contains("aa11bb22cc33_tidy_up.py") && report.contains("without a confirmation"), "{report}");
}
