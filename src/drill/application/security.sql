-- Row-level security on every table, and the one policy.
ALTER TABLE "user" ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingestions ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Service role has full access to ingestions" ON ingestions FOR ALL USING (true) WITH CHECK (true);
