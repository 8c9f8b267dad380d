//! `log`: what a check asks of the lines of a log. Never knows how they are fetched or read.

use super::{CommandLine, Spelled};
use crate::base::text;
use crate::runbook::pattern::Pattern;

/// What is asked of a log. Each line is held against each pattern by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Where its lines come from.
    pub source: LogSource,
    /// No line may match any of these.
    pub none_of: Vec<Pattern>,
    /// Each of these must match a line.
    pub all_of: Vec<Pattern>,
    /// Each of these must match a line after the one before it; other lines may stand between.
    pub in_order: Vec<Pattern>,
    /// What the lines of `in_order` share: what its first group captures. A line that has it more than once
    /// counts for each.
    pub same: Option<Pattern>,
}

/// Where the lines of a log come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogSource {
    /// A file.
    File(String),
    /// What a program prints: one that ends, to standard output and after it to standard error; one that goes on, as it
    /// comes.
    Command(CommandLine),
}

impl Log {
    /// What it looks at and for, for people. Only a command needs trust: a file is read, and its lines stay here.
    pub(super) fn spelled(&self) -> Spelled {
        let (what, language, source) = match &self.source {
            LogSource::File(path) => ("log file", "text", text::line(path).into_owned()),
            LogSource::Command(line) => ("log of a command", "sh", line.program.to_string()),
        };
        let patterns = |name: &'static str, patterns: &[Pattern]| {
            patterns.iter().map(move |pattern| format!("\n# {name}: {}", text::line(pattern.source()))).collect::<String>()
        };
        let same = self.same.as_slice();
        let asked = [("none of", &self.none_of[..]), ("all of", &self.all_of), ("in order", &self.in_order), ("same", same)];
        let text = source + &asked.map(|(name, list)| patterns(name, list)).concat();
        Spelled { needs_trust: matches!(self.source, LogSource::Command(_)), ..Spelled::new(what, language, text) }
    }
}
