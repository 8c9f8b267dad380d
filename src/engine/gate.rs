//! The one gate: may this be done now, and if not, why not? Asked by keys, footer and headless alike, so
//! that a greyed-out action and a refused one always give the same reason. Never changes anything.

use super::msg::Command;
use super::session::Session;
use crate::base::stamp::Stamp;

/// Why something cannot be done now, and what to do instead; one sentence.
pub type Why = String;

/// Whether a command is possible now.
///
/// # Errors
/// Why it is not.
pub fn may(_session: &Session, _now: Stamp, _command: &Command) -> Result<(), Why> {
    Ok(())
}
