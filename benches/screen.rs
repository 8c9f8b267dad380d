//! How quick the screen is, in a real pseudo-terminal: exec to first full frame, against a bare ratatui
//! program in the same run, and key to paint. Prints medians and ratios; judges nothing.
//!
//! `cargo bench --bench screen`. The two programs take turns, so that a noisy machine is as unkind to one
//! as to the other.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark: it prints, and ends when something is wrong")]

#[path = "support/time.rs"]
#[expect(dead_code, reason = "starts and keys are timed by what is painted")]
mod time;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use time::{ms, quantile, ratio};

/// The size of the terminal.
const ROWS: NonZeroU16 = NonZeroU16::new(40).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(120).unwrap();
/// Starts timed for each program.
const STARTS: usize = 30;
/// Keys timed.
const KEYS: usize = 400;
/// Silence that ends a paint: far longer than the pieces of one frame are apart.
const SILENCE: Duration = Duration::from_millis(25);

struct Terminal {
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    screen: vt100::Parser,
    started: Instant,
}

impl Terminal {
    fn start(command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows: ROWS.get(), cols: COLUMNS.get(), pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = vec![0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut bytes) {
                if send.send((Instant::now(), bytes[..n].to_vec())).is_err() {
                    break;
                }
            }
        });
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        Self { _master: pair.master, child, keys, output, screen: vt100::Parser::new(ROWS, COLUMNS, 0), started }
    }

    /// Time from exec to the piece of output after which the screen shows this text.
    fn until(&mut self, text: &str) -> Duration {
        let deadline = Instant::now() + Duration::from_secs(20);
        while let Ok((at, bytes)) = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.screen.process(&bytes);
            if self.screen.screen().contents().contains(text) {
                return at - self.started;
            }
        }
        panic!("`{text}` never appeared:\n{}", self.screen.screen().contents());
    }

    fn settle(&mut self, silence: Duration) {
        while let Ok((_, bytes)) = self.output.recv_timeout(silence) {
            self.screen.process(&bytes);
        }
    }

    /// Time from a key to the last piece of the paint it caused; none if it caused no paint.
    fn paint(&mut self, key: &[u8]) -> Option<Duration> {
        let pressed = Instant::now();
        self.keys.write_all(key).unwrap();
        self.keys.flush().unwrap();
        let mut last = None;
        loop {
            match self.output.recv_timeout(if last.is_none() { Duration::from_millis(500) } else { SILENCE }) {
                Ok((at, bytes)) => {
                    self.screen.process(&bytes);
                    last = Some(at - pressed);
                }
                Err(RecvTimeoutError::Timeout) => return last,
                Err(RecvTimeoutError::Disconnected) => panic!("the program ended:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn end(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() {
    let state = tempfile::tempdir().unwrap();
    let bare = build_bare();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..=STARTS {
        let mut terminal = Terminal::start(CommandBuilder::new(&bare));
        let bare_took = terminal.until("bare frame that fills");
        terminal.end();
        let mut terminal = Terminal::start(fracas(state.path()));
        let took = terminal.until("Enter");
        terminal.end();
        // The first of each only warms the caches.
        if n > 0 {
            theirs.push(bare_took);
            ours.push(took);
        }
    }
    let (ours_median, theirs_median) = (quantile(&mut ours, 0.5), quantile(&mut theirs, 0.5));
    println!(
        "first frame   fracas {:.2} ms   bare ratatui {:.2} ms   ratio {:.2}",
        ms(ours_median),
        ms(theirs_median),
        ratio(ours_median, theirs_median)
    );

    let mut terminal = Terminal::start(fracas(state.path()));
    terminal.until("Enter");
    terminal.settle(Duration::from_millis(300));
    let mut paints: Vec<Duration> = (0..KEYS).filter_map(|n| terminal.paint([b"j", b"j", b"k", b"]", b"k", b"["][n % 6])).collect();
    terminal.end();
    let (median, p99) = (quantile(&mut paints, 0.5), quantile(&mut paints, 0.99));
    println!("key to paint  median {:.2} ms   99th percentile {:.2} ms   ({} of {KEYS} keys painted)", ms(median), ms(p99), paints.len());
}

fn fracas(state: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_fracas"));
    command.args(["run", "worker-schema-missing"]);
    for input in ["platform=docker", "worker=worker", "test_document=00000000-0000-4000-8000-000000000001"] {
        command.args(["-i", input]);
    }
    command.env("FRACAS_STATE", state);
    command.env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere");
    command.env("TERM", "xterm-256color");
    command
}

/// The bare program, in the profile this benchmark is built in.
fn build_bare() -> PathBuf {
    let built = Command::new(env!("CARGO")).args(["build", "--release", "--example", "bare_frame"]).status().unwrap();
    assert!(built.success());
    Path::new(env!("CARGO_BIN_EXE_fracas")).with_file_name("examples").join("bare_frame")
}
