//! The outcome of `check` as JUnit XML, the form that every CI server reads: a suite for each phase, a case
//! for each check. Never text from outside unescaped, and never a character that XML 1.0 forbids.

use std::fmt::Write as _;

use crate::base::id::Id;
use crate::base::text;

use super::check::{CheckRow, RowVerdict};

/// One document for all runbooks of a run, closed by a line break. A check that could not be asked is an
/// `error`, one that did not hold a `failure`.
#[must_use]
pub fn junit(runs: &[(Id, Vec<CheckRow>)]) -> String {
    let every_row = || runs.iter().flat_map(|(_, rows)| rows.iter());
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fracas\"{}>\n", totals(every_row));
    for (runbook, rows) in runs {
        for phase in rows.chunk_by(|one, next| one.phase == next.phase) {
            let name = phase.first().map(|row| format!("{runbook}.{}", row.phase)).unwrap_or_default();
            let _ = writeln!(xml, "  <testsuite name={}{}>", attribute(&name), totals(|| phase.iter()));
            for row in phase {
                xml.push_str(&case(runbook, row));
            }
            xml.push_str("  </testsuite>\n");
        }
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn totals<'r, I: Iterator<Item = &'r CheckRow>>(rows: impl Fn() -> I) -> String {
    let count = |wanted| rows().filter(|row| row.verdict == wanted).count();
    let seconds: f64 = rows().map(|row| row.duration.as_secs_f64()).sum();
    format!(
        " tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{seconds:.3}\"",
        rows().count(),
        count(RowVerdict::Failed),
        count(RowVerdict::Inconclusive),
        count(RowVerdict::Skipped),
    )
}

fn case(runbook: &Id, row: &CheckRow) -> String {
    let class = attribute(&format!("{runbook}.{}", row.step));
    let head = format!("    <testcase classname={class} name={} time=\"{:.3}\"", attribute(&row.title), row.duration.as_secs_f64());
    let problem = match row.verdict {
        RowVerdict::Passed => return format!("{head}/>\n"),
        RowVerdict::Failed => "failure",
        RowVerdict::Inconclusive => "error",
        RowVerdict::Skipped => "skipped",
    };
    let message = attribute(text::first_line(&row.reason));
    let known = row.known_errors.iter().map(|known| match &known.advice {
        Some(advice) => format!("\n{}: {advice}", known.title),
        None => format!("\n{}", known.title),
    });
    let expect = row.expect.iter().map(|expect| format!("\nexpected: {expect}"));
    let body: String = std::iter::once(row.reason.clone()).chain(expect).chain(known).collect();
    format!("{head}>\n      <{problem} message={message}>{}</{problem}>\n    </testcase>\n", escaped(&text::lines(&body)))
}

fn attribute(outside: &str) -> String {
    format!("\"{}\"", escaped(&text::line(outside)))
}

/// What is left after `base::text` has made controls visible are two code points that XML forbids.
fn escaped(clean: &str) -> String {
    let mut xml = String::with_capacity(clean.len());
    for c in clean.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => xml.push('\u{FFFD}'),
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_for_each_check() {
        insta::assert_snapshot!(junit(&[(Id::new("r\"<"), super::super::check::tests::rows())]));
    }
}
