//! What to be careful about in a statement, and the form of it that is safer. Two lines of the plan at most, for a person
//! who reads it at night. Never a word about what the rehearsal shows better.

use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::kind::holds;
use super::lock::{is_full, is_online};

/// What to be careful about where there is no WHERE.
pub(super) const UNBOUNDED: &str =
    "without WHERE, every row of the table is changed; safer: name the rows with WHERE, a few thousand at a time";

/// Functions that give every row of a statement the same: a column may have them as its default, and no row is written.
/// Source: `provolatile` of PostgreSQL 15.
const SAME_FOR_ALL: &[&str] = &[
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_setting",
    "to_timestamp",
    "date_trunc",
    "make_date",
    "make_interval",
    "make_timestamptz",
    "timezone",
    "age",
    "lower",
    "upper",
    "coalesce",
    "md5",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "to_jsonb",
    "to_char",
    "concat",
    "pg_backend_pid",
];

pub(super) fn cautions(node: &SyntaxNode, needs_no_transaction: bool) -> Vec<String> {
    use SyntaxKind as K;
    let kind = node.kind();
    let online = || is_online(node);
    let mut found: Vec<String> = Vec::new();
    let mut add = |applies: bool, caution: &str| {
        if applies && !found.iter().any(|known| known == caution) {
            found.push(caution.to_owned());
        }
    };
    let rows = matches!(kind, K::SELECT | K::COMPOUND_SELECT | K::PAREN_SELECT | K::VALUES | K::TABLE | K::INSERT | K::UPDATE | K::DELETE);
    add(rows && node.descendants().any(|part| is_unbounded(&part)), UNBOUNDED);
    add(kind == K::TRUNCATE, "removes every row, also for those who are reading; safer: DELETE with WHERE, a few thousand rows at a time");
    add(kind == K::TRUNCATE && holds(node, K::CASCADE), "CASCADE also empties every table that refers to it");
    let drops = format!("{kind:?}").starts_with("DROP_");
    add(
        matches!(kind, K::DROP_TABLE | K::DROP_SCHEMA | K::DROP_MATERIALIZED_VIEW | K::DROP_SEQUENCE),
        "what is dropped comes back only from a backup; safer: RENAME it now, drop it when nobody has missed it",
    );
    add(kind == K::DROP_DATABASE, "what is dropped comes back only from a backup; safer: take one, and see that it can be read");
    add(drops && holds(node, K::CASCADE), "CASCADE also drops everything that depends on it; safer: RESTRICT, which names that first");
    add(
        kind == K::CREATE_INDEX && !online(),
        "on a large table writers wait long; safer: CREATE INDEX CONCURRENTLY … with `transaction: none`",
    );
    add(
        kind == K::DROP_INDEX && !online(),
        "waits for every query of the table; safer: DROP INDEX CONCURRENTLY … with `transaction: none`",
    );
    add(
        kind == K::REINDEX && !online(),
        "writers wait, and readers who need the index; safer: REINDEX … CONCURRENTLY with `transaction: none`",
    );
    add(
        kind == K::REFRESH && !online(),
        "nobody reads the view meanwhile; safer: REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index",
    );
    add(kind == K::VACUUM && is_full(node), "writes the table anew and needs its size again on disk; safer: a plain VACUUM, or pg_repack");
    add(matches!(kind, K::CLUSTER | K::CLUSTER_LEGACY), "writes the table anew and needs its size again on disk; safer: pg_repack");
    add(kind == K::LOCK, "held until everything after it is done; safer: SELECT … FOR UPDATE of the rows that matter");
    add(
        kind == K::CREATE_TABLE && holds(node, K::IF_NOT_EXISTS),
        "a table of that name that is there is left as it is, whatever its columns",
    );
    add(
        kind == K::CREATE_TABLE && holds(node, K::PARTITION_OF),
        "waits for every query of the whole table; safer: CREATE TABLE … (LIKE …), then ATTACH PARTITION",
    );
    add(kind == K::DO, "what the block does cannot be seen from outside; safer: its statements one by one");
    add(
        !rows && holds_any(node, RENAMES),
        "who uses the old name fails at once; safer: a view or column of the new name beside it, then move over",
    );
    add(kind == K::ALTER_TYPE && holds(node, K::ADD_VALUE), "the new value can be used only once this is committed, and never be removed");
    for action in node.children().filter(|_| kind == K::ALTER_TABLE) {
        of_action(&action, &mut add);
    }
    add(needs_no_transaction, "runs outside a transaction: it cannot be rehearsed or rolled back, and stays half done where it fails");
    add(
        kind == K::CREATE_INDEX && online() && holds(node, K::IF_NOT_EXISTS),
        "an invalid index of that name, left by an earlier try, counts as there: ask pg_index for indisvalid",
    );
    let may_leave_an_index = matches!(kind, K::CREATE_INDEX | K::REINDEX) && online();
    add(may_leave_an_index, "where it fails it leaves an invalid index, which is named then with the statement that drops it");
    found
}

const RENAMES: &[SyntaxKind] = &[
    SyntaxKind::RENAME_COLUMN,
    SyntaxKind::TABLE_RENAME_TO,
    SyntaxKind::VIEW_RENAME_TO,
    SyntaxKind::SCHEMA_RENAME_TO,
    SyntaxKind::SEQUENCE_RENAME_TO,
    SyntaxKind::FUNCTION_RENAME_TO,
    SyntaxKind::TYPE_RENAME_TO,
    SyntaxKind::RENAME_ATTRIBUTE,
];

/// What to be careful about in one action of an ALTER TABLE.
fn of_action(action: &SyntaxNode, add: &mut dyn FnMut(bool, &str)) {
    use SyntaxKind as K;
    let adds = action.kind() == K::ADD_CONSTRAINT || action.kind() == K::ADD_COLUMN;
    let later = holds(action, K::NOT_VALID);
    let refers = holds(action, K::FOREIGN_KEY_CONSTRAINT) || holds(action, K::REFERENCES_CONSTRAINT);
    add(
        adds && refers && !later,
        "every row is checked while writers of both tables wait; safer: ADD … NOT VALID, then VALIDATE CONSTRAINT by itself",
    );
    add(
        adds && holds(action, K::CHECK_CONSTRAINT) && !later,
        "every row is checked while nobody reads; safer: ADD … NOT VALID, then VALIDATE CONSTRAINT by itself",
    );
    add(
        adds && (holds(action, K::PRIMARY_KEY_CONSTRAINT) || holds(action, K::UNIQUE_CONSTRAINT)) && !holds(action, K::USING_INDEX_NAME),
        "nobody reads while its index is built; safer: CREATE UNIQUE INDEX CONCURRENTLY, then ADD … USING INDEX",
    );
    add(
        adds && holds(action, K::EXCLUDE_CONSTRAINT),
        "nobody reads while its index is built, and there is no other way: choose a quiet hour",
    );
    add(
        action.kind() == K::ADD_COLUMN && gives_each_row_its_own(action),
        "every row is written anew while nobody reads; safer: ADD it without, SET DEFAULT, then UPDATE a few thousand at a time",
    );
    add(
        holds(action, K::SET_TYPE),
        "may write every row and index anew while nobody reads; safer: a new column, filled a few thousand rows at a time",
    );
    add(
        holds(action, K::SET_NOT_NULL),
        "every row is read while nobody else does; safer: CHECK (… IS NOT NULL) NOT VALID, VALIDATE it, then SET NOT NULL",
    );
    add(action.kind() == K::DROP_COLUMN, "the column's data is lost; safer: RENAME it now, drop it when nobody has missed it");
    add(action.kind() == K::DROP_COLUMN && holds(action, K::CASCADE), "CASCADE also drops everything that depends on it");
    add(
        holds_any(action, &[K::SET_TABLESPACE, K::SET_LOGGED, K::SET_UNLOGGED, K::SET_ACCESS_METHOD]),
        "writes the whole table anew while nobody reads, and there is no other way: choose a quiet hour",
    );
    add(action.kind() == K::SET_UNLOGGED, "an unlogged table is empty after a crash, and on every standby");
    add(
        action.kind() == K::DISABLE_TRIGGER,
        "what its triggers keep right, foreign keys among it, is not kept right until they are enabled again",
    );
    add(
        action.kind() == K::ATTACH_PARTITION,
        "every row of the partition is checked; safer: first a CHECK of its bounds on it, NOT VALID and then validated",
    );
    add(
        action.kind() == K::DETACH_PARTITION && !holds_any(action, &[K::DETACH_CONCURRENTLY, K::DETACH_FINALIZE]),
        "waits for every query of the table; safer: DETACH PARTITION … CONCURRENTLY with `transaction: none`",
    );
}

/// Whether a new column has another value in each row, so that each has to be written.
fn gives_each_row_its_own(column: &SyntaxNode) -> bool {
    use SyntaxKind as K;
    let is_volatile = |call: SyntaxNode| {
        let name = call.first_child().map(|name| name.text().to_string().to_lowercase()).unwrap_or_default();
        !SAME_FOR_ALL.contains(&name.rsplit('.').next().unwrap_or_default().trim_matches('"'))
    };
    let default = column.children().find(|child| child.kind() == K::DEFAULT_CONSTRAINT);
    let by_default = default.is_some_and(|default| default.descendants().filter(|inner| inner.kind() == K::CALL_EXPR).any(is_volatile));
    let kind = column.children().find(|child| child.kind() == K::PATH_TYPE).map(|kind| kind.text().to_string().to_lowercase());
    let is_serial =
        kind.is_some_and(|kind| ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"].contains(&kind.as_str()));
    by_default || is_serial || holds_any(column, &[K::GENERATED_IDENTITY, K::GENERATED_STORED])
}

/// Whether an UPDATE or DELETE changes every row: it has no WHERE, or one that is always true.
fn is_unbounded(part: &SyntaxNode) -> bool {
    use SyntaxKind as K;
    if !matches!(part.kind(), K::UPDATE | K::DELETE) {
        return false;
    }
    let bound = part.children().find(|child| matches!(child.kind(), K::WHERE_CLAUSE | K::WHERE_CURRENT_OF));
    bound.is_none_or(|bound| bound.kind() == K::WHERE_CLAUSE && bound.children().all(|condition| is_always_true(&condition)))
}

fn is_always_true(condition: &SyntaxNode) -> bool {
    let said: String = condition.text().to_string().to_lowercase().split_whitespace().collect();
    said == "true" || said.split_once('=').is_some_and(|(left, right)| left == right && !left.is_empty())
}

fn holds_any(node: &SyntaxNode, kinds: &[SyntaxKind]) -> bool {
    node.descendants().any(|inner| kinds.contains(&inner.kind()))
}
