//! What stands in a Markdown file: headings, paragraphs, lists, tables and code, each with the line it begins in. Never
//! decides what any of it means.

mod html;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use super::decode;

/// One block with the line of the file, from 1, that it begins in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) line: usize,
    /// Whether all of its words are in bold.
    pub(super) is_bold: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Heading { level: usize, text: String },
    Paragraph(String),
    Code(Code),
    List(Vec<Item>),
    Table(Vec<Vec<String>>),
}

/// A fenced or indented block, byte for byte.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Code {
    /// The first word behind the fence, in lower case.
    pub(super) language: String,
    /// Its lines, without the fence and its indentation.
    pub(super) text: String,
}

/// One point of a list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) line: usize,
    /// Its number where the list counts.
    pub(super) number: Option<u64>,
    /// Of a task: whether it is done already.
    pub(super) ticked: Option<bool>,
    pub(super) blocks: Vec<Block>,
}

impl Item {
    /// The words it begins with.
    pub(super) fn text(&self) -> &str {
        match self.blocks.first() {
            Some(Block { kind: Kind::Paragraph(text), .. }) => text,
            _ => "",
        }
    }

    /// What stands in it behind these.
    pub(super) fn rest(&self) -> &[Block] {
        match self.blocks.first() {
            Some(Block { kind: Kind::Paragraph(_), .. }) => &self.blocks[1..],
            _ => &self.blocks,
        }
    }

    /// Whether there is code in it, however deep.
    pub(super) fn holds_code(&self) -> bool {
        self.blocks.iter().any(Block::holds_code)
    }
}

impl Block {
    pub(super) fn holds_code(&self) -> bool {
        match &self.kind {
            Kind::Code(_) => true,
            Kind::List(items) => items.iter().any(Item::holds_code),
            Kind::Heading { .. } | Kind::Paragraph(_) | Kind::Table(_) => false,
        }
    }
}

/// Deepest nesting of lists and quotations; what is deeper counts as this deep, so that nothing here can use up the stack.
const DEEPEST: usize = 32;

/// The blocks of a text, in order.
pub(super) fn read(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut reading =
        Reading { lines: Lines::new(text), open: vec![Open::List(Vec::new(), None), Open::Item(Vec::new(), None)], ..Reading::default() };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::End(TagEnd::TableCell) => reading.cell_end = range.end,
            Event::End(TagEnd::TableRow) => reading.cells_too_many(text.get(reading.cell_end..range.end).unwrap_or_default()),
            _ => {}
        }
        reading.take(event, range.start);
    }
    reading.finish()
}

/// The line of each byte, asked in ascending order.
#[derive(Default)]
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    fn of(&mut self, offset: usize) -> usize {
        if let Some(between) = self.text.as_bytes().get(self.at..offset) {
            self.line += between.split(|byte| *byte == b'\n').count() - 1;
            self.at = offset;
        }
        self.line
    }
}

/// What is not closed yet.
enum Open {
    List(Vec<Item>, Option<u64>),
    Item(Vec<Block>, Option<bool>),
}

#[derive(Default)]
struct Reading<'t> {
    lines: Lines<'t>,
    /// Lists and items in turn, the file itself being the outermost item.
    open: Vec<Open>,
    /// How many lists and items are open beyond the deepest.
    too_deep: usize,
    /// The words of the block that is being read, and where it began.
    words: String,
    began: usize,
    /// Where links and pictures began in the words, with their addresses.
    addresses: Vec<(usize, String)>,
    /// Whether a mark of HTML has just ended that sets words apart.
    is_apart: bool,
    /// Addresses that marks of HTML in these words lead to.
    loose: Vec<String>,
    code: Option<Code>,
    table: Vec<Vec<String>>,
    /// Where the last cell ended in the source.
    cell_end: usize,
    item_lines: Vec<usize>,
    heading: Option<usize>,
    /// How far the words are in bold from their beginning.
    bold: usize,
}

impl Reading<'_> {
    fn take(&mut self, event: Event<'_>, offset: usize) {
        match event {
            Event::Start(tag) => self.start(tag, offset),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => code.text.push_str(&decode::with_marks(&text)),
                None => self.say(&text, offset),
            },
            Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) | Event::Html(text) => self.say(&text, offset),
            Event::InlineHtml(text) => {
                self.loose.extend(html::address(&text));
                self.say(&html::inline(&text), offset);
                self.is_apart = text.eq_ignore_ascii_case("</span>");
            }
            Event::FootnoteReference(name) => self.say(&format!("[^{name}]"), offset),
            Event::SoftBreak => self.words.push(SOFT),
            Event::HardBreak => self.say("\n", offset),
            Event::TaskListMarker(done) => {
                if let Some(Open::Item(_, ticked)) = self.open.last_mut() {
                    *ticked = Some(done);
                }
            }
            Event::Rule => self.close_words(),
        }
    }

    /// What stands in a row behind the last column, where no reader of Markdown shows it: a `|` in a cell is often meant as one.
    fn cells_too_many(&mut self, rest: &str) {
        let rest = rest.trim_matches(|c: char| c == '|' || c.is_whitespace());
        if let Some(cell) = self.table.last_mut().and_then(|row| row.last_mut()).filter(|_| !rest.is_empty()) {
            cell.push_str(" | ");
            cell.push_str(&decode::without_unseen(rest));
        }
    }

    fn say(&mut self, text: &str, offset: usize) {
        if self.words.is_empty() {
            self.began = self.lines.of(offset);
        }
        // What has a look of its own is a word of its own.
        if std::mem::take(&mut self.is_apart) && text.starts_with(char::is_alphanumeric) && self.words.ends_with(char::is_alphanumeric) {
            self.words.push(' ');
        }
        self.words.push_str(&decode::without_unseen(text));
    }

    fn start(&mut self, tag: Tag<'_>, offset: usize) {
        match tag {
            Tag::Heading { level, .. } => {
                self.close_words();
                self.began = self.lines.of(offset);
                self.heading = Some(level as usize);
            }
            Tag::CodeBlock(kind) => {
                self.close_words();
                self.began = self.lines.of(offset);
                let language = match kind {
                    CodeBlockKind::Indented => String::new(),
                    CodeBlockKind::Fenced(info) => {
                        let word = info.split([' ', ',', '{', '\t', ':']).next().unwrap_or_default();
                        word.trim_start_matches('.').to_lowercase()
                    }
                };
                self.code = Some(Code { language, text: String::new() });
            }
            Tag::List(number) => {
                self.close_words();
                if self.open.len() > DEEPEST {
                    self.too_deep += 1;
                } else {
                    self.open.push(Open::List(Vec::new(), number));
                }
            }
            Tag::Item if self.too_deep == 0 => {
                let line = self.lines.of(offset);
                self.item_lines.push(line);
                self.open.push(Open::Item(Vec::new(), None));
            }
            Tag::Table(_) => {
                self.close_words();
                self.began = self.lines.of(offset);
                self.table = Vec::new();
            }
            Tag::TableHead | Tag::TableRow => self.table.push(Vec::new()),
            Tag::TableCell => self.words.clear(),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                if self.words.is_empty() {
                    self.began = self.lines.of(offset);
                }
                self.addresses.push((self.words.len(), decode::without_unseen(&dest_url).into_owned()));
            }
            Tag::Strong if self.words.trim().is_empty() => self.bold = usize::MAX,
            Tag::FootnoteDefinition(_) | Tag::Paragraph | Tag::BlockQuote(_) | Tag::HtmlBlock => self.close_words(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let (text, level) = (std::mem::take(&mut self.words), self.heading.take().unwrap_or(1));
                let text = one_line(&text);
                if !text.is_empty() {
                    self.push(Kind::Heading { level, text });
                }
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    self.push(Kind::Code(code));
                }
            }
            TagEnd::List(_) => {
                self.close_words();
                if self.too_deep > 0 {
                    self.too_deep -= 1;
                } else if let Some(Open::List(items, _)) = self.open.pop()
                    && let Some(first) = items.first()
                {
                    self.began = first.line;
                    self.push(Kind::List(items));
                }
            }
            TagEnd::Item => {
                self.close_words();
                if self.too_deep == 0
                    && let Some(Open::Item(blocks, ticked)) = self.open.pop()
                    && let Some(Open::List(items, next)) = self.open.last_mut()
                {
                    let number = *next;
                    *next = number.map(|number| number + 1);
                    let line = self.item_lines.pop().unwrap_or(1);
                    if !blocks.is_empty() {
                        items.push(Item { line, number, ticked, blocks });
                    }
                }
            }
            TagEnd::TableCell => {
                let cell = one_line(&std::mem::take(&mut self.words));
                if let Some(row) = self.table.last_mut() {
                    row.push(cell);
                }
            }
            TagEnd::Table => {
                let rows = std::mem::take(&mut self.table);
                self.push(Kind::Table(rows));
            }
            TagEnd::Link | TagEnd::Image => {
                if let Some((from, address)) = self.addresses.pop() {
                    let said = self.words.get(from..).unwrap_or_default();
                    if !address.is_empty() && !said.contains(&address) {
                        let shown = if said.is_empty() { address } else { format!(" ({address})") };
                        self.words.push_str(&shown);
                    }
                }
            }
            TagEnd::Strong if self.bold == usize::MAX => self.bold = self.words.len(),
            TagEnd::HtmlBlock => {
                let source = std::mem::take(&mut self.words);
                for part in html::parts(&source) {
                    match part {
                        html::Part::Text(text) => {
                            self.words = text;
                            self.close_words();
                        }
                        html::Part::Heading(level, text) if !one_line(&text).is_empty() => {
                            self.push(Kind::Heading { level, text: one_line(&text) });
                        }
                        html::Part::Code(text) if !text.trim().is_empty() => {
                            self.push(Kind::Code(Code { language: String::new(), text: text.trim_start_matches('\n').to_owned() }));
                        }
                        html::Part::Heading(..) | html::Part::Code(_) => {}
                    }
                }
            }
            TagEnd::Paragraph | TagEnd::BlockQuote(_) | TagEnd::FootnoteDefinition => self.close_words(),
            _ => {}
        }
    }

    /// The words so far are a paragraph of their own; lines keep their ends.
    fn close_words(&mut self) {
        for address in std::mem::take(&mut self.loose) {
            self.words.push(' ');
            self.words.push_str(&decode::without_unseen(&address));
        }
        let words = std::mem::take(&mut self.words);
        let is_bold = self.bold > 0 && words.trim_end().len() <= self.bold;
        self.bold = 0;
        let words = unwrapped(&words);
        let lines: Vec<String> = words.lines().map(one_line).filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            self.put(Kind::Paragraph(lines.join("\n")), is_bold);
        }
    }

    fn push(&mut self, kind: Kind) {
        self.put(kind, false);
    }

    fn put(&mut self, kind: Kind, is_bold: bool) {
        let block = Block { line: self.began, is_bold, kind };
        if let Some(Open::Item(blocks, _)) = self.open.iter_mut().rev().find(|open| matches!(open, Open::Item(..))) {
            blocks.push(block);
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.close_words();
        match self.open.into_iter().nth(1) {
            Some(Open::Item(blocks, _)) => blocks,
            _ => Vec::new(),
        }
    }
}

/// Counts the lines of what was taken off the beginning.
pub(super) fn shift(blocks: &mut [Block], by: usize) {
    for block in blocks {
        block.line += by;
        if let Kind::List(items) = &mut block.kind {
            for item in items {
                item.line += by;
                shift(&mut item.blocks, by);
            }
        }
    }
}

/// A break of a line that only the width of a page asked for, until it is known what follows: a character of Unicode's private
/// use, which no source keeps.
const SOFT: char = '\u{E005}';

/// A text with soft breaks as blanks, but before a label such as `Owner:` or a sign: there somebody meant a line.
fn unwrapped(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for (number, line) in words.split(SOFT).enumerate() {
        let label = line.split_once(':').map(|(label, _)| label.trim());
        let is_label = label
            .is_some_and(|label| label.starts_with(char::is_uppercase) && label.chars().count() <= 40 && label.split(' ').count() <= 4);
        let is_sign = line.trim_start().starts_with(|c: char| !c.is_ascii() && !c.is_alphanumeric() && !"“‘«–—…".contains(c));
        if number > 0 {
            text.push(if is_label || is_sign { '\n' } else { ' ' });
        }
        text.push_str(line);
    }
    text
}

/// A text on one line, blanks folded.
pub(super) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c == SOFT).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that cannot read its own text fails")]

    use super::*;

    fn kinds(text: &str) -> Vec<Kind> {
        read(text).into_iter().map(|block| block.kind).collect()
    }

    #[test]
    fn blocks_are_told_apart_and_keep_their_order() {
        let found = kinds("# One\n\nWords **in bold** with `code`\nand [a link](there).\n\n```bash title=x\nls\n```\n");
        let Kind::Paragraph(words) = &found[1] else { panic!("{found:?}") };
        assert_eq!(words, "Words in bold with code and a link (there).");
        assert_eq!(found[2], Kind::Code(Code { language: "bash".to_owned(), text: "ls\n".to_owned() }));
    }

    #[test]
    fn an_item_keeps_what_stands_in_it() {
        let found = kinds("1. First:\n\n   ```\n   a\n   ```\n2. [x] Second\n   - inner\n");
        let Kind::List(items) = &found[0] else { panic!("{found:?}") };
        assert_eq!(items[0].text(), "First:");
        assert!(items[0].holds_code());
        assert_eq!((items[1].ticked, items[1].number, items[1].line), (Some(true), Some(2), 6));
        assert!(matches!(items[1].rest().first().unwrap().kind, Kind::List(_)));
    }

    #[test]
    fn marks_of_html_go_and_their_text_and_placeholders_stay() {
        let found = kinds("<details><summary>More</summary>\n<!-- for the author -->\n</details>\n\nlogs of <pod-name><br>now\n");
        assert_eq!(found[0], Kind::Paragraph("More\nfor the author".to_owned()));
        assert_eq!(found[1], Kind::Paragraph("logs of <pod-name>\nnow".to_owned()));
    }

    #[test]
    fn a_table_is_rows_of_cells() {
        let found = kinds("| a | b |\n|---|---|\n| **1** | |\n");
        assert_eq!(found, [Kind::Table(vec![vec!["a".into(), "b".into()], vec!["1".into(), String::new()]])]);
    }

    #[test]
    fn a_list_of_a_hundred_levels_loses_no_word() {
        let text: String = (0..100).map(|depth| format!("{}- w{depth}\n", "  ".repeat(depth))).collect();
        let told = format!("{:?}", read(&text));
        assert!((0..100).all(|depth| told.contains(&format!("w{depth}"))), "{told}");
    }
}
