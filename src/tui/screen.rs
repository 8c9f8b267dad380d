//! The loop: keys first, then news, then the clock; a frame only when something has changed. Nothing is
//! awaited while a key is handled, and nothing is decided here.

mod form;
pub mod home;
mod replay;

use std::collections::BTreeMap;
use std::io;
use std::mem::ManuallyDrop;
use std::time::Duration;

use crossterm::event::Event;
use futures_util::FutureExt as _;
use futures_util::future::select_all;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::time::sleep;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::engine::msg::Signal;
use crate::engine::{Command, Ending, Msg, Session};
use crate::present::{Mark, Symbols};
use crate::runbook::Runbook;
use crate::runtime::{Runtime, Stepped, signals};
use crate::timeline::event::Evidence;

use super::clipboard;
use super::ink;
use super::input::{Input, Inputs, is_gone};
use super::missed::Missed;
use super::options::Options;
use super::outside::Outside;
use super::popup::Popup;
use super::popup::frame::put;
use super::term::{Guard, Screenful};
use super::theme::{Theme, Tone};
use super::ui::{Background, Ui};
use super::update::{Act, handle};
use super::view::draw;

use home::{Choice, HomeRow};

/// The time between two frames while something runs: ten a second are enough to see it live.
const LIVELY: Duration = Duration::from_millis(100);
/// The clocks on the screen show seconds.
const CALM: Duration = Duration::from_secs(1);
/// Messages taken in one go before keys get their turn again.
const AT_ONCE: usize = 256;

/// The terminal, taken over.
pub struct Screen {
    /// Never dropped: it would write to standard error when it cannot show the cursor, and so panic when the
    /// terminal has gone. The guard shows the cursor.
    screenful: ManuallyDrop<Screenful>,
    pub(super) inputs: Inputs,
    pub(super) stops: Signals,
    continues: Signals,
    resizes: Signals,
    /// What ends the program. While an incident is worked on, its runtime hears them too.
    told: Vec<(Signal, Signals)>,
    theme: Theme,
    options: Options,
    /// What the terminal was told beside the picture.
    outside: Outside,
    pub(super) guard: Guard,
}

/// What came in.
enum News {
    Input(Input),
    Stop,
    Continued,
    Resized,
    Told,
    Tick,
}

/// What came in for a page that is no incident.
enum PageNews {
    Event(Event),
    Gone,
    None,
}

/// The terminal, taken over, while nobody listens to it yet: what a first frame needs, and no more.
pub struct Curtain {
    screenful: Screenful,
    options: Options,
    guard: Guard,
    missed: Missed,
}

impl Curtain {
    /// Takes the terminal over. Needs one: see [`super::is_terminal`].
    ///
    /// # Errors
    /// What the terminal refused.
    pub fn take(options: Options) -> io::Result<Self> {
        let missed = Missed::watch()?;
        let guard = Guard::take(options.mouse)?;
        Ok(Self { screenful: Guard::screenful()?, options, guard, missed })
    }

    /// Shows an incident before there is anything behind it that could act.
    ///
    /// # Errors
    /// What the terminal refused.
    pub fn show(&mut self, session: &Session, now: Stamp) -> io::Result<()> {
        let mut ui = self.options.ui();
        self.screenful.draw(|frame| draw(session, &mut ui, now, frame)).map(|_| ())
    }

    /// Begins to listen to keys and signals. Needs a tokio runtime.
    ///
    /// # Errors
    /// What the operating system refused.
    pub fn listen(self) -> io::Result<Screen> {
        let screen = Screen {
            screenful: ManuallyDrop::new(self.screenful),
            inputs: Inputs::listen()?,
            stops: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            continues: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            resizes: signal(SignalKind::window_change())?,
            told: signals()?,
            theme: self.options.theme,
            options: self.options,
            outside: Outside::default(),
            guard: self.guard,
        };
        self.missed.send_again()?;
        Ok(screen)
    }
}

impl Screen {
    /// Shows how far something is that takes a moment: `about` it, the steps so far, of which the last is
    /// under way, and what comes `next`.
    ///
    /// # Errors
    /// What the terminal refused.
    pub fn notice(&mut self, title: &str, about: &str, steps: &[String], next: &str) -> io::Result<()> {
        let theme = self.theme;
        self.screenful.draw(|frame| {
            let area = frame.area();
            frame.buffer_mut().set_style(area, theme.ground());
            let columns = usize::from(area.width).saturating_sub(4).max(1);
            let wrapped = |words: &str, tone| ink::wrap(words, columns).into_iter().map(move |line| Line::styled(line, theme.style(tone)));
            let mut text: Vec<Line<'_>> = wrapped(title, Tone::Strong).collect();
            text.extend(wrapped(about, Tone::Dim));
            text.push(Line::default());
            for (place, step) in steps.iter().enumerate() {
                let (mark, tone) = if place + 1 < steps.len() { (Mark::Passed, Tone::Good) } else { (Mark::Open, Tone::Lively) };
                let mark = ink::span(format!("{} ", mark.symbol(Symbols::Unicode)), theme.style(tone));
                text.push(Line::from(vec![mark, ink::span(ink::fit(step, columns.saturating_sub(2)), theme.style(Tone::Plain))]));
            }
            text.push(Line::default());
            text.extend(wrapped(next, Tone::Dim));
            let area = area.inner(Margin { horizontal: 2, vertical: 1 });
            for (row, line) in text.iter().enumerate() {
                put(frame.buffer_mut(), area, row, line);
            }
            if theme.ascii {
                ink::to_ascii(frame.buffer_mut());
            }
        })?;
        Ok(())
    }

    /// Works on an incident until the program is to end. A terminal that goes away, which may first be noticed
    /// anywhere, is the same as SIGHUP.
    pub async fn run(&mut self, runtime: &mut Runtime, background: Background) -> Ending {
        let mut ui = self.options.ui();
        ui.background = background;
        // A signal that came while nobody was there yet to hear it.
        if let Some(told) = self.told.iter_mut().find_map(|(name, stream)| stream.recv().now_or_never().flatten().map(|()| *name)) {
            let mut stepped = runtime.step(Msg::Told(told));
            if let Some(ending) = say(&mut ui, &mut stepped) {
                return ending;
            }
        }
        loop {
            // Whatever came changed something: a key, news, or the clocks that show seconds.
            let now = runtime.now();
            if self.screenful.draw(|frame| draw(runtime.session(), &mut ui, now, frame)).is_err() {
                return runtime.hang_up().await;
            }
            self.outside.tell(&self.options, runtime.session(), now);
            let tick = if runtime.session().is_busy() { LIVELY } else { CALM };
            tokio::select! {
                biased;
                news = self.next(tick) => match self.take_in(news, runtime, &mut ui).await {
                    Ok(Taken::Changed) => {}
                    Ok(Taken::Ending(ending)) => return ending,
                    Ok(Taken::Gone) | Err(_) => return runtime.hang_up().await,
                },
                msg = runtime.next() => {
                    let mut stepped = runtime.step(msg);
                    ui.session_changed();
                    for _ in 0..AT_ONCE {
                        if let Some(ending) = say(&mut ui, &mut stepped) {
                            return ending;
                        }
                        let Some(msg) = runtime.ready() else { break };
                        stepped = runtime.step(msg);
                    }
                    if let Some(ending) = say(&mut ui, &mut stepped) {
                        return ending;
                    }
                }
            }
        }
    }

    /// Waits for what comes first.
    async fn next(&mut self, tick: Duration) -> News {
        tokio::select! {
            biased;
            input = self.inputs.next() => News::Input(input),
            _ = self.stops.recv() => News::Stop,
            _ = self.continues.recv() => News::Continued,
            _ = self.resizes.recv() => News::Resized,
            _ = select_all(self.told.iter_mut().map(|(_, stream)| Box::pin(stream.recv()))) => News::Told,
            () = sleep(tick) => News::Tick,
        }
    }

    async fn take_in(&mut self, news: News, runtime: &mut Runtime, ui: &mut Ui) -> io::Result<Taken> {
        match news {
            News::Input(first) => {
                let mut input = Some(first);
                while let Some(came) = input {
                    let Input::Event(event) = came else { return Ok(Taken::Gone) };
                    let now = runtime.now();
                    for act in handle(ui, runtime.session(), now, &event) {
                        match act {
                            Act::Ask(command) => {
                                let by = runtime.session().responder.clone();
                                let mut stepped = runtime.step(Msg::Asked { by, command });
                                ui.session_changed();
                                if let Some(ending) = say(ui, &mut stepped) {
                                    return Ok(Taken::Ending(ending));
                                }
                            }
                            Act::Edit(written) => {
                                let ending = self.edit(&written, runtime, ui).await?;
                                ui.session_changed();
                                if let Some(ending) = ending {
                                    return Ok(Taken::Ending(ending));
                                }
                            }
                            Act::AskInputs { runbook, answers } => {
                                let ending = self.ask_and_join(&runbook, &answers, runtime, ui).await?;
                                if let Some(ending) = ending {
                                    return Ok(Taken::Ending(ending));
                                }
                            }
                            Act::Copy(text) => {
                                if let Err(why) = clipboard::copy(&text).await {
                                    ui.say(why);
                                }
                            }
                            Act::Save { path, text } => ui.say(clipboard::save(&path, &text)),
                            Act::Unpack(evidence) => unpack(&evidence, runtime, ui).await,
                            Act::Suspend => self.suspend(true).await?,
                            Act::Redraw => self.forget_what_is_drawn()?,
                        }
                    }
                    input = self.inputs.ready();
                    // What a plan shows decides what its keys may do: it is drawn before the next key.
                    if input.is_some() && !ui.popups.is_empty() {
                        let now = runtime.now();
                        if self.screenful.draw(|frame| draw(runtime.session(), ui, now, frame)).is_err() {
                            return Ok(Taken::Gone);
                        }
                    }
                }
                Ok(Taken::Changed)
            }
            News::Stop => self.suspend(false).await.map(|()| Taken::Changed),
            News::Continued => {
                // Somebody stopped us without asking: the shell may have changed the terminal meanwhile.
                self.guard.retake()?;
                self.forget_what_is_drawn()?;
                Ok(Taken::Changed)
            }
            News::Tick if is_gone() => Ok(Taken::Gone),
            // The runtime was told as well, and ends in order.
            News::Resized | News::Told | News::Tick => Ok(Taken::Changed),
        }
    }

    async fn suspend(&mut self, whole_group: bool) -> io::Result<()> {
        self.guard.suspend(whole_group, &mut self.continues).await?;
        self.forget_what_is_drawn()
    }

    /// Clears the terminal, so that the next frame is drawn whole, and has its title told again.
    ///
    /// Not by `clear`: that asks the terminal where its cursor is, and fails where the answer is slow or is
    /// taken for a key.
    pub(super) fn forget_what_is_drawn(&mut self) -> io::Result<()> {
        self.outside.forget_title();
        let size = self.screenful.size()?;
        self.screenful.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// The next key or paste for a page that has no incident behind it; none when the terminal has gone.
    async fn key(&mut self) -> io::Result<Option<Event>> {
        loop {
            let news = self.next(CALM).await;
            match self.page_news(news).await? {
                PageNews::Event(event) => return Ok(Some(event)),
                PageNews::Gone => return Ok(None),
                PageNews::None => {}
            }
        }
    }

    /// What came in, for a page that is no incident.
    async fn page_news(&mut self, news: News) -> io::Result<PageNews> {
        Ok(match news {
            News::Input(Input::Event(event)) => PageNews::Event(event),
            News::Input(Input::Gone) | News::Told => PageNews::Gone,
            News::Tick if is_gone() => PageNews::Gone,
            News::Tick => PageNews::None,
            News::Stop => {
                self.suspend(false).await?;
                PageNews::Event(Event::FocusGained)
            }
            News::Continued => {
                self.guard.retake()?;
                self.forget_what_is_drawn()?;
                PageNews::Event(Event::FocusGained)
            }
            News::Resized => PageNews::Event(Event::FocusGained),
        })
    }

    /// Asks for the inputs of a runbook that are not known yet. None if the responder would rather not.
    ///
    /// # Errors
    /// What the terminal refused.
    pub async fn ask_inputs(
        &mut self,
        runbook: &Runbook,
        known: &BTreeMap<String, String>,
    ) -> io::Result<Option<BTreeMap<String, String>>> {
        match form::ask(self, runbook, known, None).await? {
            form::Asked::Answers(answers) => Ok(Some(answers)),
            form::Asked::Cancelled | form::Asked::Ending(_) => Ok(None),
        }
    }

    /// Asks for what another runbook needs to know, and opens it inside the incident; the ending, if the program is to end
    /// meanwhile.
    async fn ask_and_join(
        &mut self,
        runbook: &Id,
        known: &BTreeMap<String, String>,
        runtime: &mut Runtime,
        ui: &mut Ui,
    ) -> io::Result<Option<Ending>> {
        let Some(asking) = runtime.session().shelved(runbook).map(|shelved| shelved.runbook.clone()) else { return Ok(None) };
        let asked = form::ask(self, &asking, known, Some(runtime)).await?;
        ui.session_changed();
        match asked {
            form::Asked::Answers(answers) => {
                let by = runtime.session().responder.clone();
                let before = runtime.session().incident.joined.len();
                let mut stepped = runtime.step(Msg::Asked { by, command: Command::JoinRunbook { runbook: runbook.clone(), answers } });
                if runtime.session().incident.joined.len() > before {
                    ui.popups.clear();
                    ui.follow_the_work();
                }
                Ok(say(ui, &mut stepped))
            }
            form::Asked::Cancelled => Ok(None),
            form::Asked::Ending(ending) => Ok(Some(ending)),
        }
    }

    /// Lets the responder pick what to do. None to leave.
    ///
    /// # Errors
    /// What the terminal refused.
    pub async fn home(&mut self, rows: Vec<HomeRow>) -> io::Result<Option<Choice>> {
        home::pick(self, rows).await
    }
}

/// What became of something that came in.
enum Taken {
    Changed,
    Ending(Ending),
    Gone,
}

/// Shows what a piece of evidence holds below what its entry says, in the reader that was just opened for that.
async fn unpack(evidence: &Evidence, runtime: &Runtime, ui: &mut Ui) {
    let Some(shelf) = runtime.shelf() else { return };
    let wanted = evidence.clone();
    let read = tokio::task::spawn_blocking(move || shelf.read(&wanted)).await;
    let told = match read.map_err(io::Error::other).flatten().map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => "It is no text: another program shows it.".to_owned(),
        Err(why) => format!("It cannot be read: {why}"),
    };
    if let Some(Popup::Reader(reader)) = ui.popups.last_mut() {
        let head = reader.text();
        reader.replace(&format!("{head}\n\n{told}"));
    }
}

/// Passes on what was said; the ending, if it is over.
fn say(ui: &mut Ui, stepped: &mut Stepped) -> Option<Ending> {
    if let Some(said) = stepped.said.pop() {
        ui.say(said);
    }
    stepped.ending.take()
}
