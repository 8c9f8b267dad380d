//! What phases and steps cost: time worked against time allowed. Never counts a pause.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::Id;
use crate::base::stamp::Stamp;
use crate::runbook::model::{Phase, Step};
use crate::timeline::Incident;

/// What a phase cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhaseMeasure {
    /// The phase.
    pub phase: Id,
    /// Its own figures, those of its steps added up.
    pub cost: Cost,
    /// Each of its steps, in order.
    pub steps: Vec<StepMeasure>,
}

/// What a step cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepMeasure {
    /// The step.
    pub step: Id,
    /// Its figures.
    pub cost: Cost,
}

/// Time spent against time allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// When it was first turned to.
    pub entered: Option<Duration>,
    /// Time worked on it; pauses do not count.
    pub spent: Duration,
    /// Time allowed.
    pub budget: Option<Duration>,
}

impl Cost {
    /// How much more was spent than allowed.
    #[must_use]
    pub fn over_by(&self) -> Option<Duration> {
        self.budget.and_then(|budget| self.spent.checked_sub(budget)).filter(|over| !over.is_zero())
    }
}

pub(super) fn measure_phase(incident: &Incident, phase: &Phase, entered: &BTreeMap<Id, Duration>, until: Stamp) -> PhaseMeasure {
    let measure = |step: &Step| {
        let cost = Cost { entered: entered.get(&step.id).copied(), spent: incident.spent(&step.id, until), budget: step.budget };
        StepMeasure { step: step.id.clone(), cost }
    };
    let steps: Vec<StepMeasure> = phase.steps.iter().map(measure).collect();
    let cost = Cost {
        entered: steps.iter().filter_map(|step| step.cost.entered).min(),
        spent: steps.iter().map(|step| step.cost.spent).sum(),
        budget: phase.budget,
    };
    PhaseMeasure { phase: phase.id.clone(), cost, steps }
}
