//! A pooler before the database: it answers clients itself, and promises them a server process that is not the one which
//! works for them. Lends a connection for a session. Never keeps one, and never cancels anything.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::world::postgres::conninfo::Host;

use super::{Place, database, http, log, ready};

/// Numbers that a client sends in place of a version of the protocol: to cancel, and to ask for encryption.
pub(super) const CANCEL: i32 = 80_877_102;
pub(super) const ENCRYPT_BY_TLS: i32 = 80_877_103;
pub(super) const ENCRYPT_BY_GSS: i32 = 80_877_104;

/// Longer than any first message there is.
const LONGEST: i32 = 10_000;

/// Serves everybody who comes, by the database of `DATABASE_URL`.
pub(super) async fn run(place: &Place) -> Result<(), String> {
    let (host, port) = database::behind()?;
    let door = http::listen(place.port("pooler")?).await?;
    ready();
    log("LOG", "pooler is ready to accept connections");
    let mut clients = 0;
    loop {
        let Ok((client, _)) = door.accept().await else { continue };
        clients += 1;
        let (host, promised) = (host.clone(), clients);
        tokio::spawn(async move {
            match host {
                Host::Tcp(name) => lend(client, TcpStream::connect((name, port)).await?, promised).await,
                Host::Folder(folder) => lend(client, UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?, promised).await,
            }
        });
    }
}

/// A session of a client on a connection to the server; `promised` is the process that the client is told.
async fn lend(mut client: TcpStream, mut server: impl AsyncRead + AsyncWrite + Unpin, promised: i32) -> io::Result<()> {
    let first = loop {
        let message = message(&mut client, &[]).await?;
        match code(&message) {
            CANCEL => return Ok(()),
            ENCRYPT_BY_TLS | ENCRYPT_BY_GSS => client.write_all(b"N").await?,
            _ => break message,
        }
    };
    server.write_all(&first).await?;
    loop {
        let kind = server.read_u8().await?;
        let mut said = message(&mut server, &[kind]).await?;
        let asks = kind == b'R' && !matches!(said.get(5..9), Some([0, 0, 0, 0 | 12]));
        if kind == b'K'
            && let Some(process) = said.get_mut(5..9)
        {
            process.copy_from_slice(&promised.to_be_bytes());
        }
        client.write_all(&said).await?;
        if kind == b'Z' {
            break;
        }
        if asks {
            let kind = client.read_u8().await?;
            server.write_all(&message(&mut client, &[kind]).await?).await?;
        }
    }
    tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// What a client's first message is: the version of the protocol, or one of the numbers in its place.
pub(super) fn code(first: &[u8]) -> i32 {
    first.get(4..8).and_then(|code| code.try_into().ok()).map_or(CANCEL, i32::from_be_bytes)
}

/// A message, after what was read of it already.
pub(super) async fn message(stream: &mut (impl AsyncRead + Unpin), begun: &[u8]) -> io::Result<Vec<u8>> {
    let length = stream.read_i32().await?;
    let rest = usize::try_from(length.clamp(4, LONGEST)).unwrap_or_default() - 4;
    let mut message = begun.to_vec();
    message.extend(length.to_be_bytes());
    let start = message.len();
    message.resize(start + rest, 0);
    stream.read_exact(&mut message[start..]).await?;
    Ok(message)
}
