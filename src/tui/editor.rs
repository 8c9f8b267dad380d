//! The responder's own editor, for what is longer than a line. Never holds up the incident: its checks, its clock and its
//! signals go on meanwhile.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::process::ExitStatus;

use rustix::process::Signal as Kill;
use tokio::process::{Child, Command};

use crate::base::text;
use crate::engine::msg::Signal;
use crate::engine::{Ending, Msg};
use crate::runtime::Runtime;

use super::input::Inputs;
use super::screen::Screen;
use super::ui::Ui;

/// The longest text that is taken back, in bytes: a page, not a book.
const LONGEST: usize = 64 * 1024;

impl Screen {
    /// Lets the responder write in `VISUAL`, `EDITOR` or vi, and takes the text back; the ending, if the program is to end
    /// meanwhile.
    pub(super) async fn edit(&mut self, written: &str, runtime: &mut Runtime, ui: &mut Ui) -> io::Result<Option<Ending>> {
        let mut file = tempfile::Builder::new().prefix("fracas-").suffix(".md").tempfile()?;
        file.write_all(written.as_bytes())?;
        let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var_os(name).filter(|editor| !editor.is_empty()));
        let editor = editor.unwrap_or_else(|| OsString::from("vi"));
        self.inputs.stop();
        self.guard.give_back();
        // As everybody starts an editor: what it is set to may hold arguments.
        let line = r#"eval "$FRACAS_EDITOR \"\$1\"""#;
        let started = Command::new("/bin/sh").args(["-c", line, "sh"]).arg(file.path()).env("FRACAS_EDITOR", &editor).spawn();
        let ended = match started {
            Ok(mut child) => self.wait_for(&mut child, runtime).await,
            Err(error) => Ok(Err(error)),
        };
        self.guard.retake()?;
        self.forget_what_is_drawn()?;
        self.inputs = Inputs::listen()?;
        match ended {
            Err(ending) => return Ok(Some(ending)),
            Ok(Ok(status)) if status.success() => {
                // By its name: an editor may have put another file in its place.
                let typed = fs::read(file.path())?;
                let typed = text::lines(String::from_utf8_lossy(&typed).trim_end());
                let (kept, cut) = text::tail(&typed, LONGEST);
                ui.take_text(kept);
                if cut > 0 {
                    ui.say("the text was too long: only its end was taken");
                }
            }
            Ok(Ok(status)) => ui.say(format!("{}: {status}; nothing was taken over", editor.to_string_lossy())),
            Ok(Err(error)) => ui.say(format!("{} cannot be started: {error}; VISUAL or EDITOR names yours", editor.to_string_lossy())),
        }
        Ok(None)
    }

    /// Works on while the editor is open. `Err` is the end of the program.
    async fn wait_for(&mut self, child: &mut Child, runtime: &mut Runtime) -> Result<io::Result<ExitStatus>, Ending> {
        loop {
            tokio::select! {
                biased;
                status = child.wait() => return Ok(status),
                _ = self.stops.recv() => {
                    // The editor stops as well: the signal went to all of us, and the shell has the terminal now.
                    let _ = rustix::process::kill_process(rustix::process::getpid(), Kill::STOP);
                }
                msg = runtime.next() => {
                    // Ctrl-C is the editor's.
                    if matches!(msg, Msg::Told(Signal::Interrupt | Signal::Quit)) {
                        continue;
                    }
                    if let Some(ending) = runtime.step(msg).ending {
                        let _ = child.kill().await;
                        return Err(ending);
                    }
                }
            }
        }
    }
}
