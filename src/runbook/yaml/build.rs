//! From what was written to what is meant: ids, durations, expressions and references, each checked with
//! its place. Never stops at a problem: what cannot be used is left out and the rest still looked at.

mod ask;
mod check;
mod head;
mod remediation;
mod statement;
mod step;
mod uses;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub(super) use ask::schema::structure;

use super::node::{Node, Place};
use super::{Report, wire};
use crate::base::id::Id;
use crate::runbook::lint::{self, Subject};
use crate::runbook::model;
use crate::runbook::problem::nearest;

/// The runbook; only worth something if nothing was reported as an error.
pub(super) fn runbook(written: wire::Runbook, root: &Node, source: &str, report: &mut Report) -> model::Runbook {
    let mut builder = Builder::new(&written, source, report);
    builder.reserve_ids(root);
    let runbook = builder.head(written, root);
    if builder.report.is_known_good {
        return runbook;
    }
    builder.settle_references(&runbook);
    builder.warn_of_unused(root);
    let Builder { guards, unverified, .. } = builder;
    // While something could not be read it may be what a warning misses.
    let has_errors = report.has_errors();
    lint::warnings(&runbook, |subject, code, message, help| {
        // An author who writes down that there is none has not forgotten it.
        let is_said = match (code, subject) {
            ("no-success", _) => root.entry("success").is_some(),
            ("no-verification", Subject::Thing(id)) => unverified.contains(id),
            _ => false,
        };
        if is_said || (has_errors && code.starts_with("no-")) {
            return;
        }
        let place = if report.is_full() { None } else { place_of(root, &guards, subject) };
        report.warning(place.unwrap_or_else(|| root.first_place()), code, message, help);
    });
    runbook
}

/// What stands above the phases, of a file that has nothing else.
pub(super) fn head(written: wire::Runbook, root: &Node, source: &str, report: &mut Report) -> model::Runbook {
    Builder::new(&written, source, report).head(written, root)
}

/// Everything that must be known before the first reference can be judged.
struct Names {
    inputs: BTreeMap<String, String>,
    secret: BTreeSet<String>,
    targets: Vec<Id>,
    contacts: BTreeSet<String>,
}

impl Names {
    fn of(written: &wire::Runbook) -> Self {
        Self {
            // The value does not matter for reading; its presence says that the input is declared.
            inputs: written.inputs.keys().map(|name| (name.clone(), "value".to_owned())).collect(),
            secret: written.inputs.iter().filter(|(_, input)| input.secret).map(|(name, _)| name.clone()).collect(),
            targets: written.targets.keys().map(Id::new).collect(),
            contacts: written.contacts.keys().cloned().collect(),
        }
    }
}

struct Builder<'r> {
    report: &'r mut Report,
    source: &'r str,
    names: Names,
    /// Ids that the author gave, with the place of the first.
    explicit: HashMap<String, Place>,
    /// Ids that were made from titles.
    taken: HashSet<String>,
    /// Inputs that something uses.
    used: BTreeSet<String>,
    /// Whether a title was read that names something.
    has_names_in_titles: bool,
    /// Where the guard of a remediation is named.
    guards: BTreeMap<Id, Place>,
    /// Remediations of which the author says that no check verifies them.
    unverified: BTreeSet<Id>,
    /// How many ids were made from a title.
    numbers: HashMap<String, usize>,
    wanted: Vec<Wanted>,
    /// Checks that could not be read: naming one of them is no second problem.
    broken: BTreeSet<Id>,
}

/// A reference to be judged once every id is known.
struct Wanted {
    what: Thing,
    id: Id,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Check,
    /// A check that may be asked unasked: no probe.
    PlainCheck,
    Remediation,
}

/// The lists of a step that hold things with ids.
const STEP_LISTS: [&str; 3] = ["checks", "remediations", "tasks"];

/// Every object of the file that has an id, in order.
fn things_with_ids(root: &Node) -> impl Iterator<Item = &Node> {
    let mut found = Vec::new();
    for phase in root.get("phases").into_iter().flat_map(Node::items) {
        found.push(phase);
        for step in phase.get("steps").into_iter().flat_map(Node::items) {
            found.push(step);
            found.extend(STEP_LISTS.iter().filter_map(|key| step.get(key)).flat_map(Node::items));
        }
    }
    found.extend(root.get("success").into_iter().flat_map(Node::items));
    found.into_iter()
}

/// Where a warning about something belongs: at its beginning, its id being given or made from its title.
fn place_of(root: &Node, guards: &BTreeMap<Id, Place>, subject: Subject<'_>) -> Option<Place> {
    let id = match subject {
        Subject::Runbook => return None,
        Subject::Guard(remediation) => return guards.get(remediation).copied(),
        Subject::Thing(id) => id,
    };
    let is = |node: &Node| {
        let text = |key: &str| node.get(key).and_then(Node::text);
        text("id").map_or_else(|| text("title").is_some_and(|title| Id::from_title(title) == *id), |given| *id == given)
    };
    things_with_ids(root).find(|node| is(node)).map(Node::first_place)
}

impl<'r> Builder<'r> {
    fn new(written: &wire::Runbook, source: &'r str, report: &'r mut Report) -> Self {
        Self {
            report,
            source,
            names: Names::of(written),
            explicit: HashMap::new(),
            taken: HashSet::new(),
            used: BTreeSet::new(),
            has_names_in_titles: false,
            guards: BTreeMap::new(),
            unverified: BTreeSet::new(),
            numbers: HashMap::new(),
            wanted: Vec::new(),
            broken: BTreeSet::new(),
        }
    }
}

impl Builder<'_> {
    /// Notes every id that the author gave before any is made from a title.
    fn reserve_ids(&mut self, root: &Node) {
        for thing in things_with_ids(root) {
            let Some(node) = thing.get("id") else { continue };
            let Some(id) = node.text() else { continue };
            self.judge_id(id, node.place);
            match self.explicit.get(id) {
                Some(first) => {
                    let message = format!("the id `{id}` was given before, in line {}", first.line);
                    self.report.error(
                        node.place,
                        "duplicate-id",
                        message,
                        "ids of phases, steps, checks, remediations, tasks and success criteria are unique in a file",
                    );
                }
                None => {
                    self.explicit.insert(id.to_owned(), node.place);
                }
            }
        }
    }

    fn judge_id(&mut self, id: &str, place: Place) {
        if id.is_empty() {
            return; // An id that is missing or empty has been reported as that.
        }
        let good = id.chars().all(|c| (c.is_alphanumeric() && c.to_lowercase().eq([c])) || c == '-' || c == '_') && !id.starts_with('-');
        if !good {
            let help = format!("lower-case words joined by `-`, such as `{}`", Id::from_title(id));
            self.report.error(place, "bad-id", format!("`{id}` is no id"), help);
        }
    }

    /// The id of a thing: the author's, or one made from its title, with `-2` where that is taken.
    fn id(&mut self, written: Option<String>, title: &str, kind: &str) -> Id {
        if let Some(id) = written {
            return Id::new(id);
        }
        let made = Id::from_title(title);
        let made = if made.as_str().is_empty() { kind } else { made.as_str() }.to_owned();
        // Where the last number was given, so that many equal titles do not cost their square.
        let mut number = self.numbers.get(&made).copied().unwrap_or(0);
        loop {
            number += 1;
            let id = if number == 1 { made.clone() } else { format!("{made}-{number}") };
            if !self.explicit.contains_key(&id) && self.taken.insert(id.clone()) {
                self.numbers.insert(made, number);
                return Id::new(id);
            }
        }
    }

    fn want(&mut self, what: Thing, id: impl AsRef<str>, place: Place) {
        self.wanted.push(Wanted { what, id: Id::new(id), place });
    }

    fn settle_references(&mut self, runbook: &model::Runbook) {
        let checks: BTreeMap<&Id, bool> = runbook.checks().map(|(_, check)| (&check.id, check.ask.may_repeat())).collect();
        let remediations: BTreeSet<&Id> = runbook.remediations().map(|(_, remediation)| &remediation.id).collect();
        for Wanted { what, id, place } in std::mem::take(&mut self.wanted) {
            let (noun, is_known) = match what {
                Thing::Check | Thing::PlainCheck => ("check", checks.contains_key(&id)),
                Thing::Remediation => ("remediation", remediations.contains(&id)),
            };
            if self.broken.contains(&id) {
                continue;
            }
            if !is_known {
                match what {
                    Thing::Check | Thing::PlainCheck => self.report.unknown(place, noun, id.as_str(), checks.keys().map(|id| id.as_str())),
                    Thing::Remediation => self.report.unknown(place, noun, id.as_str(), remediations.iter().map(|id| id.as_str())),
                }
            } else if what == Thing::PlainCheck && checks.get(&id) == Some(&false) {
                let message = format!("`{id}` is a probe, which only a person may start");
                self.report.error(place, "bad-reference", message, "name a check of another kind");
            }
        }
    }
}

impl Report {
    /// A name that nothing has, with the nearest of those that something has.
    fn unknown<'k>(&mut self, place: Place, noun: &str, name: &str, known: impl Iterator<Item = &'k str>) {
        let help = self.instead(name, known, "known: ", || format!("this runbook has no {noun}"));
        self.error(place, "unknown-id", format!("there is no {noun} `{name}`"), help);
    }

    /// What was meant by a name that is none: the nearest of those that are, or all of them, or what `none` says.
    fn instead<'k>(&self, name: &str, known: impl Iterator<Item = &'k str>, lead: &str, none: impl FnOnce() -> String) -> String {
        if self.is_full() {
            return String::new();
        }
        let known: Vec<&str> = known.collect();
        match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => none(),
            None => format!("{lead}{}", shortened(&known)),
        }
    }
}

/// The first twelve names: more do not help anybody choose.
fn shortened(names: &[&str]) -> String {
    let more = if names.len() > 12 { ", …" } else { "" };
    format!("{}{more}", names.iter().take(12).copied().collect::<Vec<_>>().join(", "))
}
