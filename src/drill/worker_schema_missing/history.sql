-- What the migration tool remembers.
CREATE TABLE schema_migrations (
    version TEXT PRIMARY KEY,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now()
);

INSERT INTO schema_migrations VALUES ('20260301090000_create_upload_pipeline', now() - interval '265 days');

