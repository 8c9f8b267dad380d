-- The worker's schema: three tables and five indexes.
CREATE SCHEMA upload_pipeline;

CREATE TABLE upload_pipeline.upload_jobs (
    job_id UUID PRIMARY KEY,
    user_id UUID NOT NULL,
    document_id UUID,
    status VARCHAR(50) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    error_message TEXT,
    metadata JSONB
);

CREATE TABLE upload_pipeline.documents (
    document_id UUID PRIMARY KEY,
    user_id UUID NOT NULL,
    filename VARCHAR(255) NOT NULL,
    file_size BIGINT,
    mime_type VARCHAR(100),
    status VARCHAR(50) NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    metadata JSONB
);

CREATE TABLE upload_pipeline.document_chunks (
    chunk_id UUID PRIMARY KEY,
    document_id UUID NOT NULL REFERENCES upload_pipeline.documents(document_id),
    chunk_ord INTEGER NOT NULL,
    text TEXT NOT NULL,
    embedding VECTOR(1536),
    created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
    metadata JSONB
);

CREATE INDEX idx_upload_jobs_user_id ON upload_pipeline.upload_jobs(user_id);
CREATE INDEX idx_upload_jobs_status ON upload_pipeline.upload_jobs(status);
CREATE INDEX idx_documents_user_id ON upload_pipeline.documents(user_id);
CREATE INDEX idx_document_chunks_document_id ON upload_pipeline.document_chunks(document_id);
CREATE INDEX idx_document_chunks_embedding ON upload_pipeline.document_chunks USING ivfflat (embedding vector_cosine_ops);

