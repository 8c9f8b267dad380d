//! A real PgBouncer before a sandbox's server. Never in session mode: in transaction mode it shows who leaves something.

use fracas::world::sandbox::Sandbox;

use crate::running::{Running, as_server};

/// A PgBouncer that lends the sandbox's connections for one transaction each. Its socket is in the server's folder `data`.
pub(crate) fn pooler(sandbox: &Sandbox, port: u16) -> Running {
    let folder = sandbox.folder().display();
    let settings = format!(
        "[databases]\npostgres = host={folder} port=5432 user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir = {folder}/data\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nignore_startup_parameters = extra_float_digits\n"
    );
    let file = sandbox.folder().join("pgbouncer.ini");
    std::fs::write(&file, settings).unwrap();
    // Distributions keep servers where only root looks for programs.
    let path = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap());
    Running::start(as_server(sandbox, "pgbouncer").arg("-q").arg(&file).env("PATH", path), port)
}
