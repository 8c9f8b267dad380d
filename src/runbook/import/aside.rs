//! Sections that a runbook has a place of its own for: success, symptoms, escalation, severities, contacts, known errors, the
//! questions and actions of a report, links. Never takes one of which something would be lost.

mod escalation;

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{Block, Item, Kind, one_line};
use super::code::{Surroundings, Tongue};
use super::draft::{Action, Contact, Draft, KnownError, Severity, Success};
use super::meaning::{self, Role};
use super::outline::Section;
use super::steps::prose;
use super::write;

/// What may be filled while a section is looked at.
pub(super) struct Aside<'d> {
    pub(super) draft: &'d mut Draft,
    pub(super) around: &'d mut Surroundings,
    pub(super) carried: &'d mut Vec<String>,
    pub(super) is_report: bool,
}

/// Most characters of a title.
const TITLE: usize = 200;

impl Aside<'_> {
    /// Takes a section to its place, or gives it back, perhaps with less in it.
    pub(super) fn take(mut self, mut section: Section) -> Option<Section> {
        self.labelled_symptoms(&mut section);
        let role = meaning::role(&section.heading);
        let is_taken = match role {
            Role::Success => self.success(&section),
            Role::Symptoms => self.symptoms(&section),
            Role::Escalation => self.escalation(&section),
            Role::Severities => self.severities(&section),
            Role::Contacts => self.contacts(&section),
            Role::Errors => return self.errors(section),
            Role::Links => self.links(&section),
            Role::Question if self.is_report => self.question(&section),
            Role::Actions if self.is_report => self.actions(&section),
            _ if names_errors(&section) => self.table_of_errors(&section),
            _ => false,
        };
        (!is_taken).then_some(section)
    }

    fn success(&mut self, section: &Section) -> bool {
        let mut found = Vec::new();
        let mut leads = Vec::new();
        if !criteria(section, None, &mut leads, &mut found) || !leads.is_empty() || found.is_empty() {
            return false;
        }
        for criterion in &mut found {
            criterion.title = self.around.inputs.in_text(&criterion.title);
        }
        if found.iter().any(|criterion| write::template(&criterion.title).chars().count() > TITLE) {
            return false;
        }
        self.draft.success.append(&mut found);
        true
    }

    /// Symptoms behind a label in a section about something else: `Symptoms: …`, or a list below that.
    fn labelled_symptoms(&mut self, section: &mut Section) {
        let mut at = 0;
        while let Some(block) = section.blocks.get(at) {
            let Kind::Paragraph(text) = &block.kind else {
                at += 1;
                continue;
            };
            if meaning::is_symptom_label(text)
                && let Some(Block { kind: Kind::List(items), .. }) = section.blocks.get(at + 1)
                && !items.iter().any(Item::holds_code)
            {
                self.draft.symptoms.extend(items.iter().flat_map(points_of));
                section.blocks.remove(at + 1);
            } else if !text.contains('\n')
                && text.split_once(':').is_some_and(|(label, said)| meaning::is_symptom_label(label) && !said.trim().is_empty())
            {
                self.draft.symptoms.push(text.clone());
                section.blocks.remove(at);
                continue;
            }
            at += 1;
        }
    }

    fn symptoms(&mut self, section: &Section) -> bool {
        let is_list = |block: &Block| matches!(&block.kind, Kind::List(_)) && !block.holds_code();
        let is_plain =
            section.children.is_empty() && section.blocks.iter().all(|block| is_list(block) || matches!(block.kind, Kind::Paragraph(_)));
        if !is_plain || !section.blocks.iter().any(is_list) {
            return false;
        }
        self.carried.push(section.heading.clone());
        for block in &section.blocks {
            match &block.kind {
                Kind::List(items) => self.draft.symptoms.extend(items.iter().flat_map(points_of)),
                _ => self.carried.push(self.around.inputs.in_text(&prose(block))),
            }
        }
        true
    }

    /// The id of a contact, new or known.
    fn contact(&mut self, name: &str, reach: Option<String>) -> String {
        let id = crate::base::id::Id::from_title(name).as_str().to_owned();
        let id = if id.is_empty() { "contact".to_owned() } else { id };
        let known = self.draft.contacts.iter().position(|contact| contact.id == id);
        match (known, &reach) {
            (Some(_), None) => return id,
            // As the list of contacts has it, and where.
            (Some(at), Some(_)) if self.draft.contacts[at].reach.is_none() => {
                self.draft.contacts.remove(at);
            }
            _ => {}
        }
        let is_taken = self.draft.contacts.iter().any(|contact| contact.id == id);
        let id = if is_taken { format!("{id}-{}", self.draft.contacts.len() + 1) } else { id };
        self.draft.contacts.push(Contact { id: id.clone(), name: name.to_owned(), reach });
        id
    }

    /// Severities as a table, or each under its heading.
    fn severities(&mut self, section: &Section) -> bool {
        let is_short =
            |child: &Section| child.children.is_empty() && !child.any_block(&Block::holds_code) && meaning::is_level(&child.heading);
        if section.children.len() > 1
            && section.children.iter().all(is_short)
            && section.blocks.iter().all(|block| matches!(block.kind, Kind::Paragraph(_)))
        {
            self.carried.push(section.heading.clone());
            self.carried.extend(section.blocks.iter().map(prose));
            for child in &section.children {
                let told: Vec<String> = child.blocks.iter().map(prose).collect();
                let told = told.join("\n");
                let said = |word: &str| {
                    let lower = told.to_lowercase();
                    lower
                        .find(word)
                        .and_then(|at| told.get(at..))
                        .and_then(|behind| meaning::duration(behind.lines().next().unwrap_or_default()))
                };
                let (respond_within, update_every) = (said("respon"), said("update"));
                let means = Some(told.clone()).filter(|told| !told.is_empty());
                self.draft.severities.push(Severity { name: child.heading.clone(), means, response: None, respond_within, update_every });
            }
            return true;
        }
        let is_level = |row: &Vec<String>| row.first().is_some_and(|cell| meaning::is_level(cell));
        let [.., Block { kind: Kind::Table(rows), .. }] = section.blocks.as_slice() else { return false };
        let told = &section.blocks[..section.blocks.len() - 1];
        let Some((head, rows)) = rows.split_first() else { return false };
        let is_plain = section.children.is_empty() && told.iter().all(|block| matches!(block.kind, Kind::Paragraph(_)));
        if !is_plain || rows.len() < 2 || !rows.iter().all(is_level) || head.len() < 2 {
            return false;
        }
        self.carried.push(section.heading.clone());
        self.carried.extend(told.iter().map(prose));
        self.carried.push(head.join(" | "));
        for row in rows {
            let mut severity = Severity { name: row[0].clone(), ..Severity::default() };
            let mut response = Vec::new();
            for (title, cell) in head.iter().zip(row).skip(1).filter(|(_, cell)| !cell.is_empty()) {
                let title = title.to_lowercase();
                if title.contains("update") || title.contains("communicat") {
                    severity.update_every = severity.update_every.or_else(|| meaning::duration(cell));
                } else if title.contains("respon") || title.contains("acknowledg") {
                    severity.respond_within = severity.respond_within.or_else(|| meaning::duration(cell));
                }
                if severity.means.is_none() { severity.means = Some(cell.clone()) } else { response.push(cell.clone()) }
            }
            severity.response = Some(response.join(" · ")).filter(|response| !response.is_empty());
            self.draft.severities.push(severity);
        }
        true
    }

    fn contacts(&mut self, section: &Section) -> bool {
        let mut found: Vec<(String, String)> = Vec::new();
        let mut told = vec![section.heading.clone()];
        for block in &section.blocks {
            match &block.kind {
                Kind::Paragraph(_) => told.push(prose(block)),
                Kind::Table(rows) if rows.len() > 1 => {
                    told.push(rows[0].join(" | "));
                    // A role and who has it are one name.
                    let named = if rows[0].len() > 2 && ["name", "who", "person"].iter().any(|word| rows[0][1].eq_ignore_ascii_case(word)) {
                        2
                    } else {
                        1
                    };
                    found.extend(rows[1..].iter().filter(|row| row.len() >= named).map(|row| {
                        let rest: Vec<&str> = row[named..].iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
                        (row[..named].join(" · "), rest.join(" · "))
                    }));
                }
                Kind::List(items) => {
                    for item in items {
                        let parts = item
                            .text()
                            .split_once(": ")
                            .or_else(|| item.text().split_once(" http").map(|(name, _)| (name, &item.text()[name.len()..])));
                        let Some((name, reach)) = parts.filter(|_| item.rest().is_empty()) else { return false };
                        found.push((one_line(name), one_line(reach)));
                    }
                }
                _ => return false,
            }
        }
        if found.is_empty() || !section.children.is_empty() || found.iter().any(|(name, _)| name.is_empty() || name.chars().count() > 100) {
            return false;
        }
        self.carried.append(&mut told);
        for (name, reach) in found {
            self.contact(&name, Some(reach).filter(|reach| !reach.is_empty()));
        }
        true
    }

    fn errors(&mut self, mut section: Section) -> Option<Section> {
        let fits = |child: &Section| {
            (!child.any_block(&runs) || is_error(child))
                && child.heading.chars().count() <= TITLE
                && (!child.blocks.is_empty() || !child.children.is_empty())
        };
        let children = std::mem::take(&mut section.children);
        let has_own = !section.blocks.is_empty();
        let is_told = section.blocks.iter().all(|block| matches!(block.kind, Kind::Paragraph(_)));
        // Where all of it is about errors its heading goes with the first; else only what names an error is taken.
        let are_all = !children.is_empty() && is_told && children.iter().all(fits);
        let mut lead: Vec<String> = Vec::new();
        if are_all {
            lead.push(section.heading.clone());
            lead.extend(section.blocks.iter().map(prose));
        }
        let (taken, kept): (Vec<Section>, Vec<Section>) =
            children.into_iter().partition(|child| fits(child) && (are_all || is_error(child)));
        for child in taken {
            let mut advice = std::mem::take(&mut lead);
            tell(&child, false, &mut advice);
            let advice = advice.join("\n\n");
            self.draft.known_errors.push(KnownError { pattern: pattern_of(&child), title: child.heading, advice });
        }
        if are_all {
            return None;
        }
        if kept.is_empty() && self.table_of_errors(&section) {
            return None;
        }
        section.children = kept;
        if section.children.is_empty() && !has_own {
            self.carried.push(section.heading);
            return None;
        }
        Some(section)
    }

    /// A section that is one table of errors, each with what to do.
    fn table_of_errors(&mut self, section: &Section) -> bool {
        let [Block { kind: Kind::Table(rows), .. }] = section.blocks.as_slice() else { return false };
        let is_row = |row: &Vec<String>| row.len() > 1 && !row[0].is_empty() && row[0].chars().count() <= TITLE;
        if !section.children.is_empty() || rows.len() < 3 || !rows.iter().all(is_row) {
            return false;
        }
        let mut lead = format!("{}\n\n{}\n\n", section.heading, rows[0].join(" | "));
        for row in &rows[1..] {
            let told = row[1..].iter().filter(|cell| !cell.is_empty()).cloned().collect::<Vec<_>>().join(" | ");
            let advice = format!("{}{told}", std::mem::take(&mut lead));
            self.draft.known_errors.push(KnownError { pattern: quoted_or_code(&row[0]), title: row[0].clone(), advice });
        }
        true
    }

    fn links(&mut self, section: &Section) -> bool {
        let mut found = Vec::new();
        for block in &section.blocks {
            let Kind::List(items) = &block.kind else { return false };
            if !items.iter().all(|item| link(item, &mut found)) {
                return false;
            }
        }
        if found.is_empty() || !section.children.is_empty() {
            return false;
        }
        self.carried.push(section.heading.clone());
        self.draft.links.append(&mut found);
        true
    }

    fn question(&mut self, section: &Section) -> bool {
        if section.any_block(&|block| block.holds_code() || matches!(block.kind, Kind::Table(_))) {
            return false;
        }
        let mut leads = Vec::new();
        questions(section, &mut leads, &mut self.draft.questions);
        true
    }

    fn actions(&mut self, section: &Section) -> bool {
        let mut found = Vec::new();
        let mut leads = Vec::new();
        if !actions(section, &mut leads, &mut found)
            || !leads.is_empty()
            || found.is_empty()
            || found.iter().any(|action| action.title.chars().count() > TITLE)
        {
            return false;
        }
        self.draft.actions.append(&mut found);
        true
    }
}

/// The criteria of a section and those below it, with its headings before the first of each; whether there is nothing else in it.
fn criteria(section: &Section, above: Option<&'static str>, leads: &mut Vec<String>, found: &mut Vec<Success>) -> bool {
    leads.push(section.heading.clone());
    let urgency = meaning::urgency(&section.heading).or(above);
    for block in &section.blocks {
        match &block.kind {
            Kind::Paragraph(text) if text.chars().count() < 100 => leads.push(text.trim_end_matches(':').to_owned()),
            Kind::List(items) if !block.holds_code() => {
                for text in items.iter().flat_map(points_of) {
                    leads.push(text);
                    found.push(Success { title: std::mem::take(leads).join(": "), urgency: urgency.unwrap_or("immediate") });
                }
            }
            _ => return false,
        }
    }
    section.children.iter().all(|child| criteria(child, urgency, leads, found))
}

fn actions(section: &Section, leads: &mut Vec<String>, found: &mut Vec<Action>) -> bool {
    leads.push(section.heading.clone());
    for block in &section.blocks {
        match &block.kind {
            Kind::Paragraph(text) if text.chars().count() < 100 => leads.push(text.trim_end_matches(':').to_owned()),
            Kind::List(items) if !block.holds_code() => {
                for item in items {
                    let is_done = item.ticked == Some(true)
                        || item.text().starts_with(['✅', '☑', '✔'])
                        || section.heading.to_lowercase().contains("completed");
                    let is_ongoing = item.text().starts_with(['🔄', '⏳'])
                        || ["ongoing", "in progress"].iter().any(|word| section.heading.to_lowercase().contains(word));
                    let state = if is_done {
                        "done"
                    } else if is_ongoing {
                        "ongoing"
                    } else {
                        "future"
                    };
                    for text in points_of(item) {
                        leads.push(text);
                        found.push(Action { title: std::mem::take(leads).join(": "), state, owner: None });
                    }
                }
            }
            Kind::Table(rows) if rows.len() > 1 => {
                leads.push(rows[0].join(" | "));
                let column = |titles: &[&str]| rows[0].iter().position(|cell| titles.contains(&cell.trim().to_lowercase().as_str()));
                let owner = column(&["owner", "assignee", "assigned to", "responsible", "who", "dri", "verantwortlich"]);
                let status = column(&["status", "state", "stand"]);
                for row in &rows[1..] {
                    let all = row.join(" | ");
                    let said = status.and_then(|status| row.get(status)).unwrap_or(&all).to_lowercase();
                    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
                    let state = if says(&["not ", "incomplete", "nicht "]) {
                        "future"
                    } else if says(&["done", "complete", "✅", "closed", "erledigt"]) {
                        "done"
                    } else if status.is_some() && says(&["progress", "ongoing", "🔄", "⏳"]) {
                        "ongoing"
                    } else {
                        "future"
                    };
                    let owner = owner.and_then(|owner| row.get(owner)).map(|name| one_line(name));
                    let owner = owner.filter(|name| name.chars().any(char::is_alphabetic) && !name.eq_ignore_ascii_case("tbd"));
                    leads.push(all);
                    found.push(Action { title: std::mem::take(leads).join(": "), state, owner });
                }
            }
            _ => return false,
        }
    }
    section.children.iter().all(|child| actions(child, leads, found))
}

/// A section and those below it as questions, each with what is answered already.
fn questions(section: &Section, leads: &mut Vec<String>, found: &mut Vec<String>) {
    leads.push(section.heading.clone());
    let in_words = |block: &Block| match &block.kind {
        Kind::List(items) => items.iter().flat_map(points_of).collect::<Vec<_>>().join("; "),
        _ => one_line(&prose(block)),
    };
    let answer: Vec<String> = section.blocks.iter().map(in_words).collect();
    if section.children.is_empty() || !answer.is_empty() {
        let asked = std::mem::take(leads).join(": ");
        found.push(if answer.is_empty() { asked } else { format!("{asked}: {}", answer.join(" ")) });
    }
    for child in &section.children {
        questions(child, leads, found);
    }
}

/// The words of a point and of those below it, each for itself.
fn points_of(item: &Item) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for block in &item.blocks {
        match &block.kind {
            Kind::List(items) => all.extend(items.iter().flat_map(points_of)),
            _ => all.push(one_line(&prose(block))),
        }
    }
    all.retain(|text| !text.is_empty());
    all
}

/// All that a section says, its own heading only if asked.
fn tell(section: &Section, with_heading: bool, into: &mut Vec<String>) {
    if with_heading {
        into.push(section.heading.clone());
    }
    into.extend(section.blocks.iter().map(prose));
    for child in &section.children {
        tell(child, true, into);
    }
}

fn runs(block: &Block) -> bool {
    match &block.kind {
        Kind::Code(code) => code.tongue() != Tongue::Other,
        Kind::List(items) => items.iter().any(|item| item.blocks.iter().any(runs)),
        _ => false,
    }
}

/// Whether a section is a table whose first column is called error.
fn names_errors(section: &Section) -> bool {
    matches!(section.blocks.as_slice(), [Block { kind: Kind::Table(rows), .. }] if rows.first().and_then(|head| head.first()).is_some_and(|cell| cell.to_lowercase().contains("error")))
}

/// Whether a section names an error rather than something to do.
fn is_error(section: &Section) -> bool {
    meaning::error_code(&section.heading).is_some() || section.heading.contains(['"', '“', '`'])
}

static QUOTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("[\"“”]([^\"“”]{3,})[\"“”]|'([^']{3,})'|`([^`]{3,})`").ok());

fn quoted(text: &str) -> Option<&str> {
    // A word or two stand in too many texts.
    let found = QUOTED.as_ref()?.captures_iter(text).filter_map(|found| found.iter().skip(1).flatten().next());
    found.map(|found| found.as_str()).max_by_key(|quoted| quoted.len()).filter(|quoted| quoted.len() >= 8)
}

fn quoted_or_code(text: &str) -> String {
    pattern_of_words(quoted(text).or_else(|| meaning::error_code(text)).unwrap_or(text))
}

/// The words of an error as a pattern: without the label before them, and a status as one.
fn pattern_of_words(words: &str) -> String {
    let words = words.trim();
    let label = words.split_once(": ").filter(|(label, rest)| meaning::is_error_label(label) && !rest.trim().is_empty());
    let words = label.map_or(words, |(_, rest)| rest.trim());
    if words.len() == 3 && words.bytes().all(|byte| byte.is_ascii_digit()) {
        // The digits alone stand in too many texts.
        return format!(r"(?i)\b(http|status|code|error)\D{{0,12}}{words}\b");
    }
    regex::escape(words)
}

/// What an error is recognised by: the words quoted in its heading, its code, the first line of its text, or its heading.
fn pattern_of(section: &Section) -> String {
    if let Some(words) = quoted(&section.heading).or_else(|| meaning::error_code(&section.heading)) {
        return pattern_of_words(words);
    }
    let told = section.blocks.iter().find_map(|block| match &block.kind {
        Kind::Code(code) => code.text.lines().map(str::trim).find(|line| !line.is_empty()),
        _ => None,
    });
    let words = told.unwrap_or(&section.heading);
    pattern_of_words(&words.chars().take(200).collect::<String>())
}

static LINK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?s)(.*?)\s*\(?((?:https?://|\.{0,2}/|#|mailto:)[^\s()]+(?:\([^\s()]*\)[^\s()]*)*|[\w./-]+\.md(?:#[\w-]+)?)\)?$").ok()
});

/// The address of a point and what it leads to, and the same of those below it.
fn link(item: &Item, found: &mut Vec<(String, String)>) -> bool {
    let text = one_line(item.text());
    let Some(parts) = LINK.as_ref().and_then(|pattern| pattern.captures(&text)) else { return false };
    found.push((parts[2].to_owned(), parts[1].trim().to_owned()));
    item.rest().iter().all(|block| matches!(&block.kind, Kind::List(items) if items.iter().all(|item| link(item, found))))
}
