//! The drill of `email-not-sending`: no sender, a wrong password, and a mail server that is not there. Never more than
//! data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Invariant, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "email-not-sending",
    &[("mailbox", "teacher-1@example.com"), ("mail_service", "mailcatcher")],
    &[
        Fault {
            name: "sender-missing",
            title: "Nobody is named as the sender",
            told: "EMAILS_FROM_EMAIL was lost when .env was tidied up; without a sender the application sends nothing at all.",
            sql: "",
            shell: "sed -i '/^EMAILS_FROM_EMAIL=/d' .env && docker compose up -d backend",
            symptom: Proof::Shell(ASKING_FAILS),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, MAIL_ARRIVES],
        },
        Fault {
            name: "wrong-password",
            title: "The mail server refuses the application's password",
            told: "The password of the mail account was changed back to an old one in .env; the mail server says 535 and takes nothing.",
            sql: "",
            shell: "sed -i 's/^SMTP_PASSWORD=.*/SMTP_PASSWORD=drill-last-year/' .env && docker compose up -d backend",
            symptom: Proof::Shell(ASKING_FAILS),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, MAIL_ARRIVES],
        },
        Fault {
            name: "mail-server-stopped",
            title: "The mail server's container was stopped",
            told: "The container of the mail server was stopped for maintenance and never started again.",
            sql: "",
            shell: "docker compose stop mailcatcher",
            symptom: Proof::Shell(ASKING_FAILS),
            expected: &["start-mail-server"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, MAIL_ARRIVES],
        },
    ],
);

/// Somebody asks for a new password, and gets an error.
const ASKING_FAILS: &str =
    "! docker compose exec -T backend curl -fsS -X POST localhost:8000/api/v1/password-recovery/teacher-3@example.com";

const MAIL_ARRIVES: Invariant = Invariant {
    says: "The mail with which a password is recovered is accepted by the mail server",
    proof: Proof::Shell(
        "docker compose exec -T backend curl -fsS -X POST localhost:8000/api/v1/password-recovery/teacher-4@example.com &&
         docker compose logs --tail 20 mailcatcher | grep -q 'mail accepted for teacher-4@example.com'",
    ),
};
