-- Somebody uploads a document.
WITH uploaded AS (
    INSERT INTO upload_pipeline.documents (document_id, user_id, filename, mime_type, status, metadata)
    VALUES (gen_random_uuid(), gen_random_uuid(), 'policy-renewal.txt', 'text/plain', 'uploaded',
            '{"text": "Your policy was renewed and its coverage begins on the first day of the coming month"}')
    RETURNING document_id, user_id
)
INSERT INTO upload_pipeline.upload_jobs (job_id, user_id, document_id, status)
SELECT gen_random_uuid(), user_id, document_id, 'queued' FROM uploaded;

