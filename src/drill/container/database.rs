//! The container of the database: the door through which the application reaches it. Never holds a row itself; what is
//! behind it is the world's own PostgreSQL.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::runbook::model::Connection;
use crate::world::postgres::Server;
use crate::world::postgres::conninfo::Host;

use super::{Place, http, log, ready};

/// A host and a port.
pub(super) type Behind = (Host, u16);

/// Where the world's own PostgreSQL is: the host and port of `DATABASE_URL`.
pub(super) fn behind() -> Result<Behind, String> {
    let url = Connection::Url(std::env::var("DATABASE_URL").unwrap_or_default());
    let server = Server::resolve(&url, &|name| std::env::var(name).ok())?;
    server.resolved.hosts.first().cloned().ok_or_else(|| "DATABASE_URL names no host".to_owned())
}

/// Lets everybody through to the database of `DATABASE_URL`.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let server = behind()?;
    let door = http::listen(place.port("db")?).await?;
    ready();
    log("LOG", "database system is ready to accept connections");
    loop {
        let Ok((client, _)) = door.accept().await else { continue };
        let server = server.clone();
        tokio::spawn(async move { through(client, &[], &server).await });
    }
}

/// Carries what a client and the database say to each other, beginning with what the client has said already.
pub(super) async fn through(mut client: impl AsyncRead + AsyncWrite + Unpin, first: &[u8], server: &Behind) -> io::Result<()> {
    match server {
        (Host::Tcp(name), port) => carry(&mut client, first, TcpStream::connect((name.as_str(), *port)).await?).await,
        (Host::Folder(folder), port) => {
            carry(&mut client, first, UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?).await
        }
    }
}

async fn carry(
    client: &mut (impl AsyncRead + AsyncWrite + Unpin),
    first: &[u8],
    mut server: impl AsyncRead + AsyncWrite + Unpin,
) -> io::Result<()> {
    server.write_all(first).await?;
    tokio::io::copy_bidirectional(client, &mut server).await.map(drop)
}
