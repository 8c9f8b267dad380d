//! Every file in `markdown/` becomes a runbook, and what must hold does: for all of them the same, and for each what stands beside it.
//! `FRACAS_IMPORT_ALSO` names folders, with colons between them, whose Markdown is held to the same. Never reads what is not Markdown.

use std::path::{Path, PathBuf};

use fracas::runbook::{import, problem::Problem, yaml};

use super::{becomes, kept, safe, source, told};

/// What is wrong with what a source became; `meant` is the text that a reader of it sees.
pub(super) fn faults(bytes: &[u8], meant: &str, name: &str) -> Vec<String> {
    let imported = import::markdown(bytes, name);
    let (_, problems) = yaml::lint("imported.yaml", imported.yaml.as_bytes());
    let mut faults: Vec<String> = problems.iter().map(Problem::line).collect();
    // What is no YAML tells nothing.
    if serde_yaml::from_str::<serde_yaml::Value>(&imported.yaml).is_ok() {
        faults.extend(kept::faults(&source::read(meant), &told::read(&imported.yaml)));
        faults.extend(safe::faults(&imported.yaml));
    }
    if import::markdown(bytes, name).yaml != imported.yaml {
        faults.push("imported twice, it is another".to_owned());
    }
    faults
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    files
}

/// The fixtures.
fn fixtures() -> Vec<PathBuf> {
    let files = markdown(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import/markdown"));
    assert!(files.len() >= 25, "{files:?}");
    files
}

/// The text that a reader of a file sees: beside one that went through a wrong encoding lies the one that was meant.
fn meant(file: &Path) -> String {
    let bytes = std::fs::read(file).unwrap();
    std::fs::read_to_string(file.with_extension("meant")).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into_owned())
}

fn name(file: &Path) -> String {
    file.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// Name and text of each fixture.
pub(super) fn ours() -> Vec<(String, String)> {
    fixtures().iter().map(|file| (name(file), meant(file))).collect()
}

#[test]
fn every_fixture_becomes_what_it_says() {
    let mut wrong = Vec::new();
    for file in fixtures() {
        let (bytes, name) = (std::fs::read(&file).unwrap(), name(&file));
        let expected = std::fs::read_to_string(file.with_extension("becomes")).unwrap();
        let mut found = faults(&bytes, &meant(&file), &name);
        found.extend(becomes::faults(&expected, &import::markdown(&bytes, &name).yaml));
        wrong.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    // Of what is not ours nobody said what it becomes.
    let also = std::env::var("FRACAS_IMPORT_ALSO").unwrap_or_default();
    for file in also.split(':').filter(|folder| !folder.is_empty()).flat_map(|folder| markdown(Path::new(folder))) {
        let found = faults(&std::fs::read(&file).unwrap(), &meant(&file), &name(&file));
        wrong.extend(found.into_iter().map(|fault| format!("{}: {fault}", name(&file))));
    }
    assert!(wrong.is_empty(), "{} faults\n{}", wrong.len(), wrong.join("\n"));
}
