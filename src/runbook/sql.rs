//! SQL as authors write it: filled with the values of inputs, split into statements, and told apart by what
//! they do. The parser knows syntax, not functions, so this is a first gate and never the only one: checks also
//! run read-only. Never turns the value of an input into code.

mod acting;
mod caution;
mod fill;
mod kind;
mod lock;
pub mod pieces;
pub mod structure;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

/// Longest source, in bytes: the parser is recursive, and nobody confirms more than this under stress.
const LONGEST: usize = 64 * 1024;

/// Stack of the thread that parses, in bytes: about a hundred times what [`LONGEST`] was seen to need.
const STACK: usize = 64 * 1024 * 1024;

/// Longest source that is parsed on the caller's own stack, in bytes. By the same measure it needs some 40 KiB of it; a
/// thread has two megabytes at least, and a thread for each statement of a long runbook takes longer than its parsing.
const SHORT: usize = 4 * 1024;

/// One statement, ready to be shown and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub struct Statement {
    /// What is sent: with `$1`… where the statement takes parameters, with quoted literals where it does not.
    pub text: String,
    /// The values of the parameters, one for each occurrence, in text format.
    pub parameters: Vec<String>,
    /// As a person would type it: values as quoted literals, secret ones masked.
    pub shown: String,
    /// What it is, in SQL's words: `CREATE TABLE`, `UPDATE`.
    pub what: String,
    /// The lock it takes and whom that blocks.
    pub lock: Option<String>,
    /// What to be careful about.
    pub cautions: Vec<String>,
    /// Whether nothing in it is known to change anything.
    pub reads_only: bool,
    /// Whether it answers with rows.
    pub returns_rows: bool,
    /// Whether it cannot run inside a transaction.
    pub needs_no_transaction: bool,
    /// Whether it changes rows that are there already, so that the number expected must be said.
    pub writes_need_expect_rows: bool,
    /// What in it a rollback does not take back, if anything is known to: it is neither rehearsed nor probed.
    pub outlives_rollback: Option<String>,
}

impl Statement {
    /// Whether it changes every row of a table, having no WHERE.
    #[must_use]
    pub fn is_unbounded(&self) -> bool {
        self.cautions.iter().any(|said| said == caution::UNBOUNDED)
    }
}

/// Why SQL cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlProblem {
    /// What is wrong, in one sentence.
    pub message: String,
    /// How to mend it, or nothing.
    pub help: String,
    /// Where, in bytes from the start of the source.
    pub offset: usize,
}

impl SqlProblem {
    fn new(offset: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into(), offset }
    }
}

impl fmt::Display for SqlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, " ({})", self.help) }
    }
}

impl std::error::Error for SqlProblem {}

/// The statements of `sql` in order, with `:'name'` and `:"name"` replaced by the inputs of that name.
///
/// # Errors
/// The first thing that is wrong: the syntax, an unknown input, a value with a NUL, transaction control,
/// too much nesting.
pub fn prepare(sql: &str, inputs: &BTreeMap<String, String>, secret: &BTreeSet<String>) -> Result<Vec<Statement>, SqlProblem> {
    if sql.len() > LONGEST {
        return Err(SqlProblem::new(0, format!("the SQL has {} bytes; at most {LONGEST} are read", sql.len()), "split it"));
    }
    let filled = fill::fill(sql, inputs, secret)?;
    let unparsable = |_| Err(SqlProblem::new(0, "this SQL cannot be parsed", "simplify it"));
    if sql.len() <= SHORT && filled.shown.len() <= SHORT {
        return std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| statements(&filled))).unwrap_or_else(unparsable);
    }
    // A thread of its own, because a long expression makes a deep tree, and its stack must not be the caller's.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || statements(&filled))
            .map_err(|error| SqlProblem::new(0, format!("there is no thread to read SQL in: {error}"), ""))?
            .join()
            .unwrap_or_else(unparsable)
    })
}

fn statements(filled: &fill::Filled) -> Result<Vec<Statement>, SqlProblem> {
    let parsed = SourceFile::parse(&filled.shown);
    if let Some(error) = parsed.errors().first() {
        let offset = filled.offset_in_source(usize::from(error.range().start()));
        return Err(SqlProblem::new(offset, format!("this is not SQL as PostgreSQL reads it: {}", error.message()), ""));
    }
    let root = parsed.syntax_node();
    let nodes = root.children().filter(|node| node.kind() != SyntaxKind::EMPTY_STMT);
    let statements: Vec<Statement> = nodes.map(|node| statement(&node, filled)).collect::<Result<_, _>>()?;
    if statements.is_empty() {
        return Err(SqlProblem::new(0, "there is no statement in it", "write one"));
    }
    Ok(statements)
}

fn statement(node: &SyntaxNode, filled: &fill::Filled) -> Result<Statement, SqlProblem> {
    let range = usize::from(node.text_range().start())..significant_end(node);
    let facts = kind::Facts::of(node);
    let (text, parameters) = filled.to_send(range.clone(), facts.takes_parameters);
    // Where values and names were put in, what is sent is read once more, and that reading counts.
    let facts = if filled.is_varied(&range) { reread(&text, filled.offset_in_source(range.start))? } else { facts };
    if let Some(reason) = facts.refused {
        return Err(SqlProblem::new(filled.offset_in_source(range.start), reason, facts.instead));
    }
    let outlives_rollback =
        facts.outlives_rollback.or_else(|| if facts.only_names { None } else { acting::outliving_rollback(&text, facts.runs_a_body) });
    Ok(Statement {
        outlives_rollback,
        text,
        parameters,
        shown: filled.shown[range].trim().to_owned(),
        reads_only: facts.writes.is_none(),
        returns_rows: facts.returns_rows,
        needs_no_transaction: facts.needs_no_transaction,
        writes_need_expect_rows: facts.changes_rows,
        what: facts.what,
        lock: facts.lock,
        cautions: facts.cautions,
    })
}

/// What a statement is as it is sent; `offset` is where it stands in its source.
fn reread(text: &str, offset: usize) -> Result<kind::Facts, SqlProblem> {
    fill::is_readable(text).map_err(|problem| SqlProblem { offset, ..problem })?;
    let parsed = SourceFile::parse(text);
    let mut nodes = parsed.syntax_node().children().filter(|node| node.kind() != SyntaxKind::EMPTY_STMT).collect::<Vec<_>>();
    match (nodes.pop(), nodes.is_empty() && parsed.errors().is_empty()) {
        (Some(node), true) => Ok(kind::Facts::of(&node)),
        _ => {
            Err(SqlProblem::new(offset, "with the values of its inputs this is not SQL as PostgreSQL reads it", "keep a space around each"))
        }
    }
}

/// Where the last token of a statement ends that is neither its semicolon nor a comment: what is sent may be
/// put into parentheses.
fn significant_end(node: &SyntaxNode) -> usize {
    let mut token = node.last_token();
    while let Some(blank) = token.clone().filter(|token| {
        matches!(token.kind(), SyntaxKind::SEMICOLON | SyntaxKind::WHITESPACE | SyntaxKind::COMMENT)
            && token.text_range() != node.text_range()
    }) {
        token = blank.prev_token();
    }
    token.map_or(node.text_range().end(), |token| token.text_range().end()).into()
}

/// The one statement of a check: it reads, and nothing else.
///
/// # Errors
/// Why it is none, in one line.
pub fn question(sql: &str, inputs: &BTreeMap<String, String>, secret: &BTreeSet<String>) -> Result<Statement, String> {
    one_question(sql, inputs, secret).map_err(|problem| problem.to_string())
}

/// As [`question`], with the place of what is wrong.
///
/// # Errors
/// Why it is none, and where.
pub fn one_question(sql: &str, inputs: &BTreeMap<String, String>, secret: &BTreeSet<String>) -> Result<Statement, SqlProblem> {
    let mut statements = prepare(sql, inputs, secret)?;
    if statements.len() > 1 {
        let message = format!("a check is one statement, and this is {} of them", statements.len());
        return Err(SqlProblem::new(0, message, "make several checks, or a `probe`"));
    }
    let help = "a check only reads; what writes is a `probe` or a remediation";
    let Some(statement) = statements.pop() else { return Err(SqlProblem::new(0, "there is no statement in it", "write one")) };
    if !statement.reads_only {
        return Err(SqlProblem::new(0, format!("a check cannot be {}", writes_in_words(sql, &statement)), help));
    }
    // As it is sent: the name of a function may come from an input.
    if let Some(function) = acting::called(&statement.text) {
        return Err(SqlProblem::new(0, format!("a check cannot call `{function}`, which acts or reaches outside the transaction"), help));
    }
    Ok(statement)
}

/// Whether these are one statement that reads, and nothing else: what a check may ask.
#[must_use]
pub fn is_question(statements: &[Statement]) -> bool {
    matches!(statements, [one] if one.reads_only && acting::called(&one.text).is_none())
}

fn writes_in_words(sql: &str, statement: &Statement) -> String {
    match statement.what.as_str() {
        what @ ("SELECT" | "VALUES" | "TABLE" | "EXPLAIN") => format!("a {what} that locks, runs or changes something"),
        what if sql.trim().is_empty() => format!("an empty {what}"),
        what => format!("a statement of the kind {what}"),
    }
}

#[cfg(test)]
mod tests;
