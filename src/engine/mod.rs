//! Floor 3: what happens next. A pure, synchronous core: messages in, entries and effects out. Never
//! reads a clock, never waits, never touches the outside.

mod ahead;
pub mod asked;
pub mod attempt;
pub mod calls;
pub mod checks;
mod deputy;
pub mod effect;
pub mod gate;
mod handover;
pub mod joined;
pub mod letter;
pub mod msg;
pub mod next;
pub mod notify;
pub mod offers;
pub mod record;
pub mod remedy;
pub mod session;
mod turn;
pub mod update;

pub use effect::{Effect, Effects, Ending, Stage};
pub use msg::{Command, Msg};
pub use session::Session;
pub use update::update;
