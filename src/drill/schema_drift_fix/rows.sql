-- What Prisma remembers, and as many conversations as the seed says: the one with the number 456 among them, with
-- something in every table that refers to it.
CREATE TABLE "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
);
INSERT INTO "_prisma_migrations" ("id", "checksum", "finished_at", "migration_name", "started_at", "applied_steps_count")
SELECT md5(name)::uuid::text, md5(name) || md5(name || '.'), now() - age, name, now() - age - interval '1 second', 1
FROM (VALUES ('20250901080000_init', interval '80 days'),
             ('20251230122512_fix_schema_drift_deleted_at_snoozed_until', interval '2 days')) AS applied (name, age);

WITH seed AS (SELECT current_setting('fracas.seed') AS seed)
INSERT INTO "Conversation" ("id", "contactId", "leadId", "createdAt")
SELECT 450 + n, 780 + n, 92 + n, now() - n * interval '3 hours'
FROM seed, generate_series(1, 12 + ('x' || substr(md5(seed), 1, 1))::bit(4)::int) AS n;

INSERT INTO "Message" ("conversationId", "direction", "body", "providerMessageId", "status", "createdAt")
SELECT c."id", CASE WHEN n % 2 = 1 THEN 'INBOUND' ELSE 'OUTBOUND' END, 'Message ' || n || ' of this conversation',
       'wamid.' || c."id" || '.' || n, CASE WHEN n % 2 = 1 THEN 'RECEIVED' ELSE 'SENT' END, now() - n * interval '20 minutes'
FROM "Conversation" c, generate_series(1, 25) AS n WHERE n <= CASE c."id" WHEN 456 THEN 25 ELSE 4 END;

INSERT INTO "OutboundJob" ("conversationId", "inboundMessageId", "status", "attempts")
SELECT "conversationId", "id", 'DONE', 1 FROM "Message" WHERE "direction" = 'INBOUND' AND ("conversationId" <> 456 OR "id" % 5 < 2);

INSERT INTO "OutboundMessageLog" ("conversationId", "dedupeKey", "status")
SELECT "conversationId", md5("providerMessageId"), 'SENT' FROM "Message" WHERE "direction" = 'OUTBOUND';

INSERT INTO "Task" ("conversationId", "title")
SELECT "id", title FROM "Conversation", (VALUES ('Send the offer'), ('Call back')) AS task (title) WHERE "id" % 3 = 0;

INSERT INTO "Notification" ("conversationId", "title") SELECT "id", 'New message in conversation ' || "id" FROM "Conversation";
