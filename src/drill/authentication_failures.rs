//! The drill of `authentication-failures`: a key that was changed, tokens that expire at once, and an origin that is not
//! allowed. Never more than data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Invariant, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "authentication-failures",
    &[("api", "http://127.0.0.1:{port:api}"), ("account", "teacher-2@example.com"), ("origin", "https://app.example.com")],
    &[
        Fault {
            name: "key-changed",
            title: "The key that tokens are signed with was replaced",
            told: "A clean-up of secrets gave SECRET_KEY a new value; every token that was handed out before is refused since.",
            sql: "",
            shell: "sed -i 's/^SECRET_KEY=.*/SECRET_KEY=drill-rotated-8d2b7f60a4/' .env && docker compose up -d backend",
            symptom: Proof::Shell("docker compose logs --tail 20 backend | grep -q 'Signature verification failed'"),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED],
        },
        Fault {
            name: "tokens-expire-at-once",
            title: "Tokens expire in the moment they are issued",
            told: "ACCESS_TOKEN_EXPIRE_MINUTES was set to 0 by somebody who took it for a switch; who was signed in stays so, and nobody else gets in.",
            sql: "",
            shell: "sed -i 's/^ACCESS_TOKEN_EXPIRE_MINUTES=.*/ACCESS_TOKEN_EXPIRE_MINUTES=0/' .env && docker compose up -d backend",
            symptom: Proof::Shell(NEW_TOKENS_FAIL),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, NEW_TOKENS_WORK],
        },
        Fault {
            name: "origin-not-allowed",
            title: "The browser may not use the API from the frontend's origin",
            told: "The list of allowed origins was cut to staging alone; the API answers, and every browser throws the answer away.",
            sql: "",
            shell: "sed -i -e 's/^BACKEND_CORS_ORIGINS=.*/BACKEND_CORS_ORIGINS=https:\\/\\/staging.example.com/' \
                    -e 's/^FRONTEND_HOST=.*/FRONTEND_HOST=https:\\/\\/staging.example.com/' .env && docker compose up -d backend",
            symptom: Proof::Shell("docker compose exec -T backend env | grep -qx 'BACKEND_CORS_ORIGINS=https://staging.example.com'"),
            expected: &["restore-env"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, NEW_TOKENS_WORK],
        },
    ],
);

/// Signs in, and finds that the token is refused.
const NEW_TOKENS_FAIL: &str = r#"token=$(docker compose exec -T backend curl -sS -d 'username=teacher-2@example.com&password=x' \
    localhost:8000/api/v1/login/access-token | sed 's/.*"access_token":"\([^"]*\)".*/\1/') &&
    ! docker compose exec -T backend curl -fsS -H "Authorization: Bearer $token" localhost:8000/api/v1/users/me"#;

const NEW_TOKENS_WORK: Invariant = Invariant {
    says: "Who signs in now stays signed in",
    proof: Proof::Shell(
        r#"token=$(docker compose exec -T backend curl -sS -d 'username=teacher-2@example.com&password=x' \
           localhost:8000/api/v1/login/access-token | sed 's/.*"access_token":"\([^"]*\)".*/\1/') &&
           docker compose exec -T backend curl -fsS -H "Authorization: Bearer $token" localhost:8000/api/v1/users/me"#,
    ),
};
