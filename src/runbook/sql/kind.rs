//! What a statement is, what it locks, and what to be careful about, from its syntax alone. Never a promise
//! about functions it calls.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::caution;
use super::lock::Locks;

/// What its syntax says of one statement.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states")]
pub(super) struct Facts {
    pub(super) what: String,
    pub(super) lock: Option<String>,
    pub(super) cautions: Vec<String>,
    /// Why it may not stand in a runbook at all, and what to do instead.
    pub(super) refused: Option<String>,
    pub(super) instead: &'static str,
    /// What in it changes, locks or runs something, if anything does.
    pub(super) writes: Option<SyntaxKind>,
    pub(super) returns_rows: bool,
    pub(super) takes_parameters: bool,
    pub(super) needs_no_transaction: bool,
    pub(super) changes_rows: bool,
    /// Whether it holds a program of its own in a string.
    pub(super) runs_a_body: bool,
    /// Whether a function in it is only named, as in a GRANT, and not called.
    pub(super) only_names: bool,
    /// What it does that a rollback does not take back, whatever it calls.
    pub(super) outlives_rollback: Option<String>,
}

impl Facts {
    pub(super) fn of(node: &SyntaxNode) -> Self {
        use SyntaxKind as K;
        let kind = node.kind();
        // Asked of a COPY alone: most statements are reads, and each look goes through all of one.
        let says = |word: &str| words(node).any(|said| said == word);
        let reads = matches!(kind, K::SELECT | K::COMPOUND_SELECT | K::PAREN_SELECT | K::VALUES | K::TABLE | K::SHOW | K::EXPLAIN);
        let mut facts = Self { what: name(kind), ..Self::default() };
        facts.writes = if reads { acting_part(node) } else { Some(kind) };
        if kind == K::EXPLAIN && runs_what_it_explains(node) {
            facts.writes = Some(K::EXPLAIN);
        }
        facts.returns_rows = reads || kind == K::FETCH || node.children().any(|child| child.kind() == K::RETURNING_CLAUSE);
        facts.takes_parameters = matches!(
            kind,
            K::SELECT | K::COMPOUND_SELECT | K::PAREN_SELECT | K::VALUES | K::TABLE | K::INSERT | K::UPDATE | K::DELETE | K::MERGE
        );
        facts.changes_rows =
            facts.takes_parameters && node.descendants().any(|inner| matches!(inner.kind(), K::UPDATE | K::DELETE | K::MERGE));
        facts.needs_no_transaction = needs_no_transaction(node);
        facts.runs_a_body = kind == K::DO;
        facts.only_names =
            ["GRANT", "REVOKE", "COMMENT", "FUNCTION", "PROCEDURE", "CREATE VIEW"].iter().any(|word| facts.what.contains(word));
        facts.outlives_rollback = (kind == K::COPY && (says("program") || says("to"))).then(|| "COPY to a file or a program".to_owned());
        // Of what only reads nobody asks, and a SELECT that locks rows is none of those.
        if facts.writes.is_some() {
            facts.lock = Some(Locks::of(node).to_string()).filter(|locks| !locks.is_empty());
            facts.cautions = caution::cautions(node, facts.needs_no_transaction);
        }
        if let Some((refused, instead)) = refused(kind, &facts.what, says) {
            facts.refused = Some(refused);
            facts.instead = instead;
        }
        facts
    }
}

/// Whether the server refuses it inside a transaction, with SQLSTATE 25001.
fn needs_no_transaction(node: &SyntaxNode) -> bool {
    use SyntaxKind as K;
    match node.kind() {
        K::VACUUM
        | K::CREATE_DATABASE
        | K::DROP_DATABASE
        | K::CREATE_TABLESPACE
        | K::DROP_TABLESPACE
        | K::CREATE_SUBSCRIPTION
        | K::DROP_SUBSCRIPTION
        | K::ALTER_SYSTEM => true,
        K::ALTER_DATABASE => holds(node, K::SET_TABLESPACE),
        K::ALTER_SUBSCRIPTION => holds(node, K::REFRESH_PUBLICATION),
        K::DISCARD => holds(node, K::DISCARD_ALL),
        K::CLUSTER => super::lock::names(node).is_empty(),
        K::REINDEX
            if [K::REINDEX_TARGET_SCHEMA, K::REINDEX_TARGET_DATABASE, K::REINDEX_TARGET_SYSTEM].iter().any(|all| holds(node, *all)) =>
        {
            true
        }
        K::REINDEX | K::CREATE_INDEX | K::DROP_INDEX => keyword(node, K::CONCURRENTLY_KW),
        K::ALTER_TABLE => holds(node, K::DETACH_CONCURRENTLY),
        _ => false,
    }
}

/// Whether an EXPLAIN asks for ANALYZE, as a word or as an option, which may be quoted; switched off counts as well.
fn runs_what_it_explains(explain: &SyntaxNode) -> bool {
    let is_analyze = |name: String| ["analyze", "analyse"].contains(&name.trim_matches('"').to_lowercase().as_str());
    explain.descendants().any(|node| match node.kind() {
        SyntaxKind::EXPLAIN_ANALYZE => true,
        SyntaxKind::EXPLAIN_OPTION_NAME => is_analyze(node.text().to_string()),
        _ => false,
    })
}

/// The part of something that reads which changes, locks or runs something after all.
fn acting_part(node: &SyntaxNode) -> Option<SyntaxKind> {
    use SyntaxKind as K;
    let acts = |kind: &K| {
        matches!(
            kind,
            K::INSERT
                | K::UPDATE
                | K::DELETE
                | K::MERGE
                | K::INTO_CLAUSE
                | K::SELECT_INTO
                | K::LOCKING_CLAUSE
                | K::EXECUTE
                | K::DECLARE
                | K::CREATE_TABLE_AS
        )
    };
    node.descendants().map(|inner| inner.kind()).find(acts)
}

fn refused(kind: SyntaxKind, what: &str, says: impl Fn(&str) -> bool) -> Option<(String, &'static str)> {
    use SyntaxKind as K;
    match kind {
        K::BEGIN
        | K::COMMIT_TRANSACTION
        | K::COMMIT_PREPARED
        | K::ROLLBACK_TRANSACTION
        | K::ROLLBACK_PREPARED
        | K::ROLLBACK_TO_SAVEPOINT
        | K::SAVEPOINT_CREATE
        | K::RELEASE_SAVEPOINT
        | K::PREPARE_TRANSACTION
        | K::SET_TRANSACTION => {
            Some((format!("transactions are begun and ended by the program, not by {what}"), "leave it out; see `transaction`"))
        }
        K::COPY if says("stdin") || says("stdout") => {
            Some(("there is nobody to send or take the data of COPY".to_owned(), "use a command with psql"))
        }
        _ => None,
    }
}

/// A kind in SQL's words.
fn name(kind: SyntaxKind) -> String {
    use SyntaxKind as K;
    match kind {
        K::COMPOUND_SELECT | K::PAREN_SELECT => "SELECT".to_owned(),
        K::BEGIN => "BEGIN".to_owned(),
        K::COMMIT_TRANSACTION => "COMMIT".to_owned(),
        K::ROLLBACK_TRANSACTION => "ROLLBACK".to_owned(),
        K::SAVEPOINT_CREATE => "SAVEPOINT".to_owned(),
        K::REFRESH => "REFRESH MATERIALIZED VIEW".to_owned(),
        other => format!("{other:?}").replace('_', " "),
    }
}

/// Whether something of this kind is in it.
pub(super) fn holds(node: &SyntaxNode, wanted: SyntaxKind) -> bool {
    node.descendants().any(|inner| inner.kind() == wanted)
}

/// Whether this word stands in it as a keyword, be it in a part of it.
pub(super) fn keyword(node: &SyntaxNode, wanted: SyntaxKind) -> bool {
    node.descendants_with_tokens().any(|element| element.kind() == wanted)
}

/// The words of a statement in lower case: keywords and names, no strings and no comments.
fn words(node: &SyntaxNode) -> impl Iterator<Item = String> {
    node.descendants_with_tokens()
        .filter_map(|element| element.into_token().map(|token| token.text().to_lowercase()))
        .filter(|text| text.starts_with(|c: char| c.is_alphabetic() || c == '_') && !text.contains('\''))
}
