//! `migrations`: stub.
use crate::engine::attempt::Answer;
use crate::runbook::model::{Check, Migrations};
use crate::world::prober::Inner;
use crate::world::stop::Stop;

use super::Question;

impl Question for Migrations {
    async fn ask(&self, _inner: &Inner, _check: &Check, _stop: Stop) -> Result<Answer, String> {
        Err("stub".to_owned())
    }
}
