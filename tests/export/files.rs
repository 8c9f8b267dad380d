//! Documents as files: whole or not at all, in the form that the name asks for. The program itself writes them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;

use crate::disk::Disk;
use crate::{JOURNAL, RUNBOOK};

/// A state folder that holds the recorded incident.
fn state() -> TempDir {
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("incidents/20261121-1033-queue-table-missing-7f3a");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("journal.jsonl"), JOURNAL).unwrap();
    std::fs::write(folder.join("runbook.yaml"), RUNBOOK).unwrap();
    state
}

fn export(state: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(["export", "latest"]).args(arguments).env("FRACAS_STATE", state).stdin(Stdio::null());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_form_follows_the_name_of_the_file() {
    let state = state();
    let begins = |name: &str, more: &[&str]| {
        let path = state.path().join(name);
        let path = path.to_str().unwrap();
        let output = export(state.path(), &[&["-o", path], more].concat());
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
        assert_eq!(output.stdout, b"", "{name}");
        std::fs::read_to_string(path).unwrap().chars().take(15).collect::<String>()
    };
    for (name, beginning) in [
        ("a.md", "# Incident Repo"),
        ("a.MARKDOWN", "# Incident Repo"),
        ("a", "# Incident Repo"),
        ("a.json", "{\n  \"format\": 1"),
        ("a.csv", "seq,at,since_ms"),
        ("a.html", "<!DOCTYPE html>"),
        ("a.htm", "<!DOCTYPE html>"),
        ("a.svg", "<?xml version=\""),
    ] {
        assert_eq!(begins(name, &[]), beginning, "{name}");
    }
    assert_eq!(begins("a.txt", &["--format", "html"]), "<!DOCTYPE html>");
    assert_eq!(begins("b.html", &["--format", "csv"]), "seq,at,since_ms");
    let refused = export(state.path(), &["-o", "report.pdf"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said(&refused).contains("`.pdf`") && said(&refused).contains("--format"), "{}", said(&refused));
    assert!(!Path::new("report.pdf").exists());
    for (format, beginning) in [("html", "<!DOCTYPE html>"), ("svg", "<?xml"), ("md", "# Incident")] {
        assert!(export(state.path(), &["--format", format]).stdout.starts_with(beginning.as_bytes()), "{format}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_document_and_says_so() {
    let state = state();
    let Some(disk) = Disk::mounted_at(&state.path().join("disk"), "size=32k") else {
        return;
    };
    let path = disk.0.join("report.html");
    std::fs::write(&path, "the old one").unwrap();
    let output = export(state.path(), &["-o", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("report.html: not written: No space left on device"), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "the old one");
    assert_eq!(std::fs::read_dir(&disk.0).unwrap().count(), 1, "nothing half is left");
}

#[test]
fn nobody_ever_reads_half_a_document() {
    let state = state();
    let path = state.path().join("report.html");
    let written =
        |format: &str| assert_eq!(export(state.path(), &["--format", format, "-o", path.to_str().unwrap()]).status.code(), Some(0));
    written("html");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut read = 0_u32;
            while !done.load(Ordering::SeqCst) {
                let document = std::fs::read_to_string(&path).unwrap();
                let is_page = document.starts_with("<!DOCTYPE html>") && document.ends_with("</html>\n");
                let is_object = document.starts_with('{') && document.ends_with("\n}\n");
                assert!(is_page || is_object, "{} bytes: {:?}", document.len(), document.chars().take(40).collect::<String>());
                read += 1;
            }
            read
        });
        for _ in 0..10 {
            written("json");
            written("html");
        }
        done.store(true, Ordering::SeqCst);
        assert!(reader.join().unwrap() > 0);
    });
}

#[test]
fn a_link_keeps_leading_and_what_is_no_file_is_written_to() {
    let state = state();
    let folder = state.path();
    let (real, link) = (folder.join("real.csv"), folder.join("link.csv"));
    std::fs::write(&real, "old").unwrap();
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real.csv", &link).unwrap();
    assert_eq!(export(folder, &["-o", link.to_str().unwrap()]).status.code(), Some(0));
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().starts_with("seq,"));
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    // As any other program would make it.
    let plain = folder.join("plain");
    std::fs::write(&plain, "").unwrap();
    let new = folder.join("new.csv");
    assert_eq!(export(folder, &["-o", new.to_str().unwrap()]).status.code(), Some(0));
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&new), mode(&plain));
    let through = export(folder, &["--format", "csv", "-o", "/dev/stdout"]);
    assert!(through.stdout.starts_with(b"seq,"), "{}", said(&through));
    let nowhere = export(folder, &["-o", "/nowhere/at/all.csv"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(said(&nowhere).contains("/nowhere/at/all.csv: not written: there is no folder"), "{}", said(&nowhere));
}
