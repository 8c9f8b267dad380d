//! Single values: durations, expressions, texts, patterns. Never reports a value without its place.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::{Builder, Thing, shortened};
use crate::base::id::Id;
use crate::runbook::expression::{Expression, Template};
use crate::runbook::pattern::Pattern;
use crate::runbook::yaml::node::{Node, Place};

/// What an expression may name.
#[derive(Clone, Copy)]
pub(super) enum Sees {
    /// `when`: inputs, `severity`, `drill`, checks and remediations.
    Incident,
    /// `expect` and `show`: the answer of a check of this kind.
    Answer { kind: &'static str, names: &'static [&'static str] },
}

/// What every `when` and every text may name beside the inputs.
pub(super) const ALWAYS: [&str; 2] = ["severity", "drill"];

/// What a `when` may name beside the inputs.
const OF_AN_INCIDENT: [&str; 4] = ["severity", "drill", "checks", "remediations"];

/// The place of the value under a key, or of the object if it has none.
pub(super) fn place(node: &Node, key: &str) -> Place {
    node.get(key).map_or_else(|| node.first_place(), |value| value.place)
}

impl Builder<'_> {
    /// A duration longer than nothing.
    pub(super) fn duration(&mut self, node: &Node, key: &str, written: Option<String>) -> Option<Duration> {
        let duration = self.pause(node, key, written)?;
        if duration.is_zero() {
            self.report.error(place(node, key), "bad-value", format!("`{key}` is no time at all"), "such as 5s, 2m or 1h 30m");
            return None;
        }
        Some(duration)
    }

    /// A duration that may be nothing.
    pub(super) fn pause(&mut self, node: &Node, key: &str, written: Option<String>) -> Option<Duration> {
        let written = written?;
        let duration = humantime::parse_duration(&written).ok();
        if duration.is_none() {
            let message = format!("`{key}: {written}` is no duration");
            self.report.error(place(node, key), "bad-value", message, "a number and its unit, such as 5s, 2m or 1h 30m");
        }
        duration
    }

    /// An expression whose names are known.
    pub(super) fn expression(&mut self, node: &Node, key: &str, written: Option<String>, sees: Sees) -> Option<Expression> {
        let written = written?;
        if self.report.is_known_good {
            return Some(Expression::known_good(&written));
        }
        let at = place(node, key);
        let expression = match Expression::parse(&written) {
            Ok(expression) => expression,
            Err(reason) => {
                let help = if ASSIGNS.is_match(&written) { "`==` compares; a single `=` means nothing" } else { "such as `value == 1`" };
                self.report.error(at, "bad-expression", format!("`{key}` cannot be read: {reason}"), help);
                return None;
            }
        };
        for name in expression.names() {
            let (whose, help) = match sees {
                Sees::Incident if self.uses(name) || OF_AN_INCIDENT.contains(&name.as_str()) => continue,
                Sees::Answer { names, .. } if names.contains(&name.as_str()) => continue,
                Sees::Incident => {
                    let known = self.names.inputs.keys().map(String::as_str).chain(OF_AN_INCIDENT);
                    ("a `when`".to_owned(), self.report.instead(name, known, "it may name ", String::new))
                }
                Sees::Answer { kind, names } => {
                    let lead = if self.uses(name) { "an input is not seen here; it may name " } else { "it may name " };
                    let help = self.report.instead(name, names.iter().copied(), lead, String::new);
                    (format!("the `{key}` of a {kind} check"), help)
                }
            };
            self.report.error(at, "unknown-name", format!("{whose} cannot name `{name}`"), help);
        }
        if matches!(sees, Sees::Incident) {
            self.references(&expression, at);
        }
        Some(expression)
    }

    fn references(&mut self, expression: &Expression, at: Place) {
        let (checks, remediations) = (expression.checks(), expression.remediations());
        let names = expression.names();
        for (root, found, fields) in [
            ("checks", checks.is_empty(), &["passed", "failed", "inconclusive", "values"][..]),
            ("remediations", remediations.is_empty(), &["committed"][..]),
        ] {
            if !names.contains(root) {
                continue;
            }
            if found {
                let help = format!("such as `{root}[\"id\"].{}`", fields[0]);
                self.report.error(at, "bad-expression", format!("`{root}` needs a literal id"), help);
            }
            for field in fields_of(root, expression.source()) {
                if !fields.contains(&field.as_str()) {
                    let help = format!("one of {}", fields.join(", "));
                    self.report.error(at, "unknown-name", format!("`{root}[…]` has no `{field}`"), help);
                }
            }
        }
        for id in checks {
            self.want(Thing::Check, id.as_str(), at);
        }
        for id in remediations {
            self.want(Thing::Remediation, id.as_str(), at);
        }
    }

    /// A text for people whose `{{ names }}` are known.
    pub(super) fn template(&mut self, at: Place, written: &str) -> Option<Template> {
        if self.report.is_known_good {
            return Some(Template::known_good(written));
        }
        let template = match Template::parse(written) {
            Ok(template) => template,
            Err(reason) => {
                self.report.error(
                    at,
                    "bad-template",
                    format!("the `{{{{ … }}}}` in this text cannot be read: {reason}"),
                    "such as `{{ worker }}`",
                );
                return None;
            }
        };
        for name in template.names() {
            if self.uses(&name) || ALWAYS.contains(&name.as_str()) {
                continue;
            }
            let known = self.names.inputs.keys().map(String::as_str).chain(ALWAYS);
            let help = self.report.instead(&name, known, "it may name ", String::new);
            self.report.error(at, "unknown-name", format!("this text cannot name `{name}`"), help);
        }
        Some(template)
    }

    /// The title of a part of the walk. It is filled in when the incident is opened, so it may name inputs and nothing that
    /// changes later.
    pub(super) fn title(&mut self, node: &Node, written: &str) -> String {
        let (at, written) = (place(node, "title"), written.trim());
        self.has_names_in_titles |= written.contains("{{") || written.contains("{%");
        let names = self.template(at, written).map(|template| template.names()).unwrap_or_default();
        for name in names.iter().filter(|name| ALWAYS.contains(&name.as_str())) {
            let message = format!("a title cannot name `{name}`: it is filled in once, and that may change");
            self.report.error(at, "unknown-name", message, "it may name inputs; a `why` may name this too");
        }
        written.to_owned()
    }

    /// A text under a key.
    pub(super) fn text(&mut self, node: &Node, key: &str, written: Option<String>) -> Option<Template> {
        self.template(place(node, key), &written?)
    }

    /// A regular expression.
    pub(super) fn pattern(&mut self, at: Place, written: &str) -> Option<Pattern> {
        if self.report.is_known_good {
            return Some(Pattern::known_good(written));
        }
        Pattern::parse(written)
            .map_err(|reason| {
                let message = format!("this is no regular expression: {reason}");
                self.report.error(at, "bad-pattern", message, "the syntax is that of Rust's `regex`");
            })
            .ok()
    }

    /// The target of something that needs one: the named one, or the only one there is.
    pub(super) fn target(&mut self, node: &Node, written: Option<String>) -> Option<Id> {
        if let Some(name) = written {
            return self.known_target(&name, place(node, "on"));
        }
        match self.names.targets.as_slice() {
            [only] => Some(only.clone()),
            [] => {
                self.report.error(
                    node.first_place(),
                    "missing-target",
                    "this needs a database and the runbook has none",
                    "add one under `targets`",
                );
                None
            }
            several => {
                let first: Vec<&str> = several.iter().take(13).map(Id::as_str).collect();
                let help = format!("add `on:` with one of {}", shortened(&first));
                self.report.error(node.first_place(), "missing-target", "it is not said which database is meant", help);
                None
            }
        }
    }

    /// A target that is known.
    pub(super) fn known_target(&mut self, name: &str, at: Place) -> Option<Id> {
        // In the order of their names, as a BTreeMap gave them.
        if self.names.targets.binary_search_by(|target| target.as_str().cmp(name)).is_ok() {
            return Some(Id::new(name));
        }
        self.report.unknown(at, "target", name, self.names.targets.iter().map(Id::as_str));
        None
    }
}

/// A single `=` between two things.
static ASSIGNS: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the pattern is a constant and compiled by the tests")]
    Regex::new("[^=!<>]=[^=]").expect("a valid pattern")
});

/// What is asked of a check or a remediation: `checks["id"].field`, `remediations.id.field`.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?-u:\b)(checks|remediations)[ \t\r\n]*(?:\[[ \t\r\n]*(?:"[^"]*"|'[^']*')[ \t\r\n]*\]|\.[ \t\r\n]*(?-u:\w)+)[ \t\r\n]*\.[ \t\r\n]*((?-u:\w)+)"#;
    #[expect(clippy::expect_used, reason = "the pattern is a constant and compiled by the tests")]
    Regex::new(pattern).expect("a valid pattern")
});

/// The fields asked of `checks["id"]` or `checks.id` in an expression.
fn fields_of(root: &str, source: &str) -> Vec<String> {
    FIELD.captures_iter(source).filter(|found| &found[1] == root).map(|found| found[2].to_owned()).collect()
}
