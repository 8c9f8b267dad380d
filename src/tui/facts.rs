//! What a frame needs to know of the session, worked out once after each change and not once a frame, and what a change of
//! the session leaves as it is only once: a runbook may have ten thousand steps. Expressions are evaluated here and nowhere
//! else in the screen. Never changes anything.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::base::Values;
use crate::base::id::Id;
use crate::engine::Session;
use crate::engine::next::{Move, next_move};
use crate::engine::session::StepState;
use crate::present::moves;
use crate::runbook::Runbook;
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
    },
}

/// Everything that a frame would otherwise work out again.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// What follows from the runbook and the names alone.
    outline: Rc<Outline>,
    /// What Enter does.
    pub(super) next: Move,
    /// The same in words.
    pub(super) next_words: String,
    /// How many criteria hold, of how many.
    pub(super) criteria: (usize, usize),
    entries: usize,
    has_changed: bool,
}

/// What stays as it is while checks are answered: what an answer may change is no part of it.
#[derive(Debug)]
pub(super) struct Outline {
    runbook: Arc<Runbook>,
    /// What texts may name, with secrets masked.
    pub(super) names: Values,
    /// The list of steps, without those that belong to another choice of input.
    pub(super) tree: Vec<TreeRow>,
    /// The warnings.
    pub(super) never: Vec<String>,
    hidden: BTreeSet<Id>,
}

impl Deref for Facts {
    type Target = Outline;

    fn deref(&self) -> &Outline {
        &self.outline
    }
}

impl Facts {
    /// `before` are those of the session as it was, if there are any.
    pub(super) fn of(session: &Session, before: Option<&Self>) -> Self {
        let names = session.names();
        let as_before = before.map(|facts| &facts.outline).filter(|outline| outline.is_of(session, &names)).cloned();
        let next = next_move(session);
        let criteria = session.criteria();
        Self {
            outline: as_before.unwrap_or_else(|| Rc::new(Outline::of(session, names))),
            next_words: moves::next_move(&next, session),
            next,
            criteria: (criteria.iter().filter(|criterion| criterion.held).count(), criteria.len()),
            entries: session.incident.entries().len(),
            has_changed: false,
        }
    }

    /// Says that they may be out of date.
    pub(super) fn session_changed(&mut self) {
        self.has_changed = true;
    }

    /// Whether they may be out of date.
    pub(super) fn is_behind(&self, session: &Session) -> bool {
        self.has_changed || self.entries != session.incident.entries().len()
    }
}

impl Outline {
    fn of(session: &Session, names: Values) -> Self {
        Self {
            runbook: session.runbook.clone(),
            tree: tree(session),
            never: session.runbook.never.iter().map(|warning| warning.render(&names)).collect(),
            hidden: hidden(session),
            names,
        }
    }

    /// Whether it would be the same again. A secret, of which the names tell nothing, is given before there is a session.
    fn is_of(&self, session: &Session, names: &Values) -> bool {
        Arc::ptr_eq(&self.runbook, &session.runbook) && self.names == *names
    }

    /// Whether an item belongs to another choice of input.
    pub(super) fn is_hidden(&self, id: &Id) -> bool {
        self.hidden.contains(id)
    }

    /// The steps in the list, in order.
    pub(super) fn steps(&self) -> impl DoubleEndedIterator<Item = &Id> {
        self.tree.iter().filter_map(|row| match row {
            TreeRow::Step { id, .. } => Some(id),
            TreeRow::Phase(_) => None,
        })
    }
}

/// How a step at this place of the runbook stands: asked of those that are seen.
pub(super) fn state_of(session: &Session, (phase, step): (usize, usize)) -> StepState {
    let phase = &session.runbook.phases[phase];
    session.step_state(phase, &phase.steps[step])
}

fn tree(session: &Session) -> Vec<TreeRow> {
    let mut rows = Vec::new();
    for (place, phase) in session.runbook.phases.iter().enumerate() {
        if session.is_out_of_the_question(phase.when.as_ref()) {
            continue;
        }
        rows.push(TreeRow::Phase(place));
        for (number, step) in phase.steps.iter().enumerate().filter(|(_, step)| !session.is_out_of_the_question(step.when.as_ref())) {
            rows.push(TreeRow::Step { id: step.id.clone(), place: (place, number) });
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
