//! The drill of `database-recovery`: a table and nine columns that are gone, a migration that broke off half-way, and a
//! dump that took foreign keys along. Never more than data.

use super::CONTAINER;
use super::scenario::{Fault, Invariant, Proof, Rows, Scenario, Tool};
use super::stand_in::StandIn;

/// The drill.
pub(super) const SCENARIO: Scenario = Scenario {
    runbook: "database-recovery",
    healthy: concat!(include_str!("database_recovery/tables.sql"), include_str!("database_recovery/rows.sql")),
    files: &[
        ("alembic/tables.sql", include_str!("database_recovery/tables.sql")),
        ("alembic/versions/6d0f3b9e27a1_create_tables.py", include_str!("database_recovery/6d0f3b9e27a1.py")),
        ("alembic/versions/cf14025f87ec_restore_missing_tables_and_columns_post_.py", include_str!("database_recovery/cf14025f87ec.py")),
        ("docs/DATABASE_SCHEMA.md", include_str!("database_recovery/DATABASE_SCHEMA.md")),
        ("docs/README_MIGRATIONS.md", include_str!("database_recovery/README_MIGRATIONS.md")),
        (".github/workflows/deploy.yml", include_str!("database_recovery/deploy.yml")),
        ("docs/schema.yaml", include_str!("database_recovery/schema.yaml")),
        ("src/routes/jira.py", include_str!("database_recovery/jira.py")),
        ("frontend/src/components/Projects.tsx", include_str!("database_recovery/Projects.tsx")),
        ("frontend/src/components/Settings.tsx", include_str!("database_recovery/Projects.tsx")),
    ],
    ports: &["api"],
    tools: &[Tool { name: "alembic", stand_in: StandIn::Alembic, harmless: &["heads"] }],
    services: &[("projects", &[CONTAINER, "{folder}", "projects"]), ("planners", &[CONTAINER, "{folder}", "planners"])],
    begins: "",
    settled: EVERYBODY_CAN_PLAN.proof,
    env: &[],
    inputs: &[("api", "http://127.0.0.1:{port:api}")],
    faults: &[
        Fault {
            name: "dropped",
            title: "A table and nine columns were dropped",
            told: "A clean-up of unused objects, meant for a copy, ran on production: it dropped vector-sync-status, nine columns of projects and its NOT NULL constraints, and set the version back; a project was created since, without its times.",
            sql: r#"DROP TABLE "vector-sync-status";
                    ALTER TABLE projects DROP COLUMN project_work_type, DROP COLUMN total_hours, DROP COLUMN cumulative_hours,
                        DROP COLUMN retainer_hours, DROP COLUMN weekly_meeting_day, DROP COLUMN send_meeting_emails,
                        DROP COLUMN description, DROP COLUMN start_date, DROP COLUMN launch_date;
                    ALTER TABLE projects ALTER created_at DROP NOT NULL, ALTER updated_at DROP NOT NULL;
                    INSERT INTO projects (key, name) VALUES ('NIGHT', 'Created during the incident');
                    UPDATE alembic_version SET version_num = '6d0f3b9e27a1';"#,
            shell: "",
            symptom: Proof::Shell(SOMEBODY_CANNOT),
            expected: &["restore-sync-table", "add-columns", "restore-not-null", "apply-migrations"],
            keeps: &[PROJECTS, HOURS],
            holds: &[EVERYBODY_CAN_PLAN, STRUCTURE_IS_WHOLE, KEYS_ARE_THERE],
        },
        Fault {
            name: "half-applied",
            title: "A migration was applied in part, and its version in full",
            told: "The migration broke off half-way, somebody finished it by hand from memory and stamped its version: three columns are missing, one has the wrong type and three have no default.",
            sql: "ALTER TABLE projects DROP COLUMN description, DROP COLUMN start_date, DROP COLUMN launch_date;
                  ALTER TABLE projects ALTER total_hours DROP DEFAULT, ALTER total_hours TYPE double precision,
                      ALTER project_work_type DROP DEFAULT, ALTER send_meeting_emails DROP DEFAULT;",
            shell: "",
            symptom: Proof::Shell(SOMEBODY_CANNOT),
            expected: &["add-columns", "correct-columns"],
            keeps: &[PROJECTS, HOURS, SOURCES],
            holds: &[EVERYBODY_CAN_PLAN, STRUCTURE_IS_WHOLE, KEYS_ARE_THERE],
        },
        Fault {
            name: "keys-lost",
            title: "A restore took foreign keys along",
            told: "A table was restored from a dump with --clean: DROP … CASCADE took the foreign keys to projects along, and vector-sync-status was never created again.",
            sql: r#"DROP TABLE "vector-sync-status";
                    ALTER TABLE time_entries DROP CONSTRAINT time_entries_project_id_fkey;
                    ALTER TABLE meetings DROP CONSTRAINT meetings_project_id_fkey;
                    ALTER TABLE documents DROP CONSTRAINT documents_project_id_fkey;"#,
            shell: "",
            symptom: Proof::Shell(SOMEBODY_CANNOT),
            expected: &["restore-sync-table", "restore-foreign-keys"],
            keeps: &[PROJECTS, HOURS],
            holds: &[EVERYBODY_CAN_PLAN, STRUCTURE_IS_WHOLE, KEYS_ARE_THERE],
        },
    ],
};

const PROJECTS: Rows = Rows { table: "projects", key: "id" };
const HOURS: Rows = Rows { table: "time_entries", key: "id" };
const SOURCES: Rows = Rows { table: "\"vector-sync-status\"", key: "source" };

/// One of the last three things that people did failed.
const SOMEBODY_CANNOT: &str = "tail -n 3 ../planners-1.log | grep -q ' 500$'";

const EVERYBODY_CAN_PLAN: Invariant = Invariant {
    says: "The list of projects loads, projects can be switched, and what was ingested is remembered",
    proof: Proof::Shell("tail -n 3 ../planners-1.log | awk '$NF == 200 { good++ } END { exit good == 3 ? 0 : 1 }'"),
};

const STRUCTURE_IS_WHOLE: Invariant = Invariant {
    says: "There are 37 tables, projects has its 15 columns and no row without its times, and the version is the head's",
    proof: Proof::Sql(
        "SELECT ((SELECT count(*) FROM pg_tables WHERE schemaname = 'public') = 37
             AND (SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'projects') = 15
             AND (SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'projects'
                     AND data_type = 'numeric' AND numeric_scale = 2 AND column_default IS NOT NULL) = 3
             AND NOT EXISTS (SELECT FROM projects WHERE created_at IS NULL OR updated_at IS NULL)
             AND (SELECT version_num FROM alembic_version) = 'cf14025f87ec')::text",
    ),
};

const KEYS_ARE_THERE: Invariant = Invariant {
    says: "Ten tables refer to projects",
    proof: Proof::Sql(
        "SELECT (count(*) = 10)::text FROM pg_constraint WHERE contype = 'f' AND convalidated AND confrelid = 'projects'::regclass",
    ),
};
