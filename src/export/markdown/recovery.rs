//! Every change that ran, with what it did; the ones that failed too. Never a plan that was not consented to.

use crate::export::account::Account;
use crate::export::account::runs::Run;
use crate::export::page::{Page, entry, fence, inline};
use crate::present::{advice, words};
use crate::runbook::model::Act;
use crate::timeline::event::{Outcome, Planned, Problem, Settled};

impl Account<'_> {
    pub(super) fn recovery_actions(&self, page: &mut Page) {
        if self.runs.is_empty() {
            page.block("No remediation was run.");
        }
        for (number, run) in self.runs.iter().enumerate() {
            self.recovery_action(page, number + 1, run);
        }
    }

    fn recovery_action(&self, page: &mut Page, number: usize, run: &Run<'_>) {
        let known = self.case.runbook.remediation(run.remediation).map(|(_, remediation)| remediation);
        let title = known.map_or(run.remediation.as_str(), |remediation| &remediation.title);
        let act = known.map(|remediation| &remediation.act);
        let outcome = words::outcome(run.outcome(), act).name;
        page.heading(3, &format!("{number}. {} — {outcome}", inline(title)));
        page.list(self.circumstances(run));
        let settled = run.settled.map(|(_, settled)| settled);
        if let Some(planned) = run.planned {
            let language = match act {
                Some(Act::Command(_)) => "sh",
                Some(Act::Http(_)) => "http",
                Some(Act::Sql(_)) | None => "sql",
            };
            page.block(&fence(language, &statements(planned)));
            results(page, planned, settled);
        }
        if let Some(problem) = settled.and_then(|settled| settled.problem.as_ref()) {
            page.list(problem_lines(problem));
        }
        if let Some(settled) = settled {
            page.list(self.advice(&settled.known_errors));
        }
        if let Some(seen) = settled.map(|settled| settled.seen.as_str()).filter(|seen| !seen.is_empty()) {
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

    fn circumstances(&self, run: &Run<'_>) -> Vec<String> {
        let confirmed = run.typed.map(|typed| format!(", who typed {} to confirm", inline(typed))).unwrap_or_default();
        let mut lines =
            vec![format!("Consented to at {} by {}{confirmed} {}", self.clock(run.begun.at), inline(&run.begun.by), entry(run.begun.seq))];
        let approved = run.approved.iter();
        lines.extend(approved.map(|by| format!("Read and agreed to at {} by {} {}", self.clock(by.at), inline(&by.by), entry(by.seq))));
        if let Some(target) = run.planned.and_then(|planned| planned.target.as_ref()) {
            let opened = self.case.incident.targets().find(|opened| opened.name == *target);
            let shown = opened.map(|opened| format!(": {}", inline(&opened.shown)));
            lines.push(format!("On {}{}", inline(target.as_str()), shown.unwrap_or_default()));
        }
        lines.extend(match (run.rehearsed, run.rehearsal_skipped) {
            (_, Some(reason)) => Some(format!("Rehearsal skipped: {}", inline(reason))),
            (Some(rehearsed), None) if rehearsed.problem.is_none() => {
                Some(format!("Rehearsed first in a transaction that was rolled back, in {}", words::duration(rehearsed.duration)))
            }
            (Some(_), None) => Some("Its rehearsal had failed".to_owned()),
            (None, None) => Some("It could not be rehearsed".to_owned()),
        });
        lines.push(match run.settled {
            Some((end, settled)) => {
                let transaction = settled.transaction.as_ref().map(|id| format!(", transaction {}", inline(id))).unwrap_or_default();
                let exit = settled.exit.map(|exit| format!(", exit {exit}")).unwrap_or_default();
                format!("It took {}{transaction}{exit} {}", words::duration(settled.duration), entry(end.seq))
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
