CREATE TABLE "user" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL UNIQUE,
    full_name varchar(255),
    hashed_password varchar NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    is_superuser boolean NOT NULL DEFAULT false
);

CREATE TABLE ingestions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    owner_id uuid NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    filename varchar(255) NOT NULL,
    file_size integer NOT NULL,
    status extractionstatus NOT NULL DEFAULT 'uploaded',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ix_ingestions_owner_id ON ingestions (owner_id);
