//! `connect`: climbs the ladder to a target and to its alternatives. Never asks anything that changes one.

use crate::base::id::Id;
use crate::engine::attempt::Answer;
use crate::runbook::model::Check;
use crate::world::postgres::ladder;
use crate::world::prober::Inner;
use crate::world::stop::Stop;

use super::Question;

impl Question for Id {
    async fn ask(&self, inner: &Inner, check: &Check, stop: Stop) -> Result<Answer, String> {
        let server = inner.server(self)?;
        Ok(ladder::ask(&server, &inner.target(self)?.alternatives, check.timeout, stop).await)
    }
}
