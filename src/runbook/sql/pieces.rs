//! Somebody's SQL taken apart, however it was written: a script into its statements, and which functions a statement calls
//! that nobody here knows. Never a judgement of a whole statement, and never loses a byte.

use std::ops::Range;

use squawk_lexer::TokenKind;

use super::acting::first_call;

/// The statements of a script with the blanks and comments before them, as ranges of bytes that follow one on another and are all of
/// it. A line is never cut: statements that share one stay together, and a comment belongs to what it stands behind.
#[must_use]
pub fn pieces(text: &str) -> Vec<Range<usize>> {
    let (mut start, mut at, mut depth) = (0, 0, 0_usize);
    let mut pieces: Vec<Range<usize>> = Vec::new();
    // Behind a semicolon, while the line goes on.
    let mut is_over = false;
    for token in squawk_lexer::tokenize(text) {
        let end = at + usize::try_from(token.len).unwrap_or(0);
        let Some(part) = text.get(at..end).filter(|part| !part.is_empty()) else { break };
        match token.kind {
            TokenKind::Whitespace if is_over => {
                if let Some(line_end) = part.find('\n') {
                    pieces.push(start..at + line_end + 1);
                    (start, is_over) = (at + line_end + 1, false);
                }
            }
            TokenKind::LineComment | TokenKind::BlockComment { .. } | TokenKind::Whitespace => {}
            kind => {
                is_over = false;
                match kind {
                    TokenKind::OpenParen => depth += 1,
                    TokenKind::CloseParen => depth = depth.saturating_sub(1),
                    TokenKind::Semi if depth == 0 => is_over = true,
                    _ => {}
                }
            }
        }
        at = end;
    }
    if start < text.len() {
        pieces.push(start..text.len());
    }
    pieces
}

/// The first function that is called in this SQL and is none of those that come with PostgreSQL and only look: what a function of
/// somebody's own does, nobody can tell from its name.
#[must_use]
pub fn unknown_call(sql: &str) -> Option<String> {
    first_call(sql, false, &|name| !is_known(name))
}

/// Beginnings of names of functions that only look or calculate. What acts was refused before.
const FAMILIES: [&str; 18] = [
    "pg_",
    "has_",
    "json",
    "to_",
    "array_",
    "regexp_",
    "string_",
    "date",
    "current_",
    "inet_",
    "txid_",
    "row_",
    "obj_",
    "col_",
    "regr_",
    "quote_",
    "percentile_",
    "make_",
];

/// Words that may stand before a parenthesis, and functions of PostgreSQL that only look or calculate ("Functions and Operators" of
/// its manual).
const NAMES: &[&str] = &[
    "abs",
    "age",
    "all",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "ascii",
    "avg",
    "between",
    "bit",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "btrim",
    "by",
    "cardinality",
    "case",
    "cast",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "chr",
    "clock_timestamp",
    "coalesce",
    "columns",
    "concat",
    "concat_ws",
    "corr",
    "costs",
    "count",
    "cube",
    "decimal",
    "decode",
    "dense_rank",
    "desc",
    "distinct",
    "div",
    "else",
    "encode",
    "every",
    "except",
    "exists",
    "exp",
    "explain",
    "extract",
    "filter",
    "first_value",
    "floor",
    "format",
    "format_type",
    "from",
    "generate_series",
    "greatest",
    "group",
    "grouping",
    "having",
    "host",
    "ilike",
    "in",
    "initcap",
    "intersect",
    "interval",
    "is",
    "isfinite",
    "join",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "least",
    "left",
    "length",
    "like",
    "ln",
    "localtimestamp",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "materialized",
    "max",
    "md5",
    "min",
    "mod",
    "mode",
    "not",
    "now",
    "ntile",
    "nullif",
    "numeric",
    "octet_length",
    "on",
    "or",
    "order",
    "over",
    "overlay",
    "partition",
    "position",
    "power",
    "precision",
    "random",
    "rank",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rollup",
    "round",
    "row",
    "rpad",
    "rtrim",
    "select",
    "session_user",
    "sets",
    "sign",
    "split_part",
    "sqrt",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "strpos",
    "substr",
    "substring",
    "sum",
    "text",
    "then",
    "time",
    "timestamp",
    "timezone",
    "transaction_timestamp",
    "trim",
    "trunc",
    "union",
    "unnest",
    "upper",
    "using",
    "values",
    "varchar",
    "variance",
    "version",
    "when",
    "where",
    "width_bucket",
    "with",
    "within",
];

fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_cut_behind_its_semicolons_and_nothing_is_lost() {
        let script = "-- one\nSELECT ';' /* ; */ FROM t; -- still one\n\nSELECT $$;$$;\nSELECT (1;2); SELECT 3\n";
        let parts: Vec<&str> = pieces(script).into_iter().map(|range| &script[range]).collect();
        assert_eq!(parts, ["-- one\nSELECT ';' /* ; */ FROM t; -- still one\n", "\nSELECT $$;$$;\n", "SELECT (1;2); SELECT 3\n"]);
        assert_eq!(parts.concat(), script);
    }

    #[test]
    fn functions_of_somebodys_own_are_found() {
        assert_eq!(
            unknown_call("SELECT count(*), pg_size_pretty(pg_database_size('a')) FROM t WHERE x IN (1) AND EXISTS (SELECT 1)"),
            None
        );
        assert_eq!(unknown_call("SELECT cleanup_old_rows(30)"), Some("cleanup_old_rows".to_owned()));
        assert_eq!(unknown_call("SELECT app.purge (1)"), Some("purge".to_owned()));
    }
}
