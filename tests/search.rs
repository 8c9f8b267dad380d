//! Lines as they stand in logs, pasted whole, against the shipped runbooks: the right one comes first.
#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use fracas::runbook::{Runbook, search, shipped, yaml};

/// A line of a log, and the runbook it belongs to.
const LINES: &[(&str, &str)] = &[
    (
        r#"2026-11-21 10:04:11,482 ERROR worker.claim [pid 17] asyncpg.exceptions.UndefinedTableError: relation "upload_pipeline.upload_jobs" does not exist"#,
        "worker-schema-missing",
    ),
    (r#"ERROR:  schema "upload_pipeline" does not exist at character 15"#, "worker-schema-missing"),
    ("worker-1  | configuration error: SUPABASE_SERVICE_ROLE_KEY is not set", "fm-030-worker-outage"),
    ("2026-11-21T10:00:00Z fm-030 initialisation failed: phase 2 of 5 (storage)", "fm-030-worker-outage"),
    (
        "sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedColumn) column projects.total_hours does not exist LINE 1: SELECT",
        "database-recovery",
    ),
    ("2026-11-21 10:04:11.482 UTC [177] ERROR:  column projects.total_hours does not exist at character 8", "database-recovery"),
    (
        r#"ERROR:  null value in column "created_at" of relation "projects" violates not-null constraint DETAIL:  Failing row"#,
        "database-recovery",
    ),
    ("backend-1 | pydantic_core.ValidationError: 1 validation error for Settings PROJECT_NAME Field required", "app-not-starting"),
    (
        "Error response from daemon: failed to set up container networking: Bind for 0.0.0.0:8000 failed: port is already allocated",
        "app-not-starting",
    ),
    (
        r#"sqlalchemy.exc.OperationalError: (psycopg.OperationalError) connection failed: connection to server at "172.18.0.2", port 5432 failed: Connection refused"#,
        "database-connection-errors",
    ),
    ("FATAL:  sorry, too many clients already", "database-connection-errors"),
    ("nginx: [error] 31#31: *1 rewrite or internal redirection cycle while internally redirecting to \"/index.html\"", "frontend-404"),
    (
        "ERROR:    Exception in ASGI application sqlalchemy.exc.ProgrammingError: (psycopg.errors.UndefinedColumn) column user.nickname does not exist",
        "api-500",
    ),
    ("jwt.exceptions.ExpiredSignatureError: Signature has expired", "authentication-failures"),
    (
        r#"INFO: 172.18.0.1:53 - "GET /api/v1/users/me HTTP/1.1" 403 Forbidden {"detail":"Could not validate credentials"}"#,
        "authentication-failures",
    ),
    ("smtplib.SMTPAuthenticationError: (535, b'5.7.8 Error: authentication failed')", "email-not-sending"),
    (
        r#"psycopg.errors.UndefinedTable: relation "ingestions" does not exist LINE 1: SELECT count(*) FROM ingestions"#,
        "tables-missing-after-migration",
    ),
    (
        "FAILED: New upgrade operations detected: [('add_column', None, 'ingestions', Column('ocr_provider'))]",
        "tables-missing-after-migration",
    ),
    (
        "PrismaClientKnownRequestError: Invalid `prisma.conversation.findMany()` invocation: The column `Conversation.deletedAt` does not exist in the current database. code: 'P2022'",
        "schema-drift-fix",
    ),
    ("Foreign key constraint failed on the field: `OutboundJob_conversationId_fkey` (index) code P2003", "schema-drift-fix"),
];

#[test]
fn a_pasted_line_puts_the_right_runbook_first() {
    let runbooks: Vec<Runbook> = shipped().iter().map(|(file, text)| yaml::read(file, text.as_bytes()).unwrap()).collect();
    let all: Vec<&Runbook> = runbooks.iter().collect();
    let first = |query: &str| search::rank(query, &all).first().map(|hit| runbooks[hit.index].id.to_string());
    let wrong: Vec<String> = LINES
        .iter()
        .filter(|(line, wanted)| first(line).as_deref() != Some(wanted))
        .map(|(line, wanted)| {
            let hits = search::rank(line, &all);
            let found: Vec<String> = hits.iter().take(3).map(|hit| format!("{} {}", runbooks[hit.index].id, hit.score)).collect();
            format!("{line}\n  wanted {wanted}, found {}", found.join(", "))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let named: std::collections::BTreeSet<&str> = LINES.iter().map(|(_, wanted)| *wanted).collect();
    assert_eq!(named.len(), runbooks.len(), "a line for each");
    // Words as people type them.
    for (typed, wanted) in
        [("worker schema", "worker-schema-missing"), ("cannot log in", "authentication-failures"), ("email", "email-not-sending")]
    {
        assert_eq!(first(typed).as_deref(), Some(wanted), "{typed}");
    }
}
