//! `command`: a program, in checks, in remediations, and wherever else one may stand. Never pastes an input
//! into its line.

use std::collections::BTreeMap;

use crate::runbook::ask::{Ask, CommandLine, EnvValue, Program};
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::{Node, Place};
use crate::runbook::yaml::wire;

/// The program of a check.
pub(super) fn read(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    Some(Ask::Command(builder.command(node, written.command?, written.dir, written.env)))
}

impl Builder<'_> {
    /// Reports what goes with a command and stands beside something else.
    pub(in super::super) fn only_with_command(&mut self, node: &Node, kind: &str) {
        for key in ["dir", "env"].into_iter().filter(|key| *key != kind) {
            if let Some((key, _)) = node.entry(key) {
                self.report.error(key.place, "misplaced", format!("`{}` goes with `command`", key.name), "leave it out");
            }
        }
    }

    /// A program with what it gets.
    pub(in super::super) fn command(
        &mut self,
        node: &Node,
        written: wire::CommandForm,
        dir: Option<String>,
        env: Option<BTreeMap<String, wire::Anything>>,
    ) -> CommandLine {
        let program = match written {
            wire::CommandForm::Line(line) => Program::Shell(line.trim_end().to_owned()),
            wire::CommandForm::Words(words) => Program::Words(words),
        };
        let empty = match &program {
            Program::Shell(line) => {
                self.mentions(line);
                line.trim().is_empty()
            }
            Program::Words(words) => {
                for word in words {
                    self.mentions(word);
                }
                words.first().is_none_or(String::is_empty)
            }
        };
        if empty {
            self.report.error(place(node, "command"), "empty", "`command` is empty", "say what to run");
        }
        let places = node.get("env").map(Node::by_key).unwrap_or_default();
        let env = env.into_iter().flatten().filter_map(|(name, value)| {
            let at = places.get(name.as_str()).map_or(node.place, |value| value.place);
            self.variable(at, &name, value).map(|value| (name, value))
        });
        CommandLine { program, dir, env: env.collect() }
    }

    /// The value of an environment variable.
    pub(in super::super) fn variable(&mut self, at: Place, name: &str, written: wire::Anything) -> Option<EnvValue> {
        if name.is_empty() || name.contains(['=', '\0']) {
            self.report.error(at, "bad-name", format!("`{name}` is no name of a variable"), "letters, digits and `_`");
        }
        let text = match written.0 {
            serde_yaml::Value::String(text) => text,
            serde_yaml::Value::Number(number) => number.to_string(),
            serde_yaml::Value::Bool(yes) => yes.to_string(),
            _ => {
                self.report.error(at, "wrong-type", format!("`{name}` must be text"), "a value, or `target.NAME` for a connection");
                return None;
            }
        };
        match text.strip_prefix("target.") {
            Some(target) => self.known_target(target, at).map(EnvValue::Target),
            None => Some(EnvValue::Text(text)),
        }
    }
}
