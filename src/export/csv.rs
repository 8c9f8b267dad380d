//! The timeline as comma-separated values (RFC 4180), for spreadsheets. Columns may be added at the end, never moved.
//! Never lets a cell become a formula.

use crate::base::stamp::{milliseconds, rfc3339};

use super::account::{Account, Row};

/// The columns: what every entry has; when it happened if it was written down later; the entry that corrects it; the
/// hash of what it rests on; what it is about.
const COLUMNS: &str = "seq,at,since_ms,by,what,drill,happened_at,corrected_by,evidence,about";

/// One row for each entry in the order in which they were written, with a row of names at the top.
#[must_use]
pub(super) fn csv(account: &Account<'_>) -> String {
    let mut rows: Vec<&Row<'_>> = account.rows.iter().collect();
    rows.sort_by_key(|row| row.placed.entry.seq);
    let drill = if account.case.incident.is_drill() { "drill" } else { "" };
    let mut table = format!("{COLUMNS}\r\n");
    for row in rows {
        let entry = row.placed.entry;
        let cells = [
            entry.seq.to_string(),
            rfc3339(entry.at.wall),
            milliseconds(account.case.incident.since_began(entry.at)).to_string(),
            cell(&entry.by),
            cell(&row.story.text),
            drill.to_owned(),
            entry.event.happened_at().map(rfc3339).unwrap_or_default(),
            row.placed.corrected_by.map(|by| by.seq.to_string()).unwrap_or_default(),
            row.evidence.map(cell).unwrap_or_default(),
            row.kind.name().to_owned(),
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
