//! SQL migrations, in the order of their names. Never sends any of it anywhere.

use std::collections::BTreeMap;

use crate::runbook::sql::structure::{self, Change};

use super::Seen;
use super::folder::{SourceFile, confirms};
use super::history::{History, Step};

/// What begins a comment.
const COMMENT: &str = "--";

/// What is wrong with these files.
pub(super) fn judge(files: &[SourceFile]) -> Seen {
    let downs: BTreeMap<&str, &SourceFile> = files.iter().filter(|file| is_down(&file.name)).map(|file| (&*file.name, file)).collect();
    let (mut seen, mut history) = (Seen::default(), History::default());
    for file in files.iter().filter(|file| !is_down(&file.name)) {
        seen.migrations += 1;
        judge_one(file, &downs, &mut history, &mut seen.problems);
    }
    seen
}

fn is_down(name: &str) -> bool {
    name.ends_with(".down.sql") || name.ends_with("/down.sql")
}

/// Where what takes a migration back may be.
fn names_of_down(name: &str) -> [String; 2] {
    let stem = name.strip_suffix(".sql").unwrap_or(name);
    let stem = stem.strip_suffix(".up").unwrap_or(stem);
    [format!("{stem}.down.sql"), name.rsplit_once('/').map(|(folder, _)| format!("{folder}/down.sql")).unwrap_or_default()]
}

fn judge_one(file: &SourceFile, downs: &BTreeMap<&str, &SourceFile>, history: &mut History, problems: &mut Vec<String>) {
    let marker = file
        .text
        .lines()
        .position(|line| line.trim_start().strip_prefix(COMMENT).is_some_and(|comment| comment.trim_start().starts_with("migrate:down")));
    let after = marker.map_or(file.text.len(), |marker| file.text.split_inclusive('\n').take(marker).map(str::len).sum());
    let (up, down) = file.text.split_at(after);
    let mut tell = |line: usize, what: &str| problems.push(format!("{}:{line}: {what}", file.name));
    let confirmed = |line: usize| file.is_confirmed(line);

    let script = structure::script(up);
    if script.acting == 0 && script.problems.is_empty() && !mentions_confirmation(up) {
        tell(1, "is empty: it changes nothing");
    }
    for problem in &script.problems {
        let line = file.line_of(problem.offset);
        if !confirmed(line) {
            tell(line, &format!("cannot be read as SQL: {}", problem.message));
        }
    }
    for Change { offset, statement, does } in script.changes {
        let (line, statement) = (file.line_of(offset), file.line_of(statement));
        let step = Step { line, statement, is_confirmed: confirmed(line) || confirmed(statement), does: Some(does) };
        if let Some(problem) = history.take(&file.name, &step) {
            tell(line, &format!("{problem}, without a confirmation"));
        }
    }
    let down = match marker {
        Some(marker) => Some((down, marker + 1)),
        None => names_of_down(&file.name).iter().find_map(|name| downs.get(&**name)).map(|down| (&*down.text, 1)),
    };
    match down {
        None => tell(1, &format!("has no downgrade: neither {} nor `-- migrate:down`", names_of_down(&file.name)[0])),
        Some((text, line)) if structure::script(text).acting == 0 && !mentions_confirmation(text) => {
            tell(line, "has a downgrade that is empty");
        }
        Some(_) => {}
    }
}

/// Whether a part without statements says that this is meant.
fn mentions_confirmation(text: &str) -> bool {
    text.lines().any(|line| confirms(line, COMMENT))
}
