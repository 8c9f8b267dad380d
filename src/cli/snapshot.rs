//! `snapshot`: the structure of a healthy database as the `schema:` block that expects it. Never changes
//! the database, and never takes a password as an argument.

use std::time::Duration;

use clap::Args;

use crate::world::postgres::{Server, schema};
use crate::world::prober::Stop;

use super::failure::{Failure, Outcome};
use super::{open, print, tokio_runtime};

/// How long the catalog may take: a check's default.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Arguments of `snapshot`.
#[derive(Debug, Args)]
pub(super) struct Snapshot {
    /// The database: a URL without a password, `env:NAME` or `service:NAME`
    target: String,
    /// Only the tables of this schema; may be given several times
    #[arg(long = "schema", value_name = "SCHEMA")]
    schemas: Vec<String>,
}

pub(super) fn snapshot(arguments: &Snapshot) -> Result<Outcome, Failure> {
    let connection = open::connection_argument(&arguments.target)?;
    let server = Server::resolve(&connection, &|name| std::env::var(name).ok()).map_err(Failure::usage)?;
    let asked = schema::snapshot(&server, &arguments.schemas, TIMEOUT, Stop::never());
    let block = tokio_runtime()?.block_on(asked).map_err(|why| Failure::outside(format!("{}: {why}", server.resolved.shown)))?;
    print(&block)?;
    Ok(Outcome::Done)
}
