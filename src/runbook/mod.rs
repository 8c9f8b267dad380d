//! Floor 1: what the author wrote. Reading, checking and searching runbooks is pure: nothing in here opens
//! a file, a socket or a process, so a runbook is always safe to look at.

pub mod ask;
pub mod asked;
pub mod expression;
pub mod import;
pub mod joined;
pub mod lint;
mod lookup;
pub mod model;
pub mod pattern;
pub mod problem;
pub mod pulls_in;
pub mod rollback;
mod runs;
pub mod search;
pub mod sql;
pub mod team;
mod titles;
pub mod tls;
pub mod webhook;
pub mod yaml;

pub use model::Runbook;

/// The runbooks that are compiled into the program: the name of the file, and its text.
#[must_use]
pub fn shipped() -> &'static [(&'static str, &'static str)] {
    macro_rules! read {
        ($($id:literal)*) => { &[$((concat!($id, ".yaml"), include_str!(concat!("../../runbooks/", $id, ".yaml")))),*] };
    }
    read! {
        "api-500"
        "app-not-starting"
        "authentication-failures"
        "database-connection-errors"
        "database-recovery"
        "email-not-sending"
        "fm-030-worker-outage"
        "frontend-404"
        "schema-drift-fix"
        "tables-missing-after-migration"
        "worker-schema-missing"
    }
}
