//! Remediations that an incident has beside the author's own: what a check of a structure proposes, and what takes back what
//! was committed. Never what Enter does: a person has to choose it, and then it goes the way of every other, by plan,
//! rehearsal and consent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::base::id::Id;
use crate::base::redact::MASK;
use crate::base::{Value, Values};
use crate::runbook::Runbook;
use crate::runbook::expression::Template;
use crate::runbook::model::{Act, Ask, Check, Remediation, Transaction};
use crate::runbook::sql;
use crate::timeline::event::Offered;
use crate::timeline::{Event, Incident};

use super::turn::{CLOCK, Turn};
use super::{asked, joined};

/// How fresh the red answer must be: as with any other guard.
const GUARD_WITHIN: Duration = Duration::from_mins(2);

/// How long a statement waits for a lock: as in any other remediation.
const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

/// Under this name the values of an answer hold the statements that would add what is missing.
const PROPOSED: &str = "proposed";

/// Takes up what a red answer proposes. A check that the author wrote a remediation for needs none of ours, and what has
/// been offered is not offered twice.
pub(super) fn take_up(turn: &mut Turn<'_>, check: &Check, values: &Values) {
    let Some(sql) = values.get(PROPOSED).and_then(Value::as_str).filter(|sql| !sql.is_empty()) else { return };
    let session = &*turn.session;
    let (Ask::Schema(_), Some(target)) = (&check.ask, &check.on) else { return };
    // The author's id of a thing holds no colon.
    let id = Id::new(format!("{}:missing", check.id));
    // A step's own checks verify its remediations without a word, so only what names this check alone answers it.
    let is_answer = |remediation: &Remediation| {
        remediation.id != id && (remediation.guard.as_ref() == Some(&check.id) || remediation.verify == [check.id.clone()])
    };
    let is_busy = session.running().is_some_and(|running| running.remediation == id) || session.open_plan() == Some(&id);
    let is_known = session.incident.offered.get(&id).is_some_and(|offered| offered.sql == sql);
    let can_be_read = sql::prepare(sql, session.inputs(), &BTreeSet::new()).is_ok();
    if is_busy || is_known || !can_be_read || session.runbook.remediations().any(|(_, remediation)| is_answer(remediation)) {
        return;
    }
    let title = format!("Add what is missing: {}", check.title);
    let offered = Offered { remediation: id, title, check: check.id.clone(), target: target.clone(), sql: sql.to_owned() };
    turn.record(CLOCK, Event::RemediationOffered(offered));
}

/// A runbook as an incident has it: its titles filled in with the answers to its questions, secret ones masked, and the
/// remediations that the incident was offered, each in the step of its check, behind the author's own. What was committed
/// has beside it what takes it back. So are other runbooks that were opened inside it, and the questions that were asked off its path.
#[must_use]
pub fn of_incident(runbook: Arc<Runbook>, incident: &Incident, inputs: &BTreeMap<String, String>) -> Arc<Runbook> {
    let mut runbook = runbook.titled(|input| match inputs.get(&input.name) {
        Some(_) if input.secret => MASK,
        value => value.map(String::as_str).unwrap_or_default(),
    });
    joined::put_in(&mut runbook, incident, inputs);
    for id in incident.remediations.iter().filter(|(_, record)| record.committed || record.taken_back).map(|(id, _)| id) {
        let Some(rollback) = runbook.remediation(id).and_then(|(_, remediation)| remediation.taken_back(inputs)) else { continue };
        if runbook.remediation(&rollback.id).is_none() {
            let steps = Arc::make_mut(&mut runbook).phases.iter_mut().flat_map(|phase| &mut phase.steps);
            for step in steps {
                if let Some(place) = step.remediations.iter().position(|remediation| remediation.id == *id) {
                    step.remediations.insert(place + 1, rollback.clone());
                }
            }
        }
    }
    for offered in incident.offered.values() {
        let steps = Arc::make_mut(&mut runbook).phases.iter_mut().flat_map(|phase| &mut phase.steps);
        if let Some(step) = steps.into_iter().find(|step| step.checks.iter().any(|check| check.id == offered.check)) {
            step.remediations.retain(|remediation| remediation.id != offered.remediation);
            step.remediations.push(remediation(offered));
        }
    }
    if !incident.questions.is_empty() {
        asked::put_in(Arc::make_mut(&mut runbook), incident);
    }
    runbook
}

fn remediation(offered: &Offered) -> Remediation {
    Remediation {
        id: offered.remediation.clone(),
        title: offered.title.clone(),
        act: Act::Sql(offered.sql.clone()),
        on: Some(offered.target.clone()),
        guard: Some(offered.check.clone()),
        guard_within: GUARD_WITHIN,
        expect_rows: None,
        transaction: Transaction::One,
        rollback: None,
        verify: vec![offered.check.clone()],
        approvals: 1,
        lock_timeout: LOCK_TIMEOUT,
        timeout: None,
        expect: None,
        why: Some(Template::known_good("Made from the difference that the check found, and from nothing else. A table it makes is empty.")),
        when: None,
    }
}
