//! What the program says of itself, read by who it is for: completions by real shells, the manual page by `man`.
//! Never skips: a shell that is not there fails, with the command that installs it.
#![expect(clippy::unwrap_used, reason = "a test says what it missed by failing")]

use std::io::{Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

fn fracas(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_fracas")).args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with the completions for a shell, as a package would install them.
fn installed(shell: &str, name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, fracas(&["completions", shell])).unwrap();
    (folder, file)
}

/// What a program prints on standard output; it must print nothing on standard error.
fn says(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").env("MANWIDTH", "100").output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}; apt-get install bash zsh fish man-db"));
    assert!(output.status.success() && output.stderr.is_empty(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn bash_completes() {
    let (_folder, file) = installed("bash", "fracas");
    for (words, wanted) in [("fracas sna", "snapshot"), ("fracas check --form", "--format"), ("fracas check --format j", "json junit")] {
        let script = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _fracas fracas \"${{COMP_WORDS[-1]}}\" \
             \"${{COMP_WORDS[-2]}}\"; echo ${{COMPREPLY[@]}}; complete -p fracas",
            file.display()
        );
        let said = says("bash", &["--norc", "-c", &script]);
        assert_eq!(said.lines().next(), Some(wanted), "{words}: {said}");
        assert!(said.contains("-F _fracas"), "{said}");
    }
}

#[test]
fn fish_completes() {
    let (_folder, file) = installed("fish", "fracas.fish");
    for (words, wanted) in [("fracas sna", "snapshot\t"), ("fracas check --form", "--format\t"), ("fracas check --format ju", "junit")] {
        let said = says("fish", &["--no-config", "-c", &format!("source {}; complete -C '{words}'", file.display())]);
        assert!(said.starts_with(wanted), "{words}: {said}");
    }
}

/// zsh completes only on a terminal: it gets one, and a Tab.
#[test]
fn zsh_completes() {
    let (folder, _) = installed("zsh", "_fracas");
    let pair = native_pty_system().openpty(PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut command = CommandBuilder::new("zsh");
    command.args(["-f", "-i"]);
    command.env("TERM", "xterm");
    command.env("HOME", folder.path());
    let mut child = pair.slave.spawn_command(command).unwrap_or_else(|error| panic!("{error}; apt-get install zsh"));
    let mut keys = pair.master.take_writer().unwrap();
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
    let mut screen = vt100::Parser::new(NonZeroU16::new(40).unwrap(), NonZeroU16::new(120).unwrap(), 0);
    let mut until = |wanted: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !screen.screen().contents().contains(wanted) {
            let bytes = output.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            screen.process(&bytes.unwrap_or_else(|_| panic!("`{wanted}` never appeared:\n{}", screen.screen().contents())));
        }
    };
    let load = format!("PS1=; fpath=({} $fpath); autoload -Uz compinit; compinit -u -D; print rea''dy\n", folder.path().display());
    keys.write_all(load.as_bytes()).unwrap();
    until("ready");
    for (typed, wanted) in
        [("fracas sna\t", "fracas snapshot"), ("\u{15}fracas check --form\t", "fracas check --format"), ("ju\t", "--format=junit")]
    {
        keys.write_all(typed.as_bytes()).unwrap();
        until(wanted);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_manual_page_is_read_by_man() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("fracas.1");
    std::fs::write(&page, fracas(&["man"])).unwrap();
    // Warnings of the formatter go to standard error, which must be empty.
    let read = says("man", &["--warnings=w", "-P", "cat", "-l", page.to_str().unwrap()]);
    let words_of = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["NAME", "fracas - Interactive incident runbooks", "SYNOPSIS", "COMMANDS", "EXIT STATUS", "FRACAS_STATE", "EXAMPLES"] {
        assert!(words_of(&read).contains(words), "{words}: {read}");
    }
    let help = fracas(&["--help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| line.starts_with("  "));
    let names: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 15, "{help}");
    for name in names {
        assert!(
            read.lines().any(|line| line.trim_start() == name && line.len() < name.len() + 5),
            "{name} has no part of its own:\n{read}"
        );
    }
    assert!(read.contains("--only") && !read.contains("__keeper"), "{read}");
}
