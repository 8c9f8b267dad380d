//! What a person works on an incident with: the screen, or with `--plain` lines on standard output. Never decides anything.

use std::collections::BTreeMap;

use crate::engine::Ending;
use crate::headless::plain::Plain;
use crate::runbook::Runbook;
use crate::runtime::Runtime;
use crate::tui::{Background, Curtain, Screen};

use super::failure::Failure;
use super::open::{lost_terminal, open_screen};
use super::print_while_read;

/// The screen, or lines.
pub(super) enum Face {
    Screen(Box<Screen>),
    Plain(Box<Plain>),
}

impl Face {
    /// Begins to listen to the person. Needs a tokio runtime.
    pub(super) fn open(plain: bool) -> Result<Self, Failure> {
        if plain { Self::plain() } else { open_screen().map(|screen| Self::Screen(Box::new(screen))) }
    }

    /// The same where the terminal may have been taken before.
    pub(super) fn behind(curtain: Option<Curtain>) -> Result<Self, Failure> {
        match curtain {
            Some(curtain) => curtain.listen().map(|screen| Self::Screen(Box::new(screen))).map_err(|error| lost_terminal(&error)),
            None => Self::plain(),
        }
    }

    fn plain() -> Result<Self, Failure> {
        let voice = Box::new(|sentence: &str| print_while_read(sentence).unwrap_or(false));
        Plain::open(voice)
            .map(|plain| Self::Plain(Box::new(plain)))
            .map_err(|error| Failure::outside(format!("standard input cannot be listened to ({error})")))
    }

    /// Asks for the inputs that are not known yet. None when the person would rather not.
    pub(super) async fn ask_inputs(
        &mut self,
        runbook: &Runbook,
        known: &BTreeMap<String, String>,
    ) -> Result<Option<BTreeMap<String, String>>, Failure> {
        match self {
            Self::Screen(screen) => screen.ask_inputs(runbook, known).await.map_err(|error| lost_terminal(&error)),
            Self::Plain(plain) => Ok(plain.ask_inputs(runbook, known).await),
        }
    }

    /// Works on an incident until the program is to end; `name` is what commands call it.
    pub(super) async fn walk(&mut self, runtime: &mut Runtime, name: String, truth: Option<String>) -> Ending {
        match self {
            Self::Screen(screen) => screen.run(runtime, Background { name, truth }).await,
            Self::Plain(plain) => plain.walk(runtime, truth.as_deref()).await,
        }
    }
}
