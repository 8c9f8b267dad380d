//! A finished incident, or an open one as far as it got, played in the same screen. It takes no lock, asks no check and
//! writes nothing.

use crate::tui::replay::Recording;
use crate::tui::{Background, is_terminal};
use crate::world::clock::Stopwatch;

use super::failure::{Failure, Outcome};
use super::{drill, open, past, tokio_runtime};

pub(super) fn replay(wanted: &str) -> Result<Outcome, Failure> {
    let stored = past::stored(&past::home()?, wanted)?;
    let runbook = past::bare_runbook(&stored)?;
    if !is_terminal() {
        return Err(Failure::usage(format!("a replay needs a terminal; `fracas timeline {}` prints the entries", stored.id)));
    }
    let truth = stored.incident.opened().and_then(drill::known_truth);
    let background = Background { name: stored.id.to_string(), truth };
    let inputs = stored.incident.inputs();
    let recording = Recording { runbook, inputs, entries: stored.incident.into_entries() };
    if recording.entries.is_empty() {
        return Err(Failure::outside(format!("the timeline of {} is empty", stored.id)));
    }
    tokio_runtime()?.block_on(async {
        let mut screen = open::open_screen()?;
        let watch = Stopwatch::start();
        let played = screen.replay(recording, background, || watch.elapsed()).await;
        drop(screen);
        // A terminal that has gone has nobody left to be told.
        let _ = played;
        Ok(Outcome::Done)
    })
}
