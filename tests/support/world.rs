//! A server of a test's own, a connection to look at it with, and runbooks that reach it as the target `database`. Never
//! one that is shared between tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fracas::runbook::{Runbook, yaml};
use fracas::world::prober::Surroundings;
use fracas::world::sandbox::Sandbox;
use fracas::world::sandbox::database::Database;

/// A server and a connection of the test's own.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) database: Database,
}

impl World {
    /// A server on which these statements have run.
    pub(crate) async fn start(setup: &str) -> Self {
        let sandbox = Sandbox::start(Path::new(env!("CARGO_BIN_EXE_fracas")), None).await.unwrap();
        let database = Database::connect(sandbox.url()).await.unwrap();
        database.run(setup).await.unwrap();
        Self { sandbox, database }
    }

    /// The first field of the first row; empty for a null.
    pub(crate) async fn one(&self, statement: &str) -> String {
        self.database.rows(statement, &[]).await.unwrap()[0][0].clone().unwrap_or_default()
    }

    /// Looks until the server says `wanted`, which it must do within ten seconds.
    pub(crate) async fn until(&self, statement: &str, wanted: &str) {
        let looking = async {
            while self.one(statement).await != wanted {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), looking).await.unwrap();
    }
}

/// The text of a runbook of one step `s` with these checks and remediations, and optional inputs.
pub(crate) fn one_step(items: &str, inputs: &[(&str, &str)]) -> String {
    let asked: String = inputs.iter().map(|(name, _)| format!("  {name}: {{ ask: {name}, optional: true }}\n")).collect();
    let asked = if asked.is_empty() { String::new() } else { format!("inputs:\n{asked}") };
    format!(
        "version: 1\nid: t\ntitle: t\n{asked}targets:\n  database: {{ postgres: {{ env: DATABASE_URL }} }}\n\
         phases:\n  - title: p\n    steps:\n      - id: s\n        title: s\n{items}"
    )
}

/// What is written there.
pub(crate) fn read(text: &str) -> Arc<Runbook> {
    Arc::new(yaml::read("t.yaml", text.as_bytes()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}")))
}

/// Surroundings in which a runbook reaches this server, with these inputs.
pub(crate) fn surroundings(runbook: &Arc<Runbook>, url: &str, inputs: &[(&str, &str)]) -> Surroundings {
    Surroundings {
        runbook: Arc::clone(runbook),
        inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        targets: BTreeMap::new(),
        env: BTreeMap::from([("DATABASE_URL".to_owned(), url.to_owned())]),
        dir: None,
    }
}
