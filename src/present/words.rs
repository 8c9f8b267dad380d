//! Every word once: durations and clocks for people, and the names of verdicts, states and outcomes.
//! Never a sentence about a particular incident; those are in `story` and `moves`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::base::id::Id;
use crate::engine::session::{CheckState, CriterionState, StepState};
use crate::runbook::Runbook;
use crate::runbook::model::{Act, ActionState, Urgency};
use crate::timeline::event::{Asked, Outcome, Verdict};

use super::mark::Mark;

/// A name with its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// The sign in front.
    pub mark: Mark,
    /// The name, in lower case.
    pub name: &'static str,
}

const fn word(mark: Mark, name: &'static str) -> Word {
    Word { mark, name }
}

/// How long something took, exact enough to compare: `340ms`, `4.2s`, `12s`, `4m 12s`, `1h 03m`, `2d 4h`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    match duration.as_millis() {
        millis @ 0..1_000 => format!("{millis}ms"),
        millis @ 1_000..10_000 => format!("{}.{}s", millis / 1_000, millis % 1_000 / 100),
        _ => match duration.as_secs() {
            seconds @ 0..60 => format!("{seconds}s"),
            seconds @ 60..3_600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
            _ => long(duration),
        },
    }
}

/// How long something is, in its two greatest units or fewer: `45s`, `9m`, `1h 03m`, `2d 4h`.
#[must_use]
pub fn rough(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..3_600 => format!("{}m", seconds / 60),
        _ => long(duration),
    }
}

/// How long something is to be, exactly as an author sets it: `5s`, `1m 30s`, `15m`, `1h`, `2d`.
#[must_use]
pub fn exactly(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let millis = (u64::from(duration.subsec_millis()), "ms");
    let words: Vec<String> =
        units.into_iter().chain([millis]).filter(|(number, _)| *number > 0).map(|(number, unit)| format!("{number}{unit}")).collect();
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}

fn long(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match minutes / 60 {
        hours @ 0..48 => format!("{hours}h {:02}m", minutes % 60),
        hours => format!("{}d {}h", hours / 24, hours % 24),
    }
}

/// What a running clock shows: `00:14:03`.
#[must_use]
pub fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// How old something is: `now`, `12s ago`, `4m ago`.
#[must_use]
pub fn ago(age: Duration) -> String {
    if age.as_secs() == 0 { "now".to_owned() } else { format!("{} ago", rough(age)) }
}

/// What is left of a budget: `9m left`, `over by 3m`.
#[must_use]
pub fn budget(spent: Duration, budget: Duration) -> String {
    match budget.checked_sub(spent) {
        Some(left) => format!("{} left", rough(left)),
        None => format!("over by {}", rough(spent.saturating_sub(budget))),
    }
}

/// A number of things: `1 row`, `3 rows`.
#[must_use]
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A title inside a sentence: “Create the schema”.
#[must_use]
pub fn quoted(title: &str) -> String {
    format!("“{title}”")
}

/// A verdict.
#[must_use]
pub const fn verdict(verdict: Verdict) -> Word {
    match verdict {
        Verdict::Passed => word(Mark::Passed, "passed"),
        Verdict::Failed => word(Mark::Failed, "failed"),
        Verdict::Inconclusive => word(Mark::Inconclusive, "inconclusive"),
        Verdict::NeedsPerson => word(Mark::NeedsPerson, "needs a person"),
        Verdict::TimedOut => word(Mark::Inconclusive, "timed out"),
        Verdict::Cancelled => word(Mark::Inconclusive, "cancelled"),
        Verdict::Crashed => word(Mark::Inconclusive, "crashed"),
    }
}

/// How a check stands.
#[must_use]
pub fn check_state(state: CheckState<'_>) -> Word {
    match state {
        CheckState::NotAsked => word(Mark::NotAsked, "not asked"),
        CheckState::Asking(_) => word(Mark::Busy, "being asked"),
        CheckState::Answered(record) if record.overridden.is_some() => word(Mark::Accepted, "accepted"),
        CheckState::Answered(record) => verdict(record.verdict),
    }
}

/// How a step stands.
#[must_use]
pub const fn step_state(state: StepState) -> Word {
    match state {
        StepState::NotNeeded => word(Mark::NotNeeded, "not needed"),
        StepState::Ahead => word(Mark::Ahead, "ahead"),
        StepState::Open => word(Mark::Open, "open"),
        StepState::Skipped => word(Mark::Skipped, "skipped"),
        StepState::Red => word(Mark::Failed, "red"),
        StepState::Unclear => word(Mark::Inconclusive, "not known"),
        StepState::Accepted => word(Mark::Accepted, "accepted"),
        StepState::Done => word(Mark::Passed, "done"),
    }
}

/// How a remediation ended; without its act, in the words of SQL.
#[must_use]
pub const fn outcome(outcome: Outcome, act: Option<&Act>) -> Word {
    match (outcome, act) {
        (Outcome::Committed, Some(Act::Command(_) | Act::Http(_))) => word(Mark::Passed, "done"),
        (Outcome::Committed, Some(Act::Sql(_)) | None) => word(Mark::Passed, "committed"),
        (Outcome::RolledBack, _) => word(Mark::Failed, "rolled back"),
        (Outcome::Failed, _) => word(Mark::Failed, "failed"),
        (Outcome::Unknown, _) => word(Mark::Inconclusive, "outcome unknown"),
    }
}

/// How a criterion of success stands.
#[must_use]
pub const fn criterion(state: &CriterionState) -> Word {
    match (state.held, &state.check, state.verdict) {
        (true, ..) if state.accepted => word(Mark::Accepted, "accepted by hand"),
        (true, ..) => word(Mark::Passed, "holds"),
        (false, Some(_), None) => word(Mark::NotAsked, "not asked"),
        (false, Some(_), Some(Verdict::Failed | Verdict::Passed)) => word(Mark::Failed, "does not hold"),
        (false, Some(_), Some(_)) => word(Mark::Inconclusive, "not known"),
        (false, None, _) => word(Mark::Unticked, "not ticked"),
    }
}

/// How soon a criterion must hold.
#[must_use]
pub const fn urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Immediate => "immediate",
        Urgency::ShortTerm => "short-term",
        Urgency::LongTerm => "long-term",
    }
}

/// A severity, with what the usual names say to somebody who does not know them by heart: `P0 critical`.
#[must_use]
pub fn severity(name: &str) -> String {
    let means = match name.to_ascii_uppercase().as_str() {
        "P0" | "SEV0" | "SEV1" => " critical",
        "P1" | "SEV2" => " high",
        "P2" | "SEV3" => " medium",
        "P3" | "P4" | "SEV4" | "SEV5" => " low",
        _ => "",
    };
    format!("{name}{means}")
}

/// How far follow-up work is.
#[must_use]
pub const fn action_state(state: ActionState) -> &'static str {
    match state {
        ActionState::Done => "done",
        ActionState::Ongoing => "ongoing",
        ActionState::Future => "future",
    }
}

/// Roles that every incident has, with what they are called.
pub const ROLES: &[(&str, &str)] = &[("lead", "incident lead"), ("scribe", "scribe"), ("communications", "communications")];

/// What a role is called: as the runbook or the team says, or as everybody does.
#[must_use]
pub fn role<'a>(id: &'a Id, runbook: &'a Runbook) -> &'a str {
    let own = runbook.roles.iter().find(|role| role.id == *id).map(|role| role.title.as_str());
    own.or_else(|| ROLES.iter().find(|(known, _)| *known == id.as_str()).map(|(_, name)| *name)).unwrap_or(id.as_str())
}

/// A moment on every clock: `2026-03-01 14:05:09 UTC`.
#[must_use]
pub fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A size for people: `12 bytes`, `3.4 KiB`, `1.0 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_024 => count(bytes, "byte", "bytes"),
        1_024..1_048_576 => format!("{} KiB", tenths(1 << 10)),
        _ => format!("{} MiB", tenths(1 << 20)),
    }
}

/// Why a check was asked, where that is worth saying.
#[must_use]
pub const fn asked(asked: Asked) -> Option<&'static str> {
    match asked {
        Asked::ByHand => None,
        Asked::ByTheClock => Some("asked by the clock"),
        Asked::ToVerify => Some("asked to verify"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_author_sets_is_told_exactly() {
        let told = [0, 500, 5_000, 90_000, 900_000, 3_600_000, 5_400_000, 86_400_000].map(|millis| exactly(Duration::from_millis(millis)));
        assert_eq!(told, ["0s", "500ms", "5s", "1m 30s", "15m", "1h", "1h 30m", "1d"]);
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (millis, exact, coarse) in [
            (0, "0ms", "0s"),
            (340, "340ms", "0s"),
            (4_290, "4.2s", "4s"),
            (12_900, "12s", "12s"),
            (252_000, "4m 12s", "4m"),
            (3_780_000, "1h 03m", "1h 03m"),
            (47 * 3_600_000 + 59 * 60_000, "47h 59m", "47h 59m"),
            (52 * 3_600_000, "2d 4h", "2d 4h"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), exact);
            assert_eq!(rough(Duration::from_millis(millis)), coarse);
        }
    }

    #[test]
    fn clocks_ages_and_budgets() {
        assert_eq!(clock(Duration::from_secs(843)), "00:14:03");
        assert_eq!(clock(Duration::from_hours(123)), "123:00:00");
        assert_eq!(ago(Duration::from_millis(900)), "now");
        assert_eq!(ago(Duration::from_secs(12)), "12s ago");
        for (spent, left) in [(360, "9m left"), (855, "45s left"), (900, "0s left"), (901, "over by 1s"), (1_085, "over by 3m")] {
            assert_eq!(budget(Duration::from_secs(spent), Duration::from_mins(15)), left);
        }
        assert_eq!(count(1, "row", "rows"), "1 row");
        assert_eq!(count(0, "row", "rows"), "0 rows");
    }
}
