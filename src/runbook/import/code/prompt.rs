//! Sessions that were copied from a terminal: what was typed behind a prompt, and what was answered. Never decides what a
//! command does.

use std::sync::LazyLock;

use regex::Regex;

/// A part of a session.
pub(super) struct Exchange {
    /// The line of the block it begins in.
    pub(super) line: usize,
    /// What was typed, without prompts.
    pub(super) typed: String,
    /// The same lines as they are written.
    pub(super) written: String,
    /// What came back.
    pub(super) answer: String,
}

static SHELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let places = [r"\[[^\]\n]+\][#$]", r"[\w.-]+@[\w.:/~ -]+[#$%]", r"(?:ba)?sh-[\d.]+[#$]", r"[/~][\w/.-]* ?[#$]", r"[$%❯➜]"];
    Regex::new(&format!(r"^\s*(?:\([\w.-]+\)\s*)?(?:{})\s+", places.join("|"))).ok()
});
static FOREIGN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*(?:mysql>|MariaDB \[[^\]\n]*\]>|redis>|\d+\.\d+\.\d+\.\d+:\d+>|sqlite>|PS [A-Z]:\\[^>\n]*>|[A-Z]:\\[^>\n]*>|>>> |mongo(?:sh)?>|\w+> (?:show|db\.))").ok()
});
static DATABASE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"^[A-Za-z_][\w.-]*[=\-('"*!?^][#>] ?"#).ok());

/// Whether this is a session with a program that nobody here can drive.
pub(super) fn is_foreign(text: &str) -> bool {
    FOREIGN.as_ref().is_some_and(|foreign| foreign.is_match(text))
}

/// What was typed into a shell, if this is a session at all.
pub(super) fn shell(text: &str) -> Option<Vec<Exchange>> {
    session(text, SHELL.as_ref()?, "> ", |typed| {
        let ends_open = typed.trim_end().ends_with('\\') || super::shell::Script::read(typed).goes_on;
        !ends_open
    })
}

/// What was typed into psql, if this is a session at all.
pub(super) fn database(text: &str) -> Option<Vec<Exchange>> {
    session(text, DATABASE.as_ref()?, "", |typed| typed.trim_end().ends_with(';') || typed.trim_start().starts_with('\\'))
}

fn session(text: &str, prompt: &Regex, continued: &str, is_whole: impl Fn(&str) -> bool) -> Option<Vec<Exchange>> {
    // A session begins with a prompt, or with comments on it.
    let is_comment = |line: &str| ["#", "--"].iter().any(|sign| line.trim_start().starts_with(sign));
    let first = text.lines().find(|line| prompt.is_match(line) || !(line.trim().is_empty() || is_comment(line)))?;
    if !prompt.is_match(first) {
        return None;
    }
    let mut exchanges: Vec<Exchange> = Vec::new();
    // Comments of a session stand before what they are about.
    let mut comments: Vec<&str> = Vec::new();
    let mut is_open = false;
    for (number, line) in text.lines().enumerate() {
        let typed = prompt.find(line).map(|found| &line[found.end()..]);
        match (typed, exchanges.last_mut()) {
            (typed, Some(last)) if is_open => {
                let more = typed.or_else(|| line.strip_prefix(continued).filter(|_| !continued.is_empty())).unwrap_or(line);
                last.typed.push('\n');
                last.typed.push_str(more);
                last.written.push('\n');
                last.written.push_str(line);
                is_open = !is_whole(&last.typed);
            }
            (Some(typed), _) => {
                let before: String = comments.drain(..).map(|comment| format!("{comment}\n")).collect();
                is_open = !is_whole(typed);
                exchanges.push(Exchange {
                    line: number,
                    typed: format!("{before}{typed}"),
                    written: line.to_owned(),
                    answer: String::new(),
                });
            }
            (None, Some(last)) if !is_comment(line) => {
                // What was answered, unless it belongs to comments that are still waiting.
                let waiting: String = comments.drain(..).map(|comment| format!("{comment}\n")).collect();
                if !(last.answer.is_empty() && waiting.is_empty() && line.trim().is_empty()) {
                    last.answer.push_str(&waiting);
                    last.answer.push_str(line);
                    last.answer.push('\n');
                }
            }
            _ => {
                if !line.trim().is_empty() {
                    comments.push(line);
                }
            }
        }
    }
    if let Some(last) = exchanges.last_mut() {
        for comment in comments {
            last.answer.push_str(comment);
            last.answer.push('\n');
        }
    }
    Some(exchanges)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot read its own text fails")]

    use super::*;

    #[test]
    fn what_was_typed_is_told_from_what_was_answered() {
        let found = shell("# look\n$ ls \\\n    -l\ntotal 0\n\n$ rm x\n").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].typed.as_str(), found[0].written.as_str(), found[0].answer.as_str()),
            ("# look\nls \\\n    -l", "$ ls \\\n    -l", "total 0\n\n")
        );
        assert!(shell("ls\n").is_none());
    }

    #[test]
    fn a_session_of_psql_keeps_its_rows() {
        let found = database("app=# SELECT 1\napp-# ;\n ?column?\n----------\n 1\n(1 row)\n").unwrap();
        assert_eq!(found[0].typed, "SELECT 1\n;");
        assert!(found[0].answer.contains("(1 row)"));
    }
}
