//! One message in, entries and effects out. Pure: no clock, no waiting, no errors.

use super::effect::Effects;
use super::msg::Msg;
use super::session::Session;
use crate::base::stamp::Stamp;

/// Takes one message into account.
pub fn update(_session: &mut Session, _at: Stamp, _msg: Msg) -> Effects {
    Vec::new()
}
