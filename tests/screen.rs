//! The screen as data through one door: an incident that is played by the real engine, keys, and the text
//! that is then on the screen. Never a real terminal; `tests/terminal.rs` is for that.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/chance.rs"]
mod chance;
#[path = "screen/looks.rs"]
mod looks;
#[path = "screen/monkey.rs"]
mod monkey;
#[path = "screen/play.rs"]
mod play;
#[path = "screen/reach.rs"]
mod reach;

use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use fracas::base::id::Id;
use fracas::engine::{Command, Msg};
use fracas::timeline::event::Problem;
use fracas::tui::{Palette, Theme};

use play::{Play, RUNBOOK, spelt};

#[test]
fn small_terminals_show_less_and_say_so() {
    let mut play = Play::schema_gone();
    play.press("Enter");
    insta::assert_snapshot!("small_40x12", play.text(40, 12));
    insta::assert_snapshot!("too_small_39x12", play.text(39, 12));
    play.press("n");
    insta::assert_snapshot!("small_note_40x12", play.text(40, 12));
}

#[test]
fn enter_again_and_again_never_changes_anything() {
    for production in [true, false] {
        let runbook = String::from_utf8(RUNBOOK.to_vec()).unwrap().replace("production: true", &format!("production: {production}"));
        let mut play = Play::schema_gone();
        play = Play { red: play.red, ..Play::new(runbook.as_bytes(), true, Theme { palette: Palette::Dark, ascii: false }) };
        for _ in 0..300 {
            play.press("Enter");
        }
        assert!(play.session.open_plan().is_some(), "it came as far as a plan\n{}", play.text(80, 24));
        assert!(!play.asked.iter().any(|command| matches!(command, Command::Confirm { .. })), "and no further");
        if !production {
            play.press("y");
            assert!(matches!(play.asked.last(), Some(Command::Confirm { .. })), "{:?}", play.asked.last());
        }
    }
}

#[test]
fn a_plan_that_does_not_fit_is_read_to_its_end_before_consent() {
    let mut play = Play::schema_gone();
    play.go_on_until("rehearse “", 20).press("Enter");
    let see = |play: &mut Play, size: (u16, u16), keys: &str| {
        for key in keys.split(' ').flat_map(spelt) {
            play.text(size.0, size.1);
            play.key(key);
        }
        play.text(size.0, size.1)
    };
    let consented = |play: &Play| play.asked.iter().any(|command| matches!(command, Command::Confirm { .. }));
    let text = see(&mut play, (50, 14), "app");
    assert!(text.contains("you can consent"), "{text}");
    let text = see(&mut play, (50, 14), "Enter");
    assert!(text.contains("you can consent") && !consented(&play), "Enter reads on\n{text}");
    let text = see(&mut play, (50, 14), "End");
    assert!(text.contains("> app"), "{text}");
    // Another size is another page: what was read there was not read here.
    see(&mut play, (50, 14), "Up Up");
    see(&mut play, (44, 13), "Enter");
    assert!(!consented(&play));
    see(&mut play, (44, 13), "End Enter");
    assert!(consented(&play), "{}", play.text(44, 13));
}

#[test]
fn a_rehearsal_that_failed_shows_where_and_can_be_skipped_with_a_reason() {
    let mut play = Play::schema_gone();
    play.problem = Some(Problem {
        message: "role \"postgres\" does not exist".to_owned(),
        statement: Some(1),
        sqlstate: Some("42704".to_owned()),
        position: Some(45),
        hint: Some("Ask the owner.".to_owned()),
        ..Problem::default()
    });
    play.go_on_until("rehearse “", 20).press("Enter");
    insta::assert_snapshot!("rehearsal_failed", play.text(80, 24));
    play.press("Ctrl-s");
    for c in "known and harmless".chars() {
        play.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    }
    play.press("Enter");
    let reason = "known and harmless".to_owned();
    assert!(matches!(play.asked.last(), Some(Command::SkipRehearsal { reason: given, .. }) if *given == reason), "{:?}", play.asked.last());
}

#[test]
fn evidence_that_is_required_is_asked_for_until_it_is_given() {
    let runbook = br"
version: 1
id: small
title: Small
phases:
  - title: Only
    steps:
      - title: Tell
        tasks: [{ id: tell, title: Tell them, evidence: required }]
";
    let mut play = Play::new(runbook, false, Theme { palette: Palette::None, ascii: true });
    play.press("Enter Enter Enter");
    assert!(play.text(80, 24).contains("this task asks for evidence"), "{}", play.text(80, 24));
    assert!(play.text(80, 24).is_ascii(), "{}", play.text(80, 24));
    play.event(&Event::Paste("a link".to_owned()));
    play.press("Enter");
    assert_eq!(play.asked.last(), Some(&Command::Tick { task: Id::new("tell"), evidence: "a link".to_owned() }));
}

#[test]
fn browsing_changes_nothing_and_enter_says_where_it_leads() {
    let mut play = Play::schema_gone();
    play.press("Enter");
    let before = play.session.incident.entries().len();
    play.press("Right Right Tab Down Tab Up j k l h PageDown End");
    assert_eq!(play.session.incident.entries().len(), before);
    play.press("Esc Right Right");
    assert!(play.text(80, 24).contains("turn to “1.3 Schema verification” (Esc goes back"), "{}", play.text(80, 24));
    play.press("Enter");
    assert_eq!(play.session.incident.current_step, Some(Id::new("schema-verification")));
}

#[test]
fn a_check_that_turns_red_by_itself_is_announced_until_looked_at() {
    let mut play = Play::schema_gone();
    play.press("Enter Enter");
    play.red.insert("database-answers", "TCP: connection refused");
    play.later(Duration::from_secs(20));
    assert!(play.text(80, 24).contains("RED AGAIN — “The database answers” is red"), "{}", play.text(80, 24));
    play.press("!");
    assert!(!play.text(80, 24).contains("RED AGAIN"));
}

#[test]
fn an_answer_that_took_long_is_seen_in_the_history() {
    let mut play = Play::schema_gone();
    play.press("Enter Enter");
    for _ in 0..3 {
        play.later(Duration::from_secs(20));
    }
    assert!(!play.text(80, 24).contains('▄'), "{}", play.text(80, 24));
    play.took = Duration::from_secs(2);
    play.later(Duration::from_secs(20));
    assert!(play.text(80, 24).contains("▁▄ passed"), "{}", play.text(80, 24));
}

#[test]
fn no_size_breaks_the_screen() {
    let mut play = Play::schema_gone();
    play.go_on_until("rehearse “", 20);
    let mut chance: u32 = 7;
    let mut random = |below: u16| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u16::try_from(chance >> 16).unwrap() % below
    };
    let popups = ["", "n", "?", "t", "c", "q", "v", "H", "Enter", "s"];
    for turn in 0..1000 {
        let (columns, rows) = if turn < 300 { (1 + random(60), 1 + random(20)) } else { (1 + random(500), 1 + random(200)) };
        if turn % 20 == 0 {
            play.press("Esc Esc");
            play.press(popups[turn / 20 % popups.len()]);
        }
        play.text(columns, rows);
    }
}

#[test]
fn hostile_text_reaches_no_cell() {
    let runbook = br"
version: 1
id: small
title: Small
targets: { database: { postgres: { env: DATABASE_URL } } }
phases:
  - title: Only
    steps:
      - title: Look
        checks: [{ id: look, title: It is there, sql: SELECT 1, expect: value == 2 }]
";
    let mut play = Play::new(runbook, false, Theme { palette: Palette::Dark, ascii: false });
    let hostile = "\u{1b}]52;c;x\u{7}\u{202e}evil\u{200b}\n\u{9b}2J";
    play.session.incident.lead = hostile.to_owned();
    play.session.incident.severity = Some(hostile.to_owned());
    play.session.degraded = Some(hostile.to_owned());
    play.red.insert("look", "\u{1b}[31m\u{202e}red\u{7}");
    play.press("Enter");
    play.tell(Msg::Asked { by: hostile.to_owned(), command: Command::Note(hostile.to_owned()) });
    for keys in ["Esc", "v", "Esc t", "Enter", "Esc Esc c", "Esc n"] {
        play.press(keys);
        play.event(&Event::Paste(hostile.to_owned()));
        let text = play.text(200, 60);
        let bad: Vec<char> = text.chars().filter(|c| *c != '\n' && fracas::base::text::is_deceptive(*c)).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

#[test]
fn secrets_are_masked_and_a_drill_says_where_commands_would_reach() {
    let runbook = br#"
version: 1
id: small
title: Small
inputs:
  worker: { ask: "The worker?", default: worker }
  test_document: { ask: "The token?", secret: true }
never: ["Never paste {{ test_document }} anywhere."]
commands:
  - { title: Follow the log, command: docker logs "$worker" -f }
phases:
  - title: Only
    steps:
      - title: Look
        tasks: ["Log in with {{ test_document }} as {{ worker }}"]
"#;
    let mut play = Play::new(runbook, true, Theme { palette: Palette::Dark, ascii: false });
    let secret = "00000000-0000-4000-8000-00000000f2ac";
    play.press("Enter");
    let text = play.text(120, 40);
    assert!(text.contains("as worker") && text.contains("Never paste") && !text.contains(secret), "{text}");
    play.press("C");
    let text = play.text(120, 40);
    assert!(text.contains("docker logs") && text.contains("do not reach its world") && !text.contains(secret), "{text}");
    play.ui.background.name = "20261121-1033-small-a29c".to_owned();
    play.press("Esc q");
    assert!(play.text(80, 24).contains("fracas resume 20261121-1033-small-a29c"));
}

#[test]
fn the_end_says_what_happened_and_how_to_get_the_report() {
    let runbook = br"
version: 1
id: small
title: Small
success: [{ id: well, title: All is well, task: true }]
phases:
  - title: Only
    steps:
      - title: Look
        tasks: [Look at it]
";
    let mut play = Play::new(runbook, true, Theme { palette: Palette::Dark, ascii: false });
    play.ui.background.truth = Some("A cat sat on the keyboard.".to_owned());
    assert!(!play.text(80, 24).contains("cat"));
    for (footer, keys) in
        [("turn to", "Enter"), ("tick \u{201c}Look", "Enter"), ("tick the criterion", "Enter Enter"), ("resolve", "Enter")]
    {
        assert!(play.text(80, 24).contains(footer), "{footer}:\n{}", play.text(80, 24));
        play.press(keys);
    }
    play.press("c a t Enter");
    let text = play.text(80, 24);
    for part in ["Resolved in", "every criterion of success holds", "A cat sat on the keyboard.", "fracas export latest", "Enter  leave"] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
    // One may still look around.
    assert!(play.press("Left").text(80, 24).contains("Look at it"));
}

#[test]
fn contacts_severities_and_calls_for_help_are_one_key_away() {
    let mut play = Play::schema_gone();
    play.press("i");
    let page = play.text(120, 40);
    for words in ["Database Team Lead, #db-oncall", "P0 (this incident)", "Calls for help", "after 1h"] {
        assert!(page.contains(words), "{words}:\n{page}");
    }
    insta::assert_snapshot!("contacts_80x24", play.text(80, 24));
}

#[test]
fn who_holds_the_lock_is_named_while_it_is_waited_for() {
    let mut play = Play::schema_gone();
    play.waits = Some("pid 4711 (ann, psql), idle in transaction for 00:12:31: LOCK TABLE upload_jobs");
    play.go_on_until("rehearse “", 20).press("Enter");
    let popup = play.text(100, 40);
    assert!(popup.contains("waits for pid 4711 (ann, psql), idle in transaction for 00:12:31: LOCK TABLE"), "{popup}");
    play.press("Esc");
    let step = play.text(100, 40);
    assert!(step.contains("being rehearsed") && step.contains("waits for pid 4711 (ann, psql)"), "{step}");
}

#[test]
fn a_known_error_stands_with_its_advice_under_what_met_it() {
    let mut play = Play::schema_gone();
    play.problem = Some(Problem { message: "role \"postgres\" does not exist".to_owned(), statement: Some(1), ..Problem::default() });
    play.go_on_until("rehearse “", 20).press("Enter Esc");
    let text = play.text(120, 40);
    assert!(text.contains("known: The role that is to be granted something does not exist"), "{text}");
    assert!(text.contains("Find out under which role the worker connects"), "{text}");
}

#[test]
fn what_people_say_is_asked_for_shown_and_taken_back() {
    let mut play = Play::schema_gone();
    play.press("Enter").later(Duration::from_secs(3));
    play.press("D create Space it Enter restore Space it Enter bob: Space no");
    insta::assert_snapshot!("decision_80x24", play.text(80, 24));
    play.press("Enter");
    assert!(play.text(120, 40).contains("decided: create it; considered: restore it; objections: bob: no"));
    play.press("D");
    assert!(play.text(80, 24).contains("10:33 ada: create it"), "{}", play.text(80, 24));
    play.press("Esc");
    play.press("n @5m Space the Space first Space alert Enter n a Space slip Enter U");
    assert!(play.said.is_empty() && play.text(120, 40).contains("taken back: a slip"), "{}", play.text(120, 40));
    play.press("t");
    insta::assert_snapshot!("timeline_corrected_120x40", play.text(120, 40));
    play.press("Esc F");
    insta::assert_snapshot!("report_80x24", play.text(80, 24));
    play.press("Enter a Space migration Enter");
    assert!(play.text(80, 24).contains("a migration"), "{}", play.text(80, 24));
    play.press("Esc m Down Enter cy Enter Esc i");
    assert!(play.text(80, 24).contains("Scribe: cy"), "{}", play.text(80, 24));
    play.press("Esc H bob Enter good Space luck Enter");
    insta::assert_snapshot!("brief_80x24", play.text(80, 24));
    play.press("Esc");
    assert!(play.text(80, 24).contains("HANDED OVER to bob, who has not accepted it yet"), "{}", play.text(80, 24));
    play.press("B y");
    assert!(play.session.incident.handover.as_ref().is_some_and(|handover| handover.accepted.is_some()));
    assert!(!play.text(80, 24).contains("HANDED OVER"), "{}", play.text(80, 24));
}
