//! The container of the application's API: checks its settings, connects to its database, and answers. Never hides what
//! the database says: it logs it, and answers 500.

use chrono::TimeDelta;

use crate::base::json;
use crate::world::clock;
use crate::world::sandbox::database::{Database, SqlProblem};

use super::http::{self, Request, Response};
use super::{Place, Settings, database_url, log, mail, ready, token};

/// The release that cannot read an ingestion without a provider, which `bad-release` deploys.
pub(in crate::drill) const BROKEN_RELEASE: &str = "2.5.0";

/// What one ingestion is read with: the columns the code knows.
const INGESTIONS: &str =
    "SELECT id::text, filename, status::text, ocr_provider, ocr_confidence::text FROM ingestions ORDER BY created_at LIMIT 50";

/// The API's whole life.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let settings = Settings::of_process();
    log("INFO", &format!("backend {} starting", settings.get("TAG")));
    settings.judge()?;
    let port = http::listen(place.port("api")?).await?;
    connect(&settings).await?;
    ready();
    log("INFO", &format!("Uvicorn running on http://0.0.0.0:8000, environment {}", settings.get("ENVIRONMENT")));
    let backend = std::rc::Rc::new(Backend { settings, place: Place::of(&place.folder) });
    let tasks = tokio::task::LocalSet::new();
    tasks
        .run_until(async {
            loop {
                let Ok((client, _)) = port.accept().await else { continue };
                let backend = backend.clone();
                tokio::task::spawn_local(http::serve(client, async move |request| backend.answer(request).await));
            }
        })
        .await
}

/// Holds the API's port, and answers nothing.
pub(super) async fn hold_port(place: &Place) -> Result<(), String> {
    let _held = http::listen(place.port("api")?).await?;
    ready();
    std::future::pending().await
}

async fn connect(settings: &Settings) -> Result<Database, String> {
    let said = |problem: SqlProblem| {
        let server = format!("\"{}\", port {}", settings.get("POSTGRES_SERVER"), settings.get("POSTGRES_PORT"));
        format!(
            "sqlalchemy.exc.OperationalError: (psycopg.OperationalError) could not connect to server: connection to server at {server} failed: {problem}"
        )
    };
    Database::connect(&database_url(settings)).await.map_err(said)
}

struct Backend {
    settings: Settings,
    place: Place,
}

impl Backend {
    async fn answer(&self, request: &Request) -> Response {
        let path = request.path.split('?').next().unwrap_or_default();
        let mut response = match (request.method.as_str(), path) {
            ("GET" | "HEAD", "/api/v1/utils/health-check/") => Response::new(200, JSON, "true"),
            ("GET" | "HEAD", "/api/v1/users/me") => self.who(request),
            ("GET" | "HEAD", "/api/v1/ingestions/") => self.ingestions().await.unwrap_or_else(|why| failure(&why)),
            ("POST", "/api/v1/login/access-token") => self.sign_in(request).await.unwrap_or_else(|why| failure(&why)),
            ("POST", path) if path.starts_with("/api/v1/password-recovery/") => {
                let person = path.trim_start_matches("/api/v1/password-recovery/");
                self.recover(person).await.unwrap_or_else(|why| failure(&why))
            }
            _ => Response::new(404, JSON, r#"{"detail":"Not Found"}"#),
        };
        let origin = request.headers.get("origin");
        if let Some(origin) = origin.filter(|origin| self.settings.allows_origin(origin)) {
            response.headers.push(("access-control-allow-origin".to_owned(), origin.clone()));
        }
        log("INFO", &format!("\"{} {path}\" {} {}", request.method, response.status, http::reason(response.status)));
        response
    }

    fn who(&self, request: &Request) -> Response {
        let bearer = request.headers.get("authorization").and_then(|header| header.strip_prefix("Bearer "));
        let Some(bearer) = bearer else { return Response::new(401, JSON, r#"{"detail":"Not authenticated"}"#) };
        match token::verify(self.settings.get("SECRET_KEY"), bearer, clock::wall()) {
            Ok(person) => Response::new(200, JSON, json!({"email": person}).to_string()),
            Err(why) => {
                log("WARN", &format!("token refused: {why}"));
                Response::new(403, JSON, r#"{"detail":"Could not validate credentials"}"#)
            }
        }
    }

    async fn sign_in(&self, request: &Request) -> Result<Response, String> {
        let name = request.body.split('&').find_map(|pair| pair.strip_prefix("username=")).unwrap_or_default().replace("%40", "@");
        let database = connect(&self.settings).await?;
        let known = database
            .rows(r#"SELECT email FROM "user" WHERE email = $1 AND is_active"#, &[&name])
            .await
            .map_err(|problem| in_words(&problem))?;
        if known.is_empty() {
            return Ok(Response::new(401, JSON, r#"{"detail":"Incorrect email or password"}"#));
        }
        let expires = clock::wall() + TimeDelta::try_minutes(self.settings.token_minutes()).unwrap_or_default();
        let token = token::sign(self.settings.get("SECRET_KEY"), &name, expires);
        log("INFO", "token issued");
        Ok(Response::new(200, JSON, json!({"access_token": token, "token_type": "bearer"}).to_string()))
    }

    async fn ingestions(&self) -> Result<Response, String> {
        let rows = connect(&self.settings).await?.rows(INGESTIONS, &[]).await.map_err(|problem| in_words(&problem))?;
        if self.settings.get("TAG") == BROKEN_RELEASE && rows.iter().any(|row| row.get(3).is_none_or(Option::is_none)) {
            return Err("AttributeError: 'NoneType' object has no attribute 'lower' (app/api/routes/ingestions.py, line 61)".to_owned());
        }
        let data: Vec<_> =
            rows.iter().map(|row| json!({"id": row[0], "filename": row[1], "status": row[2], "ocr_provider": row[3]})).collect();
        Ok(Response::new(200, JSON, json!({"count": data.len(), "data": data}).to_string()))
    }

    async fn recover(&self, person: &str) -> Result<Response, String> {
        if !self.settings.emails_enabled() {
            return Err("AssertionError: no provided configuration for email variables".to_owned());
        }
        let sent = mail::send(&self.settings, &self.place, person).await;
        sent.map_err(|why| format!("send email result: {why}"))?;
        log("INFO", "send email result: 250 OK");
        Ok(Response::new(200, JSON, r#"{"message":"Password recovery email sent"}"#))
    }
}

const JSON: &str = "application/json";

fn in_words(problem: &SqlProblem) -> String {
    let class = match problem.sqlstate.as_deref() {
        Some("42P01") => "UndefinedTable",
        Some("42703") => "UndefinedColumn",
        _ => "DatabaseError",
    };
    format!("sqlalchemy.exc.ProgrammingError: (psycopg.errors.{class}) {problem}")
}

fn failure(why: &str) -> Response {
    log("ERROR", "Exception in ASGI application");
    log("ERROR", why);
    Response::new(500, "text/plain", "Internal Server Error")
}
