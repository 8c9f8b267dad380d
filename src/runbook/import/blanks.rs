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

static ANGLED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<([^\\s<>|&;()/\"'`$#=+\\\\][^<>&;()\"'`$\\n]*)>").ok());
/// Most characters of what somebody is to fill in.
const LONGEST: usize = 60;

static BRACKETED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\[((?:Your|Current|Team|Insert|Enter|Incident|Service|Start|End|On-?[Cc]all|Lead|Contact|Customer|Date|Time|Name)(?: [A-Za-z][A-Za-z-]*){0,4})\]").ok()
});
static BRACED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?:^|[/=: ])\{([a-zA-Z][a-zA-Z0-9_]{1,40})\}").ok());

/// What looks like nothing else: `YOUR_SERVER_IP`, `your-domain`, `[POD_NAME]`, `%POD%`, `{{ db_host }}`.
static WORDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = r"\b(?:YOUR[_-][A-Z0-9]+(?:[_-][A-Z0-9]+)*|your[_-][a-z0-9]+(?:[_-][a-z0-9]+)*)\b";
    let template = r"\{\{ ?[a-z][a-z0-9_]* ?\}\}";
    Regex::new(&format!(r"{words}|\[[A-Z]{{2,}}[A-Z0-9]*(?:[_-][A-Z0-9]{{2,}})*\]|%[A-Z][A-Z0-9_]{{2,}}%|{template}")).ok()
});

/// Words of Go's templates, which are no blanks.
const OF_TEMPLATES: [&str; 8] = ["break", "continue", "else", "end", "json", "println", "range", "with"];

/// What logs put between brackets.
const LEVELS: [&str; 10] = ["CRITICAL", "DEBUG", "ERR", "ERROR", "FATAL", "INFO", "NOTICE", "TRACE", "WARN", "WARNING"];

/// Marks of HTML that nobody uses as a name for something else.
const TAGS: [&str; 26] = [
    "article", "body", "br", "div", "footer", "h1", "h2", "h3", "head", "header", "hr", "html", "iframe", "img", "li", "meta", "nav", "ol",
    "p", "pre", "script", "span", "svg", "td", "tr", "ul",
];

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
        let known: BTreeSet<String> = self.0.keys().cloned().collect();
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
        // Nobody is asked for what has no place.
        self.0.retain(|name, _| known.contains(name));
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
    // `DBPASSWORD`, `AUTHTOKEN`
    let is_one =
        |word: &&str| SECRET_WORDS.contains(word) || ["password", "passwd", "secret", "token"].iter().any(|end| word.ends_with(end));
    // An address of a service carries its password as often as not.
    let is_address = SECRET_ADDRESSES.iter().any(|end| name.ends_with(end));
    words.iter().any(is_one) || is_address || (name.ends_with("_key") && !name.contains("public"))
}

/// Words in the names of variables whose values are secrets.
const SECRET_WORDS: [&str; 25] = [
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
            // `Ann <ann@example.com>`, `v8::Local<v8::Value>`, `<html>`.
            let is_else = words.split_once('@').is_some_and(|(_, host)| host.contains('.'))
                || words.contains("::")
                || ["true", "false"].contains(&words)
                || TAGS.contains(&words)
                || text.contains(&format!("</{words}>"));
            // What the reader of the shell took for a blank must become one: else it would be a pipe.
            let is_certain = words.contains(['|', '/']);
            let is_name = (is_certain || !is_else)
                && words.chars().count() <= LONGEST
                && words.starts_with(char::is_alphanumeric)
                && words.ends_with(char::is_alphanumeric);
            if !is_name {
                return None;
            }
            let start = whole.start() + whole.as_str().find(['<', '{'])?;
            // `<<NAME>` and `a<b>c` are something else.
            let before = text[..start].chars().next_back();
            let behind = text[whole.end()..].chars().next();
            let word_before = text[..start].rsplit(char::is_whitespace).next().unwrap_or_default();
            let is_type = word_before.contains("::") && before.is_some_and(char::is_alphanumeric);
            (is_certain || before != Some('<') && before != Some('$') && behind != Some('}') && !is_type)
                .then(|| (start..whole.end(), name.as_str().to_owned()))
        })
        .collect();
    found.extend(worded(text));
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// The blanks that stand between no angles.
fn worded(text: &str) -> Vec<(Range<usize>, String)> {
    if !text.contains(['[', '%', '{']) && !text.contains("YOUR") && !text.contains("your") {
        return Vec::new();
    }
    let found = WORDED.as_ref().into_iter().flat_map(|pattern| pattern.find_iter(text));
    found
        .filter_map(|found| {
            let name = found.as_str().trim_matches(['[', ']', '%', '{', '}', ' ']);
            let (before, behind) = (text[..found.start()].chars().next_back(), text[found.end()..].chars().next());
            let begins = before.is_none_or(|c| c.is_whitespace() || "=/:@,\"'".contains(c));
            let ends = behind.is_none_or(|c| c.is_whitespace() || "=/:@,.;\"'".contains(c));
            let is_quoted = before.is_some_and(|c| "\"'".contains(c)) && behind.is_some_and(|c| "\"'".contains(c));
            let is_blank = match found.as_str().chars().next() {
                // `grep "[ERROR]"` seeks, and `LIKE '%ERROR%'` does.
                Some('[') => begins && ends && !LEVELS.contains(&name) && (!is_quoted || name.contains('_')),
                Some('%') => begins && ends && !is_quoted,
                Some('{') => !OF_TEMPLATES.contains(&name),
                // Not a variable, its name where it is set, or a part of a longer word.
                _ => !before.is_some_and(|c| c.is_alphanumeric() || "_-${%.".contains(c)) && !behind.is_some_and(|c| "=_(".contains(c)),
            };
            // Where the source shows `{{ host }}` in a text it must not be filled in, so the input is called otherwise.
            let name = if found.as_str().starts_with("{{") { format!("{name} value") } else { name.to_owned() };
            is_blank.then(|| (found.range(), name))
        })
        .collect()
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
    fn blanks_are_told_from_what_looks_like_them() {
        for (line, expected) in [
            ("docker logs <container-id|name> --tail 5", "docker logs \"$container_id_name\" --tail 5"),
            ("kubectl logs <pod-name or id>", "kubectl logs \"$pod_name_or_id\""),
            ("ping <host/ip address>", "ping \"$host_ip_address\""),
            ("kubectl get pods -n [NAMESPACE]", "kubectl get pods -n \"$namespace\""),
            ("kubectl logs [POD_NAME] -n \"[NAME_SPACE]\"", "kubectl logs \"$pod_name\" -n \"${name_space}\""),
            ("ping YOUR_SERVER_IP", "ping \"$your_server_ip\""),
            ("ping your_server_ip", "ping \"$your_server_ip\""),
            ("curl https://your-domain.com/health", "curl https://\"$your_domain\".com/health"),
            ("ssh root@YOUR-HOST", "ssh root@\"$your_host\""),
            ("kubectl logs %POD%", "kubectl logs \"$pod\""),
            ("pg_isready -h {{ db_host }}", "pg_isready -h \"$db_host_value\""),
        ] {
            assert_eq!(Inputs::default().in_command(line), expected);
        }
        for line in [
            "grep '<html>' f",
            "grep '<title>x</title>' f",
            "git commit --author=\"Ann <ann@example.com>\"",
            "grep 'v8::Local<v8::Value>' f",
            "grep 'std::vector<int>' f",
            "grep '<false>' f",
            "grep [A-Z] f",
            "grep '[ERROR]' f",
            "grep [ERROR] f",
            "date +%FT%T",
            "date +%Y%m%d",
            "docker ps --format '{{.Names}}'",
            "docker ps --format '{{json .}} {{end}} {{ range }}'",
            "psql -c \"SELECT 1 WHERE a LIKE '%ERROR%'\"",
            "echo $YOUR_NAME ${YOUR_NAME}",
            "YOUR_NAME=x ls",
            "ls --your-flag x.your_field",
            "cat <<EOF",
        ] {
            assert_eq!(Inputs::default().in_command(line), line);
        }
    }

    #[test]
    fn a_blank_in_sql_becomes_a_value_or_a_name() {
        let mut inputs = Inputs::default();
        let mut in_sql = |text: &str| inputs.in_sql(text).map(|(filled, _)| filled);
        assert_eq!(in_sql("SELECT pg_terminate_backend(<pid>)").as_deref(), Some("SELECT pg_terminate_backend(:'pid')"));
        assert_eq!(in_sql("SELECT * FROM t WHERE a = '<x>'").as_deref(), Some("SELECT * FROM t WHERE a = :'x'"));
        assert_eq!(in_sql("SELECT * FROM <table_name>").as_deref(), Some("SELECT * FROM :\"table_name\""));
        assert_eq!(
            in_sql("SELECT * FROM t WHERE a = 'YOUR_ID' AND b = {{ b }}").as_deref(),
            Some("SELECT * FROM t WHERE a = :'your_id' AND b = :'b_value'")
        );
        assert_eq!(in_sql("SELECT * FROM t WHERE a LIKE '%ERROR%' AND b[N] = 1 AND ARRAY[ID] = c"), None);
        assert_eq!(in_sql("EXPLAIN <slow query> now"), None);
        assert!(!inputs.0.contains_key("slow_query"));
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
