//! Markdown as a runbook: the checklists, reports and wiki pages that teams have. Never loses what was written, never invents
//! what was not, and never makes a check of what could change anything.
//!
//! Bytes become text (`decode`), text blocks (`blocks`), blocks sections (`outline`). A section is set aside where a
//! runbook has a place of its own for it (`aside`), or becomes phases and steps (`walk`, `steps`); code becomes checks,
//! remediations and tasks (`code`), by what is proven to read (`shell`, and PostgreSQL's grammar). What comes out is YAML
//! (`write`) that the reader of runbooks reads back.

mod aside;
mod blanks;
mod blocks;
mod code;
mod decode;
mod draft;
mod front;
mod meaning;
mod outline;
pub mod report;
mod shell;
mod steps;
mod walk;
mod write;

use std::collections::HashSet;

use crate::base::id::Id;
use draft::Draft;
pub use report::Report;

/// A runbook made of Markdown.
#[derive(Debug)]
pub struct Imported {
    /// The runbook, as a file.
    pub yaml: String,
    /// What became what.
    pub report: Report,
}

/// Largest source that is read, in bytes: eight times the largest runbook.
pub const LARGEST: usize = 8 * 1024 * 1024;

/// The runbook that a Markdown file describes; `name` is the file's name without its ending. Works on any bytes: what is not
/// understood stays as text, in its place.
#[must_use]
pub fn markdown(source: &[u8], name: &str) -> Imported {
    let decoded = decode::decode(source);
    let text: String = decoded.text.chars().filter(|c| !('\u{E000}'..='\u{E005}').contains(c)).collect();
    let mut draft = Draft::default();
    let (body, front_lines) = front::take(&text, &mut draft);
    let mut blocks = blocks::read(body);
    blocks::shift(&mut blocks, front_lines);
    let mut around = code::Surroundings::default();
    let title = title_of(name);
    let titled = std::mem::take(&mut draft.title);
    let titled = Some(titled.as_str()).filter(|titled| !titled.is_empty());
    walk::fill(&mut draft, outline::sections(blocks), titled, &title, &mut around);
    draft.inputs = around.inputs.0;
    for (name, value) in around.assigned {
        if let Some(input) = draft.inputs.get_mut(&name).filter(|input| !input.secret && input.env.is_some()) {
            input.default = Some(value);
        }
    }
    draft.forget_unused();
    draft.targets = around.targets;
    draft.settle(name);
    let yaml = write::yaml(&draft);
    let report = Report::of(&draft, decoded.said, &yaml);
    Imported { yaml, report }
}

/// A name of a file as words.
fn title_of(name: &str) -> String {
    let words = name.replace(['-', '_'], " ");
    let words = blocks::one_line(&words);
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => "Runbook".to_owned(),
    }
}

impl Draft {
    /// A question that nothing needs after all is not asked.
    fn forget_unused(&mut self) {
        if self.inputs.is_empty() {
            return;
        }
        let mut named: HashSet<&str> = HashSet::new();
        let items = self.phases.iter().flat_map(|phase| &phase.steps).flat_map(|step| &step.items);
        let code = items.clone().flat_map(|item| item.does.code().into_iter().chain(&item.when));
        let whens = self.phases.iter().flat_map(|phase| phase.when.iter().chain(phase.steps.iter().filter_map(|step| step.when.as_ref())));
        for text in code.chain(whens) {
            named.extend(text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')));
        }
        let told = items.flat_map(|item| item.before.iter().chain(&item.after).chain([&item.title]));
        let steps = self.phases.iter().flat_map(|phase| &phase.steps).flat_map(|step| step.why.iter().chain([&step.title]));
        let phases = self.phases.iter().flat_map(|phase| phase.why.iter().chain([&phase.title]));
        let calls = self.escalation.iter().map(|escalation| &escalation.message);
        let success = self.success.iter().map(|success| &success.title);
        for text in told.chain(steps).chain(phases).chain(calls).chain(success).chain(&self.summary).chain(&self.never) {
            named.extend(text.split(blanks::OPEN).skip(1).filter_map(|behind| behind.split(blanks::CLOSE).next()));
        }
        self.inputs.retain(|name, _| named.contains(name.as_str()));
    }

    /// What the reader of runbooks asks of every one: an id, titles that fit on a line, no name twice.
    fn settle(&mut self, name: &str) {
        let id = [name, &self.title].into_iter().map(Id::from_title).find(|id| !id.as_str().is_empty());
        let id =
            id.map_or_else(|| "imported".to_owned(), |id| id.as_str().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect());
        self.id = id;
        self.summary.append(&mut self.head);
        let long = cut(&mut self.title);
        self.summary.splice(0..0, long);
        for phase in &mut self.phases {
            let long = cut(&mut phase.title);
            phase.why.splice(0..0, long);
            for step in &mut phase.steps {
                let long = cut(&mut step.title);
                step.why.splice(0..0, long);
                for item in &mut step.items {
                    let long = cut(&mut item.title);
                    item.before.splice(0..0, long);
                }
            }
        }
        for known in &mut self.known_errors {
            if let Some(long) = cut(&mut known.title) {
                known.advice = format!("{long}\n\n{}", known.advice);
            }
        }
    }
}

/// Most characters of a title, the format's.
const TITLE: usize = 200;

/// Takes what does not fit off a title.
fn cut(title: &mut String) -> Option<String> {
    *title = title.trim().to_owned();
    let length = title.chars().count();
    // The marks that say a text is meant as it stands count as well.
    let most = TITLE.saturating_sub(write::template(title).chars().count().saturating_sub(length)).max(TITLE / 2);
    let at = if title.contains('\n') || length > most { meaning::first_part(title, most) } else { title.len() };
    let rest = title.split_off(at);
    if title.is_empty() {
        "To know".clone_into(title);
    }
    Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty())
}
