//! What a fixture says that it becomes: lines beside its Markdown, held against the YAML. `LIST: KEY OP VALUE, …` asks for an
//! object in that list that has all of these, `no LIST: …` that there is none. `~` contains, `=` equals (durations by their
//! length), `^` equals however it is spelled, `?` is there; `one|other` is either. An object also has the titles of the `phase`
//! and the `step` it stands in. Never knows the program's own model.

use serde_yaml::{Mapping, Value};

/// An object: its keys and what they say.
type Fields = Vec<(String, String)>;

/// Which of the lines do not hold.
pub(crate) fn faults(expected: &str, yaml: &str) -> Vec<String> {
    let root: Value = serde_yaml::from_str(yaml).unwrap();
    let mut faults = Vec::new();
    for line in expected.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (list, conditions) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?} is no expectation"));
        let (list, is_wanted) = list.strip_prefix("no ").map_or((list, true), |list| (list, false));
        let objects = objects(&root, list);
        let conditions = parse(conditions);
        let is_there = objects.iter().any(|object| conditions.iter().all(|condition| condition.holds(object)));
        if is_there != is_wanted {
            faults.push(format!("becomes something else: {line}"));
        }
    }
    faults
}

struct Condition<'a> {
    keys: Vec<&'a str>,
    operator: &'a str,
    value: String,
}

fn parse(line: &str) -> Vec<Condition<'_>> {
    let mut conditions: Vec<Condition<'_>> = Vec::new();
    for part in line.split(", ") {
        let mut words = part.splitn(3, ' ');
        match (words.next(), words.next().filter(|operator| ["~", "=", "^", "?"].contains(operator)), conditions.last_mut()) {
            (Some(keys), Some(operator), _) => {
                conditions.push(Condition {
                    keys: keys.split('|').collect(),
                    operator,
                    value: words.next().unwrap_or_default().to_owned(),
                });
            }
            // A comma of the value before.
            (_, None, Some(last)) => last.value.extend([", ", part]),
            _ => panic!("{part:?} is no condition"),
        }
    }
    conditions
}

impl Condition<'_> {
    fn holds(&self, object: &Fields) -> bool {
        object.iter().filter(|(key, _)| self.keys.contains(&key.as_str())).any(|(_, value)| match self.operator {
            "~" => value.to_lowercase().contains(&self.value.to_lowercase()),
            "=" => value == &self.value || duration(value).is_some_and(|value| Some(value) == duration(&self.value)),
            "^" => name(value) == name(&self.value),
            _ => true,
        })
    }
}

/// Seconds.
fn duration(text: &str) -> Option<u64> {
    text.split_whitespace()
        .map(|part| {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let seconds = match &part[digits..] {
                "s" | "sec" => 1,
                "m" | "min" => 60,
                "h" | "hr" => 3600,
                "d" => 86_400,
                _ => return None,
            };
            part[..digits].parse::<u64>().ok().map(|number| number * seconds)
        })
        .sum()
}

fn name(text: &str) -> String {
    text.to_lowercase().replace(['-', ' '], "_")
}

fn objects(root: &Value, list: &str) -> Vec<Fields> {
    let phases = || children(root, "phases", "phase", &Vec::new());
    let steps = || phases().into_iter().flat_map(|(phase, fields)| children(phase, "steps", "step", &fields));
    let in_steps =
        |list| steps().flat_map(|(step, fields)| children(step, list, "", &fields)).map(|(object, above)| fields(object, above)).collect();
    match list {
        "runbook" => vec![fields(root, Vec::new())],
        "phases" => phases().into_iter().map(|(phase, _)| fields(phase, Vec::new())).collect(),
        "steps" => steps().map(|(step, above)| fields(step, above[..1].to_vec())).collect(),
        "checks" | "remediations" | "tasks" => in_steps(list),
        "questions" | "actions" => {
            children(&root["report"], list, "", &Vec::new()).into_iter().map(|(one, _)| fields(one, Vec::new())).collect()
        }
        "inputs" | "contacts" => {
            let all = root.get(list).and_then(Value::as_mapping).into_iter().flat_map(Mapping::iter);
            all.map(|(key, value)| {
                let mut object = fields(value, Vec::new());
                if list == "inputs" {
                    object.push(("name".to_owned(), said(key)));
                }
                object
            })
            .collect()
        }
        list => children(root, list, "", &Vec::new()).into_iter().map(|(one, _)| fields(one, Vec::new())).collect(),
    }
}

/// What stands in a list, each with the titles of what it stands in; its own title is added under this name.
fn children<'v>(parent: &'v Value, list: &str, name: &str, above: &Fields) -> Vec<(&'v Value, Fields)> {
    let all = parent.get(list).and_then(Value::as_sequence).map(Vec::as_slice).unwrap_or_default();
    let child = |child: &'v Value| {
        let mut titles = above.clone();
        if !name.is_empty() {
            titles.push((name.to_owned(), child.get("title").map(said).unwrap_or_default()));
        }
        (child, titles)
    };
    all.iter().map(child).collect()
}

fn fields(object: &Value, above: Fields) -> Fields {
    let mut fields = above;
    match object {
        Value::Mapping(keys) => fields.extend(keys.iter().map(|(key, value)| (said(key), said(value)))),
        text => fields.push(("title".to_owned(), said(text))),
    }
    fields
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap().trim_end().to_owned(),
    }
}
