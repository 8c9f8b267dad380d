//! Functions that a server calls volatile and that do no harm in a check: they read what changes by itself, make something
//! up, or cannot be called by anybody. Never one that changes, locks, signals, writes or reaches anything.

/// Whether a volatile function does no harm.
pub(crate) fn is_harmless(name: &str) -> bool {
    HARMLESS.iter().any(|(_, names)| names.split_whitespace().any(|known| known == name))
}

/// Why, and which.
const HARMLESS: &[(&str, &str)] = &[
    (
        "makes something up, or tells the time",
        "random gen_random_uuid gen_random_bytes gen_salt uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 clock_timestamp timeofday \
         normal_rand pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea",
    ),
    ("waits, and the timeout of the statement is the end of that", "pg_sleep pg_sleep_for pg_sleep_until"),
    (
        "tells of sizes",
        "pg_database_size pg_indexes_size pg_relation_size pg_table_size pg_tablespace_size pg_total_relation_size pg_relpages",
    ),
    (
        "tells of the log of changes, of replication and of recovery",
        "pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn \
         pg_last_xact_replay_timestamp pg_is_in_recovery pg_is_wal_replay_paused pg_get_wal_replay_pause_state \
         pg_get_wal_resource_managers pg_stat_get_recovery_prefetch pg_show_replication_origin_status \
         pg_get_wal_record_info pg_get_wal_records_info pg_get_wal_records_info_till_end_of_wal pg_get_wal_stats \
         pg_get_wal_stats_till_end_of_wal",
    ),
    (
        "tells of transactions, locks and sessions",
        "pg_blocking_pids pg_safe_snapshot_blocking_pids pg_isolation_test_session_is_blocked pg_lock_status pg_prepared_xact \
         pg_last_committed_xact pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status txid_status \
         pg_get_multixact_members pg_notification_queue_usage pg_old_snapshot_time_mapping current_query pgrowlocks",
    ),
    ("tells of a sequence, and moves it not", "currval lastval pg_sequence_last_value"),
    (
        "tells of the server's own files by names it fixes itself: what monitoring asks",
        "pg_ls_archive_statusdir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_tmpdir pg_ls_waldir \
         pg_current_logfile pg_hba_file_rules pg_ident_file_mappings pg_show_all_file_settings pg_control_checkpoint pg_control_init \
         pg_control_recovery pg_control_system",
    ),
    (
        "tells of memory and of what is compiled in",
        "pg_get_backend_memory_contexts pg_get_shmem_allocations pg_jit_available pg_buffercache_pages pg_freespace \
         pg_collation_actual_version pg_database_collation_actual_version",
    ),
    (
        "counts, or forgets only what this transaction has already read of counts",
        "pg_stat_clear_snapshot pg_stat_have_stats pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit \
         pg_stat_get_xact_function_calls pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time \
         pg_stat_get_xact_numscans pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched \
         pg_stat_get_xact_tuples_hot_updated pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_returned \
         pg_stat_get_xact_tuples_updated pg_stat_statements pg_stat_statements_info",
    ),
    (
        "reads a table or an index as it lies on the disk, and locks as a SELECT does",
        "bt_index_check verify_heapam pg_check_frozen pg_check_visible pg_visibility pg_visibility_map pg_visibility_map_summary \
         pgstatginindex pgstathashindex pgstatindex pgstattuple pgstattuple_approx brin_metapage_info brin_page_items brin_page_type \
         brin_revmap_data bt_metap bt_page_items bt_page_stats fsm_page_contents get_raw_page gin_leafpage_items gin_metapage_info \
         gin_page_opaque_info gist_page_items gist_page_items_bytea gist_page_opaque_info hash_bitmap_info hash_metapage_info \
         hash_page_items hash_page_stats hash_page_type heap_page_item_attrs heap_page_items heap_tuple_infomask_flags page_checksum \
         page_header tuple_data_split currtid2",
    ),
    ("tells how tables are divided", "pg_partition_ancestors pg_partition_tree"),
    (
        "tells of this connection",
        "ssl_cipher ssl_client_cert_present ssl_client_dn ssl_client_dn_field ssl_client_serial ssl_extension_info ssl_is_used \
         ssl_issuer_dn ssl_issuer_field ssl_version postgres_fdw_get_connections",
    ),
    ("turns one text into another; the library may open no file and no connection", "xslt_process"),
    (
        "a part of the server that nobody can call: it wants or gives what no SQL can write",
        "amvalidate bernoulli system system_rows system_time brinhandler bthandler ginhandler gisthandler hashhandler spghandler blhandler \
         heap_tableam_handler plpgsql_call_handler plpgsql_inline_handler plpgsql_validator dsnowball_init dsnowball_lexize \
         dintdict_init dintdict_lexize dxsyn_init dxsyn_lexize unaccent_init unaccent_lexize file_fdw_handler file_fdw_validator \
         postgres_fdw_handler postgres_fdw_validator int_agg_state int_agg_final_array",
    ),
];
