//! `env`: variables of a process, a file or a program, held against each other and against what must be. Never
//! holds a variable's value, only what the author says of it.

use std::fmt::{self, Write as _};

use crate::runbook::pattern::Pattern;

use super::{CommandLine, Spelled};

/// A question about variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Variables {
    /// The variables that are judged.
    pub of: Source,
    /// Those they must be equal to.
    pub like: Option<Source>,
    /// What each must be, in the author's order. Where this names any, only these are held against `like`.
    pub require: Vec<Requirement>,
}

/// Where variables come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// This process's environment, the drill's, and the inputs.
    Process,
    /// A dotenv file.
    File(String),
    /// A program that prints a JSON object.
    Command(CommandLine),
}

impl fmt::Display for Source {
    /// What it is called in sentences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process => f.write_str("this process"),
            Self::File(path) => f.write_str(path),
            Self::Command(line) => write!(f, "the output of `{}`", line.program),
        }
    }
}

/// What a variable must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Requirement {
    /// Its name.
    pub name: String,
    /// What it must be.
    pub must: Must,
    /// Whether it may be missing.
    pub optional: bool,
}

/// What the value of a variable must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Must {
    /// Anything but empty.
    BeSet,
    /// Matched, as a whole.
    Match(Pattern),
    /// This.
    Be(String),
}

impl Variables {
    /// What is compared, for people: a program in it needs trust.
    #[must_use]
    pub fn spelled(&self) -> Spelled {
        let sources = [Some(&self.of), self.like.as_ref()];
        let needs_trust = sources.into_iter().flatten().any(|source| matches!(source, Source::Command(_)));
        let mut text = format!("variables of {}", self.of);
        if let Some(like) = &self.like {
            _ = write!(text, ", compared with {like}");
        }
        for Requirement { name, must, optional } in &self.require {
            _ = match must {
                Must::BeSet => write!(text, "\n{name}: set"),
                Must::Match(pattern) => write!(text, "\n{name}: matches {}", pattern.source()),
                Must::Be(literal) => write!(text, "\n{name}: is {literal}"),
            };
            text.push_str(if *optional { ", or is missing" } else { "" });
        }
        Spelled { needs_trust, ..Spelled::new("variables, values never shown", "", text) }
    }
}
