//! The import of Markdown: whatever stands in a file, it becomes a runbook that reads without a problem; and whatever stands in
//! a fence is in it, line by line.

use fracas::base::text;
use fracas::runbook::{import, yaml};
use serde_yaml::Value;

#[path = "../../import/safe.rs"]
mod safe;

pub(super) fn holds(bytes: &[u8]) {
    reads_well(bytes);
    let inside = String::from_utf8_lossy(bytes);
    // A fence that nothing inside can close.
    let longest = inside.split(|c| c != '~').map(str::len).max().unwrap_or_default();
    let fence = "~".repeat(longest.max(2) + 1);
    for kind in ["", "sh", "sql"] {
        let source = format!("# Fuzzed\n\nBefore.\n\n{fence}{kind}\n{inside}\n{fence}\n\nBehind.\n");
        let yaml = reads_well(source.as_bytes());
        let mut told = Vec::new();
        texts(&serde_yaml::from_str(&yaml).expect("it was read before"), &mut told);
        // What a lost encoding would change, and a null, which Markdown has none of, may look different. Tabs down the page and new
        // pages are line breaks.
        let is_plain = |line: &&str| !line.trim().is_empty() && line.is_ascii() && !line.contains('\0');
        for line in inside.split(['\n', '\r', '\u{b}', '\u{c}']).filter(is_plain) {
            let shown: String = line.split('\t').map(text::line).collect::<Vec<_>>().join("\t");
            assert!(told.iter().any(|text| text.contains(&shown)), "{line:?} is lost in {yaml}");
        }
    }
}

fn reads_well(source: &[u8]) -> String {
    let yaml = import::markdown(source, "fuzzed").yaml;
    let (_, problems) = yaml::lint("fuzzed.yaml", yaml.as_bytes());
    assert!(problems.is_empty(), "{problems:?} in {yaml}");
    assert_eq!(safe::faults(&yaml), Vec::<String>::new(), "{yaml}");
    assert_eq!(import::markdown(source, "fuzzed").yaml, yaml, "imported twice, it is another");
    yaml
}

/// All that a runbook says.
fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        // Signs of a template that stand for themselves.
        Value::String(text) => all.push(text.replace("{{ '{%' }}", "{%").replace("{{ '{{' }}", "{{").replace("{{ '{#' }}", "{#")),
        Value::Sequence(values) => values.iter().for_each(|value| texts(value, all)),
        Value::Mapping(keys) => keys.values().for_each(|value| texts(value, all)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => {}
    }
}
