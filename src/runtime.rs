//! Glue between the engine and the world: performs what the session asks for, in order, and brings the
//! news back. Never decides anything and never draws.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::base::id::{AttemptId, Id, IncidentId};
use crate::base::stamp::Stamp;
use crate::base::text;
use crate::engine::attempt::{Answer, Finding, RemediationNews};
use crate::engine::msg::Signal;
use crate::engine::notify::MessageNews;
use crate::engine::{Effect, Ending, Msg, Session, Stage, update};
use crate::runbook::asked::is_typed_command;
use crate::runbook::model::Check;
use crate::timeline::event::{Committing, Evidence, Outcome, PlannedStep, Problem, ServerFacts};
use crate::world::attachment::{self, Attachment};
use crate::world::clock::Clock;
use crate::world::home::Home;
use crate::world::journal::evidence::Shelf;
use crate::world::journal::{Journal, inbox};
use crate::world::library;
use crate::world::prober::Prober;
use crate::world::stop::{Stop, Stopper};
use crate::world::webhook::{self, Courier, Rhythm};

/// How long a program whose terminal or reader has gone may take to end in order.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Checks asked at the same time: the command line's rule.
const AT_ONCE: usize = 8;

/// How often a disk that refused is tried again.
const DISK_AGAIN: Duration = Duration::from_secs(1);

/// One incident that is being worked on, with everything that can act on it.
pub struct Runtime {
    session: Session,
    /// None for questions that belong to no incident: what they give is kept nowhere.
    journal: Option<Journal>,
    prober: Prober,
    clock: Clock,
    news: mpsc::UnboundedReceiver<Msg>,
    post: mpsc::UnboundedSender<Msg>,
    under_way: BTreeMap<AttemptId, Stopper>,
    courier: Courier,
    turnstile: Arc<Semaphore>,
    signals: Vec<(Signal, SignalStream)>,
    /// Lines that came onto the disk between two messages.
    late: Vec<String>,
    /// When a disk that refused is tried again, by the session's clock: who waits for the next message may stop waiting, for
    /// a key or to show the time, again and again.
    disk_again: Option<Duration>,
    /// Where the letter lies that is being opened.
    letter: Option<PathBuf>,
}

/// What became of one message.
#[derive(Debug, Default)]
pub struct Stepped {
    /// Sentences for the responder that are not entries: why a wish was refused.
    pub said: Vec<String>,
    /// Lines that are now on disk, as they stand in the journal.
    pub lines: Vec<String>,
    /// Present when the program is to end.
    pub ending: Option<Ending>,
}

impl Runtime {
    /// A runtime for this session. `clock` has been started, or goes on from the journal's last entry.
    ///
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// If the system gives no signal handlers.
    pub fn new(session: Session, journal: Option<Journal>, prober: Prober, clock: Clock) -> std::io::Result<Self> {
        let (post, news) = mpsc::unbounded_channel();
        let signals = signals()?;
        let turnstile = Arc::new(Semaphore::new(AT_ONCE));
        let courier = Courier::new(&session.runbook.webhooks, prober.masker(), &|name| std::env::var(name).ok(), Rhythm::default());
        Ok(Self {
            session,
            journal,
            prober,
            clock,
            news,
            post,
            under_way: BTreeMap::new(),
            courier,
            turnstile,
            signals,
            late: Vec::new(),
            disk_again: None,
            letter: None,
        })
    }

    /// The incident as it stands.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The incident's id; none for questions that belong to no incident.
    #[must_use]
    pub fn incident_id(&self) -> Option<&IncidentId> {
        self.journal.as_ref().map(Journal::id)
    }

    /// Where the incident's evidence lies; none for questions that belong to no incident.
    #[must_use]
    pub fn shelf(&self) -> Option<Shelf> {
        self.journal.as_ref().map(Journal::shelf)
    }

    /// This moment.
    pub fn now(&mut self) -> Stamp {
        self.clock.now()
    }

    /// Waits for the next message: an answer, the clock, a signal. Safe to drop while waiting.
    pub async fn next(&mut self) -> Msg {
        let now = self.clock.now().elapsed;
        let behind = self.journal.as_ref().is_some_and(Journal::is_behind);
        if behind && *self.disk_again.get_or_insert(now + DISK_AGAIN) <= now {
            self.disk_again = Some(now + DISK_AGAIN);
            if let Some(Ok(lines)) = self.journal.as_mut().map(Journal::flush) {
                self.late = lines;
                return Msg::JournalWrites;
            }
        }
        self.disk_again = self.disk_again.filter(|_| behind);
        let wake = [self.session.next_wake(), self.disk_again].into_iter().flatten().min();
        let wait = wake.map_or(Duration::from_hours(1), |at| at.saturating_sub(now));
        // Whoever waits for an answer waits for the disk as well.
        if let Some((path, letter)) = self.journal.as_ref().filter(|_| !behind).and_then(|journal| inbox::next(journal.folder())) {
            self.letter = Some(path);
            return Msg::Letter(letter);
        }
        let signalled = futures_util::future::select_all(self.signals.iter_mut().map(|(name, stream)| {
            Box::pin(async move {
                stream.recv().await;
                *name
            })
        }));
        tokio::select! {
            biased;
            (signal, _, _) = signalled => Msg::Told(signal),
            Some(msg) = self.news.recv() => msg,
            () = tokio::time::sleep(wait) => Msg::Woke,
        }
    }

    /// Nobody is there any more, neither to see nor to hear: the incident is left as SIGHUP leaves it, and soon.
    pub async fn hang_up(&mut self) -> Ending {
        let mut stepped = self.step(Msg::Told(Signal::HangUp));
        let in_order = async {
            while stepped.ending.is_none() {
                let msg = self.next().await;
                stepped = self.step(msg);
            }
        };
        let _ = timeout(LAST_WORDS, in_order).await;
        stepped.ending.unwrap_or(Ending::Open)
    }

    /// News that are here already, so that a screen is drawn once for many.
    pub fn ready(&mut self) -> Option<Msg> {
        self.news.try_recv().ok()
    }

    /// Takes a message into account and performs what follows: entries are on disk before anything acts.
    pub fn step(&mut self, msg: Msg) -> Stepped {
        let at = self.clock.now();
        let mut stepped = Stepped { lines: std::mem::take(&mut self.late), ..Stepped::default() };
        let mut unwritten = None;
        let letter = match &msg {
            Msg::Letter(letter) => self.letter.take().map(|path| (path, letter.token.clone())),
            _ => None,
        };
        let masker = self.prober.masker();
        for effect in update(&mut self.session, at, msg.with_text(|text| masker.mask(&text).into_owned())) {
            match effect {
                Effect::Append(entry) => match self.journal.as_mut().map(|journal| journal.append(&entry)) {
                    None => {}
                    // With it went everything that was waiting.
                    Some(Ok(lines)) => {
                        stepped.lines.extend(lines);
                        unwritten = None;
                    }
                    Some(Err(error)) => unwritten = Some(error.to_string()),
                },
                Effect::Keep { evidence, content } => {
                    if let Some(journal) = &mut self.journal {
                        journal.keep(&evidence, content);
                    }
                }
                Effect::Fetch { by, path, about } => self.fetch(by, path, about),
                Effect::FindRunbooks => self.find_runbooks(),
                Effect::Widen => {
                    let (runbook, inputs) = (self.session.runbook.clone(), self.session.inputs().clone());
                    self.prober = self.prober.widened(runbook, inputs, library::bounds(&self.session.incident));
                }
                Effect::StartCheck { attempt, check } => match unwritten.as_ref().filter(|_| self.is_typed_command(&check)) {
                    None => self.start_check(attempt, &check),
                    Some(why) => {
                        let answer = Answer::inconclusive(format!("not run, because it could not be recorded: {why}"), Duration::ZERO);
                        drop(self.post.send(Msg::Check { attempt, answer }));
                    }
                },
                Effect::StartRemediation { attempt, remediation, stage, steps, server } => match &unwritten {
                    None => self.start_remediation(attempt, &remediation, stage, steps, server),
                    Some(why) => drop(self.post.send(Msg::Remediation { attempt, news: not_started(stage, why) })),
                },
                Effect::Commit(attempt) => {
                    if let Some(stopper) = self.under_way.get(&attempt) {
                        unwritten.clone().map_or_else(|| stopper.commit(), |why| stopper.unrecorded(why));
                    }
                }
                Effect::FindOutcome(committing) => self.find_outcome(committing),
                Effect::Cancel(attempt) => {
                    if let Some(stopper) = self.under_way.remove(&attempt) {
                        stopper.stop();
                    }
                }
                Effect::Tell { message, channel, text, due, left_over } => match &unwritten {
                    None => self.tell(message, channel, text, due, left_over),
                    Some(_) => drop(self.post.send(Msg::Message { message, news: MessageNews::Unrecorded })),
                },
                Effect::Say(sentence) => stepped.said.push(sentence),
                Effect::Finish(ending) => {
                    self.courier.stop();
                    stepped.ending = Some(ending);
                }
            }
        }
        let behind = self.journal.as_ref().is_some_and(Journal::is_behind);
        if let Some((path, token)) = letter
            && !behind
        {
            let is_kept = self.session.incident.letters.contains(&token);
            let why = stepped.said.last().map_or("it cannot be taken now", String::as_str);
            inbox::answer(&path, (!is_kept).then_some(why));
        }
        let news = match unwritten {
            Some(why) => Msg::JournalFailed(why),
            None if self.session.degraded.is_some() && !behind => Msg::JournalWrites,
            None => return stepped,
        };
        let after = self.step(news);
        stepped.lines.extend(after.lines);
        stepped.said.extend(after.said);
        stepped.ending = stepped.ending.or(after.ending);
        stepped
    }

    fn stop_for(&mut self, attempt: AttemptId) -> Stop {
        let (stopper, stop) = Stopper::pair();
        // Attempts that are over need no stopper any more; the ones that end unheard are few.
        self.under_way.retain(|_, stopper| !stopper.is_idle());
        self.under_way.insert(attempt, stopper);
        stop
    }

    /// Whether this is a line that a person typed: nobody knows that it only reads.
    fn is_typed_command(&self, check: &Id) -> bool {
        self.session.runbook.check(check).is_some_and(|(_, check)| is_typed_command(check))
    }

    fn start_check(&mut self, attempt: AttemptId, check: &Id) {
        let Some(check) = self.session.runbook.check(check).map(|(_, check)| check.clone()) else {
            return;
        };
        let (prober, stop, post, turnstile) = (self.prober.clone(), self.stop_for(attempt), self.post.clone(), self.turnstile.clone());
        tokio::spawn(async move {
            let _turn = turnstile.acquire_owned().await;
            let answer = ask(prober, check, stop).await;
            drop(post.send(Msg::Check { attempt, answer }));
        });
    }

    fn start_remediation(&mut self, attempt: AttemptId, id: &Id, stage: Stage, steps: Vec<PlannedStep>, server: Option<ServerFacts>) {
        let Some(remediation) = self.session.runbook.remediation(id).map(|(_, remediation)| remediation.clone()) else {
            return;
        };
        let (prober, stop, post) = (self.prober.clone(), self.stop_for(attempt), self.post.clone());
        let masker = prober.masker().clone();
        let tell = {
            let post = post.clone();
            move |news| drop(post.send(Msg::Remediation { attempt, news }))
        };
        tokio::spawn(async move {
            let work = tokio::spawn(async move {
                match stage {
                    Stage::Rehearse => prober.rehearse(&remediation, &steps, stop, tell).await,
                    Stage::Apply => prober.apply(&remediation, &steps, server.as_ref(), stop, tell).await,
                }
            });
            let news = work.await.unwrap_or_else(|crash| crashed(stage, &text::line(&masker.mask(&crash.to_string()))));
            drop(post.send(Msg::Remediation { attempt, news }));
        });
    }

    /// Tells a channel; what is written down nowhere is told to nobody.
    fn tell(&mut self, message: u64, channel: String, text: String, due: Stamp, left_over: bool) {
        let Some(incident) = self.incident_id() else { return };
        let told = webhook::Message { channel, text, key: format!("{incident}-{message}"), left_over };
        let (mut clock, post) = (self.clock.clone(), self.post.clone());
        let waited = move || clock.now().since(due);
        self.courier.tell(told, waited, move |news| drop(post.send(Msg::Message { message, news })));
    }

    fn fetch(&self, by: String, path: String, about: Option<Id>) {
        let (post, masker) = (self.post.clone(), self.prober.masker().clone());
        let evidence = self.shelf();
        tokio::spawn(async move {
            let news = match attachment::read(&path, &masker).await {
                Ok(Attachment { name, size, content }) => {
                    // Here nobody waits for it. What the disk refuses, the journal tries again, and says so.
                    let keep = move || {
                        let _ = evidence.map(|evidence| evidence.keep(&Evidence::of(&content, size), &content));
                        content
                    };
                    let content = spawn_blocking(keep).await.map_err(|crash| text::line(&crash.to_string()).into_owned());
                    Msg::Fetched { by, name, about, size, content }
                }
                Err(why) => Msg::Fetched { by, name: path, about, size: 0, content: Err(text::line(&masker.mask(&why)).into_owned()) },
            };
            drop(post.send(news));
        });
    }

    /// Reads what there is, which takes a moment: not where keys wait.
    fn find_runbooks(&self) {
        let (post, prober) = (self.post.clone(), self.prober.clone());
        tokio::task::spawn_blocking(move || {
            let books = Home::find().map(|home| library::shelf(&home, &prober)).unwrap_or_default();
            drop(post.send(Msg::RunbooksFound(books)));
        });
    }

    fn find_outcome(&mut self, committing: Committing) {
        let Some(remediation) = self.session.runbook.remediation(&committing.remediation).map(|(_, remediation)| remediation.clone())
        else {
            return;
        };
        let (prober, post, attempt) = (self.prober.clone(), self.post.clone(), committing.attempt);
        tokio::spawn(async move {
            let finding = tokio::spawn(async move { prober.find_outcome(&remediation, &committing).await });
            let news = finding.await.unwrap_or_else(|crash| crashed(Stage::Apply, &crash.to_string()));
            drop(post.send(Msg::Remediation { attempt, news }));
        });
    }
}

/// The signals that end the program, heard from now on.
///
/// # Errors
/// If the system gives no signal handlers.
pub fn signals() -> std::io::Result<Vec<(Signal, SignalStream)>> {
    let kinds = [
        (Signal::Terminate, SignalKind::terminate()),
        (Signal::HangUp, SignalKind::hangup()),
        (Signal::Interrupt, SignalKind::interrupt()),
        (Signal::Quit, SignalKind::quit()),
    ];
    kinds.into_iter().map(|(name, kind)| signal(kind).map(|stream| (name, stream))).collect()
}

/// Asks a check in a task of its own, so that a defect in it becomes an answer and not the end.
async fn ask(prober: Prober, check: Check, stop: Stop) -> Answer {
    let masker = prober.masker().clone();
    let asked = tokio::spawn(async move { prober.ask(&check, stop).await });
    asked.await.unwrap_or_else(|crash| Answer {
        finding: Finding::Crashed(text::line(&masker.mask(&crash.to_string())).into_owned()),
        values: crate::base::Values::new(),
        seen: String::new(),
        duration: Duration::ZERO,
    })
}

fn not_started(stage: Stage, why: &str) -> RemediationNews {
    ended(stage, Outcome::RolledBack, format!("not started, because it could not be recorded: {why}"))
}

fn crashed(stage: Stage, why: &str) -> RemediationNews {
    ended(stage, Outcome::Unknown, format!("a defect of fracas: {why}"))
}

fn ended(stage: Stage, outcome: Outcome, message: String) -> RemediationNews {
    let problem = Some(Problem { message, ..Problem::default() });
    match stage {
        Stage::Rehearse => RemediationNews::Rehearsed { server: None, results: Vec::new(), problem, duration: Duration::ZERO },
        Stage::Apply => RemediationNews::Settled {
            outcome,
            results: Vec::new(),
            problem,
            transaction: None,
            exit: None,
            seen: String::new(),
            duration: Duration::ZERO,
        },
    }
}
