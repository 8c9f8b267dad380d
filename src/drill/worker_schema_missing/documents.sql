-- Documents of four people, as many and with such words as the seed says. All but the last three were processed
-- long ago; those are waiting, so that a worker that starts has something to do.
CREATE TEMPORARY TABLE seeded ON COMMIT DROP AS
WITH seed AS (SELECT current_setting('fracas.seed') AS seed),
total AS (SELECT seed, 18 + ('x' || substr(md5(seed), 1, 4))::bit(16)::int % 13 AS total FROM seed)
SELECT n, n > total - 3 AS waits,
       md5(seed || ':document:' || n)::uuid AS document_id,
       md5(seed || ':job:' || n)::uuid AS job_id,
       md5(seed || ':user:' || n % 4)::uuid AS user_id,
       now() - (total - n) * interval '37 minutes' AS uploaded,
       (SELECT string_agg(
            (ARRAY['policy', 'claim', 'coverage', 'premium', 'deductible', 'benefit', 'provider', 'network', 'copay', 'member', 'plan',
                   'annual', 'limit', 'the', 'of', 'and'])[1 + ('x' || substr(md5(seed || ':' || n || ':' || w), 1, 4))::bit(16)::int % 16],
            ' ' ORDER BY w)
        FROM generate_series(1, 20 + n * 3) AS w) AS words
FROM total, generate_series(1, total) AS n;

INSERT INTO upload_pipeline.documents (document_id, user_id, filename, file_size, mime_type, status, created_at, updated_at, metadata)
SELECT document_id, user_id, 'policy-' || lpad(n::text, 3, '0') || '.txt', length(words), 'text/plain',
       CASE WHEN waits THEN 'uploaded' ELSE 'processed' END, uploaded, uploaded, jsonb_build_object('text', words)
FROM seeded;

INSERT INTO upload_pipeline.upload_jobs (job_id, user_id, document_id, status, created_at, updated_at)
SELECT job_id, user_id, document_id, CASE WHEN waits THEN 'queued' ELSE 'complete' END, uploaded, uploaded
FROM seeded;

-- Twelve words a chunk, as the worker cuts them.
INSERT INTO upload_pipeline.document_chunks (chunk_id, document_id, chunk_ord, text, created_at)
SELECT md5(document_id || ':' || chunk)::uuid, document_id, chunk,
       array_to_string((string_to_array(words, ' '))[chunk * 12 + 1 : chunk * 12 + 12], ' '), uploaded
FROM seeded, generate_series(0, (cardinality(string_to_array(words, ' ')) - 1) / 12) AS chunk
WHERE NOT waits;
