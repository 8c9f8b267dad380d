-- What the migration tool remembers, and as many people and files as the seed says.
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('b7d2f49e6c18');

WITH seed AS (SELECT current_setting('fracas.seed') AS seed)
INSERT INTO "user" (id, email, full_name, hashed_password, is_superuser)
SELECT md5(seed || ':user:' || n)::uuid, 'teacher-' || n || '@example.com', 'Teacher ' || n, md5(seed || n), n = 1
FROM seed, generate_series(1, 4) AS n;

WITH seed AS (SELECT current_setting('fracas.seed') AS seed)
INSERT INTO ingestions (id, owner_id, filename, file_size, status, created_at, ocr_provider, ocr_confidence, ocr_processed_at)
SELECT md5(seed || ':ingestion:' || n)::uuid, md5(seed || ':user:' || 1 + n % 4)::uuid, 'worksheet-' || lpad(n::text, 3, '0') || '.pdf',
       20000 + ('x' || substr(md5(seed || n), 1, 4))::bit(16)::int,
       CASE WHEN n % 5 = 0 THEN 'uploaded' ELSE 'ready_for_review' END::extractionstatus, now() - n * interval '47 minutes',
       CASE WHEN n % 5 > 0 THEN 'mistral' END, CASE WHEN n % 5 > 0 THEN 0.9 + n % 9 * 0.01 END,
       CASE WHEN n % 5 > 0 THEN now() - n * interval '46 minutes' END
FROM seed, generate_series(1, 24 + ('x' || substr(md5(seed), 1, 2))::bit(8)::int % 12) AS n;
