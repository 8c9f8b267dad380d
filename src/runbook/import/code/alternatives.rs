//! Several ways to the same end in one block of code: `# Option 1 …`, `# OR`. The responder is asked once which one it is; never
//! decides for them.

use super::{Item, Surroundings, title_of_code};
use crate::runbook::import::draft::Does;
use crate::runbook::import::meaning;

/// A piece with what its comment says about alternatives.
pub(super) struct Marked {
    pub(super) item: Item,
    pub(super) mark: Option<Mark>,
    /// Whether a comment names it.
    pub(super) is_named: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    Or,
    Option(String),
}

/// Whether a comment is nothing but `OR`.
pub(super) fn is_or(line: &str) -> bool {
    let word = line.trim().trim_start_matches(['#', '-', ' ']).trim_end_matches([':', ' ', '-', '.']);
    ["or", "oder", "ou", "alternatively", "or alternatively"].contains(&word.to_lowercase().as_str())
}

pub(super) fn mark(comments: &[&str]) -> Option<Mark> {
    if comments.iter().any(|line| is_or(line) || starts_with_or(line)) {
        return Some(Mark::Or);
    }
    comments.iter().find_map(|line| meaning::option_of(line.trim_start_matches(['#', '-', ' ']))).map(Mark::Option)
}

/// `# or for testnet:`
fn starts_with_or(line: &str) -> bool {
    let words = line.trim().trim_start_matches(['#', '-', ' ']).to_lowercase();
    // `# or: pip install x` is the other way itself, and no mark of what follows.
    words.starts_with("or ") || words.starts_with("or, ")
}

/// The pieces, each of several ways with the answer it needs.
pub(super) fn choose(pieces: Vec<Marked>, around: &mut Surroundings) -> Vec<Item> {
    // Ways that belong together, as runs of pieces: where each begins, and what it is called.
    let mut groups: Vec<Vec<(usize, Option<String>)>> = Vec::new();
    let mut chunk = 0;
    for (number, piece) in pieces.iter().enumerate() {
        match &piece.mark {
            Some(Mark::Or) if number > 0 => match groups.last_mut() {
                Some(group) if group.last().is_some_and(|(start, _)| *start >= chunk) => group.push((number, None)),
                _ => groups.push(vec![(chunk, None), (number, None)]),
            },
            Some(Mark::Option(label)) => match groups.last_mut() {
                Some(group) if group.iter().all(|(_, other)| other.as_ref().is_some_and(|other| other != label)) => {
                    group.push((number, Some(label.clone())));
                }
                _ => groups.push(vec![(number, Some(label.clone()))]),
            },
            _ => {
                if piece.is_named {
                    chunk = number;
                }
            }
        }
    }
    let mut needs: Vec<Option<String>> = vec![None; pieces.len()];
    for (number, group) in groups.iter().enumerate().filter(|(_, group)| group.len() > 1) {
        let behind = groups.get(number + 1).and_then(|next| next.first()).map_or(pieces.len(), |(start, _)| *start);
        let last = group.last().map_or(0, |(start, _)| *start);
        // The last way ends where a comment begins something else.
        let end = (last + 1..behind).find(|at| pieces[*at].is_named).unwrap_or(behind);
        let labels = labels(group, &pieces);
        let ask = format!("Which way: {}?", labels.join(", "));
        let name = around.inputs.choice(&ask, labels.clone());
        for (way, label) in labels.iter().enumerate() {
            let from = group[way].0;
            let to = group.get(way + 1).map_or(end, |(start, _)| *start);
            for need in &mut needs[from..to] {
                *need = Some(format!("{name} == \"{label}\""));
            }
        }
    }
    let pieces = pieces.into_iter().zip(needs);
    pieces.map(|(piece, need)| Item { when: need.or(piece.item.when.clone()), ..piece.item }).collect()
}

/// What the ways are called: by their labels, or by the programs they begin with.
fn labels(group: &[(usize, Option<String>)], pieces: &[Marked]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for (start, label) in group {
        let code = match &pieces[*start].item.does {
            Does::CheckCommand { command, .. } | Does::ChangeCommand { command, .. } => title_of_code(command),
            Does::CheckSql { sql, .. } | Does::ChangeSql { sql, .. } => title_of_code(sql),
            Does::Task => pieces[*start].item.after.first().map(|code| title_of_code(code)).unwrap_or_default(),
        };
        let made = label.clone().unwrap_or_else(|| code.split(' ').next().unwrap_or_default().to_owned());
        let plain: String = made.chars().filter(|c| c.is_alphanumeric() || " ._-".contains(*c)).collect();
        let plain = plain.trim().to_owned();
        let plain = if label.is_none() && made != plain { String::new() } else { plain };
        let is_free = !plain.is_empty() && !labels.contains(&plain);
        labels.push(if is_free { plain } else { format!("{} {}", if plain.is_empty() { "way" } else { &plain }, labels.len() + 1) });
    }
    labels
}
