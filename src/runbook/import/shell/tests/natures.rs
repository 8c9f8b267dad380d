//! Commands and what they do to the world: the table that the safety of the import stands on.
//! Never asks whether a case is likely; the strange ones are the point.

use super::super::nature::Nature;
use super::nature_with;

const READS: &str = include_str!("corpus/reads.txt");

const ACTS: &str = include_str!("corpus/acts.txt");

const WAITS: &str = include_str!("corpus/waits.txt");

const MORE_ACTS: &str = include_str!("corpus/more_acts.txt");

/// The nature of a command, where no SQL is known to read only.
fn nature(command: &str) -> Nature {
    nature_with(command, &|_| false)
}

fn each(cases: &str, is_expected: impl Fn(Nature) -> bool) {
    let reads_only = |sql: &str| sql == "SELECT 1";
    let mut lines = cases.trim().lines();
    let mut wrong = Vec::new();
    while let Some(line) = lines.next() {
        let mut command = line.replace("FF", "\u{c}");
        while command.ends_with('\\') && command.contains("get") || command == "ls" {
            command.push('\n');
            command.push_str(lines.next().unwrap());
        }
        let nature = nature_with(&command, &reads_only);
        if !is_expected(nature) {
            wrong.push(format!("{nature:?}: {command}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn readers_read() {
    each(READS, |nature| nature == Nature::Reads);
}

#[test]
fn what_may_change_something_acts() {
    each(ACTS, |nature| nature != Nature::Reads);
    each(MORE_ACTS, |nature| nature != Nature::Reads);
}

#[test]
fn what_does_not_end_by_itself_waits() {
    each(WAITS, |nature| matches!(nature, Nature::Waits(_)));
}

#[test]
fn a_reader_with_something_more_is_none() {
    for line in READS.trim().lines().filter(|line| !line.ends_with('\\') && !line.contains('#') && !line.starts_with("  ")) {
        for more in ["; rm x", " && rm x", " | xargs rm", " > f", " $(rm x)", " `rm x`", "\nrm x", " &"] {
            let command = format!("{line}{more}");
            assert_ne!(nature(&command), Nature::Reads, "{command}");
        }
        for before in ["sudo ", "PATH=x ", "rm x; ", "eval ", "env ", "nohup ", "bash -c "] {
            let command = format!("{before}{line}");
            assert_ne!(nature(&command), Nature::Reads, "{command}");
        }
    }
}
