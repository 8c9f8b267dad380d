//! Which inputs a runbook uses: asking a tired person for a value that goes nowhere is a defect. Never takes a name for
//! unused where it may be read by a program that nobody here can look into.

use super::Builder;
use crate::runbook::yaml::node::Node;

impl Builder<'_> {
    /// Whether this is the name of an input, which counts as used from now on.
    pub(super) fn uses(&mut self, name: &str) -> bool {
        match self.names.inputs.get_key_value(name) {
            Some((name, _)) => {
                if !self.used.contains(name) {
                    self.used.insert(name.clone());
                }
                true
            }
            None => false,
        }
    }

    /// Every input whose name is a word of this text counts as used: a command or a script in it may read its variable.
    pub(super) fn mentions(&mut self, text: &str) {
        if self.used.len() < self.names.inputs.len() {
            for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
                self.uses(word);
            }
        }
    }

    /// Every input that SQL takes as `:'name'` or `:"name"` counts as used.
    pub(super) fn mentions_in_sql(&mut self, sql: &str) {
        if self.used.len() < self.names.inputs.len() {
            for quote in [":'", ":\""] {
                for name in sql.split(quote).skip(1) {
                    self.uses(name.split(['\'', '"']).next().unwrap_or_default());
                }
            }
        }
    }

    /// Warns of inputs that nothing uses. While something could not be read it may be what uses them.
    pub(super) fn warn_of_unused(&mut self, root: &Node) {
        if self.report.has_errors() {
            return;
        }
        for (key, _) in root.get("inputs").map(Node::entries).unwrap_or_default() {
            if !self.used.contains(&key.name) {
                let message = format!("nothing uses the input `{}`", key.name);
                let help =
                    format!("leave it out, or use it: `:'{0}'` in SQL, `\"${0}\"` in a command, `{{{{ {0} }}}}` in a text", key.name);
                self.report.warning(key.place, "unused-input", message, help);
            }
        }
    }
}
