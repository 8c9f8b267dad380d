//! The process group of a command. Never signals a group that may already be somebody else's: once it is
//! seen empty it is left alone.

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use tokio::process::Child;

use crate::world::clock::Stopwatch;

/// How often it is looked whether a group is empty; nothing tells.
const LOOK: Duration = Duration::from_millis(10);

/// A process and what it started. Killed when dropped before it was ended.
pub(super) struct Group(Option<Pid>);

impl Group {
    /// The group that a child leads.
    pub(super) fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw))
    }

    /// Asks every member to end, and makes those end that have not after `grace`.
    pub(super) async fn end(&mut self, grace: Duration) {
        let Some(leader) = self.0 else { return };
        let watch = Stopwatch::start();
        // Until it leads a group of its own, only the child itself can be told.
        if kill_process_group(leader, Signal::TERM).is_err() {
            let _ = kill_process(leader, Signal::TERM);
        }
        while test_kill_process_group(leader).is_ok() {
            if watch.elapsed() >= grace {
                let _ = kill_process_group(leader, Signal::KILL);
            }
            // A killed process needs a moment, and its parent to fetch it; nobody waits for ever.
            if watch.elapsed() >= grace + Duration::from_secs(1) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
