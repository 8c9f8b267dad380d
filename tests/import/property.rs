//! Markdown that nobody wrote: whatever it is, it becomes a runbook that reads without a problem and asks nothing that acts; no
//! fenced line is lost; and where it is well formed, nothing is. Never a fixture: those say what becomes of what.

use fracas::runbook::{import, problem::Problem, yaml};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof};
use proptest::sample::select;

use super::source::{Block, Source};
use super::{fixtures, kept, safe, told};

/// Lines that runbooks have in their code.
const CODE: &[&str] = &[
    "docker ps",
    "# Look closer",
    "kubectl get pods -n <namespace>",
    "rm -rf /srv/x",
    "  indented",
    "\ttab",
    "SELECT 1;",
    "DELETE FROM t;",
    "-- why",
    "$ uptime",
    "postgres=# SELECT 2;",
    " count",
    "-------",
    "(1 row)",
    "cat <<EOF",
    "EOF",
    "if true; then",
    "fi",
    "a && b \\",
    "  -c",
    "{{ x }}",
    "{% if %}",
    "psql -c \"SELECT 1\"",
    "'",
    "\"",
    "$(",
    "- item",
    "| a | b |",
    "# OR",
    "curl -X POST https://x.example",
    "key: [value",
    "}",
    "~~",
    "``",
    "docker logs $NAME -f",
    "SELECT 'open",
    "trailing   ",
    "é \u{200b}ß",
    "\u{1b}[1m",
    "&amp;",
    "<!-- x -->",
    "export A=b",
    "psql",
    "\\dt",
];

/// Headings that an importer understands.
const HEADINGS: &[&str] = &[
    "Symptoms",
    "Escalation",
    "Success criteria",
    "Contacts",
    "Severity levels",
    "Troubleshooting",
    "Root cause",
    "Action items",
    "Error codes",
    "Rollback",
    "Diagnosis",
    "Resolution",
    "Option 1",
    "Option 2",
    "Phase 2 (15-30 minutes)",
    "1.2 Look",
    "Useful commands",
    "Timeline",
    "",
];

/// A line that neither opens nor swallows a block of code.
fn noise() -> impl Strategy<Value = String> {
    let marks = select(vec![
        "**",
        "*",
        "_",
        "[",
        "](",
        ")",
        "!",
        "<pod>",
        "{id}",
        "|",
        "---",
        "- ",
        "1. ",
        "> ",
        "# ",
        "\\",
        "&",
        ": ",
        "(15 min)",
        "✅",
        "[ ]",
        "$X",
        "{{",
        "}}",
        "\t",
        "    ",
        "P1",
        "é",
        "界",
        "\u{202e}",
        "@",
        "%",
        "'",
        "\"",
        "30 minutes",
        "https://x.example/a_b",
        "`x`",
        "===",
        "<br>",
        "\r",
    ]);
    vec(prop_oneof![marks.prop_map(str::to_owned), "[a-z]{1,6} ?"], 0..9).prop_map(|parts| parts.concat())
}

/// A block of Markdown, and what it holds of fenced code.
fn block() -> impl Strategy<Value = (String, Option<Vec<String>>)> {
    let fence = (
        select(vec!["```", "````", "~~~", "```bash", "```sql", "~~~ console", "```text", "```python", "``` {.yaml}"]),
        vec(select(CODE), 1..7),
    );
    let fence = fence.prop_map(|(fence, lines)| {
        let close: String = fence.chars().take_while(|c| ['`', '~'].contains(c)).collect();
        (format!("{fence}\n{}\n{close}", lines.join("\n")), Some(lines.into_iter().map(str::to_owned).collect()))
    });
    let heading =
        (1_usize..7, select(HEADINGS), noise()).prop_map(|(depth, known, noise)| format!("{} {known} {noise}", "#".repeat(depth)));
    let list = vec((0_usize..4, select(vec!["-", "*", "1.", "- [ ]", "- [x]"]), noise()), 1..5);
    let list = list.prop_map(|items| items.into_iter().map(|(deep, mark, text)| format!("{}{mark} {text}\n", "  ".repeat(deep))).collect());
    let table = vec((noise(), noise()), 1..4);
    let table = table.prop_map(|rows| {
        "| Level | Time |\n|---|---|\n".to_owned() + &rows.into_iter().map(|(a, b)| format!("| {a} | {b} |\n")).collect::<String>()
    });
    let plain = prop_oneof![3 => noise(), 2 => heading, 2 => list, 1 => table, 1 => vec(noise(), 1..4).prop_map(|lines| lines.join("\n"))];
    prop_oneof![plain.prop_map(|text| (text, None)), fence]
}

/// A block of well-formed Markdown in which no text is there twice: `{}` stands for a number of its own.
fn tidy() -> impl Strategy<Value = &'static str> {
    select(vec![
        "# Title {}",
        "## Part {}",
        "### Piece {}",
        "#### Bit {} (10 minutes)",
        "Paragraph {} says *something*.\nIt has two lines.",
        "**Bold line {}**",
        "- item {}\n- thing {}\n  - below {}",
        "1. first {}\n2. second {}\n\n   more of second {}",
        "- [ ] tick {}\n- [x] ticked {}",
        "> quoted {}",
        "| head {} | column {} |\n|---|---|\n| cell {} | cell {} |",
        "```bash\n# comment {}\ndocker ps -n {}\nrm file-{}\n```",
        "```sql\nSELECT {};\nDELETE FROM t{} WHERE id = 1;\n```",
        "```text\nas it is {}\n```",
        "1. nested {}\n\n   ```sh\n   ls {}\n     -l\n   ```",
        "Setext {}\n---",
        "## Symptoms {}",
        "## Escalation {}",
        "After {} minutes, call team {}.",
        "## Contacts {}",
        "- Owner {}: team-{}@example.org",
        "## Success criteria {}",
        "## Troubleshooting {}",
        "### Error E{}: broken {}",
        "    code by indentation {}",
        "Expected output:\n\n```\nfine {}\n```",
        "See [page {}](https://x.example/{}).",
        "**Label {}**: value {}",
    ])
}

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_stands_around_it_no_fenced_line_is_lost(blocks in vec(block(), 0..14)) {
        let mut text = String::new();
        let mut source = Source::default();
        for (block, code) in blocks {
            text.extend([block.as_str(), "\n\n"]);
            source.blocks.extend(code.map(Block::Code));
        }
        let imported = import::markdown(text.as_bytes(), "made");
        let (_, problems) = yaml::lint("made.yaml", imported.yaml.as_bytes());
        assert!(problems.is_empty(), "{:#?}\n{text}", problems.iter().map(Problem::line).collect::<Vec<_>>());
        let mut faults = kept::faults(&source, &told::read(&imported.yaml));
        // What noise says may be a line of code as well.
        faults.retain(|fault| fault.starts_with("lost"));
        faults.extend(safe::faults(&imported.yaml));
        assert!(faults.is_empty(), "{faults:#?}\n{text}\n{}", imported.yaml);
    }

    #[test]
    fn what_is_well_formed_is_kept_to_the_last_word(blocks in vec(tidy(), 0..16)) {
        let mut text = String::new();
        let mut number = 1000;
        for block in blocks {
            for (at, part) in block.split("{}").enumerate() {
                if at > 0 {
                    number += 1;
                    text += &number.to_string();
                }
                text += part;
            }
            // A comment keeps two lists apart, and code from what it would be a part of.
            text += "\n\n<!-- -->\n\n";
        }
        let faults = fixtures::faults(text.as_bytes(), &text, "made");
        assert!(faults.is_empty(), "{faults:#?}\n{text}\n{}", import::markdown(text.as_bytes(), "made").yaml);
    }

    #[test]
    fn any_bytes_become_a_runbook(bytes in vec(any::<u8>(), 0..300), text in ".{0,200}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            let imported = import::markdown(bytes, "made");
            let (_, problems) = yaml::lint("made.yaml", imported.yaml.as_bytes());
            assert!(problems.is_empty(), "{:#?}\n{}", problems.iter().map(Problem::line).collect::<Vec<_>>(), imported.yaml);
            assert_eq!(safe::faults(&imported.yaml), Vec::<String>::new());
        }
    }
}
