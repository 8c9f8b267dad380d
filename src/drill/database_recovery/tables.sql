-- A project management application that reads from Jira, Slack and Notion: 37 tables with that of its migrations.
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);

CREATE TABLE projects (
    id serial PRIMARY KEY,
    key varchar(32) NOT NULL UNIQUE,
    name text NOT NULL,
    is_active boolean NOT NULL DEFAULT FALSE,
    created_at timestamp NOT NULL,
    updated_at timestamp NOT NULL,
    project_work_type varchar(50) DEFAULT 'project-based',
    total_hours numeric(10, 2) DEFAULT 0,
    cumulative_hours numeric(10, 2) DEFAULT 0,
    retainer_hours numeric(10, 2) DEFAULT 0,
    weekly_meeting_day text,
    send_meeting_emails boolean DEFAULT FALSE,
    description text,
    start_date date,
    launch_date date
);

CREATE TABLE "vector-sync-status" (
    source text NOT NULL PRIMARY KEY,
    last_sync text NOT NULL,
    created_at timestamp DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE users (id serial PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE roles (id serial PRIMARY KEY, name varchar(50) NOT NULL UNIQUE);
CREATE TABLE user_roles (user_id integer NOT NULL REFERENCES users (id), role_id integer NOT NULL REFERENCES roles (id), PRIMARY KEY (user_id, role_id));
CREATE TABLE sessions (id uuid PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), expires_at timestamp NOT NULL);
CREATE TABLE api_keys (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), fingerprint text NOT NULL);
CREATE TABLE settings (name varchar(100) PRIMARY KEY, value text);
CREATE TABLE audit_log (id bigserial PRIMARY KEY, user_id integer REFERENCES users (id), action text NOT NULL, at timestamp NOT NULL);
CREATE TABLE notifications (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), body text NOT NULL);
CREATE TABLE notification_settings (user_id integer PRIMARY KEY REFERENCES users (id), by_email boolean NOT NULL DEFAULT TRUE);
CREATE TABLE scheduled_jobs (id serial PRIMARY KEY, name varchar(100) NOT NULL UNIQUE, schedule text NOT NULL);
CREATE TABLE job_runs (id bigserial PRIMARY KEY, job_id integer NOT NULL REFERENCES scheduled_jobs (id), status varchar(20) NOT NULL);

CREATE TABLE project_members (project_id integer NOT NULL REFERENCES projects (id), user_id integer NOT NULL REFERENCES users (id), PRIMARY KEY (project_id, user_id));
CREATE TABLE project_resources (id serial PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), url text NOT NULL);
CREATE TABLE project_digests (id serial PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), body text NOT NULL);
CREATE TABLE time_entries (id serial PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), user_id integer NOT NULL REFERENCES users (id), hours numeric(6, 2) NOT NULL, day date NOT NULL);
CREATE TABLE retainer_periods (id serial PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), month date NOT NULL);
CREATE TABLE invoices (id serial PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), amount numeric(10, 2) NOT NULL);
CREATE TABLE meetings (id serial PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), starts_at timestamp NOT NULL);
CREATE TABLE meeting_attendees (meeting_id integer NOT NULL REFERENCES meetings (id), user_id integer NOT NULL REFERENCES users (id), PRIMARY KEY (meeting_id, user_id));
CREATE TABLE meeting_notes (id serial PRIMARY KEY, meeting_id integer NOT NULL REFERENCES meetings (id), body text NOT NULL);
CREATE TABLE meeting_emails (id serial PRIMARY KEY, meeting_id integer NOT NULL REFERENCES meetings (id), sent_at timestamp);
CREATE TABLE action_items (id serial PRIMARY KEY, meeting_id integer NOT NULL REFERENCES meetings (id), title text NOT NULL, done boolean NOT NULL DEFAULT FALSE);

CREATE TABLE jira_boards (id integer PRIMARY KEY, project_id integer NOT NULL REFERENCES projects (id), name text NOT NULL);
CREATE TABLE jira_issues (key varchar(32) PRIMARY KEY, board_id integer NOT NULL REFERENCES jira_boards (id), summary text NOT NULL, status varchar(50) NOT NULL);
CREATE TABLE jira_issue_history (id bigserial PRIMARY KEY, issue_key varchar(32) NOT NULL REFERENCES jira_issues (key), status varchar(50) NOT NULL);
CREATE TABLE jira_sync_runs (id serial PRIMARY KEY, started_at timestamp NOT NULL);
CREATE TABLE slack_users (id varchar(20) PRIMARY KEY, user_id integer REFERENCES users (id));
CREATE TABLE slack_channels (id varchar(20) PRIMARY KEY, project_id integer REFERENCES projects (id), name text NOT NULL);
CREATE TABLE slack_messages (id bigserial PRIMARY KEY, channel_id varchar(20) NOT NULL REFERENCES slack_channels (id), body text NOT NULL);
CREATE TABLE notion_pages (id uuid PRIMARY KEY, title text NOT NULL);
CREATE TABLE notion_sync_runs (id serial PRIMARY KEY, started_at timestamp NOT NULL);
CREATE TABLE documents (id serial PRIMARY KEY, project_id integer REFERENCES projects (id), title text NOT NULL);
CREATE TABLE document_chunks (id bigserial PRIMARY KEY, document_id integer NOT NULL REFERENCES documents (id), body text NOT NULL);
CREATE TABLE search_queries (id bigserial PRIMARY KEY, user_id integer REFERENCES users (id), query text NOT NULL);
