//! The words behind a program's name, split into options with their values and operands, as getopt does.
//! Never decides what is harmless; where an option cannot be told, [`Options::is_hidden`] says so.

use super::token::{HOLE, Word};

/// One option as written: `-f` or `--follow`, and its value.
#[derive(Debug)]
pub(in crate::runbook::import) struct Given {
    /// `-f` or `--follow`.
    pub(in crate::runbook::import) name: String,
    /// What stands behind it, where it takes a value or has a `=`.
    pub(in crate::runbook::import) value: Option<String>,
    /// The same with variables as they were written, where `value` has holes.
    pub(in crate::runbook::import) written: String,
}

/// The words behind a program's name.
#[derive(Debug, Default)]
pub(in crate::runbook::import) struct Options<'w, 'a> {
    /// The options in order.
    pub(in crate::runbook::import) given: Vec<Given>,
    /// Everything else in order.
    pub(in crate::runbook::import) operands: Vec<&'w Word<'a>>,
    /// How many words were read: all, or for [`Options::leading`] those before the first operand.
    pub(in crate::runbook::import) read: usize,
    /// Whether a part of an option is only known when the command runs.
    pub(in crate::runbook::import) is_hidden: bool,
}

impl<'w, 'a> Options<'w, 'a> {
    /// Options that may stand anywhere between operands; `valued` names those that take the next word, between spaces.
    pub(in crate::runbook::import) fn anywhere(words: &'w [Word<'a>], valued: &str) -> Self {
        Self::read(words, valued, false)
    }

    /// Options before the first operand only.
    pub(in crate::runbook::import) fn leading(words: &'w [Word<'a>], valued: &str) -> Self {
        Self::read(words, valued, true)
    }

    fn read(words: &'w [Word<'a>], valued: &str, stops: bool) -> Self {
        let takes_value = |name: &str| valued.split(' ').any(|option| option == name);
        let mut options = Options::default();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let text = word.text.as_str();
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
                let (value, written) = if next { next_value(words.get(at)) } else { (value, attached) };
                at += usize::from(next);
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
                    let (value, written) = if next { next_value(words.get(at)) } else { (Some(attached.to_owned()), spelled()) };
                    at += usize::from(next);
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
    pub(in crate::runbook::import) fn has(&self, names: &str) -> bool {
        let is_named = |given: &str| {
            names.split(' ').any(|name| name == given || given.len() > 2 && given.starts_with("--") && name.starts_with(given))
        };
        self.given.iter().any(|given| is_named(&given.name))
    }

    /// Whether no other options are given than these.
    pub(in crate::runbook::import) fn has_only(&self, names: &str) -> bool {
        !self.is_hidden && self.given.iter().all(|given| names.split(' ').any(|name| name == given.name))
    }

    /// The values of an option of several names.
    pub(in crate::runbook::import) fn values<'s>(&'s self, names: &'s str) -> impl Iterator<Item = &'s str> {
        let is_named = move |given: &str| names.split(' ').any(|name| name == given);
        self.given.iter().filter(move |given| is_named(&given.name)).filter_map(|given| given.value.as_deref())
    }

    /// The text of an operand, or nothing.
    pub(in crate::runbook::import) fn operand(&self, n: usize) -> &'w str {
        self.operands.get(n).map_or("", |word| word.text.as_str())
    }
}

/// An option's value that is a word of its own, with holes and as written.
fn next_value(word: Option<&Word<'_>>) -> (Option<String>, String) {
    (word.map(|word| word.text.clone()), word.map(Word::spelled).unwrap_or_default())
}
