//! Tests of the forms of `check`: rows in, text out. Never asks a check.

#![expect(clippy::expect_used, reason = "a test says what it missed by failing")]

use super::*;

/// One row of each verdict, with hostile text in the failed one.
pub(in crate::report) fn rows() -> Vec<CheckRow> {
    let row = |id: &str, verdict, reason: &str| CheckRow {
        id: Id::new(id),
        phase: Id::new("assess"),
        step: Id::new("schema"),
        title: format!("Check {id}"),
        kind: "sql",
        verdict,
        reason: reason.to_owned(),
        expect: Some("value == 1".to_owned()),
        values: Values::from_iter([("value".to_owned(), 0.into())]),
        attempts: 1,
        duration: Duration::from_millis(12),
        known_errors: Vec::new(),
    };
    let known = MatchedError { title: "The role may not use the schema".to_owned(), advice: Some("Ask for GRANT USAGE".to_owned()) };
    vec![
        row("answers", RowVerdict::Passed, "1 row"),
        CheckRow { attempts: 3, known_errors: vec![known], ..row("exists", RowVerdict::Failed, "value = 0 \u{1b}[31m & <b>\"]]>") },
        row("pod", RowVerdict::Inconclusive, "kubectl: exit 127"),
        row("other", RowVerdict::Skipped, "its `when` is false"),
    ]
}

#[test]
fn text_names_what_did_not_pass_and_why() {
    let plain = text(&Id::new("r"), &rows(), Style { color: false, symbols: Symbols::Ascii });
    assert_eq!(
        plain,
        "assess\n  + passed  Check answers  12ms\n  x failed  Check exists  12ms, 3 tries\n      value = 0 <U+001B>[31m & <b>\"]]>\n      \
         The role may not use the schema: Ask for GRANT USAGE\n  ? inconclusive  Check pod  12ms\n      kubectl: exit 127\n  \
         / skipped  Check other\n      its `when` is false\nr: failed (1 failed, 1 inconclusive, 1 passed, 1 skipped)\n"
    );
    let coloured = text(&Id::new("r"), &rows(), Style { color: true, symbols: Symbols::Unicode });
    assert!(coloured.contains("\u{1b}[31m  ✗ failed\u{1b}[0m"), "{coloured}");
}

#[test]
fn json_has_the_documented_fields() {
    let object: Value = json(&Id::new("r"), &rows()).parse().expect("JSON");
    assert_eq!(object["verdict"], "failed");
    let fields: Vec<&str> = object["checks"][1].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        ["id", "phase", "step", "title", "kind", "verdict", "reason", "expect", "values", "attempts", "duration_ms", "known_errors"]
    );
    assert_eq!(object["checks"][1]["known_errors"][0], "The role may not use the schema");
}

#[test]
fn the_worst_row_decides() {
    let rows = rows();
    for (rows, decided) in [
        (&rows[..], RowVerdict::Failed),
        (&rows[2..], RowVerdict::Inconclusive),
        (&rows[..1], RowVerdict::Passed),
        (&rows[3..], RowVerdict::Skipped),
        (&[], RowVerdict::Skipped),
    ] {
        assert_eq!(verdict(rows), decided);
    }
}
