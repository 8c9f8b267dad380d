//! How long `fracas lint` takes over a runbook of 10,000 steps, as large as a file may be: the program from exec to exit, the
//! reading alone, and `serde_yaml` making values of the same bytes in the same run. Prints medians and ratios; judges nothing.
//!
//! `cargo bench --bench lint`. The three take turns, so that a noisy machine is as unkind to one as to the others.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark: it prints, and ends when something is wrong")]

#[path = "support/time.rs"]
mod time;

use std::fmt::Write as _;
use std::hint::black_box;
use std::process::Command;

use fracas::runbook::yaml;

use time::{median, ms, ratio, timed};

/// Steps of the runbook.
const STEPS: usize = 10_000;
/// Steps in a phase.
const STEPS_A_PHASE: usize = 100;
/// Each is timed this often.
const TURNS: usize = 21;

fn main() {
    let text = runbook();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("large.yaml");
    std::fs::write(&file, &text).unwrap();
    let (read, problems) = yaml::lint("large.yaml", text.as_bytes());
    assert!(problems.is_empty(), "{:?}", problems.first());
    assert_eq!(read.unwrap().steps().count(), STEPS);

    let (mut program, mut ours, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 0..=TURNS {
        let took = [
            timed(|| assert!(Command::new(env!("CARGO_BIN_EXE_fracas")).arg("lint").arg(&file).output().unwrap().status.success())),
            timed(|| drop(black_box(yaml::lint("large.yaml", black_box(text.as_bytes()))))),
            timed(|| drop(black_box(serde_yaml::from_str::<serde_yaml::Value>(black_box(&text)).unwrap()))),
        ];
        // The first of each only warms the caches.
        if turn > 0 {
            for (all, took) in [&mut program, &mut ours, &mut theirs].into_iter().zip(took) {
                all.push(took);
            }
        }
    }
    let [program, ours, theirs] = [program, ours, theirs].map(median);
    println!("{STEPS} steps, {} KiB", text.len() / 1024);
    println!("fracas lint  {:.1} ms   its reading {:.1} ms   serde_yaml to Value {:.1} ms", ms(program), ms(ours), ms(theirs));
    println!("ratio to serde_yaml: the program {:.2}, the reading {:.2}", ratio(program, theirs), ratio(ours, theirs));
}

/// A runbook in which no two checks ask the same.
fn runbook() -> String {
    let mut text = "version: 1\nid: large\ntitle: Large\ntargets: { db: { postgres: { env: DB } } }\nphases:\n".to_owned();
    for n in 0..STEPS {
        if n % STEPS_A_PHASE == 0 {
            let _ = writeln!(text, "- title: Phase {}\n  steps:", n / STEPS_A_PHASE);
        }
        let check = match n % 4 {
            0 => format!("sql: SELECT n FROM t{n}, expect: value == {n}"),
            1 => format!("when: checks.c{}.failed, sql: SELECT {n}, expect: value > 0", n - 1),
            2 => format!("command: test -e f{n}, every: 10s"),
            _ => format!("http: {{ url: 'https://h/{n}' }}, timeout: 9s"),
        };
        let _ = writeln!(text, "  - {{ title: S{n}, checks: [{{ title: C{n}, {check} }}] }}");
    }
    text.push_str("success: [{ title: Over, check: c0 }]\n");
    text
}
