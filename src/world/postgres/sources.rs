//! The files libpq reads beside the environment: `pg_service.conf` and `.pgpass`. Never takes a password
//! from a file that others can read.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::world::plain_file;

use super::conninfo::{Host, Parameters};

/// Largest file that is read, in bytes: some hundred times the longest seen.
const LARGEST: u64 = 1 << 20;

type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The section of that name of the user's or the system's `pg_service.conf`.
///
/// # Errors
/// That there is none, naming the files that were looked into.
pub(super) fn service(name: &str, variable: Variable<'_>) -> Result<Parameters, String> {
    let own =
        variable("PGSERVICEFILE").map(PathBuf::from).or_else(|| variable("HOME").map(|home| Path::new(&home).join(".pg_service.conf")));
    let system = PathBuf::from(variable("PGSYSCONFDIR").unwrap_or_else(|| "/etc/postgresql-common".to_owned())).join("pg_service.conf");
    let files: Vec<PathBuf> = own.into_iter().chain([system]).collect();
    for file in &files {
        if let Some(parameters) = plain_file::read_text(file, LARGEST).ok().and_then(|text| section(&text, name)) {
            return Ok(parameters);
        }
    }
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    Err(format!("the service {name:?} is neither in {}", files.join(" nor in ")))
}

fn section(text: &str, name: &str) -> Option<Parameters> {
    let mut found = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if found.is_some() {
                break;
            }
            found = (title == name).then(Parameters::new);
        } else if let (Some(parameters), Some((key, value))) = (&mut found, line.split_once('=')) {
            // As in libpq the first of two counts.
            parameters.entry(key.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
        }
    }
    found
}

/// The password that `.pgpass` holds for this connection. Why it was not looked at goes into `notes`.
pub(super) fn passfile(
    named: Option<&Path>,
    variable: Variable<'_>,
    hosts: &[(Host, u16)],
    dbname: &str,
    user: &str,
    notes: &mut Vec<String>,
) -> Option<String> {
    let file = named.map(Path::to_owned).or_else(|| variable("HOME").map(|home| Path::new(&home).join(".pgpass")))?;
    let about = fs::metadata(&file).ok()?;
    if !about.is_file() {
        notes.push(format!("{} was not read: it is no plain file", file.display()));
        return None;
    }
    if about.mode() & 0o077 != 0 {
        notes.push(format!("{} was not read: others may read it too; chmod 0600 mends that", file.display()));
        return None;
    }
    let text = match plain_file::read_text(&file, LARGEST) {
        Ok(text) => text,
        Err(error) => {
            notes.push(format!("{} could not be read: {error}", file.display()));
            return None;
        }
    };
    hosts.iter().find_map(|(host, port)| {
        let host = match host {
            Host::Tcp(name) => name.clone(),
            Host::Folder(folder) if ["/var/run/postgresql", "/tmp"].iter().any(|usual| folder == Path::new(usual)) => {
                "localhost".to_owned()
            }
            Host::Folder(folder) => folder.to_string_lossy().into_owned(),
        };
        let wanted = [host.as_str(), &port.to_string(), dbname, user];
        text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
            let fields = fields(line);
            let fits = fields.len() == 5 && wanted.iter().zip(&fields).all(|(wanted, field)| field == "*" || field == wanted);
            fits.then(|| fields[4].clone())
        })
    })
}

/// `host:port:database:user:password`, where `\` takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match c {
            // As in libpq a password ends at a colon of its own.
            ':' if fields.len() == 5 => break,
            ':' => fields.push(String::new()),
            c => {
                let c = if c == '\\' { characters.next() } else { Some(c) };
                if let Some(field) = fields.last_mut() {
                    field.extend(c);
                }
            }
        }
    }
    fields
}

/// The name of the account this program runs as: libpq's default user.
pub(super) fn account(variable: Variable<'_>) -> Option<String> {
    let uid = rustix::process::getuid().as_raw().to_string();
    let named = plain_file::read_text(Path::new("/etc/passwd"), 16 * LARGEST).ok().and_then(|accounts| {
        accounts.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == uid).then(|| name.to_owned())
        })
    });
    named.or_else(|| variable("USER")).or_else(|| variable("LOGNAME"))
}
