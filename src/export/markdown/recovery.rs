//! Every change that ran, with what it did; the ones that failed too. Never a plan that was not consented to.

use crate::base::id::AttemptId;
use crate::export::page::{Page, fence, inline};
use crate::present::{advice, words};
use crate::runbook::model::Act;
use crate::timeline::event::{Entry, Event, Outcome, Planned, Problem, Rehearsed, Settled};

use super::Report;

/// One remediation that ran, put together from its entries.
struct Action<'a> {
    /// The entry of its consent, if it has one, or of its end.
    begun: &'a Entry,
    planned: Option<&'a Planned>,
    rehearsed: Option<&'a Rehearsed>,
    rehearsal_skipped: Option<&'a str>,
    /// Entries of others who agreed.
    approved: Vec<&'a Entry>,
    /// Nothing for one that was cut off.
    settled: Option<&'a Settled>,
}

impl Report<'_> {
    pub(super) fn recovery_actions(&self, page: &mut Page) {
        page.heading(2, "Recovery Actions");
        let intended: Vec<(AttemptId, &Entry)> = self
            .entries()
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::RemediationIntended { attempt, .. } => Some((*attempt, entry)),
                _ => None,
            })
            .collect();
        if intended.is_empty() {
            page.block("No remediation was run.");
        }
        for (number, (attempt, begun)) in intended.into_iter().enumerate() {
            self.recovery_action(page, number + 1, &self.gather(attempt, begun));
        }
    }

    fn gather<'s>(&'s self, wanted: AttemptId, begun: &'s Entry) -> Action<'s> {
        let mut action = Action { begun, planned: None, rehearsed: None, rehearsal_skipped: None, approved: Vec::new(), settled: None };
        for entry in self.entries() {
            match &entry.event {
                Event::RemediationPlanned(planned) if planned.attempt == wanted => action.planned = Some(planned),
                Event::RemediationRehearsed(rehearsed) if rehearsed.attempt == wanted => action.rehearsed = Some(rehearsed),
                Event::RehearsalSkipped { attempt, reason, .. } if *attempt == wanted => action.rehearsal_skipped = Some(reason),
                Event::RemediationApproved { attempt, .. } if *attempt == wanted => action.approved.push(entry),
                Event::RemediationSettled(settled) if settled.attempt == wanted => action.settled = Some(settled),
                _ => {}
            }
        }
        action
    }

    fn recovery_action(&self, page: &mut Page, number: usize, action: &Action<'_>) {
        let Event::RemediationIntended { remediation, typed, .. } = &action.begun.event else {
            return;
        };
        let known = self.case.runbook.remediation(remediation).map(|(_, remediation)| remediation);
        let title = known.map_or(remediation.as_str(), |remediation| &remediation.title);
        let act = known.map(|remediation| &remediation.act);
        let outcome = words::outcome(action.settled.map_or(Outcome::Unknown, |settled| settled.outcome), act).name;
        page.heading(3, &format!("{number}. {} — {outcome}", inline(title)));
        page.list(self.circumstances(action, typed.as_deref()));
        if let Some(planned) = action.planned {
            let language = match act {
                Some(Act::Command(_)) => "sh",
                Some(Act::Http(_)) => "http",
                Some(Act::Sql(_)) | None => "sql",
            };
            page.block(&fence(language, &statements(planned)));
            results(page, planned, action.settled);
        }
        if let Some(problem) = action.settled.and_then(|settled| settled.problem.as_ref()) {
            page.list(problem_lines(problem));
        }
        if let Some(settled) = action.settled {
            page.list(self.advice(&settled.known_errors));
        }
        if let Some(seen) = action.settled.map(|settled| settled.seen.as_str()).filter(|seen| !seen.is_empty()) {
            page.block("It printed:");
            page.block(&fence("text", seen));
        }
    }

    /// Known errors with their advice, an item each.
    pub(super) fn advice(&self, titles: &[String]) -> Vec<String> {
        let told = |known: advice::Advice| match known.advice.as_str() {
            "" => format!("Known error: **{}**", inline(&known.title)),
            advice => format!("Known error: **{}**. {}", inline(&known.title), inline(advice)),
        };
        advice::on(self.case.runbook, titles).into_iter().map(told).collect()
    }

    fn circumstances(&self, action: &Action<'_>, typed: Option<&str>) -> Vec<String> {
        let confirmed = typed.map(|typed| format!(", who typed {} to confirm", inline(typed))).unwrap_or_default();
        let mut lines = vec![format!("Consented to at {} by {}{confirmed}", self.clock(action.begun.at), inline(&action.begun.by))];
        lines
            .extend(action.approved.iter().map(|entry| format!("Read and agreed to at {} by {}", self.clock(entry.at), inline(&entry.by))));
        if let Some(target) = action.planned.and_then(|planned| planned.target.as_ref()) {
            let opened = self.case.incident.opened().into_iter().flat_map(|opened| &opened.targets);
            let shown = opened.into_iter().find(|opened| opened.name == *target).map(|opened| format!(": {}", inline(&opened.shown)));
            lines.push(format!("On {}{}", inline(target.as_str()), shown.unwrap_or_default()));
        }
        lines.extend(match (action.rehearsed, action.rehearsal_skipped) {
            (_, Some(reason)) => Some(format!("Rehearsal skipped: {}", inline(reason))),
            (Some(rehearsed), None) if rehearsed.problem.is_none() => {
                Some(format!("Rehearsed first in a transaction that was rolled back, in {}", words::duration(rehearsed.duration)))
            }
            (Some(_), None) => Some("Its rehearsal had failed".to_owned()),
            (None, None) => Some("It could not be rehearsed".to_owned()),
        });
        lines.push(match action.settled {
            Some(settled) => {
                let transaction = settled.transaction.as_ref().map(|id| format!(", transaction {}", inline(id))).unwrap_or_default();
                let exit = settled.exit.map(|exit| format!(", exit {exit}")).unwrap_or_default();
                format!("It took {}{transaction}{exit}", words::duration(settled.duration))
            }
            None => "The program ended while it ran: nobody knows whether it took effect".to_owned(),
        });
        lines
    }
}

fn statements(planned: &Planned) -> String {
    let texts = planned.steps.iter().map(|step| {
        let text = step.text.trim();
        if ["command", "HTTP request"].contains(&step.what.as_str()) || text.ends_with(';') { text.to_owned() } else { format!("{text};") }
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn results(page: &mut Page, planned: &Planned, settled: Option<&Settled>) {
    let Some(settled) = settled.filter(|settled| !settled.results.is_empty()) else {
        return;
    };
    let rows = planned.steps.iter().enumerate().map(|(place, step)| {
        let (rows, took) = match settled.results.get(place) {
            Some(result) => (result.rows.to_string(), words::duration(result.duration)),
            None => ("did not finish".to_owned(), "–".to_owned()),
        };
        [(place + 1).to_string(), inline(&step.what), rows, took]
    });
    page.table(["#", "Statement", "Rows", "Took"], rows);
    if settled.outcome == Outcome::RolledBack {
        page.block("All of it was rolled back.");
    }
}

fn problem_lines(problem: &Problem) -> Vec<String> {
    let mut lines = vec![format!("**Problem**: {}", inline(&problem.message))];
    let place = problem.position.map(|position| format!(", character {position}")).unwrap_or_default();
    lines.extend(problem.statement.map(|statement| format!("Statement {}{place}", statement + 1)));
    let mut more = |name: &str, text: &Option<String>| lines.extend(text.as_ref().map(|text| format!("{name}: {}", inline(text))));
    more("SQLSTATE", &problem.sqlstate);
    more("Detail", &problem.detail);
    more("Hint", &problem.hint);
    more("Blocked by", &problem.blocked_by);
    lines
}
