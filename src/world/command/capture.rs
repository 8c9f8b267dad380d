//! What a program prints, up to a cap, and as it comes for whoever listens. Never makes the program wait because
//! nobody reads: what lies beyond the cap is read and dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::base::text;

/// Bytes kept of one stream.
pub(super) const CAP: usize = 1 << 20;

/// What was printed.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    /// The first MiB.
    pub bytes: Vec<u8>,
    /// How many bytes followed that were dropped.
    pub dropped: usize,
}

/// Where a program prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A part of what a program prints, as it came; it may end in the middle of a line.
#[derive(Debug)]
pub struct Part {
    /// Where it was printed.
    pub stream: Stream,
    /// What was printed.
    pub bytes: Vec<u8>,
}

impl Captured {
    /// Takes away a last line that was cut: half a secret would be recognised by nobody.
    fn end_at_a_line(&mut self) {
        if self.dropped > 0 {
            let end = text::end_of_whole_lines(&self.bytes);
            self.dropped += self.bytes.len() - end;
            self.bytes.truncate(end);
        }
    }
}

/// A stream being read.
pub(super) struct Capture {
    so_far: Arc<Mutex<Captured>>,
    reading: JoinHandle<()>,
}

/// Begins to read `from` a stream, and tells each part of it, as long as somebody listens.
pub(super) fn start(
    from: Option<impl AsyncRead + Unpin + Send + 'static>,
    stream: Stream,
    mut tell: Option<mpsc::Sender<Part>>,
) -> Capture {
    let so_far = Arc::new(Mutex::new(Captured::default()));
    let kept = Arc::clone(&so_far);
    let reading = tokio::spawn(async move {
        let Some(mut from) = from else { return };
        let mut chunk = vec![0; 64 << 10];
        while let Ok(read @ 1..) = from.read(&mut chunk).await {
            keep(&kept, &chunk[..read]);
            if let Some(listener) = &tell
                && listener.send(Part { stream, bytes: chunk[..read].to_vec() }).await.is_err()
            {
                tell = None;
            }
        }
    });
    Capture { so_far, reading }
}

fn keep(kept: &Mutex<Captured>, read: &[u8]) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let room = read.len().min(CAP - kept.bytes.len());
    kept.bytes.extend_from_slice(&read[..room]);
    kept.dropped += read.len() - room;
}

impl Capture {
    /// Everything up to the end of the stream, or what there is after this long.
    pub(super) async fn finish(mut self, patience: Duration) -> Captured {
        if tokio::time::timeout(patience, &mut self.reading).await.is_err() {
            self.reading.abort();
        }
        let mut captured = std::mem::take(&mut *self.so_far.lock().unwrap_or_else(PoisonError::into_inner));
        captured.end_at_a_line();
        captured
    }
}
