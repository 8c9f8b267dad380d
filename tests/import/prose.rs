//! What people read of a text, without the marks of Markdown: words and signs, and where each stands. Never judges.

use std::ops::Range;

use fracas::base::text;

/// Marks that may stand inside a word.
const MARKS_INSIDE: &str = "*_~`\\";
/// Marks of Markdown and of templates between words, and signs that may go when a sentence is cut into fields.
const MARKS: &str = "[](){}<>|#^";
const BETWEEN: &str = ":;,.!-–—\"'✅☑✔☐";

/// Tags that stand in a line of text and say nothing.
const TAGS: &[&str] =
    &["br", "b", "i", "em", "strong", "code", "kbd", "sub", "sup", "u", "a", "span", "p", "img", "div", "details", "summary"];

/// A word, or a sign that is part of what is said, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) place: Range<usize>,
}

/// The words of a text.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Where the last word goes on, if a letter follows.
    let mut goes_on = None;
    for (at, c) in text.char_indices() {
        let place = at..at + c.len_utf8();
        let is_nothing = c.is_whitespace() || MARKS.contains(c) || BETWEEN.contains(c) || is_invisible(c);
        match words.last_mut() {
            _ if MARKS_INSIDE.contains(c) => goes_on = goes_on.filter(|end| *end == at).map(|_| place.end),
            _ if is_nothing => {}
            Some(last) if c.is_alphanumeric() && goes_on == Some(at) => {
                last.text.push(c);
                last.place.end = place.end;
                goes_on = Some(place.end);
            }
            _ => {
                goes_on = c.is_alphanumeric().then_some(place.end);
                words.push(Word { text: c.to_string(), place });
            }
        }
    }
    words
}

/// The same text letter by letter, but for marks and blanks: two texts that say the same are equal.
pub(crate) fn letters(text: &str) -> String {
    let is_said = |c: &char| !c.is_whitespace() && !MARKS.contains(*c) && !MARKS_INSIDE.contains(*c) && !is_invisible(*c);
    text.chars().filter(is_said).collect()
}

/// Nothing that is seen; what Markdown makes of a null is a sign of its own.
fn is_invisible(c: char) -> bool {
    text::is_deceptive(c) || ['\u{fe0f}', '\u{fffd}'].contains(&c)
}

/// A text without what only a reader of Markdown or HTML would see in it: tags, comments, entities, where links lead and by which
/// names.
pub(crate) fn plain(text: &str, links: &Links) -> String {
    let mut plain: String = text.chars().filter(|c| *c == '\n' || *c == '\t' || !text::is_deceptive(*c)).collect();
    while let Some(start) = plain.find("<!--") {
        let end = plain[start..].find("-->").map_or(plain.len(), |end| start + end + 3);
        plain.replace_range(start..end, " ");
    }
    // What a runbook may not hold is marked in it.
    while let Some(start) = plain.find("<U+") {
        let end = plain[start..].find('>').map_or(plain.len(), |end| start + end + 1);
        plain.replace_range(start..end, "");
    }
    for destination in &links.destinations {
        plain = without_word(&plain, destination);
    }
    for name in &links.names {
        plain = plain.replace(&format!("][{name}]"), "]");
    }
    for tag in ["{% raw %}", "{% endraw %}"] {
        plain = plain.replace(tag, " ");
    }
    decoded(&without_tags(&plain))
}

/// Signs that people write by their names, as far as runbooks have them.
const ENTITIES: &[(&str, &str)] = &[
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("nbsp", " "),
    ("ensp", " "),
    ("emsp", " "),
    ("times", "×"),
    ("rarr", "→"),
    ("larr", "←"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("le", "≤"),
    ("ge", "≥"),
    ("copy", "©"),
    ("amp", "&"),
];

fn decoded(text: &str) -> String {
    let mut decoded = text.to_owned();
    while let Some(start) = decoded.find("&#") {
        let Some(end) = decoded[start..].find(';').map(|end| start + end) else { break };
        let number = &decoded[start + 2..end];
        let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse().ok(), |number| u32::from_str_radix(number, 16).ok());
        let Some(sign) = code.and_then(char::from_u32) else { break };
        decoded.replace_range(start..=end, sign.encode_utf8(&mut [0; 4]));
    }
    ENTITIES.iter().fold(decoded, |text, (name, sign)| text.replace(&format!("&{name};"), sign))
}

/// Where the links of a source lead.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// As written; the longest first, for one may begin as another does.
    pub(crate) destinations: Vec<String>,
    /// The names that stand for some of them.
    pub(crate) names: Vec<String>,
}

/// Without a destination wherever it stands for itself, and without the title behind it.
fn without_word(text: &str, word: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let begins = before.chars().next_back().or_else(|| kept.chars().next_back()).is_none_or(|c| c.is_whitespace() || "(<[".contains(c));
        let ends = after.chars().next().is_none_or(|c| c.is_whitespace() || ")>],.;:".contains(c));
        kept.push_str(before);
        if begins && ends {
            kept.push(' ');
            let title = after.strip_prefix(" \"").and_then(|title| title.split_once("\")"));
            rest = title.map_or(after, |(_, after)| after);
        } else {
            kept.push_str(word);
            rest = after;
        }
    }
    kept + rest
}

fn without_tags(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let inside = &rest[start + 1..];
        let name: String = inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let end = inside.find('>').filter(|_| TAGS.contains(&name.to_lowercase().as_str()));
        kept.push_str(&rest[..start]);
        kept.push_str(if end.is_some() { " " } else { "<" });
        rest = end.map_or(inside, |end| &inside[end + 1..]);
    }
    kept + rest
}

/// The runs of text between the tags of a line of HTML.
pub(crate) fn between_tags(line: &str) -> Vec<String> {
    let mut runs = Vec::new();
    let mut rest = line;
    while let Some((run, after)) = rest.split_once('<') {
        runs.push(run.trim().to_owned());
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    runs.push(rest.trim().to_owned());
    runs
}

/// Where the links and pictures of a text lead: `[text](destination "title")`.
pub(crate) fn destinations(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("](") {
        let inside = &text[at + 2..];
        let mut depth = 0_usize;
        let end = inside.find(|c: char| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' if depth == 0 => true,
            ')' => {
                depth -= 1;
                false
            }
            c => c == '\n',
        });
        let Some(inside) = end.map(|end| &inside[..end]).filter(|_| end.is_some_and(|end| inside[end..].starts_with(')'))) else {
            continue;
        };
        let destination = match inside.strip_prefix('<') {
            Some(bracketed) => bracketed.split('>').next(),
            None => inside.split_whitespace().next(),
        };
        found.extend(destination.filter(|destination| !destination.is_empty()).map(str::to_owned));
    }
    found
}
