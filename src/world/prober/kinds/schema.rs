//! `schema`: compares the structure of a target with what is expected of it. Never changes either.

use std::path::PathBuf;

use crate::engine::attempt::{Answer, Finding};
use crate::runbook::ask::schema::Schema;
use crate::runbook::model::Check;
use crate::world::clock::Stopwatch;
use crate::world::postgres::schema::{self, How};
use crate::world::prober::Inner;
use crate::world::stop::{GaveUp, Stop};

use super::Question;

impl Question for Schema {
    async fn ask(&self, inner: &Inner, check: &Check, mut stop: Stop) -> Result<Answer, String> {
        let target = check.on.as_ref().ok_or("it names no target")?;
        let server = inner.server(target)?;
        let mut how = How { role: inner.target(target)?.check_role.as_deref(), timeout: check.timeout };
        match self {
            Self::Structure(expected) => Ok(schema::compare(&server, expected, false, how, stop).await),
            Self::Like(model) => {
                let role = inner.target(model)?.check_role.as_deref();
                let model = inner.server(model)?;
                Ok(schema::compare_with(&server, how, &model, role, stop).await)
            }
            Self::File(path) => {
                let watch = Stopwatch::start();
                let dir = inner.surroundings.dir.as_deref();
                let read = async {
                    match inner.outside(&check.id)? {
                        Some(vouched) => schema::from_bytes(&vouched.snapshot(path, dir)?),
                        None => schema::from_file(&dir.map_or_else(|| PathBuf::from(path), |dir| dir.join(path))).await,
                    }
                };
                let expected = tokio::select! {
                    expected = read => expected.map_err(|why| format!("{path}: {why}"))?,
                    why = stop.or_after(Some(check.timeout)) => return Ok(given_up(why, path, &watch)),
                };
                how.timeout = check.timeout.saturating_sub(watch.elapsed());
                Ok(schema::compare(&server, &expected, true, how, stop).await)
            }
        }
    }
}

fn given_up(why: GaveUp, path: &str, watch: &Stopwatch) -> Answer {
    let finding = match why {
        GaveUp::Stopped => Finding::Cancelled,
        GaveUp::TimedOut => Finding::TimedOut(format!("{path} could not be read in time")),
    };
    Answer { finding, ..Answer::inconclusive("", watch.elapsed()) }
}
