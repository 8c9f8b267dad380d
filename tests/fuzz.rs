//! The properties of the fuzz targets, held against what fuzzing found so far and against the runbooks and journals of this
//! repository. Never fuzzes; `tests/fuzz/run` does.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test says what it missed by failing")]

use std::path::{Path, PathBuf};

#[path = "fuzz/properties/mod.rs"]
mod properties;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn hold(target: &str, folder: &str) {
    let (_, property) = properties::ALL.into_iter().find(|(name, _)| *name == target).unwrap();
    let files = files(folder);
    assert!(!files.is_empty(), "nothing in {folder}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        if let Err(broken) = std::panic::catch_unwind(|| property(&bytes)) {
            eprintln!("{target}: {}", file.display());
            std::panic::resume_unwind(broken);
        }
    }
}

#[test]
fn what_fuzzing_found_stays_mended() {
    // Where nothing was found there is no folder.
    let found = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found")).unwrap();
    let mut targets: Vec<String> = found.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    targets.retain(|target| !files(&format!("tests/fuzz/found/{target}")).is_empty());
    assert!(targets.len() >= 3, "{targets:?}");
    for target in targets {
        hold(&target, &format!("tests/fuzz/found/{target}"));
    }
}

/// What nobody found by fuzzing, and every target must stand.
#[test]
fn every_target_stands_the_simplest_inputs() {
    let every_byte: Vec<u8> = (0..=255).collect();
    for (_, property) in properties::ALL {
        [b"" as &[u8], b"\n", b"SELECT 1", b"host=a", &every_byte, &[255; 300]].into_iter().for_each(property);
    }
}

#[test]
fn the_readers_keep_their_word_for_the_files_of_this_repository() {
    hold("runbook", "runbooks");
    hold("runbook", "tests/damaged");
    hold("import", "tests/import/markdown");
    hold("journal", "tests/journals/v1");
}
