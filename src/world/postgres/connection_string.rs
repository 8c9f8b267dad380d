//! A connection as people have it at hand: a URL or `key=value` pairs, libpq's own or with what other clients and hosting
//! providers add. Everything that is not libpq's is said to be set aside, by its name. Never says a value: any of them may be
//! somebody's secret.

use super::conninfo::Parameters;

/// libpq's parameters that mean something here.
const KNOWN: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "options",
    "service",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslpassword",
    "sslcertmode",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "channel_binding",
    "connect_timeout",
    "target_session_attrs",
    "load_balance_hosts",
    "requirepeer",
    "require_auth",
];

/// libpq's own that make no difference here.
const HARMLESS: &[&str] = &[
    "application_name",
    "fallback_application_name",
    "client_encoding",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "gssencmode",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "sslcompression",
    "sslsni",
    "replication",
];

/// What other clients add to a URL and what becomes of it, where more can be said than that it was set aside.
const OTHERS: &[(&str, &str)] = &[
    ("schema", "Prisma's; names without a schema are looked up by the role's own search_path"),
    ("currentSchema", "JDBC's; names without a schema are looked up by the role's own search_path"),
    ("pgbouncer", "Prisma's; nothing here outlives a transaction, so it makes no difference"),
    ("connection_limit", "Prisma's; checks share two connections"),
    ("statement_cache_size", "asyncpg's; statements here have no names"),
    ("prepared_statement_cache_size", "asyncpg's; statements here have no names"),
    ("prepareThreshold", "JDBC's; statements here have no names"),
    ("sslaccept", "Prisma's; sslmode says how much a server must prove"),
    ("uselibpqcompat", "node-postgres'; sslmode is always read as libpq does"),
];

/// Names for PostgreSQL that libpq does not know and other clients do.
const OTHER_SCHEMES: &[&str] = &["postgis", "pgsql"];

/// Whether a URL or a `key=value` string, as somebody typed it, has a password in it.
#[must_use]
pub fn holds_password(text: &str) -> bool {
    let named = |word: &str| text.to_ascii_lowercase().contains(word);
    parse(text, &mut Vec::new())
        .map_or_else(|_| named("password") || named("://") && named("@"), |parameters| parameters.contains_key("password"))
}

/// What a URL or a `key=value` string says.
///
/// # Errors
/// Why it cannot be read, without a value of it.
pub(super) fn parse(text: &str, notes: &mut Vec<String>) -> Result<Parameters, String> {
    let text = text.trim();
    if text.contains('\0') {
        return Err("a connection holds a NUL character".to_owned());
    }
    let parameters = match text.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('=') => {
            check_scheme(&scheme.to_ascii_lowercase(), notes)?;
            parse_url(rest)?
        }
        _ => parse_pairs(text)?,
    };
    let mut kept = Parameters::new();
    let mut ssl = None;
    for (key, value) in parameters {
        match key.as_str() {
            // libpq reads `ssl=true`, as JDBC writes it; others give it the words of sslmode.
            "ssl" => ssl = Some(value),
            "sslmode" if value == "no-verify" => {
                notes.push("sslmode=no-verify is node-postgres' word for require, and was taken as that".to_owned());
                kept.insert(key, "require".to_owned());
            }
            key if KNOWN.contains(&key) => _ = kept.insert(key.to_owned(), value),
            key if HARMLESS.contains(&key) => {}
            key => notes.push(match OTHERS.iter().find(|(other, _)| *other == key) {
                Some((_, why)) => format!("{key} was set aside: it is {why}"),
                None => format!("{key} was set aside: it is no parameter of PostgreSQL's own client"),
            }),
        }
    }
    if let Some(ssl) = ssl.filter(|_| !kept.contains_key("sslmode")) {
        let mode = match ssl.to_ascii_lowercase().as_str() {
            "true" | "1" | "on" | "no-verify" => "require".to_owned(),
            "false" | "0" | "off" => "disable".to_owned(),
            mode => mode.to_owned(),
        };
        kept.insert("sslmode".to_owned(), mode);
    }
    Ok(kept)
}

fn check_scheme(scheme: &str, notes: &mut Vec<String>) -> Result<(), String> {
    let (outer, inner) = scheme.strip_prefix("jdbc:").map_or((None, scheme), |inner| (Some("jdbc:"), inner));
    let (family, driver) = inner.split_once('+').map_or((inner, None), |(family, driver)| (family, Some(driver)));
    if !matches!(family, "postgres" | "postgresql") && !OTHER_SCHEMES.contains(&family) {
        return Err("the URL has no scheme of PostgreSQL; it should begin with postgresql://".to_owned());
    }
    if let Some(driver) = driver {
        notes.push(format!("the scheme's +{driver} was set aside: it names a driver, not a server"));
    }
    if outer.is_some() || OTHER_SCHEMES.contains(&family) {
        notes.push(format!("the scheme {scheme}: was taken as postgresql:"));
    }
    Ok(())
}

fn parse_url(rest: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let (login, rest) = split_login(rest)?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, dbname) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    for (key, value) in [("user", user), ("password", password), ("dbname", dbname)] {
        if !value.is_empty() {
            parameters.insert(key.to_owned(), unescaped(value)?);
        }
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((name, port)) => (name, port.strip_prefix(':').unwrap_or(port)),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(unescaped(name)?);
        ports.push(unescaped(port)?);
    }
    if names.iter().any(|name| !name.is_empty()) {
        parameters.insert("host".to_owned(), names.join(","));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        parameters.insert("port".to_owned(), ports.join(","));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or_else(|| "a parameter after ? has no =".to_owned())?;
        parameters.insert(unescaped(key)?, unescaped(value)?);
    }
    Ok(parameters)
}

/// User and password before the `@`, and what comes after it. The last `@` before the path ends a password, so that one
/// typed without its escape still works; and a `?` in one does not begin the parameters.
///
/// # Errors
/// If a password seems to hold a `/`, which ends everything before it: half of it would be taken for a port, and told.
fn split_login(rest: &str) -> Result<(&str, &str), String> {
    let before_path = rest.find('/').map_or(rest, |at| &rest[..at]);
    let before_query = before_path.find('?').map_or(before_path, |at| &before_path[..at]);
    if let Some(at) = before_query.rfind('@').or_else(|| before_path.find('@')) {
        return Ok((&rest[..at], &rest[at + 1..]));
    }
    let port = before_query.rsplit_once(':').map(|(_, port)| port);
    if rest.contains('@') && port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()) && !port.ends_with(']')) {
        return Err("the URL's password holds a / that must be written %2F".to_owned());
    }
    Ok(("", rest))
}

/// `host=db user='a b' password=it\'s`.
fn parse_pairs(text: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or("neither a postgresql:// URL nor key=value pairs")?;
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err("a key=value pair has no =".to_owned());
        }
        let mut value = String::new();
        let mut characters = after.trim_start().chars();
        let quoted = characters.as_str().starts_with('\'');
        if quoted {
            characters.next();
        }
        loop {
            match characters.next() {
                Some('\\') => value.extend(characters.next()),
                Some('\'') if quoted => break,
                None if quoted => return Err("a quoted value has no end".to_owned()),
                Some(c) if quoted || !c.is_whitespace() => value.push(c),
                _ => break,
            }
        }
        parameters.insert(key.to_owned(), value);
        rest = characters.as_str().trim_start();
    }
    Ok(parameters)
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(code.filter(|code| *code != 0).ok_or("a % in a URL is not followed by two hexadecimal digits")?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| "a URL is not UTF-8".to_owned())
}
