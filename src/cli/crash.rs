//! A defect of ours ends in one sentence and exit code 70. Never shows what a panic says: its text may hold
//! anything, secrets too, so only the place in the source is told.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use super::failed;
use super::failure::Failure;

thread_local! {
    /// Where this thread panicked last.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs the whole program. A panic on another thread stays silent: whoever waits for that thread reports it,
/// as a check that crashed for example.
pub(super) fn guard(program: impl FnOnce() -> ExitCode) -> ExitCode {
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().map(ToString::to_string);
        PLACE.with(|last| last.replace(place));
    }));
    panic::catch_unwind(AssertUnwindSafe(program)).unwrap_or_else(|_| {
        let place = PLACE.with(RefCell::take).unwrap_or_else(|| "an unknown place".to_owned());
        failed(Failure::bug(format!(
            "a defect of fracas ended it at {place}; please report it. What is on the timeline is kept, and `fracas resume` goes on with \
             an open incident"
        )))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::panic, reason = "that is what is tested")]
    fn a_panic_becomes_exit_code_70() {
        let before = panic::take_hook();
        let fine = guard(|| ExitCode::from(4));
        let panicked = guard(|| panic!("with a secret"));
        let place = PLACE.with(|last| last.borrow().clone());
        panic::set_hook(before);
        assert_eq!((fine, panicked), (ExitCode::from(4), ExitCode::from(70)));
        assert_eq!(place, None, "it was told");
    }
}
