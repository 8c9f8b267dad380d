//! What the responder was called to, and what became of each call: a part of the fold. Never says which call still stands;
//! that takes the runbook, and `engine::calls` knows it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::base::id::Id;
use crate::base::stamp::Stamp;

use super::event::{CLOCK, Call, Entry, Event};

/// What the responder was called to, by the entry that called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Calls {
    records: BTreeMap<u64, CallRecord>,
    /// When a person was last heard of.
    heard: Option<Stamp>,
    /// The last entry by which a person did or said something; to answer a call is neither.
    deed: u64,
    /// When stakeholders were last told how it stands, as somebody wrote down.
    told: Option<Stamp>,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct CallRecord {
    /// To what.
    pub about: Subject,
    /// When.
    pub at: Stamp,
    /// Who said to have seen it, and when.
    pub acknowledged: Option<(String, Stamp)>,
    /// Until when it is to be quiet, if somebody wanted that.
    pub snoozed_until: Option<Stamp>,
}

/// What a call is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Help is to be called: an escalation's place in the runbook.
    Escalation(usize),
    /// A budget is used up.
    OverBudget {
        /// The phase; none for the whole incident.
        phase: Option<Id>,
        /// What was allowed.
        budget: Duration,
    },
    /// Anything else.
    Called(Call),
}

impl Calls {
    /// Every call, oldest first, by the number of its entry.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &CallRecord)> {
        self.records.iter().map(|(entry, record)| (*entry, record))
    }

    /// The call of this entry.
    #[must_use]
    pub fn get(&self, entry: u64) -> Option<&CallRecord> {
        self.records.get(&entry)
    }

    /// When a person was last heard of.
    #[must_use]
    pub fn heard(&self) -> Option<Stamp> {
        self.heard
    }

    /// Number of the last entry by which a person did or said something. To answer a call is neither: whoever says to know
    /// that nothing happens need not be told again.
    #[must_use]
    pub fn last_deed(&self) -> u64 {
        self.deed
    }

    /// When stakeholders were last told how it stands, or somebody took care that they are.
    #[must_use]
    pub fn told(&self) -> Option<Stamp> {
        let cared_for = |record: &CallRecord| match record.about {
            Subject::Called(Call::UpdateDue { .. }) => record.acknowledged.as_ref().map(|(_, at)| *at),
            _ => None,
        };
        self.records.values().filter_map(cared_for).chain(self.told).max_by_key(|at| at.elapsed)
    }

    /// Takes one more entry into account.
    pub(super) fn take(&mut self, entry: &Entry) {
        let at = entry.at;
        let answers_a_call = matches!(entry.event, Event::CallAcknowledged { .. } | Event::CallSnoozed { .. });
        if entry.by != CLOCK {
            self.heard = Some(at);
            self.deed = if answers_a_call { self.deed } else { entry.seq };
        }
        let acknowledged = || Some((entry.by.clone(), at));
        match &entry.event {
            Event::EscalationDue { escalation, .. } => self.call(entry.seq, at, Subject::Escalation(*escalation)),
            Event::OverBudget { phase, budget } => {
                self.call(entry.seq, at, Subject::OverBudget { phase: phase.clone(), budget: *budget });
            }
            Event::Called { about } => self.call(entry.seq, at, Subject::Called(about.clone())),
            Event::EscalationAcknowledged { escalation } => {
                self.answer(|_, about| *about == Subject::Escalation(*escalation), |record| record.acknowledged = acknowledged());
            }
            Event::CallAcknowledged { entry: call } => self.answer(|seq, _| seq == *call, |record| record.acknowledged = acknowledged()),
            Event::CallSnoozed { entry: call, lasting } => {
                // No entry is so strange that a clock breaks.
                let wall = TimeDelta::from_std(*lasting).ok().and_then(|lasting| at.wall.checked_add_signed(lasting));
                let until = Stamp { wall: wall.unwrap_or(DateTime::<Utc>::MAX_UTC), elapsed: at.elapsed.saturating_add(*lasting) };
                self.answer(|seq, _| seq == *call, |record| record.snoozed_until = Some(until));
            }
            Event::UpdateGiven { .. } => {
                self.told = Some(at);
                let is_for_one = |_, about: &Subject| matches!(about, Subject::Called(Call::UpdateDue { .. }));
                self.answer(is_for_one, |record| record.acknowledged = acknowledged());
            }
            _ => {}
        }
    }

    fn call(&mut self, entry: u64, at: Stamp, about: Subject) {
        self.records.insert(entry, CallRecord { about, at, acknowledged: None, snoozed_until: None });
    }

    /// Changes those of these calls that nobody has acknowledged yet.
    fn answer(&mut self, of: impl Fn(u64, &Subject) -> bool, change: impl Fn(&mut CallRecord)) {
        let open = self.records.iter_mut().filter(|(_, record)| record.acknowledged.is_none());
        open.filter(|(seq, record)| of(**seq, &record.about)).for_each(|(_, record)| change(record));
    }
}
