//! The post-incident report. Its parts stand in the order in which people read such reports; each part is
//! one file. Never leaves a part out in silence: where nothing happened, it says so.

mod decisions;
mod follow_up;
mod impact;
mod recovery;
mod summary;
mod verification;

use std::sync::Arc;

use crate::base::Values;
use crate::base::stamp::Stamp;
use crate::engine::Session;
use crate::engine::session::CriterionState;
use crate::present::story;
use crate::present::words;
use crate::timeline::Entry;
use crate::timeline::measure::Measures;

use super::Case;
use super::page::{Page, inline};

/// The report of a case.
#[must_use]
pub fn markdown(case: Case<'_>) -> String {
    let report = Report::of(case);
    let mut page = Page::default();
    report.title(&mut page);
    report.executive_summary(&mut page);
    report.timeline(&mut page);
    report.impact(&mut page);
    report.root_causes(&mut page);
    report.recovery_actions(&mut page);
    report.verification(&mut page);
    report.success_criteria(&mut page);
    report.notes(&mut page);
    report.decisions(&mut page);
    report.lessons_learned(&mut page);
    report.action_items(&mut page);
    report.related_files(&mut page);
    report.contact(&mut page);
    page.finish()
}

/// A case with what all parts of its report need.
struct Report<'a> {
    case: Case<'a>,
    /// The fold, for what only the engine knows: which steps apply, which criteria hold. Without secret inputs.
    session: Session,
    names: Values,
    measures: Measures,
    /// The criteria as they stood at the end, or as they stand.
    criteria: Vec<CriterionState>,
}

impl<'a> Report<'a> {
    fn of(case: Case<'a>) -> Self {
        let session = session_of(case);
        let until = case.incident.entries().last().map(|entry| entry.at);
        let measures = until.map(|until| Measures::of(case.incident, case.runbook, until)).unwrap_or_default();
        let criteria = criteria_at_the_end(&session);
        Self { case, names: session.names(), session, measures, criteria }
    }

    fn entries(&self) -> &'a [Entry] {
        self.case.incident.entries()
    }

    /// The incident's clock at a moment: `00:14:03`.
    fn clock(&self, at: Stamp) -> String {
        words::clock(self.case.incident.since_began(at))
    }

    /// An entry as one line of Markdown, with its mark.
    fn story(&self, entry: &Entry) -> String {
        let story = story::line(entry, self.entries(), self.case.runbook, &self.names);
        format!("{} {}", story.mark.symbol(crate::present::Symbols::Unicode), inline(&story.text))
    }

    fn timeline(&self, page: &mut Page) {
        page.heading(2, "Timeline");
        let rows = self.entries().iter().map(|entry| {
            let wall = entry.at.wall.format("%Y-%m-%d %H:%M:%S").to_string();
            [wall, self.clock(entry.at), inline(&entry.by), self.story(entry)]
        });
        page.table(["Time (UTC)", "Clock", "By", "What happened"], rows);
    }
}

/// The criteria as they stood at the end, or as they stand.
pub(super) fn criteria_of(case: Case<'_>) -> Vec<CriterionState> {
    criteria_at_the_end(&session_of(case))
}

/// Without the answers to secret questions: they are not on the timeline.
fn session_of(case: Case<'_>) -> Session {
    let inputs = case.incident.opened().map(|opened| opened.inputs.clone()).unwrap_or_default();
    Session::new(Arc::clone(case.runbook), case.incident.clone(), inputs, case.incident.lead.clone())
}

fn criteria_at_the_end(session: &Session) -> Vec<CriterionState> {
    let mut criteria = session.criteria();
    for state in &mut criteria {
        let recorded = session.incident.resolved.iter().flat_map(|(_, resolved)| &resolved.success);
        if let Some(recorded) = recorded.into_iter().find(|recorded| recorded.id == state.id) {
            state.held = recorded.held;
            state.because.clone_from(&recorded.because);
        }
    }
    criteria
}
