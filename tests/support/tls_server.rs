//! A PostgreSQL with TLS that can be stopped and started again, and certificates that `openssl` made. Never one that is
//! used for anything but a test.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::PathBuf;
use std::process::Command;

use fracas::world::sandbox::Sandbox;

use crate::running::{Running, as_server};

/// An authority, a certificate for the server `localhost`, and one for the role `certified`.
const CERTIFICATES: &str = r#"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=An authority" -keyout ca.key -out ca.crt
    for name in localhost certified; do
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout $name.key -out $name.csr
        printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' $name > $name.ext
        openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.crt
    done
    chmod 600 *.key && chmod 644 *.crt"#;

/// A server of the sandbox's programs, on a port of this machine.
pub(crate) struct TlsServer<'s> {
    sandbox: &'s Sandbox,
    port: u16,
    /// With `ca.crt`, and `certified.crt` with its key.
    pub(crate) home: PathBuf,
    settings: Vec<String>,
    /// The server itself.
    pub(crate) running: Option<Running>,
}

impl<'s> TlsServer<'s> {
    /// A new cluster with these lines in `pg_hba.conf`, started.
    pub(crate) fn start(sandbox: &'s Sandbox, port: u16, hba: &str, settings: &[&str]) -> Self {
        let owner = std::fs::metadata(sandbox.folder().join("data")).unwrap();
        let home = sandbox.folder().join(format!("tls-{port}"));
        std::fs::create_dir(&home).unwrap();
        let made = Command::new("/bin/sh").args(["-ec", CERTIFICATES]).current_dir(&home).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        for file in ["", "localhost.key", "localhost.crt"] {
            chown(home.join(file), Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let files = ["ssl_ca_file=ca.crt", "ssl_cert_file=localhost.crt", "ssl_key_file=localhost.key"]
            .map(|setting| setting.replace('=', &format!("={}/", home.display())));
        let fixed = ["listen_addresses=localhost", "ssl=on", "fsync=off", "shared_buffers=16MB", "unix_socket_directories="];
        let settings = fixed.into_iter().chain(settings.iter().copied()).map(str::to_owned).chain(files).collect();
        let mut server = Self { sandbox, port, home, settings, running: None };
        let initdb = ["--no-sync", "-A", "trust", "-U", "postgres", "--locale=C", "-D"];
        let made = as_server(sandbox, server.program("initdb")).args(initdb).arg(server.home.join("data")).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::write(server.home.join("data/pg_hba.conf"), hba).unwrap();
        server.run();
        server
    }

    fn program(&self, name: &str) -> PathBuf {
        // The sandbox's server noted how it was started.
        let started = std::fs::read_to_string(self.sandbox.folder().join("data/postmaster.opts")).unwrap();
        PathBuf::from(started.split(' ').next().unwrap()).with_file_name(name)
    }

    /// Starts it, for the first time or again, and waits until it lets people in.
    pub(crate) fn run(&mut self) {
        let data = self.home.join("data");
        let mut postgres = as_server(self.sandbox, self.program("postgres"));
        postgres.arg("-D").arg(&data).args(["-p", &self.port.to_string()]);
        postgres.args(self.settings.iter().flat_map(|setting| ["-c", setting]));
        self.running = Some(Running::start(&mut postgres, self.port));
        let is_ready =
            || std::fs::read_to_string(data.join("postmaster.pid")).is_ok_and(|pid| pid.lines().any(|line| line.trim() == "ready"));
        while !is_ready() {
            std::thread::yield_now();
        }
    }
}
