//! The head of a file between `---` or `+++`: what it says of the whole. Never drops a line of it.

use super::decode;
use super::draft::Draft;
use super::meaning;

/// Takes the head off a text: what is left of it, and how many lines the head had.
pub(super) fn take<'t>(text: &'t str, draft: &mut Draft) -> (&'t str, usize) {
    let text = text.trim_start_matches('\n');
    let Some(fence) = ["---", "+++"].into_iter().find(|fence| text.lines().next().is_some_and(|line| line.trim_end() == *fence)) else {
        return (text, 0);
    };
    let mut lines = text.split_inclusive('\n');
    let mut length = lines.next().map_or(0, str::len);
    let mut head = Vec::new();
    for line in lines {
        length += line.len();
        if line.trim_end() == fence || (fence == "---" && line.trim_end() == "...") {
            if !head.iter().all(|line: &&str| reads_as_head(line)) {
                return (text, 0);
            }
            let head: Vec<String> = head.iter().map(|line| decode::without_unseen(line).into_owned()).collect();
            read(&head, draft);
            return (&text[length..], head.len() + 2);
        }
        head.push(line.trim_end());
    }
    (text, 0)
}

/// Whether a line can stand in a head; a rule that a text begins with has prose behind it.
fn reads_as_head(line: &str) -> bool {
    let name = line.split([':', '=']).next().unwrap_or_default().trim();
    line.trim().is_empty() || line.starts_with([' ', '\t', '-', '#', '[', ']', '}']) || (line.contains([':', '=']) && !name.contains(' '))
}

fn read(head: &[String], draft: &mut Draft) {
    let mut rest: Vec<&str> = Vec::new();
    for line in head {
        let (name, value) = line.split_once([':', '=']).unwrap_or((line.as_str(), ""));
        let value = value.trim();
        let bare = value.trim_matches(['"', '\'']);
        let is_plain = !bare.is_empty() && !bare.starts_with(['[', '{', '|', '>', '&', '*']);
        match name.trim().to_lowercase().as_str() {
            "title" if is_plain && draft.title.is_empty() => bare.clone_into(&mut draft.title),
            "owner" | "team" if is_plain && draft.owner.is_none() => draft.owner = Some(bare.to_owned()),
            "severity" | "priority" if is_plain && draft.severity.is_none() => draft.severity = Some(bare.to_owned()),
            "summary" | "description" if is_plain => draft.summary.push(bare.to_owned()),
            "tags" | "keywords" | "labels" if value.starts_with('[') && value.ends_with(']') && draft.tags.is_empty() => {
                let tags = value.trim_matches(['[', ']']).split(',').map(|tag| tag.trim().trim_matches(['"', '\'']).to_owned());
                draft.tags.extend(tags.filter(|tag| !tag.is_empty()));
            }
            "reviewed" | "last_reviewed" | "last-reviewed" | "updated" | "last_updated"
                if draft.reviewed.is_none() && meaning::date(&format!("reviewed {bare}")).is_some() =>
            {
                draft.reviewed = Some(bare.to_owned());
            }
            _ => rest.push(line),
        }
    }
    let rest: Vec<&str> = rest.into_iter().filter(|line| !line.trim().is_empty()).collect();
    if !rest.is_empty() {
        draft.head.push(rest.join("\n"));
    }
}
