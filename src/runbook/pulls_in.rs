//! What a runbook names beside itself that would decide what runs: snapshots, whose difference is offered as SQL, and
//! the words of its commands, any of which may be a script. Never looks whether it is there.

use std::collections::BTreeSet;

use super::Runbook;
use super::ask::schema::Schema;
use super::ask::{Ask, CommandLine, LogSource, Program, Source};
use super::model::Act;

/// A name that may be a file, from the folder the program runs in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// A snapshot of a schema.
    Snapshot(String),
    /// A word of a command: a file only if there is one of that name which can run.
    Word(String),
}

impl Runbook {
    /// Every name in it that may be a file which decides what runs. What is only read and judged is not among them: logs,
    /// dotenv files, migrations. Nor is what an absolute path names, or a plain name finds on `PATH`: that is the machine's.
    #[must_use]
    pub fn pulls_in(&self) -> BTreeSet<Named> {
        let mut named = BTreeSet::new();
        for (_, check) in self.checks() {
            match &check.ask {
                Ask::Schema(Schema::File(path)) => drop(named.insert(Named::Snapshot(path.clone()))),
                Ask::Command(line) => named.extend(line.pulls_in()),
                Ask::Log(log) => {
                    if let LogSource::Command(line) = &log.source {
                        named.extend(line.pulls_in());
                    }
                }
                Ask::Env(variables) => {
                    for source in [Some(&variables.of), variables.like.as_ref()].into_iter().flatten() {
                        if let Source::Command(line) = source {
                            named.extend(line.pulls_in());
                        }
                    }
                }
                Ask::Schema(Schema::Structure(_) | Schema::Like(_))
                | Ask::Sql(_)
                | Ask::Probe(_)
                | Ask::Connect(_)
                | Ask::Http(_)
                | Ask::Migrations(_) => {}
            }
        }
        for (_, remediation) in self.remediations() {
            if let Act::Command(line) = &remediation.act {
                named.extend(line.pulls_in());
            }
        }
        named
    }
}

impl CommandLine {
    /// The words of it that may name a script, from the folder the program runs in.
    pub fn pulls_in(&self) -> impl Iterator<Item = Named> {
        let words: Vec<&str> = match &self.program {
            // Whatever separates words for a shell. A name that the shell makes up is not known here.
            Program::Shell(line) => line.split(|c: char| c.is_whitespace() || ";|&()<>{}`'\"=".contains(c)).collect(),
            Program::Words(words) => words.iter().map(String::as_str).collect(),
        };
        let is_name = |word: &&str| !word.is_empty() && !word.starts_with(['/', '-']) && !word.contains(['$', '*', '?', '\0', '\n']);
        let in_folder = |word: &str| match &self.dir {
            Some(dir) => format!("{}/{word}", dir.trim_end_matches('/')),
            None => word.to_owned(),
        };
        words.into_iter().filter(is_name).map(in_folder).map(Named::Word).collect::<Vec<_>>().into_iter()
    }
}
