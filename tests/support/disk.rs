//! A small disk of its own for a test that fills it. Only root may mount one: for everybody else the test says
//! aloud that it tried nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Mounted until it is dropped.
pub(crate) struct Disk(pub(crate) PathBuf);

impl Disk {
    /// A disk at this folder, which is made, with mount options such as `size=64k`. None, and loudly so, for who
    /// is not root.
    pub(crate) fn mounted_at(folder: &Path, options: &str) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            // Not by `eprintln!`, which is only seen of tests that fail.
            let _ = writeln!(std::io::stderr(), "\nNOT TRIED, because only root may mount a small disk: a full and a read-only disk");
            return None;
        }
        std::fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "fracas-test"]).arg(folder).output().unwrap();
        assert!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr));
        Some(Self(folder.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
