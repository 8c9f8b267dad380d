//! Whatever is done to a journal is found, and the first line that is not as it was written is named: every byte of a
//! thousand entries is changed, removed, doubled and swapped, and so is every line.

use std::path::Path;
use std::process::Command;

use fracas::base::hash::sha256;
use fracas::base::id::{AttemptId, Id};
use fracas::timeline::chain::{self, Chain};
use fracas::timeline::event::{Decided, Entry, Event};
use fracas::timeline::wire;
use fracas::world::journal;

use super::{V1, at, fracas, id, opened, state_with, told};

const ENTRIES: u64 = 1000;

/// A byte takes every other value where this variable is set, which takes minutes; else two: a flipped bit, and a line
/// break.
const ALL: &str = "FRACAS_TEST_EVERY_VALUE";

pub(super) fn long_journal(entries: u64) -> String {
    let (mut text, mut prev) = (String::new(), chain::GENESIS.to_owned());
    for seq in 1..=entries {
        let event = match seq % 7 {
            1 if seq == 1 => opened(),
            1 => Event::Judged { check: Id::new("rows"), passed: seq % 2 == 0, attempt: AttemptId(seq) },
            2 => Event::Note { text: format!("note {seq} “ü”\n\u{1f525}"), happened_at: None, letter: None },
            3 => Event::TaskTicked { task: Id::new("tell"), evidence: Some("seen\\it".to_owned()) },
            4 => Event::Decided(Decided { decision: format!("wait {seq}"), ..Decided::default() }),
            5 => Event::Continued,
            6 => Event::Corrected { entry: seq - 2, reason: String::new(), instead: None },
            _ => Event::Paused { reason: "coffee".to_owned() },
        };
        let line = wire::write(&Entry { seq, at: at(seq * 10), by: "ann".to_owned(), event }, "desk", &prev);
        prev = chain::hash(&line);
        text = text + &line + "\n";
    }
    text
}

/// The chain before each line, and the lines with their breaks.
fn links(journal: &str) -> (Vec<Chain>, Vec<&[u8]>) {
    let lines: Vec<&[u8]> = journal.as_bytes().split_inclusive(|byte| *byte == b'\n').collect();
    let mut chain = Chain::default();
    let before = lines.iter().map(|line| {
        let before = chain.clone();
        chain.follow(line, |_, _| ()).unwrap();
        before
    });
    (before.collect(), lines)
}

/// The first line, from 1, that differs.
fn first_difference(one: &[u8], other: &[u8]) -> usize {
    let place = one.iter().zip(other).position(|(one, other)| one != other).unwrap_or(one.len().min(other.len()));
    one[..place].split(|byte| *byte == b'\n').count()
}

/// What `chain::verify` finds in the journal whose lines from the `n`th on are these. It goes line by line, so that what it
/// makes of the lines before needs not be found anew for each of a million damages.
fn found(before: &Chain, rest: &[u8]) -> Option<usize> {
    before.clone().follow(rest, |_, _| ()).err().map(|found| found.line)
}

#[test]
fn every_change_of_a_byte_is_found_where_it_is() {
    let journal = long_journal(ENTRIES);
    let (before, lines) = links(&journal);
    let every_value = std::env::var_os(ALL).is_some();
    let damage_line = |n: usize| {
        let mut tried = 0;
        let (line, after) = (lines[n], lines[n + 1..].iter().take(3).copied().collect::<Vec<_>>().concat());
        let whole = [line, after.as_slice()].concat();
        let mut is_found = |damaged: &[u8], what: &str, place: usize| {
            tried += 1;
            let expected = n + first_difference(&whole, damaged);
            assert_eq!(found(&before[n], damaged), Some(expected), "{what} at byte {place} of line {}", n + 1);
        };
        for place in 0..line.len() {
            let byte = whole[place];
            let mut changed = whole.clone();
            let few = [byte ^ (1 << (place % 8)), if byte == b'\n' { b' ' } else { b'\n' }];
            let all: Vec<u8> = if every_value { (0..=255).collect() } else { few.to_vec() };
            for value in all.into_iter().filter(|value| *value != byte) {
                changed[place] = value;
                is_found(&changed, "a change", place);
            }
            changed[place] = byte;
            if place + 1 < whole.len() && byte != whole[place + 1] {
                changed.swap(place, place + 1);
                is_found(&changed, "a swap", place);
            }
            let without = [&whole[..place], &whole[place + 1..]].concat();
            is_found(&without, "a removal", place);
            let with = [&whole[..place], &[byte], &whole[place..]].concat();
            is_found(&with, "an insertion", place);
        }
        tried
    };
    let tried: usize = std::thread::scope(|scope| {
        let damage_line = &damage_line;
        let halves: Vec<_> =
            (0..2).map(|half| scope.spawn(move || (half..lines_of(ENTRIES)).step_by(2).map(damage_line).sum::<usize>())).collect();
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    assert!(tried > journal.len() * 4, "{tried}");
    // What goes line by line above is the same as what everybody calls.
    for n in (0..lines.len()).step_by(83) {
        let mut damaged = journal.clone().into_bytes();
        let place = lines[..n].concat().len() + lines[n].len() / 2;
        damaged[place] ^= 1;
        assert_eq!(journal::verify(&damaged).unwrap_err().line, n + 1);
    }
}

fn lines_of(entries: u64) -> usize {
    usize::try_from(entries).unwrap()
}

#[test]
fn every_line_that_is_removed_inserted_or_swapped_is_found() {
    let journal = long_journal(ENTRIES);
    let (before, lines) = links(&journal);
    let line_named = |lines: &[&[u8]]| journal::verify(lines.concat()).err().map(|found| found.line);
    // Of another incident, with the number and the look of one that belongs here.
    let strange = |seq: u64| {
        let entry = Entry { seq, at: at(0), by: "eve".to_owned(), event: Event::Continued };
        wire::write(&entry, "desk", &sha256("another")) + "\n"
    };
    for n in 0..lines.len() {
        // All of it for some, and for the others the neighbourhood: what is before is whole.
        let from = if n % 97 == 0 { 0 } else { n.saturating_sub(1) };
        let near = |damaged: &[&[u8]]| {
            if from == 0 {
                return line_named(damaged);
            }
            let end = damaged.len().min(n + 5);
            before[from].clone().follow(&damaged[from..end].concat(), |_, _| ()).err().map(|found| found.line)
        };
        let removed = [&lines[..n], &lines[n + 1..]].concat();
        let doubled = [&lines[..=n], &lines[n..]].concat();
        let strange = strange(n as u64 + 1);
        let inserted = [&lines[..n], &[strange.as_bytes()], &lines[n..]].concat();
        if n + 1 < lines.len() {
            assert_eq!(near(&removed), Some(n + 1), "line {} removed", n + 1);
            let mut swapped = lines.clone();
            swapped.swap(n, n + 1);
            assert_eq!(near(&swapped), Some(n + 1), "line {} swapped with the next", n + 1);
        }
        assert_eq!(near(&doubled), Some(n + 2), "line {} doubled", n + 1);
        assert_eq!(near(&inserted), Some(n + 1), "a strange line before line {}", n + 1);
    }
    // Who takes away the end leaves a whole journal: only what vouches for the end can tell.
    assert_eq!(line_named(&lines[..lines.len() - 1]), None);
}

/// The reader in another language says the same of good and of damaged journals: whether, and which line.
#[test]
fn a_second_reader_agrees() {
    let journal = long_journal(40);
    let lines: Vec<&str> = journal.split_inclusive('\n').collect();
    let v1: Vec<&str> = V1.split_inclusive('\n').collect();
    let mut cases: Vec<(String, Vec<u8>, Option<usize>)> =
        vec![("whole".to_owned(), journal.clone().into_bytes(), None), ("the first version's".to_owned(), V1.into(), None)];
    let mut damage = |what: &str, bytes: Vec<u8>, line: usize| cases.push((what.to_owned(), bytes, Some(line)));
    for n in [0, 1, 20, 39] {
        for (place, value) in [(3, b'x'), (30, b'7'), (lines[n].len() - 30, b'g'), (lines[n].len() - 85, b'0'), (lines[n].len() - 1, b' ')]
        {
            let mut bytes = journal.clone().into_bytes();
            let place = lines[..n].concat().len() + place;
            bytes[place] = if bytes[place] == value { value + 1 } else { value };
            damage(&format!("byte {place} of line {}", n + 1), bytes, n + 1);
        }
    }
    damage("line 5 removed", [&lines[..4], &lines[5..]].concat().concat().into(), 5);
    damage("line 5 doubled", [&lines[..5], &lines[4..]].concat().concat().into(), 6);
    damage("line 1 removed", lines[1..].concat().into(), 1);
    damage("a line without a sum", [&lines[..5], &v1[5..]].concat().concat().into(), 6);
    damage("torn", journal.trim_end().into(), 40);
    for (what, bytes, line) in cases {
        let (state, folder) = state_with(&bytes);
        if what == "the first version's" {
            assert!(!V1.contains("\"sum\""));
        }
        let theirs = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_journal.py"))
            .arg(&folder)
            .output()
            .unwrap();
        let ours = fracas(state.path(), &["verify", id().as_str()]).output().unwrap();
        let place = line.map(|line| format!("line {line}:"));
        for said in [&theirs, &ours] {
            assert_eq!(said.status.code(), Some(i32::from(line.is_some())), "{what}: {}", told(said));
            assert!(place.as_ref().is_none_or(|place| told(said).contains(place.as_str())), "{what}: {place:?}: {}", told(said));
        }
        let head = |said: &str| said.lines().find(|line| line.starts_with("head ")).map(str::to_owned);
        assert_eq!(head(&told(&theirs)), head(&told(&ours)), "{what}");
        let entries = format!("{} entries, whole", bytes.split(|byte| *byte == b'\n').count() - 1);
        assert!(line.is_some() || [&theirs, &ours].iter().all(|said| told(said).contains(&entries)), "{what}: {}", told(&theirs));
    }
}
