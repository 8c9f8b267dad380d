//! `sql` and `probe`: asks a server, in a transaction that is rolled back. Never sends what it has not read.

use std::sync::Arc;

use crate::engine::attempt::Answer;
use crate::runbook::model::Check;
use crate::runbook::sql;
use crate::world::postgres::{Server, query};
use crate::world::prober::Inner;
use crate::world::stop::Stop;

use super::Question;

/// One statement that reads.
pub(super) struct Read<'t>(pub(super) &'t str);

/// Statements that write.
pub(super) struct Probe<'t>(pub(super) &'t str);

impl Question for Read<'_> {
    async fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> Result<Answer, String> {
        let statement = sql::question(self.0, &inner.surroundings.inputs, &inner.secret)?;
        put(inner, check, &[statement], true, stop).await
    }
}

impl Question for Probe<'_> {
    async fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> Result<Answer, String> {
        let statements = sql::prepare(self.0, &inner.surroundings.inputs, &inner.secret).map_err(|problem| problem.to_string())?;
        if let Some(statement) = statements.iter().find(|statement| statement.needs_no_transaction) {
            return Err(format!("{} cannot be rolled back, so it cannot be a probe", statement.what));
        }
        if let Some(what) = statements.iter().find_map(|statement| statement.outlives_rollback.as_ref()) {
            return Err(format!("a rollback does not take back {what}, so it cannot be a probe"));
        }
        put(inner, check, &statements, false, stop).await
    }
}

async fn put(inner: &Inner, check: &Check, statements: &[sql::Statement], read_only: bool, stop: Stop) -> Result<Answer, String> {
    let target = check.on.as_ref().ok_or("it names no target")?;
    let server: Arc<Server> = inner.server(target)?;
    let role = inner.target(target)?.check_role.as_deref();
    let question = query::Question { statements, read_only, role, timeout: check.timeout, qualified: false };
    Ok(query::ask(&server, &question, &inner.masker, stop).await)
}
