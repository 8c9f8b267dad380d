//! Real servers beside a sandbox's own: started as its account, and ended with the test. Never waits for a fixed time.

use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use fracas::world::sandbox::Sandbox;

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A command under the account of the sandbox's server, because neither PostgreSQL nor PgBouncer runs as root.
pub(crate) fn as_server(sandbox: &Sandbox, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    let [own, server] = [sandbox.folder().to_owned(), sandbox.folder().join("data")].map(|path| std::fs::metadata(path).unwrap());
    if own.uid() != server.uid() {
        command.uid(server.uid()).gid(server.gid());
    }
    command.current_dir(sandbox.folder());
    command
}

/// A program that ends with the test.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    /// Starts it; returns once somebody listens on the port.
    pub(crate) fn start(command: &mut Command, port: u16) -> Self {
        let mut running = Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(running.0.try_wait().unwrap().is_none(), "{command:?} ended at once");
            std::thread::yield_now();
        }
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
