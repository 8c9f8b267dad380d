//! The worker of a platform that configures it by variables: checks all of them, initialises what it is made of in
//! order, and takes jobs. Never goes on without a part, and never shows a value in what it complains of.

use std::collections::BTreeMap;

use crate::drill::worker;
use crate::world::sandbox::database::Database;

use super::platform::{self, Deployed};
use super::{Place, log, ready};

/// Variables that must be set, whatever they hold.
const REQUIRED: [&str; 13] = [
    "ENVIRONMENT",
    "SUPABASE_URL",
    "SUPABASE_ANON_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "DATABASE_URL",
    "OPENAI_API_KEY",
    "LLAMAPARSE_API_KEY",
    "ANTHROPIC_API_KEY",
    "DOCUMENT_ENCRYPTION_KEY",
    "DATABASE_SCHEMA",
    "LLAMAPARSE_BASE_URL",
    "OPENAI_API_URL",
    "OPENAI_MODEL",
];

/// Variables that must be whole numbers.
const NUMBERS: [&str; 3] = ["WORKER_POLL_INTERVAL", "WORKER_MAX_RETRIES", "WORKER_MAX_JOBS"];

/// The release that takes jobs before there is anything to take them from.
const BROKEN_RELEASE: &str = "4be7d10";

/// The worker's whole life.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let Deployed { commit, variables } = platform::deployed(place)?;
    log("INFO", &format!("worker starting, commit {commit}"));
    judge(&variables)?;
    log("INFO", &format!("configuration loaded, {} variables", variables.len()));
    if commit == BROKEN_RELEASE {
        return Err("initialisation failed: job processor needs the database pool, which is not initialised".to_owned());
    }
    let get = |name: &str| variables.get(name).map_or("", String::as_str);
    let unreached = |problem: &dyn std::fmt::Display| format!("database connection failed: {problem}");
    let database = Database::connect(get("DATABASE_URL")).await.map_err(|problem| unreached(&problem))?;
    log("INFO", "database pool initialised");
    for part in ["storage client", "parser client", "embedding client"] {
        log("INFO", &format!("{part} initialised"));
    }
    let tables = format!(
        "SELECT count(*)::text FROM information_schema.tables WHERE table_schema = '{}'",
        get("DATABASE_SCHEMA").replace('\'', "''")
    );
    if database.rows(&tables, &[]).await.map_err(|problem| unreached(&problem))? == [[Some("0".to_owned())]] {
        return Err(format!("initialisation failed: schema {} holds no table", get("DATABASE_SCHEMA")));
    }
    log("INFO", "job processor initialised, waiting for jobs");
    ready();
    let Err(problem) = worker::take_jobs(&database).await;
    Err(unreached(&problem))
}

/// What is wrong with the variables, all of it at once.
fn judge(variables: &BTreeMap<String, String>) -> Result<(), String> {
    let text = |name: &str| variables.get(name).map_or("", String::as_str);
    let unset = REQUIRED.iter().filter(|name| text(name).is_empty()).map(|name| format!("{name} is not set"));
    let not_numbers = NUMBERS.iter().filter(|name| text(name).parse::<u32>().is_err()).map(|name| format!("{name} must be a whole number"));
    let wrong: Vec<String> = unset.chain(not_numbers).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("configuration error: {}", wrong.join("; "))) }
}
