//! The journal reader: no more entries than lines, the same whenever it is read, and what verifies can be read.

use std::cell::LazyCell;

use fracas::base::id::IncidentId;
use fracas::timeline::{Event, Incident, wire};
use fracas::world::journal;

thread_local! {
    static FOLDER: LazyCell<tempfile::TempDir> = LazyCell::new(|| tempfile::tempdir().expect("a folder"));
}

fn read(bytes: &[u8]) -> std::io::Result<journal::Stored> {
    FOLDER.with(|folder| {
        std::fs::write(folder.path().join(journal::FILE), bytes).expect("a file");
        journal::read(folder.path(), IncidentId::new("fuzzed"))
    })
}

pub(super) fn holds(bytes: &[u8]) {
    let (whole, torn) = journal::split(bytes);
    assert!(
        whole.len() + torn.len() == bytes.len()
            && (!torn.contains(&b'\n') || torn.contains(&0))
            && whole.last().is_none_or(|byte| *byte == b'\n')
    );
    let lines = whole.split(|byte| *byte == b'\n').count() - 1;
    let verified = journal::verify(bytes);
    match read(bytes) {
        Err(_) => assert!(verified.is_err(), "it verifies and cannot be read"),
        Ok(stored) => {
            assert!(stored.incident.entries().len() <= lines && stored.lines.len() == lines, "more entries than lines");
            let again = read(bytes).expect("it was read before");
            assert_eq!(again.lines, stored.lines);
            assert_eq!(again.incident.entries(), stored.incident.entries());
            same_when_written(&stored.incident);
            if let Ok((count, _)) = &verified {
                assert_eq!(usize::try_from(*count), Ok(lines), "another number of entries");
            }
        }
    }
    if let Err(found) = &verified {
        assert!(found.line >= 1 && found.line <= lines + 1, "{found:?} of {lines} lines");
    }
}

/// An entry that is written and read again is the same; one that this version does not know is kept as it stands, on its line.
fn same_when_written(incident: &Incident) {
    for entry in incident.entries() {
        let line = wire::write(entry, "host", "prev");
        assert!(!line.contains('\n'), "{line}");
        if !matches!(entry.event, Event::Unknown { .. }) {
            let read = wire::read(&line).unwrap_or_else(|problem| panic!("{problem}: {line}"));
            assert_eq!(&read.entry, entry);
        }
    }
}
