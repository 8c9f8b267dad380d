//! What keeping costs: appending an entry beside a bare loop that writes and syncs the same lines on the same disk, and
//! reading 100,000 entries, with and without checking their chain. Prints medians and ratios; judges nothing.
//!
//! `cargo bench --bench journal`. The two writers take turns, entry by entry, so that a noisy disk is as unkind to one as to
//! the other.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark: it prints, and ends when something is wrong")]

#[path = "support/time.rs"]
mod time;

use std::fs::OpenOptions;
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

use fracas::base::id::{AttemptId, Id, IncidentId};
use fracas::base::stamp::Stamp;
use fracas::timeline::chain;
use fracas::timeline::event::{Entry, Event};
use fracas::timeline::wire;
use fracas::world::journal::{self, Journal};

use time::{median, ms, ratio, timed};

/// Entries that are appended.
const APPENDED: u64 = 1000;
/// Entries that are read.
const READ: u64 = 100_000;
/// The reading is timed this often.
const TURNS: usize = 11;

fn entry(seq: u64) -> Entry {
    let at = Stamp { wall: "2026-11-21T10:33:07Z".parse().unwrap(), elapsed: Duration::from_millis(seq) };
    let event = if seq.is_multiple_of(2) {
        Event::Note { text: "the queue is empty again, and the worker takes jobs".to_owned(), happened_at: None, letter: None }
    } else {
        Event::Judged { check: Id::new("rows"), passed: true, attempt: AttemptId(seq) }
    };
    Entry { seq, at, by: "ann".to_owned(), event }
}

fn main() {
    append();
    read();
}

/// In the target folder, which is on a disk where the temporary one may be memory.
fn append() {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut journal = Journal::create(&place.path().join("incident"), IncidentId::new("incident"), "a runbook", "desk").unwrap();
    let mut bare = OpenOptions::new().append(true).create_new(true).open(place.path().join("bare")).unwrap();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut prev = chain::GENESIS.to_owned();
    for seq in 1..=APPENDED {
        let entry = entry(seq);
        let line = wire::write(&entry, "desk", &prev) + "\n";
        prev = chain::hash(line.trim_end());
        let mut write = || timed(|| bare.write_all(line.as_bytes()).and_then(|()| bare.sync_data()).unwrap());
        let mut append = || timed(|| drop(black_box(journal.append(&entry).unwrap())));
        // Whoever comes first wakes the disk.
        let (one, other) = if seq % 2 == 0 {
            let one = append();
            (one, write())
        } else {
            let other = write();
            (append(), other)
        };
        ours.push(one);
        theirs.push(other);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("append       {:.3} ms   write and fdatasync {:.3} ms   ratio {:.2}", ms(ours), ms(theirs), ratio(ours, theirs));
}

fn read() {
    let place = tempfile::tempdir().unwrap();
    let (mut text, mut prev) = (String::new(), chain::GENESIS.to_owned());
    for seq in 1..=READ {
        let line = wire::write(&entry(seq), "desk", &prev);
        prev = chain::hash(&line);
        text.push_str(&line);
        text.push('\n');
    }
    std::fs::write(place.path().join(journal::FILE), &text).unwrap();
    let read = || timed(|| drop(black_box(journal::read(place.path(), IncidentId::new("large")).unwrap())));
    let verify = || timed(|| drop(black_box(journal::verify(black_box(&text)).unwrap())));
    let reads = (0..TURNS).map(|_| read()).collect();
    let verifies = (0..TURNS).map(|_| verify()).collect();
    println!("{READ} entries, {} MiB: read {:.0} ms   verified {:.0} ms", text.len() >> 20, ms(median(reads)), ms(median(verifies)));
}
