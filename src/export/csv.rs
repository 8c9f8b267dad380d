//! The timeline as comma-separated values (RFC 4180), for spreadsheets. Never lets a cell become a formula.

use crate::base::Values;
use crate::base::stamp::{milliseconds, rfc3339};
use crate::present::story;

use super::Case;

/// One row for each entry, with a row of names at the top.
#[must_use]
pub fn csv(case: Case<'_>) -> String {
    let names: Values = case
        .incident
        .opened()
        .into_iter()
        .flat_map(|opened| &opened.inputs)
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let drill = if case.incident.is_drill() { "drill" } else { "" };
    let mut table = "seq,at,since_ms,by,what,drill\r\n".to_owned();
    for entry in case.incident.entries() {
        let cells = [
            entry.seq.to_string(),
            rfc3339(entry.at.wall),
            milliseconds(case.incident.since_began(entry.at)).to_string(),
            cell(&entry.by),
            cell(&story::line(entry, case.incident.entries(), case.runbook, &names).text),
            drill.to_owned(),
        ];
        table.push_str(&cells.join(","));
        table.push_str("\r\n");
    }
    table
}

/// Quoted, and with an apostrophe before what a spreadsheet would calculate.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", crate::base::text::line(text).replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_only_text() {
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("=cmd|'/c calc'"), "\"'=cmd|'/c calc'\"");
    }
}
