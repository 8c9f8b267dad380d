//! The project management application of a drill: its API, and the people who plan with it. Never hides what the
//! database says: it logs it, and answers 500.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::{Value, json};
use crate::world::sandbox::database::{Database, SqlProblem};

use super::http::{self, Request, Response, ask};
use super::{Place, log, ready};

/// What the list of projects is read with: the columns the code knows.
const LIST: &str = "SELECT to_json(q)::text FROM (
        SELECT key, name, is_active, project_work_type, total_hours, cumulative_hours, retainer_hours, weekly_meeting_day,
               send_meeting_emails, description, start_date, launch_date FROM projects ORDER BY key) q";

/// What the switch beside a project does.
const TOGGLE: &str = "UPDATE projects SET is_active = NOT is_active, updated_at = now() WHERE key = $1
    RETURNING json_build_object('key', key, 'is_active', is_active, 'project_work_type', project_work_type)::text";

/// What is remembered when documents of a source were read.
const SYNCED: &str = r#"INSERT INTO "vector-sync-status" (source, last_sync) VALUES ($1, now()::text)
    ON CONFLICT (source) DO UPDATE SET last_sync = EXCLUDED.last_sync, updated_at = now()
    RETURNING json_build_object('source', source, 'last_sync', last_sync)::text"#;

/// How often people do something: often enough that a fault shows before a responder looks.
const PAUSE: Duration = Duration::from_millis(250);

/// The API's whole life.
pub(super) async fn serve(place: &Place) -> Result<(), String> {
    let port = http::listen(place.port("api")?).await?;
    ready();
    log("INFO", "Uvicorn running on http://0.0.0.0:8000");
    loop {
        let Ok((client, _)) = port.accept().await else { continue };
        http::serve(client, answer).await;
    }
}

async fn answer(request: &Request) -> Response {
    let segments: Vec<&str> = request.path.split('/').skip(1).collect();
    let response = match (request.method.as_str(), segments.as_slice()) {
        // As on the night of the incident, it asks no database.
        ("GET" | "HEAD", ["health"]) => Ok(Response::new(200, JSON, r#"{"status":"ok"}"#)),
        ("GET" | "HEAD", ["api", "jira", "projects"]) => rows(LIST, &[]).await,
        ("PUT", ["api", "jira", "projects", key, "toggle"]) => rows(TOGGLE, &[key]).await,
        ("POST", ["api", "ingest", source]) => rows(SYNCED, &[source]).await,
        _ => Ok(Response::new(404, JSON, r#"{"detail":"Not Found"}"#)),
    };
    let response = response.unwrap_or_else(|problem| {
        log("ERROR", &in_words(&problem));
        Response::new(500, JSON, json!({"detail": in_words(&problem)}).to_string())
    });
    log("INFO", &format!("\"{} {}\" {} {}", request.method, request.path, response.status, http::reason(response.status)));
    response
}

const JSON: &str = "application/json";

/// The rows of a statement whose one column is JSON.
async fn rows(statement: &str, parameters: &[&str]) -> Result<Response, SqlProblem> {
    let database = Database::connect(&std::env::var("DATABASE_URL").unwrap_or_default()).await?;
    let rows: Vec<String> = database.rows(statement, parameters).await?.into_iter().flatten().flatten().collect();
    Ok(Response::new(200, JSON, format!("[{}]", rows.join(","))))
}

fn in_words(problem: &SqlProblem) -> String {
    let class = match problem.sqlstate.as_deref() {
        Some("42P01") => "UndefinedTable",
        Some("42703") => "UndefinedColumn",
        _ => "DatabaseError",
    };
    format!("sqlalchemy.exc.ProgrammingError: (psycopg2.errors.{class}) {problem}")
}

/// The people's whole life: they look at the list, switch a project on or off, and have documents read.
pub(super) async fn plan(place: &Place) -> Result<(), String> {
    let port = place.port("api")?;
    let mut key = "NONE".to_owned();
    ready();
    loop {
        for (method, path) in [
            ("GET", "/api/jira/projects".to_owned()),
            ("PUT", format!("/api/jira/projects/{key}/toggle")),
            ("POST", "/api/ingest/jira".to_owned()),
        ] {
            let request = Request { method: method.to_owned(), path, headers: BTreeMap::new(), body: String::new() };
            match ask(port, &request).await {
                Ok(response) => {
                    log("INFO", &format!("{method} {} {}", request.path, response.status));
                    if let Some(first) = response.body.parse::<Value>().ok().and_then(|list| list[0]["key"].as_str().map(str::to_owned)) {
                        key = first;
                    }
                }
                Err(why) => log("ERROR", &format!("{method} {} {why}", request.path)),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
