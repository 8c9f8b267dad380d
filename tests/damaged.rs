//! A runbook that is damaged in one way in each file of `tests/damaged`, beside exactly what `fracas lint` says about it: file,
//! line, column, caret, what is wrong, how to mend it. A message that changes is read here before it is shipped.
//!
//! `UPDATE_DAMAGED=1` writes what is said now; read it before it is committed.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use fracas::runbook::{problem, yaml};

/// As many as were promised.
const LEAST: usize = 60;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/damaged");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

/// What is said about a file, as it is printed.
fn said(file: &Path) -> String {
    let bytes = std::fs::read(file).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let (_, problems) = yaml::lint(name, &bytes);
    problem::render(&problems, &String::from_utf8_lossy(&bytes), false) + "\n"
}

#[test]
fn every_damaged_runbook_is_told_what_is_wrong_with_it() {
    let files = files();
    assert!(files.len() >= LEAST, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let (said, expected) = (said(&file), file.with_extension("expected"));
        if !said.contains("error[") && !said.contains("warning[") {
            wrong.push(format!("nothing is wrong with {}", file.display()));
        }
        if std::env::var_os("UPDATE_DAMAGED").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{}\n{said}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_program_prints_is_what_is_expected_here() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/damaged/many-at-once.yaml");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_fracas"))
        .arg("lint")
        .arg("many-at-once.yaml")
        .current_dir(file.parent().unwrap())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), said(&file).trim_end());
}
