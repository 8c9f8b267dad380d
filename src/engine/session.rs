//! One incident being worked on: the fold of its timeline, and beside it only what need not survive the
//! program — questions under way, full answers, what the deputy last saw. Never changed but by `update`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::base::id::{AttemptId, Id};
use crate::base::redact::MASK;
use crate::base::stamp::Stamp;
use crate::base::{Value, Values, json};
use crate::runbook::Runbook;
use crate::runbook::expression::{Expression, Template};
use crate::runbook::model::{Check, Phase, Remediation, Step, Success, Trigger, Urgency};
use crate::timeline::Incident;
use crate::timeline::event::{Asked, Criterion, Verdict};
use crate::timeline::incident::CheckRecord;

use super::effect::Stage;
use super::joined::Shelf;
use super::notify::Outbox;

/// An answer is slow that takes more than so many times what it usually does, and so long that a person notices.
const SLOW: u32 = 3;
const NOTICED: Duration = Duration::from_millis(250);

/// How many past verdicts of a check are kept for its little history.
const HISTORY: usize = 30;

/// One incident being worked on.
#[derive(Clone, Debug)]
pub struct Session {
    /// The runbook as it was when the incident was opened, with what the incident has beside it: remediations that were
    /// offered, questions that were asked, other runbooks that were opened inside it.
    pub runbook: Arc<Runbook>,
    /// What happened so far.
    pub incident: Incident,
    /// The name at this keyboard.
    pub responder: String,
    /// Why nothing is recorded at the moment, if so.
    pub degraded: Option<String>,
    /// Answers to the runbook's questions, secret ones included.
    pub(super) inputs: BTreeMap<String, String>,
    /// What is known of each check beside the timeline.
    pub(super) live: BTreeMap<Id, Live>,
    /// The remediation that is being rehearsed or applied.
    pub(super) running: Option<Running>,
    /// Earlier attempts whose servers are being asked what became of them.
    pub(super) in_question: BTreeMap<AttemptId, Id>,
    /// Number of the last attempt handed out.
    pub(super) last_attempt: u64,
    /// Questions off the path that a person has asked for in this run of the program.
    pub(super) asked_here: BTreeSet<Id>,
    /// When a person last typed a production database's name: for 15 minutes it need not be typed again.
    pub(super) armed: BTreeMap<Id, Stamp>,
    /// What the team's channels are being told.
    pub(super) outbox: Outbox,
    /// The runbooks of this machine.
    pub(super) shelf: Shelf,
    /// That the program is about to end.
    pub(super) leaving: Option<Leaving>,
    /// The moment of the last message.
    pub(super) seen_at: Stamp,
}

/// An end that waits for what runs.
#[derive(Clone, Debug)]
pub(super) struct Leaving {
    /// Since when.
    pub(super) since: Stamp,
    /// In a few words.
    pub(super) why: String,
    /// The runbook that the responder goes on with.
    pub(super) onward: Option<Id>,
}

/// An answer of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// In one word.
    pub verdict: Verdict,
    /// Whether it took far longer than those before it.
    pub slow: bool,
}

/// What is known of a check beside the timeline.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// The question under way.
    pub asking: Option<Asking>,
    /// When it was last answered, repeats included.
    pub heard: Option<Stamp>,
    /// All that was seen last time.
    pub seen: String,
    /// What was answered last time, in full.
    pub values: Values,
    /// How long the last answer took.
    pub took: Duration,
    /// The last answers, oldest first.
    pub history: VecDeque<Past>,
    /// How long an answer usually takes: a running mean.
    usual: Option<Duration>,
    /// Whether it turned red after it had been green, and nobody has looked since.
    pub turned_red: bool,
    /// How often the present question has been put: 1, and one more for each retry.
    pub tries: u32,
    /// Retries left.
    pub(super) retries: u32,
    /// When it is to be asked again: an `every` or a retry.
    pub(super) due: Option<Due>,
}

/// A question that is to be asked later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    /// When, as time since the incident was opened.
    pub(super) at: Duration,
    /// Why.
    pub(super) asked: Asked,
    /// Whether it is another try of the same question.
    pub(super) retry: bool,
}

/// A question under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Under this number its answer comes.
    pub attempt: AttemptId,
    /// Since when.
    pub since: Stamp,
    /// Why.
    pub asked: Asked,
}

/// A remediation that is being rehearsed or applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub remediation: Id,
    /// Under this number its news come.
    pub attempt: AttemptId,
    /// Try or do.
    pub stage: Stage,
    /// Since when.
    pub since: Stamp,
    /// Place of the statement that runs, from 0.
    pub statement: usize,
    /// Who holds the lock it waits for, in words.
    pub waits_for: Option<String>,
    /// Whether it was asked to stop.
    pub cancelling: bool,
}

/// How a check stands, for the screen and for what comes next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckState<'s> {
    /// Never asked.
    NotAsked,
    /// Being asked for the first time.
    Asking(Asking),
    /// Answered, perhaps being asked again.
    Answered(&'s CheckRecord),
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Its `when` does not hold.
    NotNeeded,
    /// Not entered yet.
    Ahead,
    /// Entered, and something in it is still to do.
    Open,
    /// Left out.
    Skipped,
    /// Nothing left to do, something is red.
    Red,
    /// Nothing left to do, nothing is red, and something could not be asked.
    Unclear,
    /// Nothing left to do, nothing is red, and something is accepted by hand.
    Accepted,
    /// Nothing left to do, everything is green.
    Done,
}

/// How a criterion of success stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriterionState {
    /// Its id.
    pub id: Id,
    /// One line.
    pub title: String,
    /// How soon it must hold.
    pub urgency: Urgency,
    /// The check behind it, or none if a person ticks it.
    pub check: Option<Id>,
    /// Whether it holds.
    pub held: bool,
    /// What the check behind it said last; none if it was not asked, or there is none.
    pub verdict: Option<Verdict>,
    /// Whether it holds because a person accepted the check as it is.
    pub accepted: bool,
    /// What that rests on, in words.
    pub because: String,
}

impl Session {
    /// A session of an incident with these entries so far; nothing has been asked yet.
    ///
    /// `inputs` holds every answer to the runbook's questions, secret ones included.
    #[must_use]
    pub fn new(runbook: Arc<Runbook>, incident: Incident, inputs: BTreeMap<String, String>, responder: impl Into<String>) -> Self {
        let last_attempt = incident.next_attempt().0 - 1;
        let seen_at =
            incident.entries().last().map_or(Stamp { wall: chrono::DateTime::UNIX_EPOCH, elapsed: Duration::ZERO }, |entry| entry.at);
        Self {
            runbook: super::offers::of_incident(runbook, &incident, &inputs),
            incident,
            responder: responder.into(),
            degraded: None,
            inputs,
            live: BTreeMap::new(),
            running: None,
            in_question: BTreeMap::new(),
            last_attempt,
            asked_here: BTreeSet::new(),
            armed: BTreeMap::new(),
            outbox: Outbox::default(),
            shelf: Shelf::default(),
            leaving: None,
            seen_at,
        }
    }

    /// What texts may name: the inputs, secret ones masked, `severity` and `drill`.
    #[must_use]
    pub fn names(&self) -> Values {
        let mut names = self.plain_names();
        for input in self.runbook.inputs.iter().filter(|input| input.secret) {
            names.insert(input.name.clone(), Value::from(MASK));
        }
        names
    }

    /// What `when` may name beside checks. Never for what is shown or kept: secrets stand in it as they are.
    fn plain_names(&self) -> Values {
        let mut names: Values = self.inputs.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        for input in &self.runbook.inputs {
            names.entry(input.name.clone()).or_insert_with(|| Value::from(""));
        }
        names.insert("severity".to_owned(), Value::from(self.incident.severity.as_deref().unwrap_or_default()));
        names.insert("drill".to_owned(), Value::from(self.incident.is_drill()));
        names
    }

    /// A text of the runbook for people, with its `{{ names }}` filled in.
    #[must_use]
    pub fn text(&self, template: &Template) -> String {
        template.render(&self.names())
    }

    /// The value of an input.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&str> {
        self.inputs.get(name).map(String::as_str)
    }

    /// Every answer to the runbook's questions, secret ones included.
    #[must_use]
    pub fn inputs(&self) -> &BTreeMap<String, String> {
        &self.inputs
    }

    /// What this `when` may name: what texts may, secrets as they are, and the `checks` and `remediations` it asks about.
    #[must_use]
    pub fn condition_names(&self, when: &Expression) -> Values {
        let mut names = self.plain_names();
        let checks: Values = when
            .checks()
            .iter()
            .map(|id| {
                let record = self.incident.checks.get(id);
                let is = |wanted: fn(Verdict) -> bool| record.is_some_and(|record| wanted(record.verdict));
                let values = record.map_or_else(Values::new, |record| record.values.clone());
                let state = json!({
                    "passed": is(|verdict| verdict == Verdict::Passed),
                    "failed": is(|verdict| verdict == Verdict::Failed),
                    "inconclusive": is(Verdict::is_inconclusive),
                    "values": values,
                });
                (id.to_string(), state)
            })
            .collect();
        let remediations: Values = when
            .remediations()
            .iter()
            .map(|id| {
                let committed = self.incident.remediations.get(id).is_some_and(|record| record.committed);
                (id.to_string(), json!({ "committed": committed }))
            })
            .collect();
        names.insert("checks".to_owned(), Value::Object(checks));
        names.insert("remediations".to_owned(), Value::Object(remediations));
        names
    }

    /// Whether an item with this `when` is part of this incident, now or from an earlier moment on.
    #[must_use]
    pub fn applies(&self, id: &Id, when: Option<&Expression>) -> bool {
        match when {
            None => true,
            Some(when) if is_settled_by_inputs(when) => when.holds(&self.plain_names()).unwrap_or(false),
            Some(_) => self.incident.applies.contains(id),
        }
    }

    /// Whether an item can never be part of this incident, whatever the checks say: it belongs to another
    /// choice of input, and is not worth a line on the screen.
    #[must_use]
    pub fn is_out_of_the_question(&self, when: Option<&Expression>) -> bool {
        when.is_some_and(|when| is_settled_by_inputs(when) && !when.holds(&self.plain_names()).unwrap_or(false))
    }

    /// Whether a step and its phase are part of this incident.
    #[must_use]
    pub fn step_applies(&self, phase: &Phase, step: &Step) -> bool {
        self.applies(&phase.id, phase.when.as_ref()) && self.applies(&step.id, step.when.as_ref())
    }

    /// The steps that are part of this incident, in order.
    #[must_use]
    pub fn applicable_steps(&self) -> impl DoubleEndedIterator<Item = (&Phase, &Step)> {
        self.runbook.steps().filter(|(phase, step)| self.step_applies(phase, step))
    }

    /// The checks of a step that are part of this incident.
    pub fn applicable_checks<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Check> {
        step.checks.iter().filter(|check| self.applies(&check.id, check.when.as_ref()))
    }

    /// The current step with its phase.
    #[must_use]
    pub fn current(&self) -> Option<(&Phase, &Step)> {
        self.incident.current_step.as_ref().and_then(|id| self.runbook.step(id))
    }

    /// How a check stands.
    #[must_use]
    pub fn check_state(&self, check: &Id) -> CheckState<'_> {
        match (self.incident.checks.get(check), self.live.get(check).and_then(|live| live.asking)) {
            (Some(record), _) => CheckState::Answered(record),
            (None, Some(asking)) => CheckState::Asking(asking),
            (None, None) => CheckState::NotAsked,
        }
    }

    /// What is known of a check beside the timeline.
    #[must_use]
    pub fn live(&self, check: &Id) -> Option<&Live> {
        self.live.get(check)
    }

    /// Whether a check is being asked right now.
    #[must_use]
    pub fn is_asking(&self, check: &Id) -> bool {
        self.live.get(check).is_some_and(|live| live.asking.is_some())
    }

    /// Whether an answer to a check is on its way: it is being asked, or will be tried again.
    #[must_use]
    pub fn is_awaited(&self, check: &Id) -> bool {
        self.live.get(check).is_some_and(|live| live.asking.is_some() || live.due.is_some_and(|due| due.retry))
    }

    /// Whether any check or remediation is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.is_some() || self.live.values().any(|live| live.asking.is_some())
    }

    /// The remediation that is being rehearsed or applied.
    #[must_use]
    pub fn running(&self) -> Option<&Running> {
        self.running.as_ref()
    }

    /// The remediation whose plan waits for a decision.
    #[must_use]
    pub fn open_plan(&self) -> Option<&Id> {
        self.incident.remediations.iter().find(|(_, record)| record.open).map(|(id, _)| id)
    }

    /// Whether a check was answered less than `within` ago, repeats included.
    #[must_use]
    pub fn is_fresh(&self, check: &Id, now: Stamp, within: Duration) -> bool {
        self.live.get(check).and_then(|live| live.heard).is_some_and(|heard| now.since(heard) <= within)
    }

    /// Whether a check was answered with anything but green, and is not accepted.
    #[must_use]
    pub fn is_not_green(&self, check: &Id) -> bool {
        self.incident
            .checks
            .get(check)
            .is_some_and(|record| record.overridden.is_none() && !matches!(record.verdict, Verdict::Passed | Verdict::NeedsPerson))
    }

    /// Whether a check failed, and is not accepted. What could not be asked is not red.
    #[must_use]
    pub fn is_red(&self, check: &Id) -> bool {
        self.is_not_green(check) && self.incident.checks.get(check).is_some_and(|record| record.verdict == Verdict::Failed)
    }

    /// The checks that are red.
    pub fn red(&self) -> impl Iterator<Item = &Check> {
        self.runbook.checks().map(|(_, check)| check).filter(|check| self.is_red(&check.id))
    }

    /// The checks that could not be asked: neither green, nor red, nor accepted.
    pub fn unclear(&self) -> impl Iterator<Item = &Check> {
        self.runbook.checks().map(|(_, check)| check).filter(|check| self.is_not_green(&check.id) && !self.is_red(&check.id))
    }

    /// The checks that failed when they were asked last, accepted or not, with the reason of who accepted them.
    pub fn failed(&self) -> impl Iterator<Item = (&Check, Option<&str>)> {
        self.runbook.checks().filter_map(|(_, check)| {
            let record = self.incident.checks.get(&check.id).filter(|record| record.verdict == Verdict::Failed)?;
            Some((check, record.overridden.as_deref()))
        })
    }

    /// How a step stands.
    #[must_use]
    pub fn step_state(&self, phase: &Phase, step: &Step) -> StepState {
        if !self.step_applies(phase, step) {
            return StepState::NotNeeded;
        }
        if self.incident.skipped.contains_key(&step.id) {
            return StepState::Skipped;
        }
        if !self.incident.entered(&step.id) {
            return StepState::Ahead;
        }
        if super::next::first_open(self, step).is_some() {
            return StepState::Open;
        }
        let any = |is: &dyn Fn(&Id) -> bool| self.applicable_checks(step).any(|check| is(&check.id));
        let is_accepted = |check: &Id| {
            self.incident.checks.get(check).is_some_and(|record| record.overridden.is_some() && record.verdict != Verdict::Passed)
        };
        if any(&|check| self.is_red(check)) || step.remediations.iter().any(|remediation| self.is_in_doubt(remediation)) {
            StepState::Red
        } else if any(&|check| self.is_not_green(check)) {
            StepState::Unclear
        } else if any(&is_accepted) {
            StepState::Accepted
        } else {
            StepState::Done
        }
    }

    /// Whether nobody knows if a remediation is in effect, and no check has told since.
    fn is_in_doubt(&self, remediation: &Remediation) -> bool {
        let unknown = self.incident.remediations.get(&remediation.id).is_some_and(|record| record.is_unknown() && !record.put_aside);
        unknown && (remediation.verify.is_empty() || remediation.verify.iter().any(|check| self.is_not_green(check)))
    }

    /// The time worked on a phase so far; pauses do not count.
    #[must_use]
    pub fn phase_spent(&self, phase: &Phase, now: Stamp) -> Duration {
        phase.steps.iter().map(|step| self.incident.spent(&step.id, now)).sum()
    }

    /// The next escalation by the clock that is not due yet: its place, and the time left.
    #[must_use]
    pub fn next_escalation(&self, now: Stamp) -> Option<(usize, Duration)> {
        let clock = self.incident.clock(now);
        self.runbook
            .escalation
            .iter()
            .enumerate()
            .filter(|(n, _)| !self.incident.escalations.contains_key(n))
            .filter_map(|(n, escalation)| match escalation.trigger {
                Trigger::After(after) => Some((n, after.saturating_sub(clock))),
                Trigger::When(_) | Trigger::ByHand => None,
            })
            .min_by_key(|(_, left)| *left)
    }

    /// Escalations that are due and that nobody has acknowledged, oldest first.
    #[must_use]
    pub fn open_escalations(&self) -> Vec<usize> {
        self.incident.escalations.iter().filter(|(_, record)| record.acknowledged.is_none()).map(|(n, _)| *n).collect()
    }

    /// The criteria of success as they stand, in the runbook's order.
    #[must_use]
    pub fn criteria(&self) -> Vec<CriterionState> {
        self.runbook
            .success
            .iter()
            .filter(|success| self.applies(&success.id, success.when.as_ref()))
            .map(|success| self.criterion(success))
            .collect()
    }

    fn criterion(&self, success: &Success) -> CriterionState {
        let record = success.check.as_ref().and_then(|check| self.incident.checks.get(check));
        let (held, because) = match &success.check {
            Some(check) => match self.incident.checks.get(check) {
                None => (false, "not asked yet".to_owned()),
                Some(record) => match (&record.overridden, record.verdict) {
                    (_, Verdict::Passed) => (true, record.reason.clone()),
                    (Some(reason), _) => (true, format!("accepted by hand: {reason}")),
                    (None, _) => (false, record.reason.clone()),
                },
            },
            None => match self.incident.ticks.get(&success.id) {
                Some(tick) => (true, tick.evidence.clone().unwrap_or_else(|| format!("ticked by {}", tick.by))),
                None => (false, "not ticked yet".to_owned()),
            },
        };
        CriterionState {
            id: success.id.clone(),
            title: success.title.clone(),
            urgency: success.urgency,
            check: success.check.clone(),
            held,
            verdict: record.map(|record| record.verdict),
            accepted: held && record.is_some_and(|record| record.verdict != Verdict::Passed),
            because,
        }
    }

    /// The criteria as they go into the last entry.
    #[must_use]
    pub fn criteria_for_the_record(&self) -> Vec<Criterion> {
        self.criteria()
            .into_iter()
            .map(|state| Criterion { id: state.id, title: state.title, held: state.held, because: state.because })
            .collect()
    }

    /// Whether a production database's name was typed for this target less than 15 minutes ago.
    #[must_use]
    pub fn is_armed(&self, target: &Id, now: Stamp) -> bool {
        self.armed.get(target).is_some_and(|typed| now.since(*typed) < ARMED_FOR)
    }
}

/// How long a typed database name counts; the runbook format's rule.
pub const ARMED_FOR: Duration = Duration::from_mins(15);

impl Live {
    /// Keeps a verdict with how long it took, beside what answers usually take.
    pub(super) fn remember(&mut self, verdict: Verdict, took: Duration) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        let slow = self.usual.is_some_and(|usual| took >= NOTICED && took > usual * SLOW);
        // A slow one moves it less than its share: after a while that is how long it usually takes.
        self.usual = Some(self.usual.map_or(took, |usual| (usual * 7 + took.min(usual * 2 + NOTICED)) / 8));
        self.history.push_back(Past { verdict, slow });
    }
}

/// Whether a `when` can be decided without any check or remediation.
fn is_settled_by_inputs(when: &Expression) -> bool {
    when.checks().is_empty() && when.remediations().is_empty()
}
