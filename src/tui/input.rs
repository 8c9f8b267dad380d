//! Keys as they come, from a thread of their own: the loop never waits for one, and a terminal that has
//! gone away is noticed at once. Never decides what a key means.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsFd as _;
use std::thread::JoinHandle;
use std::time::Duration;

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the terminal has to say.
#[derive(Debug)]
pub(super) enum Input {
    /// A key, a paste or a new size.
    Event(Event),
    /// There is no terminal any more.
    Gone,
}

/// The terminal's end of the conversation. Dropping it ends the thread.
pub(super) struct Inputs {
    events: UnboundedReceiver<Input>,
    /// Its thread sees this pipe close when it is no longer needed.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Inputs {
    /// Starts to listen.
    pub(super) fn listen() -> io::Result<Self> {
        let (stopped, stop) = io::pipe()?;
        let (sender, events) = unbounded_channel();
        let thread = std::thread::Builder::new().name("keys".to_owned()).spawn(move || {
            if read(&stopped, &sender).is_err() {
                let _ = sender.send(Input::Gone);
            }
        })?;
        Ok(Self { events, stop: Some(stop), thread: Some(thread) })
    }

    /// Leaves the keys to somebody else: when this returns, none is taken from them any more.
    pub(super) fn stop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// Waits for the next; safe to drop while waiting.
    pub(super) async fn next(&mut self) -> Input {
        self.events.recv().await.unwrap_or(Input::Gone)
    }

    /// The next if it is there already.
    pub(super) fn ready(&mut self) -> Option<Input> {
        self.events.try_recv().ok()
    }
}

/// Reads until nobody listens.
///
/// crossterm is only asked once there is something to read: at the end of a terminal it would read nothing,
/// for ever, without returning.
fn read(stopped: &PipeReader, sender: &UnboundedSender<Input>) -> io::Result<()> {
    let keyboard = io::stdin();
    loop {
        let mut fds = [PollFd::new(&keyboard, PollFlags::IN), PollFd::from_borrowed_fd(stopped.as_fd(), PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => continue,
            other => other?,
        };
        if !fds[1].revents().is_empty() {
            return Ok(());
        }
        if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut heard = false;
        while event::poll(Duration::ZERO)? {
            heard = true;
            if sender.send(Input::Event(event::read()?)).is_err() {
                return Ok(());
            }
        }
        if !heard {
            // crossterm is told only once that there is something to read, and forgets it where a new size of the terminal
            // is news at the same moment. To set the terminal as it is has the system tell it again.
            tcsetattr(&keyboard, OptionalActions::Now, &tcgetattr(&keyboard)?)?;
        }
    }
}

/// Whether the terminal has gone away: what the thread may be too busy to say.
pub(super) fn is_gone() -> bool {
    let keyboard = io::stdin();
    let mut fds = [PollFd::new(&keyboard, PollFlags::IN)];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
}
