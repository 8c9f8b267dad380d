//! The team's channels, down and up: real ports that refuse and accept, the engine's own messages, and a clock of the
//! incident that the test holds. Never sleeps for the minutes that pass in it, and never reaches for another machine.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/certificate.rs"]
mod certificate;
#[path = "webhook/channel.rs"]
mod channel;
#[path = "terminal/door.rs"]
#[expect(dead_code, reason = "other tests press more keys")]
mod door;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use channel::{Does, Down, Heard, says, takes};
use chrono::{DateTime, Utc};
use door::{SOON, State, Terminal, dress, fracas};
use fracas::base::Value;
use fracas::base::id::Id;
use fracas::base::redact::Masker;
use fracas::base::stamp::Stamp;
use fracas::engine::msg::{Command, Resumption, Signal};
use fracas::engine::notify::MessageNews;
use fracas::engine::{Effect, Ending, Msg, Session, update};
use fracas::runbook::team::Team;
use fracas::runbook::{Runbook, yaml};
use fracas::timeline::event::{Event, Opened};
use fracas::timeline::{Incident, wire};
use fracas::world::webhook::{Courier, Message, Rhythm};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

const RUNBOOK: &str = r#"
version: 1
id: small
title: A small runbook
severity: P1
contacts:
  lead: { name: Team Lead, reach: "@lead" }
escalation:
  - { after: 5m, to: [lead], message: "Five minutes, {{ key }}." }
inputs:
  key: { ask: Key?, secret: true }
severities:
  - { name: P0, update_every: 30m }
  - { name: P2, update_every: 3m }
phases:
  - id: look
    title: Look
    steps:
      - { id: first, title: Look at it, tasks: [{ id: done, title: Do it }] }
      - { id: second, title: Look again, tasks: [{ id: again, title: Do it again }] }
success:
  - { id: well, title: All is well, task: true }
"#;

/// Longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(20);

/// A channel that is tried often, so that a test need not wait.
const QUICK: Rhythm = Rhythm {
    reached_within: Duration::from_millis(300),
    answered_within: Duration::from_secs(10),
    first_pause: Duration::from_millis(4),
    longest_pause: Duration::from_millis(10),
};

fn runbook(channels: &str) -> Arc<Runbook> {
    let team: Team = yaml::team::read("config.yaml", format!("webhooks:\n{channels}").as_bytes()).unwrap();
    Arc::new(yaml::read("small.yaml", RUNBOOK.as_bytes()).unwrap().with_team(&team))
}

fn opened(more: &Value) -> Opened {
    let mut opened = serde_json::json!({
        "format": 1, "program": "0", "runbook": "small", "title": "A small runbook", "runbook_hash": "", "severity": "P1"
    });
    opened.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(opened).unwrap()
}

/// An incident with its channels, by a clock that the test moves.
struct Play {
    session: Session,
    courier: Courier,
    clock: Arc<AtomicU64>,
    post: UnboundedSender<Msg>,
    news: UnboundedReceiver<Msg>,
    said: Vec<String>,
    told: usize,
    ending: Option<Ending>,
}

impl Play {
    fn of(runbook: Arc<Runbook>, incident: Incident, url: &str) -> Self {
        let masker = Masker::new(["hunter2hunter2"]);
        let courier = Courier::new(&runbook.webhooks, &masker, &|name| (name == "CHANNEL").then(|| url.to_owned()), QUICK);
        let inputs = BTreeMap::from([("key".to_owned(), "hunter2hunter2".to_owned())]);
        let (post, news) = unbounded_channel();
        let elapsed = incident.entries().last().map_or(0, |entry| u64::try_from(entry.at.elapsed.as_millis()).unwrap());
        Self {
            session: Session::new(runbook, incident, inputs, "ann"),
            courier,
            clock: Arc::new(AtomicU64::new(elapsed)),
            post,
            news,
            said: Vec::new(),
            told: 0,
            ending: None,
        }
    }

    fn opened(channels: &str, url: &str) -> Self {
        let mut play = Self::of(runbook(channels), Incident::default(), url);
        play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened(&serde_json::json!({})) });
        play
    }

    fn at(&self) -> Stamp {
        let elapsed = Duration::from_millis(self.clock.load(Ordering::SeqCst));
        let start: DateTime<Utc> = "2026-11-21T03:00:00Z".parse().unwrap();
        Stamp { wall: start + elapsed, elapsed }
    }

    fn tell(&mut self, msg: Msg) {
        let at = self.at();
        for effect in update(&mut self.session, at, msg) {
            match effect {
                Effect::Tell { message, channel, text, due, left_over } => {
                    self.told += 1;
                    let (clock, post) = (self.clock.clone(), self.post.clone());
                    let waited = move || Duration::from_millis(clock.load(Ordering::SeqCst)).saturating_sub(due.elapsed);
                    let told = Message { channel, text, key: format!("small-{message}"), left_over };
                    self.courier.tell(told, waited, move |news| drop(post.send(Msg::Message { message, news })));
                }
                Effect::Say(sentence) => self.said.push(sentence),
                Effect::Finish(ending) => self.ending = Some(ending),
                _ => {}
            }
        }
    }

    fn ask(&mut self, command: Command) {
        self.tell(Msg::Asked { by: "ann".to_owned(), command });
    }

    fn severity(&mut self, severity: &str, reason: &str) {
        self.ask(Command::SetSeverity { severity: severity.to_owned(), reason: reason.to_owned() });
    }

    fn pass(&mut self, time: Duration) {
        self.clock.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
        self.tell(Msg::Woke);
    }

    /// Takes in the next piece of news.
    async fn hear(&mut self) -> Msg {
        let msg = timeout(DEADLINE, self.news.recv()).await.unwrap().unwrap();
        self.tell(msg.clone());
        msg
    }

    /// Takes news in until every message is settled.
    async fn until_told(&mut self) {
        while self.due() > 0 {
            self.hear().await;
        }
    }

    /// Takes news in until a channel has heard all it is to hear.
    async fn until_heard(&mut self, channel: &str) {
        while self.session.incident.messages.values().any(|message| message.channel == channel && !message.settled) {
            self.hear().await;
        }
    }

    /// Ends the incident, with all that is asked for.
    fn resolve(&mut self, summary: &str) {
        self.ask(Command::Tick { task: Id::new("well"), evidence: String::new() });
        self.ask(Command::Resolve { summary: summary.to_owned() });
        assert!(self.session.incident.resolved.is_some(), "{:?}", self.said);
    }

    fn due(&self) -> usize {
        self.session.incident.messages.values().filter(|message| !message.settled).count()
    }

    /// What became of each message, by its entry: how late it was in seconds, or why it was lost.
    fn settled(&self) -> Vec<(u64, Result<Option<u64>, String>)> {
        let settled = |event: &Event| match event {
            Event::MessageSent { message, late } => Some((*message, Ok(late.map(|late| late.as_secs())))),
            Event::MessageLost { message, why } => Some((*message, Err(why.clone()))),
            _ => None,
        };
        self.session.incident.entries().iter().filter_map(|entry| settled(&entry.event)).collect()
    }

    /// The numbers of the entries that say that a message is due to a channel.
    fn numbers(&self, channel: &str) -> Vec<u64> {
        self.session.incident.messages.iter().filter(|(_, message)| message.channel == channel).map(|(number, _)| *number).collect()
    }
}

/// A name, what a channel does, how many requests it hears, and what becomes of the message.
type Case = (&'static str, fn(usize) -> Does, usize, Result<Option<u64>, &'static str>);

/// Everything that a channel has heard so far.
fn all(heard: &mut UnboundedReceiver<Heard>) -> Vec<Heard> {
    std::iter::from_fn(|| heard.try_recv().ok()).collect()
}

fn first_lines(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| heard.text().lines().next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_down_for_ten_minutes_hears_each_message_once_in_order_and_late() {
    let (down, other) = (Down::new(), Down::new());
    let addresses = [down.address(), other.address()];
    let mut others = other.opens(|_| takes());
    let channels = addresses.map(|address| format!("  - {{ name: c{}, url: 'http://{address}/tell' }}\n", address.port())).concat();
    let [down_name, other_name] = addresses.map(|address| format!("c{}", address.port()));
    let mut play = Play::opened(&channels, "");
    let mut refused = 0;
    while refused < 3 || others.is_empty() {
        if let Msg::Message { news: MessageNews::NotYet(why), .. } = play.hear().await {
            assert_eq!(why, format!("connection refused: nothing listens at {}", addresses[0]));
            refused += 1;
        }
    }
    assert_eq!(play.said.len(), 1, "once, and not each time: {:?}", play.said);

    play.until_heard(&other_name).await;

    // Local work goes on.
    play.pass(Duration::from_mins(2));
    play.severity("P0", "it is worse");
    play.until_heard(&other_name).await;
    play.ask(Command::EnterStep(Id::new("first")));
    play.ask(Command::Note("looked at it".to_owned()));
    play.pass(Duration::from_mins(3));
    play.until_heard(&other_name).await;
    for check in ["current step", "note", "severity"] {
        let incident = &play.session.incident;
        assert!(
            match check {
                "current step" => incident.current_step == Some(Id::new("first")),
                "note" => incident.entries().iter().any(|entry| matches!(&entry.event, Event::Note { text, .. } if text == "looked at it")),
                _ => incident.severity.as_deref() == Some("P0"),
            },
            "{check}"
        );
    }
    play.pass(Duration::from_mins(5));
    assert_eq!(play.numbers(&down_name).len(), 3, "opened, severity, escalation");

    // Ten minutes later it is back.
    let mut heard = down.opens(|_| takes());
    play.until_told().await;
    let told = all(&mut heard);
    assert_eq!(
        first_lines(&told),
        [
            "[10 min late] P1 · A small runbook: opened by ann",
            "[8 min late] P0 · A small runbook: severity is now P0: it is worse",
            "[5 min late] P0 · A small runbook: help is needed from Team Lead (＠lead): Five minutes, ••••••.",
        ]
    );
    assert_eq!(told[1].text().lines().nth(1), Some("03:02:00 UTC, 00:02:00 after the start · lead ann"));
    let numbers = play.numbers(&down_name);
    assert_eq!(told.iter().map(Heard::key).collect::<Vec<_>>(), numbers.iter().map(|n| format!("small-{n}")).collect::<Vec<_>>());
    let settled: Vec<_> = play.settled().into_iter().filter(|(number, _)| numbers.contains(number)).collect();
    assert_eq!(settled, [(numbers[0], Ok(Some(600))), (numbers[1], Ok(Some(480))), (numbers[2], Ok(Some(300)))]);

    // The other one heard each at its time.
    let of_other = play.numbers(&other_name);
    assert!(play.settled().iter().filter(|(number, _)| of_other.contains(number)).all(|(_, late)| *late == Ok(None)));
    assert!(first_lines(&all(&mut others)).iter().all(|line| line.starts_with('P')));
    play.severity("P1", "better again");
    play.until_told().await;
    assert_eq!(first_lines(&all(&mut heard)), ["P1 · A small runbook: severity is now P1: better again"]);
    assert_eq!(play.told, 8, "nothing was begun twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_channel_answers_decides() {
    let token = "s3cr3t-t0ken-of-the-channel";
    let hostile = "<b>\u{1b}]0;owned\u{7} s3cr3t-t0ken-of-the-channel\u{202e}\nsecond line";
    let endless = || Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nab".to_vec());
    let cases: [Case; 9] = [
        ("204", |_| says("204 No Content", "", ""), 1, Ok(None)),
        ("404", |_| says("404 Not Found", "", "no_service"), 1, Err("404 Not Found: no_service")),
        (
            "302",
            |_| says("302 Found", "location: http://elsewhere.example/\r\n", ""),
            1,
            Err("302 Found to http://elsewhere.example/, which is not followed"),
        ),
        ("429", |n| if n < 2 { says("429 Too Many Requests", "retry-after: 0\r\n", "") } else { takes() }, 3, Ok(None)),
        ("500", |n| if n < 2 { says("500 Oops", "", "oops") } else { takes() }, 3, Ok(None)),
        ("503, then 410", |n| if n < 1 { says("503 Down", "", "") } else { says("410 Gone", "", "") }, 2, Err("410 Gone")),
        ("garbage", |n| if n < 1 { Does::Says(b"SSH-2.0-x\r\n".to_vec()) } else { takes() }, 2, Ok(None)),
        ("cut", |n| if n < 2 { Does::Cuts } else { takes() }, 3, Ok(None)),
        ("409", |n| if n < 1 { says("409 Conflict", "", "in progress") } else { takes() }, 2, Ok(None)),
    ];
    for (name, answers, requests, outcome) in cases {
        let channel = Down::new();
        let url = format!("http://{}/{token}", channel.address());
        let mut heard = channel.opens(answers);
        let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL' }\n", &url);
        play.until_told().await;
        let heard = all(&mut heard);
        assert_eq!(heard.len(), requests, "{name}");
        assert!(heard.iter().all(|one| *one == heard[0]), "{name}: a repeat is the same, to the byte and with the same key");
        assert!(
            heard[0].head.starts_with(&format!("POST /{token} HTTP/1.1\r\n")) && heard[0].head.contains("content-type: application/json")
        );
        assert_eq!(play.settled(), [(2, outcome.map_err(str::to_owned))], "{name}");
    }

    // The head has come; what else comes is not worth waiting for.
    let channel = Down::new();
    let url = format!("http://{}/{token}", channel.address());
    let mut heard = channel.opens(move |_| endless());
    let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL' }\n", &url);
    play.until_told().await;
    assert_eq!((all(&mut heard).len(), play.settled()), (1, vec![(2, Ok(None))]));

    // What it says is hostile, and knows its own address.
    let channel = Down::new();
    let url = format!("http://{}/{token}", channel.address());
    let _heard = channel.opens(move |_| says("400 Bad Request", "", hostile));
    let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL' }\n", &url);
    play.until_told().await;
    assert_eq!(play.settled(), [(2, Err("400 Bad Request: <b><U+001B>]0;owned<U+0007> ••••••<U+202E>".to_owned()))]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_hangs_is_waited_for_and_stands_in_nobodys_way() {
    let (hanging, other) = (Down::new(), Down::new());
    let channels = [("hanging", hanging.address()), ("other", other.address())]
        .map(|(name, address)| format!("  - {{ name: {name}, url: 'http://{address}/' }}\n"))
        .concat();
    let mut heard = hanging.opens(|_| Does::Hangs);
    let mut others = other.opens(|_| takes());
    let mut play = Play::opened(&channels, "");
    while play.said.is_empty() {
        play.hear().await;
    }
    assert_eq!(play.said, ["hanging is not reached, and tried again: no answer within 300ms"]);
    play.severity("P0", "worse");
    while play.settled().len() < 2 {
        play.hear().await;
    }
    assert_eq!(first_lines(&all(&mut others)).len(), 2, "the other one hears what there is to hear");
    assert_eq!(all(&mut heard).len(), 1, "one request, and no second one while an answer may come");
    assert_eq!(play.due(), 2);

    // Nor does the end of the program wait for it.
    play.ask(Command::Leave);
    assert_eq!(play.ending, Some(Ending::Open));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_a_moment_for_what_may_arrive_and_for_nothing_else() {
    let channel = Down::new();
    let url = format!("http://{}/", channel.address());
    let mut heard = channel.opens(|_| takes());
    let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL' }\n", &url);
    play.resolve("mended <!channel>");
    play.tell(Msg::Told(Signal::Terminate));
    assert_eq!(play.ending, None, "two messages may arrive any moment");
    while play.ending.is_none() {
        play.hear().await;
    }
    assert_eq!((play.ending.clone(), play.due()), (Some(Ending::Resolved), 0));
    assert_eq!(first_lines(&all(&mut heard))[1], "P1 · A small runbook: resolved by ann: mended &lt;!channel&gt;");

    // A moment, and no longer.
    let channel = Down::new();
    let url = format!("http://{}/", channel.address());
    let _heard = channel.opens(|_| Does::Hangs);
    let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL' }\n", &url);
    play.tell(Msg::Told(Signal::Terminate));
    let wake = play.session.next_wake().unwrap();
    assert!(play.ending.is_none() && wake > Duration::ZERO && wake <= Duration::from_secs(2), "{wake:?}");
    play.pass(wake);
    assert_eq!((play.ending.clone(), play.due()), (Some(Ending::Open), 1), "it stays due");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_goes_on_tells_what_was_left_over() {
    let channel = Down::new();
    let url = format!("http://{}/", channel.address());
    let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL' }\n  - { name: b, url: 'env:MISSING' }\n", &url);
    while play.said.len() < 2 {
        play.hear().await;
    }
    assert!(
        play.said.iter().any(|said| said == "b cannot be told, now; what is due stays due: the variable MISSING is not set"),
        "{:?}",
        play.said
    );
    let lines: Vec<String> = play.session.incident.entries().iter().map(|entry| wire::write(entry, "host", "")).collect();
    drop(play);

    // The program was killed; b has gone from the settings meanwhile.
    let incident = Incident::replay(lines.iter().map(|line| wire::read(line).unwrap().entry));
    let mut heard = channel.opens(|_| takes());
    let mut play = Play::of(runbook("  - { name: a, url: 'env:CHANNEL' }\n"), incident, &url);
    play.clock.store(7_000, Ordering::SeqCst);
    play.tell(Msg::Resumed { by: "bob".to_owned(), resumption: Resumption::default() });
    while play.settled().is_empty() {
        play.hear().await;
    }
    assert_eq!(play.settled(), [(2, Ok(Some(7)))], "late, however little");
    let told = all(&mut heard);
    assert_eq!(
        (first_lines(&told), told[0].key()),
        (vec!["[7 s late] P1 · A small runbook: opened by ann".to_owned()], "small-2".to_owned())
    );
    assert_eq!(play.due(), 1, "what is due to b stays due");

    // What falls due from now on is not.
    play.severity("P0", "worse");
    while play.settled().len() < 2 {
        play.hear().await;
    }
    assert_eq!(play.settled()[1].1, Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_of_a_drill_or_of_what_only_looks() {
    let channels = "  - { name: a, url: 'env:CHANNEL' }\n  - { name: b, url: 'env:CHANNEL', drills: true, occasions: [opened] }\n";
    let drill = |rehearsal: bool| serde_json::json!({ "drill": { "fault": "f", "seed": 1, "rehearsal": rehearsal } });
    for (more, told) in [
        (serde_json::json!({}), vec!["a", "b"]),
        (drill(false), vec!["b"]),
        (drill(true), vec![]),
        (serde_json::json!({ "read_only": true }), vec![]),
    ] {
        let channel = Down::new();
        let url = format!("http://{}/", channel.address());
        let mut heard = channel.opens(|_| takes());
        let mut play = Play::of(runbook(channels), Incident::default(), &url);
        play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened(&more) });
        let due: Vec<&str> = play.session.incident.messages.values().map(|message| message.channel.as_str()).collect();
        assert_eq!(due, told, "{more}");
        play.until_told().await;
        let heard = all(&mut heard);
        assert_eq!(heard.len(), told.len(), "{more}");
        assert!(told != ["b"] || heard[0].text().starts_with("DRILL, nothing of this is real · P1"), "{heard:?}");
        play.pass(Duration::from_mins(6));
        assert_eq!(play.told > told.len(), told.len() == 2, "{more}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_told_holds_no_secret_and_can_ring_nobody() {
    let channel = Down::new();
    let url = format!("http://{}/s3cr3t-t0ken-of-the-channel", channel.address());
    let mut heard = channel.opens(|_| takes());
    let mut play = Play::opened("  - { name: a, url: 'env:CHANNEL', occasions: [severity, handover] }\n", &url);
    play.severity("P0", &format!("<!everyone> @here hunter2hunter2 \u{1b}[2J\n<https://evil.example|ok> {url}"));
    play.ask(Command::HandOver { to: "bob & <co>".to_owned(), word: "hunter2hunter2".to_owned() });
    play.until_told().await;
    let heard = all(&mut heard);
    assert_eq!(
        first_lines(&heard),
        [
            "P0 · A small runbook: severity is now P0: &lt;!everyone&gt; ＠here •••••• &lt;U+001B&gt;[2J &lt;https: //evil.example|ok&gt; ••••••",
            "P0 · A small runbook: handed over to bob &amp; &lt;co&gt; by ann",
        ]
    );
    assert!(!heard.iter().any(|heard| heard.body.contains("hunter2") || heard.body.contains("s3cr3t")));
}

#[test]
fn nothing_is_told_that_is_not_recorded_first() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _in = tokio.enter();
    let mut play = Play::of(runbook("  - { name: a, url: 'env:MISSING' }\n"), Incident::default(), "");
    play.tell(Msg::JournalFailed("disk full".to_owned()));
    play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened(&serde_json::json!({})) });
    assert_eq!((play.due(), play.told), (1, 0));
    play.tell(Msg::JournalWrites);
    assert_eq!((play.due(), play.told), (1, 1));
    // That entry was not written after all: it is tried again once the journal writes.
    play.tell(Msg::JournalFailed("disk full".to_owned()));
    play.tell(Msg::Message { message: 2, news: MessageNews::Unrecorded });
    assert_eq!(play.told, 1);
    play.tell(Msg::JournalWrites);
    assert_eq!(play.told, 2);
    // News of what is not under way are old.
    play.tell(Msg::Message { message: 99, news: MessageNews::Told });
    assert_eq!(play.settled(), []);
}

#[test]
fn what_is_taken_back_is_told_as_well() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _in = tokio.enter();
    let mut play = Play::of(runbook("  - { name: a, url: 'env:MISSING', occasions: [severity] }\n"), Incident::default(), "");
    play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened(&serde_json::json!({})) });
    play.severity("P0", "worse");
    play.ask(Command::Undo);
    play.ask(Command::Note("a note".to_owned()));
    play.ask(Command::Undo);
    let told: Vec<&str> = play.session.incident.messages.values().map(|message| message.text.lines().next().unwrap()).collect();
    assert_eq!(told, ["P0 · A small runbook: severity is now P0: worse", "P1 · A small runbook: severity is P1 after all"]);
}

#[test]
fn an_update_comes_as_often_as_the_severity_says_and_never_behind_another() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _in = tokio.enter();
    // Down for good: what becomes of a message is said by the test.
    let mut play = Play::of(runbook("  - { name: a, url: 'http://127.0.0.1:1/', occasions: [update] }\n"), Incident::default(), "");
    play.tell(Msg::Opened { by: "ann".to_owned(), opened: opened(&serde_json::json!({})) });
    play.pass(Duration::from_mins(4));
    assert_eq!(play.due(), 0, "P1 asks for none");
    play.severity("P2", "smaller");
    let first = play.numbers("a");
    assert_eq!(first.len(), 1, "three minutes have passed");
    play.pass(Duration::from_mins(9));
    assert_eq!(play.numbers("a"), first, "it would wait behind the first");
    play.tell(Msg::Message { message: first[0], news: MessageNews::Told });
    let both = play.numbers("a");
    assert_eq!(both.len(), 2, "and is due as soon as that was told");
    assert!(play.session.incident.messages[&both[1]].text.starts_with("P2 · A small runbook: still open\n03:13:00 UTC"));
    play.tell(Msg::Message { message: both[1], news: MessageNews::Refused("410 Gone".to_owned()) });
    assert_eq!(play.session.next_wake(), Some(Duration::from_mins(16)));
    play.resolve("");
    play.pass(Duration::from_mins(9));
    assert_eq!(play.numbers("a"), both, "and none once it is over");
}

/// The program with a channel in its settings, whose address is in a variable.
struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("settings/fracas")).unwrap();
        std::fs::write(folder.path().join("settings/fracas/config.yaml"), config).unwrap();
        std::fs::write(folder.path().join("small.yaml"), RUNBOOK).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn terminal(&self, arguments: &[&str], url: &str, root: Option<&Path>) -> Terminal {
        let mut command = fracas(self.path(), arguments);
        command.env("XDG_CONFIG_HOME", self.path().join("settings"));
        command.env("CHANNEL", url);
        if let Some(root) = root {
            command.env("SSL_CERT_FILE", root);
        }
        Terminal::start(command, (120, 40))
    }

    fn plainly(&self, arguments: &[&str], url: Option<&str>) -> (Option<i32>, String, String) {
        let mut command = Process::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(arguments).current_dir(self.path()).env("FRACAS_STATE", self.path()).env_remove("CHANNEL");
        command.env("XDG_CONFIG_HOME", self.path().join("settings")).stdin(Stdio::null());
        let output = command.envs(url.map(|url| ("CHANNEL", url))).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn kinds(&self) -> Vec<String> {
        let (_, out, _) = self.plainly(&["timeline", "latest", "--json"], None);
        out.lines().map(|line| line.parse::<Value>().unwrap()["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether any file below holds these words.
    fn holds(&self, words: &str) -> bool {
        let found = Process::new("grep").args(["-rqF", words]).arg(self.path()).status().unwrap();
        found.success()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_channel_is_down_and_resumed_over_tls() {
    let home = Home::new("webhooks: [{ name: incidents, url: 'env:CHANNEL', occasions: [opened, resolved] }]\n");
    let channel = Down::new();
    let token = "services-t0ken-abcdefgh1234";
    let url = format!("https://localhost:{}/{token}", channel.address().port());
    let mut terminal = home.terminal(&["run", "./small.yaml", "-i", "key=hunter2hunter2"], &url, None);
    terminal.until("turn to");
    terminal.until("incidents is not reached");
    terminal.signal(rustix::process::Signal::KILL);
    assert_eq!(terminal.ends(SOON), State::Killed(rustix::process::Signal::KILL.as_raw()));
    assert_eq!(home.kinds(), ["opened", "message_due"]);

    let (mut heard, root) = channel.opens_encrypted(|_| takes());
    let authority = home.path().join("root.pem");
    std::fs::write(&authority, root).unwrap();
    let mut terminal = home.terminal(&["resume", "-i", "key=hunter2hunter2"], &url, Some(&authority));
    let told = timeout(DEADLINE, heard.recv()).await.unwrap().unwrap();
    assert!(told.head.starts_with(&format!("POST /{token} HTTP/1.1\r\n")), "{}", told.head);
    assert!(told.text().starts_with('[') && told.text().contains(" s late] P1 · A small runbook: opened by ann\n"), "{}", told.text());
    assert!(told.key().ends_with("-2") && told.key().contains("-small-"), "{}", told.key());
    terminal.until("told incidents, ");
    terminal.press("q");
    terminal.until("fracas resume 20");
    terminal.press("\r");
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    assert_eq!(home.kinds(), ["opened", "message_due", "resumed", "message_sent", "left"]);
    assert!(heard.try_recv().is_err(), "once");
    assert!(!home.holds(token), "where the channel is stands nowhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_incident_that_is_over_left_untold_is_told_by_resuming_it() {
    let home = Home::new("webhooks: [{ name: incidents, url: 'env:CHANNEL', occasions: [opened, resolved] }]\n");
    let channel = Down::new();
    let url = format!("http://{}/tell", channel.address());
    let mut terminal = home.terminal(&["run", "./small.yaml", "-i", "key=hunter2hunter2"], &url, None);
    terminal.until("turn to");
    terminal.until("incidents is not reached");
    terminal.press("q");
    terminal.until("fracas resume 20");
    terminal.press("\r");
    assert_eq!(terminal.ends(SOON), State::Exited(1), "it waits for no channel");
    terminal.until("1 message is still due to the team's channels");

    // Nobody is there to tell any more: the incident is closed by hand, as another program would.
    let (_, incidents, _) = home.plainly(&["incidents", "--json"], None);
    let id = incidents.parse::<Value>().unwrap()["id"].as_str().unwrap().to_owned();
    let journal = home.path().join("incidents").join(&id).join("journal.jsonl");
    let lines = std::fs::read_to_string(&journal).unwrap();
    let last = wire::read(lines.lines().last().unwrap()).unwrap().entry;
    let event = Event::Resolved(serde_json::from_value(serde_json::json!({ "summary": "mended" })).unwrap());
    let entry = fracas::timeline::Entry { seq: last.seq + 1, at: last.at, by: "ann".to_owned(), event };
    let hash = fracas::timeline::chain::hash(lines.lines().last().unwrap());
    std::fs::write(&journal, format!("{lines}{}\n", wire::write(&entry, "host", &hash))).unwrap();

    let (code, _, err) = home.plainly(&["resume", &id], None);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("incidents cannot be told, now; what is due stays due: the variable CHANNEL is not set"), "{err}");
    let mut heard = channel.opens(|_| takes());
    let (code, _, err) = home.plainly(&["resume", &id], Some(&url));
    assert_eq!((code, err.as_str()), (Some(0), ""), "{err}");
    assert_eq!(first_lines(&all(&mut heard)).len(), 1);
    assert_eq!(home.kinds().pop().unwrap(), "message_sent");
    let (code, _, err) = home.plainly(&["resume", &id], Some(&url));
    assert!(code == Some(2) && err.contains("is resolved"), "{code:?} {err}");
}

/// The program in a namespace of its own, where the one name server says nothing.
fn without_names(home: &Home, arguments: &[&str], url: &str) -> Terminal {
    std::fs::write(home.path().join("resolv.conf"), "nameserver 127.0.0.153\n").unwrap();
    let mut command = portable_pty::CommandBuilder::new("unshare");
    let line = format!("mount --bind '{}/resolv.conf' /etc/resolv.conf && exec \"$@\"", home.path().display());
    command.args(["--mount", "sh", "-c", &line, "sh", env!("CARGO_BIN_EXE_fracas")]);
    command.args(arguments);
    dress(&mut command, home.path());
    command.env("XDG_CONFIG_HOME", home.path().join("settings"));
    command.env("CHANNEL", url);
    Terminal::start(command, (120, 40))
}

#[test]
fn a_name_that_is_never_found_keeps_nobody_from_leaving() {
    let home = Home::new("webhooks: [{ name: incidents, url: 'env:CHANNEL' }]\n");
    if !rustix::process::geteuid().is_root() {
        // Not by `eprintln!`, which is only seen of tests that fail.
        let _ = writeln!(std::io::stderr(), "\nNOT TRIED, because only root may be a name server: one that says nothing");
        return;
    }
    // It takes what it is asked, and answers nothing.
    let silent = std::net::UdpSocket::bind("127.0.0.153:53").unwrap();
    let mut terminal = without_names(&home, &["run", "./small.yaml", "-i", "key=hunter2hunter2"], "https://channel.example/tell");
    terminal.until("turn to");
    silent.set_read_timeout(Some(DEADLINE)).unwrap();
    silent.recv(&mut [0; 512]).unwrap();
    terminal.signal(rustix::process::Signal::TERM);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    assert_eq!(home.kinds(), ["opened", "message_due", "left"]);
}

#[test]
fn doctor_says_which_channels_there_are_and_sends_nothing() {
    let home = Home::new("webhooks: [{ name: incidents, url: 'env:CHANNEL' }, { name: relay, url: 'http://127.0.0.1:1/tell' }]\n");
    let line = |url: Option<&str>| {
        let (_, out, _) = home.plainly(&["doctor"], url);
        out.lines().find(|line| line.contains(" channels ")).unwrap().to_owned()
    };
    let secret = "https://hooks.slack.com/services/T024BE7LD/B024BE7LD/abcdefghijklmnopqrstuvwx";
    assert_eq!(line(Some(secret)), "ok   channels       incidents (env:CHANNEL); relay (http://127.0.0.1:1/tell)");
    assert_eq!(line(None), "BAD  channels       incidents: the variable CHANNEL is not set; relay (http://127.0.0.1:1/tell)");
    assert_eq!(
        line(Some("abcdefgh12345678")),
        "BAD  channels       incidents: what env:CHANNEL holds is no address: it begins with neither https:// nor http://; relay (http://127.0.0.1:1/tell)"
    );
    let home = Home::new(&format!("webhooks: [{{ name: incidents, url: '{secret}' }}]\n"));
    let (_, out, _) = home.plainly(&["doctor"], None);
    assert!(out.contains("BAD  channels") && !out.contains("abcdefgh"), "{out}");
}
