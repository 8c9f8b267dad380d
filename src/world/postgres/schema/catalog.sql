-- What the catalog says, one row for each thing. `named` are pairs of schema and table, `schemas` are names; all
-- three lists are JSON. With `whole` every table of the schemas is read (of all but the server's own, where the
-- list is empty), without it only those that are named. Casts of parameters name their types for the server.
WITH scope AS (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
           c.relrowsecurity AS secured, c.relforcerowsecurity AS forced
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE CASE WHEN :'whole'::text = 'yes' THEN
            c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
            AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
            AND (json_array_length(:'schemas'::json) = 0
                 OR n.nspname::text IN (SELECT json_array_elements_text(:'schemas'::json)))
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                            WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ELSE
            c.relkind IN ('r', 'p', 'f', 'v', 'm')
            AND (n.nspname::text, c.relname::text) IN (
                SELECT pair ->> 0, pair ->> 1 FROM json_array_elements(:'named'::json) AS pair)
        END
)
SELECT 'schema' AS kind, json_build_object('name', n.nspname::text) AS facts
FROM pg_catalog.pg_namespace n
WHERE n.nspname::text IN (SELECT json_array_elements_text(:'schemas'::json))
   OR (:'whole'::text = 'yes' AND json_array_length(:'schemas'::json) = 0)

UNION ALL
SELECT 'type', json_build_object('written', written, 'oid', to_regtype(written)::oid::bigint,
                                 'base', format_type(to_regtype(written), NULL))
FROM json_array_elements_text(:'types'::json) AS written

UNION ALL
SELECT 'table', json_build_object(
    'schema', t.schema, 'name', t.name, 'kind', t.kind, 'secured', t.secured, 'forced', t.forced,
    'columns', (
        SELECT coalesce(json_agg(json_build_object(
            'name', a.attname::text,
            'kind', format_type(a.atttypid, a.atttypmod),
            'oid', a.atttypid::bigint,
            'not_null', a.attnotnull,
            'default', pg_get_expr(d.adbin, d.adrelid),
            'identity', a.attidentity::text,
            'generated', a.attgenerated::text,
            'serial', EXISTS (
                SELECT FROM pg_catalog.pg_depend s
                JOIN pg_catalog.pg_class q ON q.oid = s.objid AND q.relkind = 'S'
                WHERE s.classid = 'pg_catalog.pg_class'::regclass AND s.refclassid = 'pg_catalog.pg_class'::regclass
                  AND s.refobjid = t.oid AND s.refobjsubid = a.attnum AND s.deptype = 'a'),
            'primary_key', EXISTS (
                SELECT FROM pg_catalog.pg_constraint k
                WHERE k.conrelid = t.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey))
        ) ORDER BY a.attnum), '[]'::json)
        FROM pg_catalog.pg_attribute a
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM scope t

UNION ALL
-- Tables of a wanted name in another schema, where the one that is named is not there.
SELECT 'elsewhere', json_build_object(
    'schema', pair ->> 0, 'name', pair ->> 1, 'there', n.nspname::text,
    'columns', (SELECT coalesce(json_agg(a.attname::text), '[]'::json)
                FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
FROM json_array_elements(:'named'::json) AS pair
JOIN pg_catalog.pg_class c ON c.relname::text = pair ->> 1 AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname::text <> pair ->> 0
WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM scope t WHERE t.schema = pair ->> 0 AND t.name = pair ->> 1)

UNION ALL
(SELECT 'other', json_build_object('schema', n.nspname::text, 'name', c.relname::text)
 FROM pg_catalog.pg_class c
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE :'others'::text = 'yes' AND c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition
   AND n.nspname::text IN (SELECT json_array_elements_text(:'schemas'::json))
   AND c.oid NOT IN (SELECT oid FROM scope)
 ORDER BY n.nspname, c.relname
 LIMIT 500)

UNION ALL
SELECT 'key', json_build_object(
    'schema', t.schema, 'table', t.name, 'to_schema', n.nspname::text, 'to_table', r.relname::text,
    'columns', (SELECT json_agg(a.attname::text ORDER BY o.place)
                FROM unnest(k.conkey) WITH ORDINALITY AS o (number, place)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = o.number),
    'to_columns', (SELECT json_agg(a.attname::text ORDER BY o.place)
                   FROM unnest(k.confkey) WITH ORDINALITY AS o (number, place)
                   JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = o.number),
    'on_delete', k.confdeltype::text, 'on_update', k.confupdtype::text, 'full', k.confmatchtype = 'f',
    'deferrable', k.condeferrable, 'deferred', k.condeferred, 'valid', k.convalidated)
FROM scope t
JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace

UNION ALL
SELECT 'index', json_build_object(
    'schema', n.nspname::text, 'name', c.relname::text, 'table_schema', m.nspname::text, 'table', r.relname::text,
    'definition', pg_get_indexdef(c.oid), 'valid', i.indisvalid,
    'primary', i.indisprimary)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class r ON r.oid = i.indrelid
JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace
WHERE i.indrelid IN (SELECT oid FROM scope)
   OR (n.nspname::text, c.relname::text) IN (
        SELECT pair ->> 0, pair ->> 1 FROM json_array_elements(:'indexes'::json) AS pair)

UNION ALL
SELECT 'extension', json_build_object('name', e.extname::text, 'version', e.extversion)
FROM pg_catalog.pg_extension e

UNION ALL
SELECT 'policy', json_build_object(
    'schema', t.schema, 'table', t.name, 'name', p.polname::text, 'restrictive', NOT p.polpermissive,
    'command', p.polcmd::text,
    'roles', (SELECT coalesce(json_agg(r.rolname::text ORDER BY r.rolname), '["public"]'::json)
              FROM pg_catalog.pg_roles r WHERE r.oid = ANY (p.polroles)),
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
FROM scope t
JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid

UNION ALL
SELECT 'history', json_build_object('schema', n.nspname::text, 'name', c.relname::text,
                                    'readable', has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\_%'
  AND c.relname::text IN (SELECT json_array_elements_text(:'histories'::json))
