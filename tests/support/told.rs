//! An incident made of entries, for tests of what is told about one. Never writes a line itself: the program's own
//! spelling and chain are used.

use std::sync::Arc;
use std::time::Duration;

use fracas::base::id::IncidentId;
use fracas::base::stamp::Stamp;
use fracas::base::{Value, json};
use fracas::engine::offers::of_incident;
use fracas::export::{Case, Format, export};
use fracas::runbook::problem::Problem;
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::event::Entry;
use fracas::timeline::{Event, Incident, chain, wire};

/// An incident that was told entry by entry.
pub(crate) struct Told {
    runbook: Arc<Runbook>,
    entries: Vec<Entry>,
    pub(crate) journal: String,
}

impl Told {
    pub(crate) fn by(runbook: &str) -> Self {
        let runbook = yaml::read("runbook.yaml", runbook.as_bytes());
        let runbook = runbook.map_err(|problems| problems.iter().map(Problem::line).collect::<Vec<_>>()).unwrap();
        Self { runbook: Arc::new(runbook), entries: Vec::new(), journal: String::new() }
    }

    /// The next entry, so many seconds after the incident was opened.
    pub(crate) fn then(mut self, seconds: f64, by: &str, event: &Value) -> Self {
        let event: Event = serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{event}: {error}"));
        let elapsed = Duration::from_secs_f64(seconds);
        let opened: chrono::DateTime<chrono::Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let at = Stamp { wall: opened + elapsed, elapsed };
        let entry = Entry { seq: self.entries.len() as u64 + 1, at, by: by.to_owned(), event };
        let prev = self.journal.lines().last().map_or_else(|| chain::GENESIS.to_owned(), chain::hash);
        self.journal += &wire::write(&entry, "desk", &prev);
        self.journal.push('\n');
        self.entries.push(entry);
        self
    }

    /// As a document.
    pub(crate) fn exported(&self, format: Format) -> String {
        let id = IncidentId::new("20261121-1000-told-7f3a");
        let incident = Incident::replay(self.entries.iter().cloned());
        let heads = [("fracas timeline head, version 1\n".to_owned(), "-----BEGIN SSH SIGNATURE-----\n".to_owned())];
        let inputs = incident.opened().map(|opened| opened.inputs.clone()).unwrap_or_default();
        let runbook = of_incident(self.runbook.clone(), &incident, &inputs);
        export(format, Case { id: &id, incident: &incident, runbook: &runbook, heads: &heads }, &self.journal)
    }
}

/// An incident with something of every kind in it. `poison` stands in every text that comes from outside; where it does not
/// belong into a runbook, `mild` stands there.
pub(crate) fn with_everything(poison: &str, mild: &str) -> Told {
    let p = |text: &str| format!("{text}{poison}");
    let target = json!([{ "name": "database", "shown": p("app@db/queue"), "production": true }]);
    let hash = "ab".repeat(32);
    let check = |attempt: u64, verdict: &str, reason: &str| {
        json!({
            "kind": "check_settled", "check": "there", "attempt": attempt, "verdict": verdict, "reason": p(reason),
            "seen": p("one\ntwo\nthree "), "seen_hash": hash, "values": { "value": 0.1 }, "duration_ms": 12,
        })
    };
    let planned = json!([{ "text": p("CREATE TABLE jobs (id int)"), "what": "CREATE TABLE", "lock": p("none") }]);
    let server = json!({ "database": p("queue"), "role": "app", "version": "15", "in_recovery": false });
    let evidence = json!({ "sha256": "cd".repeat(32), "bytes": 2_000, "of": 9_000_000 });
    let results = json!([{ "rows": 0, "duration_ms": 3 }]);
    let (ada, grace) = (p("ada"), p("grace"));
    Told::by(&runbook(mild))
        .then(0.0, &ada, &json!({ "kind": "opened", "format": 1, "program": "0.1.0", "runbook": "told", "title": p("The table is gone"), "runbook_hash": hash, "severity": "P1", "targets": target, "inputs": { "where": p("docker") } }))
        .then(1.0, &ada, &json!({ "kind": "step_entered", "step": "look" }))
        .then(2.0, "fracas", &check(1, "failed", "value == 1, but value = 0"))
        .then(20.0, &ada, &json!({ "kind": "note", "text": p("**seen** by a user\n\n- first\n- [docs](https://example.com) "), "happened_at": "2026-11-21T09:55:00Z" }))
        .then(30.0, &ada, &json!({ "kind": "note", "text": p("the wrong database") }))
        .then(35.0, &ada, &json!({ "kind": "corrected", "entry": 5, "reason": p("misread"), "instead": p("the right database") }))
        .then(40.0, &ada, &json!({ "kind": "decided", "decision": p("Create it again"), "considered": p("a restore, too slow"), "objections": p("grace: the data") }))
        .then(45.0, &ada, &json!({ "kind": "severity_changed", "severity": "P0", "reason": p("uploads stand still") }))
        .then(50.0, &ada, &json!({ "kind": "role_assigned", "role": "scribe", "to": grace }))
        .then(60.0, &ada, &json!({ "kind": "message_due", "channel": p("status"), "text": p("We are on it.") }))
        .then(61.0, "fracas", &json!({ "kind": "message_sent", "message": 10, "late_ms": 1_000 }))
        .then(62.0, "fracas", &json!({ "kind": "message_due", "channel": p("customers"), "text": p("Soon.") }))
        .then(63.0, "fracas", &json!({ "kind": "message_lost", "message": 12, "why": p("no such host") }))
        .then(75.0, &ada, &json!({ "kind": "skipped", "step": "spare", "reason": p("not here") }))
        .then(80.0, &ada, &json!({ "kind": "corrected", "entry": 14 }))
        .then(90.0, &ada, &json!({ "kind": "step_entered", "step": "create" }))
        .then(100.0, &ada, &json!({ "kind": "remediation_planned", "remediation": "make", "attempt": 2, "target": "database", "production": true, "steps": planned, "can_rehearse": true }))
        .then(101.0, "fracas", &json!({ "kind": "remediation_rehearsed", "remediation": "make", "attempt": 2, "server": server, "results": results, "duration_ms": 9 }))
        .then(110.0, &grace, &json!({ "kind": "remediation_approved", "remediation": "make", "attempt": 2, "plan": hash, "letter": "a" }))
        .then(120.0, &ada, &json!({ "kind": "remediation_intended", "remediation": "make", "attempt": 2, "typed": p("queue") }))
        .then(121.0, "fracas", &json!({ "kind": "remediation_settled", "remediation": "make", "attempt": 2, "outcome": "rolled_back", "results": [], "problem": { "message": p("no such role"), "sqlstate": "42704", "hint": p("create it") }, "duration_ms": 40, "seen": p("notice "), "evidence": evidence }))
        .then(150.0, &ada, &json!({ "kind": "remediation_planned", "remediation": "make", "attempt": 3, "target": "database", "production": true, "steps": planned, "can_rehearse": true }))
        .then(151.0, &ada, &json!({ "kind": "rehearsal_skipped", "remediation": "make", "attempt": 3, "reason": p("just rehearsed") }))
        .then(160.0, &ada, &json!({ "kind": "remediation_intended", "remediation": "make", "attempt": 3 }))
        .then(161.0, "fracas", &json!({ "kind": "remediation_settled", "remediation": "make", "attempt": 3, "outcome": "committed", "results": results, "transaction": "742", "duration_ms": 40 }))
        .then(162.0, "fracas", &check(4, "passed", "value == 1"))
        .then(200.0, "fracas", &check(5, "timed_out", "no answer within 5s"))
        .then(230.0, "fracas", &check(6, "passed", "value == 1"))
        .then(240.0, &ada, &json!({ "kind": "paused", "reason": p("waiting") }))
        .then(300.0, &ada, &json!({ "kind": "continued" }))
        .then(301.0, "fracas", &json!({ "kind": "escalation_due", "escalation": 0, "to": [p("Lead")], "message": p("Come.") }))
        .then(310.0, &ada, &json!({ "kind": "task_ticked", "task": "ask", "evidence": p("asked") }))
        .then(320.0, &ada, &json!({ "kind": "attached", "name": p("screen.png"), "about": "look", "evidence": evidence }))
        .then(330.0, &ada, &json!({ "kind": "handed_over", "to": grace, "brief": p("The table is back.\n\n- watch the queue ") }))
        .then(340.0, &grace, &json!({ "kind": "handover_accepted" }))
        .then(350.0, &grace, &json!({ "kind": "left", "why": "quit" }))
        .then(400.0, &grace, &json!({ "kind": "resumed", "away_ms": 50_000 }))
        .then(410.0, &grace, &json!({ "kind": "question_answered", "question": format!("Root cause{mild}"), "answer": p("first guess") }))
        .then(411.0, &grace, &json!({ "kind": "question_answered", "question": format!("Root cause{mild}"), "answer": p("A migration ran **twice**") }))
        .then(412.0, &grace, &json!({ "kind": "question_answered", "question": p("What the cat did"), "answer": p("nothing") }))
        .then(413.0, &grace, &json!({ "kind": "note", "text": p("where we were lucky: it was night") }))
        .then(414.0, &grace, &json!({ "kind": "action_noted", "title": "Add a test", "state": "done" }))
        .then(415.0, &grace, &json!({ "kind": "action_noted", "title": p("Guard the migration"), "state": "ongoing", "owner": ada }))
        .then(416.0, "fracas", &json!({ "kind": "called", "about": { "what": "update_due", "every_ms": 1_200_000, "text": p("still open") } }))
        .then(416.1, "fracas", &json!({ "kind": "called", "about": { "what": "red_again", "check": "there" } }))
        .then(416.2, &grace, &json!({ "kind": "call_snoozed", "entry": 44, "for_ms": 300_000 }))
        .then(416.3, &grace, &json!({ "kind": "call_acknowledged", "entry": 45 }))
        .then(416.4, &grace, &json!({ "kind": "update_given", "text": p("It is back.\n\n- we watch"), "channels": [p("status")] }))
        .then(417.0, &grace, &json!({ "kind": "question_asked", "check": "asked:1", "step": "look", "ask": { "what": "sql", "target": "database", "text": p("SELECT count(*) FROM jobs") } }))
        .then(417.1, &grace, &json!({ "kind": "question_asked", "check": "asked:2", "step": "look", "ask": { "what": "command", "line": p("kubectl logs worker") } }))
        .then(418.0, &grace, &json!({ "kind": "check_settled", "check": "asked:1", "attempt": 7, "verdict": "needs_person", "reason": p("3"), "duration_ms": 2 }))
        .then(418.1, &grace, &json!({ "kind": "check_settled", "check": "asked:2", "attempt": 8, "verdict": "failed", "reason": p("exit 1"), "seen": p("one\ntwo\nthree "), "duration_ms": 9, "evidence": evidence }))
        .then(419.0, &grace, &json!({ "kind": "question_kept", "check": "asked:1", "title": p("Jobs are taken"), "expect": p("value < 4"), "every_ms": 30_000 }))
        .then(419.5, &grace, &json!({ "kind": "update_given", "text": p("By telephone: it is back.") }))
        .then(419.7, &grace, &json!({ "kind": "runbook_joined", "runbook": "other", "title": p("Another one"), "evidence": evidence, "pulled_in": { "./look.sh": p("look.sh sha256:ab") }, "inputs": { "room": p("attic") }, "targets": [{ "name": "replica", "shown": p("app@db/replica"), "production": false }] }))
        .then(420.0, &grace, &json!({ "kind": "resolved", "summary": p("It is back."), "success": [{ "id": "held", "title": p("The table is back"), "held": true, "because": p("value == 1") }] }))
}

/// A runbook whose every text has `mild` in it.
fn runbook(mild: &str) -> String {
    let quoted = |text: &str| json!(format!("{text}{mild}")).to_string();
    format!(
        r##"
version: 1
id: told
title: {title}
severity: P1
summary: {summary}
symptoms: [{symptom}]
affects: [{affected}]
owner: {owner}
resolve_within: 10m
links: [{{ title: {link}, url: "https://example.com/docs" }}]
targets: {{ database: {{ postgres: {{ env: DATABASE_URL }}, production: true }} }}
contacts: {{ lead: {{ name: {contact}, reach: "#db" }} }}
escalation: [{{ after: 5m, to: [lead], message: {message} }}]
phases:
  - id: assess
    title: {assess}
    budget: 3m
    steps:
      - {{ id: look, title: {look}, budget: 1m, checks: [{{ id: there, title: {check}, on: database, sql: SELECT 1, expect: value == 1 }}] }}
      - {{ id: spare, title: {spare}, tasks: [{{ id: ask, title: {task} }}] }}
  - id: mend
    title: {mend}
    budget: 5m
    steps:
      - id: create
        title: {create}
        remediations: [{{ id: make, title: {make}, on: database, guard: there, verify: [there], sql: CREATE TABLE jobs (id int) }}]
success:
  - {{ id: held, title: {criterion}, check: there, urgency: immediate }}
report:
  questions: [{cause}, What users noticed, Who paid the bill]
  actions:
    - {{ title: Add a test, state: future, owner: platform team }}
    - {{ title: {action}, state: ongoing }}
"##,
        title = quoted("The table is gone"),
        summary = quoted("Jobs are not taken."),
        symptom = quoted("nothing moves"),
        affected = quoted("uploads"),
        owner = quoted("platform team"),
        link = quoted("Guide"),
        contact = quoted("Lead"),
        message = quoted("Come."),
        assess = quoted("Assessment"),
        look = quoted("Look"),
        check = quoted("The table is there"),
        spare = quoted("Spare step"),
        task = quoted("Ask around"),
        mend = quoted("Mending"),
        create = quoted("Create"),
        make = quoted("Create the table"),
        criterion = quoted("The table is back"),
        cause = quoted("Root cause"),
        action = quoted("Watch it"),
    )
}
