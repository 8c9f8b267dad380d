//! The deployment of an inbox: takes messages, lets jobs answer them, shows and deletes conversations. Never asks a
//! database again that once lacked a column: like a client that was generated before it, it has to be deployed anew.

mod jobs;

use std::cell::RefCell;

use crate::base::hash::sha256;
use crate::base::{Value, json};
use crate::world::clock;
use crate::world::sandbox::database::{Database, SqlProblem};

use super::http::{self, Request, Response};
use super::{Place, log, ready};

/// The release whose delete endpoint deletes for good.
const HARD_DELETING: &str = "2.8.0";

/// The path of the cron endpoint.
pub(in crate::drill) const CRON: &str = "/api/cron/run-outbound-jobs";

/// The deployment's whole life.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let port = http::listen(place.port("site")?).await?;
    ready();
    let inbox = std::rc::Rc::new(Inbox { mismatch: RefCell::new(None) });
    let tasks = tokio::task::LocalSet::new();
    tasks
        .run_until(async {
            loop {
                let Ok((client, _)) = port.accept().await else { continue };
                let inbox = inbox.clone();
                tokio::task::spawn_local(http::serve(client, async move |request| inbox.answer(request).await));
            }
        })
        .await
}

struct Inbox {
    /// The column that was found missing.
    mismatch: RefCell<Option<String>>,
}

/// Why a request was not served: by an answer of its own, or because the database said so.
enum Refused {
    Answered(Response),
    Database(SqlProblem),
}

impl From<SqlProblem> for Refused {
    fn from(problem: SqlProblem) -> Self {
        Self::Database(problem)
    }
}

impl Inbox {
    async fn answer(&self, request: &Request) -> Response {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let deleted = path.strip_prefix("/api/admin/conversations/").and_then(|rest| rest.strip_suffix("/delete"));
        let served = match (request.method.as_str(), path) {
            ("GET" | "HEAD", "/") => Ok(Response::new(200, "text/html", "<!doctype html><title>Inbox</title>")),
            ("GET", "/api/inbox") => self.inbox().await,
            ("GET", "/api/notifications") => self.notifications().await,
            ("POST", "/api/webhooks/whatsapp") => self.webhook(request).await,
            ("GET", CRON) => self.cron(request, query).await,
            ("POST", _) if deleted.is_some() => self.delete(request, deleted.unwrap_or_default()).await,
            _ => Err(Refused::Answered(answer(404, &json!({"error": "Not Found"})))),
        };
        served.unwrap_or_else(|refused| match refused {
            Refused::Answered(response) => response,
            Refused::Database(problem) => self.failure(&problem),
        })
    }

    /// A connection, if the client fits the database.
    async fn database(&self) -> Result<Database, Refused> {
        if let Some(column) = &*self.mismatch.borrow() {
            log("ERROR", &format!("[DB-MISMATCH] {column} column does not exist. DB migrations not applied."));
            return Err(Refused::Answered(migrations_not_applied()));
        }
        Ok(Database::connect(&std::env::var("DATABASE_URL").unwrap_or_default()).await?)
    }

    /// What a failed statement becomes, in Prisma's words and in the application's.
    fn failure(&self, problem: &SqlProblem) -> Response {
        let named = problem.message.split('"').nth(1).unwrap_or("?").to_owned();
        match problem.sqlstate.as_deref() {
            Some("42703") => {
                let model = if named.ends_with("snoozedUntil") { "Notification" } else { "Conversation" };
                let column = format!("{model}.{}", named.rsplit('.').next().unwrap_or(&named));
                log("ERROR", &format!("Invalid `prisma.{}.findMany()` invocation:", model.to_lowercase()));
                log("ERROR", &format!("P2022: The column `{column}` does not exist in the current database."));
                log("ERROR", &format!("[DB-MISMATCH] {column} column does not exist. DB migrations not applied."));
                *self.mismatch.borrow_mut() = Some(column);
                migrations_not_applied()
            }
            Some("23503" | "23001") => {
                let key = problem.message.split('"').nth(3).unwrap_or("?");
                log("ERROR", &format!("P2003: Foreign key constraint failed on the field: `{key}`"));
                answer(500, &json!({"error": "Cannot delete conversation due to foreign key constraints"}))
            }
            _ => {
                log("ERROR", &format!("Error: {problem}"));
                answer(500, &json!({"error": "Internal Server Error"}))
            }
        }
    }

    async fn inbox(&self) -> Result<Response, Refused> {
        let listed = r#"SELECT "id"::text FROM "Conversation" WHERE "deletedAt" IS NULL ORDER BY "id""#;
        let rows = self.database().await?.rows(listed, &[]).await?;
        Ok(answer(200, &json!({"conversations": rows.into_iter().flatten().collect::<Vec<_>>()})))
    }

    async fn notifications(&self) -> Result<Response, Refused> {
        let listed = r#"SELECT "title" FROM "Notification" WHERE "snoozedUntil" IS NULL OR "snoozedUntil" < now() ORDER BY "id" LIMIT 20"#;
        let rows = self.database().await?.rows(listed, &[]).await?;
        Ok(answer(200, &json!({"notifications": rows.into_iter().flatten().collect::<Vec<_>>()})))
    }

    /// Takes a customer's message, and leaves a job to answer it.
    async fn webhook(&self, request: &Request) -> Result<Response, Refused> {
        let message: Value = request.body.parse().unwrap_or_default();
        let text = |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (conversation, wamid) = (text("conversation"), text("id"));
        let id = request_id("webhook");
        log("INFO", &format!("[WEBHOOK] INBOUND-ENTRY requestId={id}"));
        let queued = self
            .database()
            .await?
            .rows(
                r#"WITH conversation AS (SELECT "id" FROM "Conversation" WHERE "id" = $1::int AND "deletedAt" IS NULL),
                   message AS (INSERT INTO "Message" ("conversationId", "direction", "body", "providerMessageId", "status")
                               SELECT "id", 'INBOUND', $2, $3, 'RECEIVED' FROM conversation
                               RETURNING "id", "conversationId")
                   INSERT INTO "OutboundJob" ("conversationId", "inboundMessageId")
                   SELECT "conversationId", "id" FROM message RETURNING "id"::text"#,
                &[&conversation, &text("body"), &wamid],
            )
            .await?;
        if let Some(job) = queued.into_iter().flatten().flatten().next() {
            log("INFO", &format!("✅ [WEBHOOK] Job enqueued requestId={id} jobId={job} wasDuplicate=false elapsed=12ms"));
            log("INFO", &format!("🚀 [WEBHOOK] Kicked job runner requestId={id} inboundMessageId={wamid}"));
        }
        Ok(answer(200, &json!({"ok": true})))
    }

    /// Runs the jobs, for the platform or for whoever knows the secret.
    async fn cron(&self, request: &Request, query: &str) -> Result<Response, Refused> {
        let secret = std::env::var("CRON_SECRET").unwrap_or_default();
        let id = request_id("cron");
        log("INFO", &format!("[CRON] trigger start requestId={id}"));
        let is_vercel = request.headers.contains_key("x-vercel-cron");
        let knows = !secret.is_empty() && query.split('&').any(|pair| pair.strip_prefix("token=") == Some(&secret));
        let method = match (is_vercel, knows) {
            (true, _) => "vercel",
            (false, true) => "query",
            (false, false) => {
                log("WARN", &format!("[CRON] unauthorized requestId={id}"));
                return Err(Refused::Answered(answer(401, &json!({"ok": false, "error": "Unauthorized", "requestId": id}))));
            }
        };
        let header = if is_vercel { "1" } else { "N/A" };
        log("INFO", &format!("✅ [CRON] authorized method={method} requestId={id} vercelHeaderValue=\"{header}\""));
        log("INFO", &format!("[CRON] calling job runner requestId={id} authMethod={method}"));
        let began = clock::wall();
        let database = self.database().await?;
        let processed = jobs::run(&database).await?;
        let elapsed = format!("{}ms", (clock::wall() - began).num_milliseconds());
        log("INFO", &format!("[CRON] job runner response requestId={id} statusCode=200 elapsed={elapsed}"));
        let result = json!({"ok": true, "processed": processed, "failed": 0});
        let said = json!({"ok": true, "message": "Job runner triggered", "jobRunnerResult": result, "requestId": id,
                          "authMethod": method, "elapsed": elapsed});
        Ok(answer(200, &said))
    }

    /// Deletes a conversation: softly, as it should, or as one release does it.
    async fn delete(&self, request: &Request, conversation: &str) -> Result<Response, Refused> {
        let token = std::env::var("ADMIN_TOKEN").unwrap_or_default();
        let bearer = request.headers.get("authorization").and_then(|header| header.strip_prefix("Bearer "));
        if token.is_empty() || bearer != Some(&token) {
            return Err(Refused::Answered(answer(401, &json!({"error": "Unauthorized"}))));
        }
        let statement = if std::env::var("RELEASE").is_ok_and(|release| release == HARD_DELETING) {
            r#"DELETE FROM "Conversation" WHERE "id" = $1::int RETURNING "id"::text"#
        } else {
            r#"UPDATE "Conversation" SET "deletedAt" = coalesce("deletedAt", now()) WHERE "id" = $1::int RETURNING "id"::text"#
        };
        let deleted = self.database().await?.rows(statement, &[conversation]).await?;
        if deleted.is_empty() {
            return Err(Refused::Answered(answer(404, &json!({"error": "Conversation not found"}))));
        }
        log("INFO", &format!("[ADMIN-DELETE] soft deleted conversationId={conversation}"));
        Ok(answer(200, &json!({"ok": true, "conversationId": conversation})))
    }
}

fn migrations_not_applied() -> Response {
    answer(500, &json!({"error": "DB migrations not applied. Run: npx prisma migrate deploy"}))
}

fn answer(status: u16, body: &Value) -> Response {
    Response::new(status, "application/json", body.to_string())
}

/// Such as `cron_1766000000000_3f9a1c`.
fn request_id(kind: &str) -> String {
    let now = clock::wall();
    let chance = sha256(format!("{kind}:{}", now.timestamp_nanos_opt().unwrap_or_default()));
    format!("{kind}_{}_{}", now.timestamp_millis(), &chance[..6])
}
