//! One pass over the text of a runbook: every value with the place it stands at, in a tree. Never lets a
//! hostile file cost more than its size: caps on bytes, depth, values and aliases hold while reading.

mod feed;
mod syntax;

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use crate::base::text;

use super::Report;

/// Largest file, in bytes.
const LARGEST: usize = 1024 * 1024;
/// Deepest nesting.
const DEEPEST: usize = 64;
/// Most aliases.
const MOST_ALIASES: usize = 100;
/// Most values and keys, those repeated by aliases counted each time: twenty for each of the 10,000 steps that a megabyte can
/// hold. A value takes about a hundred bytes of memory.
const MOST_VALUES: usize = 200_000;
/// Keys of a mapping that are compared one by one; with more, a hostile mapping would cost their square.
const FEW_KEYS: usize = 16;

/// A place in the text, in lines and characters from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) length: usize,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, column: 1, length: 1 };

    fn of(span: Span) -> Self {
        let one_line = span.start.line() == span.end.line();
        let length = if one_line { span.end.index().saturating_sub(span.start.index()) } else { 1 };
        Self { line: span.start.line().max(1), column: span.start.col() + 1, length: length.max(1) }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    Scalar(serde_yaml::Value),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) place: Place,
}

impl Node {
    /// The value under a key, if this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// A key of this mapping with its value.
    pub(super) fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        self.entries().iter().find(|(name, _)| name.name == key).map(|(name, value)| (name, value))
    }

    /// The keys and values of this mapping; none of anything else.
    pub(super) fn entries(&self) -> &[(Key, Node)] {
        match &self.content {
            Content::Map(entries) => entries,
            Content::Scalar(_) | Content::List(_) => &[],
        }
    }

    /// The items of this list; none of anything else.
    pub(super) fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            Content::Scalar(_) | Content::Map(_) => &[],
        }
    }

    /// Whether this is no word, number or truth value, or an empty one.
    pub(super) fn is_no_text(&self) -> bool {
        !matches!(&self.content, Content::Scalar(value) if !value.is_null() && value.as_str() != Some(""))
    }

    /// The place something missing from here is reported at: the first key.
    pub(super) fn first_place(&self) -> Place {
        self.entries().first().map_or(self.place, |(key, _)| key.place)
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(value) => value.as_str(),
            Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The values of a mapping by their keys, for who has to find many of them.
    pub(super) fn by_key(&self) -> HashMap<&str, &Node> {
        self.entries().iter().map(|(key, value)| (key.name.as_str(), value)).collect()
    }

    /// Values in here, itself included.
    fn count(&self) -> usize {
        1 + match &self.content {
            Content::Scalar(_) => 0,
            Content::List(items) => items.iter().map(Self::count).sum(),
            Content::Map(entries) => entries.iter().map(|(_, value)| 1 + value.count()).sum(),
        }
    }

    /// Levels of nesting in here; a scalar has none.
    fn depth(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 0,
            Content::List(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Content::Map(entries) => 1 + entries.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
        }
    }

    /// Bytes of text in here.
    fn weight(&self) -> usize {
        match &self.content {
            Content::Scalar(value) => value.as_str().map_or(8, str::len),
            Content::List(items) => items.iter().map(Self::weight).sum(),
            Content::Map(entries) => entries.iter().map(|(key, value)| key.name.len() + value.weight()).sum(),
        }
    }
}

/// The text of a file, if it is one that may be read at all; the problem that forbids it otherwise.
pub(super) fn text<'b>(bytes: &'b [u8], report: &mut Report) -> Option<&'b str> {
    if bytes.len() > LARGEST {
        let message = "the file is larger than 1 MiB, the most a runbook may have";
        report.error(Place::START, "too-large", message, "split it into several runbooks and link them with `related`");
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let place = place_at_end(&good);
            let message = format!("byte {} is not UTF-8", error.valid_up_to() + 1);
            report.error(place, "encoding", message, "save the file as UTF-8");
            return None;
        }
    };
    if let Some(position) = text.find('\0') {
        report.error(place_at_end(&text[..position]), "encoding", "the file holds a NUL character", "remove it");
        return None;
    }
    // To YAML it ends a line, to whoever counts lines it does not.
    if let Some((position, _)) = text.match_indices('\r').find(|(position, _)| text.as_bytes().get(position + 1) != Some(&b'\n')) {
        let place = place_at_end(&text[..position]);
        report.error(place, "encoding", "a carriage return (U+000D) stands alone here", "end lines with a line feed");
        return None;
    }
    Some(text)
}

/// Every character of the text that a terminal could act on or a reader be deceived by is a problem.
pub(super) fn refuse_deceptive_characters(source: &str, report: &mut Report) {
    if source.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return;
    }
    for (number, line) in source.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        for (column, c) in line.chars().enumerate() {
            let byte_order_mark = number == 0 && column == 0 && c == '\u{feff}';
            if c != '\t' && text::is_deceptive(c) && !byte_order_mark {
                deceptive(Place { line: number + 1, column: column + 1, length: 1 }, c, report);
            }
        }
    }
}

fn deceptive(place: Place, c: char, report: &mut Report) {
    let message = format!("the invisible or controlling character U+{:04X} stands here", u32::from(c));
    report.error(place, "deceptive-character", message, "remove it: whoever reads this must see what is there");
}

fn place_at_end(text: &str) -> Place {
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { line, column, length: 1 }
}

/// The tree of a text; nothing if it cannot be read, with the one problem that says why.
pub(super) fn parse(source: &str, report: &mut Report) -> Option<Node> {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut reading = Reading { open: Vec::new(), root: None, anchors: HashMap::new(), values: 0, weight: 0, aliases: 0, report };
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(source);
    let mut documents = 0;
    loop {
        match parser.next_event() {
            None | Some(Ok((Event::StreamEnd, _))) => break,
            Some(Ok((Event::DocumentStart(_), span))) => {
                documents += 1;
                if documents > 1 {
                    reading.report.error(Place::of(span), "syntax", "a second document begins here", "a runbook is one YAML document");
                    return None;
                }
            }
            Some(Ok((event, span))) => reading.take(event, span)?,
            Some(Err(error)) => {
                let at = error.marker();
                let place = Place { line: at.line().max(1), column: at.col() + 1, length: 1 };
                // The scanner looks ahead of its events and has a limit of its own.
                if error.info().contains("recursion limit") {
                    reading.refuse_depth(DEEPEST + 1, place);
                    return None;
                }
                let (place, message, help) = syntax::explain(source, place, error.info());
                reading.report.error(place, "syntax", message, help);
                return None;
            }
        }
    }
    let root = reading.root.take();
    if root.is_none() {
        report.error(Place::START, "syntax", "the file is empty", "a runbook begins with `version: 1`");
    }
    root
}

/// A list or mapping that has begun and not ended.
struct Open {
    node: Node,
    anchor: usize,
    key: Option<Key>,
    /// The keys so far with their lines, once there are more than a few.
    seen: HashMap<String, usize>,
}

/// The line of a key that a mapping has already.
fn given_before(entries: &[(Key, Node)], seen: &mut HashMap<String, usize>, key: &Key) -> Option<usize> {
    if entries.len() < FEW_KEYS {
        return entries.iter().find(|(other, _)| other.name == key.name).map(|(other, _)| other.place.line);
    }
    if seen.is_empty() {
        seen.extend(entries.iter().map(|(other, _)| (other.name.clone(), other.place.line)));
    }
    seen.insert(key.name.clone(), key.place.line)
}

struct Reading<'r> {
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    values: usize,
    weight: usize,
    aliases: usize,
    report: &'r mut Report,
}

impl Reading<'_> {
    /// Takes one event; nothing when reading must stop.
    fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let place = Place::of(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if style == ScalarStyle::DoubleQuoted {
                    self.refuse_escaped(&text, place);
                }
                let node = Node { place, content: Content::Scalar(self.scalar(&text, style, tag.as_deref(), place)) };
                self.count(1, text.len(), place)?;
                self.add(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.begin(Content::List(Vec::new()), anchor, tag.as_deref(), place),
            Event::MappingStart(anchor, tag) => self.begin(Content::Map(Vec::new()), anchor, tag.as_deref(), place),
            Event::SequenceEnd | Event::MappingEnd => {
                let done = self.open.pop()?;
                self.add(done.node, done.anchor)
            }
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => Some(()),
        }
    }

    fn begin(&mut self, content: Content, anchor: usize, tag: Option<&Tag>, place: Place) -> Option<()> {
        self.refuse_tag(tag, place);
        self.count(1, 0, place)?;
        self.refuse_depth(self.open.len() + 1, place)?;
        self.open.push(Open { node: Node { place, content }, anchor, key: None, seen: HashMap::new() });
        Some(())
    }

    fn refuse_depth(&mut self, depth: usize, place: Place) -> Option<()> {
        if depth <= DEEPEST {
            return Some(());
        }
        let message = format!("values are nested more than {DEEPEST} deep");
        self.report.error(place, "too-deep", message, "no key of a runbook needs this");
        None
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Option<()> {
        self.aliases += 1;
        if self.aliases > MOST_ALIASES {
            let message = format!("there are more than {MOST_ALIASES} aliases");
            self.report.error(place, "too-many-aliases", message, "write the values out");
            return None;
        }
        let Some(node) = self.anchors.get(&anchor) else {
            self.report.error(place, "syntax", "this alias stands inside what it repeats", "write the value out");
            return None;
        };
        let (count, weight, depth) = (node.count(), node.weight(), node.depth());
        self.count(count, weight, place)?;
        self.refuse_depth(self.open.len() + depth, place)?;
        let node = self.anchors.get(&anchor).cloned()?;
        self.add(node, 0)
    }

    fn count(&mut self, values: usize, weight: usize, place: Place) -> Option<()> {
        self.values += values;
        self.weight += weight;
        if self.values <= MOST_VALUES && self.weight <= LARGEST {
            return Some(());
        }
        let message = format!("the file holds more than {MOST_VALUES} values or 1 MiB of text, repeats by aliases counted");
        self.report.error(place, "too-large", message, "split it into several runbooks and link them with `related`");
        None
    }

    fn add(&mut self, node: Node, anchor: usize) -> Option<()> {
        if anchor > 0 {
            // A copy for later aliases counts like any other value.
            let (count, weight) = (node.count(), node.weight());
            self.count(count, weight, node.place)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Some(());
        };
        match &mut parent.node.content {
            Content::List(items) => items.push(node),
            Content::Map(entries) => {
                if let Some(key) = parent.key.take() {
                    if let Some(line) = given_before(entries, &mut parent.seen, &key) {
                        let message = format!("`{}` was given before, in line {line}", key.name);
                        self.report.error(key.place, "duplicate-key", message, "keep one of the two");
                    } else {
                        entries.push((key, node));
                    }
                } else {
                    let name = match &node.content {
                        Content::Scalar(serde_yaml::Value::String(name)) => name.clone(),
                        Content::Scalar(serde_yaml::Value::Number(number)) => number.to_string(),
                        Content::Scalar(serde_yaml::Value::Bool(yes)) => yes.to_string(),
                        Content::Scalar(_) | Content::List(_) | Content::Map(_) => {
                            self.report.error(
                                node.place,
                                "wrong-type",
                                "a key must be a word",
                                "text that begins with `{` or `[` needs quotes",
                            );
                            String::new()
                        }
                    };
                    parent.key = Some(Key { name, place: node.place });
                }
            }
            Content::Scalar(_) => {}
        }
        Some(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, place: Place) -> serde_yaml::Value {
        if tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str") {
            return serde_yaml::Value::String(text.to_owned());
        }
        self.refuse_tag(tag, place);
        if style == ScalarStyle::Plain { plain(text) } else { serde_yaml::Value::String(text.to_owned()) }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, place: Place) {
        if let Some(tag) = tag {
            self.report.error(place, "tag", format!("the tag `{tag}` means nothing in a runbook"), "remove it");
        }
    }

    /// Characters that an escape such as `"\u202E"` brings in, where the file itself shows nothing of them.
    fn refuse_escaped(&mut self, text: &str, place: Place) {
        if let Some(c) = text.chars().find(|c| text::is_deceptive(*c) && !matches!(c, '\n' | '\t'))
            && !self.report.has(place.line, "deceptive-character")
        {
            deceptive(place, c, self.report);
        }
    }
}

/// What an unquoted word means: nothing, yes or no, a number or text (the core schema of YAML 1.2).
fn plain(text: &str) -> serde_yaml::Value {
    use serde_yaml::Value;
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Value::String(text.to_owned());
    }
    let number = text.parse::<i64>().map(serde_yaml::Number::from).ok();
    let number = number.or_else(|| text.parse::<f64>().ok().map(serde_yaml::Number::from));
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}
