//! How an incident went, as stretches of time: what was worked on when, and how each check stood. Never a total; those
//! are `timeline::measure`'s, and agree because both go by the same entries.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::id::Id;
use crate::timeline::event::{Event, Verdict};
use crate::timeline::incident::Incident;

/// A stretch of time on the incident's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) struct Span {
    pub(in crate::export) from: Duration,
    pub(in crate::export) to: Duration,
}

impl Span {
    pub(in crate::export) fn length(self) -> Duration {
        self.to.saturating_sub(self.from)
    }
}

/// How a check stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Standing {
    /// As expected.
    Green,
    /// Not as expected.
    Red,
    /// It could not be asked, or a person had to say.
    Unknown,
}

impl Standing {
    /// Its name in documents.
    pub(in crate::export) const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Red => "red",
            Self::Unknown => "unknown",
        }
    }

    const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Green,
            Verdict::Failed => Self::Red,
            Verdict::Inconclusive | Verdict::NeedsPerson | Verdict::TimedOut | Verdict::Cancelled | Verdict::Crashed => Self::Unknown,
        }
    }
}

/// Why nothing was worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Still {
    /// On purpose.
    Paused,
    /// The program was not running.
    Away,
}

/// How an incident went.
#[derive(Debug, Default)]
pub(in crate::export) struct Course {
    /// When each step was worked on.
    pub(in crate::export) worked: BTreeMap<Id, Vec<Span>>,
    /// How each check stood since its first answer.
    pub(in crate::export) checks: BTreeMap<Id, Vec<(Span, Standing)>>,
    /// Each severity there was.
    pub(in crate::export) severities: Vec<(Span, String)>,
    /// When it stood still.
    pub(in crate::export) still: Vec<(Span, Still)>,
    /// Where the clock stopped, or stands.
    pub(in crate::export) ends: Duration,
}

impl Course {
    pub(super) fn of(incident: &Incident) -> Self {
        let mut course = Self::default();
        let Some(last) = incident.entries().last() else {
            return course;
        };
        course.ends = incident.clock(last.at);
        let mut working: Option<(Id, Duration)> = None;
        let mut paused: Option<Duration> = None;
        let mut step: Option<Id> = None;
        let mut last_seen = None;
        let mut severity: Option<(Duration, String)> = None;
        let holding = incident.entries().iter().filter(|entry| incident.corrected_by(entry.seq).is_none());
        for entry in holding {
            let at = incident.since_began(entry.at).min(course.ends);
            // What was cut off by a crash left no word: nobody was there since the entry before.
            let before = last_seen.replace(at);
            match &entry.event {
                Event::Opened(opened) => severity = opened.severity.clone().map(|severity| (Duration::ZERO, severity)),
                Event::SeverityChanged { severity: new, .. } => {
                    course.had_severity(severity.replace((at, new.clone())), at);
                }
                Event::StepEntered { step: entered } => {
                    course.worked_on(working.take(), at);
                    working = paused.is_none().then(|| (entered.clone(), at));
                    step = Some(entered.clone());
                }
                Event::Paused { .. } => {
                    course.worked_on(working.take(), at);
                    paused = paused.or(Some(at));
                }
                Event::Continued => {
                    course.stood_still(paused.take(), at, Still::Paused);
                    working = step.clone().map(|step| (step, at));
                }
                Event::Resumed { .. } => course.stood_still(before, at, Still::Away),
                Event::Resolved(_) => course.worked_on(working.take(), at),
                Event::CheckSettled(settled) => course.stands(&settled.check, Standing::of(settled.verdict), at),
                Event::Judged { check, passed, .. } => {
                    course.stands(check, if *passed { Standing::Green } else { Standing::Red }, at);
                }
                _ => {}
            }
        }
        let ends = course.ends;
        course.worked_on(working, ends);
        course.stood_still(paused, ends, Still::Paused);
        course.had_severity(severity, ends);
        for (span, _) in course.checks.values_mut().filter_map(|spans| spans.last_mut()) {
            span.to = ends;
        }
        course
    }

    fn worked_on(&mut self, working: Option<(Id, Duration)>, until: Duration) {
        if let Some((step, from)) = working {
            self.worked.entry(step).or_default().push(Span { from, to: until });
        }
    }

    fn stood_still(&mut self, since: Option<Duration>, until: Duration, why: Still) {
        self.still.extend(since.map(|from| (Span { from, to: until }, why)));
    }

    fn had_severity(&mut self, severity: Option<(Duration, String)>, until: Duration) {
        self.severities.extend(severity.map(|(from, severity)| (Span { from, to: until }, severity)));
    }

    fn stands(&mut self, check: &Id, standing: Standing, at: Duration) {
        let spans = self.checks.entry(check.clone()).or_default();
        if let Some((span, before)) = spans.last_mut() {
            if *before == standing {
                return;
            }
            span.to = at;
        }
        spans.push((Span { from: at, to: at }, standing));
    }
}
