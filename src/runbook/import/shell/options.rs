//! The words behind a program's name, split into options with their values and operands, as getopt does.
//! Never decides what is harmless; where an option cannot be told, [`Options::is_hidden`] says so.

use super::words::{HOLE, Word};

/// One option as written: `-f` or `--follow`, and its value.
#[derive(Debug)]
pub(super) struct Given {
    /// `-f` or `--follow`.
    pub(super) name: String,
    /// What stands behind it, where it takes a value or has a `=`.
    pub(super) value: Option<String>,
    /// The same with variables as they were written, where `value` has holes.
    pub(super) written: String,
}

/// The words behind a program's name.
#[derive(Debug, Default)]
pub(super) struct Options<'w, 'a> {
    /// The options in order.
    pub(super) given: Vec<Given>,
    /// Everything else in order.
    pub(super) operands: Vec<&'w Word<'a>>,
    /// How many words were read: all, or for [`Options::leading`] those before the first operand.
    pub(super) read: usize,
    /// Whether a part of an option is only known when the command runs.
    pub(super) is_hidden: bool,
}

impl<'w, 'a> Options<'w, 'a> {
    /// Options that may stand anywhere between operands; `valued` names those that take the next word, between spaces.
    pub(super) fn anywhere(words: &'w [&'w Word<'a>], valued: &str) -> Self {
        Self::read(words, valued, false)
    }

    /// Options before the first operand only.
    pub(super) fn leading(words: &'w [&'w Word<'a>], valued: &str) -> Self {
        Self::read(words, valued, true)
    }

    fn read(words: &'w [&'w Word<'a>], valued: &str, stops: bool) -> Self {
        let takes_value = |name: &str| valued.split(' ').any(|option| option == name);
        let mut options = Options::default();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let text = &*word.text;
            if text == "--" {
                at += 1;
                if !stops {
                    options.operands.extend(&words[at..]);
                    at = words.len();
                }
                break;
            }
            if text == "-" || !text.starts_with('-') {
                if stops {
                    break;
                }
                options.operands.push(word);
                at += 1;
                continue;
            }
            at += 1;
            if text.starts_with("--") {
                let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.to_owned())));
                options.is_hidden |= name.contains(HOLE);
                let next = value.is_none() && takes_value(name);
                let attached = word.spelled().get(name.len() + 1..).unwrap_or_default().to_owned();
                let (value, written) = if next { next_value(words.get(at).copied()) } else { (value, attached) };
                at += usize::from(next && is_no_option(words.get(at).copied()));
                options.given.push(Given { name: name.to_owned(), value, written });
                continue;
            }
            for (n, letter) in text.char_indices().skip(1) {
                options.is_hidden |= letter == HOLE;
                let name = format!("-{letter}");
                let attached = &text[n + letter.len_utf8()..];
                if takes_value(&name) {
                    let next = attached.is_empty();
                    let spelled = || word.spelled().get(n + letter.len_utf8()..).unwrap_or_default().to_owned();
                    let (value, written) = if next { next_value(words.get(at).copied()) } else { (Some(attached.to_owned()), spelled()) };
                    at += usize::from(next && is_no_option(words.get(at).copied()));
                    options.given.push(Given { name, value, written });
                    break;
                }
                options.given.push(Given { name, value: None, written: String::new() });
            }
        }
        options.read = at.min(words.len());
        options
    }

    /// Whether one of these options, named between spaces, is given or abbreviated.
    pub(super) fn has(&self, names: &str) -> bool {
        let is_named = |given: &str| {
            names.split(' ').any(|name| name == given || given.len() > 2 && given.starts_with("--") && name.starts_with(given))
        };
        self.given.iter().any(|given| is_named(&given.name))
    }

    /// Whether no other options are given than these.
    pub(super) fn has_only(&self, names: &str) -> bool {
        !self.is_hidden && self.given.iter().all(|given| names.split(' ').any(|name| name == given.name))
    }

    /// The values of an option of several names.
    pub(super) fn values<'s>(&'s self, names: &'s str) -> impl Iterator<Item = &'s str> {
        let is_named = move |given: &str| names.split(' ').any(|name| name == given);
        self.given.iter().filter(move |given| is_named(&given.name)).filter_map(|given| given.value.as_deref())
    }

    /// The text of an operand, or nothing.
    pub(super) fn operand(&self, n: usize) -> &'w str {
        self.operands.get(n).map_or("", |word| &*word.text)
    }
}

/// An option's value that is a word of its own, with holes and as written.
fn next_value(word: Option<&Word<'_>>) -> (Option<String>, String) {
    (word.map(|word| word.text.to_string()), word.map(Word::spelled).unwrap_or_default())
}

/// Whether a value can be nothing else. Programs differ in what takes a value, so one that begins with `-` is read as an option, too.
fn is_no_option(value: Option<&Word<'_>>) -> bool {
    value.is_none_or(|word| word.text == "-" || !word.text.starts_with('-'))
}

/// Where the subcommand stands behind options that are all known; nothing if one is not, as its value could pass for the subcommand.
pub(super) fn subcommand(words: &[&Word<'_>], valued: &str, flags: &str) -> Option<usize> {
    let is_one_of = |names: &str, text: &str| names.split_whitespace().any(|name| name == text);
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.text.starts_with('-')) {
        let text = &*word.text;
        let name = text.split('=').next().unwrap_or_default();
        let has_attached = !text.starts_with("--") && text.char_indices().nth(2).is_some_and(|(n, _)| is_one_of(valued, &text[..n]));
        at += match () {
            () if is_one_of(valued, text) => 2,
            () if is_one_of(flags, text)
                || has_attached
                || text.contains('=') && !name.contains(HOLE) && (text.starts_with("--") || is_one_of(valued, name) || name.len() > 2) =>
            {
                1
            }
            () => return None,
        };
    }
    Some(at)
}
