//! Which server answers, and whether it is the one that was meant: an address may lead to another server from one
//! moment to the next. Never takes two servers for one because they have the same name.

use tokio_postgres::{Client, Error};

use crate::timeline::event::{Problem, ServerFacts};

/// What anybody may ask of any server, and what this role may ask beside it.
const WHO: &str = "SELECT current_database()::text, current_user::text, current_setting('server_version'), pg_is_in_recovery(), \
     pg_backend_pid(), current_setting('server_version_num')::int, \
     to_char(pg_postmaster_start_time() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), \
     coalesce(has_function_privilege(to_regprocedure('pg_control_system()'), 'EXECUTE'), false), \
     coalesce(NOT pg_is_in_recovery() AND has_function_privilege(to_regprocedure('pg_current_wal_lsn()'), 'EXECUTE') \
     AND has_function_privilege(to_regprocedure('pg_walfile_name(pg_lsn)'), 'EXECUTE'), false)";

/// Who answers on a connection.
pub(super) struct Who {
    pub(super) facts: ServerFacts,
    /// The backend; through a pooler only for as long as a transaction is open.
    pub(super) pid: i32,
    /// Before PostgreSQL 13 the functions for transaction ids had other names.
    pub(super) modern: bool,
}

/// Asks a server who it is. Works within a transaction as well as outside.
pub(super) async fn who(client: &Client) -> Result<Option<Who>, Error> {
    let rows = client.query_typed(WHO, &[]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (started, version): (String, i32) = (row.try_get(6)?, row.try_get(5)?);
    let mut facts = ServerFacts {
        database: row.try_get(0)?,
        role: row.try_get(1)?,
        version: row.try_get(2)?,
        in_recovery: row.try_get(3)?,
        system: Some(format!("started {started}")),
        wal_timeline: None,
    };
    // What may not be asked is not named: the privilege is looked at before the first row.
    let identifier = if row.try_get(7)? { "(SELECT system_identifier::text FROM pg_control_system())" } else { "NULL::text" };
    let timeline = if row.try_get(8)? { "left(pg_walfile_name(pg_current_wal_lsn()), 8)" } else { "NULL::text" };
    let rows = client.query_typed(&format!("SELECT {identifier}, {timeline}"), &[]).await?;
    if let Some(row) = rows.first() {
        facts.system = row.try_get::<_, Option<String>>(0)?.or(facts.system);
        facts.wal_timeline = row.try_get(1)?;
    }
    Ok(Some(Who { facts, pid: row.try_get(4)?, modern: version >= 130_000 }))
}

/// Why this server is not the one to change; both are named.
pub(super) fn refusal(here: &ServerFacts, planned: Option<&ServerFacts>) -> Option<Problem> {
    let why = if here.in_recovery {
        "the server is in recovery: a standby takes no changes".to_owned()
    } else {
        let planned = planned?;
        if here.database != planned.database {
            format!("this is the database {:?}, the plan was made for {:?}", here.database, planned.database)
        } else if here.role != planned.role {
            format!("this is the role {:?}, the plan was made as {:?}", here.role, planned.role)
        } else {
            another_system(here, planned)?
        }
    };
    Some(Problem { message: format!("{why}; nothing was run"), ..Problem::default() })
}

/// That this is another server, if it is. One of which nothing is known is no other.
fn another_system(here: &ServerFacts, meant: &ServerFacts) -> Option<String> {
    match (&here.system, &meant.system) {
        (Some(here), Some(meant)) if here != meant => Some(format!("this is the server {here}, and the one that was meant is {meant}")),
        _ => None,
    }
}

/// Why what this server says of a transaction would be no proof, if so. Another server, and this one after a standby took
/// over from it, may have given the same number to somebody else's transaction.
pub(super) fn doubt(here: &ServerFacts, meant: &ServerFacts) -> Option<String> {
    if here.system.is_none() || meant.system.is_none() {
        return Some("it is not known which server the transaction was on".to_owned());
    }
    another_system(here, meant).or_else(|| match (&here.wal_timeline, &meant.wal_timeline) {
        (Some(here), Some(meant)) if here != meant => {
            Some(format!("a standby has taken over since: its write-ahead log is on timeline {here}, and was on {meant}"))
        }
        _ => None,
    })
}
