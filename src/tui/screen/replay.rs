//! The loop of a replay: keys first, then the watcher's clock. Nothing behind it could act: there is no runtime, no
//! journal, no connection.

use std::io;
use std::time::Duration;

use crate::tui::input::{Input, is_gone};
use crate::tui::replay::{Player, Recording, Wish, press};
use crate::tui::ui::{Background, Ui};
use crate::tui::view::draw;

use super::{CALM, LIVELY, News, Screen};

impl Screen {
    /// Plays an incident until the watcher has seen enough, or the terminal is gone. `watch` says how long this has been
    /// going on; it never runs backwards.
    ///
    /// # Errors
    /// What the terminal refused.
    pub async fn replay(&mut self, recording: Recording, background: Background, watch: impl Fn() -> Duration) -> io::Result<()> {
        let mut ui = Ui::new(self.theme);
        ui.background = background;
        let mut player = Player::new(recording);
        let mut seen = watch();
        loop {
            let was_over = player.session().incident.resolved.is_some();
            if player.settle() {
                ui.session_changed();
                if was_over != player.session().incident.resolved.is_some() {
                    ui.follow_the_work();
                }
            }
            player.tell(&mut ui);
            let now = player.now();
            self.screenful.draw(|frame| draw(player.session(), &mut ui, now, frame))?;
            match self.next(if player.is_playing() { LIVELY } else { CALM }).await {
                News::Input(first) => {
                    let mut input = Some(first);
                    while let Some(came) = input {
                        let Input::Event(event) = came else { return Ok(()) };
                        match press(&mut ui, &mut player, &event) {
                            Wish::None => {}
                            Wish::Suspend => self.suspend(true).await?,
                            Wish::Redraw => self.forget_what_is_drawn()?,
                            Wish::End => return Ok(()),
                        }
                        input = self.inputs.ready();
                    }
                }
                News::Stop => self.suspend(false).await?,
                News::Continued => {
                    self.guard.retake()?;
                    self.forget_what_is_drawn()?;
                }
                News::Told => return Ok(()),
                News::Tick if is_gone() => return Ok(()),
                News::Tick | News::Resized => {}
            }
            let now = watch();
            player.advance(now.saturating_sub(std::mem::replace(&mut seen, now)));
        }
    }
}
