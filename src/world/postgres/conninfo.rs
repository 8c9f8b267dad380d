//! From a connection as it is written down to what a client needs: host, user, password, TLS mode. Follows
//! libpq, whose parameters people know. Never shows a password and never opens a socket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslNegotiation, TargetSessionAttrs};

use crate::base::text::percent_encoded;
use crate::base::{ExposeSecret, SecretString};
use crate::runbook::model::Connection;

use super::sources;
use super::tls::Mode;

/// How long a connection may take where nothing else is said: a firewall that swallows packets should not
/// hold a responder up for minutes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// libpq's parameters by their names in a connection string.
pub(super) type Parameters = BTreeMap<String, String>;

/// A connection with everything filled in.
#[derive(Clone)]
pub struct Resolved {
    /// For the client, password included, without a TLS mode.
    pub config: Config,
    /// How much the server's certificate must prove.
    pub mode: Mode,
    /// The file with the authorities to trust; the system's where left out.
    pub authorities: Option<PathBuf>,
    /// `postgres@db.example.com:5432/app`.
    pub shown: String,
    /// The password, wherever it came from.
    pub password: Option<SecretString>,
    /// What was left out or is worth knowing, one sentence each.
    pub notes: Vec<String>,
    /// Hosts with their ports, in the order they are tried.
    pub hosts: Vec<(Host, u16)>,
    user: String,
    dbname: String,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name or an address.
    Tcp(String),
    /// The folder of a Unix socket.
    Folder(PathBuf),
}

impl Host {
    fn parse(text: &str) -> Self {
        if text.starts_with('/') || text.starts_with('@') { Self::Folder(PathBuf::from(text)) } else { Self::Tcp(text.to_owned()) }
    }

    fn is_remote(&self) -> bool {
        match self {
            Self::Folder(_) => false,
            Self::Tcp(name) if name == "localhost" => false,
            Self::Tcp(name) => !name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
        }
    }
}

impl Resolved {
    /// Fills in everything that is needed to connect.
    ///
    /// `variable` reads the environment.
    ///
    /// # Errors
    /// What is missing or wrong, in one sentence without a secret.
    pub fn of(connection: &Connection, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut notes = Vec::new();
        let mut given = Self::given(connection, &mut notes, variable)?;
        given.retain(|_, value| !value.is_empty());
        if let Some(service) = given.get("service").cloned().or_else(|| variable("PGSERVICE")) {
            for (key, value) in sources::service(&service, variable)? {
                given.entry(key).or_insert(value);
            }
        }
        for (key, name) in VARIABLES {
            if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
                given.entry((*key).to_owned()).or_insert(value);
            }
        }
        Self::assemble(&given, notes, variable)
    }

    /// What is written down, before anything is filled in.
    fn given(connection: &Connection, notes: &mut Vec<String>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Parameters, String> {
        Ok(match connection {
            Connection::Env(name) => {
                let text = variable(name)
                    .filter(|text| !text.trim().is_empty())
                    .ok_or_else(|| format!("the environment variable {name} is not set"))?;
                parse(&text, notes).map_err(|problem| format!("{name}: {problem}"))?
            }
            Connection::Url(text) => parse(text, notes)?,
            Connection::Service(name) => Parameters::from([("service".to_owned(), name.clone())]),
            Connection::Parts { host, port, dbname, user } => {
                let parts = [
                    ("host", host.clone()),
                    ("port", port.map(|port| port.to_string())),
                    ("dbname", dbname.clone()),
                    ("user", user.clone()),
                ];
                parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
            }
            Connection::WithTls { connection, sslmode } => {
                let mut given = Self::given(connection, notes, variable)?;
                given.insert("sslmode".to_owned(), sslmode.clone());
                given
            }
        })
    }

    fn assemble(given: &Parameters, mut notes: Vec<String>, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let get = |key: &str| given.get(key).map(String::as_str);
        for key in UNSUPPORTED {
            if given.contains_key(*key) {
                return Err(format!("the connection parameter {key} is not supported"));
            }
        }
        let hosts = hosts(get("host").or(get("hostaddr")), get("port"))?;
        let user = get("user").map(str::to_owned).or_else(|| sources::account(variable)).ok_or("no user is named")?;
        let dbname = get("dbname").map_or_else(|| user.clone(), str::to_owned);
        let authorities = get("sslrootcert").filter(|file| *file != "system").map(PathBuf::from);
        let mode = match get("sslmode") {
            Some(word) => Mode::parse(word, authorities.is_some())?,
            None if hosts.iter().any(|(host, _)| host.is_remote()) => Mode::VerifyFull,
            None => Mode::Prefer,
        };

        let mut config = Config::new();
        config.user(&user).dbname(&dbname).application_name("fracas").connect_timeout(CONNECT_TIMEOUT);
        for (host, port) in &hosts {
            match host {
                Host::Tcp(name) => config.host(name),
                Host::Folder(folder) => config.host_path(folder),
            };
            config.port(*port);
        }
        if get("host").is_some() {
            for address in get("hostaddr").into_iter().flat_map(|list| list.split(',')) {
                config.hostaddr(address.trim().parse().map_err(|_| format!("hostaddr {address:?} is no address"))?);
            }
        }
        if let Some(seconds) = get("connect_timeout") {
            let seconds: u64 = seconds.trim().parse().map_err(|_| format!("connect_timeout {seconds:?} is no number of seconds"))?;
            // libpq reads 0 as "wait for ever", which nobody wants in an incident.
            config.connect_timeout(if seconds == 0 { CONNECT_TIMEOUT } else { Duration::from_secs(seconds) });
        }
        if let Some(options) = get("options") {
            config.options(options);
        }
        match get("target_session_attrs") {
            None | Some("any") => {}
            Some("read-write" | "primary") => _ = config.target_session_attrs(TargetSessionAttrs::ReadWrite),
            Some("read-only" | "standby") => _ = config.target_session_attrs(TargetSessionAttrs::ReadOnly),
            Some("prefer-standby") => notes.push("target_session_attrs=prefer-standby is taken as any".to_owned()),
            Some(other) => return Err(format!("target_session_attrs {other:?} is unknown")),
        }
        match get("channel_binding") {
            None | Some("prefer") => {}
            Some("require") => _ = config.channel_binding(ChannelBinding::Require),
            Some("disable") => _ = config.channel_binding(ChannelBinding::Disable),
            Some(other) => return Err(format!("channel_binding {other:?} is unknown")),
        }
        match get("sslnegotiation") {
            None | Some("postgres") => {}
            Some("direct") => _ = config.ssl_negotiation(SslNegotiation::Direct),
            Some(other) => return Err(format!("sslnegotiation {other:?} is unknown")),
        }
        if get("load_balance_hosts") == Some("random") {
            config.load_balance_hosts(LoadBalanceHosts::Random);
        }

        let password = match get("password") {
            Some(password) => Some(password.to_owned()),
            None => sources::passfile(get("passfile").map(Path::new), variable, &hosts, &dbname, &user, &mut notes),
        };
        if let Some(password) = &password {
            config.password(password);
        }
        let shown = show(&hosts, &user, &dbname);
        Ok(Self { config, mode, authorities, shown, password: password.map(SecretString::from), notes, hosts, user, dbname })
    }

    /// The connection as a URL with its password, for a program that was given this target.
    #[must_use]
    pub fn url(&self) -> SecretString {
        let mut url = format!("postgresql://{}", percent_encoded(&self.user));
        if let Some(password) = &self.password {
            url.push(':');
            url.push_str(&percent_encoded(password.expose_secret()));
        }
        url.push('@');
        let hosts: Vec<String> = self
            .hosts
            .iter()
            .map(|(host, port)| match host {
                Host::Tcp(name) if name.parse::<std::net::Ipv6Addr>().is_ok() => format!("[{name}]:{port}"),
                Host::Tcp(name) => format!("{}:{port}", percent_encoded(name)),
                Host::Folder(folder) => format!("{}:{port}", percent_encoded(&folder.to_string_lossy())),
            })
            .collect();
        url.push_str(&hosts.join(","));
        url.push('/');
        url.push_str(&percent_encoded(&self.dbname));
        url.push_str("?sslmode=");
        url.push_str(self.mode.word());
        if let Some(file) = &self.authorities {
            url.push_str("&sslrootcert=");
            url.push_str(&percent_encoded(&file.to_string_lossy()));
        }
        SecretString::from(url)
    }
}

/// Parameters that change what is safe or who one is: leaving them out silently would be wrong.
const UNSUPPORTED: &[&str] = &["sslcert", "sslkey", "sslcrl", "sslcrldir", "requirepeer", "require_auth"];

/// libpq's parameters with the variables that stand in for them.
const VARIABLES: &[(&str, &str)] = &[
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("dbname", "PGDATABASE"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("options", "PGOPTIONS"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
];

/// What a connection string may hold; everything else belongs to somebody else's driver.
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
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
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
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "replication",
];

fn hosts(list: Option<&str>, ports: Option<&str>) -> Result<Vec<(Host, u16)>, String> {
    let ports: Vec<u16> = ports.unwrap_or("5432").split(',').map(port_number).collect::<Result<_, _>>()?;
    let first = ports.first().copied().unwrap_or(5432);
    let hosts: Vec<&str> = list.unwrap_or_default().split(',').map(str::trim).collect();
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err(format!("{} ports for {} hosts", ports.len(), hosts.len()));
    }
    let with_port = |(n, host): (usize, &str)| {
        let port = ports.get(n).copied().unwrap_or(first);
        (if host.is_empty() { local(port) } else { Host::parse(host) }, port)
    };
    Ok(hosts.into_iter().enumerate().map(with_port).collect())
}

/// A port. What is no number is not repeated: after a URL's first colon it may be a password whose `@` was forgotten.
fn port_number(text: &str) -> Result<u16, String> {
    match text.trim() {
        "" => Ok(5432),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().map_err(|_| format!("port {digits} is no number up to 65535"))
        }
        _ => Err("a port is no number; in a URL, `/`, `?`, `#` and `@` of a password are written %2F, %3F, %23 and %40".to_owned()),
    }
}

/// Where libpq looks when no host is named: the distribution's socket folder, PostgreSQL's own, then TCP.
fn local(port: u16) -> Host {
    ["/var/run/postgresql", "/tmp"]
        .into_iter()
        .find(|folder| Path::new(folder).join(format!(".s.PGSQL.{port}")).exists())
        .map_or_else(|| Host::Tcp("localhost".to_owned()), |folder| Host::Folder(PathBuf::from(folder)))
}

fn show(hosts: &[(Host, u16)], user: &str, dbname: &str) -> String {
    let hosts: Vec<String> = hosts
        .iter()
        .map(|(host, port)| match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{port}"),
            Host::Tcp(name) => format!("{name}:{port}"),
            Host::Folder(folder) => format!("{}:{port}", folder.display()),
        })
        .collect();
    crate::base::text::line(&format!("{user}@{}/{dbname}", hosts.join(","))).into_owned()
}

/// Whether a URL or a `key=value` string, as somebody typed it, has a password in it.
#[must_use]
pub fn holds_password(text: &str) -> bool {
    let named = |word: &str| text.to_ascii_lowercase().contains(word);
    parse(text, &mut Vec::new())
        .map_or_else(|_| named("password") || named("://") && named("@"), |parameters| parameters.contains_key("password"))
}

/// A URL or a `key=value` string.
fn parse(text: &str, notes: &mut Vec<String>) -> Result<Parameters, String> {
    let text = text.trim();
    if text.contains('\0') {
        return Err("a connection holds a NUL character".to_owned());
    }
    let scheme = text.split_once("://").map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest));
    let parameters = match scheme {
        Some((scheme, rest)) if scheme.starts_with("postgres") => {
            let (family, driver) = scheme.split_once('+').map_or((scheme.as_str(), None), |(family, driver)| (family, Some(driver)));
            if !matches!(family, "postgres" | "postgresql") {
                return Err(format!("{family}:// is no scheme of PostgreSQL"));
            }
            if let Some(driver) = driver {
                notes.push(format!("the scheme's +{driver} was left out: it names a driver, not a server"));
            }
            parse_url(rest)?
        }
        Some((scheme, _)) if !scheme.contains('=') => return Err(format!("{scheme}:// is no scheme of PostgreSQL")),
        _ => parse_pairs(text)?,
    };
    let mut kept = Parameters::new();
    for (key, value) in parameters {
        match key.as_str() {
            "ssl" if matches!(value.as_str(), "true" | "require") => _ = kept.insert("sslmode".to_owned(), "require".to_owned()),
            key if KNOWN.contains(&key) => _ = kept.insert(key.to_owned(), value),
            key if HARMLESS.contains(&key) => {}
            // The value may be somebody's secret, the name is not.
            key => notes.push(format!("{key} was left out: it is no parameter of PostgreSQL's own client")),
        }
    }
    Ok(kept)
}

fn parse_url(rest: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, dbname) = rest.split_once('/').unwrap_or((rest, ""));
    // The last @ ends the password, so that one typed without its escape still works.
    let (login, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    for (key, value) in [("user", user), ("password", password), ("dbname", dbname)] {
        if !value.is_empty() {
            parameters.insert(key.to_owned(), unescaped(value)?);
        }
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',').filter(|host| !host.is_empty()) {
        let (name, port) = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
            Some((name, port)) => (name, port.strip_prefix(':').unwrap_or("")),
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(unescaped(name)?);
        ports.push(port.to_owned());
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

/// `host=db user='a b' password=it\'s`.
fn parse_pairs(text: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or("neither a postgresql:// URL nor key=value pairs")?;
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
        parameters.insert(key.trim().to_owned(), value);
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
