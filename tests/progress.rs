//! `fracas check` for who looks on: a line that says how far it is, on a terminal, and nothing of it elsewhere.
#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// The second check waits until somebody writes into a pipe.
const WAITS: &str = "version: 1
id: waits
title: Waits
phases:
  - title: All
    steps:
      - title: Both
        checks:
          - { id: quick, title: Quick, command: 'true', expect: exit == 0 }
          - { id: slow, title: Slow, command: 'cat pipe', expect: exit == 0 }
";

fn prepared() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("waits.yaml"), WAITS).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    let trust = format!("sha256:{}", fracas::base::hash::sha256(WAITS));
    (folder, ["check", "./waits.yaml", "--trust", &trust].map(str::to_owned).to_vec())
}

/// Lets the second check end. Opening the pipe waits for its reader.
fn release(folder: &Path) {
    std::fs::OpenOptions::new().write(true).open(folder.join("pipe")).unwrap().write_all(b"go\n").unwrap();
}

#[test]
fn a_terminal_shows_how_far_it_is_until_it_is_over() {
    let (folder, arguments) = prepared();
    let pair = native_pty_system().openpty(PtySize { rows: 20, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(&arguments);
    command.cwd(folder.path());
    command.env("TERM", "xterm");
    command.env("FRACAS_STATE", folder.path().join("state"));
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let (send, output) = channel();
    std::thread::spawn(move || {
        let mut bytes = vec![0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut bytes) {
            if send.send(bytes[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut screen = vt100::Parser::new(NonZeroU16::new(20).unwrap(), NonZeroU16::new(80).unwrap(), 0);
    let mut until = |wanted: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !screen.screen().contents().contains(wanted) {
            let bytes = output.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            screen.process(&bytes.unwrap_or_else(|_| panic!("`{wanted}` never appeared:\n{}", screen.screen().contents())));
        }
        screen.screen().contents()
    };
    until("waits: 1 of 2 answered");
    release(folder.path());
    let over = until("waits: passed (2 passed)");
    assert!(!over.contains("answered"), "{over}");
    assert!(child.wait().unwrap().success());
}

#[test]
fn who_reads_a_pipe_is_told_the_outcome_alone() {
    let (folder, arguments) = prepared();
    for format in ["text", "json", "junit"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fracas"));
        command.args(&arguments).args(["--format", format]).current_dir(folder.path()).env("TERM", "xterm");
        command.env("FRACAS_STATE", folder.path().join("state"));
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        release(folder.path());
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(out.contains("Slow") && !out.contains("answered") && !out.contains('\u{1b}'), "{out}");
    }
}
