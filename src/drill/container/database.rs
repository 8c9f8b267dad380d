//! The container of the database: the door through which the application reaches it. Never holds a row itself; what is
//! behind it is the world's own PostgreSQL.

use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;

use crate::runbook::model::Connection;
use crate::world::postgres::Server;
use crate::world::postgres::conninfo::Host;

use super::{Place, http, log, ready};

/// How often it is looked whether the door may stand open.
const LOOK: Duration = Duration::from_millis(20);

/// Where the world's own PostgreSQL is: the host and port of `DATABASE_URL`.
pub(super) fn behind() -> Result<(Host, u16), String> {
    let url = Connection::Url(std::env::var("DATABASE_URL").unwrap_or_default());
    let server = Server::resolve(&url, &|name| std::env::var(name).ok())?;
    server.resolved.hosts.first().cloned().ok_or_else(|| "DATABASE_URL names no host".to_owned())
}

/// A door that stands open as long as there is this file beside the project's folder; nobody is let through without it.
pub(super) async fn run_while(place: &Place, file: &str) -> Result<(), String> {
    let file = place.folder.join(file);
    loop {
        tokio::select! {
            broken = run(place) => return broken,
            () = changed(|| !file.exists()) => log("LOG", "database system no longer accepts connections here"),
        }
        changed(|| file.exists()).await;
    }
}

async fn changed(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(LOOK).await;
    }
}

/// Lets everybody through to the database of `DATABASE_URL`.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let (host, port) = behind()?;
    let door = http::listen(place.port("db")?).await?;
    ready();
    log("LOG", "database system is ready to accept connections");
    // Those who are inside have to leave when the door is closed.
    let mut inside = JoinSet::new();
    loop {
        let Ok((mut client, _)) = door.accept().await else { continue };
        while inside.try_join_next().is_some() {}
        let host = host.clone();
        inside.spawn(async move {
            let _ = match host {
                Host::Tcp(name) => {
                    let mut server = TcpStream::connect((name, port)).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                }
                Host::Folder(folder) => {
                    let mut server = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                }
            };
            std::io::Result::Ok(())
        });
    }
}
