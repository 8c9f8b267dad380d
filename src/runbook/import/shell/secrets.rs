//! Secrets in a command line: what holds one as it is written, and what would show one.
//! Never a judgement of what a command does else; a value that is yet to be filled in is no secret.

use super::nature::Nature;
use super::words::{HOLE, Piece, Word};
use crate::runbook::import::blanks::{is_connection, is_secret};

/// It may print one.
pub(super) const SECRET: Nature = Nature::Acts("may show a secret");
/// It has one written in it, that would stand on every screen and in every record.
pub(super) const HELD: Nature = Nature::Acts("may hold a secret");

/// Whether a variable of this name keeps a secret, or an address with one in it.
pub(super) fn is_secret_variable(name: &str) -> bool {
    is_secret(name) || is_connection(name)
}

/// Whether an assignment to this name has a secret written in it.
pub(super) fn sets(word: &Word<'_>, name: &str) -> bool {
    is_secret_variable(name) && word.text.split_once('=').is_some_and(|(_, value)| is_written(value))
}

/// Whether a word shows what a variable keeps, as `echo $DB_PASSWORD` does. `${DB_PASSWORD:+set}` and `${#DB_PASSWORD}` do not.
pub(super) fn shows(word: &Word<'_>) -> bool {
    word.pieces.iter().any(|piece| {
        matches!(piece, Piece::Variable { name, operator, written, .. }
            if is_secret_variable(name) && !operator.trim_start_matches(':').starts_with('+') && !written.starts_with("${#"))
    })
}

/// Whether the words of a command have a secret written in them: `-u admin:hunter2`, `--password=x`, `Authorization: Bearer x`.
pub(super) fn holds(words: &[&Word<'_>]) -> bool {
    let program = words.first().map_or("", |word| &*word.text);
    words.iter().enumerate().skip(1).any(|(n, word)| {
        let next = words.get(n + 1).map_or("", |next| &*next.text);
        let text = &*word.text;
        is_in_option(text, next) || is_in_header(text) || is_in_query(text) || is_in_pair(program, text, next) || {
            let pair = text
                .split_once('=')
                .filter(|(name, _)| !name.starts_with('-') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
            // `docker exec -e PGPASSWORD=x` and `export PGPASSWORD=x`.
            pair.is_some_and(|(name, value)| is_secret_variable(name) && is_written(value))
        }
    })
}

/// Options whose names sound like a secret's, and that take the name of one, or none.
const NO_SECRETS: &[&str] = &["file", "path", "name", "stdin", "id", "type", "method", "arn", "warning", "mode", "url", "provider"];

/// `--password=x`, `--token x`.
fn is_in_option(text: &str, next: &str) -> bool {
    let Some(option) = text.strip_prefix("--") else { return false };
    let (name, value) = option.split_once('=').unwrap_or((option, next));
    let name = name.to_ascii_lowercase().replace('-', "_");
    let is_other =
        name.starts_with("no_") || name.starts_with("with_") || name.rsplit('_').next().is_some_and(|end| NO_SECRETS.contains(&end));
    is_secret(&name) && !is_other && !value.starts_with('-') && is_written(value)
}

/// `Authorization: Bearer x`, `X-Api-Key: x`.
fn is_in_header(text: &str) -> bool {
    let text = text.strip_prefix("-H").unwrap_or(text);
    let Some((name, value)) = text.split_once(':') else { return false };
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let value = value.trim();
    let value = ["Bearer ", "Basic ", "Token ", "bearer ", "token "].iter().find_map(|scheme| value.strip_prefix(scheme)).unwrap_or(value);
    is_name && is_secret(&name.replace('-', "_")) && is_written(value)
}

/// `https://x/y?api_key=x`
fn is_in_query(text: &str) -> bool {
    let query = text.split_once('?').filter(|(address, _)| address.contains('/')).map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('=')).any(|(name, value)| is_secret(name) && is_written(value))
}

/// `curl -u name:x`, `redis-cli -a x`, `mysql -px`, `sshpass -p x`.
fn is_in_pair(program: &str, text: &str, next: &str) -> bool {
    let value = |option: &str| if text == option { Some(next) } else { text.strip_prefix(option).filter(|_| !text.starts_with("--")) };
    match program {
        "curl" => {
            let user = value("-u").or_else(|| value("-U")).or_else(|| text.strip_prefix("--user=").or((text == "--user").then_some(next)));
            user.and_then(|user| user.split_once(':')).is_some_and(|(_, password)| is_written(password))
        }
        "http" | "https" => value("-a").and_then(|user| user.split_once(':')).is_some_and(|(_, password)| is_written(password)),
        "redis-cli" | "valkey-cli" => value("-a").is_some_and(is_written),
        "mysql" | "mysqladmin" | "mariadb" => text.len() > 2 && value("-p").is_some_and(is_written),
        "sshpass" => value("-p").is_some_and(is_written),
        _ => false,
    }
}

/// Whether this is a value, and nothing that somebody is to put in its place.
fn is_written(value: &str) -> bool {
    let is_blank = value.contains([HOLE, '<', '{', '[', '$', '…'])
        || value.contains("...")
        || value.contains("***")
        || value.to_ascii_lowercase().contains("your");
    !value.is_empty() && !is_blank
}
