//! Lines for a shell: cut where a comment names what follows, each command a check if it is proven to read. Never cuts what
//! shares variables, a folder or a bracket.

use std::sync::LazyLock;

use regex::Regex;

use super::alternatives::{self, Marked};
use super::{Item, MARKED, Surroundings, is_proven, item, prepares, prompt, query, task, title_of_comments};
use crate::base::id::Id;
use crate::base::text;
use crate::runbook::import::blanks::is_connection;
use crate::runbook::import::draft::Does;
use crate::runbook::import::meaning;
use crate::runbook::import::shell::nature::Nature;
use crate::runbook::import::shell::{self, Part, Quoting, Script, Unit};

pub(super) fn items(text: &str, around: &mut Surroundings) -> Vec<Item> {
    let Some(session) = prompt::shell(text) else { return block(text, 0, around) };
    let typed: Vec<&str> = session.iter().map(|exchange| exchange.typed.as_str()).collect();
    let typed = typed.join("\n");
    let script = Script::read(&typed);
    if script.parts().iter().any(|part| matches!(part, Part::Command(unit) if opens_another(nature_of(unit)))) {
        return vec![task(0, comments_of(&typed), text).doubted(ELSEWHERE)];
    }
    if script.shares_state() {
        let told = |part: fn(&prompt::Exchange) -> &str| {
            session
                .iter()
                .map(|exchange| part(exchange).trim_end_matches('\n'))
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        };
        let mut one = command(&typed, &script.whole(), nature_of(&script.whole()), 0, comments_of(&typed), around);
        if let Does::Task = one.does {
            return vec![task(0, one.title, text)];
        }
        one.before = vec![told(|exchange| &exchange.written)];
        one.after.extend(Some(told(|exchange| &exchange.answer)).filter(|answer| !answer.is_empty()));
        return vec![one];
    }
    let mut items = Vec::new();
    for exchange in session {
        let mut made = block(&exchange.typed, exchange.line, around);
        // Nothing of the prompts is lost, and what ran is recognised by who wrote it.
        if let Some(first) = made.iter_mut().find(|item| !matches!(item.does, Does::Task)) {
            first.before = vec![exchange.written.clone()];
        } else if let Some(first) = made.first_mut() {
            let comments: String =
                exchange.typed.lines().take_while(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
            first.after = vec![comments + &exchange.written];
            made.truncate(1);
        }
        if let Some(last) = made.last_mut() {
            last.after.extend(Some(exchange.answer.trim_end_matches('\n').to_owned()).filter(|answer| !answer.trim().is_empty()));
        }
        items.extend(made);
    }
    items
}

fn block(text: &str, at: usize, around: &mut Surroundings) -> Vec<Item> {
    let script = Script::read(text);
    if !script.is_closed {
        return vec![task(at, comments_of(text), text).doubted("it is not whole: a quote or a bracket stays open")];
    }
    // A script is one thing.
    if script.shares_state() || text.trim_start().starts_with("#!") {
        return vec![command(text, &script.whole(), nature_of(&script.whole()), at, comments_of(text), around)];
    }
    let mut items: Vec<Marked> = Vec::new();
    let mut comments: Vec<(&str, usize)> = Vec::new();
    let mut is_behind_command = false;
    for part in script.parts() {
        let was_behind = std::mem::replace(&mut is_behind_command, matches!(part, Part::Command(_)));
        let unit = match part {
            Part::Blank => continue,
            Part::Comment { text, .. } if was_behind && comments.is_empty() && meaning::is_output_comment(text) => {
                if let Some(Marked { item, .. }) = items.last_mut() {
                    item.after.push(text.to_owned());
                    if let Does::CheckCommand { shows, .. } = &mut item.does {
                        *shows = true;
                    }
                }
                continue;
            }
            Part::Comment { text, lines } => {
                comments.push((text, lines.start));
                continue;
            }
            // What is only printed goes with what it announces.
            Part::Command(unit) if prints(unit.text) => {
                comments.push((unit.text, unit.lines.start));
                continue;
            }
            Part::Command(unit) => unit,
        };
        let start = comments.first().map_or(unit.lines.start, |(_, line)| *line);
        let said: Vec<&str> = comments.drain(..).flat_map(|(text, _)| text.lines()).collect();
        let words: Vec<&str> = said.iter().copied().filter(|line| line.trim_start().starts_with('#')).collect();
        let mark = alternatives::mark(&words);
        let title = title_of_comments(words.into_iter().filter(|line| !alternatives::is_or(line)));
        let whole = said.iter().map(|line| format!("{line}\n")).collect::<String>() + unit.text;
        let made = if let Some(made) = sent_by_psql(&whole, &unit, at + start, &title, around) {
            made
        } else {
            let nature = nature_of(&unit);
            // Where another shell is opened, the rest is typed there.
            if opens_another(nature) {
                let rest: String = text.split_inclusive('\n').skip(start).collect();
                items.push(Marked { item: task(at + start, title, &rest).doubted(ELSEWHERE), mark, is_named: true });
                break;
            }
            vec![command(&whole, &unit, nature, at + start, title, around)]
        };
        items.extend(made.into_iter().enumerate().map(|(number, item)| Marked {
            item,
            mark: if number == 0 { mark.clone() } else { None },
            is_named: number == 0 && !said.is_empty(),
        }));
    }
    if let Some((_, line)) = comments.first() {
        let left: Vec<&str> = comments.iter().flat_map(|(text, _)| text.lines()).collect();
        let rest = task(at + line, title_of_comments(left.iter().copied()), &left.join("\n"));
        items.push(Marked { item: rest, mark: alternatives::mark(&left), is_named: true });
    }
    // Where nothing is run it is one text.
    if items.len() > 1 && items.iter().all(|piece| piece.mark.is_none() && piece.item.does.code().is_none()) {
        let doubt = items[0].item.doubt.unwrap_or("nothing in it can be run by itself");
        return vec![task(at, comments_of(text), text).doubted(doubt)];
    }
    alternatives::choose(items, around)
}

/// Why what is typed into another shell stays a task.
pub(in crate::runbook::import) const ELSEWHERE: &str = "it opens a shell or a prompt elsewhere, and what follows is typed there";

/// Whether a command opens a shell or a prompt in which a person goes on.
fn opens_another(nature: Nature) -> bool {
    matches!(nature, Nature::Waits("needs a person" | "asks for a password"))
}

fn nature_of(command: &Unit<'_>) -> Nature {
    command.nature(&is_proven)
}

/// What shows a secret to who looks on, wherever it is kept: files of keys, what clouds and clusters tell of themselves, an address
/// with a password in it.
static SECRETS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let places = r"\.aws/credentials|\.kube/config|\.docker/config\.json|/run/secrets|serviceaccount/token|\.pem\b|\.key\b|id_rsa|id_ed25519|\.env\b|\.pgpass|\.netrc|/etc/shadow|/etc/ssl/private|security-credentials|169\.254\.169\.254|actuator/(?:env|heapdump|configprops)|registry/secrets|get-api-keys|appsettings|compose (?:\S+ )*config|printenv +\w*(?:pass|secret|token|key)|(?:^|[|;&(] *)ps +(?:auxe|axe|e)(?:ww?)?\b|terraform output|://[^\s/:@]*:[^\s/@]+@|redis-cli (?:\S+ )*-a ";
    Regex::new(&format!("(?i){places}")).ok()
});

/// What looks like a blank to fill in.
static LEFT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<[^<>|&;()\n/]+>").ok());

/// A path that says another thing in another folder, for something that removes.
static REMOVES_HERE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\brm\s+(?:-\S+\s+)*(?:\.|\*|[^\s/$~<-])").ok());

/// Whether a command does nothing but print words that stand in it.
fn prints(command: &str) -> bool {
    (command.starts_with("echo ") || command == "echo" || command.starts_with("printf "))
        && !command.contains(['$', '`', '>', '|', '&', ';', '<'])
}

/// The comment that a whole block begins with.
fn comments_of(text: &str) -> String {
    let lines = text.lines().skip_while(|line| line.starts_with("#!") || line.trim().is_empty() || prepares(line.trim()));
    title_of_comments(lines.take_while(|line| line.trim_start().starts_with('#')))
}

/// What becomes of a command that does nothing but send SQL; `whole` is it with its comments.
fn sent_by_psql(whole: &str, unit: &Unit<'_>, line: usize, title: &str, around: &mut Surroundings) -> Option<Vec<Item>> {
    let psql = Some(unit)
        .filter(|unit| unit.text.contains("psql"))?
        .psql()
        .filter(|psql| psql.simple && psql.options_only && !psql.sql.is_empty())?;
    // All of them run in one session.
    if psql.sql.len() > 1 && psql.sql.iter().any(|sql| query::leaves_something(sql)) {
        return None;
    }
    let on = target(&psql, around)?;
    let mut items: Vec<Item> = psql.sql.iter().flat_map(|sql| query::statements(sql, &on, around)).collect();
    if !items.iter().all(|item| matches!(item.does, Does::CheckSql { .. } | Does::ChangeSql { .. })) {
        return None;
    }
    for item in &mut items {
        item.line = line;
        if !title.is_empty() {
            title.clone_into(&mut item.title);
        }
    }
    items.first_mut()?.before = vec![whole.trim_end_matches('\n').to_owned()];
    Some(items)
}

/// The database that a `psql` reaches; nothing where it cannot be said in a runbook.
fn target(psql: &shell::Psql, around: &mut Surroundings) -> Option<String> {
    if let Some(word) = psql.connection.as_deref() {
        // An address in the line may hold a password, and a blank is no connection yet.
        let name = word.trim_matches('"').strip_prefix('$')?.trim_matches(['{', '}']);
        return is_connection(name).then(|| around.target_in(name));
    }
    // Variables before the command lead elsewhere.
    if psql.variables.iter().any(|(option, _)| !option.starts_with('-')) {
        return None;
    }
    let parts: Vec<(&'static str, String)> = psql
        .variables
        .iter()
        .filter_map(|(option, value)| {
            let key = match option.trim_start_matches('-') {
                "h" | "host" => "host",
                "p" | "port" => "port",
                "U" | "username" => "user",
                "d" | "dbname" => "dbname",
                _ => return None,
            };
            Some((key, value.clone()))
        })
        .collect();
    let is_plain = |value: &str| !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let is_port = |(key, value): &(&str, String)| *key != "port" || value.parse::<u16>().is_ok_and(|port| port > 0);
    if parts.is_empty() {
        return Some(around.database());
    }
    // Another database than the one that is meant would be worse than none.
    if !parts.iter().all(|part| is_plain(&part.1) && is_port(part)) {
        return None;
    }
    let (_, name) = parts.iter().find(|(key, _)| *key == "dbname").or_else(|| parts.first())?;
    let name = Id::from_title(name).as_str().to_owned();
    if name.is_empty() || around.targets.get(&name).is_some_and(|other| *other != parts) {
        return None;
    }
    around.targets.insert(name.clone(), parts);
    Some(name)
}

fn command(whole: &str, unit: &Unit<'_>, nature: Nature, line: usize, title: String, around: &mut Surroundings) -> Item {
    let bare = unit.text;
    if let Some(doubt) = no_command(bare) {
        if doubt == ONLY_SETS {
            around.assigned.extend(bare.lines().filter_map(plain_assignment));
        }
        return task(line, title, whole).doubted(doubt);
    }
    if text::holds_mark(whole) {
        return task(line, title, whole).doubted(MARKED);
    }
    let shows_secrets = || SECRETS.as_ref().is_some_and(|secrets| secrets.is_match(bare));
    let doubt = match nature {
        Nature::Waits(_) => {
            return task(line, title, whole)
                .doubted("it waits for a person or does not end by itself, so it is left to a terminal of your own");
        }
        Nature::Acts(why) => Some(why),
        Nature::Reads => shows_secrets().then_some("it may show a secret"),
    };
    if bare.contains("rm") && REMOVES_HERE.as_ref().is_some_and(|removes| removes.is_match(bare)) && !bare.contains("cd ") {
        return task(line, title, whole).doubted("what it removes depends on the folder it is run in");
    }
    let filled = around.inputs.in_command(whole);
    // A blank that is left would be read as a file and written to one.
    if filled.contains('<')
        && LEFT.as_ref().is_some_and(|left| left.find_iter(&filled).any(|left| shell::quoting(&filled)(left.start()) == Quoting::None))
    {
        return task(line, title, whole).doubted("it holds a blank that nobody can fill in here");
    }
    let before = rewritten(whole, &filled);
    let targets = around.targets_of(unit);
    let command = filled.trim_end_matches('\n').to_owned();
    match doubt {
        Some(why) => item(line, title, Does::ChangeCommand { command, targets }).doubted(why),
        None => item(line, title, Does::CheckCommand { command, targets, expect: None, shows: false }),
    }
    .with_before(before)
}

/// The lines that had to be changed, as they are written. Where others stand before the last of them, all: a reader follows the
/// lines in their order.
fn rewritten(whole: &str, filled: &str) -> Option<String> {
    if whole == filled {
        return None;
    }
    let changed: Vec<&str> = whole.lines().zip(filled.lines()).filter(|(old, new)| old != new).map(|(old, _)| old).collect();
    Some(changed.join("\n"))
}

/// Why lines that set variables are nothing to run: each command has a shell of its own.
const ONLY_SETS: &str = "it only sets variables";

/// The name and the value of a line that sets a variable to something known.
fn plain_assignment(line: &str) -> Option<(String, String)> {
    let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
    let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    let is_plain = !value.is_empty() && !value.contains(['$', '`', '<', '\\', '*', '~', '"', '\'']);
    is_plain.then(|| (name.trim().to_owned(), value.to_owned()))
}

/// Why this is nothing that a shell could run, if it is not.
fn no_command(text: &str) -> Option<&'static str> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let first = lines.first()?.split_whitespace().next()?;
    if ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(&first) {
        return Some("it is a request without an address to send it to");
    }
    if lines.len() == 1 && ["cd", "pushd", "popd", "exit", "logout", "\\q"].contains(&first) && !text.contains(['&', ';', '|']) {
        return Some("it only goes somewhere");
    }
    // A key of YAML, a speaker, a point of a list.
    if first.contains('*')
        || (first.len() > 1 && first.ends_with(':'))
        || first.starts_with('-')
        || (first.starts_with(|c: char| c.is_ascii_digit()) && first.chars().all(|c| c.is_ascii_digit() || ".:-/".contains(c)))
    {
        return Some("it does not read like a command");
    }
    let is_assignment = |line: &&str| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        line.split_once('=').is_some_and(|(name, value)| {
            let value = value.split(" #").next().unwrap_or_default().trim().trim_matches('"');
            let is_captured = value.starts_with("$(") && value.ends_with(')');
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && (is_captured || !value.contains(' '))
        })
    };
    if lines.iter().all(is_assignment) {
        return Some(ONLY_SETS);
    }
    if first.starts_with(|c: char| c.is_uppercase() && c.is_alphabetic()) && !first.contains(['=', '/', '_']) {
        return Some("it reads like a sentence");
    }
    if first.starts_with(['{', '[', '<', '|', '│', '┌', '+', '…', '.'])
        && !first.starts_with("[[")
        && !first.starts_with("./")
        && first != "["
        && first != "."
    {
        return Some("it does not read like a command");
    }
    None
}
