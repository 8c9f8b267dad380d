//! SQL: statement by statement, a check where PostgreSQL's grammar and the functions it calls prove that it reads. Never
//! joins what reads with what changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::alternatives::{self, Marked};
use super::{Item, MARKED, Surroundings, are_proven, item, prompt, task, title_of_code, title_of_comments};
use crate::base::text;
use crate::runbook::import::draft::Does;
use crate::runbook::sql::{self, Statement};

/// Whether text without a language begins like a statement and is one.
pub(super) fn looks_like_sql(text: &str) -> bool {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("--")).unwrap_or_default();
    let word = first.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let begins = [
        "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "EXPLAIN", "VACUUM", "REINDEX",
        "TRUNCATE", "ANALYZE",
    ]
    .iter()
    .any(|known| word.eq_ignore_ascii_case(known));
    let is_session = prompt::database(text).is_some();
    is_session || (begins && sql::prepare(text, &BTreeMap::new(), &BTreeSet::new()).is_ok())
}

pub(super) fn items(text: &str, around: &mut Surroundings) -> Vec<Item> {
    if let Some(session) = prompt::database(text) {
        let mut items = Vec::new();
        for exchange in session {
            let mut made = script(&exchange.typed, exchange.line, None, around);
            if let Some(first) = made.first_mut() {
                first.before.insert(0, exchange.written.clone());
            } else {
                made.push(task(exchange.line, title_of_code(&exchange.typed), &exchange.written));
            }
            if let Some(last) = made.last_mut() {
                last.after.extend(Some(exchange.answer.trim_end_matches('\n').to_owned()).filter(|answer| !answer.trim().is_empty()));
            }
            items.extend(made);
        }
        return items;
    }
    script(text, 0, None, around)
}

/// The statements of a text that is handed to `psql` on a target.
pub(super) fn statements(text: &str, on: &str, around: &mut Surroundings) -> Vec<Item> {
    script(text, 0, Some(on), around)
}

/// The beginning or the end of a transaction that the author made by hand, alone on its line.
static MARK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)^(begin|start transaction|commit|end)( work| transaction)?\s*;?$").ok());

/// A script with comments in the place of such marks, and the marks; nothing where it has none.
fn without_marks(text: &str) -> Option<(String, Vec<&str>)> {
    let (mut quiet, mut marks) = (String::new(), Vec::new());
    for range in sql::pieces::pieces(text) {
        let piece = &text[range];
        // Behind the comments and blanks that stand before it.
        let bare = piece.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
        let is_alone = piece.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--")).count() == 1;
        if is_alone && MARK.as_ref().is_some_and(|mark| mark.is_match(bare.trim())) {
            let at = piece.rfind(bare).unwrap_or(0);
            quiet.push_str(&piece[..at]);
            quiet.push_str("-- ");
            quiet.push_str(&piece[at..]);
            marks.push(bare);
        } else {
            quiet.push_str(piece);
        }
    }
    (!marks.is_empty()).then_some((quiet, marks))
}

fn script(text: &str, at: usize, on: Option<&str>, around: &mut Surroundings) -> Vec<Item> {
    let on = |around: &mut Surroundings| on.map_or_else(|| around.database(), str::to_owned);
    if let Some((quiet, marks)) = without_marks(text) {
        // Transactions are the program's; the author's marks stay as comments, in their place.
        let is_dry_run = text.to_lowercase().contains("rollback");
        return match around_statements(&quiet).filter(|statements| !is_dry_run && fit(statements)) {
            Some(statements) => {
                let on = on(around);
                vec![change(quiet.trim_end_matches('\n'), at, comments_of(text), on, &statements).with_before(Some(marks.join("\n")))]
            }
            None => vec![task(at, comments_of(text), text).doubted("it begins and ends transactions of its own")],
        };
    }
    let mut items: Vec<Marked> = Vec::new();
    let mut meta: Vec<String> = Vec::new();
    let mut line = 0;
    // Whether it went to another database on its way.
    let mut has_moved = false;
    // How much of the text was read.
    let mut read = 0;
    'script: for (is_meta, part) in without_meta(text) {
        if is_meta {
            read += part.len();
            has_moved |= part.lines().any(|line| line.trim_start().starts_with("\\c"));
            meta.push(part.trim_end_matches('\n').to_owned());
            line += part.matches('\n').count();
            continue;
        }
        for range in sql::pieces::pieces(part) {
            let piece = &part[range];
            let rest = &text[read..];
            read += piece.len();
            let begins = line + piece.chars().take_while(|c| c.is_whitespace()).filter(|c| *c == '\n').count();
            line += piece.matches('\n').count();
            let piece = piece.trim_matches('\n');
            if piece.trim().is_empty() {
                continue;
            }
            let comments: Vec<&str> = piece
                .lines()
                .take_while(|line| line.trim().is_empty() || line.trim_start().starts_with("--"))
                .filter(|line| !line.trim().is_empty())
                .collect();
            let is_empty = piece.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("--"));
            let title = title_of_comments(comments.iter().copied().filter(|line| !alternatives::is_or(line)));
            if is_empty {
                meta.push(piece.to_owned());
                continue;
            }
            let on = on(around);
            if leaves_something(piece) && holds_statement(&text[read..]) {
                let mut made = together(rest.trim_matches('\n'), at + begins, &title, &on);
                made.before.splice(0..0, std::mem::take(&mut meta));
                items.push(Marked { item: made, mark: None, is_named: true });
                break 'script;
            }
            let mut made = one(piece, at + begins, &title, &on, around);
            if has_moved && matches!(made.does, Does::ChangeSql { .. }) {
                made = task(made.line, made.title, piece).doubted("it is meant for another database, to which `\\c` goes");
            }
            made.before.splice(0..0, std::mem::take(&mut meta));
            let mark = alternatives::mark(&comments);
            let is_named = !comments.is_empty();
            let may_join = !is_named && made.before.is_empty();
            if !(may_join && items.last_mut().is_some_and(|last| joins(&mut last.item, &made))) {
                items.push(Marked { item: made, mark, is_named });
            }
        }
    }
    // Comments, and what is psql's own, behind the last statement.
    if !meta.is_empty() {
        if let Some(last) = items.last_mut() {
            last.item.after.append(&mut meta);
        } else {
            let all = meta.join("\n");
            let title = title_of_comments(all.lines().filter(|line| line.starts_with("--")));
            items.push(Marked { item: task(at, title, &all), mark: None, is_named: false });
        }
    }
    alternatives::choose(items, around)
}

/// Whether a statement leaves something in its session for those behind it: a setting, a name, a table of its own.
pub(super) fn leaves_something(piece: &str) -> bool {
    let code: Vec<&str> = piece.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--")).collect();
    let code = code.join(" ").to_ascii_lowercase();
    let mut words = code.split_whitespace();
    match (words.next(), words.next()) {
        (Some("set" | "reset" | "prepare" | "declare" | "listen"), _) => true,
        (Some("create"), Some(kind)) => kind.starts_with("temp"),
        (Some("select"), Some(call)) => call.contains("set_config("),
        _ => false,
    }
}

fn holds_statement(text: &str) -> bool {
    text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with("--"))
}

/// Statements of one session as one remediation, or as a task where they cannot be one.
fn together(text: &str, line: usize, title: &str, on: &str) -> Item {
    let has_meta = text.lines().any(|line| line.trim_start().starts_with('\\'));
    match around_statements(text).filter(|statements| !has_meta && !text::holds_mark(text) && fit(statements) && is_postgresql(text)) {
        Some(statements) => {
            let made = change(text, line, title.to_owned(), on.to_owned(), &statements);
            if made.doubt == Some(CHANGES) { made.doubted("what follows needs what it sets") } else { made }
        }
        None => task(line, title.to_owned(), text).doubted("what follows needs what it sets, and not all of it can be one step"),
    }
}

/// A change that goes on where another stopped is part of it.
fn joins(last: &mut Item, next: &Item) -> bool {
    if !last.after.is_empty() || !next.after.is_empty() {
        return false;
    }
    match (&mut last.does, &next.does) {
        (
            Does::ChangeSql { sql, on, is_alone: false, changes_rows },
            Does::ChangeSql { sql: more, on: same, is_alone: false, changes_rows: also },
        ) if on == same && sql.len() + more.len() < 60_000 => {
            sql.push('\n');
            sql.push_str(more);
            *changes_rows |= also;
            last.doubt = last.doubt.or(next.doubt);
            true
        }
        _ => false,
    }
}

fn around_statements(text: &str) -> Option<Vec<Statement>> {
    sql::prepare(text, &BTreeMap::new(), &BTreeSet::new()).ok()
}

/// Whether these can be one remediation that a careful author would leave so.
fn fit(statements: &[Statement]) -> bool {
    !statements.iter().any(Statement::is_unbounded)
        && (statements.len() == 1 || !statements.iter().any(|statement| statement.needs_no_transaction))
}

fn one(piece: &str, line: usize, title: &str, on: &str, around: &mut Surroundings) -> Item {
    if text::holds_mark(piece) {
        return task(line, title.to_owned(), piece).doubted(MARKED);
    }
    if let Some((filled, statements)) = around.inputs.in_sql(piece) {
        let changed: Vec<&str> = piece.lines().zip(filled.lines()).filter(|(old, new)| old != new).map(|(old, _)| old).collect();
        if let Some(made) = judged(&filled, line, title, on, Some(&statements)) {
            return made.with_before(Some(changed.join("\n")));
        }
    }
    let statements = around_statements(piece);
    if let Some(made) = judged(piece, line, title, on, statements.as_deref()) {
        return made;
    }
    let is_unbounded = statements.is_some_and(|statements| statements.iter().any(Statement::is_unbounded));
    task(line, title.to_owned(), piece).doubted(if is_unbounded {
        "it changes every row of a table, having no WHERE"
    } else {
        "it is not SQL as PostgreSQL reads it"
    })
}

/// A check or a remediation of these statements; nothing if they are neither.
fn judged(text: &str, line: usize, title: &str, on: &str, statements: Option<&[Statement]>) -> Option<Item> {
    let statements = statements.filter(|_| is_postgresql(text))?;
    if waits(text) {
        return Some(task(line, title.to_owned(), text).doubted("it waits for time to pass"));
    }
    if are_proven(statements) {
        return Some(item(line, title.to_owned(), Does::CheckSql { sql: text.to_owned(), on: on.to_owned(), shows: false }));
    }
    fit(statements).then(|| change(text, line, title.to_owned(), on.to_owned(), statements))
}

/// What is said of a change of which nothing more is known.
const CHANGES: &str = "it changes the database";

fn change(text: &str, line: usize, title: String, on: String, statements: &[Statement]) -> Item {
    let is_alone = statements.iter().any(|statement| statement.needs_no_transaction);
    let changes_rows = statements.iter().any(|statement| statement.writes_need_expect_rows);
    let doubt =
        if changes_rows { "it says not how many rows it may change: `expect_rows` takes back more than one until you do" } else { CHANGES };
    item(line, title, Does::ChangeSql { sql: text.to_owned(), on, is_alone, changes_rows }).doubted(doubt)
}

/// Whether a statement does nothing for a while, in which it holds what it holds.
fn waits(text: &str) -> bool {
    text.to_ascii_lowercase().contains("pg_sleep")
}

/// What other servers show, and PostgreSQL would take for the name of a setting: `MySQL`'s, and those of `pgbouncer`.
const SHOWN_ELSEWHERE: &[&str] = &[
    "clients",
    "databases",
    "engines",
    "errors",
    "events",
    "grants",
    "lists",
    "plugins",
    "pools",
    "privileges",
    "processlist",
    "profiles",
    "schemas",
    "servers",
    "stats",
    "status",
    "tables",
    "triggers",
    "variables",
    "warnings",
];

/// Tables that only other servers have: `MySQL`'s own, and those of osquery.
const TABLES_ELSEWHERE: &[&str] = &[
    "performance_schema.",
    "information_schema.processlist",
    "information_schema.innodb_",
    "information_schema.plugins",
    "mysql.user",
    "mysql.slow_log",
    "sys.innodb_",
    "from listening_ports",
    "from processes",
    "from process_open_sockets",
    "from process_open_files",
    "from osquery_",
    "from launchd",
    "from startup_items",
    "from logged_in_users",
    "from shell_history",
    "from authorized_keys",
    "from deb_packages",
    "from rpm_packages",
    "from kernel_info",
    "from os_version",
    "from system_info",
    "from etc_hosts",
];

/// Whether nothing in it says that it is meant for another server than PostgreSQL.
pub(super) fn is_postgresql(text: &str) -> bool {
    let code: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.starts_with("--")).collect();
    let code = code.join(" ").to_ascii_lowercase();
    let words: Vec<&str> = code.split(|c: char| c.is_whitespace() || c == ';').filter(|word| !word.is_empty()).collect();
    let shows_elsewhere = words.windows(2).any(|pair| pair[0] == "show" && SHOWN_ELSEWHERE.contains(&pair[1]));
    let spaced = words.join(" ");
    // A name in backticks, outside of a text.
    let has_backticks = code.split('\'').step_by(2).any(|part| part.matches('`').count() > 1);
    // ES|QL: PostgreSQL's grammar has no statement that begins so.
    let is_piped = words.first() == Some(&"from");
    !shows_elsewhere && !has_backticks && !is_piped && !TABLES_ELSEWHERE.iter().any(|table| spaced.contains(table))
}

fn comments_of(text: &str) -> String {
    let is_mark = |line: &str| MARK.as_ref().is_some_and(|mark| mark.is_match(line.trim()));
    let lines = text.lines().skip_while(|line| line.trim().is_empty() || is_mark(line));
    title_of_comments(lines.take_while(|line| line.trim_start().starts_with("--")))
}

/// A script with the lines that are psql's own, not SQL, apart.
fn without_meta(text: &str) -> Vec<(bool, &str)> {
    let mut parts: Vec<(bool, std::ops::Range<usize>)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let is_meta = line.trim_start().starts_with('\\');
        let end = at + line.len();
        match parts.last_mut() {
            Some((same, range)) if *same == is_meta => range.end = end,
            _ => parts.push((is_meta, at..end)),
        }
        at = end;
    }
    parts.into_iter().map(|(is_meta, range)| (is_meta, &text[range])).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    /// What becomes of a block: `?` a check, `!` a remediation, `-` a task.
    fn kinds(text: &str) -> String {
        let made = items(text, &mut Surroundings::default());
        made.iter()
            .map(|item| match item.does {
                Does::CheckSql { .. } => '?',
                Does::ChangeSql { .. } => '!',
                _ => '-',
            })
            .collect()
    }

    #[test]
    fn what_needs_a_setting_runs_with_it() {
        assert_eq!(kinds("SELECT 1;\nSET search_path TO x;\nSELECT * FROM t;\n-- more\nSELECT 2;"), "?!");
        assert_eq!(kinds("SET work_mem = '1GB';"), "!");
        assert_eq!(kinds("SET work_mem = '1GB';\n-- done"), "!");
        assert_eq!(kinds("-- all\nSET lock_timeout = '1s';\nVACUUM t;"), "-");
        assert_eq!(kinds("SET search_path TO x;\n\\dt\nSELECT 1;"), "-");
        assert_eq!(kinds("CREATE TEMP TABLE a AS SELECT 1;\nSELECT * FROM a;"), "!");
        let made = items("SELECT 1;\n\nSET search_path TO x;\nSELECT 2;", &mut Surroundings::default());
        assert_eq!(made[1].line, 2);
        assert!(matches!(&made.last().unwrap().does, Does::ChangeSql { sql, .. } if sql == "SET search_path TO x;\nSELECT 2;"));
    }

    #[test]
    fn what_other_servers_read_is_no_check() {
        for text in [
            "SHOW PROCESSLIST;",
            "show full processlist;",
            "SHOW TABLES;",
            "SHOW DATABASES;",
            "SHOW SLAVE STATUS;",
            "SHOW SLAVE STATUS\\G",
            "SHOW ENGINE INNODB STATUS;",
            "SHOW POOLS;",
            "SELECT * FROM `t`;",
            "SELECT `a` FROM t;",
            "FROM logs | WHERE a > 1 | LIMIT 10",
            "SELECT pid, name FROM processes;",
            "SELECT * FROM performance_schema.threads;",
            "select pg_sleep(1000);",
        ] {
            assert_eq!(kinds(text), "-", "{text}");
        }
        assert_eq!(kinds("SHOW work_mem;"), "?");
        assert_eq!(kinds("SELECT '`a`' FROM t;"), "?");
    }
}
