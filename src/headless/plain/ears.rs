//! Lines as they are typed or piped in, from a thread of their own: nobody waits for one who must hear something else.
//! Never decides what a line means, and never leaves a terminal without its echo.

use std::io::{BufRead as _, IsTerminal as _, StdinLock, stdin};
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::select_all;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::Signal as Signals;
use tokio::sync::mpsc::{Receiver, channel};

use crate::engine::msg::Signal;
use crate::runtime::signals;

/// The longest line that is taken, in bytes: a note, not a log file.
const LONGEST: usize = 64 * 1024;

/// Lines that may wait: a person types one, and a pipe waits.
const WAITING: usize = 16;

/// What came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line, without its end.
    Line(String),
    /// One that was too long.
    TooLong,
    /// There will be no more.
    End,
}

/// The lines that nobody hears at this moment: standard input has one reader as long as the program runs, which has read on
/// by the time that one incident is left for another.
static LINES: Mutex<Option<Receiver<Typed>>> = Mutex::new(None);

/// Standard input and the signals that end the program.
pub(super) struct Ears {
    /// There as long as these ears are.
    lines: Option<Receiver<Typed>>,
    /// Whether somebody types.
    pub(super) is_terminal: bool,
    told: Vec<(Signal, Signals)>,
}

impl Ears {
    /// Begins to listen, or goes on where somebody else ended.
    pub(super) fn open() -> std::io::Result<Self> {
        let handed_on = LINES.lock().unwrap_or_else(PoisonError::into_inner).take();
        let lines = Some(handed_on.map_or_else(read_on, Ok)?);
        Ok(Self { lines, is_terminal: stdin().is_terminal(), told: signals()? })
    }

    /// Waits for the next line; safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Typed {
        heard(&mut self.lines).await
    }

    /// The same while nobody else hears signals; one of them is the end.
    pub(super) async fn next_or_signal(&mut self) -> Typed {
        tokio::select! {
            biased;
            _ = select_all(self.told.iter_mut().map(|(_, stream)| Box::pin(stream.recv()))) => Typed::End,
            typed = heard(&mut self.lines) => typed,
        }
    }

    /// A signal that came while nobody else heard it.
    pub(super) fn missed(&mut self) -> Option<Signal> {
        self.told.iter_mut().find_map(|(name, stream)| stream.recv().now_or_never().flatten().map(|()| *name))
    }

    /// Turns the echo of a terminal off until the guard is dropped.
    pub(super) fn hush(&self) -> Option<Hushed> {
        self.is_terminal.then(Hushed::begin).flatten()
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        *LINES.lock().unwrap_or_else(PoisonError::into_inner) = self.lines.take();
    }
}

async fn heard(lines: &mut Option<Receiver<Typed>>) -> Typed {
    match lines {
        Some(lines) => lines.recv().await.unwrap_or(Typed::End),
        None => Typed::End,
    }
}

/// Reads standard input to its end.
fn read_on() -> std::io::Result<Receiver<Typed>> {
    let (post, lines) = channel(WAITING);
    std::thread::Builder::new().name("lines".to_owned()).spawn(move || {
        let mut lines = stdin().lock();
        loop {
            let typed = read(&mut lines);
            let is_over = typed == Typed::End;
            if post.blocking_send(typed).is_err() || is_over {
                return;
            }
        }
    })?;
    Ok(lines)
}

/// A terminal that does not show what is typed.
pub(super) struct Hushed(Termios);

impl Hushed {
    fn begin() -> Option<Self> {
        let before = tcgetattr(stdin()).ok()?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        silent.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(stdin(), OptionalActions::Now, &silent).ok()?;
        Some(Self(before))
    }
}

impl Drop for Hushed {
    fn drop(&mut self) {
        // A terminal that has gone needs no echo.
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// The next line; bytes that are no text become visible as such.
fn read(lines: &mut StdinLock<'_>) -> Typed {
    let mut bytes = Vec::new();
    match lines.read_until(b'\n', &mut bytes) {
        Err(_) | Ok(0) => Typed::End,
        Ok(_) if bytes.len() > LONGEST => Typed::TooLong,
        Ok(_) => Typed::Line(String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned()),
    }
}
