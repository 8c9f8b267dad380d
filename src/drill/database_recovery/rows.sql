-- As many projects, people and hours as the seed says.
INSERT INTO alembic_version VALUES ('cf14025f87ec');

INSERT INTO users (email, name) SELECT 'consultant-' || n || '@example.com', 'Consultant ' || n FROM generate_series(1, 6) AS n;

WITH seed AS (SELECT current_setting('fracas.seed') AS seed)
INSERT INTO projects (key, name, is_active, created_at, updated_at, project_work_type, total_hours, weekly_meeting_day, start_date)
SELECT upper(substr(translate(md5(seed || n), '0123456789', 'ghijklmnop'), 1, 4)), 'Project ' || n, n % 3 > 0,
       now() - n * interval '9 days', now() - n * interval '5 hours', CASE WHEN n % 4 = 0 THEN 'growth-retainer' ELSE 'project-based' END,
       40 + n * 7.5, CASE WHEN n % 2 = 0 THEN 'Tuesday' END, current_date - n * 9
FROM seed, generate_series(1, 9 + ('x' || substr(md5(seed), 1, 2))::bit(8)::int % 8) AS n
ON CONFLICT (key) DO NOTHING;

INSERT INTO time_entries (project_id, user_id, hours, day)
SELECT p.id, 1 + n % 6, 0.5 + n % 7, current_date - n FROM projects p, generate_series(1, 12) AS n;
INSERT INTO meetings (project_id, starts_at) SELECT id, current_date + time '10:00' FROM projects WHERE is_active;
INSERT INTO "vector-sync-status" (source, last_sync) VALUES ('jira', now()::text), ('slack', now()::text), ('notion', now()::text);
