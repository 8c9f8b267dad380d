//! Advice to authors: what a runbook may leave out but a tired responder will miss, and what can never do what it was
//! written for. Never an error; what makes a runbook unusable is found while reading it.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Values;
use crate::base::id::Id;

use super::expression::Expression;
use super::model::{Ask, Check, Log, LogSource, Remediation, Runbook};

/// What a warning is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'r> {
    /// The runbook as a whole.
    Runbook,
    /// The phase, step, check, remediation, task or criterion of this id.
    Thing(&'r Id),
    /// The `guard` of the remediation of this id.
    Guard(&'r Id),
}

/// Calls `warn` for everything a careful author would change: what it is about, a code, what is missing or wrong, and how
/// to mend it.
pub fn warnings(runbook: &Runbook, mut warn: impl FnMut(Subject<'_>, &'static str, String, String)) {
    if runbook.success.is_empty() {
        warn(
            Subject::Runbook,
            "no-success",
            "nothing says when this incident is over".to_owned(),
            "add `success` with checks that prove it".to_owned(),
        );
    }
    let proofs: BTreeSet<&Id> = runbook.success.iter().filter_map(|success| success.check.as_ref()).collect();
    let checks: BTreeMap<&Id, &Check> = runbook.checks().map(|(_, check)| (&check.id, check)).collect();
    for check in checks.values() {
        if check.expect.is_none() && matches!(check.ask, Ask::Sql(_)) && proofs.contains(&check.id) {
            let message = "success rests on this check, but it expects nothing, so a person must judge it".to_owned();
            warn(Subject::Thing(&check.id), "no-expectation", message, "add `expect`, such as `value == 1`".to_owned());
        }
        if let Some(expect) = check.expect.as_ref().filter(|expect| always_holds(expect)) {
            let message = format!("this check can never fail: `{}` always holds", expect.source());
            let help = "expect what is true only when all is well, such as `row_count == 1`".to_owned();
            // One that only shows something may say so by what it expects; one that something depends on may not.
            if proofs.contains(&check.id) {
                warn(Subject::Thing(&check.id), "never-red", message, help);
            }
        }
    }
    for check in checks.values() {
        if let Some(why) = never_green(check) {
            let help = "ask a command that ends, such as `--since 10m` without `-f`, and ask it again by `every`".to_owned();
            warn(Subject::Thing(&check.id), "never-green", why.to_owned(), help);
        }
    }
    for (_, remediation) in runbook.remediations() {
        if remediation.verify.is_empty() {
            let message = "no check says whether this remediation worked".to_owned();
            warn(Subject::Thing(&remediation.id), "no-verification", message, "add `verify: [check-id]`".to_owned());
        }
        let guard = remediation.guard.as_ref().and_then(|guard| checks.get(guard));
        if let Some((message, help)) = guard.and_then(|guard| never_red(guard, remediation)) {
            warn(Subject::Guard(&remediation.id), "never-red", message, help);
        }
    }
}

/// Why a guard is never red where its remediation applies, and how to mend it.
fn never_red(guard: &Check, remediation: &Remediation) -> Option<(String, String)> {
    if let Some(expect) = guard.expect.as_ref().filter(|expect| always_holds(expect)) {
        let message =
            format!("the guard `{}` is never red, so this can never run: its expectation `{}` always holds", guard.id, expect.source());
        return Some((message, "guard it by a check that fails when this is needed".to_owned()));
    }
    let needs = remediation.when.as_ref().filter(|when| demands_passed(when, &guard.id))?;
    let message = format!("the guard `{}` is not red where this applies: `{}` asks that it has passed", guard.id, needs.source());
    Some((message, format!("a guard must fail before this may run; such as `when: checks[\"{}\"].failed`", guard.id)))
}

/// Why a check of a log that is followed has no end at which it could have passed.
fn never_green(check: &Check) -> Option<&'static str> {
    let Ask::Log(Log { source: LogSource::Command(line), none_of, .. }) = &check.ask else { return None };
    if !line.program.follows_a_log() {
        None
    } else if check.expect.is_some() {
        Some("this log goes on, and `expect` is held against all of its lines: this check is never answered")
    } else {
        let fails_at_best = "this log goes on, and a line that may not be there can always yet come: this check can fail, but never pass";
        (!none_of.is_empty()).then_some(fails_at_best)
    }
}

/// Whether an expression holds whatever the answer is: one that names nothing, a count that is at least nothing, a name that
/// is what it is. Others may hold always as well; these are what people write to get rid of `expect`.
fn always_holds(expression: &Expression) -> bool {
    let source = expression.source();
    if expression.names().is_empty() {
        return expression.holds(&Values::new()) == Ok(true);
    }
    let is_count = |text: &str| {
        let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        ["row_count", "ms", "rows|length", "rows|count"].contains(&bare.as_str())
    };
    let sides = |operator: &str| source.split_once(operator).map(|(left, right)| (left.trim(), right.trim()));
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    sides(">=").is_some_and(|(left, right)| is_count(left) && right == "0")
        || sides("==").is_some_and(|(left, right)| is_word(left) && left == right)
}

/// Whether a `when` is true only where this check has passed: it stands alone, or is one of several that must all hold.
fn demands_passed(when: &Expression, check: &Id) -> bool {
    let words: Vec<&str> = when.source().split_whitespace().collect();
    if words.iter().any(|word| ["or", "not", "if", "else"].contains(word)) {
        return false;
    }
    let wanted = [format!("checks[\"{check}\"].passed"), format!("checks['{check}'].passed"), format!("checks.{check}.passed")];
    words.split(|word| *word == "and").any(|part| wanted.contains(&part.concat()))
}
