//! The drill of `schema-drift-fix` from end to end: every fault is mended whichever way the responder chose, with real
//! PostgreSQL and a real deployment; and what went by the endpoint's secret is nowhere on the timeline.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::{Command, Stdio};

use fracas::base::id::Id;
use fracas::drill::scenario;
use serde_json::Value;

const RUNBOOK: &str = "schema-drift-fix";

/// What the drill's own secrets begin with.
const SECRETS: [&str; 2] = ["drill-cron-", "drill-admin-"];

#[test]
fn every_fault_is_mended_by_prisma_and_by_hand() {
    let scenario = scenario(&Id::new(RUNBOOK)).unwrap();
    for fault in scenario.faults {
        for by_hand in [false, true] {
            let state = tempfile::tempdir().unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
            command.args(["drill", RUNBOOK, "--rehearse", "--json", "--seed", "3", "--fault", fault.name]);
            if by_hand {
                command.args(["-i", "migrate_with=sql", "-i", "deletion=sql"]);
            }
            let output = command.env("FRACAS_STATE", state.path()).env("USER", "ann").stdin(Stdio::null()).output().unwrap();
            let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let what = format!("{} by hand: {by_hand}\n{said}\n{told}", fault.name);
            assert_eq!(output.status.code(), Some(0), "{what}");
            let mut lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let result = lines.pop().unwrap();
            assert!(result["success"].as_array().unwrap().iter().all(|criterion| criterion["held"] == true), "{what}");
            let committed: Vec<&str> = lines
                .iter()
                .filter(|line| line["kind"] == "remediation_settled" && line["outcome"] == "committed")
                .map(|line| line["remediation"].as_str().unwrap())
                .collect();
            let expected: Vec<&str> = if by_hand {
                let of = |id: &&'static str| match *id {
                    "migrate-deploy" => vec!["apply-by-hand", "record-by-hand"],
                    "delete-through-endpoint" => vec!["delete-by-sql"],
                    other => vec![other],
                };
                fault.expected.iter().flat_map(of).collect()
            } else {
                fault.expected.to_vec()
            };
            assert_eq!(committed, expected, "{what}");
            assert!(SECRETS.iter().all(|secret| !said.contains(secret)), "{what}");
        }
    }
}
