//! What was affected and how long it took: the clock against what the runbook allows. Never an estimate of
//! harm; that is for people to write.

use std::time::Duration;

use crate::export::account::Account;
use crate::export::page::{Page, inline};
use crate::present::questions::Topic;
use crate::present::words::{self, count};
use crate::runbook::model::Phase;
use crate::timeline::measure::Cost;

impl Account<'_> {
    pub(super) fn impact(&self, page: &mut Page) {
        let runbook = self.case.runbook;
        if !runbook.affects.is_empty() {
            page.heading(3, "Affected");
            page.list(runbook.affects.iter().map(|affected| inline(affected)));
        }
        if !runbook.symptoms.is_empty() {
            page.heading(3, "Symptoms of this kind of incident");
            page.list(runbook.symptoms.iter().map(|symptom| inline(symptom)));
        }
        page.heading(3, "Durations");
        page.table(["Since the beginning, to", "Time"], self.durations());
        self.phases(page);
        self.red_checks(page);
        self.answers(page, Topic::Impact);
    }

    fn phases(&self, page: &mut Page) {
        page.heading(3, "Phases against their budgets");
        let phases = self.case.runbook.phases.iter().zip(&self.measures.phases);
        let rows = phases.clone().flat_map(|(phase, measure)| {
            let steps = phase.steps.iter().zip(&measure.steps).filter(|(_, measure)| measure.cost.budget.is_some());
            let steps = steps.map(|(step, measure)| cost_row(&format!("— {}", inline(&step.title)), &measure.cost, String::new()));
            std::iter::once(cost_row(&inline(&phase.title), &measure.cost, self.notes_on(phase))).chain(steps)
        });
        let costs = phases.map(|(_, measure)| &measure.cost);
        let total = Cost {
            entered: costs.clone().filter_map(|cost| cost.entered).min(),
            spent: costs.clone().map(|cost| cost.spent).sum(),
            // A total of budgets means something only where every phase has one.
            budget: costs.map(|cost| cost.budget).sum(),
        };
        let total = cost_row("Total", &total, format!("{} from beginning to end", words::duration(self.measures.lasted)));
        let total = total.map(|cell| format!("**{cell}**"));
        page.table(["Phase", "First entered", "Worked on", "Budget", "Result", "Notes"], rows.chain(std::iter::once(total)));
    }

    /// What is worth knowing of a phase beside its time.
    fn notes_on(&self, phase: &Phase) -> String {
        let incident = self.case.incident;
        let skipped = phase.steps.iter().filter_map(|step| incident.skipped.get(&step.id).map(|reason| (step, reason)));
        let mut notes: Vec<String> =
            skipped.map(|(step, reason)| format!("{} skipped: {}", inline(&words::quoted(&step.title)), inline(reason))).collect();
        let spared = phase.steps.iter().filter(|step| !self.session.step_applies(phase, step)).count();
        if spared > 0 {
            notes.push(format!("{} did not apply", count(spared as u64, "step", "steps")));
        }
        let accepted = phase
            .steps
            .iter()
            .flat_map(|step| &step.checks)
            .filter(|check| incident.checks.get(&check.id).is_some_and(|record| record.overridden.is_some()));
        notes.extend(accepted.map(|check| format!("{} accepted as it is", inline(&words::quoted(&check.title)))));
        notes.join("; ")
    }

    fn durations(&self) -> Vec<[String; 2]> {
        let time = |time: Option<Duration>, otherwise: &str| time.map_or_else(|| otherwise.to_owned(), words::duration);
        let measures = &self.measures;
        let resolved = match (measures.resolved, measures.promised) {
            (Some(resolved), Some(promised)) => {
                let over = resolved.checked_sub(promised).filter(|over| !over.is_zero());
                let result = over.map_or_else(|| "kept".to_owned(), |over| format!("over by {}", words::rough(over)));
                format!("{} (promised within {}: {result})", words::duration(resolved), words::exactly(promised))
            }
            (resolved, _) => time(resolved, "still open"),
        };
        vec![
            ["Detection".to_owned(), time(measures.detected, "nothing was noticed")],
            ["Acknowledgement (the first thing a person did)".to_owned(), time(measures.acknowledged, "nobody did anything")],
            ["First red check".to_owned(), time(measures.first_red, "nothing was red")],
            ["First action".to_owned(), time(measures.first_action, "nothing was changed")],
            ["Mitigation (every immediate criterion proven or accepted)".to_owned(), time(measures.mitigated, "not proven")],
            ["Resolution".to_owned(), resolved],
        ]
    }

    fn red_checks(&self, page: &mut Page) {
        let measured = |id| self.measures.checks.get(id).filter(|measure| measure.turned_red > 0);
        let rows: Vec<[String; 4]> = self
            .case
            .runbook
            .checks()
            .filter_map(|(_, check)| measured(&check.id).map(|measure| (check, measure)))
            .map(|(check, measure)| {
                [inline(&check.title), measure.turned_red.to_string(), words::duration(measure.red_for), measure.answers.to_string()]
            })
            .collect();
        if !rows.is_empty() {
            page.heading(3, "Checks that were red");
            page.table(["Check", "Turned red", "Red for", "Answers"], rows);
        }
    }
}

fn cost_row(title: &str, cost: &Cost, notes: String) -> [String; 6] {
    let result = match (cost.entered, cost.budget, cost.over_by()) {
        (None, ..) => "not entered".to_owned(),
        (_, _, Some(over)) => format!("over by {}", words::rough(over)),
        (_, Some(_), None) => "kept".to_owned(),
        (_, None, None) => "–".to_owned(),
    };
    let dash = || "–".to_owned();
    let spent = if cost.entered.is_some() { words::duration(cost.spent) } else { dash() };
    [title.to_owned(), cost.entered.map_or_else(dash, words::clock), spent, cost.budget.map_or_else(dash, words::exactly), result, notes]
}
