//! What a program prints, up to a cap. Never makes the program wait because nobody reads: what lies beyond
//! the cap is read and dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::JoinHandle;

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

/// A stream being read.
pub(super) struct Capture {
    so_far: Arc<Mutex<Captured>>,
    reading: JoinHandle<()>,
}

/// Begins to read.
pub(super) fn start(stream: Option<impl AsyncRead + Unpin + Send + 'static>) -> Capture {
    let so_far = Arc::new(Mutex::new(Captured::default()));
    let kept = Arc::clone(&so_far);
    let reading = tokio::spawn(async move {
        let Some(mut stream) = stream else { return };
        let mut chunk = vec![0; 64 << 10];
        while let Ok(read @ 1..) = stream.read(&mut chunk).await {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let room = read.min(CAP - kept.bytes.len());
            kept.bytes.extend_from_slice(&chunk[..room]);
            kept.dropped += read - room;
        }
    });
    Capture { so_far, reading }
}

impl Capture {
    /// Everything up to the end of the stream, or what there is after this long.
    pub(super) async fn finish(mut self, patience: Duration) -> Captured {
        if tokio::time::timeout(patience, &mut self.reading).await.is_err() {
            self.reading.abort();
        }
        std::mem::take(&mut self.so_far.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
