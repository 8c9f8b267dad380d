//! What remains to be done, where to read on, and whom to ask. Never drops a loose end: what the incident
//! left open is listed beside the author's own follow-up work.

use crate::export::account::{Account, FollowUp};
use crate::export::page::{Page, code, entry, inline};
use crate::present::words::{self, quoted};
use crate::runbook::model::{ActionState, Connection, Target};
use crate::timeline::event::Outcome;

impl Account<'_> {
    pub(super) fn action_items(&self, page: &mut Page) {
        let left_open = self.left_open();
        if !left_open.is_empty() {
            page.heading(3, "Left open by this incident");
            page.list(left_open.into_iter().map(|item| format!("[ ] {item}")));
        }
        let mut any = false;
        for (state, title) in
            [(ActionState::Done, "Completed"), (ActionState::Ongoing, "Ongoing"), (ActionState::Future, "Future considerations")]
        {
            let items: Vec<String> = self.actions.iter().filter(|item| item.action.state == state).map(action_item).collect();
            if !items.is_empty() {
                any = true;
                page.heading(3, title);
                page.list(items);
            }
        }
        if !any {
            page.block("No follow-up work was named.");
        }
    }

    fn left_open(&self) -> Vec<String> {
        let incident = self.case.incident;
        let mut open = Vec::new();
        for (_, remediation) in self.case.runbook.remediations() {
            let record = incident.remediations.get(&remediation.id);
            let unknown = record.and_then(|record| record.settled.as_ref()).is_some_and(|settled| settled.outcome == Outcome::Unknown);
            if unknown || record.is_some_and(|record| record.intended.is_some()) {
                open.push(format!("Find out whether {} took effect", inline(&quoted(&remediation.title))));
            }
        }
        for criterion in self.criteria.iter().filter(|criterion| !criterion.held) {
            open.push(format!("{} ({}): {}", inline(&criterion.title), words::urgency(criterion.urgency), inline(&criterion.because)));
        }
        for (_, check) in self.case.runbook.checks() {
            if let Some(reason) = incident.checks.get(&check.id).and_then(|record| record.overridden.as_ref()) {
                open.push(format!("{} was accepted as it is: {}", inline(&quoted(&check.title)), inline(reason)));
            }
        }
        for (_, step) in self.session.applicable_steps() {
            if let Some(reason) = incident.skipped.get(&step.id) {
                open.push(format!("Step {} was skipped: {}", inline(&quoted(&step.title)), inline(reason)));
                continue;
            }
            let tasks = step.tasks.iter().filter(|task| self.session.applies(&task.id, task.when.as_ref()));
            for task in tasks.filter(|task| !incident.ticks.contains_key(&task.id)) {
                open.push(format!("{} ({})", inline(&task.title.render(&self.names)), inline(&step.title)));
            }
        }
        for escalation in incident.escalations.values().filter(|escalation| escalation.acknowledged.is_none()) {
            open.push(format!("Nobody confirmed having called {}", inline(&escalation.to.join(", "))));
        }
        open
    }

    pub(super) fn related_files(&self, page: &mut Page) {
        let runbook = self.case.runbook;
        let mut items = Vec::new();
        if let Some(opened) = self.case.incident.opened() {
            items.push(format!("Runbook: {} (SHA-256 {})", code(opened.runbook.as_str()), code(&opened.runbook_hash)));
            items.extend(self.case.incident.joined.iter().map(|(at, joined)| {
                let (id, hash) = (code(joined.runbook.as_str()), code(&joined.file.sha256));
                format!("Runbook opened inside it at {}: {id} (SHA-256 {hash})", self.clock(*at))
            }));
            items.push(format!("Timeline: incident {}, fracas {}", code(self.case.id.as_str()), inline(&opened.program)));
        }
        items.extend(runbook.links.iter().map(|link| match &link.title {
            Some(title) => format!("{}: {}", inline(title), inline(&link.url)),
            None => inline(&link.url),
        }));
        items.extend(runbook.related.iter().map(|related| {
            let why = related.why.as_ref().map(|why| format!(": {}", inline(why))).unwrap_or_default();
            format!("Runbook {}{why}", code(related.runbook.as_str()))
        }));
        items.extend(runbook.targets.iter().filter_map(named_source));
        page.list(items);
    }

    pub(super) fn contact(&self, page: &mut Page) {
        page.block("For questions about this incident or how it was handled:");
        let runbook = self.case.runbook;
        let mut items = vec![format!("**Incident lead**: {}", inline(&self.case.incident.lead))];
        items.extend(runbook.owner.as_ref().map(|owner| format!("**Owner of the runbook**: {}", inline(owner))));
        items.extend(runbook.contacts.iter().map(|contact| {
            let reach = contact.reach.as_ref().map(|reach| format!(", {}", inline(reach))).unwrap_or_default();
            format!("{}{reach}", inline(&contact.name))
        }));
        items.push(format!("**Status**: {}", self.status()));
        page.list(items);
    }

    /// What this was made from, so that anybody can hold the one against the other.
    pub(in crate::export) fn origin(&self, page: &mut Page) {
        let Some(last) = self.entries().last() else { return };
        let number = words::count(self.entries().len() as u64, "entry", "entries");
        page.block("---");
        page.block(&format!(
            "*Written by fracas from a timeline of {number}, the last of {}. SHA-256 of its last line:* {}",
            words::moment(last.at.wall),
            code(&self.head)
        ));
        page.block(&format!("{} recomputes it, and says whether the timeline is whole.", code(&format!("fracas verify {}", self.case.id))));
    }
}

fn action_item(item: &FollowUp) -> String {
    let action = &item.action;
    let tick = if action.state == ActionState::Done { "x" } else { " " };
    let owner = action.owner.as_ref().map_or_else(|| "nobody yet".to_owned(), |owner| inline(owner));
    let cited = item.seq.map(|seq| format!(" {}", entry(seq))).unwrap_or_default();
    format!("[{tick}] {} (owner: {owner}){cited}", inline(&action.title))
}

/// Where a connection is configured, so that a reader knows which setting was used.
fn named_source(target: &Target) -> Option<String> {
    let mut connection = &target.postgres;
    while let Connection::WithTls { connection: inner, .. } = connection {
        connection = inner;
    }
    match connection {
        Connection::Env(name) => Some(format!("Database {}: from the variable {}", code(target.name.as_str()), code(name))),
        Connection::Service(name) => Some(format!("Database {}: the service {}", code(target.name.as_str()), code(name))),
        Connection::Url(_) | Connection::Parts { .. } | Connection::WithTls { .. } => None,
    }
}
