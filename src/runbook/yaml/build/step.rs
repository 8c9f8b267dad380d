//! Phases, steps and tasks. Never decides what comes first: the order is the author's.

use super::Builder;
use super::head::{each, related};
use super::value::{Sees, place};
use crate::runbook::model::{Evidence, Phase, Step, Task};
use crate::runbook::yaml::node::Node;
use crate::runbook::yaml::wire;

impl Builder<'_> {
    pub(super) fn phase(&mut self, node: &Node, written: wire::Phase) -> Phase {
        Phase {
            id: self.id(written.id, &written.title, "phase"),
            title: self.title(node, &written.title),
            budget: self.duration(node, "budget", written.budget),
            why: self.text(node, "why", written.why),
            when: self.expression(node, "when", written.when, Sees::Incident),
            steps: each(node, "steps", written.steps).into_iter().map(|(node, step)| self.step(node, step)).collect(),
        }
    }

    fn step(&mut self, node: &Node, written: wire::Step) -> Step {
        if written.checks.is_empty() && written.remediations.is_empty() && written.tasks.is_empty() && node.entry("checks").is_none() {
            let help = "add `checks`, `remediations` or `tasks`";
            self.report.error(node.first_place(), "empty", "there is nothing to do in this step", help);
        }
        let id = self.id(written.id, &written.title, "step");
        let checks = each(node, "checks", written.checks).into_iter().filter_map(|(node, check)| self.check(node, check));
        let mut checks: Vec<_> = checks.collect();
        // Collected where the larger ones of the file stood.
        checks.shrink_to_fit();
        let own: Vec<_> = checks.iter().filter(|check| check.ask.may_repeat()).map(|check| check.id.clone()).collect();
        let remediations = each(node, "remediations", written.remediations);
        let remediations = remediations.into_iter().filter_map(|(node, remediation)| self.remediation(node, remediation, &own)).collect();
        Step {
            id,
            title: self.title(node, &written.title),
            why: self.text(node, "why", written.why),
            budget: self.duration(node, "budget", written.budget),
            priority: written.priority.map(wire::Word::into_text),
            when: self.expression(node, "when", written.when, Sees::Incident),
            checks,
            remediations,
            tasks: each(node, "tasks", written.tasks).into_iter().filter_map(|(node, task)| self.task(node, task)).collect(),
            related: written.related.into_iter().map(related).collect(),
        }
    }

    fn task(&mut self, node: &Node, written: wire::TaskForm) -> Option<Task> {
        match written {
            wire::TaskForm::Title(title) => {
                let id = self.id(None, &title, "task");
                Some(Task { id, title: self.template(node.place, title.trim())?, evidence: Evidence::None, why: None, when: None })
            }
            wire::TaskForm::Full(written) => {
                let id = self.id(written.id, &written.title, "task");
                Some(Task {
                    id,
                    title: self.template(place(node, "title"), written.title.trim())?,
                    evidence: match written.evidence {
                        None => Evidence::None,
                        Some(wire::Evidence::Optional) => Evidence::Optional,
                        Some(wire::Evidence::Required) => Evidence::Required,
                    },
                    why: self.text(node, "why", written.why),
                    when: self.expression(node, "when", written.when, Sees::Incident),
                })
            }
        }
    }
}
