//! Which server process a connection says it talks to. Never sends anything: it reads what the client would say in
//! order to cancel a query.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio_postgres::Client;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

/// What a request to cancel ends with: the process's number, and a secret of as many bytes.
const NUMBER: usize = 4;

/// The number that was given as the server process's when the connection began. A pooler gives one of its own, because
/// it decides only later which process does the work.
pub(super) async fn announced(client: &Client) -> Option<i32> {
    let (near, mut far) = tokio::io::duplex(256);
    // The server's "go on" to the question for TLS, with which the request begins where the connection has it.
    far.write_all(b"S").await.ok()?;
    client.cancel_token().cancel_query_raw(near, Pretended).await.ok()?;
    let mut said = Vec::new();
    far.read_to_end(&mut said).await.ok()?;
    let number = said.len().checked_sub(2 * NUMBER).and_then(|at| said.get(at..at + NUMBER))?;
    number.try_into().ok().map(i32::from_be_bytes)
}

/// TLS that leaves every byte as it is: what is said stays within this process.
struct Pretended;

impl TlsConnect<DuplexStream> for Pretended {
    type Stream = Plain;
    type Error = Infallible;
    type Future = Ready<Result<Plain, Infallible>>;

    fn connect(self, stream: DuplexStream) -> Self::Future {
        ready(Ok(Plain(stream)))
    }
}

struct Plain(DuplexStream);

impl TlsStream for Plain {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Plain {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Plain {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
