//! Whether a runbook keeps what its source said: every block exactly as often, in order, code byte for byte. Says what is wrong
//! in sentences; never stops at the first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use fracas::base::text;

use super::prose::{self, Word};
use super::source::{Block, Source};
use super::told::Told;

/// Where a piece of the source was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// Which of the texts.
    told: usize,
    /// The line it begins in, and how far into that.
    line: usize,
    column: usize,
}

/// What is wrong: nothing, where all is kept.
pub(crate) fn faults(source: &Source, told: &[Told]) -> Vec<String> {
    let mut kept = Kept::new(source, told);
    kept.code();
    kept.prose();
    kept.destinations();
    kept.order();
    kept.faults
}

struct Kept<'a> {
    source: &'a Source,
    told: &'a [Told],
    /// The lines of each text that code of the source was found in.
    code: Vec<BTreeSet<usize>>,
    /// What is found once in the source and once in the runbook, in the order of the source: what it is, and where it was found.
    unique: Vec<(String, Place)>,
    faults: Vec<String>,
}

impl<'a> Kept<'a> {
    fn new(source: &'a Source, told: &'a [Told]) -> Self {
        Self { source, told, code: vec![BTreeSet::new(); told.len()], unique: Vec::new(), faults: Vec::new() }
    }

    /// Each line of code is a line somewhere, as often as in the source.
    fn code(&mut self) {
        let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
        for line in self.code_lines() {
            *wanted.entry(line).or_default() += 1;
        }
        // A line without its prompt, and what people say in a line of its own, is told beside it.
        let mut spare: BTreeMap<String, usize> = BTreeMap::new();
        for block in &self.source.blocks {
            match block {
                Block::Code(lines) => {
                    for line in lines {
                        let bare = line
                            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_')
                            .trim_start_matches(['$', '#', '=', '>', ' ', '%']);
                        *spare.entry(bare.to_owned()).or_default() += usize::from(bare != line);
                    }
                }
                Block::Prose(text) => *spare.entry(text.trim_matches('`').to_owned()).or_default() += 1,
            }
        }
        let mut found: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for (number, told) in self.told.iter().enumerate().filter(|(_, told)| told.is_code() || told.is_prose()) {
            for (line, text) in told.text.split('\n').enumerate().filter(|(_, text)| wanted.contains_key(*text)) {
                self.code[number].insert(line);
                found.entry(text.to_owned()).or_default().push(Place { told: number, line, column: 0 });
            }
        }
        for (line, count) in &wanted {
            // A title is what code is called, unless that is all there is of it.
            if let Some(places) = found.get_mut(line) {
                let (titles, others): (Vec<Place>, Vec<Place>) = places.iter().partition(|place| self.told[place.told].is_title_of_code());
                let missing = count.saturating_sub(others.len());
                *places = others.into_iter().chain(titles.into_iter().take(missing)).collect();
            }
            let mut places = found.get(line).cloned().unwrap_or_default();
            // Of a command that was rewritten the old form is told as well, with those of its lines that stayed as they were.
            if places.len() > *count {
                let run: BTreeSet<usize> =
                    places.iter().filter(|place| self.told[place.told].is_code()).map(|place| self.told[place.told].owner).collect();
                places.retain(|place| self.told[place.told].key() != "why" || !run.contains(&self.told[place.told].owner));
            }
            let most = count + spare.get(line).copied().unwrap_or_default();
            if places.len() < *count {
                let elsewhere = self.told.iter().any(|told| told.text.contains(line.as_str()));
                let hint = if elsewhere { ", though it is a part of one" } else { "" };
                self.faults.push(format!("lost code: {} of {count} times a line{hint}: {line:?}", places.len()));
            } else if places.len() > most {
                let told: Vec<String> = places.iter().map(|place| self.told[place.told].place()).collect();
                self.faults.push(format!("doubled code: {} instead of {count} times: {line:?} in {told:?}", places.len()));
            }
        }
        for line in self.code_lines() {
            if let (Some(1), Some([place])) = (wanted.get(&line), found.get(&line).map(Vec::as_slice)) {
                self.unique.push((line, *place));
            }
        }
    }

    fn code_lines(&self) -> Vec<String> {
        let blocks = self.source.blocks.iter().filter_map(|block| match block {
            Block::Code(lines) => Some(lines),
            Block::Prose(_) => None,
        });
        blocks.flatten().map(|line| visible(line)).collect()
    }

    /// Each text that people read is told, as often as in the source. The longest are found first, so that a short one is never
    /// found in the middle of one that holds it.
    fn prose(&mut self) {
        let links = &self.source.links;
        let plain: Vec<String> = self.told.iter().map(|told| prose::plain(&told.text, links)).collect();
        let mut stream = Stream::default();
        let mut step = "";
        let said_by_code: Vec<Vec<String>> = self.code_lines().iter().map(|line| said(line)).collect();
        for (told, text) in plain.iter().enumerate() {
            let one = &self.told[told];
            if one.section() == "phases" && one.path.ends_with(&["steps".to_owned(), "title".to_owned()]) {
                step = text;
            }
            let title = said(text);
            let is_said_by_code = || said_by_code.iter().any(|line| follow_each_other(&title, line));
            let is_called_so = one.may_be_called_as_its_step() && (text == step || is_said_by_code());
            let spare = if is_called_so { 2 } else { u8::from(one.is_title_of_code() && is_said_by_code()) };
            if one.is_prose() {
                stream.add(told, text, &self.code[told], spare);
            }
        }
        let mut units: Vec<(usize, &str, Vec<String>)> = Vec::new();
        for (number, block) in self.source.blocks.iter().enumerate() {
            if let Block::Prose(text) = block {
                let words = said(&prose::plain(text, links));
                if !words.is_empty() {
                    units.push((number, text, words));
                }
            }
        }
        let mut sorted: Vec<usize> = (0..units.len()).collect();
        sorted.sort_by_key(|unit| Reverse(units[*unit].2.len()));
        let mut places = BTreeMap::new();
        for unit in sorted {
            let (number, text, words) = &units[unit];
            let Some(range) = stream.take(words) else {
                self.faults.push(format!("lost: {text:?}"));
                continue;
            };
            let (first, last) = (&stream.words[range.start], &stream.words[range.end - 1]);
            places.insert(*number, Place { told: first.told, line: first.line, column: first.column });
            if first.told == last.told {
                let found = &plain[first.told][first.word.place.start..last.word.place.end];
                let wanted = prose::letters(&prose::plain(text, links));
                let is_escaped = found.contains("{{") || found.contains("{%");
                if !is_escaped && !wanted.contains(&prose::letters(found)) {
                    self.faults.push(format!("changed: {text:?} became {found:?}"));
                }
            }
        }
        let distinct: BTreeSet<&Vec<String>> = units.iter().map(|(.., words)| words).collect();
        for words in distinct {
            if let Some(at) = stream.left_over(words) {
                let place = self.told[stream.words[at].told].place();
                self.faults.push(format!("doubled: {:?} in {place}", words.join(" ")));
            }
        }
        let mut counts: BTreeMap<&Vec<String>, usize> = BTreeMap::new();
        for (.., words) in &units {
            *counts.entry(words).or_default() += 1;
        }
        // A single word that stands elsewhere too may have been found there.
        let single = units.iter().flat_map(|(.., words)| words).chain(said_by_code.iter().flatten());
        let singles = single.fold(BTreeMap::<&str, usize>::new(), |mut counts, word| {
            *counts.entry(word).or_default() += 1;
            counts
        });
        let is_once = |words: &Vec<String>| counts[words] == 1 && (words.len() > 1 || singles[words[0].as_str()] == 1);
        // In the order of the source, with the code between them.
        let mut ordered: Vec<(usize, usize, String, Place)> = Vec::new();
        for (number, text, words) in &units {
            if let Some(place) = places.get(number).filter(|_| is_once(words)) {
                ordered.push((*number, 0, (*text).to_owned(), *place));
            }
        }
        let mut once = std::mem::take(&mut self.unique).into_iter().peekable();
        for (number, block) in self.source.blocks.iter().enumerate() {
            let Block::Code(written) = block else { continue };
            for (at, text) in written.iter().enumerate() {
                if let Some((line, place)) = once.next_if(|(unique, _)| *unique == visible(text)) {
                    ordered.push((number, at, line, place));
                }
            }
        }
        ordered.sort_by_key(|(number, at, ..)| (*number, *at));
        self.unique = ordered.into_iter().map(|(_, _, text, place)| (text, place)).collect();
    }

    fn destinations(&mut self) {
        for destination in &self.source.links.destinations {
            if !self.told.iter().any(|told| told.text.contains(destination.as_str())) {
                self.faults.push(format!("lost: where a link leads: {destination:?}"));
            }
        }
    }

    /// What is there once stands in each list in the order of the source. What one object says, it says in no order.
    fn order(&mut self) {
        let mut last: BTreeMap<&str, &(String, Place)> = BTreeMap::new();
        for one in &self.unique {
            let (text, place) = one;
            let told = &self.told[place.told];
            if let Some((before, earlier)) = last.insert(told.section(), one) {
                let is_in_order = if earlier.told == place.told {
                    (earlier.line, earlier.column) <= (place.line, place.column)
                } else {
                    self.told[earlier.told].owner <= told.owner
                };
                if !is_in_order {
                    self.faults.push(format!("out of order: {text:?} stands before {before:?} in {}", told.place()));
                }
            }
        }
    }
}

/// Whether these words are in a line, in their order; others may stand between them.
fn follow_each_other(words: &[String], line: &[String]) -> bool {
    let mut line = line.iter();
    !words.is_empty() && words.iter().all(|word| line.any(|other| other == word))
}

fn said(text: &str) -> Vec<String> {
    prose::words(text).into_iter().map(|word| word.text).collect()
}

/// A line as a runbook may hold it.
pub(crate) fn visible(line: &str) -> String {
    line.split('\t').map(text::line).collect::<Vec<_>>().join("\t")
}

struct Streamed {
    told: usize,
    /// With its bytes in the plain text.
    word: Word,
    line: usize,
    column: usize,
    /// Whether nothing but marks stands before it in its line, and behind it.
    begins_line: bool,
    ends_line: bool,
    /// How easily it may say again what is said elsewhere: not at all at 0.
    spare: u8,
    is_taken: bool,
}

/// The words of everything that is told to people, one after the other.
#[derive(Default)]
struct Stream {
    words: Vec<Streamed>,
    /// Where each word stands.
    index: BTreeMap<String, Vec<usize>>,
}

impl Stream {
    /// Adds a text, without the lines that are code.
    fn add(&mut self, told: usize, text: &str, code: &BTreeSet<usize>, spare: u8) {
        let mut at = 0;
        for (line, text) in text.split('\n').enumerate() {
            let words = if code.contains(&line) { Vec::new() } else { prose::words(text) };
            let count = words.len();
            for (number, mut word) in words.into_iter().enumerate() {
                let column = word.place.start;
                word.place = at + column..at + word.place.end;
                self.index.entry(word.text.clone()).or_default().push(self.words.len());
                let (begins_line, ends_line) = (number == 0, number + 1 == count);
                self.words.push(Streamed { told, word, line, column, begins_line, ends_line, spare, is_taken: false });
            }
            at += text.len() + 1;
        }
    }

    /// Where these words stand one after the other and are not taken yet.
    fn all<'s>(&'s self, words: &'s [String]) -> impl Iterator<Item = usize> + 's {
        let starts = self.index.get(&words[0]).map(Vec::as_slice).unwrap_or_default();
        starts.iter().copied().filter(move |start| {
            self.words
                .get(*start..start + words.len())
                .is_some_and(|found| found.iter().zip(words).all(|(found, word)| !found.is_taken && found.word.text == *word))
        })
    }

    /// Takes the best place: whole lines of a text, then a part of one, then fields that stand beside each other.
    fn take(&mut self, words: &[String]) -> Option<std::ops::Range<usize>> {
        let rank = |start: &usize| {
            let (first, last) = (&self.words[*start], &self.words[start + words.len() - 1]);
            (first.spare, first.told != last.told, !(first.begins_line && last.ends_line), !first.begins_line, *start)
        };
        let start = self.all(words).min_by_key(rank)?;
        let range = start..start + words.len();
        for word in &mut self.words[range.clone()] {
            word.is_taken = true;
        }
        Some(range)
    }

    /// A second place of something that was taken as often as the source says it: a whole line of it, or a sentence.
    fn left_over(&self, words: &[String]) -> Option<usize> {
        /// So many words do not come together by chance.
        const SENTENCE: usize = 4;
        self.all(words).find(|start| {
            let (first, last) = (&self.words[*start], &self.words[start + words.len() - 1]);
            first.spare == 0 && first.told == last.told && (words.len() >= SENTENCE || first.begins_line && last.ends_line)
        })
    }
}
