//! The drill of `worker-schema-missing`: a document worker whose three tables are gone, or one of them, or all
//! of them are somewhere else. Never more than data.

use super::scenario::{Fault, Invariant, Proof, Rows, Scenario, Tool};
use super::stand_in::StandIn;
use super::worker::WORKER;

/// The drill.
pub(super) const SCENARIO: Scenario = Scenario {
    runbook: "worker-schema-missing",
    healthy: concat!(
        include_str!("worker_schema_missing/vector.sql"),
        include_str!("worker_schema_missing/tables.sql"),
        include_str!("worker_schema_missing/history.sql"),
        include_str!("worker_schema_missing/documents.sql"),
    ),
    files: &[
        ("migrations/20260301090000_create_upload_pipeline.sql", include_str!("worker_schema_missing/tables.sql")),
        ("migrations/20260301090000_create_upload_pipeline.down.sql", "DROP SCHEMA upload_pipeline CASCADE;\n"),
    ],
    ports: &[],
    tools: &[
        Tool { name: "docker", stand_in: StandIn::Docker, harmless: &["ps"] },
        Tool { name: "kubectl", stand_in: StandIn::Kubectl, harmless: &["get", "pods"] },
    ],
    services: &[(WORKER, &[super::WORKER])],
    begins: "",
    settled: NOTHING_WAITS.proof,
    env: &[],
    inputs: &[("worker", "worker")],
    faults: &[
        Fault {
            name: "schema-gone",
            title: "The whole schema was dropped",
            told: "A clean-up script meant for staging ran DROP SCHEMA upload_pipeline CASCADE here; the documents are lost, the service need not be.",
            sql: "DROP SCHEMA upload_pipeline CASCADE;
                  INSERT INTO schema_migrations (version) VALUES ('20261120171500_staging_cleanup');",
            shell: "",
            symptom: Proof::Crashing(WORKER, r#"relation "upload_pipeline.upload_jobs" does not exist"#),
            expected: &["create-schema", "create-tables", "create-indexes", "queue-test-document"],
            keeps: &[],
            holds: &[FIVE_INDEXES, NOTHING_ELSEWHERE, NOTHING_WAITS],
        },
        Fault {
            name: "table-gone",
            title: "One table was dropped",
            told: "A migration that rebuilds document_chunks dropped it and never created it again; documents and jobs are untouched.",
            // A document that was uploaded since is what makes the worker stumble.
            sql: concat!(
                "DROP TABLE upload_pipeline.document_chunks;
                 INSERT INTO schema_migrations (version) VALUES ('20261120174000_rebuild_document_chunks');",
                include_str!("worker_schema_missing/upload.sql")
            ),
            shell: "",
            symptom: Proof::Crashing(WORKER, r#"relation "upload_pipeline.document_chunks" does not exist"#),
            expected: &["create-tables", "create-indexes", "queue-test-document"],
            keeps: &[DOCUMENTS, JOBS],
            holds: &[FIVE_INDEXES, NOTHING_ELSEWHERE, NOTHING_WAITS],
        },
        Fault {
            name: "wrong-schema",
            title: "The tables are in the wrong schema",
            told: "A migration moved all three tables to public with their rows; creating them anew makes empty twins that look healthy.",
            sql: concat!(
                include_str!("worker_schema_missing/upload.sql"),
                "ALTER TABLE upload_pipeline.upload_jobs SET SCHEMA public;
                 ALTER TABLE upload_pipeline.documents SET SCHEMA public;
                 ALTER TABLE upload_pipeline.document_chunks SET SCHEMA public;
                 INSERT INTO schema_migrations (version) VALUES ('20261120180000_consolidate_schemas');"
            ),
            shell: "",
            symptom: Proof::Crashing(WORKER, r#"relation "upload_pipeline.upload_jobs" does not exist"#),
            expected: &["move-tables", "queue-test-document"],
            keeps: &[DOCUMENTS, JOBS, CHUNKS],
            holds: &[FIVE_INDEXES, NOTHING_ELSEWHERE, NOTHING_WAITS],
        },
    ],
};

pub(super) const DOCUMENTS: Rows = Rows { table: "upload_pipeline.documents", key: "document_id" };
pub(super) const JOBS: Rows = Rows { table: "upload_pipeline.upload_jobs", key: "job_id" };
pub(super) const CHUNKS: Rows = Rows { table: "upload_pipeline.document_chunks", key: "chunk_id" };

pub(super) const NOTHING_WAITS: Invariant = Invariant {
    says: "The worker has worked through its queue",
    proof: Proof::Sql("SELECT (count(*) = 0)::text FROM upload_pipeline.upload_jobs WHERE status = 'queued'"),
};

const NOTHING_ELSEWHERE: Invariant = Invariant {
    says: "None of the worker's tables is in another schema",
    proof: Proof::Sql(
        "SELECT (count(*) = 0)::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE c.relkind = 'r' AND c.relname IN ('upload_jobs', 'documents', 'document_chunks') AND n.nspname <> 'upload_pipeline'",
    ),
};

const FIVE_INDEXES: Invariant = Invariant {
    says: "The five indexes exist",
    proof: Proof::Sql(
        "SELECT (count(*) = 5)::text FROM pg_indexes WHERE schemaname = 'upload_pipeline' AND indexname IN (
              'idx_upload_jobs_user_id', 'idx_upload_jobs_status', 'idx_documents_user_id',
              'idx_document_chunks_document_id', 'idx_document_chunks_embedding')",
    ),
};
