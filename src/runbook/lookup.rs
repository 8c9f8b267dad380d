//! Finding things in a runbook by their id. Never guesses: an unknown id gives nothing.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::base::id::Id;

use super::model::{Check, Contact, KnownError, Phase, Remediation, Runbook, Step, Target, Task};

/// In which step of which phase an id stands, by their places: found out once, because a runbook may have ten thousand steps,
/// and every answer is looked up. Only a hint, which a change of the runbook makes stale; what is there counts.
#[derive(Debug, Default)]
pub struct Places(OnceLock<HashMap<Id, (usize, usize)>>);

impl Clone for Places {
    /// A clone is made to be changed, and finds out anew.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Places {
    /// No part of what the author wrote.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Places {
    fn of(runbook: &Runbook) -> HashMap<Id, (usize, usize)> {
        let mut places = HashMap::new();
        for (n, phase) in runbook.phases.iter().enumerate() {
            for (m, step) in phase.steps.iter().enumerate() {
                let checks = step.checks.iter().map(|check| &check.id);
                let remediations = step.remediations.iter().map(|remediation| &remediation.id);
                let tasks = step.tasks.iter().map(|task| &task.id);
                places.extend([&step.id].into_iter().chain(checks).chain(remediations).chain(tasks).map(|id| (id.clone(), (n, m))));
            }
        }
        places
    }
}

impl Runbook {
    /// Where the step of that id, or the one with an item of that id, most likely is.
    fn hint(&self, id: &Id) -> Option<(&Phase, &Step)> {
        let (phase, step) = *self.places.0.get_or_init(|| Places::of(self)).get(id)?;
        let phase = self.phases.get(phase)?;
        Some((phase, phase.steps.get(step)?))
    }

    /// The item of that id, among those that steps have of a kind.
    fn item<'r, T>(&'r self, id: &Id, items: fn(&'r Step) -> &'r [T], name: fn(&T) -> &Id) -> Option<(&'r Step, &'r T)> {
        let within = |step: &'r Step| items(step).iter().find(|item| name(item) == id).map(|item| (step, item));
        self.hint(id).and_then(|(_, step)| within(step)).or_else(|| self.steps().find_map(|(_, step)| within(step)))
    }

    /// Every step with its phase, in order.
    #[must_use]
    pub fn steps(&self) -> impl DoubleEndedIterator<Item = (&Phase, &Step)> {
        self.phases.iter().flat_map(|phase| phase.steps.iter().map(move |step| (phase, step)))
    }

    /// Every check with its step, in order.
    pub fn checks(&self) -> impl Iterator<Item = (&Step, &Check)> {
        self.steps().flat_map(|(_, step)| step.checks.iter().map(move |check| (step, check)))
    }

    /// Every remediation with its step, in order.
    pub fn remediations(&self) -> impl Iterator<Item = (&Step, &Remediation)> {
        self.steps().flat_map(|(_, step)| step.remediations.iter().map(move |remediation| (step, remediation)))
    }

    /// Every task of a step, in order.
    pub fn tasks(&self) -> impl Iterator<Item = (&Step, &Task)> {
        self.steps().flat_map(|(_, step)| step.tasks.iter().map(move |task| (step, task)))
    }

    /// The step of that id, with its phase.
    #[must_use]
    pub fn step(&self, id: &Id) -> Option<(&Phase, &Step)> {
        self.hint(id).filter(|(_, step)| step.id == *id).or_else(|| self.steps().find(|(_, step)| step.id == *id))
    }

    /// The check of that id, with its step: one of the step's own, or a question that was asked there beside them.
    #[must_use]
    pub fn check(&self, id: &Id) -> Option<(&Step, &Check)> {
        let beside = || {
            let asked = self.asked.iter().find(|asked| asked.check.id == *id)?;
            Some((self.step(&asked.step)?.1, &asked.check))
        };
        self.item(id, |step| &step.checks, |check| &check.id).or_else(beside)
    }

    /// The remediation of that id, with its step.
    #[must_use]
    pub fn remediation(&self, id: &Id) -> Option<(&Step, &Remediation)> {
        self.item(id, |step| &step.remediations, |remediation| &remediation.id)
    }

    /// The task of that id, with its step.
    #[must_use]
    pub fn task(&self, id: &Id) -> Option<(&Step, &Task)> {
        self.item(id, |step| &step.tasks, |task| &task.id)
    }

    /// The target of that name.
    #[must_use]
    pub fn target(&self, name: &Id) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == *name)
    }

    /// The known error of that title.
    #[must_use]
    pub fn known_error(&self, title: &str) -> Option<&KnownError> {
        self.known_errors.iter().find(|known| known.title == title)
    }

    /// The contact of that id.
    #[must_use]
    pub fn contact(&self, id: &Id) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == *id)
    }
}
