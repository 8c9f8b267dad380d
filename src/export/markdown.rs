//! The post-incident report. Its parts stand in the order in which people read such reports; each subject is
//! one file. Never leaves a part out in silence: where nothing happened, it says so.

mod asked;
mod decisions;
mod follow_up;
mod impact;
mod people;
mod recovery;
mod summary;
mod timeline;
mod verification;

use crate::present::questions::Topic;

use super::account::Account;
use super::page::Page;

/// A part of the report.
pub(super) struct Part {
    /// Its name within a document.
    pub(super) id: &'static str,
    /// Its heading; the first part has the title of the whole.
    pub(super) title: &'static str,
    /// What stands below the heading.
    pub(super) tell: fn(&Account<'_>, &mut Page),
}

const fn part(id: &'static str, title: &'static str, tell: fn(&Account<'_>, &mut Page)) -> Part {
    Part { id, title, tell }
}

/// The part that other forms may draw in their own way.
pub(super) const TIMELINE: &str = "timeline";

/// What a review reads first stands first: what happened and what it did, why, and then in which order.
#[expect(clippy::redundant_closure_for_method_calls, reason = "a method itself is not general over how long its incident lives")]
pub(super) const PARTS: &[Part] = &[
    part("summary", "Executive Summary", |account, page| account.executive_summary(page)),
    part("impact", "Impact Assessment", |account, page| account.impact(page)),
    part("root-causes", "Root Causes", |account, page| account.root_causes(page)),
    part("trigger", "Trigger", |account, page| account.answers(page, Topic::Trigger)),
    part("detection", "Detection", |account, page| account.detection(page)),
    part(TIMELINE, "Timeline", |account, page| account.timeline(page)),
    part("recovery", "Recovery Actions", |account, page| account.recovery_actions(page)),
    part("verification", "Verification", |account, page| account.verification(page)),
    part("asked", "Asked Beside the Runbook", |account, page| account.asked_beside(page)),
    part("success", "Success Criteria", |account, page| account.success_criteria(page)),
    part("decisions", "Decisions", |account, page| account.decisions(page)),
    part("people", "Roles, Handovers and Messages", |account, page| account.people(page)),
    part("notes", "Notes", |account, page| account.notes(page)),
    part("lessons", "Lessons Learned", |account, page| account.lessons_learned(page)),
    part("prevention", "Preventive Measures", |account, page| account.prevention(page)),
    part("further", "Further Questions", |account, page| account.answers(page, Topic::Other)),
    part("actions", "Action Items", |account, page| account.action_items(page)),
    part("evidence", "Evidence", |account, page| account.evidence(page)),
    part("related", "Related Files", |account, page| account.related_files(page)),
    part("contact", "Contact", |account, page| account.contact(page)),
];

/// The report.
pub(super) fn markdown(account: &Account<'_>) -> String {
    let mut page = Page::default();
    account.title(&mut page);
    for part in PARTS {
        let mut below = Page::default();
        (part.tell)(account, &mut below);
        let below = below.finish();
        // Only what nobody asked about says nothing.
        if !below.is_empty() {
            page.heading(2, part.title);
            page.block(&below);
        }
    }
    account.origin(&mut page);
    page.finish()
}
