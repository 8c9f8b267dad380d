//! Runbooks from their files: what is read, what is refused and where, and how much a hostile file may cost.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use fracas::runbook;
use fracas::runbook::problem::render;

#[test]
fn shipped_runbooks_read_without_a_problem() {
    for (file, text) in runbook::shipped() {
        let (read, problems) = runbook::yaml::lint(file, text.as_bytes());
        assert!(problems.is_empty(), "{}", render(&problems, text, false));
        assert_eq!(format!("{}.yaml", read.unwrap().id), *file);
    }
}
