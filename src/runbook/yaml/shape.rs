//! Keys and types: compares a file with the JSON Schema that the wire structs give, and cuts away what
//! does not fit, so that whatever is left can still be checked in the same go. Never knows a single key.

use std::fmt;

use crate::base::Value;
use crate::runbook::problem::nearest;

use super::node::{Content, Key, Node, Place};
use super::{Report, SCHEMA};

/// Reports what does not fit the schema and removes it; nothing if the whole is no mapping at all.
pub(super) fn trim(root: &mut Node, report: &mut Report) -> Option<()> {
    trim_to(root, &SCHEMA, report)
}

/// The same by another schema, which may refer to definitions of the runbook's.
pub(super) fn trim_to(root: &mut Node, schema: &Value, report: &mut Report) -> Option<()> {
    Trimming { report }.value(root, schema, &Name::Words("the file")).then_some(())
}

/// The same for a part that stands where several things may, once it is known which: `definition` is what the
/// schema calls it.
pub(super) fn trim_part(part: &mut Node, definition: &str, name: &str, report: &mut Report) -> Option<()> {
    let schema = SCHEMA.get("$defs")?.get(definition)?;
    Trimming { report }.value(part, schema, &Name::Words(name)).then_some(())
}

/// What a value is called in messages; put into words only where there is something to say.
enum Name<'n> {
    Words(&'n str),
    Key(&'n str),
    ItemOf(&'n Name<'n>),
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Key(key) => write!(f, "`{key}`"),
            Self::ItemOf(list) => write!(f, "an item of {list}"),
        }
    }
}

struct Trimming<'r> {
    report: &'r mut Report,
}

impl Trimming<'_> {
    /// Whether a value fits, once its parts that do not are gone.
    fn value(&mut self, node: &mut Node, schema: &Value, name: &Name<'_>) -> bool {
        let schema = resolve(schema);
        let Some(schema) = self.choose(node, schema, name) else { return false };
        if !self.limits(node, schema, name) {
            return false;
        }
        match &mut node.content {
            Content::Scalar(_) => true,
            Content::List(items) => {
                if let Some(item_schema) = schema.get("items") {
                    items.retain_mut(|item| self.value(item, item_schema, &Name::ItemOf(name)));
                }
                true
            }
            Content::Map(entries) => {
                let here = entries.first().map_or(node.place, |(key, _)| key.place);
                self.entries(entries, schema, here);
                true
            }
        }
    }

    /// The schema this value is judged by: the first alternative of its type.
    fn choose<'s>(&mut self, node: &Node, schema: &'s Value, name: &Name<'_>) -> Option<&'s Value> {
        if schema.get("anyOf").is_none() && has_type(node, schema) {
            return Some(schema);
        }
        let alternatives = alternatives(schema);
        if let Some(fitting) = alternatives.iter().find(|schema| has_type(node, schema)) {
            return Some(fitting);
        }
        let found = describe(node);
        let wanted: Vec<&str> = alternatives.iter().flat_map(|schema| types(schema)).map(in_words).collect();
        let mut wanted = wanted;
        wanted.dedup();
        let wanted = wanted.join(" or ");
        let help = match &node.content {
            Content::Scalar(serde_yaml::Value::Null) => "give it a value or leave the line out".to_owned(),
            Content::Scalar(_) if wanted.contains("text") => match example(schema) {
                Some(example) => format!("such as `{example}`"),
                None => "put quotes around it".to_owned(),
            },
            Content::Scalar(serde_yaml::Value::String(_)) if wanted != "a list" && !wanted.contains("mapping") => {
                "write it without quotes".to_owned()
            }
            Content::Scalar(_) if wanted == "a list" => "write it as a list: `[…]`, or lines that begin with `- `".to_owned(),
            _ => String::new(),
        };
        self.report.error(node.place, "wrong-type", format!("{name} must be {wanted}, not {found}"), help);
        None
    }

    /// Limits of texts, lists and choices.
    fn limits(&mut self, node: &Node, schema: &Value, name: &Name<'_>) -> bool {
        let limit = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
        match &node.content {
            Content::Scalar(serde_yaml::Value::String(text)) => {
                let length = text.trim().chars().count();
                if limit("minLength").is_some_and(|least| length < least) {
                    self.report.error(node.place, "empty", format!("{name} is empty"), "say it in a few words");
                } else if let Some(most) = limit("maxLength").filter(|most| length > *most) {
                    let message = format!("{name} has {length} characters; at most {most} fit on a screen");
                    self.report.error(node.place, "too-long", message, "put the details into `why`");
                }
                let choices: Vec<&str> = allowed_words(schema);
                if choices.is_empty() || choices.contains(&text.as_str()) {
                    return true;
                }
                let near = nearest(text, choices.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                let message = format!("{name} cannot be `{text}`");
                self.report.error(node.place, "bad-value", message, format!("one of {}{near}", choices.join(", ")));
                false
            }
            Content::List(items) if limit("minItems").is_some_and(|least| items.len() < least) => {
                self.report.error(node.place, "empty", format!("{name} is an empty list"), "name at least one");
                true
            }
            Content::Scalar(_) | Content::List(_) | Content::Map(_) => true,
        }
    }

    fn entries(&mut self, entries: &mut Vec<(Key, Node)>, schema: &Value, here: Place) {
        let known = schema.get("properties").and_then(Value::as_object);
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object());
        if known.is_none() && rest.is_none() {
            return; // Anything may stand here.
        }
        // What does not fit has been reported; that it is gone by then is no second problem.
        let mut cut: Vec<String> = Vec::new();
        entries.retain_mut(|(key, value)| {
            if let Some(schema) = known.and_then(|known| known.get(&key.name)).or(rest) {
                let fits = self.value(value, schema, &Name::Key(&key.name));
                if !fits {
                    cut.push(key.name.clone());
                }
                return fits;
            }
            if self.report.is_full() {
                self.report.error(key.place, "unknown-key", "", "");
                return false;
            }
            let names: Vec<&str> = known.into_iter().flat_map(|known| known.keys().map(String::as_str)).collect();
            let help = match nearest(&key.name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if key.name == "<<" => "YAML 1.2 has no merge keys: write the values out".to_owned(),
                None if key.name.contains(' ') && matches!(value.content, Content::Scalar(serde_yaml::Value::Null)) => {
                    "inside of braces a comma ends a text: put quotes around all of it".to_owned()
                }
                None => format!("known here: {}", names.join(", ")),
            };
            self.report.error(key.place, "unknown-key", format!("there is no key `{}` here", key.name), help);
            false
        });
        for missing in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if entries.iter().any(|(key, _)| key.name == missing) {
                continue;
            }
            if !cut.iter().any(|cut| cut == missing) {
                let message = format!("`{missing}` is missing here");
                self.report.error(here, "missing-key", message, format!("add `{missing}: …`"));
            }
            let schema = known.and_then(|known| known.get(missing)).map(resolve);
            let kind = schema.and_then(|schema| types(schema).first().copied()).unwrap_or("string");
            let word = schema.and_then(|schema| allowed_words(schema).first().copied()).unwrap_or_default();
            let key = Key { name: missing.to_owned(), place: here };
            entries.push((key, Node { place: here, content: stand_in(kind, word) }));
        }
    }
}

/// Everything a schema lets stand here; a choice may itself be one of several choices.
fn alternatives(schema: &Value) -> Vec<&Value> {
    match schema.get("anyOf").and_then(Value::as_array) {
        Some(choices) => choices.iter().map(resolve).flat_map(alternatives).collect(),
        None => vec![schema],
    }
}

/// What stands where something required is missing, so that the rest can still be looked at.
fn stand_in(kind: &str, word: &str) -> Content {
    match kind {
        "array" => Content::List(Vec::new()),
        "object" => Content::Map(Vec::new()),
        "integer" | "number" => Content::Scalar(serde_yaml::Value::from(1)),
        _ => Content::Scalar(serde_yaml::Value::from(word)),
    }
}

/// How a value that is a text of a certain form is written.
fn example(schema: &Value) -> Option<&str> {
    schema.get("examples")?.get(0)?.as_str()
}

fn resolve(schema: &Value) -> &Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| reference.strip_prefix("#/$defs/"))
        .and_then(|name| SCHEMA.get("$defs").and_then(|definitions| definitions.get(name)))
        .unwrap_or(schema)
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        // Choices with a description each are written as `oneOf` constants.
        _ if schema.get("oneOf").is_some() || schema.get("enum").is_some() => vec!["string"],
        _ => Vec::new(),
    }
}

fn allowed_words(schema: &Value) -> Vec<&str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let described = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    listed.chain(described.filter_map(|one| one.get("const").and_then(Value::as_str))).collect()
}

fn has_type(node: &Node, schema: &Value) -> bool {
    // Most schemas name one type, and every value of a file is held against one.
    if let Some(Value::String(one)) = schema.get("type") {
        return is_a(node, one);
    }
    let types = types(schema);
    types.is_empty() || types.iter().any(|kind| is_a(node, kind))
}

fn is_a(node: &Node, kind: &str) -> bool {
    use serde_yaml::Value as Yaml;
    match (&node.content, kind) {
        (Content::Scalar(Yaml::String(_)), "string")
        | (Content::Scalar(Yaml::Bool(_)), "boolean")
        | (Content::Scalar(Yaml::Number(_)), "number")
        | (Content::List(_), "array")
        | (Content::Map(_), "object") => true,
        (Content::Scalar(Yaml::Number(number)), "integer") => number.as_u64().is_some(),
        _ => false,
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "text",
        "boolean" => "true or false",
        "number" => "a number",
        "integer" => "a whole number",
        "array" => "a list",
        _ => "a mapping of keys to values",
    }
}

fn describe(node: &Node) -> String {
    use serde_yaml::Value as Yaml;
    match &node.content {
        Content::Scalar(Yaml::Null) => "empty".to_owned(),
        Content::Scalar(Yaml::Bool(yes)) => format!("the truth value {yes}"),
        Content::Scalar(Yaml::Number(number)) => format!("the number {number}"),
        Content::Scalar(_) => "text".to_owned(),
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "a mapping".to_owned(),
    }
}
