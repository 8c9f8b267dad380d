//! The application's settings: read from its variables and judged as the application does when it starts. Never shows a
//! value in what it complains of.

use std::collections::BTreeMap;

use crate::world::sandbox::service::Status;

/// What the application is configured with.
pub(in crate::drill) struct Settings(BTreeMap<String, String>);

/// Variables that must be set.
const REQUIRED: [&str; 7] = ["DOMAIN", "PROJECT_NAME", "SECRET_KEY", "POSTGRES_SERVER", "POSTGRES_USER", "POSTGRES_DB", "FIRST_SUPERUSER"];

/// Variables that must be whole numbers.
const NUMBERS: [&str; 3] = ["POSTGRES_PORT", "ACCESS_TOKEN_EXPIRE_MINUTES", "SMTP_PORT"];

/// Variables that a deployment must not leave at their first value.
const SECRETS: [&str; 3] = ["SECRET_KEY", "POSTGRES_PASSWORD", "FIRST_SUPERUSER_PASSWORD"];

impl Settings {
    /// Those of this process.
    pub(super) fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// Those a container was made with.
    pub(in crate::drill) fn of(status: &Status) -> Self {
        Self(status.env.clone())
    }

    /// A variable; empty where it is not set.
    pub(in crate::drill) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// What the application complains of when it starts with these, in the words of its settings library.
    pub(super) fn judge(&self) -> Result<(), String> {
        let mut wrong = Vec::new();
        for name in REQUIRED {
            if !self.0.contains_key(name) {
                wrong.push(format!("{name}\n  Field required [type=missing]"));
            }
        }
        for name in NUMBERS {
            if self.0.get(name).is_some_and(|value| value.parse::<u32>().is_err()) {
                wrong.push(format!("{name}\n  Input should be a valid integer, unable to parse string as an integer [type=int_parsing]"));
            }
        }
        for name in SECRETS {
            if self.get(name) == "changethis" && self.get("ENVIRONMENT") != "local" {
                wrong.push(format!(
                    "  Value error, The value of {name} is \"changethis\", for security, please change it, at least for deployments."
                ));
            }
        }
        if wrong.is_empty() {
            return Ok(());
        }
        let plural = if wrong.len() == 1 { "" } else { "s" };
        Err(format!(
            "pydantic_core._pydantic_core.ValidationError: {} validation error{plural} for Settings\n{}",
            wrong.len(),
            wrong.join("\n")
        ))
    }

    /// Whether mails are sent at all.
    pub(in crate::drill) fn emails_enabled(&self) -> bool {
        !self.get("SMTP_HOST").is_empty() && !self.get("EMAILS_FROM_EMAIL").is_empty()
    }

    /// How long a token is good for, in minutes; eight days where it is not set.
    pub(super) fn token_minutes(&self) -> i64 {
        self.get("ACCESS_TOKEN_EXPIRE_MINUTES").parse().unwrap_or(60 * 24 * 8)
    }

    /// Whether scripts of this origin may use the API.
    pub(super) fn allows_origin(&self, origin: &str) -> bool {
        let listed = self.get("BACKEND_CORS_ORIGINS").split(',').chain([self.get("FRONTEND_HOST")]);
        listed.map(|allowed| allowed.trim().trim_end_matches('/')).any(|allowed| !allowed.is_empty() && allowed == origin)
    }
}

/// Where the application finds its database, without a password.
pub(in crate::drill) fn database_url(settings: &Settings) -> String {
    let [server, port, user, database] =
        ["POSTGRES_SERVER", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_DB"].map(|name| settings.get(name));
    format!("postgresql://{user}@{server}:{port}/{database}?connect_timeout=2&sslmode=disable")
}
