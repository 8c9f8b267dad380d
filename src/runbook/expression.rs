//! `expect`, `when` and the `{{ … }}` of texts: the one place that knows the expression language.
//! Never evaluates without a limit on work, and never lets an expression reach anything but the values
//! it is given.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock, OnceLock};

use minijinja::{Environment, UndefinedBehavior};

use crate::base::id::Id;
use crate::base::{Value, Values};

use super::problem::nearest;

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

/// A question to values that is answered by yes or no, in minijinja's syntax.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    checks: BTreeSet<Id>,
    remediations: BTreeSet<Id>,
    names: OnceLock<Result<Arc<BTreeSet<String>>, String>>,
    /// Made when it is first evaluated: it takes a hundred times the memory of its source, and whoever judges a whole
    /// runbook evaluates none.
    compiled: OnceLock<Result<Arc<Compiled>, String>>,
}

type Compiled = minijinja::Expression<'static, 'static>;

impl Expression {
    /// Parses it.
    ///
    /// # Errors
    /// What is wrong with it, in one line, without its position.
    pub fn parse(source: &str) -> Result<Self, String> {
        let expression = Self::known_good(source);
        expression.read().map_err(str::to_owned)?;
        not_there(&expression.source).map_or(Ok(expression), Err)
    }

    /// One that was parsed before without a complaint: it is read when it is first asked.
    #[must_use]
    pub fn known_good(source: &str) -> Self {
        let source = source.trim();
        Self {
            source: source.to_owned(),
            checks: references("checks", source),
            remediations: references("remediations", source),
            names: OnceLock::new(),
            compiled: OnceLock::new(),
        }
    }

    fn read(&self) -> Result<&BTreeSet<String>, &str> {
        let read = || Ok(Arc::new(compile(&self.source)?.undeclared_variables(false).into_iter().collect()));
        self.names.get_or_init(read).as_deref().map_err(String::as_str)
    }

    /// As the author wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names at its top that it needs: `value` of `value == 1`.
    #[must_use]
    pub fn names(&self) -> &BTreeSet<String> {
        self.read().unwrap_or(const { &BTreeSet::new() })
    }

    /// The checks it asks about: `checks["id"]` and `checks.id`.
    #[must_use]
    pub fn checks(&self) -> &BTreeSet<Id> {
        &self.checks
    }

    /// The remediations it asks about.
    #[must_use]
    pub fn remediations(&self) -> &BTreeSet<Id> {
        &self.remediations
    }

    /// The same question about checks and remediations that have other ids by now.
    #[must_use]
    pub fn with_ids(&self, id: impl Fn(&str) -> Id) -> Self {
        let renamed = REFERENCE.replace_all(&self.source, |found: &regex::Captures<'_>| {
            let part = ["word", "double", "single"].into_iter().find_map(|group| found.name(group));
            match (found.name("root"), part) {
                (Some(root), Some(part)) => format!("{}[\"{}\"]", root.as_str(), id(part.as_str())),
                _ => found[0].to_owned(),
            }
        });
        Self::known_good(&renamed)
    }

    /// Its value.
    ///
    /// # Errors
    /// Why it has none, in one line: an unknown name, a wrong type, too much work.
    pub fn evaluate(&self, names: &Values) -> Result<Value, String> {
        let compiled = self.compiled.get_or_init(|| compile(&self.source).map(Arc::new)).as_deref().map_err(Clone::clone)?;
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
            other => Err(format!("`{}` gave {}, neither true nor false", self.source, shorten(&other.to_string()))),
        }
    }

    /// The names in it with the value of each, for an answer that has to say why: `value = 0`.
    #[must_use]
    pub fn explain(&self, names: &Values) -> Vec<(String, String)> {
        self.names().iter().filter_map(|name| names.get(name).map(|value| (name.clone(), legible(value)))).collect()
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Expression {}

/// What may stand behind `|` and behind `is`, for suggestions: whether there is one is asked of the language itself.
const FILTERS: [&str; 37] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "count",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "trim",
    "unique",
    "upper",
];
const TESTS: [&str; 16] = [
    "boolean",
    "containing",
    "defined",
    "endingwith",
    "even",
    "false",
    "integer",
    "mapping",
    "matching",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
];

/// A filter or test by its name in an expression, and which of the two.
static CALLED: LazyLock<regex::Regex> = LazyLock::new(|| {
    let pattern = r#""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\|\s*(?<f>\w+)|\bis\s+(?:not\s+)?(?<t>\w+)"#;
    #[expect(clippy::expect_used, reason = "the pattern is a constant and compiled by the tests")]
    regex::Regex::new(pattern).expect("a valid pattern")
});

/// A check or a remediation that an expression asks about, or a text, in which none is.
static REFERENCE: LazyLock<regex::Regex> = LazyLock::new(|| {
    let texts = r#""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"#;
    let ids = r#"\.\s*(?<word>\w+)|\[\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')\s*\]"#;
    #[expect(clippy::expect_used, reason = "the pattern is a constant and compiled by the tests")]
    regex::Regex::new(&format!(r"{texts}|\b(?<root>checks|remediations)\s*(?:{ids})")).expect("a valid pattern")
});

/// The first filter or test in a source that the language does not have; it would only be missed when it is evaluated.
fn not_there(source: &str) -> Option<String> {
    if !source.contains('|') && !source.contains("is ") {
        return None;
    }
    CALLED.captures_iter(source).find_map(|called| {
        let (name, kind, probe, unknown) = match (called.name("f"), called.name("t")) {
            (Some(name), _) => (name.as_str(), "filter", format!("1|{}", name.as_str()), minijinja::ErrorKind::UnknownFilter),
            (_, Some(name)) => (name.as_str(), "test", format!("1 is {}", name.as_str()), minijinja::ErrorKind::UnknownTest),
            _ => return None,
        };
        let missing = ENVIRONMENT.compile_expression(&probe).and_then(|probe| probe.eval(())).is_err_and(|error| error.kind() == unknown);
        let near = nearest(name, if kind == "filter" { FILTERS.iter() } else { TESTS.iter() }.copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        missing.then(|| format!("there is no {kind} `{name}`{near}"))
    })
}

fn compile(source: &str) -> Result<Compiled, String> {
    if source.len() > LONGEST {
        return Err(format!("an expression may have {LONGEST} bytes; this one has {}", source.len()));
    }
    ENVIRONMENT.compile_expression_owned(source.to_owned()).map_err(|error| reason(&error))
}

/// The ids after `root["…"]`, `root['…']` and `root.…`.
fn references(root: &str, source: &str) -> BTreeSet<Id> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let id_at = |(at, _): (usize, &str)| {
        let rest = source[at + root.len()..].trim_start();
        if source[..at].ends_with(is_word) {
            return None;
        }
        if let Some(name) = rest.strip_prefix('.') {
            let name = name.trim_start();
            return Some(&name[..name.find(|c| !is_word(c)).unwrap_or(name.len())]).filter(|name| !name.is_empty());
        }
        let rest = rest.strip_prefix('[')?.trim_start();
        let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
        let (id, rest) = rest[1..].split_once(quote)?;
        rest.trim_start().starts_with(']').then_some(id)
    };
    source.match_indices(root).filter_map(id_at).map(Id::new).collect()
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
        Ok(Self::known_good(source))
    }

    /// One that was parsed before without a complaint.
    #[must_use]
    pub fn known_good(source: &str) -> Self {
        Self(source.trim_end().to_owned())
    }

    /// As the author wrote it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.0
    }

    fn has_names(&self) -> bool {
        self.0.contains("{{") || self.0.contains("{%")
    }

    /// The names it needs.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        if !self.has_names() {
            return BTreeSet::new();
        }
        ENVIRONMENT
            .template_from_str(&self.0)
            .map(|compiled| compiled.undeclared_variables(false).into_iter().collect())
            .unwrap_or_default()
    }

    /// The text with its names filled in; as written where a name has no value, because a responder is
    /// better served by `{{ worker }}` than by an error.
    #[must_use]
    pub fn render(&self, names: &Values) -> String {
        if !self.has_names() {
            return self.0.clone();
        }
        ENVIRONMENT.render_str(&self.0, minijinja::Value::from(minijinja::value::Serde(names))).unwrap_or_else(|_| self.0.clone())
    }
}

/// Characters shown of a value: enough to recognise it beside an expression on one line of a screen.
const SHOWN: usize = 60;

/// The first characters.
fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value on one line. Of a long text the end is shown: that is where a log says what happened last.
fn legible(value: &Value) -> String {
    let Value::String(text) = value else {
        return shorten(&value.to_string());
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().rev().nth(SHOWN - 1) {
        Some((start, _)) if start > 0 => format!("\"…{}\"", &line[start..]),
        _ => format!("\"{line}\""),
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
        assert_eq!(expression.names().iter().collect::<Vec<_>>(), ["checks", "remediations", "value"]);
        assert_eq!(*expression.checks(), BTreeSet::from([Id::new("a-b")]));
        assert_eq!(*expression.remediations(), BTreeSet::from([Id::new("fix")]));
        let spaced = Expression::parse("checks [ \"b\" ] . failed or checks . c.passed or checks[\"d\"].failed").expect("parses");
        assert_eq!(*spaced.checks(), BTreeSet::from(["b", "c", "d"].map(Id::new)));
        let none = Expression::parse("mychecks.a and value in checks[value]").expect("parses");
        assert_eq!(*none.checks(), BTreeSet::new());
    }

    #[test]
    fn references_are_renamed_and_texts_are_not() {
        for (source, renamed) in [
            ("checks['a-b'].failed and remediations.fix.committed", "checks[\"x/a-b\"].failed and remediations[\"x/fix\"].committed"),
            ("checks [ \"b\" ] . failed or checks . c.passed", "checks[\"x/b\"] . failed or checks[\"x/c\"].passed"),
            ("severity == 'checks.a' and mychecks.a", "severity == 'checks.a' and mychecks.a"),
        ] {
            let with_ids = Expression::parse(source).expect("parses").with_ids(|id| Id::new(format!("x/{id}")));
            assert_eq!(with_ids.source(), renamed);
        }
        assert_eq!(Expression::parse("checks.a.passed").expect("parses").with_ids(|id| id.into()).checks(), &BTreeSet::from(["a".into()]));
    }

    #[test]
    fn values_are_explained_as_a_person_reads_them() {
        let long = "2026-11-21 INFO  worker starting\n".repeat(3) + "2026-11-21 ERROR relation \"upload_jobs\" does not exist\n";
        for (value, explained) in [
            (Value::from(0), "0"),
            (Value::Null, "null"),
            (Value::from("worker-1   0/1   Error\t\n"), "\"worker-1 0/1 Error\""),
            (Value::from(long), "\"…rting 2026-11-21 ERROR relation \"upload_jobs\" does not exist\""),
            (Value::from("ä".repeat(60)), &format!("\"{}\"", "ä".repeat(60))),
            (Value::from("ä".repeat(61)), &format!("\"…{}\"", "ä".repeat(60))),
            (Value::from(vec!["x"; 40]), "[\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\",\"x\"…"),
        ] {
            let names = Values::from_iter([("stdout".to_owned(), value)]);
            let expression = Expression::parse("stdout is containing(\"ready\")").expect("parses");
            assert_eq!(expression.explain(&names), [("stdout".to_owned(), explained.to_owned())]);
        }
    }

    #[test]
    fn texts_are_filled_in_or_left() {
        assert_eq!(Template::parse("on {{ platform }}").expect("parses").render(&names()), "on docker");
        assert_eq!(Template::parse("on {{ nothing }}").expect("parses").render(&names()), "on {{ nothing }}");
        assert!(Template::parse("{{ broken").is_err());
    }
}
