//! The report's Markdown as HTML. What is text stays text: of everything that Markdown could make of it only the marks
//! of this program itself, harmless links, and no images and no markup get through. Never trusts what wrote the Markdown.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::export::markup::escape;
use crate::export::page::anchored;
use crate::export::rich::is_harmless;

/// HTML of a page of Markdown.
pub(super) fn rendered(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut refused_links = 0_usize;
    let mut in_table = false;
    let events = Parser::new_ext(markdown, options).filter_map(|event| {
        Some(match event {
            // The anchor of an entry is this program's own; all other markup is text.
            Event::InlineHtml(markup) | Event::Html(markup) => match anchored(&markup) {
                Some(seq) => Event::InlineHtml(CowStr::from(format!("<span id=\"entry-{seq}\"></span>"))),
                None if &*markup == "</a>" => return None,
                None => Event::Text(CowStr::from(markup.into_string())),
            },
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
            Event::Start(Tag::Link { dest_url, .. }) if !(is_harmless(&dest_url) || dest_url.starts_with('#')) => {
                refused_links += 1;
                return None;
            }
            // Links do not hold links: what was refused last ends first.
            Event::End(TagEnd::Link) if refused_links > 0 => {
                refused_links -= 1;
                return None;
            }
            Event::Start(Tag::Table(_)) => {
                in_table = true;
                return Some(vec![Event::Html("<div class=\"scroll\">".into()), event]);
            }
            Event::End(TagEnd::Table) if in_table => {
                in_table = false;
                return Some(vec![event, Event::Html("</div>".into())]);
            }
            Event::TaskListMarker(done) => {
                let (class, sign, word) = if done { ("done", "☑", "done") } else { ("open", "☐", "open") };
                Event::InlineHtml(CowStr::from(format!("<span class=\"tick {class}\" role=\"img\" aria-label=\"{word}\">{sign}</span> ")))
            }
            Event::Code(text) => Event::InlineHtml(CowStr::from(format!("<code>{}</code>", escape(&text)))),
            event => event,
        })
        .map(|event| vec![event])
    });
    let mut page = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut page, events.flatten());
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::page::{Page, anchor, fence, inline};
    use crate::export::rich::rich;

    /// What hostile text becomes by any of the ways that text from outside takes.
    fn by_every_way(outside: &str) -> String {
        let mut page = Page::default();
        page.heading(3, &inline(outside));
        page.list([inline(outside)]);
        page.table(["a"], [[inline(outside)]]);
        page.block(&fence("text", outside));
        page.block(&rich(outside));
        rendered(&page.finish())
    }

    #[test]
    fn no_markup_and_no_link_to_a_script_comes_through() {
        for outside in [
            "<script>alert(1)</script>",
            "</code></pre><img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "[a](javascript:alert(1))",
            "[a](  javascript:alert(1))",
            "[a](&#106;avascript:alert(1))",
            "[a](java\nscript:alert(1))",
            "<javascript:alert(1)>",
            "![a](x\" onerror=\"alert(1))",
            "[a](https://x\" onmouseover=\"alert(1))",
            "[a](<https://x\" onmouseover=\"alert(1)>)",
            "[a](https://x 'onmouseover=alert(1)')",
            "```\" onmouseover=alert(1)\nx\n```",
            "<a id=\"entry-1\" onclick=\"alert(1)\">",
            "| a |\n|---|\n| <b onclick=x> |",
            "&lt;script&gt;",
            "<!-- --><![CDATA[ ]]><?php ?>",
            "[a]: javascript:x\n[a]",
        ] {
            let html = by_every_way(outside);
            let xml = format!("<r>{html}</r>");
            let tree = roxmltree::Document::parse(&xml).unwrap_or_else(|error| panic!("{outside}: {error}\n{html}"));
            for node in tree.descendants().filter(roxmltree::Node::is_element) {
                let name = node.tag_name().name();
                let known = [
                    "r",
                    "h3",
                    "ul",
                    "ol",
                    "li",
                    "p",
                    "strong",
                    "em",
                    "del",
                    "code",
                    "pre",
                    "table",
                    "thead",
                    "tbody",
                    "tr",
                    "th",
                    "td",
                    "div",
                    "a",
                    "span",
                    "blockquote",
                    "hr",
                    "br",
                ];
                assert!(known.contains(&name), "{outside}: <{name}>\n{html}");
                for attribute in node.attributes() {
                    assert!(["class", "href", "title"].contains(&attribute.name()), "{outside}: {attribute:?}\n{html}");
                    assert!(attribute.name() != "href" || is_harmless(attribute.value()), "{outside}: {attribute:?}\n{html}");
                }
            }
        }
    }

    #[test]
    fn what_this_program_wrote_becomes_markup() {
        assert_eq!(
            rendered(&format!("{} **x** [#3](#entry-3)", anchor(3))),
            "<p><span id=\"entry-3\"></span>3 <strong>x</strong> <a href=\"#entry-3\">#3</a></p>\n"
        );
        assert_eq!(rendered("- [x] a"), "<ul>\n<li><span class=\"tick done\" role=\"img\" aria-label=\"done\">☑</span> a</li>\n</ul>\n");
    }
}
