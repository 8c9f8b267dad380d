//! A draft as the YAML of a runbook: keys in the order a reader expects, texts as they are. Never writes a text that reads as
//! something else, whatever stands in it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

use super::blanks::{CLOSE, OPEN};
use super::draft::{Does, Draft, Item, Phase, Step};

/// What bash reads and a plain shell does not ("Bashisms" of dash's and checkbashisms' manuals).
static BASH: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let signs = [
        r"(?m)(^|[;&|(]\s*|\b(if|while|until|then|do|&&|!)\s+)\[\[\s",
        r"[<>]\(",
        r"<<<",
        r"&>",
        r"\|&",
        r"\bpipefail\b",
        r"(?m)^\s*(declare|mapfile|readarray|shopt|source|function|local)\s",
        r"(?m)^\s*\w+=\(",
        r"\$\{\w+(//?|\^|,|:\d)",
        r"\$'",
        r"\{\d+\.\.\d+\}",
    ];
    Regex::new(&signs.join("|")).ok()
});

/// The runbook. Its targets are production ones until somebody says otherwise.
pub(super) fn yaml(draft: &Draft) -> String {
    let mut out = Out::default();
    out.line(0, "version: 1");
    out.key(0, "id", &draft.id);
    out.key(0, "title", &draft.title);
    out.maybe(0, "severity", draft.severity.as_deref());
    out.maybe(0, "owner", draft.owner.as_deref());
    out.maybe(0, "reviewed", draft.reviewed.as_deref());
    out.list(0, "tags", &draft.tags);
    out.text(0, "summary", &draft.summary);
    out.list(0, "never", &draft.never.iter().map(|text| template(text)).collect::<Vec<_>>());
    out.list(0, "symptoms", &draft.symptoms);
    if !draft.links.is_empty() {
        out.line(0, "links:");
        for (url, title) in &draft.links {
            out.first(2, "url", url);
            out.maybe(4, "title", Some(title.as_str()).filter(|title| !title.is_empty()));
        }
    }
    head(&mut out, draft);
    out.line(0, "");
    out.line(0, "phases:");
    for phase in &draft.phases {
        self::phase(&mut out, draft, phase);
    }
    out.line(0, "");
    if draft.success.is_empty() {
        out.line(0, "# The source does not say when it is over: name checks that prove it.");
        out.line(0, "success: []");
    } else {
        out.line(0, "success:");
        for success in &draft.success {
            out.first(2, "title", &template(&success.title));
            out.line(4, "task: true");
            out.key(4, "urgency", success.urgency);
        }
    }
    if !draft.questions.is_empty() || !draft.actions.is_empty() {
        out.line(0, "report:");
        out.list(2, "questions", &draft.questions);
        if !draft.actions.is_empty() {
            out.line(2, "actions:");
            for action in &draft.actions {
                out.first(4, "title", &action.title);
                out.key(6, "state", action.state);
                out.maybe(6, "owner", action.owner.as_deref());
            }
        }
    }
    out.text
}

fn head(out: &mut Out, draft: &Draft) {
    if !draft.inputs.is_empty() {
        out.line(0, "\ninputs:");
        for (name, input) in &draft.inputs {
            out.line(2, &format!("{name}:"));
            out.key(4, "ask", &input.ask);
            out.list(4, "choices", &input.choices);
            out.maybe(4, "env", input.env.as_deref());
            out.maybe(4, "default", input.default.as_deref());
            if input.optional {
                out.line(4, "optional: true");
            }
            if input.secret {
                out.line(4, "secret: true");
            }
        }
    }
    if !draft.targets.is_empty() {
        out.line(0, "\ntargets:");
        for (name, way) in &draft.targets {
            out.line(2, &format!("{}:", scalar(name)));
            out.line(4, "postgres:");
            for (key, value) in way {
                if *key == "port" { out.line(6, &format!("port: {value}")) } else { out.key(6, key, value) }
            }
            out.line(4, "production: true");
        }
    }
    if !draft.contacts.is_empty() {
        out.line(0, "\ncontacts:");
        for contact in &draft.contacts {
            out.line(2, &format!("{}:", scalar(&contact.id)));
            out.key(4, "name", &contact.name);
            out.maybe(4, "reach", contact.reach.as_deref());
        }
    }
    if !draft.severities.is_empty() {
        out.line(0, "\nseverities:");
        for severity in &draft.severities {
            out.first(2, "name", &severity.name);
            out.maybe(4, "means", severity.means.as_deref());
            out.maybe(4, "response", severity.response.as_deref());
            out.maybe(4, "respond_within", severity.respond_within.as_deref());
            out.maybe(4, "update_every", severity.update_every.as_deref());
        }
    }
    if !draft.escalation.is_empty() {
        out.line(0, "\nescalation:");
        for escalation in &draft.escalation {
            if let Some(after) = &escalation.after {
                out.first(2, "after", after);
                out.list(4, "to", &escalation.to);
            } else {
                out.line(2, "- to:");
                for to in &escalation.to {
                    out.item(6, to);
                }
            }
            out.text(4, "message", std::slice::from_ref(&escalation.message));
        }
    }
    if !draft.known_errors.is_empty() {
        out.line(0, "\nknown_errors:");
        for known in &draft.known_errors {
            out.first(2, "match", &known.pattern);
            out.key(4, "title", &known.title);
            out.maybe(4, "advice", Some(known.advice.as_str()).filter(|advice| !advice.trim().is_empty()));
        }
    }
}

fn phase(out: &mut Out, draft: &Draft, phase: &Phase) {
    out.first(2, "title", &template(&phase.title));
    out.maybe(4, "budget", phase.budget.as_deref());
    out.text(4, "why", &phase.why);
    out.maybe(4, "when", phase.when.as_deref());
    out.line(4, "steps:");
    for step in &phase.steps {
        self::step(out, draft, step);
    }
}

fn step(out: &mut Out, draft: &Draft, step: &Step) {
    out.first(6, "title", &template(&step.title));
    out.maybe(8, "budget", step.budget.as_deref());
    out.text(8, "why", &step.why);
    out.maybe(8, "when", step.when.as_deref());
    for (rank, key) in [(0, "checks:"), (1, "remediations:"), (2, "tasks:")] {
        let mut items = step.items.iter().filter(|item| item.does.rank() == rank).peekable();
        if items.peek().is_some() {
            out.line(8, key);
        }
        let has_checks = step.items.iter().any(|item| item.does.rank() == 0);
        for item in items {
            self::item(out, draft, item, has_checks);
        }
    }
}

fn item(out: &mut Out, draft: &Draft, item: &Item, has_checks: bool) {
    if let Does::Task = item.does {
        let is_bare = item.before.is_empty() && item.after.is_empty() && item.when.is_none();
        if is_bare {
            out.item(10, &template(&item.title));
            return;
        }
    }
    out.first(10, "title", &template(&item.title));
    let says_after = item.before.is_empty() && !matches!(item.does, Does::Task);
    if !says_after {
        let why: Vec<String> = item.before.iter().chain(&item.after).cloned().collect();
        out.text(12, "why", &why);
    }
    out.maybe(12, "when", item.when.as_deref());
    let has_several = draft.targets.len() > 1;
    match &item.does {
        Does::CheckSql { sql, on, shows } => {
            out.code(12, "sql", sql);
            out.maybe(12, "on", Some(on.as_str()).filter(|_| has_several));
            out.maybe(12, "show", shows.then_some("rows"));
        }
        Does::CheckCommand { command, targets, expect, shows } => {
            out.command(12, command);
            env(out, targets);
            out.maybe(12, "expect", expect.as_deref());
            out.maybe(12, "show", shows.then_some("stdout"));
        }
        Does::ChangeSql { sql, on, is_alone, changes_rows } => {
            out.code(12, "sql", sql);
            out.maybe(12, "on", Some(on.as_str()).filter(|_| has_several));
            if *is_alone {
                out.line(12, "transaction: none");
            }
            if *changes_rows {
                out.line(12, "expect_rows: 0..1");
            }
        }
        Does::ChangeCommand { command, targets } => {
            out.command(12, command);
            env(out, targets);
        }
        Does::Task => {}
    }
    if item.does.rank() == 1 && !has_checks {
        out.line(12, "verify: []");
    }
    if says_after {
        out.text(12, "why", &item.after);
    }
}

fn env(out: &mut Out, targets: &[(String, String)]) {
    if targets.is_empty() {
        return;
    }
    out.line(12, "env:");
    for (variable, target) in targets {
        out.key(14, variable, &format!("target.{target}"));
    }
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    fn line(&mut self, indent: usize, line: &str) {
        let line = match line.strip_prefix('\n') {
            Some(line) => {
                self.text.push('\n');
                line
            }
            None => line,
        };
        let indent = if line.is_empty() { 0 } else { indent };
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    fn key(&mut self, indent: usize, key: &str, value: &str) {
        let value = self::value(value, indent + 2);
        self.line(indent, &format!("{key}: {value}"));
    }

    /// The first key of an item of a list.
    fn first(&mut self, indent: usize, key: &str, value: &str) {
        let value = self::value(value, indent + 4);
        self.line(indent, &format!("- {key}: {value}"));
    }

    fn maybe(&mut self, indent: usize, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.key(indent, key, value);
        }
    }

    fn item(&mut self, indent: usize, value: &str) {
        let value = self::value(value, indent + 2);
        self.line(indent, &format!("- {value}"));
    }

    fn list(&mut self, indent: usize, key: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        self.line(indent, &format!("{key}:"));
        for value in values {
            self.item(indent + 2, value);
        }
    }

    /// Text for people, its paragraphs apart.
    fn text(&mut self, indent: usize, key: &str, parts: &[String]) {
        let parts: Vec<&str> = parts.iter().map(|part| part.trim_end_matches('\n')).filter(|part| !part.trim().is_empty()).collect();
        if !parts.is_empty() {
            self.key(indent, key, &template(&parts.join("\n\n")));
        }
    }

    /// A line for the shell that can read it: what only bash knows is no line for `/bin/sh`.
    fn command(&mut self, indent: usize, command: &str) {
        if !BASH.as_ref().is_some_and(|bash| bash.is_match(command)) {
            return self.code(indent, "command", command);
        }
        self.line(indent, "command:");
        for word in ["bash", "-c", command.trim_end_matches('\n')] {
            self.item(indent + 2, word);
        }
    }

    fn code(&mut self, indent: usize, key: &str, code: &str) {
        self.key(indent, key, code.trim_end_matches('\n'));
    }
}

/// A text in which `{{ name }}` and the like are meant as they stand, but for the inputs that were found in it.
pub(super) fn template(text: &str) -> String {
    let is_raw = |part: &str| part.contains("{{") || part.contains("{%") || (part.contains("{#") && text.contains(OPEN));
    let mut out = String::new();
    for (number, part) in text.split(OPEN).enumerate() {
        let part = match part.split_once(CLOSE) {
            Some((name, rest)) if number > 0 => {
                let _ = write!(out, "{{{{ {name} }}}}");
                rest
            }
            _ => part,
        };
        if !is_raw(part) {
            out.push_str(part);
        } else if part.contains("endraw") {
            // A text about templates themselves: each of its marks is said by a literal.
            let said = part.replace("{{", "\u{E002}").replace("{%", "\u{E003}").replace("{#", "\u{E004}");
            out.push_str(&said.replace('\u{E002}', "{{ '{{' }}").replace('\u{E003}', "{{ '{%' }}").replace('\u{E004}', "{{ '{#' }}"));
        } else {
            let _ = write!(out, "{{% raw %}}{part}{{% endraw %}}");
        }
    }
    out
}

/// A value: on its line where it has one, as a block where it has several.
fn value(text: &str, indent: usize) -> String {
    if !text.contains('\n') {
        return scalar(text);
    }
    // Lines that begin with blanks would be taken for the indentation itself.
    let text = text.trim_start_matches('\n');
    let indicator = if text.starts_with([' ', '\t']) { "2" } else { "" };
    let mut out = format!("|{indicator}");
    for line in text.trim_end_matches('\n').split('\n') {
        out.push('\n');
        if !line.is_empty() {
            let _ = write!(out, "{:indent$}{line}", "");
        }
    }
    out
}

/// One line, plain where it can only be read as that text.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "_-./()+ ,;?!'\"=<>$@^~\\€…–—’“”→".contains(c);
    let begins = text.starts_with(|c: char| c.is_alphabetic() || c == '/' || c == '_') && !text.ends_with(' ');
    let lower = text.to_lowercase();
    let means_something = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&lower.as_str());
    let has_sign = text.contains(" #")
        || !text.chars().all(|c| {
            is_word(c)
                || c == ':'
                || c == '#'
                || c == '`'
                || c == '*'
                || c == '|'
                || c == '&'
                || c == '%'
                || c == '{'
                || c == '}'
                || c == '['
                || c == ']'
        })
        || text.contains(": ")
        || text.ends_with(':');
    if begins && !means_something && !has_sign {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot read its own text fails")]

    use super::*;

    #[test]
    fn every_text_reads_as_itself() {
        for text in [
            "plain",
            "null",
            "a: b",
            "a:",
            "# x",
            "it's",
            "- a",
            "1",
            "  two\nlines",
            "\ttab\nx",
            "a\n\n  b\n",
            "say \"x\"",
            "x #y",
            "{a}",
            "'",
            "é ✅",
            "on",
            "*a",
            "a\n# b",
            "%x",
            "`x`",
            "a | b",
            "key: {x}",
            "---",
            "? x",
            "!t",
            "&a",
            "a\n---\nb",
            "a,b",
            "[x](y)",
            "@a",
            "~",
        ] {
            let draft = Draft {
                id: "a".to_owned(),
                title: "A".to_owned(),
                symptoms: vec![text.to_owned()],
                phases: vec![Phase {
                    title: "P".to_owned(),
                    steps: vec![Step {
                        title: "S".to_owned(),
                        items: vec![super::super::draft::Item {
                            line: 0,
                            title: "T".to_owned(),
                            before: Vec::new(),
                            does: Does::Task,
                            after: Vec::new(),
                            when: None,
                            doubt: None,
                        }],
                        ..Step::default()
                    }],
                    ..Phase::default()
                }],
                ..Draft::default()
            };
            let written = yaml(&draft);
            let (read, problems) = crate::runbook::yaml::lint("x", written.as_bytes());
            assert!(problems.is_empty(), "{text:?} {written} {problems:?}");
            assert_eq!(read.unwrap().symptoms[0].trim_end(), text.trim_end(), "{written}");
        }
    }

    #[test]
    fn marks_of_templates_mean_themselves() {
        for (text, is) in [("a {{ .Values.x }}", "a {{ .Values.x }}"), ("{% raw %}{{ x }}{% endraw %}", "{% raw %}{{ x }}{% endraw %}")] {
            let made = crate::runbook::expression::Template::parse(&template(text)).unwrap();
            assert_eq!(made.render(&crate::base::Values::new()), is);
        }
        assert_eq!(template(&format!("by {OPEN}you{CLOSE} now")), "by {{ you }} now");
    }
}
