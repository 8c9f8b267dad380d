//! Tests of the stories: one event in, one line out. Never builds a runbook from YAML; that is tested where it is read.

#![expect(clippy::expect_used, reason = "a test says what it missed by failing")]

use std::time::Duration;

use chrono::DateTime;

use super::*;
use crate::base::id::AttemptId;
use crate::base::stamp::Stamp;
use crate::runbook::expression::Template;
use crate::runbook::model::{Act, Ask, Check, Evidence, Phase, Places, Remediation, Report, Step, Task, Transaction};
use crate::timeline::event::{Asked, Outcome, Verdict};

fn runbook() -> Runbook {
    let check = Check {
        id: Id::new("schema-exists"),
        title: "The schema exists".to_owned(),
        ask: Ask::Sql("SELECT 1".to_owned()),
        expect: None,
        on: None,
        timeout: Duration::from_secs(5),
        every: None,
        retry: None,
        show: None,
        why: None,
        when: None,
    };
    let remediation = Remediation {
        id: Id::new("create-schema"),
        title: "Create the schema".to_owned(),
        act: Act::Sql("CREATE SCHEMA s".to_owned()),
        on: None,
        guard: None,
        guard_within: Duration::from_mins(2),
        expect_rows: None,
        transaction: Transaction::One,
        rollback: None,
        verify: Vec::new(),
        approvals: 1,
        lock_timeout: Duration::from_secs(2),
        timeout: None,
        expect: None,
        why: None,
        when: None,
    };
    let task = Task {
        id: Id::new("restart"),
        title: Template::parse("Restart {{ worker }}").expect("parses"),
        evidence: Evidence::Optional,
        why: None,
        when: None,
    };
    let step = Step {
        id: Id::new("verify"),
        title: "Schema verification".to_owned(),
        why: None,
        budget: None,
        priority: None,
        when: None,
        checks: vec![check],
        remediations: vec![remediation],
        tasks: vec![task],
        related: Vec::new(),
    };
    Runbook {
        id: Id::new("r"),
        has_names_in_titles: false,
        title: "Schema missing".to_owned(),
        severity: None,
        summary: None,
        symptoms: Vec::new(),
        tags: Vec::new(),
        affects: Vec::new(),
        never: Vec::new(),
        links: Vec::new(),
        related: Vec::new(),
        owner: None,
        reviewed: None,
        resolve_within: None,
        inputs: Vec::new(),
        targets: Vec::new(),
        contacts: Vec::new(),
        roles: Vec::new(),
        severities: Vec::new(),
        escalation: Vec::new(),
        known_errors: Vec::new(),
        commands: Vec::new(),
        redact: Vec::new(),
        webhooks: Vec::new(),
        asked: Vec::new(),
        joined: Vec::new(),
        phases: vec![Phase {
            id: Id::new("assess"),
            title: "Assessment".to_owned(),
            budget: None,
            why: None,
            when: None,
            steps: vec![step],
        }],
        places: Places::default(),
        success: Vec::new(),
        report: Report::default(),
    }
}

fn told(event: Event) -> String {
    let entry = Entry { seq: 1, at: Stamp { wall: DateTime::UNIX_EPOCH, elapsed: Duration::ZERO }, by: "ada".to_owned(), event };
    let names = Values::from_iter([("worker".to_owned(), "worker-7".into())]);
    let story = line(&entry, &[], &runbook(), &names);
    format!("{} {}", story.mark.symbol(super::super::Symbols::Ascii), story.text)
}

fn settled(outcome: Outcome, problem: Option<Problem>) -> Event {
    Event::RemediationSettled(Settled {
        remediation: Id::new("create-schema"),
        attempt: AttemptId(2),
        outcome,
        results: vec![StatementResult { rows: 3, duration: Duration::ZERO }],
        problem,
        transaction: None,
        exit: None,
        seen: String::new(),
        known_errors: Vec::new(),
        evidence: None,
        duration: Duration::from_millis(41),
    })
}

fn check(verdict: Verdict, reason: &str) -> Event {
    Event::CheckSettled(CheckSettled {
        check: Id::new("schema-exists"),
        attempt: AttemptId(1),
        verdict,
        reason: reason.to_owned(),
        seen: String::new(),
        seen_hash: String::new(),
        values: Values::new(),
        duration: Duration::ZERO,
        asked: Asked::ByHand,
        known_errors: Vec::new(),
        evidence: None,
    })
}

#[test]
fn entries_are_told_in_one_line() {
    let lock = Problem {
        message: "canceling statement due to lock timeout".to_owned(),
        statement: Some(0),
        sqlstate: Some("55P03".to_owned()),
        blocked_by: Some("pid 77".to_owned()),
        ..Problem::default()
    };
    for (event, line) in [
        (Event::StepEntered { step: Id::new("verify") }, "> “Schema verification”"),
        (check(Verdict::Failed, "value == 1, but value = 0"), "x “The schema exists”: value == 1, but value = 0"),
        (check(Verdict::TimedOut, "no answer in 5s"), "? “The schema exists”: no answer in 5s"),
        (settled(Outcome::Committed, None), "+ “Create the schema” committed: 1 statement, 3 rows, 41ms"),
        (
            settled(Outcome::RolledBack, Some(lock)),
            "x “Create the schema” rolled back: canceling statement due to lock timeout (55P03, statement 1); blocked by pid 77, 41ms",
        ),
        (Event::TaskTicked { task: Id::new("restart"), evidence: Some("pod 1/1".to_owned()) }, "+ “Restart worker-7”: pod 1/1"),
        (Event::Skipped { step: Id::new("gone"), reason: "not ours".to_owned() }, "/ “gone” skipped: not ours"),
        (Event::OverBudget { phase: Some(Id::new("assess")), budget: Duration::from_mins(15) }, "! “Assessment” has used up its 15m"),
        (called(Call::BudgetLeft { phase: Some(Id::new("assess")), left: Duration::from_mins(2) }), "! “Assessment” has 2m left"),
        (called(Call::BudgetLeft { phase: None, left: Duration::from_mins(10) }), "! 10m left to resolve it"),
        (
            called(Call::Silent { step: Id::new("verify"), lasted: Duration::from_secs(605) }),
            "! nothing written down for 10m in “Schema verification”",
        ),
        (called(Call::RedAgain { check: Id::new("schema-exists") }), "x “The schema exists” is red again"),
        (Event::CallAcknowledged { entry: 7 }, "= has seen “entry 7”"),
        (
            Event::UpdateGiven { text: "It hangs.\nWe look.".to_owned(), channels: vec!["status".to_owned()] },
            "] update given to status: It hangs. / We look.",
        ),
        (
            Event::EscalationDue { escalation: 0, to: vec!["Database lead (#db)".to_owned()], message: Some("help".to_owned()) },
            "^ call Database lead (#db): help",
        ),
    ] {
        assert_eq!(told(event), line);
    }
}

fn called(about: Call) -> Event {
    Event::Called { about }
}

#[test]
fn hostile_text_is_made_harmless() {
    let note = Event::Note { text: "a\u{1b}]52;c;x\u{7}\nb\u{202e}".to_owned(), happened_at: None, letter: None };
    assert_eq!(told(note), "' a<U+001B>]52;c;x<U+0007> / b<U+202E>");
}
