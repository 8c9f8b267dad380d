//! What people say about an incident: what of it counts, what is taken back, and what a successor is told.

use fracas::runbook::model::ActionState;

use super::*;

pub(super) fn said(effects: &[Effect]) -> Option<&str> {
    effects.iter().find_map(|effect| match effect {
        Effect::Say(sentence) => Some(sentence.as_str()),
        _ => None,
    })
}

fn note(text: &str) -> Command {
    Command::Note(text.to_owned())
}

fn correct(entry: u64, reason: &str, instead: &str) -> Command {
    Command::Correct { entry, reason: reason.to_owned(), instead: instead.to_owned() }
}

fn role(role: &str, to: &str) -> Command {
    Command::AssignRole { role: Id::new(role), to: to.to_owned() }
}

/// The number of the last entry.
fn last(play: &Play) -> u64 {
    play.session.incident.entries().last().unwrap().seq
}

#[test]
fn one_key_takes_back_the_last_of_ones_own_and_then_the_one_before() {
    let mut play = Play::red();
    let tell = Id::new("tell");
    play.ask(Command::Tick { task: tell.clone(), evidence: "told them".to_owned() });
    play.ask(Command::Skip { step: Id::new("look"), reason: "seen".to_owned() });
    play.tell(Msg::Asked { by: "bob".to_owned(), command: note("of another person") });
    assert!(play.session.incident.skipped.contains_key("look"));

    assert_eq!(words(&play.ask(Command::Undo)), ["corrected"]);
    assert!(!play.session.incident.skipped.contains_key("look"));
    assert!(play.session.incident.ticks.contains_key(&tell));
    play.ask(Command::Undo);
    assert!(!play.session.incident.ticks.contains_key(&tell));
    // What was asked and answered happened; bob's note is bob's.
    assert_eq!(said(&play.ask(Command::Undo)), Some("nothing of yours can be taken back"));
    let kinds: Vec<String> = play.session.incident.entries().iter().map(kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "corrected").count(), 2, "{kinds:?}");
    assert!(kinds.contains(&"task_ticked".to_owned()) && kinds.contains(&"skipped".to_owned()));
}

#[test]
fn a_taken_back_judgement_override_or_severity_leaves_what_was_there_before() {
    let mut play = Play::red();
    let there = Id::new("there");
    play.ask(Command::Override { check: there.clone(), reason: "known".to_owned() });
    play.ask(Command::SetSeverity { severity: "P0".to_owned(), reason: "worse".to_owned() });
    play.ask(Command::SetSeverity { severity: "P3".to_owned(), reason: "a slip".to_owned() });
    let slip = last(&play);
    assert_eq!(play.session.incident.severity.as_deref(), Some("P3"));
    play.ask(correct(slip, "", ""));
    assert_eq!(play.session.incident.severity.as_deref(), Some("P0"));
    assert!(play.session.incident.checks[&there].overridden.is_some());
    play.ask(correct(slip - 2, "", ""));
    assert!(play.session.incident.checks[&there].overridden.is_none());
    assert!(play.session.is_red(&there));
    // What took it back can itself be taken back.
    let correction = last(&play);
    play.ask(correct(correction, "it was right", ""));
    assert!(play.session.incident.checks[&there].overridden.is_some());
}

#[test]
fn only_words_can_be_corrected_once_and_of_others_only_with_a_reason() {
    let mut play = Play::red();
    for entry in 1..=last(&play) {
        let why = said(&play.ask(correct(entry, "because", ""))).unwrap_or_default().to_owned();
        assert_eq!(why, "it says what happened, and that stays; write a note about it", "entry {entry}");
    }
    assert_eq!(said(&play.ask(correct(99, "because", ""))), Some("there is no entry 99"));
    play.tell(Msg::Asked { by: "bob".to_owned(), command: note("the disk is ful") });
    let theirs = last(&play);
    assert_eq!(said(&play.ask(correct(theirs, " ", "the disk is full"))), Some("it is bob's entry: say why it does not hold"));
    play.ask(correct(theirs, "a slip", "the disk is full"));
    let by = play.session.incident.corrected_by(theirs).unwrap();
    assert_eq!(by.by, "ann");
    assert_eq!(said(&play.ask(correct(theirs, "again", ""))), Some("it was corrected already"));
    play.ask(Command::Skip { step: Id::new("look"), reason: "seen".to_owned() });
    let skip = last(&play);
    let why = said(&play.ask(correct(skip, "", "other words"))).unwrap().to_owned();
    assert!(why.starts_with("only a note or a decision can be put in other words"), "{why}");
}

#[test]
fn what_is_told_late_has_two_times_and_its_own_place() {
    let mut play = Play::opened();
    play.elapsed = Duration::from_mins(20);
    play.ask(note("in time"));
    play.elapsed = Duration::from_mins(30);
    play.ask(Command::NoteLate { text: "the first alert".to_owned(), when: "25m".to_owned() });
    play.ask(Command::NoteLate { text: "before it was opened".to_owned(), when: "02:59".to_owned() });
    let why =
        said(&play.ask(Command::NoteLate { text: "to come".to_owned(), when: "2026-11-21T04:00:00Z".to_owned() })).unwrap().to_owned();
    assert!(why.contains("no time that has been"), "{why}");
    let placed = fracas::timeline::order::as_it_happened(&play.session.incident);
    let told: Vec<(u64, u64, bool)> = placed.iter().map(|placed| (placed.entry.seq, placed.clock.as_secs() / 60, placed.late)).collect();
    // The fourth is the call for help that is due after half an hour, and the fifth the one for an update.
    assert_eq!(told, [(6, 0, true), (1, 0, false), (3, 5, true), (2, 20, false), (4, 30, false), (5, 30, false)]);
    assert_eq!(placed[0].before, Duration::from_mins(1));
}

#[test]
fn decisions_roles_answers_and_actions_are_kept_and_the_last_word_counts() {
    let mut play = Play::red();
    let decide = |decision: &str| Command::Decide {
        decision: decision.to_owned(),
        considered: "a restore, which takes two hours".to_owned(),
        objections: String::new(),
    };
    assert_eq!(said(&play.ask(decide(" "))), Some("say what was decided"));
    assert_eq!(words(&play.ask(decide("create it anew"))), ["decided"]);
    assert!(said(&play.ask(role("lead", "bob"))).unwrap().starts_with("hand the incident over to bob"));
    play.ask(role("scribe", " bob "));
    assert_eq!(play.session.incident.roles[&Id::new("scribe")], "bob");
    play.ask(role("scribe", ""));
    assert!(play.session.incident.roles.is_empty());
    assert_eq!(said(&play.ask(role("scribe", ""))), Some("nobody has it"));
    for answer in ["a migration", "a migration that ran twice"] {
        play.ask(Command::Answer { question: "Root cause".to_owned(), answer: answer.to_owned() });
    }
    assert_eq!(play.session.incident.answers["Root cause"], "a migration that ran twice");
    for (state, owner) in [(ActionState::Future, ""), (ActionState::Done, "cy")] {
        play.ask(Command::NoteAction { title: "Guard the migration".to_owned(), state, owner: owner.to_owned() });
    }
    let [action] = play.session.incident.actions.as_slice() else { panic!("{:?}", play.session.incident.actions) };
    assert_eq!((action.state, action.owner.as_deref()), (ActionState::Done, Some("cy")));
}

#[test]
fn a_file_is_kept_before_the_entry_that_cites_it() {
    let mut play = Play::red();
    assert_eq!(words(&play.ask(Command::Attach { path: " /tmp/dmesg ".to_owned(), about: None })), ["fetch /tmp/dmesg"]);
    let fetched = |content| Msg::Fetched { by: "ann".to_owned(), name: "dmesg".to_owned(), about: None, size: 10, content };
    let refused = play.tell(fetched(Err("/tmp/dmesg is not there".to_owned())));
    assert_eq!(said(&refused), Some("not attached: /tmp/dmesg is not there"));
    assert_eq!(words(&play.tell(fetched(Ok(b"oom".to_vec())))), ["keep 3 bytes", "attached"]);
    let evidence = play.session.incident.entries().last().unwrap().event.evidence().unwrap().clone();
    assert_eq!((evidence.bytes, evidence.of), (3, Some(10)));
    // `printf oom | sha256sum`
    assert_eq!(evidence.sha256, "cd2452db7d582ea2d51b17816a6c9167b9be7ab28d8854aa21ec07e16f2716b1");
}

#[test]
fn a_long_answer_is_kept_whole_and_cited() {
    let mut play = Play::opened();
    play.ask(Command::EnterStep(Id::new("look")));
    let attempt = play.attempt("there");
    let seen = "x".repeat(5_000);
    let effects = play.tell(Msg::Check { attempt, answer: Answer { seen: seen.clone(), ..counted(0) } });
    assert_eq!(words(&effects)[..2], ["keep 5000 bytes", "check_settled"]);
    let Some(Effect::Keep { content, .. }) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(content, seen.as_bytes());
}

#[test]
fn a_successor_is_told_what_was_really_done_and_says_that_they_know() {
    let mut play = Play::red();
    play.ask(Command::EnterStep(Id::new("create")));
    play.plan_and_rehearse();
    play.elapsed = Duration::from_mins(12);
    play.ask(Command::HandOver { to: "bob".to_owned(), word: "Good luck.".to_owned() });
    let handover = play.session.incident.handover.clone().unwrap();
    assert_eq!((handover.from.as_str(), handover.to.as_str(), handover.accepted), ("ann", "bob", None));
    let told: Vec<&str> = handover.brief.lines().collect();
    assert_eq!(
        told,
        [
            "Good luck.",
            "P1, 12 min since it began, to be resolved within 1 h 00 min: 48 min left.",
            "At “Create it” of phase “Mend”.",
            "In progress: Make it (planned, waits for a decision).",
            "Red: It is there.",
            "Changed: nothing.",
            "Open tasks: Tell the channel.",
            "Not yet true:",
            "- It is there",
            "- People know",
            "Next call for help in 18 min.",
            "Next update for stakeholders in 18 min.",
        ]
    );
    let accept = |by: &str| Msg::Asked { by: by.to_owned(), command: Command::AcceptHandover };
    assert_eq!(words(&play.tell(accept("bob"))), ["handover_accepted"]);
    assert_eq!(said(&play.tell(accept("bob"))), Some("no handover waits to be accepted"));
}

#[test]
fn after_the_end_one_can_still_look_back_but_not_act() {
    let mut play = Play::opened();
    play.ask(Command::EnterStep(Id::new("look")));
    play.answer("there", 1);
    play.ask(Command::Tick { task: Id::new("people-know"), evidence: "mail".to_owned() });
    play.ask(Command::Resolve { summary: "gone".to_owned() });
    let resolved = last(&play);
    for command in [
        note("afterwards"),
        Command::Answer { question: "Root cause".to_owned(), answer: "a migration".to_owned() },
        Command::NoteAction { title: "More tests".to_owned(), state: ActionState::Future, owner: String::new() },
        Command::Undo,
    ] {
        assert_eq!(said(&play.ask(command.clone())), None, "{command:?}");
    }
    assert_eq!(last(&play), resolved + 4);
    assert!(said(&play.ask(role("scribe", "bob"))).unwrap().starts_with("the incident is resolved"));
}
