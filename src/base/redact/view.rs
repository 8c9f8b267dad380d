//! A text as it reads once escapes are undone, and the way back to where each part of that stands. Never changes what is shown: a
//! view is only looked at.

use std::ops::Range;

/// One way of writing what is not written plainly.
#[derive(Clone, Copy)]
pub(super) struct Way {
    /// The byte that begins an escape.
    sign: u8,
    /// How many bytes the escape at the beginning takes, and what it stands for.
    escape: fn(&[u8]) -> Option<(usize, Decoded)>,
}

/// At most one character in UTF-8.
type Decoded = ([u8; 4], usize);

/// `%2F`, in any case and for any character.
const PERCENT: Way = Way { sign: b'%', escape: percent };

/// `\n`, `\"`, `\u00e4`, `\x41`, and of anything else the character itself: JSON, programs, shells.
const BACKSLASH: Way = Way { sign: b'\\', escape: backslash };

/// Line breaks are left out: Base64 and terminals break long words.
const LINES: Way = Way { sign: b'\n', escape: |_| Some((1, ([0; 4], 0))) };
const RETURNS: Way = Way { sign: b'\r', escape: |_| Some((1, ([0; 4], 0))) };

/// What is undone one after the other: JSON is found in JSON, a URL in a URL, and each in the other.
const WAYS: [&[Way]; 8] = [
    &[PERCENT],
    &[BACKSLASH],
    &[PERCENT, PERCENT],
    &[PERCENT, BACKSLASH],
    &[BACKSLASH, PERCENT],
    &[BACKSLASH, BACKSLASH],
    &[LINES],
    &[RETURNS, LINES],
];

/// A text as it reads.
pub(super) struct View<'t> {
    original: &'t [u8],
    ways: &'static [Way],
    pub(super) text: Vec<u8>,
}

/// The views of a text; those that are the text itself are left out.
pub(super) fn of(original: &[u8]) -> impl Iterator<Item = View<'_>> {
    let signs = [PERCENT, BACKSLASH, LINES, RETURNS].map(|way| (way.sign, original.contains(&way.sign)));
    let there = move |way: &Way| signs.iter().any(|(sign, there)| *sign == way.sign && *there);
    WAYS.into_iter().filter(move |ways| there(&ways[0])).filter_map(|ways| View::of(original, ways))
}

impl<'t> View<'t> {
    fn of(original: &'t [u8], ways: &'static [Way]) -> Option<Self> {
        let mut text = None;
        for way in ways {
            let outer = text.as_deref().unwrap_or(original);
            // What the next way would begin at may have gone with the one before, or come with it.
            if !outer.contains(&way.sign) {
                return None;
            }
            text = Some(undone(outer, *way));
        }
        text.map(|text| Self { original, ways, text })
    }

    /// Whether it has lost its line breaks.
    pub(super) fn joins_lines(&self) -> bool {
        self.ways.iter().any(|way| way.sign == LINES.sign)
    }

    /// Where in the original each byte comes from. Costs more than the view itself, and is seldom asked.
    pub(super) fn origins(&self) -> Vec<Range<usize>> {
        let mut origins: Option<Vec<Range<usize>>> = None;
        let mut text = self.original.to_vec();
        for way in self.ways {
            let mut next = Vec::with_capacity(text.len());
            pieces(&text, *way, |bytes, place| {
                let is_copied = bytes.len() == place.len();
                next.extend((0..bytes.len()).map(|n| if is_copied { place.start + n..place.start + n + 1 } else { place.clone() }));
            });
            text = undone(&text, *way);
            origins = Some(match origins {
                None => next,
                Some(outer) => next.iter().map(|place| outer[place.start].start..outer[place.end - 1].end).collect(),
            });
        }
        origins.unwrap_or_default()
    }
}

fn undone(text: &[u8], way: Way) -> Vec<u8> {
    let mut undone = Vec::with_capacity(text.len());
    pieces(text, way, |bytes, _| undone.extend_from_slice(bytes));
    undone
}

/// Every piece of a text as it reads, with its place: what is copied, and what one escape stands for.
fn pieces(text: &[u8], Way { sign, escape }: Way, mut each: impl FnMut(&[u8], Range<usize>)) {
    let mut done = 0;
    while let Some(more) = text[done..].iter().position(|byte| *byte == sign) {
        let at = done + more;
        each(&text[done..at], done..at);
        let (length, (bytes, count)) = escape(&text[at..]).unwrap_or((1, ([sign, 0, 0, 0], 1)));
        each(&bytes[..count], at..at + length);
        done = at + length;
    }
    each(&text[done..], done..text.len());
}

fn percent(text: &[u8]) -> Option<(usize, Decoded)> {
    let byte = u8::try_from(number(text.get(1..3)?)?).ok()?;
    Some((3, ([byte, 0, 0, 0], 1)))
}

fn backslash(text: &[u8]) -> Option<(usize, Decoded)> {
    let one = |byte: u8| Some((2, ([byte, 0, 0, 0], 1)));
    match *text.get(1)? {
        b'n' => one(b'\n'),
        b'r' => one(b'\r'),
        b't' => one(b'\t'),
        b'b' => one(8),
        b'f' => one(12),
        b'x' => {
            let byte = u8::try_from(number(text.get(2..4)?)?).ok()?;
            Some((4, ([byte, 0, 0, 0], 1)))
        }
        b'u' => unit(text).and_then(|first| match (first, text.get(6..).and_then(unit)) {
            (0xD800..0xDC00, Some(second @ 0xDC00..0xE000)) => character(12, 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)),
            _ => character(6, first),
        }),
        byte => one(byte),
    }
}

/// The number of `\u1234`.
fn unit(text: &[u8]) -> Option<u32> {
    if text.starts_with(b"\\u") { number(text.get(2..6)?) } else { None }
}

fn character(length: usize, code: u32) -> Option<(usize, Decoded)> {
    let mut bytes = [0; 4];
    let count = char::from_u32(code)?.encode_utf8(&mut bytes).len();
    Some((length, (bytes, count)))
}

fn number(hex: &[u8]) -> Option<u32> {
    hex.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}
