//! Variables that lead to a database. A program gets those that its runbook names, and no other: a command that means one
//! database and finds the way to another is how the wrong one is changed. Never looks at what else a variable holds.

/// Whether a variable leads to a database: by its name, as libpq and most applications call them, or because it holds an
/// address of PostgreSQL, whatever it is called and whichever driver it is for.
#[must_use]
pub fn is_connection(name: &str, value: &str) -> bool {
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    let scheme = value.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    let driver = scheme.strip_prefix("jdbc:").unwrap_or(&scheme);
    name == "DATABASE_URL" || name.starts_with("PG") || matches!(driver.split('+').next(), Some("postgres" | "postgresql"))
}

#[cfg(test)]
mod tests {
    use super::is_connection;

    #[test]
    fn a_connection_is_told_by_its_name_or_by_what_it_holds() {
        for (name, value) in [
            ("DATABASE_URL", "sqlite:x"),
            ("PGPASSWORD", "secret"),
            ("PGSERVICEFILE", "/etc/x"),
            ("DIRECT_URL", "postgres://db/app"),
            ("SQLALCHEMY", "postgresql+asyncpg://db/app"),
            ("SPRING", "jdbc:postgresql://db/app"),
            ("QUOTED", "\"PostgreSQL://db/app\""),
        ] {
            assert!(is_connection(name, value), "{name}");
        }
        for (name, value) in
            [("PATH", "/usr/lib/postgresql/15/bin:/bin"), ("HOME", "/root"), ("API", "https://postgres.example.com"), ("P", "")]
        {
            assert!(!is_connection(name, value), "{name}");
        }
    }
}
