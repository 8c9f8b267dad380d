//! Which variables hold a secret, by their name and by what they hold. Never takes a plain word for one: `true`, a number, a
//! path or the name of a host is worth more to a responder than to a thief.

use std::borrow::Cow;

use crate::base::text::percent_decoded;

/// Parts of names that say so.
const NAMES: [&str; 14] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "_PWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "_KEY",
    "CREDENTIAL",
    "SIGNATURE",
    "_AUTH",
];

/// Ends of names that say where a secret is, or what goes with it, and not the secret.
const NO_NAMES: [&str; 11] =
    ["_FILE", "_PATH", "_DIR", "_SOCK", "_USER", "_USERNAME", "_NAME", "_ALGORITHM", "_EXPIRES_IN", "_TTL", "_VERSION"];

/// A value shorter than this is a switch or a choice.
const SHORTEST: usize = 6;

/// What people write where a secret will be, or where none is needed.
const WORDS: [&str; 12] = [
    "postgres",
    "password",
    "changeme",
    "localhost",
    "default",
    "development",
    "production",
    "required",
    "disabled",
    "enabled",
    "optional",
    "missing",
];

/// The secrets in a variable: all of its value where its name says so, the password where it is a URL, and what is named so in a
/// connection string.
#[must_use]
pub fn secrets<'v>(name: &str, value: &'v str) -> Vec<Cow<'v, str>> {
    let mut secrets = Vec::new();
    let mut add = |secret: &'v str| {
        secrets.push(secret.into());
        if let Some(decoded) = percent_decoded(secret).filter(|decoded| decoded != secret) {
            secrets.push(decoded.into());
        }
    };
    match value.split_once("://").map(|(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default()) {
        // The address is no secret, and may be what is looked for.
        Some(authority) => {
            let login = authority.rsplit_once('@').map_or("", |(login, _)| login);
            match login.split_once(':') {
                Some((_, password)) => add(password),
                None if login.len() >= 16 => add(login),
                None => {}
            }
            let query = value.split_once('?').map_or("", |(_, query)| query);
            let named = query.split('&').filter_map(|pair| pair.split_once('='));
            named.filter(|(name, value)| is_named_so(name) && is_worth_it(value)).for_each(|(_, value)| add(value));
        }
        None if is_named_so(name) && is_worth_it(value) => secrets.push(value.into()),
        None => {
            let pairs = value.split_whitespace().filter_map(|pair| pair.strip_prefix("password="));
            pairs.for_each(|password| add(password.trim_matches('\'')));
        }
    }
    secrets
}

fn is_named_so(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    NAMES.iter().any(|part| name.contains(part)) && !NO_NAMES.iter().any(|end| name.ends_with(end))
}

fn is_worth_it(value: &str) -> bool {
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() < 12;
    value.len() >= SHORTEST && !is_number && !WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}
