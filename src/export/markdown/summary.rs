//! Title and executive summary: what somebody needs who reads nothing else. Never tells a drill's fault
//! before the drill is over, and never lets a drill pass for the real thing.

use crate::export::account::Account;
use crate::export::page::{Page, code, inline};
use crate::present::words::{self, count};
use crate::timeline::event::{Event, Outcome};

impl Account<'_> {
    /// What stands above the report; text, not Markdown.
    pub(in crate::export) fn heading(&self) -> String {
        let drill = if self.case.incident.is_drill() { "DRILL – " } else { "" };
        let date = self.case.incident.began().map(|began| format!(" – {}", began.format("%B %-d, %Y"))).unwrap_or_default();
        format!("{drill}Incident Report: {}{date}", self.case.runbook.title)
    }

    pub(super) fn title(&self, page: &mut Page) {
        page.heading(1, &inline(&self.heading()));
        if self.case.incident.is_drill() {
            page.block("**This was a drill.** It was played in a throwaway world with an injected fault; no real system was touched.");
        }
    }

    pub(super) fn executive_summary(&self, page: &mut Page) {
        if let Some(summary) = &self.case.runbook.summary {
            page.block(&inline(&summary.render(&self.names)));
        }
        page.block(&self.course());
        page.table(["", ""], self.facts().into_iter().map(|(name, value)| [format!("**{name}**"), value]));
    }

    /// What happened, in generated sentences.
    fn course(&self) -> String {
        let measures = &self.measures;
        let mut sentences = Vec::new();
        sentences.push(match measures.first_red {
            Some(first_red) => format!("The first red check was seen after {}.", words::duration(first_red)),
            None => "No check was ever red.".to_owned(),
        });
        let counts = &measures.counts;
        let outcomes = [
            (counts.committed, "took effect", self.what_took_effect()),
            (counts.rolled_back, "rolled back", String::new()),
            (counts.failed, "failed half-way", String::new()),
            (counts.unknown, "with an unknown outcome", String::new()),
        ];
        let changes: Vec<String> = outcomes
            .iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, how, which)| format!("{} {how}{which}", count(*number, "remediation", "remediations")))
            .collect();
        sentences.push(if changes.is_empty() { "Nothing was changed.".to_owned() } else { format!("Changes: {}.", changes.join("; ")) });
        if let Some(mitigated) = measures.mitigated {
            let accepted = self.criteria.iter().filter(|criterion| criterion.accepted).count() as u64;
            let by_word = if accepted > 0 {
                format!(", as far as a person's word goes: {} accepted by hand", count(accepted, "criterion was", "criteria were"))
            } else {
                String::new()
            };
            sentences.push(format!("The harm was over after {}{by_word}.", words::duration(mitigated)));
        }
        match &self.case.incident.resolved {
            Some((_, resolved)) => {
                let words = if resolved.summary.is_empty() {
                    String::new()
                } else {
                    format!(" In the responder's words: {}", inline(&resolved.summary))
                };
                sentences.push(format!("The incident was closed after {}.{words}", words::duration(measures.lasted)));
            }
            None => sentences.push(format!("The incident is still open after {}.", words::duration(measures.lasted))),
        }
        sentences.join(" ")
    }

    /// Their titles in parentheses, in order: ` (“Create the schema”, then “Create the tables”)`.
    fn what_took_effect(&self) -> String {
        let titles: Vec<String> = self
            .entries()
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::RemediationSettled(settled) if settled.outcome == Outcome::Committed => Some(&settled.remediation),
                _ => None,
            })
            .map(|id| self.case.runbook.remediation(id).map_or(id.as_str(), |(_, remediation)| &remediation.title))
            .map(|title| inline(&words::quoted(title)))
            .collect();
        format!(" ({})", titles.join(", then "))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let incident = self.case.incident;
        let mut facts = vec![("Incident", code(self.case.id.as_str())), ("Status", self.status().to_owned())];
        if let Some(severity) = &incident.severity {
            facts.push(("Severity", inline(severity)));
        }
        facts.push(("Led by", inline(&incident.lead)));
        facts.extend(incident.began().map(|began| ("Began", words::moment(began))));
        if let Some(opened) = incident.opened_at().map(|at| at.wall).filter(|opened| Some(*opened) != incident.began()) {
            facts.push(("Opened", words::moment(opened)));
        }
        facts.extend(incident.resolved.as_ref().map(|(at, _)| ("Closed", words::moment(at.wall))));
        facts.push(("Lasted", words::duration(self.measures.lasted)));
        let Some(opened) = incident.opened() else {
            return facts;
        };
        for target in incident.targets() {
            let production = if target.production { ", production" } else { "" };
            facts.push(("Database", format!("{}{production} ({})", inline(&target.shown), inline(target.name.as_str()))));
        }
        facts.extend(incident.inputs().iter().map(|(name, value)| ("Input", format!("{} = {}", inline(name), inline(value)))));
        if let Some(drill) = &opened.drill {
            let fault = if incident.resolved.is_some() { inline(&drill.fault) } else { "told when the drill is over".to_owned() };
            facts.push(("Injected fault", fault));
            facts.push(("Seed", drill.seed.to_string()));
            facts.push(("Played by", if drill.rehearsal { "the ideal responder, without a person" } else { "a person" }.to_owned()));
        }
        facts
    }
}
