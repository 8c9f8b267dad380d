-- What verify-schema.ts looks for, in its order.
SELECT 'Conversation.deletedAt' AS part, EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'Conversation' AND column_name = 'deletedAt')::text AS is_there
UNION ALL
SELECT 'Notification.snoozedUntil', EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'Notification' AND column_name = 'snoozedUntil')::text
UNION ALL
SELECT 'Conversation_deletedAt_idx', (to_regclass('"Conversation_deletedAt_idx"') IS NOT NULL)::text
UNION ALL
SELECT 'Notification_snoozedUntil_idx', (to_regclass('"Notification_snoozedUntil_idx"') IS NOT NULL)::text
