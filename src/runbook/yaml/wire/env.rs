//! `env` as it is written: beside a command its variables, alone a question about variables. Never tells the
//! two apart; `build` knows what stands beside it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Anything, CommandForm, Word};

wire! {
    /// Variables, compared and never shown.
    struct EnvQuestion {
        /// The variables that are judged: those of this process (`process`) where left out.
        of: Option<EnvSourceForm>,
        /// What they must be equal to; only the names under `require`, if there are any.
        like: Option<EnvSourceForm>,
        /// What each must be: `set`, a regular expression for the whole value, or a literal.
        #[serde(default)]
        require: BTreeMap<String, EnvMustForm>,
    }

    /// Variables from a file or a program: one of the two.
    struct EnvSource {
        /// A dotenv file.
        file: Option<String>,
        /// A program that prints one JSON object: names with their values.
        command: Option<CommandForm>,
    }

    /// What a variable must be, in full: at most one of `pattern` and `literal`, and `set` where both are left out.
    struct EnvMust {
        /// A regular expression for the whole value.
        pattern: Option<String>,
        /// The value.
        literal: Option<Word>,
        /// Whether it may be missing.
        #[serde(default)]
        optional: bool,
    }
}

/// What may stand under `env`.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the schema alone")]
pub(super) enum EnvForm {
    Variables(BTreeMap<String, Anything>),
    Question(EnvQuestion),
}

/// Where variables come from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::runbook::yaml) enum EnvSourceForm {
    Word(EnvSourceWord),
    Given(EnvSource),
}

/// What needs no more than a word.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::runbook::yaml) enum EnvSourceWord {
    Process,
}

/// What a variable must be: `set`, a regular expression, a number or truth value as it stands, or more.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::runbook::yaml) enum EnvMustForm {
    Short(Word),
    Full(EnvMust),
}
