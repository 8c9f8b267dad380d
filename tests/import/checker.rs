//! The checker is checked: it must see what is lost, doubled, swapped or changed, and nothing else. Never asks the importer.

use serde_yaml::{Mapping, Value};

use super::{kept, line, prose, safe, source, told};

use source::{Block, Source};

/// A source with everything that is counted.
const SOURCE: &str = "\
# Queue is stuck

Orders wait and **nobody** is told.

## Look

See [the board](https://board.example/q).

```bash
# Ask the broker
brokerctl lag --all
  brokerctl   peers
```

- [ ] Call the owner
- [x] Tell the channel

| Level | Means |
|-------|-------|
| S1    | all orders wait |

## Mend

```sql
DELETE FROM leases WHERE owner = 'gone';
```
";

/// A runbook that keeps it.
const RUNBOOK: &str = "\
version: 1
id: queue-is-stuck
title: Queue is stuck
summary: Orders wait and nobody is told.
severities:
  - { name: S1, means: all orders wait, response: Level / Means }
phases:
  - title: Look
    steps:
      - title: The first step
        why: 'See the board (https://board.example/q).'
        checks:
          - title: Ask the broker
            command: |
              # Ask the broker
              brokerctl lag --all
                brokerctl   peers
        tasks:
          - Call the owner
          - { title: Tell the channel, evidence: optional }
  - title: Mend
    steps:
      - title: The second step
        remediations:
          - title: Delete
            sql: DELETE FROM leases WHERE owner = 'gone';
";

fn faults(yaml: &str) -> Vec<String> {
    kept::faults(&source::read(SOURCE), &told::read(yaml))
}

#[test]
fn a_runbook_that_keeps_everything_has_no_fault() {
    assert_eq!(faults(RUNBOOK), Vec::<String>::new());
}

#[test]
fn every_way_of_losing_something_is_seen() {
    let mut wrong = Vec::new();
    for (before, after, expected) in [
        // Lost.
        ("          - Call the owner\n", "", "lost: \"Call the owner\""),
        ("See the board (https://board.example/q).", "See the board.", "lost: where a link leads: \"https://board.example/q\""),
        ("                brokerctl   peers\n", "", "lost code: 0 of 1 times a line: \"  brokerctl   peers\""),
        ("  - title: Mend\n", "  - title: Amend\n", "lost: \"Mend\""),
        ("summary: Orders wait and nobody is told.\n", "", "lost: \"Orders wait and **nobody** is told.\""),
        ("              # Ask the broker\n", "", "lost code: 0 of 1 times a line: \"# Ask the broker\""),
        ("            sql: DELETE FROM leases WHERE owner = 'gone';\n", "            command: ls\n", "lost code: 0 of 1 times"),
        // Said twice.
        (
            "          - Call the owner\n",
            "          - Call the owner\n          - Call the owner\n",
            "doubled: \"Call the owner\" in phases.steps.tasks",
        ),
        ("title: The first step\n", "title: Look\n", "doubled: \"Look\" in phases.steps.title"),
        (
            "brokerctl lag --all\n",
            "brokerctl lag --all\n              brokerctl lag --all\n",
            "doubled code: 2 instead of 1 times: \"brokerctl lag --all\"",
        ),
        (
            "the board (https",
            "the board. Orders wait and nobody is told. (https",
            "doubled: \"Orders wait and nobody is told\" in phases.steps.why",
        ),
        // Swapped.
        (
            "          - Call the owner\n          - { title: Tell the channel, evidence: optional }\n",
            "          - { title: Tell the channel, evidence: optional }\n          - Call the owner\n",
            "out of order: \"Tell the channel\" stands before \"Call the owner\"",
        ),
        (
            "              brokerctl lag --all\n                brokerctl   peers\n",
            "                brokerctl   peers\n              brokerctl lag --all\n",
            "out of order: \"  brokerctl   peers\" stands before \"brokerctl lag --all\"",
        ),
        ("  - title: Look\n", "  - title: Mend\n", "out of order: "),
        // Changed.
        ("  brokerctl   peers", "  brokerctl  peers", "lost code: 0 of 1 times a line: \"  brokerctl   peers\""),
        ("  brokerctl   peers", "brokerctl   peers", "lost code: 0 of 1 times a line: \"  brokerctl   peers\""),
        ("wait and nobody", "wait, and nobody", "changed: \"Orders wait and **nobody** is told.\""),
        ("wait and nobody", "wait and noboby", "lost: \"Orders wait and **nobody** is told.\""),
        ("= 'gone';", "= 'Gone';", "lost code: 0 of 1 times"),
    ] {
        assert!(RUNBOOK.contains(before), "{before:?}");
        let mut yaml = RUNBOOK.replacen(before, after, 1);
        if before == "  - title: Look\n" {
            yaml = RUNBOOK.replace("title: Look", "title: Xx").replace("title: Mend", "title: Look").replace("title: Xx", "title: Mend");
        }
        let found = faults(&yaml);
        if !found.iter().any(|fault| fault.starts_with(expected)) {
            wrong.push(format!("{before:?} to {after:?}\nwanted {expected}\nfound  {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Prose as it stands, code as `| lines`.
fn blocks(text: &str) -> Vec<String> {
    let block = |block: &Block| match block {
        Block::Prose(text) => text.replace('\n', " / "),
        Block::Code(lines) => format!("| {}", lines.join(" / ")),
    };
    source::read(text).blocks.iter().map(block).collect()
}

#[test]
fn the_reader_sees_the_blocks_that_people_see() {
    for (text, expected) in [
        ("", &[] as &[&str]),
        ("a\nb\n\nc", &["a / b", "c"]),
        ("\u{feff}# A #\n## B#\n#no\n", &["A", "B#", "#no"]),
        ("A\nb\n===\nC\n---\n---\n", &["A / b", "C"]),
        ("---\ntitle: x\n---\n# A\n", &["A"]),
        ("+++\ntitle = 1\n+++\nA\n", &["A"]),
        ("---\n\nA\n\n---\n", &["A"]),
        ("```sh\na\n\n  b\n# c\n```\nd", &["| a /   b / # c", "d"]),
        ("~~~~\n```\n~~~\n~~~~\n", &["| ``` / ~~~"]),
        ("````\n```\na\n```\n````\n", &["| ``` / a / ```"]),
        ("```\nnever\nclosed", &["| never / closed"]),
        ("  ```\n  a\n   b\n c\n  ```\n", &["| a /  b / c"]),
        ("``` a`b\n", &["``` a`b"]),
        ("a\n\n    b\n\n      c\n\nd", &["a", "| b /   c", "d"]),
        ("a\n    b\n", &["a / b"]),
        ("\tcode\n", &["| code"]),
        ("- a\n- b\n  c\n\n  d\n+ e\n", &["a", "b / c", "d", "e"]),
        ("1. a\n   ```sh\n   x\n     y\n   ```\n2. b\n", &["a", "| x /   y", "b"]),
        ("1. a\n```sh\nx\n```\n2. b\n", &["a", "| x", "b"]),
        ("- a\n\n\t```\n\tx\n\t\ty\n\t```\n", &["a", "| x / \ty"]),
        ("- a\n\n      x\n", &["a", "| x"]),
        ("-\tx\n\n\ty\n", &["x", "y"]),
        ("- a\n  - b\n    - c\nlazy\n", &["a", "b", "c / lazy"]),
        ("- [ ] a\n- [x] b\n- [X]c\n", &["a", "b", "[X]c"]),
        ("text\n- a\n2. no\n", &["text", "a", "no"]),
        ("text\n2. no\n", &["text / 2. no"]),
        ("> a\n> b\nlazy\n\n> ```\n> x\n> ```\n", &["a / b / lazy", "| x"]),
        ("> [!NOTE]\n> a\n", &["a"]),
        ("| a | b |\n|---|:-:|\n| c \\| d | |\ne | f\n\ng", &["a", "b", "c | d", "e", "f", "g"]),
        ("a | b\n--|--\n", &["a", "b"]),
        ("<!-- not\nsaid -->\na\n", &["a"]),
        ("<details>\n<summary>More</summary>\n\na\n\n</details>\n", &["More", "a"]),
        ("<br>\na", &["a"]),
        ("[x]: https://x.example/ \"T\"\n[y]: no link at all\n", &["[y]: no link at all"]),
        ("a\r\n\r\n```\r\nb\r\n```\r\n", &["a", "| b"]),
        ("- ```sh\n  x\n  ```\n  a\n", &["| x", "a"]),
        ("* * *\n- - -\n___\n", &[]),
        ("- a\n\nb\n", &["a", "b"]),
        ("10. a\n\n    b\n", &["a", "b"]),
        ("1. a\n\n    b\n", &["a", "b"]),
    ] {
        assert_eq!(blocks(text), expected, "{text:?}");
    }
}

/// A runbook that says these blocks one after the other, each as a task, and where the links of the source lead.
fn plainly(source: &Source, blocks: &[Block]) -> String {
    let mapping =
        |entries: Vec<(&str, Value)>| Value::from(entries.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<Mapping>());
    let task = |block: &Block| match block {
        Block::Prose(text) => mapping(vec![("title", text.as_str().into())]),
        Block::Code(lines) => {
            let lines = lines.iter().map(|line| kept::visible(line)).collect::<Vec<_>>().join("\n");
            mapping(vec![("title", "…".into()), ("why", lines.into())])
        }
    };
    let steps = mapping(vec![("tasks", blocks.iter().map(task).collect())]);
    let links = source.links.destinations.iter().map(|destination| mapping(vec![("url", destination.as_str().into())])).collect();
    let phase = mapping(vec![("steps", vec![steps].into())]);
    serde_yaml::to_string(&mapping(vec![("links", links), ("phases", vec![phase].into())])).unwrap()
}

/// Every fixture told plainly has no fault; and whichever of its blocks is left out, said twice, or changes its place, it is seen.
#[test]
fn whatever_is_done_to_a_fixture_is_seen() {
    let (mut wrong, mut done) = (Vec::new(), 0);
    for (name, text) in super::fixtures::ours() {
        let source = source::read(&text);
        let faults = |blocks: &[Block]| kept::faults(&source, &told::read(&plainly(&source, blocks)));
        let found = faults(&source.blocks);
        if !found.is_empty() {
            wrong.push(format!("{name}: plainly told, it has {found:#?}"));
        }
        for at in 0..source.blocks.len() {
            let (mut without, mut twice, mut swapped) = (source.blocks.clone(), source.blocks.clone(), source.blocks.clone());
            let block = without.remove(at);
            twice.insert(at, block.clone());
            let is_last = at + 1 == swapped.len();
            if !is_last {
                swapped.swap(at, at + 1);
            }
            // Only what is there once has one place, and of a single word nobody can say where else it stands.
            let says = |block: &Block| match block {
                Block::Prose(text) => prose::words(&prose::plain(text, &source.links)).len(),
                Block::Code(lines) => lines.len() + 1,
            };
            let is_once =
                |at: usize| source.blocks.iter().filter(|other| **other == source.blocks[at]).count() == 1 && says(&source.blocks[at]) > 1;
            let is_swapped = !is_last && is_once(at) && is_once(at + 1);
            if says(&block) == 0 {
                continue;
            }
            for (what, blocks) in [("left out", Some(without)), ("said twice", Some(twice)), ("swapped", is_swapped.then_some(swapped))] {
                done += 1;
                if blocks.is_some_and(|blocks| faults(&blocks).is_empty()) {
                    wrong.push(format!("{name}: nobody saw what was {what}: {block:?}"));
                }
            }
        }
    }
    assert!(done > 500, "{done}");
    assert!(wrong.is_empty(), "{} of {done}\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn where_links_lead_is_known() {
    let read = source::read("[a](b(c)d \"T\") ![p](<e f>)\n\n[g]: h\n\n[not](closed\n");
    assert_eq!(read.links.destinations, ["b(c)d", "e f", "h"]);
}

#[test]
fn words_are_what_people_read() {
    let links = prose::Links { destinations: vec!["https://x.example/a_b".to_owned()], names: vec!["n".to_owned()] };
    let said = |text: &str| prose::words(&prose::plain(text, &links)).into_iter().map(|word| word.text).collect::<Vec<_>>();
    assert_eq!(said("**2.1** `<pod_name>`: 5 %<br>of"), ["2", "1", "podname", "5", "%", "of"]);
    assert_eq!(said("see [it](https://x.example/a_b \"T\")"), said("see it (https://x.example/a_b)"));
    assert_eq!(said("✅ läuft &amp; <!-- no --> {% raw %}{{ x }}{% endraw %}"), ["läuft", "&", "x"]);
    assert_eq!(said("zero\u{200b}width"), said("zero<U+200B>width"));
    assert_eq!(said("[it][n] a**b**c_"), ["it", "abc"]);
    assert_eq!(line::split("a\rb\r\nc").len(), 3);
}

#[test]
fn what_does_more_than_ask_is_seen() {
    for command in [
        "rm -rf /tmp/x",
        "kubectl delete pod x",
        "kubectl rollout restart deployment/x",
        "docker compose restart db",
        "cat a > b",
        "cat a >> b",
        "sudo cat x",
        "cat x | tee y",
        "curl -X POST https://x",
        "curl -XPOST https://x",
        "curl -d @a https://x",
        "curl -o f https://x",
        "docker logs x -f",
        "kubectl logs --follow x",
        "tail -F x",
        "docker exec -it db sh",
        "cat <<EOF\na\nEOF",
        "psql -c 'DELETE FROM t'",
        "psql -U a -d b",
        "bash -c 'rm x'",
        "echo $(rm x)",
        "echo \"$(kill 1)\"",
        "find . -name x -delete",
        "sed -i s/a/b/ f",
        "top",
        "ls; reboot",
        "/usr/bin/kill 1",
        "kubectl get pods -w",
        "git pull",
        "alembic upgrade head",
        "alembic stamp head",
        "ls | xargs rm",
        "vim f",
    ] {
        assert!(safe::command_fault(command).is_some(), "{command}");
    }
    for command in [
        "docker ps | grep worker",
        "kubectl get pods -n x --no-headers",
        "grep -r 'failed to delete' logs/",
        "curl -sS https://x/health",
        "curl -X GET https://x",
        "docker compose -f docker-compose.yml ps",
        "psql -c 'SELECT 1'",
        "# rm x\nls",
        "ls 2>/dev/null",
        "docker logs x --tail 100",
        "df -h /",
        "journalctl -u x -n 5",
    ] {
        assert_eq!(safe::command_fault(command), None, "{command}");
    }
    for sql in [
        "DELETE FROM t",
        "SELECT 1; SELECT 2",
        "SELECT pg_terminate_backend(1)",
        "SELECT * FROM t FOR SHARE",
        "SELECT * INTO x FROM t",
        "EXPLAIN ANALYZE SELECT 1",
        "WITH d AS (DELETE FROM t) SELECT 1",
    ] {
        assert!(safe::sql_fault(sql).is_some(), "{sql}");
    }
    for sql in ["SELECT 'delete' FROM t;", "-- drop it\nSELECT last_update, \"set\" FROM t", "SHOW max_connections"] {
        assert_eq!(safe::sql_fault(sql), None, "{sql}");
    }
}
