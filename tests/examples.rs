//! The examples in the documentation are runbooks: each is read as an author's would be.

#![expect(clippy::unwrap_used, reason = "a test may fail at any of these")]

use std::fmt::Write as _;

use fracas::runbook::{problem, yaml};

const README: &str = include_str!("../README.md");
const AUTHORS: &str = include_str!("../runbooks/README.md");

/// What the blocks of this language hold.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    text.split(&format!("```{language}\n")).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn must_be_clean(text: &str) {
    let (_, problems) = yaml::lint("example", text.as_bytes());
    assert!(problems.is_empty(), "{}\n{text}", problem::render(&problems, text, false));
}

#[test]
fn the_runbook_in_the_readme_is_one() {
    // Beside runbooks there are settings, which other tests read.
    let examples: Vec<&str> = blocks(README, "yaml").into_iter().filter(|block| block.contains("version: 1\n")).collect();
    assert!(!examples.is_empty());
    examples.into_iter().for_each(must_be_clean);
}

#[test]
fn every_check_in_the_authors_reference_is_one() {
    let examples = blocks(AUTHORS, "yaml");
    assert!(examples.len() >= 5, "{examples:?}");
    for example in examples {
        let inputs = ["app", "job", "token"].into_iter().filter(|name| example.contains(&format!("{{{{ {name} }}}}")));
        let mut text = "version: 1\nid: example\ntitle: Example\n".to_owned();
        let asked: String = inputs.fold(String::new(), |mut asked, name| {
            let _ = writeln!(asked, "  {name}: {{ ask: Which {name}?, secret: true }}");
            asked
        });
        if !asked.is_empty() {
            let _ = write!(text, "inputs:\n{asked}");
        }
        if example.starts_with("targets:") {
            must_be_clean(&format!(
                "{text}{example}phases:\n  - title: Look\n    steps:\n      - title: Ask\n        checks:\n          - {{ title: It answers, \
                 connect: database }}\nsuccess:\n  - {{ title: Over, task: true }}\n"
            ));
            continue;
        }
        if example.contains("schema:") {
            text.push_str("targets:\n  main: { postgres: { env: MAIN } }\n");
        }
        if example.contains("like: staging") {
            text.push_str("  staging: { postgres: { env: STAGING } }\n");
        }
        text.push_str("phases:\n  - title: Look\n    steps:\n      - title: Ask\n        checks:\n");
        for line in example.lines() {
            let on_main = if line.starts_with("  schema:") && example.contains("like: staging") { "            on: main\n" } else { "" };
            let _ = writeln!(text, "{on_main}          {line}");
        }
        text.push_str("success:\n  - { title: Over, task: true }\n");
        must_be_clean(&text);
    }
}
