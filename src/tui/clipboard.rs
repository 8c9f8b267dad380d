//! Taking text along: to the clipboard of whoever sits at the terminal, and to a file. Never reads a clipboard, and never
//! writes over a file.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// The longest text for a clipboard, in bytes: terminals drop a sequence of more than 100,000 characters, and base64 makes
/// four of three.
const LONGEST: usize = 74_994;

/// How long tmux may take; it only passes a text on.
const PATIENCE: Duration = Duration::from_secs(1);

/// Puts a text on the clipboard: by OSC 52, which reaches the person through SSH, and within tmux by tmux, which by its own
/// settings would drop that sequence.
///
/// # Errors
/// Why it is not there, for the responder.
pub(super) async fn copy(text: &str) -> Result<(), String> {
    if text.len() > LONGEST {
        return Err(format!(
            "{} bytes are more than a terminal's clipboard takes ({LONGEST}); v and then s saves them to a file",
            text.len()
        ));
    }
    if std::env::var_os("TMUX").is_some() && by_tmux(text).await.is_ok_and(|copied| copied) {
        return Ok(());
    }
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text)).map_err(|error| format!("not copied: {error}"))
}

async fn by_tmux(text: &str) -> io::Result<bool> {
    // -w has tmux pass it on to the terminal outside as well.
    let mut tmux = Command::new("tmux");
    tmux.args(["load-buffer", "-w", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = tmux.spawn()?;
    let write = async {
        if let Some(mut input) = child.stdin.take() {
            input.write_all(text.as_bytes()).await?;
        }
        child.wait().await
    };
    timeout(PATIENCE, write).await.map_or(Ok(false), |status| status.map(|status| status.success()))
}

/// Writes a text to a new file that only its owner can read, and says what became of it.
pub(super) fn save(path: &str, text: &str) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let file = match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    };
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")
    });
    match written {
        Ok(()) => format!("saved as {}", file.display()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => format!("not saved: {} is there already", file.display()),
        Err(error) => format!("not saved: {}: {error}", file.display()),
    }
}
