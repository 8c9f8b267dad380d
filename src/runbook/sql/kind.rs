//! What a statement is, what it locks, and what to be careful about, from its syntax alone. Never a promise
//! about functions it calls.

use squawk_syntax::{SyntaxKind, SyntaxNode};

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

/// What to be careful about where there is no WHERE.
pub(super) const UNBOUNDED: &str = "without WHERE, every row of the table is changed";

const ONLINE: &str = "SHARE UPDATE EXCLUSIVE: reads and writes go on";
const NOT_ONLINE: &str = "blocks every read and write of the table until the transaction ends";

impl Facts {
    pub(super) fn of(node: &SyntaxNode) -> Self {
        use SyntaxKind as K;
        let kind = node.kind();
        let words = words(node);
        let says = |phrase: &str| contains(&words, phrase);
        let has = |wanted: K| node.descendants().any(|inner| inner.kind() == wanted);
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
        facts.needs_no_transaction = match kind {
            K::VACUUM
            | K::CREATE_DATABASE
            | K::DROP_DATABASE
            | K::CREATE_TABLESPACE
            | K::DROP_TABLESPACE
            | K::CREATE_SUBSCRIPTION
            | K::DROP_SUBSCRIPTION
            | K::ALTER_SYSTEM => true,
            K::CREATE_INDEX | K::DROP_INDEX | K::REINDEX | K::ALTER_TABLE => says("concurrently"),
            K::ALTER_TYPE => says("add value"),
            _ => false,
        };
        facts.runs_a_body = kind == K::DO;
        facts.only_names =
            ["GRANT", "REVOKE", "COMMENT", "FUNCTION", "PROCEDURE", "CREATE VIEW"].iter().any(|word| facts.what.contains(word));
        facts.outlives_rollback = (kind == K::COPY && (says("program") || says("to"))).then(|| "COPY to a file or a program".to_owned());
        facts.lock = lock(kind, &words);
        facts.cautions = cautions(kind, &words, has(K::WHERE_CLAUSE) || has(K::WHERE_CURRENT_OF));
        if let Some((refused, instead)) = refused(kind, &facts.what, &words) {
            facts.refused = Some(refused);
            facts.instead = instead;
        }
        facts
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

fn refused(kind: SyntaxKind, what: &str, words: &[String]) -> Option<(String, &'static str)> {
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
        K::COPY if contains(words, "stdin") || contains(words, "stdout") => {
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

fn lock(kind: SyntaxKind, words: &[String]) -> Option<String> {
    use SyntaxKind as K;
    let says = |phrase: &str| contains(words, phrase);
    let text = match kind {
        K::ALTER_TABLE | K::REINDEX | K::CREATE_INDEX | K::DROP_INDEX if says("concurrently") || says("validate constraint") => {
            ONLINE.to_owned()
        }
        K::REFRESH if says("concurrently") => "EXCLUSIVE: blocks writes to the view, not reads".to_owned(),
        K::VACUUM | K::ANALYZE if !says("full") => ONLINE.to_owned(),
        K::CREATE_INDEX => "SHARE: blocks writes to the table while the index is built, not reads".to_owned(),
        K::CREATE_TRIGGER => "SHARE ROW EXCLUSIVE: blocks writes to the table, not reads".to_owned(),
        K::CREATE_TABLE if says("references") => "SHARE ROW EXCLUSIVE on the table referred to: blocks writes to it, not reads".to_owned(),
        K::ALTER_TABLE
        | K::DROP_TABLE
        | K::TRUNCATE
        | K::CLUSTER
        | K::VACUUM
        | K::REINDEX
        | K::REFRESH
        | K::DROP_INDEX
        | K::DROP_TRIGGER
        | K::CREATE_POLICY
        | K::ALTER_POLICY
        | K::DROP_POLICY
        | K::CREATE_RULE
        | K::DROP_RULE => {
            format!("ACCESS EXCLUSIVE: {NOT_ONLINE}")
        }
        K::DROP_SCHEMA | K::DROP_VIEW | K::DROP_MATERIALIZED_VIEW | K::DROP_SEQUENCE | K::DROP_TYPE => {
            "ACCESS EXCLUSIVE on everything that is dropped: blocks every use of it".to_owned()
        }
        K::INSERT => "ROW EXCLUSIVE: other rows stay free".to_owned(),
        K::UPDATE | K::DELETE | K::MERGE => "ROW EXCLUSIVE, and each row it changes: other writers of those rows wait".to_owned(),
        K::LOCK => "the lock it names".to_owned(),
        K::SELECT | K::COMPOUND_SELECT if says("for update") || says("for share") || says("for no key update") || says("for key share") => {
            "each row it reads: other writers of those rows wait".to_owned()
        }
        _ => return None,
    };
    Some(text)
}

fn cautions(kind: SyntaxKind, words: &[String], has_where: bool) -> Vec<String> {
    use SyntaxKind as K;
    let says = |phrase: &str| contains(words, phrase);
    let mut cautions = Vec::new();
    let mut add = |applies: bool, caution: &str| {
        if applies {
            cautions.push(caution.to_owned());
        }
    };
    add(matches!(kind, K::UPDATE | K::DELETE) && !has_where, UNBOUNDED);
    add(kind == K::TRUNCATE, "removes every row of the table");
    let drops = matches!(kind, K::DROP_TABLE | K::DROP_SCHEMA | K::DROP_DATABASE | K::DROP_MATERIALIZED_VIEW);
    add(drops, "what is dropped comes back only from a backup");
    add(format!("{kind:?}").starts_with("DROP_") && says("cascade"), "CASCADE also drops everything that depends on it");
    add(kind == K::TRUNCATE && says("cascade"), "CASCADE also empties every table that refers to it");
    add(kind == K::CREATE_INDEX && !says("concurrently"), "on a large table, CONCURRENTLY with `transaction: none` lets writers go on");
    let alters = kind == K::ALTER_TABLE;
    add(alters && says("drop column"), "the column's data is lost");
    add(alters && (says("type") && says("alter")), "changing a type may rewrite the whole table");
    add(alters && says("set not null"), "every row is read to see that none is null");
    add(
        alters && (says("foreign key") || says("references") || says("check")) && !says("not valid"),
        "every row is checked; NOT VALID and a later VALIDATE lets others go on",
    );
    add(kind == K::CREATE_TABLE && says("if not exists"), "a table of that name that is there is left as it is, whatever its columns");
    add(kind == K::DO, "what the block does cannot be seen from outside");
    cautions
}

/// The words of a statement in lower case: keywords and names, no strings and no comments.
fn words(node: &SyntaxNode) -> Vec<String> {
    node.descendants_with_tokens()
        .filter_map(|element| element.into_token().map(|token| token.text().to_lowercase()))
        .filter(|text| text.starts_with(|c: char| c.is_alphabetic() || c == '_') && !text.contains('\''))
        .collect()
}

/// Whether these words stand one after another.
fn contains(words: &[String], phrase: &str) -> bool {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).any(|window| window.iter().zip(&phrase).all(|(word, wanted)| word == wanted))
}
