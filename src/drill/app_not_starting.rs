//! The drill of `app-not-starting`: a variable that is no number, a secret that is gone, a database that is down, and a
//! port that is taken. Never more than data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "app-not-starting",
    &[],
    &[
        Fault {
            name: "invalid-variable",
            title: "A variable that must be a number is none",
            told: "A comment was typed behind the value of ACCESS_TOKEN_EXPIRE_MINUTES; the backend judges its settings before anything else, and ends.",
            sql: "",
            shell: "sed -i 's/^ACCESS_TOKEN_EXPIRE_MINUTES=.*/ACCESS_TOKEN_EXPIRE_MINUTES=eight days/' .env && docker compose up -d backend",
            symptom: Proof::Crashing("backend", "validation error for Settings"),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
        Fault {
            name: "secret-missing",
            title: "A secret is not there",
            told: "SECRET_KEY was taken out of .env to be kept elsewhere, and nobody put it there.",
            sql: "",
            shell: "sed -i '/^SECRET_KEY=/d' .env && docker compose up -d backend",
            symptom: Proof::Crashing("backend", "Field required"),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
        Fault {
            name: "database-down",
            title: "The database is down",
            told: "The database's container was stopped, and the backend was deployed while it was: it cannot start without one.",
            sql: "",
            shell: "docker compose stop db && docker compose restart backend",
            symptom: Proof::Crashing("backend", "could not connect to server"),
            expected: &["start-everything"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
        Fault {
            name: "port-taken",
            title: "Another container holds the backend's port",
            told: "The container of an earlier deployment was started by hand and took port 8000 before the backend could.",
            sql: "",
            shell: "docker compose stop backend && docker run -d --name backend-old -p 8000:8000 registry.example.com/backend:2.3.9 &&
                    docker compose start backend",
            symptom: Proof::Crashing("backend", "address already in use"),
            expected: &["stop-holder"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
    ],
);
