//! Markdown from outside: notes, answers, briefs, decisions. It is read and written again with what is harmless of it, so
//! that a reader sees emphasis, lists, code and links, and markup of HTML as the text it is. Never lets a link go anywhere
//! but to the web or a mail program, and never lets a heading of its own into a document.

use std::fmt::Write as _;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TextMergeStream};

use crate::base::text;

use super::page::{code, escaped, fence, indented};

/// Lists within lists and quotations within quotations are kept this deep: nobody reads further, and what would be nested
/// a thousand times over must not nest the reader.
const DEEPEST: usize = 6;

/// Where a link may lead.
const HARMLESS: &[&str] = &["https://", "http://", "mailto:"];

/// Markdown from outside as Markdown that can do nothing.
pub(super) fn rich(outside: &str) -> String {
    let clean = text::lines(outside);
    let mut events = TextMergeStream::new(Parser::new_ext(&clean, Options::ENABLE_STRIKETHROUGH));
    blocks(&mut events, 0).join("\n\n")
}

/// Whether what [`rich`] wrote is one line of text, which may stand behind other text.
pub(super) fn is_one_line(written: &str) -> bool {
    let digits = written.bytes().take_while(u8::is_ascii_digit).count();
    let is_numbered = digits > 0 && written[digits..].starts_with(". ");
    !written.contains('\n') && !written.starts_with(['-', '>', '`']) && !written.starts_with("* ") && !is_numbered
}

/// Whether a link may lead there.
pub(super) fn is_harmless(destination: &str) -> bool {
    let destination = destination.trim_start().to_ascii_lowercase();
    HARMLESS.iter().any(|scheme| destination.starts_with(scheme))
}

/// The blocks up to the end of what holds them.
fn blocks<'e>(events: &mut impl Iterator<Item = Event<'e>>, depth: usize) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut line = Inline::default();
    // Containers too deep to be kept, which are open.
    let mut passed_through = 0;
    while let Some(event) = events.next() {
        let is_inline = match &event {
            Event::Start(tag) => is_inline(tag),
            Event::End(_) | Event::Rule => false,
            _ => true,
        };
        // The end of emphasis or of a link within the item of a tight list, whose text stands in no paragraph.
        if is_inline || (matches!(event, Event::End(_)) && line.is_open()) {
            line.take(event);
            continue;
        }
        blocks.extend(line.finish());
        match event {
            Event::Start(Tag::Paragraph) => blocks.extend(inline_until_end(events)),
            Event::Start(Tag::Heading { .. }) => blocks.extend(inline_until_end(events).map(|text| format!("**{text}**"))),
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(info) => info.chars().take_while(char::is_ascii_alphanumeric).take(20).collect(),
                    CodeBlockKind::Indented => String::new(),
                };
                blocks.push(fence(&language, &text_until_end(events)));
            }
            Event::Start(Tag::HtmlBlock) => {
                let markup = text_until_end(events);
                blocks.push(markup.trim_end().lines().map(|line| escaped(line.trim())).collect::<Vec<_>>().join("\\\n"));
            }
            Event::Start(_) if depth == DEEPEST => passed_through += 1,
            Event::Start(Tag::List(first)) => blocks.push(list(events, first, depth + 1)),
            Event::Start(Tag::BlockQuote(_)) => {
                let quoted = self::blocks(events, depth + 1).join("\n\n");
                blocks.push(quoted.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n"));
            }
            Event::Rule => blocks.push("* * *".to_owned()),
            Event::End(_) if passed_through > 0 => passed_through -= 1,
            Event::End(_) => break,
            _ => {}
        }
    }
    blocks.extend(line.finish());
    blocks
}

fn list<'e>(events: &mut impl Iterator<Item = Event<'e>>, first: Option<u64>, depth: usize) -> String {
    let mut items = Vec::new();
    let mut number = first;
    while let Some(Event::Start(_)) = events.next() {
        let item = blocks(events, depth).join("\n\n");
        let bullet = number.map_or_else(|| "-".to_owned(), |number| format!("{}.", number.min(999)));
        number = number.map(|number| number + 1);
        items.push(format!("{bullet} {}", indented(&item, bullet.len() + 1).trim_start()));
    }
    items.join("\n")
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
}

fn text_until_end<'e>(events: &mut impl Iterator<Item = Event<'e>>) -> String {
    let mut all = String::new();
    for event in events {
        match event {
            Event::Text(text) | Event::Html(text) => all.push_str(&text),
            Event::End(_) => break,
            _ => {}
        }
    }
    all
}

fn inline_until_end<'e>(events: &mut impl Iterator<Item = Event<'e>>) -> Option<String> {
    let mut line = Inline::default();
    for event in events {
        if matches!(event, Event::End(_)) && !line.is_open() {
            break;
        }
        line.take(event);
    }
    line.finish()
}

/// Text with emphasis, code and links, as it is written again. Flat, so that nothing from outside nests it.
#[derive(Default)]
struct Inline {
    written: String,
    /// What closes each open tag, innermost last.
    open: Vec<String>,
}

impl Inline {
    fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.written.push_str(&escaped(&text)),
            Event::Code(text) => self.written.push_str(&code(&text)),
            // Who writes a note in an editor means its line breaks.
            Event::SoftBreak | Event::HardBreak => self.written.push_str("\\\n"),
            Event::Start(tag) => {
                let (opens, closes) = match tag {
                    Tag::Emphasis => ("*", "*".to_owned()),
                    Tag::Strong => ("**", "**".to_owned()),
                    Tag::Strikethrough => ("~~", "~~".to_owned()),
                    Tag::Link { dest_url, .. } if is_harmless(&dest_url) => ("[", format!("](<{}>)", destination(&dest_url))),
                    // An image would be fetched: its text and where it is are shown.
                    Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => ("", format!(" ({})", escaped(&dest_url))),
                    _ => ("", String::new()),
                };
                self.written.push_str(opens);
                self.open.push(closes);
            }
            Event::End(_) => self.written.push_str(&self.open.pop().unwrap_or_default()),
            _ => {}
        }
    }

    fn finish(&mut self) -> Option<String> {
        while let Some(closes) = self.open.pop() {
            self.written.push_str(&closes);
        }
        let written = std::mem::take(&mut self.written);
        let written = written.trim();
        (!written.is_empty()).then(|| written.to_owned())
    }
}

/// A destination as it stands between `<` and `>`.
fn destination(url: &str) -> String {
    url.trim().chars().fold(String::new(), |mut safe, c| {
        if c.is_ascii_graphic() && !matches!(c, '<' | '>' | '\\' | '"' | '\'' | '`' | '|') || c.is_alphanumeric() {
            safe.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(safe, "%{byte:02X}");
            }
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays_and_the_rest_is_text() {
        for (outside, markdown) in [
            ("plain upload_jobs", "plain upload_jobs"),
            ("a **b** *c* ~~d~~ `e`", "a **b** *c* ~~d~~ `e`"),
            ("one\ntwo\n\nthree", "one\\\ntwo\n\nthree"),
            ("# Big\ntext", "**Big**\n\ntext"),
            ("- a\n- b **c**\n  - d", "- a\n- b **c**\n\n  - d"),
            ("3. a\n4. b", "3. a\n4. b"),
            ("> quoted\n> more", "> quoted\\\n> more"),
            ("```sql\nSELECT 1;\n```", "```sql\nSELECT 1;\n```"),
            ("[docs](https://x.example/a?b=c)", "[docs](<https://x.example/a?b=c>)"),
            ("<https://x.example/>", "[https://x.example/](<https://x.example/>)"),
            ("[run](javascript:alert(1))", "run (javascript:alert(1))"),
            ("[run](JaVaScRiPt:alert(1))", "run (JaVaScRiPt:alert(1))"),
            ("[run](data:text/html,x)", "run (data:text/html,x)"),
            ("![pic](https://x.example/p.png)", "pic (https://x.example/p.png)"),
            ("<script>alert(1)</script>", "\\<script>alert(1)\\</script>"),
            ("a <img src=x onerror=y> b", "a \\<img src=x onerror=y> b"),
            ("<div>\nb\n</div>", "\\<div>\\\nb\\\n\\</div>"),
            ("[x]: javascript:y\n\n[x]", "x (javascript:y)"),
            ("a\u{202e}b\u{1b}", "a\\<U+202E>b\\<U+001B>"),
        ] {
            assert_eq!(rich(outside), markdown, "{outside}");
        }
    }

    #[test]
    fn nothing_nests_the_reader() {
        for nested in [">".repeat(20_000), "- ".repeat(20_000), "*_".repeat(20_000) + "x", "[".repeat(20_000), "![".repeat(20_000)] {
            assert!(rich(&nested).len() < 200_000);
        }
        assert_eq!(rich(&format!("{}deep", "> ".repeat(50))), format!("{}deep", "> ".repeat(DEEPEST)));
    }
}
