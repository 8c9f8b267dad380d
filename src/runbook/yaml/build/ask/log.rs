//! `log`: where the lines come from and what they are held against. Never asks nothing of a log.

use crate::runbook::ask::{Ask, Log, LogSource};
use crate::runbook::pattern::Pattern;
use crate::runbook::yaml::build::Builder;
use crate::runbook::yaml::build::value::place;
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

/// The lines of a log.
pub(super) fn read(builder: &mut Builder<'_>, check: &Node, written: wire::Check) -> Option<Ask> {
    let written = written.log?;
    let node = check.get("log")?;
    if written.none_of.is_empty() && written.all_of.is_empty() && written.in_order.is_empty() {
        let help = "add `none_of`, `all_of` or `in_order` with regular expressions";
        builder.report.error(node.first_place(), "missing-key", "it is not said what to look for in the log", help);
    }
    let none_of = patterns(builder, node, "none_of", &written.none_of);
    let all_of = patterns(builder, node, "all_of", &written.all_of);
    let in_order = patterns(builder, node, "in_order", &written.in_order);
    let same = written.same.and_then(|same| shared(builder, node, &same));
    let source = source(builder, node, written.file, written.command)?;
    Some(Ask::Log(Log { source, none_of, all_of, in_order, same }))
}

fn source(builder: &mut Builder<'_>, node: &Node, file: Option<String>, command: Option<wire::CommandForm>) -> Option<LogSource> {
    match (file, command) {
        (Some(file), None) => {
            if file.is_empty() || file.contains('\0') {
                builder.report.error(place(node, "file"), "bad-value", "this is no name of a file", "such as logs/worker.log");
            }
            Some(LogSource::File(file))
        }
        (None, Some(command)) => Some(LogSource::Command(builder.command(node, command, None, None))),
        (None, None) => {
            let help = "add `file: PATH` or `command: LINE`";
            builder.report.error(node.first_place(), "missing-key", "it is not said where the log is", help);
            None
        }
        (Some(_), Some(_)) => {
            let both: Vec<_> = node.entries().iter().filter(|(key, _)| ["file", "command"].contains(&key.name.as_str())).collect();
            let at = both.last().map_or(node.place, |(key, _)| key.place);
            builder.report.error(at, "two-kinds", "a log is a `file` or comes from a `command`, not both", "make two checks of it");
            None
        }
    }
}

fn patterns(builder: &mut Builder<'_>, node: &Node, key: &str, written: &[String]) -> Vec<Pattern> {
    let places: Vec<_> = node.get(key).into_iter().flat_map(Node::items).map(|item| item.place).collect();
    let mut patterns = Vec::new();
    for (n, source) in written.iter().enumerate() {
        let at = places.get(n).copied().unwrap_or(node.place);
        if source.is_empty() {
            builder.report.error(at, "empty", "an empty pattern matches every line", "say what to look for");
        }
        patterns.extend(builder.pattern(at, source));
    }
    patterns
}

/// What the lines of `in_order` share.
fn shared(builder: &mut Builder<'_>, node: &Node, written: &str) -> Option<Pattern> {
    let same = builder.pattern(place(node, "same"), written)?;
    if builder.report.is_known_good {
        return Some(same);
    }
    if !same.has_group() {
        let help = r"put parentheses around what is the same, as in requestId=(\S+)";
        builder.report.error(place(node, "same"), "bad-pattern", "this pattern captures nothing", help);
    }
    if node.get("in_order").is_none()
        && let Some((key, _)) = node.entry("same")
    {
        builder.report.error(key.place, "misplaced", "`same` goes with `in_order`", "leave it out, or list the lines under `in_order`");
    }
    Some(same)
}
