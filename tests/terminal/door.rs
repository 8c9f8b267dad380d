//! The one door to a real terminal: start a program in it, press keys, wait until the screen says something.
//! Every wait has a deadline and fails with the screen; none has a fixed length.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use rustix::termios::{LocalModes, tcgetattr};

/// How long anything may take on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long a program may take to end once it is told to.
pub(crate) const SOON: Duration = Duration::from_secs(2);

/// What became of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It ended by itself, with this code.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
    /// It is stopped, and can be continued.
    Stopped,
}

/// What a terminal is told beside the picture.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// How often the bell rang.
    pub(crate) bells: usize,
    /// The operating system commands, such as `0;title` and `52;c;` with a text for the clipboard.
    pub(crate) commands: Vec<String>,
}

/// A program in a terminal. Dropping it kills the program.
pub(crate) struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    /// Held open so that the modes the program leaves behind can be read after its end.
    line: File,
    keys: Option<Box<dyn Write + Send>>,
    output: Receiver<Vec<u8>>,
    reader: Option<JoinHandle<()>>,
    hang_up: Arc<AtomicBool>,
    states: Receiver<State>,
    ended: bool,
    pid: Pid,
    screen: vt100::Parser,
    /// Everything that the program wrote.
    pub(crate) raw: Vec<u8>,
    /// Of that, the beginning of a frame.
    unseen: Vec<u8>,
}

/// The program with its state in this folder, in a terminal that has colours and UTF-8.
pub(crate) fn fracas(state: &Path, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(arguments);
    dress(&mut command, state);
    command
}

/// The environment of [`fracas`] for another program that will start it.
pub(crate) fn dress(command: &mut CommandBuilder, state: &Path) {
    command.cwd(state);
    command.env("FRACAS_STATE", state);
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("USER", "ann")] {
        command.env(name, value);
    }
    for name in ["LC_ALL", "LC_CTYPE", "NO_COLOR", "DATABASE_URL", "COLORFGBG", "TMUX"] {
        command.env_remove(name);
    }
}

fn at_least_one(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN)
}

/// How much of this belongs to frames that are whole, or to none.
fn whole_frames(bytes: &[u8]) -> usize {
    const BEGIN: &[u8] = b"\x1b[?2026h";
    const END: &[u8] = b"\x1b[?2026l";
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark);
    // A mark may be cut in two.
    let cut = (0..BEGIN.len()).rev().find(|&n| bytes.ends_with(&BEGIN[..n])).unwrap_or(0);
    match (last(BEGIN), last(END)) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
        _ => bytes.len() - cut,
    }
}

impl Terminal {
    /// Starts a program in a new terminal of so many columns and rows.
    pub(crate) fn start(command: CommandBuilder, (columns, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        let name = pair.master.tty_name().unwrap();
        let line = File::from(rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty()).unwrap());
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        let hang_up = Arc::new(AtomicBool::new(false));
        let over = hang_up.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = vec![0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                if send.send(bytes[..n].to_vec()).is_err() || over.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        let child = pair.slave.spawn_command(command).unwrap();
        let pid = Pid::from_raw(i32::try_from(child.process_id().unwrap()).unwrap()).unwrap();
        let (send, states) = channel();
        std::thread::spawn(move || {
            while let Ok(Some((_, status))) = waitpid(Some(pid), WaitOptions::UNTRACED) {
                let state = match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => State::Exited(code),
                    (None, Some(signal)) => State::Killed(signal),
                    (None, None) => State::Stopped,
                };
                if send.send(state).is_err() || state != State::Stopped {
                    break;
                }
            }
        });
        Self {
            master: Some(pair.master),
            line,
            keys: Some(keys),
            output,
            reader: Some(reader),
            hang_up,
            states,
            ended: false,
            pid,
            screen: vt100::Parser::new(at_least_one(rows), at_least_one(columns), 0),
            raw: Vec::new(),
            unseen: Vec::new(),
        }
    }

    /// Presses keys, as the bytes a terminal sends for them.
    pub(crate) fn press(&mut self, keys: &str) {
        let line = self.keys.as_mut().unwrap();
        line.write_all(keys.as_bytes()).unwrap();
        line.flush().unwrap();
    }

    /// Takes what the program writes next into account; `false` if it writes nothing within this time.
    pub(crate) fn take_in(&mut self, within: Duration) -> bool {
        let Ok(bytes) = self.output.recv_timeout(within) else { return false };
        self.raw.extend(&bytes);
        self.unseen.extend(bytes);
        // As a terminal does: a frame is shown once it is whole.
        let seen = whole_frames(&self.unseen);
        self.screen.process(&self.unseen[..seen]);
        self.unseen.drain(..seen);
        true
    }

    /// Waits until this is so.
    pub(crate) fn until_so(&mut self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !so(self) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(self.take_in(left), "{what}: never came to be; the screen is\n{}", self.contents());
        }
    }

    /// Waits until the screen shows this text.
    pub(crate) fn until(&mut self, text: &str) {
        self.until_so(text, |terminal| terminal.shows(text));
    }

    /// Whether the screen shows this text.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.contents().contains(text)
    }

    /// The screen as text.
    pub(crate) fn contents(&self) -> String {
        self.screen.screen().contents()
    }

    /// What the footer says that Enter does.
    pub(crate) fn enter(&self) -> Option<String> {
        let contents = self.contents();
        let line = contents.lines().find_map(|line| line.trim_start().strip_prefix("Enter  "))?;
        Some(line.split("   ").next().unwrap_or_default().trim().to_owned())
    }

    /// Where the screen shows this text for the first time: column and row, from 1, as the mouse reports them.
    pub(crate) fn place_of(&self, text: &str) -> Option<(u16, u16)> {
        let screen = self.screen.screen();
        let mut rows = screen.rows(0, screen.size().1.get()).zip(1..);
        rows.find_map(|(line, row)| line.split_once(text).map(|(before, _)| (u16::try_from(before.chars().count()).unwrap() + 1, row)))
    }

    /// Presses and releases the left button at this place; see [`Self::place_of`].
    pub(crate) fn click(&mut self, (column, row): (u16, u16)) {
        self.press(&format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m"));
    }

    /// Whether the program hears of the mouse.
    pub(crate) fn hears_the_mouse(&self) -> bool {
        self.screen.screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// What the program told the terminal beside the picture.
    pub(crate) fn told(&self) -> Told {
        let raw = String::from_utf8_lossy(&self.raw);
        let mut told = Told::default();
        let mut rest = &*raw;
        // An operating system command ends with a bell of its own, or with ST.
        while let Some((before, command)) = rest.split_once("\x1b]") {
            told.bells += before.matches('\x07').count();
            let end = command.find(['\x07', '\x1b']).unwrap_or(command.len());
            told.commands.push(command[..end].to_owned());
            rest = command[end..].strip_prefix("\x1b\\").or_else(|| command.get(end + 1..)).unwrap_or_default();
        }
        told.bells += rest.matches('\x07').count();
        told
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.screen.screen_mut().set_size(at_least_one(rows), at_least_one(columns));
        self.master.as_ref().unwrap().resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Sends a signal to the program.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Takes the terminal away from the program, as a closed window or a lost connection does.
    pub(crate) fn go_away(&mut self) {
        self.hang_up.store(true, Ordering::SeqCst);
        // What is painted now wakes the reader, so that it sees that it is over.
        self.press("\x0c");
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
        self.master = None;
    }

    /// Waits until the program ends or stops, for so long at most.
    pub(crate) fn ends(&mut self, within: Duration) -> State {
        let state = self.states.recv_timeout(within);
        while self.take_in(Duration::ZERO) {}
        assert!(state.is_ok(), "it neither ended nor stopped within {within:?}; the screen is\n{}", self.contents());
        let state = state.unwrap();
        self.ended = state != State::Stopped;
        state
    }

    /// Whether keys come to the program one by one, without echo.
    pub(crate) fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// What became of the program, if anything has.
    pub(crate) fn has_ended(&mut self) -> Option<State> {
        let state = self.states.try_recv().ok()?;
        self.ended = state != State::Stopped;
        Some(state)
    }

    /// Whether the terminal's screen, cursor and mouse are its own again.
    pub(crate) fn is_given_back(&self) -> bool {
        let screen = self.screen.screen();
        !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste() && !self.hears_the_mouse()
    }

    /// Waits until the terminal is as the shell left it: all of that, lines and echo.
    pub(crate) fn until_whole(&mut self) {
        self.until_so("the terminal is given back", Self::is_given_back);
        let modes = tcgetattr(&self.line).unwrap().local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG), "raw mode is left on: {modes:?}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if !self.ended {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}
