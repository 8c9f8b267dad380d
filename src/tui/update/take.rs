//! What can be read in full and taken along: answers, plans, entries, as text. Never more than the screen may show: what is
//! secret was masked before it got here.

use crate::base::id::Id;
use crate::engine::Session;
use crate::runbook::model::Ask;
use crate::timeline::incident::RemediationRecord;
use crate::tui::highlight::Language;
use crate::tui::popup::reader::Reader;
use crate::tui::ui::{Row, Ui};

use super::Act;

/// The answer of a check to read: what was asked, what was expected, what came back.
pub(super) fn answer(session: &Session, check: &Id) -> Reader {
    let title = session.runbook.check(check).map_or(check.as_str(), |(_, check)| &check.title);
    Reader::new(title, &of_check(session, check)).in_language(Language::Answer).of_check(check.clone())
}

/// Copies the selected row.
pub(super) fn row(ui: &mut Ui, session: &Session, row: &Row) -> Vec<Act> {
    let text = of_row(ui, session, row);
    copied(ui, text)
}

/// Copies a text, and says so.
pub(super) fn copied(ui: &mut Ui, text: String) -> Vec<Act> {
    let lines = text.lines().count();
    ui.say(format!("{lines} {} for the clipboard, if this terminal lets programs write there", if lines == 1 { "line" } else { "lines" }));
    vec![Act::Copy(text)]
}

/// A row with everything that is known of it.
pub(super) fn of_row(ui: &Ui, session: &Session, row: &Row) -> String {
    match row {
        Row::Check(check) => {
            let title = session.runbook.check(check).map_or(check.as_str(), |(_, check)| &check.title);
            format!("{title}\n{}", of_check(session, check))
        }
        Row::Remediation(id) => {
            let title = session.runbook.remediation(id).map_or(id.as_str(), |(_, remediation)| &remediation.title);
            let planned = session.incident.remediations.get(id).map(of_plan);
            let spelled = || session.runbook.remediation(id).map(|(_, remediation)| remediation.act.spelled().text).unwrap_or_default();
            format!("{title}\n\n{}", planned.filter(|text| !text.is_empty()).unwrap_or_else(spelled))
        }
        Row::Task(id) => {
            let Some((_, task)) = session.runbook.task(id) else { return id.to_string() };
            let names = &ui.facts().names;
            let why = task.why.as_ref().map(|why| format!("\n\n{}", why.render(names))).unwrap_or_default();
            let evidence = session.incident.ticks.get(id).and_then(|tick| tick.evidence.as_ref());
            let evidence = evidence.map(|evidence| format!("\n\nevidence: {evidence}")).unwrap_or_default();
            format!("{}{why}{evidence}", task.title.render(names))
        }
    }
}

/// The statements of a plan, as they would run.
pub(super) fn of_plan(record: &RemediationRecord) -> String {
    let steps = record.planned.iter().flat_map(|planned| &planned.steps);
    steps.map(|step| step.text.as_str()).collect::<Vec<_>>().join("\n\n")
}

/// All that was seen of a check: the full answer while the program remembers it, its end later.
pub(in crate::tui) fn of_check(session: &Session, id: &Id) -> String {
    let record = session.incident.checks.get(id);
    let full = session.live(id).map(|live| live.seen.as_str()).filter(|seen| !seen.is_empty());
    let seen = full.or(record.map(|record| record.seen.as_str())).unwrap_or_default();
    let is_asking = session.is_asking(id);
    let reason = record.map_or(if is_asking { "being asked" } else { "not asked yet" }, |record| record.reason.as_str());
    let Some((_, check)) = session.runbook.check(id) else { return format!("{reason}\n\n{seen}") };
    let expected = check.expect.as_ref().map(|expect| format!("expected: {}\n", expect.source())).unwrap_or_default();
    let asked = check.ask.spelled();
    let seen = if matches!(check.ask, Ask::Connect(_)) { rungs(seen) } else { seen.to_owned() };
    format!("{reason}\n{expected}\n{seen}\n\nasked ({}):\n{}", asked.what, asked.text.trim_end())
}

/// A ladder drawn as one: what held is hung up on the rail, and what broke ends it.
fn rungs(seen: &str) -> String {
    let drawn = seen.lines().map(|line| match line.chars().next() {
        Some('✓') => format!("├─{line}"),
        Some('✗') => format!("└─{line}"),
        _ => line.to_owned(),
    });
    drawn.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_has_a_rail() {
        assert_eq!(rungs("at h\n✓ name  1 ms\n✗ TLS  2 ms"), "at h\n├─✓ name  1 ms\n└─✗ TLS  2 ms");
    }
}
