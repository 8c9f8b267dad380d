//! A second reader of Markdown, line by line, that says which blocks a file has: what the checker counts. It reads what people
//! write, by the rules of CommonMark and of GitHub's tables. Never shares a line with the importer or its parser: what one of
//! them overlooks the other must see.

use super::line::{Line, columns_of_indentation, split};
use super::prose::{self, Links};

/// A piece of a source that must be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// What people read: a heading, a paragraph, an item's or a cell's text, a run of text between tags. With its marks.
    Prose(String),
    /// The lines of one block of code, without the indentation of its fence; blank lines are left out.
    Code(Vec<String>),
}

/// A whole source.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// In order.
    pub(crate) blocks: Vec<Block>,
    /// Where links and pictures lead.
    pub(crate) links: Links,
}

/// Reads a source.
pub(crate) fn read(text: &str) -> Source {
    let lines = split(text);
    let body = lines.get(front_matter(&lines)..).unwrap_or_default();
    let mut source = Source::default();
    source.container(body);
    for block in &source.blocks {
        if let Block::Prose(text) = block {
            source.links.destinations.extend(prose::destinations(text));
        }
    }
    source.links.destinations.sort_by_key(|destination| std::cmp::Reverse(destination.len()));
    source.links.destinations.dedup();
    source
}

/// How many lines the front matter takes.
fn front_matter(lines: &[Line]) -> usize {
    let Some(fence) = lines.first().map(|line| line.text.trim_end()).filter(|text| ["---", "+++"].contains(text)) else { return 0 };
    let is_yaml = fence == "---";
    // A rule at the top of a page begins no front matter: that has a key in its first line.
    let has_key = lines.get(1).is_some_and(|line| line.text.contains(if is_yaml { ':' } else { '=' }));
    let end = lines.iter().skip(1).position(|line| line.text.trim_end() == fence || is_yaml && line.text.trim_end() == "...");
    end.filter(|_| has_key).map_or(0, |end| end + 2)
}

impl Source {
    /// Reads what stands in a file, an item or a quotation: lines without the marks of what they stand in.
    fn container(&mut self, lines: &[Line]) {
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let rest = &lines[at..];
            at += if line.is_blank() {
                1
            } else if line.indentation() >= 4 {
                self.indented_code(rest)
            } else if let Some(fence) = Fence::opened_by(line) {
                self.fenced_code(rest, &fence)
            } else if let Some(heading) = heading(line) {
                self.prose(heading);
                1
            } else if is_rule(line) {
                1
            } else if line.trimmed().starts_with('>') {
                self.quotation(rest)
            } else if let Some(item) = Item::begun_by(line) {
                self.item(rest, &item)
            } else if line.trimmed().starts_with("<!--") {
                let text: Vec<&str> = rest.iter().map(|line| line.text.as_str()).collect();
                text.iter().position(|text| text.contains("-->")).map_or(rest.len(), |end| end + 1)
            } else if begins_html(line, true) {
                self.html(rest)
            } else if is_table(rest) {
                self.table(rest)
            } else if let Some((name, destination)) = definition(line) {
                self.links.destinations.push(destination);
                self.links.names.push(name);
                1
            } else {
                self.paragraph(rest)
            };
        }
    }

    fn prose(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !text.trim().is_empty() {
            self.blocks.push(Block::Prose(text));
        }
    }

    fn code(&mut self, lines: impl Iterator<Item = Line>) {
        let lines: Vec<String> = lines.filter(|line| !line.is_blank()).map(|line| line.text).collect();
        if !lines.is_empty() {
            self.blocks.push(Block::Code(lines));
        }
    }

    fn indented_code(&mut self, lines: &[Line]) -> usize {
        let mut length = lines.iter().take_while(|line| line.is_blank() || line.indentation() >= 4).count();
        while lines[length - 1].is_blank() {
            length -= 1;
        }
        self.code(lines[..length].iter().map(|line| line.without(4)));
        length
    }

    fn fenced_code(&mut self, lines: &[Line], fence: &Fence) -> usize {
        let inside = lines[1..].iter().take_while(|line| !fence.is_closed_by(line)).count();
        self.code(lines[1..=inside].iter().map(|line| line.without(fence.indentation.min(line.indentation()))));
        (inside + 2).min(lines.len())
    }

    fn quotation(&mut self, lines: &[Line]) -> usize {
        let mut inside: Vec<Line> = Vec::new();
        for line in lines {
            let is_quoted = line.indentation() < 4 && line.trimmed().starts_with('>');
            if is_quoted {
                let after = line.without(line.indentation()).after(1);
                inside.push(if columns_of_indentation(&after.text, after.column) > 0 { after.without(1) } else { after });
            } else if !line.is_blank() && continues_paragraph(&inside) && !interrupts(line) {
                inside.push(line.clone());
            } else {
                break;
            }
        }
        // What kind of note it is, as GitHub writes it, is no text.
        if inside.first().is_some_and(|line| line.text.trim().starts_with("[!")) {
            inside.remove(0);
            self.container(&inside);
            return inside.len() + 1;
        }
        self.container(&inside);
        inside.len()
    }

    fn item(&mut self, lines: &[Line], item: &Item) -> usize {
        let first = lines[0].without(lines[0].indentation()).after(item.marker);
        let mut inside = vec![first.without(item.content.saturating_sub(lines[0].indentation() + item.marker))];
        for (number, line) in lines.iter().enumerate().skip(1) {
            if line.is_blank() {
                // An item that begins with a blank line ends at the second.
                if number == 1 && inside[0].is_blank() {
                    break;
                }
                inside.push(line.clone());
            } else if line.indentation() >= item.content {
                inside.push(line.without(item.content));
            } else if continues_paragraph(&inside) && !interrupts(line) && Item::begun_by(line).is_none() {
                inside.push(line.clone());
            } else {
                break;
            }
        }
        let length = inside.len();
        let text = inside[0].text.trim_start().to_owned();
        if let Some(rest) =
            ["[ ]", "[x]", "[X]"].iter().find_map(|mark| text.strip_prefix(mark)).filter(|rest| rest.starts_with([' ', '\t']))
        {
            inside[0] = Line { text: rest.trim_start().to_owned(), column: inside[0].column };
        }
        self.container(&inside);
        length
    }

    fn html(&mut self, lines: &[Line]) -> usize {
        let raw = ["<script", "<pre", "<style", "<textarea"];
        let is_raw = raw.iter().any(|tag| lines[0].trimmed().to_lowercase().starts_with(tag));
        let length = if is_raw {
            lines
                .iter()
                .position(|line| raw.iter().any(|tag| line.text.to_lowercase().contains(&tag.replace('<', "</"))))
                .map_or(lines.len(), |n| n + 1)
        } else {
            lines.iter().take_while(|line| !line.is_blank()).count()
        };
        for line in &lines[..length] {
            for run in prose::between_tags(&line.text) {
                self.prose(run);
            }
        }
        length
    }

    fn table(&mut self, lines: &[Line]) -> usize {
        let length = 2 + lines[2..].iter().take_while(|line| !line.is_blank() && !interrupts(line)).count();
        for (number, line) in lines[..length].iter().enumerate() {
            if number != 1 {
                for cell in cells(&line.text) {
                    self.prose(cell);
                }
            }
        }
        length
    }

    fn paragraph(&mut self, lines: &[Line]) -> usize {
        let mut text: Vec<&str> = vec![lines[0].text.trim()];
        for (number, line) in lines.iter().enumerate().skip(1) {
            let is_underline = line.indentation() < 4 && !line.is_blank() && {
                let marks = line.text.trim();
                marks.chars().all(|c| c == '=') || marks.chars().all(|c| c == '-')
            };
            if is_underline {
                self.prose(text.join("\n"));
                return number + 1;
            }
            if line.is_blank() || interrupts(line) || is_table(&lines[number..]) {
                break;
            }
            text.push(line.text.trim());
        }
        self.prose(text.join("\n"));
        text.len()
    }
}

/// The fence that opens a block of code.
struct Fence {
    mark: char,
    length: usize,
    indentation: usize,
}

impl Fence {
    fn opened_by(line: &Line) -> Option<Self> {
        let text = line.trimmed();
        let mark = text.chars().next().filter(|c| ['`', '~'].contains(c))?;
        let length = text.chars().take_while(|c| *c == mark).count();
        let is_inline = mark == '`' && text[length..].contains('`');
        (length >= 3 && line.indentation() < 4 && !is_inline).then(|| Self { mark, length, indentation: line.indentation() })
    }

    fn is_closed_by(&self, line: &Line) -> bool {
        let text = line.text.trim();
        line.indentation() < 4 && text.chars().all(|c| c == self.mark) && text.len() >= self.length
    }
}

/// How an item of a list begins.
struct Item {
    /// Characters of its mark.
    marker: usize,
    /// The column its text stands in, counted from where its container begins.
    content: usize,
    /// The number of a numbered one.
    number: Option<String>,
    is_empty: bool,
}

impl Item {
    fn begun_by(line: &Line) -> Option<Self> {
        if line.indentation() >= 4 || is_rule(line) {
            return None;
        }
        let text = line.trimmed();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let marker = if digits == 0 && text.starts_with(['-', '+', '*']) {
            1
        } else if (1..=9).contains(&digits) && text[digits..].starts_with(['.', ')']) {
            digits + 1
        } else {
            return None;
        };
        let rest = line.without(line.indentation()).after(marker);
        let is_empty = rest.is_blank();
        let spaces = columns_of_indentation(&rest.text, rest.column);
        if spaces == 0 && !is_empty {
            return None;
        }
        let spaces = if is_empty || spaces > 4 { 1 } else { spaces };
        let number = (digits > 0).then(|| text[..digits].to_owned());
        Some(Self { marker, content: line.indentation() + marker + spaces, number, is_empty })
    }
}

fn heading(line: &Line) -> Option<String> {
    let text = line.trimmed();
    let depth = text.chars().take_while(|c| *c == '#').count();
    let rest = &text[depth..];
    if !(1..=6).contains(&depth) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let rest = rest.trim();
    let open = rest.trim_end_matches('#');
    Some(if open.is_empty() || open.ends_with([' ', '\t']) { open.trim() } else { rest }.to_owned())
}

fn is_rule(line: &Line) -> bool {
    let marks: String = line.text.chars().filter(|c| !c.is_whitespace()).collect();
    line.indentation() < 4 && marks.len() >= 3 && ['-', '*', '_'].iter().any(|mark| marks.chars().all(|c| c == *mark))
}

/// Whether a paragraph ends where this line begins.
fn interrupts(line: &Line) -> bool {
    let is_item = Item::begun_by(line).is_some_and(|item| !item.is_empty && item.number.is_none_or(|number| number == "1"));
    let is_quoted = line.indentation() < 4 && line.trimmed().starts_with('>');
    let is_comment = line.indentation() < 4 && line.trimmed().starts_with("<!--");
    let is_heading = line.indentation() < 4 && heading(line).is_some();
    is_item || is_quoted || is_comment || is_heading || is_rule(line) || Fence::opened_by(line).is_some() || begins_html(line, false)
}

/// Whether the last of these lines belongs to a paragraph, so that the next one may go on with it wherever it stands.
fn continues_paragraph(lines: &[Line]) -> bool {
    let mut fence: Option<Fence> = None;
    let mut is_behind_fence = false;
    for line in lines {
        // However deep it stands: an item inside may have brought it there.
        let flat = line.without(line.indentation());
        is_behind_fence = fence.as_ref().is_some_and(|open| open.is_closed_by(&flat));
        fence = if is_behind_fence { None } else { fence.or_else(|| Fence::opened_by(&flat)) };
    }
    let Some(last) = lines.last() else { return false };
    let is_code = last.indentation() >= 4 && (lines.len() == 1 || lines[lines.len() - 2].is_blank());
    fence.is_none() && !is_behind_fence && !last.is_blank() && !is_code && heading(last).is_none() && !is_rule(last)
}

/// The names of tags that begin a block of HTML, as far as runbooks have them.
const TAGS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "html",
    "iframe",
    "legend",
    "li",
    "link",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
    "pre",
    "script",
    "style",
    "textarea",
];

fn begins_html(line: &Line, with_any_tag: bool) -> bool {
    let text = line.trimmed();
    let Some(inside) = text.strip_prefix("</").or_else(|| text.strip_prefix('<')) else { return false };
    let name: String = inside.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let after = &inside[name.len()..];
    if line.indentation() >= 4 || name.is_empty() || !(after.is_empty() || after.starts_with([' ', '\t', '>', '/'])) {
        return false;
    }
    TAGS.contains(&name.as_str()) || with_any_tag && text.find('>').is_some_and(|end| text[end + 1..].trim().is_empty())
}

fn is_table(lines: &[Line]) -> bool {
    let [head, rule, ..] = lines else { return false };
    let rule = rule.text.trim();
    let columns = cells(rule);
    let is_column = |cell: &String| {
        let dashes = cell.trim().trim_start_matches(':').trim_end_matches(':');
        !dashes.is_empty() && dashes.chars().all(|c| c == '-')
    };
    head.text.contains('|')
        && rule.contains('-')
        && rule.contains('|')
        && columns.iter().all(is_column)
        && cells(&head.text).len() == columns.len()
}

/// The cells of a row; a bar behind a backslash is text.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let mut cells = vec![String::new()];
    let mut characters = row.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if characters.peek() == Some(&'|') => cells.last_mut().unwrap().push(characters.next().unwrap()),
            '|' => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    if cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

/// The name and where it leads, of `[name]: destination "title"`.
fn definition(line: &Line) -> Option<(String, String)> {
    let (name, rest) = line.trimmed().strip_prefix('[')?.split_once("]:")?;
    let mut words = rest.trim().splitn(2, char::is_whitespace);
    let destination = words.next().filter(|word| !word.is_empty())?;
    let title = words.next().unwrap_or_default().trim();
    let is_title = title.is_empty() || title.starts_with(['"', '\'', '(']);
    (is_title && !name.is_empty() && !name.starts_with('^')).then(|| (name.to_owned(), destination.trim_matches(['<', '>']).to_owned()))
}
