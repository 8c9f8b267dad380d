//! `expect`, `when` and the `{{ … }}` of texts: the one place that knows the expression language.
//! Never evaluates without a limit on work, and never lets an expression reach anything but the values
//! it is given.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior};

use crate::base::id::Id;
use crate::base::{Value, Values};

/// Work one evaluation may do, in steps of the interpreter: a runbook's longest real expression needs
/// under a hundred, one that loops over a 10,000-row answer some hundred thousand.
const FUEL: u64 = 1_000_000;

/// Longest source accepted, in bytes: the parser is recursive.
const LONGEST: usize = 4096;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_debug(false);
    environment.add_test("matching", |text: String, pattern: String| {
        regex::Regex::new(&pattern)
            .map(|regex| regex.is_match(&text))
            .map_err(|error| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, error.to_string()))
    });
    environment.add_test("containing", |text: String, part: String| text.contains(&part));
    environment
});

static CHECK_REFERENCE: LazyLock<regex::Regex> = LazyLock::new(|| reference("checks"));
static REMEDIATION_REFERENCE: LazyLock<regex::Regex> = LazyLock::new(|| reference("remediations"));

fn reference(what: &str) -> regex::Regex {
    let pattern = format!(r#"(?-u:\b){what}[ \t\r\n]*(?:\[[ \t\r\n]*(?:"([^"]*)"|'([^']*)')[ \t\r\n]*\]|\.[ \t\r\n]*((?-u:\w)+))"#);
    #[expect(clippy::expect_used, reason = "the pattern is a constant and compiled by the tests")]
    regex::Regex::new(&pattern).expect("a valid pattern")
}

/// A question to values that is answered by yes or no, in minijinja's syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression(String);

impl Expression {
    /// Parses it.
    ///
    /// # Errors
    /// What is wrong with it, in one line, without its position.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.len() > LONGEST {
            return Err(format!("an expression may have {LONGEST} bytes; this one has {}", source.len()));
        }
        ENVIRONMENT.compile_expression(source).map_err(|error| reason(&error))?;
        Ok(Self(source.trim().to_owned()))
    }

    /// As the author wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0
    }

    /// The names at its top that it needs: `value` of `value == 1`.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        ENVIRONMENT
            .compile_expression(&self.0)
            .map(|compiled| compiled.undeclared_variables(false).into_iter().collect())
            .unwrap_or_default()
    }

    /// The checks it asks about: `checks["id"]` and `checks.id`.
    #[must_use]
    pub fn checks(&self) -> BTreeSet<Id> {
        references(&CHECK_REFERENCE, &self.0)
    }

    /// The remediations it asks about.
    #[must_use]
    pub fn remediations(&self) -> BTreeSet<Id> {
        references(&REMEDIATION_REFERENCE, &self.0)
    }

    /// Its value.
    ///
    /// # Errors
    /// Why it has none, in one line: an unknown name, a wrong type, too much work.
    pub fn evaluate(&self, names: &Values) -> Result<Value, String> {
        let compiled = ENVIRONMENT.compile_expression(&self.0).map_err(|error| reason(&error))?;
        let value = compiled.eval(minijinja::Value::from(minijinja::value::Serde(names))).map_err(|error| reason(&error))?;
        if value.is_undefined() {
            return Err("it has no value".to_owned());
        }
        serde_json::to_value(&value).map_err(|error| error.to_string())
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`Self::evaluate`]; also when the result is neither true nor false.
    pub fn holds(&self, names: &Values) -> Result<bool, String> {
        match self.evaluate(names)? {
            Value::Bool(holds) => Ok(holds),
            other => Err(format!("`{}` gave {}, neither true nor false", self.0, shorten(&other.to_string()))),
        }
    }

    /// The names in it with the value of each, for an answer that has to say why: `value = 0`.
    #[must_use]
    pub fn explain(&self, names: &Values) -> Vec<(String, String)> {
        self.names().into_iter().filter_map(|name| names.get(&name).map(|value| (name, shorten(&value.to_string())))).collect()
    }
}

/// Text with `{{ name }}` in it, for people to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(String);

impl Template {
    /// Parses it.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.contains("{{") || source.contains("{%") {
            ENVIRONMENT.template_from_str(source).map_err(|error| reason(&error))?;
        }
        Ok(Self(source.trim_end().to_owned()))
    }

    /// As the author wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0
    }

    /// The names it needs.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        ENVIRONMENT
            .template_from_str(&self.0)
            .map(|compiled| compiled.undeclared_variables(false).into_iter().collect())
            .unwrap_or_default()
    }

    /// The text with its names filled in; as written where a name has no value, because a responder is
    /// better served by `{{ worker }}` than by an error.
    #[must_use]
    pub fn render(&self, names: &Values) -> String {
        if !self.0.contains("{{") && !self.0.contains("{%") {
            return self.0.clone();
        }
        ENVIRONMENT.render_str(&self.0, minijinja::Value::from(minijinja::value::Serde(names))).unwrap_or_else(|_| self.0.clone())
    }
}

fn references(pattern: &regex::Regex, source: &str) -> BTreeSet<Id> {
    pattern
        .captures_iter(source)
        .filter_map(|found| found.get(1).or(found.get(2)).or(found.get(3)).map(|id| Id::new(id.as_str())))
        .collect()
}

/// The first 60 characters: enough to recognise a value beside an expression on one line of a screen.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn reason(error: &minijinja::Error) -> String {
    error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test that cannot go on should stop")]

    use super::*;

    fn names() -> Values {
        let Value::Object(names) = serde_json::json!({
            "value": 0, "stdout": "worker Running", "rows": [{"n": 1}],
            "checks": {"schema-exists": {"passed": false, "failed": true}}, "platform": "docker"
        }) else {
            panic!("an object")
        };
        names
    }

    #[test]
    fn expressions_hold_or_not() {
        for (source, expected) in [
            ("value == 1", Ok(false)),
            ("stdout is matching(\"Run+ing\") and value == 0", Ok(true)),
            ("stdout is containing('worker')", Ok(true)),
            ("checks[\"schema-exists\"].failed", Ok(true)),
            ("rows | length == 1", Ok(true)),
            ("platform in ['docker', 'kubernetes']", Ok(true)),
            ("value + 1", Err("`value + 1` gave 1, neither true nor false")),
        ] {
            let expression = Expression::parse(source).expect(source);
            assert_eq!(expression.holds(&names()), expected.map_err(str::to_owned), "{source}");
        }
        assert!(Expression::parse("nothing == 1").expect("parses").holds(&names()).is_err());
        assert!(Expression::parse("value ==").is_err());
    }

    #[test]
    fn names_and_references_are_found() {
        let expression = Expression::parse("value == 1 and checks['a-b'].failed and remediations.fix.committed").expect("parses");
        assert_eq!(expression.names().into_iter().collect::<Vec<_>>(), ["checks", "remediations", "value"]);
        assert_eq!(expression.checks(), BTreeSet::from([Id::new("a-b")]));
        assert_eq!(expression.remediations(), BTreeSet::from([Id::new("fix")]));
    }

    #[test]
    fn texts_are_filled_in_or_left() {
        assert_eq!(Template::parse("on {{ platform }}").expect("parses").render(&names()), "on docker");
        assert_eq!(Template::parse("on {{ nothing }}").expect("parses").render(&names()), "on {{ nothing }}");
        assert!(Template::parse("{{ broken").is_err());
    }
}
