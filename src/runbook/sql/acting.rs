//! Functions that act although a SELECT calls them: READ ONLY stops none of these. Never complete by itself,
//! since functions of the database's own are not known here; roles and read-only transactions do the rest.
//!
//! What a server brings along is complete: `tests/safety.rs` asks a real one for all its volatile functions, those of its
//! extensions included, and fails on any that stands neither here nor in its list of those that do no harm.

use squawk_lexer::{LiteralKind, TokenKind};

/// Names of functions, in lower case. Sources: "System Administration Functions" and "Sequence Manipulation
/// Functions" of PostgreSQL's manual, the extensions of its contrib folder, and those that hosted databases offer to run
/// jobs (`pg_cron`), to send requests (`pg_net`, `http`, `aws_lambda`) and to write to other places (`aws_s3`).
const NAMES: &[&str] = &[
    "pg_cancel_backend",
    "pg_terminate_backend",
    "pg_reload_conf",
    "pg_notify",
    "pg_promote",
    "pg_switch_wal",
    "pg_export_snapshot",
    "pg_current_xact_id",
    "txid_current",
    "pg_stat_file",
    "pg_nextoid",
    "pg_prewarm",
    "pg_import_system_collations",
    "pg_stop_making_pinned_objects",
    "pg_sync_replication_slots",
    "pg_stat_statements_reset",
    "nextval",
    "setval",
    "setseed",
    "set_config",
    "gin_clean_pending_list",
    "lowrite",
    "loread",
    "pg_extension_config_dump",
    "pg_stat_force_next_flush",
    "pg_ls_dir",
    "set_limit",
    "table_to_xml_and_xmlschema",
    "schema_to_xml",
    "schema_to_xml_and_xmlschema",
    "database_to_xml",
    "database_to_xml_and_xmlschema",
    "ts_stat",
    "ts_rewrite",
    "connectby",
    "xpath_table",
    "bt_index_parent_check",
    "schedule",
    "schedule_in_database",
    "unschedule",
    "alter_job",
    "invoke",
    "query_export_to_s3",
    "table_import_from_s3",
    "http",
    "http_get",
    "http_post",
    "http_put",
    "http_patch",
    "http_delete",
    "http_head",
];

/// Beginnings of names that act, for whole families of functions.
const FAMILIES: &[&str] = &[
    "pg_advisory_",
    "pg_try_advisory_",
    "pg_read_",
    "pg_file_",
    "pg_log",
    "pg_rotate_",
    "pg_create_",
    "pg_drop_",
    "pg_copy_",
    "pg_replication_origin_",
    "pg_replication_slot_",
    "pg_logical_",
    "pg_start_",
    "pg_stop_",
    "pg_backup_",
    "pg_wal_replay_",
    "pg_xlog_replay_",
    "pg_stat_reset",
    "pg_set_",
    "pg_clear_",
    "pg_restore_",
    "pg_truncate_",
    "brin_summarize_",
    "brin_desummarize_",
    "binary_upgrade_",
    "lo_",
    "dblink",
    "autoprewarm_",
    "hypopg_",
    "pg_qualstats_reset",
    "pg_stat_kcache_reset",
    "pg_stat_monitor_reset",
    "pg_wait_sampling_reset",
    "postgres_fdw_disconnect",
    "query_to_xml",
    "cursor_to_xml",
    "crosstab",
    "heap_force_",
    "pg_buffercache_evict",
    "run_command_on_",
];

/// Of these, names and beginnings of names whose work a rollback takes back, that only read, or that leave
/// nothing anyone would miss: a number of a sequence is burnt by every INSERT that is rolled back.
const TAKEN_BACK: &[&str] = &[
    "nextval",
    "setseed",
    "set_config",
    "pg_notify",
    "pg_current_xact_id",
    "txid_current",
    "pg_export_snapshot",
    "pg_advisory_xact_",
    "pg_try_advisory_xact_",
    "pg_read_",
    "pg_ls_dir",
    "pg_stat_file",
    "pg_stat_force_next_flush",
    "set_limit",
    "table_to_xml",
    "schema_to_xml",
    "database_to_xml",
    "pg_prewarm",
    "pg_import_system_collations",
    "brin_",
    "gin_clean_pending_list",
    "lo_",
    "lowrite",
    "loread",
    "ts_stat",
    "ts_rewrite",
    "connectby",
    "crosstab",
    "xpath_table",
    "query_to_xml",
    "cursor_to_xml",
];

/// What is written to a file although its family is taken back.
const WRITES_A_FILE: &str = "lo_export";

/// The first function that acts and is called in this SQL. A name spelt with Unicode escapes counts as one:
/// there is no honest reason for it in a check.
pub(super) fn called(sql: &str) -> Option<String> {
    first_call(sql, false, &acts)
}

/// The first call in this SQL that a rollback does not take back; `body` says that its strings are programs.
pub(super) fn outliving_rollback(sql: &str, body: bool) -> Option<String> {
    first_call(sql, body, &outlives).map(|name| format!("`{name}`"))
}

pub(super) fn first_call(sql: &str, strings_too: bool, wanted: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut at = 0;
    let mut name: Option<String> = None;
    for token in squawk_lexer::tokenize(sql) {
        let end = at + usize::try_from(token.len).unwrap_or(0);
        let text = sql.get(at..end).unwrap_or_default();
        at = end;
        match token.kind {
            TokenKind::QuotedIdent { uescape: true, .. } => return Some(text.to_owned()),
            TokenKind::QuotedIdent { .. } => name = Some(text.trim_matches('"').to_lowercase()),
            TokenKind::Ident => name = Some(text.to_lowercase()),
            TokenKind::OpenParen => {
                if let Some(name) = name.take().filter(|name| wanted(name)) {
                    return Some(name);
                }
            }
            TokenKind::Literal { kind: LiteralKind::DollarQuotedString { .. } | LiteralKind::Str { .. } } if strings_too => {
                name = None;
                if let Some(inner) = first_call(inside(text), true, wanted) {
                    return Some(inner);
                }
            }
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {}
            TokenKind::Eof => break,
            _ => name = None,
        }
    }
    None
}

/// What stands between the quotes of a string: `'…'`, `$$…$$`, `$tag$…$tag$`.
fn inside(string: &str) -> &str {
    let quote = string.strip_prefix('$').and_then(|rest| rest.find('$')).map_or(1, |end| end + 2);
    string.get(quote..string.len().saturating_sub(quote)).unwrap_or_default()
}

fn acts(name: &str) -> bool {
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}

fn outlives(name: &str) -> bool {
    name == WRITES_A_FILE || (acts(name) && !TAKEN_BACK.iter().any(|taken_back| name.starts_with(taken_back)))
}
