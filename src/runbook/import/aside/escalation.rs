//! A section about escalation as rungs: whom to call, when, and with which words. Never a time or a name that the section does not say.

use std::sync::LazyLock;

use regex::Regex;

use super::{Aside, prose};
use crate::runbook::import::blocks::{Block, Item, Kind, one_line};
use crate::runbook::import::draft::Escalation;
use crate::runbook::import::meaning::{self, Role};
use crate::runbook::import::outline::Section;

impl Aside<'_> {
    pub(super) fn escalation(&mut self, section: &Section) -> bool {
        if section.any_block(&|block| matches!(block.kind, Kind::Code(_)) || block.holds_code()) || section.height() > 1 {
            return false;
        }
        // What has a place of its own goes there by itself.
        if section.children.iter().any(|child| matches!(meaning::role(&child.heading), Role::Contacts | Role::Severities | Role::Errors)) {
            return false;
        }
        let mut told: Vec<Rung> = Vec::new();
        rungs(section, &mut told);
        if told.len() < 2 {
            return false;
        }
        // Each time that is said begins a rung, but for the first, which has what stands before it.
        let mut calls: Vec<Rung> = Vec::new();
        let mut is_timed = false;
        for part in told {
            let has_time = due(&part.text).is_some() && (part.may_begin || !is_timed);
            let is_by_hand = part.may_begin && is_timed && !has_time && !(part.to.is_empty() && called(&part.text).is_empty());
            match calls.last_mut() {
                Some(last) if !(is_by_hand || (has_time && is_timed)) => {
                    last.text.push('\n');
                    last.text.push_str(&part.text);
                    last.to.extend(part.to);
                    is_timed |= has_time;
                }
                _ => {
                    is_timed = has_time;
                    calls.push(part);
                }
            }
        }
        for rung in calls {
            let to = rung.calls().into_iter().map(|name| self.contact(&name, None)).collect::<Vec<_>>();
            let to = if to.is_empty() { vec![self.contact("escalation", None)] } else { to };
            let after = due(&rung.text);
            let message = self.around.inputs.in_text(&rung.text);
            self.draft.escalation.push(Escalation { after, to, message });
        }
        true
    }
}

/// A part of an escalation: who is called, and when.
struct Rung {
    text: String,
    /// Whether it can be a call of its own.
    may_begin: bool,
    /// Those a column of its table names.
    to: Vec<String>,
}

impl Rung {
    /// Whom it calls: those of its column, or those its words name.
    fn calls(&self) -> Vec<String> {
        let by_words = [&CALLED, &NAMED].into_iter().flat_map(|pattern| self.text.lines().map(|line| each_found(pattern, line)));
        [self.to.clone()].into_iter().chain(by_words).find(|names| !names.is_empty()).unwrap_or_default()
    }
}

/// The names in a cell.
fn each_of(cell: &str) -> Vec<String> {
    let names = cell.split([',', '+', '&', ';']).flat_map(|names| names.split(" and ")).map(one_line);
    names.filter(|name| name.chars().any(char::is_alphabetic) && name.chars().count() <= 60).collect()
}

/// What a section says, point by point, and what those below it say; whether each may be a call of its own.
fn rungs(section: &Section, into: &mut Vec<Rung>) {
    let rung = |text: String| Rung { text, may_begin: true, to: Vec::new() };
    into.push(rung(section.heading.clone()));
    for block in &section.blocks {
        match &block.kind {
            Kind::Table(rows) => {
                let head = rows.first().map(Vec::as_slice).unwrap_or_default();
                let who = head.iter().position(|cell| is_who(cell));
                let called = |row: &Vec<String>| who.and_then(|column| row.get(column)).map(|cell| each_of(cell)).unwrap_or_default();
                into.extend(rows.iter().take(1).map(|row| rung(row.join(" | "))));
                into.extend(rows.iter().skip(1).map(|row| Rung { to: called(row), ..rung(row.join(" | ")) }));
            }
            Kind::List(items) => {
                let alone = |item: &Item| prose(&Block { line: 0, is_bold: false, kind: Kind::List(vec![item.clone()]) });
                into.extend(items.iter().map(|item| rung(alone(item))));
            }
            // A paragraph is a call of its own only if it says whom to call.
            _ => {
                let text = prose(block);
                let may_begin = !called(&text).is_empty();
                into.push(Rung { may_begin, ..rung(text) });
            }
        }
    }
    for child in &section.children {
        rungs(child, into);
    }
}

/// Whether a column of this title names people.
fn is_who(title: &str) -> bool {
    let title = title.to_lowercase();
    let words =
        ["who", "contact", "escalate to", "escalation", "notify", "person", "role", "team", "owner", "responsible", "wer", "kontakt"];
    words.iter().any(|word| title == *word) || title.starts_with("escalate to") || title.starts_with("contact")
}

/// What people who can be called are called, by the last of the words.
const NOUNS: &str = "(?:s?vp|head|director)(?: of)?(?: (?-i:[A-Z])[\\w-]*){1,2}|(?:team|tech|incident|engineering)[ -]leads?|incident commanders?|leads?|managers?|\
    teams?|on-?calls?|engineers?|administrators?|admins?|directors?|commanders?|owners?|officers?|cto|ceo|cio|ciso|coo|s?vp|support|sres?|dbas?|noc|\
    soc|(?-i:EM|IC|TL)";

/// Words in lower case that may stand before.
const BEFORE: &str = "on-?call|senior|duty|primary|secondary|backup|engineering|software|database|data|platform|security|incident|product|\
    infrastructure|infra|devops|sre|backend|frontend|service|network|operations|ops|customer|technical|account|release|systems?|site|staff|\
    principal|executive|communications|legal|cloud|application|vendor|development";

/// Somebody behind a word that says to call.
static CALLED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let verbs = "escalate|page|call|notify|contact|involve|engage|inform|alert";
    meaning::pattern(&format!(
        r"(?:^|[^\w-])(?i:{verbs})\s+(?i:to\s+)?(?i:the\s+)?((?:[A-Za-z][\w/-]*\s+){{0,4}}?(?:(?i:lead contact)|(?i:{NOUNS}))|@[a-zA-Z][\w-]*)\b"
    ))
});

/// Somebody who is only named.
static NAMED: LazyLock<Option<Regex>> =
    LazyLock::new(|| meaning::pattern(&format!(r"(?:^|[^\w-])((?:(?:[A-Z][\w/-]*|(?i:{BEFORE}))\s+){{0,3}}(?i:{NOUNS}))\b")));

/// Whom a text says to call, each once.
fn called(text: &str) -> Vec<String> {
    each_found(&CALLED, text)
}

fn each_found(pattern: &LazyLock<Option<Regex>>, text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for found in pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let name = one_line(&found[1]);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Minutes that are written as a place on the clock of the incident: `T+30`.
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| meaning::pattern(r"\bT\s?\+\s?(\d{1,4})(?:\s*(?:m|min|minutes?))?\b"));

/// When a rung is due since the start, as a duration of a runbook: where a span begins, and the first second where that is at once.
fn due(text: &str) -> Option<String> {
    let clock = CLOCK.as_ref().and_then(|clock| clock.captures(text)).and_then(|found| found[1].parse::<u32>().ok());
    match clock {
        Some(0) => Some("1s".to_owned()),
        Some(minutes) => Some(format!("{minutes}m")),
        None => meaning::start(text),
    }
}
