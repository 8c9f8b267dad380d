//! Evidence beside a journal: what is kept is read back, and what is missing, altered or made to be costly is named by
//! `verify`, by a second reader, and by nothing that anybody waits for.

use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use fracas::timeline::event::{Entry, Event, Evidence};
use fracas::world::journal::{Journal, TakenUp, evidence};

use super::{at, fracas, id, open_journal, run, state_with, told};

/// An incident whose last two entries cite evidence, with where that lies.
fn attached() -> (tempfile::TempDir, PathBuf, Vec<PathBuf>, u64) {
    let (state, folder) = state_with(open_journal().as_bytes());
    let TakenUp { mut journal, stored, .. } = Journal::resume(&folder, id(), "desk").unwrap();
    let mut seq = stored.incident.entries().len() as u64;
    let mut places = Vec::new();
    for content in [b"line after line\n".repeat(10_000), (0..=255).cycle().take(70_000).collect()] {
        let (piece, content) = evidence::of(content);
        journal.keep(&piece, content);
        seq += 1;
        let event = Event::Attached { name: "worker.log".to_owned(), about: None, evidence: piece.clone() };
        journal.append(&Entry { seq, at: at(seq), by: "ann".to_owned(), event }).unwrap();
        places.push(folder.join("evidence").join(evidence::name(&piece)));
    }
    (state, folder, places, seq)
}

/// What `fracas verify` and the second reader say: both, or neither, that all is well.
fn both_say(state: &Path, folder: &Path) -> Result<String, String> {
    let ours = run(state, &["verify", "latest"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify_journal.py");
    let theirs = Command::new("python3").arg(script).arg(folder).output().unwrap();
    assert_eq!(ours.status.code(), theirs.status.code(), "{}\n{}", told(&ours), told(&theirs));
    if ours.status.success() { Ok(told(&ours)) } else { Err(told(&ours)) }
}

#[test]
fn what_is_kept_is_read_back_by_us_and_by_gunzip() {
    let (state, folder, places, _) = attached();
    assert!(both_say(state.path(), &folder).unwrap().contains("evidence: 2 cited, all there and unaltered"));
    let unpacked = Command::new("gunzip").arg("-c").stdin(std::fs::File::open(&places[0]).unwrap()).output().unwrap();
    assert_eq!(unpacked.stdout, b"line after line\n".repeat(10_000));
    let about = places[0].metadata().unwrap();
    assert!(about.len() < 5_000 && about.mode().trailing_zeros() >= 6, "compressed, and nobody else's");
}

#[test]
fn of_what_is_too_large_the_end_is_kept() {
    let mut large = vec![b'x'; evidence::LARGEST];
    large.extend_from_slice(b"the end");
    let (piece, content) = evidence::of(large);
    assert_eq!((content.len(), piece.bytes, piece.of), (evidence::LARGEST, evidence::LARGEST as u64, Some(evidence::LARGEST as u64 + 7)));
    assert!(content.ends_with(b"the end"));
    assert_eq!(evidence::of(b"little".to_vec()).0.of, None);
}

#[test]
fn what_is_missing_or_altered_is_named() {
    let (state, folder, places, last) = attached();
    let good = std::fs::read(&places[0]).unwrap();
    let packed = |content: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(content).unwrap();
        packer.finish().unwrap()
    };
    let mut flipped = good.clone();
    // Of the checksum: another one may be of a code that the packer never used.
    flipped[good.len() - 8] ^= 1;
    let cases: [(&str, Option<Vec<u8>>); 7] = [
        ("missing", None),
        ("a flipped byte", Some(flipped)),
        ("another content of the same size", Some(packed(&b"line after lime\n".repeat(10_000)))),
        ("a shorter one", Some(packed(b"line"))),
        ("a bomb", Some(packed(&vec![0; 64 << 20]))),
        ("no gzip", Some(b"line after line\n".repeat(10_000))),
        ("nothing", Some(Vec::new())),
    ];
    for (what, content) in cases {
        std::fs::remove_file(&places[0]).unwrap_or_default();
        if let Some(content) = content {
            std::fs::write(&places[0], content).unwrap();
        }
        let said = both_say(state.path(), &folder).unwrap_err();
        let wanted = if what == "missing" { "it is missing" } else { "it was altered" };
        let line = last - 1;
        assert!(said.contains(&format!("not whole: line {line}:")) && said.contains(wanted), "{what}: {said}");
        assert!(!said.contains(&format!("of entry {last}:")), "{what}: the other one is good: {said}");
        assert_eq!(run(state.path(), &["timeline", "latest"]).status.code(), Some(0), "{what}");
    }
    std::fs::write(&places[0], &good).unwrap();
    both_say(state.path(), &folder).unwrap();
}

#[test]
fn a_folder_of_traps_holds_nobody_up() {
    let (state, folder, places, _) = attached();
    std::fs::remove_file(&places[0]).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &places[0], rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let said = run(state.path(), &["verify", "latest"]);
    assert!(said.status.code() == Some(1) && told(&said).contains("pipe"), "{}", told(&said));
    for target in ["/dev/zero", "/etc/passwd", "evidence"] {
        std::fs::remove_file(&places[0]).unwrap();
        symlink(target, &places[0]).unwrap();
        let said = run(state.path(), &["verify", "latest"]);
        assert_eq!(said.status.code(), Some(1), "{target}: {}", told(&said));
    }
    // A journal that was made up cites a file somewhere else.
    let piece = Evidence { sha256: "../../../../etc/passwd".to_owned(), bytes: 10, of: None };
    assert!(evidence::read(&folder, &piece).unwrap_err().to_string().contains("no hash"));
    let huge = Evidence { sha256: "0".repeat(64), bytes: u64::MAX, of: None };
    std::fs::write(folder.join("evidence").join(evidence::name(&huge)), b"").unwrap();
    assert!(evidence::read(&folder, &huge).is_err());
    // What was altered is kept anew when it is cited again.
    let TakenUp { mut journal, stored, .. } = Journal::resume(&folder, id(), "desk").unwrap();
    let (piece, content) = evidence::of(b"line after line\n".repeat(10_000));
    std::fs::remove_file(&places[0]).unwrap();
    std::fs::write(&places[0], b"x").unwrap();
    journal.keep(&piece, content);
    let seq = stored.incident.entries().len() as u64 + 1;
    let event = Event::Attached { name: "worker.log".to_owned(), about: None, evidence: piece };
    journal.append(&Entry { seq, at: at(seq), by: "ann".to_owned(), event }).unwrap();
    drop(journal);
    assert_eq!(fracas(state.path(), &["verify", "latest"]).output().unwrap().status.code(), Some(0));
}
