//! The terminal: taken over whole, given back whole, whatever ends the program. Never leaves it raw, and
//! never draws.

use std::io::{self, IsTerminal as _, Stdout, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::Print;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::Signal;

use super::frames::Frames;

/// How long to wait for SIGCONT after having stopped, should it have been missed.
const CONTINUES_WITHIN: Duration = Duration::from_secs(2);

/// How long the last words to the terminal may be on their way. Once keys are the line's own again, Ctrl-C throws away what the terminal has
/// not taken in yet (termios(3), NOFLSH): its other screen and the mouse would stay. Nothing tells when a pseudo-terminal has taken it in.
const ON_ITS_WAY: Duration = Duration::from_millis(5);

/// The terminal that is drawn on.
pub(super) type Screenful = Terminal<CrosstermBackend<Frames<Stdout>>>;

/// Whether the terminal is taken over right now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the mouse is taken over with it.
static MOUSE: AtomicBool = AtomicBool::new(false);
/// The thread that draws. Only its panics give the terminal back: a panic in a spawned check must not.
static DRAWS: Mutex<Option<ThreadId>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Whether there is a terminal to read keys from and to draw on.
#[must_use]
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The terminal while it is ours. Dropping it gives it back.
pub(super) struct Guard(());

impl Guard {
    /// Takes the terminal over: raw, on its alternate screen, pastes marked, no cursor.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        *DRAWS.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
        HOOK.call_once(guard_against_panics);
        MOUSE.store(mouse, Ordering::SeqCst);
        enter()?;
        Ok(Self(()))
    }

    /// What to draw with.
    pub(super) fn screenful() -> io::Result<Screenful> {
        Terminal::new(CrosstermBackend::new(Frames::new(io::stdout())))
    }

    /// Gives the terminal back for a while; [`Self::retake`] ends that.
    pub(super) fn give_back(&self) {
        let Self(()) = self;
        give_back();
    }

    /// Takes the terminal over once more, after somebody else may have changed its modes.
    pub(super) fn retake(&self) -> io::Result<()> {
        let Self(()) = self;
        // crossterm remembers that it is in raw mode and would do nothing; leaving first makes it real.
        let _ = disable_raw_mode();
        enter()
    }

    /// Gives the terminal back, stops this program as a shell expects of Ctrl-Z, and takes the terminal
    /// again when the program is continued. `whole_group` stops what was started with it too (the key:
    /// a terminal would have sent the signal to all of them); else only this process (the signal).
    pub(super) async fn suspend(&self, whole_group: bool, continued: &mut tokio::signal::unix::Signal) -> io::Result<()> {
        give_back();
        if whole_group {
            rustix::process::kill_current_process_group(Signal::STOP)?;
        } else {
            rustix::process::kill_process(rustix::process::getpid(), Signal::STOP)?;
        }
        let _ = tokio::time::timeout(CONTINUES_WITHIN, continued.recv()).await;
        self.retake()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    // The title is put on the terminal's own pile first, so that it comes back (xterm, "window manipulation" 22 and 23).
    let entered = execute!(io::stdout(), Print("\x1b[22;2t"), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide);
    let entered = entered.and_then(|()| if MOUSE.load(Ordering::SeqCst) { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) });
    if entered.is_err() {
        give_back();
    }
    entered
}

/// Everything back as it was found; without effect if it is not ours. Errors are of no use to anybody
/// here: the terminal may be gone.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show, Print("\x1b[23;2t"));
        let _ = out.flush();
        std::thread::sleep(ON_ITS_WAY);
        let _ = disable_raw_mode();
    }
}

fn guard_against_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let ours = *DRAWS.lock().unwrap_or_else(PoisonError::into_inner) == Some(std::thread::current().id());
        if ours {
            give_back();
        }
        // On another thread while a screen is shown: its words would tear the picture, and its failure is
        // reported where it is waited for.
        if ours || !TAKEN.load(Ordering::SeqCst) {
            before(panic);
        }
    }));
}
