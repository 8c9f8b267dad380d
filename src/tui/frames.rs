//! What is drawn leaves as whole frames: each in one write, between the marks by which a terminal shows it all
//! at once and never half of it (synchronized output, DEC private mode 2026; others ignore it).

use std::io::{self, Write};

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Collects what is written, and passes it on as one frame when flushed.
pub(super) struct Frames<W> {
    out: W,
    frame: Vec<u8>,
}

impl<W: Write> Frames<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, frame: Vec::new() }
    }
}

impl<W: Write> Write for Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.frame.is_empty() {
            self.frame.extend(BEGIN);
        }
        self.frame.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        self.frame.extend(END);
        let written = self.out.write_all(&self.frame);
        // Also after an error: half a frame, sent later, would be worse than none.
        self.frame.clear();
        written?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_marked_once_and_nothing_is_not_a_frame() -> io::Result<()> {
        let mut frames = Frames::new(Vec::new());
        frames.flush()?;
        write!(frames, "one ")?;
        write!(frames, "frame")?;
        frames.flush()?;
        frames.flush()?;
        assert_eq!(frames.out, b"\x1b[?2026hone frame\x1b[?2026l");
        Ok(())
    }
}
