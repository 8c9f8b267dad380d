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

/// Files made to cost more than they are worth. Each with what is said about it, in part.
fn costly() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let head = "version: 1\nid: a\ntitle: A\n";
    let aliases: String = (1..30).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", "))).collect();
    vec![
        ("an alias bomb", format!("a0: &a0 [x, x, x, x, x, x, x, x, x]\n{aliases}").into_bytes(), ":"),
        ("a bomb of one long text", format!("a: &a {}\nb: [{}]\n", "x".repeat(900_000), vec!["*a"; 90].join(", ")).into_bytes(), ":"),
        ("100,000 [", format!("{head}phases: {}", "[".repeat(100_000)).into_bytes(), "line 4, column"),
        ("100,000 {a:", format!("{head}phases: {}", "{a: ".repeat(100_000)).into_bytes(), "line 4, column"),
        ("100,000 lists in lists", format!("{head}phases:\n{}", "- ".repeat(100_000)).into_bytes(), "line 5, column"),
        ("a key twice, far away", format!("{head}{}title: B\n", "# x\n".repeat(200_000)).into_bytes(), "file.yaml:200004:1"),
        ("a NUL", format!("{head}summary: \0\n").into_bytes(), "file.yaml:4:10"),
        ("no UTF-8", [head.as_bytes(), b"summary: \xff\n"].concat(), "file.yaml:4:10"),
        ("one line of a megabyte", format!("{head}summary: {}", "x".repeat(1_048_000)).into_bytes(), ":"),
        (
            "many unknown keys",
            format!("{head}{}", (0..50_000).map(|n| format!("k{n}: 1\n")).collect::<String>()).into_bytes(),
            "file.yaml:4:1",
        ),
    ]
}

/// The most memory that reading any of them may take, in KiB.
const MOST_MEMORY: u64 = 100 << 10;

/// Lints the file under that limit: with more it would be ended, and say nothing.
fn is_refused(what: &str, folder: &Path, said: &str) {
    let began = std::time::Instant::now();
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("ulimit -d {MOST_MEMORY}; exec \"$0\" lint file.yaml"), env!("CARGO_BIN_EXE_fracas")])
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    // A debug build is ten times as slow as what is promised, and other tests run beside it: for people to read.
    eprintln!("{what}: {:?}", began.elapsed());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{what}: {text} {}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("error[") && text.contains(said), "{what}: {text}");
    assert!(text.len() < 100_000, "{what}: {} bytes are said about it", text.len());
}

#[test]
fn a_file_made_to_be_costly_is_refused_for_little() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.yaml");
    for (what, bytes, said) in costly() {
        std::fs::write(&file, &bytes).unwrap();
        is_refused(what, folder.path(), said);
    }
    // These take no room on the disk.
    std::fs::File::create(&file).unwrap().set_len(300_000_000).unwrap();
    is_refused("300 MB", folder.path(), "larger than 1 MiB");
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    is_refused("a file without an end", folder.path(), "larger than 1 MiB");
}
