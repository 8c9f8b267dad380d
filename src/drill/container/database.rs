//! The container of the database: the door through which the application reaches it. Never holds a row itself; what is
//! behind it is the world's own PostgreSQL.

use tokio::net::{TcpStream, UnixStream};

use crate::runbook::model::Connection;
use crate::world::postgres::Server;
use crate::world::postgres::conninfo::Host;

use super::{Place, http, log, ready};

/// Lets everybody through to the database of `DATABASE_URL`.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let url = Connection::Url(std::env::var("DATABASE_URL").unwrap_or_default());
    let server = Server::resolve(&url, &|name| std::env::var(name).ok())?;
    let (host, port) = server.resolved.hosts.first().cloned().ok_or("DATABASE_URL names no host")?;
    let door = http::listen(place.port("db")?).await?;
    ready();
    log("LOG", "database system is ready to accept connections");
    loop {
        let Ok((mut client, _)) = door.accept().await else { continue };
        let host = host.clone();
        tokio::spawn(async move {
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
