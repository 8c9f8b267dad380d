//! The job runner of the inbox: answers the messages that wait, and logs each of its steps. Never sends anything to
//! anybody: what it sends is a row.

use crate::world::clock;
use crate::world::sandbox::database::{Database, SqlProblem};

use super::log;

/// Jobs in one run.
const BATCH: &str = "5";

/// What it answers.
const REPLY: &str = "Thank you for your message. Somebody will look at it today.";

/// Where answers would go; reserved for use in fiction.
const PHONE: &str = "+15550100";

/// Works through the jobs that wait; returns how many there were.
pub(super) async fn run(database: &Database) -> Result<usize, SqlProblem> {
    let waiting = r#"UPDATE "OutboundJob" SET "status" = 'RUNNING', "attempts" = "attempts" + 1
                     WHERE "id" IN (SELECT "id" FROM "OutboundJob" WHERE "status" = 'PENDING' ORDER BY "id" LIMIT $1::text::int FOR UPDATE SKIP LOCKED)
                     RETURNING "id"::text, "conversationId"::text, "inboundMessageId"::text"#;
    let jobs = database.rows(waiting, &[BATCH]).await?;
    if !jobs.is_empty() {
        log("INFO", &format!("📦 [JOB-RUNNER] Processing {} job(s)", jobs.len()));
    }
    for job in &jobs {
        let [Some(job), Some(conversation), Some(message)] = &job[..] else { continue };
        answer(database, job, conversation, message).await?;
    }
    Ok(jobs.len())
}

async fn answer(database: &Database, job: &str, conversation: &str, message: &str) -> Result<(), SqlProblem> {
    let id = format!("job_{job}_{}", clock::wall().timestamp_millis());
    let begin = format!("jobId={job} requestId={id}");
    let first = |rows: Vec<Vec<Option<String>>>| rows.into_iter().next().unwrap_or_default().into_iter().flatten().collect::<Vec<_>>();
    let inbound = r#"SELECT "providerMessageId", length("body")::text FROM "Message" WHERE "id" = $1::int"#;
    let inbound = first(database.rows(inbound, &[message]).await?);
    let [wamid, length] = &inbound[..] else { return Ok(()) };
    log("INFO", &format!("✅ [JOB-RUNNER] picked {begin} conversationId={conversation} inboundProviderMessageId={wamid}"));
    log("INFO", &format!("📥 [JOB-RUNNER] Loading conversation {begin} conversationId={conversation}"));
    let loaded = r#"SELECT "contactId"::text, "leadId"::text, "deletedAt"::text FROM "Conversation" WHERE "id" = $1::int"#;
    let loaded = first(database.rows(loaded, &[conversation]).await?);
    let [contact, lead, ..] = &loaded[..] else { return Ok(()) };
    log("INFO", &format!("✅ [JOB-RUNNER] Conversation loaded {begin} conversationId={conversation} contactId={contact} leadId={lead}"));
    log("INFO", &format!("📥 [JOB-RUNNER] Loading inbound message {begin} inboundMessageId={message}"));
    log("INFO", &format!("✅ [JOB-RUNNER] Inbound message loaded {begin} messageId={message} bodyLength={length}"));
    log("INFO", &format!("🎯 [JOB-RUNNER] Running orchestrator for job {job} (requestId: {id})"));
    log(
        "INFO",
        &format!("✅ [JOB-RUNNER] Orchestrator complete {begin} elapsed=3ms replyLength={} hasHandover=false", REPLY.chars().count()),
    );
    let to = format!("conversationId={conversation} phone={PHONE} inboundProviderMessageId={wamid}");
    log("INFO", &format!("📤 [JOB-RUNNER] before sendOutboundWithIdempotency {begin} {to}"));
    let key = crate::base::hash::sha256(format!("{conversation}:{wamid}"));
    let sent = format!("{wamid}.reply");
    let logged = r#"INSERT INTO "OutboundMessageLog" ("conversationId", "dedupeKey", "status") VALUES ($1::int, $2, 'SENT')"#;
    database.rows(logged, &[conversation, &key]).await?;
    log("INFO", &format!("[OUTBOUND-IDEMPOTENCY] Created PENDING log: {conversation}, dedupeKey: {}...", &key[..12]));
    let row = r#"INSERT INTO "Message" ("conversationId", "direction", "body", "providerMessageId", "status")
                 VALUES ($1::int, 'OUTBOUND', $2, $3, 'SENT') RETURNING "id"::text"#;
    let row = first(database.rows(row, &[conversation, REPLY, &sent]).await?);
    log("INFO", &format!("[OUTBOUND-IDEMPOTENCY] Message record created for Inbox UI: conversationId={conversation}, messageId={sent}"));
    log("INFO", &format!("✅ [JOB-RUNNER] outbound sent {begin} messageId={sent} {to} success=true elapsed=5ms"));
    log("INFO", &format!("✅ [JOB-RUNNER] Message row confirmed {begin} messageRowId={} status=SENT", row.concat()));
    let done = r#"UPDATE "OutboundJob" SET "status" = 'DONE' WHERE "id" = $1::int"#;
    database.rows(done, &[job]).await?;
    log("INFO", &format!("✅ [JOB-RUNNER] Job {job} completed successfully (requestId: {id})"));
    Ok(())
}
