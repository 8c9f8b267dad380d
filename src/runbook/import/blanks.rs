//! What a reader of a document is to fill in: `<pod_name>`, `[Your Name]`, `$VAR`. Each becomes an input, and a value stays a
//! value: in a line for a shell as a quoted variable, in SQL as one of psql's.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::draft::Input;
use super::shell::{self, Quoting};
use crate::runbook::sql::{self, Statement};

/// Where the name of an input begins and ends in a text that is not written yet: characters of Unicode's private use, which no
/// source keeps.
pub(super) const OPEN: char = '\u{E000}';
pub(super) const CLOSE: char = '\u{E001}';

static ANGLED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<([^\\s<>|&;()/\"'`$#=+\\\\][^<>|&;()/\"'`$\\n]*)>").ok());
/// Most characters of what somebody is to fill in.
const LONGEST: usize = 60;

static BRACKETED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\[((?:Your|Current|Team|Insert|Enter|Incident|Service|Start|End|On-?[Cc]all|Lead|Contact|Customer|Date|Time|Name)(?: [A-Za-z][A-Za-z-]*){0,4})\]").ok()
});
static BRACED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[/=: ])\{([a-zA-Z][a-zA-Z0-9_]{1,40})\}").ok());

/// The inputs that were found so far.
#[derive(Debug, Default)]
pub(super) struct Inputs(pub(super) BTreeMap<String, Input>);

impl Inputs {
    /// The name under which a value is asked for; the same blank is asked for once.
    fn named(&mut self, said: &str) -> Option<String> {
        let mut name: String = said.trim().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        while name.contains("__") {
            name = name.replace("__", "_");
        }
        let name = name.trim_matches('_').to_owned();
        // In another script a blank has its words for a question, and a number for a name.
        let name = match name.chars().next() {
            None if said.chars().any(char::is_alphabetic) => {
                let known = self.0.iter().find(|(_, input)| input.ask == said.trim()).map(|(name, _)| name.clone());
                known.unwrap_or_else(|| format!("blank_{}", self.0.len() + 1))
            }
            None => return None,
            Some(first) if first.is_ascii_digit() => format!("n_{name}"),
            Some(_) => name,
        };
        let name = if ["severity", "drill", "checks", "remediations"].contains(&name.as_str()) { format!("{name}_value") } else { name };
        // A variable of this name would change how every program is found or linked.
        let name = if ["path", "ifs", "env", "home"].contains(&name.as_str()) { format!("{name}_value") } else { name };
        let secret = is_secret(&name);
        let input = self.0.entry(name.clone()).or_insert_with(|| Input { ask: said.trim().to_owned(), secret, ..Input::default() });
        // A command without it would be another command.
        input.optional = false;
        Some(name)
    }

    /// A variable that a command reads and nobody sets.
    fn variable(&mut self, name: &str) {
        let secret = is_secret(name);
        let made = || Input { ask: name.to_owned(), env: Some(name.to_owned()), secret, ..Input::default() };
        self.0.entry(name.to_owned()).or_insert_with(made);
    }

    /// An input for one of several ways; its name.
    pub(super) fn choice(&mut self, ask: &str, choices: Vec<String>) -> String {
        if let Some((name, _)) = self.0.iter().find(|(_, input)| input.ask == ask && input.choices == choices) {
            return name.clone();
        }
        let number = (1..=self.0.len() + 1).find(|number| !self.0.contains_key(&format!("way_{number}"))).unwrap_or(1);
        let name = format!("way_{number}");
        self.0.insert(name.clone(), Input { ask: ask.to_owned(), choices, ..Input::default() });
        name
    }

    /// A command with a quoted variable in the place of each blank.
    pub(super) fn in_command(&mut self, line: &str) -> String {
        let blanks = blanks_of_code(line);
        if blanks.is_empty() && !line.contains('$') {
            return line.to_owned();
        }
        let quoting = LazyCell::new(|| shell::quoting(line));
        let filled = replace(line, &blanks, |range, said| {
            let name = self.named(said)?;
            match (*quoting)(range.start) {
                Quoting::None => Some(format!("\"${name}\"")),
                Quoting::Double => Some(format!("${{{name}}}")),
                Quoting::Single => Some(format!("'\"${name}\"'")),
                Quoting::Heredoc | Quoting::LiteralHeredoc | Quoting::Comment => None,
            }
        });
        for name in shell::unset_variables(line) {
            if !is_connection(&name) {
                self.variable(&name);
            }
        }
        filled
    }

    /// SQL with psql's variables in the place of blanks and its statements, if that makes it readable; nothing where it does not.
    pub(super) fn in_sql(&mut self, text: &str) -> Option<(String, Vec<Statement>)> {
        let blanks = blanks_of_code(text);
        if blanks.is_empty() {
            return None;
        }
        for quote in ['\'', '"'] {
            let mut inputs = BTreeMap::new();
            let filled = replace_quoted(text, &blanks, |said| {
                let name = self.named(said)?;
                inputs.insert(name.clone(), "1".to_owned());
                Some(format!(":{quote}{name}{quote}"))
            });
            if let Ok(statements) = sql::prepare(&filled, &inputs, &BTreeSet::new()) {
                return Some((filled, statements));
            }
        }
        None
    }

    /// A text for people, with the inputs it names between [`OPEN`] and [`CLOSE`].
    pub(super) fn in_text(&mut self, text: &str) -> String {
        if !text.contains('[') {
            return text.to_owned();
        }
        let found = BRACKETED.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text));
        let blanks: Vec<(Range<usize>, String)> = found.filter_map(|found| Some((found.get(0)?.range(), found[1].to_owned()))).collect();
        // What stands in the place of an address is a link that leads nowhere.
        replace(text, &blanks, |range, said| {
            if text[range.end..].starts_with(['(', '[']) {
                return None;
            }
            let known = self.0.len();
            let name = self.named(said)?;
            if self.0.len() > known
                && let Some(input) = self.0.get_mut(&name)
            {
                input.optional = true;
            }
            Some(format!("{OPEN}{name}{CLOSE}"))
        })
    }
}

/// Whether a value of this name is nobody's business.
pub(super) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split('_').collect();
    let is_one = |word: &&str| SECRET_WORDS.contains(word);
    // An address of a service carries its password as often as not.
    let is_address = SECRET_ADDRESSES.iter().any(|end| name.ends_with(end));
    words.iter().any(is_one) || is_address || (name.ends_with("_key") && !name.contains("public"))
}

/// Words in the names of variables whose values are secrets.
const SECRET_WORDS: [&str; 26] = [
    "apikey",
    "auth",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "creds",
    "dsn",
    "jwt",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pat",
    "pgpass",
    "pgpassword",
    "privatekey",
    "pw",
    "pwd",
    "sas",
    "secret",
    "secrets",
    "token",
    "tokens",
    "webhook",
];

/// Ends of names of variables that hold an address with a password in it.
const SECRET_ADDRESSES: [&str; 13] = [
    "redis_url",
    "amqp_url",
    "mongo_url",
    "mongodb_uri",
    "mongodb_url",
    "mysql_url",
    "mariadb_url",
    "influxdb_url",
    "replica_url",
    "primary_url",
    "broker_url",
    "conn_str",
    "connection_string",
];

/// Whether a variable of this name holds a connection to a database.
pub(super) fn is_connection(name: &str) -> bool {
    let name = name.to_uppercase();
    ["DATABASE_URL", "DB_URL", "POSTGRES_URL", "PG_URL", "PGURL", "POSTGRESQL_URL", "DIRECT_URL", "DB_URI", "DATABASE_URI", "POSTGRES_URI"]
        .iter()
        .any(|end| name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('_')))
}

fn blanks_of_code(text: &str) -> Vec<(Range<usize>, String)> {
    let patterns =
        [('<', &ANGLED), ('{', &BRACED)].into_iter().filter(|(sign, _)| text.contains(*sign)).filter_map(|(_, pattern)| pattern.as_ref());
    let mut found: Vec<(Range<usize>, String)> = patterns
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|found| {
            let (whole, name) = (found.get(0)?, found.get(1)?);
            let words = name.as_str();
            let is_name =
                words.chars().count() <= LONGEST && words.starts_with(char::is_alphanumeric) && words.ends_with(char::is_alphanumeric);
            if !is_name {
                return None;
            }
            let start = whole.start() + whole.as_str().find(['<', '{'])?;
            // `<<NAME>` and `a<b>c` are something else.
            let before = text[..start].chars().next_back();
            let behind = text[whole.end()..].chars().next();
            (before != Some('<') && before != Some('$') && behind != Some('}')).then(|| (start..whole.end(), name.as_str().to_owned()))
        })
        .collect();
    found.sort_by_key(|(range, _)| range.start);
    found
}

fn replace(text: &str, blanks: &[(Range<usize>, String)], mut with: impl FnMut(&Range<usize>, &str) -> Option<String>) -> String {
    let (mut filled, mut at) = (String::new(), 0);
    for (range, said) in blanks {
        if range.start < at {
            continue;
        }
        if let Some(put) = with(range, said) {
            filled.push_str(&text[at..range.start]);
            filled.push_str(&put);
            at = range.end;
        }
    }
    filled.push_str(&text[at..]);
    filled
}

/// As [`replace`], taking quotes along that stand right around a blank.
fn replace_quoted(text: &str, blanks: &[(Range<usize>, String)], mut with: impl FnMut(&str) -> Option<String>) -> String {
    let quoted: Vec<(Range<usize>, String)> = blanks
        .iter()
        .map(|(range, said)| {
            let (before, after) = (text[..range.start].chars().next_back(), text[range.end..].chars().next());
            let around = matches!((before, after), (Some('\''), Some('\'')) | (Some('"'), Some('"')));
            (if around { range.start - 1..range.end + 1 } else { range.clone() }, said.clone())
        })
        .collect();
    replace(text, &quoted, |_, said| with(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_becomes_a_quoted_variable() {
        let mut inputs = Inputs::default();
        assert_eq!(
            inputs.in_command("kubectl logs <pod-name> -n \"<ns>\" '<a b>' <<EOF"),
            "kubectl logs \"$pod_name\" -n \"${ns}\" ''\"$a_b\"'' <<EOF"
        );
        assert_eq!(inputs.in_command("curl http://x/{id}/y"), "curl http://x/\"$id\"/y");
        assert!(inputs.0.contains_key("pod_name") && inputs.0["pod_name"].ask == "pod-name");
    }

    #[test]
    fn a_blank_in_sql_becomes_a_value_or_a_name() {
        let mut inputs = Inputs::default();
        let mut in_sql = |text: &str| inputs.in_sql(text).map(|(filled, _)| filled);
        assert_eq!(in_sql("SELECT pg_terminate_backend(<pid>)").as_deref(), Some("SELECT pg_terminate_backend(:'pid')"));
        assert_eq!(in_sql("SELECT * FROM t WHERE a = '<x>'").as_deref(), Some("SELECT * FROM t WHERE a = :'x'"));
        assert_eq!(in_sql("SELECT * FROM <table_name>").as_deref(), Some("SELECT * FROM :\"table_name\""));
        assert_eq!(in_sql("EXPLAIN <slow query> now"), None);
    }

    #[test]
    fn a_variable_that_nobody_sets_is_asked_for_and_a_secret_is_one() {
        let mut inputs = Inputs::default();
        inputs.in_command("curl -H \"X: $API_TOKEN\" $HOST/x; psql $DATABASE_URL");
        assert!(inputs.0["API_TOKEN"].secret && !inputs.0["HOST"].secret && !inputs.0.contains_key("DATABASE_URL"));
    }

    #[test]
    fn a_blank_in_a_text_is_named() {
        let mut inputs = Inputs::default();
        assert_eq!(
            inputs.in_text("Lead: [Your Name], see [Your Docs](x) [Current Time + 60 minutes]"),
            format!("Lead: {OPEN}your_name{CLOSE}, see [Your Docs](x) [Current Time + 60 minutes]")
        );
    }
}
