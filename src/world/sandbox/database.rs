//! One connection to a sandbox's database, for building its world, for the worker that lives in it and for
//! looking at it in the end. Never used for an incident's checks and remediations: those go through the prober.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokio_postgres::types::{ToSql, Type};

use super::problem::SandboxProblem;
use crate::runbook::model::Connection;
use crate::world::postgres::{Server, Session};

/// A connection. Dropping it closes it.
pub struct Database {
    session: Session,
}

/// Why a statement did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlProblem {
    /// The server's own message, or what broke the connection.
    pub message: String,
    /// The five characters of PostgreSQL's error codes; none if it is not the server's.
    pub sqlstate: Option<String>,
}

impl fmt::Display for SqlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<tokio_postgres::Error> for SqlProblem {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self { message: said.message().to_owned(), sqlstate: Some(said.code().code().to_owned()) },
            None => Self { message: format_with_causes(&error), sqlstate: None },
        }
    }
}

fn format_with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message = format!("{message}: {inner}");
        cause = inner.source();
    }
    message
}

impl Database {
    /// Connects to a URL without a password, which comes from where libpq would look for one.
    ///
    /// # Errors
    ///
    /// What the URL lacks, or what the server or the network said.
    pub async fn connect(url: &str) -> Result<Self, SqlProblem> {
        let url = Connection::Url(url.to_owned());
        let server = Server::resolve(&url, &|name| std::env::var(name).ok()).map_err(|message| SqlProblem { message, sqlstate: None })?;
        let session = server.connect().await;
        Ok(Self { session: session.map_err(|why| SqlProblem { message: why.problem.message, sqlstate: why.problem.sqlstate })? })
    }

    /// Runs statements that return nothing of interest, as one message: a failure undoes all of them.
    ///
    /// # Errors
    ///
    /// What the server said.
    pub async fn run(&self, statements: &str) -> Result<(), SqlProblem> {
        Ok(self.session.client.batch_execute(statements).await?)
    }

    /// Runs one statement with text parameters and returns its rows; every column must be text.
    ///
    /// # Errors
    ///
    /// What the server said, or that a column is not text.
    pub async fn rows(&self, statement: &str, parameters: &[&str]) -> Result<Vec<Vec<Option<String>>>, SqlProblem> {
        let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
            parameters.iter().map(|text| (text as &(dyn ToSql + Sync), Type::TEXT)).collect();
        let rows = self.session.client.query_typed(statement, &parameters).await?;
        rows.iter().map(|row| (0..row.len()).map(|n| Ok(row.try_get(n)?)).collect()).collect()
    }
}

/// A database of a sandbox's own on somebody else's server: `--server URL`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenancy {
    server: String,
    database: String,
}

impl Tenancy {
    /// A database `fracas_drill_…` on the server of a URL. Nothing is created yet.
    ///
    /// # Errors
    ///
    /// [`SandboxProblem::Server`] if it is no URL, or has a password: arguments are seen by every process.
    pub fn on(server: &str) -> Result<Self, SandboxProblem> {
        let problem = |why: &str| Err(SandboxProblem::Server(why.to_owned()));
        // Any other spelling of a connection could not be given another database so plainly.
        if !(server.starts_with("postgresql://") || server.starts_with("postgres://")) {
            return problem("give a URL such as postgresql://postgres@db.example.com/postgres");
        }
        if Connection::holds_password(server) {
            return problem("a password in an argument can be read by every process on this machine; set PGPASSWORD instead");
        }
        let chance = uuid::Uuid::new_v4().simple().to_string();
        Ok(Self { server: server.to_owned(), database: format!("fracas_drill_{}", &chance[..8]) })
    }

    /// The URL of the server's own database, to create and drop ours from.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The name of our database.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The URL of our database: the server's, with the part that names the database replaced.
    #[must_use]
    pub fn url(&self) -> String {
        let (before, parameters) = self.server.split_once('?').map_or((self.server.as_str(), None), |(b, p)| (b, Some(p)));
        let authority = before.find("://").map_or(0, |n| n + 3);
        let path = before[authority..].find('/').map_or(before.len(), |n| authority + n);
        // A later `dbname` would win over the path, as in libpq.
        let parameters: Vec<&str> = parameters.into_iter().flat_map(|p| p.split('&')).filter(|p| !p.starts_with("dbname=")).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!("{}/{}{mark}{}", &before[..path], self.database, parameters.join("&"))
    }

    /// Creates our database.
    pub(super) async fn create(&self) -> Result<(), SandboxProblem> {
        self.as_server(&format!("CREATE DATABASE {}", self.database)).await
    }

    /// Drops our database, and whoever is still connected to it.
    pub(super) async fn drop_database(&self) -> Result<(), SandboxProblem> {
        self.as_server(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database)).await
    }

    async fn as_server(&self, statement: &str) -> Result<(), SandboxProblem> {
        let problem = |error: SqlProblem| SandboxProblem::Server(error.to_string());
        let server = Database::connect(&self.server).await.map_err(problem)?;
        server.run(statement).await.map_err(problem)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail at any of these")]

    use super::*;

    #[test]
    fn our_database_replaces_the_server_s_in_its_url() {
        for (server, before, after) in [
            ("postgresql://a@h:1/postgres", "postgresql://a@h:1/", ""),
            ("postgres://a@h", "postgres://a@h/", ""),
            ("postgresql://h/x?sslmode=require&dbname=y", "postgresql://h/", "?sslmode=require"),
            ("postgresql://?host=/tmp", "postgresql:///", "?host=/tmp"),
        ] {
            let tenancy = Tenancy::on(server).unwrap();
            assert_eq!(tenancy.url(), format!("{before}{}{after}", tenancy.database()));
        }
    }

    #[test]
    fn a_password_in_the_argument_is_refused() {
        for server in ["postgresql://a:secret@h/x", "postgresql://h/x?password=secret", "host=h password=secret"] {
            let problem = Tenancy::on(server).unwrap_err().to_string();
            assert!(!problem.contains("secret") && problem.starts_with("--server: "), "{problem}");
        }
    }
}
