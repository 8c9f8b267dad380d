//! A block of code as checks, remediations and tasks, in order. Never makes a check of what could change, destroy or wait:
//! what is not proven to read is a remediation, and what nobody here can read is a task with its code.

mod alternatives;
mod prompt;
mod query;
mod terminal;

pub(super) use terminal::ELSEWHERE;

use std::collections::{BTreeMap, BTreeSet};

use super::blanks::Inputs;
use super::blocks::{Code, one_line};
use super::draft::{Does, Item};
use super::{meaning, shell};
use crate::runbook::sql;

/// What the pieces of code have in common: what must be filled in, and the databases.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) inputs: Inputs,
    pub(super) targets: BTreeMap<String, Vec<(&'static str, String)>>,
    /// Variables that a block set for those after it.
    pub(super) assigned: BTreeMap<String, String>,
}

impl Surroundings {
    /// The target of a connection that is held by this variable.
    fn target_in(&mut self, variable: &str) -> String {
        let name = match variable.to_lowercase().replace('_', "-").trim_matches('-') {
            "database-url" | "db-url" | "postgres-url" | "database-uri" | "" => "database".to_owned(),
            other => other.strip_suffix("-url").unwrap_or(other).to_owned(),
        };
        // Two variables of one kind are two databases.
        let way = vec![("env", variable.to_owned())];
        let name = match self.targets.get(&name) {
            Some(other) if *other != way => variable.to_lowercase().replace('_', "-"),
            _ => name,
        };
        self.targets.entry(name.clone()).or_insert(way);
        name
    }

    /// The target of SQL that does not say where it runs.
    fn database(&mut self) -> String {
        if let [only] = self.targets.keys().collect::<Vec<_>>().as_slice() {
            return (*only).clone();
        }
        self.target_in("DATABASE_URL")
    }

    /// The databases that a command finds in its variables.
    fn targets_of(&mut self, command: &shell::Unit<'_>) -> Vec<(String, String)> {
        let held = command.unset_variables().into_iter().filter(|name| super::blanks::is_connection(name));
        held.map(|name| (name.clone(), self.target_in(&name))).collect()
    }
}

/// What a block of code is, by its language or by its look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tongue {
    Shell,
    Sql,
    Other,
}

impl Code {
    pub(super) fn tongue(&self) -> Tongue {
        match self.language.as_str() {
            "bash" | "sh" | "shell" | "zsh" | "ksh" | "console" | "shell-session" | "shellsession" | "sh-session" | "terminal"
            | "bash-session" | "cmd-line" | "commandline" => Tongue::Shell,
            "sql" | "postgresql" | "postgres" | "pgsql" | "psql" | "plpgsql" => Tongue::Sql,
            "" | "text" | "txt" | "plaintext" | "plain" | "none" => {
                if query::looks_like_sql(&self.text) {
                    Tongue::Sql
                } else if shell::looks_like_shell(&self.text) || prompt::shell(&self.text).is_some() {
                    Tongue::Shell
                } else {
                    Tongue::Other
                }
            }
            _ => Tongue::Other,
        }
    }
}

/// The items of a block that begins behind this line of the file; their titles may be empty where the code does not name itself.
pub(super) fn items(code: &Code, tongue: Tongue, line: usize, around: &mut Surroundings) -> Vec<Item> {
    let tongue = if prompt::is_foreign(&code.text) { Tongue::Other } else { tongue };
    let mut items = match tongue {
        Tongue::Shell => terminal::items(&code.text, around),
        Tongue::Sql => query::items(&code.text, around),
        Tongue::Other => Vec::new(),
    };
    if items.is_empty() {
        items.push(task(0, String::new(), &code.text));
    }
    for item in &mut items {
        // The fence itself is a line.
        item.line += line + 1;
    }
    items
}

/// Lines for a shell that a person types elsewhere, where another block has opened a shell.
pub(super) fn typed_elsewhere(code: &Code, line: usize) -> Vec<Item> {
    vec![task(line + 1, String::new(), &code.text).doubted(ELSEWHERE)]
}

/// Whether a text shows how this command was typed once, and what it answered.
pub(super) fn is_session_of(text: &str, command: &str) -> bool {
    matches!(prompt::shell(text).as_deref(), Some([only]) if only.typed.trim() == command.trim() && !only.answer.trim().is_empty())
}

/// A task that holds code as it is written.
fn task(line: usize, title: String, code: &str) -> Item {
    item(line, title, Does::Task).with_after(code)
}

fn item(line: usize, title: String, does: Does) -> Item {
    Item { line, title, before: Vec::new(), does, after: Vec::new(), when: None, doubt: None }
}

impl Item {
    fn with_after(mut self, text: &str) -> Self {
        let text = text.trim_end_matches('\n');
        if !text.trim().is_empty() {
            self.after.push(text.to_owned());
        }
        self
    }

    fn with_before(mut self, text: Option<String>) -> Self {
        self.before.extend(text);
        self
    }

    fn doubted(mut self, why: &'static str) -> Self {
        self.doubt = Some(why);
        self
    }
}

/// Whether SQL is proven to read and nothing else: by PostgreSQL's grammar, and by the functions it calls.
pub(super) fn is_proven(text: &str) -> bool {
    query::is_postgresql(text) && sql::prepare(text, &BTreeMap::new(), &BTreeSet::new()).is_ok_and(|statements| are_proven(&statements))
}

/// Words of SQL that change something.
const CHANGES: [&str; 11] = ["ALTER", "CALL", "CREATE", "DELETE", "DROP", "GRANT", "INSERT", "MERGE", "REVOKE", "TRUNCATE", "UPDATE"];

fn are_proven(statements: &[sql::Statement]) -> bool {
    // Hashes of passwords are nobody's business.
    let shows_secrets = |statement: &sql::Statement| {
        ["pg_authid", "pg_shadow", "rolpassword", "passwd"].iter().any(|name| statement.text.to_lowercase().contains(name))
    };
    // Words that change something can be names in a statement that reads, but whoever wrote them meant something else.
    let means_more = |statement: &sql::Statement| {
        let mut words = sql::words::words(&statement.text).into_iter().filter(|(_, word)| *word == sql::words::Word::Keyword);
        words.any(|(range, _)| CHANGES.iter().any(|change| statement.text[range.clone()].eq_ignore_ascii_case(change)))
    };
    let is_known = |statement: &sql::Statement| sql::pieces::unknown_call(&statement.text).is_none();
    sql::is_question(statements)
        && statements.iter().all(|statement| is_known(statement) && !shows_secrets(statement) && !means_more(statement))
}

/// What comments say of what follows them: the first line, with those that go on in its sentence.
fn title_of_comments<'c>(lines: impl Iterator<Item = &'c str>) -> String {
    let mut title = String::new();
    for line in lines {
        let line = line.trim().trim_start_matches(['#', '-', '/', '*', '=', ' ', '\t']).trim_end_matches(['*', '/', '#', '=', '-', ' ']);
        let words = one_line(line);
        if !words.chars().any(char::is_alphanumeric) {
            continue;
        }
        if !title.is_empty() {
            if !words.starts_with(char::is_lowercase) || title.ends_with(['.', ':', '!', '?']) {
                break;
            }
            title.push(' ');
        }
        title.push_str(&words);
    }
    title.truncate(meaning::first_part(&title, TITLE));
    title.trim().to_owned()
}

/// The comment that code in any language begins with.
pub(super) fn title_of_first_comment(text: &str) -> String {
    let comments = text.lines().skip_while(|line| line.starts_with("#!") || line.trim().is_empty());
    title_of_comments(comments.take_while(|line| line.trim_start().starts_with(['#', '/']) || line.trim_start().starts_with("--")).take(1))
}

/// Why code with characters that nobody sees is not run.
const MARKED: &str = "it holds a character that a terminal obeys or that turns a line around";

/// Most characters of a title that is made here: one line of a narrow screen and a half.
const TITLE: usize = 110;

/// Whether a line of a script only makes ready for what it is about.
fn prepares(line: &str) -> bool {
    let is_assignment = line.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !value.trim_end().contains(' ')
    });
    let word = line.split_whitespace().next().unwrap_or_default();
    is_assignment || ["set", "export", "cd", "source", ".", "test", "[", "[[", "mkdir", "echo", "pushd", "umask"].contains(&word)
}

/// Whether a line is a sentence for people, as a box with a warning has.
fn reads_like_prose(line: &str) -> bool {
    let words = line.split_whitespace().count();
    words > 3 && line.starts_with(char::is_uppercase) && line.ends_with(['.', '!', ':', '?']) && !line.contains(['=', '{', '<', '|', ';'])
}

/// Options of usual programs whose value is the next word.
const VALUED: [&str; 22] = [
    "-n",
    "--namespace",
    "--context",
    "-o",
    "--output",
    "-w",
    "-H",
    "--header",
    "-X",
    "--request",
    "-u",
    "-U",
    "-h",
    "-p",
    "-l",
    "--selector",
    "-c",
    "--format",
    "--filter",
    "--tail",
    "--since",
    "-m",
];

/// A few words of code that say what it is.
pub(super) fn title_of_code(text: &str) -> String {
    let text = text.replace("\\\n", " ");
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '-']));
    let line = lines().find(|line| !prepares(line)).or_else(|| lines().next()).unwrap_or_default();
    // What a text is fed to says more than `cat`.
    let line = line.split_once(" | ").filter(|(fed, _)| fed.starts_with("cat <<")).map_or(line, |(_, fed_to)| fed_to);
    if reads_like_prose(line) {
        return line[..meaning::first_part(line, TITLE)].trim().to_owned();
    }
    let mut words = Vec::new();
    let mut is_value = false;
    for word in line.split_whitespace().skip_while(|word| *word == "sudo") {
        if words.len() == 4 || word.starts_with(['|', '>', '<', '&', ';', '\\', '(', '#']) {
            break;
        }
        // Without its option a value means something else.
        let was_value = std::mem::replace(&mut is_value, VALUED.contains(&word));
        if !word.starts_with('-') && !was_value {
            words.push(word.trim_end_matches(';'));
        }
    }
    let all = words.join(" ");
    all[..meaning::first_part(&all, 80)].trim().to_owned()
}
