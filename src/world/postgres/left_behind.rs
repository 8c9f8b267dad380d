//! What a statement outside a transaction leaves behind where it fails: an index that is not valid, which costs every writer
//! and serves no reader. Names it with the statement that drops it, and never drops anything itself.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::timeline::event::Problem;

use super::{Server, Session};

/// How long the server may take to say what is left: the failure itself is to be told soon.
const LOOKING: Duration = Duration::from_secs(5);

/// Indexes that are not valid, as names that can stand in a statement. Not those that somebody is building right now, and
/// not those of partitioned tables, which become valid with their last part.
const INVALID: &str = "SELECT format('%I.%I', nspname, relname) FROM pg_catalog.pg_index \
     JOIN pg_catalog.pg_class ON pg_class.oid = indexrelid JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace \
     WHERE NOT indisvalid AND relkind = 'i' \
     AND indexrelid NOT IN (SELECT index_relid FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid IS NOT NULL) \
     ORDER BY 1";

/// The indexes that are not valid before a statement begins; none where the server does not say.
pub(super) type Before = Option<BTreeSet<String>>;

/// What is not valid now.
pub(super) async fn look(session: &Session) -> Before {
    let rows = session.client.query_typed(INVALID, &[]).await.ok()?;
    rows.iter().map(|row| row.try_get(0).ok()).collect()
}

/// The problem of a statement that failed, with what has become invalid since.
pub(super) async fn named(server: &Server, before: Before, mut problem: Problem) -> Problem {
    // Over another connection: the first may be gone, or not be done with its giving up.
    let looking = Box::pin(async {
        let other = server.connect().await.ok()?;
        look(&other).await
    });
    let after = tokio::time::timeout(LOOKING, looking).await.ok().flatten();
    if let (Some(before), Some(after)) = (before, after) {
        let told: Vec<String> = after.difference(&before).map(|index| advice(index)).collect();
        if !told.is_empty() {
            problem.hint = Some(problem.hint.into_iter().chain(told).collect::<Vec<_>>().join(" "));
        }
    }
    problem
}

fn advice(index: &str) -> String {
    format!(
        "The invalid index {index} is left behind: it slows down every writer. Drop it before another try: DROP INDEX CONCURRENTLY {index};"
    )
}
