//! How a part that is there is not as it was declared, in words. Never says how bad that is.

use std::collections::BTreeMap;

use crate::runbook::ask::schema::{Declared, Generated, Rules, same};

use super::found::{FoundColumn, Understood};

/// What is wrong with a column. With `key_is_told`, the primary key is somebody else's to compare.
pub(super) fn of_column(declared: &Declared, there: &FoundColumn, types: &BTreeMap<String, Understood>, key_is_told: bool) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(kind_fault(declared, there, types));
    if declared.refuses_null() && !there.not_null {
        faults.push("may be null, expected not null".to_owned());
    }
    // A primary key that was not asked about brings this along.
    if !declared.refuses_null() && there.not_null && !there.primary_key {
        faults.push("is not null, expected to take null".to_owned());
    }
    if declared.primary_key && !there.primary_key && !key_is_told {
        faults.push("is not in the primary key".to_owned());
    }
    faults.extend(default_fault(declared, there));
    faults.extend(generated_fault(declared.generated.as_ref(), there.generated().as_ref()));
    faults
}

fn kind_fault(declared: &Declared, there: &FoundColumn, types: &BTreeMap<String, Understood>) -> Option<String> {
    let written = declared.serial().unwrap_or(&declared.kind);
    let understood = types.get(written)?;
    let Some(oid) = understood.oid else {
        return Some(format!("is {}, expected {written}, which is no type here", there.kind));
    };
    let base = understood.base.as_deref().unwrap_or_default().trim_end_matches("[]");
    let is_same = oid == there.oid && modifier_meant(written, base) == modifier(&there.kind);
    (!is_same).then(|| format!("is {}, expected {written}", there.kind))
}

/// What stands in the parentheses of a type, without spaces.
fn modifier(kind: &str) -> Option<String> {
    let (_, rest) = kind.split_once('(')?;
    let (inside, _) = rest.split_once(')')?;
    Some(inside.to_lowercase().split_whitespace().collect())
}

/// The same as the server fills it in: see "Numeric Types", "Character Types" and "Bit String Types" of its
/// manual. A server before 17 has no function that says so.
fn modifier_meant(written: &str, base: &str) -> Option<String> {
    let given = modifier(written);
    match (base, given) {
        ("real" | "double precision", _) => None,
        ("numeric", Some(digits)) if !digits.contains(',') => Some(format!("{digits},0")),
        ("character" | "bpchar", None) if written.starts_with("char") => Some("1".to_owned()),
        ("bit", None) => Some("1".to_owned()),
        (_, given) => given,
    }
}

fn default_fault(declared: &Declared, there: &FoundColumn) -> Option<String> {
    if declared.serial().is_some() {
        let counts = there.default().is_some_and(|default| default.starts_with("nextval("));
        return (!counts).then(|| "has no sequence as its default".to_owned());
    }
    match (&declared.default, there.default()) {
        (Some(wanted), Some(is)) if same(wanted, is) => None,
        (Some(wanted), Some(is)) => Some(format!("has the default {is}, expected {wanted}")),
        (Some(wanted), None) => Some(format!("has no default, expected {wanted}")),
        (None, Some(is)) if !same(is, "null") => Some(format!("has the default {is}, expected none")),
        (None, _) => None,
    }
}

fn generated_fault(wanted: Option<&Generated>, is: Option<&Generated>) -> Option<String> {
    match (wanted, is) {
        (None, None) => None,
        (Some(Generated::Stored(wanted)), Some(Generated::Stored(is))) if same(wanted, is) => None,
        (Some(wanted), Some(is)) if wanted == is => None,
        (Some(wanted), Some(is)) => Some(format!("is {is}, expected {wanted}")),
        (Some(wanted), None) => Some(format!("is not {wanted}")),
        (None, Some(is)) => Some(format!("is {is}, expected not to be")),
    }
}

/// Whether two policies let the same through.
pub(super) fn same_rules(one: &Rules, other: &Rules) -> bool {
    let same_text = |one: &Option<String>, other: &Option<String>| match (one, other) {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        _ => false,
    };
    (one.restrictive, &one.command, &one.roles) == (other.restrictive, &other.command, &other.roles)
        && same_text(&one.using, &other.using)
        && same_text(&one.check, &other.check)
}
