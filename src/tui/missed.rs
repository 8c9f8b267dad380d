//! Signals that come between the first frame and the loop that hears them. The terminal is taken by then, so
//! none may do what it does by default: it is remembered, and sent once more when somebody listens.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::process::{Signal, getpid, kill_process};
use signal_hook::{SigId, flag, low_level};

const REMEMBERED: [Signal; 5] = [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT, Signal::TSTP];

/// Has the signals that end a program end this one, after a screen has had them and is gone.
///
/// # Errors
/// What the system refused.
pub fn let_signals_end() -> io::Result<()> {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        flag::register_conditional_default(signal.as_raw(), Arc::new(AtomicBool::new(true)))?;
    }
    Ok(())
}

/// What came while nobody listened. Forgets it when dropped.
pub(super) struct Missed(Vec<(Signal, SigId, Arc<AtomicBool>)>);

impl Missed {
    /// Begins to remember, and to keep signals from ending or stopping the program.
    pub(super) fn watch() -> io::Result<Self> {
        let mut missed = Self(Vec::new());
        for signal in REMEMBERED {
            let came = Arc::new(AtomicBool::new(false));
            missed.0.push((signal, flag::register(signal.as_raw(), came.clone())?, came));
        }
        Ok(missed)
    }

    /// Sends again what came, now that somebody listens.
    pub(super) fn send_again(mut self) -> io::Result<()> {
        self.forget();
        for (signal, _, came) in &self.0 {
            if came.load(Ordering::SeqCst) {
                kill_process(getpid(), *signal)?;
            }
        }
        Ok(())
    }

    fn forget(&mut self) {
        for (_, registered, _) in &self.0 {
            low_level::unregister(*registered);
        }
    }
}

impl Drop for Missed {
    fn drop(&mut self) {
        self.forget();
    }
}
