//! What a failed statement outside a transaction has left behind: an index that was built without blocking writers stays,
//! is invalid, and slows every write down. Never drops anything by itself.

use std::collections::BTreeSet;

use super::{Server, Session};

/// Those that nobody is building at the moment.
const INVALID: &str = "SELECT format('%I.%I', nspname, relname) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid \
     JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE NOT indisvalid \
     AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = indexrelid AND pid <> pg_backend_pid())";

/// The invalid indexes there are, as they are written in SQL; none if the server does not say.
pub(super) async fn invalid_indexes(session: &Session) -> BTreeSet<String> {
    let rows = session.client.query_typed(INVALID, &[]).await.unwrap_or_default();
    rows.iter().filter_map(|row| row.try_get(0).ok()).collect()
}

/// Names those that were not there before, each with the statement that drops it.
pub(super) async fn named(server: &Server, session: &Session, before: &BTreeSet<String>) -> Option<String> {
    let now =
        if session.client.is_closed() { invalid_indexes(&server.connect().await.ok()?).await } else { invalid_indexes(session).await };
    let left: Vec<String> = now.difference(before).map(|index| format!("{index} (DROP INDEX CONCURRENTLY {index} removes it)")).collect();
    (!left.is_empty()).then(|| format!("it left an invalid index behind: {}", left.join(", ")))
}
