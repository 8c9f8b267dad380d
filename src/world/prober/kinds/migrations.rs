//! `migrations`: looks through a folder and tells the first thing that is wrong. Never runs a migration.

use std::path::PathBuf;

use crate::base::{Value, Values};
use crate::engine::attempt::{Answer, Finding};
use crate::runbook::model::{Check, Migrations};
use crate::world::clock::Stopwatch;
use crate::world::migrations;
use crate::world::prober::Inner;
use crate::world::stop::{GaveUp, Stop};

use super::Question;

/// How many problems there may be before their list is no list any more; as many as rows of an SQL check.
const MOST: usize = 10_000;

impl Question for Migrations {
    async fn ask(&self, inner: &Inner, check: &Check, mut stop: Stop) -> Result<Answer, String> {
        let watch = Stopwatch::start();
        let dir = inner.surroundings.dir.as_ref().map_or_else(|| PathBuf::from(&self.dir), |base| base.join(&self.dir));
        let seen = tokio::select! {
            seen = migrations::look_through(self, &dir) => seen.map_err(Finding::Inconclusive),
            why = stop.or_after(Some(check.timeout)) => Err(match why {
                GaveUp::Stopped => Finding::Cancelled,
                GaveUp::TimedOut => Finding::TimedOut(format!("{} was not looked through within {:?}", self.dir, check.timeout)),
            }),
        };
        let duration = watch.elapsed();
        let seen = match seen {
            Ok(seen) => seen,
            Err(finding) => return Ok(Answer { finding, values: Values::new(), seen: String::new(), duration }),
        };
        let count = if seen.migrations == 1 { "1 migration".to_owned() } else { format!("{} migrations", seen.migrations) };
        let finding = match seen.problems.as_slice() {
            [] => Finding::Answered { own: Some(true), summary: format!("{count} without a problem") },
            [first] => Finding::Answered { own: Some(false), summary: format!("{first} (in {count})") },
            [_, rest @ ..] if rest.len() >= MOST => {
                Finding::Inconclusive(format!("there are {} problems; at most {MOST} are kept", seen.problems.len()))
            }
            [first, rest @ ..] => {
                let more = if rest.len() == 1 { "1 more problem".to_owned() } else { format!("{} more problems", rest.len()) };
                Finding::Answered { own: Some(false), summary: format!("{first} ({more} in {count})") }
            }
        };
        let text = seen.problems.iter().take(MOST).map(|problem| format!("{problem}\n")).collect::<String>() + &count + " looked through";
        let mut values = Values::new();
        values.insert("ok".to_owned(), seen.problems.is_empty().into());
        values.insert("problems".to_owned(), seen.problems.into_iter().take(MOST).map(Value::from).collect());
        Ok(Answer { finding, values, seen: text, duration })
    }
}
