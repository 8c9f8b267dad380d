//! `psql` on a command line: what it connects to, and the SQL it sends.
//! Never judges SQL, which takes a grammar of it; the caller does.

use super::Unit;
use super::nature::{Command, FED, HIDDEN, Nature, PERSON, UNKNOWN, changes_what_runs};
use super::options::Options;
use super::variables::assignment;
use super::words::{HOLE, Piece, Token, Word};

/// A `psql` command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runbook::import) struct Psql {
    /// The word that names the connection, as written without quotes: `$DATABASE_URL` or a URL. Nothing if options and environment do.
    pub(in crate::runbook::import) connection: Option<String>,
    /// Whether there is nothing but texts of SQL, and options about the connection and the form of the output.
    pub(in crate::runbook::import) options_only: bool,
    /// The texts of `-c`, without quotes.
    pub(in crate::runbook::import) sql: Vec<String>,
    /// Whether the whole command is just this `psql`: no pipe, redirection, list or substitution.
    pub(in crate::runbook::import) simple: bool,
    /// What else names the connection, as given: `("-h", "db1")`, `("PGUSER", "app")`; a database's name as `-d`.
    pub(in crate::runbook::import) variables: Vec<(String, String)>,
}

const VALUED: &str = "-c --command -d --dbname -f --file -F --field-separator -h --host -L --log-file -o --output -p --port -P --pset -R \
    --record-separator -T --table-attr -U --username -v --set --variable";
const CONNECTION: &str = "-d --dbname -h --host -p --port -U --username -w --no-password";
const HARMLESS: &str = "-c --command -F --field-separator -P --pset -R --record-separator -T --table-attr -v --set --variable -l --list -X --no-psqlrc \
    -A --no-align -t --tuples-only -q --quiet -x --expanded -H --html -z --field-separator-zero -0 --record-separator-zero -1 --single-transaction \
    -a --echo-all -b --echo-errors -e --echo-queries -E --echo-hidden -n --no-readline --csv -V --version";

impl Unit<'_> {
    /// The first `psql` of this command, if there is one.
    #[must_use]
    pub(in crate::runbook::import) fn psql(&self) -> Option<Psql> {
        let tokens: Vec<&Token<'_>> = self.tokens.iter().filter(|token| !matches!(token, Token::Comment { .. })).collect();
        let is_end = |token: &&Token<'_>| matches!(token, Token::Operator { .. });
        let commands = tokens.split(is_end);
        for words in commands {
            let words: Vec<&Word<'_>> =
                words.iter().filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None }).collect();
            let first = words.iter().position(|word| assignment(word).is_none()).unwrap_or(words.len());
            if words.get(first).is_none_or(|word| word.text != "psql") {
                continue;
            }
            let is_plain = |token: &&Token<'_>| match token {
                Token::Word(word) => !word
                    .pieces
                    .iter()
                    .any(|piece| matches!(piece, Piece::Substitution { .. } | Piece::Odd { .. } | Piece::Arithmetic { .. })),
                Token::Operator { text, .. } => *text == "\n",
                _ => false,
            };
            let words_in_all = tokens.iter().filter(|token| matches!(token, Token::Word(_))).count();
            let mut found = read(&words[first + 1..]);
            let set = words[..first].iter().filter_map(|word| assignment(word).map(|name| (name.to_owned(), word.spelled())));
            let set =
                set.map(|(name, written)| (name.clone(), written.split_once('=').map(|(_, value)| value.to_owned()).unwrap_or_default()));
            found.variables.extend(set);
            found.options_only &= !found.variables.iter().any(|(name, _)| changes_what_runs(name));
            found.simple = self.is_closed && tokens.iter().all(is_plain) && words_in_all == words.len();
            return Some(found);
        }
        None
    }
}

/// The words behind `psql`.
fn read(words: &[&Word<'_>]) -> Psql {
    let options = Options::anywhere(words, VALUED);
    let mut found = Psql { connection: None, options_only: !options.is_hidden, sql: Vec::new(), simple: false, variables: Vec::new() };
    for given in &options.given {
        let name = given.name.as_str();
        let value = given.value.as_deref().unwrap_or_default();
        if ["-c", "--command"].contains(&name) {
            found.sql.push(given.written.clone());
        } else if CONNECTION.split(' ').any(|option| option == name) {
            let value = given.written.clone();
            let names_all = value.contains("://")
                || value.contains('=')
                || value.starts_with('$') && ["URL", "URI", "DSN", "CONN"].iter().any(|part| value.to_uppercase().contains(part));
            if ["-d", "--dbname"].contains(&name) && names_all {
                found.connection = Some(value);
            } else {
                found.variables.push((name.to_owned(), value));
            }
        } else if !HARMLESS.split_whitespace().any(|option| option == name)
            || ["-v", "--set", "--variable"].contains(&name) && !value.starts_with("ON_ERROR_STOP") && !value.starts_with("VERBOSITY")
        {
            found.options_only = false;
        }
    }
    if let Some(operand) = options.operands.first() {
        let written = operand.spelled();
        if written.starts_with('$') || written.contains("://") || written.contains('=') {
            found.connection = Some(written);
        } else {
            found.variables.push(("-d".to_owned(), written));
        }
    }
    if let Some(user) = options.operands.get(1) {
        found.variables.push(("-U".to_owned(), user.spelled()));
    }
    found.options_only &= options.operands.len() <= 2;
    found
}

/// The nature of `psql` with these words.
pub(super) fn nature(command: &Command<'_, '_>) -> Nature {
    let found = read(command.words);
    let options = Options::anywhere(command.words, VALUED);
    if options.has("-W --password -s --single-step -S --single-line") {
        return PERSON;
    }
    if options.has("-f --file") {
        return Nature::Acts("runs a file of SQL");
    }
    if !found.options_only {
        return Nature::Acts("has options that may change something");
    }
    // A quote that was left open has made a connection of what was meant as SQL.
    if found.variables.iter().map(|(_, value)| value).chain(&found.connection).any(|value| value.contains('\n')) {
        return UNKNOWN;
    }
    if command.hides_words() {
        return HIDDEN;
    }
    if found.sql.is_empty() {
        let only_asks = options.has("-l --list -V --version");
        return if only_asks {
            Nature::Reads
        } else if command.is_fed {
            FED
        } else {
            PERSON
        };
    }
    if found.sql.iter().any(|sql| sql.to_ascii_lowercase().contains("pg_sleep")) {
        return Nature::Waits("waits for time to pass");
    }
    if options.values("-c --command").any(|sql| sql.contains(HOLE) && !sql_is_placeholder_only(command.words, sql)) {
        return Nature::Acts("puts a value into its SQL");
    }
    let reads = |sql: &String| is_reading_meta_command(sql) || !sql.trim_start().starts_with('\\') && (command.setting.reads_only)(sql);
    if found.sql.iter().all(reads) { Nature::Reads } else { Nature::Acts("runs SQL that may change something") }
}

/// Whether the holes of a text are placeholders of people, which the SQL grammar judges as they stand.
fn sql_is_placeholder_only(words: &[&Word<'_>], sql: &str) -> bool {
    let word = words.iter().find(|word| word.text.ends_with(sql));
    word.is_some_and(|word| word.pieces.iter().all(|piece| matches!(piece, Piece::Literal { .. } | Piece::Placeholder { .. })))
}

/// Whether this is one command of psql itself, and one that shows something.
fn is_reading_meta_command(text: &str) -> bool {
    let Some(command) = text.trim().strip_prefix('\\') else { return false };
    let name = command.split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default();
    // `\d` and all that begin with it describe. Backquotes run a program, a second backslash begins another command.
    let describes = name.starts_with('d') && name.trim_start_matches(|c: char| c.is_ascii_alphabetic()).chars().all(|c| "S+".contains(c));
    let shows = matches!(
        name,
        "l" | "l+" | "list" | "list+" | "z" | "conninfo" | "sf" | "sf+" | "sv" | "sv+" | "x" | "timing" | "?" | "h" | "encoding" | "q"
    );
    (describes || shows) && !command.contains(['`', '\\', '|', '\n'])
}
