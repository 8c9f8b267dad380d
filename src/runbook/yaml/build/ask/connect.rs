//! `connect`: how far one gets on the way to a target. Never takes an address: targets have names.

use crate::runbook::ask::Ask;
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

/// The target.
pub(super) fn read(builder: &mut Builder<'_>, node: &Node, written: wire::Check) -> Option<Ask> {
    builder.known_target(&written.connect?, place(node, "connect")).map(Ask::Connect)
}
