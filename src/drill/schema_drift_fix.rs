//! The drill of `schema-drift-fix`: an inbox whose database lacks what its code takes for granted, and one whose release
//! deletes what it must not. Never more than data; the deployment is a program of its own.

use super::CONTAINER;
use super::scenario::{Fault, Invariant, Proof, Rows, Scenario, Tool};
use super::stand_in::StandIn;

/// The drill.
pub(super) const SCENARIO: Scenario = Scenario {
    runbook: "schema-drift-fix",
    healthy: concat!(
        include_str!("schema_drift_fix/init.sql"),
        include_str!("schema_drift_fix/drift.sql"),
        include_str!("schema_drift_fix/rows.sql"),
    ),
    files: &[
        ("prisma/schema.prisma", include_str!("schema_drift_fix/schema.prisma")),
        ("prisma/migrations/20250901080000_init/migration.sql", include_str!("schema_drift_fix/init.sql")),
        (
            "prisma/migrations/20251230122512_fix_schema_drift_deleted_at_snoozed_until/migration.sql",
            include_str!("schema_drift_fix/drift.sql"),
        ),
        (".env.production", include_str!("schema_drift_fix/env.production")),
        ("package.json", include_str!("schema_drift_fix/package.json")),
        ("src/app/api/admin/conversations/[id]/delete/route.ts", include_str!("schema_drift_fix/route.ts")),
    ],
    ports: &["site"],
    tools: &[
        Tool { name: "vercel", stand_in: StandIn::Vercel, harmless: &["--version"] },
        Tool { name: "npx", stand_in: StandIn::Npx, harmless: &["prisma", "--version"] },
    ],
    services: &[("customers", &[CONTAINER, "{folder}", "customers"])],
    begins: "vercel deploy --prod",
    settled: CUSTOMERS_ARE_SERVED.proof,
    env: &[("DIRECT_URL", "{url}")],
    inputs: &[
        ("provider", "neon"),
        ("app_url", "http://127.0.0.1:{port:site}"),
        ("conversation", "456"),
        ("deletion", "endpoint"),
        ("cron_secret", "drill-cron-4c1f9e07"),
        ("admin_token", "drill-admin-b83d5a20"),
        ("last_good_deployment", "dpl_inbox1"),
    ],
    faults: &[
        Fault {
            name: "columns-missing",
            title: "The code was deployed and its migration was not",
            told: "The build does not run `prisma migrate deploy`, so the release that reads deletedAt and snoozedUntil met a database without them.",
            sql: r#"ALTER TABLE "Conversation" DROP COLUMN "deletedAt"; ALTER TABLE "Notification" DROP COLUMN "snoozedUntil";
                    DELETE FROM "_prisma_migrations" WHERE migration_name LIKE '20251230122512%';"#,
            shell: "vercel deploy --prod",
            symptom: Proof::Shell(LOGS_A_MISMATCH),
            expected: &["migrate-deploy", "redeploy", "delete-through-endpoint"],
            keeps: ROWS,
            holds: WHOLE,
        },
        Fault {
            name: "half-applied",
            title: "Half of the migration was pasted into the SQL editor",
            told: "Somebody marked only the first statement in the dashboard's editor and ran it; the inbox came back, and notifications and both indexes did not.",
            sql: r#"DROP INDEX "Conversation_deletedAt_idx"; ALTER TABLE "Notification" DROP COLUMN "snoozedUntil";
                    DELETE FROM "_prisma_migrations" WHERE migration_name LIKE '20251230122512%';"#,
            shell: "vercel deploy --prod",
            symptom: Proof::Shell(LOGS_A_MISMATCH),
            expected: &["migrate-deploy", "redeploy", "delete-through-endpoint"],
            keeps: ROWS,
            holds: WHOLE,
        },
        Fault {
            name: "recorded-only",
            title: "Prisma remembers a migration that is not there",
            told: "Somebody ran `prisma migrate resolve --applied` to get a deployment through; Prisma takes the migration for applied, and so `migrate deploy` does nothing.",
            sql: r#"ALTER TABLE "Conversation" DROP COLUMN "deletedAt"; ALTER TABLE "Notification" DROP COLUMN "snoozedUntil";"#,
            shell: "vercel deploy --prod",
            symptom: Proof::Shell(LOGS_A_MISMATCH),
            expected: &["apply-by-hand", "redeploy", "delete-through-endpoint"],
            keeps: ROWS,
            holds: WHOLE,
        },
        Fault {
            name: "hard-delete",
            title: "A release deletes conversations for good, and somebody took a foreign key out of its way",
            told: "Release 2.8.0 replaced the soft delete by a DELETE; when P2003 named the key of OutboundJob somebody dropped it, and the next key stopped the next attempt.",
            sql: r#"ALTER TABLE "OutboundJob" DROP CONSTRAINT "OutboundJob_conversationId_fkey""#,
            shell: "sed -i 's/2.7.3/2.8.0/' package.json &&
                    sed -i 's/conversation.update(.*/conversation.delete({ where: { id } });/' 'src/app/api/admin/conversations/[id]/delete/route.ts' &&
                    vercel deploy --prod &&
                    vercel curl /api/admin/conversations/456/delete -- -X POST -H 'authorization: Bearer drill-admin-b83d5a20'",
            symptom: Proof::Shell("vercel logs --environment production | grep -q 'Foreign key constraint failed'"),
            expected: &["restore-foreign-keys", "roll-back", "delete-through-endpoint"],
            keeps: ROWS,
            holds: WHOLE,
        },
    ],
};

const LOGS_A_MISMATCH: &str = r"vercel logs --environment production | grep -qF '[DB-MISMATCH]'";

const ROWS: &[Rows] = &[
    Rows { table: r#""Conversation""#, key: "id" },
    Rows { table: r#""Message""#, key: "id" },
    Rows { table: r#""OutboundJob""#, key: "id" },
    Rows { table: r#""OutboundMessageLog""#, key: "id" },
    Rows { table: r#""Task""#, key: "id" },
    Rows { table: r#""Notification""#, key: "id" },
];

const WHOLE: &[Invariant] = &[STRUCTURE_IS_WHOLE, FIVE_FOREIGN_KEYS, SOFTLY_DELETED, CUSTOMERS_ARE_SERVED];

const CUSTOMERS_ARE_SERVED: Invariant = Invariant {
    says: "Messages arrive and are answered, and the inbox and the notifications load",
    proof: Proof::Shell(r"tail -n 4 ../customers-1.log | awk '$NF == 200 { good++ } END { exit good == 4 ? 0 : 1 }'"),
};

const STRUCTURE_IS_WHOLE: Invariant = Invariant {
    says: "Both columns and both indexes are there, and Prisma knows of it",
    proof: Proof::Shell("npx tsx scripts/db/verify-schema.ts && npx prisma migrate status"),
};

const FIVE_FOREIGN_KEYS: Invariant = Invariant {
    says: "Five foreign keys keep a conversation from being deleted for good",
    proof: Proof::Sql(
        r#"SELECT (count(*) = 5)::text FROM pg_constraint WHERE contype = 'f' AND confrelid = '"Conversation"'::regclass AND confdeltype = 'r'"#,
    ),
};

const SOFTLY_DELETED: Invariant = Invariant {
    says: "Conversation 456 is deleted softly",
    proof: Proof::Sql(r#"SELECT ("deletedAt" IS NOT NULL)::text FROM "Conversation" WHERE "id" = 456"#),
};
