//! Marks of HTML, of which the text is kept. Never drops a placeholder that looks like one.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// Marks that only shape a text. Others stay: `<pod-name>` is what somebody is to fill in.
const SHAPES: [&str; 44] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "center",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "picture",
    "pre",
    "s",
    "small",
    "source",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "u",
    "ul",
];

fn is_shape(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let name: String = name.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SHAPES.contains(&name.as_str()) || ["td", "th", "tr", "thead"].contains(&name.as_str())
}

/// The value of an attribute.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let behind = tag.split_once(&format!(" {name}="))?.1;
    let quote = behind.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    behind[1..].split(quote).next().filter(|value| !value.is_empty())
}

/// Where a mark leads and what it says of that: told behind the text, which reads on without it.
pub(super) fn address(tag: &str) -> Option<String> {
    let name: String = tag.strip_prefix('<')?.chars().take_while(char::is_ascii_alphanumeric).collect();
    let (said, address) = match name.to_ascii_lowercase().as_str() {
        "a" => (None, attribute(tag, "href")),
        "img" | "source" => (attribute(tag, "alt"), attribute(tag, "src")),
        _ => return None,
    };
    let told: Vec<String> = said.map(str::to_owned).into_iter().chain(address.map(|address| format!("({address})"))).collect();
    Some(told.join(" ")).filter(|told| !told.is_empty())
}

/// What is left of one mark in a line.
pub(super) fn inline(tag: &str) -> Cow<'_, str> {
    if let Some(comment) = tag.strip_prefix("<!--") {
        return Cow::Borrowed(comment.strip_suffix("-->").unwrap_or(comment));
    }
    if !is_shape(tag) {
        return Cow::Borrowed(tag);
    }
    let name: String = tag.trim_start_matches('<').chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
    match name.to_ascii_lowercase().as_str() {
        "/td" | "/th" => Cow::Borrowed(" | "),
        "li" => Cow::Borrowed("\n- "),
        "br" | "br/" | "tr" | "/tr" | "p" | "/p" | "div" | "/div" | "/li" | "/summary" | "/dt" | "/dd" | "/h1" | "/h2" | "/h3" | "/h4"
        | "/h5" | "/h6" => Cow::Borrowed("\n"),
        _ => Cow::Borrowed(""),
    }
}

static PARTS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?is)<h([1-6])\b[^>]*>(.*?)</h[1-6]>|<pre\b[^>]*>(.*?)</pre>").ok());

/// A part of a block of HTML.
pub(super) enum Part {
    Text(String),
    Heading(usize, String),
    Code(String),
}

/// A block taken apart into its headings, its code and the rest.
pub(super) fn parts(source: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    for found in PARTS.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(source)) {
        let Some(whole) = found.get(0) else { continue };
        parts.push(Part::Text(unescaped(&block(&source[at..whole.start()]))));
        at = whole.end();
        parts.push(match (found.get(1), found.get(2), found.get(3)) {
            (Some(level), Some(words), _) => Part::Heading(level.as_str().parse().unwrap_or(1), unescaped(&block(words.as_str()))),
            (.., code) => Part::Code(unescaped(&block(code.map_or("", |code| code.as_str())))),
        });
    }
    parts.push(Part::Text(unescaped(&block(&source[at..]))));
    parts
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// What is left of a block: its text, comments included, for they were written for somebody.
fn block(source: &str) -> String {
    let mut text = String::new();
    let mut addresses = Vec::new();
    let mut rest = source;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = if rest.starts_with("<!--") { rest.find("-->").map(|end| end + 3) } else { rest.find('>').map(|end| end + 1) };
        let (tag, behind) = rest.split_at(end.unwrap_or(1));
        addresses.extend(address(tag));
        let is_mark = end.is_some() && (tag.starts_with("<!--") || is_shape(tag));
        text.push_str(&if is_mark { inline(tag) } else { Cow::Borrowed(tag) });
        rest = behind;
    }
    text.push_str(rest);
    if !addresses.is_empty() {
        text.truncate(text.trim_end().len());
        text.push(' ');
        text.push_str(&addresses.join(" "));
    }
    text
}
