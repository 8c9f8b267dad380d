//! Functions that act although a SELECT calls them: READ ONLY stops none of these. Never complete by itself,
//! since functions of the database's own are not known here; roles and read-only transactions do the rest.

use squawk_lexer::TokenKind;

/// Names of functions, in lower case. Sources: "System Administration Functions" and "Sequence Manipulation
/// Functions" of PostgreSQL's manual, and the extensions of its contrib folder.
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
    "ts_stat",
    "ts_rewrite",
    "connectby",
    "xpath_table",
];

/// Beginnings of names that act, for whole families of functions.
const FAMILIES: &[&str] = &[
    "pg_advisory_",
    "pg_try_advisory_",
    "pg_read_",
    "pg_ls_",
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
    "postgres_fdw_disconnect",
    "query_to_xml",
    "cursor_to_xml",
    "crosstab",
];

/// The first function that acts and is called in this SQL. A name spelt with Unicode escapes counts as one:
/// there is no honest reason for it in a check.
pub(super) fn called(sql: &str) -> Option<String> {
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
                if let Some(name) = name.take().filter(|name| acts(name)) {
                    return Some(name);
                }
            }
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment { .. } => {}
            TokenKind::Eof => break,
            _ => name = None,
        }
    }
    None
}

fn acts(name: &str) -> bool {
    NAMES.contains(&name) || FAMILIES.iter().any(|family| name.starts_with(family))
}
