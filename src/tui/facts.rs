//! What a frame needs to know of the session, worked out once after each change and not once a frame:
//! expressions are evaluated here and nowhere else in the screen. Never changes anything.

use std::collections::BTreeSet;

use crate::base::Values;
use crate::base::id::Id;
use crate::engine::Session;
use crate::engine::next::{Move, next_move};
use crate::engine::session::StepState;
use crate::present::moves;
use crate::runbook::expression::Expression;

/// One row of the list of steps.
#[derive(Clone, Debug)]
pub(super) enum TreeRow {
    /// A phase, by its place.
    Phase(usize),
    /// A step.
    Step {
        /// The step.
        id: Id,
        /// Its place in the runbook: that of its phase, and that among its steps.
        place: (usize, usize),
        /// How it stands.
        state: StepState,
    },
}

/// Everything that a frame would otherwise work out again.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// The list of steps, without those that belong to another choice of input.
    pub(super) tree: Vec<TreeRow>,
    /// What Enter does.
    pub(super) next: Move,
    /// The same in words.
    pub(super) next_words: String,
    /// The warnings.
    pub(super) never: Vec<String>,
    /// What texts may name, with secrets masked.
    pub(super) names: Values,
    /// How many criteria hold, of how many.
    pub(super) criteria: (usize, usize),
    hidden: BTreeSet<Id>,
    entries: usize,
}

impl Facts {
    pub(super) fn of(session: &Session) -> Self {
        let names = session.names();
        let next = next_move(session);
        let criteria = session.criteria();
        Self {
            tree: tree(session),
            next_words: moves::next_move(&next, session),
            next,
            never: session.runbook.never.iter().map(|warning| warning.render(&names)).collect(),
            names,
            criteria: (criteria.iter().filter(|criterion| criterion.held).count(), criteria.len()),
            hidden: hidden(session),
            entries: session.incident.entries().len(),
        }
    }

    /// Whether an item belongs to another choice of input.
    pub(super) fn is_hidden(&self, id: &Id) -> bool {
        self.hidden.contains(id)
    }

    /// Whether these are certainly out of date.
    pub(super) fn is_behind(&self, session: &Session) -> bool {
        self.entries != session.incident.entries().len()
    }

    /// The steps in the list, in order.
    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = &Id> {
        self.tree.iter().filter_map(|row| match row {
            TreeRow::Step { id, .. } => Some(id),
            TreeRow::Phase(_) => None,
        })
    }
}

fn tree(session: &Session) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    for (place, phase) in session.runbook.phases.iter().enumerate() {
        if session.is_out_of_the_question(phase.when.as_ref()) {
            continue;
        }
        rows.push(TreeRow::Phase(place));
        for (number, step) in phase.steps.iter().enumerate().filter(|(_, step)| !session.is_out_of_the_question(step.when.as_ref())) {
            rows.push(TreeRow::Step { id: step.id.clone(), place: (place, number), state: session.step_state(phase, step) });
        }
    }
    rows
}

fn hidden(session: &Session) -> BTreeSet<Id> {
    let mut hidden = BTreeSet::new();
    let mut look = |id: &Id, when: Option<&Expression>| {
        if session.is_out_of_the_question(when) {
            hidden.insert(id.clone());
        }
    };
    for (_, step) in session.runbook.steps() {
        step.checks.iter().for_each(|check| look(&check.id, check.when.as_ref()));
        step.remediations.iter().for_each(|remediation| look(&remediation.id, remediation.when.as_ref()));
        step.tasks.iter().for_each(|task| look(&task.id, task.when.as_ref()));
    }
    hidden
}
