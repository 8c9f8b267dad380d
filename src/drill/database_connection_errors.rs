//! The drill of `database-connection-errors`: a database that was stopped, and two ways to look for it in the wrong
//! place. Never more than data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "database-connection-errors",
    &[("db_user", "{user}"), ("db_name", "{database}")],
    &[
        Fault {
            name: "database-stopped",
            title: "The database's container was stopped",
            told: "Somebody who wanted to free memory on this machine stopped the container of the database; its data is untouched.",
            sql: "",
            shell: "docker compose stop db",
            symptom: Proof::Shell("docker compose logs --tail 20 backend | grep -q 'could not connect to server'"),
            expected: &["restart-database"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
        Fault {
            name: "wrong-port",
            title: "The connection string names the wrong port",
            told: "The port of a pooler that is not used here was written into .env, and the containers were made anew with it.",
            sql: "",
            shell: "sed -i 's/^POSTGRES_PORT=.*/POSTGRES_PORT=6543/' .env && docker compose up -d backend",
            symptom: Proof::Crashing("backend", "could not connect to server"),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
        Fault {
            name: "wrong-database",
            title: "The connection string names a database that does not exist",
            told: "A rename that was only meant for staging reached .env here; an empty database of the new name would have hidden the real one.",
            sql: "",
            shell: "sed -i 's/^POSTGRES_DB=.*/POSTGRES_DB=curriculum/' .env && docker compose up -d backend",
            symptom: Proof::Crashing("backend", "does not exist"),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
    ],
);
