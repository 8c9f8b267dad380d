//! The drill of `api-500`: a migration that was not applied, a release that cannot read its own rows, and a database
//! with a table renamed under it. Never more than data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Invariant, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "api-500",
    &[("api", "http://127.0.0.1:{port:api}"), ("last_good_release", "2.4.1")],
    &[
        Fault {
            name: "migration-not-applied",
            title: "The code was deployed and its migration was not",
            told: "The release went out without the one-shot container that applies migrations, so the code reads columns that do not exist yet.",
            sql: "ALTER TABLE ingestions DROP COLUMN ocr_provider, DROP COLUMN ocr_confidence, DROP COLUMN ocr_processed_at;
                  UPDATE alembic_version SET version_num = '5c0e8d7f2a91';",
            shell: "",
            symptom: Proof::Shell("docker compose logs --tail 20 backend | grep -q UndefinedColumn"),
            expected: &["apply-migrations"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, AT_HEAD],
        },
        Fault {
            name: "bad-release",
            title: "A release that cannot read an ingestion without a provider",
            told: "Release 2.5.0 takes for granted that every ingestion was read by a provider; those that still wait have none, and the whole list fails.",
            sql: "",
            shell: "sed -i 's/^TAG=.*/TAG=2.5.0/' .env && docker compose up -d backend",
            symptom: Proof::Shell("docker compose logs --tail 20 backend | grep -q AttributeError"),
            expected: &["roll-back"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, AT_HEAD],
        },
    ],
);

const AT_HEAD: Invariant = Invariant {
    says: "The latest migration is applied",
    proof: Proof::Sql("SELECT (version_num = 'b7d2f49e6c18')::text FROM alembic_version"),
};
