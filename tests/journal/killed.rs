//! SIGKILL at random moments, against a process that writes a journal as fast as it can and against `fracas note`: what was
//! acknowledged is there, once, as it was written.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fracas::timeline::chain;
use fracas::timeline::event::{Entry, Event};
use fracas::world::journal::{self, Journal, TakenUp, evidence};

use super::{KEPT, at, fracas, id, kept, note, open_journal, opened, run, state_with, told};

/// Kills in the test that everybody runs; `FRACAS_TEST_KILLS=10000` asks for as many.
const KILLS: usize = 500;

/// After so many lives a new journal is begun, so that reading it all again each time takes no longer and longer.
const LIVES: usize = 25;

/// Where the writer of a journal writes, in the process that is one.
pub(super) const JOURNAL: &str = "FRACAS_TEST_JOURNAL";
/// How many entries it writes; for ever without.
pub(super) const WRITES: &str = "FRACAS_TEST_WRITES";

fn kills() -> usize {
    std::env::var("FRACAS_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap())
}

/// Numbers without a pattern, and the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// This test binary as a process that writes.
pub(super) fn writer(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "killed::a_writer_acknowledges_what_it_wrote", "--nocapture", "--test-threads=1"]).env(JOURNAL, folder);
    command
}

/// Writes entries of all sizes, some with evidence; says the number and the hash of each once it is on disk. An entry that the
/// disk refuses is written with the next one.
fn write(folder: &Path, most: u64, mut out: impl std::io::Write) -> Vec<String> {
    let TakenUp { mut journal, stored, repaired } = if folder.join(journal::FILE).exists() {
        Journal::resume(folder, id(), "desk").unwrap()
    } else {
        // Whoever was killed before there was a journal had told nobody of an incident.
        std::fs::remove_dir_all(folder).unwrap_or_default();
        let mut journal = Journal::create(folder, id(), KEPT, "desk").unwrap();
        journal.append(&Entry { seq: 1, at: at(0), by: "ann".to_owned(), event: opened() }).unwrap();
        drop(journal);
        Journal::resume(folder, id(), "desk").unwrap()
    };
    let mut seq = stored.lines.len() as u64;
    let mut all = Vec::new();
    let mut acknowledge = |lines: Vec<String>, first: u64| {
        for (n, line) in lines.into_iter().enumerate() {
            let said = format!("ack {} {}\n", first + n as u64, chain::hash(&line));
            out.write_all(said.as_bytes()).unwrap();
            all.push(line);
        }
    };
    if let Some((bytes, kept_as)) = repaired {
        seq += 1;
        let entry = Entry { seq, at: at(seq), by: "ann".to_owned(), event: Event::Repaired { bytes, kept_as } };
        acknowledge(journal.append(&entry).unwrap(), seq);
    }
    let (mut dice, mut on_disk, last) = (Dice(seq), seq, seq.saturating_add(most));
    while seq < last || journal.is_behind() {
        seq += 1;
        let written = if dice.below(5) == 0 {
            let (piece, content) = evidence::of(format!("evidence {seq}\n").repeat(50).into_bytes());
            journal.keep(&piece, content);
            let event = Event::Attached { name: format!("log {seq}"), about: None, evidence: piece };
            journal.append(&Entry { seq, at: at(seq), by: "ann".to_owned(), event })
        } else {
            // What is recorded to be played onto a model is kept small.
            let sizes: &[usize] = if most < 100 { &[3, 40, 300] } else { &[3, 40, 400, 20_000] };
            let size = sizes[usize::try_from(dice.below(sizes.len() as u64)).unwrap()];
            journal.append(&note(seq, &format!("entry {seq} {}", "x".repeat(size))))
        };
        if let Ok(lines) = written {
            let first = on_disk + 1;
            on_disk += lines.len() as u64;
            acknowledge(lines, first);
        }
    }
    all
}

#[test]
fn a_writer_acknowledges_what_it_wrote() {
    if let Some(folder) = std::env::var_os(JOURNAL) {
        let most = std::env::var(WRITES).map_or(u64::MAX, |most| most.parse().unwrap());
        write(Path::new(&folder), most, std::io::stdout());
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("incident");
    let (first, second) = (write(&folder, 20, std::io::sink()), write(&folder, 20, std::io::sink()));
    let text = kept(&folder);
    assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), first.iter().chain(&second).collect::<Vec<_>>());
    assert_eq!(journal::verify(&text).unwrap().0, 41);
}

/// Everything that was acknowledged, by what a writer said.
pub(super) fn acknowledged(said: &str) -> BTreeMap<u64, String> {
    let words = said.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')?.strip_prefix("ack ")?.split_once(' '));
    words.map(|(seq, hash)| (seq.parse().unwrap(), hash.to_owned())).collect()
}

/// Whether a journal has each of these entries in its place; gives what it has.
pub(super) fn has_all(folder: &Path, acknowledged: &BTreeMap<u64, String>) -> journal::Stored {
    let stored = journal::read(folder, id()).unwrap();
    for (seq, hash) in acknowledged {
        let line = stored.lines.get(usize::try_from(*seq).unwrap() - 1);
        assert_eq!(line.map(chain::hash).as_ref(), Some(hash), "entry {seq} of {}", stored.lines.len());
    }
    stored
}

/// A kill takes nothing from what the system holds, so that memory is as good as a disk, and faster; some live on a disk.
fn place_of_life(life: usize) -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() && !(life / LIVES).is_multiple_of(5) { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

#[test]
fn what_a_killed_writer_acknowledged_is_there_once() {
    let mut dice = Dice(1);
    let (mut place, mut acks) = (place_of_life(0), BTreeMap::new());
    let (mut total, mut unacknowledged) = (0, 0);
    for life in 0..kills() {
        if life % LIVES == 0 {
            place = place_of_life(life);
            acks = BTreeMap::new();
        }
        let folder = place.path().join("incident");
        let mut child = writer(&folder).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut said = Vec::new();
        let mut stdout = child.stdout.take().unwrap();
        // Some die before their first entry, others in the middle of their twentieth.
        let (wanted, mut buffer) = (dice.below(20), [0; 4096]);
        while (acknowledged(&String::from_utf8_lossy(&said)).len() as u64) < wanted {
            let n = stdout.read(&mut buffer).unwrap();
            assert!(n > 0, "it ended by itself: {}", String::from_utf8_lossy(&said));
            said.extend_from_slice(&buffer[..n]);
        }
        let (since, moment) = (Instant::now(), Duration::from_micros(dice.below(if wanted == 0 { 30_000 } else { 2_000 })));
        while since.elapsed() < moment {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        stdout.read_to_end(&mut said).unwrap();
        let heard = acknowledged(&String::from_utf8_lossy(&said));
        total += heard.len();
        acks.extend(heard);
        if folder.join(journal::FILE).exists() {
            let stored = has_all(&folder, &acks);
            assert_eq!(journal::verify(journal::split(&journal::bytes(&folder).unwrap()).0).unwrap().0, stored.lines.len() as u64);
            unacknowledged += stored.lines.len().saturating_sub(acks.keys().last().map_or(0, |last| usize::try_from(*last).unwrap()));
            assert_eq!(evidence::faults(&stored.incident, |piece| evidence::read(&folder, piece)), []);
        } else {
            assert!(acks.is_empty(), "life {life}: nothing is there");
        }
    }
    let said = format!("{} kills: {total} acknowledged entries are there once, {unacknowledged} more were on disk\n", kills());
    std::io::stderr().write_all(said.as_bytes()).unwrap();
}

#[test]
fn a_note_that_was_acknowledged_is_there_once_and_no_other_twice() {
    let mut dice = Dice(2);
    let (mut state, mut folder) = state_with(open_journal().as_bytes());
    let began = Instant::now();
    assert_eq!(run(state.path(), &["note", "latest", "the first"]).status.code(), Some(0));
    let usual = u64::try_from(began.elapsed().as_micros()).unwrap();
    let mut acknowledged = vec!["the first".to_owned()];
    for n in 0..kills() / 5 {
        if n % LIVES == LIVES - 1 {
            (state, folder) = state_with(open_journal().as_bytes());
            acknowledged.clear();
        }
        let text = format!("note {n}");
        let mut child = fracas(state.path(), &["note", "latest", &text]).stderr(Stdio::null()).spawn().unwrap();
        let (since, moment) = (Instant::now(), Duration::from_micros(dice.below(usual * 3 / 2)));
        while since.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            acknowledged.push(text);
        }
        let journal = kept(&folder);
        for text in &acknowledged {
            assert_eq!(journal.matches(&format!("\"text\":\"{text}\"")).count(), 1, "{text}: {journal}");
        }
        assert!(journal.matches(&format!("\"text\":\"note {n}\"")).count() <= 1);
    }
    assert_eq!(run(state.path(), &["note", "latest", "the last"]).status.code(), Some(0));
    let verified = run(state.path(), &["verify", "latest"]);
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified));
}
