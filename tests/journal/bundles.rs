//! An incident that travels: packed here, verified and gone on with there; and files that only look like it.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use fracas::timeline::event::{Entry, Event};
use fracas::world::journal::{Journal, TakenUp, evidence};

use super::disk::Disk;
use super::signed::Desk;
use super::{KEPT, V1, at, id, open_journal, told};

/// An open incident with a note, evidence and a signed head.
fn packed_desk() -> (Desk, Vec<u8>) {
    let desk = Desk::with(&open_journal());
    desk.settle(&format!("key: {}", desk.key("ann", "").display()));
    let TakenUp { mut journal, stored, .. } = Journal::resume(&desk.folder, id(), "desk").unwrap();
    let (piece, content) = evidence::of(b"what the worker said\n".repeat(1000));
    journal.keep(&piece, content);
    let seq = stored.lines.len() as u64 + 1;
    let event = Event::Attached { name: "worker.log".to_owned(), about: None, evidence: piece };
    journal.append(&Entry { seq, at: at(seq), by: "ann".to_owned(), event }).unwrap();
    drop(journal);
    let bytes = pack(&desk);
    (desk, bytes)
}

fn pack(desk: &Desk) -> Vec<u8> {
    let output = desk.run(&["bundle", id().as_str(), "-o", "-"]);
    assert_eq!((output.status.code(), told(&output).contains("fracas:")), (Some(0), false));
    output.stdout
}

/// A machine that knows nothing yet.
fn elsewhere() -> Desk {
    let desk = Desk::with("");
    std::fs::remove_dir_all(desk.state.path().join("incidents")).unwrap();
    desk
}

fn put(desk: &Desk, bytes: &[u8]) -> String {
    let file = desk.file("handed-over.fracas");
    std::fs::write(&file, bytes).unwrap();
    file.display().to_string()
}

fn kept(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("journal.jsonl")).unwrap()
}

/// `resume` with a bundle goes as far as it goes without a terminal: the bundle is taken in, or not.
fn take_in(desk: &Desk, bytes: &[u8]) -> String {
    let output = desk.run(&["resume", &put(desk, bytes)]);
    assert_ne!(output.status.code(), Some(0), "there is no terminal here");
    assert!(!told(&output).contains("panicked"), "{}", told(&output));
    told(&output)
}

#[test]
fn a_bundle_is_the_same_bytes_and_tar_reads_it() {
    let (desk, bytes) = packed_desk();
    assert_eq!(pack(&desk), bytes);
    let file = put(&desk, &bytes);
    let listed = Command::new("tar").args(["-tzf", &file]).output().unwrap();
    let names: Vec<String> = told(&listed).lines().map(str::to_owned).collect();
    assert!(names.contains(&format!("{}/journal.jsonl", id())) && names.contains(&format!("{}/runbook.yaml", id())), "{names:?}");
    assert!(names.iter().any(|name| name.contains("/evidence/")) && names.iter().any(|name| name.contains(".sig")), "{names:?}");
    let verified = desk.run(&["verify", &file]);
    let said = told(&verified);
    assert_eq!(verified.status.code(), Some(0), "{said}");
    assert!(said.contains("1 cited, all there") && said.contains("anchored: this-machine vouches for all"), "{said}");
    // In the folder one is in, under the incident's name.
    let here = tempfile::tempdir().unwrap();
    let output = desk.command(&["bundle", "latest"]).current_dir(here.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    assert_eq!(std::fs::read(here.path().join(format!("{}.fracas", id()))).unwrap(), bytes);
}

#[test]
fn another_machine_goes_on_and_hands_back() {
    let (desk, bytes) = packed_desk();
    let there = elsewhere();
    let said = take_in(&there, &bytes);
    assert!(said.contains("was unpacked"), "{said}");
    let folder = there.state.path().join("incidents").join(id().as_str());
    assert_eq!(kept(&folder), kept(&desk.folder));
    let (code, said) = there.verified();
    assert!(code == Some(0) && said.contains("which nobody here vouches for"), "{said}");
    assert!(take_in(&there, &bytes).contains("with all that the file holds"));

    let noted = there.run(&["note", id().as_str(), "taken over"]);
    assert_eq!(noted.status.code(), Some(0), "{}", told(&noted));
    let back = pack(&there);
    assert!(take_in(&there, &bytes).contains("with all that the file holds"), "an older bundle takes nothing away");
    let said = take_in(&desk, &back);
    assert!(said.contains("1 more entries now"), "{said}");
    assert_eq!(kept(&desk.folder), kept(&folder));
    assert_eq!(desk.verified().0, Some(0));

    // Both went on: neither is believed.
    desk.run(&["note", id().as_str(), "here"]);
    there.run(&["note", id().as_str(), "there"]);
    let before = kept(&desk.folder);
    let said = take_in(&desk, &pack(&there));
    assert!(said.contains("with another entry") && said.contains("nothing was changed"), "{said}");
    assert_eq!(kept(&desk.folder), before);
    // Somebody has it open.
    let held = Journal::resume(&folder, id(), "desk").unwrap();
    let longer = {
        let copy = elsewhere();
        take_in(&copy, &pack(&there));
        copy.run(&["note", id().as_str(), "more"]);
        pack(&copy)
    };
    assert!(take_in(&there, &longer).contains("has 20261121-1033-recorded-0001 open"));
    drop(held);
}

#[test]
fn what_came_in_a_bundle_runs_only_once_somebody_here_has_trusted_it() {
    let (_, bytes) = packed_desk();
    let there = elsewhere();
    take_in(&there, &bytes);
    let folder = there.state.path().join("incidents").join(id().as_str());
    assert!(folder.join("received").is_file());
    let in_a_terminal = |arguments: &str| {
        let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_fracas"));
        let mut command = Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).env("FRACAS_STATE", there.state.path()).env("XDG_CONFIG_HOME", there.config.path());
        told(&command.env("TERM", "xterm").stdin(std::process::Stdio::null()).output().unwrap())
    };
    let said = in_a_terminal(&format!("resume {}", id()));
    assert!(said.contains("is not trusted") && said.contains("fracas trust"), "{said}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn tar_of(files: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, kind, content) in files {
        let mut header = tar::Header::new_gnu();
        // By hand: the crate would not write a name that leads out.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o777);
        if *kind == tar::EntryType::Symlink {
            header.set_link_name("/etc").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
fn a_hostile_bundle_writes_nothing() {
    use tar::EntryType::{Directory, Fifo, Link, Regular, Symlink};
    let (desk, good) = packed_desk();
    let journal = kept(&desk.folder);
    let whole = [("i-1/journal.jsonl", Regular, journal.as_bytes()), ("i-1/runbook.yaml", Regular, KEPT.as_bytes())];
    let with = |more: (&'static str, tar::EntryType, &'static [u8])| tar_of(&[whole[0], whole[1], more]);
    let cut = good[..good.len() / 2].to_vec();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 0xff;
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a way out", with(("i-1/../../../owned", Regular, b"x"))),
        ("an absolute path", with(("/tmp/fracas-owned", Regular, b"x"))),
        ("dots as an incident", tar_of(&[("../journal.jsonl", Regular, journal.as_bytes())])),
        ("a link", with(("i-1/team.yaml", Symlink, b""))),
        ("a hard link", with(("i-1/team.yaml", Link, b""))),
        ("a pipe", with(("i-1/team.yaml", Fifo, b""))),
        ("a folder", with(("i-1/evidence", Directory, b""))),
        ("another file", with(("i-1/inbox/x.json", Regular, b"{}"))),
        ("a marker of ours", with(("i-1/received", Regular, b""))),
        ("evidence with a name", with(("i-1/evidence/../x.gz", Regular, b""))),
        ("two incidents", with(("i-2/team.yaml", Regular, b""))),
        ("a file twice", with(("i-1/runbook.yaml", Regular, b"x"))),
        ("no journal", tar_of(&[whole[1]])),
        ("no runbook", tar_of(&[whole[0]])),
        ("another runbook", tar_of(&[whole[0], ("i-1/runbook.yaml", Regular, b"version: 1\n")])),
        ("a journal cut short in a line", tar_of(&[("i-1/journal.jsonl", Regular, &journal.as_bytes()[..journal.len() - 9]), whole[1]])),
        ("half of it", cut),
        ("a flipped byte", flipped),
        ("something behind it", [good.as_slice(), b"more"].concat()),
        ("no tar", gzip(V1.as_bytes())),
    ];
    for (what, bytes) in cases {
        let there = elsewhere();
        let file = put(&there, &bytes);
        for command in ["resume", "verify"] {
            let output = there.run(&[command, &file]);
            assert!(matches!(output.status.code(), Some(1 | 2)), "{what}: {command}: {}", told(&output));
        }
        let here = std::fs::read_dir(there.state.path().join("incidents")).map_or(0, Iterator::count);
        assert_eq!(here, 0, "{what}: something was unpacked");
        assert!(!Path::new("/tmp/fracas-owned").exists(), "{what}");
    }
    // A gibibyte of nothing in a megabyte.
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let mut header = tar::Header::new_gnu();
    header.set_path("i-1/journal.jsonl").unwrap();
    header.set_size(2 << 30);
    header.set_cksum();
    std::io::copy(&mut header.as_bytes().as_slice(), &mut bomb).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(64 << 20), &mut bomb).unwrap();
    let there = elsewhere();
    let output = there.run(&["verify", &put(&there, &bomb.finish().unwrap())]);
    assert!(output.status.code() == Some(1) && told(&output).contains("more than an incident"), "{}", told(&output));
}

#[test]
fn a_json_export_is_verified_by_its_entries() {
    let desk = Desk::with(V1);
    let file = desk.file("report.json").display().to_string();
    assert_eq!(desk.run(&["export", "latest", "--format", "json", "-o", &file]).status.code(), Some(0));
    let verified = desk.run(&["verify", &file]);
    assert!(verified.status.success() && told(&verified).contains("whole and in order"), "{}", told(&verified));
    let text = std::fs::read_to_string(&file).unwrap();
    // As its entries are written, and nothing else in it.
    let altered = text.replacen("\"by\":\"ada\"", "\"by\":\"eve\"", 1);
    assert!(altered != text);
    std::fs::write(&file, altered).unwrap();
    let verified = desk.run(&["verify", &file]);
    assert!(verified.status.code() == Some(1) && told(&verified).contains("not whole: line"), "{}", told(&verified));
    for (what, content) in [("no JSON", "hello"), ("something else", "{\"a\": 1}"), ("nothing", "")] {
        std::fs::write(&file, content).unwrap();
        let verified = desk.run(&["verify", &file]);
        assert!(
            verified.status.code() == Some(1) && told(&verified).contains("neither a bundle nor a JSON export"),
            "{what}: {}",
            told(&verified)
        );
    }
}

#[test]
fn what_cannot_be_written_to_can_still_be_read_and_packed() {
    let place = tempfile::tempdir().unwrap();
    let (desk, bytes) = packed_desk();
    let Some(small) = Disk::mounted_at(&place.path().join("state"), "size=4m") else { return };
    let copied = Command::new("cp").arg("-r").arg(desk.state.path().join("incidents")).arg(&small.0).output().unwrap();
    assert!(copied.status.success(), "{}", told(&copied));
    let read_only = Command::new("mount").args(["-o", "remount,ro"]).arg(&small.0).output().unwrap();
    assert!(read_only.status.success(), "{}", told(&read_only));
    let run = |arguments: &[&str]| desk.command(arguments).env("FRACAS_STATE", &small.0).output().unwrap();
    for arguments in [&["verify", "latest"][..], &["timeline", "latest"], &["export", "latest"], &["export", "latest", "--format", "json"]]
    {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", told(&output));
    }
    assert_eq!(run(&["bundle", "latest", "-o", "-"]).stdout, bytes);
    let noted = run(&["note", "latest", "x"]);
    assert!(noted.status.code() == Some(1) && told(&noted).contains("Read-only"), "{}", told(&noted));
    let resumed = run(&["resume", id().as_str()]);
    assert!(!told(&resumed).contains("panicked"), "{}", told(&resumed));
}
