//! Loss of power: what a writer really asks of the system is recorded with strace, also while the disk fails it, and played
//! onto a model of a disk that keeps what was synced and any part of what was not. From whatever is left at whatever moment,
//! the journal is taken up again, with every entry that was acknowledged until then.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fracas::timeline::chain;
use fracas::world::journal::{self, Journal, OpenProblem, TakenUp, evidence};

use super::killed::{JOURNAL, WRITES, acknowledged, has_all, writer};
use super::{id, note};

/// What a disk writes at once, whole or not at all.
const SECTOR: usize = 512;

/// With more that is not synced than this, not every part of it is tried.
const ALL_OF: usize = 8;

/// How many parts are tried then.
const SOME: u64 = 200;

/// A change that is on its way to the disk.
#[derive(Clone, Debug)]
enum Change {
    /// Bytes of a file, none of them beyond one sector.
    Data { file: usize, at: usize, bytes: Vec<u8> },
    /// A file's new length.
    Length { file: usize, length: usize },
    /// A file has this name from now on.
    Name { path: PathBuf, file: usize },
    /// Nothing has this name any more.
    Gone { path: PathBuf },
}

/// Files and names, as a system that still runs sees them, or as they are on the disk.
#[derive(Clone, Debug, Default)]
struct Files {
    names: BTreeMap<PathBuf, usize>,
    contents: Vec<Vec<u8>>,
}

impl Files {
    fn apply(&mut self, change: &Change) {
        let most = match change {
            Change::Data { file, .. } | Change::Length { file, .. } | Change::Name { file, .. } => *file + 1,
            Change::Gone { .. } => 0,
        };
        self.contents.resize(self.contents.len().max(most), Vec::new());
        match change {
            Change::Data { file, at, bytes } => {
                let content = &mut self.contents[*file];
                content.resize(content.len().max(at + bytes.len()), 0);
                content[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Change::Length { file, length } => self.contents[*file].resize(*length, 0),
            Change::Name { path, file } => _ = self.names.insert(path.clone(), *file),
            Change::Gone { path } => _ = self.names.remove(path),
        }
    }
}

/// The model: what is surely on the disk, and what may be.
#[derive(Default)]
struct Disk {
    live: Files,
    synced: Files,
    pending: Vec<Change>,
}

impl Disk {
    fn change(&mut self, change: Change) {
        self.live.apply(&change);
        self.pending.push(change);
    }

    fn write(&mut self, file: usize, mut at: usize, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let n = bytes.len().min(SECTOR - at % SECTOR);
            self.change(Change::Data { file, at, bytes: bytes[..n].to_vec() });
            (at, bytes) = (at + n, &bytes[n..]);
        }
    }

    /// A sync that the system says it has done.
    fn sync(&mut self, path: &Path) {
        let file = self.live.names.get(path).copied();
        let (done, rest) = std::mem::take(&mut self.pending).into_iter().partition(|change: &Change| match change {
            Change::Data { file: of, .. } | Change::Length { file: of, .. } => Some(*of) == file,
            Change::Name { path: name, .. } | Change::Gone { path: name } => name.parent() == Some(path),
        });
        self.pending = rest;
        let done: Vec<Change> = done;
        for change in &done {
            self.synced.apply(change);
        }
    }

    /// What may be left when the power goes now.
    fn remains(&self, dice: &mut u64, mut each: impl FnMut(Files)) {
        let n = self.pending.len();
        let mut with = |is_there: &dyn Fn(usize) -> bool| {
            let mut left = self.synced.clone();
            self.pending.iter().enumerate().filter(|(n, _)| is_there(*n)).for_each(|(_, change)| left.apply(change));
            each(left);
        };
        if n <= ALL_OF {
            (0..1_u64 << n).for_each(|set| with(&|n| set >> n & 1 == 1));
            return;
        }
        (0..=n).for_each(|first| with(&|n| n < first));
        (0..n).for_each(|one| with(&|n| n != one));
        for _ in 0..SOME {
            let mut set = Vec::new();
            for _ in 0..n {
                *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                set.push(*dice >> 60 & 1 == 1);
            }
            with(&|n| set[n]);
        }
    }
}

/// What a system was asked for, in order.
enum Call {
    Open { path: PathBuf, creates: bool },
    Write { path: PathBuf, bytes: Vec<u8> },
    Length { path: PathBuf, length: usize },
    Sync { path: PathBuf },
    Rename { from: PathBuf, to: PathBuf },
    Unlink { path: PathBuf },
    Said(String),
}

fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(&digits[..2], 16).unwrap()).collect()
}

fn path_of(hex: &str) -> PathBuf {
    PathBuf::from(String::from_utf8(unhex(hex)).unwrap())
}

/// One line of strace, as `-f -y -xx` prints it; none for what failed or changes nothing.
fn call(line: &str, place: &Path) -> Option<Call> {
    let (_, line) = line.split_once(char::is_whitespace)?;
    assert!(!line.contains("unfinished ..."), "one thread writes: {line}");
    let (name, rest) = line.trim_start().split_once('(')?;
    let (arguments, result) = rest.split_once(") = ")?;
    if result.starts_with('-') {
        return None;
    }
    let quoted: Vec<&str> = arguments.split('"').skip(1).step_by(2).collect();
    let descriptor = |text: &str| text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path_of(path));
    let within = |path: &PathBuf| path.starts_with(place);
    Some(match name {
        "openat" => Call::Open { path: descriptor(result).filter(within)?, creates: arguments.contains("O_CREAT") },
        "write" if arguments.starts_with("1<") => Call::Said(String::from_utf8(unhex(quoted[0])).unwrap()),
        "write" => {
            let written: usize = result.trim().parse().unwrap();
            Call::Write { path: descriptor(arguments).filter(within)?, bytes: unhex(quoted[0])[..written].to_vec() }
        }
        "ftruncate" => {
            Call::Length { path: descriptor(arguments).filter(within)?, length: arguments.rsplit_once(", ")?.1.parse().unwrap() }
        }
        "fsync" | "fdatasync" => Call::Sync { path: descriptor(arguments).filter(within)? },
        "rename" | "renameat" | "renameat2" => Call::Rename { from: Some(path_of(quoted[0])).filter(within)?, to: path_of(quoted[1]) },
        "unlink" | "unlinkat" => Call::Unlink { path: Some(path_of(quoted[0])).filter(within)? },
        "mkdir" | "mkdirat" => Call::Open { path: Some(path_of(quoted[0])).filter(within)?, creates: true },
        other => panic!("{other} changes a disk in a way the model does not know: {line}"),
    })
}

const TRACED: &str = "openat,write,pwrite64,writev,fsync,fdatasync,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,copy_file_range,sendfile";

/// What a writer asks for while it writes so many entries, with these of its calls failing.
fn recorded(place: &Path, writes: u64, faults: &[&str]) -> Vec<Call> {
    let log = tempfile::NamedTempFile::new().unwrap();
    let plain = writer(&place.join("incident"));
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "1000000", "-e", &format!("trace={TRACED}"), "-o"]).arg(log.path());
    command.args(faults.iter().flat_map(|fault| ["-e", *fault])).arg(plain.get_program()).args(plain.get_args());
    command.env(JOURNAL, place.join("incident")).env(WRITES, writes.to_string()).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{} {}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(log.path()).unwrap().lines().filter_map(|line| call(line, place)).collect()
}

/// Loses power after each call, in every way, and takes the journal up again; gives how many different disks that were.
fn survives(calls: Vec<Call>, place: &Path) -> usize {
    let folder = place.join("incident");
    let (mut disk, mut said, mut seen, mut dice) = (Disk::default(), String::new(), BTreeSet::new(), 7);
    for call in calls {
        match call {
            Call::Open { path, creates } => {
                if creates && !disk.live.names.contains_key(&path) {
                    let file = disk.live.contents.len();
                    disk.change(Change::Name { path, file });
                }
                continue;
            }
            Call::Write { path, bytes } => {
                let file = disk.live.names[&path];
                // Everything here is written from its beginning to its end, and a journal always at its end.
                let at = disk.live.contents[file].len();
                disk.write(file, at, &bytes);
            }
            Call::Length { path, length } => disk.change(Change::Length { file: disk.live.names[&path], length }),
            Call::Sync { path } => disk.sync(&path),
            Call::Rename { from, to } => {
                let file = disk.live.names[&from];
                disk.change(Change::Name { path: to, file });
                disk.change(Change::Gone { path: from });
            }
            Call::Unlink { path } => disk.change(Change::Gone { path }),
            Call::Said(text) => {
                said.push_str(&text);
                continue;
            }
        }
        let acks = acknowledged(&said);
        disk.remains(&mut dice, |left| {
            let files: Vec<(&Path, &[u8])> = left
                .names
                .iter()
                .filter_map(|(path, file)| Some((path.strip_prefix(&folder).ok()?, left.contents[*file].as_slice())))
                .collect();
            if seen.insert(chain::hash(format!("{files:?} {:?}", acks.keys().last()))) {
                is_taken_up(&files, &acks);
            }
        });
    }
    seen.len()
}

fn is_taken_up(files: &[(&Path, &[u8])], acks: &BTreeMap<u64, String>) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("incident");
    fs::create_dir_all(folder.join("evidence")).unwrap();
    for (name, content) in files.iter().filter(|(name, _)| !name.as_os_str().is_empty() && *name != Path::new("evidence")) {
        fs::write(folder.join(name), content).unwrap();
    }
    let TakenUp { mut journal, stored, repaired } = match Journal::resume(&folder, id(), "desk") {
        Ok(taken) => taken,
        Err(OpenProblem::Disk { .. }) if acks.is_empty() && !folder.join(journal::FILE).exists() => return,
        Err(problem) => panic!("{problem}: {acks:?} {files:?}"),
    };
    has_all(&folder, acks);
    assert_eq!(evidence::faults(&stored.incident, |piece| evidence::read(&folder, piece)), []);
    if let Some((_, kept_as)) = repaired {
        assert!(folder.join(kept_as).exists());
    }
    let seq = stored.lines.len() as u64 + 1;
    journal.append(&note(seq, "after the power came back")).unwrap();
    assert_eq!(journal::verify(journal::bytes(&folder).unwrap()).unwrap().0, seq);
}

#[test]
fn whenever_the_power_goes_what_was_acknowledged_is_there() {
    for (what, faults) in [
        ("a good disk", &[][..]),
        ("a sync that fails", &["inject=fdatasync:error=EIO:when=4..5"]),
        ("a write that fails", &["inject=write:error=EIO:when=12"]),
        ("a full disk", &["inject=write:error=ENOSPC:when=12..14"]),
    ] {
        let place = tempfile::tempdir().unwrap();
        let first = recorded(place.path(), 6, faults);
        // What a process that was killed leaves behind, the next one goes on from.
        let journal = place.path().join("incident").join(journal::FILE);
        let mut torn = fs::read(&journal).unwrap();
        torn.extend_from_slice(b"{\"seq\":");
        fs::write(&journal, &torn).unwrap();
        let calls = first.into_iter().chain([Call::Write { path: journal, bytes: b"{\"seq\":".to_vec() }]);
        let states = survives(calls.chain(recorded(place.path(), 3, &[])).collect(), place.path());
        assert!(states > 50, "{what}: {states}");
        std::io::Write::write_all(&mut std::io::stderr(), format!("{what}: {states} disks\n").as_bytes()).unwrap();
    }
}
