//! What is taken along: to the clipboard by OSC 52 and by a real tmux, and to a file.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use portable_pty::CommandBuilder;

use super::door::{SOON, State, Terminal, dress, fracas};
use super::{ENTER, ESC, LARGE, plainly};

/// The second answer is longer than what a clipboard takes.
const TAKING: &str = r#"
version: 1
id: taking
title: What is taken along
inputs: { pin: { ask: Which pin?, secret: true } }
phases:
  - title: Look
    steps:
      - title: Look around
        checks:
          - { id: small, title: The small one, command: 'echo "größer: $pin"', expect: exit == 0 }
          - { id: large, title: The large one, command: seq 1 20000, expect: exit == 0 }
"#;

const RUN: [&str; 4] = ["run", "taking", "-i", "pin=hunter22"];

fn runbook(state: &Path) {
    let folder = state.join("runbooks");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("taking.yaml"), TAKING).unwrap();
    let mut trust = Command::new(env!("CARGO_BIN_EXE_fracas"));
    trust.args(["trust", "runbooks/taking.yaml", "--yes"]).current_dir(state).env("FRACAS_STATE", state);
    assert!(trust.output().unwrap().status.success());
}

/// Both checks are answered, and the small one is selected.
fn answered(terminal: &mut Terminal) {
    terminal.until("turn to");
    terminal.press(ENTER);
    terminal.until("“The small one”: exit 0");
    terminal.until("“The large one”: exit 0");
    terminal.press("\x1b[H");
}

/// The texts that were sent to the clipboard.
fn copied(terminal: &Terminal) -> Vec<String> {
    let told = terminal.told();
    told.commands.iter().filter_map(|command| command.strip_prefix("52;c;")).map(decode).collect()
}

fn decode(base64: &str) -> String {
    let mut decoder = Command::new("base64").arg("-d").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    decoder.stdin.take().unwrap().write_all(base64.as_bytes()).unwrap();
    let output = decoder.wait_with_output().unwrap();
    assert!(output.status.success(), "{base64}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn an_answer_is_copied_and_saved_and_its_secret_stays_masked() {
    let state = tempfile::tempdir().unwrap();
    runbook(state.path());
    let mut terminal = Terminal::start(fracas(state.path(), &RUN), LARGE);
    answered(&mut terminal);
    terminal.press("y");
    terminal.until("for the clipboard");
    terminal.until_so("it is copied", |terminal| !copied(terminal).is_empty());
    let text = copied(&terminal).remove(0);
    assert!(text.starts_with("The small one\n") && text.contains("größer: ") && !text.contains("hunter22"), "{text}");

    terminal.press("v");
    terminal.until("save");
    for said in ["! saved as", "! not saved:"] {
        terminal.press("s");
        terminal.until("Where?");
        terminal.press(&format!("answer.txt{ENTER}"));
        terminal.until(said);
    }
    let saved = state.path().join("answer.txt");
    assert_eq!(saved.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let saved = std::fs::read_to_string(saved).unwrap();
    assert!(saved.contains("größer: ") && !saved.contains("hunter22"), "{saved}");

    // What a terminal would drop is refused.
    terminal.press(ESC);
    terminal.until_so("the answer is closed", |terminal| !terminal.shows("save"));
    terminal.press("j");
    terminal.press("y");
    terminal.until("bytes are more than a terminal's clipboard takes (74994)");
    assert_eq!(copied(&terminal).len(), 1);
    terminal.press("q");
    terminal.until("Leave?");
    terminal.press(ENTER);
    assert_eq!(terminal.ends(SOON), State::Exited(1));
    terminal.until_whole();
}

/// A tmux server of the test's own. Dropping it ends it.
struct Tmux {
    socket: PathBuf,
}

impl Tmux {
    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn within_tmux_it_is_in_the_buffer_of_tmux_and_on_the_clipboard_outside() {
    let state = tempfile::tempdir().unwrap();
    runbook(state.path());
    let tmux = Tmux { socket: state.path().join("tmux") };
    let mut command = CommandBuilder::new("tmux");
    command.args(["-u", "-f", "/dev/null", "-S", tmux.socket.to_str().unwrap(), "new-session", env!("CARGO_BIN_EXE_fracas")]);
    command.args(RUN);
    dress(&mut command, state.path());
    let mut terminal = Terminal::start(command, LARGE);
    answered(&mut terminal);
    terminal.press("y");
    terminal.until_so("tmux has it", |_| tmux.run(&["show-buffer"]).starts_with("The small one\n"));
    let buffer = tmux.run(&["show-buffer"]);
    assert!(buffer.contains("größer: ") && !buffer.contains("hunter22"), "{buffer}");
    terminal.until_so("it is passed on", |terminal| {
        terminal.told().commands.iter().filter_map(|command| command.strip_prefix("52;;")).any(|text| decode(text) == buffer)
    });
    assert_eq!(plainly(state.path(), &["verify", "latest"]).status.code(), Some(0));
}
