//! Who did what part, how the lead changed hands, and what was told to whom. Never says that a message was read.

use crate::export::account::{Account, Handover, Message};
use crate::export::page::{Page, entry, inline, under_item};
use crate::export::rich::rich;
use crate::timeline::Event;

impl Account<'_> {
    pub(super) fn people(&self, page: &mut Page) {
        page.heading(3, "Roles");
        page.table(["Role", "Who"], self.roles().into_iter().map(|(role, who)| [inline(role), inline(who)]));
        page.heading(3, "Handovers");
        let handovers = self.handovers();
        if handovers.is_empty() {
            page.block("The lead never changed hands.");
        }
        page.list(handovers.iter().map(|handover| self.handover(handover)));
        let messages = self.messages();
        page.heading(3, "Messages");
        if messages.is_empty() {
            page.block("No channel was told anything by fracas.");
        }
        page.list(messages.iter().map(|message| self.message(message)));
        page.list(self.told_otherwise());
    }

    /// Updates that no channel took: somebody told them in another way.
    fn told_otherwise(&self) -> Vec<String> {
        let told = self.that_hold().filter_map(|given| match &given.event {
            Event::UpdateGiven { text, channels } if channels.is_empty() => {
                let head =
                    format!("**{}** an update by {}, in a way of their own {}", self.clock(given.at), inline(&given.by), entry(given.seq));
                Some(format!("{head}\n\n{}", under_item(&rich(text))))
            }
            _ => None,
        });
        told.collect()
    }

    fn handover(&self, handover: &Handover<'_>) -> String {
        let accepted = match handover.accepted {
            Some(accepted) => {
                format!("acknowledged at {} by {} {}", self.clock(accepted.at), inline(&accepted.by), entry(accepted.seq))
            }
            None => "not acknowledged".to_owned(),
        };
        let Handover { entry: handed, to, brief, .. } = handover;
        let head = format!("**{}** {} to {} {}: {accepted}", self.clock(handed.at), inline(&handed.by), inline(to), entry(handed.seq));
        if brief.trim().is_empty() { head } else { format!("{head}\n\n{}", under_item(&rich(brief))) }
    }

    fn message(&self, message: &Message<'_>) -> String {
        let became = match message.settled.map(|settled| (settled, &settled.event)) {
            Some((settled, Event::MessageLost { why, .. })) => format!("not told: {} {}", inline(why), entry(settled.seq)),
            Some((settled, _)) => format!("told at {} {}", self.clock(settled.at), entry(settled.seq)),
            None => "not told yet".to_owned(),
        };
        let Message { entry: due, channel, text, .. } = message;
        let head = format!("**{}** to {} {}, {became}", self.clock(due.at), inline(channel), entry(due.seq));
        format!("{head}\n\n{}", under_item(&rich(text)))
    }
}
