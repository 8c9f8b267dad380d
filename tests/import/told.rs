//! What a runbook tells: all its texts in the order of the file, where each stands, and to which object it belongs. Reads YAML as
//! values and knows nothing of the program's own model.

use serde_yaml::Value;

/// Keys whose text the importer makes up or derives: found there, a word of the source does not count as told.
const DERIVED: &[&str] = &[
    "id",
    "match",
    "when",
    "expect",
    "show",
    "on",
    "to",
    "check",
    "verify",
    "guard",
    "guard_within",
    "budget",
    "timeout",
    "every",
    "evidence",
    "state",
    "urgency",
    "transaction",
    "expect_rows",
    "lock_timeout",
    "respond_within",
    "update_every",
    "resolve_within",
    "after",
    "severity",
    "tags",
    "runbook",
    "require",
];

/// Keys whose text is run.
const CODE: &[&str] = &["sql", "probe", "command", "rollback", "url"];

/// Objects that may take their title from a comment of their code, or from the code itself; it stays there as well.
const TITLED_BY_CODE: &[&str] = &["checks", "remediations", "commands", "steps", "tasks"];

/// Objects that may be called what their step is called.
const TITLED_BY_STEP: &[&str] = &["checks", "remediations"];

/// One text.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) text: String,
    /// The keys on the way to it; places in lists are left out.
    pub(crate) path: Vec<String>,
    /// The object it belongs to, numbered as they begin.
    pub(crate) owner: usize,
}

impl Told {
    pub(crate) fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The list it stands in, which has an order of its own.
    pub(crate) fn section(&self) -> &str {
        match self.path.first().map_or("", String::as_str) {
            "report" => self.path.get(1).map_or("", String::as_str),
            section => section,
        }
    }

    pub(crate) fn is_code(&self) -> bool {
        self.path.iter().any(|key| CODE.contains(&key.as_str()))
    }

    /// Whether it is where people read what the source said.
    pub(crate) fn is_prose(&self) -> bool {
        let is_asked = ["inputs", "targets"].contains(&self.section());
        !self.is_code() && !is_asked && !self.path.iter().any(|key| DERIVED.contains(&key.as_str()))
    }

    /// Whether it names a question or a change, which may be all that its step is about.
    pub(crate) fn may_be_called_as_its_step(&self) -> bool {
        let parent = self.path.len().checked_sub(2).map_or("", |at| &self.path[at]);
        self.key() == "title" && TITLED_BY_STEP.contains(&parent)
    }

    /// Whether it names code, and so may say again what the code says.
    pub(crate) fn is_title_of_code(&self) -> bool {
        let parent = self.path.len().checked_sub(2).map_or("", |at| &self.path[at]);
        self.key() == "title" && TITLED_BY_CODE.contains(&parent)
    }

    /// `phases.steps.checks.why`, for people.
    pub(crate) fn place(&self) -> String {
        self.path.join(".")
    }
}

/// All texts of a runbook.
pub(crate) fn read(yaml: &str) -> Vec<Told> {
    let mut told = Vec::new();
    let root: Value = serde_yaml::from_str(yaml).unwrap_or_else(|error| panic!("{error}:\n{yaml}"));
    let mut owners = 0;
    walk(&root, &mut Vec::new(), &mut owners, 0, &mut told);
    let inputs = root.get("inputs").and_then(Value::as_mapping).into_iter().flatten();
    let asked: Vec<(String, &str)> =
        inputs.filter_map(|(name, input)| Some((format!("{{{{ {} }}}}", name.as_str()?), input.get("ask")?.as_str()?))).collect();
    // What keeps braces from being filled in is not seen, and where a value is filled in stood its question; in code both may be
    // the source's own.
    for one in told.iter_mut().filter(|one| !one.is_code()) {
        if one.text.contains("{% raw %}") && one.text.contains("{% endraw %}") {
            one.text = one.text.replace("{% raw %}", "").replace("{% endraw %}", "");
        }
        for (name, question) in &asked {
            one.text = one.text.replace(name, question);
        }
    }
    told
}

fn walk(value: &Value, path: &mut Vec<String>, owners: &mut usize, owner: usize, told: &mut Vec<Told>) {
    match value {
        Value::String(text) => told.push(Told { text: text.clone(), path: path.clone(), owner }),
        Value::Sequence(all) => {
            for one in all {
                // A text in a list is an object of its own.
                *owners += 1;
                walk(one, path, owners, *owners, told);
            }
        }
        Value::Mapping(all) => {
            *owners += 1;
            let owner = *owners;
            // What an object says itself comes before what stands in it, however its keys are ordered.
            for (key, one) in all {
                path.push(key.as_str().unwrap_or_default().to_owned());
                walk(one, path, owners, owner, told);
                path.pop();
            }
        }
        Value::Tagged(tagged) => walk(&tagged.value, path, owners, owner, told),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
