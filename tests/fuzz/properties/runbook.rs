//! The runbook reader: every problem lies inside the file, and there is a runbook if and only if nothing is wrong.

use fracas::base::text;
use fracas::runbook::problem::{self, Problem, Severity};
use fracas::runbook::yaml;

/// More problems than this are counted and not listed.
const MOST_PROBLEMS: usize = 201;

pub(super) fn holds(bytes: &[u8]) {
    let (runbook, problems) = yaml::lint("fuzzed.yaml", bytes);
    let source = String::from_utf8_lossy(bytes);
    lie_inside(&source, &problems);
    let is_flawed = problems.iter().any(|problem| problem.severity == Severity::Error);
    assert_ne!(runbook.is_some(), is_flawed, "a runbook and errors: {problems:?}");
    assert_eq!(yaml::lint("fuzzed.yaml", bytes), (runbook.clone(), problems.clone()), "read twice, it says something else");
    if let Some(runbook) = runbook {
        assert_eq!(yaml::read_again("fuzzed.yaml", bytes).as_ref(), Ok(&runbook), "read again without being judged, it is another");
    }
    if let Err(problems) = yaml::team::read("config.yaml", bytes) {
        lie_inside(&source, &problems);
    }
}

fn lie_inside(source: &str, problems: &[Problem]) {
    assert!(problems.len() <= MOST_PROBLEMS, "{} problems", problems.len());
    let lines: Vec<&str> = source.split('\n').collect();
    for problem in problems {
        let Problem { line, column, length, .. } = problem;
        let there = lines.get(line.wrapping_sub(1)).unwrap_or_else(|| panic!("{line} of {} lines: {problem:?}", lines.len()));
        let characters = there.chars().count();
        assert!((1..=characters + 1).contains(column) && *length >= 1, "column {column} of {characters}: {problem:?}");
        assert!(!problem.line().chars().any(text::is_deceptive), "{problem:?}");
    }
    let rendered = problem::render(problems, source, false);
    assert!(!rendered.chars().any(|c| c != '\n' && text::is_deceptive(c)), "{rendered:?}");
}
