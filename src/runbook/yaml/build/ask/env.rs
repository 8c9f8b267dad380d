//! `env`: a question about variables. Never confuses it with the variables of a command, which stand under the
//! same key.

use serde::Deserialize as _;

use crate::runbook::ask::{Ask, Must, Requirement, Source, Variables};
use crate::runbook::pattern::Pattern;
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::shape;
use crate::runbook::yaml::wire::env::{EnvMustForm, EnvQuestion, EnvSourceForm};
use crate::runbook::yaml::wire::{self, Word};

/// The question of a check.
pub(super) fn read(builder: &mut Builder<'_>, node: &Node, _: wire::Check) -> Option<Ask> {
    let mut node = node.get("env")?.clone();
    if !builder.report.is_known_good {
        shape::trim_part(&mut node, "EnvQuestion", "`env`", builder.report)?;
    }
    match EnvQuestion::deserialize(&node) {
        Ok(written) => builder.variables(&node, written).map(Ask::Env),
        Err(error) => {
            builder.report.error(node.first_place(), "wrong-type", format!("`env`: {error}"), "compare with `fracas json-schema`");
            None
        }
    }
}

impl Builder<'_> {
    fn variables(&mut self, node: &Node, written: EnvQuestion) -> Option<Variables> {
        if written.like.is_none() && written.require.is_empty() {
            let help = "`require` says what each must be, `like` names others to compare with";
            self.report.error(node.first_place(), "missing-key", "it is not said what the variables must be", help);
        }
        let of = written.of.map_or(Some(Source::Process), |source| self.source(node, "of", source));
        let like = written.like.map(|source| self.source(node, "like", source));
        let mut require = Vec::new();
        let places = node.get("require").map(Node::by_key).unwrap_or_default();
        for (name, must) in written.require {
            let inner = places.get(name.as_str()).copied().unwrap_or(node);
            let at = inner.place;
            if name.is_empty() || name.contains(['=', '\0']) {
                self.report.error(at, "bad-name", format!("`{name}` is no name of a variable"), "letters, digits and `_`");
            }
            require.extend(self.must(inner, at, must).map(|(must, optional)| Requirement { name, must, optional }));
        }
        let like = match like {
            None => None,
            Some(like) => Some(like?),
        };
        Some(Variables { of: of?, like, require })
    }

    fn source(&mut self, node: &Node, key: &str, written: EnvSourceForm) -> Option<Source> {
        let EnvSourceForm::Given(source) = written else { return Some(Source::Process) };
        let node = node.get(key).unwrap_or(node);
        match (source.file, source.command) {
            (Some(file), None) if file.is_empty() => {
                self.report.error(place(node, "file"), "empty", "`file` is empty", "such as .env");
                None
            }
            (Some(file), None) => Some(Source::File(file)),
            (None, Some(command)) => Some(Source::Command(self.command(node, command, None, None))),
            (file, _) => {
                let (code, message) = match file {
                    Some(_) => ("two-kinds", "variables come from `file` or from `command`"),
                    None => ("missing-key", "it is not said where these variables come from"),
                };
                self.report.error(node.first_place(), code, message, "`process`, `{ file: .env }` or `{ command: … }`");
                None
            }
        }
    }

    fn must(&mut self, node: &Node, at: Place, written: EnvMustForm) -> Option<(Must, bool)> {
        match written {
            EnvMustForm::Short(Word::Text(word)) if word == "set" => Some((Must::BeSet, false)),
            EnvMustForm::Short(Word::Text(pattern)) => self.whole(at, &pattern).map(|must| (must, false)),
            EnvMustForm::Short(literal) => Some((Must::Be(literal.into_text()), false)),
            EnvMustForm::Full(full) => {
                let must = match (full.pattern, full.literal) {
                    (None, None) => Must::BeSet,
                    (Some(pattern), None) => self.whole(place(node, "pattern"), &pattern)?,
                    (None, Some(literal)) => Must::Be(literal.into_text()),
                    (Some(_), Some(_)) => {
                        let message = "a variable must match a `pattern` or be a `literal`";
                        self.report.error(node.first_place(), "two-kinds", message, "keep one of the two");
                        return None;
                    }
                };
                Some((must, full.optional))
            }
        }
    }

    fn whole(&mut self, at: Place, written: &str) -> Option<Must> {
        if self.report.is_known_good {
            return Some(Must::Match(Pattern::known_good_whole(written)));
        }
        let pattern = Pattern::parse_whole(written).map_err(|reason| {
            let help = "the syntax is that of Rust's `regex`; a text to be taken as it stands is `{ literal: … }`";
            self.report.error(at, "bad-pattern", format!("this is no regular expression: {reason}"), help);
        });
        pattern.ok().map(Must::Match)
    }
}
