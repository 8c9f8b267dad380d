//! What people read of a text, without the marks of Markdown: words and signs, and where each stands. Never judges.

use std::ops::Range;

use fracas::base::text;

/// Marks of Markdown and of templates, and signs between words that a sentence keeps when it is cut into fields: no words.
const MARKS: &str = "*_~`\\[](){}<>|#^";
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
    for (at, c) in text.char_indices() {
        let place = at..at + c.len_utf8();
        let is_nothing = c.is_whitespace() || MARKS.contains(c) || BETWEEN.contains(c) || text::is_deceptive(c) || c == '\u{fe0f}';
        match words.last_mut() {
            _ if is_nothing => {}
            Some(last) if c.is_alphanumeric() && last.place.end == at && last.text.ends_with(char::is_alphanumeric) => {
                last.text.push(c);
                last.place.end = place.end;
            }
            _ => words.push(Word { text: c.to_string(), place }),
        }
    }
    words
}

/// The same text letter by letter, but for marks and blanks: two texts that say the same are equal.
pub(crate) fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !MARKS.contains(*c) && !text::is_deceptive(*c) && *c != '\u{fe0f}').collect()
}

/// A text without what only a reader of Markdown or HTML would see in it: tags, comments, entities, where links lead.
pub(crate) fn plain(text: &str, destinations: &[String]) -> String {
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
    for destination in destinations {
        plain = plain.replace(&format!("({destination} "), " (").replace(destination.as_str(), " ");
    }
    for tag in ["{% raw %}", "{% endraw %}"] {
        plain = plain.replace(tag, " ");
    }
    without_tags(&plain).replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ").replace("&amp;", "&")
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
