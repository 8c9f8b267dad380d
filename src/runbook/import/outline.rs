//! The sections of a file: headings with what stands under them, by depth. Never loses a block, however headings skip and jump.

use std::sync::LazyLock;

use regex::Regex;

use super::blocks::{Block, Kind};
use super::meaning;

/// A heading with what stands under it.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) level: usize,
    pub(super) heading: String,
    pub(super) blocks: Vec<Block>,
    pub(super) children: Vec<Section>,
}

impl Section {
    /// How many levels of headings are below this one. A line in bold makes none: it parts what stands under one heading.
    pub(super) fn height(&self) -> usize {
        self.children.iter().map(|child| child.height() + usize::from(child.level.is_multiple_of(2))).max().unwrap_or(0)
    }

    /// Whether there is code or a task in it or below it.
    pub(super) fn is_work(&self) -> bool {
        self.blocks.iter().any(is_work) || self.children.iter().any(Self::is_work)
    }

    /// Whether a block in it or below it is as asked.
    pub(super) fn any_block(&self, is: &dyn Fn(&Block) -> bool) -> bool {
        self.blocks.iter().any(is) || self.children.iter().any(|child| child.any_block(is))
    }
}

/// Whether there is code or a task in a block.
pub(super) fn is_work(block: &Block) -> bool {
    match &block.kind {
        Kind::Code(_) => true,
        Kind::List(items) => items.iter().any(|item| item.ticked.is_some() || item.number.is_some() || item.blocks.iter().any(is_work)),
        Kind::Heading { .. } | Kind::Paragraph(_) | Kind::Table(_) => false,
    }
}

/// Deepest nesting of sections.
const DEEPEST: usize = 12;

/// The sections of these blocks under one root without a heading.
pub(super) fn sections(blocks: Vec<Block>) -> Section {
    let mut open = vec![Section::default()];
    let mut last_number: Option<(usize, String)> = None;
    for block in blocks {
        let heading = match &block.kind {
            Kind::Heading { level, text } => {
                // A file of one level whose headings count 2, 2.1, 2.2 means two.
                let number = number_of(text);
                let is_below = matches!((&last_number, &number), (Some((at, above)), Some(own)) if at == level && own.starts_with(&format!("{above}.")));
                if !is_below {
                    last_number = number.map(|number| (*level, number));
                }
                Some((level * 2 + usize::from(is_below), text.clone()))
            }
            Kind::Paragraph(text) if (block.is_bold && meaning::may_be_a_heading(text)) || meaning::names_option(text) => {
                let above = open
                    .iter()
                    .rev()
                    .find(|section| section.level.is_multiple_of(2) || section.level == 0)
                    .map_or(0, |section| section.level);
                Some(((above + 1).max(3), text.clone()))
            }
            _ => None,
        };
        match heading {
            Some((level, heading)) => {
                while open.len() > 1 && (open.last().is_some_and(|section| section.level >= level) || open.len() > DEEPEST) {
                    close(&mut open);
                }
                open.push(Section { level, heading, ..Section::default() });
            }
            None => {
                if let Some(section) = open.last_mut() {
                    section.blocks.push(block);
                }
            }
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().unwrap_or_default()
}

fn close(open: &mut Vec<Section>) {
    if let Some(section) = open.pop()
        && let Some(above) = open.last_mut()
    {
        above.children.push(section);
    }
}

/// The number that a heading begins with: `2.1`.
fn number_of(heading: &str) -> Option<String> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(?:[^\w\s]+\s*)?(\d+(?:\.\d+)*)[.)]?\s").ok());
    NUMBER.as_ref()?.captures(heading).map(|found| found[1].to_owned())
}
