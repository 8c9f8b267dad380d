//! Documents of a recorded incident. The journal in `tests/journals/v1` was written by the first version of
//! the program and must open for ever; it holds every kind of entry there was, and one there never was.

#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

#[path = "support/disk.rs"]
mod disk;
#[path = "export/files.rs"]
mod files;
#[path = "support/told.rs"]
mod told;

use std::sync::Arc;

use fracas::base::Value;
use fracas::base::id::IncidentId;
use fracas::export::{Case, Format, export};
use fracas::report::text::{Style, Teller};
use fracas::runbook::problem::Problem;
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::measure::Measures;
use fracas::timeline::{Event, Incident, chain, wire};
use told::with_everything;

const JOURNAL: &str = include_str!("journals/v1/journal.jsonl");
const RUNBOOK: &[u8] = include_bytes!("journals/v1/runbook.yaml");

fn replayed(journal: &str) -> (IncidentId, Incident, Arc<Runbook>) {
    let runbook = yaml::read("runbook.yaml", RUNBOOK).map_err(|problems| problems.iter().map(Problem::line).collect::<Vec<_>>());
    let incident = Incident::replay(journal.lines().map(|line| wire::read(line).unwrap().entry));
    (IncidentId::new("20261121-1033-queue-table-missing-7f3a"), incident, Arc::new(runbook.unwrap()))
}

fn exported(format: Format, journal: &str) -> String {
    let (id, incident, runbook) = replayed(journal);
    export(format, Case { id: &id, incident: &incident, runbook: &runbook, heads: &[] }, journal)
}

/// The journal as far as its first lines go.
fn first(lines: usize) -> String {
    JOURNAL.split_inclusive('\n').take(lines).collect()
}

#[test]
fn a_journal_of_version_1_opens() {
    assert_eq!(chain::verify(JOURNAL).unwrap().0, JOURNAL.lines().count() as u64);
    let (_, incident, _) = replayed(JOURNAL);
    assert!(incident.resolved.is_some());
    assert_eq!(incident.lead, "lin");
    assert_eq!(incident.severity.as_deref(), Some("P0"));
    assert!(matches!(&incident.entries().last().unwrap().event, Event::Unknown { .. }));
}

#[test]
fn what_was_written_is_written_the_same_today() {
    let mut prev = chain::GENESIS.to_owned();
    for line in JOURNAL.lines().filter(|line| !line.contains("teleported")) {
        let today = wire::write(&wire::read(line).unwrap().entry, "desk", &prev);
        // Since then a line names the sum of itself at its end.
        let (same, sum) = today.rsplit_once(r#","sum":""#).unwrap();
        assert_eq!(format!("{same}}}"), line);
        assert_eq!(sum, format!("{}\"}}", chain::hash(same)));
        prev = chain::hash(line);
    }
}

#[test]
fn the_report_of_a_closed_incident() {
    insta::assert_snapshot!(exported(Format::Markdown, JOURNAL));
}

#[test]
fn the_report_of_an_open_incident_says_so() {
    let report = exported(Format::Markdown, &first(29));
    for said in ["| **Status** | OPEN |", "Find out whether “Restart the worker” took effect", "| Resolution | still open |"] {
        assert!(report.contains(said), "{said}\n{report}");
    }
}

#[test]
fn a_drill_is_plainly_a_drill_and_its_fault_is_told_only_afterwards() {
    let drill = |journal: &str| journal.replacen(r#""read_only""#, r#""drill":{"fault":"table-gone","seed":7},"read_only""#, 1);
    let open = exported(Format::Markdown, &drill(&first(10)));
    assert!(open.starts_with("# DRILL – "), "{open}");
    assert!(open.lines().nth(2).unwrap().contains("This was a drill"), "{open}");
    assert!(!open.contains("table-gone"), "{open}");
    assert!(exported(Format::Markdown, &drill(JOURNAL)).contains("| **Injected fault** | table-gone |"));
    assert!(exported(Format::Csv, &drill(&first(3))).lines().skip(1).all(|row| row.contains(",drill,")));
}

#[test]
fn no_document_carries_what_a_terminal_or_a_browser_could_act_on() {
    for (_, format) in Format::ALL {
        let document = exported(*format, JOURNAL);
        assert!(document.chars().all(|c| !c.is_control() || c == '\n' || c == '\r'), "{format:?}");
    }
    assert!(!exported(Format::Markdown, JOURNAL).replace("\\<", "").contains("<the log>"));
}

#[test]
fn an_export_verifies_like_the_journal() {
    for journal in [JOURNAL.to_owned(), with_everything(" \"<&>\u{202e}", "").journal] {
        let id = IncidentId::new("x");
        let (_, _, runbook) = replayed(JOURNAL);
        let incident = Incident::replay(journal.lines().map(|line| wire::read(line).unwrap().entry));
        let text = export(Format::Json, Case { id: &id, incident: &incident, runbook: &runbook, heads: &[] }, &journal);
        let document: Value = text.parse().unwrap();
        let entries = document["entries"].as_array().unwrap();
        let again: Vec<String> = entries.iter().map(Value::to_string).collect();
        assert_eq!(again, journal.lines().collect::<Vec<_>>());
        // To the letter, for who hashes what stands there.
        let lines: String = text
            .lines()
            .map(|line| line.trim().trim_end_matches(','))
            .filter(|line| line.starts_with(r#"{"seq""#))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(lines, journal);
        assert_eq!(document["head"], chain::verify(&lines).unwrap().1.as_str());
    }
    let document: Value = exported(Format::Json, JOURNAL).parse().unwrap();
    assert_eq!(document["measures"]["mitigated_ms"], 427_000);
    assert_eq!(document["success"][2]["held"], false);
}

#[test]
fn a_number_that_reading_would_change_keeps_its_digits() {
    let odd = JOURNAL.replacen(r#""values":{"#, r#""values":{"odd":0.30000000000000004441,"#, 1);
    assert_ne!(odd, JOURNAL);
    let (id, incident, runbook) = replayed(&odd);
    assert!(
        export(Format::Json, Case { id: &id, incident: &incident, runbook: &runbook, heads: &[] }, &odd).contains("0.30000000000000004441")
    );
}

/// Its documentation is the contract: what is there is said, and what is said is there.
#[test]
fn every_field_of_the_json_is_documented() {
    let documented: Vec<&str> =
        include_str!("../src/export/json.rs").lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next()).collect();
    let document: Value = with_everything("", "").exported(Format::Json).parse().unwrap();
    let fields: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, documented);
    assert!(
        document.as_object().unwrap().values().all(|value| *value != Value::Array(Vec::new())),
        "nothing is empty where everything happened"
    );
}

#[test]
fn the_report_of_an_incident_with_everything() {
    insta::assert_snapshot!(with_everything("", "").exported(Format::Markdown));
}

#[test]
fn what_people_answered_decided_and_corrected_is_in_every_form_that_tells_of_it() {
    let told = with_everything("", "");
    let report = told.exported(Format::Markdown);
    for said in [
        "### Root cause\n\nA migration ran **twice** (grace [#39](#entry-39))",
        "### What users noticed\n\n*Not answered yet.*",
        "### Who paid the bill\n\n*Not answered yet.*",
        "### What the cat did\n\nnothing (grace [#40](#entry-40))",
        "### Where we were lucky\n\nit was night (grace [#41](#entry-41))",
        "~~the wrong database~~",
        "the right database",
        "What else was considered: a restore, too slow",
        "Who objected: grace: the data",
        "[x] Add a test (owner: platform team) [#42](#entry-42)",
        "[ ] Guard the migration (owner: ada) [#43](#entry-43)",
        "| scribe | grace |",
        "acknowledged at 00:05:40 by grace [#35](#entry-35)",
        "told at 00:01:01 [#11](#entry-11)",
        "not told: no such host [#13](#entry-13)",
        "written 2026-11-21 10:00:20 UTC",
        "| **Total** |",
    ] {
        assert!(report.contains(said), "{said}\n{report}");
    }
    assert!(!report.contains("first guess [#38]"), "the last answer counts");
    let impact = report.find("### What users noticed").unwrap();
    assert!(report.find("## Impact Assessment").unwrap() < impact && impact < report.find("## Root Causes").unwrap());
    // What was written down late comes first: it happened first.
    let rows: Vec<&str> = report.lines().filter(|line| line.starts_with("| <a id=\"entry-")).collect();
    assert!(rows[0].contains("entry-4") && rows[0].contains("-00:05:00 *late*"), "{}", rows[0]);
    assert_eq!(rows.len(), told.journal.lines().count());
    let document: Value = told.exported(Format::Json).parse().unwrap();
    assert_eq!(document["order"][0], 4);
    assert_eq!(document["late"], fracas::base::json!([4]));
    assert_eq!(document["corrections"], fracas::base::json!([{ "entry": 5, "by": 6 }, { "entry": 14, "by": 15 }]));
    let checks = document["measures"]["checks"].as_array().unwrap();
    let there = checks.iter().find(|check| check["id"] == "there").unwrap();
    let stood: Vec<&str> = there["stood"].as_array().unwrap().iter().map(|span| span["as"].as_str().unwrap()).collect();
    assert_eq!(stood, ["red", "green", "unknown", "green"]);
    let csv = told.exported(Format::Csv);
    assert!(csv.lines().nth(4).unwrap().contains(",2026-11-21T09:55:00.000Z,,,notes"), "{csv}");
    assert!(csv.lines().nth(5).unwrap().contains(",,6,,notes"), "{csv}");
}

#[test]
fn the_same_incident_gives_the_same_bytes() {
    for (name, format) in Format::ALL {
        assert_eq!(with_everything("", "").exported(*format), with_everything("", "").exported(*format), "{name}");
        assert_eq!(exported(*format, JOURNAL), exported(*format, JOURNAL), "{name}");
    }
}

#[test]
fn documents_for_people_name_the_head_they_were_made_from() {
    let told = with_everything("", "");
    let head = chain::verify(&told.journal).unwrap().1;
    for format in [Format::Markdown, Format::Html, Format::Json] {
        assert!(told.exported(format).contains(&head), "{format:?}");
    }
}

/// Text that would be markup in one of the forms, or deceive a reader.
const HOSTILE: &[&str] = &[
    " <script>x()</script> <img src=x onerror=x()> </style></svg></title></desc>",
    " \" onload=\"x() ' onload='x() &amp; &#60;b&#62; ]]> <!-- -->",
    " \u{1b}[2J\u{7}\u{0}\u{9b} \u{202e}\u{2066}\u{200b}\u{feff}\u{fffe}\u{ffff}\u{e0041}",
    " [x](javascript:x()) ![y](http://127.0.0.1:1/y) <http://127.0.0.1:1> `` ``` ~~~ | a | \n\n# b\n---\n| - |",
];

#[test]
fn a_picture_is_well_formed_whatever_is_written_in_it() {
    for poison in HOSTILE {
        let mild: String = poison.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
        let svg = with_everything(poison, &mild).exported(Format::Svg);
        let tree = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{poison}: {error}\n{svg}"));
        let known = ["svg", "title", "desc", "style", "defs", "pattern", "rect", "line", "circle", "path", "g", "text"];
        for node in tree.descendants().filter(roxmltree::Node::is_element) {
            assert!(known.contains(&node.tag_name().name()), "{poison}: <{}>", node.tag_name().name());
            assert!(
                node.attributes().all(|attribute| !attribute.name().starts_with("on")
                    && attribute.name() != "href"
                    && !attribute.value().contains("127.0.0.1")),
                "{poison}"
            );
        }
    }
}

#[test]
fn a_picture_has_room_for_two_minutes_and_for_twenty_hours_for_three_steps_and_for_sixty() {
    for (hours, steps) in [(0.02, 1), (0.03, 3), (1.0, 12), (20.0, 60), (400.0, 60)] {
        let steps: String =
            (0..steps).map(|n| format!("      - {{ id: s{n}, title: Step {n}, budget: 20m, tasks: [Do {n}] }}\n")).collect();
        let runbook =
            format!("version: 1\nid: long\ntitle: Long\nphases:\n  - id: all\n    title: All\n    budget: 2h\n    steps:\n{steps}");
        let opened = fracas::base::json!({ "kind": "opened", "format": 1, "program": "0.1.0", "runbook": "long", "title": "Long", "runbook_hash": "" });
        let told = told::Told::by(&runbook)
            .then(0.0, "ada", &opened)
            .then(1.0, "ada", &fracas::base::json!({ "kind": "step_entered", "step": "s0" }))
            .then(hours * 3_600.0, "ada", &fracas::base::json!({ "kind": "resolved" }));
        let svg = told.exported(Format::Svg);
        let tree = roxmltree::Document::parse(&svg).unwrap();
        let size = |name: &str| tree.root_element().attribute(name).unwrap().parse::<f64>().unwrap();
        let (width, height) = (size("width"), size("height"));
        for node in tree.descendants().filter(|node| node.has_tag_name("rect") || node.has_tag_name("text")) {
            let place = |name: &str| node.attribute(name).map_or(0.0, |value| value.parse::<f64>().unwrap());
            let is_in_a_pattern = node.ancestors().any(|above| above.tag_name().name() == "pattern");
            assert!(is_in_a_pattern || place("x") >= 0.0 && place("x") + place("width") <= width, "{hours} h: {node:?}");
            assert!(is_in_a_pattern || place("y") >= 0.0 && place("y") + place("height") <= height, "{hours} h: {node:?}");
        }
    }
}

#[test]
fn an_empty_timeline_exports_without_a_panic() {
    for (_, format) in Format::ALL {
        assert!(exported(*format, "").ends_with('\n'));
    }
}

#[test]
fn entries_are_told_as_they_come() {
    let (_, incident, runbook) = replayed(JOURNAL);
    let mut teller = Teller::new(runbook, Style::default());
    let told: Vec<String> = incident.entries().iter().map(|entry| teller.line(entry)).collect();
    assert_eq!(told[3], "00:02:00  ✗ “queue.jobs exists”: value == 1, but value = 0");
    assert_eq!(told[33], "00:07:01  ✓ “Tell the channel on docker”: message 17:04");
}

#[test]
fn times_are_measured_from_the_real_beginning() {
    let (_, incident, runbook) = replayed(JOURNAL);
    let measures = Measures::of(&incident, &runbook, incident.entries().last().unwrap().at);
    // It began two minutes before it was opened. The check that proves the criterion passed at 150.2 s, but
    // was red once more from 302 s to 307 s.
    let seconds = |time: Option<std::time::Duration>| time.map(|time| time.as_secs_f64());
    assert_eq!(seconds(measures.first_red), Some(120.355));
    assert_eq!(seconds(measures.first_action), Some(190.0));
    assert_eq!(seconds(measures.mitigated), Some(427.0));
    assert_eq!(seconds(measures.resolved), Some(470.0));
    let jobs = &measures.checks["jobs-exists"];
    assert_eq!((jobs.answers, jobs.turned_red, jobs.red_for.as_millis()), (4, 2, 149_845 + 5_000));
    let counts = measures.counts;
    assert_eq!((counts.committed, counts.rolled_back, counts.failed, counts.unknown), (1, 1, 0, 1));
    assert_eq!((counts.skipped, counts.overridden, counts.rehearsals_skipped, counts.escalations, counts.notes), (1, 1, 1, 1, 3));
    let [assess, mend] = measures.phases.as_slice() else { panic!("two phases") };
    assert_eq!(assess.cost.spent.as_millis(), 61_960);
    assert_eq!(assess.cost.over_by(), None);
    assert_eq!(assess.steps[0].cost.over_by().unwrap().as_millis(), 1_960);
    // 62 s to 350 s, without a pause of 45 s.
    assert_eq!(mend.cost.spent.as_millis(), 243_000);
}
