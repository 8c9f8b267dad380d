//! The worker of a drill: takes queued jobs, cuts their documents into chunks, and fails for real when its
//! tables are not there. Never handles a missing table: it logs what the server said and ends, as the worker
//! of the incident did, and is started again by its keeper.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use crate::base::stamp::rfc3339;
use crate::world::clock;
use crate::world::sandbox::database::{Database, SqlProblem};

/// How its service, and in a drill its container and its deployment, are called.
pub(super) const WORKER: &str = "worker";

/// How often the queue is looked at: twice as often as a person notices a delay.
const LOOK: Duration = Duration::from_millis(100);

/// Words in a chunk: few, so that a short document has several.
const WORDS: usize = 12;

/// The tables it cannot do without.
const TABLES: [&str; 3] = ["upload_jobs", "documents", "document_chunks"];

/// The worker's whole life: the hidden subcommand `__worker`. Its database is `DATABASE_URL`.
#[must_use]
pub(super) fn main() -> ExitCode {
    // Whoever started it holds its standard input open for as long as it is wanted.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return ExitCode::FAILURE };
    let Err(problem) = runtime.block_on(work());
    let code = problem.sqlstate.as_ref().map(|code| format!(" (SQLSTATE {code})")).unwrap_or_default();
    log("ERROR", &format!("{problem}{code}"));
    log("ERROR", "worker stopped");
    ExitCode::FAILURE
}

/// Checks its tables, says that it is ready, and works until a statement fails.
async fn work() -> Result<std::convert::Infallible, SqlProblem> {
    log("INFO", "worker starting");
    let url = std::env::var("DATABASE_URL").unwrap_or_default();
    let database = Database::connect(&url).await?;
    for table in TABLES {
        database.rows(&format!("SELECT FROM upload_pipeline.{table} LIMIT 0"), &[]).await?;
    }
    log("INFO", "worker ready, waiting for jobs");
    let _ = writeln!(std::io::stdout(), "ready");
    take_jobs(&database).await
}

/// Works until a statement fails.
pub(super) async fn take_jobs(database: &Database) -> Result<std::convert::Infallible, SqlProblem> {
    loop {
        if !take_a_job(database).await? {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Does one queued job in one transaction; false if there is none. What fails leaves the job queued.
async fn take_a_job(database: &Database) -> Result<bool, SqlProblem> {
    database.run("BEGIN").await?;
    let jobs = database
        .rows(
            "SELECT j.job_id::text, j.document_id::text, d.metadata->>'text'
             FROM upload_pipeline.upload_jobs j LEFT JOIN upload_pipeline.documents d USING (document_id)
             WHERE j.status = 'queued' ORDER BY j.created_at LIMIT 1 FOR UPDATE OF j SKIP LOCKED",
            &[],
        )
        .await?;
    let Some([Some(job), document, text]) = jobs.into_iter().next().and_then(|job| <[_; 3]>::try_from(job).ok()) else {
        database.run("COMMIT").await?;
        return Ok(false);
    };
    let said = if let (Some(document), Some(text)) = (document, text) {
        let chunks = process(database, &document, &text).await?;
        finish(database, &job, "complete", "").await?;
        format!("job {job} complete: document {document} in {chunks} chunks")
    } else {
        finish(database, &job, "failed", "the job's document has no text").await?;
        format!("job {job} failed: its document has no text")
    };
    database.run("COMMIT").await?;
    log("INFO", &said);
    Ok(true)
}

/// Replaces a document's chunks by new ones; returns how many.
async fn process(database: &Database, document: &str, text: &str) -> Result<usize, SqlProblem> {
    let words: Vec<&str> = text.split_whitespace().collect();
    database.rows("DELETE FROM upload_pipeline.document_chunks WHERE document_id = $1::uuid", &[document]).await?;
    let chunks = words.chunks(WORDS);
    let count = chunks.len();
    for (ord, chunk) in chunks.enumerate() {
        database
            .rows(
                "INSERT INTO upload_pipeline.document_chunks (chunk_id, document_id, chunk_ord, text)
                 VALUES (gen_random_uuid(), $1::uuid, $2::int, $3)",
                &[document, &ord.to_string(), &chunk.join(" ")],
            )
            .await?;
    }
    let processed = "UPDATE upload_pipeline.documents SET status = 'processed', updated_at = now() WHERE document_id = $1::uuid";
    database.rows(processed, &[document]).await?;
    Ok(count)
}

async fn finish(database: &Database, job: &str, status: &str, error: &str) -> Result<(), SqlProblem> {
    let finished = "UPDATE upload_pipeline.upload_jobs
                    SET status = $2, error_message = NULLIF($3, ''), updated_at = now() WHERE job_id = $1::uuid";
    database.rows(finished, &[job, status, error]).await.map(drop)
}

fn log(level: &str, message: &str) {
    let _ = writeln!(std::io::stderr(), "{} {level:<5} {message}", rfc3339(clock::wall()));
}
