//! The drill of `fm-030-worker-outage`: a worker on a platform that configures it by variables, which lost some of them,
//! or its way to the database, or the permission to go it unencrypted, or got a release that starts in the wrong order. Never more than data.

use super::CONTAINER;
use super::scenario::{Fault, Invariant, Proof, Scenario, Tool};
use super::stand_in::StandIn;
use super::worker::WORKER;
use super::worker_schema_missing::{CHUNKS, DOCUMENTS, JOBS, NOTHING_WAITS};

/// A line for the shell that asks the platform's API: method, path below the worker's service, body. Whoever broke
/// something did it like this.
macro_rules! platform {
    ($($line:literal)*) => {
        concat!(
            r#"platform() {
                printf 'request = "%s"\nurl = "%s/v1/services/srv-d2h5mr8dl3ps73fvvlog/%s"\nheader = "Authorization: Bearer %s"\ndata = "%s"\n' \
                    "$1" "$RENDER_API" "$2" "$RENDER_API_KEY" "$3" | curl -fsS -K -
            }
            set -e
            "#,
            $($line, "\n"),*
        )
    };
}

/// The drill.
pub(super) const SCENARIO: Scenario = Scenario {
    runbook: "fm-030-worker-outage",
    healthy: concat!(
        include_str!("worker_schema_missing/vector.sql"),
        include_str!("worker_schema_missing/tables.sql"),
        include_str!("worker_schema_missing/history.sql"),
        include_str!("worker_schema_missing/documents.sql"),
    ),
    files: &[
        (".env.production", include_str!("fm_030_worker_outage/production.env")),
        (".env.staging", include_str!("fm_030_worker_outage/staging.env")),
        ("../token", TOKEN),
        // The database's own address is reached as long as this is there.
        ("../supabase-ipv4", ""),
    ],
    ports: &["db", "pooler", "render", "api"],
    tools: &[
        Tool { name: "curl", stand_in: StandIn::Curl, harmless: &["--version"] },
        Tool { name: "render", stand_in: StandIn::Render, harmless: &["--version"] },
    ],
    services: &[
        ("direct", &[CONTAINER, "{folder}", "direct"]),
        ("pooler", &[CONTAINER, "{folder}", "pooler"]),
        ("upload-api", &[CONTAINER, "{folder}", "upload-api"]),
        ("render", &[CONTAINER, "{folder}", "render"]),
    ],
    begins: "",
    settled: NOTHING_WAITS.proof,
    env: &[
        ("DATABASE_URL", "postgresql://{user}@127.0.0.1:{port:db}/{database}?sslmode=disable"),
        ("DATABASE_DIRECT_URL", "postgresql://{user}@127.0.0.1:{port:db}/{database}?sslmode=disable"),
        ("DATABASE_POOLER_URL", "postgresql://{user}@127.0.0.1:{port:pooler}/{database}?sslmode=disable"),
        ("RENDER_API", "http://127.0.0.1:{port:render}"),
        ("RENDER_API_KEY", TOKEN),
    ],
    inputs: &[
        ("api", "http://127.0.0.1:{port:api}"),
        ("render_api", "http://127.0.0.1:{port:render}"),
        ("render_token", TOKEN),
        ("staging_worker", "srv-d2h5m00dl3ps73fvvstg"),
        ("last_good_deploy", "dep-d2h5production01"),
    ],
    faults: &[
        Fault {
            name: "variables-lost",
            title: "Variables were lost when the service was rebuilt",
            told: "Somebody rebuilt the worker's environment group from a developer's copy: two keys are gone, one setting too, and two others hold what suits a laptop.",
            sql: include_str!("worker_schema_missing/upload.sql"),
            shell: platform!(
                "platform DELETE env-vars/SUPABASE_SERVICE_ROLE_KEY"
                "platform DELETE env-vars/DOCUMENT_ENCRYPTION_KEY"
                "platform DELETE env-vars/ASYNCPG_DISABLE_PREPARED_STATEMENTS"
                r#"platform PUT env-vars/WORKER_POLL_INTERVAL '{\"value\":\"5s\"}'"#
                r#"platform PUT env-vars/USE_MOCK_STORAGE '{\"value\":\"true\"}'"#
                "platform POST deploys {}"
            ),
            symptom: Proof::Crashing(WORKER, "configuration error"),
            expected: &["restore-critical", "set-worker-variables", "deploy-variables", "queue-test-document"],
            keeps: &[DOCUMENTS, JOBS, CHUNKS],
            holds: &[
                NOTHING_WAITS,
                WORKER_IS_LIVE,
                Invariant {
                    says: "The worker runs with every variable as it was",
                    proof: Proof::Shell(
                        r#"while IFS= read -r line; do grep -qF "\"${line%%=*}\":\"${line#*=}\"" ../deployed.json || exit 1; done < .env.production"#,
                    ),
                },
            ],
        },
        Fault {
            name: "direct-unreachable",
            title: "The database's own address is no longer reached",
            told: "The add-on that gave the database an IPv4 address was cancelled to save money; the platform speaks no IPv6, and only the pooler is left.",
            sql: "",
            shell: "rm ../supabase-ipv4",
            symptom: Proof::Crashing(WORKER, "database connection failed"),
            expected: &["use-pooler", "deploy-connection", "queue-test-document"],
            keeps: &[DOCUMENTS, JOBS, CHUNKS],
            holds: &[
                NOTHING_WAITS,
                WORKER_IS_LIVE,
                Invariant {
                    says: "The worker goes through the pooler",
                    proof: Proof::Shell(r#"grep -q "127.0.0.1:$(sed -n 's/^pooler //p' ../ports)/" ../deployed.json"#),
                },
            ],
        },
        Fault {
            name: "encrypted-only",
            title: "The database takes encrypted connections alone",
            told: "Somebody hardened the database and had it refuse whoever comes unencrypted. The worker's URL has said sslmode=disable since it was copied from a laptop; its open connection outlived the change, and tonight's deploy ended it.",
            sql: include_str!("worker_schema_missing/upload.sql"),
            shell: concat!("touch ../supabase-ssl-enforced\n", platform!("platform POST deploys {}")),
            symptom: Proof::Crashing(WORKER, "no encryption"),
            expected: &["use-tls", "deploy-connection", "queue-test-document"],
            keeps: &[DOCUMENTS, JOBS, CHUNKS],
            holds: &[
                NOTHING_WAITS,
                WORKER_IS_LIVE,
                Invariant {
                    says: "The worker goes to the server itself, encrypted",
                    proof: Proof::Shell(r#"grep -q "127.0.0.1:$(sed -n 's/^db //p' ../ports)/[^\"]*sslmode=require" ../deployed.json"#),
                },
            ],
        },
        Fault {
            name: "wrong-order",
            title: "A release initialises the worker's parts in the wrong order",
            told: "A refactoring starts the job processor before the database pool exists; its tests use a mock that is always there.",
            sql: include_str!("worker_schema_missing/upload.sql"),
            shell: platform!(r#"platform POST deploys '{\"commitId\":\"4be7d10\"}'"#),
            symptom: Proof::Crashing(WORKER, "initialisation failed"),
            expected: &["roll-back", "queue-test-document"],
            keeps: &[DOCUMENTS, JOBS, CHUNKS],
            holds: &[
                NOTHING_WAITS,
                WORKER_IS_LIVE,
                Invariant { says: "The commit that worked runs again", proof: Proof::Shell("grep -q c91a2f7 ../deployed.json") },
            ],
        },
    ],
};

/// What the platform's API asks of everybody.
const TOKEN: &str = "rnd_drill_0000000000000000";

const WORKER_IS_LIVE: Invariant = Invariant {
    says: "The worker's latest deploy is live",
    proof: Proof::Shell(platform!(r#"platform GET deploys "" | grep -q '"status":"live"'"#)),
};
