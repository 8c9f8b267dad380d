CREATE TABLE IF NOT EXISTS "vector-sync-status" (
    source text NOT NULL PRIMARY KEY,
    last_sync text NOT NULL,
    created_at timestamp DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamp DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE projects ADD COLUMN IF NOT EXISTS project_work_type varchar(50) DEFAULT 'project-based';
ALTER TABLE projects ADD COLUMN IF NOT EXISTS total_hours numeric(10, 2) DEFAULT 0;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS cumulative_hours numeric(10, 2) DEFAULT 0;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS retainer_hours numeric(10, 2) DEFAULT 0;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS weekly_meeting_day text;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS send_meeting_emails boolean DEFAULT FALSE;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS description text;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS start_date date;
ALTER TABLE projects ADD COLUMN IF NOT EXISTS launch_date date;
