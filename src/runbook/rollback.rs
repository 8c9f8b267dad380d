//! What takes a remediation back, as a remediation of its own: it is planned, rehearsed and consented to like any other.
//! Never a part of the runbook until what it takes back is in effect.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::Template;
use super::model::{Act, CommandLine, Program, Remediation, Transaction};
use super::sql;
use crate::base::id::Id;

/// The end of its id. What an author calls something holds no colon.
const SUFFIX: &str = ":rollback";

/// The id of what takes this remediation back.
#[must_use]
pub fn rollback_of(remediation: &Id) -> Id {
    Id::new(format!("{remediation}{SUFFIX}"))
}

/// The remediation that this one takes back, if it is of that kind.
#[must_use]
pub fn takes_back(remediation: &Id) -> Option<Id> {
    remediation.as_str().strip_suffix(SUFFIX).map(Id::new)
}

impl Remediation {
    /// What takes it back, by the author's own statements or line, on the same target and within the same bounds. None
    /// where the author wrote nothing, or for a request, which is taken back by hand.
    #[must_use]
    pub fn taken_back(&self, inputs: &BTreeMap<String, String>) -> Option<Self> {
        let text = self.rollback.as_ref()?;
        let (act, transaction) = match &self.act {
            Act::Sql(_) => {
                let statements = sql::prepare(text, inputs, &BTreeSet::new()).unwrap_or_default();
                let alone = statements.iter().any(|statement| statement.needs_no_transaction);
                (Act::Sql(text.clone()), if alone { Transaction::None } else { Transaction::One })
            }
            Act::Command(line) => (Act::Command(CommandLine { program: Program::Shell(text.clone()), ..line.clone() }), Transaction::One),
            Act::Http(_) => return None,
        };
        Some(Self {
            id: rollback_of(&self.id),
            title: format!("Take back: {}", self.title),
            act,
            transaction,
            guard: None,
            rollback: None,
            expect: None,
            why: Some(Template::known_good(
                "What the author wrote to take it back. What others have built on it since, nobody has looked at.",
            )),
            when: None,
            ..self.clone()
        })
    }
}
