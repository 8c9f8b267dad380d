//! How quick the screen is, in a real pseudo-terminal: exec to first full frame, against a bare ratatui
//! program in the same run, and key to paint. Prints medians and ratios; judges nothing.
//!
//! `cargo bench --bench screen`. The two programs take turns, so that a noisy machine is as unkind to one
//! as to the other.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark: it prints, and ends when something is wrong")]

#[path = "support/time.rs"]
#[expect(dead_code, reason = "starts and keys are timed by what is painted")]
mod time;

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent};
use fracas::runbook::{Runbook, shipped, yaml};
use fracas::tui::home::{Choice, HomeRow, HomeView};
use fracas::tui::{Palette, Theme};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use time::{ms, quantile, ratio};

/// The size of the terminal.
const ROWS: NonZeroU16 = NonZeroU16::new(40).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(120).unwrap();
/// Starts timed for each program.
const STARTS: usize = 30;
/// Keys timed.
const KEYS: usize = 400;
/// Steps of the large runbook, and how many of its checks are live.
const STEPS: usize = 10_000;
const CHECKS: usize = 1_000;
/// Bytes that a step may well print.
const LARGE: usize = 50_000_000;
/// How long it is watched at rest.
const REST: Duration = Duration::from_secs(10);
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

    /// Takes in whatever comes for so long.
    fn watch(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok((_, bytes)) = self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
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
    first_frames(state.path());

    let mut terminal = Terminal::start(fracas(state.path()));
    terminal.until("Enter");
    terminal.settle(Duration::from_millis(300));
    keys("key to paint ", &mut terminal);
    at_rest(&mut terminal);
    terminal.end();

    home();
    large_output(state.path());

    let big = state.path().join("big.yaml");
    std::fs::write(&big, big_runbook()).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_fracas"));
    command.arg("run");
    command.arg(&big);
    command.env("FRACAS_STATE", state.path());
    command.env("TERM", "xterm-256color");
    let mut terminal = Terminal::start(command);
    let took = terminal.until("Enter");
    println!("first frame of {STEPS} steps with {CHECKS} checks   {:.0} ms", ms(took));
    terminal.paint(b"\r");
    terminal.paint(b"A");
    terminal.watch(Duration::from_secs(2));
    keys("key to paint, all of them live", &mut terminal);
    at_rest(&mut terminal);
    terminal.end();
}

/// A program, how it is started, and what its first frame shows.
struct Rival<'a> {
    name: &'static str,
    shows: &'static str,
    start: Box<dyn Fn() -> CommandBuilder + 'a>,
    took: Vec<Duration>,
}

/// From exec to the first full frame, of this program, of a bare one, and of what else is installed; all take turns.
fn first_frames(state: &Path) {
    let bare = build_bare();
    let here = |program: &str| {
        let mut command = CommandBuilder::new(program);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("TERM", "xterm-256color");
        command
    };
    let rival = |name, shows, start: Box<dyn Fn() -> CommandBuilder>| Rival { name, shows, start, took: Vec::new() };
    let mut rivals = vec![
        rival("bare ratatui", "bare frame that fills", Box::new(move || CommandBuilder::new(&bare))),
        rival("fracas", "Enter", {
            let state = state.to_owned();
            Box::new(move || fracas(&state))
        }),
        rival("its home", "Esc leave", {
            let state = state.to_owned();
            Box::new(move || {
                let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_fracas"));
                command.cwd(&state);
                command.env("FRACAS_STATE", state.join("nothing yet"));
                command.env("TERM", "xterm-256color");
                command
            })
        }),
        // With its usual configuration: the one of the system, and of whoever runs this.
        rival("vim", "VIM - Vi IMproved", Box::new(move || here("vim"))),
        rival("gitui", "Status", Box::new(move || here("gitui"))),
    ];
    let path = std::env::var_os("PATH").unwrap();
    let is_there = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    rivals.retain(|rival| {
        let is_measured = matches!(rival.name, "bare ratatui" | "fracas" | "its home") || is_there(rival.name);
        if !is_measured {
            println!("NOT MEASURED  {} is not installed here", rival.name);
        }
        is_measured
    });
    for n in 0..=STARTS {
        for rival in &mut rivals {
            let mut terminal = Terminal::start((rival.start)());
            let took = terminal.until(rival.shows);
            terminal.end();
            // The first of each only warms the caches.
            if n > 0 {
                rival.took.push(took);
            }
        }
    }
    let bare = quantile(&mut rivals[0].took, 0.5);
    for rival in &mut rivals {
        let median = quantile(&mut rival.took, 0.5);
        println!("first frame   {:12} {:6.2} ms   {:.2} times a bare one", rival.name, ms(median), ratio(median, bare));
    }
}

/// Keys while a file of 50 MB is kept as evidence, and while a command that prints as much is asked and its answer read.
fn large_output(state: &Path) {
    let log = state.join("large.log");
    let line = "2026-11-21T10:33:00Z worker-1 ERROR relation \"upload_pipeline.upload_jobs\" does not exist\n";
    std::fs::write(&log, line.repeat(LARGE / line.len())).unwrap();
    let mut terminal = Terminal::start(fracas(state));
    terminal.until("Enter");
    terminal.settle(Duration::from_millis(300));
    let type_in = |terminal: &mut Terminal, text: &str| {
        terminal.paint(text.as_bytes());
        terminal.paint(b"\r");
    };
    terminal.paint(b"a");
    type_in(&mut terminal, &log.display().to_string());
    keys("while 50 MB are attached", &mut terminal);
    terminal.paint(b"$");
    type_in(&mut terminal, &format!("cat {}", log.display()));
    terminal.watch(Duration::from_secs(3));
    let mut paints: Vec<Duration> = (0..KEYS / 4).filter_map(|n| terminal.paint([b"j", b"j", b"G", b"g"][n % 4])).collect();
    let (median, p99) = (quantile(&mut paints, 0.5), quantile(&mut paints, 0.99));
    println!(
        "reading what is kept of 50 MB   median {:.2} ms   99th percentile {:.2} ms   ({} painted)",
        ms(median),
        ms(p99),
        paints.len()
    );
    terminal.paint(b"/");
    let searched = terminal.paint(b"zebra").and(terminal.paint(b"\r"));
    println!("a search in it   {:.2} ms", searched.map_or(f64::NAN, ms));
    terminal.end();
}

/// A key on the home screen with 200 runbooks, from the key to the cells.
fn home() {
    let books: Vec<Arc<Runbook>> =
        shipped().iter().map(|(file, text)| Arc::new(yaml::read_again(file, text.as_bytes()).unwrap())).collect();
    let rows = books.iter().cycle().take(200).map(|book| HomeRow {
        choice: Choice::Run(book.id.clone()),
        group: "Runbooks",
        title: book.title.clone(),
        severity: book.severity.clone(),
        detail: String::new(),
        about: Vec::new(),
        clock: None,
        runbook: Some(book.clone()),
    });
    let mut view = HomeView::new(rows.collect(), Theme { palette: Palette::Dark, ascii: false });
    let mut paints: Vec<Duration> = "worker schema relation does not exist"
        .chars()
        .map(|letter| {
            time::timed(|| {
                view.take(&Event::Key(KeyEvent::from(KeyCode::Char(letter))));
                let area = Rect::new(0, 0, COLUMNS.get(), ROWS.get());
                view.draw(&mut Buffer::empty(area), area);
            })
        })
        .collect();
    let (median, p99) = (quantile(&mut paints, 0.5), quantile(&mut paints, 0.99));
    println!("a key at home, 200 runbooks   median {:.2} ms   99th percentile {:.2} ms", ms(median), ms(p99));
}

/// Times keys that move around and change nothing.
fn keys(what: &str, terminal: &mut Terminal) {
    let mut paints: Vec<Duration> = (0..KEYS).filter_map(|n| terminal.paint([b"j", b"j", b"k", b"]", b"k", b"["][n % 6])).collect();
    let [median, p99, slowest] = [0.5, 0.99, 1.0].map(|share| ms(quantile(&mut paints, share)));
    println!(
        "{what} median {median:.2} ms   99th percentile {p99:.2} ms   slowest {slowest:.2} ms   ({} of {KEYS} keys painted)",
        paints.len()
    );
}

/// What it takes while nobody does anything, as the kernel counts it (proc(5)).
fn at_rest(terminal: &mut Terminal) {
    let pid = terminal.child.process_id().unwrap();
    let of = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
    // Ticks of a hundredth of a second, the 14th and 15th field; the second is in brackets.
    let ticks = || {
        let stat = of("stat");
        let fields: Vec<u64> = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap()).collect();
        fields[0] + fields[1]
    };
    let (before, began) = (ticks(), Instant::now());
    terminal.watch(REST);
    let spent = Duration::from_millis((ticks() - before) * 10);
    let share = 100.0 * spent.as_secs_f64() / began.elapsed().as_secs_f64();
    let memory = of("status").lines().find_map(|line| line.strip_prefix("VmRSS:").map(str::trim).map(str::to_owned)).unwrap();
    println!("at rest       {share:.2} % of a core   {memory} of memory");
}

/// A runbook as large as any will be.
fn big_runbook() -> String {
    let mut text = "version: 1\nid: big\ntitle: Big\nphases:\n".to_owned();
    for phase in 0..STEPS / 100 {
        _ = write!(text, "  - title: Phase {phase}\n    steps:\n");
        for step in 0..100 {
            let number = phase * 100 + step;
            let what = match number % (STEPS / CHECKS) {
                0 => format!("checks: [{{title: C{number}, env: {{of: process, require: {{PATH: set}}}}, every: 10s}}]"),
                _ => "tasks: [T]".to_owned(),
            };
            _ = writeln!(text, "      - {{title: S{number}, {what}}}");
        }
    }
    text + "success: [{title: Done, task: true}]\n"
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
