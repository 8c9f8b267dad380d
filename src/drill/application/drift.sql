-- What the application's models have and the database lacks, as the migration tool would put it.
SELECT '(''add_column'', None, ''' || model.relation || ''', Column(''' || model.attribute || '''))' AS operation
FROM (VALUES ('user', 'id'), ('user', 'email'), ('user', 'full_name'), ('user', 'hashed_password'), ('user', 'is_active'),
             ('user', 'is_superuser'), ('ingestions', 'id'), ('ingestions', 'owner_id'), ('ingestions', 'filename'),
             ('ingestions', 'file_size'), ('ingestions', 'status'), ('ingestions', 'created_at'), ('ingestions', 'ocr_provider'),
             ('ingestions', 'ocr_confidence'), ('ingestions', 'ocr_processed_at')) AS model (relation, attribute)
WHERE NOT EXISTS (
    SELECT FROM information_schema.columns c
    WHERE c.table_schema = 'public' AND c.table_name = model.relation AND c.column_name = model.attribute)
ORDER BY 1
