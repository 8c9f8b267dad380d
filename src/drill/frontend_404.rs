//! The drill of `frontend-404`: a web server that no longer falls back to the page, a build for another path, and an
//! image without the page. Never more than data.

use super::application::{self, EVERYTHING_RUNS, INGESTIONS, PEOPLE_ARE_SERVED, USERS};
use super::scenario::{Fault, Invariant, Proof, Scenario};

/// The drill.
pub(super) const SCENARIO: Scenario = application::scenario(
    "frontend-404",
    &[("site", "http://127.0.0.1:{port:site}"), ("route", "ingestions")],
    &[
        Fault {
            name: "fallback-lost",
            title: "The web server does not fall back to the page",
            told: "The line with try_files was lost when the web server's configuration was rewritten; only the first page is a file.",
            sql: "",
            shell: "cp frontend/nginx.conf frontend/nginx.conf.orig && sed -i '/try_files/d' frontend/nginx.conf && docker compose build frontend && docker compose up -d frontend",
            symptom: Proof::Shell("! docker compose exec -T frontend curl -fsS localhost/login"),
            expected: &["restore-fallback", "build-and-deploy"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, PAGE_IS_WHOLE],
        },
        Fault {
            name: "wrong-base",
            title: "The build looks for its files under another path",
            told: "The base of the Vite build was set for a host with a path in front, so the page asks for scripts that are not there.",
            sql: "",
            shell: "sed -i 's|base: \"/\"|base: \"/app/\"|' frontend/vite.config.ts && docker compose build frontend && docker compose up -d frontend",
            symptom: Proof::Shell("docker compose exec -T frontend curl -fsS localhost/ | grep -q /app/assets"),
            expected: &["restore-base", "build-and-deploy"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, PAGE_IS_WHOLE],
        },
        Fault {
            name: "page-not-deployed",
            title: "The deployed image holds no page",
            told: "The image was built while dist/ was being cleaned, and went out without index.html.",
            sql: "",
            shell: "rm ../images/frontend/html/index.html && docker compose up -d frontend",
            symptom: Proof::Shell("! docker compose exec -T frontend curl -fsS localhost/"),
            expected: &["build-and-deploy"],
            keeps: &[USERS, INGESTIONS],
            holds: &[EVERYTHING_RUNS, PEOPLE_ARE_SERVED, PAGE_IS_WHOLE],
        },
    ],
);

const PAGE_IS_WHOLE: Invariant = Invariant {
    says: "A route of the application answers with the page, and its script is there",
    proof: Proof::Shell(
        r#"page=$(docker compose exec -T frontend curl -fsS localhost/settings) &&
           script=$(printf '%s' "$page" | sed -n 's/.*src="\([^"]*\)".*/\1/p') &&
           docker compose exec -T frontend curl -fsS "localhost$script""#,
    ),
};
