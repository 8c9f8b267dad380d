//! What is measured of one incident and of many, from the recorded journal in `tests/journals` and from what is changed
//! in it; and `fracas incidents`, with the real program. Every figure is worked out by hand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it missed by failing")]

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use fracas::base::id::Id;
use fracas::base::stamp::Stamp;
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::event::{Drill, Verdict};
use fracas::timeline::measure::Measures;
use fracas::timeline::statistics::{self, Case, Kind, Spread, Statistics};
use fracas::timeline::{Entry, Event, Incident, chain, wire};
use serde_json::Value;
use tempfile::TempDir;

const JOURNAL: &str = include_str!("journals/v1/journal.jsonl");
const RUNBOOK: &str = include_str!("journals/v1/runbook.yaml");

static READ: LazyLock<Runbook> = LazyLock::new(|| yaml::read("runbook.yaml", RUNBOOK.as_bytes()).unwrap());

/// An incident as somebody lived through it: the recorded one, and what was different.
#[derive(Clone)]
struct Lived(Vec<Entry>);

impl Lived {
    fn recorded() -> Self {
        Self(JOURNAL.lines().map(|line| wire::read(line).unwrap().entry).collect())
    }

    /// The first that is so.
    fn find(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.0.iter().position(|entry| is(&entry.event)).unwrap()
    }

    fn with(mut self, seconds: f64, by: &str, event: Event) -> Self {
        let at = Duration::from_secs_f64(seconds);
        let place = self.0.iter().position(|entry| entry.at.elapsed > at).unwrap_or(self.0.len());
        assert!(!self.0.iter().any(|entry| matches!(entry.event, Event::Corrected { .. })), "its number would change");
        self.0.insert(place, Entry { seq: 0, at: Stamp { elapsed: at, wall: self.0[0].at.wall + at }, by: by.to_owned(), event });
        self.0.iter_mut().zip(1..).for_each(|(entry, seq)| entry.seq = seq);
        self
    }

    /// With a correction of an entry at the end.
    fn corrected(mut self, place: usize) -> Self {
        let last = self.0.last().unwrap().clone();
        let event = Event::Corrected { entry: self.0[place].seq, reason: String::new(), instead: None };
        self.0.push(Entry { seq: last.seq + 1, event, ..last });
        self
    }

    fn into_drill(mut self, rehearsal: bool) -> Self {
        let Event::Opened(opened) = &mut self.0[0].event else { panic!("how it was opened") };
        opened.drill = Some(Drill { fault: "gone".to_owned(), seed: 1, rehearsal, server: None });
        self
    }

    /// As it was before it was resolved.
    fn open(mut self) -> Self {
        self.0.truncate(self.find(|event| matches!(event, Event::Resolved(_))));
        self
    }

    /// All of it so many times as slow.
    fn slower(mut self, times: u32) -> Self {
        self.0.iter_mut().for_each(|entry| entry.at.elapsed *= times);
        self
    }

    fn incident(&self) -> Incident {
        Incident::replay(self.0.clone())
    }

    fn measures(&self) -> Measures {
        Measures::of(&self.incident(), &READ, self.0.last().unwrap().at)
    }

    fn journal(&self) -> String {
        let mut prev = chain::GENESIS.to_owned();
        let mut journal = String::new();
        for entry in &self.0 {
            let line = wire::write(entry, "desk", &prev);
            prev = chain::hash(&line);
            journal += &(line + "\n");
        }
        journal
    }
}

fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}

#[test]
fn moments_are_counted_from_when_it_really_began() {
    let measures = Lived::recorded().measures();
    // It began two minutes before it was opened; 40 ms later somebody turned to the first step.
    assert_eq!(seconds(measures.detected), Some(120.0));
    assert_eq!(seconds(measures.acknowledged), Some(120.04));
    assert_eq!(seconds(measures.first_red), Some(120.355));
    assert_eq!(seconds(measures.first_action), Some(190.0));
    assert_eq!(seconds(measures.mitigated), Some(427.0));
    assert_eq!(seconds(measures.resolved), Some(470.0));
    assert_eq!(measures.resolved, Some(measures.lasted));
    // Where nobody says when it began, it began when it was opened, and the first red answer is what noticed it.
    let mut unsaid = Lived::recorded();
    let Event::Opened(opened) = &mut unsaid.0[0].event else { panic!("how it was opened") };
    opened.began = None;
    let measures = unsaid.measures();
    assert_eq!((seconds(measures.detected), seconds(measures.acknowledged)), (Some(0.355), Some(0.04)));
    unsaid.0.truncate(2);
    assert_eq!(unsaid.measures().detected, None, "nothing was noticed yet");
}

#[test]
fn a_note_from_outside_takes_an_incident_up_and_what_follows_by_itself_does_not() {
    let note = || Event::Note { text: "I am on it".to_owned(), happened_at: None, letter: Some("1".to_owned()) };
    let early = Lived::recorded().with(0.02, "ben", note());
    assert_eq!(seconds(early.measures().acknowledged), Some(120.02));
    let left = Lived::recorded().with(0.01, "ada", Event::Left { why: "quit".to_owned() });
    assert_eq!(seconds(left.measures().acknowledged), Some(120.04));
}

#[test]
fn time_in_each_severity_adds_up_to_how_long_it_lasted() {
    let change = |severity: &str| Event::SeverityChanged { severity: severity.to_owned(), reason: "worse".to_owned() };
    // Recorded: P1, and P0 from 80 s on. Back to P1 for ten seconds.
    let measures = Lived::recorded().with(100.0, "ada", change("P1")).with(110.0, "ada", change("P0")).measures();
    let told: Vec<_> = measures.severities.iter().map(|one| (one.severity.as_deref(), one.since.as_secs(), one.lasted.as_secs())).collect();
    assert_eq!(told, [(Some("P1"), 0, 120 + 80 + 10), (Some("P0"), 200, 470 - 210)]);
    let total: Duration = measures.severities.iter().map(|one| one.lasted).sum();
    assert_eq!(total, measures.lasted);
}

#[test]
fn what_was_corrected_counts_for_nothing() {
    let lived = Lived::recorded();
    let before = lived.measures();
    assert_eq!((before.skipped.len(), before.overridden.len(), before.counts.notes, before.counts.corrected), (1, 1, 3, 0));
    let skipped = &before.skipped[0];
    assert_eq!((skipped.id.as_str(), skipped.by.as_str(), skipped.reason.as_str()), ("cleanup", "grace", "no dead letters here"));
    assert_eq!(skipped.at.as_secs(), 120 + 311);
    assert_eq!((before.overridden[0].id.as_str(), before.overridden[0].ended), ("recent", false));

    let skip = lived.clone().corrected(lived.find(|event| matches!(event, Event::Skipped { .. }))).measures();
    assert_eq!((skip.skipped.len(), skip.counts.skipped, skip.counts.corrected), (0, 0, 1));
    let note = lived.clone().corrected(lived.find(|event| matches!(event, Event::Note { .. }))).measures();
    assert_eq!((note.counts.notes, note.counts.corrected), (2, 1));
    let severity = lived.clone().corrected(lived.find(|event| matches!(event, Event::SeverityChanged { .. }))).measures();
    assert_eq!(severity.severities.len(), 1, "it never changed");
    // A correction of the correction brings it back.
    let again = lived.clone().corrected(lived.find(|event| matches!(event, Event::Skipped { .. })));
    let last = again.0.len() - 1;
    assert_eq!(again.corrected(last).measures().skipped, before.skipped);
    // And what cannot be corrected stays, whatever an entry says.
    let kept = lived.clone().corrected(lived.find(|event| matches!(event, Event::RemediationIntended { .. }))).measures();
    assert_eq!((kept.first_action, kept.counts.corrected), (before.first_action, 0));
}

#[test]
fn a_step_that_is_turned_to_later_was_not_left_out() {
    let lived = Lived::recorded().with(345.5, "lin", Event::StepEntered { step: Id::new("cleanup") });
    assert!(lived.measures().skipped[0].ended);
    assert_eq!(lived.measures().counts.skipped, 1);
}

#[test]
fn what_became_of_each_check_and_remediation() {
    let measures = Lived::recorded().measures();
    let jobs = &measures.checks["jobs-exists"];
    // Failed, passed, no answer in time, passed.
    assert_eq!((jobs.answers, jobs.inconclusive, jobs.turned_red, jobs.red_at_the_end), (4, 1, 2, false));
    let make = &measures.remediations["create-jobs"];
    assert_eq!((make.planned, make.tried, make.committed, make.rolled_back, make.unknown), (3, 2, 1, 1, 0));
    let restart = &measures.remediations["restart"];
    assert_eq!((restart.planned, restart.tried, restart.committed, restart.unknown), (1, 1, 0, 1));
    // What a person says of an answer that has no verdict of its own is no objection to it; the opposite of one is.
    assert_eq!(measures.checks["recent"].judged_against, 0);
    let mut own = Lived::recorded();
    let judged = own.find(|event| matches!(event, Event::Judged { .. }));
    let Event::Judged { passed, .. } = own.0[judged].event else { panic!("judged") };
    for entry in &mut own.0 {
        if let Event::CheckSettled(settled) = &mut entry.event
            && settled.check == "recent"
        {
            settled.verdict = if passed { Verdict::Failed } else { Verdict::Passed };
        }
    }
    assert_eq!(own.measures().checks["recent"].judged_against, 1);
}

#[test]
fn a_wall_clock_that_is_set_back_changes_no_measure() {
    let before = Lived::recorded().measures();
    for by in [-3600, 3600, -86_400 * 400] {
        let mut stepped = Lived::recorded();
        stepped.0.iter_mut().skip(7).for_each(|entry| entry.at.wall += TimeDelta::seconds(by));
        assert_eq!(stepped.measures(), before, "{by}");
    }
}

#[test]
fn a_hundred_thousand_entries_with_many_corrections_are_measured_at_once() {
    let mut lived = Lived::recorded().open();
    let check = lived.0[lived.find(|event| matches!(event, Event::CheckSettled(_)))].clone();
    let note = lived.0[lived.find(|event| matches!(event, Event::Note { .. }))].clone();
    let last = lived.0.last().unwrap().at;
    while lived.0.len() < 100_000 {
        let seq = lived.0.len() as u64 + 1;
        let event = match seq % 10 {
            0 => note.event.clone(),
            1 => Event::Corrected { entry: seq - 1, reason: String::new(), instead: None },
            _ => check.event.clone(),
        };
        lived.0.push(Entry { seq, at: last, by: "ada".to_owned(), event });
    }
    let incident = lived.incident();
    let begun = Instant::now();
    let measures = Measures::of(&incident, &READ, last);
    let took = begun.elapsed();
    assert!(measures.counts.corrected > 9_000);
    // Entry by entry with each correction folding all anew, it would be minutes.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn where_durations_lie() {
    let spread = |minutes: &[u64]| Spread::of(minutes.iter().map(|minutes| Duration::from_mins(*minutes)));
    assert_eq!(spread(&[]), None);
    for (minutes, seconds) in [
        (&[7][..], [420, 420, 420, 420, 420]),
        (&[10, 4], [240, 330, 420, 510, 600]),
        (&[1, 3, 2], [60, 90, 120, 150, 180]),
        // One that took a night moves neither the middle nor the half around it.
        (&[1, 2, 3, 4, 900], [60, 120, 180, 240, 54_000]),
        (&[4, 1, 3, 2], [60, 105, 150, 195, 240]),
    ] {
        let Spread { count, least, lower, median, upper, most } = spread(minutes).unwrap();
        assert_eq!((count, [least, lower, median, upper, most].map(|time| time.as_secs())), (minutes.len(), seconds), "{minutes:?}");
    }
}

/// Statistics of incidents of the recorded runbook, oldest first.
fn of(all: &[Lived]) -> Vec<Statistics> {
    let measured: Vec<(Incident, Measures)> = all.iter().map(|lived| (lived.incident(), lived.measures())).collect();
    statistics::of(measured.iter().map(|(incident, measures)| Case { incident, runbook: &READ, measures }))
}

#[test]
fn many_incidents_together_and_what_was_practised_apart() {
    assert_eq!(of(&[]), []);
    let skip_for = |why: &str| {
        let mut lived = Lived::recorded();
        let place = lived.find(|event| matches!(event, Event::Skipped { .. }));
        lived.0[place].event = Event::Skipped { step: Id::new("cleanup"), reason: why.to_owned() };
        lived
    };
    let turned_to = Lived::recorded().with(345.5, "lin", Event::StepEntered { step: Id::new("cleanup") });
    let all = [
        Lived::recorded(),
        Lived::recorded().into_drill(true),
        skip_for(" No dead letters here").slower(3),
        Lived::recorded().into_drill(false).slower(2),
        skip_for("no time").open(),
        turned_to,
    ];
    let told = of(&all);
    let kinds: Vec<_> = told.iter().map(|one| (one.kind, one.number, one.open)).collect();
    assert_eq!(kinds, [(Kind::Incident, 4, 1), (Kind::Drill, 1, 0), (Kind::Rehearsal, 1, 0)]);
    let [real, drill, _] = told.as_slice() else { panic!("three kinds") };
    // 470 s twice, and 120 s + 3 × 350 s; of the open one nobody knows yet.
    let resolved = real.resolved.unwrap();
    assert_eq!((resolved.count, resolved.median.as_secs(), resolved.most.as_secs()), (3, 470, 1170));
    assert_eq!(drill.resolved.unwrap().median.as_secs(), 120 + 700);
    let [skip] = real.skipped.as_slice() else { panic!("one step") };
    assert_eq!((skip.step.as_str(), skip.skipped, skip.of), ("cleanup", 3, 4));
    assert_eq!(skip.reasons, [("no dead letters here".to_owned(), 2), ("no time".to_owned(), 1)]);
    let doubts: BTreeMap<&str, _> = real.doubted.iter().map(|one| (one.check.as_str(), one)).collect();
    let (recent, jobs) = (doubts["recent"], doubts["jobs-exists"]);
    assert_eq!((recent.answered, recent.overridden), (4, 4));
    assert_eq!((jobs.answered, jobs.overridden, jobs.inconclusive, jobs.red_at_the_end), (4, 0, 4, 0));
    let make = real.remediations.iter().find(|one| one.remediation == "create-jobs").unwrap();
    assert_eq!((make.planned_in, make.total.tried, make.total.committed, make.total.rolled_back), (4, 8, 4, 4));
    let assess = &real.phases[0];
    // As recorded twice, and three times as slow once.
    assert_eq!(assess.cost.spent.unwrap().count, 3);
    assert_eq!(assess.cost.spent.unwrap().median.as_millis(), 61_960);
    assert_eq!(assess.steps[0].cost.over, 3, "each took longer than its minute");
}

/// A state folder with these incidents in it.
fn stored(all: &[(&str, Lived)]) -> TempDir {
    let state = tempfile::tempdir().unwrap();
    for (id, lived) in all {
        let folder = state.path().join("incidents").join(id);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("journal.jsonl"), lived.journal()).unwrap();
        fs::write(folder.join("runbook.yaml"), RUNBOOK).unwrap();
    }
    state
}

fn incidents(state: &TempDir, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    command.arg("incidents").args(arguments).env("FRACAS_STATE", state.path()).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

fn rows(told: &str) -> Vec<Value> {
    told.lines().map(|line| line.parse().unwrap()).collect()
}

#[test]
fn the_page_for_people_fits_their_terminal_and_names_what_it_could_not_read() {
    let long = "because ".repeat(40);
    let mut wordy = Lived::recorded();
    let place = wordy.find(|event| matches!(event, Event::Skipped { .. }));
    wordy.0[place].event = Event::Skipped { step: Id::new("cleanup"), reason: format!("{long}\u{1b}[2J\u{202e}") };
    let state = stored(&[
        ("20261121-1033-queue-table-missing-0001", Lived::recorded()),
        ("20261121-1034-queue-table-missing-0002", wordy),
        ("20261121-1035-queue-table-missing-0003", Lived::recorded().open()),
        ("20261121-1036-queue-table-missing-0004", Lived::recorded().into_drill(false)),
        ("20261121-1037-queue-table-missing-0005", Lived::recorded().into_drill(true)),
        ("20261121-1038-queue-table-missing-0006", Lived::recorded()),
        ("20261121-1039-queue-table-missing-0007", Lived::recorded()),
    ]);
    let folder = |n: &str| state.path().join("incidents").join(n);
    fs::write(folder("20261121-1038-queue-table-missing-0006").join("journal.jsonl"), "not a journal\n").unwrap();
    fs::remove_file(folder("20261121-1039-queue-table-missing-0007").join("runbook.yaml")).unwrap();

    let (page, said) = incidents(&state, &["--stats"]);
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert!(!page.contains(['\u{1b}', '\u{202e}']), "{page}");
    for words in ["3 incidents, 1 not resolved; times are those of the other 2", ": 1 drill\n", "1 rehearsal by the ideal responder"] {
        assert!(page.contains(words), "no `{words}` in\n{page}");
    }
    for broken in ["-0006 cannot be read", "-0007 cannot be read"] {
        assert!(said.contains(broken), "{said}");
    }

    let (list, said) = incidents(&state, &[]);
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let order = ["Open\n", "-0003  P0", "Resolved\n", "-0002 ", "-0001 ", "Drills", "-0005  P0   rehearsed, resolved in", "-0004 "];
    let places: Vec<usize> = order.iter().map(|words| list.find(words).unwrap_or_else(|| panic!("no `{words}` in\n{list}"))).collect();
    assert!(places.is_sorted(), "{places:?}\n{list}");
    assert!(list.contains("led by lin"), "{list}");
    assert!(said.contains("-0006 cannot be read"), "{said}");
}

#[test]
fn json_is_one_object_a_runbook_and_kind() {
    let state = stored(&[
        ("20261121-1033-queue-table-missing-0001", Lived::recorded()),
        ("20261121-1036-queue-table-missing-0004", Lived::recorded().into_drill(false)),
    ]);
    let (told, _) = incidents(&state, &["--stats", "--json"]);
    let [real, drill] = &rows(&told)[..] else { panic!("{told}") };
    assert_eq!((real["kind"].as_str(), drill["kind"].as_str()), (Some("incident"), Some("drill")));
    assert_eq!((&real["runbook"], &real["number"], &real["open"]), (&"queue-table-missing".into(), &1.into(), &0.into()));
    assert_eq!(
        real["resolved"],
        serde_json::json!({
            "count": 1, "median_ms": 470_000, "lower_quartile_ms": 470_000, "upper_quartile_ms": 470_000, "least_ms": 470_000, "most_ms": 470_000
        })
    );
    assert_eq!((&real["detected"]["median_ms"], &real["acknowledged"]["median_ms"]), (&120_000.into(), &120_040.into()));
    assert_eq!(real["phases"][0]["steps"][0]["spent"]["median_ms"], 61_960);
    assert_eq!(
        real["skipped"][0],
        serde_json::json!({
            "id": "cleanup", "title": "Clean up", "skipped": 1, "of": 1, "reasons": [{ "reason": "no dead letters here", "times": 1 }]
        })
    );
    assert_eq!((&real["remediations"][0]["id"], &real["remediations"][0]["tried"]), (&"create-jobs".into(), &2.into()));
    let (told, _) = incidents(&state, &["--json"]);
    let kinds: Vec<_> = rows(&told).iter().map(|row| (row["kind"].clone(), row["drill"].clone())).collect();
    assert_eq!(kinds, [("drill".into(), true.into()), ("incident".into(), false.into())]);
}

#[test]
fn the_export_has_the_figures() {
    let state = stored(&[("20261121-1033-queue-table-missing-0001", Lived::recorded())]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    let output = command.args(["export", "latest", "--format", "json"]).env("FRACAS_STATE", state.path()).stdin(Stdio::null()).output();
    let document: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let measures = &document["measures"];
    assert_eq!((&measures["detected_ms"], &measures["acknowledged_ms"]), (&120_000.into(), &120_040.into()));
    assert_eq!(
        measures["skipped"],
        serde_json::json!([{ "id": "cleanup", "reason": "no dead letters here", "by": "grace", "at_ms": 431_000, "ended": false }])
    );
    let [first, second] = measures["in_severity"].as_array().unwrap().as_slice() else { panic!("two severities") };
    assert_eq!((&first["severity"], &first["lasted_ms"]), (&"P1".into(), &200_000.into()));
    assert_eq!((&second["severity"], &second["lasted_ms"]), (&"P0".into(), &270_000.into()));
}

#[test]
fn without_an_incident_there_is_nothing_to_learn_from() {
    let state = stored(&[]);
    let (page, said) = incidents(&state, &["--stats"]);
    assert!(page.is_empty() && said.contains("fracas drill"), "{said}");
    assert_eq!(incidents(&state, &["--stats", "--json"]), (String::new(), String::new()));
    // One that nobody has resolved has no times yet, and says so.
    let state = stored(&[("20261121-1033-queue-table-missing-0001", Lived::recorded().open())]);
    let (page, _) = incidents(&state, &["--stats"]);
    assert!(page.contains("1 incident, none resolved yet") && !page.contains("median"), "{page}");
}
