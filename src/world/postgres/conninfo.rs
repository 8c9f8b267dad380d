//! From a connection as it is written down to what a client needs: host, user, password, TLS mode. Follows
//! libpq, whose parameters people know. Never shows a password and never opens a socket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, LoadBalanceHosts, SslNegotiation, TargetSessionAttrs};

use crate::base::text::percent_encoded;
use crate::base::{ExposeSecret, SecretString};
use crate::runbook::model::Connection;

use super::client_certificate::ClientCertificate;
pub use super::connection_string::holds_password;
use super::connection_string::parse;
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
    /// What proves to the server who we are, beside a password.
    pub certificate: Option<ClientCertificate>,
    /// The versions of TLS that will do.
    pub(super) protocols: Vec<&'static SupportedProtocolVersion>,
    /// `postgres@db.example.com:5432/app`.
    pub shown: String,
    /// The password, wherever it came from.
    pub password: Option<SecretString>,
    /// What was left out or is worth knowing, one sentence each.
    pub notes: Vec<String>,
    /// Why the file of passwords was not looked into; one of the notes.
    pub unread_passwords: Option<String>,
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
            Self::Tcp(name) => is_remote(name),
        }
    }
}

fn is_remote(name: &str) -> bool {
    name != "localhost" && !name.trim().parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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
        let service = given.get("service").cloned().or_else(|| variable("PGSERVICE"));
        if let Some(service) = service.filter(|service| !service.is_empty()) {
            for (key, value) in sources::service(&service, variable)? {
                given.entry(key).or_insert(value);
            }
        }
        for (key, name) in VARIABLES {
            if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
                given.entry((*key).to_owned()).or_insert(value);
            }
        }
        // Not before: what is written down as empty is not looked for elsewhere.
        given.retain(|_, value| !value.is_empty());
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
                given.insert("sslmode".to_owned(), sslmode.word().to_owned());
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
        let home = variable("HOME").map(|home| Path::new(&home).join(".postgresql"));
        let at_home = |file: &str| home.as_ref().map(|home| home.join(file)).filter(|file| file.is_file());
        let user = get("user").map(str::to_owned).or_else(|| sources::account(variable)).ok_or("no user is named")?;
        let dbname = get("dbname").map_or_else(|| user.clone(), str::to_owned);
        let authorities = match get("sslrootcert") {
            Some("system") => None,
            Some(file) => Some(PathBuf::from(file)),
            None => at_home("root.crt"),
        };
        let mode = match get("sslmode") {
            Some(word) if get("sslrootcert") == Some("system") && word != "verify-full" => {
                return Err(format!(
                    "sslmode {word} is too weak for sslrootcert=system, which trusts everybody with a certificate; take verify-full"
                ));
            }
            None if get("sslrootcert") == Some("system") => Mode::VerifyFull,
            Some(word) => Mode::parse(word, authorities.is_some())?,
            None if hosts.iter().any(|(host, _)| host.is_remote())
                || get("hostaddr").is_some_and(|list| list.split(',').any(is_remote)) =>
            {
                Mode::VerifyFull
            }
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
            let addresses = config.get_hostaddrs().len();
            if addresses != 0 && addresses != hosts.len() {
                return Err(format!("{addresses} addresses in hostaddr for {} hosts", hosts.len()));
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

        let so_far = notes.len();
        let password = match get("password") {
            Some(password) => Some(password.to_owned()),
            None => sources::passfile(get("passfile").map(Path::new), variable, &hosts, &dbname, &user, &mut notes),
        };
        if let Some(password) = &password {
            config.password(password);
        }
        let unread_passwords = notes.get(so_far).cloned();
        let certificate = match get("sslcertmode") {
            Some("disable") => None,
            None | Some("allow") => certificate(get("sslcert"), get("sslkey"), &at_home)?,
            Some(_) => return Err("sslcertmode can be allow or disable here".to_owned()),
        };
        let protocols = protocols(get("ssl_min_protocol_version"), get("ssl_max_protocol_version"))?;
        let shown = show(&hosts, &user, &dbname);
        let password = password.map(SecretString::from);
        Ok(Self { config, mode, authorities, certificate, protocols, shown, password, notes, unread_passwords, hosts, user, dbname })
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
        let files = [
            ("sslrootcert", self.authorities.as_ref()),
            ("sslcert", self.certificate.as_ref().map(|own| &own.certificate)),
            ("sslkey", self.certificate.as_ref().map(|own| &own.key)),
        ];
        for (key, file) in files.into_iter().filter_map(|(key, file)| Some((key, file?))) {
            for part in ["&", key, "=", &percent_encoded(&file.to_string_lossy())] {
                url.push_str(part);
            }
        }
        SecretString::from(url)
    }
}

/// Parameters that change what is safe or who one is: leaving them out silently would be wrong.
const UNSUPPORTED: &[&str] = &["sslpassword", "sslcrl", "sslcrldir", "requirepeer", "require_auth"];

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
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
    ("sslcertmode", "PGSSLCERTMODE"),
    ("sslcrl", "PGSSLCRL"),
    ("sslcrldir", "PGSSLCRLDIR"),
    ("requirepeer", "PGREQUIREPEER"),
    ("require_auth", "PGREQUIREAUTH"),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    ("sslnegotiation", "PGSSLNEGOTIATION"),
    ("channel_binding", "PGCHANNELBINDING"),
    ("connect_timeout", "PGCONNECT_TIMEOUT"),
    ("target_session_attrs", "PGTARGETSESSIONATTRS"),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS"),
];

/// The certificate that is named, else the one where libpq looks.
fn certificate(
    certificate: Option<&str>,
    key: Option<&str>,
    at_home: &dyn Fn(&str) -> Option<PathBuf>,
) -> Result<Option<ClientCertificate>, String> {
    let Some(certificate) = certificate.map(PathBuf::from).or_else(|| at_home("postgresql.crt")) else { return Ok(None) };
    let key = key.map(PathBuf::from).or_else(|| at_home("postgresql.key"));
    let key = key.ok_or_else(|| format!("there is no key to the certificate {}: name it in sslkey", certificate.display()))?;
    Ok(Some(ClientCertificate { certificate, key }))
}

fn protocols(least: Option<&str>, most: Option<&str>) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let (mut without_12, mut without_13) = (false, false);
    match least {
        None | Some("TLSv1" | "TLSv1.1" | "TLSv1.2") => {}
        Some("TLSv1.3") => without_12 = true,
        Some(other) => return Err(format!("ssl_min_protocol_version {other:?} is unknown")),
    }
    match most {
        None | Some("TLSv1.3") => {}
        Some("TLSv1.2") => without_13 = true,
        Some(other) => return Err(format!("ssl_max_protocol_version {other:?} is not spoken here: TLSv1.2 and TLSv1.3 are")),
    }
    let versions: Vec<_> = [(!without_12).then_some(&TLS12), (!without_13).then_some(&TLS13)].into_iter().flatten().collect();
    if versions.is_empty() { Err("ssl_min_protocol_version is above ssl_max_protocol_version".to_owned()) } else { Ok(versions) }
}

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
    let number = if text.is_empty() { Ok(5432) } else { text.trim().parse() };
    number.ok().filter(|port| *port != 0).ok_or_else(|| {
        "a port is no number from 1 to 65535; in a URL, `/`, `?`, `#` and `@` of a password are written %2F, %3F, %23 and %40".to_owned()
    })
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
