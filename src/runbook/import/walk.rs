//! The sections of a file as the phases of a runbook, those with a place of their own set aside. Never drops a section: what
//! has no place is carried to the next one that has.

use super::aside::Aside;
use super::blocks::{Block, Kind, one_line};
use super::code::Surroundings;
use super::draft::{Draft, Phase, Step};
use super::meaning::{self, Role};
use super::outline::{Section, is_work};
use super::steps::{Steps, prose};

/// Most characters of a warning that is always in sight.
const WARNING: usize = 200;

/// The level of a heading with one sign.
const TOP: usize = 2;

/// Fills the draft from the sections of a file; `titled` is what its head calls it, `name` what it is called where nothing does.
pub(super) fn fill(draft: &mut Draft, root: Section, titled: Option<&str>, name: &str, around: &mut Surroundings) {
    let Section { blocks: before, mut children, .. } = root;
    let mut walk = Walk { draft, around, carried: Vec::new(), is_report: false, has_begun: false, last_end: 0.0 };
    let mut opening = before;
    let mut chapters = Vec::new();
    // The first heading is the title if it stands above others: by its depth, or by being the only one.
    let is_title = |first: &Section| first.level == TOP || (children.len() == 1 && !first.children.is_empty());
    if children.first().is_some_and(is_title) {
        let title = children.remove(0);
        opening.extend(title.blocks);
        chapters.extend(title.children);
        if titled.is_none_or(|given| given == title.heading) {
            walk.draft.title = title.heading;
        } else {
            walk.draft.summary.push(title.heading);
        }
    }
    chapters.extend(children);
    if walk.draft.title.is_empty() {
        titled.unwrap_or(name).clone_into(&mut walk.draft.title);
    }
    let questions = chapters.iter().filter(|chapter| meaning::role(&chapter.heading) == Role::Question).count();
    walk.is_report = meaning::is_report(&walk.draft.title) || questions >= 3;
    walk.opening(&opening, chapters.is_empty());
    walk.chapters(chapters);
    walk.finish();
}

struct Walk<'d> {
    draft: &'d mut Draft,
    around: &'d mut Surroundings,
    /// Headings and prose that stand before what comes next.
    carried: Vec<String>,
    is_report: bool,
    /// Whether the first phase has been made.
    has_begun: bool,
    /// Where the last span of a heading ended, in seconds.
    last_end: f64,
}

impl Walk<'_> {
    /// What stands before the first chapter: told, up to where work begins.
    fn opening(&mut self, blocks: &[Block], is_all: bool) {
        let is_list = |block: &Block| matches!(block.kind, Kind::List(_));
        let begins = blocks.iter().position(|block| is_work(block) || (is_all && is_list(block))).unwrap_or(blocks.len());
        let (told, work) = blocks.split_at(begins);
        for block in told {
            self.tell_block(block);
        }
        if !work.is_empty() {
            // What names the work goes with it.
            let lead = self
                .draft
                .summary
                .pop_if(|last| last.ends_with(':') && matches!(told.last().map(|block| &block.kind), Some(Kind::Paragraph(_))));
            self.carried.extend(lead);
            let phase = Phase { title: "Start".to_owned(), ..Phase::default() };
            let role = if is_all && !work.iter().any(is_work) { Role::Todo } else { Role::Work };
            self.phase(phase, role, work, Vec::new());
        }
    }

    /// A warning is always in sight; all else goes into the summary.
    fn tell_block(&mut self, block: &Block) {
        match &block.kind {
            Kind::Paragraph(text) if meaning::is_warning(text) && text.chars().count() <= WARNING => {
                let text = self.around.inputs.in_text(&one_line(text));
                self.draft.never.push(text);
            }
            _ => self.tell(&prose(block)),
        }
    }

    /// Goes into the summary, and is looked through for what a summary says of the whole.
    fn tell(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.trim_start_matches(['-', '*', ' ', '>']);
            self.draft.severity = self.draft.severity.take().or_else(|| meaning::severity(line));
            self.draft.owner = self.draft.owner.take().or_else(|| meaning::owner(line));
            self.draft.reviewed = self.draft.reviewed.take().or_else(|| meaning::date(line));
        }
        let text = self.around.inputs.in_text(text);
        self.draft.summary.push(text);
    }

    fn chapters(&mut self, chapters: Vec<Section>) {
        let needs = self.alternatives(&chapters);
        for (chapter, when) in chapters.into_iter().zip(needs) {
            self.chapter(chapter, when);
        }
    }

    /// Which of several ways each section is, where they are several ways to one end.
    fn alternatives(&mut self, sections: &[Section]) -> Vec<Option<String>> {
        let labels: Vec<Option<String>> = sections.iter().map(|section| meaning::option_of(&section.heading)).collect();
        let choices: Vec<String> = labels.iter().flatten().cloned().collect();
        let are_several = choices.len() > 1 && choices.iter().collect::<std::collections::BTreeSet<_>>().len() == choices.len();
        if !are_several {
            return vec![None; sections.len()];
        }
        let headings: Vec<&str> =
            sections.iter().zip(&labels).filter(|(_, label)| label.is_some()).map(|(section, _)| section.heading.as_str()).collect();
        let name = self.around.inputs.choice(&format!("Which way: {}?", headings.join(", ")), choices);
        labels.into_iter().map(|label| label.map(|label| format!("{name} == \"{label}\""))).collect()
    }

    fn chapter(&mut self, section: Section, when: Option<String>) {
        let role = meaning::role(&section.heading);
        let aside = Aside { draft: self.draft, around: self.around, carried: &mut self.carried, is_report: self.is_report };
        let Some(section) = aside.take(section) else {
            // Headings and leads of what was set aside before the first phase are told with what leads to it.
            if !self.has_begun {
                self.draft.summary.append(&mut self.carried);
            }
            return;
        };
        // Nothing else than a phase has a time or counts.
        let is_called_a_phase = meaning::budget(&section.heading, &mut 0.0).is_some() || meaning::is_numbered(&section.heading);
        let introduces = match section.children.as_slice() {
            _ if meaning::introduces(&section.heading) => true,
            [] => !is_called_a_phase,
            children => children.iter().all(|child| meaning::introduces(&child.heading)),
        };
        if !self.has_begun && introduces && !section.is_work() && !has_tasks(&section, role) {
            self.told(&section);
            return;
        }
        // A chapter is a phase, unless it only holds what are phases themselves.
        let deep = section.children.iter().filter(|child| child.height() > 0).count();
        let is_phase = section.height() < 2 || is_called_a_phase || deep * 2 <= section.children.len();
        let Section { heading, blocks, children, .. } = section;
        let mut phase = Phase { budget: meaning::budget(&heading, &mut self.last_end), when, title: heading, ..Phase::default() };
        if is_phase {
            self.phase(phase, role, &blocks, children);
        } else if blocks.iter().any(is_work) {
            let again = phase.when.clone();
            self.phase(phase, role, &blocks, Vec::new());
            self.deeper(children, again.as_deref());
        } else {
            self.carried.push(std::mem::take(&mut phase.title));
            self.carried.extend(blocks.iter().map(prose).map(|text| self.around.inputs.in_text(&text)));
            self.deeper(children, phase.when.as_deref());
        }
    }

    fn deeper(&mut self, children: Vec<Section>, when: Option<&str>) {
        let needs = self.alternatives(&children);
        for (child, own) in children.into_iter().zip(needs) {
            let when = match (when, own) {
                (Some(outer), Some(own)) => Some(format!("{outer} and {own}")),
                (outer, own) => own.or_else(|| outer.map(str::to_owned)),
            };
            self.chapter(child, when);
        }
    }

    /// A section that only tells: heading, prose, and the same of what is below it.
    fn told(&mut self, section: &Section) {
        let carried: Vec<String> = self.carried.drain(..).collect();
        self.draft.summary.extend(carried);
        self.draft.severity = self.draft.severity.take().or_else(|| meaning::severity(&section.heading));
        self.tell(&section.heading);
        for block in &section.blocks {
            self.tell_block(block);
        }
        for child in &section.children {
            self.told(child);
        }
    }

    fn phase(&mut self, mut phase: Phase, role: Role, blocks: &[Block], children: Vec<Section>) {
        let begins = blocks.iter().position(|block| !matches!(block.kind, Kind::Paragraph(_) | Kind::Table(_))).unwrap_or(blocks.len());
        let carried = std::mem::take(&mut self.carried);
        // What the phase as a whole is about; a line right before its first step may name that.
        let mut told = begins;
        if told > 0 && begins < blocks.len() {
            told -= 1;
        }
        let has_steps = !children.is_empty() || begins < blocks.len();
        if has_steps {
            phase.why.extend(blocks[..told].iter().map(prose).map(|text| self.around.inputs.in_text(&text)));
        } else {
            told = 0;
        }
        let mut steps = Steps::new(self.around, role, None, Vec::new());
        steps.blocks(&blocks[told..]);
        phase.steps = steps.finish();
        let needs = self.alternatives(&children);
        for (child, when) in children.into_iter().zip(needs) {
            self.child(&mut phase, child, role, when.as_deref());
        }
        if phase.steps.is_empty() {
            let own = std::mem::take(&mut phase.why);
            self.carried.splice(0..0, carried.into_iter().chain([phase.title]).chain(own));
            return;
        }
        phase.why.splice(0..0, carried);
        self.has_begun = true;
        self.draft.phases.push(phase);
    }

    /// A section of a phase as steps, and then those below it.
    fn child(&mut self, phase: &mut Phase, child: Section, above: Role, when: Option<&str>) {
        let own = meaning::role(&child.heading);
        let own = if own == Role::Other { above } else { own };
        let aside = Aside { draft: self.draft, around: self.around, carried: &mut self.carried, is_report: self.is_report };
        let Some(Section { heading, blocks, children, .. }) = aside.take(child) else { return };
        if blocks.is_empty() {
            // A heading without anything right under it is carried, too.
            self.carried.push(heading);
        } else {
            let budget = meaning::budget(&heading, &mut self.last_end);
            let mut steps = Steps::new(self.around, own, Some(heading), std::mem::take(&mut self.carried));
            steps.blocks(&blocks);
            let mut made: Vec<Step> = steps.finish();
            if let Some(first) = made.first_mut() {
                first.budget = budget;
            }
            for step in &mut made {
                step.when = when.map(str::to_owned);
            }
            phase.steps.extend(made);
        }
        for child in children {
            self.child(phase, child, own, when);
        }
    }

    /// What was carried to the end is told there; and a runbook has something to do in it.
    fn finish(&mut self) {
        let carried = std::mem::take(&mut self.carried);
        if self.draft.phases.is_empty() || !carried.is_empty() {
            let mut carried = carried;
            if self.draft.phases.is_empty() && carried.is_empty() {
                carried.push("Read the summary".to_owned());
            }
            let title = carried.remove(0);
            let blocks: Vec<Block> =
                carried.into_iter().map(|text| Block { line: 0, is_bold: false, kind: Kind::Paragraph(text) }).collect();
            let blocks =
                if blocks.is_empty() { vec![Block { line: 0, is_bold: false, kind: Kind::Paragraph(title.clone()) }] } else { blocks };
            let is_alone = blocks.len() == 1 && prose(&blocks[0]) == title;
            let title = if is_alone { "To know".to_owned() } else { title };
            let mut steps = Steps::new(self.around, Role::Other, None, Vec::new());
            steps.blocks(&blocks);
            let steps = steps.finish();
            self.draft.phases.push(Phase { title, steps, ..Phase::default() });
        }
    }
}

/// Whether a section without code has points that are things to do.
fn has_tasks(section: &Section, role: Role) -> bool {
    let instructs = |block: &Block| matches!(&block.kind, Kind::List(items) if items.iter().filter(|item| meaning::is_instruction(item.text())).count() * 2 >= items.len());
    role != Role::Introduction && role != Role::Question && section.any_block(&instructs)
}
