//! The drill of `tables-missing-after-migration`: tables that a wrong migration took along, a version that was stamped
//! without its columns, columns that were added without their version. Never more than data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Invariant, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "tables-missing-after-migration",
    &[("before_tables", "1a31ce608336"), ("before_columns", "5c0e8d7f2a91"), ("replacement", "b7d2f49e6c18")],
    &[
        Fault {
            name: "tables-gone",
            title: "The tables are gone, and the version says that they are there",
            told: "Autogenerate wrote CREATE TABLE for a table that existed; to get it applied somebody dropped both tables, and when it failed all the same stamped its revision.",
            sql: r#"DROP TABLE ingestions, "user"; UPDATE alembic_version SET version_num = 'e3a9c51d0f74';"#,
            shell: concat!(
                "rm backend/app/alembic/versions/b7d2f49e6c18_*.py && cat > backend/app/alembic/versions/e3a9c51d0f74_add_ocr_fields_to_ingestions.py <<'END'\n",
                include_str!("application/e3a9c51d0f74.py"),
                "END\n"
            ),
            symptom: Proof::Shell(LOGS_UNDEFINED),
            expected: &["delete-migration", "write-replacement", "reset-before-tables", "upgrade", "enable-row-security"],
            keeps: &[],
            holds: &[EVERYTHING_RUNS, STRUCTURE_IS_WHOLE, ROW_SECURITY, NO_CREATE_TABLE],
        },
        Fault {
            name: "stamped",
            title: "The version was stamped and the migration never ran",
            told: "Somebody ran `alembic stamp head` where `alembic upgrade head` was meant; the columns of the last migration were never added, and every row is still there.",
            sql: "ALTER TABLE ingestions DROP COLUMN ocr_provider, DROP COLUMN ocr_confidence, DROP COLUMN ocr_processed_at;",
            shell: "",
            symptom: Proof::Shell(LOGS_UNDEFINED),
            expected: &["reset-before-columns", "upgrade"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, STRUCTURE_IS_WHOLE, ROW_SECURITY, NO_CREATE_TABLE],
        },
        Fault {
            name: "applied-by-hand",
            title: "A migration's columns were added by hand, and its version was not written",
            told: "Somebody added the columns in Supabase's SQL editor on a busy evening; the next deployment ran the migration, which stopped at the first column that exists.",
            sql: "UPDATE alembic_version SET version_num = '5c0e8d7f2a91';",
            shell: "",
            symptom: Proof::Shell("docker compose run --rm prestart 2>&1 | grep -q DuplicateColumn"),
            expected: &["stamp-head"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, STRUCTURE_IS_WHOLE, ROW_SECURITY, NO_CREATE_TABLE],
        },
        Fault {
            name: "row-security-lost",
            title: "A table was made anew without its row-level security",
            told: "Both tables were restored by hand from a dump that leaves policies out; the application works, and so does everybody else's key.",
            sql: r#"DROP POLICY "Service role has full access to ingestions" ON ingestions;
                    ALTER TABLE ingestions DISABLE ROW LEVEL SECURITY; ALTER TABLE "user" DISABLE ROW LEVEL SECURITY;"#,
            shell: "",
            symptom: Proof::Sql("SELECT (NOT relrowsecurity)::text FROM pg_class WHERE oid = 'ingestions'::regclass"),
            expected: &["enable-row-security"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, STRUCTURE_IS_WHOLE, ROW_SECURITY, NO_CREATE_TABLE],
        },
    ],
);

const LOGS_UNDEFINED: &str = "docker compose logs --tail 20 backend | grep -q 'does not exist'";

const STRUCTURE_IS_WHOLE: Invariant = Invariant {
    says: "The version is the head's, and the structure is the models'",
    proof: Proof::Shell(
        "docker compose exec -T backend uv run alembic current | grep -q '(head)' && docker compose exec -T backend uv run alembic check",
    ),
};

const ROW_SECURITY: Invariant = Invariant {
    says: "Row-level security is on, and the policy is there",
    proof: Proof::Sql(
        r#"SELECT (bool_and(c.relrowsecurity) AND count(*) = 2 AND EXISTS (SELECT FROM pg_policies WHERE tablename = 'ingestions'))::text
           FROM pg_class c WHERE c.oid IN ('"user"'::regclass, 'ingestions'::regclass)"#,
    ),
};

const NO_CREATE_TABLE: Invariant = Invariant {
    says: "No migration creates a table that another one creates",
    proof: Proof::Shell(r#"[ "$(grep -rlE 'create_table\($|create_table\("ingestions"' backend/app/alembic/versions | wc -l)" = 1 ]"#),
};
