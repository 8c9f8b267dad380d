//! What is wrong with a runbook, where, and how to mend it. Never a reason to stop at the first one.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::base::Value;
use crate::base::text;

/// One thing that is wrong in one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file as the reader was told it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters are meant; at least 1.
    pub length: usize,
    /// A short stable name of this sort of problem, such as `unknown-key`.
    pub code: &'static str,
    /// Whether the runbook can be used all the same.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The runbook cannot be used.
    Error,
    /// The runbook can be used; a careful author would change it.
    Warning,
}

impl Severity {
    /// As it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Problem {
    /// As one line without its source: `file:3:5: error[unknown-key]: …`.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { file, line, column, code, message, .. } = self;
        text::line(&format!("{file}:{line}:{column}: {}[{code}]: {message}", self.severity.name())).into_owned()
    }

    /// As the object `lint --format json` prints.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = crate::base::Values::new();
        for (name, value) in [
            ("file", Value::from(self.file.as_str())),
            ("line", Value::from(self.line)),
            ("column", Value::from(self.column)),
            ("code", Value::from(self.code)),
            ("severity", Value::from(self.severity.name())),
            ("message", Value::from(self.message.as_str())),
            ("help", self.help.as_deref().map_or(Value::Null, Value::from)),
        ] {
            fields.insert(name.to_owned(), value);
        }
        Value::Object(fields)
    }
}

/// The problems as a person reads them: each with its line, a caret and how to mend it.
///
/// `source` is the text the problems were found in; where it has no such line (a file that is too
/// large or no text at all) the problem stands alone.
#[must_use]
pub fn render(problems: &[Problem], source: &str, color: bool) -> String {
    let lines: Vec<&str> = source.split('\n').collect();
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    problems.iter().map(|problem| one(problem, &lines, &renderer)).collect::<Vec<_>>().join("\n\n")
}

/// Lines longer than this are not shown: a hostile file may be a single line.
const LONGEST_LINE: usize = 400;

fn one(problem: &Problem, lines: &[&str], renderer: &Renderer) -> String {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = text::line(&problem.message).into_owned();
    let file = text::line(&problem.file).into_owned();
    let line = lines.get(problem.line.wrapping_sub(1)).map(|line| line.trim_end_matches('\r'));
    let shown = line.filter(|line| line.chars().count() <= LONGEST_LINE).map(|line| Shown::new(line, problem));
    let mut group = level.primary_title(&message).id(problem.code).elements(shown.iter().map(|shown| {
        Snippet::source(shown.text.as_str())
            .line_start(problem.line)
            .path(&file)
            .annotation(AnnotationKind::Primary.span(shown.span.clone()))
    }));
    let place = format!("in {file}, line {}, column {}", problem.line, problem.column);
    if shown.is_none() {
        group = group.element(Level::NOTE.message(&place));
    }
    let help = problem.help.as_deref().map(text::lines);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// A line made harmless, with the bytes of it that are meant.
struct Shown {
    text: String,
    span: std::ops::Range<usize>,
}

impl Shown {
    fn new(line: &str, problem: &Problem) -> Self {
        let at = |character: usize| line.char_indices().nth(character).map_or(line.len(), |(byte, _)| byte);
        let (start, end) = (at(problem.column - 1), at(problem.column - 1 + problem.length));
        let (before, meant, after) = (text::line(&line[..start]), text::line(&line[start..end]), text::line(&line[end..]));
        Self { span: before.len()..before.len() + meant.len(), text: format!("{before}{meant}{after}") }
    }
}

/// The nearest of some names, if one is near enough to be a slip of the fingers.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let most = 1 + wrong.chars().count() / 4;
    names
        .into_iter()
        .map(|name| (distance(&wrong, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Edits from one word to another (Levenshtein); words over 64 characters are never near.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    if a.chars().count() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = corner + usize::from(left != *right);
            corner = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_nonsense_finds_none() {
        let names = ["title", "timeout", "checks", "every"];
        for (wrong, right) in [("titel", Some("title")), ("check", Some("checks")), ("evry", Some("every")), ("zebra", None)] {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
    }

    #[test]
    fn a_problem_points_at_its_characters() {
        let problem = Problem {
            file: "a.yaml".to_owned(),
            line: 2,
            column: 4,
            length: 5,
            code: "unknown-key",
            severity: Severity::Error,
            message: "there is no `titel`".to_owned(),
            help: Some("write `title`".to_owned()),
        };
        let drawn = render(std::slice::from_ref(&problem), "a: 1\nä\t titel: 2\n", false);
        assert!(drawn.contains("error[unknown-key]: there is no `titel`"), "{drawn}");
        assert!(drawn.contains("a.yaml:2:"), "{drawn}");
        assert!(drawn.contains("^^^^^"), "{drawn}");
        assert!(drawn.contains("help: write `title`"), "{drawn}");
        assert!(render(&[problem], "", false).contains("in a.yaml, line 2, column 4"));
    }
}
