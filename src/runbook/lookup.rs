//! Finding things in a runbook by their id. Never guesses: an unknown id gives nothing.

use crate::base::id::Id;

use super::model::{Check, Contact, KnownError, Phase, Remediation, Runbook, Step, Target, Task};

impl Runbook {
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
        self.steps().find(|(_, step)| step.id == *id)
    }

    /// The check of that id, with its step: one of the step's own, or a question that was asked there beside them.
    #[must_use]
    pub fn check(&self, id: &Id) -> Option<(&Step, &Check)> {
        let beside = || {
            let asked = self.asked.iter().find(|asked| asked.check.id == *id)?;
            Some((self.step(&asked.step)?.1, &asked.check))
        };
        self.checks().find(|(_, check)| check.id == *id).or_else(beside)
    }

    /// The remediation of that id, with its step.
    #[must_use]
    pub fn remediation(&self, id: &Id) -> Option<(&Step, &Remediation)> {
        self.remediations().find(|(_, remediation)| remediation.id == *id)
    }

    /// The task of that id, with its step.
    #[must_use]
    pub fn task(&self, id: &Id) -> Option<(&Step, &Task)> {
        self.tasks().find(|(_, task)| task.id == *id)
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
