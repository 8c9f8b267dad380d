//! The application that seven drills are about: an API with its database, a frontend and a mail server, held together by
//! a compose file and one `.env`. Never more than data; its containers are programs of their own.

use super::CONTAINER;
use super::scenario::{Fault, Invariant, Proof, Rows, Scenario, Tool};
use super::stand_in::StandIn;

/// A drill in the whole and healthy application.
pub(super) const fn scenario(runbook: &'static str, inputs: &'static [(&'static str, &'static str)], faults: &'static [Fault]) -> Scenario {
    Scenario {
        runbook,
        healthy: concat!(
            include_str!("application/1a31ce608336.sql"),
            include_str!("application/5c0e8d7f2a91.sql"),
            include_str!("application/b7d2f49e6c18.sql"),
            include_str!("application/security.sql"),
            include_str!("application/rows.sql"),
        ),
        files: &[
            (".env", include_str!("application/dotenv")),
            // What a careful person keeps before touching the other one.
            (".env.backup", include_str!("application/dotenv")),
            ("docker-compose.yml", include_str!("application/docker-compose.yml")),
            ("backend/app/alembic/versions/1a31ce608336_create_extraction_status.py", include_str!("application/1a31ce608336.py")),
            ("backend/app/alembic/versions/5c0e8d7f2a91_create_user_and_ingestions.py", include_str!("application/5c0e8d7f2a91.py")),
            ("backend/app/alembic/versions/b7d2f49e6c18_add_ocr_fields_to_ingestions.py", include_str!("application/b7d2f49e6c18.py")),
            ("backend/app/alembic/env.py", include_str!("application/env.py")),
            (".pre-commit-config.yaml", include_str!("application/pre-commit-config.yaml")),
            ("frontend/nginx.conf", include_str!("application/nginx.conf")),
            ("frontend/vite.config.ts", include_str!("application/vite.config.ts")),
            ("frontend/src/routeTree.gen.ts", include_str!("application/routeTree.gen.ts")),
        ],
        ports: &["db", "smtp", "api", "site"],
        tools: &[Tool { name: "docker", stand_in: StandIn::Compose, harmless: &["ps"] }],
        services: &[("people", &[CONTAINER, "{folder}", "people"])],
        begins: "docker compose build frontend && docker compose up -d",
        settled: PEOPLE_ARE_SERVED.proof,
        env: &[("DATABASE_URL", "postgresql://{user}@127.0.0.1:{port:db}/{database}")],
        inputs,
        faults,
    }
}

/// The rows that must survive.
pub(super) const USERS: Rows = Rows { table: r#""user""#, key: "id" };
pub(super) const INGESTIONS: Rows = Rows { table: "ingestions", key: "id" };

/// The people who are signed in get what they ask for.
pub(super) const PEOPLE_ARE_SERVED: Invariant = Invariant {
    says: "The people who were signed in are, and see their ingestions",
    proof: Proof::Shell(r"tail -n 2 ../people-1.log | awk '$NF == 200 { good++ } END { exit good == 2 ? 0 : 1 }'"),
};

/// Every container of the compose file runs.
pub(super) const EVERYTHING_RUNS: Invariant = Invariant {
    says: "Every container runs",
    proof: Proof::Shell(r#"[ "$(docker compose ps --format '{{.State}}' | grep -c running)" = 4 ]"#),
};
