//! Writing Markdown: blocks, and the escaping that keeps text from outside from becoming markup. Never
//! lets such text through unescaped: `inline`, `escaped`, `code` and `fence` are the only doors, and `rich` goes through them.

use std::fmt::Write as _;

use crate::base::text;

/// A Markdown page (`CommonMark` with the tables and task lists of GitHub) that grows block by block.
#[derive(Debug, Default)]
pub(super) struct Page(String);

impl Page {
    /// A heading; `title` is already Markdown.
    pub(super) fn heading(&mut self, level: usize, title: &str) {
        self.block(&format!("{} {title}", "#".repeat(level)));
    }

    /// A paragraph, list or any other block that is already Markdown.
    pub(super) fn block(&mut self, markdown: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(markdown.trim_end_matches('\n'));
        self.0.push('\n');
    }

    /// A list of items that are already Markdown.
    pub(super) fn list(&mut self, items: impl IntoIterator<Item = String>) {
        let items: Vec<String> = items.into_iter().map(|item| format!("- {item}")).collect();
        if !items.is_empty() {
            self.block(&items.join("\n"));
        }
    }

    /// A table of cells that are already Markdown.
    pub(super) fn table<const N: usize>(&mut self, head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) {
        let mut table = format!("| {} |\n|{}", head.join(" | "), "---|".repeat(N));
        for row in rows {
            let _ = write!(table, "\n| {} |", row.join(" | "));
        }
        self.block(&table);
    }

    /// How long it is by now, in bytes.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Text from outside as one line of Markdown that shows it as it is. White space, line breaks included, becomes one space.
pub(super) fn inline(outside: &str) -> String {
    escaped(&outside.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The same, with its white space: a piece of a line.
pub(super) fn escaped(outside: &str) -> String {
    let clean = text::line(outside);
    let chars: Vec<char> = clean.chars().collect();
    let mut markdown = String::with_capacity(clean.len() + 8);
    for (at, c) in chars.iter().enumerate() {
        let within_word = |c: &&char| c.is_alphanumeric();
        let markup = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '|' | '~' | '&' | '$' => true,
            // Between letters, as in upload_jobs, it is no markup, and reads better bare.
            '_' => !(at > 0 && chars.get(at - 1).is_some_and(|c| within_word(&c)) && chars.get(at + 1).is_some_and(|c| within_word(&c))),
            // At the beginning of a block they would make a heading, a quotation, a list, a rule or an underline.
            '#' | '>' | '+' | '-' | '=' => at == 0,
            // `1.` and `1)` would begin a numbered list.
            '.' | ')' => at > 0 && chars[..at].iter().all(char::is_ascii_digit) && chars.get(at + 1).is_none_or(|c| *c == ' '),
            _ => false,
        };
        if markup {
            markdown.push('\\');
        }
        markdown.push(*c);
    }
    markdown
}

/// An entry, as a link to its place in the timeline: `[#12](#entry-12)`.
pub(super) fn entry(seq: u64) -> String {
    format!("[#{seq}](#entry-{seq})")
}

/// The place that [`entry`] leads to, in front of its number.
pub(super) fn anchor(seq: u64) -> String {
    format!("<a id=\"entry-{seq}\"></a>{seq}")
}

/// The entry whose [`anchor`] begins with this tag, if it does, to the letter.
pub(super) fn anchored(tag: &str) -> Option<u64> {
    tag.strip_prefix("<a id=\"entry-")?.strip_suffix("\">")?.parse().ok()
}

/// Markdown of one line that does not hold any more.
pub(super) fn struck(markdown: &str) -> String {
    if markdown.is_empty() { String::new() } else { format!("~~{markdown}~~") }
}

/// A hash, as far as a person compares one by eye.
pub(super) fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Text from outside as code within a line. Not for table cells, which end at a `|` even within code.
pub(super) fn code(outside: &str) -> String {
    let clean = text::line(outside);
    let fence = "`".repeat(longest_run(&clean) + 1);
    let pad = if clean.starts_with('`') || clean.ends_with('`') || clean.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{clean}{pad}{fence}")
}

/// Text from outside as a block of code, whose fence is longer than any within it.
pub(super) fn fence(language: &str, outside: &str) -> String {
    let clean = text::lines(outside.trim_end());
    let fence = "`".repeat((longest_run(&clean) + 1).max(3));
    format!("{fence}{language}\n{clean}\n{fence}")
}

/// Moves a block under the list item it belongs to.
pub(super) fn under_item(block: &str) -> String {
    indented(block, 2)
}

/// Moves a block to the right.
pub(super) fn indented(block: &str, by: usize) -> String {
    let indent = " ".repeat(by);
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("{indent}{line}") };
    block.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_never_becomes_markup() {
        for (outside, markdown) in [
            ("upload_jobs is _gone_", r"upload_jobs is \_gone\_"),
            ("a | b", r"a \| b"),
            ("<script>x</script> & `y`", r"\<script>x\</script> \& \`y\`"),
            ("# no heading", r"\# no heading"),
            ("> 1 row", r"\> 1 row"),
            ("- no list", r"\- no list"),
            ("12. no list 1.5", r"12\. no list 1.5"),
            ("![x](y) **b** ~~s~~", r"!\[x\](y) \*\*b\*\* \~\~s\~\~"),
            ("two\n\nlines", "two lines"),
            ("\u{1b}[2J\u{202e}", r"\<U+001B>\[2J\<U+202E>"),
        ] {
            assert_eq!(inline(outside), markdown);
        }
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(fence("sql", "SELECT 1; -- ```\n"), "````sql\nSELECT 1; -- ```\n````");
    }
}
