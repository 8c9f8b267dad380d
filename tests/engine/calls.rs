//! What a deputy says by the clock: when, how often, how it is answered, and when it is over by itself.

use fracas::present::calls;
use fracas::timeline::event::Call;

use super::*;

/// What was called in these effects.
fn called(effects: &[Effect]) -> Vec<Call> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Append(Entry { event: Event::Called { about }, .. }) => Some(about.clone()),
            _ => None,
        })
        .collect()
}

fn left(phase: Option<&str>, minutes: u64) -> Call {
    Call::BudgetLeft { phase: phase.map(Id::new), left: Duration::from_mins(minutes) }
}

/// What stands before the responder, in words.
fn standing(play: &Play) -> Vec<String> {
    calls::open(&play.session, play.at()).into_iter().map(|(_, say)| say.sentence).collect()
}

/// The number of the most urgent call.
fn first(play: &Play) -> u64 {
    play.session.open_calls(play.at())[0].0
}

/// Wakes the engine whenever it wants to be, up to a moment; gives what was called, each with its minute.
fn until(play: &mut Play, minutes: u64) -> Vec<(u64, Call)> {
    let end = Duration::from_mins(minutes);
    let mut all = Vec::new();
    for _ in 0..10_000 {
        let next = play.session.next_wake().filter(|next| *next <= end);
        let Some(next) = next else { break };
        assert!(next > play.elapsed || !play.session.is_asking(&Id::new("there")), "woken for nothing at {next:?}");
        play.elapsed = play.elapsed.max(next);
        let effects = play.tell(Msg::Woke);
        all.extend(called(&effects).into_iter().map(|call| (play.elapsed.as_secs() / 60, call)));
        if play.session.is_asking(&Id::new("there")) {
            play.answer("there", 0);
        }
    }
    assert!(play.session.next_wake().is_none_or(|next| next > end), "it comes to rest");
    play.elapsed = end;
    all
}

fn names(called: &[(u64, Call)]) -> Vec<(u64, String)> {
    let name = |call: &Call| match call {
        Call::BudgetLeft { phase, left } => format!("{} {}m", phase.as_ref().map_or("all", Id::as_str), left.as_secs() / 60),
        Call::UpdateDue { .. } => "update".to_owned(),
        Call::Silent { step, .. } => format!("silent {step}"),
        Call::RedAgain { check } => format!("red {check}"),
    };
    called.iter().map(|(minute, call)| (*minute, name(call))).collect()
}

/// With another runbook, or other settings of the team.
pub(super) fn play_with(change: impl Fn(String) -> String, team: &str, open: impl Fn(&mut Opened)) -> Play {
    let team = yaml::team::read("config.yaml", team.as_bytes()).unwrap();
    let runbook = yaml::read("small.yaml", change(RUNBOOK.to_owned()).as_bytes()).unwrap().with_team(&team);
    let inputs = BTreeMap::from([("platform".to_owned(), "docker".to_owned())]);
    let session = Session::new(Arc::new(runbook), Incident::default(), inputs, "ann");
    let mut play = Play { session, elapsed: Duration::ZERO, effects: Vec::new() };
    let mut opened = opened();
    open(&mut opened);
    play.tell(Msg::Opened { by: "ann".to_owned(), opened });
    play
}

pub(super) fn same(runbook: String) -> String {
    runbook
}

/// Goes on with what is on the timeline, and nothing else.
pub(super) fn resumed(play: &Play, after: Duration) -> Play {
    let incident = Incident::replay(play.session.incident.entries().to_vec());
    let session = Session::new(play.session.runbook.clone(), incident, play.session.inputs().clone(), "ann");
    let mut again = Play { session, elapsed: play.elapsed + after, effects: Vec::new() };
    again.tell(Msg::Resumed { by: "ann".to_owned(), resumption: Resumption { away: after, ..Resumption::default() } });
    again
}

#[test]
fn an_hour_in_which_nobody_does_anything_is_called_out_once_for_each_thing() {
    let mut play = Play::red();
    let called = until(&mut play, 70);
    let expected = [(8, "assess 2m"), (10, "silent look"), (30, "update"), (50, "all 10m"), (58, "all 2m")];
    assert_eq!(names(&called), expected.map(|(minute, name)| (minute, name.to_owned())));
    assert_eq!(
        standing(&play),
        [
            "call Team Lead (555-0100): It has been half an hour on docker.",
            "“Look” has used up its 10m, over by 1h 00m",
            "not resolved within 1h, over by 10m",
            "stakeholders should hear how it stands, due 40m ago",
            "nothing written down for 1h 10m: a note of what is being tried, or call somebody",
        ],
        "what a budget had left was overtaken by its end"
    );
    let prepared: Vec<Option<String>> = calls::open(&play.session, play.at()).into_iter().map(|(_, say)| say.prepared).collect();
    assert_eq!(prepared[0].as_deref(), Some("It has been half an hour on docker."));
    assert!(prepared[3].as_ref().unwrap().contains("01:10:00 after the start"), "{prepared:?}");
    assert_eq!(prepared.iter().flatten().count(), 2);
}

#[test]
fn a_budget_is_called_at_ten_and_at_two_minutes_unless_it_has_hardly_begun() {
    for (budget, expected) in [("15m", vec![5, 13]), ("12m", vec![10]), ("5m", vec![3]), ("4m", vec![]), ("3m", vec![])] {
        let mut play = play_with(|runbook| runbook.replace("budget: 10m", &format!("budget: {budget}")), "{}", |_| ());
        play.ask(Command::EnterStep(Id::new("look")));
        play.answer("there", 0);
        let called: Vec<u64> = until(&mut play, 25)
            .into_iter()
            .filter(|(_, call)| matches!(call, Call::BudgetLeft { .. }))
            .map(|(minute, _)| minute)
            .collect();
        assert_eq!(called, expected, "{budget}");
    }
}

#[test]
fn a_call_that_was_acknowledged_does_not_come_back_and_one_that_was_snoozed_does() {
    let mut play = Play::red();
    until(&mut play, 12);
    assert_eq!(standing(&play).len(), 2, "over budget, and silent");
    let over = first(&play);
    let snoozed = play.ask(Command::SnoozeCall { call: over, minutes: 5 });
    assert_eq!(words(&snoozed), ["call_snoozed"]);
    assert!(words(&play.ask(Command::SnoozeCall { call: over, minutes: 5 }))[0].contains("quiet already"));
    assert_eq!(standing(&play).len(), 1);
    let silent = first(&play);
    assert_eq!(words(&play.ask(Command::AcknowledgeCall(silent))), ["call_acknowledged"]);
    assert!(standing(&play).is_empty());
    assert!(words(&play.ask(Command::AcknowledgeCall(silent)))[0].contains("acknowledged already"));
    assert!(until(&mut play, 29).is_empty(), "who said to know that it is silent is not told again");
    assert_eq!(first(&play), over, "five minutes were over long ago");
    // The same after a resume, from the timeline alone.
    let before = standing(&play);
    let mut again = resumed(&play, Duration::ZERO);
    assert_eq!(standing(&again), before);
    // A slip of the finger is taken back like any other word.
    again.ask(Command::AcknowledgeCall(over));
    assert!(standing(&again).is_empty());
    again.ask(Command::Undo);
    assert_eq!(standing(&again), before);
}

#[test]
fn the_engine_wakes_up_when_a_quiet_ends() {
    let mut play = Play::opened();
    play.wait(30);
    let call = first(&play);
    play.ask(Command::SnoozeCall { call, minutes: 7 });
    assert_ne!(first(&play), call, "the escalation is quiet, and the update is not");
    assert_eq!(play.session.next_wake(), Some(Duration::from_mins(37)));
    play.wait(7);
    assert_eq!(first(&play), call);
    for (minutes, why) in [(0, "a minute up to a day"), (1_441, "a minute up to a day")] {
        assert!(words(&play.ask(Command::SnoozeCall { call, minutes }))[0].contains(why));
    }
    assert!(words(&play.ask(Command::AcknowledgeCall(1)))[0].contains("no such call"));
    // An escalation has an acknowledgement of its own.
    assert_eq!(words(&play.ask(Command::AcknowledgeCall(call))), ["escalation_acknowledged"]);
    assert!(play.session.open_escalations().is_empty());
}

#[test]
fn an_update_that_was_given_is_sent_written_down_and_answers_the_call() {
    let team = "webhooks: [{ name: status, url: env:A }, { name: bosses, url: env:B, occasions: [opened, resolved] }]";
    let mut play = play_with(same, team, |_| ());
    let called = play.wait(30);
    assert_eq!(self::called(&called).len(), 1, "no severity says how often, so no channel hears it by itself: {called:?}");
    for (text, why) in [("  ", "say what they are to hear"), (&*"x".repeat(1_801), "say less")] {
        assert!(words(&play.ask(Command::GiveUpdate { text: text.to_owned() }))[0].contains(why));
    }
    let text = "It hangs.\nWe look at the pooler.".to_owned();
    let given = play.ask(Command::GiveUpdate { text: text.clone() });
    assert_eq!(words(&given), ["update_given", "message_due"], "the channel still hears of the opening first");
    let [Effect::Append(update), Effect::Append(message)] = &given[..] else { panic!("{given:?}") };
    assert_eq!(update.event, Event::UpdateGiven { text: text.clone(), channels: vec!["status".to_owned()] });
    assert!(update.by == "ann" && message.event == Event::MessageDue { channel: "status".to_owned(), text });
    assert!(standing(&play).iter().all(|call| !call.contains("stakeholders")));
    assert!(names(&until(&mut play, 59)).iter().all(|(_, name)| name != "update"));
    assert!(names(&until(&mut play, 60)).contains(&(60, "update".to_owned())));
    // Who tells them in another way says so by acknowledging, and has time until the next.
    let (call, _) = *play.session.open_calls(play.at()).last().unwrap();
    play.ask(Command::AcknowledgeCall(call));
    assert!(until(&mut play, 89).is_empty() && until(&mut play, 90).len() == 1);
}

#[test]
fn a_channel_that_hears_updates_by_itself_leaves_nothing_to_call_for() {
    let every = |runbook: String| runbook.replace("severity: P1\n", "severity: P1\nseverities:\n  - { name: P1, update_every: 15m }\n");
    let channel = "webhooks: [{ name: status, url: env:A }]";
    let updates = |play: &mut Play| until(play, 40).into_iter().filter(|(_, call)| matches!(call, Call::UpdateDue { .. })).count();
    assert_eq!(updates(&mut play_with(every, channel, |_| ())), 0);
    assert_eq!(updates(&mut play_with(every, "{}", |_| ())), 1, "nobody is told, and one call stands until it is answered");
    let drill = |opened: &mut Opened| opened.drill = Some(serde_json::from_str(r#"{"fault":"f","seed":1}"#).unwrap());
    assert_eq!(updates(&mut play_with(every, channel, drill)), 1, "a channel that hears of no drill leaves it to be practised");
}

#[test]
fn how_often_follows_the_severity_as_it_is() {
    let mut play = play_with(same, "{}", |opened| opened.severity = Some("P2".to_owned()));
    assert!(names(&until(&mut play, 25)).is_empty(), "nobody waits for news of a P2");
    play.ask(Command::SetSeverity { severity: "Critical".to_owned(), reason: "worse".to_owned() });
    assert_eq!(standing(&play), ["stakeholders should hear how it stands, due now"], "twenty minutes were over");
    play.ask(Command::SetSeverity { severity: "P3".to_owned(), reason: "a slip".to_owned() });
    assert!(standing(&play).is_empty());
}

#[test]
fn nobody_is_called_where_nobody_acts() {
    let rehearsal = |opened: &mut Opened| opened.drill = Some(serde_json::from_str(r#"{"fault":"f","seed":1,"rehearsal":true}"#).unwrap());
    let read_only = |opened: &mut Opened| opened.read_only = true;
    for open in [&rehearsal as &dyn Fn(&mut Opened), &read_only] {
        let mut play = play_with(same, "{}", open);
        play.ask(Command::EnterStep(Id::new("look")));
        play.answer("there", 0);
        assert!(until(&mut play, 120).is_empty());
    }
}

#[test]
fn while_work_stands_still_neither_its_budget_nor_silence_runs() {
    let mut play = Play::red();
    play.wait(1);
    play.ask(Command::Pause("lunch".to_owned()));
    assert_eq!(names(&until(&mut play, 45)), [(30, "update".to_owned())], "stakeholders wait all the same");
    play.ask(Command::Continue);
    let called = until(&mut play, 56);
    // Of ten minutes one was spent; and going on was a sign of life.
    assert_eq!(names(&called), [(50, "all 10m".to_owned()), (52, "assess 2m".to_owned()), (55, "silent look".to_owned())]);
}

#[test]
fn silence_is_called_again_only_after_a_deed() {
    let mut play = Play::red();
    until(&mut play, 12);
    assert!(standing(&play).iter().any(|call| call.starts_with("nothing written down for 12m")), "{:?}", standing(&play));
    play.ask(Command::Note("reading the log".to_owned()));
    assert!(!standing(&play).iter().any(|call| call.starts_with("nothing")));
    assert_eq!(names(&until(&mut play, 28)), [(22, "silent look".to_owned())]);
}

#[test]
fn green_that_turns_red_by_the_clock_is_called_until_it_is_green_again() {
    let mut play = Play::red();
    let turn = |play: &mut Play, value| {
        play.elapsed += Duration::from_secs(5);
        play.tell(Msg::Woke);
        called(&play.answer("there", value))
    };
    assert!(turn(&mut play, 1).is_empty());
    let again = Call::RedAgain { check: Id::new("there") };
    assert!(turn(&mut play, 0).contains(&again));
    assert!(turn(&mut play, 0).is_empty(), "once");
    assert_eq!(standing(&play), ["“It is there” is red again: 0; expected value == 1 (value = 0)"]);
    assert_eq!(standing(&resumed(&play, Duration::ZERO)), standing(&play));
    let call = first(&play);
    assert!(turn(&mut play, 1).is_empty() && standing(&play).is_empty());
    assert!(words(&play.ask(Command::AcknowledgeCall(call)))[0].contains("has passed"));
    assert_eq!(turn(&mut play, 0), [again], "and it is another time");
    assert_ne!(first(&play), call);
    // Who asks by hand sees the answer.
    let mut play = Play::red();
    turn(&mut play, 1);
    play.ask(Command::RunCheck(Id::new("there")));
    assert!(called(&play.answer("there", 0)).is_empty());
}

#[test]
fn a_call_that_a_crash_kept_from_being_written_is_made_by_who_resumes() {
    let mut play = Play::red();
    for value in [1, 0] {
        play.elapsed += Duration::from_secs(5);
        play.tell(Msg::Woke);
        play.answer("there", value);
    }
    let mut entries = play.session.incident.entries().to_vec();
    assert!(matches!(entries.pop().unwrap().event, Event::Called { .. }));
    play.session.incident = Incident::replay(entries);
    assert_eq!(standing(&resumed(&play, Duration::ZERO)).len(), 1);
}

#[test]
fn whoever_comes_back_after_hours_is_not_met_by_a_flood() {
    let mut play = Play::red();
    play.wait(1);
    let mut again = resumed(&play, Duration::from_hours(6));
    let calls: Vec<Call> = called(&again.effects);
    assert_eq!(calls.len(), 1, "an update, once: {calls:?}");
    assert_eq!(standing(&again).len(), 4, "help, two budgets and the update: {:?}", standing(&again));
    assert!(names(&until(&mut again, 361 + 9)).is_empty());
    // Six minutes of the whole budget were left.
    let mut play = Play::red();
    play.wait(1);
    let again = resumed(&play, Duration::from_secs(52 * 60 + 45));
    assert!(called(&again.effects).contains(&left(None, 7)), "in whole minutes: {:?}", called(&again.effects));
}

#[test]
fn a_budget_that_belongs_to_another_phase_calls_nobody_any_more() {
    let mut play = Play::red();
    until(&mut play, 9);
    assert_eq!(standing(&play), ["“Look” has 1m left"]);
    play.ask(Command::EnterStep(Id::new("create")));
    assert!(standing(&play).is_empty());
}
